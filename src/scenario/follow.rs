//! The file that `market.follow` names: the first days as they happened, as CSV.
//!
//! ```text
//! date,spx,vix        one line a trading day of the run, the close of the first day first; no field is empty
//! ```
//!
//! The n-th line is the n-th trading day of the run, whatever its date, which is for readers. The index moves by the ratios of
//! its closes; VIX is as it stands, so the first one is that of the scenario. What counts of a file is written out in one
//! form, which the digest covers and which stands as `followed.csv` beside the resolved scenario.

use std::fmt::Write as _;

use super::fault::{Fault, Faults, shown};
use super::history::MOST_BYTES;
use super::history_file::{Column, Reader, Row};
use super::raw::{Place, SourceText};
use super::source::read_text_up_to;
use super::value::{Table, Value};
use crate::plan::{FOLLOWED_FILE, FollowedMarket};
use crate::strategy::rule::MarketSeries;

/// Faults of one file that are shown.
const SHOWN_FAULTS: usize = 5;

/// Reads the file, if the scenario names one; `None` without one or where faults prevent it.
///
/// The key is given the name that the file has beside the resolved scenario.
pub(super) fn read(scenario: &mut Table, sources: &mut Vec<SourceText>, faults: &mut Faults) -> Option<FollowedMarket> {
    let market = scenario.table("market")?;
    let (name, place) = (market.text("follow")?.to_owned(), market.place("follow"));
    let path = sources[place.source].folder.join(&name);
    let text = match read_text_up_to(&path, MOST_BYTES, "16 MiB, which no run of days is") {
        Ok(text) => text,
        Err(why) => {
            let title = format!("cannot read the closes to follow {}: {why}", path.display());
            faults.add(Fault::new(place, title, "must be a CSV file beside this one"));
            return None;
        }
    };
    sources.push(SourceText { name: path.display().to_string(), text, folder: Default::default() });
    let mut reader = Reader { source: sources.len() - 1, found: Vec::new() };
    let text = &sources[reader.source].text;
    let closes = closes(&mut reader, text);
    let first = closes.as_ref().and_then(|closes| closes.vix.first().copied());
    if let (Some(first), Some(vix)) = (first, market.number("vix"))
        && first != vix
    {
        let title = format!("`market.vix` is {}, and {name} begins with a VIX of {}", shown(vix), shown(first));
        let fault = Fault::new(market.place("vix"), title, "must be the first VIX of the closes to follow");
        faults.add(fault.also(place, "the file is named here"));
    }
    check_shocks(scenario, closes.as_ref().map_or(0, |closes| closes.index.len()), place, faults);
    let found = reader.found.len();
    reader.found.into_iter().take(SHOWN_FAULTS).for_each(|fault| faults.add(fault));
    let closes = closes.filter(|_| found == 0)?;
    if let Some(market) = scenario.table_mut("market") {
        market.set("follow", Value::text(FOLLOWED_FILE), Some(place));
    }
    Some(closes)
}

fn closes(reader: &mut Reader, text: &str) -> Option<FollowedMarket> {
    let header = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    let mut names: Vec<String> = header.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
    names.sort_unstable();
    let at = |start: usize, end: usize| Place { source: reader.source, start, end };
    if names != ["date", "spx", "vix"] {
        let title = "these columns are no closes to follow";
        let fault = Fault::new(at(0, header.len()), title, "must be date, spx and vix");
        reader.found.push(fault);
        return None;
    }
    let end = at(text.len(), text.len());
    let columns = reader.columns(text, &[])?;
    let rows = reader.rows(text, &columns);
    let series: Vec<MarketSeries> = columns
        .iter()
        .flatten()
        .filter_map(|column| if let Column::Series(series) = column { Some(*series) } else { None })
        .collect();
    let column = |wanted| series.iter().position(|&series| series == wanted);
    let [spx, vix] = [column(MarketSeries::Spx)?, column(MarketSeries::Vix)?];
    if rows.len() < 2 {
        reader.found.push(Fault::new(end, "there is nothing to follow", "must have two days or more"));
    }
    let holed = rows.iter().find(|row| row.values.iter().any(|value| value.is_nan()));
    if let Some(row) = holed.filter(|_| reader.found.is_empty()) {
        let title = format!("{} has no close of the index or of VIX", row.date);
        let place = empty_field(text).map_or(end, |line| Place { start: line.start, end: line.end, ..end });
        reader.found.push(Fault::new(place, title, "must have both on every line"));
    }
    let values = |at: usize| rows.iter().map(|row| row.values[at]).collect::<Vec<f64>>();
    let text = written(&rows, spx, vix);
    Some(FollowedMarket { index: values(spx), vix: values(vix), text })
}

/// The first line with an empty field.
fn empty_field(text: &str) -> Option<std::ops::Range<usize>> {
    let mut start = 0;
    text.split('\n').find_map(|line| {
        let at = start;
        start += line.len() + 1;
        let is_holed = !line.trim().is_empty() && line.split(',').any(|field| field.trim().is_empty());
        is_holed.then(|| at..at + line.trim_end().len())
    })
}

/// The one form of all files that mean the same.
fn written(rows: &[Row], spx: usize, vix: usize) -> String {
    let mut text = "date,spx,vix\n".to_owned();
    for row in rows {
        let _ = writeln!(text, "{},{},{}", row.date, row.values[spx], row.values[vix]);
    }
    text
}

/// Shocks that move what is given.
fn check_shocks(scenario: &Table, closes: usize, follow: Place, faults: &mut Faults) {
    for entry in scenario.list("shock").iter().filter(|entry| entry.is_given("spot") || entry.is_given("vix")) {
        let Some(day) = entry.whole("day").filter(|&day| (day as usize) < closes) else { continue };
        let title = format!("a shock on day {day}, whose close is given");
        let label = format!("must be at least {closes}, the first day that is not followed");
        faults.add(Fault::new(entry.place("day"), title, label).also(follow, "the closes to follow"));
    }
}
