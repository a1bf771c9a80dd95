//! The short iron condor, or any part of it: options on the index, those nearer to the money sold, those beyond bought.
//!
//! ```text
//! at expiry the seller pays   min(max(Ps - S, 0), Ps - Pl) + min(max(S - Cs, 0), Cl - Cs)      Pl < Ps <= Cs < Cl
//! ```
//!
//! so what it can lose, gross of the credit, is the wider of its two spreads. Ps = Cs is an iron butterfly. Any leg can be
//! absent: without Pl the put sold is naked and can cost its strike; without Ps it is an option bought, which costs
//! nothing more. A naked call has no bound; it counts as if the index could double from its strike.

use super::option::OptionKind;

/// The strikes of a condor, index points, ascending; those of legs that it does not have are `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CondorStrikes {
    /// `Pl`: the put bought.
    pub put_long: Option<f64>,
    /// `Ps`: the put sold.
    pub put_short: Option<f64>,
    /// `Cs`: the call sold.
    pub call_short: Option<f64>,
    /// `Cl`: the call bought.
    pub call_long: Option<f64>,
}

impl CondorStrikes {
    /// All four strikes, ascending.
    #[must_use]
    pub fn new([put_long, put_short, call_short, call_long]: [f64; 4]) -> Self {
        Self {
            put_long: Some(put_long),
            put_short: Some(put_short),
            call_short: Some(call_short),
            call_long: Some(call_long),
        }
    }

    /// One side: the strike sold and the strike bought.
    #[must_use]
    pub fn one_side(kind: OptionKind, short: Option<f64>, long: Option<f64>) -> Self {
        match kind {
            OptionKind::Put => Self { put_short: short, put_long: long, ..Self::default() },
            OptionKind::Call => Self { call_short: short, call_long: long, ..Self::default() },
        }
    }

    /// The puts or the calls alone.
    #[must_use]
    pub fn side(&self, kind: OptionKind) -> Self {
        let (short, long) = self.of_side(kind);
        Self::one_side(kind, short, long)
    }

    /// This with the puts or the calls of another.
    #[must_use]
    pub fn with_side(mut self, kind: OptionKind, other: &Self) -> Self {
        match kind {
            OptionKind::Put => (self.put_short, self.put_long) = (other.put_short, other.put_long),
            OptionKind::Call => (self.call_short, self.call_long) = (other.call_short, other.call_long),
        }
        self
    }

    /// The strike sold and the strike bought of a side.
    #[must_use]
    pub fn of_side(&self, kind: OptionKind) -> (Option<f64>, Option<f64>) {
        match kind {
            OptionKind::Put => (self.put_short, self.put_long),
            OptionKind::Call => (self.call_short, self.call_long),
        }
    }

    /// Whether it has a leg on that side.
    #[must_use]
    pub fn has(&self, kind: OptionKind) -> bool {
        self.of_side(kind) != (None, None)
    }

    /// The four strikes, where all are there.
    #[must_use]
    pub fn all(&self) -> Option<[f64; 4]> {
        Some([self.put_long?, self.put_short?, self.call_short?, self.call_long?])
    }

    /// What the seller pays at expiry, index points a condor; negative where options bought pay more.
    #[must_use]
    pub fn payout(&self, spot: f64) -> f64 {
        self.legs().map(|leg| -leg.quantity * leg.kind.payoff(spot, leg.strike)).sum()
    }

    /// The most that the seller can have to pay, index points a condor: the width of the wider spread.
    ///
    /// A naked option counts with its strike.
    #[must_use]
    pub fn payout_max(&self) -> f64 {
        let side = |kind, sign: f64| match self.of_side(kind) {
            (Some(short), Some(long)) => (sign * (short - long)).max(0.0),
            (Some(short), None) => short,
            (None, _) => 0.0,
        };
        side(OptionKind::Put, 1.0).max(side(OptionKind::Call, -1.0))
    }

    /// The legs that it has, by ascending strike.
    pub fn legs(&self) -> impl Iterator<Item = CondorLeg> {
        let leg =
            |slot, kind, strike: Option<f64>, quantity| strike.map(|strike| CondorLeg { slot, kind, strike, quantity });
        let legs = [
            leg(0, OptionKind::Put, self.put_long, 1.0),
            leg(1, OptionKind::Put, self.put_short, -1.0),
            leg(2, OptionKind::Call, self.call_short, -1.0),
            leg(3, OptionKind::Call, self.call_long, 1.0),
        ];
        legs.into_iter().flatten()
    }

    /// How many people count one of these as: -1, sold, or 1 for a single option bought.
    #[must_use]
    pub fn counted(&self) -> f64 {
        let mut legs = self.legs();
        match (legs.next(), legs.next()) {
            (Some(only), None) => only.quantity,
            _ => -1.0,
        }
    }

    /// Number of legs.
    #[must_use]
    pub fn count(&self) -> usize {
        self.legs().count()
    }

    /// The index levels between which the seller gains at expiry, given the credit in index points; `None` on a side where
    /// nothing is sold.
    #[must_use]
    pub fn breakevens(&self, credit: f64) -> (Option<f64>, Option<f64>) {
        (self.put_short.map(|strike| strike - credit), self.call_short.map(|strike| strike + credit))
    }

    /// Whether there is a leg, and the strikes are positive, finite and in order.
    #[must_use]
    pub fn is_ordered(&self) -> bool {
        let below = |low: Option<f64>, high: Option<f64>| low.zip(high).is_none_or(|(low, high)| low < high);
        let inner = self.put_short.zip(self.call_short).is_none_or(|(put, call)| put <= call);
        let possible = |leg: CondorLeg| leg.strike > 0.0 && leg.strike.is_finite();
        let in_order = below(self.put_long, self.put_short) && inner && below(self.call_short, self.call_long);
        self.count() > 0 && self.legs().all(possible) && in_order
    }
}

/// `6050/6200/6900/7050`, with `-` for a leg that is not there; `put 6200` where there is only one.
impl std::fmt::Display for CondorStrikes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut legs = self.legs();
        if let (Some(only), None) = (legs.next(), legs.next()) {
            let kind = if only.kind == OptionKind::Put { "put" } else { "call" };
            return write!(f, "{kind} {}", only.strike);
        }
        let strikes = [self.put_long, self.put_short, self.call_short, self.call_long];
        for (number, strike) in strikes.into_iter().enumerate() {
            let slash = if number > 0 { "/" } else { "" };
            match strike {
                Some(strike) => write!(f, "{slash}{strike}")?,
                None => write!(f, "{slash}-")?,
            }
        }
        Ok(())
    }
}

/// One leg of a condor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CondorLeg {
    /// Its rank among the four that a condor can have.
    pub slot: usize,
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

    fn strikes() -> CondorStrikes {
        CondorStrikes::new([6050.0, 6200.0, 6900.0, 7000.0])
    }

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
            assert_eq!(strikes().payout(spot), payout, "{spot}");
        }
    }

    #[test]
    fn the_most_it_can_pay_is_the_wider_spread() {
        assert_eq!(strikes().payout_max(), 150.0);
        assert_eq!(strikes().payout(6000.0), strikes().payout_max());
        assert_eq!(strikes().side(OptionKind::Call).payout_max(), 100.0);
    }

    #[test]
    fn a_naked_option_counts_with_its_strike_and_one_bought_costs_no_more() {
        let naked = CondorStrikes::one_side(OptionKind::Put, Some(6200.0), None);
        assert_eq!((naked.payout_max(), naked.payout(6100.0), naked.payout(0.0)), (6200.0, 100.0, 6200.0));
        let bought = CondorStrikes::one_side(OptionKind::Call, None, Some(7000.0));
        assert_eq!((bought.payout_max(), bought.payout(7100.0)), (0.0, -100.0));
        assert_eq!((naked.counted(), bought.counted(), strikes().counted()), (-1.0, 1.0, -1.0));
        assert_eq!((naked.to_string(), bought.to_string()), ("put 6200".to_owned(), "call 7000".to_owned()));
    }

    #[test]
    fn the_payout_equals_the_credit_at_the_breakevens() {
        let (Some(low), Some(high)) = strikes().breakevens(12.5) else { panic!("both sides are sold") };
        assert_eq!((strikes().payout(low), strikes().payout(high)), (12.5, 12.5));
        assert_eq!(strikes().side(OptionKind::Put).breakevens(12.5).1, None);
    }

    #[test]
    fn sides_are_taken_apart_and_put_together() {
        let [put, call] = [OptionKind::Put, OptionKind::Call].map(|kind| strikes().side(kind));
        assert_eq!((put.count(), call.count(), strikes().count()), (2, 2, 4));
        assert_eq!(put.with_side(OptionKind::Call, &call), strikes());
        assert!(put.has(OptionKind::Put) && !put.has(OptionKind::Call));
        assert_eq!(put.all(), None);
        assert_eq!(put.to_string(), "6050/6200/-/-");
    }

    #[test]
    fn strikes_out_of_order_are_found_out() {
        assert!(strikes().is_ordered());
        let with = |change: fn(&mut CondorStrikes)| {
            let mut strikes = strikes();
            change(&mut strikes);
            strikes.is_ordered()
        };
        assert!(with(|s| s.call_short = Some(6200.0)));
        assert!(with(|s| s.put_long = None));
        assert!(with(|s| (s.put_short, s.call_short) = (None, None)));
        assert!(!with(|s| s.put_long = Some(6200.0)));
        assert!(!with(|s| s.call_short = Some(6100.0)));
        assert!(!with(|s| s.call_long = Some(6900.0)));
        assert!(!with(|s| s.put_long = Some(0.0)));
        assert!(!with(|s| s.call_long = Some(f64::INFINITY)));
        assert!(!with(|s| s.put_short = Some(f64::NAN)));
        assert!(!with(|s| *s = CondorStrikes::default()));
    }
}
