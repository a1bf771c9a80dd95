//! One step of index and variance under P: the quadratic-exponential scheme with martingale correction.
//!
//! ```text
//! m, s2   conditional mean and variance of x' (exact),      psi = s2 / m^2
//! psi <= 1.5   x' = a (b + Z)^2,   b^2 = 2/psi - 1 + sqrt(2/psi (2/psi - 1)),   a = m / (1 + b^2)
//! else         x' = 0 if U >= 1 - p, else ln((1 - p) / U) h,   p = (psi - 1) / (psi + 1),   h = m (1 + psi) / 2
//! ln S' = ln S + (r - q) dt - L mbar dt - ln E[e^(A x')] + (K2 + eta w dt/2) x' + (eta w dt/2 - K3/2) x + sqrt(K3 (x + x')) Z'
//! K2 = (kappa c - w/2) dt/2 + c,   K3 = w (1 - rho^2) dt/2,   A = K2 + K3/2,   c = rho sqrt(w) / sigma
//! ```
//!
//! Andersen, "Simple and efficient simulation of the Heston model", 2008 (QE-M, central weights), for each of two
//! factors: `w = 1` for the fast one, `w = beta` for the slow one, whose terms add up with one common normal, since
//! their noises are independent given the factors. His terms in the start value and his constant drop out against the
//! correction `-ln E`, which makes the discounted index a martingale exactly when `eta = 0` and `mbar` is that of the
//! jumps. The slow factor moves first; with a coupling `g` the conditional moments of the fast one contain it.
//!
//! `E[e^(A x')]` exists for `A <= 0`, hence for `rho <= 0`. For `A > 0` it exists in every state if
//! `A sigma^2 (1 - e^(-kappa dt)) / kappa < 6/5`: then `2 A a < 1` and `A h < 1`, since `s2 / m` is at most
//! `sigma^2 (1 - e^(-kappa dt)) / kappa`, `a` at most a third of `s2 / m`, and `h` at most 5/6 of it. A step that
//! breaks this bound is refused when the generator is made.

use crate::error::{DomainError, require};
use crate::math::dispatch::dispatched;
use crate::math::vector::{exp, ln_normal};
use crate::model::{Factor, Law, Physical};
use crate::random::Draw;

/// The branch changes at this ratio of variance to squared mean (Andersen: any value from 1 to 2).
const PSI_CRITICAL: f64 = 1.5;
/// What `A sigma^2 (1 - e^(-kappa dt)) / kappa` must stay below; see the module's text.
const MOMENT_BOUND: f64 = 1.2;
/// Above this the ratio 2 / psi changes nothing within rounding; it keeps its square finite in steps without noise.
const MAX_RATIO: f64 = 1e100;

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

/// What the slow factor adds to the fast one's conditional mean and variance: constant, per unit of start and of end.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Pull {
    pub(crate) mean: [f64; 3],
    pub(crate) variance: [f64; 3],
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
            pull: if slow { Pull::new(law, dt_years) } else { Pull::default() },
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

    /// Moves one path over the step, jumps apart. The slow factor's draw matters only where `SLOW`.
    ///
    /// `fast` gives the index its normal (the second) and the fast factor its normal and its uniform.
    #[inline(always)]
    pub(crate) fn advance<const SLOW: bool>(
        &self,
        from: Position,
        log_drift: f64,
        fast: Draw,
        slow_normal: f64,
        slow_uniform: f64,
    ) -> Position {
        let mut mean = self.fast.mean[0] + self.fast.mean[1] * from.x1;
        let mut variance = self.fast.variance[0] + self.fast.variance[1] * from.x1;
        let mut exponent = log_drift;
        let mut noise = 0.0;
        let (mut scale, mut damping) = (1.0, 1.0);
        let mut x2 = 0.0;
        if SLOW {
            let slow = &self.slow;
            let next = draw_factor(
                slow.tilt,
                slow.mean[0] + slow.mean[1] * from.x2,
                slow.variance[0] + slow.variance[1] * from.x2,
                slow_normal,
                slow_uniform,
            );
            x2 = next.value;
            mean += self.pull.mean[0] + self.pull.mean[1] * from.x2 + self.pull.mean[2] * x2;
            variance += self.pull.variance[0] + self.pull.variance[1] * from.x2 + self.pull.variance[2] * x2;
            exponent += slow.log_index[0] * from.x2 + slow.log_index[1] * x2 - next.correction;
            noise = slow.noise * (from.x2 + x2);
            (scale, damping) = (next.scale, next.damping);
        }
        let next = draw_factor(self.fast.tilt, mean, variance, fast.normals[0], fast.uniform);
        exponent += self.fast.log_index[0] * from.x1 + self.fast.log_index[1] * next.value - next.correction;
        noise += self.fast.noise * (from.x1 + next.value);
        exponent += noise.sqrt() * fast.normals[1];
        let weight = (damping * next.damping).sqrt() * (scale * next.scale);
        Position { spot: from.spot * (exp(exponent) * weight), x1: next.value, x2 }
    }
}

/// A factor's next value and `1 / E[e^(A x')] = e^(-correction) sqrt(damping) scale`.
#[derive(Debug, Clone, Copy)]
struct FactorDraw {
    value: f64,
    correction: f64,
    damping: f64,
    scale: f64,
}

/// Draws a factor with the given conditional mean and variance; both branches are computed and one is kept.
#[inline(always)]
fn draw_factor(tilt: f64, mean: f64, variance: f64, normal: f64, uniform: f64) -> FactorDraw {
    let square = mean * mean;
    let quadratic = variance <= PSI_CRITICAL * square;
    // One division serves both: 2 / psi on the quadratic branch, psi on the other. The smallest normal number keeps
    // 0 / 0 away where the factor rests at zero without drift.
    let (over, under) = if quadratic { (2.0 * square, variance) } else { (variance, square) };
    let ratio = over / (under + f64::MIN_POSITIVE);
    let ratio = if ratio < 2.0 / PSI_CRITICAL { 2.0 / PSI_CRITICAL } else { ratio };
    let ratio = if ratio > MAX_RATIO { MAX_RATIO } else { ratio };

    // Exponential branch.
    let inverse_mass = 0.5 * (1.0 + ratio);
    let length = mean * inverse_mass;
    let share = uniform * inverse_mass;
    let tail = -length * ln_normal(share);
    let exponential = if share < 1.0 { tail } else { 0.0 };

    // Quadratic branch; the second division again serves both.
    let noncentrality = (ratio - 1.0) + (ratio * (ratio - 1.0)).sqrt();
    let (over, under) = if quadratic {
        (mean, 1.0 + noncentrality)
    } else {
        (1.0 - tilt * length, 1.0 - tilt * (0.5 * mean * (ratio - 1.0)))
    };
    let quotient = over / under;
    let root = noncentrality.sqrt() + normal;
    let damping = 1.0 - 2.0 * tilt * quotient;
    let correction = tilt * noncentrality * quotient / damping;

    if quadratic {
        FactorDraw { value: quotient * (root * root), correction, damping, scale: 1.0 }
    } else {
        FactorDraw { value: exponential, correction: 0.0, damping: 1.0, scale: quotient }
    }
}

impl FactorStep {
    /// A factor that is not there.
    const STILL: Self = Self { mean: [0.0; 2], variance: [0.0; 2], tilt: 0.0, log_index: [0.0; 2], noise: 0.0 };

    fn new(factor: &Factor, kappa: f64, weight: f64, equity_premium: f64, dt_years: f64) -> Self {
        let Factor { reversion, vol_of_variance: sigma, rho } = *factor;
        let decay = libm::exp(-kappa * dt_years);
        let reach = decayed(kappa, dt_years);
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
    /// `x1` reverts to `g x2 / kappa1`; given both ends of the slow factor's step, half of its weight lies on the end.
    fn new(law: &Law<Physical>, dt_years: f64) -> Self {
        let [kappa1, kappa2] = law.dynamics.kappa;
        let g = law.shared.coupling;
        let sigma = law.shared.fast.vol_of_variance;
        let theta2 = law.theta()[1];
        let reach = decayed(kappa1, dt_years);
        let slow_decay = libm::exp(-kappa2 * dt_years);
        // int_0^dt e^(-k (dt - s)) e^(-kappa2 s) ds
        let cross = |k: f64| slow_decay * decayed(k - kappa2, dt_years);
        // Weights of a constant and of a decaying slow factor in the mean and in the variance of the fast one.
        let weights = |constant: f64, decaying: f64| {
            let end = 0.5 * constant;
            let start = decaying - end * slow_decay;
            let base = theta2 * (constant - decaying - end * (1.0 - slow_decay));
            [base, start, end]
        };
        let spread = (cross(kappa1) - cross(2.0 * kappa1)) / kappa1;
        Self {
            mean: weights(reach, cross(kappa1)).map(|w| g * w),
            variance: weights(0.5 * reach * reach, spread).map(|w| g * sigma * sigma * w),
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

/// Closes of one day, or positions between two steps, for all lanes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Positions {
    pub(crate) spot: Vec<f64>,
    pub(crate) x1: Vec<f64>,
    pub(crate) x2: Vec<f64>,
}

impl Positions {
    pub(crate) fn fill(&mut self, lanes: usize, position: Position) {
        for (column, value) in
            [(&mut self.spot, position.spot), (&mut self.x1, position.x1), (&mut self.x2, position.x2)]
        {
            column.clear();
            column.resize(lanes, value);
        }
    }

    pub(crate) fn at(&self, lane: usize) -> Position {
        Position { spot: self.spot[lane], x1: self.x1[lane], x2: self.x2[lane] }
    }

    pub(crate) fn set(&mut self, lane: usize, position: Position) {
        (self.spot[lane], self.x1[lane], self.x2[lane]) = (position.spot, position.x1, position.x2);
    }
}

dispatched!(
    /// Moves all lanes of a one-factor model over one step, jumps apart.
    pub(crate) fn advance_one_factor(
        step: &StepCoefficients,
        spot: &[f64],
        x1: &[f64],
        index_normal: &[f64],
        fast_normal: &[f64],
        fast_uniform: &[f64],
        next_spot: &mut [f64],
        next_x1: &mut [f64],
    ) = one_factor_body
);

dispatched!(
    /// Moves all lanes of a two-factor model over one step, jumps apart.
    pub(crate) fn advance_two_factors(
        step: &StepCoefficients,
        spot: &[f64],
        x1: &[f64],
        x2: &[f64],
        index_normal: &[f64],
        fast_normal: &[f64],
        fast_uniform: &[f64],
        slow_normal: &[f64],
        slow_uniform: &[f64],
        next_spot: &mut [f64],
        next_x1: &mut [f64],
        next_x2: &mut [f64],
    ) = two_factor_body
);

dispatched!(
    /// Lets every lane's clock run down by its expected number of jumps; a negative clock has jumped.
    pub(crate) fn run_clocks(step: &StepCoefficients, x1: &[f64], x2: &[f64], clocks: &mut [f64]) = clock_body
);

#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn one_factor_body(
    step: &StepCoefficients,
    spot: &[f64],
    x1: &[f64],
    index_normal: &[f64],
    fast_normal: &[f64],
    fast_uniform: &[f64],
    next_spot: &mut [f64],
    next_x1: &mut [f64],
) {
    let n = spot.len();
    let (x1, next_spot, next_x1) = (&x1[..n], &mut next_spot[..n], &mut next_x1[..n]);
    let (index_normal, fast_normal, fast_uniform) = (&index_normal[..n], &fast_normal[..n], &fast_uniform[..n]);
    let step = *step;
    for i in 0..n {
        let from = Position { spot: spot[i], x1: x1[i], x2: 0.0 };
        let draw = Draw { normals: [fast_normal[i], index_normal[i]], uniform: fast_uniform[i] };
        let to = step.advance::<false>(from, step.log_drift(from.x1, 0.0), draw, 0.0, 0.5);
        next_spot[i] = to.spot;
        next_x1[i] = to.x1;
    }
}

#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn two_factor_body(
    step: &StepCoefficients,
    spot: &[f64],
    x1: &[f64],
    x2: &[f64],
    index_normal: &[f64],
    fast_normal: &[f64],
    fast_uniform: &[f64],
    slow_normal: &[f64],
    slow_uniform: &[f64],
    next_spot: &mut [f64],
    next_x1: &mut [f64],
    next_x2: &mut [f64],
) {
    let n = spot.len();
    let (x1, x2) = (&x1[..n], &x2[..n]);
    let (index_normal, fast_normal, fast_uniform) = (&index_normal[..n], &fast_normal[..n], &fast_uniform[..n]);
    let (slow_normal, slow_uniform) = (&slow_normal[..n], &slow_uniform[..n]);
    let (next_spot, next_x1, next_x2) = (&mut next_spot[..n], &mut next_x1[..n], &mut next_x2[..n]);
    let step = *step;
    for i in 0..n {
        let from = Position { spot: spot[i], x1: x1[i], x2: x2[i] };
        let draw = Draw { normals: [fast_normal[i], index_normal[i]], uniform: fast_uniform[i] };
        let log_drift = step.log_drift(from.x1, from.x2);
        let to = step.advance::<true>(from, log_drift, draw, slow_normal[i], slow_uniform[i]);
        next_spot[i] = to.spot;
        next_x1[i] = to.x1;
        next_x2[i] = to.x2;
    }
}

#[inline(always)]
fn clock_body(step: &StepCoefficients, x1: &[f64], x2: &[f64], clocks: &mut [f64]) {
    let n = clocks.len();
    let (x1, x2) = (&x1[..n], &x2[..n]);
    let step = *step;
    for i in 0..n {
        clocks[i] -= step.hazard(x1[i], x2[i]);
    }
}
