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
//!
//! The worst move is mostly the last of a side, and [`WorstMove`] finds it so: it looks at the last move of the side whose
//! bound is larger, bounds what is left of that side, and goes on until no bound exceeds what was found.

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

/// Two moves of one side of a scan: that of the lowest index, where puts cost most, and that of the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Number of the move at which puts are read.
    pub put: usize,
    /// Number of the move at which calls are read.
    pub call: usize,
}

/// The moves of a scan, made once a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScanPoints {
    scan: Scan,
    /// The index over today's: downwards first, then upwards, each from the smallest move to the largest.
    pub factors: [f64; POINTS],
    log_factors: [f64; POINTS],
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

    /// The side of a move: 0 downwards, 1 upwards.
    #[must_use]
    pub fn side_of(point: usize) -> usize {
        point / SIDE
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

    /// What closing a condor would cost at one move, from its two spreads there over the forward; index points.
    #[must_use]
    pub fn cost(&self, point: usize, [puts, calls]: [f64; 2], discounted_forward: f64) -> f64 {
        -(puts + calls) * (discounted_forward * self.factors[point])
    }

    /// `ln(strike / forward)` of a condor's legs with its puts at one move and its calls at another.
    #[must_use]
    pub fn log_moneyness(&self, [pl, ps, cs, cl]: [f64; 4], Ends { put, call }: Ends) -> [f64; 4] {
        let (put, call) = (self.log_factors[put], self.log_factors[call]);
        [pl - put, ps - put, cs - call, cl - call]
    }

    /// The most that closing a condor could cost over the moves between two, from its put spread at the lowest index and
    /// its call spread at the highest, as marked within `accuracy` of the forward; index points.
    #[must_use]
    pub fn bound(&self, ends: Ends, [puts, calls]: [f64; 2], discounted_forward: f64, accuracy: f64) -> f64 {
        let slack = 4.0 * accuracy;
        let at = |value: f64, point: usize| slack * self.factors[point].max(1.0) - value * self.factors[point];
        discounted_forward * (at(puts, ends.put) + at(calls, ends.call))
    }

    /// Margin, USD, of positions that lose `losses` together, and that hold `contracts` options.
    #[must_use]
    pub fn margin(&self, losses: &[f64; POINTS], contracts: f64) -> f64 {
        losses.iter().fold(self.scan.minimum * contracts, |worst, &loss| worst.max(loss))
    }
}

/// The search for what positions lose at the worst move, USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorstMove {
    /// The largest loss found so far.
    pub found: f64,
    /// How many moves of each side were not looked at, the smallest ones, and the most that can be lost there.
    left: [(usize, f64); 2],
}

impl WorstMove {
    /// Nothing was looked at; no less than `least` counts.
    #[must_use]
    pub fn new(least: f64, bounds: [f64; 2]) -> Self {
        Self { found: least, left: bounds.map(|bound| (SIDE, bound)) }
    }

    /// The most that can be lost.
    #[must_use]
    pub fn at_most(&self) -> f64 {
        self.left.iter().filter(|(moves, _)| *moves > 0).fold(self.found, |most, (_, bound)| most.max(*bound))
    }

    /// The move to look at next, unless the worst is found.
    #[must_use]
    pub fn next(&self) -> Option<usize> {
        let open = |side: usize| self.left[side].0 > 0 && self.left[side].1 > self.found;
        let side = match [open(0), open(1)] {
            [false, false] => return None,
            [true, true] => usize::from(self.left[1].1 > self.left[0].1),
            [first, _] => usize::from(!first),
        };
        Some(side * SIDE + self.left[side].0 - 1)
    }

    /// Where to read the bound of the moves of a side before a move, if there are any.
    #[must_use]
    pub fn before(point: usize) -> Option<Ends> {
        let first = point / SIDE * SIDE;
        (point > first).then(|| Self::ends(point / SIDE, point - 1))
    }

    /// Where to read the bound of a whole side.
    #[must_use]
    pub fn side(side: usize) -> Ends {
        Self::ends(side, side * SIDE + SIDE - 1)
    }

    /// Takes in what is lost at the move looked at, and at most at those before it.
    pub fn note(&mut self, point: usize, loss: f64, bound: f64) {
        self.found = self.found.max(loss);
        self.left[point / SIDE] = (point % SIDE, bound);
    }

    fn ends(side: usize, last: usize) -> Ends {
        let first = side * SIDE;
        if side == 0 { Ends { put: last, call: first } } else { Ends { put: first, call: last } }
    }
}
