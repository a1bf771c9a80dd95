//! What the run's own random numbers say of its marks: without premia, discounted prices of all that is traded are martingales.
//!
//! ```text
//! P = Q:   E[ S_T e^(-(r-q) T) / S_0 ] = 1,     E[ sum over days of (VX marked today - VX marked yesterday) ] = 0
//! ```
//!
//! The paths are the first of the run, with the same seed, simulated under the pricing measure. Marks are the run's.

use super::context::Context;
use super::market::MarketBatch;
use super::result::ModelCheck;
use crate::error::DomainError;
use crate::stats::Moments;

/// Paths simulated for the checks.
const PATHS: usize = 4_096;

/// Paths of a batch.
const LANES: usize = 64;

/// Standard errors beyond which a check fails: by chance once in 16,000 checks.
const ERRORS_MAX: f64 = 4.0;

/// What the simulation's steps may be off by without failing, as a fraction of the index; docs/bias.md measures less.
const INDEX_BIAS: f64 = 1e-4;

/// The same for the gains of a VX held all through the run, VIX points a day.
const VX_BIAS_A_DAY: f64 = 5e-5;

/// Checks the index, and each VX that layers hold.
///
/// # Errors
/// None for a plan that runs.
pub(super) fn martingale_checks(context: &Context<'_>) -> Result<Vec<ModelCheck>, DomainError> {
    let generator = context.generator_without_premia()?;
    let mut market = MarketBatch::default();
    let mut index = Moments::default();
    let mut futures = vec![Moments::default(); context.instruments.len()];
    let last = context.grid.horizon_days();
    let carry = context.forward_factor(last);
    for first in (0..PATHS).step_by(LANES) {
        market.fill_with(&generator, context, first as u64, LANES);
        let spot = &market.path.spot;
        for lane in 0..LANES {
            index.push(spot[last * LANES + lane] / (spot[lane] * carry) - 1.0);
            for (moments, marks) in futures.iter_mut().zip(&market.vx) {
                let gain = |day: usize| marks.held[day * LANES + lane] - marks.next[(day - 1) * LANES + lane];
                moments.push((1..=last).map(gain).sum());
            }
        }
    }
    let mut checks = vec![check("SPX at the end over its forward, less 1".into(), "of spot", &index, INDEX_BIAS)];
    for (instrument, moments) in context.instruments.iter().zip(&futures) {
        let month = context.plan.layers[instrument.layers[0]].vx_month;
        let name = format!("gain of VX{month}, rolled, over the run");
        checks.push(check(name, "VIX points", moments, VX_BIAS_A_DAY * last as f64));
    }
    Ok(checks)
}

fn check(what: String, unit: &str, moments: &Moments, bias: f64) -> ModelCheck {
    let limit = moments.standard_error().map(|error| ERRORS_MAX * error + bias);
    ModelCheck {
        name: format!("{what}: zero on average under the pricing measure"),
        value: moments.mean(),
        standard_error: moments.standard_error(),
        limit,
        unit: unit.into(),
        passed: limit.is_none_or(|limit| moments.mean().abs() <= limit),
    }
}
