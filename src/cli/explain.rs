//! `tailwing explain`: one path, or the worst ones, day by day.

use super::arguments::ExplainOptions;
use super::progress::{self, Bar};
use super::{Done, output, usage};
use crate::engine;
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::report::{format, json, story};
use crate::scenario::{self, Source};

/// Tells the paths that the options name.
///
/// # Errors
/// Whatever is wrong with the options or the scenario; a path that the run does not have; or the run failed.
pub(super) fn explain(options: &ExplainOptions) -> Result<Done> {
    let overrides = options.common.overrides()?;
    let source = options.scenario.as_deref().map_or(Source::BuiltIn, Source::Path);
    let plan = scenario::load(source, &overrides)?;
    progress::listen()?;
    let paths = match (options.path, options.worst) {
        (Some(path), _) => vec![existing(&plan, path)?],
        (None, Some(worst)) => worst_paths(&plan, options, usize::from(worst))?,
        (None, None) => return Err(usage("--path or --worst says which paths to explain")),
    };
    let stories = engine::explain(&plan, &paths)?;
    progress::check_interrupt()?;
    let text = if options.common.json {
        let value = serde_json::to_value(&stories);
        json::text(&value.map_err(|error| Error::Run(format!("cannot write the paths: {error}")))?)
    } else {
        stories.iter().map(|path| story::text(&plan, path, options.changes)).collect::<Vec<_>>().join("\n")
    };
    output::print(&text)?;
    Ok(Done::Fine)
}

fn existing(plan: &Plan, path: u64) -> Result<u64> {
    let paths = plan.run.paths as u64;
    if path < paths {
        return Ok(path);
    }
    let [last, path] = [paths - 1, path].map(format::count);
    Err(usage(format!("the run has no path {path}: its paths are numbered from 0 to {last}")))
}

/// The paths on which the hedged account lost most, the worst first.
fn worst_paths(plan: &Plan, options: &ExplainOptions, count: usize) -> Result<Vec<u64>> {
    if count > plan.run.paths {
        return Err(usage(format!("--worst {count} is more than the {} paths of the run", plan.run.paths)));
    }
    let bar = Bar::new("finding the worst paths ", options.common.quiet);
    let result = engine::run(plan, options.common.threads(), &bar);
    drop(bar);
    let outcomes = result?.outcomes;
    let pnl = outcomes.real("hedged_pnl_usd").unwrap_or_default();
    let mut order: Vec<u64> = (0..pnl.len() as u64).collect();
    order.sort_by(|&a, &b| pnl[a as usize].total_cmp(&pnl[b as usize]));
    order.truncate(count);
    Ok(order)
}
