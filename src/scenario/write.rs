//! Scenarios as TOML: the resolved form with every value, and the commented form for a person who begins.

use std::fmt::Write as _;

use super::axes::Axis;
use super::fault::{grouped, shown};
use super::key::{Absent, Key, Kind};
use super::value::{Slot, Table, Value};

/// The column in which comments of the commented form begin.
const COMMENT_COLUMN: usize = 32;

/// The resolved scenario: every key that holds a value, in the order of the key table, without what a sweep varies.
///
/// The same scenario gives the same text, and reading that text gives the scenario again: floating-point numbers are written
/// with the fewest digits that give them back.
pub(super) fn resolved(scenario: &Table) -> String {
    let mut text =
        "# Resolved by tailwing: every default is written out. Running it gives the same figures.\n".to_owned();
    write_section(&mut text, "", scenario);
    text
}

fn write_section(text: &mut String, path: &str, table: &Table) {
    for (key, value) in good(table) {
        if !has_own_header(value) {
            line(text, key.name, &literal(value));
        }
    }
    for (key, value) in good(table) {
        let path = super::key::join(path, key.name);
        match value {
            Value::Table(inner) if has_own_header(value) => {
                let _ = write!(text, "\n[{path}]\n");
                write_section(text, &path, inner);
            }
            Value::Names(names) if !names.is_empty() => {
                let _ = write!(text, "\n[{path}]\n");
                names.iter().for_each(|named| line(text, &bare_or_quoted(&named.name), &format!("{:?}", named.number)));
            }
            Value::List(entries) if entries.is_empty() => {}
            // What a sweep varies decides nothing about a run.
            Value::Axes(_) => {}
            Value::List(entries) => {
                for entry in entries {
                    let _ = write!(text, "\n[[{path}]]\n");
                    write_entry(text, entry);
                }
            }
            _ => {}
        }
    }
}

/// Tables inside an entry stand in one line, as people write them.
fn write_entry(text: &mut String, entry: &Table) {
    for (key, value) in good(entry) {
        line(text, key.name, &literal(value));
    }
}

fn has_own_header(value: &Value) -> bool {
    matches!(value, Value::Table(_) | Value::List(_) | Value::Names(_) | Value::Axes(_))
}

fn good(table: &Table) -> impl Iterator<Item = (&'static Key, &Value)> {
    table.keys.iter().zip(&table.slots).filter_map(|(key, slot)| match slot {
        Slot::Good(value, _) => Some((key, value)),
        _ => None,
    })
}

fn line(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "{name} = {value}");
}

/// A value as TOML.
pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::Text(text) => toml::Value::String(text.clone()).to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Date(date) => date.to_string(),
        Value::Dates(dates) => format!("[{}]", dates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        Value::Whole(number) => number.to_string(),
        Value::Number(number) => format!("{number:?}"),
        Value::Table(table) => {
            let pairs: Vec<String> =
                good(table).map(|(key, value)| format!("{} = {}", key.name, literal(value))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::List(list) => {
            let entries: Vec<String> = list.iter().map(|table| literal(&Value::Table(table.clone()))).collect();
            format!("[{}]", entries.join(", "))
        }
        Value::Axes(axes) => {
            let axis = |axis: &Axis| format!("{} = {:?}", bare_or_quoted(&axis.key), axis.values);
            format!("{{ {} }}", axes.iter().map(axis).collect::<Vec<_>>().join(", "))
        }
        Value::Names(names) if names.is_empty() => "{}".to_owned(),
        Value::Names(names) => {
            let pairs: Vec<String> =
                names.iter().map(|named| format!("{} = {:?}", bare_or_quoted(&named.name), named.number)).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
    }
}

fn bare_or_quoted(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { name.to_owned() } else { toml::Value::String(name.to_owned()).to_string() }
}

/// A scenario with a comment on every key. What is as by default, and what may be added, stands commented out.
pub(super) fn commented(scenario: &Table) -> String {
    let mut text = String::from(
        "# A scenario of tailwing. Lines that begin with #> are defaults, or examples of what may be added:\n\
         # remove the #> to change them. `tailwing check FILE` finds what is wrong, `tailwing run FILE` runs it.\n\n",
    );
    comment_section(&mut text, "", scenario);
    text
}

fn comment_section(text: &mut String, path: &str, table: &Table) {
    for (key, slot) in table.keys.iter().zip(&table.slots) {
        // What has a header of its own follows below; a table that may be added is shown in one line.
        let has_header = matches!(key.kind, Kind::Table(_) | Kind::List(_) | Kind::Names | Kind::Axes);
        if !has_header || matches!((&key.kind, slot), (Kind::Table(_), Slot::Absent)) {
            comment_key(text, key, slot);
        }
    }
    for (key, slot) in table.keys.iter().zip(&table.slots) {
        let path = super::key::join(path, key.name);
        match slot {
            Slot::Good(Value::Table(inner), _) => {
                let _ = write!(text, "\n# {}\n[{path}]\n", key.about);
                comment_section(text, &path, inner);
            }
            Slot::Good(Value::Names(names), _) => {
                let _ = write!(text, "\n# {}\n[{path}]\n", key.about);
                names.iter().for_each(|named| line(text, &bare_or_quoted(&named.name), &friendly(named.number)));
            }
            Slot::Good(Value::List(entries), _) if entries.is_empty() => comment_example(text, &path, key),
            Slot::Good(Value::Axes(axes), _) => comment_axes(text, &path, key.about, axes),
            Slot::Good(Value::List(entries), _) => comment_list(text, &path, key.about, entries),
            _ => {}
        }
    }
}

/// What an entry of a list without entries could be, commented out as a whole.
fn comment_example(text: &mut String, path: &str, list: &Key) {
    let Kind::List(keys) = list.kind else { return };
    let _ = write!(text, "\n# {}\n#> [[{path}]]\n", list.about);
    for key in keys {
        let default = if let Absent::Default(value) = key.absent { Slot::Good(value(), None) } else { Slot::Absent };
        comment_key(text, key, &default);
    }
}

/// What a sweep varies; an example where the scenario varies nothing.
fn comment_axes(text: &mut String, path: &str, about: &str, axes: &[Axis]) {
    let _ = write!(text, "\n# {about}\n[{path}]\n");
    for axis in axes {
        let values: Vec<String> = axis.values.iter().map(|value| friendly(*value)).collect();
        line(text, &bare_or_quoted(&axis.key), &format!("[{}]", values.join(", ")));
    }
    if axes.is_empty() {
        text.push_str("#> vix_extreme = [25, 30, 35]\n");
    }
}

/// The first entry explains its keys to all that follow.
fn comment_list(text: &mut String, path: &str, about: &str, entries: &[Table]) {
    for (index, entry) in entries.iter().enumerate() {
        let _ = if index == 0 { write!(text, "\n# {about}\n[[{path}]]\n") } else { write!(text, "\n[[{path}]]\n") };
        for (key, slot) in entry.keys.iter().zip(&entry.slots) {
            match slot {
                Slot::Good(value, Some(_)) if index > 0 => line(text, key.name, &friendly_literal(value)),
                _ if index == 0 => comment_key(text, key, slot),
                _ => {}
            }
        }
    }
}

fn comment_key(text: &mut String, key: &Key, slot: &Slot) {
    let (mark, value) = match (slot, &key.absent) {
        (Slot::Good(value, Some(_)), _) => ("", friendly_literal(value)),
        (Slot::Good(value, None), _) => ("#> ", friendly_literal(value)),
        // What stands in place of another key has no example beside it.
        (_, Absent::Nothing("")) => return,
        (_, Absent::Nothing(example) | Absent::Required(example)) => ("#> ", (*example).to_owned()),
        _ => return,
    };
    let about = match &key.kind {
        Kind::Choice(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
            format!("{}; one of {}", key.about, words.join(", "))
        }
        _ => key.about.to_owned(),
    };
    let assignment = format!("{mark}{} = {value}", key.name);
    let _ = if assignment.len() <= COMMENT_COLUMN && assignment.len() + about.len() < 100 {
        writeln!(text, "{assignment:<COMMENT_COLUMN$}  # {about}")
    } else {
        writeln!(text, "# {}: {about}\n{assignment}", key.name)
    };
}

/// A value as people write it.
fn friendly_literal(value: &Value) -> String {
    match value {
        Value::Number(number) => friendly(*number),
        Value::Whole(number) if number % 1000 == 0 => grouped(*number).replace(',', "_"),
        Value::Table(table) => {
            let pair = |(key, value): (&Key, &Value)| format!("{} = {}", key.name, friendly_literal(value));
            format!("{{ {} }}", good(table).map(pair).collect::<Vec<_>>().join(", "))
        }
        _ => literal(value),
    }
}

/// Whole numbers without a decimal point, whole thousands in groups of three.
fn friendly(number: f64) -> String {
    if number.abs() >= 10_000.0 && number % 1000.0 == 0.0 {
        shown(number).replace(',', "_")
    } else {
        number.to_string()
    }
}
