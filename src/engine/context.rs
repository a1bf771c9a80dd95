//! What all batches of a run share: the calendar's decisions, the path generator, the tables of marks, compiled rules.

use std::sync::OnceLock;

use rayon::prelude::*;

use super::components::Components;
use super::schedule::{EntrySchedule, Expiries, Numbering, VxInstrument, VxKey, schedule_entries};
use super::signal::{Signal, list_signals};
use crate::book::Contract;
use crate::calendar::{Grid, TimeLeft};
use crate::error::DomainError;
use crate::model::vix::VixMap;
use crate::path::{DayStep, Generator, Start};
use crate::plan::{MarketPlan, Plan};
use crate::pricing::{OptionTable, VxTable};
use crate::strategy::Every;
use crate::strategy::rule::{Program, RuleId};
use crate::units::{DAYS_PER_YEAR, VIX_WINDOW_DAYS};
use crate::{Error, Result};

/// The rules of one condor programme.
#[derive(Debug, Clone, Copy)]
pub(super) struct CondorRules {
    /// Gate of an entry.
    pub(super) enter: RuleId,
    /// Closes a position.
    pub(super) exit: Option<RuleId>,
}

/// The rules of one layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct LayerRules {
    /// Turns it on.
    pub(super) enter: RuleId,
    /// Turns it off.
    pub(super) exit: RuleId,
}

/// One VX instrument and the layers that hold it.
#[derive(Debug, Clone)]
pub(super) struct Instrument {
    /// Layers, lowest first.
    pub(super) layers: Vec<usize>,
    /// Table of the contract held from each day on.
    pub(super) next: Vec<usize>,
    /// Table of the contract held since the day before, where it is another one.
    pub(super) held: Vec<Option<usize>>,
    /// What happens to the contract on each day.
    pub(super) change: Vec<Contract>,
}

/// What decides an SPX option's mark on one day, beside strike and state.
#[derive(Debug, Clone, Copy)]
pub(super) struct OptionDay<'c> {
    /// Normalised prices of that time to expiry.
    pub(super) table: &'c OptionTable,
    /// `(r - q) T`: log forward less log spot.
    pub(super) carry: f64,
    /// `exp(-q T)`: spot times this is the discounted forward.
    pub(super) dividend_discount: f64,
    variance_years: f64,
}

impl OptionDay<'_> {
    /// A first guess of `sigma sqrt(T)` from VIX, points.
    #[must_use]
    pub(super) fn deviation(&self, vix: f64) -> f64 {
        0.01 * vix * self.variance_years.sqrt()
    }
}

type LazyTable = OnceLock<std::result::Result<OptionTable, DomainError>>;

/// Everything that batches read and none changes.
pub(super) struct Context<'p> {
    /// The plan.
    pub(super) plan: &'p Plan,
    /// Sessions of the run.
    pub(super) grid: Grid,
    /// Paths under P.
    pub(super) generator: Generator,
    /// `exp(-r t)` by day.
    pub(super) discount: Vec<f64>,
    /// The map from state to VIX, by day.
    pub(super) vix_maps: Vec<VixMap>,
    /// SPX expiries in play.
    pub(super) expiries: Expiries,
    /// Entries, by programme.
    pub(super) entries: Vec<EntrySchedule>,
    /// VX instruments in play.
    pub(super) instruments: Vec<Instrument>,
    /// Parts of the P&L.
    pub(super) components: Components,
    /// All rules, compiled.
    pub(super) program: Program,
    /// Rules by programme.
    pub(super) condor_rules: Vec<CondorRules>,
    /// Rules by layer.
    pub(super) layer_rules: Vec<LayerRules>,
    /// What rules see of the market.
    pub(super) signals: Vec<Signal>,
    option_keys: Vec<TimeLeft>,
    option_tables: Vec<LazyTable>,
    /// `[day * expiries + expiry]`, a number into the tables.
    option_numbers: Vec<u16>,
    vx_tables: Vec<VxTable>,
}

impl<'p> Context<'p> {
    /// Prepares a run: the tables that are sure to be needed are built here, on all threads.
    ///
    /// # Errors
    /// A first day that is no session, or a table that cannot be built to the accuracy asked for.
    pub(super) fn new(plan: &'p Plan) -> Result<Self> {
        let grid = Grid::new(plan.market.date, plan.run.horizon_days).map_err(|error| Error::Run(error.to_string()))?;
        let (expiries, entries) = schedule_entries(&grid, &plan.condors);
        let (option_keys, option_numbers) = number_option_keys(&grid, &expiries);
        let (program, condor_rules, layer_rules) = compile_rules(plan);
        let mut vx_keys = Numbering::default();
        let instruments = list_instruments(&grid, plan, &mut vx_keys);
        let signals = list_signals(&grid, plan, &program, &mut vx_keys)?;
        let rate = plan.market.rate;
        let discount =
            (0..=grid.horizon_days()).map(|day| crate::math::exp(-rate * years_of(grid.calendar_days(day)))).collect();
        let vix_maps = vix_maps(plan, &grid, VIX_WINDOW_DAYS)?;
        let vx_tables: std::result::Result<Vec<_>, DomainError> = vx_keys
            .into_keys()
            .par_iter()
            .map(|key| {
                let years = plan.clock.years(key.time_left);
                let map = VixMap::new(plan.model.risk_neutral(), plan.clock.years(key.window))?;
                VxTable::build(plan.model.risk_neutral(), years, &map)
            })
            .collect();
        let context = Self {
            generator: generator(plan, &grid)?,
            discount,
            vix_maps,
            instruments,
            components: Components::new(plan),
            signals,
            program,
            condor_rules,
            layer_rules,
            option_tables: option_keys.iter().map(|_| OnceLock::new()).collect(),
            option_keys,
            option_numbers,
            vx_tables: vx_tables?,
            plan,
            grid,
            expiries,
            entries,
        };
        context.build_expected_tables();
        Ok(context)
    }

    /// What decides the marks of an expiry on a day.
    ///
    /// # Errors
    /// A table that cannot be built to the accuracy asked for.
    pub(super) fn option_day(&self, day: usize, expiry: u16) -> Result<OptionDay<'_>> {
        let number = usize::from(self.option_numbers[day * self.expiries.dates.len() + usize::from(expiry)]);
        let key = self.option_keys[number];
        let years = years_of(key.calendar_days());
        let market = &self.plan.market;
        Ok(OptionDay {
            table: self.option_table(number)?,
            carry: (market.rate - market.dividend_yield) * years,
            dividend_discount: crate::math::exp(-market.dividend_yield * years),
            variance_years: self.plan.clock.years(key),
        })
    }

    /// Calendar days from a day to an expiry.
    #[must_use]
    pub(super) fn days_to_expiry(&self, day: usize, expiry: u16) -> f64 {
        let number = self.option_numbers[day * self.expiries.dates.len() + usize::from(expiry)];
        f64::from(self.option_keys[usize::from(number)].calendar_days())
    }

    /// A table of VX marks.
    #[must_use]
    pub(super) fn vx_table(&self, number: usize) -> &VxTable {
        &self.vx_tables[number]
    }

    /// The option tables that were built.
    pub(super) fn built_option_tables(&self) -> impl Iterator<Item = &OptionTable> {
        self.option_tables.iter().filter_map(|table| table.get()?.as_ref().ok())
    }

    /// All tables of VX marks.
    #[must_use]
    pub(super) fn vx_tables(&self) -> &[VxTable] {
        &self.vx_tables
    }

    fn option_table(&self, number: usize) -> Result<&OptionTable> {
        let build = || {
            let years = self.plan.clock.years(self.option_keys[number]);
            OptionTable::build(self.plan.model.risk_neutral(), years, self.plan.run.mark_accuracy)
        };
        self.option_tables[number].get_or_init(build).as_ref().map_err(|error| Error::Domain(error.clone()))
    }

    /// Builds the tables of condors opened on the days on which their entries fall due. Others, which a gate that
    /// delays an entry brings into play, are built when they are first needed; the marks are the same either way.
    fn build_expected_tables(&self) {
        let mut needed = Vec::new();
        for (entries, programme) in self.entries.iter().zip(&self.plan.condors) {
            let openings = if programme.every == Every::Flat { 1 } else { usize::MAX };
            for opened in (0..entries.due.len()).filter(|&day| entries.due[day]).take(openings) {
                let expiry = usize::from(entries.expiry[opened]);
                let last = self.expiries.day[expiry].map_or(self.grid.horizon_days(), |day| day - 1);
                let number = |day: usize| usize::from(self.option_numbers[day * self.expiries.dates.len() + expiry]);
                needed.extend((opened..=last).map(number));
            }
        }
        needed.sort_unstable();
        needed.dedup();
        // A failure is kept in its slot and surfaces when the table is asked for.
        needed.par_iter().for_each(|&number| drop(self.option_table(number)));
    }
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

fn generator(plan: &Plan, grid: &Grid) -> std::result::Result<Generator, DomainError> {
    let days: Vec<DayStep> = (0..grid.horizon_days())
        .map(|day| DayStep {
            variance_years: plan.clock.years(grid.step(day)),
            calendar_years: years_of(grid.step(day).calendar_days()),
        })
        .collect();
    let MarketPlan { spot, rate, dividend_yield, state, .. } = plan.market;
    let start = Start { spot, rate, dividend_yield, state };
    Generator::new(&plan.model, start, &days, plan.run.steps_per_day, plan.run.seed)
}

/// Numbers the times to expiry of every expiry on every day before it.
fn number_option_keys(grid: &Grid, expiries: &Expiries) -> (Vec<TimeLeft>, Vec<u16>) {
    let mut keys = Numbering::default();
    let mut numbers = Vec::with_capacity((grid.horizon_days() + 1) * expiries.dates.len());
    for day in 0..=grid.horizon_days() {
        for &expiry in &expiries.dates {
            let alive = expiry > grid.date(day);
            let time = if alive { grid.time_left(day, expiry) } else { TimeLeft { sessions: 0, other_days: 0 } };
            numbers.push(keys.number(time) as u16);
        }
    }
    (keys.into_keys(), numbers)
}

/// Lists the instruments that layers hold, and the keys of all VX marks they need.
fn list_instruments(grid: &Grid, plan: &Plan, keys: &mut Numbering<VxKey>) -> Vec<Instrument> {
    let mut distinct: Vec<VxInstrument> = Vec::new();
    for layer in &plan.layers {
        let instrument = VxInstrument::of(layer);
        if !distinct.contains(&instrument) {
            distinct.push(instrument);
        }
    }
    distinct
        .into_iter()
        .map(|instrument| {
            let holds = |&layer: &usize| VxInstrument::of(&plan.layers[layer]) == instrument;
            let contracts = instrument.contracts(grid);
            let mut held = vec![None];
            let mut change = vec![Contract::Same];
            for day in 1..=grid.horizon_days() {
                let old = contracts[day - 1];
                let settled = old.settlement_close <= grid.date(day);
                let rolled = old != contracts[day];
                held.push(rolled.then(|| keys.number(VxKey::new(grid, day, old))));
                change.push(match (rolled, settled) {
                    (false, _) => Contract::Same,
                    (true, true) => Contract::Settled,
                    (true, false) => Contract::Rolled,
                });
            }
            let next = contracts.iter().enumerate();
            let next = next.map(|(day, &contract)| keys.number(VxKey::new(grid, day, contract))).collect();
            Instrument { layers: (0..plan.layers.len()).filter(holds).collect(), next, held, change }
        })
        .collect()
}

fn compile_rules(plan: &Plan) -> (Program, Vec<CondorRules>, Vec<LayerRules>) {
    let mut rules = Vec::new();
    let mut add = |rule| {
        rules.push(rule);
        RuleId(rules.len() - 1)
    };
    let condor_rules = plan
        .condors
        .iter()
        .map(|condor| CondorRules { enter: add(&condor.enter), exit: condor.exit.as_ref().map(&mut add) })
        .collect();
    let layer_rules =
        plan.layers.iter().map(|layer| LayerRules { enter: add(&layer.enter), exit: add(&layer.exit) }).collect();
    (Program::compile(&rules), condor_rules, layer_rules)
}
