//! European options on the index, exact: Lewis' formula on a contour chosen for the law, the state and the strike.
//!
//! ```text
//! call/F = 1 - (e^{k/2} / pi) int_0^inf Re[ e^{-iuk} phi(u - i/2) ] / (u^2 + 1/4) du,    put/F = call/F - 1 + e^k
//! ```
//!
//! with `k = ln(K/F)`, undiscounted (Lewis 2000). The integral is a trapezoidal sum in the variable of [`super::contour`],
//! refined by halving: each halving squares the error, so that agreement to 1e-7 of two sums means about 1e-14.

use std::f64::consts::PI;
use std::sync::OnceLock;

use super::contour::{Bend, Chooser, Contour, Node};
use crate::error::{DomainError, require};
use crate::math::complex::{I, exp, real, size};
use crate::model::{Characteristic, Exponents, Law, RiskNeutral, State};

/// Spacing of the coarsest sum.
const SPACING: f64 = 0.2;
/// Two sums that agree to this are taken as converged; the finer one's error is then about its square.
const AGREEMENT: f64 = 1e-7;
/// Halvings at most: 15,000 nodes for an integrand that reaches 1e8.
const LEVELS: usize = 8;
/// Terms below this, in units of the forward, end a sum.
const NEGLIGIBLE: f64 = 1e-18;
/// Largest `y`: beyond it the payoff's transform alone is negligible.
const Y_MAX: f64 = 42.0;

/// Values of a put and a call with the same strike, as fractions of the forward, undiscounted, and their derivatives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OptionValue {
    /// Put / F.
    pub put: f64,
    /// Call / F.
    pub call: f64,
    /// Change of the put per unit of the forward, the state held.
    pub put_delta: f64,
    /// Change of the call per unit of the forward, the state held.
    pub call_delta: f64,
    /// `F` times the change of delta per unit of the forward.
    pub gamma: f64,
    /// Change of either value / F per unit of `x1` and `x2`.
    pub vega: [f64; 2],
    /// Change of either value / F per year of time to expiry.
    pub time_slope: f64,
}

/// The exact pricer of one law and one time to expiry, for any state and strike.
#[derive(Debug)]
pub struct European {
    law: Law<RiskNeutral>,
    characteristic: Characteristic<RiskNeutral>,
    years: f64,
    chooser: Chooser,
    /// `[bend][level]`: the transform at the nodes of each level, kept where it has no closed form.
    kept: [[OnceLock<Vec<Prepared>>; LEVELS]; 3],
}

/// A node of a contour with the transform there.
#[derive(Debug, Clone, Copy)]
struct Prepared {
    node: Node,
    exponents: Exponents,
    rate: Exponents,
}

/// Sums of the integrand and of its derivatives.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    value: f64,
    slope: f64,
    curvature: f64,
    vega: [f64; 2],
    time: f64,
}

impl European {
    /// The pricer of options that expire in `years`.
    ///
    /// # Errors
    /// A time that is not a positive number of years, or above 100.
    pub fn new(law: &Law<RiskNeutral>, years: f64) -> Result<Self, DomainError> {
        require("years", years, years > 0.0 && years <= 100.0, "a number of years above 0 and at most 100")?;
        let kept = Default::default();
        Ok(Self { law: *law, characteristic: Characteristic::new(law), years, chooser: Chooser::new(law, years), kept })
    }

    /// Values and derivatives in a state for log-moneyness `k = ln(K/F)`.
    ///
    /// # Accuracy
    /// Values: about 1e-13 of the forward, 1e-8 where no diffusion smooths a law of jumps.
    ///
    /// # Errors
    /// A negative variance or a log-moneyness that is not finite or beyond 20.
    pub fn value(&self, state: State, k: f64) -> Result<OptionValue, DomainError> {
        require("variance", state.x1, state.x1 >= 0.0, "a number of at least 0")?;
        require("variance2", state.x2, state.x2 >= 0.0, "a number of at least 0")?;
        require("log_moneyness", k, k.abs() <= 20.0, "from -20 to 20")?;
        Ok(self.value_unchecked(state, k))
    }

    /// Time to expiry, years of variance time.
    #[must_use]
    pub fn years(&self) -> f64 {
        self.years
    }

    /// As [`Self::value`] for arguments known to be in their domain.
    pub(super) fn value_unchecked(&self, state: State, k: f64) -> OptionValue {
        let bend = self.chooser.bend(state, k);
        let mut sums = Sums::default();
        let mut spacing = SPACING;
        let mut previous = f64::INFINITY;
        for level in 0..LEVELS {
            self.add_level(&mut sums, bend, level, state, k);
            spacing = SPACING / f64::from(1u32 << level);
            let value = sums.value * spacing;
            if (value - previous).abs() < AGREEMENT {
                break;
            }
            previous = value;
        }
        sums.finish(k, spacing)
    }

    /// Adds the nodes of a level until the terms are negligible.
    fn add_level(&self, sums: &mut Sums, bend: Bend, level: usize, state: State, k: f64) {
        let contour = Contour::new(&self.law, bend);
        let kept = if self.characteristic.is_closed_form() {
            &[][..]
        } else {
            self.kept[bend as usize][level].get_or_init(|| self.keep(&contour, level))
        };
        let scale = libm::exp(0.5 * k) / PI;
        let mut small = 0;
        for j in 0.. {
            let y = place(level, j);
            if y > Y_MAX || small > 3 {
                return;
            }
            let prepared = kept.get(j).copied().unwrap_or_else(|| self.prepare(&contour, y));
            let Prepared { node, exponents, rate } = &prepared;
            let half = if y == 0.0 { 0.5 } else { 1.0 };
            let term = exp(exponents.at(state) - I * node.zeta * k) * node.weight * half;
            small = if size(term) * scale < NEGLIGIBLE { small + 1 } else { 0 };
            let tilt = real(0.5) - I * node.zeta;
            sums.value += term.re;
            sums.slope += (term * tilt).re;
            sums.curvature += (term * tilt * tilt).re;
            sums.vega[0] += (term * exponents.b1).re;
            sums.vega[1] += (term * exponents.b2).re;
            sums.time += (term * rate.at(state)).re;
        }
    }

    fn prepare(&self, contour: &Contour, y: f64) -> Prepared {
        let node = contour.node(y);
        let (exponents, rate) = self.characteristic.index_and_rate(node.argument(), self.years);
        Prepared { node, exponents, rate }
    }

    /// The nodes of a level up to where the transform of the lowest state is negligible.
    fn keep(&self, contour: &Contour, level: usize) -> Vec<Prepared> {
        let mut kept = Vec::new();
        for j in 0.. {
            let prepared = self.prepare(contour, place(level, j));
            kept.push(prepared);
            let negligible = size(exp(prepared.exponents.a) * prepared.node.weight) < NEGLIGIBLE;
            if place(level, j) > 1.0 && negligible || place(level, j) > Y_MAX {
                break;
            }
        }
        kept
    }
}

/// The `j`-th node of a level: every node of the coarsest, those half-way between the levels before for the others.
fn place(level: usize, j: usize) -> f64 {
    let spacing = SPACING / (1u32 << level) as f64;
    if level == 0 { spacing * j as f64 } else { spacing * (2 * j + 1) as f64 }
}

impl Sums {
    fn finish(&self, k: f64, spacing: f64) -> OptionValue {
        let scale = -libm::exp(0.5 * k) * spacing / PI;
        let above = 1.0 + self.value * scale;
        // The option out of the money carries the digits; bounds hold to rounding.
        let intrinsic = -libm::expm1(k);
        let (call, put) = if k >= 0.0 {
            let call = above.max(0.0);
            (call, call - intrinsic)
        } else {
            let put = (self.value * scale + libm::exp(k)).max(0.0);
            (put + intrinsic, put)
        };
        let slope = self.slope * scale;
        let call_delta = above - slope;
        OptionValue {
            put,
            call,
            put_delta: call_delta - 1.0,
            call_delta,
            gamma: self.curvature * scale - slope,
            vega: self.vega.map(|v| v * scale),
            time_slope: self.time * scale,
        }
    }
}
