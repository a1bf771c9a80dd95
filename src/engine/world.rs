//! What all settings of one market share: the calendar, the path generator, and every table of marks that some of them needs.
//!
//! Plans have one market where nothing differs that decides the index, its variance, VIX, or what rules can see of them.
//! What is traded on it may differ: condors, layers, costs, margin, equity, and when fills happen.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use super::certify::{Certifier, Worst};
use super::context::all_rules;
use super::held_hedge::future_tables;
use super::instrument::{Leg, list_legs};
use super::news::release_days;
use super::option_marks::OptionMarks;
use super::past;
use super::result::Progress;
use super::schedule::{Expiries, Numbering, VxKey};
use super::signal::Signals;
use super::vix_option_marks::VixOptionMarks;
use crate::calendar::sessions::days_between;
use crate::calendar::{Grid, VixContract};
use crate::error::DomainError;
use crate::model::Model;
use crate::model::vix::VixMap;
use crate::path::{Crunches, DayStep, Followed, Generator, Lead, Shocks, Start};
use crate::plan::{MarketPlan, Plan};
use crate::pricing::VxTable;
use crate::pricing::vx_table::VX_ACCURACY;
use crate::strategy::layer::Hold;
use crate::strategy::rule::{History, Program, Rule};
use crate::units::{DAYS_PER_YEAR, VIX_WINDOW_DAYS};
use crate::{Error, Result};

/// Everything that batches of one market read and none changes.
pub(super) struct World<'p> {
    /// A plan of this market.
    market: &'p Plan,
    /// Sessions of the run.
    pub(super) grid: Grid,
    /// Paths under P.
    pub(super) generator: Generator,
    /// Liquidity crunches, where there are any.
    pub(super) crunches: Option<Crunches>,
    /// `exp(-r t)` by day.
    pub(super) discount: Vec<f64>,
    /// The map from state to VIX, by day.
    pub(super) vix_maps: Vec<VixMap>,
    /// SPX expiries in play.
    pub(super) expiries: Expiries,
    /// The legs of all futures and indices that layers hold.
    pub(super) legs: Vec<Leg>,
    /// Which legs are those of what a layer holds, in whole contracts or in parts.
    pub(super) holds: Vec<(Hold, bool, Range<usize>)>,
    /// Of each VX held at the start its tables of marks, by day.
    pub(super) held_futures: BTreeMap<VixContract, Vec<usize>>,
    /// What rules see of the market.
    pub(super) signals: Signals,
    /// What they see of the days before the first.
    pub(super) history: History,
    /// Marks of SPX options.
    pub(super) options: OptionMarks,
    /// Marks of VIX options.
    pub(super) vix_options: VixOptionMarks,
    vx_tables: Vec<VxTable>,
    /// The largest error that certificates of VX tables found.
    pub(super) vx_worst: Worst,
}

impl<'p> World<'p> {
    /// The world of some plans of one market; tables of VX and of VIX options are built here, on all threads.
    ///
    /// # Errors
    /// A first day that is no session, or a table that cannot be built to the accuracy asked for.
    pub(super) fn new(plans: &[&'p Plan], progress: &dyn Progress) -> Result<Self> {
        let market = plans[0];
        let grid =
            Grid::new(market.market.date, market.run.horizon_days).map_err(|error| Error::Run(error.to_string()))?;
        let expiries = Expiries::in_play(&grid, plans);
        let options = OptionMarks::new(market, &grid, &expiries)?;
        let rules: Vec<&Rule> = plans.iter().flat_map(|plan| all_rules(plan)).collect();
        let program = Program::compile(&rules);
        let mut vx_keys = Numbering::default();
        let (legs, holds) = list_legs(&grid, plans, &mut vx_keys);
        let held_futures = future_tables(&grid, plans, &mut vx_keys);
        let signals = Signals::new(&grid, market, &program, &mut vx_keys)?;
        let rate = market.market.rate;
        let discount = (0..=grid.horizon_days()).map(|day| crate::math::exp(-rate * years_of(grid.calendar_days(day))));
        let discount = discount.collect();
        let vix_maps = vix_maps(market, &grid, VIX_WINDOW_DAYS)?;
        let certifier = Certifier::new(market.model.risk_neutral(), market.run.seed)?;
        let vix_options = VixOptionMarks::new(plans, &grid, &certifier, progress)?;
        let (vx_tables, vx_worst) = build_vx_tables(market, &certifier, vx_keys)?;
        Ok(Self {
            generator: generator(market, &market.model, &grid)?
                .with_lead(market.breadth.map(|breadth| Lead { breadth, skill: market.skill }))
                .with_releases(release_days(market, &grid), &vix_maps)
                .with_followed(followed(market, &grid, &vix_maps))
                .with_shocks(Shocks::new(&market.shocks, &vix_maps)),
            crunches: market
                .crunches()
                .map(|crunch| Crunches::new(crunch.law, crunch.enabled, market.run.seed, crunch.forced.clone())),
            history: past::history(market, &program),
            market,
            grid,
            discount,
            vix_maps,
            expiries,
            legs,
            holds,
            held_futures,
            signals,
            options,
            vix_options,
            vx_tables,
            vx_worst,
        })
    }

    /// What a cash balance of the day before has grown by at the close of a day.
    #[must_use]
    pub(super) fn cash_growth(&self, day: usize) -> f64 {
        self.growth(day, self.market.market.rate)
    }

    /// What an index whose dividends are reinvested has gained by them since the day before.
    #[must_use]
    pub(super) fn dividend_growth(&self, day: usize) -> f64 {
        self.growth(day, self.market.market.dividend_yield)
    }

    /// Growth from the close before a day of the run to that day; none outside the run.
    fn growth(&self, day: usize, rate: f64) -> f64 {
        if !(1..=self.grid.horizon_days()).contains(&day) {
            return 1.0;
        }
        crate::math::exp(rate * years_of(self.grid.calendar_days(day) - self.grid.calendar_days(day - 1)))
    }

    /// How much of the basis of a crunch a contract has at a close; `None` where the run has no crunches.
    #[must_use]
    pub(super) fn share_of_basis(&self, contract: VixContract, day: usize) -> Option<f64> {
        let crunch = self.market.crunches()?;
        Some(crunch.law.share_of_basis(days_between(self.grid.date(day), contract.settlement_close)))
    }

    /// A table of VX marks.
    #[must_use]
    pub(super) fn vx_table(&self, number: usize) -> &VxTable {
        &self.vx_tables[number]
    }

    /// The same paths under the pricing measure.
    ///
    /// # Errors
    /// None for a plan that runs.
    pub(super) fn generator_without_premia(&self) -> std::result::Result<Generator, DomainError> {
        generator(self.market, &self.market.model.without_premia(), &self.grid)
    }

    /// The forward of a day over the index of the first.
    #[must_use]
    pub(super) fn forward_factor(&self, day: usize) -> f64 {
        let MarketPlan { rate, dividend_yield, .. } = self.market.market;
        crate::math::exp((rate - dividend_yield) * years_of(self.grid.calendar_days(day)))
    }

    /// All tables of VX marks.
    #[must_use]
    pub(super) fn vx_tables(&self) -> &[VxTable] {
        &self.vx_tables
    }
}

fn build_vx_tables(plan: &Plan, certifier: &Certifier, keys: Numbering<VxKey>) -> Result<(Vec<VxTable>, Worst)> {
    let tables: Result<Vec<_>> = keys
        .into_keys()
        .par_iter()
        .map(|key| {
            let years = plan.clock.years(key.time_left);
            let map = VixMap::new(plan.model.risk_neutral(), plan.clock.years(key.window))?;
            certifier
                .build(VX_ACCURACY, |accuracy| VxTable::build_within(plan.model.risk_neutral(), years, &map, accuracy))
        })
        .collect();
    let mut worst = Worst::default();
    let certified = tables?.into_iter();
    let tables = certified.map(|certified| {
        worst.merge(&certified.worst);
        certified.table
    });
    Ok((tables.collect(), worst))
}

/// The closes that every path follows, with the states behind them.
fn followed(plan: &Plan, grid: &Grid, maps: &[VixMap]) -> Followed {
    plan.followed.as_ref().map_or_else(Followed::default, |market| {
        Followed::new(&market.index, &market.vix, &plan.model, plan.market.state, &day_steps(plan, grid), maps)
    })
}

/// The map from state to a volatility index that looks `days` calendar days ahead, by day.
///
/// # Errors
/// None for the windows of VIX and VIX3M.
pub(super) fn vix_maps(plan: &Plan, grid: &Grid, days: i64) -> std::result::Result<Vec<VixMap>, DomainError> {
    let windows = (0..=grid.horizon_days()).map(|day| plan.clock.years(grid.window(day, days)));
    windows.map(|years| VixMap::new(plan.model.risk_neutral(), years)).collect()
}

/// Years of ACT/365.
fn years_of(calendar_days: u32) -> f64 {
    f64::from(calendar_days) / DAYS_PER_YEAR
}

/// The steps from close to close.
pub(super) fn day_steps(plan: &Plan, grid: &Grid) -> Vec<DayStep> {
    (0..grid.horizon_days())
        .map(|day| DayStep {
            variance_years: plan.clock.years(grid.step(day)),
            calendar_years: years_of(grid.step(day).calendar_days()),
        })
        .collect()
}

fn generator(plan: &Plan, model: &Model, grid: &Grid) -> std::result::Result<Generator, DomainError> {
    let MarketPlan { spot, rate, dividend_yield, state, .. } = plan.market;
    let start = Start { spot, rate, dividend_yield, state };
    Generator::new(model, start, &day_steps(plan, grid), plan.run.steps_per_day, plan.run.seed)
}
