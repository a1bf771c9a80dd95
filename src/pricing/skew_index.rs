//! The model's SKEW: the skewness of the log return over a window under Q, in Cboe's scale.
//!
//! ```text
//! SKEW = 100 - 10 S,    S = c3 / c2^(3/2),    c_n = n! / (2 pi r^n) int ln E e^{z ln(S_T/F)} e^{-i n t} dt,  z = r e^{it}
//! ```
//!
//! Cboe (2010, "The CBOE Skew Index") finds the same moments from strips of 30-day options, as for VIX; here they are
//! those of the law, without the error of finitely many strikes. The cumulants are Taylor coefficients of the logarithm of
//! the transform, by Cauchy's formula on a circle inside the strip where it exists.

use std::f64::consts::TAU;

use crate::error::{DomainError, require};
use crate::math::complex::{Complex64, I, exp, real, size};
use crate::model::{Characteristic, Law, RiskNeutral, State};

/// Nodes on the circle.
const NODES: usize = 64;
/// Of the largest circle, inside the strip on the right, where the index has a mean; each further one has half the radius.
const FIRST_RADIUS: f64 = 0.5;
/// Circles at most.
const RADII: usize = 24;
/// Agreement of the skewness between two circles at which the search ends.
const AGREEMENT: f64 = 1e-10;
/// Agreement that is enough where none is better: small circles feel rounding, large ones the edge of the strip
/// on the left.
const ENOUGH: f64 = 1e-6;

/// SKEW over a window of `years`.
///
/// # Accuracy
/// About 1e-8 points; 1e-5 for some hours without jumps, where little but rounding is left of the third moment.
///
/// # Errors
/// A time that is not a positive number of years, a negative variance, or a log return without a third moment or without
/// any variance.
pub fn skew_index(law: &Law<RiskNeutral>, years: f64, state: State) -> Result<f64, DomainError> {
    let [c2, c3] = cumulants(law, years, state)?;
    require("variance", c2, c2 > 0.0, "so large that the index moves at all")?;
    Ok(100.0 - 10.0 * c3 / (c2 * c2.sqrt()))
}

/// The second and third cumulants of `ln(S_T/F)`.
fn cumulants(law: &Law<RiskNeutral>, years: f64, state: State) -> Result<[f64; 2], DomainError> {
    require("years", years, years > 0.0 && years <= 100.0, "a number of years above 0 and at most 100")?;
    require("variance", state.x1, state.x1 >= 0.0, "a number of at least 0")?;
    require("variance2", state.x2, state.x2 >= 0.0, "a number of at least 0")?;
    let characteristic = Characteristic::new(law);
    let mut radius = FIRST_RADIUS;
    let mut wider: Option<[f64; 2]> = None;
    let mut best = (f64::INFINITY, [0.0; 2]);
    for _ in 0..RADII {
        let narrower = on_circle(&characteristic, years, state, radius);
        if let (Some(wide), Some(narrow)) = (wider, narrower) {
            let distance = distance(wide, narrow);
            if distance < best.0 {
                best = (distance, wide);
            }
            if distance <= AGREEMENT {
                break;
            }
        }
        wider = narrower;
        radius *= 0.5;
    }
    if best.0 <= ENOUGH {
        Ok(best.1)
    } else {
        Err(DomainError::new("years", years, "so short that the log return has a third moment"))
    }
}

/// How far two circles are apart, in skewness and relative variance; infinite where one of them is no law's.
fn distance(wide: [f64; 2], narrow: [f64; 2]) -> f64 {
    if wide == [0.0; 2] && narrow == [0.0; 2] {
        return 0.0;
    }
    if !(wide[0] > 0.0 && narrow[0] > 0.0) {
        return f64::INFINITY;
    }
    let scale = wide[0] * wide[0].sqrt() + wide[1].abs();
    ((wide[1] - narrow[1]).abs() / scale).max((wide[0] / narrow[0] - 1.0).abs())
}

/// Both cumulants by a circle, if the transform exists on it.
fn on_circle(characteristic: &Characteristic<RiskNeutral>, years: f64, state: State, radius: f64) -> Option<[f64; 2]> {
    let mut sums = [real(0.0); 2];
    for j in 0..NODES {
        let turn = exp(I * (TAU * j as f64 / NODES as f64));
        let value: Complex64 = characteristic.index(turn * radius, years).at(state);
        for (n, sum) in sums.iter_mut().enumerate() {
            *sum += value * turn.conj().powi(n as i32 + 2);
        }
    }
    let scale = |n: i32| 1.0 / (NODES as f64 * radius.powi(n));
    let cumulants = [2.0 * sums[0].re * scale(2), 6.0 * sums[1].re * scale(3)];
    (size(sums[0]).is_finite() && size(sums[1]).is_finite()).then_some(cumulants)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::vix::{integrated_means, means};
    use crate::model::{Dynamics, Factor, JumpLaw, Preset, Shared};

    fn one_factor(kappa: f64, theta: f64, sigma: f64, rho: f64, intensity: f64, jumps: JumpLaw) -> Law<RiskNeutral> {
        let fast = Factor { reversion: kappa * theta, vol_of_variance: sigma, rho };
        let shared = Shared { fast, slow: Factor::default(), beta: 0.0, coupling: 0.0 };
        Law::new(shared, Dynamics::new([kappa, 0.0], [intensity, 0.0, 0.0], jumps)).unwrap()
    }

    #[test]
    fn skewness_of_merton_is_that_of_its_jumps() {
        // A variance that hardly moves, and independent normal jumps: c_n = lambda T E J^n + [n = 2] v T.
        let jumps = JumpLaw { mean_log_jump: -0.1, log_jump_vol: 0.08, ..JumpLaw::default() };
        let law = one_factor(1.0, 0.03, 1e-6, 0.0, 1.5, jumps);
        let years = 30.0 / 365.0;
        let (second, third) = (0.1 * 0.1 + 0.08 * 0.08, -(0.1f64.powi(3) + 3.0 * 0.1 * 0.08 * 0.08));
        let c2 = 0.03 * years + 1.5 * years * second;
        let expected = 100.0 - 10.0 * 1.5 * years * third / (c2 * c2.sqrt());
        let found = skew_index(&law, years, State { x1: 0.03, x2: 0.0 }).unwrap();
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }

    #[test]
    fn cumulants_of_heston_are_those_of_its_integrals() {
        // ln(S/F) = -I/2 + M with <M> = I, so c2 = E I - Cov(M, I) + Var(I)/4; by the variance and covariances of 30 days.
        let (kappa, theta, sigma, rho) = (3.0, 0.04, 0.5, -0.6);
        let law = one_factor(kappa, theta, sigma, rho, 0.0, JumpLaw::default());
        let (state, years) = (State { x1: 0.05, x2: 0.0 }, 0.25);
        let steps = 4000;
        let h = years / f64::from(steps);
        let (mut covariance, mut variance) = (0.0, 0.0);
        for i in 0..steps {
            let s = (f64::from(i) + 0.5) * h;
            let mean = means(&law, s)[0].at(state);
            // d<M, I's martingale>: the weight of a shock at s on what is left of the integral.
            let weight = sigma * -libm::expm1(-kappa * (years - s)) / kappa;
            covariance += rho * mean * weight * h;
            variance += mean * weight * weight * h;
        }
        let expected = integrated_means(&law, years, true)[0].at(state) - covariance + 0.25 * variance;
        let [c2, c3] = cumulants(&law, years, state).unwrap();
        assert!((c2 / expected - 1.0).abs() < 1e-6, "{c2} {expected}");
        assert!(c3 < 0.0);
    }

    #[test]
    fn circles_beyond_the_strip_are_not_taken_for_the_law() {
        // Jumps of mean log size 0.4 and a slope: the transform ends near z = 2.
        let jumps = JumpLaw { mean_log_jump: 0.1, log_jump_vol: 0.1, mean_variance_jump: 0.3, jump_slope: 1.5 };
        for intensity in [0.5, 5.0, 18.0] {
            let law = one_factor(6.0, 0.05, 1.1, -0.5, intensity, jumps);
            let [c2, c3] = cumulants(&law, 0.1, State { x1: 0.02, x2: 0.0 }).unwrap();
            // The jumps alone give 3 l T E J^2 E J and more to the third cumulant, all to the right.
            let second = intensity * 0.1 * (0.01 + 0.01 + 2.0 * 0.1 * 0.45 + 2.0 * 0.45 * 0.45);
            assert!(c2 > second && c3 > 0.0, "{c2} {second} {c3}");
        }
    }

    #[test]
    fn fitted_models_lean_to_the_left_and_nonsense_is_refused() {
        for preset in Preset::ALL {
            let law = *preset.model().risk_neutral();
            let state = State { x1: 0.02, x2: if law.has_slow_factor() { 0.015 } else { 0.0 } };
            let skew = skew_index(&law, 30.0 / 365.0, state).unwrap();
            assert!(skew > 100.0 && skew < 300.0, "{preset:?}: {skew}");
        }
        let law = *Preset::Heston.model().risk_neutral();
        assert_eq!(skew_index(&law, 0.0, State { x1: 0.02, x2: 0.0 }).unwrap_err().parameter, "years");
        assert_eq!(skew_index(&law, 0.1, State { x1: -0.02, x2: 0.0 }).unwrap_err().parameter, "variance");
    }
}
