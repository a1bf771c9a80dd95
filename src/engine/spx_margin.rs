//! What the condors of each path tie up, computed only as far as somebody asks.
//!
//! ```text
//! wings    at most the wings less what closing costs, summed                       no prices
//! sides    at most the bounds of both sides of the scan (see `book::margin::scan`)  two prices a condor
//! exact    the worst move, looked for from the ends of the scan                     two prices a condor and move
//! ```
//!
//! Each step is an upper bound of the next, so a question that a bound answers has the answer that the scan would give.
//! Under the rules position by position the first step is exact.

use super::close::Close;
use super::condor_mark::whole;
use super::condor_scan::{self, Question, ScannedCondor, ask, costs};
use crate::Result;
use crate::book::margin::reg_t::MarkedLeg;
use crate::book::margin::scan::{POINTS, WorstMove};
use crate::book::margin::{MarginRules, Regime, ScanPoints, reg_t};
use crate::book::{Condor, OpenCondors};
use crate::instrument::CondorStrikes;

/// How far a path's requirement is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Known {
    /// An upper bound by the wings.
    #[default]
    Wings,
    /// An upper bound by the sides of the scan.
    Sides,
    /// The requirement itself.
    Exact,
}

/// The requirement of the condors of each path of a batch, at one close.
#[derive(Debug)]
pub(super) struct SpxMargin {
    rules: MarginRules,
    points: ScanPoints,
    /// The index at the highest move over today's.
    farthest: f64,
    /// USD: the requirement, or an upper bound of it.
    pub(super) margin: Vec<f64>,
    /// The most that the condors held before today's trades can tie up, USD.
    pub(super) wings: Vec<f64>,
    known: Vec<Known>,
    contracts: Vec<f64>,
    /// Whether all of a path's positions are whole condors of one expiry each.
    whole: Vec<bool>,
    /// The search for the worst move, where the sides are known.
    search: Vec<WorstMove>,
    /// What VX gains at moves down and up, as far as it is offset, USD; empty where nothing is.
    relief: Vec<[f64; 2]>,
}

/// One position by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Alone {
    /// What it loses at each move, USD; only its first entry counts where positions are margined one by one.
    pub(super) losses: [f64; POINTS],
    /// Option contracts.
    pub(super) contracts: f64,
    /// What it ties up, USD.
    pub(super) margin: f64,
}

impl SpxMargin {
    /// For a run with those rules.
    pub(super) fn new(rules: MarginRules) -> Self {
        let points = ScanPoints::new(rules.scan);
        Self {
            rules,
            points,
            farthest: points.factors.iter().fold(1.0, |largest: f64, &factor| largest.max(factor)),
            margin: Vec::new(),
            wings: Vec::new(),
            known: Vec::new(),
            contracts: Vec::new(),
            whole: Vec::new(),
            search: Vec::new(),
            relief: Vec::new(),
        }
    }

    /// Makes ready for a run with those rules, which may be another run than before.
    pub(super) fn renew(spx: &mut Option<Self>, rules: MarginRules) {
        if rules.regime == Regime::None {
            *spx = None;
        } else if spx.as_ref().is_none_or(|spx| spx.rules != rules) {
            *spx = Some(Self::new(rules));
        }
    }

    /// Bounds the requirement of every path by its wings.
    pub(super) fn open_day(&mut self, close: &Close<'_, '_>, open: &[OpenCondors]) {
        for values in [&mut self.margin, &mut self.contracts] {
            values.clear();
            values.resize(close.lanes, 0.0);
        }
        self.known.clear();
        self.known.resize(close.lanes, Known::Exact);
        self.whole.clear();
        self.whole.resize(close.lanes, true);
        self.search.resize(close.lanes, WorstMove::new(0.0, [0.0; 2]));
        let portfolio = self.rules.regime == Regime::Portfolio;
        for book in open {
            for condor in &book.positions {
                let lane = condor.lane as usize;
                self.margin[lane] += self.wings(close, condor);
                self.contracts[lane] += condor.contracts();
                if portfolio {
                    self.known[lane] = Known::Wings;
                    self.whole[lane] &= whole(condor).is_some();
                }
            }
        }
        if portfolio {
            for (margin, &contracts) in self.margin.iter_mut().zip(&self.contracts) {
                *margin = margin.max(self.rules.scan.minimum * contracts);
            }
        }
        self.wings.clear();
        self.wings.extend_from_slice(&self.margin);
    }

    /// The most that a condor can tie up, USD.
    pub(super) fn wings(&self, close: &Close<'_, '_>, condor: &Condor) -> f64 {
        let spot = close.spot(condor.lane as usize);
        if self.rules.regime != Regime::Portfolio {
            return position_by_position(condor, spot) * condor.usd_per_point;
        }
        let payout_max = scan_payout_max(condor, spot * self.farthest);
        // What the scan's prices can lie above a wing by: the accuracy of the tables, and interest where it is negative.
        let market = &close.context.plan.market;
        let slack = 4.0 * close.context.plan.run.mark_accuracy * spot * self.farthest;
        let negative_carry = (-market.rate).max(-market.dividend_yield).max(0.0);
        let interest = if negative_carry > 0.0 { crate::math::exp(negative_carry) - 1.0 } else { 0.0 };
        let wing = reg_t::condor(payout_max, condor.value);
        (wing + slack + interest * (payout_max + slack)) * condor.usd_per_point
    }

    /// The most that a condor about to be opened adds, USD.
    pub(super) fn entry_wings(&self, close: &Close<'_, '_>, condor: &Condor) -> f64 {
        self.wings(close, condor).max(self.rules.scan.minimum * condor.contracts())
    }

    /// How far a path's requirement is known.
    pub(super) fn known(&self, lane: usize) -> Known {
        self.known[lane]
    }

    /// Finds the requirement of those of some paths more closely that `asked` says so of.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn refine(
        &mut self,
        close: &Close<'_, '_>,
        open: &[OpenCondors],
        lanes: &[usize],
        to: Known,
        asked: impl Fn(usize, f64) -> bool,
    ) -> Result<()> {
        let mut chosen: Vec<usize> =
            lanes.iter().copied().filter(|&lane| self.known[lane] < to && asked(lane, self.margin[lane])).collect();
        for &lane in chosen.iter().filter(|&&lane| !self.whole[lane]) {
            let positions = self.positions(close, open, lane)?;
            self.margin[lane] = self.together(positions.iter(), self.relief(lane));
            self.known[lane] = Known::Exact;
        }
        chosen.retain(|&lane| self.whole[lane]);
        if chosen.is_empty() {
            return Ok(());
        }
        let mut scanned = condor_scan::scanned(&self.points, close, open, &chosen)?;
        match to {
            Known::Sides => self.bound_sides(&scanned, &chosen),
            _ => self.find_worst(&mut scanned, &chosen),
        }
        for lane in chosen {
            self.margin[lane] = self.search[lane].at_most();
            self.known[lane] = to;
        }
        Ok(())
    }

    /// Bounds both sides of the scan of some paths.
    fn bound_sides(&mut self, scanned: &[ScannedCondor<'_>], lanes: &[usize]) {
        let sides = [0, 1].map(|side| Question::Bound(WorstMove::side(side)));
        let losses = ask(&self.points, self.margin.len(), scanned, |_| sides);
        for &lane in lanes {
            let least = self.rules.scan.minimum * self.contracts[lane];
            self.search[lane] = WorstMove::new(least, losses[lane]);
        }
    }

    /// Finds the worst move of some paths whose sides are bounded.
    fn find_worst(&mut self, scanned: &mut Vec<ScannedCondor<'_>>, lanes: &[usize]) {
        loop {
            let next = |lane: usize| self.search[lane].next();
            let searched: Vec<(usize, usize)> = lanes.iter().filter_map(|&lane| Some((lane, next(lane)?))).collect();
            if searched.is_empty() {
                return;
            }
            scanned.retain(|condor| next(condor.lane).is_some());
            let losses = ask(&self.points, self.margin.len(), scanned, |lane| {
                let Some(point) = next(lane) else { return [Question::Nothing; 2] };
                let before = WorstMove::before(point).map_or(Question::Nothing, Question::Bound);
                [Question::Loss(point), before]
            });
            for (lane, point) in searched {
                let [loss, before] = losses[lane];
                self.search[lane].note(point, loss, before);
            }
        }
    }

    /// What one condor ties up by itself.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn alone(&self, close: &Close<'_, '_>, condor: &Condor) -> Result<Alone> {
        let (mut losses, contracts) = ([0.0; POINTS], condor.contracts());
        if self.rules.regime == Regime::Portfolio {
            let costs = costs(&self.points, close, condor)?;
            for (loss, cost) in losses.iter_mut().zip(costs) {
                *loss = (cost - condor.value) * condor.usd_per_point;
            }
            let margin = self.points.margin(&losses, contracts);
            return Ok(Alone { losses, contracts, margin });
        }
        losses[0] = self.wings(close, condor);
        Ok(Alone { losses, contracts, margin: losses[0] })
    }

    /// No more than some positions of a path tie up together, USD: what they lose at the ends of the scan.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn at_least(&self, close: &Close<'_, '_>, held: &[&Condor], lane: usize) -> Result<f64> {
        if self.rules.regime != Regime::Portfolio || !held.iter().all(|condor| whole(condor).is_some()) {
            return Ok(0.0);
        }
        let losses = condor_scan::losses_at_ends(&self.points, close, held)?;
        let relief = self.relief(lane);
        Ok((losses[0] - relief[0]).max(losses[1] - relief[1]))
    }

    /// Every condor of a path by itself, in the order of the book.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn positions(&self, close: &Close<'_, '_>, open: &[OpenCondors], lane: usize) -> Result<Vec<Alone>> {
        let all = open.iter().flat_map(|book| &book.positions);
        all.filter(|condor| condor.lane as usize == lane).map(|condor| self.alone(close, condor)).collect()
    }

    /// What some positions tie up together, less what VX gains at moves down and up, USD.
    pub(super) fn together<'a>(&self, positions: impl Iterator<Item = &'a Alone>, relief: [f64; 2]) -> f64 {
        let (mut losses, mut contracts) = ([0.0; POINTS], 0.0);
        for alone in positions {
            losses.iter_mut().zip(alone.losses).for_each(|(sum, loss)| *sum += loss);
            contracts += alone.contracts;
        }
        match self.rules.regime {
            Regime::Portfolio => {
                let moves = losses.iter_mut().enumerate();
                moves.for_each(|(point, loss)| *loss -= relief[ScanPoints::side_of(point)]);
                self.points.margin(&losses, contracts)
            }
            _ => losses[0],
        }
    }

    /// What VX gains at moves down and up, as far as it is offset, USD.
    pub(super) fn relief(&self, lane: usize) -> [f64; 2] {
        self.relief.get(lane).copied().unwrap_or_default()
    }

    /// Offsets gains of VX against what index options lose, from [`Self::open_day`] to the next.
    pub(super) fn offset(&mut self, gains: &[[f64; 2]]) {
        self.relief.clear();
        self.relief.extend(gains.iter().map(|gains| gains.map(|gain| self.rules.vx_offset * gain.max(0.0))));
        for (whole, relief) in self.whole.iter_mut().zip(&self.relief) {
            // The search for the worst move knows nothing of offsets; the scan point by point does.
            *whole &= *relief == [0.0; 2];
        }
    }
}

/// What a position ties up against equity where each stands for itself, index points: the wider wing less what closing
/// costs; an option sold naked its share of the index, beside the wing of the other side.
fn position_by_position(condor: &Condor, spot: f64) -> f64 {
    let (mut naked, mut wing) = (0.0_f64, 0.0_f64);
    for (_, legs) in condor.parts(&condor.strikes) {
        let mut part = 0.0_f64;
        for kind in condor.sides().filter(|&kind| legs.has(kind)) {
            match legs.of_side(kind) {
                (Some(strike), None) => {
                    let leg = MarkedLeg { kind, strike, quantity: -1.0, price: 0.0 };
                    naked = naked.max(reg_t::against_equity(&[leg], spot, reg_t::INDEX));
                }
                _ => part = part.max(legs.side(kind).payout_max()),
            }
        }
        wing += part;
    }
    if naked > 0.0 { naked + wing } else { reg_t::condor(wing, condor.value) }
}

/// The most that closing a position can cost at any move of a scan, index points: wings of one expiry are not lost
/// together, those of two can be; a call sold naked is worth less than the highest index.
fn scan_payout_max(condor: &Condor, highest: f64) -> f64 {
    let most = |legs: &CondorStrikes| {
        let naked_call = legs.call_short.is_some() && legs.call_long.is_none();
        let naked = if naked_call { highest + legs.put_short.unwrap_or(0.0) } else { 0.0 };
        legs.payout_max().max(naked)
    };
    condor.parts(&condor.strikes).map(|(_, legs)| most(&legs)).sum()
}
