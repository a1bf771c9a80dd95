//! The numbers of a scenario by their paths: what a sweep can vary.
//!
//! A name alone is a threshold, `vix_extreme` being `thresholds.vix_extreme`; everything else is a path as for `--set`, with or
//! without quotes around parts of it. The number of paths and the seed are no part of it: a sweep compares on the same paths.

use super::fault::nearest;
use super::key::{Kind, join};
use super::value::{Slot, Table, Value};

/// Sections of [run] and keys that say how much is simulated.
const NOT_SWEPT: [&str; 5] = ["run.paths", "run.seed", "run.stop_when", "run.mark_accuracy", "sweep"];

/// A key that holds a number, or could.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NumberKey {
    /// Its path.
    pub(super) path: String,
    /// Whether only whole numbers are allowed.
    pub(super) whole: bool,
    /// What it holds.
    pub(super) value: Option<f64>,
}

/// Every number of a scenario that can be swept.
pub(super) fn numbers(scenario: &Table) -> Vec<NumberKey> {
    let mut found = Vec::new();
    collect(scenario, "", &mut found);
    found.retain(|key| {
        !NOT_SWEPT
            .iter()
            .any(|out| key.path.strip_prefix(out).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    });
    found
}

fn collect(table: &Table, path: &str, found: &mut Vec<NumberKey>) {
    for (key, slot) in table.keys.iter().zip(&table.slots) {
        let inner = join(path, key.name);
        match (&key.kind, slot) {
            (Kind::Number(_), Slot::Good(Value::Number(number), _)) => {
                found.push(NumberKey { path: inner, whole: false, value: Some(*number) });
            }
            #[allow(clippy::cast_precision_loss)] // whole numbers of a scenario are far below 2^53
            (Kind::Whole(..), Slot::Good(Value::Whole(number), _)) => {
                found.push(NumberKey { path: inner, whole: true, value: Some(*number as f64) });
            }
            (Kind::Number(_) | Kind::Whole(..), Slot::Absent) => {
                found.push(NumberKey { path: inner, whole: matches!(key.kind, Kind::Whole(..)), value: None });
            }
            (_, Slot::Good(Value::Table(table), _)) => collect(table, &inner, found),
            // Assignments reach the entries of lists at the top alone.
            (_, Slot::Good(Value::List(entries), _)) if path.is_empty() => {
                for entry in entries {
                    if let Some(name) = entry.text("name") {
                        collect(entry, &join(&inner, name), found);
                    }
                }
            }
            (_, Slot::Good(Value::Names(names), _)) => {
                let named = |named: &super::value::Named| NumberKey {
                    path: join(&inner, &named.name),
                    whole: false,
                    value: Some(named.number),
                };
                found.extend(names.iter().map(named));
            }
            _ => {}
        }
    }
}

/// The number that a key of a sweep names.
///
/// # Errors
/// What is wrong with the key, and what may have been meant.
pub(super) fn find<'a>(key: &str, numbers: &'a [NumberKey]) -> Result<&'a NumberKey, (String, Option<String>)> {
    let wanted = path_of(key);
    if let Some(found) = numbers.iter().find(|number| number.path == wanted) {
        return Ok(found);
    }
    if NOT_SWEPT.contains(&wanted.as_str()) {
        return Err((format!("`{key}` says how much is simulated: a sweep compares settings on the same paths"), None));
    }
    let thresholds = || numbers.iter().filter_map(|number| number.path.strip_prefix("thresholds."));
    let close = nearest(key, thresholds()).map(str::to_owned);
    let close =
        close.or_else(|| nearest(&wanted, numbers.iter().map(|number| number.path.as_str())).map(str::to_owned));
    // The last part alone may be right: `contracts`, `vix`.
    let last = || {
        let end = format!(".{}", key.rsplit('.').next().unwrap_or(key));
        numbers.iter().find(|number| number.path.ends_with(&end)).map(|number| number.path.clone())
    };
    Err((format!("`{key}` is no number of the scenario"), close.or_else(last)))
}

/// The path of a key as a user writes it.
pub(super) fn path_of(key: &str) -> String {
    let plain: String = key.trim().chars().filter(|c| !matches!(c, '"' | '\'')).collect();
    if plain.contains('.') { plain } else { format!("thresholds.{plain}") }
}
