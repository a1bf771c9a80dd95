//! Open iron condors of one programme, over the paths of a batch.
//!
//! The order of a path's positions is the order of their
//! opening, whatever other paths do, so that sums over them have the same bits in any batch.

use crate::instrument::CondorStrikes;
use crate::units::SPX_OPTION_MULTIPLIER;

/// One open condor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condor {
    /// Path of the batch.
    pub lane: u32,
    /// Number of the expiry in the run's list.
    pub expiry: u16,
    /// Day of opening.
    pub opened: u16,
    /// Strikes, index points.
    pub strikes: CondorStrikes,
    /// Logarithms of the strikes, ascending.
    pub log_strikes: [f64; 4],
    /// Premium received less the half-spread, index points a condor.
    pub credit: f64,
    /// What closing it would cost at marks today, index points a condor.
    pub value: f64,
    /// The wider wing x 100 x lots, gross of credit, USD.
    pub risk_usd: f64,
}

/// The open condors of a programme.
#[derive(Debug, Default)]
pub struct OpenCondors {
    /// In order of opening.
    pub positions: Vec<Condor>,
    /// USD a point: 100 x lots.
    pub usd_per_point: f64,
    /// SPX option contracts in one position.
    pub contracts: f64,
}

impl OpenCondors {
    /// Nothing open, for positions of that many lots.
    pub fn reset(&mut self, lots: u32) {
        self.positions.clear();
        self.usd_per_point = SPX_OPTION_MULTIPLIER * f64::from(lots);
        self.contracts = 4.0 * f64::from(lots);
    }

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
        let strikes = CondorStrikes { put_long: 4700.0, put_short: 4850.0, call_short: 5150.0, call_long: 5250.0 };
        Condor {
            lane,
            expiry: 0,
            opened: 0,
            strikes,
            log_strikes: [0.0; 4],
            credit: 0.0,
            value: 0.0,
            risk_usd: 15_000.0,
        }
    }

    #[test]
    fn closing_keeps_the_order_of_the_rest() {
        let mut open = OpenCondors::default();
        open.reset(10);
        open.positions.extend([condor(3), condor(1), condor(3), condor(2)]);
        let mut seen = Vec::new();
        open.close(&[false, true, false, false], |gone| seen.push(gone.lane));
        assert_eq!(seen, [1]);
        assert_eq!(open.positions.iter().map(|c| c.lane).collect::<Vec<_>>(), [3, 3, 2]);
        assert_eq!((open.usd_per_point, open.contracts), (1000.0, 40.0));
    }
}
