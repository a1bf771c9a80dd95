//! A layer's position in VIX options, or spreads of them, over the paths of a batch.
//!
//! A path holds one package at a time: an option, or an option bought and another sold. A package of nothing is remembered
//! too: it says that nothing was bought for a contract, until that contract would have rolled or settled.

use super::cost::{Costs, Strain};
use crate::instrument::OptionKind;
use crate::units::VIX_OPTION_MULTIPLIER;

/// No contract.
pub const NONE: u16 = u16::MAX;

/// One column a quantity, one row a path.
#[derive(Debug, Clone)]
pub struct VixOptions {
    /// Put or call.
    pub kind: OptionKind,
    /// Whether a package has a second option, sold.
    pub is_spread: bool,
    /// Number of the contract, or [`NONE`].
    pub contract: Vec<u16>,
    /// Day of opening.
    pub opened: Vec<u16>,
    /// Packages, negative for short.
    pub quantity: Vec<f64>,
    /// Strike of the first option, VIX points.
    pub strike: Vec<f64>,
    /// Strike of the second, VIX points; of a single option not used.
    pub short_strike: Vec<f64>,
    /// What the first option is worth at the latest close, VIX points.
    pub value: Vec<f64>,
    /// What the second is worth; 0 for a single option.
    pub short_value: Vec<f64>,
}

impl VixOptions {
    /// Nothing held.
    #[must_use]
    pub fn new(kind: OptionKind, is_spread: bool, lanes: usize) -> Self {
        let zeros = || vec![0.0; lanes];
        Self {
            kind,
            is_spread,
            contract: vec![NONE; lanes],
            opened: vec![0; lanes],
            quantity: zeros(),
            strike: zeros(),
            short_strike: zeros(),
            value: zeros(),
            short_value: zeros(),
        }
    }

    /// Whether something is held on a path.
    #[must_use]
    pub fn is_open(&self, lane: usize) -> bool {
        self.quantity[lane] != 0.0
    }

    /// What one package is worth, VIX points.
    #[must_use]
    pub fn package_value(&self, lane: usize) -> f64 {
        self.value[lane] - self.short_value[lane]
    }

    /// What the position is worth, USD.
    #[must_use]
    pub fn worth_usd(&self, lane: usize) -> f64 {
        self.quantity[lane] * self.package_value(lane) * VIX_OPTION_MULTIPLIER
    }

    /// Forgets a path's position.
    pub fn clear(&mut self, lane: usize) {
        self.contract[lane] = NONE;
        self.quantity[lane] = 0.0;
        self.value[lane] = 0.0;
        self.short_value[lane] = 0.0;
    }

    /// Commissions and half-spreads of buying `quantity` packages, of selling them where negative, USD.
    #[must_use]
    pub fn cost_usd(
        &self,
        lane: usize,
        quantity: f64,
        days_to_expiry: f64,
        strain: Strain,
        costs: &Costs,
    ) -> (f64, f64) {
        let (contracts, sold) = (quantity.abs(), quantity < 0.0);
        let options = [(self.value[lane], sold), (self.short_value[lane], !sold)];
        let options = if self.is_spread { &options[..] } else { &options[..1] };
        let spread = costs.vix_option_half_spread(options, contracts, days_to_expiry, strain);
        (contracts * options.len() as f64 * costs.vix_option_fee, contracts * spread * VIX_OPTION_MULTIPLIER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread() -> VixOptions {
        let mut options = VixOptions::new(OptionKind::Call, true, 1);
        options.quantity[0] = 4.0;
        (options.value[0], options.short_value[0]) = (1.5, 0.03);
        options
    }

    #[test]
    fn each_option_of_a_package_pays_its_half_spread_and_none_sells_below_nothing() {
        let base = Costs { vix_option_fee: 1.5, vix_option_half_spread: 0.05, ..Costs::default() };
        let costs = Costs { one_leg_share: 0.25, ..base };
        let options = spread();
        let cost = |quantity, vix, costs: &Costs| options.cost_usd(0, quantity, 30.0, costs.strain(vix, 0.0), costs);
        assert!((options.worth_usd(0) - 588.0).abs() < 1e-10);
        // Bought: 0.05 on the first, and the second is sold for nothing, 0.03 below its worth. Sold: 0.05 on both.
        let (fees, bought) = cost(4.0, 15.0, &costs);
        assert!(fees == 12.0 && (bought - 4.0 * 8.0).abs() < 1e-12, "{bought}");
        let (fees, sold) = cost(-4.0, 15.0, &costs);
        assert!(fees == 12.0 && (sold - 4.0 * 10.0).abs() < 1e-12, "{sold}");
        let (_, stressed) = cost(-4.0, 40.0, &costs);
        assert!((stressed - 4.0 * 40.0).abs() < 1e-12, "{stressed}");
        // Traded together they cross less: (0.335 + 0.665 / 3) of a package of four for two legs of 0.335 each.
        let (_, together) = cost(-4.0, 15.0, &base);
        assert!((together - 4.0 * 10.0 * (0.335 + 0.665 / 3.0) / 0.67).abs() < 1e-12, "{together}");
    }

    #[test]
    fn a_cleared_path_holds_nothing() {
        let mut options = spread();
        assert!(options.is_open(0));
        options.clear(0);
        assert!(!options.is_open(0) && options.worth_usd(0) == 0.0 && options.contract[0] == NONE);
    }
}
