//! The short iron condor: a put spread and a call spread sold on one expiry.
//!
//! ```text
//! at expiry the seller pays   min(max(Ps - S, 0), Ps - Pl) + min(max(S - Cs, 0), Cl - Cs)      Pl < Ps <= Cs < Cl
//! ```
//!
//! so what it can lose, gross of the credit, is the wider of its two spreads. Ps = Cs is an iron butterfly.

use super::option::OptionKind;

/// The four strikes of a condor, index points, ascending.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CondorStrikes {
    /// `Pl`: the put bought.
    pub put_long: f64,
    /// `Ps`: the put sold.
    pub put_short: f64,
    /// `Cs`: the call sold.
    pub call_short: f64,
    /// `Cl`: the call bought.
    pub call_long: f64,
}

impl CondorStrikes {
    /// What the seller pays at expiry, index points a condor.
    #[must_use]
    pub fn payout(&self, spot: f64) -> f64 {
        self.legs().iter().map(|leg| -leg.quantity * leg.kind.payoff(spot, leg.strike)).sum()
    }

    /// Width of the wider spread, index points: the most that the seller can have to pay.
    #[must_use]
    pub fn width(&self) -> f64 {
        (self.put_short - self.put_long).max(self.call_long - self.call_short)
    }

    /// The four legs of one short condor, by ascending strike.
    #[must_use]
    pub fn legs(&self) -> [CondorLeg; 4] {
        let leg = |kind, strike, quantity| CondorLeg { kind, strike, quantity };
        [
            leg(OptionKind::Put, self.put_long, 1.0),
            leg(OptionKind::Put, self.put_short, -1.0),
            leg(OptionKind::Call, self.call_short, -1.0),
            leg(OptionKind::Call, self.call_long, 1.0),
        ]
    }

    /// The index levels between which the seller gains at expiry, given the credit in index points.
    #[must_use]
    pub fn breakevens(&self, credit: f64) -> (f64, f64) {
        (self.put_short - credit, self.call_short + credit)
    }

    /// Whether the strikes are positive, finite and in order.
    #[must_use]
    pub fn is_ordered(&self) -> bool {
        0.0 < self.put_long
            && self.put_long < self.put_short
            && self.put_short <= self.call_short
            && self.call_short < self.call_long
            && self.call_long.is_finite()
    }
}

/// One leg of a condor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CondorLeg {
    /// Put or call.
    pub kind: OptionKind,
    /// Strike, index points.
    pub strike: f64,
    /// Options a condor: 1 bought, -1 sold.
    pub quantity: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRIKES: CondorStrikes =
        CondorStrikes { put_long: 6050.0, put_short: 6200.0, call_short: 6900.0, call_long: 7000.0 };

    #[test]
    fn a_condor_pays_out_between_nothing_and_the_width_of_the_side_breached() {
        for (spot, payout) in [
            (5000.0, 150.0),
            (6050.0, 150.0),
            (6100.0, 100.0),
            (6200.0, 0.0),
            (6600.0, 0.0),
            (6950.0, 50.0),
            (8000.0, 100.0),
        ] {
            assert_eq!(STRIKES.payout(spot), payout, "{spot}");
        }
    }

    #[test]
    fn the_most_it_can_pay_is_the_wider_spread() {
        assert_eq!(STRIKES.width(), 150.0);
        assert_eq!(STRIKES.payout(6000.0), STRIKES.width());
    }

    #[test]
    fn the_payout_equals_the_credit_at_the_breakevens() {
        let (low, high) = STRIKES.breakevens(12.5);
        assert_eq!((STRIKES.payout(low), STRIKES.payout(high)), (12.5, 12.5));
    }

    #[test]
    fn strikes_out_of_order_are_found_out() {
        assert!(STRIKES.is_ordered());
        assert!(CondorStrikes { call_short: 6200.0, ..STRIKES }.is_ordered());
        for wrong in [
            CondorStrikes { put_long: 6200.0, ..STRIKES },
            CondorStrikes { call_short: 6100.0, ..STRIKES },
            CondorStrikes { call_long: 6900.0, ..STRIKES },
            CondorStrikes { put_long: 0.0, ..STRIKES },
            CondorStrikes { call_long: f64::INFINITY, ..STRIKES },
            CondorStrikes { put_short: f64::NAN, ..STRIKES },
        ] {
            assert!(!wrong.is_ordered(), "{wrong:?}");
        }
    }
}
