//! Hedge presets and instruments: with P = Q and no costs each position earns on average just the cash rate, and what it
//! earned is split without a remainder.
//!
//! Tests allow four standard errors and a stated bias, and print the smallest error that they can see.

#![allow(clippy::print_stderr)]

mod support;

use std::path::Path;

use support::{fair, is_zero, mean, plan, settlement_map, simulate_paths};
use tailwing::book::Action;
use tailwing::calendar::{Grid, VixContract};
use tailwing::engine::explain::DayStory;
use tailwing::engine::{RunResult, Silent, explain, run};
use tailwing::instrument::OptionKind;
use tailwing::model::{State, VixMap};
use tailwing::plan::{Plan, slug};
use tailwing::pricing::VixOptionTable;
use tailwing::scenario::{Override, Source, load};
use tailwing::units::{VIX_OPTION_MULTIPLIER, VIX_WINDOW_DAYS, VX_MULTIPLIER};

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

/// Four VX and VIX positions held on 2026-11-20, by themselves.
const HELD: &str = "
name = \"held\"
[run]
paths = 4000
horizon_days = 63
[market]
date = 2026-11-20
spot = 6600
vix = 18
rate = 0.038
dividend_yield = 0.012
[account]
equity = 1_000_000
[[position]]
name = \"future\"
kind = \"vx\"
expiry = 2026-12-16
quantity = 3
price = 17.0
[[position]]
name = \"mini\"
kind = \"mini_vx\"
expiry = 2027-01-20
quantity = -10
price = 20.0
exit = \"loss > 2 or days_open >= 30\"
[[position]]
name = \"call\"
kind = \"vix_option\"
expiry = 2026-12-16
quantity = 4
price = 1.2
right = \"call\"
strike = 17
[[position]]
name = \"put\"
kind = \"vix_option\"
expiry = 2027-03-17
quantity = -5
price = 0.9
right = \"put\"
strike = 16
exit = \"vix > 25\"
";

fn held(changes: &[(&str, &str)]) -> Plan {
    let text = changes.iter().fold(HELD.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    });
    let file = tempfile::Builder::new().suffix(".toml").tempfile().expect("a file");
    std::fs::write(file.path(), text).expect("a file");
    load(Source::Path(file.path()), &[]).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn vx_and_vix_options_held_at_the_start_earn_the_cash_rate_when_p_is_q() {
    let plan = fair(held(&[]));
    let result = run(&plan, None, &Silent).unwrap_or_else(|error| panic!("{error}"));
    // A VIX option that is closed early is marked wrongly by a hundredth of a point at most, twice.
    for (name, bias) in [("future", 5.0), ("mini", 5.0), ("call", 8.0), ("put", 10.0)] {
        let column = |part: &str| {
            result.outcomes.real(&format!("position_{name}_{part}pnl_usd")).unwrap_or_else(|| panic!("{name} {part}"))
        };
        let (mean, error) = mean(column(""));
        eprintln!("{name:8} {mean:10.1} +- {error:8.1}, sees {:8.1} USD", 4.0 * error + bias);
        assert!(is_zero(column(""), bias) && error > 1.0, "{name} earns {mean:.1} +- {error:.1} USD");
        let splits = column("carry_").iter().zip(column("trigger_")).zip(column(""));
        assert!(splits.into_iter().all(|((carry, trigger), whole)| (carry + trigger - whole).abs() < 1e-6), "{name}");
    }
    assert!(result.checks.iter().all(|check| check.passed), "{:?}", result.checks);
    // Marked off the entry price instead, the future would seem to have earned what was made before the run.
    let early = 3.0 * VX_MULTIPLIER * (explain(&plan, &[0]).expect("a path")[0].days[0].holdings[0].is.price - 17.0);
    let shifted: Vec<f64> =
        result.outcomes.real("position_future_pnl_usd").expect("a column").iter().map(|pnl| pnl + early).collect();
    assert!(!is_zero(&shifted, 5.0), "a gain of {early:.0} USD before the first day goes unseen");
}

#[test]
fn vx_and_vix_options_held_at_the_start_settle_and_close_at_the_price_of_their_month() {
    let plan = held(&[("paths = 4000", "paths = 8")]);
    let mut closed_by_loss = 0;
    for story in explain(&plan, &(0..8).collect::<Vec<_>>()).expect("paths") {
        let first = &story.days[0];
        assert!(first.pnl_usd.iter().all(|part| part.usd.abs() < 1e-9), "{:?}", first.pnl_usd);
        let fills = |action: Action, component: &str| {
            let all = story.days.iter().flat_map(|day| day.fills.iter().map(move |fill| (day, fill)));
            let found: Vec<_> =
                all.filter(|(_, fill)| fill.is.action == action && fill.component == component).collect();
            found
        };
        // December's future and call settle at the close before the morning of the 16th, off the same VIX.
        let [(day, future)] = fills(Action::Settle, "future")[..] else { panic!("{story:?}") };
        let [(_, call)] = fills(Action::Settle, "call")[..] else { panic!("{story:?}") };
        assert_eq!(day.date, "2026-12-15");
        assert!((call.is.price - (future.is.price - 17.0).max(0.0)).abs() < 1e-9, "{call:?} {future:?}");
        let gains: f64 = fills(Action::Variation, "future").iter().map(|(_, fill)| fill.is.cash_usd).sum();
        let moved = 3.0 * VX_MULTIPLIER * (future.is.price - first.holdings[0].is.price);
        assert!((gains - moved).abs() < 1e-6 && future.is.fees_usd == 0.0, "{gains} {moved}");
        // The mini contracts are bought back a tick of half-spread dearer, on the first day their rule says yes.
        let [(day, mini)] = fills(Action::Close, "mini")[..] else { panic!("{story:?}") };
        assert_eq!((mini.is.quantity, mini.is.fees_usd), (10.0, 10.0 * plan.costs.mini_vx_fee));
        let spread = 10.0 * 100.0 * plan.costs.vx_half_spread(0.0, 30.0, plan.costs.strain(day.vix, 0.0));
        assert!((mini.is.spread_usd - spread).abs() < 1e-9, "{mini:?}");
        let asked = story.days.iter().flat_map(|day| day.verdicts.iter().map(move |verdict| (day.day, verdict)));
        for (asked_on, verdict) in asked.filter(|(_, verdict)| verdict.component == "mini") {
            assert_eq!(verdict.is.holds, Some(asked_on == day.day), "{verdict:?}");
            let loss = verdict.is.saw.iter().find(|saw| saw.expression == "loss").expect("what it saw");
            let mark = if asked_on == day.day { mini.is.price } else { price_of(&story.days[asked_on], "mini") };
            assert!((loss.value.expect("a number") - (mark - 20.0)).abs() < 1e-12, "{verdict:?}");
        }
        closed_by_loss += i32::from(day.day < 30);
    }
    assert!((1..8).contains(&closed_by_loss), "{closed_by_loss} paths lose two points before day 30");
}

fn price_of(day: &DayStory, component: &str) -> f64 {
    day.holdings.iter().find(|holding| holding.component == component).expect("a holding").is.price
}

#[test]
fn vx_and_vix_options_held_at_the_start_are_margined_and_sold_off_with_the_hedge() {
    let plan = held(&[("paths = 4000", "paths = 1"), ("horizon_days = 63", "horizon_days = 1")]);
    let story = explain(&plan, &[0]).expect("a path").remove(0);
    let used = story.days.iter().map(|day| {
        let price = |component| price_of(day, component);
        let futures = 3.0 * 1000.0 * price("future") * 0.42 + 1000.0 * price("mini") * 0.30;
        // The call ties up what it is worth, the put sold what half a VX would.
        let options = 400.0 * price("call") + 0.5 * 1000.0 * day.vix * 0.42;
        (futures + options) / day.equity_usd
    });
    let worst = used.fold(0.0, f64::max);
    let outcomes = run(&plan, Some(1), &Silent).expect("a run").outcomes;
    let found = outcomes.real("hedged_worst_margin_use").expect("a column")[0];
    assert!((found / worst - 1.0).abs() < 1e-9, "{found} against {worst}");
    // With a fiftieth of the equity they are sold off on the first day, at wider spreads.
    let small = held(&[("equity = 1_000_000", "equity = 20_000"), ("paths = 4000", "paths = 1")]);
    let story = explain(&small, &[0]).expect("a path").remove(0);
    let [called, next] = [&story.days[0], &story.days[1]];
    let sold = called.holdings.is_empty() || next.holdings.is_empty();
    let part = |name: &str| story.days[1].pnl_usd.iter().find(|part| part.component == name).expect("a part").usd;
    assert!(sold && part("hedge liquidation") < 0.0 && part("hedge fees").abs() < 1e-9, "{:?}", story.days[1]);
}
