//! Everything that a batch notes for the report beside its outcomes: exposure, declines and the spread of all paths.

use super::context::Context;
use super::decline::{Decline, DeclineDay};
use super::exposure::Exposure;
use super::market::MarketBatch;
use super::profile::ProfileCounts;
use crate::book::Ledger;
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

    /// Starts a batch whose market is known.
    pub(super) fn begin(&mut self, context: &Context<'_>, market: &MarketBatch) {
        self.exposure.begin(market);
        self.decline.reset(market.path.lanes(), context.plan.layers.len(), context.plan.equity);
    }

    /// Notes a close: `pnl` of the hedged and of the unhedged account, and which layers are on after its trades.
    pub(super) fn observe(
        &mut self,
        context: &Context<'_>,
        day: usize,
        pnl: [&[f64]; 2],
        market: &MarketBatch,
        on: &[bool],
        ledger: &Ledger,
    ) {
        let [hedged, unhedged] = pnl;
        self.profile.observe(day, hedged, unhedged);
        self.exposure.observe(day, market, pnl);
        let discount = context.discount[day];
        self.decline.observe(&DeclineDay {
            day,
            last: day == context.grid.horizon_days(),
            cash_equity: context.plan.equity / discount,
            discount,
            unhedged,
            on,
            ledger,
            components: &context.components,
        });
    }

    /// Adds the columns of the latest batch.
    pub(super) fn push_columns(&self, plan: &Plan, columns: &mut Vec<Column>) {
        self.exposure.push_columns(columns);
        self.decline.push_columns(plan, columns);
    }
}
