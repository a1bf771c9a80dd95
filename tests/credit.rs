//! The credit line, interest on debt, and the quick ratio: who may draw, what it costs, what it stops.

mod support;

use support::{mean, plan};
use tailwing::engine::{RunResult, Silent, run};
use tailwing::plan::Plan;

fn outcome(plan: &Plan) -> RunResult {
    run(plan, Some(2), &Silent).unwrap_or_else(|error| panic!("{error}"))
}

fn real<'a>(result: &'a RunResult, name: &str) -> &'a [f64] {
    result.outcomes.real(name).unwrap_or_else(|| panic!("no column {name}"))
}

fn count<'a>(result: &'a RunResult, name: &str) -> &'a [i32] {
    result.outcomes.count(name).unwrap_or_else(|| panic!("no column {name}"))
}

/// The built-in programme on a fifth of its equity: every bad month ends in a call.
const LEVERED: [&str; 4] = ["run.paths=320", "run.horizon_days=63", "run.mark_accuracy=1e-4", "account.equity=220000"];

fn levered(more: &[&str]) -> RunResult {
    outcome(&plan(&[&LEVERED[..], more].concat()))
}

fn called(result: &RunResult, account: &str) -> usize {
    count(result, &format!("{account}_margin_calls")).iter().filter(|&&calls| calls > 0).count()
}

fn parts_sum(result: &RunResult) {
    for (path, hedged) in real(result, "hedged_pnl_usd").iter().enumerate() {
        let sum: f64 = result.outcomes.components.iter().map(|part| real(result, &part.column)[path]).sum();
        assert!((sum - hedged).abs() < 0.005, "path {path}: {sum} against {hedged}");
    }
    let parts = ["condor_core", "condor_fees", "condor_spread", "condor_liquidation", "interest"];
    for (path, unhedged) in real(result, "unhedged_pnl_usd").iter().enumerate() {
        let sum: f64 = parts.iter().map(|part| real(result, &format!("unhedged_{part}_pnl_usd"))[path]).sum();
        assert!((sum - unhedged).abs() < 0.005, "path {path}: {sum} against {unhedged}");
    }
    assert!(result.checks.iter().all(|check| check.passed), "{:?}", result.checks);
}

#[test]
fn a_line_drawn_for_margin_spares_calls_and_costs_its_interest() {
    let weekly = "condor.core.every=week";
    let without = levered(&[weekly]);
    let with = levered(&[weekly, "account.credit_limit=30000"]);
    let large = levered(&[weekly, "account.credit_limit=2000000", "account.credit_draw=both"]);
    for account in ["hedged", "unhedged"] {
        let calls = [&without, &with, &large].map(|result| called(result, account));
        assert!(calls[0] > calls[1] && calls[1] > calls[2] && calls[2] == 0, "{account}: {calls:?}");
        let drawn = real(&with, &format!("{account}_most_drawn_usd"));
        let name = if account == "hedged" { "interest_pnl_usd" } else { "unhedged_interest_pnl_usd" };
        let interest = real(&with, name);
        for path in 0..drawn.len() {
            assert!((0.0..=30_000.0).contains(&drawn[path]), "{}", drawn[path]);
            assert!(interest[path] <= 0.0 && (drawn[path] > 0.0 || interest[path] == 0.0), "{account} {path}");
            // Never more than the spread on the whole line for the whole time.
            assert!(interest[path] >= -30_000.0 * 0.03 * 95.0 / 365.0, "{account} {path}: {}", interest[path]);
        }
        assert!(drawn.contains(&30_000.0) && drawn.contains(&0.0), "{account}");
    }
    parts_sum(&with);
    parts_sum(&large);
}

#[test]
fn a_line_that_is_drawn_all_along_costs_the_spread_on_its_limit() {
    // Ten VX tie up more than the line all the time, so it is drawn from the close after they are bought.
    let future = "layer=[{ name = \"VX\", hold = { vx = 2, contracts = 10 }, enter = \"true\", exit = \"false\" }]";
    let base = ["run.paths=64", "run.horizon_days=63", "condor=[]", "layer=[]", future];
    let line = ["account.credit_limit=20000", "account.credit_draw=hedge", "account.credit_spread=0.05"];
    let result = outcome(&plan(&[&base[..], &line].concat()));
    // Drawn at the close of the second day, Monday 23 November, charged to 24 February: 93 days, each with its cash interest.
    let (days, rate): (f64, f64) = (93.0, 0.038);
    let expected = 20_000.0 * ((rate + 0.05) * 0.0 + 0.05 * days / 365.0);
    for interest in real(&result, "interest_pnl_usd") {
        // Compounded at the cash rate from day to day: at most half of rate x time more.
        assert!(-interest > expected && -interest < expected * (1.0 + rate * days / 365.0), "{interest} {expected}");
    }
    assert!(real(&result, "unhedged_interest_pnl_usd").iter().all(|&interest| interest == 0.0));
    assert_eq!(real(&result, "hedged_most_drawn_usd"), [20_000.0; 64]);
    // The line carries the hedge at the broker: margin use falls, and the P&L by nothing but interest.
    let without = outcome(&plan(&base));
    for path in 0..64 {
        let [use_with, use_without] = [&result, &without].map(|result| real(result, "hedged_worst_margin_use")[path]);
        assert!(use_with < use_without, "{path}");
        let paid = real(&result, "hedged_pnl_usd")[path] - real(&without, "hedged_pnl_usd")[path];
        assert!((paid - real(&result, "interest_pnl_usd")[path]).abs() < 1e-6, "{path}");
    }
}

#[test]
fn cash_below_zero_pays_its_spread() {
    // The index for twice the equity is paid for with as much debt.
    let index =
        "layer=[{ name = \"index\", hold = { index = true }, weight = 2.0, enter = \"true\", exit = \"false\" }]";
    let base = ["run.paths=64", "run.horizon_days=42", "condor=[]", "layer=[]", index, "costs.index_half_spread=0"];
    let free = outcome(&plan(&base));
    let owed = outcome(&plan(&[&base[..], &["account.debt_spread=0.02"]].concat()));
    let interest = real(&owed, "interest_pnl_usd");
    // What is owed overnight, for 66 nights, is the index at twice the equity less the equity: about a million, more as the
    // account gains.
    let [mut least, mut most] = [0.0_f64; 2];
    for (path, interest) in interest.iter().enumerate() {
        let of_a_million = interest / (-1e6 * 0.02 * 66.0 / 365.0);
        let gained = real(&owed, "hedged_pnl_usd")[path] / 1e6;
        assert!((of_a_million - 1.0 - 0.5 * gained).abs() < 0.15, "{path}: {of_a_million} {gained}");
        (least, most) = (least.min(of_a_million - 1.0), most.max(of_a_million - 1.0));
    }
    assert!(least < 0.0 && most > 0.0, "{least} {most}");
    assert!(free.outcomes.real("interest_pnl_usd").is_none());
    assert!(real(&owed, "unhedged_interest_pnl_usd").iter().all(|&interest| interest == 0.0));
}

#[test]
fn the_quick_ratio_falls_with_what_is_owed_and_its_floor_stops_orders() {
    let free = levered(&["condor.core.every=week"]);
    let lowest = real(&free, "unhedged_lowest_quick_ratio");
    assert!(lowest.iter().all(|ratio| (0.0..=100.0).contains(ratio)));
    assert!(lowest.iter().any(|&ratio| ratio < 3.0) && mean(lowest).0 < 20.0, "{:?}", mean(lowest));
    let opened = |result: &RunResult| count(result, "condors_opened").iter().sum::<i32>();
    let on = |result: &RunResult| count(result, "layer_l1_early_warning_days_on").iter().sum::<i32>();
    let stop = |stops: &str| {
        let stops = format!("account.quick_ratio_stops={stops}");
        levered(&["condor.core.every=week", "account.quick_ratio_floor=8", &stops])
    };
    let [condors, layers, both] = ["condors", "layers", "both"].map(stop);
    assert!(opened(&condors) < opened(&free) && opened(&both) < opened(&free));
    assert!(on(&layers) < on(&free), "{} {}", on(&layers), on(&free));
    // The unhedged account has no layers, so a stop of layers leaves it as it is.
    assert_eq!(real(&layers, "unhedged_pnl_usd"), real(&free, "unhedged_pnl_usd"));
    assert_ne!(real(&condors, "unhedged_pnl_usd"), real(&free, "unhedged_pnl_usd"));
}

#[test]
fn rules_see_the_quick_ratio_as_the_floor_does() {
    let floor = levered(&["condor.core.every=day", "account.quick_ratio_floor=6", "account.quick_ratio_stops=condors"]);
    let rule = levered(&["condor.core.every=day", "condor.core.enter=vix < 40 and quick_ratio >= 6"]);
    for name in ["hedged_pnl_usd", "unhedged_pnl_usd", "hedged_lowest_quick_ratio"] {
        assert_eq!(real(&floor, name), real(&rule, name), "{name}");
    }
}

#[test]
fn everything_at_once_balances_to_the_cent() {
    let result = levered(&[
        "condor.core.every=week",
        "account.credit_limit=40000",
        "account.credit_draw=both",
        "account.debt_spread=0.02",
        "account.quick_ratio_floor=2",
        "account.grace_days=1",
        "crunch.enabled=true",
        "crunch.per_year=4",
        "costs.condor_depth=100",
        "costs.vx_depth=100",
        "costs.vix_rise_weight=1",
    ]);
    assert!(called(&result, "hedged") > 10);
    parts_sum(&result);
}
