//! Integrates the affine system of [`super::characteristic`] by Taylor series of high order.
//!
//! With `R = 1 / (1 - z rho_J mu_v - mu_v B1)` the right-hand sides are polynomials, so the coefficients of the
//! solution's Taylor series follow from convolutions (Jorba and Zou 2005, "A software package for the numerical
//! integration of ODEs by means of high-order Taylor methods"):
//!
//! ```text
//! (n+1) B1[n+1] = sigma1^2/2 (B1*B1)[n] + c1 B1[n] + l1 Psi[n] + q [n=0]
//! R[n]          = mu_v R[0] (B1[1..]*R)[n]
//! ```
//!
//! The step follows from the last coefficients. Once `B1` has settled the rest is solved in closed form.

use super::characteristic::{Exponents, System};
use super::riccati::Riccati;
use crate::math::complex::{Complex64, real, size};

/// Order of the series.
const ORDER: usize = 22;
/// Size of the last terms kept, relative to the first.
const TOLERANCE: f64 = 2e-17;
/// Relative change a unit of time scale below which `B1` counts as settled.
const SETTLED: f64 = 1e-15;
/// Size of `B1` or `B2` in units of its start beyond which a real solution counts as blown up.
const BLOWN_UP: f64 = 1e8;
/// More steps than any admissible argument needs; beyond it the solution blows up.
const STEPS_MAX: usize = 20_000;

type Series = [Complex64; ORDER + 1];
const ZERO: Series = [Complex64::new(0.0, 0.0); ORDER + 1];

/// Solves the system from `B1 = start1`, `B2 = start2`, `A = 0` over `years`.
///
/// A solution that blows up before `years` comes back as NaN.
pub(super) fn integrate(system: &System, start1: Complex64, start2: Complex64, years: f64) -> Exponents {
    let mut now = Exponents { a: real(0.0), b1: start1, b2: start2 };
    let mut left = years;
    for _ in 0..STEPS_MAX {
        let unit = time_unit(system, &now).min(left);
        let (b1, b2, psi) = expand(system, &now, unit);
        if size(b1[1]) <= SETTLED * size(b1[0]) {
            return settle(system, &now, left);
        }
        let step = step_length(&b1).min(step_length(&b2)).min(step_length(&psi)).min(left / unit);
        let blown_up = size(now.b1) > BLOWN_UP * size(start1).max(1.0) && start1.re > 0.0;
        if step.is_nan() || step <= 0.0 || blown_up {
            break;
        }
        // A' = b1 B1 + b2 B2 + l0 Psi, term by term.
        let mut a = real(0.0);
        for n in (0..=ORDER).rev() {
            let rate = b1[n] * system.reversion[0] + b2[n] * system.reversion[1] + psi[n] * system.intensity[0];
            a = a * step + rate / (n + 1) as f64;
        }
        now = Exponents { a: now.a + a * (step * unit), b1: evaluate(&b1, step), b2: evaluate(&b2, step) };
        left -= step * unit;
        if left <= years * 1e-16 {
            return now;
        }
    }
    let nan = Complex64::new(f64::NAN, f64::NAN);
    Exponents { a: nan, b1: nan, b2: nan }
}

/// A time scale of the solution near `now`, so that series in that unit have coefficients of moderate size.
fn time_unit(system: &System, now: &Exponents) -> f64 {
    let rate = |i: usize, b: Complex64| {
        size(system.linear[i]) + (system.square[i] * size(system.constant[i])).sqrt() + system.square[i] * size(b)
    };
    1.0 / (rate(0, now.b1) + rate(1, now.b2) + 1e-3)
}

/// Taylor coefficients of `B1`, `B2` and `Psi` about `now`, in time measured in `unit`.
fn expand(system: &System, now: &Exponents, unit: f64) -> (Series, Series, Series) {
    let (mut b1, mut b2, mut r, mut psi) = (ZERO, ZERO, ZERO, ZERO);
    b1[0] = now.b1;
    b2[0] = now.b2;
    r[0] = real(1.0) / system.jump_denominator(now.b1);
    psi[0] = system.psi(now.b1);
    let jump = system.jump_m1 + 1.0;
    let scale = r[0] * system.mean_variance_jump;
    let [_, l1, l2] = system.intensity;
    for n in 0..ORDER {
        if n > 0 {
            let mut sum = real(0.0);
            for i in 1..=n {
                sum += b1[i] * r[n - i];
            }
            r[n] = scale * sum;
            psi[n] = jump * r[n];
        }
        let mut rate1 = square(&b1, n) * system.square[0] + system.linear[0] * b1[n] + psi[n] * l1;
        let mut rate2 =
            square(&b2, n) * system.square[1] + system.linear[1] * b2[n] + b1[n] * system.coupling + psi[n] * l2;
        if n == 0 {
            rate1 += system.constant[0];
            rate2 += system.constant[1];
        }
        let weight = unit / (n + 1) as f64;
        b1[n + 1] = rate1 * weight;
        b2[n + 1] = rate2 * weight;
    }
    (b1, b2, psi)
}

/// Coefficient `n` of the square of a series.
fn square(series: &Series, n: usize) -> Complex64 {
    let mut half = real(0.0);
    for i in 0..n.div_ceil(2) {
        half += series[i] * series[n - i];
    }
    let middle = if n.is_multiple_of(2) { series[n / 2] * series[n / 2] } else { real(0.0) };
    half + half + middle
}

/// The step at which the last terms of a series fall below the tolerance.
fn step_length(series: &Series) -> f64 {
    let scale = TOLERANCE * size(series[0]).max(size(series[1]));
    let limit = |n: usize| {
        let last = size(series[n]);
        if last < 1e-280 { f64::INFINITY } else { libm::exp(libm::log(scale / last) / n as f64) }
    };
    // The last coefficient of Psi is not filled; the two before speak for every series.
    limit(ORDER - 1).min(limit(ORDER - 2))
}

fn evaluate(series: &Series, t: f64) -> Complex64 {
    series.iter().rev().fold(real(0.0), |sum, &c| sum * t + c)
}

/// The rest of the way once `B1`, and with it `Psi`, no longer moves: `B2` has constant coefficients.
fn settle(system: &System, now: &Exponents, left: f64) -> Exponents {
    let psi = system.psi(now.b1);
    let constant = system.constant[1] + now.b1 * system.coupling + psi * system.intensity[2];
    let slow = Riccati::new(system.square[1], system.linear[1], constant).solve(now.b2, left, real(1.0), 0.0);
    let rate = now.b1 * system.reversion[0] + psi * system.intensity[0];
    Exponents { a: now.a + rate * left + slow.integral * system.reversion[1], b1: now.b1, b2: slow.value }
}
