//! What all batches of a run share: the calendar's decisions, the path generator, the tables of marks, compiled rules.

use jiff::civil::Date;
use rayon::prelude::*;

use super::certify::{Certified, Certifier, Worst};
use super::components::Components;
use super::expected::expected_marks;
use super::instrument::{Instrument, Leg, list_instruments};
use super::news::release_days;
use super::option_marks::OptionMarks;
use super::past;
use super::result::Progress;
use super::schedule::{EntrySchedule, Expiries, Numbering, schedule_entries};
use super::signal::Signals;
use super::standing::Standing;
use super::vix_option_marks::VixOptionMarks;
use crate::book::Regime;
use crate::calendar::sessions::days_between;
use crate::calendar::{Grid, VixContract};
use crate::error::DomainError;
use crate::model::Model;
use crate::model::vix::VixMap;
use crate::path::{Crunches, DayStep, Followed, Generator, Lead, Shocks, Start};
use crate::plan::{MarketPlan, Plan};
use crate::pricing::VxTable;
use crate::pricing::vx_table::VX_ACCURACY;
use crate::strategy::Layer;
use crate::strategy::layer::{Hold, VixOptionHold};
use crate::strategy::rule::{BookNodes, BookSeries, History, PositionSeries, Program, Rule, RuleId, Series};
use crate::units::{DAYS_PER_YEAR, VIX_WINDOW_DAYS};
use crate::{Error, Result};

/// The rules of one condor programme.
#[derive(Debug, Clone, Copy)]
pub(super) struct CondorRules {
    /// Gate of an entry.
    pub(super) enter: RuleId,
}

/// The rules of the positions of one programme, or of one position held at the start.
#[derive(Debug, Clone, Default)]
pub(super) struct PositionRules {
    /// Closes a position.
    pub(super) exit: Option<RuleId>,
    /// Shift a position, by the programme's shifts.
    pub(super) shifts: Vec<RuleId>,
    /// The series of a position that they name.
    pub(super) series: Vec<PositionSeries>,
}

impl PositionRules {
    /// Whether positions are left alone until they expire.
    pub(super) fn is_empty(&self) -> bool {
        self.exit.is_none() && self.shifts.is_empty()
    }
}

/// The rules of one layer.
#[derive(Debug, Clone)]
pub(super) struct LayerRules {
    /// Turns it on.
    pub(super) enter: RuleId,
    /// Turns it off.
    pub(super) exit: RuleId,
    /// Where each of its cells applies.
    pub(super) cells: Vec<RuleId>,
    /// Whether its options roll by days.
    pub(super) refresh: Option<RuleId>,
}

/// One layer of VIX options.
#[derive(Debug, Clone)]
pub(super) struct OptionLayer<'p> {
    /// Its number.
    pub(super) layer: usize,
    /// What it holds.
    pub(super) hold: &'p VixOptionHold,
    /// Contract that it takes on each day.
    pub(super) picks: Vec<u16>,
    /// First contract that it does not roll out of, by day.
    pub(super) first_kept: Vec<u16>,
    /// Whether it rolls by days.
    pub(super) refresh: RuleId,
}

/// Everything that batches read and none changes.
pub(super) struct Context<'p> {
    /// The plan.
    pub(super) plan: &'p Plan,
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
    /// Entries, by programme.
    pub(super) entries: Vec<EntrySchedule>,
    /// Numbers of the expiries of options held at the start.
    pub(super) held_expiry: Vec<u16>,
    /// Futures and indices that layers hold.
    pub(super) instruments: Vec<Instrument>,
    /// The legs of all instruments.
    pub(super) legs: Vec<Leg>,
    /// Layers of VIX options.
    pub(super) option_layers: Vec<OptionLayer<'p>>,
    /// Marks of VIX options.
    pub(super) vix_options: VixOptionMarks,
    /// Whether what the hedge does can change what condors do: then the unhedged account is a book of its own.
    pub(super) coupled: bool,
    /// Whether a rule or a size asks for equity or drawdown.
    pub(super) equity_is_seen: bool,
    /// Whether a rule asks for the delta of the condors.
    pub(super) condor_delta_is_seen: bool,
    /// Whether a rule asks for margin use.
    pub(super) margin_is_seen: bool,
    /// Parts of the P&L.
    pub(super) components: Components,
    /// All rules, compiled.
    pub(super) program: Program,
    /// Rules by programme.
    pub(super) condor_rules: Vec<CondorRules>,
    /// Rules of open positions: by programme, then by position held at the start.
    pub(super) position_rules: Vec<PositionRules>,
    /// Rules by layer.
    pub(super) layer_rules: Vec<LayerRules>,
    /// What rules about condors need of the book, what those of layers need, and all.
    pub(super) condor_nodes: BookNodes,
    pub(super) layer_nodes: BookNodes,
    pub(super) book_nodes: BookNodes,
    /// What rules see of the market.
    pub(super) signals: Signals,
    /// What they see of the days before the first.
    pub(super) history: History,
    /// Marks of SPX options.
    pub(super) options: OptionMarks,
    vx_tables: Vec<VxTable>,
    /// The largest error that certificates of VX tables found.
    pub(super) vx_worst: Worst,
}

impl<'p> Context<'p> {
    /// Prepares a run: the tables that are sure to be needed are built here, on all threads.
    ///
    /// # Errors
    /// A first day that is no session, or a table that cannot be built to the accuracy asked for.
    pub(super) fn new(plan: &'p Plan, progress: &dyn Progress) -> Result<Self> {
        let grid = Grid::new(plan.market.date, plan.run.horizon_days).map_err(|error| Error::Run(error.to_string()))?;
        let held: Vec<Date> = plan.held_condors.iter().map(|position| position.expiry).collect();
        let (expiries, entries) = schedule_entries(&grid, &plan.condors, &held);
        let options = OptionMarks::new(plan, &grid, &expiries)?;
        let (program, condor_rules, position_rules, layer_rules) = compile_rules(plan);
        let mut vx_keys = Numbering::default();
        let (instruments, legs) = list_instruments(&grid, plan, &mut vx_keys);
        let signals = Signals::new(&grid, plan, &program, &mut vx_keys)?;
        let history = past::history(plan, &program);
        let rate = plan.market.rate;
        let discount =
            (0..=grid.horizon_days()).map(|day| crate::math::exp(-rate * years_of(grid.calendar_days(day)))).collect();
        let vix_maps = vix_maps(plan, &grid, VIX_WINDOW_DAYS)?;
        let certifier = Certifier::new(plan.model.risk_neutral(), plan.run.seed)?;
        let vix_options = VixOptionMarks::new(plan, &grid, &certifier, progress)?;
        let vx_tables: Result<Vec<_>> = vx_keys
            .into_keys()
            .par_iter()
            .map(|key| {
                let years = plan.clock.years(key.time_left);
                let map = VixMap::new(plan.model.risk_neutral(), plan.clock.years(key.window))?;
                certifier.build(VX_ACCURACY, |accuracy| {
                    VxTable::build_within(plan.model.risk_neutral(), years, &map, accuracy)
                })
            })
            .collect();
        let mut vx_worst = Worst::default();
        let certified = vx_tables?.into_iter();
        let vx_tables = certified.map(|Certified { table, worst }| {
            vx_worst.merge(&worst);
            table
        });
        let vx_tables = vx_tables.collect();
        let entries_of_condors = condor_rules.iter().map(|rules| rules.enter);
        let of_positions =
            |rules: &PositionRules| rules.exit.into_iter().chain(rules.shifts.clone()).collect::<Vec<_>>();
        let of_condors = entries_of_condors.chain(position_rules.iter().flat_map(of_positions));
        let of_layers = layer_rules.iter().flat_map(|rules: &LayerRules| {
            let LayerRules { enter, exit, cells, refresh } = rules;
            [*enter, *exit].into_iter().chain(cells.clone()).chain(*refresh)
        });
        let context = Self {
            generator: generator(plan, &plan.model, &grid)?
                .with_lead(plan.breadth.map(|breadth| Lead { breadth, skill: plan.skill }))
                .with_releases(release_days(plan, &grid), &vix_maps)
                .with_followed(followed(plan, &grid, &vix_maps))
                .with_shocks(Shocks::new(&plan.shocks, &vix_maps)),
            crunches: plan.crunches().map(|crunch| Crunches::new(crunch.law, plan.run.seed, crunch.forced.clone())),
            discount,
            vix_maps,
            instruments,
            legs,
            option_layers: list_option_layers(&grid, plan, &layer_rules, &vix_options),
            vix_options,
            components: Components::new(plan),
            coupled: is_coupled(plan),
            equity_is_seen: program.book_series().into_iter().any(Standing::depends_on_hedge)
                || plan.condors.iter().any(|condor| condor.size.sees_equity())
                || plan.layers.iter().any(Layer::needs_equity),
            condor_delta_is_seen: program.book_series().contains(&BookSeries::CondorDelta),
            held_expiry: held.iter().map(|&date| expiries.number(date)).collect(),
            margin_is_seen: program.book_series().contains(&BookSeries::MarginUsed),
            signals,
            history,
            condor_nodes: program.book_nodes(of_condors.clone()),
            layer_nodes: program.book_nodes(of_layers.clone()),
            book_nodes: program.book_nodes(of_condors.chain(of_layers)),
            program,
            condor_rules,
            position_rules,
            layer_rules,
            options,
            vx_worst,
            vx_tables,
            plan,
            grid,
            expiries,
            entries,
        };
        context.options.build(&expected_marks(&context), progress)?;
        Ok(context)
    }

    /// The day whose decisions are filled at the close of `day`; `None` where there is none yet.
    #[must_use]
    pub(super) fn decided_on(&self, day: usize) -> Option<usize> {
        self.plan.run.fill.decided_on(day)
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

    /// What a cash balance of the day before has grown by at the close of a day.
    #[must_use]
    pub(super) fn cash_growth(&self, day: usize) -> f64 {
        self.growth(day, self.plan.market.rate)
    }

    /// What an index whose dividends are reinvested has gained by them since the day before.
    #[must_use]
    pub(super) fn dividend_growth(&self, day: usize) -> f64 {
        self.growth(day, self.plan.market.dividend_yield)
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
        let crunch = self.plan.crunches()?;
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

/// The closes that every path follows, with the states behind them.
fn followed(plan: &Plan, grid: &Grid, maps: &[VixMap]) -> Followed {
    plan.followed.as_ref().map_or_else(Followed::default, |market| {
        Followed::new(&market.index, &market.vix, &plan.model, plan.market.state, &day_steps(plan, grid), maps)
    })
}

fn list_option_layers<'p>(
    grid: &Grid,
    plan: &'p Plan,
    rules: &[LayerRules],
    marks: &VixOptionMarks,
) -> Vec<OptionLayer<'p>> {
    let of_layer = |(layer, (plan_layer, rules)): (usize, (&'p Layer, &LayerRules))| {
        let (Hold::VixOption(hold), Some(refresh)) = (&plan_layer.hold, rules.refresh) else { return None };
        let (picks, first_kept) = (marks.picks(grid, hold), marks.first_kept(grid, hold.roll_days));
        Some(OptionLayer { layer, hold, picks, first_kept, refresh })
    };
    plan.layers.iter().zip(rules).enumerate().filter_map(of_layer).collect()
}

/// Whether a rule about condors, or their size, sees something that the hedge changes.
fn is_coupled(plan: &Plan) -> bool {
    let gates = plan.condors.iter().map(|condor| &condor.enter);
    let shifts = plan.condors.iter().flat_map(|condor| &condor.shifts).map(|shift| &shift.when);
    let exits = plan.condors.iter().filter_map(|condor| condor.exit.as_ref());
    let held = plan.held_condors.iter().filter_map(|position| position.exit.as_ref());
    let mut series = gates.chain(shifts).chain(exits).chain(held).flat_map(Rule::series);
    let by_rules = series.any(|series| matches!(series, Series::Book(series) if Standing::depends_on_hedge(series)));
    let by_size = plan.condors.iter().any(|condor| condor.size.sees_equity());
    // Each account pays interest on what it borrows itself.
    let by_debt = plan.margin.regime != Regime::None && plan.margin.credit.has_interest();
    by_debt || by_rules || by_size && !plan.layers.is_empty()
}

fn compile_rules(plan: &Plan) -> (Program, Vec<CondorRules>, Vec<PositionRules>, Vec<LayerRules>) {
    let mut rules: Vec<&Rule> = Vec::new();
    let mut add = |rule| {
        rules.push(rule);
        RuleId(rules.len() - 1)
    };
    let condor_rules = plan.condors.iter().map(|condor| CondorRules { enter: add(&condor.enter) }).collect();
    let programmes = plan.condors.iter().map(|condor| (condor.exit.as_ref(), &condor.shifts[..]));
    let held = plan.held_condors.iter().map(|position| (position.exit.as_ref(), &[][..]));
    let position_rules = programmes
        .chain(held)
        .map(|(exit, shifts)| PositionRules {
            exit: exit.map(&mut add),
            shifts: shifts.iter().map(|shift| add(&shift.when)).collect(),
            series: position_series(exit.into_iter().chain(shifts.iter().map(|shift| &shift.when))),
        })
        .collect();
    let layer_rules = plan.layers.iter().map(|layer| LayerRules {
        enter: add(&layer.enter),
        exit: add(&layer.exit),
        cells: layer.cells.iter().map(|cell| add(&cell.when)).collect(),
        refresh: match &layer.hold {
            Hold::VixOption(hold) => Some(add(&hold.refresh)),
            Hold::Vx(_) | Hold::Index => None,
        },
    });
    let layer_rules = layer_rules.collect();
    (Program::compile(&rules), condor_rules, position_rules, layer_rules)
}

/// The series of positions that some rules name, each once.
fn position_series<'r>(rules: impl Iterator<Item = &'r Rule>) -> Vec<PositionSeries> {
    let mut found = Vec::new();
    for series in rules.flat_map(Rule::series) {
        if let Series::Position(series) = series
            && !found.contains(&series)
        {
            found.push(series);
        }
    }
    found
}
