//! `manifest.json`: what made a run and how to repeat it; no times, no hosts, no paths.

use serde_json::{Value, json};

use super::Report;
use crate::plan::{BATCH_PATHS, Plan, RESULTS_VERSION};

/// The generator behind every random stream.
const GENERATOR: &str = "Philox4x32-10 (Salmon et al. 2011), addressed by seed, path, step and purpose";

/// The manifest of one run.
#[must_use]
pub fn manifest(report: &Report) -> Value {
    of_plan(report.plan, report.result.outcomes.paths(), "tailwing run scenario.toml")
}

/// What made something of a plan on so many paths, and the command that repeats it.
pub(super) fn of_plan(plan: &Plan, paths: usize, command: &str) -> Value {
    json!({
        "program": "tailwing",
        "version": env!("CARGO_PKG_VERSION"),
        "commit": option_env!("TAILWING_COMMIT"),
        "results_version": RESULTS_VERSION,
        "scenario": { "name": plan.name, "digest": plan.digest },
        "model": plan.model_name,
        "paths": paths,
        "horizon_days": plan.run.horizon_days,
        "steps_per_day": plan.run.steps_per_day,
        "batch_paths": BATCH_PATHS,
        "seed": plan.run.seed,
        "random_generator": GENERATOR,
        "command": command,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn the_manifest_names_what_decides_the_figures() {
        let (plan, result) = (fixture::plan(), fixture::result(10));
        let value = manifest(&Report { plan: &plan, result: &result });
        assert_eq!(value["scenario"]["digest"], plan.digest);
        assert_eq!(value["seed"], plan.run.seed);
        assert_eq!(value["results_version"], RESULTS_VERSION);
        assert_eq!(value["version"], env!("CARGO_PKG_VERSION"));
    }
}
