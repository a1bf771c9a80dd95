//! The model's VIX: an affine map of both variance factors, square-rooted.
//!
//! VIX is the price of the log contract over a window of `w` years (Zhu and Lian 2012):
//!
//! ```text
//! (VIX / 100)^2 = -(2/w) E ln(S_w / F) = (1/w) E int V + (2/w) (mbar - E[J]) E int L = a1 x1 + a2 x2 + b
//! ```
//!
//! The means solve `E x1' = b1 + l0 mu_v + (g + l2 mu_v) x2 - (kappa1 - l1 mu_v) x1`, `E x2' = b2 - kappa2 x2`.

use super::measure::{Measure, RiskNeutral};
use super::parameters::{Law, State};
use crate::error::{DomainError, require};

/// An affine function of both variance factors, `x1[...] x1 + x2[...] x2 + constant`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine {
    /// Coefficient of the fast factor.
    pub a1: f64,
    /// Coefficient of the slow factor.
    pub a2: f64,
    /// Constant part.
    pub b: f64,
}

impl Affine {
    /// The value in a state.
    #[must_use]
    pub fn at(&self, state: State) -> f64 {
        self.a1 * state.x1 + self.a2 * state.x2 + self.b
    }
}

/// `(VIX / 100)^2` as an affine function of the state, for one window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VixMap {
    /// Coefficient of the fast factor.
    pub a1: f64,
    /// Coefficient of the slow factor; 0 in one-factor models.
    pub a2: f64,
    /// Constant part.
    pub b: f64,
    window_years: f64,
}

impl VixMap {
    /// The map for a window of `window_years` of variance time.
    ///
    /// # Errors
    /// A window that is not a positive number of years.
    pub fn new(law: &Law<RiskNeutral>, window_years: f64) -> Result<Self, DomainError> {
        require("vix_window_years", window_years, window_years > 0.0, "a number of years above 0")?;
        let [fast, slow] = integrated_means(law, window_years, true);
        let jumps = &law.dynamics.jumps;
        let excess = 2.0 * (jumps.mean_relative_jump() - jumps.mean_log());
        let [l0, l1, l2] = law.dynamics.intensity;
        let (weight1, weight2) = (1.0 + excess * l1, law.shared.beta + excess * l2);
        let average = |f: &dyn Fn(&Affine) -> f64| (weight1 * f(&fast) + weight2 * f(&slow)) / window_years;
        Ok(Self { a1: average(&|m| m.a1), a2: average(&|m| m.a2), b: average(&|m| m.b) + excess * l0, window_years })
    }

    /// VIX in a state, in points.
    #[must_use]
    pub fn vix(&self, state: State) -> f64 {
        100.0 * self.square(state).sqrt()
    }

    /// VIX in many states, in points.
    ///
    /// # Shape
    /// Three slices of one length.
    pub fn fill(&self, x1: &[f64], x2: &[f64], vix: &mut [f64]) {
        assert!(x1.len() == vix.len() && x2.len() == vix.len());
        for ((vix, &x1), &x2) in vix.iter_mut().zip(x1).zip(x2) {
            *vix = self.vix(State { x1, x2 });
        }
    }

    /// `(VIX / 100)^2` in a state.
    #[must_use]
    pub fn square(&self, state: State) -> f64 {
        self.a1 * state.x1 + self.a2 * state.x2 + self.b
    }

    /// The lowest VIX that any state has, in points: both factors at 0.
    #[must_use]
    pub fn floor(&self) -> f64 {
        100.0 * self.b.sqrt()
    }

    /// The window, years of variance time.
    #[must_use]
    pub fn window_years(&self) -> f64 {
        self.window_years
    }

    /// The state with a given VIX and a given slow factor.
    ///
    /// # Errors
    /// A VIX that needs a negative fast factor.
    pub fn state_with_slow(&self, vix: f64, x2: f64) -> Result<State, DomainError> {
        require("variance2", x2, x2 >= 0.0, "a number of at least 0")?;
        let lowest = 100.0 * (self.a2 * x2 + self.b).sqrt();
        let allowed = format!("at least {lowest:.4}, which is VIX with no variance in the fast factor");
        // The least part of the square may round away.
        require("vix", vix, vix >= lowest * (1.0 - 1e-12), &allowed)?;
        let square = vix * vix * 1e-4;
        Ok(State { x1: ((square - self.b - self.a2 * x2) / self.a1).max(0.0), x2 })
    }

    /// The state with a given VIX whose slow factor is interpolated between knots `(VIX, x2)`, flat beyond them.
    ///
    /// Where the interpolated slow factor alone exceeds the VIX, it is lowered until the fast factor is zero.
    /// Without knots the slow factor is 0, as in one-factor models.
    ///
    /// # Errors
    /// A VIX below the floor of the model.
    pub fn state_from_vix(&self, vix: f64, knots: Option<&[(f64, f64)]>) -> Result<State, DomainError> {
        self.require_above_floor("vix", vix)?;
        let x2 = knots.map_or(0.0, |knots| interpolate_flat(knots, vix));
        let square = vix * vix * 1e-4 - self.b;
        let x2_max = if self.a2 > 0.0 { square / self.a2 } else { 0.0 };
        self.state_with_slow(vix, x2.min(x2_max * (1.0 - 4.0 * f64::EPSILON)).max(0.0))
    }

    /// The state in which this map gives `vix` and the map of a longer window gives `longer_vix`.
    ///
    /// `longer_name` is the name of the longer index in messages, for instance `vix3m`.
    ///
    /// # Errors
    /// A VIX below the floor, or a longer index outside the range that the VIX leaves it.
    pub fn state_from_pair(
        &self,
        vix: f64,
        longer: &VixMap,
        longer_vix: f64,
        longer_name: &str,
    ) -> Result<State, DomainError> {
        self.require_above_floor("vix", vix)?;
        let [all_fast, all_slow] = self.extremes(vix);
        let (first, second) = (longer.vix(all_fast), longer.vix(all_slow));
        let (low, high) = (first.min(second), first.max(second));
        let allowed = format!("from {low:.4} to {high:.4}, all that a VIX of {vix} leaves it in this model");
        let inside = longer_vix >= low * (1.0 - 1e-12) && longer_vix <= high * (1.0 + 1e-12) && high > low;
        require(longer_name, longer_vix, inside, &allowed)?;
        let target = longer_vix * longer_vix * 1e-4;
        let (from, to) = (longer.square(all_fast), longer.square(all_slow));
        let share = ((target - from) / (to - from)).clamp(0.0, 1.0);
        Ok(State { x1: all_fast.x1 * (1.0 - share), x2: all_slow.x2 * share })
    }

    /// The two states with a given VIX in which one factor is zero: all in the fast one, all in the slow one.
    ///
    /// Every state with that VIX is a mixture of both; without a slow factor they are the same.
    #[must_use]
    pub fn extremes(&self, vix: f64) -> [State; 2] {
        let square = (vix * vix * 1e-4 - self.b).max(0.0);
        let fast = State { x1: square / self.a1, x2: 0.0 };
        let slow = if self.a2 > 0.0 { State { x1: 0.0, x2: square / self.a2 } } else { fast };
        [fast, slow]
    }

    /// Checks that some state has this VIX.
    ///
    /// # Errors
    /// A VIX below the floor `100 sqrt(b)`.
    pub fn require_above_floor(&self, name: &str, vix: f64) -> Result<(), DomainError> {
        let allowed = format!("at least {:.4}, the lowest VIX of this model", self.floor());
        require(name, vix, vix >= self.floor() && vix > 0.0, &allowed)?;
        Ok(())
    }
}

/// Linear interpolation between knots in ascending order, flat beyond the first and the last.
fn interpolate_flat(knots: &[(f64, f64)], x: f64) -> f64 {
    match knots.iter().position(|knot| x < knot.0) {
        Some(0) => knots[0].1,
        Some(i) => {
            let ((x0, y0), (x1, y1)) = (knots[i - 1], knots[i]);
            y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        }
        None => knots.last().map_or(0.0, |knot| knot.1),
    }
}

/// `E x1(T)` and `E x2(T)` as affine functions of the state at 0.
#[must_use]
pub fn means<M: Measure>(law: &Law<M>, years: f64) -> [Affine; 2] {
    let mean_jump = law.dynamics.jumps.mean_variance_jump;
    let [l0, l1, l2] = law.dynamics.intensity.map(|l| l * mean_jump);
    let (k1, k2) = ((law.dynamics.kappa[0] - l1) * years, law.dynamics.kappa[1] * years);
    let c1 = (law.shared.fast.reversion + l0) * years;
    if !law.has_slow_factor() {
        return [Affine { a1: libm::exp(-k1), a2: 0.0, b: c1 * first(k1) }, Affine { a1: 0.0, a2: 0.0, b: 0.0 }];
    }
    let (pull, c2) = ((law.shared.coupling + l2) * years, law.shared.slow.reversion * years);
    let joint = libm::exp(-k1.min(k2)) * first((k1 - k2).abs());
    let fast =
        Affine { a1: libm::exp(-k1), a2: pull * joint, b: c1 * first(k1) + pull * c2 * second_difference(k1, k2) };
    [fast, Affine { a1: 0.0, a2: libm::exp(-k2), b: c2 * first(k2) }]
}

/// `E int_0^T x1 dt` and `E int_0^T x2 dt` as affine functions of the state at 0, with or without variance jumps.
#[must_use]
pub fn integrated_means<M: Measure>(law: &Law<M>, years: f64, with_jumps: bool) -> [Affine; 2] {
    let mean_jump = if with_jumps { law.dynamics.jumps.mean_variance_jump } else { 0.0 };
    let [l0, l1, l2] = law.dynamics.intensity.map(|l| l * mean_jump);
    let k1 = law.dynamics.kappa[0] - l1;
    let c1 = law.shared.fast.reversion + l0;
    let mean1 = years * first(k1 * years);
    let integral1 = years * years * second(k1 * years);
    if !law.has_slow_factor() {
        return [Affine { a1: mean1, a2: 0.0, b: c1 * integral1 }, Affine { a1: 0.0, a2: 0.0, b: 0.0 }];
    }
    let k2 = law.dynamics.kappa[1];
    let (pull, b2) = (law.shared.coupling + l2, law.shared.slow.reversion);
    let slow = Affine { a1: 0.0, a2: years * first(k2 * years), b: b2 * years * years * second(k2 * years) };
    // x1 inherits the pull of x2: convolutions of the two decays.
    let crossed = years * years * second_difference(k1 * years, k2 * years);
    let crossed_constant = years * years * years * third_difference(k1 * years, k2 * years);
    let fast = Affine { a1: mean1, a2: pull * crossed, b: c1 * integral1 + pull * b2 * crossed_constant };
    [fast, slow]
}

/// `int_0^1 e^{-x s} ds`.
fn first(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { -libm::expm1(-x) / x }
}

/// `int_0^1 (1 - s) e^{-x s} ds`.
fn second(x: f64) -> f64 {
    if x.abs() < 0.03 { series(&[x, 0.0, 0.0], 2) } else { (1.0 - first(x)) / x }
}

/// `int over 0 < s < t < 1 of e^{-y s - x (t - s)}`.
fn second_difference(x: f64, y: f64) -> f64 {
    if x.max(y) < 0.5 {
        return series(&[x, y, 0.0], 2);
    }
    // Divide by the larger argument, so that nothing cancels.
    let (large, small) = (x.max(y), x.min(y));
    let joint = libm::exp(-small) * first(large - small);
    (first(small) - joint) / large
}

/// `int over 0 < r < s < t < 1 of e^{-y (s - r) - x (t - s)}`.
fn third_difference(x: f64, y: f64) -> f64 {
    if x.max(y) < 0.5 {
        return series(&[x, y, 0.0], 3);
    }
    let (large, small) = (x.max(y), x.min(y));
    (second(small) - second_difference(large, small)) / large
}

/// Divided difference of `e^{-x}` over the arguments and enough zeros, by its power series.
///
/// `sum over n of (-1)^n h_n(x) / (n + order)!` with the complete symmetric polynomials `h_n`.
fn series(arguments: &[f64; 3], order: usize) -> f64 {
    let mut factorial = (1..=order).map(|n| n as f64).product::<f64>();
    let mut powers = [1.0; 3];
    let (mut sum, mut sign) = (0.0, 1.0);
    for n in 0..24 {
        if n > 0 {
            factorial *= (n + order) as f64;
            powers[0] *= arguments[0];
            for i in 1..3 {
                powers[i] = powers[i - 1] + powers[i] * arguments[i];
            }
            sign = -sign;
        }
        sum += sign * powers[2] / factorial;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::complex::{Complex64, real};
    use crate::model::{Characteristic, Dynamics, Factor, JumpLaw, Preset, Shared};

    /// A law with every coupling that the class allows.
    fn coupled() -> Law<RiskNeutral> {
        let shared = Shared {
            fast: Factor { reversion: 0.03, vol_of_variance: 0.8, rho: -0.7 },
            slow: Factor { reversion: 0.02, vol_of_variance: 0.3, rho: -0.5 },
            beta: 0.6,
            coupling: 1.5,
        };
        let jumps = JumpLaw { mean_log_jump: -0.03, log_jump_vol: 0.05, mean_variance_jump: 0.08, jump_slope: -0.4 };
        Law::new(shared, Dynamics::new([5.0, 0.7], [0.3, 4.0, 6.0], jumps)).unwrap()
    }

    fn laws() -> Vec<Law<RiskNeutral>> {
        Preset::ALL.into_iter().map(|preset| *preset.model().risk_neutral()).chain([coupled()]).collect()
    }

    #[test]
    fn the_map_is_the_log_contract_of_the_transform() {
        // Derivatives at zero by a step into the complex plane: no cancellation, an error of the step squared.
        let step = 1e-7;
        for law in laws() {
            for window in [1.0 / 365.0, 9.0 / 365.0, 30.0 / 365.0, 0.5, 3.0] {
                let map = VixMap::new(&law, window).unwrap();
                let exponents = Characteristic::new(&law).index(Complex64::new(0.0, step), window);
                let scale = -2.0 / (window * step);
                for (coefficient, exponent) in [(map.a1, exponents.b1), (map.a2, exponents.b2), (map.b, exponents.a)] {
                    let expected = scale * exponent.im;
                    assert!(
                        (coefficient - expected).abs() < 1e-9 * expected.abs().max(1e-3),
                        "{coefficient} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn means_are_slopes_of_the_transform() {
        let step = 1e-7;
        for law in laws() {
            let characteristic = Characteristic::new(&law);
            for years in [0.01, 0.3, 4.0] {
                let [fast, slow] = means(&law, years);
                let of_fast = characteristic.variance(Complex64::new(0.0, step), real(0.0), years);
                let of_slow = characteristic.variance(real(0.0), Complex64::new(0.0, step), years);
                let close = |mean: f64, slope: Complex64| (mean + slope.im / step).abs() < 1e-9 * mean.abs().max(1e-3);
                assert!(close(fast.a1, of_fast.b1) && close(fast.a2, of_fast.b2) && close(fast.b, of_fast.a));
                assert!(close(slow.a1, of_slow.b1) && close(slow.a2, of_slow.b2) && close(slow.b, of_slow.a));
            }
        }
    }

    #[test]
    fn integrals_of_exponentials_join_their_series() {
        // Both sides of every switch, against each other through the recursion that defines them.
        for x in [1e-6, 0.029, 0.031, 0.4, 0.49, 0.51, 3.0, 40.0] {
            assert!((x * second(x) - (1.0 - first(x))).abs() < 3e-16 * (1.0 + x), "{x}");
            for y in [1e-7, 0.2, 0.499, 0.501, 2.0, 41.0] {
                let joint = if x == y { libm::exp(-x) } else { (libm::exp(-y) - libm::exp(-x)) / (x - y) };
                let expected = first(y) - joint;
                let rounding = 1e-15 * (1.0 + x) + if x == y { 0.0 } else { 2e-16 / (x - y).abs() };
                assert!((x * second_difference(x, y) - expected).abs() < rounding, "{x} {y}");
                let expected = second(y) - second_difference(x, y);
                assert!((x * third_difference(x, y) - expected).abs() < 1e-15 * (1.0 + x), "{x} {y}");
            }
        }
    }

    #[test]
    fn states_are_found_from_what_they_give() {
        let law = *Preset::Default.model().risk_neutral();
        let (map, longer) = (VixMap::new(&law, 0.08).unwrap(), VixMap::new(&law, 0.25).unwrap());
        let state = State { x1: 0.013, x2: 0.021 };
        let by_slow = map.state_with_slow(map.vix(state), state.x2).unwrap();
        assert!((by_slow.x1 - state.x1).abs() < 1e-15);
        let by_pair = map.state_from_pair(map.vix(state), &longer, longer.vix(state), "vix3m").unwrap();
        assert!((by_pair.x1 - state.x1).abs() < 1e-14 && (by_pair.x2 - state.x2).abs() < 1e-14);
        let knots = [(20.0, 0.01), (30.0, 0.03)];
        let by_knots = map.state_from_vix(25.0, Some(&knots)).unwrap();
        assert!((by_knots.x2 - 0.02).abs() < 1e-15 && (map.vix(by_knots) - 25.0).abs() < 1e-12);
        let one = VixMap::new(Preset::Heston.model().risk_neutral(), 0.08).unwrap();
        assert_eq!(one.state_from_vix(20.0, None).unwrap().x2, 0.0);
    }

    #[test]
    fn values_that_no_state_gives_are_refused_with_what_is_allowed() {
        let law = *Preset::Default.model().risk_neutral();
        let (map, longer) = (VixMap::new(&law, 0.08).unwrap(), VixMap::new(&law, 0.25).unwrap());
        let error = map.state_from_vix(map.floor() - 0.01, None).unwrap_err();
        assert!(error.parameter == "vix" && error.allowed.contains("the lowest VIX of this model"), "{error}");
        assert!(map.state_from_vix(f64::NAN, None).is_err());
        for vix3m in [longer.vix(map.extremes(20.0)[0]) - 0.01, longer.vix(map.extremes(20.0)[1]) + 0.01] {
            let error = map.state_from_pair(20.0, &longer, vix3m, "vix3m").unwrap_err();
            assert!(error.parameter == "vix3m" && error.allowed.contains("all that a VIX of 20"), "{error}");
        }
        assert_eq!(map.state_with_slow(12.0, 0.1).unwrap_err().parameter, "vix");
        assert_eq!(VixMap::new(&law, 0.0).unwrap_err().parameter, "vix_window_years");
    }
}
