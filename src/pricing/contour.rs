//! Nodes of Fourier integrals on hyperbolas in the complex plane.
//!
//! With `u = zeta - i/2` and the substitution of Boyarchenko and Levendorskii (2019, "Sinh-acceleration")
//!
//! ```text
//! zeta(y) = sinh(y) cos(omega) + i sin(omega) (1 - cosh(y))
//! ```
//!
//! the integrand of Lewis' formula is analytic in a strip about the real `y` axis and decays double-exponentially, so
//! the trapezoidal rule converges exponentially. A rotation `omega > 0` bends the contour into the lower half plane, where
//! `e^{-i zeta k}` decays for `k > 0`; the vertex stays at `u = -i/2`, between the poles `0` and `-i` of the payoff.

use crate::math::complex::{Complex64, I, real};
use crate::model::vix::{Affine, integrated_means};
use crate::model::{Law, RiskNeutral, State};

/// One point of a contour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// `zeta`.
    pub zeta: Complex64,
    /// `zeta'(y) / (zeta^2 + 1/4)`.
    pub weight: Complex64,
}

impl Node {
    /// The argument `z = iu = 1/2 + i zeta` of the transform.
    pub(super) fn argument(&self) -> Complex64 {
        I * self.zeta + 0.5
    }
}

/// A hyperbola through `u = -i/2`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Contour {
    sin: f64,
    cos: f64,
}

/// Logarithm of a bound on how much the transform may rise again behind a node.
///
/// Jumps of nearly one size make the transform nearly periodic: between the multiples of `2 pi / mu_J` it can all but
/// vanish, and then returns as far as the transform of one jump, `e^{z mu_J + delta^2 z^2 / 2}`, has not.
pub(super) fn revival(law: &Law<RiskNeutral>, years: f64, node: &Node) -> f64 {
    let jumps = &law.dynamics.jumps;
    let z = node.argument();
    let exponent = z * jumps.mean_log_jump + z * z * (0.5 * jumps.log_jump_vol * jumps.log_jump_vol);
    2.0 * law.intensity(STRESSED) * years * libm::exp(exponent.re)
}

/// Which way a contour bends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bend {
    /// Not at all.
    Straight,
    /// Into the lower half plane, for options whose strike lies above the bulk of the law.
    Lower,
    /// Into the upper half plane, for strikes below the bulk.
    Upper,
}

/// Chooses the contour for a state and a strike.
///
/// Two regimes meet in the transform. While it is nearly Gaussian it turns like `e^{i u c}` with the drift `c` of the
/// log index without jumps; at large `u` it turns as if that centre lay at `c - rho1 (x1 + b1 T)/sigma1 - ...`. Outside
/// both centres the integrand decays on a contour bent to the strike's side; between them only the straight one does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chooser {
    drift: Affine,
    turn: Affine,
    level: Affine,
}

/// How far beyond the second centre, relative to their distance, bending starts to pay.
const MARGIN: f64 = 1.4;
/// Standard deviations beyond which bending always pays.
const FAR: f64 = 6.5;

impl Chooser {
    /// The choice for options that expire in `years`.
    pub(super) fn new(law: &Law<RiskNeutral>, years: f64) -> Self {
        let level = diffusive_level(law, years);
        let Law { shared, dynamics } = law;
        let drift = -dynamics.intensity[0] * dynamics.jumps.mean_relative_jump() * years;
        let fast = shared.fast.rho / shared.fast.vol_of_variance;
        let slow = if law.has_slow_factor() && shared.beta > 0.0 {
            shared.slow.rho * shared.beta.sqrt() / shared.slow.vol_of_variance
        } else {
            0.0
        };
        let constant = (fast * shared.fast.reversion + slow * shared.slow.reversion) * years;
        Self {
            drift: Affine { a1: 0.0, a2: 0.0, b: drift },
            turn: Affine { a1: -fast, a2: -slow, b: -constant },
            level,
        }
    }

    /// The bend for log-moneyness `k`.
    pub(super) fn bend(&self, state: State, k: f64) -> Bend {
        let away = k - self.drift.at(state);
        let turn = self.turn.at(state);
        let side = if away > 0.0 { Bend::Lower } else { Bend::Upper };
        let between = away * turn > 0.0 && away.abs() < MARGIN * turn.abs();
        if between && away * away < FAR * FAR * self.level.at(state) { Bend::Straight } else { side }
    }
}

/// `E int V dt` without jumps as an affine function of the state: the square of the diffusion's scale.
pub(super) fn diffusive_level(law: &Law<RiskNeutral>, years: f64) -> Affine {
    let [fast, slow] = integrated_means(law, years, false);
    let beta = law.shared.beta;
    Affine { a1: fast.a1, a2: fast.a2 + beta * slow.a2, b: fast.b + beta * slow.b }
}

/// Rotation of a bent contour, where jumps do not ask for less.
const ROTATION: f64 = 0.25;
/// Logarithm of the growth that jumps may cause.
const GROWTH_MAX: f64 = 2.0;
/// The state whose jump intensity bounds the rotation.
const STRESSED: State = State { x1: 0.5, x2: 0.2 };

impl Contour {
    /// The contour of a law for one bend, for options that expire in `years`.
    ///
    /// Jumps of nearly one size put nearly discrete mass at their multiples. Off the real line the transform of one jump
    /// grows up to `e^g`, `g = (mu_J tan(omega) / delta)^2 / 2`, and that of `n` expected jumps up to `exp(n (e^g - 1))`;
    /// the rotation keeps the latter below `e^2`.
    pub(super) fn new(law: &Law<RiskNeutral>, years: f64, bend: Bend) -> Self {
        let jumps = &law.dynamics.jumps;
        let grows = match bend {
            Bend::Straight => return Self { sin: 0.0, cos: 1.0 },
            Bend::Lower => jumps.mean_log_jump.max(0.0),
            Bend::Upper => (-jumps.mean_log_jump).max(0.0),
        };
        let mut tangent = libm::tan(ROTATION);
        if law.has_jumps() && grows > 0.0 {
            let growth = libm::log1p(GROWTH_MAX / (law.intensity(STRESSED) * years));
            tangent = tangent.min(jumps.log_jump_vol / grows * (2.0 * growth).sqrt());
        }
        let omega = libm::atan(tangent);
        let omega = if bend == Bend::Lower { omega } else { -omega };
        Self { sin: libm::sin(omega), cos: libm::cos(omega) }
    }

    /// The point at `y`.
    pub(super) fn node(&self, y: f64) -> Node {
        let grown = libm::exp(y);
        let (sinh, cosh) = (libm::sinh(y), 0.5 * (grown + 1.0 / grown));
        let half = libm::sinh(0.5 * y);
        let zeta = Complex64::new(sinh * self.cos, -2.0 * half * half * self.sin);
        let slope = Complex64::new(cosh * self.cos, -sinh * self.sin);
        Node { zeta, weight: slope / (zeta * zeta + real(0.25)) }
    }
}
