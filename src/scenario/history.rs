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

use jiff::civil::{Date, DateTime};

use crate::calendar::sessions::{FIRST_DATE, is_session, next_session, previous_session, sessions_between};
use crate::plan::{HISTORY_FILE, PastMarket};
use crate::strategy::rule::{MarketSeries, Series};

use super::fault::{Fault, Faults, listed, nearest};
use super::raw::{Place, SourceText};
use super::signals::user_series;
use super::source::read_text_up_to;
use super::value::{Table, Value};

/// Largest file, bytes: more than a century of every series.
const MOST_BYTES: u64 = 16 << 20;
/// Faults of one file that are shown.
const SHOWN_FAULTS: usize = 5;
/// Columns of Cboe's files that hold nothing that a close does not.
const CBOE_IGNORED: [&str; 3] = ["open", "high", "low"];

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

/// What each column holds; `None` for columns that are not read.
type Columns = Vec<Option<Column>>;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Column {
    Date,
    Series(MarketSeries),
}

/// One line of numbers, in the order of the series columns.
#[derive(Debug, Clone)]
struct Row {
    date: Date,
    values: Vec<f64>,
}

struct Reader {
    source: usize,
    found: Vec<Fault>,
}

impl Reader {
    fn fault(&mut self, range: std::ops::Range<usize>, title: String, label: &str) -> &mut Fault {
        let place = Place { source: self.source, start: range.start, end: range.end };
        self.found.push(Fault::new(place, title, label));
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    /// The header.
    fn columns(&mut self, text: &str, own: &[&str]) -> Option<Columns> {
        let Some((line, fields)) = lines(text).next() else {
            self.fault(0..0, "the history is empty".to_owned(), "must begin with the names of its columns");
            return None;
        };
        let names: Vec<String> = fields.iter().map(|(_, name)| name.to_ascii_lowercase()).collect();
        let cboe = names.iter().any(|name| name == "close");
        let mut columns: Columns = Vec::with_capacity(names.len());
        for ((range, shown), name) in fields.iter().zip(&names) {
            let column = match name.as_str() {
                "date" => Some(Column::Date),
                "close" => Some(Column::Series(MarketSeries::Vix)),
                ignored if cboe && CBOE_IGNORED.contains(&ignored) => None,
                name => match series(name, own) {
                    Some(series) => Some(Column::Series(series)),
                    None => {
                        self.unknown(range.clone(), shown, own);
                        None
                    }
                },
            };
            if column.is_some() && columns.contains(&column) {
                self.fault(range.clone(), format!("the column `{shown}` stands twice"), "must stand once");
            }
            columns.push(column);
        }
        for (wanted, label) in [(true, "must have a column `date`"), (false, "must have a column with a series")] {
            let has = columns.iter().flatten().any(|column| (*column == Column::Date) == wanted);
            if !has && self.found.is_empty() {
                self.fault(line.clone(), "these columns are no history".to_owned(), label);
            }
        }
        self.found.is_empty().then_some(columns)
    }

    fn unknown(&mut self, range: std::ops::Range<usize>, name: &str, own: &[&str]) {
        let known: Vec<String> = readable().map(|(name, _)| name).chain(own.iter().map(|&name| name.to_owned())).collect();
        let near = nearest(name, known.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
        let allowed = format!("must be `date` or one of {}", listed(known.iter().map(String::as_str)));
        let fault = self.fault(range, format!("`{name}` is no series of a history"), &allowed);
        *fault = fault.clone().maybe_help(near);
    }

    /// All lines below the header.
    fn rows(&mut self, text: &str, columns: &Columns) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for (line, fields) in lines(text).skip(1) {
            if fields.len() != columns.len() {
                let title = format!("this line has {} fields", fields.len());
                self.fault(line, title, &format!("must have {}, as the first line", columns.len()));
                continue;
            }
            let (mut date, mut values) = (None, Vec::with_capacity(columns.len()));
            for ((range, field), column) in fields.into_iter().zip(columns) {
                match column {
                    Some(Column::Date) => date = self.date(range, field, rows.last().map(|row| row.date)),
                    Some(Column::Series(series)) => values.push(self.value(range, field, *series)),
                    None => {}
                }
            }
            if let Some(date) = date {
                rows.push(Row { date, values });
            }
        }
        rows
    }

    fn date(&mut self, range: std::ops::Range<usize>, field: &str, last: Option<Date>) -> Option<Date> {
        let date = ["%Y-%m-%d", "%m/%d/%Y"].into_iter().find_map(|format| Date::strptime(format, field).ok());
        let date = date.filter(|_| field.parse::<DateTime>().is_ok() || field.contains('/'));
        match (date, last) {
            (None, _) => {
                self.fault(range, format!("`{field}` is no day"), "must be a day, written as 2026-11-20 or 11/20/2026");
            }
            (Some(date), Some(last)) if date <= last => {
                self.fault(range, format!("{date} stands after {last}"), "must be later than the line before");
                return None;
            }
            _ => {}
        }
        date
    }

    /// NaN where the field is empty.
    fn value(&mut self, range: std::ops::Range<usize>, field: &str, series: MarketSeries) -> f64 {
        if field.is_empty() {
            return f64::NAN;
        }
        let positive = !matches!(series, MarketSeries::Skew25 | MarketSeries::Breadth | MarketSeries::Rate | MarketSeries::Factor(_));
        let allowed = if positive { "must be a number above 0 and at most 1e12, or empty" } else { "must be a number from -1e12 to 1e12, or empty" };
        match field.parse::<f64>() {
            Ok(value) if value.abs() <= 1e12 && (value > 0.0 || !positive) => value,
            _ => {
                self.fault(range, format!("`{field}` is no value"), allowed);
                f64::NAN
            }
        }
    }
}

/// Lines that are not blank, with their fields, each with its bytes in the text.
fn lines(text: &str) -> impl Iterator<Item = (std::ops::Range<usize>, Vec<(std::ops::Range<usize>, &str)>)> {
    let text_start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut start = text_start;
    text[text_start..].split('\n').filter_map(move |line| {
        let at = start;
        start += line.len() + 1;
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.trim().is_empty() {
            return None;
        }
        let mut field_start = at;
        let fields = line.split(',').map(|field| {
            let begins = field_start + field.len() - field.trim_start().len();
            field_start += field.len() + 1;
            (begins..begins + field.trim().len(), field.trim())
        });
        Some((at..at + line.len(), fields.collect()))
    })
}

/// Series that a history can hold: of the market, and not computed from others or from the calendar.
fn readable() -> impl Iterator<Item = (String, MarketSeries)> {
    Series::catalogue().filter_map(|(name, series, _)| match series {
        Series::Market(
            MarketSeries::Edr
            | MarketSeries::Day
            | MarketSeries::Weekday
            | MarketSeries::DaysToFomc
            | MarketSeries::DaysToCpi
            | MarketSeries::DaysToThirdFriday,
        ) => None,
        Series::Market(series) => Some((name, series)),
        _ => None,
    })
}

fn series(name: &str, own: &[&str]) -> Option<MarketSeries> {
    let known = readable().find(|(known, _)| known == name).map(|(_, series)| series);
    let rank = || own.iter().position(|own| own.eq_ignore_ascii_case(name)).map(|rank| MarketSeries::Factor(rank as u16));
    known.or_else(rank)
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
            remarks.push(format!("history {name}: {count} rows {what} are left out"));
        }
    }
    let dates: Vec<Date> = match kept.first() {
        Some(row) if row.date < first => {
            std::iter::successors(Some(row.date), |&date| Some(next_session(date))).take_while(|&date| date < first).collect()
        }
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
