//! Wall time of whole runs, tables included, beside published figures.
//!
//! `cargo bench --bench run`. Medians of five runs on two threads. The short job is 100,000 paths of 63 days with one
//! condor re-marked daily and one VX layer, without margin, which the published figures do not have either; the main job is
//! the built-in scenario.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod support;

use support::{Table, median_seconds};
use tailwing::engine::{Silent, run};
use tailwing::plan::Plan;
use tailwing::scenario::{Override, Source, load};

const THREADS: usize = 2;

/// Seconds for the short job, measured in November 2026 on a two-core Zen 4 server with AVX-512, two threads.
const PUBLISHED: [(&str, &str); 4] = [
    ("NumPy and COS", "34"),
    ("numba and COS", "7.7"),
    ("a prototype in Rust, fixed table 192 x 32", "0.13"),
    ("QuantLib re-marking, CPU time, extrapolated", "880-2570"),
];

fn main() {
    let mut table = Table::new(&["whole run on two threads", "seconds", "ns a path-step and thread"]);
    for model in ["heston", "bates", "svcj", "default"] {
        table.row(&row(&format!("short job, {model}"), &short_job(model, "none")));
    }
    table.row(&row("short job, bates, portfolio margin", &short_job("bates", "portfolio")));
    table.row(&row("main job: 100,000 paths x 252 days, default", &plan(&[])));
    table.row(&row("main job, marks within 1e-6", &plan(&["run.mark_accuracy=1e-6"])));
    println!("{table}");

    let mut published = Table::new(&["published measurements of the short job on another machine", "seconds"]);
    for (name, seconds) in PUBLISHED {
        published.row(&[name.to_string(), seconds.to_string()]);
    }
    println!("{published}");
}

fn row(name: &str, plan: &Plan) -> Vec<String> {
    let seconds = median_seconds(5, || drop(run(plan, Some(THREADS), &Silent).unwrap()));
    let path_steps = (plan.run.paths * plan.run.horizon_days) as f64;
    let nanoseconds = seconds * 1e9 * THREADS as f64 / path_steps;
    vec![name.to_string(), format!("{seconds:.2}"), format!("{nanoseconds:.0}")]
}

/// One condor of 45 days at a time, held to expiry, and one layer of the front VX.
fn short_job(model: &str, margin: &str) -> Plan {
    let margin = format!("account.margin={margin}");
    let preset = format!("model.preset={model}");
    let enter = "layer.L1 early warning.enter=vix > sma(vix, 20)";
    let exit = "layer.L1 early warning.exit=vix < sma(vix, 20)";
    let mut plan = plan(&[&preset, &margin, "run.horizon_days=63", "condor.core.every=flat", enter, exit]);
    plan.condors[0].exit = None;
    plan.layers.truncate(1);
    plan
}

fn plan(assignments: &[&str]) -> Plan {
    let overrides: Vec<Override> = assignments.iter().map(|text| Override::set(text).unwrap()).collect();
    load(Source::BuiltIn, &overrides).unwrap()
}
