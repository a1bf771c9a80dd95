//! Open iron condors, or parts of them, of one programme over the paths of a batch.
//!
//! The order of a path's positions is the order of their opening, whatever other paths do, so that sums over them have
//! the same bits in any batch.

use crate::instrument::{CondorStrikes, OptionKind};
use crate::units::SPX_OPTION_MULTIPLIER;

/// What was decided on a position and is not filled yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Nothing.
    #[default]
    None,
    /// Close it.
    Close,
    /// Move it along the expiries, by the shift of that number.
    Shift(u8),
}

/// One open condor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condor {
    /// Path of the batch.
    pub lane: u32,
    /// Numbers of the expiries of puts and calls in the run's list: two where a side was shifted.
    pub expiry: [u16; 2],
    /// Day of opening.
    pub opened: u16,
    /// What was decided and is not filled yet.
    pub order: Order,
    /// Strikes, index points.
    pub strikes: CondorStrikes,
    /// Logarithms of the strikes, ascending; not a number where there is no leg.
    pub log_strikes: [f64; 4],
    /// Premium received so far less half-spreads, what shifts and expired sides cost taken off, index points a condor.
    pub credit: f64,
    /// What closing it would cost at marks today, index points a condor.
    pub value: f64,
    /// USD a point: 100 x lots.
    pub usd_per_point: f64,
    /// The most that it can have to pay, gross of credit, USD.
    pub risk_usd: f64,
}

/// Logarithms of strikes, not a number where there is no leg.
#[must_use]
pub fn log_strikes(strikes: &CondorStrikes) -> [f64; 4] {
    let mut logs = [f64::NAN; 4];
    strikes.legs().for_each(|leg| logs[leg.slot] = crate::math::ln(leg.strike));
    logs
}

impl Condor {
    /// The number of the expiry of a side.
    #[must_use]
    pub fn expiry_of(&self, kind: OptionKind) -> u16 {
        self.expiry[kind as usize]
    }

    /// The number of the one expiry that all its legs have, if they have one.
    #[must_use]
    pub fn single_expiry(&self) -> Option<u16> {
        let [puts, calls] = self.expiry;
        if puts == calls || !self.strikes.has(OptionKind::Call) {
            Some(puts)
        } else if self.strikes.has(OptionKind::Put) {
            None
        } else {
            Some(calls)
        }
    }

    /// The expiry that comes first, as a number of the run's list.
    #[must_use]
    pub fn next_expiry(&self) -> u16 {
        self.single_expiry().unwrap_or(self.expiry[0].min(self.expiry[1]))
    }

    /// The sides that it has legs on.
    pub fn sides(&self) -> impl Iterator<Item = OptionKind> + use<> {
        let strikes = self.strikes;
        [OptionKind::Put, OptionKind::Call].into_iter().filter(move |&kind| strikes.has(kind))
    }

    /// Option contracts in it.
    #[must_use]
    pub fn contracts(&self) -> f64 {
        self.strikes.count() as f64 * (self.usd_per_point / SPX_OPTION_MULTIPLIER)
    }

    /// The legs on the sides that `sides` has, by expiry.
    pub fn parts(&self, sides: &CondorStrikes) -> impl Iterator<Item = (u16, CondorStrikes)> + use<> {
        let [puts, calls] = [OptionKind::Put, OptionKind::Call]
            .map(|kind| (sides.has(kind) && self.strikes.has(kind)).then(|| self.strikes.side(kind)));
        let parts = match (puts, calls) {
            (Some(puts), Some(calls)) if self.expiry[0] == self.expiry[1] => {
                [Some((self.expiry[0], puts.with_side(OptionKind::Call, &calls))), None]
            }
            _ => [puts.map(|puts| (self.expiry[0], puts)), calls.map(|calls| (self.expiry[1], calls))],
        };
        parts.into_iter().flatten()
    }

    /// Gives a side other strikes and another expiry; with no strikes the side is gone.
    pub fn set_side(&mut self, kind: OptionKind, strikes: &CondorStrikes, expiry: u16) {
        self.strikes = self.strikes.with_side(kind, strikes);
        self.expiry[kind as usize] = expiry;
        self.log_strikes = log_strikes(&self.strikes);
        self.risk_usd = self.strikes.payout_max() * self.usd_per_point;
    }
}

/// The open condors of a programme.
#[derive(Debug, Default)]
pub struct OpenCondors {
    /// In order of opening.
    pub positions: Vec<Condor>,
}

impl OpenCondors {
    /// Removes the positions whose flag is set, keeping the order of the rest, and shows each to `closed`.
    ///
    /// # Panics
    /// If there are not as many flags as positions.
    pub fn close(&mut self, flags: &[bool], mut closed: impl FnMut(&Condor)) {
        assert_eq!(flags.len(), self.positions.len());
        let mut flag = flags.iter();
        self.positions.retain(|condor| {
            let close = *flag.next().unwrap_or(&false);
            if close {
                closed(condor);
            }
            !close
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condor(lane: u32) -> Condor {
        let strikes = CondorStrikes::new([4700.0, 4850.0, 5150.0, 5250.0]);
        Condor {
            lane,
            expiry: [0, 0],
            opened: 0,
            order: Order::None,
            strikes,
            log_strikes: log_strikes(&strikes),
            credit: 0.0,
            value: 0.0,
            usd_per_point: 1000.0,
            risk_usd: 150_000.0,
        }
    }

    #[test]
    fn closing_keeps_the_order_of_the_rest() {
        let mut open = OpenCondors::default();
        open.positions.extend([condor(3), condor(1), condor(3), condor(2)]);
        let mut seen = Vec::new();
        open.close(&[false, true, false, false], |gone| seen.push(gone.lane));
        assert_eq!(seen, [1]);
        assert_eq!(open.positions.iter().map(|c| c.lane).collect::<Vec<_>>(), [3, 3, 2]);
    }

    #[test]
    fn a_shifted_side_has_an_expiry_of_its_own_until_the_other_is_gone() {
        let mut condor = condor(0);
        assert_eq!(condor.single_expiry(), Some(0));
        assert_eq!(condor.parts(&condor.strikes).collect::<Vec<_>>(), [(0, condor.strikes)]);
        let lower = CondorStrikes::one_side(OptionKind::Put, Some(4800.0), Some(4700.0));
        condor.set_side(OptionKind::Put, &lower, 7);
        assert_eq!((condor.single_expiry(), condor.next_expiry(), condor.risk_usd), (None, 0, 100_000.0));
        let parts: Vec<_> = condor.parts(&condor.strikes).collect();
        assert_eq!(parts, [(7, lower), (0, condor.strikes.side(OptionKind::Call))]);
        assert_eq!(condor.parts(&lower).collect::<Vec<_>>(), [(7, lower)]);
        condor.set_side(OptionKind::Call, &CondorStrikes::default(), 0);
        assert_eq!((condor.single_expiry(), condor.next_expiry(), condor.risk_usd), (Some(7), 7, 100_000.0));
        assert_eq!(condor.sides().collect::<Vec<_>>(), [OptionKind::Put]);
        assert!(condor.log_strikes[2].is_nan() && condor.log_strikes[1] == crate::math::ln(4800.0));
    }
}
