//! Single paths again, with the values of every day: a path is a function of the plan and its number.

use jiff::civil::Date;

use super::batch::BatchWorker;
use super::context::Context;
use crate::Result;

/// The days of one path, from the first close to the last.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PathTrace {
    /// The path's number.
    pub path: u64,
    /// Dates of the closes.
    pub dates: Vec<Date>,
    /// Index points.
    pub spot: Vec<f64>,
    /// VIX, points.
    pub vix: Vec<f64>,
    /// P&L over cash of the account with its hedge, USD.
    pub hedged_pnl_usd: Vec<f64>,
    /// The same without the hedge.
    pub unhedged_pnl_usd: Vec<f64>,
    /// By layer: whether it is on after the close's trades.
    pub layer_on: Vec<Vec<bool>>,
    /// By layer: its P&L at marks so far, USD.
    pub layer_pnl_usd: Vec<Vec<f64>>,
}

/// Simulates one path again, alone.
///
/// # Errors
/// A table of marks that cannot be built to the accuracy asked for.
pub(super) fn replay(context: &Context<'_>, path: u64) -> Result<PathTrace> {
    let mut worker = BatchWorker::new(context, 1);
    worker.run(context, path, 1)?;
    let (market, history) = (worker.market(), &worker.hedged().history);
    Ok(PathTrace {
        path,
        dates: (0..=context.grid.horizon_days()).map(|day| context.grid.date(day)).collect(),
        spot: market.path.spot.clone(),
        vix: market.vix.clone(),
        hedged_pnl_usd: history.account.pnl_usd.clone(),
        unhedged_pnl_usd: worker.unhedged_history().pnl_usd.clone(),
        layer_on: history.layers.iter().map(|layer| layer.on.clone()).collect(),
        layer_pnl_usd: history.layers.iter().map(|layer| layer.pnl_usd.clone()).collect(),
    })
}
