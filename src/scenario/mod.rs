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
