//! What all batches of a run share: the calendar's decisions, the path generator, the tables of marks, compiled rules.

use rayon::prelude::*;

use super::components::Components;
use super::expected::expected_marks;
use super::option_marks::OptionMarks;
use super::result::Progress;
use super::schedule::{EntrySchedule, Expiries, Numbering, VxInstrument, VxKey, schedule_entries};
use super::signal::{Signal, list_signals};
use super::standing::Standing;
use crate::book::Contract;
use crate::calendar::Grid;
use crate::error::DomainError;
use crate::model::Model;
use crate::model::vix::VixMap;
use crate::path::{DayStep, Generator, Start};
use crate::plan::{MarketPlan, Plan};
use crate::pricing::VxTable;
use crate::strategy::rule::{Program, Rule, RuleId, Series};
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
    /// Whether what the hedge does can change what condors do: then the unhedged account is a book of its own.
    pub(super) coupled: bool,
    /// Whether a rule asks for equity or drawdown.
    pub(super) equity_is_seen: bool,
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
    /// Marks of SPX options.
    pub(super) options: OptionMarks,
    vx_tables: Vec<VxTable>,
}

impl<'p> Context<'p> {
    /// Prepares a run: the tables that are sure to be needed are built here, on all threads.
    ///
    /// # Errors
    /// A first day that is no session, or a table that cannot be built to the accuracy asked for.
    pub(super) fn new(plan: &'p Plan, progress: &dyn Progress) -> Result<Self> {
        let grid = Grid::new(plan.market.date, plan.run.horizon_days).map_err(|error| Error::Run(error.to_string()))?;
        let (expiries, entries) = schedule_entries(&grid, &plan.condors);
        let options = OptionMarks::new(plan, &grid, &expiries);
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
            generator: generator(plan, &plan.model, &grid)?,
            discount,
            vix_maps,
            instruments,
            components: Components::new(plan),
            coupled: is_coupled(plan),
            equity_is_seen: program.book_series().into_iter().any(Standing::depends_on_hedge),
            signals,
            program,
            condor_rules,
            layer_rules,
            options,
            vx_tables: vx_tables?,
            plan,
            grid,
            expiries,
            entries,
        };
        context.options.build(&expected_marks(&context), progress)?;
        Ok(context)
    }

    /// The same run, in which every value that a rule computes can be read afterwards.
    #[must_use]
    pub(super) fn traced(mut self) -> Self {
        self.program = self.program.traced();
        self
    }

    /// The starting equity grown at the cash rate to a day, USD.
    #[must_use]
    pub(super) fn cash_equity(&self, day: usize) -> f64 {
        self.plan.equity / self.discount[day]
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
        generator(self.plan, &self.plan.model.without_premia(), &self.grid)
    }

    /// The forward of a day over the index of the first.
    #[must_use]
    pub(super) fn forward_factor(&self, day: usize) -> f64 {
        let MarketPlan { rate, dividend_yield, .. } = self.plan.market;
        crate::math::exp((rate - dividend_yield) * years_of(self.grid.calendar_days(day)))
    }

    /// All tables of VX marks.
    #[must_use]
    pub(super) fn vx_tables(&self) -> &[VxTable] {
        &self.vx_tables
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

fn generator(plan: &Plan, model: &Model, grid: &Grid) -> std::result::Result<Generator, DomainError> {
    let days: Vec<DayStep> = (0..grid.horizon_days())
        .map(|day| DayStep {
            variance_years: plan.clock.years(grid.step(day)),
            calendar_years: years_of(grid.step(day).calendar_days()),
        })
        .collect();
    let MarketPlan { spot, rate, dividend_yield, state, .. } = plan.market;
    let start = Start { spot, rate, dividend_yield, state };
    Generator::new(model, start, &days, plan.run.steps_per_day, plan.run.seed)
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

/// Whether a rule about condors sees something that the hedge changes.
fn is_coupled(plan: &Plan) -> bool {
    let rules = plan.condors.iter().flat_map(|condor| [Some(&condor.enter), condor.exit.as_ref()]);
    rules.flatten().flat_map(Rule::series).any(|series| match series {
        Series::Book(series) => Standing::depends_on_hedge(series),
        _ => false,
    })
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
