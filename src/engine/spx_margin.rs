//! What the condors of each path tie up, computed only as far as somebody asks.
//!
//! ```text
//! wings    at most the wings less what closing costs, summed                       no prices
//! sides    at most the bounds of both sides of the scan (see `book::margin::scan`)  two prices a condor
//! exact    the whole scan                                                           ten prices a condor
//! ```
//!
//! Each step is an upper bound of the next, so a question that a bound answers has the answer that the scan would give.
//! Under the rules position by position the first step is exact.

use super::close::Close;
use crate::Result;
use crate::book::margin::reg_t::MarkedLeg;
use crate::book::margin::scan::POINTS;
use crate::book::margin::{MarginRules, Regime, ScanPoints, reg_t, scan::ScanCondor};
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
    /// USD: the requirement, or an upper bound of it.
    pub(super) margin: Vec<f64>,
    /// The most that the condors held before today's trades can tie up, USD.
    pub(super) wings: Vec<f64>,
    known: Vec<Known>,
    contracts: Vec<f64>,
    losses: Vec<[f64; POINTS]>,
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
        Self {
            rules,
            points: ScanPoints::new(rules.scan),
            margin: Vec::new(),
            wings: Vec::new(),
            known: Vec::new(),
            contracts: Vec::new(),
            losses: Vec::new(),
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
        let portfolio = self.rules.regime == Regime::Portfolio;
        for book in open {
            for condor in &book.positions {
                let lane = condor.lane as usize;
                self.margin[lane] += self.wings(close, condor);
                self.contracts[lane] += condor.contracts();
                if portfolio {
                    self.known[lane] = Known::Wings;
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
        let farthest = self.points.factors.iter().fold(1.0, |largest: f64, &factor| largest.max(factor));
        let payout_max = scan_payout_max(condor, spot * farthest);
        // What the scan's prices can lie above a wing by: the accuracy of the tables, and interest where it is negative.
        let plan = close.context.plan;
        let slack = 4.0 * plan.run.mark_accuracy * spot * farthest;
        let negative_carry = (-plan.market.rate).max(-plan.market.dividend_yield).max(0.0);
        let interest = crate::math::exp(negative_carry) - 1.0;
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

    /// Finds the requirement of those paths more closely that `asked` says so of.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn refine(
        &mut self,
        close: &Close<'_, '_>,
        open: &[OpenCondors],
        to: Known,
        asked: impl Fn(usize, f64) -> bool,
    ) -> Result<()> {
        let mut chosen = [false; crate::plan::BATCH_PATHS];
        for (lane, chosen) in chosen[..close.lanes].iter_mut().enumerate() {
            *chosen = self.known[lane] < to && asked(lane, self.margin[lane]);
        }
        if !chosen.contains(&true) {
            return Ok(());
        }
        self.losses.clear();
        self.losses.resize(close.lanes, [0.0; POINTS]);
        for book in open {
            for condor in book.positions.iter().filter(|condor| chosen[condor.lane as usize]) {
                let (value, usd_per_point) = (condor.value, condor.usd_per_point);
                let add = |losses: &mut [f64], costs: &[f64]| {
                    losses.iter_mut().zip(costs).for_each(|(loss, cost)| *loss += (cost - value) * usd_per_point);
                };
                let losses = &mut self.losses[condor.lane as usize];
                if to == Known::Sides {
                    add(losses, &bounds(&self.points, close, condor)?);
                } else {
                    add(losses, &costs(&self.points, close, condor)?);
                }
            }
        }
        for lane in (0..close.lanes).filter(|&lane| chosen[lane]) {
            self.margin[lane] = self.points.margin(&self.losses[lane], self.contracts[lane]);
            self.known[lane] = to;
        }
        Ok(())
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

    /// Every condor of a path by itself, in the order of the book.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn positions(&self, close: &Close<'_, '_>, open: &[OpenCondors], lane: usize) -> Result<Vec<Alone>> {
        let all = open.iter().flat_map(|book| &book.positions);
        all.filter(|condor| condor.lane as usize == lane).map(|condor| self.alone(close, condor)).collect()
    }

    /// What some positions tie up together.
    pub(super) fn together<'a>(&self, positions: impl Iterator<Item = &'a Alone>) -> f64 {
        let (mut losses, mut contracts) = ([0.0; POINTS], 0.0);
        for alone in positions {
            losses.iter_mut().zip(alone.losses).for_each(|(sum, loss)| *sum += loss);
            contracts += alone.contracts;
        }
        match self.rules.regime {
            Regime::Portfolio => self.points.margin(&losses, contracts),
            _ => losses[0],
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

/// What closing a position would cost at each move, index points.
fn costs(points: &ScanPoints, close: &Close<'_, '_>, condor: &Condor) -> Result<[f64; POINTS]> {
    if let (Some(_), Some(expiry)) = (condor.strikes.all(), condor.single_expiry()) {
        return scanned(points, close, condor, expiry, ScanPoints::condor);
    }
    let lane = condor.lane as usize;
    let states = points.states(&close.context.vix_maps[close.day], close.state(lane));
    let mut costs = [0.0; POINTS];
    for leg in condor.strikes.legs() {
        let day = close.context.options.day(close.day, condor.expiry_of(leg.kind))?;
        let k = condor.log_strikes[leg.slot] - close.log_forward(lane, &day);
        let located = states.map(|state| day.table.locate(state));
        let values = points.option(day.table, leg.kind, k, close.spot(lane) * day.dividend_discount, &located);
        costs.iter_mut().zip(values).for_each(|(cost, value)| *cost -= leg.quantity * value);
    }
    Ok(costs)
}

/// The most that closing a position could cost over the moves down, and over the moves up, index points.
fn bounds(points: &ScanPoints, close: &Close<'_, '_>, condor: &Condor) -> Result<[f64; 2]> {
    if let (Some(_), Some(expiry)) = (condor.strikes.all(), condor.single_expiry()) {
        return scanned(points, close, condor, expiry, ScanPoints::condor_bounds);
    }
    let costs = costs(points, close, condor)?;
    let [down, up] = [&costs[..POINTS / 2], &costs[POINTS / 2..]];
    Ok([down, up].map(|side| side.iter().copied().fold(f64::NEG_INFINITY, f64::max)))
}

/// Values a whole condor of one expiry.
fn scanned<T>(
    points: &ScanPoints,
    close: &Close<'_, '_>,
    condor: &Condor,
    expiry: u16,
    value: impl FnOnce(&ScanPoints, &ScanCondor<'_>, &[crate::pricing::Located; 2]) -> T,
) -> Result<T> {
    let lane = condor.lane as usize;
    let day = close.context.options.day(close.day, expiry)?;
    let states = points.states(&close.context.vix_maps[close.day], close.state(lane));
    let log_forward = close.log_forward(lane, &day);
    let scan = ScanCondor {
        table: day.table,
        log_moneyness: condor.log_strikes.map(|log_strike| log_strike - log_forward),
        discounted_forward: close.spot(lane) * day.dividend_discount,
    };
    Ok(value(points, &scan, &states.map(|state| day.table.locate(state))))
}
