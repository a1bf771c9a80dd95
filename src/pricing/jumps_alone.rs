//! Options where nothing but jumps moves the index: Merton's sum without his diffusion.
//!
//! ```text
//! call / F = sum over n of e^{-l T} (l T)^n / n! F_n Black(k - ln F_n, delta sqrt(n)),    l = l0
//! ln F_n   = n (mu_J + delta^2 / 2) - l mbar T
//! ```
//!
//! (Merton 1976). With both variances at zero and nothing that lifts them the law has atoms, at which the transform does
//! not decay; the sum is exact.

use super::black::{black, call_delta};
use crate::model::{Law, RiskNeutral, State};

/// Expected jumps up to which the terms are added one by one; beyond, the transform does well.
const EXPECTED_MAX: f64 = 1e4;
/// Weights below this end the sum.
const NEGLIGIBLE: f64 = 1e-18;

/// Call / F and the call's delta if only jumps move the index in this state.
pub(super) fn jumps_alone(law: &Law<RiskNeutral>, years: f64, state: State, k: f64) -> Option<[f64; 2]> {
    let Law { shared, dynamics } = law;
    let jumps = &dynamics.jumps;
    let still = |x: f64, reversion: f64| x == 0.0 && reversion == 0.0;
    let slow = !law.has_slow_factor() || still(state.x2, shared.slow.reversion);
    let lifted = jumps.mean_variance_jump > 0.0 && law.has_jumps();
    let expected = dynamics.intensity[0] * years;
    if !still(state.x1, shared.fast.reversion) || !slow || lifted || expected > EXPECTED_MAX {
        return None;
    }
    let drift = -expected * jumps.mean_relative_jump();
    let growth = jumps.mean_log_jump + 0.5 * jumps.log_jump_vol * jumps.log_jump_vol;
    let (mut call, mut delta, mut log_weight) = (0.0, 0.0, -expected);
    for n in 0.. {
        let count = f64::from(n);
        if n > 0 {
            log_weight += libm::log(expected / count);
        }
        let log_forward = drift + count * growth;
        let weight = libm::exp(log_weight + log_forward);
        let (own_k, deviation) = (k - log_forward, jumps.log_jump_vol * count.sqrt());
        call += weight * black(own_k, deviation).1;
        delta += weight * call_delta(own_k, deviation);
        // Weights of the index grow with each jump by at most e^growth; both must have died out.
        let past = count > expected * libm::exp(growth.max(0.0));
        if expected == 0.0 || past && weight.max(libm::exp(log_weight)) < NEGLIGIBLE {
            return Some([call.clamp((-libm::expm1(k)).max(0.0), 1.0), delta]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dynamics, Factor, JumpLaw, Shared};
    use crate::pricing::European;

    fn law(theta: f64, intensity: f64, jumps: JumpLaw) -> Law<RiskNeutral> {
        let fast = Factor { reversion: 2.0 * theta, vol_of_variance: 0.3, rho: -0.5 };
        let shared = Shared { fast, slow: Factor::default(), beta: 0.0, coupling: 0.0 };
        Law::new(shared, Dynamics::new([2.0, 0.0], [intensity, 0.0, 0.0], jumps)).unwrap()
    }

    const NOTHING: State = State { x1: 0.0, x2: 0.0 };

    #[test]
    fn the_sum_is_a_martingale_and_the_transform_agrees_where_jumps_are_smooth() {
        let jumps = JumpLaw { mean_log_jump: -0.1, log_jump_vol: 0.2, ..JumpLaw::default() };
        let law = law(0.0, 3.0, jumps);
        let pricer = European::new(&law, 1.0).unwrap();
        for k in [-0.8, -0.2, 0.05, 0.4, 0.9] {
            let [call, delta] = jumps_alone(&law, 1.0, NOTHING, k).unwrap();
            let value = pricer.value(NOTHING, k).unwrap();
            assert!((value.call - call).abs() < 1e-15 && (value.call_delta - delta).abs() < 1e-15);
            // A trace of variance brings the transform back, and changes little.
            let near = pricer.value(State { x1: 1e-9, x2: 0.0 }, k).unwrap();
            assert!((near.call - call).abs() < 1e-7 && (near.call_delta - delta).abs() < 1e-6, "{k}: {near:?} {call}");
        }
        let [all, _] = jumps_alone(&law, 1.0, NOTHING, -20.0).unwrap();
        assert!((all - (1.0 - libm::exp(-20.0))).abs() < 1e-14);
    }

    #[test]
    fn jumps_of_one_size_have_their_binomial_like_prices() {
        // At most one jump of -10 % matters: with l T = 1e-3 the put at 95 % pays after one jump, and after more.
        let jumps = JumpLaw { mean_log_jump: libm::log(0.9), ..JumpLaw::default() };
        let law = law(0.0, 0.01, jumps);
        let (years, k) = (0.1, libm::log(0.95));
        let drift = libm::exp(0.1 * 1e-3);
        let weights = [1e-3, 0.5e-6, 1e-9 / 6.0].map(|w| w * libm::exp(-1e-3));
        let put: f64 = (1..4).map(|n| weights[n - 1] * (0.95 - drift * libm::pow(0.9, n as f64))).sum();
        let value = European::new(&law, years).unwrap().value(NOTHING, k).unwrap();
        assert!((value.put - put).abs() < 1e-12, "{} {put}", value.put);
        assert!((value.call - value.put + libm::expm1(k)).abs() < 1e-15);
    }

    #[test]
    fn it_holds_only_where_nothing_else_moves() {
        let smooth = JumpLaw { mean_log_jump: -0.1, log_jump_vol: 0.2, ..JumpLaw::default() };
        let lifted = JumpLaw { mean_variance_jump: 0.1, ..smooth };
        assert!(jumps_alone(&law(0.01, 1.0, smooth), 1.0, NOTHING, 0.0).is_none());
        assert!(jumps_alone(&law(0.0, 1.0, lifted), 1.0, NOTHING, 0.0).is_none());
        assert!(jumps_alone(&law(0.0, 1.0, smooth), 1.0, State { x1: 0.01, x2: 0.0 }, 0.0).is_none());
        let [call, delta] = jumps_alone(&law(0.0, 0.0, smooth), 1.0, NOTHING, -0.1).unwrap();
        assert_eq!([call, delta], [-libm::expm1(-0.1), 1.0]);
    }
}
