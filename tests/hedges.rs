//! Hedge presets and instruments: with P = Q and no costs each position earns on average just the cash rate, and what it
//! earned is split without a remainder.
//!
//! Tests allow four standard errors and a stated bias, and print the smallest error that they can see.

#![allow(clippy::print_stderr)]

mod support;

use std::path::Path;

use support::{fair, is_zero, mean, plan, settlement_map, simulate_paths};
use tailwing::calendar::{Grid, VixContract};
use tailwing::engine::{RunResult, Silent, run};
use tailwing::instrument::OptionKind;
use tailwing::model::{State, VixMap};
use tailwing::plan::{Plan, slug};
use tailwing::pricing::VixOptionTable;
use tailwing::scenario::{Override, Source, load};
use tailwing::units::{VIX_OPTION_MULTIPLIER, VIX_WINDOW_DAYS};

/// Largest error of a VIX option's mark, VIX points.
const ACCURACY: f64 = 1e-2;

/// A scenario that ships, and what the bias of its marks can add to the mean P&L of a position over 63 days, USD: the error
/// of a VIX option's mark times the contracts opened or rolled out of.
const PRESETS: [(&str, f64); 8] = [
    ("futures_layers_low", 400.0),
    ("futures_layers_high", 400.0),
    ("vx_overlay", 100.0),
    ("xvz", 400.0),
    ("veqtor", 400.0),
    // Three months of 1 % of equity: some 100 calls each time, marked wrongly by a dollar at most when bought.
    ("vxth", 3.0 * 100.0),
    ("big_top", 400.0),
    // Up to eight rolls of four calls, in and out; a gate on the condors would change nothing of them.
    ("vix_calls_442", 8.0 * 2.0 * 4.0),
];

const SECOND_LAYER: &str =
    "layer.L2 confirmed expansion.enter=zscore(macd_histogram(vvix, 12, 26, 9), 20) > macd_spike";

fn preset(name: &str, assignments: &[&str]) -> Plan {
    let path = format!("scenarios/{name}.toml");
    let overrides: Vec<Override> = assignments.iter().map(|text| Override::set(text).expect("an assignment")).collect();
    load(Source::Path(Path::new(&path)), &overrides).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_position_of_every_hedge_preset_earns_the_cash_rate_when_p_is_q() {
    for (name, bias) in PRESETS {
        let mut assignments = vec!["run.paths=4000", "run.horizon_days=63"];
        if name.starts_with("futures_layers") {
            // With 20 days of history instead of 60 the second layer comes on within the horizon.
            assignments.push(SECOND_LAYER);
        }
        let mut plan = fair(preset(name, &assignments));
        // Layers that do not look at condors are the same without them.
        if name.starts_with("vix_calls") {
            plan.run.steps_per_day = 1;
            plan.condors.clear();
        }
        let result = run(&plan, None, &Silent).unwrap_or_else(|error| panic!("{name}: {error}"));
        for layer in &plan.layers {
            let column = format!("layer_{}_pnl_usd", slug(&layer.name));
            let pnl = result.outcomes.real(&column).expect("a column");
            let (mean, error) = mean(pnl);
            eprintln!("{name:20} {column:40} {mean:10.1} +- {error:8.1}, sees {:8.1} USD", 4.0 * error + bias);
            assert!(is_zero(pnl, bias), "{name}: {column} earns {mean:.1} +- {error:.1} USD");
            assert!(error > 0.0, "{name}: {column} never traded");
        }
        check_splits(name, &plan, &result);
    }
}

/// Carry and trigger profit sum to the profit of the layer, the rolls of layers to those of the hedge, parts to accounts.
fn check_splits(name: &str, plan: &Plan, result: &RunResult) {
    let column = |column: &str| result.outcomes.real(column).unwrap_or_else(|| panic!("{name}: no column {column}"));
    let paths = plan.run.paths;
    let mut rolls = vec![0.0; paths];
    for layer in &plan.layers {
        let of_layer = |part: &str| column(&format!("layer_{}_{part}pnl_usd", slug(&layer.name)));
        let (whole, carry, trigger) = (of_layer(""), of_layer("carry_"), of_layer("trigger_"));
        for path in 0..paths {
            assert!((carry[path] + trigger[path] - whole[path]).abs() < 1e-6, "{name}: path {path}");
            rolls[path] += of_layer("roll_")[path];
        }
    }
    for (path, (&rolls, &all)) in rolls.iter().zip(column("hedge_roll_pnl_usd")).enumerate() {
        assert!((rolls - all).abs() < 1e-6, "{name}: path {path}");
    }
    assert!(result.checks.iter().all(|check| check.passed), "{name}: {:?}", result.checks);
}

#[test]
fn with_costs_the_splits_still_sum_and_long_vx_pays_carry_in_contango() {
    let assignments = ["run.paths=256", "run.horizon_days=63"];
    for name in ["vx_overlay", "vxth", "futures_layers_low"] {
        let plan = preset(name, &assignments);
        let result = run(&plan, None, &Silent).unwrap();
        check_splits(name, &plan, &result);
    }
    let plan = preset("vx_overlay", &assignments);
    let result = run(&plan, None, &Silent).unwrap();
    let carry = result.outcomes.real("layer_overlay_carry_pnl_usd").unwrap();
    let roll = result.outcomes.real("layer_overlay_roll_pnl_usd").unwrap();
    // From a VIX of 18, below its long mean, the curve slopes upwards: carry is paid on nearly every path.
    assert!(carry.iter().filter(|&&usd| usd < 0.0).count() > 200, "{:?}", mean(carry));
    assert!(roll.iter().all(|&usd| usd < 0.0));
}

/// Premium of an option of the same strike at the money of each path, and what it pays, USD a contract.
fn option_pnl(premium: impl Fn(&VixOptionTable, State, f64, f64) -> f64) -> Vec<f64> {
    let plan = fair(plan(&["run.horizon_days=63"]));
    let grid = Grid::new(plan.market.date, 63).expect("a session");
    let path = simulate_paths(&plan, &grid, 8000);
    let contract = VixContract::held(grid.date(0), 2, 0);
    let settlement = grid.index_of(contract.settlement_close).expect("within the run");
    let map = settlement_map(&plan, contract);
    let years = plan.clock.years(grid.time_left(0, contract.settlement_close));
    let table = VixOptionTable::build(plan.model.risk_neutral(), years, &map, ACCURACY).expect("a table");
    let window = plan.clock.years(grid.window(0, VIX_WINDOW_DAYS));
    let vix = VixMap::new(plan.model.risk_neutral(), window).expect("a map").vix(plan.market.state);
    let strike = 20.0;
    let paid = premium(&table, plan.market.state, vix, strike);
    let row = path.row(settlement);
    let payoffs = path.x1[row.clone()].iter().zip(&path.x2[row]).map(|(&x1, &x2)| {
        let settles_at = map.vix(State { x1, x2 });
        VIX_OPTION_MULTIPLIER * (OptionKind::Call.payoff(settles_at, strike) - paid)
    });
    payoffs.collect()
}

#[test]
fn a_call_marked_off_its_future_is_fair_and_one_marked_off_spot_vix_is_not() {
    let bias = VIX_OPTION_MULTIPLIER * ACCURACY;
    let value = |table: &VixOptionTable, state, strike| table.value(&table.locate(state), strike, OptionKind::Call);
    let fair = option_pnl(|table, state, _, strike| value(table, state, strike));
    assert!(is_zero(&fair, bias), "{:?}", mean(&fair));
    // The same smile about spot VIX instead of the VX of the option's expiry.
    let off_spot = option_pnl(|table, state, vix, strike| {
        let future = table.future(state);
        value(table, state, strike * future / vix) * vix / future
    });
    assert!(!is_zero(&off_spot, bias), "an option marked off spot VIX goes unseen: {:?}", mean(&off_spot));
}
