//! VIX futures, exact: the mean of the square root of an affine function of the state at settlement.
//!
//! ```text
//! VX = 100 E sqrt(X) = (100 / sqrt(pi)) int_0^inf (1 - E e^{-v^2 X}) / v^2 dv,    X = a1 x1(T) + a2 x2(T) + b
//! ```
//!
//! (Schuerger 2002; Zhu and Lian 2012). With `v = e^t` the transform is bounded for `|Im t| < pi/4`, so a trapezoidal sum
//! of spacing `h` errs by `exp(-pi^2 / (2h))`; its terms fall geometrically at both ends, where the sum is continued.

use std::f64::consts::PI;

use crate::error::{DomainError, require};
use crate::math::complex::real;
use crate::model::vix::{Affine, means};
use crate::model::{Characteristic, Law, RiskNeutral, State, VixMap};

/// Spacing of `t` for a relative error of about `exp(-pi^2 / 0.3) = 5e-15`.
const SPACING: f64 = 0.15;
/// `v^2` times the largest mean of `X` (a VIX of 500) at the first node: the series beyond is geometric to 1e-14.
const FIRST: f64 = 1e-9 / 25.0;
/// The transform counts as zero below this.
const NEGLIGIBLE: f64 = 1e-17;
/// Nodes at most; reached only where the floor of VIX is zero.
const NODES_MAX: usize = 500;

/// The exact pricer of one VIX future: a law, a time to settlement, and the VIX map of the settlement day.
#[derive(Debug, Clone)]
pub struct VixFuture {
    map: VixMap,
    spacing: f64,
    nodes: Vec<Node>,
}

/// `ln E e^{-s X} = a + b1 x1 + b2 x2` at `s = v^2`.
#[derive(Debug, Clone, Copy)]
struct Node {
    v_inverse: f64,
    a: f64,
    b1: f64,
    b2: f64,
}

impl VixFuture {
    /// The pricer of a future that settles in `years` on the VIX of `map`; 0 years is the VIX itself.
    ///
    /// # Errors
    /// A time that is negative, not finite or above 100 years.
    pub fn new(law: &Law<RiskNeutral>, years: f64, map: &VixMap) -> Result<Self, DomainError> {
        Self::with_spacing(law, years, map, SPACING)
    }

    /// As [`Self::new`] with another spacing `h` of the sum, for a relative error of about `exp(-pi^2 / (2 h))`.
    pub(super) fn with_spacing(
        law: &Law<RiskNeutral>,
        years: f64,
        map: &VixMap,
        spacing: f64,
    ) -> Result<Self, DomainError> {
        require("years", years, (0.0..=100.0).contains(&years), "a number of years from 0 to 100")?;
        let characteristic = Characteristic::new(law);
        let start = (0.5 * libm::log(FIRST) / spacing).floor();
        let mut nodes = Vec::new();
        while years > 0.0 && nodes.len() < NODES_MAX {
            let v = libm::exp((start + nodes.len() as f64) * spacing);
            let s = v * v;
            let exponents = characteristic.variance(real(s * map.a1), real(s * map.a2), years);
            let a = exponents.a.re - s * map.b;
            nodes.push(Node { v_inverse: 1.0 / v, a, b1: exponents.b1.re, b2: exponents.b2.re });
            if libm::exp(a) < NEGLIGIBLE {
                break;
            }
        }
        Ok(Self { map: *map, spacing, nodes })
    }

    /// The futures price in a state, in VIX points, undiscounted.
    ///
    /// # Accuracy
    /// About 1e-11 points.
    #[must_use]
    pub fn price(&self, state: State) -> f64 {
        let (Some(first), Some(last)) = (self.nodes.first(), self.nodes.last()) else {
            return self.map.vix(state);
        };
        let term = |node: &Node| -libm::expm1(node.a + node.b1 * state.x1 + node.b2 * state.x2) * node.v_inverse;
        // Beyond both ends the terms shrink by e^-h a node.
        let beyond = 1.0 / libm::expm1(self.spacing);
        let sum: f64 = self.nodes.iter().map(term).sum::<f64>() + (term(first) + term(last)) * beyond;
        100.0 * self.spacing / PI.sqrt() * sum
    }

    /// The mean of `(VIX / 100)^2` at settlement as an affine function of the state.
    pub(super) fn mean_square(&self, law: &Law<RiskNeutral>, years: f64) -> Affine {
        let [fast, slow] = means(law, years);
        let Self { map, .. } = self;
        Affine {
            a1: map.a1 * fast.a1,
            a2: map.a1 * fast.a2 + map.a2 * slow.a2,
            b: map.a1 * fast.b + map.a2 * slow.b + map.b,
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
        let text = std::fs::read_to_string(format!("{root}/reference/public_vix.json")).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let number = |v: &serde_json::Value| v.as_f64().unwrap_or_else(|| v.as_str().unwrap().parse().unwrap());
        let (mut worst, mut worst_vix) = (0.0f64, 0.0f64);
        for data in json["data"].as_array().unwrap() {
            let set = &json["sets"][data["set"].as_str().unwrap()];
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
            let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
            for p in data["levels"].as_array().unwrap() {
                let vix = map.vix(State { x1: number(&p["v0"]), x2: 0.0 });
                worst_vix = worst_vix.max((vix - number(&p["vix"])).abs());
            }
            for p in data["futures"].as_array().unwrap() {
                let pricer = VixFuture::new(&law, number(&p["T_days"]) / 365.0, &map).unwrap();
                let f = pricer.price(State { x1: number(&p["v0"]), x2: 0.0 });
                let e = (f - number(&p["future"])).abs();
                if e > 1e-10 {
                    println!("{} {p} {f} {e:e} {}", data["set"], pricer.nodes.len());
                }
                worst = worst.max(e);
            }
        }
        println!("futures {worst:e} vix {worst_vix:e}");
        let law = *Preset::Default.model().risk_neutral();
        let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
        println!("{map:?}");
        for (d, p) in [(7.0, 18.44140719), (30.0, 19.5972760196), (110.0, 21.8009412338), (220.0, 23.1396164923)] {
            let start = std::time::Instant::now();
            let pricer = VixFuture::new(&law, d / 365.0, &map).unwrap();
            let v = pricer.price(State { x1: 0.00125, x2: 0.01655 });
            println!("{v} {p} {:?} {}", start.elapsed(), pricer.nodes.len());
        }
    }
}
