//! The market series that rules ask for, computed for a whole batch: nothing is computed that no rule names.

use rayon::prelude::*;

use super::market::{MarketBatch, multiply_by_basis};
use super::news::{days_to, days_to_third_friday, release_days};
use super::schedule::{Numbering, VxInstrument, VxKey};
use super::world::{day_steps, vix_maps};
use crate::Result;
use crate::calendar::sessions::days_between;
use crate::calendar::{Grid, TimeLeft, VixContract};
use crate::error::DomainError;
use crate::model::vix::VixMap;
use crate::path::factors::{REALIZED_DAYS, VvixStart, realized_volatility};
use crate::path::{ReleaseDays, Surprises};
use crate::plan::Plan;
use crate::pricing::{SkewTable, VxTable};
use crate::strategy::rule::{MarketSeries, MarketTable, Program};
use crate::units::{VIX_WINDOW_DAYS, VIX3M_WINDOW_DAYS, VIX9D_WINDOW_DAYS};

/// Largest error of the tabulated skew, a fraction: a thousandth of a point.
pub(super) const SKEW_ACCURACY: f64 = 1e-5;

/// What it takes to compute the series that a program asks for.
#[derive(Debug, Default)]
pub(super) struct Signals {
    list: Vec<Signal>,
    /// The market's surprises, where a macro factor is asked for.
    shocks: Option<Surprises>,
    skew_tables: Vec<SkewTable>,
}

/// One series, and what it takes to compute it.
#[derive(Debug, Clone)]
struct Signal {
    series: MarketSeries,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    /// The index.
    Spx,
    /// VIX.
    Vix,
    /// VIX9D or VIX3M, by a map a day.
    Volatility(Vec<VixMap>),
    /// A listed VX contract, by a table a day, and its share of the basis of a crunch.
    Vx(Vec<(usize, f64)>),
    /// The 25-delta skew, by a table a day.
    Skew(Vec<usize>),
    /// The synthetic advance-decline line.
    Breadth,
    /// The observed VVIX.
    Vvix,
    /// The expected daily range, with VIX9D's map a day where it has a share in it.
    Range(Option<Vec<VixMap>>),
    /// A macro factor, by its rank.
    Factor(usize),
    /// The surprise of a release.
    Release(ReleaseDays),
    /// The same value on every path, by day.
    Common(Vec<f64>),
}

impl Signals {
    /// The signals that a program needs; the VX marks that they need are added to `vx_keys`.
    ///
    /// # Errors
    /// A table that cannot be built.
    pub(super) fn new(grid: &Grid, plan: &Plan, program: &Program, vx_keys: &mut Numbering<VxKey>) -> Result<Self> {
        let mut signals = Self::default();
        let mut windows = Numbering::default();
        for series in program.market_series() {
            let source = signals.source(series, grid, plan, vx_keys, &mut windows)?;
            signals.list.push(Signal { series, source });
        }
        let build =
            |window: &TimeLeft| SkewTable::build(plan.model.risk_neutral(), plan.clock.years(*window), SKEW_ACCURACY);
        let tables: std::result::Result<Vec<_>, DomainError> = windows.into_keys().par_iter().map(build).collect();
        signals.skew_tables = tables?;
        if signals.list.iter().any(|signal| matches!(signal.source, Source::Factor(_))) {
            let carry = plan.market.rate - plan.market.dividend_yield;
            let maps = vix_maps(plan, grid, VIX_WINDOW_DAYS)?;
            let steps = day_steps(plan, grid);
            signals.shocks = Some(Surprises::new(&plan.model, carry, &steps, &maps, release_days(plan, grid)));
        }
        Ok(signals)
    }

    fn source(
        &self,
        series: MarketSeries,
        grid: &Grid,
        plan: &Plan,
        vx_keys: &mut Numbering<VxKey>,
        windows: &mut Numbering<TimeLeft>,
    ) -> Result<Source> {
        let days = 0..=grid.horizon_days();
        let common = |value: &dyn Fn(usize) -> f64| Source::Common(days.clone().map(value).collect());
        Ok(match series {
            MarketSeries::Spx => Source::Spx,
            MarketSeries::Vix => Source::Vix,
            MarketSeries::Vix9d => Source::Volatility(vix_maps(plan, grid, VIX9D_WINDOW_DAYS)?),
            MarketSeries::Vix3m => Source::Volatility(vix_maps(plan, grid, VIX3M_WINDOW_DAYS)?),
            MarketSeries::Vx(month) => {
                let contracts = VxInstrument { month, roll_days: 0 }.contracts(grid);
                let of_day = |(day, contract): (usize, VixContract)| {
                    let days_left = days_between(grid.date(day), contract.settlement_close);
                    (vx_keys.number(VxKey::new(grid, day, contract)), plan.crunch.law.share_of_basis(days_left))
                };
                Source::Vx(contracts.into_iter().enumerate().map(of_day).collect())
            }
            MarketSeries::Skew25 => {
                Source::Skew(days.map(|day| windows.number(grid.window(day, VIX_WINDOW_DAYS))).collect())
            }
            MarketSeries::Breadth => Source::Breadth,
            MarketSeries::Vvix => Source::Vvix,
            MarketSeries::Edr => {
                let blends = plan.daily_range.vix9d_weight > 0.0;
                Source::Range(blends.then(|| vix_maps(plan, grid, VIX9D_WINDOW_DAYS)).transpose()?)
            }
            MarketSeries::Rate => common(&|_| plan.market.rate),
            MarketSeries::Day => common(&|day| day as f64),
            MarketSeries::Weekday => common(&|day| f64::from(grid.date(day).weekday().to_monday_one_offset())),
            MarketSeries::DaysToFomc => common(&|day| days_to(&plan.news.fomc, grid.date(day))),
            MarketSeries::DaysToCpi => common(&|day| days_to(&plan.news.cpi, grid.date(day))),
            MarketSeries::DaysToThirdFriday => common(&|day| days_to_third_friday(grid.date(day))),
            MarketSeries::Factor(rank) => match usize::from(rank).checked_sub(plan.factors.names.len()) {
                None => Source::Factor(usize::from(rank)),
                Some(release) => Source::Release(release_days(plan, grid).swap_remove(release)),
            },
        })
    }

    /// What the table of skews missed exact values by at most, a fraction, where there is one.
    #[must_use]
    pub(super) fn skew_error(&self) -> Option<f64> {
        self.skew_tables.iter().map(SkewTable::worst).reduce(f64::max)
    }
}

/// The values of a batch's signals, `[day * lanes + lane]` each; used again and again.
#[derive(Debug, Default)]
pub(super) struct SignalBatch {
    values: Vec<Vec<f64>>,
    /// Every macro factor, since they move together.
    factors: Vec<Vec<f64>>,
    shocks: [Vec<f64>; 2],
}

impl SignalBatch {
    /// Computes all signals of the paths from `first_path` on.
    pub(super) fn fill(
        &mut self,
        signals: &Signals,
        plan: &Plan,
        vx_tables: &[VxTable],
        market: &MarketBatch,
        first_path: u64,
    ) {
        if let Some(shocks) = &signals.shocks {
            self.fill_factors(shocks, plan, market, first_path);
        }
        let Self { values, factors, .. } = self;
        values.resize_with(signals.list.len(), Vec::new);
        let (seed, lanes) = (plan.run.seed, market.path.lanes());
        let path = &market.path;
        for (signal, values) in signals.list.iter().zip(values) {
            values.resize(market.vix.len(), 0.0);
            let rows = values.chunks_exact_mut(lanes).enumerate();
            match &signal.source {
                Source::Volatility(maps) => rows.for_each(|(day, out)| {
                    let row = path.row(day);
                    maps[day].fill(&path.x1[row.clone()], &path.x2[row], out);
                }),
                Source::Vx(tables) => rows.for_each(|(day, out)| {
                    let row = path.row(day);
                    let (table, share_of_basis) = tables[day];
                    vx_tables[table].futures(&path.x1[row.clone()], &path.x2[row.clone()], out);
                    if let Some(basis) = market.crunch.basis.get(row) {
                        multiply_by_basis(basis, share_of_basis, out);
                    }
                }),
                Source::Skew(tables) => rows.for_each(|(day, out)| {
                    let table = &signals.skew_tables[tables[day]];
                    out.iter_mut().enumerate().for_each(|(lane, out)| *out = 100.0 * table.skew(path.state(day, lane)));
                }),
                Source::Breadth => {
                    if let Some(breadth) = &plan.breadth {
                        breadth.fill_line(seed, first_path, lanes, &path.spot, &market.vix, values);
                        let known = plan.history.as_ref().and_then(|past| past.latest(MarketSeries::Breadth));
                        let start = known.unwrap_or(0.0);
                        values.iter_mut().for_each(|line| *line += start);
                    }
                }
                Source::Vvix => {
                    if let Some(vvix) = &plan.vvix {
                        let past = PastVix::of(plan);
                        vvix.fill(seed, first_path, lanes, past.start(), &market.vix, values);
                    }
                }
                Source::Range(maps) => fill_range(plan, maps.as_deref(), market, values),
                Source::Factor(rank) => values.copy_from_slice(&factors[*rank]),
                Source::Release(days) => days.fill(seed, first_path, lanes, values),
                Source::Spx | Source::Vix | Source::Common(_) => {}
            }
        }
    }

    fn fill_factors(&mut self, shocks: &Surprises, plan: &Plan, market: &MarketBatch, first_path: u64) {
        let Self { factors, shocks: [index, vix], .. } = self;
        let size = market.vix.len();
        factors.resize_with(plan.factors.names.len(), Vec::new);
        factors.iter_mut().chain([&mut *index, &mut *vix]).for_each(|column| column.resize(size, 0.0));
        shocks.fill(&market.path, index, vix);
        plan.factors.laws.fill(plan.run.seed, first_path, market.path.lanes(), [index, vix], factors);
    }

    /// The signals as rules take them.
    #[must_use]
    pub(super) fn table<'a>(&'a self, signals: &'a Signals, market: &'a MarketBatch) -> MarketTable<'a> {
        let table = MarketTable::new(market.path.days(), market.path.lanes());
        signals.list.iter().zip(&self.values).fold(table, |table, (signal, values)| match &signal.source {
            Source::Spx => table.per_path(signal.series, &market.path.spot),
            Source::Vix => table.per_path(signal.series, &market.vix),
            Source::Common(values) => table.common(signal.series, values),
            _ => table.per_path(signal.series, values),
        })
    }
}

/// What a scenario assumes of signals and news beyond the model, in plain words.
#[must_use]
pub(super) fn assumptions(plan: &Plan) -> Vec<String> {
    let mut notes = Vec::new();
    if plan.skill > 0.0 {
        notes.push(format!(
            "breadth leads jumps by assumption: after its weakest they are {} times as frequent as usual under the \
             real-world measure. Marks and the index's drift stay as they are, so more jumps lower its mean return",
            1.0 + plan.skill
        ));
    }
    if plan.crunches().is_some() {
        let note = "in liquidity crunches VX and VIX options leave the prices of the model by a basis of their own, so that \
                    positions in them are no longer worth the cash rate on average under the pricing measure";
        notes.push(note.to_owned());
    }
    let news: Vec<&str> = plan.releases.iter().filter(|news| news.enabled).map(|news| news.name.as_str()).collect();
    if !news.is_empty() {
        notes.push(format!(
            "surprises of releases ({}) move the market on their days. Marks do not know them, so this variance comes on top \
             of what options are priced at",
            news.join(", ")
        ));
    }
    notes
}

/// What the history says of VIX and VVIX.
struct PastVix {
    closes: Vec<f64>,
    observed: Option<f64>,
}

impl PastVix {
    fn of(plan: &Plan) -> Self {
        let history = plan.history.as_ref();
        let closes = history.and_then(|past| past.series(MarketSeries::Vix)).unwrap_or_default();
        Self {
            closes: closes.iter().copied().filter(|vix| !vix.is_nan()).collect(),
            observed: history.and_then(|past| past.first(MarketSeries::Vvix)),
        }
    }

    fn start(&self) -> VvixStart<'_> {
        VvixStart { past_vix: &self.closes, observed: self.observed }
    }
}

/// The expected daily range of every day and path; not ready where the realised volatility in it is not.
fn fill_range(plan: &Plan, maps: Option<&[VixMap]>, market: &MarketBatch, out: &mut [f64]) {
    let (range, path) = (plan.daily_range, &market.path);
    let past = plan.history.as_ref().and_then(|past| past.series(MarketSeries::Spx)).unwrap_or_default();
    let past = &past[past.len().saturating_sub(REALIZED_DAYS)..];
    let mut closes = Vec::new();
    for lane in 0..path.lanes() {
        closes.clear();
        closes.extend_from_slice(past);
        for day in 0..path.days() {
            let at = path.row(day).start + lane;
            closes.push(path.spot[at]);
            let vix9d = maps.map_or(f64::NAN, |maps| maps[day].vix(path.state(day, lane)));
            let realized =
                if range.realized_weight > 0.0 { realized_volatility(closes.iter().copied()) } else { f64::NAN };
            out[at] = range.of(market.vix[at], vix9d, realized);
        }
    }
}
