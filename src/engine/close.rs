//! The close of one day, as the desks of a batch see it.

use super::context::Context;
use super::market::MarketBatch;
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

    /// The index on a path today.
    pub(super) fn spot(&self, lane: usize) -> f64 {
        self.market.path.spot[self.at(lane)]
    }
}
