//! What integration tests share: plans, and the test of a mean.
#![allow(dead_code)]

use tailwing::book::Costs;
use tailwing::plan::Plan;
use tailwing::scenario::{Override, Source, load};

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
