//! European options on SPX, cash-settled at the close of their expiry.
//!
//! ```text
//! call pays max(S - K, 0), put pays max(K - S, 0), times 100 USD a point
//! ```

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_pay_what_they_are_in_the_money() {
        let payoffs = |kind: OptionKind| [6400.0, 6500.0, 6600.0].map(|spot| kind.payoff(spot, 6500.0));
        assert_eq!(payoffs(OptionKind::Put), [100.0, 0.0, 0.0]);
        assert_eq!(payoffs(OptionKind::Call), [0.0, 0.0, 100.0]);
    }
}
