//! What liquidity costs: legs, size, crunches, and a VX basis that breaks away from the model.

mod support;

use support::{fair, is_zero, mean, plan};
use tailwing::engine::{RunResult, Silent, run};
use tailwing::plan::Plan;
use tailwing::risk::Values;

fn outcome(plan: &Plan) -> RunResult {
    run(plan, Some(2), &Silent).unwrap_or_else(|error| panic!("{error}"))
}

fn real<'a>(result: &'a RunResult, name: &str) -> &'a [f64] {
    result.outcomes.real(name).unwrap_or_else(|| panic!("no column {name}"))
}

fn count<'a>(result: &'a RunResult, name: &str) -> &'a [i32] {
    result.outcomes.count(name).unwrap_or_else(|| panic!("no column {name}"))
}

/// One layer that is on from the second close to the end and never rolls, without condors.
const FUTURE: [&str; 6] = [
    "run.paths=192",
    "run.horizon_days=10",
    "account.margin=none",
    "condor=[]",
    "layer=[]",
    "layer=[{ name = \"VX\", hold = { vx = 2, contracts = 4 }, enter = \"day >= 1\", exit = \"false\" }]",
];
/// A crunch that is forced from a close on; by default none comes by chance.
fn forced(day: usize, days: usize) -> Vec<String> {
    vec![
        "crunch.basis_deviation=0".to_owned(),
        format!("shock=[{{ name = \"crunch\", day = {day}, crunch = {days} }}]"),
    ]
}

fn with(base: &[&str], forced: &[String], more: &[&str]) -> RunResult {
    let forced: Vec<&str> = forced.iter().map(String::as_str).collect();
    outcome(&plan(&[base, &forced, more].concat()))
}

fn same_columns(a: &RunResult, b: &RunResult) {
    for column in &a.outcomes.columns {
        if let Some(other) = b.outcomes.columns.iter().find(|other| other.name == column.name) {
            assert_eq!(column.values, other.values, "{}", column.name);
        }
    }
}

#[test]
fn a_crunch_without_a_basis_multiplies_spreads_and_nothing_else() {
    let calm = with(&FUTURE, &[], &[]);
    let crunch = with(&FUTURE, &forced(1, 10), &["crunch.vx_basis=0", "crunch.spread_multiple=3"]);
    assert_eq!(real(&calm, "layer_vx_pnl_usd"), real(&crunch, "layer_vx_pnl_usd"));
    assert_eq!(real(&calm, "hedge_fees_pnl_usd"), real(&crunch, "hedge_fees_pnl_usd"));
    for (calm, crunch) in real(&calm, "hedge_spread_pnl_usd").iter().zip(real(&crunch, "hedge_spread_pnl_usd")) {
        assert!(*calm < 0.0 && (crunch / calm - 3.0).abs() < 1e-12, "{calm} {crunch}");
    }
    assert!(count(&crunch, "crunch_days").iter().all(|&days| days == 10));
}

#[test]
fn size_costs_the_root_of_what_it_is_of_the_depth() {
    let spread = |contracts: u32, depth: &str| {
        let contracts = format!("layer.VX.hold.contracts={contracts}");
        let result = with(&FUTURE, &[], &[&contracts, depth]);
        real(&result, "hedge_spread_pnl_usd").to_vec()
    };
    let small = spread(1, "costs.vx_depth=1e9");
    let large = spread(16, "costs.vx_depth=64");
    for (path, (one, many)) in small.iter().zip(&large).enumerate() {
        // VIX is calm on most paths: depth is whole there, and less on the rest.
        assert!(many / one >= 16.0 * 1.5 * (1.0 - 1e-4), "{path}: {one} {many}");
    }
    let calm = small.iter().zip(&large).filter(|(one, many)| (*many / *one / 24.0 - 1.0).abs() < 1e-4).count();
    assert!(calm > 100 && calm < 192, "{calm} of 192 paths are calm");
}

#[test]
fn futures_and_options_on_them_lose_the_basis_together_and_get_it_back_at_settlement() {
    let layers = "layer=[{ name = \"VX\", hold = { vx = 1, contracts = 10 }, roll_days = 0, enter = \"day >= 1\", exit = \"false\" }, \
                  { name = \"call\", hold = { option = \"vix call\", offset = 0, days = 26, contracts = 100 }, roll_days = 0, \
                  enter = \"day >= 1\", exit = \"false\" }, { name = \"put\", hold = { option = \"vix put\", offset = 0, \
                  days = 26, contracts = -100 }, roll_days = 0, enter = \"day >= 1\", exit = \"false\" }]";
    let at = |days: usize, basis: &str| {
        let days = format!("run.horizon_days={days}");
        let result = with(&FUTURE[..5], &forced(2, 30), &[layers, &days, &format!("crunch.vx_basis={basis}")]);
        let pnl = |name: &str| real(&result, &format!("layer_{name}_pnl_usd")).to_vec();
        let options = pnl("call").iter().zip(pnl("put")).map(|(call, put)| call + put).collect::<Vec<_>>();
        (pnl("vx"), options)
    };
    // Five closes on, 19 days before settlement: all of the basis.
    let [none, half, tenth] = ["0", "-0.5", "-0.1"].map(|basis| at(5, basis));
    for path in 0..192 {
        let lost = [half.0[path] - none.0[path], tenth.0[path] - none.0[path]];
        assert!(lost[1] < -8_000.0 && (lost[0] / lost[1] - 5.0).abs() < 1e-9, "{path}: {lost:?}");
        // By put-call parity, which the marks keep to their accuracy: 0.01 points an option.
        let options = half.1[path] - none.1[path];
        assert!((options - lost[0]).abs() < 0.004 * lost[0].abs() + 400.0, "{path}: {options} {}", lost[0]);
    }
    // December settles on 15 December, the 16th close.
    let [none, half] = ["0", "-0.5"].map(|basis| at(16, basis));
    for path in 0..192 {
        // Futures pay what the basis took and get it back, so what is left is three weeks of interest on it.
        let financing = none.0[path] - half.0[path];
        assert!((20.0..1500.0).contains(&financing), "{path}: {} {}", half.0[path], none.0[path]);
        assert!((half.1[path] - none.1[path]).abs() < 1e-6, "{path}: {} {}", half.1[path], none.1[path]);
    }
}

#[test]
fn rules_see_the_futures_at_the_prices_of_the_market() {
    let cheap = "layer.VX.enter=vx2 < 0.7 * vix";
    let calm = with(&FUTURE, &[], &[cheap]);
    let crunch = with(&FUTURE, &forced(5, 6), &[cheap, "crunch.vx_basis=-0.5"]);
    assert!(count(&calm, "layer_vx_days_on").iter().filter(|&&days| days > 0).count() < 20);
    assert!(count(&crunch, "layer_vx_days_on").iter().filter(|&&days| days >= 5).count() > 150);
}

#[test]
fn crunches_leave_the_market_as_it_is_and_do_not_depend_on_threads_or_on_later_paths() {
    let many: [&str; 5] =
        ["run.paths=300", "run.mark_accuracy=1e-4", "run.horizon_days=84", "crunch.enabled=true", "crunch.per_year=6"];
    let whole = outcome(&plan(&many));
    let one_thread = run(&plan(&many), Some(1), &Silent).expect("a run");
    same_columns(&whole, &one_thread);
    let free = outcome(&plan(&many[..3]));
    for name in ["index_return", "highest_vix"] {
        assert_eq!(real(&whole, name), real(&free, name));
    }
    let days = count(&whole, "crunch_days");
    assert!(days.contains(&0) && days.iter().any(|&days| days > 10));
    let half = outcome(&plan(&[&many[..], &["run.paths=130"]].concat()));
    for (short, long) in half.outcomes.columns.iter().zip(&whole.outcomes.columns) {
        let same = match (&short.values, &long.values) {
            (Values::Real(short), Values::Real(long)) => short[..] == long[..130],
            (Values::Count(short), Values::Count(long)) => short[..] == long[..130],
            _ => false,
        };
        assert!(same, "{}", short.name);
    }
    assert!(whole.checks.iter().all(|check| check.passed), "{:?}", whole.checks);
}

#[test]
fn in_a_crunch_the_hedge_earns_less_where_it_is_needed() {
    let fall = "shock=[{ name = \"fall\", day = 8, spot = -0.10, vix = 25, crunch = 5 }]";
    let base = ["run.paths=256", "run.horizon_days=9", "layer.L1 early warning.enter=day >= 2"];
    let mean_pnl = |basis: &str| {
        let basis = format!("crunch.vx_basis={basis}");
        let result = outcome(&plan(&[&base[..], &[fall, &basis]].concat()));
        mean(real(&result, "layer_l1_early_warning_pnl_usd")).0
    };
    let [with_model, below] = ["0", "-0.15"].map(mean_pnl);
    assert!(with_model > 20_000.0 && below < with_model - 12_000.0, "{with_model} {below}");
}

#[test]
fn with_p_equal_to_q_and_no_costs_depths_and_crunches_without_a_basis_change_nothing() {
    let more = ["costs.condor_depth=50", "costs.vx_depth=50", "costs.vix_rise_weight=2"];
    let crunch = ["crunch.enabled=true", "crunch.vx_basis=0", "crunch.basis_deviation=0", "crunch.per_year=10"];
    let base = ["run.paths=1500", "run.horizon_days=42"];
    let strained = plan(&[&base[..], &more, &crunch].concat());
    let free =
        tailwing::book::Costs { vix_rise_weight: 2.0, condor_depth: Some(50.0), ..tailwing::book::Costs::free() };
    let strained = outcome(&Plan { costs: free, ..fair(strained) });
    same_columns(&outcome(&fair(plan(&base))), &strained);
    for name in ["hedged_pnl_usd", "unhedged_pnl_usd"] {
        assert!(is_zero(real(&strained, name), 2000.0), "{name} earns {:?}", mean(real(&strained, name)));
    }
}

#[test]
fn the_ledger_balances_with_everything_on() {
    let everything = [
        "run.paths=512",
        "run.horizon_days=63",
        "run.mark_accuracy=1e-4",
        "account.equity=220000",
        "condor.core.every=week",
        "crunch.enabled=true",
        "crunch.per_year=4",
        "costs.condor_depth=100",
        "costs.vx_depth=100",
        "costs.vix_rise_weight=1",
        "costs.vx_half_spread_far=0.06",
    ];
    let result = outcome(&plan(&everything));
    assert!(count(&result, "crunch_days").iter().any(|&days| days > 0));
    assert!(count(&result, "hedged_margin_calls").iter().any(|&calls| calls > 0));
    let components = &result.outcomes.components;
    for (path, hedged) in real(&result, "hedged_pnl_usd").iter().enumerate() {
        let sum: f64 = components.iter().map(|part| real(&result, &part.column)[path]).sum();
        assert!((sum - hedged).abs() < 0.005, "path {path}: {sum} against {hedged}");
    }
    assert!(result.checks.iter().all(|check| check.passed), "{:?}", result.checks);
}
