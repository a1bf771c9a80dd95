//! What a batch tells the report beside its outcomes: exposure, declines and the spread of all paths.

use super::context::Context;
use super::decline::{Decline, LayerSpells};
use super::exposure::{self, Exposure, IndexDays};
use super::history::AccountHistory;
use super::market::MarketBatch;
use super::profile::ProfileCounts;
use crate::risk::Column;

/// The notes of a worker: those on paths are of its latest batch, the spread is of all its batches.
#[derive(Debug, Default)]
pub(super) struct Study {
    index: IndexDays,
    hedged: Exposure,
    unhedged: Exposure,
    decline: Decline,
    layers: Vec<LayerSpells>,
    /// The spread of all batches of this worker, where it is asked for.
    pub(super) profile: Option<ProfileCounts>,
}

impl Study {
    /// Empty notes of a run.
    #[must_use]
    pub(super) fn with_profile(context: &Context<'_>) -> Self {
        Self { profile: Some(ProfileCounts::new(context.grid.horizon_days())), ..Self::default() }
    }

    /// Reads the market of a batch and its unhedged account.
    pub(super) fn begin(&mut self, context: &Context<'_>, market: &MarketBatch, unhedged: &AccountHistory) {
        self.index.read(market);
        self.unhedged.read(&self.index, &unhedged.pnl_usd);
        self.decline.read(context, &unhedged.pnl_usd, market.path.lanes());
    }

    /// Reads the hedged account of a batch that was begun.
    pub(super) fn read(&mut self, context: &Context<'_>, hedged: &AccountHistory, unhedged: &AccountHistory) {
        let lanes = unhedged.pnl_usd.len() / (context.grid.horizon_days() + 1);
        self.hedged.read(&self.index, &hedged.pnl_usd);
        self.layers.resize_with(hedged.layers.len(), LayerSpells::default);
        for (spells, layer) in self.layers.iter_mut().zip(&hedged.layers) {
            spells.read(context, layer, &self.decline, &unhedged.pnl_usd, lanes);
        }
        if let Some(profile) = &mut self.profile {
            let days = hedged.pnl_usd.chunks_exact(lanes).zip(unhedged.pnl_usd.chunks_exact(lanes));
            days.enumerate().for_each(|(day, (hedged, unhedged))| profile.observe(day, hedged, unhedged));
        }
    }

    /// Adds the columns of the latest batch.
    pub(super) fn push_columns(&self, context: &Context<'_>, columns: &mut Vec<Column>) {
        exposure::push_columns(&self.index, &self.hedged, &self.unhedged, columns);
        self.decline.push_columns(context, &self.layers, columns);
    }
}
