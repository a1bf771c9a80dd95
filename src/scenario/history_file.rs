//! The lines of a history file: its columns, its days and its numbers, every fault with its place.

use jiff::civil::Date;

use crate::strategy::rule::{MarketSeries, Series, name_fault};

use super::fault::{Fault, listed, nearest};
use super::raw::Place;

/// Columns of Cboe's files that hold nothing that a close does not.
const CBOE_IGNORED: [&str; 3] = ["open", "high", "low"];
/// Years that a date can mean; others are slips.
const YEARS: std::ops::Range<i16> = 1900..2200;

/// What each column holds; `None` for columns that are not read.
pub(super) type Columns = Vec<Option<Column>>;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Column {
    Date,
    Series(MarketSeries),
}

/// One line of numbers, in the order of the series columns.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) date: Date,
    pub(super) values: Vec<f64>,
}

/// Reads one file and gathers its faults.
pub(super) struct Reader {
    pub(super) source: usize,
    pub(super) found: Vec<Fault>,
}

impl Reader {
    fn fault(&mut self, range: std::ops::Range<usize>, title: String, label: &str) -> &mut Fault {
        let place = Place { source: self.source, start: range.start, end: range.end };
        self.found.push(Fault::new(place, title, label));
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    /// The header.
    pub(super) fn columns(&mut self, text: &str, own: &[&str]) -> Option<Columns> {
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
        let mut known: Vec<String> = readable().map(|(name, _)| name).collect();
        let own = own.iter().filter(|own| name_fault(own).is_none()).map(|&own| own.to_owned());
        known.extend(own);
        let near = nearest(name, known.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
        let allowed = format!("must be `date` or one of {}", listed(known.iter().map(String::as_str)));
        let fault = self.fault(range, format!("`{name}` is no series of a history"), &allowed);
        *fault = fault.clone().maybe_help(near);
    }

    /// All lines below the header.
    pub(super) fn rows(&mut self, text: &str, columns: &Columns) -> Vec<Row> {
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
        let date = date.filter(|date| YEARS.contains(&date.year()));
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
        let positive = !matches!(
            series,
            MarketSeries::Skew25 | MarketSeries::Breadth | MarketSeries::Rate | MarketSeries::Factor(_)
        );
        let allowed = if positive {
            "must be a number above 0 and at most 1e12, or empty"
        } else {
            "must be a number from -1e12 to 1e12, or empty"
        };
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
pub(super) fn readable() -> impl Iterator<Item = (String, MarketSeries)> {
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
    let rank =
        || own.iter().position(|own| own.eq_ignore_ascii_case(name)).map(|rank| MarketSeries::Factor(rank as u16));
    known.or_else(rank)
}
