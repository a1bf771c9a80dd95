//! VIX options, exact, as options on the VIX future of the same expiry.
//!
//! ```text
//! call = 100 / (4 i sqrt(pi)) int E[e^{p X}] erfc(K/100 sqrt(p)) p^{-3/2} dp,    X = (VIX/100)^2 at expiry
//! put  = call - VX + K
//! ```
//!
//! over a line `0 < Re p < p*`, where `p*` bounds the strip in which the transform exists (Zhu and Lian 2012; Sepp 2008).
//! The line is bent into a hyperbola around the singularities beyond `p*`, as in `pricing::contour`:
//!
//! ```text
//! p = p0 + 2.5 p0 [ sin(omega) (cosh(y) - 1) + i cos(omega) sinh(y) ]
//! ```
//!
//! where the integrand falls like `e^{-Re p ((K/100)^2 - b)}` and the trapezoidal sum converges exponentially for every
//! strike. The vertex `p0`, a power of two, lies within `p* / 2` and some four over the standard deviation of `X`, lest the
//! integrand be large.

use std::f64::consts::PI;
use std::sync::Arc;

use super::lazy::Lazy;
use super::vix_future::{VarianceTransform, VixFuture};
use crate::error::{DomainError, require};
use crate::math::complex::{Complex64, exp, real, size, sqrt};
use crate::math::erf::ComplexErfcx;
use crate::model::{Characteristic, Exponents, Law, RiskNeutral, State, VixMap};

/// `omega`.
const ROTATION: f64 = 0.25;
/// Scale of the hyperbola over its vertex: the integrand is analytic for `|Im y| < 0.35`.
const SCALE: f64 = 2.5;
/// Spacing of the sum in `y`: an error of about `exp(-2 pi 0.35 / 0.055) = 4e-18`.
pub(super) const SPACING: f64 = 0.055;
/// Largest `y`.
const Y_MAX: f64 = 27.0;
/// Terms below this, in VIX points, end a sum.
const NEGLIGIBLE: f64 = 1e-14;
/// Puts worth less than this, in VIX points, count as worthless.
const WORTHLESS: f64 = 1e-11;
/// Arguments `2^(n - LOWEST)` at which the lower tail is bounded, for `n` below this.
const TAIL: usize = 120;
/// Nodes of a contour.
pub(super) const NODES: usize = (Y_MAX / SPACING) as usize;
/// Vertices stand on the powers of two `2^(n - LOWEST)` for `n` below this.
pub(super) const LADDER: usize = 120;
/// Of the exponent of the lowest vertex, with its sign changed.
pub(super) const LOWEST: i32 = 76;
/// Rows of the transform of the variances: the future's, that of the lower tail, and one for each vertex.
pub(super) const ROWS: usize = LADDER + 2;

/// The exact pricer of the VIX options of one expiry.
#[derive(Debug)]
pub struct VixOption {
    map: VixMap,
    years: f64,
    characteristic: Characteristic<RiskNeutral>,
    future: VixFuture,
    erfcx: ComplexErfcx,
    /// The largest power of two up to `p* / 2`.
    vertex_max: f64,
    /// `[vertex][node]`.
    contours: Lazy<Node>,
    /// One row, for the bound on the lower tail.
    tail: Lazy<Exponents>,
    /// Where the transform comes from that other expiries use too.
    shared: Option<Arc<VarianceTransform>>,
}

/// A point of a hyperbola.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub p: Complex64,
    /// `dp/dy / i p^{-3/2}`, half at the vertex.
    pub weight: Complex64,
    pub exponents: Exponents,
}

impl VixOption {
    /// The pricer of options that expire in `years` on the VIX of `map`.
    ///
    /// # Errors
    /// A time that is not a positive number of years, or above 100.
    pub fn new(law: &Law<RiskNeutral>, years: f64, map: &VixMap) -> Result<Self, DomainError> {
        Self::of_future(law, years, map, VixFuture::new(law, years, map)?, None)
    }

    /// The pricer of options that expire in `years`, of the law and the map of a transform that it shares.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn sharing(transform: &Arc<VarianceTransform>, years: f64) -> Result<Self, DomainError> {
        let future = VixFuture::sharing(transform, years)?;
        Self::of_future(transform.law(), years, transform.map(), future, Some(Arc::clone(transform)))
    }

    fn of_future(
        law: &Law<RiskNeutral>,
        years: f64,
        map: &VixMap,
        future: VixFuture,
        shared: Option<Arc<VarianceTransform>>,
    ) -> Result<Self, DomainError> {
        require("years", years, years > 0.0 && years <= 100.0, "a number of years above 0 and at most 100")?;
        let characteristic = Characteristic::new(law);
        let bound = characteristic.variance_moment_bound(map.a1, map.a2, years);
        let vertex_max = libm::exp2(libm::floor(libm::log2(0.5 * bound)));
        let (contours, tail) = (Lazy::new(LADDER), Lazy::new(1));
        let erfcx = ComplexErfcx::new();
        Ok(Self { map: *map, years, characteristic, future, erfcx, vertex_max, contours, tail, shared })
    }

    /// Undiscounted put and call in a state, in VIX points.
    ///
    /// # Accuracy
    /// About 1e-10 points.
    ///
    /// # Errors
    /// A strike that is not a positive number, or a negative variance.
    pub fn put_call(&self, state: State, strike: f64) -> Result<(f64, f64), DomainError> {
        require("strike", strike, strike > 0.0, "a number above 0")?;
        require("variance", state.x1, state.x1 >= 0.0, "a number of at least 0")?;
        require("variance2", state.x2, state.x2 >= 0.0, "a number of at least 0")?;
        let forward = self.future.price(state);
        let k = strike / 100.0;
        let square = k * k;
        if square <= self.map.b {
            return Ok((0.0, forward - strike));
        }
        let mut sum = 0.0;
        let mut small = 0;
        let deviation = self.future.square_deviation(state);
        if strike * self.probability_bound(state, square, deviation) < WORTHLESS {
            return Ok((0.0, forward - strike));
        }
        let vertex = self.vertex(deviation);
        for j in 0..NODES {
            let node = self.node(vertex, j);
            // erfc(k sqrt p) = e^{-k^2 p} erfcx(k sqrt p)
            let exponent = node.exponents.at(state) + node.p * (self.map.b - square);
            let term = exp(exponent) * self.erfcx.value(sqrt(node.p) * k) * node.weight;
            sum += term.re;
            small = if size(term) < NEGLIGIBLE { small + 1 } else { 0 };
            if small > 3 {
                break;
            }
        }
        let call = (50.0 * SPACING / PI.sqrt() * sum).clamp((forward - strike).max(0.0), forward);
        let put = call - forward + strike;
        // Not `max`, which would turn what is not a number into a price of nothing.
        Ok((if put < 0.0 { 0.0 } else { put }, call))
    }

    /// Gives up the transform that it shares: what is still needed of it is worked out anew, to the same bits.
    pub(super) fn keep_to_itself(&mut self) {
        self.shared = None;
    }

    /// The VIX future that the options are written on.
    #[must_use]
    pub fn future(&self) -> &VixFuture {
        &self.future
    }

    /// Time to expiry, years of variance time.
    pub(super) fn years(&self) -> f64 {
        self.years
    }

    /// A bound on the probability that `X` settles below `square`: the least `e^{s square} E e^{-s X}` over powers of two.
    fn probability_bound(&self, state: State, square: f64, deviation: f64) -> f64 {
        let log_bound = |number: usize| {
            let (s, exponents) = self.tail(number);
            exponents.at(state).re - s * (self.map.b - square)
        };
        // Convex in s, and falling from 0 only where `square` lies below the mean.
        let first = libm::log2(1.0 / deviation.max(1e-12)) as i32 + LOWEST - 1;
        let mut least = 0.0f64;
        for number in first.clamp(0, TAIL as i32 - 1) as usize..TAIL {
            let bound = log_bound(number);
            if bound.is_nan() || bound >= least {
                break;
            }
            least = bound;
        }
        libm::exp(least)
    }

    /// The `number`-th argument at which the lower tail is bounded, and `ln E e^{-s X}` there without its constant part.
    pub(super) fn tail(&self, number: usize) -> (f64, &Exponents) {
        let s = libm::exp2(f64::from(number as i32 - LOWEST));
        (s, self.tail.get(0, TAIL, number, || self.transform(0, number, real(s))))
    }

    /// `ln E e^{-s X}` without its constant part, for the `number`-th `s` of a row.
    fn transform(&self, row: usize, number: usize, s: Complex64) -> Exponents {
        match &self.shared {
            Some(shared) => shared.at(row + 1, if row == 0 { TAIL } else { NODES }, number, s, self.years),
            None => self.characteristic.variance(s * self.map.a1, s * self.map.a2, self.years),
        }
    }

    /// The number of the vertex for a standard deviation of `X`.
    pub(super) fn vertex(&self, deviation: f64) -> usize {
        let powers = libm::ceil(0.5 * libm::log2((self.vertex_max * deviation).max(1.0)));
        let exponent = libm::log2(self.vertex_max) - 2.0 * powers.min(15.0);
        (exponent as i32 + LOWEST).clamp(0, LADDER as i32 - 1) as usize
    }

    /// The `j`-th node of the contour of a vertex.
    pub(super) fn node(&self, vertex: usize, j: usize) -> &Node {
        self.contours.get(vertex, NODES, j, || self.make_node(vertex, j))
    }

    fn make_node(&self, vertex: usize, j: usize) -> Node {
        let scale = libm::exp2(f64::from(vertex as i32 - LOWEST));
        let y = SPACING * j as f64;
        let (sin, cos) = libm::sincos(ROTATION);
        let (cosh, sinh) = (libm::cosh(y), libm::sinh(y));
        let half = libm::sinh(0.5 * y);
        let p = Complex64::new(1.0 + SCALE * sin * 2.0 * half * half, SCALE * cos * sinh) * scale;
        let slope = Complex64::new(SCALE * sin * sinh, SCALE * cos * cosh) * scale;
        let share = if j == 0 { 0.5 } else { 1.0 };
        let weight = slope / (p * sqrt(p)) * Complex64::new(0.0, -share);
        Node { p, weight, exponents: self.transform(vertex + 1, j, -p) }
    }
}

/// The model's VVIX: the volatility index of a log contract on the VIX future that settles in `years`.
///
/// ```text
/// VVIX = 100 sqrt( -(2/T) E ln(VIX_T / VX) )
/// ```
///
/// Cboe's index applies its strip rule to listed VIX options instead.
///
/// # Errors
/// A time that is not a positive number of years.
pub fn vvix(law: &Law<RiskNeutral>, years: f64, map: &VixMap, state: State) -> Result<f64, DomainError> {
    require("years", years, years > 0.0, "a number of years above 0")?;
    Ok(vvix_of(&VixFuture::new(law, years, map)?, years, state))
}

/// The VVIX of the VIX future that settles in `years`.
pub(super) fn vvix_of(future: &VixFuture, years: f64, state: State) -> f64 {
    let log_future = libm::log(future.price(state) / 100.0);
    100.0 * ((2.0 * log_future - future.mean_log_square(state)).max(0.0) / years).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::vix::means;
    use crate::model::{Dynamics, Factor, JumpLaw, Preset, Shared};

    #[test]
    fn calls_over_all_strikes_replicate_the_mean_square() {
        // VIX^2 = 2 int_0^inf (VIX - K)^+ dK, so the calls know the mean that the affine map gives by itself.
        for preset in Preset::ALL {
            let law = *preset.model().risk_neutral();
            let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
            for (years, x1, x2) in [(7.0 / 365.0, 0.002, 0.01), (90.0 / 365.0, 0.1, 0.03)] {
                let state = State { x1, x2: if law.has_slow_factor() { x2 } else { 0.0 } };
                let pricer = VixOption::new(&law, years, &map).unwrap();
                let floor = map.floor();
                let future = pricer.future().price(state);
                let below = 2.0 * (future * floor - 0.5 * floor * floor);
                // Strikes floor + e^t: a double-ended exponential sum.
                let h = 0.05;
                let above: f64 = (-300..160)
                    .map(|i| libm::exp(h * f64::from(i)))
                    .map(|over| 2.0 * h * over * pricer.put_call(state, floor + over).unwrap().1)
                    .sum();
                let [fast, slow] = means(&law, years);
                let expected = 1e4 * (map.a1 * fast.at(state) + map.a2 * slow.at(state) + map.b);
                assert!(((below + above) / expected - 1.0).abs() < 1e-7, "{preset:?}: {} {expected}", below + above);
            }
        }
    }

    #[test]
    fn parity_bounds_and_order_hold_on_both_sides_of_the_money() {
        let law = *Preset::Default.model().risk_neutral();
        let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
        let pricer = VixOption::new(&law, 30.0 / 365.0, &map).unwrap();
        for state in [State { x1: 0.0, x2: 0.0 }, State { x1: 0.01, x2: 0.02 }, State { x1: 2.0, x2: 0.05 }] {
            let future = pricer.future().price(state);
            let mut before = (-1.0, f64::INFINITY);
            for strike in [2.0, 8.0, 8.5, 9.0, 12.0, 16.0, 20.0, 30.0, 60.0, 150.0, 400.0] {
                let (put, call) = pricer.put_call(state, strike).unwrap();
                assert!((call - put - (future - strike)).abs() < 1e-10, "{strike}");
                assert!(put >= before.0 - 1e-10 && call <= before.1 + 1e-10, "{strike}");
                before = (put, call);
            }
        }
    }

    #[test]
    fn calls_fall_and_are_convex_where_moments_of_the_slow_factor_end_first() {
        // Beyond the largest moment, which lies at 0.6 of the bound of the factors apart, the equations come back finite.
        let fast = Factor { reversion: 0.0233, vol_of_variance: 0.725, rho: -0.17 };
        let slow = Factor { reversion: 0.018, vol_of_variance: 0.8, rho: -0.62 };
        let shared = Shared { fast, slow, beta: 0.54, coupling: 2.1 };
        let jumps = JumpLaw { mean_log_jump: 0.0, log_jump_vol: 0.07, mean_variance_jump: 0.394, jump_slope: -0.4 };
        let law = Law::new(shared, Dynamics::new([0.718, 0.378], [2.3, 1.6, 4.06], jumps)).unwrap();
        let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
        let pricer = VixOption::new(&law, 220.0 / 365.0, &map).unwrap();
        for state in [State { x1: 0.0002, x2: 0.1 }, State { x1: 0.05, x2: 0.3 }, State { x1: 0.5, x2: 0.0 }] {
            let calls: Vec<f64> =
                (0..60).map(|n| pricer.put_call(state, 38.0 + 3.0 * f64::from(n)).unwrap().1).collect();
            for [low, middle, high] in calls.array_windows() {
                assert!(middle <= low && 2.0 * middle <= low + high + 1e-9, "{state:?}: {low} {middle} {high}");
            }
        }
    }

    #[test]
    fn arguments_outside_their_domain_are_refused() {
        let law = *Preset::Svcj.model().risk_neutral();
        let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
        assert_eq!(VixOption::new(&law, 0.0, &map).unwrap_err().parameter, "years");
        let pricer = VixOption::new(&law, 0.1, &map).unwrap();
        assert_eq!(pricer.put_call(State { x1: 0.1, x2: 0.0 }, 0.0).unwrap_err().parameter, "strike");
        assert_eq!(pricer.put_call(State { x1: -0.1, x2: 0.0 }, 20.0).unwrap_err().parameter, "variance");
        assert!(vvix(&law, 0.0, &map, State { x1: 0.1, x2: 0.0 }).is_err());
    }
}
