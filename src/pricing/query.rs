//! One value wanted of a law in a state, and the pricers that answer many such questions.
//!
//! ```text
//! SPX option    e^{-r D} F (call / F),  F = S e^{(r-q) D}       VIX option   e^{-r D} E (VIX - K)^+
//! VX            E VIX, not discounted                           all times T in years of variance, D in years of discounting
//! ```

use std::sync::Arc;

use super::black;
use super::european::{European, IndexTransform, horizon};
use super::sensitivity::{Sensitivities, TELLING};
use super::skew_index::skew_index;
use super::smile;
use super::vix_future::{VarianceTransform, VixFuture};
use super::vix_option::{VixOption, vvix_of};
use crate::error::{DomainError, require};
use crate::model::{Law, RiskNeutral, State, VixMap};

/// Spot, rates and the time over which they discount.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Discounting {
    /// The index.
    pub spot: f64,
    /// Continuously compounded, a year.
    pub rate: f64,
    /// Continuously compounded, a year.
    pub dividend_yield: f64,
    /// Years of discounting.
    pub years: f64,
}

/// Largest `|ln(K/F)|` of an option that is priced.
const LOG_MONEYNESS_MAX: f64 = 20.0;

impl Discounting {
    /// Checks every number.
    ///
    /// # Errors
    /// The first one outside its domain.
    pub fn validated(self) -> Result<Self, DomainError> {
        require("spot", self.spot, self.spot > 0.0 && self.spot <= 1e12, "a number above 0 and at most 1e12")?;
        require("rate", self.rate, self.rate.abs() <= 10.0, "a number from -10 to 10")?;
        require("dividend_yield", self.dividend_yield, self.dividend_yield.abs() <= 10.0, "a number from -10 to 10")?;
        let allowed = "a number of years from 0 to 100";
        require("discount_years", self.years, (0.0..=100.0).contains(&self.years), allowed)?;
        Ok(self)
    }

    /// The forward, `S e^{(r-q) D}`.
    #[must_use]
    pub fn forward(&self) -> f64 {
        self.spot * libm::exp((self.rate - self.dividend_yield) * self.years)
    }

    /// What a payment in `years` is worth now.
    #[must_use]
    pub fn discount(&self) -> f64 {
        libm::exp(-self.rate * self.years)
    }

    /// `ln(K/F)`.
    ///
    /// # Errors
    /// A strike that is not a positive number, or further from the forward than a factor of `e^20`.
    pub fn log_moneyness(&self, strike: f64) -> Result<f64, DomainError> {
        require("strike", strike, strike > 0.0, "a number above 0")?;
        let k = libm::log(strike / self.spot) - (self.rate - self.dividend_yield) * self.years;
        require("strike", strike, k.abs() <= LOG_MONEYNESS_MAX, "within a factor of e^20 of the forward")?;
        Ok(k)
    }
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Want {
    /// The price of an SPX option, index points.
    Option {
        /// Call or put.
        is_call: bool,
        /// Index points.
        strike: f64,
        /// Spot and rates.
        market: Discounting,
    },
    /// The model's implied volatility of a strike, a year.
    Volatility {
        /// Index points.
        strike: f64,
        /// Spot and rates.
        market: Discounting,
    },
    /// The 25-delta skew, a difference of volatilities a year.
    Skew25,
    /// SKEW, points.
    SkewIndex,
    /// The VIX of now, points.
    Vix {
        /// The window.
        map: VixMap,
    },
    /// A VIX future, points.
    VixFuture {
        /// VIX at settlement.
        map: VixMap,
    },
    /// The price of an option on a VIX future of the same expiry, points.
    VixOption {
        /// Call or put.
        is_call: bool,
        /// Points.
        strike: f64,
        /// What a payment at expiry is worth now.
        discount: f64,
        /// VIX at expiry.
        map: VixMap,
    },
    /// VVIX over the time to expiry, points.
    Vvix {
        /// VIX at expiry.
        map: VixMap,
    },
}

/// A value wanted of a law in a state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Query {
    /// The law.
    pub law: Law<RiskNeutral>,
    /// The state.
    pub state: State,
    /// Time to expiry, years of variance; unused for VIX itself.
    pub years: f64,
    /// What is wanted.
    pub want: Want,
}

/// Largest variance of a state.
const VARIANCE_MAX: f64 = 1e4;

impl Query {
    /// Checks the state and the times; the rest is checked where it is made.
    ///
    /// # Errors
    /// The first number outside its domain.
    pub fn validated(self) -> Result<Self, DomainError> {
        for (name, x) in [("variance", self.state.x1), ("variance2", self.state.x2)] {
            require(name, x, (0.0..=VARIANCE_MAX).contains(&x), "a number from 0 to 10,000")?;
        }
        if !matches!(self.want, Want::Vix { .. }) {
            let inside = self.years > 0.0 && self.years <= 100.0;
            require("years", self.years, inside, "a number of years above 0 and at most 100")?;
        }
        if let Want::VixOption { strike, .. } = self.want {
            require("strike", strike, strike > 0.0, "a number above 0")?;
        }
        Ok(self)
    }

    /// The value.
    ///
    /// # Errors
    /// Something outside its domain, or a volatility that the price does not tell.
    pub fn value(&self) -> Result<f64, DomainError> {
        self.value_by(&Pricers::new(self)?)
    }

    /// The value by pricers that were made for a query of the same [`Key`].
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn value_by(&self, pricers: &Pricers) -> Result<f64, DomainError> {
        let value = self.found_by(pricers)?;
        // Adding zero takes the sign from a negative nothing.
        require("value", value + 0.0, true, "a number: these parameters are beyond what can be computed")
    }

    fn found_by(&self, pricers: &Pricers) -> Result<f64, DomainError> {
        let Self { law, state, years, want } = *self;
        match (want, pricers) {
            (Want::Option { is_call, strike, market }, Pricers::Index(pricer)) => {
                let value = pricer.value(state, market.log_moneyness(strike)?)?;
                Ok(market.forward() * market.discount() * if is_call { value.call } else { value.put })
            }
            (Want::Volatility { strike, market }, Pricers::Index(pricer)) => volatility(pricer, state, strike, &market),
            (Want::Skew25, Pricers::Index(pricer)) => smile::skew25(pricer, state),
            (Want::SkewIndex, _) => skew_index(&law, years, state),
            (Want::Vix { map }, _) => Ok(map.vix(state)),
            (Want::VixFuture { .. }, Pricers::Future(future)) => Ok(future.price(state)),
            (Want::VixOption { is_call, strike, discount, .. }, Pricers::VixOption(options)) => {
                let (put, call) = options.put_call(state, strike)?;
                Ok(discount * if is_call { call } else { put })
            }
            (Want::Vvix { .. }, Pricers::Future(future)) => Ok(vvix_of(future, years, state)),
            _ => unreachable!("pricers made for another query"),
        }
    }

    /// An option's price with its derivatives; `None` for everything else.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn sensitivities(&self) -> Result<Option<Sensitivities>, DomainError> {
        let Want::Option { is_call, strike, market } = self.want else { return Ok(None) };
        let pricer = European::new(&self.law, self.years)?;
        Sensitivities::new(&pricer, self.state, is_call, strike, &market).map(Some)
    }

    /// What two queries must have in common to share their pricers: kind of pricer, law, time and window, to the bit.
    #[must_use]
    pub fn key(&self) -> Key {
        let (kind, window) = match self.want {
            Want::Option { .. } | Want::Volatility { .. } | Want::Skew25 => (1, 0.0),
            Want::SkewIndex | Want::Vix { .. } => (0, 0.0),
            Want::VixFuture { map } | Want::Vvix { map } => (2, map.window_years()),
            Want::VixOption { map, .. } => (3, map.window_years()),
        };
        if kind == 0 {
            return Key { transform: TransformKey::default(), years: 0, is_vix_option: false };
        }
        let Law { shared, dynamics } = &self.law;
        let jumps = &dynamics.jumps;
        let numbers = [
            shared.fast.reversion,
            shared.fast.vol_of_variance,
            shared.fast.rho,
            shared.slow.reversion,
            shared.slow.vol_of_variance,
            shared.slow.rho,
            shared.beta,
            shared.coupling,
            dynamics.kappa[0],
            dynamics.kappa[1],
            dynamics.intensity[0],
            dynamics.intensity[1],
            dynamics.intensity[2],
            jumps.mean_log_jump,
            jumps.log_jump_vol,
            jumps.mean_variance_jump,
            jumps.jump_slope,
            window,
            horizon(self.years),
        ];
        let transform = TransformKey { kind: u8::from(kind > 1) + 1, numbers: numbers.map(f64::to_bits) };
        Key { transform, years: self.years.to_bits(), is_vix_option: kind == 3 }
    }
}

/// What queries must have in common to share the transform of their law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct TransformKey {
    kind: u8,
    numbers: [u64; 19],
}

/// What queries must have in common to share pricers; those of one transform stand together in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Law, window and horizon.
    pub transform: TransformKey,
    years: u64,
    is_vix_option: bool,
}

/// The transform of a law, for pricers of several expiries.
#[derive(Debug)]
pub enum Transform {
    /// Closed forms, or nothing to share.
    None,
    /// Of the index.
    Index(Arc<IndexTransform>),
    /// Of the variances.
    Variance(Arc<VarianceTransform>),
}

impl Transform {
    /// The transform that a query and all others of its [`TransformKey`] can share.
    #[must_use]
    pub fn new(query: &Query) -> Self {
        let variance = |map: VixMap| VarianceTransform::new(&query.law, &map, query.years);
        match query.want {
            Want::Option { .. } | Want::Volatility { .. } | Want::Skew25 => {
                IndexTransform::new(&query.law, query.years).map_or(Self::None, |found| Self::Index(Arc::new(found)))
            }
            Want::VixFuture { map } | Want::Vvix { map } | Want::VixOption { map, .. } => {
                variance(map).map_or(Self::None, |found| Self::Variance(Arc::new(found)))
            }
            Want::SkewIndex | Want::Vix { .. } => Self::None,
        }
    }
}

/// What answers all queries of one [`Key`].
#[derive(Debug)]
pub enum Pricers {
    /// VIX needs no pricer, SKEW none that could be kept.
    None,
    /// SPX options and their smile.
    Index(Box<European>),
    /// VX and VVIX.
    Future(Box<VixFuture>),
    /// VIX options.
    VixOption(Box<VixOption>),
}

impl Pricers {
    /// Pricers for a query.
    ///
    /// # Errors
    /// A time outside its domain.
    pub fn new(query: &Query) -> Result<Self, DomainError> {
        Self::sharing(query, &Transform::None)
    }

    /// Pricers for a query that share the transform of its law.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn sharing(query: &Query, transform: &Transform) -> Result<Self, DomainError> {
        let (law, years) = (&query.law, query.years);
        Ok(match (query.want, transform) {
            (Want::Option { .. } | Want::Volatility { .. } | Want::Skew25, Transform::Index(shared)) => {
                Self::Index(Box::new(European::sharing(shared, years)?))
            }
            (Want::Option { .. } | Want::Volatility { .. } | Want::Skew25, _) => {
                Self::Index(Box::new(European::new(law, years)?))
            }
            (Want::VixFuture { .. } | Want::Vvix { .. }, Transform::Variance(shared)) => {
                Self::Future(Box::new(VixFuture::sharing(shared, years)?))
            }
            (Want::VixFuture { map } | Want::Vvix { map }, _) => {
                Self::Future(Box::new(VixFuture::new(law, years, &map)?))
            }
            (Want::VixOption { .. }, Transform::Variance(shared)) => {
                Self::VixOption(Box::new(VixOption::sharing(shared, years)?))
            }
            (Want::VixOption { map, .. }, _) => Self::VixOption(Box::new(VixOption::new(law, years, &map)?)),
            (Want::SkewIndex | Want::Vix { .. }, _) => Self::None,
        })
    }
}

/// The model's implied volatility of a strike.
fn volatility(pricer: &European, state: State, strike: f64, market: &Discounting) -> Result<f64, DomainError> {
    let k = market.log_moneyness(strike)?;
    let value = pricer.value(state, k)?;
    let out = if k >= 0.0 { value.call } else { value.put };
    require("strike", strike, out > TELLING, "so near the forward that the option is worth 1e-11 of it or more")?;
    Ok(black::implied_deviation(out, k)? / pricer.years().sqrt())
}

/// Black's volatility at which a put or call has a discounted price in index points.
///
/// # Errors
/// A price at its intrinsic value or below, or at its upper bound or above: no volatility gives it.
pub fn implied_volatility(
    is_call: bool,
    price: f64,
    strike: f64,
    years: f64,
    market: &Discounting,
) -> Result<f64, DomainError> {
    require("years", years, years > 0.0 && years <= 100.0, "a number of years above 0 and at most 100")?;
    let k = market.log_moneyness(strike)?;
    let unit = market.forward() * market.discount();
    let (spot_now, strike_now) = (unit, strike * market.discount());
    let (name, low, high) = if is_call {
        ("call", (spot_now - strike_now).max(0.0), spot_now)
    } else {
        ("put", (strike_now - spot_now).max(0.0), strike_now)
    };
    // What is left of the time value after rounding must be more than rounding.
    let room = 4.0 * f64::EPSILON * spot_now.max(strike_now) * f64::from(u8::from(low > 0.0));
    let allowed = format!("above {low} and below {high}, the bounds of this {name}");
    require("price", price, price > low + room && price < high, &allowed)?;
    let intrinsic = low / unit;
    Ok(black::implied_deviation(price / unit - intrinsic, k)? / years.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dynamics, Factor, JumpLaw, Preset, Shared};

    const MARKET: Discounting = Discounting { spot: 5000.0, rate: 0.04, dividend_yield: 0.015, years: 0.1 };

    fn queries(law: Law<RiskNeutral>, years: f64) -> Vec<Query> {
        let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
        let state = State { x1: 0.02, x2: if law.has_slow_factor() { 0.015 } else { 0.0 } };
        let wants = [
            Want::Option { is_call: true, strike: 5100.0, market: MARKET },
            Want::Option { is_call: false, strike: 4700.0, market: MARKET },
            Want::Volatility { strike: 4900.0, market: MARKET },
            Want::Skew25,
            Want::SkewIndex,
            Want::Vix { map },
            Want::VixFuture { map },
            Want::VixOption { is_call: true, strike: 22.0, discount: 0.99, map },
            Want::Vvix { map },
        ];
        wants.map(|want| Query { law, state, years, want }).to_vec()
    }

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

    #[test]
    fn shared_transforms_give_the_same_bits() {
        for law in [*Preset::Default.model().risk_neutral(), *Preset::Bates.model().risk_neutral(), coupled()] {
            let mut transforms: Vec<(TransformKey, Transform)> = Vec::new();
            for years in [0.15, 0.2, 0.07] {
                for query in queries(law, years) {
                    let key = query.key().transform;
                    if !transforms.iter().any(|(other, _)| *other == key) {
                        transforms.push((key, Transform::new(&query)));
                    }
                    let (_, transform) = transforms.iter().find(|(other, _)| *other == key).unwrap();
                    let shared = query.value_by(&Pricers::sharing(&query, transform).unwrap()).unwrap();
                    assert_eq!(shared.to_bits(), query.value().unwrap().to_bits(), "{query:?}");
                }
            }
        }
    }

    #[test]
    fn keys_tell_apart_what_needs_another_pricer() {
        let law = *Preset::Svcj.model().risk_neutral();
        let [base, later] = [0.1, 0.11].map(|years| queries(law, years));
        assert_eq!(base[0].key(), base[1].key());
        assert_eq!(base[6].key(), base[8].key());
        assert_ne!(base[0].key(), later[0].key());
        assert_ne!(base[6].key(), base[7].key());
        assert_ne!(base[0].key(), base[6].key());
        assert_ne!(base[0].key(), queries(*Preset::Bates.model().risk_neutral(), 0.1)[0].key());
        assert_eq!(base[6].key().transform, base[7].key().transform);
    }

    #[test]
    fn implied_volatility_undoes_black_and_says_what_a_price_can_be() {
        let years: f64 = 0.1;
        for (is_call, strike) in [(true, 5200.0), (false, 4500.0), (true, 4000.0), (false, 6000.0)] {
            let k = MARKET.log_moneyness(strike).unwrap();
            let (put, call) = black::black(k, 0.3 * years.sqrt());
            let unit = MARKET.forward() * MARKET.discount();
            let price = unit * if is_call { call } else { put };
            let found = implied_volatility(is_call, price, strike, years, &MARKET).unwrap();
            assert!((found - 0.3).abs() < 1e-9, "{strike}: {found}");
            let (low, high) = (unit * if is_call { -libm::expm1(k) } else { libm::expm1(k) }.max(0.0), 1e9);
            for price in [low, low - 1.0, high, -1.0, f64::NAN, f64::INFINITY] {
                let error = implied_volatility(is_call, price, strike, years, &MARKET).unwrap_err();
                assert_eq!(error.parameter, "price");
                assert!(error.allowed.contains("above"), "{error}");
            }
        }
    }

    #[test]
    fn domains_are_named() {
        let query = queries(*Preset::Default.model().risk_neutral(), 0.1)[0];
        let refused = |query: Query| query.validated().unwrap_err().parameter;
        assert_eq!(refused(Query { state: State { x1: -0.01, x2: 0.0 }, ..query }), "variance");
        assert_eq!(refused(Query { state: State { x1: 0.01, x2: f64::NAN }, ..query }), "variance2");
        assert_eq!(refused(Query { years: 0.0, ..query }), "years");
        assert_eq!(Discounting { spot: 0.0, ..MARKET }.validated().unwrap_err().parameter, "spot");
        assert_eq!(Discounting { years: -1.0, ..MARKET }.validated().unwrap_err().parameter, "discount_years");
        assert_eq!(MARKET.log_moneyness(0.0).unwrap_err().parameter, "strike");
        assert_eq!(MARKET.log_moneyness(1e30).unwrap_err().parameter, "strike");
    }
}
