//! The price scan of portfolio margin: what index options lose together at ten moves of the index, and the worst of it.
//!
//! ```text
//! moves      -fall k/5 and +rise k/5, k = 1 ... 5
//! VIX        x `vix_at_fall` at the five moves down, x `vix_at_rise` at the five moves up
//! state      the fast variance factor takes the shocked VIX through the VIX map, the slow one stays; at least 0
//! margin     max( worst loss over the moves, `minimum` x option contracts )
//! ```
//!
//! Positions are revalued by the model's own tables at the shocked index and state, with today's time to expiry: by the
//! same prices that mark them. The ends are the brokers' -12 % and +10 %; the exchange's minimum is -8 % and +6 %.
//!
//! # Bounds
//! On either side of the scan the state is one. There the cost of closing a put spread falls with the index and that of a
//! call spread rises, whatever the law of the index (an option's value depends on the index through payoffs that are
//! monotone in it). So over the moves down a condor costs at most what its put spread costs at the last move and its call
//! spread at the first; over the moves up at most what its put spread costs at the first and its call spread at the last.
//! Marks may miss the law's prices by the tables' accuracy: for a spread twice at the bound and twice at the move bounded.

use crate::instrument::OptionKind;
use crate::model::{State, VixMap};
use crate::pricing::{Located, OptionTable};

/// Moves of the index in a scan.
pub const POINTS: usize = 10;
const SIDE: usize = POINTS / 2;

/// The scan of the portfolio rules.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scan {
    /// Largest fall of the index, a fraction.
    pub fall: f64,
    /// Largest rise, a fraction.
    pub rise: f64,
    /// What VIX is multiplied by at a fallen index.
    pub vix_at_fall: f64,
    /// What VIX is multiplied by at a risen index.
    pub vix_at_rise: f64,
    /// USD an option contract at least.
    pub minimum: f64,
}

impl Default for Scan {
    fn default() -> Self {
        Self { fall: 0.12, rise: 0.10, vix_at_fall: 1.6, vix_at_rise: 0.85, minimum: 37.50 }
    }
}

/// The moves of a scan, made once a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScanPoints {
    scan: Scan,
    /// The index over today's: downwards first, then upwards, each from the smallest move to the largest.
    pub factors: [f64; POINTS],
    log_factors: [f64; POINTS],
}

/// What a condor is valued by in a scan.
#[derive(Debug, Clone, Copy)]
pub struct ScanCondor<'a> {
    /// Marks of its time to expiry.
    pub table: &'a OptionTable,
    /// `ln(strike / forward)` of its four legs by ascending strike.
    pub log_moneyness: [f64; 4],
    /// Discounted forward, index points.
    pub discounted_forward: f64,
}

impl ScanPoints {
    /// The ten moves.
    #[must_use]
    pub fn new(scan: Scan) -> Self {
        let share = |k: usize| (k + 1) as f64 / SIDE as f64;
        let factors = std::array::from_fn(|point| match point.checked_sub(SIDE) {
            None => 1.0 - scan.fall * share(point),
            Some(point) => 1.0 + scan.rise * share(point),
        });
        Self { scan, factors, log_factors: factors.map(crate::math::ln) }
    }

    /// The states at a fallen and at a risen index.
    #[must_use]
    pub fn states(&self, map: &VixMap, state: State) -> [State; 2] {
        let square = map.square(state);
        [self.scan.vix_at_fall, self.scan.vix_at_rise].map(|factor| {
            let shocked = square * (factor * factor);
            State { x1: ((shocked - map.b - map.a2 * state.x2) / map.a1).max(0.0), x2: state.x2 }
        })
    }

    /// What one option is worth at each move, points; `log_moneyness` is `ln(strike / forward)`.
    #[must_use]
    pub fn option(
        &self,
        table: &OptionTable,
        kind: OptionKind,
        log_moneyness: f64,
        discounted_forward: f64,
        located: &[Located; 2],
    ) -> [f64; POINTS] {
        std::array::from_fn(|point| {
            let (k, located) = (log_moneyness - self.log_factors[point], &located[point / SIDE]);
            let value = if kind == OptionKind::Put { table.put(located, k) } else { table.call(located, k) };
            value * (discounted_forward * self.factors[point])
        })
    }

    /// What closing a condor would cost at each move, index points.
    #[must_use]
    pub fn condor(&self, condor: &ScanCondor<'_>, located: &[Located; 2]) -> [f64; POINTS] {
        std::array::from_fn(|point| {
            let k = condor.log_moneyness.map(|k| k - self.log_factors[point]);
            let [puts, calls] = condor.table.condor_sides(&located[point / SIDE], k);
            -(puts + calls) * (condor.discounted_forward * self.factors[point])
        })
    }

    /// The most that closing a condor could cost over the moves down, and over the moves up, index points.
    #[must_use]
    pub fn condor_bounds(&self, condor: &ScanCondor<'_>, located: &[Located; 2]) -> [f64; 2] {
        let [down, up] = [[SIDE - 1, 0], [SIDE, POINTS - 1]];
        let bound = |located: &Located, [at_put, at_call]: [usize; 2]| {
            let [pl, ps, cs, cl] = condor.log_moneyness;
            let (put, call) = (self.log_factors[at_put], self.log_factors[at_call]);
            let [puts, calls] = condor.table.condor_sides(located, [pl - put, ps - put, cs - call, cl - call]);
            let slack = 4.0 * condor.table.accuracy();
            let at = |value: f64, point: usize| slack * self.factors[point].max(1.0) - value * self.factors[point];
            condor.discounted_forward * (at(puts, at_put) + at(calls, at_call))
        };
        [bound(&located[0], down), bound(&located[1], up)]
    }

    /// Margin, USD, of positions that lose `losses` together, and that hold `contracts` options.
    #[must_use]
    pub fn margin(&self, losses: &[f64; POINTS], contracts: f64) -> f64 {
        losses.iter().fold(self.scan.minimum * contracts, |worst, &loss| worst.max(loss))
    }
}
