//! European options on the index, exact: Lewis' formula on a contour chosen for the law, the state and the strike.
//!
//! ```text
//! call/F = 1 - (e^{k/2} / pi) int_0^inf Re[ e^{-iuk} phi(u - i/2) ] / (u^2 + 1/4) du,    put/F = call/F - 1 + e^k
//! ```
//!
//! with `k = ln(K/F)`, undiscounted (Lewis 2000). The integral is a trapezoidal sum in the variable of `pricing::contour`,
//! refined by halving: each halving squares the error, so that agreement to 1e-8 of two sums means about 1e-15.

use std::f64::consts::PI;
use std::sync::Arc;

use super::contour::{Bend, Chooser, Contour, Node, revival};
use super::jumps_alone::jumps_alone;
use super::lazy::Lazy;
use crate::error::{DomainError, require};
use crate::math::complex::{I, exp, real, size};
use crate::model::{Characteristic, Exponents, Law, RiskNeutral, State, Trajectory};

/// Spacing of the coarsest sum.
const SPACING: f64 = 0.2;
/// Two sums that agree to this are taken as converged; the finer one's error is then about its square.
const AGREEMENT: f64 = 1e-8;
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
    /// By [`Bend`].
    contours: [Contour; 3],
    /// `[bend and level][node]`: the transform at the nodes, kept where it has no closed form.
    kept: Lazy<Prepared>,
    /// Where the transform comes from that other expiries use too.
    shared: Option<Arc<IndexTransform>>,
}

/// The transform of a law without closed form at the nodes of its contours, for every expiry up to a horizon.
///
/// Pricers that share it give the same bits as those that do not, and cost the integration of the exponents only once.
#[derive(Debug)]
pub struct IndexTransform {
    law: Law<RiskNeutral>,
    characteristic: Characteristic<RiskNeutral>,
    horizon: f64,
    /// As [`European::kept`].
    trajectories: Lazy<Trajectory>,
}

impl IndexTransform {
    /// The transform for expiries of the same [`horizon`] as `years`; `None` where a closed form is cheaper.
    #[must_use]
    pub fn new(law: &Law<RiskNeutral>, years: f64) -> Option<Self> {
        let characteristic = Characteristic::new(law);
        let trajectories = Lazy::new(3 * LEVELS);
        (!characteristic.is_closed_form()).then(|| Self {
            law: *law,
            characteristic,
            horizon: horizon(years),
            trajectories,
        })
    }
}

/// The power of two at or above a time: expiries with the same one have the same contours.
#[must_use]
pub fn horizon(years: f64) -> f64 {
    libm::exp2(libm::ceil(libm::log2(years)))
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
        let contours = [Bend::Straight, Bend::Lower, Bend::Upper].map(|bend| Contour::new(law, horizon(years), bend));
        let chooser = Chooser::new(law, years);
        let kept = Lazy::new(3 * LEVELS);
        let characteristic = Characteristic::new(law);
        Ok(Self { law: *law, characteristic, years, chooser, contours, kept, shared: None })
    }

    /// The pricer of options that expire in `years`, of the law of a transform that it shares.
    ///
    /// # Errors
    /// As [`Self::new`].
    ///
    /// # Panics
    /// Where the transform is for another [`horizon`].
    pub fn sharing(transform: &Arc<IndexTransform>, years: f64) -> Result<Self, DomainError> {
        let pricer = Self::new(&transform.law, years)?;
        #[allow(clippy::float_cmp)] // powers of two
        let same = transform.horizon == horizon(years);
        assert!(same, "a transform for the horizon of the expiry");
        Ok(Self { shared: Some(Arc::clone(transform)), ..pricer })
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
        self.value_within(state, k, AGREEMENT)
    }

    /// As [`Self::value_unchecked`], to about the square of `agreement`.
    pub(super) fn value_within(&self, state: State, k: f64, agreement: f64) -> OptionValue {
        let value = self.value_on(self.chooser.bend(state, k), state, k, agreement).0;
        match jumps_alone(&self.law, self.years, state, k) {
            Some([call, call_delta]) => {
                let put = call + libm::expm1(k);
                OptionValue { put: put.max(0.0), call, put_delta: call_delta - 1.0, call_delta, ..value }
            }
            None => value,
        }
    }

    /// The value by one contour, and whether its sums came to agree.
    fn value_on(&self, bend: Bend, state: State, k: f64, agreement: f64) -> (OptionValue, bool) {
        let mut sums = Sums::default();
        let mut spacing = SPACING;
        let mut previous = f64::INFINITY;
        for level in 0..LEVELS {
            self.add_level(&mut sums, bend, level, state, k);
            spacing = SPACING / f64::from(1u32 << level);
            let value = sums.value * spacing;
            if (value - previous).abs() < agreement {
                return (sums.finish(k, spacing), true);
            }
            previous = value;
        }
        (sums.finish(k, spacing), false)
    }

    /// Adds the nodes of a level until the terms are negligible.
    fn add_level(&self, sums: &mut Sums, bend: Bend, level: usize, state: State, k: f64) {
        let scale = libm::exp(0.5 * k) / PI;
        let mut small = 0;
        for j in 0.. {
            let y = place(level, j);
            if y > Y_MAX || small > 3 {
                return;
            }
            let prepared = self.prepared(bend, level, j, y);
            let Prepared { node, exponents, rate } = &prepared;
            let half = if y == 0.0 { 0.5 } else { 1.0 };
            let term = exp(exponents.at(state) - I * node.zeta * k) * node.weight * half;
            small = if self.is_negligible(size(term) * scale, node) { small + 1 } else { 0 };
            if size(term).is_nan() && y > 1.0 {
                // Beyond what the integration of the exponents reaches, where the transform is nothing.
                return;
            }
            let tilt = real(0.5) - I * node.zeta;
            sums.value += term.re;
            sums.slope += (term * tilt).re;
            sums.curvature += (term * tilt * tilt).re;
            sums.vega[0] += (term * exponents.b1).re;
            sums.vega[1] += (term * exponents.b2).re;
            sums.time += (term * rate.at(state)).re;
        }
    }

    /// Whether a term and all behind it are negligible.
    fn is_negligible(&self, size: f64, node: &Node) -> bool {
        size < NEGLIGIBLE && libm::log(size) + revival(&self.law, self.years, node) < libm::log(NEGLIGIBLE)
    }

    /// The node at `y`, kept if it costs an integration.
    fn prepared(&self, bend: Bend, level: usize, j: usize, y: f64) -> Prepared {
        let node = || self.contours[bend as usize].node(y);
        if self.characteristic.is_closed_form() {
            let node = node();
            let (exponents, rate) = self.characteristic.index_and_rate(node.argument(), self.years);
            return Prepared { node, exponents, rate };
        }
        let (row, count) = (bend as usize * LEVELS + level, (Y_MAX / SPACING) as usize * (1 << level) + 2);
        *self.kept.get(row, count, j, || {
            let node = node();
            let argument = node.argument();
            let (exponents, rate) = match &self.shared {
                Some(shared) => {
                    let follow = || shared.characteristic.index_until(argument, shared.horizon);
                    shared.trajectories.get(row, count, j, follow).at(self.years)
                }
                None => self.characteristic.index_and_rate(argument, self.years),
            };
            Prepared { node, exponents, rate }
        })
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
        // Not `max`, which would turn a sum that is not a number into a price of nothing.
        let positive = |value: f64| if value < 0.0 { 0.0 } else { value };
        let (call, put) = if k >= 0.0 {
            let call = positive(above);
            (call, call - intrinsic)
        } else {
            let put = positive(self.value * scale + libm::exp(k));
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

    /// A fixed sequence of numbers.
    struct Draws(u64);

    impl Draws {
        fn between(&mut self, low: f64, high: f64) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            low + (high - low) * ((self.0 >> 11) as f64 / (1u64 << 53) as f64)
        }
    }

    fn one_factor(draws: &mut Draws) -> Law<RiskNeutral> {
        let kappa = libm::exp(draws.between(libm::log(0.2), libm::log(40.0)));
        let fast = Factor {
            reversion: kappa * draws.between(0.005, 0.2),
            vol_of_variance: draws.between(0.05, 1.5),
            rho: draws.between(-0.95, 0.3),
        };
        let shared = Shared { fast, slow: Factor::default(), beta: 0.0, coupling: 0.0 };
        let mean_variance_jump = if draws.between(0.0, 1.0) < 0.5 { 0.0 } else { draws.between(0.0, 0.5) };
        let jumps = JumpLaw {
            mean_log_jump: draws.between(-0.2, 0.15),
            log_jump_vol: draws.between(0.01, 0.2),
            mean_variance_jump,
            jump_slope: draws.between(-0.6, 1.8),
        };
        let intensity = if draws.between(0.0, 1.0) < 0.2 { 0.0 } else { draws.between(0.0, 20.0) };
        Law::new(shared, Dynamics::new([kappa, 0.0], [intensity, 0.0, 0.0], jumps)).unwrap()
    }

    /// By the straight contour without stopping early, where two fine sums agree there.
    fn finely(pricer: &European, state: State, k: f64) -> Option<OptionValue> {
        let mut sums = Sums::default();
        let values: Vec<OptionValue> = (0..7)
            .map(|level| {
                pricer.add_level(&mut sums, Bend::Straight, level, state, k);
                sums.finish(k, SPACING / f64::from(1u32 << level))
            })
            .collect();
        ((values[6].put - values[5].put).abs() < 1e-11).then_some(values[6])
    }

    #[test]
    fn a_hundred_random_laws_keep_parity_bounds_and_order_and_agree_between_contours() {
        let mut draws = Draws(11);
        let (mut compared, mut total, mut loosely) = (0, 0, 0);
        for trial in 0..100 {
            let law = one_factor(&mut draws);
            let years = [0.25 / 365.0, 1.0 / 365.0, 21.0 / 365.0, 0.5, 2.0][trial % 5];
            let pricer = European::new(&law, years).unwrap();
            let state = State { x1: [0.0, 0.005, 0.04, 2.0][trial % 4], x2: 0.0 };
            let mut before: Option<OptionValue> = None;
            for k in [-0.6, -0.2, -0.05, -0.01, -0.002, 0.0, 0.003, 0.02, 0.08, 0.3] {
                let (value, converged) = pricer.value_on(pricer.chooser.bend(state, k), state, k, AGREEMENT);
                let context = format!("trial {trial}, {years} years, {state:?}, k {k}: {value:?} {law:?}");
                assert!(converged, "{context}");
                assert!((value.call - value.put + libm::expm1(k)).abs() < 1e-15, "{context}");
                assert!(value.put >= 0.0 && value.put <= libm::exp(k) && value.call >= 0.0 && value.call <= 1.0);
                if let Some(before) = before {
                    assert!(value.put >= before.put - 1e-12 && value.call <= before.call + 1e-12, "{context}");
                }
                before = Some(value);
                // Sums that agree to 1e-6 are near enough to hold marks against, mostly by far.
                let (rough, _) = pricer.value_on(pricer.chooser.bend(state, k), state, k, 1e-6);
                loosely += usize::from((rough.put - value.put).abs() > 1e-9);
                if let Some(other) = finely(&pricer, state, k) {
                    assert!((other.put - value.put).abs() < 1e-10, "{other:?}: {context}");
                    compared += 1;
                }
                total += 1;
            }
        }
        assert!(compared > 9 * total / 10, "{compared} comparisons of {total} prices");
        assert!(loosely <= total / 100, "{loosely} of {total} rough values are off by more than 1e-9");
    }

    #[test]
    fn sensitivities_are_slopes_of_the_value() {
        for preset in [Preset::Default, Preset::Svcj] {
            let law = *preset.model().risk_neutral();
            let years = 30.0 / 365.0;
            let pricer = European::new(&law, years).unwrap();
            let two = f64::from(u8::from(law.has_slow_factor()));
            let state = State { x1: 0.02, x2: 0.015 * two };
            for k in [-0.15, -0.02, 0.01, 0.06] {
                let value = pricer.value(state, k).unwrap();
                let call = |forward: f64| forward * pricer.value(state, k - libm::log(forward)).unwrap().call;
                let h = 1e-4;
                let delta = (call(1.0 + h) - call(1.0 - h)) / (2.0 * h);
                let gamma = (call(1.0 + h) - 2.0 * call(1.0) + call(1.0 - h)) / (h * h);
                // Central differences err by h^2 / 6 times a third derivative of some 1e4.
                assert!(
                    (value.call_delta - delta).abs() < 1e-4 && (value.call_delta - value.put_delta - 1.0).abs() < 1e-15
                );
                assert!((value.gamma / gamma - 1.0).abs() < 1e-3, "{preset:?} {k}: {} {gamma}", value.gamma);
                let put = |x1: f64, x2: f64| pricer.value(State { x1, x2 }, k).unwrap().put;
                let vega1 = (put(state.x1 + h, state.x2) - put(state.x1 - h, state.x2)) / (2.0 * h);
                assert!((value.vega[0] / vega1 - 1.0).abs() < 1e-3, "{preset:?} {k}: {:?} {vega1}", value.vega);
                let vega2 = two * (put(state.x1, state.x2 + two * h) - put(state.x1, state.x2 - two * h)) / (2.0 * h);
                assert!(
                    (value.vega[1] - vega2).abs() <= 1e-3 * vega2.abs(),
                    "{preset:?} {k}: {:?} {vega2}",
                    value.vega
                );
                let later = |t: f64| European::new(&law, t).unwrap().value(state, k).unwrap().put;
                let slope = (later(years + 1e-5) - later(years - 1e-5)) / 2e-5;
                assert!((value.time_slope / slope - 1.0).abs() < 1e-5, "{preset:?} {k}: {} {slope}", value.time_slope);
            }
        }
    }

    #[test]
    fn arguments_outside_their_domain_are_refused() {
        let law = *Preset::Bates.model().risk_neutral();
        assert_eq!(European::new(&law, 0.0).unwrap_err().parameter, "years");
        assert_eq!(European::new(&law, f64::INFINITY).unwrap_err().parameter, "years");
        let pricer = European::new(&law, 0.1).unwrap();
        assert_eq!(pricer.value(State { x1: -0.01, x2: 0.0 }, 0.0).unwrap_err().parameter, "variance");
        assert_eq!(pricer.value(State { x1: 0.01, x2: f64::NAN }, 0.0).unwrap_err().parameter, "variance2");
        assert_eq!(pricer.value(State { x1: 0.01, x2: 0.0 }, f64::NAN).unwrap_err().parameter, "log_moneyness");
    }
}
