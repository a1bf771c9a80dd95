//! Margin of the VIX options of one expiry together, long and short ones covering each other.
//!
//! ```text
//! margin = max(0, worth - least payoff at any of the strikes)
//!        + margin of the VX that the calls sold, and the puts sold, beyond those bought stand for
//! ```
//!
//! so that options bought tie up what they are worth, a spread what it can lose, and options sold naked what a broker asks
//! of futures.

use super::VxMargin;
use crate::instrument::OptionKind;
use crate::units::{VIX_OPTION_MULTIPLIER, VX_MULTIPLIER};

/// An option that is held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VixLeg {
    /// Put or call.
    pub kind: OptionKind,
    /// VIX points.
    pub strike: f64,
    /// Contracts, negative for sold.
    pub quantity: f64,
    /// What one is worth, VIX points.
    pub value: f64,
}

impl VixLeg {
    fn payoff(&self, settlement: f64) -> f64 {
        let inside = match self.kind {
            OptionKind::Put => self.strike - settlement,
            OptionKind::Call => settlement - self.strike,
        };
        self.quantity * inside.max(0.0)
    }
}

/// What the options of one expiry tie up at a VIX, USD.
#[must_use]
pub fn vix_option_margin(legs: &[VixLeg], futures: &VxMargin, vix: f64) -> f64 {
    let worth: f64 = legs.iter().map(|leg| leg.quantity * leg.value).sum();
    let payoff = |settlement: f64| legs.iter().map(|leg| leg.payoff(settlement)).sum::<f64>();
    let least = legs.iter().map(|leg| payoff(leg.strike)).fold(f64::INFINITY, f64::min);
    let covered = if legs.is_empty() { 0.0 } else { (worth - least).max(0.0) * VIX_OPTION_MULTIPLIER };
    let naked = [OptionKind::Put, OptionKind::Call].map(|kind| {
        let net: f64 = legs.iter().filter(|leg| leg.kind == kind).map(|leg| leg.quantity).sum();
        futures.maintenance(net.min(0.0) * VIX_OPTION_MULTIPLIER / VX_MULTIPLIER, 1, vix, vix)
    });
    covered + naked.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUTURES: VxMargin =
        VxMargin { rates: [0.5, 0.3, 0.2], calm_vix: 20.0, stress_vix: 40.0, stress_multiple: 2.0 };

    fn call(strike: f64, quantity: f64, value: f64) -> VixLeg {
        VixLeg { kind: OptionKind::Call, strike, quantity, value }
    }

    #[test]
    fn options_bought_tie_up_their_worth_and_spreads_what_they_can_lose() {
        let margin = |legs: &[VixLeg]| vix_option_margin(legs, &FUTURES, 16.0);
        assert_eq!(margin(&[]), 0.0);
        assert_eq!(margin(&[call(20.0, 4.0, 1.5)]), 600.0);
        // Bought at 20, sold at 30: worth 1.00 more than nothing, which is the least it pays.
        assert_eq!(margin(&[call(20.0, 4.0, 1.5), call(30.0, -4.0, 0.5)]), 400.0);
        // Sold at 20, bought at 30: it owes 1.00 now and 10 at most.
        assert_eq!(margin(&[call(20.0, -4.0, 1.5), call(30.0, 4.0, 0.5)]), 3600.0);
        let put = |strike, quantity, value| VixLeg { kind: OptionKind::Put, strike, quantity, value };
        assert_eq!(margin(&[put(18.0, -2.0, 2.0), put(15.0, 2.0, 0.5)]), 300.0);
    }

    #[test]
    fn options_sold_beyond_those_bought_tie_up_what_futures_would() {
        // Two naked calls stand for a fifth of a VX: 0.2 x 16 x 1,000 x 0.5.
        assert_eq!(vix_option_margin(&[call(20.0, -2.0, 1.5)], &FUTURES, 16.0), 1600.0);
        // One by two: one call is covered, which pays at least nothing and is worth 1.5 - 2 x 0.5.
        let legs = [call(20.0, 1.0, 1.5), call(30.0, -2.0, 0.5)];
        assert_eq!(vix_option_margin(&legs, &FUTURES, 16.0), 50.0 + 800.0);
    }
}
