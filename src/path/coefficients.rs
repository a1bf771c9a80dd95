//! Coefficients of a step: exact conditional moments of the factors, and weights of the log index.
//!
//! ```text
//! E x' = b r + x e^(-kappa dt),   Var x' = sigma^2 r (x e^(-kappa dt) + b r / 2),   r = (1 - e^(-kappa dt)) / kappa
//! ```
//!
//! and with a coupling `g` what the expected path of the slow factor adds to the fast one's. The weights `K2`, `K3` and `A`
//! are those of [`super::step`].
//!
//! `E[e^(A x')]` exists for `A <= 0`, hence for `rho <= 0`. For `A > 0` it exists in every state if `A sigma^2 r < 6/5`:
//! the ratio of variance to mean is at most `sigma^2 r`, the step's `c` at most a third of that ratio and its `h` at most
//! 5/6 of it, so that `2 A c < 1` and `A h < 1`. A step that breaks this bound is refused when the generator is made.

use crate::error::{DomainError, require};
use crate::model::vix::integrated_means;
use crate::model::{Factor, Law, Physical, Shared};

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

/// Conditional mean and variance of a factor at the end of a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    pub(super) mean: f64,
    pub(super) variance: f64,
}

impl StepCoefficients {
    /// Coefficients of a step of `dt_years` of variance time and `calendar_years` of discounting.
    pub(crate) fn new(law: &Law<Physical>, drift: &Drift, dt_years: f64, calendar_years: f64) -> Self {
        let [fast, slow] = integrated_means(law, dt_years, true);
        let expected = |[c0, c1, c2]: [f64; 3]| {
            [c0 * dt_years + c1 * fast.b + c2 * slow.b, c1 * fast.a1, c1 * fast.a2 + c2 * slow.a2]
        };
        Self {
            carry: drift.carry * calendar_years,
            compensator: expected(drift.compensator),
            hazard: expected(law.dynamics.intensity),
            ..Self::without_jumps(law, drift.equity_premium, dt_years)
        }
    }

    /// Coefficients of a step in which nothing jumps, without carry.
    pub(crate) fn without_jumps(law: &Law<Physical>, equity_premium: f64, dt_years: f64) -> Self {
        let [kappa1, kappa2] = law.dynamics.kappa;
        let factor = |factor, kappa, weight| FactorStep::new(factor, kappa, weight, equity_premium, dt_years);
        let Shared { fast, slow, beta, coupling } = &law.shared;
        Self {
            fast: factor(fast, kappa1, 1.0),
            slow: if law.has_slow_factor() { factor(slow, kappa2, *beta) } else { FactorStep::STILL },
            pull: if *coupling > 0.0 { Pull::new(law, dt_years) } else { Pull::default() },
            carry: 0.0,
            compensator: [0.0; 3],
            hazard: [0.0; 3],
            dt_years,
        }
    }

    /// Log drift of the step that does not depend on its noise.
    #[inline(always)]
    pub(crate) fn log_drift(&self, x1: f64, x2: f64) -> f64 {
        self.carry - (self.compensator[0] + self.compensator[1] * x1 + self.compensator[2] * x2)
    }

    /// Expected number of jumps, given the start.
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
