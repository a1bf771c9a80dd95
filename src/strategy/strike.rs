//! The strike of a given Black delta on the model's own smile.
//!
//! A strike's delta is quoted as brokers quote it: Black's forward delta with that strike's own implied volatility.
//! Fixing the delta fixes `d1`, so with `s = sigma sqrt(T)` unknown
//!
//! ```text
//! k = ln(K/F) = s^2/2 - d1 s,     Black(k, s) = model price at k
//! ```
//!
//! is one equation in `s`: no implied volatility has to be inverted.

use crate::instrument::OptionKind;
use crate::math::{exp, inverse_normal_cdf, normal_cdf};

/// The search between two bounds ends with a step of `s` below this; a listed strike is some 1e-3 wide.
const LAST_STEP: f64 = 1e-6;
/// The first secant step, and the last one, relative: the step after it would be some 1e-6 of `s`.
const SECANT_STEPS: [f64; 2] = [0.08, 1e-4];

/// `ln(K/F)` of the option whose absolute delta is `delta`.
///
/// `price` gives the model's undiscounted price over the forward at a log-moneyness; `deviation_guess` is a first
/// guess of `sigma sqrt(T)`. The strike is found to within about 1e-6 in `s`; `None` where the smile has none.
pub fn log_moneyness_of_delta(
    kind: OptionKind,
    delta: f64,
    deviation_guess: f64,
    price: impl Fn(f64) -> f64,
) -> Option<f64> {
    let d1 = match kind {
        OptionKind::Put => -inverse_normal_cdf(delta),
        OptionKind::Call => inverse_normal_cdf(delta),
    };
    let moneyness = |s: f64| (0.5 * s - d1) * s;
    let excess = |s: f64| {
        let k = moneyness(s);
        let black = match kind {
            OptionKind::Put => exp(k) * normal_cdf(s - d1) - delta,
            OptionKind::Call => delta - exp(k) * normal_cdf(d1 - s),
        };
        price(k) - black
    };
    let between_bounds = || {
        let (low, high) = bracket(deviation_guess, &excess)?;
        Some(root_between(low, high, &excess))
    };
    secant(deviation_guess, &excess).or_else(between_bounds).map(moneyness)
}

/// A point and the function there.
type Point = (f64, f64);

/// Secant steps from the guess, which a good guess needs few of; `None` once one cannot be trusted.
fn secant(guess: f64, excess: &impl Fn(f64) -> f64) -> Option<f64> {
    let [first_step, last_step] = SECANT_STEPS;
    let mut before = (guess, excess(guess));
    let mut s = guess * if before.1 > 0.0 { 1.0 + first_step } else { 1.0 - first_step };
    for _ in 0..8 {
        let now = (s, excess(s));
        let slope = (now.1 - before.1) / (now.0 - before.0);
        let step = -now.1 / slope;
        s += step;
        if !(slope < 0.0 && step.abs() < 0.5 * now.0) {
            return None;
        }
        if step.abs() < last_step * s {
            return Some(s);
        }
        before = now;
    }
    None
}

/// Widens around the guess until the function changes sign: positive on the left, not on the right.
fn bracket(guess: f64, excess: &impl Fn(f64) -> f64) -> Option<(Point, Point)> {
    let first = (guess, excess(guess));
    let (factor, mut inner) = (if first.1 > 0.0 { 1.25 } else { 0.8 }, first);
    for _ in 0..40 {
        let s = inner.0 * factor;
        if !(1e-6..=5.0).contains(&s) {
            return None;
        }
        let outer = (s, excess(s));
        if outer.1.is_nan() {
            return None;
        }
        if (outer.1 > 0.0) != (first.1 > 0.0) {
            return Some(if factor > 1.0 { (inner, outer) } else { (outer, inner) });
        }
        inner = outer;
    }
    None
}

/// False position with the Illinois rule: an end that stays put counts half, so both ends close in.
fn root_between(left: Point, right: Point, excess: &impl Fn(f64) -> f64) -> f64 {
    let (mut left, mut right, mut last_was_left) = (left, right, None);
    let mut previous = left.0;
    for _ in 0..60 {
        let s = (left.0 * right.1 - right.0 * left.1) / (right.1 - left.1);
        let value = excess(s);
        if value > 0.0 {
            left = (s, value);
            if last_was_left == Some(true) {
                right.1 *= 0.5;
            }
            last_was_left = Some(true);
        } else {
            right = (s, value);
            if last_was_left == Some(false) {
                left.1 *= 0.5;
            }
            last_was_left = Some(false);
        }
        if (s - previous).abs() < LAST_STEP {
            return s;
        }
        previous = s;
    }
    0.5 * (left.0 + right.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Black's price over the forward at a flat `s = sigma sqrt(T)`.
    fn black(kind: OptionKind, k: f64, s: f64) -> f64 {
        let (d1, d2) = (-k / s + 0.5 * s, -k / s - 0.5 * s);
        match kind {
            OptionKind::Put => exp(k) * normal_cdf(-d2) - normal_cdf(-d1),
            OptionKind::Call => normal_cdf(d1) - exp(k) * normal_cdf(d2),
        }
    }

    #[test]
    fn on_a_flat_smile_the_strike_is_black_s() {
        for s in [0.004, 0.05, 0.3] {
            for delta in [0.02, 0.16, 0.45] {
                let d1 = inverse_normal_cdf(delta);
                for guess in [0.3 * s, s, 4.0 * s] {
                    let put = log_moneyness_of_delta(OptionKind::Put, delta, guess, |k| black(OptionKind::Put, k, s))
                        .unwrap();
                    assert!((put - (0.5 * s + d1) * s).abs() < 1e-6 * s.max(0.1), "{put} at {s} {delta}");
                    let call =
                        log_moneyness_of_delta(OptionKind::Call, delta, guess, |k| black(OptionKind::Call, k, s))
                            .unwrap();
                    assert!((call - (0.5 * s - d1) * s).abs() < 1e-6 * s.max(0.1), "{call} at {s} {delta}");
                }
            }
        }
    }

    #[test]
    fn a_price_that_is_never_a_black_price_has_no_strike() {
        assert_eq!(log_moneyness_of_delta(OptionKind::Put, 0.16, 0.05, |_| f64::NAN), None);
        assert_eq!(log_moneyness_of_delta(OptionKind::Put, 0.16, 0.05, |_| 1e9), None);
    }
}
