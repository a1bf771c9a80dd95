//! The file that `market.history` names: days before the first day, as CSV.
//!
//! ```text
//! date,vix,spx             a column of dates, then series by their names in rules; fields may be empty
//! DATE,OPEN,HIGH,LOW,CLOSE Cboe's file of VIX, as it is: the closes are `vix`
//! ```
//!
//! Dates ascend and are written 2026-11-20 or 11/20/2026. Rows on days without a session are left out, and so are rows
//! after the first day, so that nothing of the future comes in; both are said. The first day's own row starts what the
//! scenario does not: VVIX, breadth and macro factors. What counts of a file is written out in one form, which the
//! digest covers and which stands as `history.csv` beside the resolved scenario.

use std::fmt::Write as _;

use jiff::civil::Date;

use crate::calendar::sessions::{FIRST_DATE, is_session, next_session, previous_session, sessions_between};
use crate::plan::{HISTORY_FILE, PastMarket};
use crate::strategy::rule::MarketSeries;

use super::fault::{Fault, Faults};
use super::history_file::{Column, Columns, Reader, Row, readable};
use super::raw::SourceText;
use super::signals::user_series;
use super::source::read_text_up_to;
use super::value::{Table, Value};

/// Largest file, bytes: more than a century of every series.
pub(super) const MOST_BYTES: u64 = 16 << 20;
/// Faults of one file that are shown.
const SHOWN_FAULTS: usize = 5;

/// What was read.
#[derive(Debug, Clone)]
pub(super) struct Past {
    pub(super) market: PastMarket,
    /// What was left out, in plain words.
    pub(super) remarks: Vec<String>,
}

/// Reads the file, if the scenario names one; `None` without one or where faults prevent it.
///
/// The key is given the name that the file has beside the resolved scenario.
pub(super) fn read(scenario: &mut Table, sources: &mut Vec<SourceText>, faults: &mut Faults) -> Option<Past> {
    let market = scenario.table("market")?;
    let (name, place) = (market.text("history")?.to_owned(), market.place("history"));
    let first = market.date("date");
    let path = sources[place.source].folder.join(&name);
    let text = match read_text_up_to(&path, MOST_BYTES, "16 MiB, which no history is") {
        Ok(text) => text,
        Err(why) => {
            let title = format!("cannot read the history {}: {why}", path.display());
            faults.add(Fault::new(place, title, "must be a CSV file beside this one"));
            return None;
        }
    };
    sources.push(SourceText { name: path.display().to_string(), text, folder: Default::default() });
    let own: Vec<&str> = user_series(scenario).map(|(_, entry)| entry.text("name").unwrap_or_default()).collect();
    let mut reader = Reader { source: sources.len() - 1, found: Vec::new() };
    let columns = reader.columns(&sources[reader.source].text, &own);
    let rows = columns.as_ref().map(|columns| reader.rows(&sources[reader.source].text, columns)).unwrap_or_default();
    let count = reader.found.len();
    let more = count.saturating_sub(SHOWN_FAULTS);
    for (at, fault) in reader.found.into_iter().take(SHOWN_FAULTS).enumerate() {
        let last = at + 1 == SHOWN_FAULTS && more > 0;
        faults.add(if last { fault.help(format!("{more} more faults in this file")) } else { fault });
    }
    let (columns, first) = (columns?, first.filter(|&date| is_session(date))?);
    if count > 0 {
        return None;
    }
    let past = past(&columns, &rows, first, &name, &own);
    if past.market.dates.is_empty() {
        let title = format!("the history {} has no session before the first day, {first}", path.display());
        faults.add(Fault::new(place, title, "must hold days before market.date"));
        return None;
    }
    if let Some(market) = scenario.table_mut("market") {
        market.set("history", Value::text(HISTORY_FILE), Some(place));
    }
    Some(past)
}

/// Joins rows on sessions up to the first day.
fn past(columns: &Columns, rows: &[Row], first: Date, name: &str, own: &[&str]) -> Past {
    let mut order: Vec<(usize, MarketSeries)> = columns
        .iter()
        .flatten()
        .filter_map(|column| if let Column::Series(series) = column { Some(*series) } else { None })
        .enumerate()
        .collect();
    order.sort_by_key(|(_, series)| *series);
    let early = rows.iter().filter(|row| row.date < FIRST_DATE).count();
    let late = rows.iter().filter(|row| row.date > first).count();
    let kept = |row: &&Row| (FIRST_DATE..=first).contains(&row.date) && is_session(row.date);
    let holds = |row: &&Row| row.values.iter().any(|value| !value.is_nan());
    let kept: Vec<&Row> = rows.iter().filter(kept).filter(holds).collect();
    let closed = rows.iter().filter(|row| (FIRST_DATE..=first).contains(&row.date) && !is_session(row.date)).count();
    let mut remarks = Vec::new();
    for (count, what) in [
        (closed, "on days when the exchange was closed".to_owned()),
        (late, format!("after the first day, {first}")),
        (early, format!("before {FIRST_DATE}, from when on sessions are known")),
    ] {
        if count > 0 {
            let rows = if count == 1 { "row" } else { "rows" };
            remarks.push(format!("history {name}: left out {count} {rows} {what}"));
        }
    }
    let dates: Vec<Date> = match kept.first() {
        Some(row) if row.date < first => std::iter::successors(Some(row.date), |&date| Some(next_session(date)))
            .take_while(|&date| date < first)
            .collect(),
        _ => Vec::new(),
    };
    let mut series: Vec<(MarketSeries, Vec<f64>)> =
        order.iter().map(|(_, series)| (*series, vec![f64::NAN; dates.len()])).collect();
    let mut first_day = Vec::new();
    let mut at = 0;
    for row in &kept {
        if row.date == first {
            let known = order.iter().map(|(column, series)| (*series, row.values[*column]));
            first_day = known.filter(|(_, value)| !value.is_nan()).collect();
            continue;
        }
        while dates[at] < row.date {
            at += 1;
        }
        order.iter().zip(&mut series).for_each(|((column, _), (_, values))| values[at] = row.values[*column]);
    }
    let before = kept.iter().filter(|row| row.date < first).count();
    if before < dates.len() {
        remarks.push(format!("history {name}: {} of {} sessions are missing", dates.len() - before, dates.len()));
    }
    if let Some(last) = kept.iter().rev().find(|row| row.date < first).map(|row| row.date)
        && last < previous_session(first)
    {
        let missing = sessions_between(last, first) - 1;
        remarks.push(format!("history {name}: it ends on {last}, {missing} sessions before the first day, {first}"));
    }
    let text = written(&order, &kept, own);
    Past { market: PastMarket { dates, series, first_day, text }, remarks }
}

/// The one form of all files that mean the same.
fn written(order: &[(usize, MarketSeries)], rows: &[&Row], own: &[&str]) -> String {
    let known: Vec<(String, MarketSeries)> = readable().collect();
    let name = |wanted: MarketSeries| match wanted {
        MarketSeries::Factor(rank) => own[usize::from(rank)].to_owned(),
        _ => known.iter().find(|(_, series)| *series == wanted).map(|(name, _)| name.clone()).unwrap_or_default(),
    };
    let mut text = "date".to_owned();
    for (_, series) in order {
        let _ = write!(text, ",{}", name(*series));
    }
    text.push('\n');
    for row in rows {
        let _ = write!(text, "{}", row.date);
        for (column, _) in order {
            let value = row.values[*column];
            let _ = if value.is_nan() { write!(text, ",") } else { write!(text, ",{value}") };
        }
        text.push('\n');
    }
    text
}
