//! Puts by a cosine expansion of the density (Fang and Oosterlee 2008): nothing in common with the pricers but the transform.
#![allow(dead_code, unreachable_pub)]

use std::f64::consts::PI;

use tailwing::math::complex::{Complex64, exp, real};
use tailwing::model::{Characteristic, Law, RiskNeutral, State};

/// Half width of the interval in standard deviations, the fourth cumulant's share included.
const WIDTH: f64 = 60.0;
/// Terms at most; laws that need more are left out.
const TERMS_MAX: usize = 1 << 17;
/// Size of a coefficient that counts as nothing.
const NEGLIGIBLE: f64 = 1e-15;

/// Put / F for every log-moneyness; `None` where the density is too rough for this method.
pub fn puts(law: &Law<RiskNeutral>, years: f64, state: State, log_moneyness: &[f64]) -> Option<Vec<f64>> {
    let characteristic = Characteristic::new(law);
    let log = |z: Complex64| characteristic.index(z, years).at(state);
    let [c1, c2, c4] = cumulants(log)?;
    let half = WIDTH * (c2.abs() + c4.abs().sqrt()).sqrt();
    let (a, b) = (c1 - half, c1 + half);
    let step = PI / (b - a);
    let mut coefficients = Vec::new();
    let mut small = 0;
    while small < 64 {
        let u = coefficients.len() as f64 * step;
        let value = exp(log(Complex64::new(0.0, u)) - Complex64::new(0.0, u * a));
        small = if value.re.abs().max(value.im.abs()) < NEGLIGIBLE { small + 1 } else { 0 };
        coefficients.push(value.re);
        if coefficients.len() > TERMS_MAX {
            return None;
        }
    }
    Some(log_moneyness.iter().map(|&k| put(&coefficients, a - k, b - k, step, k)).collect())
}

/// The put of one strike from the density's coefficients; the interval in `ln(S/K)`.
fn put(coefficients: &[f64], low: f64, high: f64, step: f64, k: f64) -> f64 {
    let top = high.min(0.0);
    if top <= low {
        return 0.0;
    }
    let mut sum = 0.0;
    for (j, coefficient) in coefficients.iter().enumerate() {
        let u = j as f64 * step;
        let (sin, cos) = libm::sincos(u * (top - low));
        let grown = libm::exp(top);
        let chi = (cos * grown - libm::exp(low) + u * sin * grown) / (1.0 + u * u);
        let psi = if j == 0 { top - low } else { sin / u };
        sum += coefficient * (psi - chi) * if j == 0 { 0.5 } else { 1.0 };
    }
    2.0 / (high - low) * sum * libm::exp(k)
}

/// First, second and fourth cumulants by Cauchy's formula on a small circle; `None` where a smaller one tells otherwise,
/// because the law has no such moments.
fn cumulants(log: impl Fn(Complex64) -> Complex64) -> Option<[f64; 3]> {
    const NODES: usize = 32;
    let on_circle = |radius: f64| {
        [(1, 1.0), (2, 2.0), (4, 24.0)].map(|(n, factorial)| {
            let mut sum = real(0.0);
            for j in 0..NODES {
                let angle = 2.0 * PI * j as f64 / NODES as f64;
                let turn = Complex64::new(libm::cos(angle), libm::sin(angle));
                sum += log(turn * radius) * turn.conj().powi(n);
            }
            factorial * sum.re / (NODES as f64 * radius.powi(n))
        })
    };
    let (wide, narrow) = (on_circle(0.25), on_circle(0.125));
    let agree = wide.iter().zip(narrow).take(2).all(|(wide, narrow)| (wide - narrow).abs() <= 1e-6 * wide.abs() + 1e-9);
    (agree && wide.iter().all(|c| c.is_finite())).then_some(wide)
}
