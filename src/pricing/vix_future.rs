//! VIX futures, exact: the mean of the square root of an affine function of the state at settlement.
//!
//! ```text
//! VX = 100 E sqrt(X) = (100 / sqrt(pi)) int_0^inf (1 - E e^{-v^2 X}) / v^2 dv,    X = a1 x1(T) + a2 x2(T) + b
//! ```
//!
//! (Schuerger 2002; Zhu and Lian 2012). With `v = e^t` the transform is bounded for `|Im t| < pi/4`, so a trapezoidal sum
//! of spacing `h` errs by `exp(-pi^2 / (2h))`; its terms fall geometrically at both ends, where the sum is continued.

use std::f64::consts::PI;

use super::european::horizon;
use super::lazy::Lazy;
use crate::error::{DomainError, require};
use crate::math::complex::{Complex64, real};
use crate::math::vector::exp_slice;
use crate::model::vix::{Affine, means};
use crate::model::{Characteristic, Exponents, Law, RiskNeutral, State, Trajectory, VixMap};

/// Spacing of `t` for a relative error of about `exp(-pi^2 / 0.3) = 5e-15`.
const SPACING: f64 = 0.15;
/// `v^2` times the largest mean of `X` (a VIX of 500) at the first node: the series beyond is geometric to 1e-14.
const FIRST: f64 = 1e-9 / 25.0;
/// The transform counts as zero below this.
const NEGLIGIBLE: f64 = 1e-17;
/// `s` at which `e^{-s}` too is negligible, for the mean of the logarithm.
const LARGEST_MEAN_EXPONENT: f64 = 40.0;
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

/// The transform of the variances of a law without closed form, for one VIX map and every settlement up to a horizon.
///
/// Pricers that share it give the same bits as those that do not.
#[derive(Debug)]
pub struct VarianceTransform {
    law: Law<RiskNeutral>,
    map: VixMap,
    characteristic: Characteristic<RiskNeutral>,
    horizon: f64,
    /// Row 0 is the future's, one more for each vertex of the options' contours.
    trajectories: Lazy<Trajectory>,
}

impl VarianceTransform {
    /// The transform for settlements of the same [`horizon`] as `years`; `None` where a closed form is cheaper.
    #[must_use]
    pub fn new(law: &Law<RiskNeutral>, map: &VixMap, years: f64) -> Option<Self> {
        let characteristic = Characteristic::new(law);
        (!characteristic.is_closed_form() && years > 0.0).then(|| Self {
            law: *law,
            map: *map,
            characteristic,
            horizon: horizon(years),
            trajectories: Lazy::new(super::vix_option::ROWS),
        })
    }

    /// The law.
    pub(super) fn law(&self) -> &Law<RiskNeutral> {
        &self.law
    }

    /// The map.
    pub(super) fn map(&self) -> &VixMap {
        &self.map
    }

    /// `ln E exp(-s (a1 x1(T) + a2 x2(T)))` for the node of that row and number.
    pub(super) fn at(&self, row: usize, count: usize, node: usize, s: Complex64, years: f64) -> Exponents {
        let follow = || self.characteristic.variance_until(s * self.map.a1, s * self.map.a2, self.horizon);
        self.trajectories.get(row, count, node, follow).at(years).0
    }
}

impl VixFuture {
    /// The pricer of a future that settles in `years` on the VIX of `map`; 0 years is the VIX itself.
    ///
    /// # Errors
    /// A time that is negative, not finite or above 100 years.
    pub fn new(law: &Law<RiskNeutral>, years: f64, map: &VixMap) -> Result<Self, DomainError> {
        Self::with_spacing(law, years, map, SPACING)
    }

    /// The pricer of a future that settles in `years`, of the law and the map of a transform that it shares.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn sharing(transform: &VarianceTransform, years: f64) -> Result<Self, DomainError> {
        let at = |number: usize, s: f64| transform.at(0, NODES_MAX, number, real(s), years);
        Self::with_transform(years, transform.map(), SPACING, at)
    }

    /// As [`Self::new`] with another spacing `h` of the sum, for a relative error of about `exp(-pi^2 / (2 h))`.
    pub(super) fn with_spacing(
        law: &Law<RiskNeutral>,
        years: f64,
        map: &VixMap,
        spacing: f64,
    ) -> Result<Self, DomainError> {
        let characteristic = Characteristic::new(law);
        let at = |_, s: f64| characteristic.variance(real(s * map.a1), real(s * map.a2), years);
        Self::with_transform(years, map, spacing, at)
    }

    /// As [`Self::new`], where `at(node, s)` is `ln E exp(-s (a1 x1(T) + a2 x2(T)))`.
    fn with_transform(
        years: f64,
        map: &VixMap,
        spacing: f64,
        at: impl Fn(usize, f64) -> Exponents,
    ) -> Result<Self, DomainError> {
        require("years", years, (0.0..=100.0).contains(&years), "a number of years from 0 to 100")?;
        let start = (0.5 * libm::log(FIRST) / spacing).floor();
        let mut nodes = Vec::new();
        while years > 0.0 && nodes.len() < NODES_MAX {
            let v = libm::exp((start + nodes.len() as f64) * spacing);
            let s = v * v;
            let exponents = at(nodes.len(), s);
            let a = exponents.a.re - s * map.b;
            nodes.push(Node { v_inverse: 1.0 / v, a, b1: exponents.b1.re, b2: exponents.b2.re });
            if libm::exp(a) < NEGLIGIBLE && s > LARGEST_MEAN_EXPONENT {
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

    /// With twice the spacing, for a relative error of 1e-7.
    pub(super) fn thinned(&self) -> Self {
        Self { map: self.map, spacing: 2.0 * self.spacing, nodes: self.nodes.iter().step_by(2).copied().collect() }
    }

    /// As [`Self::price`] to about 1e-9 points, for tables; `terms` is scratch.
    pub(super) fn price_roughly(&self, state: State, terms: &mut Vec<f64>) -> f64 {
        let (Some(first), Some(last)) = (self.nodes.first(), self.nodes.last()) else {
            return self.map.vix(state);
        };
        terms.clear();
        terms.extend(self.nodes.iter().map(|node| node.a + node.b1 * state.x1 + node.b2 * state.x2));
        exp_slice(terms);
        let term = |node: &Node, transform: f64| (1.0 - transform) * node.v_inverse;
        let beyond = 1.0 / libm::expm1(self.spacing);
        let sum: f64 = self.nodes.iter().zip(&*terms).map(|(node, &transform)| term(node, transform)).sum();
        let ends = term(first, terms[0]) + term(last, terms[terms.len() - 1]);
        100.0 * self.spacing / PI.sqrt() * (sum + ends * beyond)
    }

    /// `E ln (VIX / 100)^2` at settlement: `int_0^inf (e^{-s} - E e^{-s X}) / s ds`.
    ///
    /// # Accuracy
    /// About 1e-12.
    #[must_use]
    pub fn mean_log_square(&self, state: State) -> f64 {
        let Some(first) = self.nodes.first() else { return libm::log(self.map.square(state)) };
        let term = |node: &Node| {
            let s = 1.0 / (node.v_inverse * node.v_inverse);
            libm::expm1(-s) - libm::expm1(node.a + node.b1 * state.x1 + node.b2 * state.x2)
        };
        // With s = v^2 the spacing doubles; below the first node terms shrink by e^-2h, above the last both parts vanish.
        let beyond = 1.0 / libm::expm1(2.0 * self.spacing);
        2.0 * self.spacing * (self.nodes.iter().map(term).sum::<f64>() + term(first) * beyond)
    }

    /// About the standard deviation of `(VIX / 100)^2` at settlement, from the curvature of its transform.
    pub(super) fn square_deviation(&self, state: State) -> f64 {
        let log = |node: &Node| node.a + node.b1 * state.x1 + node.b2 * state.x2;
        let s = |node: &Node| 1.0 / (node.v_inverse * node.v_inverse);
        let Some(first) = self.nodes.first() else { return 0.0 };
        let mean = -log(first) / s(first);
        let Some(node) = self.nodes.iter().find(|node| s(node) * mean > 1e-2) else { return 0.0 };
        (2.0 * (log(node) + s(node) * mean)).max(0.0).sqrt() / s(node)
    }

    /// About the standard deviation of `(VIX / 100)^2` at settlement but for its rare large jumps: the reciprocal `1/s` of
    /// the argument at which `ln E e^{-s (X - E X)}` is 1/2.
    pub(super) fn square_spread(&self, state: State) -> f64 {
        let log = |node: &Node| node.a + node.b1 * state.x1 + node.b2 * state.x2;
        let s = |node: &Node| 1.0 / (node.v_inverse * node.v_inverse);
        let Some(first) = self.nodes.first() else { return 0.0 };
        let mean = -log(first) / s(first);
        let Some(node) = self.nodes.iter().find(|node| log(node) + s(node) * mean > 0.5) else { return 0.0 };
        (2.0 * (log(node) + s(node) * mean)).max(0.0).sqrt() / s(node)
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
    use crate::model::Preset;

    #[test]
    fn a_future_that_settles_now_is_the_vix_and_one_soon_is_near_it() {
        let law = *Preset::Default.model().risk_neutral();
        let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
        let state = State { x1: 0.03, x2: 0.02 };
        assert_eq!(VixFuture::new(&law, 0.0, &map).unwrap().price(state), map.vix(state));
        let soon = VixFuture::new(&law, 1e-7, &map).unwrap().price(state);
        assert!((soon - map.vix(state)).abs() < 1e-4, "{soon}");
    }

    #[test]
    fn prices_do_not_depend_on_the_spacing_and_lie_below_the_root_of_the_mean_square() {
        for preset in Preset::ALL {
            let law = *preset.model().risk_neutral();
            let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
            for years in [0.01, 0.1, 0.7] {
                let fine = VixFuture::with_spacing(&law, years, &map, 0.08).unwrap();
                let future = VixFuture::new(&law, years, &map).unwrap();
                for (x1, x2) in [(0.0, 0.0), (0.002, 0.01), (0.3, 0.02), (3.0, 0.1)] {
                    let state = State { x1, x2: if law.has_slow_factor() { x2 } else { 0.0 } };
                    let price = future.price(state);
                    assert!((price - fine.price(state)).abs() < 1e-10, "{preset:?} {years}: {price}");
                    let root = 100.0 * future.mean_square(&law, years).at(state).sqrt();
                    assert!(price < root, "Jensen's inequality");
                    // E ln X <= ln E X, and exp(E ln X / 2) <= E sqrt X.
                    assert!(100.0 * libm::exp(0.5 * future.mean_log_square(state)) < price);
                }
            }
        }
    }

    #[test]
    fn times_outside_their_domain_are_refused() {
        let law = *Preset::Heston.model().risk_neutral();
        let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
        assert_eq!(VixFuture::new(&law, -1.0, &map).unwrap_err().parameter, "years");
    }
}
