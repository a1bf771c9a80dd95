//! Black's formula, over the forward and undiscounted, and its inverse.
//!
//! ```text
//! x = -|k|,  h = x / s,  t = s / 2,  s = sigma sqrt(T)
//! b(x, s) = e^{x/2} N(h + t) - e^{-x/2} N(h - t)
//!         = e^{-(h^2 + t^2)/2} [erfcx(-(h + t)/sqrt 2) - erfcx(-(h - t)/sqrt 2)] / 2
//! out of the money: call / F = e^{k/2} b for k >= 0,  put / F = e^{k/2} b for k < 0
//! ```
//!
//! The inverse works on `(-ln b)^{-1/2}` below the inflection of `b` in `s`, at `sqrt(2 |k|)`, and on
//! `-ln(1 - b / b_max)` above it: nearly straight lines, which Newton's method solves in a few steps (after
//! Jaeckel 2015, "Let's be rational").

use std::f64::consts::{PI, SQRT_2};

use crate::error::{DomainError, require};
use crate::math::erf::erfcx;
use crate::math::normal_cdf;

/// Steps of the inverse at most; some ten suffice.
const STEPS_MAX: usize = 100;

/// Put / F and call / F for log-moneyness `k = ln(K/F)` and a standard deviation `s = sigma sqrt(T)`.
///
/// # Accuracy
/// The option out of the money to 1e-13 relative, 1e-11 for strikes further than ten deviations away.
#[must_use]
pub fn black(k: f64, s: f64) -> (f64, f64) {
    let out = libm::exp(0.5 * k) * normalised(-k.abs(), s);
    let intrinsic = libm::expm1(k);
    if k >= 0.0 { (out + intrinsic, out) } else { (out, out - intrinsic) }
}

/// Delta of the call with respect to the forward, `N(d1)`; the put's is this less 1.
#[must_use]
pub fn call_delta(k: f64, s: f64) -> f64 {
    if s > 0.0 {
        normal_cdf(0.5 * s - k / s)
    } else if k < 0.0 {
        1.0
    } else {
        0.0
    }
}

/// The standard deviation `sigma sqrt(T)` at which Black's formula gives an option out of the money its price / F.
///
/// That is the call for `k >= 0` and the put for `k < 0`.
///
/// # Accuracy
/// A few units in the last place of what the price determines.
///
/// # Errors
/// A price that is negative, or not below its upper bound: 1 for a call, `K/F` for a put.
pub fn implied_deviation(price: f64, k: f64) -> Result<f64, DomainError> {
    require("log_moneyness", k, k.abs() <= 1000.0, "from -1000 to 1000")?;
    let bound = libm::exp(k.min(0.0));
    let allowed = format!("at least 0 and below {bound}, its upper bound over the forward");
    require("price", price, price >= 0.0 && price < bound, &allowed)?;
    if price == 0.0 {
        return Ok(0.0);
    }
    Ok(invert(price * libm::exp(-0.5 * k), -k.abs()))
}

/// The implied volatility of a put or call whose value / F is `price`, in `years` to expiry.
///
/// # Errors
/// A price outside its bounds, intrinsic value included.
pub fn implied_volatility(is_call: bool, price: f64, k: f64, years: f64) -> Result<f64, DomainError> {
    require("years", years, years > 0.0, "a number of years above 0")?;
    require("log_moneyness", k, k.abs() <= 1000.0, "from -1000 to 1000")?;
    let intrinsic = if is_call { -libm::expm1(k) } else { libm::expm1(k) }.max(0.0);
    let bound = if is_call { 1.0 } else { libm::exp(k) };
    let allowed = format!("from {intrinsic}, its intrinsic value, to below {bound}, both over the forward");
    require("price", price, price >= intrinsic && price < bound, &allowed)?;
    Ok(implied_deviation(price - intrinsic, k)? / years.sqrt())
}

/// `b(x, s)` for `x <= 0`.
fn normalised(x: f64, s: f64) -> f64 {
    if s <= 0.0 {
        return 0.0;
    }
    let (h, t) = (x / s, 0.5 * s);
    let (near, far) = (-(h + t) / SQRT_2, -(h - t) / SQRT_2);
    if near < -1.0 {
        return libm::exp(0.5 * x) * normal_cdf(h + t) - libm::exp(-0.5 * x) * normal_cdf(h - t);
    }
    0.5 * libm::exp(-0.5 * (h * h + t * t)) * (erfcx(near) - erfcx(far))
}

/// `b_max - b(x, s)`, without cancellation.
fn complement(x: f64, s: f64) -> f64 {
    let (h, t) = (x / s, 0.5 * s);
    libm::exp(0.5 * x) * normal_cdf(-h - t) + libm::exp(-0.5 * x) * normal_cdf(h - t)
}

/// Solves `b(x, s) = target`.
fn invert(target: f64, x: f64) -> f64 {
    let bound = libm::exp(0.5 * x);
    let inflection = (-2.0 * x).sqrt();
    let low_branch = x < 0.0 && target < normalised(x, inflection);
    let goal = if low_branch { 1.0 / (-libm::log(target)).sqrt() } else { -libm::log1p(-target / bound) };
    let (mut low, mut high) = if low_branch { (0.0, inflection) } else { (inflection, f64::INFINITY) };
    // Straight lines through the ends: b ~ e^{-x^2 / (2 s^2)} below, 1 - b / b_max ~ e^{-s^2 / 8} far above.
    let mut s = if low_branch {
        (goal * -x / SQRT_2).min(inflection)
    } else {
        inflection.max((8.0 * goal).sqrt()).max(goal * (2.0 * PI).sqrt())
    };
    for _ in 0..STEPS_MAX {
        let (h, t) = (x / s, 0.5 * s);
        let slope = libm::exp(-0.5 * (h * h + t * t)) / (2.0 * PI).sqrt();
        let (excess, derivative) = if low_branch {
            let b = normalised(x, s);
            let log = -libm::log(b);
            (1.0 / log.sqrt() - goal, 0.5 * slope / (b * log * log.sqrt()))
        } else {
            let rest = complement(x, s);
            (-libm::log(rest / bound) - goal, slope / rest)
        };
        if excess > 0.0 {
            high = high.min(s);
        } else {
            low = low.max(s);
        }
        let newton = s - excess / derivative;
        let next = if newton > low && newton < high {
            newton
        } else if high.is_finite() {
            0.5 * (low + high)
        } else {
            2.0 * s
        };
        if (next - s).abs() <= 1e-16 * s {
            return next;
        }
        s = next;
    }
    s
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_agree_with_forty_digit_arithmetic() {
        for (k, s, out) in REFERENCE {
            let (put, call) = black(k, s);
            let found = if k >= 0.0 { call } else { put };
            let tolerance = if k.abs() > 10.0 * s { 1e-11 } else { 1e-13 };
            assert!((found / out - 1.0).abs() < tolerance, "{k} {s}: {found:e} against {out:e}");
            assert!((call - put + libm::expm1(k)).abs() < 1e-15 * (1.0 + libm::exp(k)), "parity at {k} {s}");
        }
    }

    #[test]
    fn inverse_undoes_the_formula_over_the_whole_range() {
        let mut worst = 0.0f64;
        for k in [0.0, 1e-8, 1e-4, 0.01, 0.1, 0.5, 2.0, 10.0] {
            for s in [1e-6, 1e-4, 0.003, 0.02, 0.1, 0.4, 1.0, 2.5, 6.0] {
                for k in [k, -k] {
                    let (put, call) = black(k, s);
                    let out = if k >= 0.0 { call } else { put };
                    let bound = libm::exp(k.min(0.0));
                    if out < 1e-300 || out >= bound {
                        continue;
                    }
                    let found = implied_deviation(out, k).unwrap();
                    // What a price good to 1e-13 determines: its error over the slope, at least that.
                    let (h, t) = (-k.abs() / s, 0.5 * s);
                    let slope = libm::exp(0.5 * k - 0.5 * (h * h + t * t)) / (2.0 * PI).sqrt();
                    let allowed = (1e-13 * out / (slope * s)).max(4e-16 * bound / (slope * s)).max(1e-14);
                    let error = (found / s - 1.0).abs();
                    worst = worst.max(error / allowed);
                    assert!(error <= 3.0 * allowed, "{k} {s}: {found} {error:e} {allowed:e}");
                }
            }
        }
        assert!(worst > 0.0);
    }

    #[test]
    fn volatility_of_options_in_the_money_goes_through_parity() {
        let (put, call) = black(-0.1, 0.2);
        let from_call = implied_volatility(true, call, -0.1, 0.25).unwrap();
        let from_put = implied_volatility(false, put, -0.1, 0.25).unwrap();
        assert!((from_call - 0.4).abs() < 1e-13 && (from_put - 0.4).abs() < 1e-13);
    }

    #[test]
    fn prices_outside_their_bounds_are_refused() {
        assert_eq!(implied_volatility(true, 0.05, -0.1, 1.0).unwrap_err().parameter, "price");
        assert_eq!(implied_volatility(true, 1.0, 0.1, 1.0).unwrap_err().parameter, "price");
        assert_eq!(implied_volatility(false, -0.1, -0.1, 1.0).unwrap_err().parameter, "price");
        assert_eq!(implied_volatility(false, f64::NAN, -0.1, 1.0).unwrap_err().parameter, "price");
        assert_eq!(implied_volatility(false, 0.1, -0.1, 0.0).unwrap_err().parameter, "years");
        assert_eq!(implied_deviation(0.0, 0.3).unwrap(), 0.0);
    }

    /// Log-moneyness, standard deviation, option out of the money / F; by mpmath with 60 digits.
    const REFERENCE: [(f64, f64, f64); 10] = [
        (0.0, 0.2, 0.07965567455405796),
        (0.1, 0.2, 0.04148168846071832),
        (-0.1, 0.2, 0.03753418388256843),
        (0.3, 0.05, 9.080339966400888e-12),
        (-1.0, 0.1, 4.527992538361805e-26),
        (0.5, 3.0, 0.8299958099476903),
        (-2.0, 1.5, 0.019261051200745415),
        (0.001, 0.01, 0.0035110920258420984),
        (0.05, 0.002, 2.4993008351458883e-142),
        (-0.02, 0.001, 1.356380473926991e-93),
    ];
}
