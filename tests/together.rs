//! Many settings on the same paths: each has the bits of a run of its own, however they are grouped, cut and threaded.

mod support;

use support::plan;
use tailwing::engine::sweep::{Setting, SweepCost};
use tailwing::engine::{Silent, run, run_together};
use tailwing::plan::Plan;
use tailwing::risk::Values;
use tailwing::risk::summary::summarise;
use tailwing::scenario::{Override, Source, load};

/// A model, tables and a number of paths (no multiple of a batch) that take little time: what is compared does not hang on them.
const SMALL: [&str; 4] = ["run.paths=150", "run.horizon_days=70", "run.mark_accuracy=1e-4", "model.preset=heston"];

fn small(assignments: &[&str]) -> Plan {
    plan(&[&SMALL, assignments].concat())
}

fn sweep(plans: &[Plan], threads: usize) -> (Vec<Setting>, SweepCost) {
    let plans: Vec<&Plan> = plans.iter().collect();
    let mut found = vec![None; plans.len()];
    let mut hear = |number: usize, setting: tailwing::Result<Setting>| {
        assert!(found[number].replace(setting?).is_none(), "setting {number} was heard twice");
        Ok(())
    };
    let cost = run_together(&plans, 0..plans[0].run.paths, Some(threads), &Silent, &mut hear);
    let cost = cost.unwrap_or_else(|error| panic!("{error}"));
    (found.into_iter().map(|setting| setting.expect("every setting is heard")).collect(), cost)
}

/// Holds a sweep on one and on two threads against runs; says what the sweep cost.
fn equals_runs(plans: &[Plan]) -> SweepCost {
    let (settings, cost) = sweep(plans, 1);
    assert_eq!(settings, sweep(plans, 2).0, "on two threads");
    for (number, (plan, setting)) in plans.iter().zip(&settings).enumerate() {
        let alone = run(plan, Some(2), &Silent).unwrap_or_else(|error| panic!("{error}"));
        for (column, own) in setting.outcomes.columns.iter().zip(&alone.outcomes.columns) {
            assert!(
                column.name == own.name && same_bits(&column.values, &own.values),
                "setting {number}: {}",
                own.name
            );
        }
        assert_eq!(setting.outcomes.components, alone.outcomes.components);
        assert_eq!(summarise(&setting.outcomes, &setting.terms).figures, alone.figures, "setting {number}");
    }
    cost
}

fn same_bits(a: &Values, b: &Values) -> bool {
    match (a, b) {
        (Values::Real(a), Values::Real(b)) => a.iter().map(|x| x.to_bits()).eq(b.iter().map(|x| x.to_bits())),
        (a, b) => a == b,
    }
}

/// Whether settings differ from one another, so that their equality with runs says something.
fn differ(plans: &[Plan], column: &str) -> bool {
    let (settings, _) = sweep(plans, 2);
    settings.windows(2).all(|pair| pair[0].outcomes.real(column) != pair[1].outcomes.real(column))
}

/// A grid of `thresholds.rsi_oversold` and `thresholds.macd_spike`.
fn grid(side: usize, assignments: &[&str]) -> Vec<Plan> {
    let values = |from: f64, step: f64| (0..side).map(move |n| from + step * n as f64);
    let cases = values(20.0, 8.0).flat_map(|rsi| values(0.5, 0.6).map(move |macd| (rsi, macd)));
    cases
        .map(|(rsi, macd)| {
            let thresholds = [format!("thresholds.rsi_oversold={rsi}"), format!("thresholds.macd_spike={macd}")];
            small(&[&[thresholds[0].as_str(), thresholds[1].as_str()], assignments].concat())
        })
        .collect()
}

#[test]
fn twenty_five_settings_of_two_thresholds_equal_their_runs() {
    let plans = grid(5, &["run.horizon_days=110", "model.preset=default", "run.mark_accuracy=1e-3"]);
    let cost = equals_runs(&plans);
    assert_eq!((cost.settings, cost.markets, cost.condor_books), (25, 1, 1));
    assert!(differ(&plans[..2], "hedged_pnl_usd") && differ(&[plans[0].clone(), plans[5].clone()], "hedged_pnl_usd"));
}

#[test]
fn settings_equal_their_runs_under_every_margin_on_small_accounts() {
    // An account of this size is called on many paths, hedged or not, and refused entries on others.
    for margin in ["none", "reg_t", "portfolio"] {
        let margin = format!("account.margin={margin}");
        let plans = grid(2, &[&margin, "account.equity=160_000", "condor.core.every=week", "condor.core.lots=6"]);
        assert_eq!(equals_runs(&plans).condor_books, 1);
        if !margin.ends_with("none") {
            let (settings, _) = sweep(&plans[..1], 2);
            let calls = settings[0].outcomes.count("hedged_margin_calls").expect("a column");
            assert!(calls.iter().filter(|&&calls| calls > 0).count() > 10, "{margin}: {calls:?}");
        }
    }
}

#[test]
fn fills_at_the_next_close_equal_their_runs() {
    equals_runs(&grid(2, &["run.fill=next_close", "account.equity=200_000"]));
}

#[test]
fn rules_on_the_account_equal_their_runs() {
    let rules = [
        // The hedge decides over condors.
        ["condor.core.exit=drawdown > 0.005", "thresholds.vix_extreme=25"],
        ["condor.core.exit=drawdown > 0.005", "thresholds.vix_extreme=20"],
        // It does not, but layers see the account, and the condors.
        ["layer.L1 early warning.enter=drawdown > 0.002", "thresholds.vix_extreme=25"],
        ["layer.L1 early warning.enter=sma(drawdown, 5) > 0.002", "thresholds.vix_extreme=25"],
        ["layer.L1 early warning.enter=margin_used > 0.15", "thresholds.vix_extreme=25"],
        ["layer.L2 confirmed expansion.enter=condor_risk > 100_000", "thresholds.vix_extreme=25"],
        ["layer.L2 confirmed expansion.enter=condor_delta < -50", "thresholds.vix_extreme=25"],
        ["condor.core.exit=condor_delta < -150", "thresholds.vix_extreme=25"],
    ];
    let plans: Vec<Plan> =
        rules.iter().map(|rules| small(&[&rules[..], &["account.equity=250_000"]].concat())).collect();
    equals_runs(&plans);
    assert!(differ(&plans, "hedged_pnl_usd"));
}

#[test]
fn settings_of_condors_markets_and_layers_in_any_order_equal_their_runs() {
    let settings: [&[&str]; 12] = [
        &[],
        &["condor.core.days=30"],
        &["market.vix=24"],
        &["thresholds.vix_extreme=20"],
        &["run.seed=7"],
        &["condor.core.put.short_delta=0.1", "thresholds.vix_extreme=20"],
        &["market.vix=24", "thresholds.vix_extreme=20"],
        &["layer=[]"],
        &["account.equity=170_000"],
        &["costs.vx_fee=5"],
        &["layer.L3 extreme.hold={ vx = 2, contracts = 4 }"],
        &["model.preset=bates"],
    ];
    let plans: Vec<Plan> = settings.iter().map(|settings| small(settings)).collect();
    let cost = equals_runs(&plans);
    assert_eq!((cost.settings, cost.markets), (12, 4));
    assert!(differ(&plans, "hedged_pnl_usd"));
}

#[test]
fn layers_of_options_and_of_many_months_equal_their_runs() {
    let of_file = |file: &str, assignment: &str| {
        let overrides = SMALL.iter().chain([&assignment]).map(|text| Override::set(text).expect("an assignment"));
        load(Source::Path(file.as_ref()), &overrides.collect::<Vec<_>>()).unwrap_or_else(|error| panic!("{error}"))
    };
    let calls = ["thresholds.calm=17", "thresholds.calm=20"].map(|set| of_file("scenarios/vix_calls_442.toml", set));
    let months = ["layer.short-term VX.max_change=0.05", "layer.short-term VX.max_change=0.3"];
    let months = months.map(|set| of_file("scenarios/xvz.toml", set));
    assert!(differ(&calls, "hedged_pnl_usd") && differ(&months, "hedged_pnl_usd"));
    let plans = [calls, months].concat();
    equals_runs(&plans);
}

#[test]
fn later_paths_are_those_of_a_longer_run() {
    let plan = small(&[]);
    let mut later = None;
    let mut hear = |_, setting: tailwing::Result<Setting>| {
        later = Some(setting?);
        Ok(())
    };
    run_together(&[&plan], 50..150, Some(2), &Silent, &mut hear).unwrap_or_else(|error| panic!("{error}"));
    let (later, whole) = (later.expect("a setting"), run(&plan, Some(2), &Silent).expect("a run"));
    for (later, whole) in later.outcomes.columns.iter().zip(&whole.outcomes.columns) {
        let same = match (&later.values, &whole.values) {
            (Values::Real(later), Values::Real(whole)) => later[..] == whole[50..],
            (Values::Count(later), Values::Count(whole)) => later[..] == whole[50..],
            _ => false,
        };
        assert!(same, "{}", later.name);
    }
}
