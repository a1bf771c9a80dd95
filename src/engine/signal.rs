//! The market series that rules ask for, computed for a whole batch: nothing is computed that no rule names.

use super::context::vix_maps;
use super::market::MarketBatch;
use super::schedule::{Numbering, VxInstrument, VxKey};
use crate::Result;
use crate::calendar::Grid;
use crate::model::vix::VixMap;
use crate::path::factors::VvixStart;
use crate::plan::Plan;
use crate::pricing::VxTable;
use crate::strategy::rule::{MarketSeries, MarketTable, Program};
use crate::units::VIX3M_WINDOW_DAYS;

/// One series, and what it takes to compute it.
#[derive(Debug, Clone)]
pub(super) struct Signal {
    series: MarketSeries,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    /// The index.
    Spx,
    /// VIX.
    Vix,
    /// VIX3M, by a map a day.
    Vix3m(Vec<VixMap>),
    /// A listed VX contract, by a table a day.
    Vx(Vec<usize>),
    /// The synthetic advance-decline line.
    Breadth,
    /// The observed VVIX.
    Vvix,
    /// The same value on every path, by day.
    Common(Vec<f64>),
}

/// The signals that a program needs; the VX marks that they need are added to `vx_keys`.
///
/// # Errors
/// None for the windows of volatility indices.
pub(super) fn list_signals(
    grid: &Grid,
    plan: &Plan,
    program: &Program,
    vx_keys: &mut Numbering<VxKey>,
) -> Result<Vec<Signal>> {
    let days = 0..=grid.horizon_days();
    let mut list = Vec::new();
    for series in program.market_series() {
        let source = match series {
            MarketSeries::Spx => Source::Spx,
            MarketSeries::Vix => Source::Vix,
            MarketSeries::Vix3m => Source::Vix3m(vix_maps(plan, grid, VIX3M_WINDOW_DAYS)?),
            MarketSeries::Vx(month) => {
                let contracts = VxInstrument { month, roll_days: 0 }.contracts(grid);
                let keys = contracts.into_iter().enumerate();
                Source::Vx(keys.map(|(day, contract)| vx_keys.number(VxKey::new(grid, day, contract))).collect())
            }
            MarketSeries::Breadth => Source::Breadth,
            MarketSeries::Vvix => Source::Vvix,
            MarketSeries::Rate => Source::Common(vec![plan.market.rate; grid.horizon_days() + 1]),
            MarketSeries::Day => Source::Common(days.clone().map(|day| day as f64).collect()),
            MarketSeries::Weekday => {
                let weekday = |day| f64::from(grid.date(day).weekday().to_monday_one_offset());
                Source::Common(days.clone().map(weekday).collect())
            }
            other => unreachable!("the scenario does not supply {other:?}"),
        };
        list.push(Signal { series, source });
    }
    Ok(list)
}

/// The values of a batch's signals, `[day * lanes + lane]` each; used again and again.
#[derive(Debug, Default)]
pub(super) struct SignalBatch {
    values: Vec<Vec<f64>>,
}

impl SignalBatch {
    /// Computes all signals of the paths from `first_path` on.
    pub(super) fn fill(
        &mut self,
        signals: &[Signal],
        plan: &Plan,
        vx_tables: &[VxTable],
        market: &MarketBatch,
        first_path: u64,
    ) {
        self.values.resize_with(signals.len(), Vec::new);
        let lanes = market.path.lanes();
        for (signal, values) in signals.iter().zip(&mut self.values) {
            values.resize(market.vix.len(), 0.0);
            match &signal.source {
                Source::Vix3m(maps) => {
                    for (day, out) in values.chunks_exact_mut(lanes).enumerate() {
                        let row = market.path.row(day);
                        maps[day].fill(&market.path.x1[row.clone()], &market.path.x2[row], out);
                    }
                }
                Source::Vx(tables) => {
                    for (day, out) in values.chunks_exact_mut(lanes).enumerate() {
                        let row = market.path.row(day);
                        vx_tables[tables[day]].futures(&market.path.x1[row.clone()], &market.path.x2[row], out);
                    }
                }
                Source::Breadth => {
                    if let Some(breadth) = &plan.breadth {
                        breadth.fill_line(plan.run.seed, first_path, lanes, &market.path.spot, &market.vix, values);
                    }
                }
                Source::Vvix => {
                    let start = VvixStart::default();
                    plan.vvix.fill(plan.run.seed, first_path, lanes, start, &market.vix, values);
                }
                Source::Spx | Source::Vix | Source::Common(_) => {}
            }
        }
    }

    /// The signals as rules take them.
    #[must_use]
    pub(super) fn table<'a>(&'a self, signals: &'a [Signal], market: &'a MarketBatch) -> MarketTable<'a> {
        let table = MarketTable::new(market.path.days(), market.path.lanes());
        signals.iter().zip(&self.values).fold(table, |table, (signal, values)| match &signal.source {
            Source::Spx => table.per_path(signal.series, &market.path.spot),
            Source::Vix => table.per_path(signal.series, &market.vix),
            Source::Common(values) => table.common(signal.series, values),
            _ => table.per_path(signal.series, values),
        })
    }
}
