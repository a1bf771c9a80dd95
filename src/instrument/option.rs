//! European options on SPX, cash-settled at the close of their expiry.
//!
//! ```text
//! call pays max(S - K, 0), put pays max(K - S, 0), times 100 USD a point
//! ```

use jiff::civil::Date;

/// Price of an SPX option from which its tick is [`TICK_FROM_3`], index points.
const TICK_BOUND: f64 = 3.0;
/// Tick of an SPX option below 3 points.
pub const TICK_BELOW_3: f64 = 0.05;
/// Tick of an SPX option from 3 points on.
pub const TICK_FROM_3: f64 = 0.10;

/// The right to buy or to sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OptionKind {
    /// The right to sell at the strike.
    Put,
    /// The right to buy at the strike.
    Call,
}

impl OptionKind {
    /// What one option pays at expiry, index points.
    #[must_use]
    pub fn payoff(self, spot: f64, strike: f64) -> f64 {
        match self {
            Self::Put => (strike - spot).max(0.0),
            Self::Call => (spot - strike).max(0.0),
        }
    }
}

/// An option on SPX.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpxOption {
    /// Put or call.
    pub kind: OptionKind,
    /// Strike, index points.
    pub strike: f64,
    /// The session at whose close it settles.
    pub expiry: Date,
}

impl SpxOption {
    /// What one option pays at expiry, index points.
    #[must_use]
    pub fn payoff(&self, spot: f64) -> f64 {
        self.kind.payoff(spot, self.strike)
    }
}

/// The smallest price step of an SPX option, index points.
#[must_use]
pub fn tick(price: f64) -> f64 {
    if price < TICK_BOUND { TICK_BELOW_3 } else { TICK_FROM_3 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_pay_what_they_are_in_the_money() {
        let expiry = jiff::civil::date(2026, 12, 18);
        let put = SpxOption { kind: OptionKind::Put, strike: 6500.0, expiry };
        let call = SpxOption { kind: OptionKind::Call, ..put };
        assert_eq!([6400.0, 6500.0, 6600.0].map(|spot| put.payoff(spot)), [100.0, 0.0, 0.0]);
        assert_eq!([6400.0, 6500.0, 6600.0].map(|spot| call.payoff(spot)), [0.0, 0.0, 100.0]);
    }

    #[test]
    fn ticks_double_at_three_points() {
        assert_eq!([0.05, 2.95, 3.0, 50.0].map(tick), [0.05, 0.05, 0.10, 0.10]);
    }
}
