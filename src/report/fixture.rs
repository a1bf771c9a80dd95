//! A small made-up run for the tests of this module.

use jiff::civil::date;

use crate::book::Costs;
use crate::calendar::Clock;
use crate::engine::{ModelCheck, RunResult};
use crate::model::{Preset, State};
use crate::path::factors::Vvix;
use crate::plan::{MarketPlan, Plan, RunPlan};
use crate::risk::{Column, Component, ComponentKind, Figure, Outcomes, Values};
use crate::strategy::{Layer, Level, Resize, Rule};

pub(crate) fn plan() -> Plan {
    Plan {
        name: "ten-lot <condor> & layers".into(),
        digest: "0123456789ab".into(),
        resolved: "name = \"ten-lot <condor> & layers\"\n\n[run]\npaths = 2_000\nseed = 7\n".into(),
        run: RunPlan { paths: 2000, horizon_days: 252, seed: 7, steps_per_day: 1, mark_accuracy: 1e-5 },
        market: MarketPlan {
            date: date(2026, 11, 20),
            spot: 6600.0,
            rate: 0.038,
            dividend_yield: 0.012,
            vix: 18.0,
            state: State { x1: 0.01, x2: 0.02 },
        },
        model_name: "default".into(),
        model: Preset::Default.model(),
        clock: Clock::default(),
        equity: 1_000_000.0,
        costs: Costs::default(),
        breadth: None,
        vvix: Vvix::default(),
        condors: Vec::new(),
        layers: vec![Layer {
            name: "L1 early warning".into(),
            vx_month: 1,
            contracts: 3.0,
            per_condor_risk: None,
            enter: Rule::always(),
            exit: Rule::never(),
            level: Level::Total,
            resize: Resize::Daily,
            roll_days: 5,
        }],
    }
}

/// Outcomes with a short gain side and a long loss side.
pub(crate) fn outcomes(paths: usize) -> Outcomes {
    let uniform = |path: usize, lane: usize| {
        let x = (path as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17 * lane as u32);
        (x.wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 11) as f64 / (1u64 << 53) as f64
    };
    let condor: Vec<f64> = (0..paths)
        .map(|path| {
            let (u, v) = (uniform(path, 1), uniform(path, 2));
            90_000.0 - 60_000.0 * u - if v < 0.12 { 2_800_000.0 * (0.12 - v) } else { 0.0 }
        })
        .collect();
    let hedge: Vec<f64> = condor
        .iter()
        .enumerate()
        .map(|(path, condor)| (-condor).max(0.0) * 0.4 - 9_000.0 - 8_000.0 * uniform(path, 3))
        .collect();
    let real = |name: &str, values: Vec<f64>| Column { name: name.into(), values: Values::Real(values) };
    Outcomes {
        columns: vec![
            real("hedged_pnl_usd", condor.iter().zip(&hedge).map(|(condor, hedge)| condor + hedge).collect()),
            real("unhedged_pnl_usd", condor.clone()),
            real("condor_core_pnl_usd", condor),
            real("layer_l1_early_warning_pnl_usd", hedge),
            Column {
                name: "layer_l1_early_warning_days_on".into(),
                values: Values::Count((0..paths).map(|path| (path % 40) as i32).collect()),
            },
        ],
        components: vec![
            Component { name: "core".into(), kind: ComponentKind::Condor, column: "condor_core_pnl_usd".into() },
            Component {
                name: "L1 early warning".into(),
                kind: ComponentKind::Layer,
                column: "layer_l1_early_warning_pnl_usd".into(),
            },
        ],
    }
}

pub(crate) fn result(paths: usize) -> RunResult {
    let figure = |strategy: &str, component: Option<&str>, measure: &str, level, unit: &str, value: f64, error: f64| {
        Figure {
            strategy: strategy.into(),
            component: component.map(Into::into),
            measure: measure.into(),
            level,
            horizon_days: Some(252),
            unit: unit.into(),
            value,
            standard_error: Some(error),
            low: Some(value - 1.96 * error),
            high: Some(value + 1.96 * error),
        }
    };
    let mut figures = Vec::new();
    for (strategy, sign) in [("hedged", 1.0), ("unhedged", 1.4), ("hedge", -0.4)] {
        figures.push(figure(strategy, None, "mean_pnl", None, "USD", 31_234.567 * sign, 1_812.3));
        if strategy != "hedge" {
            figures.push(figure(strategy, None, "probability_of_loss", None, "probability", 0.123 * sign, 0.002));
        }
        for (i, level) in [0.95, 0.975, 0.99, 0.995].into_iter().enumerate() {
            let value = (90_000.0 + 50_000.0 * i as f64) * sign;
            figures.push(figure(strategy, None, "value_at_risk", Some(level), "USD", value, 2_345.6));
            figures.push(figure(strategy, None, "expected_shortfall", Some(level), "USD", value * 1.2, 3_456.7));
        }
        figures.push(figure(strategy, None, "max_drawdown", None, "USD", 71_000.0 * sign, 912.0));
    }
    figures.push(figure("hedge", None, "hedge_cost", None, "USD a year", 12_493.8, 725.1));
    for (component, mean, tail) in [("core", 43_700.0, 290_000.0), ("L1 early warning", -12_500.0, -98_000.0)] {
        figures.push(figure("hedged", Some(component), "mean_pnl", None, "USD", mean, 900.0));
        figures.push(figure("hedged", Some(component), "expected_shortfall", Some(0.99), "USD", tail, 4_100.0));
    }
    RunResult {
        outcomes: outcomes(paths),
        figures,
        warnings: vec!["The 99.5 % expected shortfall rests on 10 paths; `--paths 100000` gives 500.".into()],
        checks: vec![
            ModelCheck {
                name: "SPX is a martingale under Q".into(),
                value: 0.000_123_456_789,
                standard_error: Some(0.000_21),
                limit: Some(0.000_84),
                unit: "of spot".into(),
                passed: true,
            },
            ModelCheck {
                name: "largest error of the tables of marks".into(),
                value: 3.123_456_789e-6,
                standard_error: None,
                limit: Some(1e-5),
                unit: "of spot".into(),
                passed: true,
            },
        ],
    }
}
