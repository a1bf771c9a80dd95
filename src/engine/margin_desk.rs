//! Watches what an account's positions tie up, calls it, and says what may still be traded.
//!
//! At each close, after positions are marked and before anything is traded, equity is held against the maintenance margin
//! of what is held. Requirements are found only as far as an answer hangs on them: see [`SpxMargin`].
//!
//! An account that follows condors which others hold as well cannot have them sold off or refused: where it comes to that,
//! it leaves, and the path is run again with a book of its own.

use super::close::Close;
use super::condor_tape::TapeEntry;
use super::entry_gate::EntryGate;
use super::lanes::Lanes;
use super::spx_margin::{Alone, Known, SpxMargin};
use crate::Result;
use crate::book::margin::credit::{QUICK_MAX, quick_ratio};
use crate::book::margin::{CreditLine, MarginRules, QuickStop};
use crate::book::{Condor, OpenCondors};

/// What an account may not trade at a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Halt {
    /// No condor is opened.
    pub(super) condors: bool,
    /// No layer goes on.
    pub(super) layers: bool,
    /// Hedges are sold off.
    pub(super) flat: bool,
}

impl Halt {
    /// Everything may be traded.
    const FREE: Self = Self { condors: false, layers: false, flat: false };
    /// Hedges are sold off, and nothing new is opened.
    const FLAT: Self = Self { condors: true, layers: true, flat: true };

    /// What an account may not trade that has less than initial margin, or a quick ratio below its floor.
    fn of(below_initial: bool, below_floor: bool, stops: QuickStop) -> Self {
        Self {
            condors: below_initial || below_floor && stops != QuickStop::Layers,
            layers: below_initial || below_floor && stops != QuickStop::Condors,
            flat: false,
        }
    }

    /// Whether a layer may be on, having been on or off the day before.
    #[must_use]
    pub(super) fn allows(self, was_on: bool) -> bool {
        !self.flat && (was_on || !self.layers)
    }
}

/// Margin use counts up to this: an account without equity has no ratio to it.
pub(super) const USE_MAX: f64 = 10.0;

/// How one account fared, a value a path each.
#[derive(Debug, Default)]
pub(super) struct MarginTrack {
    /// Highest maintenance margin over equity at a close, at most [`USE_MAX`].
    pub(super) worst_use: Vec<f64>,
    /// Lowest equity less maintenance margin at a close, USD.
    pub(super) lowest_excess: Vec<f64>,
    /// Margin calls.
    pub(super) calls: Vec<i32>,
    /// Closes below maintenance margin.
    pub(super) days_in_call: Vec<i32>,
    /// 1 where the account was ruined.
    pub(super) ruined: Vec<i32>,
    /// Lowest quick ratio at a close.
    pub(super) lowest_quick: Vec<f64>,
    /// The most that was drawn of the credit line, USD.
    pub(super) most_drawn: Vec<f64>,
    /// Drawn of the credit line, USD.
    pub(super) drawn: Vec<f64>,
    /// Equity of today before its trades and without what is drawn, USD.
    equity: Vec<f64>,
    /// Cash of today before its trades and without what is drawn, USD.
    pub(super) cash: Vec<f64>,
    /// Day of the close at which the present call was made.
    called: Vec<Option<usize>>,
}

/// A call that is to be met at today's close by selling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Due {
    /// Path of the batch.
    pub(super) lane: usize,
    /// Equity before anything is sold and without what is drawn, USD.
    pub(super) equity: f64,
    /// Whether everything goes.
    pub(super) ruined: bool,
}

/// The margin of an account.
#[derive(Debug)]
pub(super) struct MarginDesk {
    pub(super) rules: MarginRules,
    /// Margin of futures and VIX options, USD.
    pub(super) hedge: Vec<f64>,
    /// What closing costs of positions whose closing costs something, USD: condors, then VIX options.
    pub(super) debit: [Vec<f64>; 2],
    pub(super) track: MarginTrack,
    /// What may be traded.
    pub(super) halt: Vec<Halt>,
    /// The most that condors opened today can tie up, USD.
    opened: Vec<f64>,
    /// Calls to be met today.
    pub(super) due: Vec<Due>,
    /// Paths on which an account that follows has left.
    left: Vec<bool>,
    /// Whether a rule asks for margin use.
    is_seen: bool,
    /// Whether closes on which nothing can happen may be passed over: nobody sees figures of each close or borrows.
    passes_over: bool,
    /// Paths on which something may happen today.
    awake: Vec<usize>,
    /// Maintenance margin over equity, where a rule asks for it.
    pub(super) used: Vec<f64>,
    /// Quick ratio.
    pub(super) quick: Vec<f64>,
}

impl MarginTrack {
    fn reset(&mut self, lanes: usize, equity: f64) {
        for counts in [&mut self.calls, &mut self.days_in_call, &mut self.ruined] {
            counts.clear();
            counts.resize(lanes, 0);
        }
        for values in [&mut self.worst_use, &mut self.most_drawn, &mut self.drawn] {
            values.clear();
            values.resize(lanes, 0.0);
        }
        self.lowest_quick.clear();
        self.lowest_quick.resize(lanes, QUICK_MAX);
        for values in [&mut self.lowest_excess, &mut self.equity, &mut self.cash] {
            values.clear();
            values.resize(lanes, equity);
        }
        self.called.clear();
        self.called.resize(lanes, None);
    }

    /// Takes some paths over from a track that has just these.
    pub(super) fn take_over(&mut self, lanes: &Lanes<'_>, from: &Self) {
        lanes.scatter(&from.worst_use, &mut self.worst_use);
        lanes.scatter(&from.lowest_excess, &mut self.lowest_excess);
        lanes.scatter(&from.lowest_quick, &mut self.lowest_quick);
        lanes.scatter(&from.most_drawn, &mut self.most_drawn);
        lanes.scatter(&from.calls, &mut self.calls);
        lanes.scatter(&from.days_in_call, &mut self.days_in_call);
        lanes.scatter(&from.ruined, &mut self.ruined);
    }

    /// Whether a margin of at most `at_most` could change what the track says or what follows from it.
    fn hangs_on(&self, lane: usize, at_most: f64, initial: f64) -> bool {
        let equity = self.equity[lane];
        equity < initial * at_most
            || equity - at_most < self.lowest_excess[lane]
            || use_of(at_most, equity) > self.worst_use[lane]
    }

    /// Equity at the broker: that of the account and what is drawn.
    fn at_broker(&self, lane: usize) -> f64 {
        self.equity[lane] + self.drawn[lane]
    }

    /// Draws on the credit line, or pays back.
    fn draw(&mut self, lane: usize, line: &CreditLine, initial_margin: f64, hedge: f64) {
        let drawn = line.drawn(self.equity[lane], initial_margin, hedge);
        self.drawn[lane] = drawn;
        self.most_drawn[lane] = self.most_drawn[lane].max(drawn);
    }

    /// Whether a margin of at most `at_most` and a debit to close what is sold leave everything as it is, in one look; a
    /// path may be left for a closer one.
    fn is_quiet(&self, lane: usize, at_most: f64, debit: f64, rules: &MarginRules) -> bool {
        // Products in place of quotients, with room for their rounding.
        const ROOM: f64 = 1.0 - 1e-12;
        let (equity, cash) = (self.equity[lane], self.cash[lane]);
        let has_margin = equity >= rules.initial * at_most
            && equity >= at_most
            && equity - at_most >= self.lowest_excess[lane]
            && at_most <= self.worst_use[lane] * equity * ROOM;
        let is_quick = cash > 0.0 && self.lowest_quick[lane] * debit <= cash * ROOM;
        let is_free = self.called[lane].is_none() && self.ruined[lane] == 0 && equity > rules.calls.ruin_below;
        has_margin & is_quick & is_free
    }

    /// Notes today's quick ratio, with `deficit` of margin and `debit` to close what is sold, USD.
    fn note_quick(&mut self, lane: usize, deficit: f64, debit: f64) -> f64 {
        let drawn = self.drawn[lane];
        let quick = quick_ratio(self.cash[lane] + drawn, deficit + debit + drawn);
        self.lowest_quick[lane] = self.lowest_quick[lane].min(quick);
        quick
    }

    /// Notes today's margin; whether equity is below it.
    fn note(&mut self, lane: usize, margin: f64) -> bool {
        let equity = self.at_broker(lane);
        self.worst_use[lane] = self.worst_use[lane].max(use_of(margin, equity));
        self.lowest_excess[lane] = self.lowest_excess[lane].min(equity - margin);
        // Who holds nothing has nothing to answer for.
        let short = margin > 0.0 && equity < margin;
        self.days_in_call[lane] += i32::from(short);
        short
    }
}

/// Margin over equity, at most [`USE_MAX`].
fn use_of(margin: f64, equity: f64) -> f64 {
    if margin <= 0.0 {
        0.0
    } else if equity * USE_MAX <= margin {
        USE_MAX
    } else {
        margin / equity
    }
}

impl MarginDesk {
    /// For an account with those rules.
    ///
    /// `sees` says whether a rule asks for margin use, and for the quick ratio.
    pub(super) fn new(rules: MarginRules, [is_seen, quick_is_seen]: [bool; 2]) -> Self {
        let is_plain = rules.credit.limit == 0.0 && rules.quick.floor <= 0.0;
        Self {
            rules,
            passes_over: is_plain && !is_seen && !quick_is_seen,
            awake: Vec::new(),
            hedge: Vec::new(),
            debit: Default::default(),
            track: MarginTrack::default(),
            halt: Vec::new(),
            opened: Vec::new(),
            due: Vec::new(),
            left: Vec::new(),
            is_seen,
            used: Vec::new(),
            quick: Vec::new(),
        }
    }

    /// Starts again with that equity.
    pub(super) fn reset(&mut self, lanes: usize, equity: f64) {
        self.track.reset(lanes, equity);
        self.halt.clear();
        self.halt.resize(lanes, Halt::FREE);
        self.left.clear();
        self.left.resize(lanes, false);
        let Self { hedge, debit: [condors, options], opened, used, quick, .. } = self;
        for values in [hedge, condors, options, opened, used, quick] {
            values.clear();
            values.resize(lanes, 0.0);
        }
        self.due.clear();
    }

    /// Today's equity, to be filled in before [`Self::examine`].
    pub(super) fn equity_mut(&mut self) -> &mut [f64] {
        &mut self.track.equity
    }

    /// Holds equity against margin: notes it, finds out who is called, whose call is due and who may trade.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn examine(&mut self, close: &Close<'_, '_>, spx: &mut SpxMargin, open: &[OpenCondors]) -> Result<()> {
        self.opened.fill(0.0);
        self.due.clear();
        let Self { track, hedge, debit: [condors, options], halt, left, is_seen, rules, awake, .. } = self;
        awake.clear();
        for lane in (0..close.lanes).filter(|&lane| !left[lane]) {
            let (at_most, debit) = (spx.margin[lane] + hedge[lane], condors[lane] + options[lane]);
            if self.passes_over && track.is_quiet(lane, at_most, debit, rules) {
                halt[lane] = Halt::FREE;
            } else {
                awake.push(lane);
            }
        }
        for level in [Known::Sides, Known::Exact] {
            spx.refine(close, open, awake, level, |lane, at_most| {
                *is_seen || track.hangs_on(lane, at_most + hedge[lane], rules.initial)
            })?;
        }
        for at in 0..self.awake.len() {
            self.examine_lane(close, spx, self.awake[at]);
        }
        Ok(())
    }

    fn examine_lane(&mut self, close: &Close<'_, '_>, spx: &SpxMargin, lane: usize) {
        let at_most = spx.margin[lane];
        let exact = spx.known(lane) == Known::Exact;
        let track = &mut self.track;
        let (equity, margin) = (track.equity[lane], at_most + self.hedge[lane]);
        let initial = self.rules.initial * margin;
        // What a bound cannot change it does not: nothing hangs on it, and nothing is drawn for it.
        track.draw(lane, &self.rules.credit, initial, self.hedge[lane]);
        let short = exact && track.note(lane, margin);
        let ruin = equity <= self.rules.calls.ruin_below && track.ruined[lane] == 0;
        let at_broker = track.at_broker(lane);
        let deficit = if short { margin - at_broker } else { 0.0 };
        let quick = track.note_quick(lane, deficit, self.debit[0][lane] + self.debit[1][lane]);
        self.quick[lane] = quick;
        let stops = self.rules.quick;
        let mut halt = Halt::of(exact && at_broker < initial, quick < stops.floor, stops.stops);
        if short && track.called[lane].is_none() {
            track.called[lane] = Some(close.day);
            track.calls[lane] += 1;
        } else if !short {
            track.called[lane] = None;
        }
        let waited = track.called[lane].map(|since| close.day - since);
        if ruin {
            track.ruined[lane] = 1;
        }
        if track.ruined[lane] == 1 {
            halt = Halt::FLAT;
        }
        if ruin || waited.is_some_and(|days| days >= self.rules.calls.grace_days as usize) {
            self.due.push(Due { lane, equity, ruined: ruin });
        }
        if self.is_seen {
            self.used[lane] = use_of(margin, at_broker);
        }
        self.halt[lane] = halt;
    }

    /// Leaves the paths on which this account is halted, or has a call to meet, or has no room for a condor of today.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn leave(
        &mut self,
        close: &Close<'_, '_>,
        spx: &SpxMargin,
        entries: &mut [TapeEntry],
        held: &[Condor],
    ) -> Result<()> {
        for due in self.due.drain(..) {
            self.left[due.lane] = true;
        }
        for (halt, left) in self.halt.iter_mut().zip(&mut self.left).filter(|(halt, _)| **halt != Halt::FREE) {
            (*halt, *left) = (Halt::FREE, true);
        }
        for entry in entries {
            let lane = entry.lane;
            if self.left[lane] {
                continue;
            }
            let at_most = spx.wings[lane] + self.opened[lane] + entry.wings;
            if self.has_room(lane, at_most) || self.has_room(lane, entry.exact(close, spx, held)?) {
                self.opened[lane] += entry.wings;
            } else {
                self.left[lane] = true;
            }
        }
        Ok(())
    }

    /// The paths that it has left.
    pub(super) fn left(&self) -> impl Iterator<Item = usize> {
        self.left.iter().enumerate().filter(|(_, left)| **left).map(|(lane, _)| lane)
    }

    fn has_room(&self, lane: usize, condors_usd: f64) -> bool {
        self.track.at_broker(lane) >= self.rules.initial * (condors_usd + self.hedge[lane])
    }

    /// Whether a path's hedge is sold off.
    #[must_use]
    pub(super) fn is_flat(&self, lane: usize) -> bool {
        self.halt[lane].flat
    }

    /// States that a path's hedge is sold at today's close.
    pub(super) fn sell_hedge(&mut self, lane: usize) {
        self.halt[lane] = Halt::FLAT;
    }

    /// States that a path's account was ruined while its call was met.
    pub(super) fn ruin(&mut self, lane: usize) {
        self.track.ruined[lane] = 1;
        self.halt[lane] = Halt::FLAT;
    }

    /// States that a path's call was met, by an account with `equity` of its own whose positions now tie up so much.
    pub(super) fn settle_call(&mut self, lane: usize, equity: f64, ties_up: f64, hedge: f64) {
        self.track.called[lane] = None;
        self.track.drawn[lane] = self.rules.credit.drawn(equity, self.rules.initial * ties_up, hedge);
    }

    /// What an account with `equity` of its own, whose positions tie up so much, has at the broker.
    pub(super) fn at_broker(&self, equity: f64, ties_up: f64, hedge: f64) -> f64 {
        equity + self.rules.credit.drawn(equity, self.rules.initial * ties_up, hedge)
    }
}

/// Lets an account open what it has margin for.
pub(super) struct MarginGate<'a> {
    /// The account's margin.
    pub(super) margin: &'a mut MarginDesk,
    /// What its condors tie up.
    pub(super) spx: &'a SpxMargin,
}

impl EntryGate for MarginGate<'_> {
    fn is_shut(&self, lane: usize) -> bool {
        self.margin.halt[lane].condors
    }

    /// Only if equity before today's trades is at least the initial margin of all that is then held.
    fn permits(&mut self, close: &Close<'_, '_>, open: &[OpenCondors], condor: &Condor) -> Result<bool> {
        let Self { margin, spx } = self;
        let lane = condor.lane as usize;
        let wings = spx.entry_wings(close, condor);
        let at_most = spx.wings[lane] + margin.opened[lane] + wings;
        let permitted = margin.has_room(lane, at_most) || {
            let of_path = open.iter().flat_map(|book| &book.positions).filter(|held| held.lane == condor.lane);
            let held: Vec<&Condor> = of_path.chain([condor]).collect();
            // Most that have no room say so at an end of the scan.
            margin.has_room(lane, spx.at_least(close, &held, lane)?) && {
                let alone: Result<Vec<Alone>> = held.iter().map(|condor| spx.alone(close, condor)).collect();
                margin.has_room(lane, spx.together(alone?.iter(), spx.relief(lane)))
            }
        };
        if permitted {
            margin.opened[lane] += wings;
        }
        Ok(permitted)
    }
}

#[cfg(test)]
mod tests;
