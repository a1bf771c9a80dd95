//! Whole runs: the same outcomes however they are cut, and books that do nothing or ask for the impossible.

mod support;

use support::plan;
use tailwing::engine::{RunResult, Silent, run};
use tailwing::plan::Plan;
use tailwing::risk::Values;

fn outcome(plan: &Plan, threads: usize) -> RunResult {
    run(plan, Some(threads), &Silent).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn outcomes_depend_neither_on_threads_nor_on_how_many_paths_follow() {
    let half = plan(&["run.paths=200", "run.horizon_days=80"]);
    let whole = plan(&["run.paths=400", "run.horizon_days=80"]);
    let [one, seven] = [1, 7].map(|threads| outcome(&half, threads));
    assert_eq!(one, seven);
    for (short, long) in one.outcomes.columns.iter().zip(&outcome(&whole, 2).outcomes.columns) {
        let same = match (&short.values, &long.values) {
            (Values::Real(short), Values::Real(long)) => short[..] == long[..200],
            (Values::Count(short), Values::Count(long)) => short[..] == long[..200],
            _ => false,
        };
        assert!(same, "{}", short.name);
    }
}

#[test]
fn no_condor_is_opened_whose_wing_would_lie_below_the_lowest_strike() {
    // The short put lies at 6,000 or so on the first day, and below 5,900 on many paths later.
    let plan = plan(&["run.paths=200", "condor.core.put.width=5900"]);
    let result = outcome(&plan, 2);
    let opened = result.outcomes.count("condors_opened").expect("a column");
    assert!(opened.iter().any(|&n| n < 13) && opened.iter().any(|&n| n > 0), "{opened:?}");
}

#[test]
fn a_book_that_never_opens_a_condor_is_warned_of() {
    let plan = plan(&["run.paths=100", "run.horizon_days=30", "condor.core.enter=vix > 150"]);
    let result = outcome(&plan, 2);
    assert!(result.warnings.iter().any(|warning| warning.starts_with("no condor was opened")), "{:?}", result.warnings);
    let pnl = result.outcomes.real("unhedged_pnl_usd").expect("a column");
    assert!(pnl.iter().all(|&pnl| pnl == 0.0), "doing nothing earns exactly zero");
}

#[test]
fn a_rule_that_is_ready_only_late_is_warned_of() {
    let result = outcome(&plan(&["run.paths=100", "run.horizon_days=90"]), 2);
    let late = "`enter` of L2 confirmed expansion has no value before close 93 of 90";
    assert!(result.warnings.iter().any(|warning| warning.contains(late)), "{:?}", result.warnings);
}

#[test]
fn parts_sum_to_the_account_on_every_path() {
    let result = outcome(&plan(&["run.paths=500", "condor.core.every=week", "run.horizon_days=120"]), 2);
    let column = |name: &str| result.outcomes.real(name).expect("a column");
    let parts: Vec<&[f64]> = result.outcomes.components.iter().map(|part| column(&part.column)).collect();
    for (path, hedged) in column("hedged_pnl_usd").iter().enumerate() {
        let sum: f64 = parts.iter().map(|part| part[path]).sum();
        assert!((sum - hedged).abs() < 0.005, "path {path}: {sum} against {hedged}");
    }
    assert!(result.checks.iter().all(|check| check.passed));
}

#[test]
fn an_unhedged_account_of_its_own_is_the_same_while_no_rule_sees_a_difference() {
    let exit = "profit >= 0.5 * credit or loss >= 2 * credit or days_to_expiry <= 21";
    let [one, two] = [exit.to_owned(), format!("{exit} or equity < 0")]
        .map(|exit| outcome(&plan(&["run.paths=200", "run.horizon_days=80", &format!("condor.core.exit={exit}")]), 2));
    for column in &one.outcomes.columns {
        let same = two.outcomes.columns.iter().find(|other| other.name == column.name);
        assert_eq!(Some(&column.values), same.map(|same| &same.values), "{}", column.name);
    }
    let column = |name: &str| two.outcomes.real(name).expect("a column");
    assert_eq!(column("condor_core_pnl_usd"), column("unhedged_condor_core_pnl_usd"));
}

#[test]
fn a_rule_on_equity_parts_the_accounts() {
    let exit = "condor.core.exit=drawdown > 0.005";
    let result = outcome(&plan(&["run.paths=400", "run.horizon_days=60", exit]), 2);
    let column = |name: &str| result.outcomes.real(name).expect("a column");
    let [hedged, unhedged] = ["condor_core_pnl_usd", "unhedged_condor_core_pnl_usd"].map(column);
    let apart = hedged.iter().zip(unhedged).filter(|(hedged, unhedged)| hedged != unhedged).count();
    assert!(apart > 20, "the hedge decides over condors on {apart} paths");
    let parts = ["condor_core_pnl_usd", "condor_fees_pnl_usd", "condor_spread_pnl_usd"];
    for (path, pnl) in column("unhedged_pnl_usd").iter().enumerate() {
        let sum: f64 = parts.iter().map(|part| column(&format!("unhedged_{part}"))[path]).sum();
        assert!((sum - pnl).abs() < 0.005, "path {path}: {sum} against {pnl}");
    }
}
