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
use super::condor_desk::CondorDesk;
use crate::Result;
use crate::book::margin::scan::POINTS;
use crate::book::margin::{MarginRules, Regime, ScanPoints, reg_t, scan::ScanCondor};
use crate::book::{Condor, OpenCondors};

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

    /// Bounds the requirement of every path by its wings.
    pub(super) fn open_day(&mut self, close: &Close<'_, '_>, condors: &CondorDesk) {
        for values in [&mut self.margin, &mut self.contracts] {
            values.clear();
            values.resize(close.lanes, 0.0);
        }
        self.known.clear();
        self.known.resize(close.lanes, Known::Exact);
        let portfolio = self.rules.regime == Regime::Portfolio;
        for open in condors.open() {
            for condor in &open.positions {
                let lane = condor.lane as usize;
                self.margin[lane] += self.wings(close, condor, open.usd_per_point);
                self.contracts[lane] += open.contracts;
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
    pub(super) fn wings(&self, close: &Close<'_, '_>, condor: &Condor, usd_per_point: f64) -> f64 {
        let wing = reg_t::condor(condor.strikes.width(), condor.value);
        if self.rules.regime != Regime::Portfolio {
            return wing * usd_per_point;
        }
        // What the scan's prices can lie above a wing by: the accuracy of the tables, and interest where it is negative.
        let plan = close.context.plan;
        let farthest = self.points.factors.iter().fold(1.0, |largest: f64, &factor| largest.max(factor));
        let slack = 4.0 * plan.run.mark_accuracy * close.spot(condor.lane as usize) * farthest;
        let negative_carry = (-plan.market.rate).max(-plan.market.dividend_yield).max(0.0);
        let interest = crate::math::exp(negative_carry) - 1.0;
        (wing + slack + interest * (condor.strikes.width() + slack)) * usd_per_point
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
        condors: &CondorDesk,
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
        for open in condors.open() {
            for condor in open.positions.iter().filter(|condor| chosen[condor.lane as usize]) {
                let (value, usd_per_point) = (condor.value, open.usd_per_point);
                let add = |losses: &mut [f64], costs: &[f64]| {
                    losses.iter_mut().zip(costs).for_each(|(loss, cost)| *loss += (cost - value) * usd_per_point);
                };
                if to == Known::Sides {
                    let bounds = self.scanned(close, condor, ScanPoints::condor_bounds)?;
                    add(&mut self.losses[condor.lane as usize], &bounds);
                } else {
                    let costs = self.scanned(close, condor, ScanPoints::condor)?;
                    add(&mut self.losses[condor.lane as usize], &costs);
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
    pub(super) fn alone(&self, close: &Close<'_, '_>, condor: &Condor, open: &OpenCondors) -> Result<Alone> {
        let mut losses = [0.0; POINTS];
        if self.rules.regime == Regime::Portfolio {
            let costs = self.scanned(close, condor, ScanPoints::condor)?;
            for (loss, cost) in losses.iter_mut().zip(costs) {
                *loss = (cost - condor.value) * open.usd_per_point;
            }
            let margin = self.points.margin(&losses, open.contracts);
            return Ok(Alone { losses, contracts: open.contracts, margin });
        }
        losses[0] = self.wings(close, condor, open.usd_per_point);
        Ok(Alone { losses, contracts: open.contracts, margin: losses[0] })
    }

    /// Every condor of a path by itself, in the order of the book.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn positions(&self, close: &Close<'_, '_>, condors: &CondorDesk, lane: usize) -> Result<Vec<Alone>> {
        let all = condors.open().iter().flat_map(|open| open.positions.iter().map(move |condor| (open, condor)));
        let own = all.filter(|(_, condor)| condor.lane as usize == lane);
        own.map(|(open, condor)| self.alone(close, condor, open)).collect()
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

    fn scanned<T>(
        &self,
        close: &Close<'_, '_>,
        condor: &Condor,
        value: impl FnOnce(&ScanPoints, &ScanCondor<'_>, &[crate::pricing::Located; 2]) -> T,
    ) -> Result<T> {
        let lane = condor.lane as usize;
        let day = close.context.options.day(close.day, condor.expiry)?;
        let states = self.points.states(&close.context.vix_maps[close.day], close.state(lane));
        let log_forward = close.market.log_spot[close.at(lane)] + day.carry;
        let scan = ScanCondor {
            table: day.table,
            log_moneyness: condor.log_strikes.map(|log_strike| log_strike - log_forward),
            discounted_forward: close.spot(lane) * day.dividend_discount,
        };
        Ok(value(&self.points, &scan, &states.map(|state| day.table.locate(state))))
    }
}
