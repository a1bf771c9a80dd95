//! The close of one day, as the desks of a batch see it.

use jiff::civil::Date;

use super::context::Context;
use super::market::MarketBatch;
use super::vix_option_marks::VixOptionDay;
use crate::book::Strain;
use crate::book::margin::ScanPoints;
use crate::calendar::VixContract;
use crate::calendar::sessions::days_between;
use crate::math::exp;
use crate::model::State;

/// What desks read at one close.
pub(super) struct Close<'a, 'p> {
    /// The run.
    pub(super) context: &'a Context<'p>,
    /// The market along the batch's paths.
    pub(super) market: &'a MarketBatch,
    /// Today.
    pub(super) day: usize,
    /// Paths in the batch.
    pub(super) lanes: usize,
}

impl Close<'_, '_> {
    /// Where a path's values of today lie in the columns of the market.
    pub(super) fn at(&self, lane: usize) -> usize {
        self.day * self.lanes + lane
    }

    /// Both variance factors of a path today.
    pub(super) fn state(&self, lane: usize) -> State {
        let at = self.at(lane);
        State { x1: self.market.path.x1[at], x2: self.market.path.x2[at] }
    }

    /// VIX of a path today, points.
    pub(super) fn vix(&self, lane: usize) -> f64 {
        self.market.vix[self.at(lane)]
    }

    /// How liquid the market is on a path today.
    pub(super) fn strain(&self, lane: usize) -> Strain {
        let vix = self.vix(lane);
        let before = if self.day == 0 { vix } else { self.market.vix[self.at(lane) - self.lanes] };
        let strain = self.context.plan.costs.strain(vix, vix - before);
        match self.context.plan.crunches() {
            Some(crunch) if self.market.is_in_crunch(self.at(lane)) => strain.times(crunch.spreads, crunch.depth),
            _ => strain,
        }
    }

    /// Whether SPX options expire today.
    pub(super) fn has_expiry(&self) -> bool {
        self.context.expiries.day.contains(&Some(self.day))
    }

    /// The index on a path today.
    pub(super) fn spot(&self, lane: usize) -> f64 {
        self.market.path.spot[self.at(lane)]
    }

    /// Calendar days from today to a date.
    pub(super) fn days_to(&self, date: Date) -> f64 {
        days_between(self.context.grid.date(self.day), date) as f64
    }

    /// Today's marks of the VIX options of a contract.
    pub(super) fn vix_options(&self, contract: u16) -> VixOptionDay<'_> {
        self.context.vix_options.day(self.day, contract)
    }

    /// What the VX of a contract is worth over the model's price on a path, today and in the basis of another close.
    pub(super) fn basis_factor(&self, contract: VixContract, basis_of: usize, lane: usize) -> f64 {
        let basis = self.market.crunch.basis.get(basis_of * self.lanes + lane).copied().unwrap_or(0.0);
        match self.context.share_of_basis(contract, self.day) {
            Some(share) if basis != 0.0 => exp(share * basis),
            _ => 1.0,
        }
    }

    /// Adds what a VX position of `usd` a point would gain on a path at the moves down and up of a scan: its marks in the
    /// states of the scan, off the VX table of that number, less its mark.
    pub(super) fn add_scan_gain(
        &self,
        points: &ScanPoints,
        contract: VixContract,
        table: usize,
        lane: usize,
        usd: f64,
        gain: &mut [f64; 2],
    ) {
        let now = self.state(lane);
        let [down, up] = points.states(&self.context.vix_maps[self.day], now);
        let mut marks = [0.0; 3];
        let table = self.context.vx_table(table);
        table.futures(&[now.x1, down.x1, up.x1], &[now.x2, down.x2, up.x2], &mut marks);
        let usd = usd * self.basis_factor(contract, self.day, lane);
        gain.iter_mut().zip(&marks[1..]).for_each(|(gain, mark)| *gain += usd * (mark - marks[0]));
    }

    /// Today's price of what a leg holds from today on, points.
    pub(super) fn price_of_leg(&self, leg: usize, lane: usize) -> f64 {
        match self.context.legs[leg].vx {
            Some(_) => self.market.legs[leg].next[self.at(lane)],
            None => self.spot(lane),
        }
    }

    /// What one contract of a leg held since yesterday would have gained had nothing happened, USD at `multiplier` a point:
    /// its mark in yesterday's state at today's time to expiry less yesterday's mark.
    pub(super) fn carry_of_leg(&self, leg: usize, multiplier: f64, carry: &mut [f64]) {
        let yesterday = (self.day - 1) * self.lanes..self.day * self.lanes;
        let path = &self.market.path;
        match &self.context.legs[leg].vx {
            Some(vx) => {
                let table = self.context.vx_table(vx.held[self.day].unwrap_or(vx.next[self.day]));
                table.futures(&path.x1[yesterday.clone()], &path.x2[yesterday.clone()], carry);
                self.market.add_basis(self.context, vx.contracts[self.day - 1], self.day, self.day - 1, carry);
            }
            None => {
                let growth = self.context.dividend_growth(self.day);
                carry.iter_mut().zip(&path.spot[yesterday.clone()]).for_each(|(still, spot)| *still = spot * growth);
            }
        }
        let before = &self.market.legs[leg].next[yesterday];
        carry.iter_mut().zip(before).for_each(|(still, before)| *still = (*still - before) * multiplier);
    }
}
