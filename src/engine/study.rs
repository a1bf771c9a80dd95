//! What a batch tells the report beside its outcomes: exposure, declines and the spread of all paths.

use super::batch::BatchWorker;
use super::context::Context;
use super::decline::{Decline, DeclineDay};
use super::exposure::Exposure;
use super::profile::ProfileCounts;
use crate::plan::Plan;
use crate::risk::Column;

/// The notes of a worker: those on paths are of its latest batch, the spread is of all its batches.
#[derive(Debug, Default)]
pub(super) struct Study {
    exposure: Exposure,
    decline: Decline,
    /// The spread of all batches of this worker.
    pub(super) profile: ProfileCounts,
}

impl Study {
    /// Empty notes of a run.
    #[must_use]
    pub(super) fn new(context: &Context<'_>) -> Self {
        Self { profile: ProfileCounts::new(context.grid.horizon_days()), ..Self::default() }
    }

    /// Reads the batch that a worker has just finished.
    pub(super) fn read(&mut self, context: &Context<'_>, worker: &BatchWorker) {
        let market = worker.market();
        let lanes = market.path.lanes();
        let history = &worker.hedged().history;
        let [hedged, unhedged] = [&history.account, worker.unhedged_history()].map(|account| &account.pnl_usd);
        self.exposure.begin(market);
        self.decline.reset(lanes, context.plan.layers.len(), context.plan.equity);
        for day in 0..=context.grid.horizon_days() {
            let [hedged, unhedged] = [hedged, unhedged].map(|pnl| &pnl[day * lanes..][..lanes]);
            self.profile.observe(day, hedged, unhedged);
            self.exposure.observe(day, market, [hedged, unhedged]);
            self.decline.observe(&DeclineDay {
                day,
                last: day == context.grid.horizon_days(),
                cash_equity: context.cash_equity(day),
                discount: context.discount[day],
                unhedged,
                layers: &history.layers,
            });
        }
    }

    /// Adds the columns of the latest batch.
    pub(super) fn push_columns(&self, plan: &Plan, columns: &mut Vec<Column>) {
        self.exposure.push_columns(columns);
        self.decline.push_columns(plan, columns);
    }
}
