//! The model's smile: implied volatilities, strikes of a given delta, the 25-delta skew.
//!
//! A strike's delta is Black's forward delta at that strike's own implied volatility. The skew is
//! `IV(25-delta put) - IV(25-delta call)`.

use super::black::{call_delta, implied_deviation};
use super::european::European;
use crate::error::{DomainError, require};
use crate::math::root::bracketed;
use crate::model::State;

/// Accuracy of strikes in log-moneyness.
const TOLERANCE: f64 = 1e-14;

/// Implied volatility at log-moneyness `k = ln(K/F)`.
///
/// # Errors
/// A state or log-moneyness outside its domain.
pub fn implied_volatility(pricer: &European, state: State, k: f64) -> Result<f64, DomainError> {
    Ok(deviation(pricer, state, k)? / pricer.years().sqrt())
}

/// Log-moneyness of the call with forward delta `delta`, from 0 to 1; the put of delta `-d` is the call of `1 - d`.
///
/// # Errors
/// A delta that no strike from `e^-3` to `e^3` forwards has, or a state outside its domain.
pub fn strike_of_call_delta(pricer: &European, state: State, delta: f64) -> Result<f64, DomainError> {
    require("delta", delta, delta > 0.0 && delta < 1.0, "a number from 0 to 1, both excluded")?;
    // Any error shows at the money too; elsewhere the same arguments are in their domain.
    deviation(pricer, state, 0.0)?;
    let excess = |k: f64| deviation(pricer, state, k).map_or(f64::NAN, |s| call_delta(k, s)) - delta;
    let mut reach = 0.01;
    while reach < 3.0 && !(excess(-reach) > 0.0 && excess(reach) < 0.0) {
        reach *= 2.0;
    }
    let allowed = "the delta of a strike from exp(-3) to exp(3) forwards";
    bracketed(excess, -reach, reach, TOLERANCE).ok_or_else(|| DomainError::new("delta", delta, allowed))
}

/// The 25-delta skew.
///
/// # Errors
/// As [`strike_of_call_delta`].
pub fn skew25(pricer: &European, state: State) -> Result<f64, DomainError> {
    let put = strike_of_call_delta(pricer, state, 0.75)?;
    let call = strike_of_call_delta(pricer, state, 0.25)?;
    Ok(implied_volatility(pricer, state, put)? - implied_volatility(pricer, state, call)?)
}

/// Implied standard deviation `sigma sqrt(T)`.
fn deviation(pricer: &European, state: State, k: f64) -> Result<f64, DomainError> {
    let value = pricer.value(state, k)?;
    implied_deviation(if k >= 0.0 { value.call } else { value.put }, k)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Preset;

    #[test]
    fn strikes_have_the_delta_that_was_asked_for() {
        let law = *Preset::Default.model().risk_neutral();
        let pricer = European::new(&law, 21.0 / 365.0).unwrap();
        let state = State { x1: 0.01, x2: 0.016 };
        for delta in [0.05, 0.16, 0.5, 0.84, 0.95] {
            let k = strike_of_call_delta(&pricer, state, delta).unwrap();
            let s = implied_volatility(&pricer, state, k).unwrap() * pricer.years().sqrt();
            assert!((call_delta(k, s) - delta).abs() < 1e-10, "{delta}: {k}");
        }
        assert!(skew25(&pricer, state).unwrap() > 0.0, "puts are dearer");
    }

    #[test]
    fn deltas_and_states_outside_their_domain_are_refused() {
        let pricer = European::new(Preset::Bates.model().risk_neutral(), 0.1).unwrap();
        let state = State { x1: 0.02, x2: 0.0 };
        assert_eq!(strike_of_call_delta(&pricer, state, 1.0).unwrap_err().parameter, "delta");
        assert_eq!(strike_of_call_delta(&pricer, State { x1: -1.0, x2: 0.0 }, 0.5).unwrap_err().parameter, "variance");
    }
}
