//! Scenario files: what a user writes, everything wrong with it at once, and the plan that it means.
//!
//! ```text
//! file, files that it extends, --set   -> one tree with places      raw, merge, source
//! tree, key table                      -> checked values, faults    read, keys
//! values                               -> plan, contradictions      compile, law, start
//! values, key table                    -> resolved file, commented file, JSON Schema
//! ```

mod catalogue;
mod compile;
mod fault;
mod key;
mod keys;
mod law;
mod merge;
mod raw;
mod read;
mod schema;
mod source;
mod start;
mod value;
mod write;

pub use catalogue::{Entry, Topic, list};
pub use compile::SUPPLIED_SERIES;
pub use merge::Override;
pub use schema::json_schema;
pub use source::Source;

use crate::error::{Error, Result};
use crate::plan::Plan;

use source::{Gathered, gather};
use value::Table;

/// Reads a scenario, lays `overrides` on it in their order, and says what it means.
///
/// # Errors
/// [`Error::Scenario`] with a report of everything that is wrong.
pub fn load(source: Source<'_>, overrides: &[Override]) -> Result<Plan> {
    load_table(source, overrides).map(|(plan, _)| plan)
}

/// A commented scenario that runs: the built-in one, with every key explained.
#[must_use]
pub fn new_text() -> String {
    match load_table(Source::BuiltIn, &[]) {
        Ok((_, scenario)) => write::commented(&scenario),
        Err(error) => unreachable!("the built-in scenario is valid: {error}"),
    }
}

fn load_table(source: Source<'_>, overrides: &[Override]) -> Result<(Plan, Table)> {
    let Gathered { table, sources, mut faults, subject, hiding_faults } = gather(source, overrides)?;
    let mut scenario = read::read_table(&table, raw::Place::top(0), keys::SCENARIO, "", &mut faults);
    let plan = if hiding_faults == 0 { compile::compile(&mut scenario, &sources, &mut faults) } else { None };
    if hiding_faults > 0 {
        faults.drop_consequences_of(hiding_faults, &sources);
    }
    match plan {
        Some(mut plan) if faults.is_empty() => {
            plan.resolved = write::resolved(&scenario);
            plan.digest = compile::digest(&plan.resolved);
            Ok((plan, scenario))
        }
        _ => Err(Error::Scenario(faults.render(&subject, &sources))),
    }
}

#[cfg(test)]
mod tests {
    use super::key::{Kind, join};
    use super::keys::SCENARIO;
    use super::value::{Slot, Table, Value};
    use super::*;

    /// Every key of the built-in scenario that holds a value, as an assignment of another value.
    fn changes(table: &Table, path: &str, list: &mut Vec<(String, String)>) {
        for (key, slot) in table.keys.iter().zip(&table.slots) {
            let path = join(path, key.name);
            let Slot::Good(value, _) = slot else { continue };
            match value {
                Value::Table(inner) => changes(inner, &path, list),
                Value::List(entries) => {
                    entries.iter().for_each(|entry| changes(entry, &join(&path, entry.text("name").unwrap()), list));
                }
                Value::Names(_) => {}
                _ => list.push((path, other_value(&key.kind, value))),
            }
        }
    }

    /// A value of the same kind that is allowed and that differs.
    fn other_value(kind: &Kind, value: &Value) -> String {
        match (kind, value) {
            (Kind::Choice(words), Value::Text(word)) => words.iter().find(|other| *other != word).unwrap().to_string(),
            (Kind::Rule, _) => "vix < 12.5".to_owned(),
            (Kind::Flag, Value::Flag(flag)) => (!flag).to_string(),
            (_, Value::Whole(number)) => (number + 1).to_string(),
            (Kind::Number(range), Value::Number(number)) => {
                [number * 1.01, number + 1e-3].iter().find(|x| *x != number && range.contains(**x)).unwrap().to_string()
            }
            (_, Value::Date(_)) => "2026-11-23".to_owned(),
            _ => "another".to_owned(),
        }
    }

    fn meaning(plan: &Plan) -> String {
        format!("{:?}", Plan { digest: String::new(), resolved: String::new(), ..plan.clone() })
    }

    #[test]
    fn every_key_changes_what_the_plan_means_and_its_digest() {
        // Jumps are possible in both measures or in none; breadth can be off where no rule asks for it; names of entries
        // are how assignments find them.
        let both = ["intensity1", "intensity2", "intensity"];
        let (base, table) = load_table(Source::BuiltIn, &[]).unwrap();
        let mut list = Vec::new();
        changes(&table, "", &mut list);
        assert!(list.len() > 80, "{}", list.len());
        for (key, value) in list {
            let mut assignments = vec![format!("{key}={value}")];
            let name = key.rsplit('.').next().unwrap();
            if key.matches('.').count() == 2 && name == "name" {
                continue;
            }
            if key.starts_with("model.") && both.contains(&name) {
                assignments = ["physical", "risk_neutral"].map(|m| format!("model.{m}.{name}={value}")).to_vec();
            }
            if key == "model.preset" {
                assignments = vec!["model.preset=svcj".to_owned()];
            }
            if key == "breadth.enabled" {
                assignments.push("layer.L1 early warning.enter=true".to_owned());
            }
            let overrides: Vec<Override> = assignments.iter().map(|text| Override::set(text).unwrap()).collect();
            let plan = load(Source::BuiltIn, &overrides).unwrap_or_else(|error| panic!("{assignments:?}: {error}"));
            assert_ne!(meaning(&plan), meaning(&base), "{assignments:?} changes nothing");
            assert_ne!(plan.digest, base.digest, "{assignments:?}");
        }
    }

    #[test]
    fn the_ends_of_every_range_of_the_model_are_those_of_its_constructor() {
        let sections = SCENARIO.iter().find(|key| key.name == "model").map(|key| &key.kind);
        let Some(Kind::Table(keys)) = sections else { panic!("[model] has keys") };
        for key in *keys {
            let Kind::Number(range) = key.kind else { continue };
            let outside = if range.above { range.least } else { range.least - 1e-9 };
            for (value, allowed) in [(range.most, true), (range.most * 1.000_001, false), (outside, false)] {
                let text = format!("model.{}={value}", key.name);
                let message = load(Source::BuiltIn, &[Override::set(&text).unwrap()]).err().map(|e| e.to_string());
                let refused = message.is_some_and(|message| message.contains(&format!("`model.{}` is", key.name)));
                assert_eq!(!refused, allowed, "{text}");
            }
        }
    }
}
