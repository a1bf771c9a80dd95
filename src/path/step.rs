//! One step of index and variance under P: the quadratic-exponential scheme with martingale correction.
//!
//! ```text
//! m, s2   conditional mean and variance of x' (exact),      psi = s2 / m^2
//! psi <= 1.5   x' = (sqrt d + sqrt c Z)^2,   d = sqrt(m^2 - s2/2),   c = m - d
//! else         x' = h ln((1 - p) / U) if U < 1 - p, else 0,   h = (m^2 + s2) / (2 m),   1 - p = m / h
//! E[e^(A x')] = e^(A d / (1 - 2 A c)) / sqrt(1 - 2 A c)   or   (1 - A (h - m)) / (1 - A h)
//! ln S' = ln S + (r - q) dt - mbar Lambda - ln E[e^(A x')] + (K2 + eta w dt/2) x' + (eta w dt/2 - K3/2) x + sqrt(K3 (x + x')) Z'
//! K2 = (kappa l - w/2) dt/2 + l,   K3 = w (1 - rho^2) dt/2,   A = K2 + K3/2,   l = rho sqrt(w) / sigma
//! ```
//!
//! Andersen, "Simple and efficient simulation of the Heston model", 2008 (QE-M, central weights; his `a (b + Z)^2` with
//! `c = a`, `d = a b^2`), for each of two factors: `w = 1` for the fast one, `w = beta` for the slow one. Their terms add
//! up with one common normal, since their noises are independent given the factors. His terms in the start value and his
//! constant drop out against the correction `-ln E[e^(A x')]`.
//!
//! `Lambda = E int L dt` is the expected number of jumps over the step given its start, an affine function of the state.
//! Jumps come with P's `Lambda`, the compensator `mbar Lambda` has Q's intensity and mean jump. Where P = Q and `eta = 0`
//! the discounted index is therefore an exact martingale, from step to step.

use super::coefficients::{FactorStep, Moments, StepCoefficients};
use crate::math::vector::{exp, ln_normal};
use crate::model::{Law, Physical, State};
use crate::random::Draw;

/// The branch changes at this ratio of variance to squared mean (Andersen: any value from 1 to 2).
const PSI_CRITICAL: f64 = 1.5;

/// Where one path is between two steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Position {
    pub(crate) spot: f64,
    pub(crate) x1: f64,
    pub(crate) x2: f64,
}

/// Moves a path over `dt_years` for given draws, without jumps, carry and premium: what happens between two jumps.
///
/// `fast` gives the index its normal (the second) and the fast factor its normal and its uniform; `slow` is ignored where
/// the model has one factor. Paths do this step by step; it is open to inspection so that the law of a step can be
/// integrated.
#[must_use]
pub fn diffuse(law: &Law<Physical>, dt_years: f64, spot: f64, state: State, fast: Draw, slow: Draw) -> (f64, State) {
    let from = Position { spot, x1: state.x1, x2: state.x2 };
    let slow = law.has_slow_factor().then_some(slow);
    let to = StepCoefficients::without_jumps(law, 0.0, dt_years).advance(from, 0.0, fast, slow);
    (to.spot, State { x1: to.x1, x2: to.x2 })
}

impl StepCoefficients {
    /// Moves one path over the step, jumps apart; the arithmetic of the lanes, one lane at a time.
    pub(crate) fn advance(&self, from: Position, log_drift: f64, fast: Draw, slow: Option<Draw>) -> Position {
        let mut index = IndexStep::begin(log_drift);
        let mut x2 = 0.0;
        if let Some(draw) = slow {
            let half = HalfDraw::new(self.slow_moments(from.x2), draw.uniform);
            x2 = index.add(&self.slow, from.x2, half.finish(self.slow.tilt, ln_normal(half.share), draw));
        }
        let half = HalfDraw::new(self.fast_moments(from.x1, from.x2), fast.uniform);
        let x1 = index.add(&self.fast, from.x1, half.finish(self.fast.tilt, ln_normal(half.share), fast));
        Position { spot: from.spot * index.factor(index.exponent(fast)), x1, x2 }
    }
}

/// A factor's draw up to the logarithm that the exponential branch needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct HalfDraw {
    pub(super) mean: f64,
    /// `d` on the quadratic branch, negative on the exponential one.
    pub(super) centre: f64,
    /// `c` on the quadratic branch.
    pub(super) width: f64,
    /// `h`, the exponential branch's length.
    pub(super) length: f64,
    /// `U / (1 - p)`.
    pub(super) share: f64,
}

/// A factor's next value and `1 / E[e^(A x')] = e^(-correction) sqrt(damping) scale`.
#[derive(Debug, Clone, Copy)]
pub(super) struct FactorDraw {
    value: f64,
    correction: f64,
    damping: f64,
    scale: f64,
}

impl HalfDraw {
    /// Both branches are computed and one is kept, so that lanes can run side by side.
    #[inline(always)]
    pub(super) fn new(moments: Moments, uniform: f64) -> Self {
        let Moments { mean, variance } = moments;
        let square = mean * mean;
        let quadratic = variance <= PSI_CRITICAL * square;
        let under_root = if quadratic { square - 0.5 * variance } else { 0.0 };
        let root = under_root.sqrt();
        // One division serves both branches. The smallest normal number keeps 0 / 0 away where the factor rests at
        // zero without drift.
        let (over, under) = if quadratic { (0.5 * variance, mean + root) } else { (1.0, mean) };
        let quotient = over / (under + f64::MIN_POSITIVE);
        let length = 0.5 * (square + variance) * quotient;
        let centre = if quadratic { root } else { -1.0 };
        let share = if quadratic { 1.0 } else { uniform * (length * quotient) };
        Self { mean, centre, width: quotient, length, share }
    }

    #[inline(always)]
    pub(super) fn finish(self, tilt: f64, ln_share: f64, draw: Draw) -> FactorDraw {
        let Self { mean, centre, width, length, .. } = self;
        let quadratic = centre >= 0.0;
        let damping = 1.0 - 2.0 * tilt * width;
        let (over, under) =
            if quadratic { (tilt * centre, damping) } else { (1.0 - tilt * length, 1.0 - tilt * (length - mean)) };
        let quotient = over / under;

        let across = draw.squared_radius * width;
        let cosine = draw.direction[0];
        let under_root = if quadratic { across * centre } else { 0.0 };
        let square = centre + cosine * (2.0 * under_root.sqrt() + across * cosine);
        // A square, of which rounding can leave a little less than nothing.
        let square = if square > 0.0 { square } else { 0.0 };
        let exponential = if ln_share < 0.0 { -length * ln_share } else { 0.0 };

        if quadratic {
            FactorDraw { value: square, correction: quotient, damping, scale: 1.0 }
        } else {
            FactorDraw { value: exponential, correction: 0.0, damping: 1.0, scale: quotient }
        }
    }
}

/// The log index's step as it gathers the factors' parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct IndexStep {
    pub(super) mean: f64,
    pub(super) variance: f64,
    pub(super) damping: f64,
    pub(super) scale: f64,
}

impl IndexStep {
    #[inline(always)]
    pub(super) fn begin(log_drift: f64) -> Self {
        Self { mean: log_drift, variance: 0.0, damping: 1.0, scale: 1.0 }
    }

    /// Adds a factor's part and hands its next value on.
    #[inline(always)]
    pub(super) fn add(&mut self, step: &FactorStep, from: f64, draw: FactorDraw) -> f64 {
        self.mean += step.log_index[0] * from + step.log_index[1] * draw.value - draw.correction;
        self.variance += step.noise * (from + draw.value);
        self.damping *= draw.damping;
        self.scale *= draw.scale;
        draw.value
    }

    /// Mean plus noise; the fast factor's block holds the index's normal.
    #[inline(always)]
    pub(super) fn exponent(self, fast: Draw) -> f64 {
        self.mean + (self.variance * fast.squared_radius).sqrt() * fast.direction[1]
    }

    /// The index's relative step.
    #[inline(always)]
    pub(super) fn factor(self, exponent: f64) -> f64 {
        exp(exponent) * (self.damping.sqrt() * self.scale)
    }
}

#[cfg(test)]
mod tests;
