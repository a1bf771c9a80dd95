//! Scenario text as a tree in which every piece knows its place.
//!
//! TOML is parsed with recovery, so that one syntax error does not hide the next.

use std::ops::Range;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

use super::fault::{Fault, Faults};

/// A range of bytes in one of the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Index into the sources.
    pub(super) source: usize,
    /// First byte.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
}

impl Place {
    /// The first byte of a source: where what is missing would stand.
    pub(super) fn top(source: usize) -> Self {
        Self { source, start: 0, end: 0 }
    }
}

/// One file, or one assignment on the command line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SourceText {
    /// What stands before line and column in messages.
    pub(super) name: String,
    /// All of it.
    pub(super) text: String,
    /// The folder in which files that it names lie.
    pub(super) folder: PathBuf,
}

/// A value as written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    Text(String),
    /// `None`: more digits than 64 bits hold.
    Integer(Option<i64>),
    Float(f64),
    Flag(bool),
    Moment(Datetime),
    List(Vec<Raw>),
    Table(RawTable),
}

impl Item {
    /// What users call it.
    pub(super) fn noun(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::Flag(_) => "true or false",
            Self::Moment(_) => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Raw {
    pub(super) item: Item,
    pub(super) place: Place,
}

/// A key, where it stands, and its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pair {
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) value: Raw,
}

/// Keys and values in the order of the file.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct RawTable {
    pub(super) pairs: Vec<Pair>,
}

impl RawTable {
    pub(super) fn get(&self, key: &str) -> Option<&Raw> {
        self.pairs.iter().find(|pair| pair.key == key).map(|pair| &pair.value)
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Raw> {
        self.pairs.iter_mut().find(|pair| pair.key == key).map(|pair| &mut pair.value)
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<Pair> {
        let index = self.pairs.iter().position(|pair| pair.key == key)?;
        Some(self.pairs.remove(index))
    }

    /// Replaces the pair of that key, or adds it at the end.
    pub(super) fn set(&mut self, pair: Pair) {
        match self.pairs.iter_mut().find(|other| other.key == pair.key) {
            Some(other) => *other = pair,
            None => self.pairs.push(pair),
        }
    }

    /// The text under `name`, by which entries of lists are told apart.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.get("name")?.item {
            Item::Text(name) => Some(name),
            _ => None,
        }
    }
}

/// Parses a whole file; syntax errors become faults, and what could be read is returned.
pub(super) fn parse(source: usize, text: &str, faults: &mut Faults) -> RawTable {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let range = error.span().unwrap_or(0..0);
        let place = Place { source, start: range.start, end: range.end };
        let (found, expected) = error.message().split_once(", expected ").unwrap_or((error.message(), ""));
        let label = match (found, expected) {
            ("string values must be quoted", _) => "numbers stand alone, text stands in quotes".to_owned(),
            ("duplicate key", _) => "must be given only once".to_owned(),
            (_, "" | "nothing") => "here".to_owned(),
            _ => format!("expected {expected}"),
        };
        let title = format!("this is not TOML: {found}");
        faults.add(Fault::new(place, title, label));
    }
    convert_table(source, table.get_ref())
}

/// Parses one value, as it stands behind an equals sign; `None` where it is not TOML.
pub(super) fn parse_value(source: usize, offset: usize, text: &str) -> Option<Raw> {
    let value = DeValue::parse(text).ok()?;
    let mut raw = convert(source, &value);
    shift(&mut raw, offset);
    Some(raw)
}

fn convert_table(source: usize, table: &DeTable<'_>) -> RawTable {
    let pair = |(key, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| Pair {
        key: key.get_ref().clone().into_owned(),
        place: Place { source, start: key.span().start, end: key.span().end },
        value: convert(source, value),
    };
    RawTable { pairs: table.iter().map(pair).collect() }
}

fn convert(source: usize, value: &Spanned<DeValue<'_>>) -> Raw {
    let item = match value.get_ref() {
        DeValue::String(text) => Item::Text(text.clone().into_owned()),
        DeValue::Integer(digits) => Item::Integer(i64::from_str_radix(digits.as_str(), digits.radix()).ok()),
        DeValue::Float(digits) => Item::Float(digits.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Item::Flag(*flag),
        DeValue::Datetime(moment) => Item::Moment(*moment),
        DeValue::Array(list) => Item::List(list.iter().map(|value| convert(source, value)).collect()),
        DeValue::Table(table) => Item::Table(convert_table(source, table)),
    };
    Raw { item, place: Place { source, start: value.span().start, end: value.span().end } }
}

fn shift(raw: &mut Raw, offset: usize) {
    let moved = |place: &mut Place| {
        place.start += offset;
        place.end += offset;
    };
    moved(&mut raw.place);
    match &mut raw.item {
        Item::List(list) => list.iter_mut().for_each(|raw| shift(raw, offset)),
        Item::Table(table) => {
            for pair in &mut table.pairs {
                moved(&mut pair.place);
                shift(&mut pair.value, offset);
            }
        }
        _ => {}
    }
}

/// The place of bytes `start..end` of a string's meaning, given the place of the string as written.
///
/// Follows quotes, escapes and the newline that TOML drops after `"""`. Where that fails, the whole string is meant.
pub(super) fn inside_string(text: &str, whole: Place, start: usize, end: usize) -> Place {
    let written = text.get(whole.start..whole.end).unwrap_or_default();
    match written_ranges(written) {
        Some(ranges) if start <= end && end < ranges.len() => {
            let to = if end > start { ranges[end - 1].end } else { ranges[start].start };
            Place { source: whole.source, start: whole.start + ranges[start].start, end: whole.start + to }
        }
        _ => whole,
    }
}

/// For each byte of a string's meaning, and for its end, the bytes of the written string that stand for it.
fn written_ranges(written: &str) -> Option<Vec<Range<usize>>> {
    let Some(quote) = written.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        // Text on the command line needs no quotes.
        return Some((0..=written.len()).map(|at| at..(at + 1).min(written.len())).collect());
    };
    let triple: String = std::iter::repeat_n(quote, 3).collect();
    let width = if written.len() >= 6 && written.starts_with(&triple) { 3 } else { 1 };
    let mut at = width;
    let body_end = written.len().checked_sub(width)?;
    if width == 3 {
        at += ["\r\n", "\n"].into_iter().find(|end| written[at..].starts_with(end)).map_or(0, str::len);
    }
    let mut ranges = Vec::with_capacity(written.len());
    while at < body_end {
        let c = written[at..].chars().next()?;
        let escaped = quote == '"' && c == '\\';
        let (used, meant) = if escaped { escape(&written[at..body_end])? } else { (c.len_utf8(), c.len_utf8()) };
        ranges.extend(std::iter::repeat_n(at..at + used, meant));
        at += used;
    }
    ranges.push(body_end..body_end);
    Some(ranges)
}

/// Bytes that an escape takes as written, and bytes that it means.
fn escape(rest: &str) -> Option<(usize, usize)> {
    let kind = rest[1..].chars().next()?;
    let digits = match kind {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        ' ' | '\t' | '\n' | '\r' => {
            let tail = &rest[1..];
            return Some((1 + tail.len() - tail.trim_start_matches([' ', '\t', '\n', '\r']).len(), 0));
        }
        _ => return Some((1 + kind.len_utf8(), 1)),
    };
    let code = u32::from_str_radix(rest.get(2..2 + digits)?, 16).ok()?;
    Some((2 + digits, char::from_u32(code)?.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte of the meaning of `written`, found again through the place of one character.
    fn places_agree(written: &str) {
        let file = format!("x = {written}\n");
        let mut faults = Faults::default();
        let table = parse(0, &file, &mut faults);
        assert!(faults.is_empty(), "{written}");
        let raw = table.get("x").unwrap();
        let Item::Text(meaning) = &raw.item else { panic!("{written} is text") };
        for (at, c) in meaning.char_indices() {
            let place = inside_string(&file, raw.place, at, at + c.len_utf8());
            let piece = &file[place.start..place.end];
            assert!(piece == c.to_string() || piece.starts_with('\\'), "{written}: {c:?} is not at {piece:?}");
        }
    }

    #[test]
    fn places_in_strings_follow_quotes_escapes_and_line_ends() {
        for written in [
            r#""vix > 30""#,
            "'vix > 30'",
            r#""tab\there \"quoted\" \u00e9 \U0001F600 \x41 \\ end""#,
            "\"\"\"\nfirst\nsecond \\\n   third\"\"\"",
            "\"\"\"\r\nfirst\r\nsecond\"\"\"",
            "'''\nfirst\nsecond'''",
            "\"\"",
            "''''''",
            "\"\"\"a\"\"b\"\"\"",
            "\"é vix\"",
        ] {
            places_agree(written);
        }
    }
}
