//! Single paths again, with the values of every day: a path is a function of the plan and its number.

use jiff::civil::Date;

use super::batch::BatchWorker;
use super::context::Context;
use super::history::LayerHistory;
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

/// The deepest decline of the unhedged account on a path, days as indices of its closes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TraceDecline {
    /// The close of the peak.
    pub peak: usize,
    /// The close of the trough.
    pub trough: usize,
    /// P&L over cash at the peak less that at the trough, USD.
    pub depth_usd: f64,
}

impl PathTrace {
    /// The deepest decline of the unhedged P&L; `None` on a path that never falls.
    #[must_use]
    pub fn decline(&self) -> Option<TraceDecline> {
        let mut peak = 0;
        let mut deepest: Option<TraceDecline> = None;
        for (day, pnl) in self.unhedged_pnl_usd.iter().enumerate() {
            if *pnl > self.unhedged_pnl_usd[peak] {
                peak = day;
            }
            let depth_usd = self.unhedged_pnl_usd[peak] - pnl;
            if depth_usd > deepest.map_or(0.0, |deepest| deepest.depth_usd) {
                deepest = Some(TraceDecline { peak, trough: day, depth_usd });
            }
        }
        deepest
    }

    /// The first close from the peak on, up to the trough, with a layer on.
    #[must_use]
    pub fn arrival(&self, layer: usize, decline: &TraceDecline) -> Option<usize> {
        (decline.peak..=decline.trough).find(|&day| self.layer_on[layer][day])
    }

    /// The close after the worst day of the unhedged account, and its P&L, USD.
    #[must_use]
    pub fn worst_day(&self) -> Option<(usize, f64)> {
        let days = self.unhedged_pnl_usd.windows(2).map(|pair| pair[1] - pair[0]).enumerate();
        days.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(before, pnl)| (before + 1, pnl))
    }
}

/// Simulates one path again, alone.
///
/// # Errors
/// A table of marks that cannot be built to the accuracy asked for.
pub(super) fn replay(context: &Context<'_>, path: u64) -> Result<PathTrace> {
    let mut worker = BatchWorker::new(context, 1);
    worker.run(context, path, 1)?;
    let (market, history) = (worker.market(), &worker.hedged().history);
    let pnl = |layer: &LayerHistory| -> Vec<f64> {
        context.discount.iter().enumerate().map(|(day, &discount)| layer.pnl_usd(day, discount)).collect()
    };
    Ok(PathTrace {
        path,
        dates: (0..=context.grid.horizon_days()).map(|day| context.grid.date(day)).collect(),
        spot: market.path.spot.clone(),
        vix: market.vix.clone(),
        hedged_pnl_usd: history.pnl_usd.clone(),
        unhedged_pnl_usd: worker.unhedged().history.pnl_usd.clone(),
        layer_on: history.layers.iter().map(|layer| layer.on.clone()).collect(),
        layer_pnl_usd: history.layers.iter().map(pnl).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_decline_is_found_with_what_a_layer_did_in_it() {
        let trace = PathTrace {
            unhedged_pnl_usd: vec![0.0, 5.0, 3.0, 9.0, 4.0, 1.0, 8.0],
            layer_on: vec![vec![true, true, false, false, true, true, false], vec![false; 7]],
            ..PathTrace::default()
        };
        let decline = trace.decline().unwrap();
        assert_eq!(decline, TraceDecline { peak: 3, trough: 5, depth_usd: 8.0 });
        assert_eq!((trace.arrival(0, &decline), trace.arrival(1, &decline)), (Some(4), None));
        assert_eq!(trace.worst_day(), Some((4, -5.0)));
        assert_eq!(PathTrace { unhedged_pnl_usd: vec![0.0, 1.0], ..PathTrace::default() }.decline(), None);
    }
}
