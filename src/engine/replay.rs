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
    /// Condor risk after the close's trades, USD.
    pub condor_risk_usd: Vec<f64>,
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
    let layers = context.plan.layers.len();
    let mut trace = PathTrace {
        path,
        layer_on: vec![Vec::new(); layers],
        layer_pnl_usd: vec![Vec::new(); layers],
        ..PathTrace::default()
    };
    BatchWorker::new(context, 1).run_watched(context, path, 1, |worker, day| {
        let market = worker.market();
        trace.dates.push(context.grid.date(day));
        trace.spot.push(market.path.spot[day]);
        trace.vix.push(market.vix[day]);
        trace.hedged_pnl_usd.push(worker.hedged.pnl[0]);
        trace.unhedged_pnl_usd.push(worker.unhedged.pnl[0]);
        trace.condor_risk_usd.push(worker.condor_risk_usd()[0]);
        for layer in 0..layers {
            trace.layer_on[layer].push(worker.layers_on()[layer]);
            let component = context.components.layer(layer);
            trace.layer_pnl_usd[layer].push(worker.ledger.component_pnl(component, 0));
        }
    })?;
    Ok(trace)
}
