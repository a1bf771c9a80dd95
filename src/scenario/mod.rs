//! Scenario files: what a user writes, everything wrong with it at once, and the plan that it means.
//!
//! ```text
//! file, files that it extends, --set   -> one tree with places      raw, merge, source
//! tree, key table                      -> checked values, faults    read, keys
//! values                               -> plan, contradictions      compile, law, start
//! values, key table                    -> resolved file, commented file, JSON Schema
//! ```
//!
//! `extends = "other.toml"` names a file beside this one. What comes later (this file, then assignments in their order) wins
//! key by key. Entries of `[[condor]]` and `[[layer]]` are told apart by name: the same name changes an entry, a new name
//! adds one at the end, and an empty list, `layer = []`, takes all away. A `preset` drops every other key of `[model]` that
//! came before it; `vix3m` and `vx2` drop each other.

mod account;
mod axes;
mod basis;
mod catalogue;
mod compile;
mod condor_keys;
mod condors;
mod cost_keys;
mod crunch;
mod fault;
mod follow;
mod history;
mod history_file;
mod inputs;
mod key;
mod keys;
mod law;
mod layer;
mod layer_keys;
mod merge;
mod numbers;
mod positions;
mod raw;
mod read;
mod schema;
mod sheet;
mod shock;
mod signal_keys;
mod signals;
mod source;
mod start;
mod value;
mod variants;
mod worlds;
mod write;

pub use axes::{Axis, Design, SETTINGS_MAX};
pub use basis::Basis;
pub use catalogue::{Entry, Topic, list};
pub use compile::SUPPLIED_SERIES;
pub use inputs::{Ask, Inputs, NUMBERS, PriceKind};
pub use merge::Override;
pub use schema::json_schema;
pub use sheet::Sheet;
pub use source::Source;
pub use variants::{Choice, Variants};
pub use worlds::{World, worlds};

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
    let Gathered { table, mut sources, mut faults, subject, hiding_faults } = gather(source, overrides)?;
    let mut scenario = read::read_table(&table, raw::Place::top(0), keys::SCENARIO, "", &mut faults);
    let past = history::read(&mut scenario, &mut sources, &mut faults);
    let followed = follow::read(&mut scenario, &mut sources, &mut faults);
    let files = compile::Files { past, followed };
    let plan = if hiding_faults == 0 { compile::compile(&mut scenario, files, &sources, &mut faults) } else { None };
    axes::check(&table, &scenario, &mut faults);
    if hiding_faults > 0 {
        faults.drop_consequences_of(hiding_faults, &sources);
    }
    match plan {
        Some(mut plan) if faults.is_empty() => {
            plan.resolved = write::resolved(&scenario);
            plan.digest = compile::digest(&plan);
            Ok((plan, scenario))
        }
        _ => Err(Error::Scenario(faults.render(&subject, &sources))),
    }
}

#[cfg(test)]
mod tests {
    use super::key::{Key, Kind, Range, join};
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
                Value::Names(_) | Value::Axes(_) => {}
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
        // Jumps are possible in both measures or in none; breadth and VVIX can be off where no rule asks for it; names of entries
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
            if name == "settlement" {
                assignments.push(format!("{}=third friday", key.replace("settlement", "expiry")));
            }
            if key == "vvix.enabled" {
                assignments.extend(["enter", "exit"].map(|rule| format!("layer.L2 confirmed expansion.{rule}=false")));
            }
            let overrides: Vec<Override> = assignments.iter().map(|text| Override::set(text).unwrap()).collect();
            let plan = load(Source::BuiltIn, &overrides).unwrap_or_else(|error| panic!("{assignments:?}: {error}"));
            assert_ne!(meaning(&plan), meaning(&base), "{assignments:?} changes nothing");
            assert_ne!(plan.digest, base.digest, "{assignments:?}");
        }
    }

    /// Every number of a section and of those inside it, with the range that the key table gives it.
    fn ranges(keys: &'static [Key], path: &str, list: &mut Vec<(String, Range)>) {
        for key in keys {
            match key.kind {
                Kind::Number(range) => list.push((join(path, key.name), range)),
                Kind::Table(inner) => ranges(inner, &join(path, key.name), list),
                _ => {}
            }
        }
    }

    #[test]
    fn every_number_outside_its_range_is_refused_by_name() {
        let sections = ["run", "market", "clock", "account", "costs", "crunch", "breadth", "vvix", "edr"];
        let mut list = Vec::new();
        for key in SCENARIO.iter().filter(|key| sections.contains(&key.name)) {
            if let Kind::Table(keys) = key.kind {
                ranges(keys, key.name, &mut list);
            }
        }
        assert!(list.len() >= 60, "{}", list.len());
        for (key, range) in list {
            let below = if range.above { range.least } else { range.least - 1e-3 * range.least.abs().max(1.0) };
            let above = range.most + 1e-3 * range.most.abs().max(1.0);
            for value in [below, above, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                let assignment = Override::set(&format!("{key}={value:?}")).unwrap();
                let message = load(Source::BuiltIn, &[assignment]).err().map(|e| e.to_string()).unwrap_or_default();
                assert!(message.contains(&format!("`{key}` is")), "{key} = {value}: {message}");
                assert!(message.contains("must be a number"), "{key} = {value}: {message}");
            }
        }
    }

    #[test]
    fn no_range_of_the_model_is_wider_than_its_constructor_allows() {
        let Some(Kind::Table(keys)) = SCENARIO.iter().find(|key| key.name == "model").map(|key| &key.kind) else {
            panic!("[model] has keys")
        };
        let mut list = Vec::new();
        ranges(keys, "model", &mut list);
        assert!(list.len() > 20);
        for (key, range) in list {
            let name = key.rsplit('.').next().unwrap();
            let least = if range.above { range.least + 1e-12 } else { range.least };
            for (value, allowed) in [(least, true), (range.most, true), (range.most * 1.001, false)] {
                if value == 0.0 && ["kappa2", "vol_of_variance2", "theta"].contains(&name) {
                    continue; // the first two in one-factor models alone, the last with a coupling alone
                }
                let assignment = Override::set(&format!("{key}={value:?}")).unwrap();
                let message = load(Source::BuiltIn, &[assignment]).err().map(|e| e.to_string()).unwrap_or_default();
                assert_ne!(message.contains(&format!("`{key}` is")), allowed, "{key} = {value}: {message}");
                assert!(!message.contains(&format!("not possible: {name} is")), "{key} = {value}: {message}");
            }
        }
    }
}
