//! What integration tests share: plans, and the test of a mean.
#![allow(dead_code, unreachable_pub)]

use tailwing::book::Costs;
use tailwing::calendar::grid::window_after;
use tailwing::calendar::{Grid, VixContract};
use tailwing::model::VixMap;
use tailwing::path::{DayStep, Generator, PathBatch, Start, Workspace};
use tailwing::plan::Plan;
use tailwing::scenario::{Override, Source, load};
use tailwing::units::{DAYS_PER_YEAR, VIX_WINDOW_DAYS};

/// The built-in scenario with assignments laid on it.
pub fn plan(assignments: &[&str]) -> Plan {
    let overrides: Vec<Override> = assignments.iter().map(|text| Override::set(text).expect("an assignment")).collect();
    load(Source::BuiltIn, &overrides).unwrap_or_else(|error| panic!("{error}"))
}

/// The same plan with P = Q, fills at marks and no fees: every strategy then earns on average just the cash rate.
pub fn fair(mut plan: Plan) -> Plan {
    plan.model = plan.model.without_premia();
    plan.costs = Costs::free();
    plan
}

/// Mean and standard error.
pub fn mean(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// Whether a mean is zero as far as its standard error and a known bias can tell.
pub fn is_zero(values: &[f64], bias: f64) -> bool {
    let (mean, error) = mean(values);
    mean.abs() <= 4.0 * error + bias
}

/// Paths of a plan's market, in one batch.
pub fn simulate_paths(plan: &Plan, grid: &Grid, paths: usize) -> PathBatch {
    let days: Vec<DayStep> = (0..grid.horizon_days())
        .map(|day| DayStep {
            variance_years: plan.clock.years(grid.step(day)),
            calendar_years: f64::from(grid.step(day).calendar_days()) / DAYS_PER_YEAR,
        })
        .collect();
    let market = &plan.market;
    let start =
        Start { spot: market.spot, rate: market.rate, dividend_yield: market.dividend_yield, state: market.state };
    let generator = Generator::new(&plan.model, start, &days, plan.run.steps_per_day, plan.run.seed);
    let mut batch = PathBatch::new();
    generator.expect("a generator").fill(0, paths, &mut batch, &mut Workspace::default());
    batch
}

/// The VIX map of the day on which a contract expires.
pub fn settlement_map(plan: &Plan, contract: VixContract) -> VixMap {
    let window = plan.clock.years(window_after(contract.expiry, VIX_WINDOW_DAYS));
    VixMap::new(plan.model.risk_neutral(), window).expect("a map")
}
