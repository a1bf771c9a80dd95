//! A small made-up run for the tests of this module.

use jiff::civil::date;

use crate::book::Costs;
use crate::calendar::Clock;
use crate::engine::{ModelCheck, PathTrace, RunResult};
use crate::model::{Preset, State};
use crate::path::factors::{DailyRange, Vvix};
use crate::plan::{CrunchPlan, FactorPlan, MarketPlan, NewsPlan, Plan, RunPlan};
use crate::risk::{Column, Component, ComponentKind, Outcomes, Profile, SummaryTerms, Values, summarise};
use crate::strategy::layer::{Hold, Size, VxHold};
use crate::strategy::{Fill, Layer, Level, Resize, Rule};

pub(crate) fn plan() -> Plan {
    Plan {
        name: "ten-lot <condor> & layers".into(),
        digest: "0123456789ab".into(),
        resolved: "name = \"ten-lot <condor> & layers\"\n\n[run]\npaths = 2_000\nseed = 7\n".into(),
        run: RunPlan {
            paths: 2000,
            horizon_days: 252,
            seed: 7,
            steps_per_day: 1,
            mark_accuracy: 1e-5,
            fill: Fill::Close,
            stop_when: None,
        },
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
        crunch: CrunchPlan::default(),
        shocks: Vec::new(),
        margin: crate::book::MarginRules::default(),
        equity: 1_000_000.0,
        costs: Costs::default(),
        breadth: None,
        skill: 0.0,
        vvix: Some(Vvix::default()),
        daily_range: DailyRange::default(),
        news: NewsPlan::by_rule(),
        factors: FactorPlan::none(),
        releases: Vec::new(),
        history: None,
        followed: None,
        remarks: Vec::new(),
        held_condors: Vec::new(),
        held_hedges: Vec::new(),
        condors: Vec::new(),
        layers: vec![Layer {
            name: "L1 early warning".into(),
            hold: Hold::Vx(VxHold { month: 1, last_month: None, mini: false, roll_days: 5, roll_every: None }),
            size: Size::Contracts { per_condor_risk: None },
            amount: 3.0,
            cells: Vec::new(),
            fractional: false,
            enter: Rule::always(),
            exit: Rule::never(),
            min_days: 0,
            cool_down_days: 0,
            level: Level::Total,
            resize: Resize::Daily,
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
    let hedged: Vec<f64> = condor.iter().zip(&hedge).map(|(condor, hedge)| condor + hedge).collect();
    let mut columns = Vec::new();
    for (name, pnl) in [("hedged", &hedged), ("unhedged", &condor)] {
        let scaled = |factor: f64| pnl.iter().map(|pnl| factor * pnl).collect();
        columns.push(real(&format!("{name}_pnl_usd"), pnl.clone()));
        for (days, factor) in [(1, 0.02), (5, 0.1), (10, 0.2), (21, 0.4)] {
            columns.push(real(&format!("{name}_pnl_{days}d_usd"), scaled(factor)));
        }
        columns.push(real(&format!("{name}_max_drawdown_usd"), pnl.iter().map(|pnl| pnl.abs()).collect()));
        columns.push(real(&format!("{name}_worst_day_usd"), scaled(-0.1)));
    }
    columns.extend([
        real("condor_core_pnl_usd", condor),
        real("layer_l1_early_warning_pnl_usd", hedge),
        Column {
            name: "layer_l1_early_warning_days_on".into(),
            values: Values::Count((0..paths).map(|path| (path % 40) as i32).collect()),
        },
    ]);
    Outcomes {
        columns,
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
    let outcomes = outcomes(paths);
    let summary = summarise(
        &outcomes,
        &SummaryTerms { horizon_days: 252, equity_usd: 1_000_000.0, cash_at_end_usd: 1_040_000.0 },
    );
    RunResult {
        profile: Profile::default(),
        worst_paths: Vec::new(),
        notes: summary.notes,
        cash_at_end_usd: 1_040_000.0,
        outcomes,
        figures: summary.figures,
        warnings: summary.warnings.iter().map(ToString::to_string).collect(),
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

/// A path of six closes with two layers: SPX falls by a tenth, the first layer comes on two days before the trough.
pub(crate) fn trace() -> PathTrace {
    let days = [20, 23, 24, 25, 27, 30];
    PathTrace {
        path: 41_233,
        dates: days.iter().map(|&day| date(2026, 11, day)).collect(),
        spot: vec![6590.0, 6600.0, 6500.0, 6387.1, 5940.0, 6000.0],
        vix: vec![18.5, 18.0, 22.0, 31.0, 44.0, 40.0],
        hedged_pnl_usd: vec![0.0, 900.0, -20_000.0, -70_000.0, -140_000.0, -130_000.0],
        unhedged_pnl_usd: vec![0.0, 1_000.0, -19_000.0, -79_000.0, -199_000.0, -190_000.0],
        layer_on: vec![vec![false, false, true, true, true, false], vec![false; 6]],
        layer_pnl_usd: vec![vec![0.0, 0.0, 0.0, 9_000.0, 60_000.0, 55_000.0], vec![0.0; 6]],
    }
}
