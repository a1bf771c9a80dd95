//! What a batch tells the report beside its outcomes: exposure, declines and the spread of all paths.

use super::context::Context;
use super::decline::{Decline, DeclineDay};
use super::exposure::Exposure;
use super::history::AccountHistory;
use super::market::MarketBatch;
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

    /// Reads a batch that both accounts have finished.
    pub(super) fn read(
        &mut self,
        context: &Context<'_>,
        market: &MarketBatch,
        hedged: &AccountHistory,
        unhedged: &AccountHistory,
    ) {
        let lanes = market.path.lanes();
        self.exposure.begin(market);
        self.decline.reset(lanes, context.plan.layers.len(), context.plan.equity);
        for day in 0..=context.grid.horizon_days() {
            let [of_hedged, of_unhedged] = [hedged, unhedged].map(|history| &history.pnl_usd[day * lanes..][..lanes]);
            self.profile.observe(day, of_hedged, of_unhedged);
            self.exposure.observe(day, market, [of_hedged, of_unhedged]);
            self.decline.observe(&DeclineDay {
                day,
                last: day == context.grid.horizon_days(),
                cash_equity: context.cash_equity(day),
                discount: context.discount[day],
                unhedged: of_unhedged,
                layers: &hedged.layers,
            });
        }
    }

    /// Adds the columns of the latest batch.
    pub(super) fn push_columns(&self, plan: &Plan, columns: &mut Vec<Column>) {
        self.exposure.push_columns(columns);
        self.decline.push_columns(plan, columns);
    }
}
