//! European options on the index, exact: Lewis' formula on a contour chosen for the law, the state and the strike.
//!
//! ```text
//! call/F = 1 - (e^{k/2} / pi) int_0^inf Re[ e^{-iuk} phi(u - i/2) ] / (u^2 + 1/4) du,    put/F = call/F - 1 + e^k
//! ```
//!
//! with `k = ln(K/F)`, undiscounted (Lewis 2000). The integral is a trapezoidal sum in the variable of [`super::contour`],
//! refined by halving: each halving squares the error, so that agreement to 1e-7 of two sums means about 1e-14.

use std::f64::consts::PI;

use super::contour::{Chooser, Contour};
use crate::error::{DomainError, require};
use crate::math::complex::{I, exp, real};
use crate::model::{Characteristic, Law, RiskNeutral, State};

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
        Ok(Self { law: *law, characteristic: Characteristic::new(law), years, chooser: Chooser::new(law, years) })
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

    /// As [`Self::value`] for arguments known to be in their domain.
    pub(super) fn value_unchecked(&self, state: State, k: f64) -> OptionValue {
        let bend = self.chooser.bend(state, k);
        let contour = Contour::new(&self.law, bend);
        let mut sums = Sums::default();
        let mut spacing = SPACING;
        let mut previous = f64::INFINITY;
        for level in 0..LEVELS {
            // The coarsest level takes every node, each further one the nodes half-way between.
            let fresh = if level == 0 {
                self.sum(&contour, state, k, 0.0, spacing)
            } else {
                self.sum(&contour, state, k, spacing, 2.0 * spacing)
            };
            sums.add(&fresh);
            let value = sums.value * spacing;
            if (value - previous).abs() < AGREEMENT && level > 0 {
                break;
            }
            previous = value;
            if level + 1 < LEVELS {
                spacing *= 0.5;
            }
        }
        sums.finish(k, spacing)
    }

    /// Sums over `y = start, start + step, ...` until the terms are negligible.
    fn sum(&self, contour: &Contour, state: State, k: f64, start: f64, step: f64) -> Sums {
        let mut sums = Sums::default();
        let mut small = 0;
        let mut y = start;
        let scale = libm::exp(0.5 * k) / PI;
        while y < Y_MAX && small < 4 {
            let node = contour.node(y);
            let exponents = self.characteristic.index(node.argument(), self.years);
            let term = exp(exponents.at(state) - I * node.zeta * k) * node.weight * if y == 0.0 { 0.5 } else { 1.0 };
            let size = term.re.abs().max(term.im.abs()) * scale;
            small = if size < NEGLIGIBLE { small + 1 } else { 0 };
            let rate = self.characteristic.index_rate(node.argument(), &exponents);
            let tilt = real(0.5) - I * node.zeta;
            sums.value += term.re;
            sums.slope += (term * tilt).re;
            sums.curvature += (term * tilt * tilt).re;
            sums.vega[0] += (term * exponents.b1).re;
            sums.vega[1] += (term * exponents.b2).re;
            sums.time += (term * rate.at(state)).re;
            y += step;
        }
        sums
    }
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.value += other.value;
        self.slope += other.slope;
        self.curvature += other.curvature;
        self.vega[0] += other.vega[0];
        self.vega[1] += other.vega[1];
        self.time += other.time;
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dynamics, Factor, JumpLaw, Preset, Shared};

    #[test]
    fn probe() {
        let Ok(root) = std::env::var("TAILWING_REFERENCE") else { return };
        let text = std::fs::read_to_string(format!("{root}/reference/public_options.json")).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let number = |v: &serde_json::Value| v.as_f64().unwrap_or_else(|| v.as_str().unwrap().parse().unwrap());
        let mut worst = 0.0f64;
        let start = std::time::Instant::now();
        let mut n = 0;
        for point in json["points"].as_array().unwrap() {
            let set = &json["sets"][point["set"].as_str().unwrap()];
            let get = |name: &str| number(&set[name]);
            let shared = Shared {
                fast: Factor { reversion: get("kappa") * get("theta"), vol_of_variance: get("sigma"), rho: get("rho") },
                slow: Factor::default(),
                beta: 0.0,
                coupling: 0.0,
            };
            let jumps = JumpLaw {
                mean_log_jump: get("mu_j"),
                log_jump_vol: get("delta_j"),
                mean_variance_jump: get("mu_v"),
                jump_slope: get("rho_j"),
            };
            let law =
                Law::<RiskNeutral>::new(shared, Dynamics::new([get("kappa"), 0.0], [get("lam"), 0.0, 0.0], jumps))
                    .unwrap();
            let years = number(&point["T_days"]) / 365.0;
            let state = State { x1: number(&point["v0"]), x2: 0.0 };
            let pricer = European::new(&law, years).unwrap();
            let (s0, r, q) =
                (number(&json["market"]["S0"]), number(&json["market"]["r"]), number(&json["market"]["q"]));
            let k = (number(&point["strike"]) / s0).ln() - (r - q) * years;
            let value = pricer.value(state, k).unwrap();
            let unit = s0 * (-q * years).exp();
            let (put, call) = (number(&point["put"]), number(&point["call"]));
            let e = ((value.put * unit - put).abs()).max((value.call * unit - call).abs());
            if e > 1e-9 {
                println!("{} {:?} k {k} err {e:e} put {put}", point["id"], pricer.chooser.bend(state, k));
            }
            worst = worst.max(e);
            n += 1;
        }
        println!("{n} worst {worst:e} in points; {:?} each", start.elapsed() / n);
        let law = *Preset::Default.model().risk_neutral();
        for (d, k, p) in [(7.0, 4850.0, 4.78688560724), (30.0, 4700.0, 16.3577737267), (60.0, 4500.0, 24.0508969019)] {
            let t = d / 365.0;
            let pricer = European::new(&law, t).unwrap();
            let start = std::time::Instant::now();
            let v = pricer.value(State { x1: 0.00125, x2: 0.01655 }, (k / 5000.0f64).ln() - 0.025 * t).unwrap();
            println!("{} {p} {:?}", v.put * 5000.0 * (-0.015 * t).exp(), start.elapsed());
        }
    }
}
