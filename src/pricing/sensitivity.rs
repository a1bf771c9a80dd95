//! An option's price and its derivatives in units of the index.
//!
//! ```text
//! F = S e^{(r-q) D},  unit = S e^{-q D},  price = unit c(k),  k = ln(K/F),  c = call / F or put / F
//! delta = e^{-q D} c_F,   gamma = e^{-q D} c_FF / S,   vega = unit dc/dx
//! theta = -(unit (dc/dT - (r-q) (c - c_F)) - q price)
//! ```
//!
//! with `D` years of discounting and `T` years of variance. Theta is the change of the price as time passes, state and spot
//! held, a year of both clocks at once.

use std::f64::consts::PI;

use super::black::implied_deviation;
use super::european::{European, OptionValue};
use super::query::Discounting;
use crate::error::DomainError;
use crate::model::State;

/// A price in index points, with derivatives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sensitivities {
    /// Discounted price, index points.
    pub price: f64,
    /// Black's volatility at that price, a year; `None` where the price is too small to tell.
    pub volatility: Option<f64>,
    /// Change of the price per point of the index, both variances held.
    pub delta: f64,
    /// Change of delta per point of the index.
    pub gamma: f64,
    /// Change of the price per unit of `x1` and of `x2`.
    pub variance_vega: [f64; 2],
    /// Change of the price per unit of Black's volatility; `None` as for the volatility.
    pub volatility_vega: Option<f64>,
    /// Change of the price a year.
    pub theta: f64,
}

/// Out of the money less than this, as a fraction of the forward, tells no volatility.
pub(super) const TELLING: f64 = 1e-11;

impl Sensitivities {
    /// Those of a put or call of a strike, in index points.
    ///
    /// # Errors
    /// A strike or a state outside the domain of [`European::value`].
    pub fn new(
        pricer: &European,
        state: State,
        is_call: bool,
        strike: f64,
        market: &Discounting,
    ) -> Result<Self, DomainError> {
        let k = market.log_moneyness(strike)?;
        let value = pricer.value(state, k)?;
        let OptionValue { put, call, put_delta, call_delta, gamma, vega, time_slope } = value;
        let (c, delta) = if is_call { (call, call_delta) } else { (put, put_delta) };
        let growth = libm::exp(-market.dividend_yield * market.years);
        let unit = market.spot * growth;
        let price = unit * c;
        let carry = market.rate - market.dividend_yield;
        let theta = market.dividend_yield * price - unit * (time_slope - carry * (c - delta));
        let out = if k >= 0.0 { call } else { put };
        let deviation = if out > TELLING { implied_deviation(out, k).ok() } else { None };
        let root = pricer.years().sqrt();
        Ok(Self {
            price,
            volatility: deviation.map(|s| s / root),
            delta: growth * delta,
            gamma: growth * gamma / market.spot,
            variance_vega: vega.map(|vega| unit * vega),
            volatility_vega: deviation.map(|s| unit * density(0.5 * s - k / s) * root),
            theta,
        })
    }
}

/// The standard normal density.
fn density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x) / (2.0 * PI).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Preset;
    use crate::pricing::black::black;

    #[test]
    fn derivatives_are_slopes_of_the_price() {
        let law = *Preset::Default.model().risk_neutral();
        let state = State { x1: 0.02, x2: 0.015 };
        let market = Discounting { spot: 5000.0, rate: 0.04, dividend_yield: 0.015, years: 0.09 };
        let years = 30.0 / 365.0;
        let all = |is_call: bool, strike: f64, state: State, spot: f64, shift: f64| {
            let market = Discounting { spot, years: market.years + shift, ..market };
            let pricer = European::new(&law, years + shift).unwrap();
            Sensitivities::new(&pricer, state, is_call, strike, &market).unwrap()
        };
        for (is_call, strike) in [(true, 5100.0), (false, 4700.0), (true, 4800.0), (false, 5200.0)] {
            let here = all(is_call, strike, state, 5000.0, 0.0);
            let (up, down) = (all(is_call, strike, state, 5001.0, 0.0), all(is_call, strike, state, 4999.0, 0.0));
            assert!(((up.price - down.price) / 2.0 - here.delta).abs() < 1e-6);
            assert!(((up.delta - down.delta) / 2.0 / here.gamma - 1.0).abs() < 1e-4);
            let h = 1e-5;
            let later = (all(is_call, strike, state, 5000.0, h).price - all(is_call, strike, state, 5000.0, -h).price)
                / (2.0 * h);
            assert!((later / -here.theta - 1.0).abs() < 1e-5, "{later} {}", here.theta);
            let x1 = |x1: f64| all(is_call, strike, State { x1, ..state }, 5000.0, 0.0).price;
            assert!(((x1(0.0201) - x1(0.0199)) / 2e-4 / here.variance_vega[0] - 1.0).abs() < 1e-4);
            let x2 = |x2: f64| all(is_call, strike, State { x2, ..state }, 5000.0, 0.0).price;
            assert!(((x2(0.0151) - x2(0.0149)) / 2e-4 / here.variance_vega[1] - 1.0).abs() < 1e-4);
            // Black's formula at the implied volatility gives the price back, and its slope is the vega.
            let k = market.log_moneyness(strike).unwrap();
            let unit = 5000.0 * libm::exp(-0.015 * 0.09);
            let by_black = |volatility: f64| {
                let (put, call) = black(k, volatility * years.sqrt());
                unit * if is_call { call } else { put }
            };
            let volatility = here.volatility.unwrap();
            assert!((by_black(volatility) - here.price).abs() < 1e-9);
            let vega = (by_black(volatility + 1e-5) - by_black(volatility - 1e-5)) / 2e-5;
            assert!((vega / here.volatility_vega.unwrap() - 1.0).abs() < 1e-6);
        }
    }
}
