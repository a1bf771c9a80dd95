//! One step of index and variance under P: the quadratic-exponential scheme with martingale correction.
//!
//! ```text
//! m, s2   conditional mean and variance of x' (exact),      psi = s2 / m^2
//! psi <= 1.5   x' = (sqrt d + sqrt c Z)^2,   d = sqrt(m^2 - s2/2),   c = m - d
//! else         x' = h ln((1 - p) / U) if U < 1 - p, else 0,   h = (m^2 + s2) / (2 m),   1 - p = m / h
//! E[e^(A x')] = e^(A d / (1 - 2 A c)) / sqrt(1 - 2 A c)   or   (1 - A (h - m)) / (1 - A h)
//! ln S' = ln S + (r - q) dt - L mbar dt - ln E[e^(A x')] + (K2 + eta w dt/2) x' + (eta w dt/2 - K3/2) x + sqrt(K3 (x + x')) Z'
//! K2 = (kappa c - w/2) dt/2 + c,   K3 = w (1 - rho^2) dt/2,   A = K2 + K3/2,   c = rho sqrt(w) / sigma
//! ```
//!
//! Andersen, "Simple and efficient simulation of the Heston model", 2008 (QE-M, central weights; his `a (b + Z)^2` with
//! `c = a`, `d = a b^2`), for each of two factors: `w = 1` for the fast one, `w = beta` for the slow one, whose terms add up with one common normal, since
//! their noises are independent given the factors. A coupling `g` enters the conditional moments of the fast factor
//! through the expected path of the slow one. His terms in the start value and his constant drop out against the
//! correction `-ln E`, which makes the discounted index a martingale exactly when `eta = 0` and `mbar` is that of the
//! jumps.
//!
//! `E[e^(A x')]` exists for `A <= 0`, hence for `rho <= 0`. For `A > 0` it exists in every state if
//! `A sigma^2 (1 - e^(-kappa dt)) / kappa < 6/5`: then `2 A c < 1` and `A h < 1`, since `s2 / m` is at most
//! `sigma^2 (1 - e^(-kappa dt)) / kappa`, `c` at most a third of `s2 / m`, and `h` at most 5/6 of it. A step that
//! breaks this bound is refused when the generator is made.

use crate::error::{DomainError, require};
use crate::math::vector::{exp, ln_normal};
use crate::model::{Factor, Law, Physical};
use crate::random::Draw;

/// The branch changes at this ratio of variance to squared mean (Andersen: any value from 1 to 2).
const PSI_CRITICAL: f64 = 1.5;
/// What `A sigma^2 (1 - e^(-kappa dt)) / kappa` must stay below; see the module's text.
const MOMENT_BOUND: f64 = 1.2;

/// What the drift of the log index needs besides the law of the factors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Drift {
    /// `r - q`, a calendar year.
    pub(crate) carry: f64,
    /// `eta_s`, excess drift a year per unit of spot variance.
    pub(crate) equity_premium: f64,
    /// Mean relative jump under Q times the intensity's coefficients under Q.
    pub(crate) compensator: [f64; 3],
}

/// Coefficients of one factor over one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FactorStep {
    /// Conditional mean: constant, and per unit of the start value.
    pub(crate) mean: [f64; 2],
    /// Conditional variance: constant, and per unit of the start value.
    pub(crate) variance: [f64; 2],
    /// `A`, the exponent whose expectation the martingale correction takes out.
    pub(crate) tilt: f64,
    /// Log index per unit of the start and of the end value.
    pub(crate) log_index: [f64; 2],
    /// `K3 = K4`, variance of the log index given the factor, per unit of start plus end value.
    pub(crate) noise: f64,
}

/// What the slow factor adds to the fast one's conditional mean and variance: constant, per unit of its start value.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Pull {
    pub(crate) mean: [f64; 2],
    pub(crate) variance: [f64; 2],
}

/// Coefficients of one step, made once per distinct length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct StepCoefficients {
    pub(crate) fast: FactorStep,
    pub(crate) slow: FactorStep,
    pub(crate) pull: Pull,
    /// `(r - q) dt`.
    pub(crate) carry: f64,
    /// Compensator of the index's jumps over the step: constant, per unit of `x1`, per unit of `x2`.
    pub(crate) compensator: [f64; 3],
    /// Expected number of jumps over the step: constant, per unit of `x1`, per unit of `x2`.
    pub(crate) hazard: [f64; 3],
    /// Length, variance years.
    pub(crate) dt_years: f64,
}

/// Where one path is between two steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Position {
    pub(crate) spot: f64,
    pub(crate) x1: f64,
    pub(crate) x2: f64,
}

impl StepCoefficients {
    /// Coefficients of a step of `dt_years` of variance time and `calendar_years` of discounting.
    pub(crate) fn new(law: &Law<Physical>, drift: &Drift, dt_years: f64, calendar_years: f64) -> Self {
        let [kappa1, kappa2] = law.dynamics.kappa;
        let eta = drift.equity_premium;
        let slow = law.has_slow_factor();
        Self {
            fast: FactorStep::new(&law.shared.fast, kappa1, 1.0, eta, dt_years),
            slow: if slow {
                FactorStep::new(&law.shared.slow, kappa2, law.shared.beta, eta, dt_years)
            } else {
                FactorStep::STILL
            },
            pull: if law.shared.coupling > 0.0 { Pull::new(law, dt_years) } else { Pull::default() },
            carry: drift.carry * calendar_years,
            compensator: drift.compensator.map(|c| c * dt_years),
            hazard: law.dynamics.intensity.map(|l| l * dt_years),
            dt_years,
        }
    }

    /// Log drift of the step that does not depend on its noise; the compensator is frozen at the step's start.
    #[inline(always)]
    pub(crate) fn log_drift(&self, x1: f64, x2: f64) -> f64 {
        self.carry - (self.compensator[0] + self.compensator[1] * x1 + self.compensator[2] * x2)
    }

    /// Expected number of jumps; the intensity is frozen at the step's start.
    #[inline(always)]
    pub(crate) fn hazard(&self, x1: f64, x2: f64) -> f64 {
        self.hazard[0] + self.hazard[1] * x1 + self.hazard[2] * x2
    }

    /// Conditional moments of the slow factor.
    #[inline(always)]
    pub(super) fn slow_moments(&self, x2: f64) -> Moments {
        let slow = &self.slow;
        Moments { mean: slow.mean[0] + slow.mean[1] * x2, variance: slow.variance[0] + slow.variance[1] * x2 }
    }

    /// Conditional moments of the fast factor.
    #[inline(always)]
    pub(super) fn fast_moments(&self, x1: f64, x2: f64) -> Moments {
        let (fast, pull) = (&self.fast, &self.pull);
        Moments {
            mean: (fast.mean[0] + fast.mean[1] * x1) + (pull.mean[0] + pull.mean[1] * x2),
            variance: (fast.variance[0] + fast.variance[1] * x1) + (pull.variance[0] + pull.variance[1] * x2),
        }
    }

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

/// Conditional mean and variance of a factor at the end of a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    pub(super) mean: f64,
    pub(super) variance: f64,
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

impl FactorStep {
    /// A factor that is not there.
    const STILL: Self = Self { mean: [0.0; 2], variance: [0.0; 2], tilt: 0.0, log_index: [0.0; 2], noise: 0.0 };

    fn new(factor: &Factor, kappa: f64, weight: f64, equity_premium: f64, dt_years: f64) -> Self {
        let Factor { reversion, vol_of_variance: sigma, rho } = *factor;
        let reach = decayed(kappa, dt_years);
        let decay = 1.0 - kappa * reach;
        let half = 0.5 * dt_years;
        let leverage = rho * weight.sqrt() / sigma;
        let after = half * (kappa * leverage - 0.5 * weight) + leverage;
        let noise = half * weight * (1.0 - rho * rho);
        let premium = half * weight * equity_premium;
        Self {
            mean: [reversion * reach, decay],
            variance: [0.5 * sigma * sigma * reversion * reach * reach, sigma * sigma * decay * reach],
            tilt: after + 0.5 * noise,
            log_index: [premium - 0.5 * noise, premium + after],
            noise,
        }
    }
}

impl Pull {
    /// From `E[x2(s)] = theta2 + (x2 - theta2) e^(-kappa2 s)`.
    fn new(law: &Law<Physical>, dt_years: f64) -> Self {
        let [kappa1, kappa2] = law.dynamics.kappa;
        let g = law.shared.coupling;
        let sigma = law.shared.fast.vol_of_variance;
        let theta2 = law.theta()[1];
        // int_0^dt e^(-k (dt - s)) e^(-kappa2 s) ds
        let cross = |k: f64| libm::exp(-kappa2 * dt_years) * decayed(k - kappa2, dt_years);
        // Of a slow factor that stays and of one that decays; their difference is positive but for rounding.
        let pull = |staying: f64, decaying: f64| [theta2 * (staying - decaying).max(0.0), decaying];
        let reach = decayed(kappa1, dt_years);
        let spread = (cross(kappa1) - cross(2.0 * kappa1)) / kappa1;
        Self {
            mean: pull(reach, cross(kappa1)).map(|weight| g * weight),
            variance: pull(0.5 * reach * reach, spread).map(|weight| g * sigma * sigma * weight),
        }
    }
}

/// `int_0^dt e^(-k s) ds`.
fn decayed(k: f64, dt_years: f64) -> f64 {
    if k == 0.0 { dt_years } else { -libm::expm1(-k * dt_years) / k }
}

/// Refuses a step so long that the martingale correction of a factor with positive correlation may not exist.
///
/// # Errors
/// The correlation concerned, with the largest value that is surely allowed for a step of this length.
pub(crate) fn check_moments(law: &Law<Physical>, step: &StepCoefficients) -> Result<(), DomainError> {
    let [kappa1, kappa2] = law.dynamics.kappa;
    let factors = [
        ("rho", &law.shared.fast, kappa1, 1.0, &step.fast),
        ("rho2", &law.shared.slow, kappa2, law.shared.beta, &step.slow),
    ];
    for (name, factor, kappa, weight, coefficients) in factors {
        if factor.vol_of_variance == 0.0 {
            continue;
        }
        let sigma = factor.vol_of_variance;
        let spread = sigma * sigma * decayed(kappa, step.dt_years);
        // Jumps split steps; the tilt is linear in the length, so its ends bound every piece.
        let worst = coefficients.tilt.max(factor.rho * weight.sqrt() / sigma);
        let allowed = "smaller: at this vol_of_variance and step length the index would have no mean";
        require(name, factor.rho, worst * spread < MOMENT_BOUND, allowed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
