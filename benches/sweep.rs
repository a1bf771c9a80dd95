//! What one more setting of a sweep costs, beside a run.
//!
//! `cargo bench --bench sweep`. Settings of two thresholds of the built-in scenario on common paths, one thread, without
//! margin and with it. At most 15 ns a path-step and core may go into a setting, or 25 % of a run where margin calls couple
//! layers and condors.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod support;

use support::Table;
use tailwing::engine::sweep::SweepCost;
use tailwing::engine::{Silent, run_together};
use tailwing::plan::Plan;
use tailwing::scenario::{Override, Source, load};

const PATHS: usize = 8_192;
/// Settings of either threshold.
const SIDE: usize = 5;
const REPETITIONS: usize = 3;

fn main() {
    let mut table =
        Table::new(&["settings of the built-in scenario", "run", "paths and condors", "setting", "of a run"]);
    let small = "account.equity=160_000";
    for (name, assignments) in [
        ("no margin", &["account.margin=none"][..]),
        ("portfolio margin", &[]),
        ("Reg T", &["account.margin=reg_t"]),
        ("portfolio margin, a sixth of the equity", &[small]),
    ] {
        let plans = grid(assignments);
        // A run is a sweep of one setting.
        let SweepCost { base_ns, setting_ns: first_ns, .. } = sweep(&plans[..1]);
        let SweepCost { setting_ns, .. } = sweep(&plans);
        let alone = base_ns + first_ns;
        let cells = [alone, base_ns, setting_ns].map(|ns| format!("{ns:.1} ns"));
        let mut row = vec![name.to_string()];
        row.extend(cells);
        row.push(format!("{:.1} %", 100.0 * setting_ns / alone));
        table.row(&row);
    }
    println!("nanoseconds a path-step and core, tables not counted\n{table}");
}

fn sweep(plans: &[Plan]) -> SweepCost {
    let plans: Vec<&Plan> = plans.iter().collect();
    let once = || run_together(&plans, 0..PATHS, Some(1), &Silent, &mut |_, setting| setting.map(drop)).unwrap();
    (0..REPETITIONS).map(|_| once()).min_by(|a, b| a.setting_ns.total_cmp(&b.setting_ns)).unwrap()
}

fn grid(assignments: &[&str]) -> Vec<Plan> {
    let cases = (0..SIDE * SIDE).map(|n| (20 + 4 * (n / SIDE), 1.0 + 0.5 * (n % SIDE) as f64));
    let set = |(rsi, macd)| {
        let thresholds = [format!("thresholds.rsi_oversold={rsi}"), format!("thresholds.macd_spike={macd}")];
        plan(assignments, &[&thresholds[0], &thresholds[1]])
    };
    cases.map(set).collect()
}

fn plan(assignments: &[&str], more: &[&str]) -> Plan {
    // Coarse tables are built in a moment, and read nearly as fast as fine ones.
    let all = assignments.iter().chain(more).chain(&["run.mark_accuracy=1e-4"]);
    let overrides: Vec<Override> = all.map(|text| Override::set(text).unwrap()).collect();
    load(Source::BuiltIn, &overrides).unwrap()
}
