//! VX, the futures on VIX: 1,000 USD a point, settled in cash at VIX on the expiry of their contract.

use crate::calendar::VixContract;
use crate::units::VX_MULTIPLIER;

/// The smallest price step, VIX points.
pub const VX_TICK: f64 = 0.05;

/// A VX future.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VxFuture {
    /// The month that it belongs to.
    pub contract: VixContract,
}

impl VxFuture {
    /// What `contracts` (negative for short) earn as the price moves, USD.
    #[must_use]
    pub fn pnl_usd(contracts: f64, from_price: f64, to_price: f64) -> f64 {
        contracts * (to_price - from_price) * VX_MULTIPLIER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_contracts_earn_10_000_usd_a_point() {
        assert_eq!(VxFuture::pnl_usd(10.0, 18.0, 19.0), 10_000.0);
        assert_eq!(VxFuture::pnl_usd(-10.0, 18.0, 19.5), -15_000.0);
    }
}
