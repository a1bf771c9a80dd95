//! What all batches of a run share beside its market: what the calendar decides for its terms, compiled rules, parts.

use std::ops::Deref;
use std::sync::Arc;

use super::components::Components;
use super::expected::expected_marks;
use super::held_hedge::{HeldHedgeTerms, list_held_hedges, option_groups};
use super::instrument::{Instrument, list_instruments};
use super::result::Progress;
use super::schedule::{EntrySchedule, schedule_entries};
use super::standing::Standing;
use super::vix_option_marks::VixOptionMarks;
use super::world::World;
use crate::Result;
use crate::book::{Order, Regime};
use crate::calendar::Grid;
use crate::plan::Plan;
use crate::strategy::Layer;
use crate::strategy::layer::{Hold, VixOptionHold};
use crate::strategy::rule::{BookNodes, BookSeries, PositionSeries, Program, Rule, RuleId, Series};

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

/// Everything that batches of one plan read and none changes. What it shares with other settings stands in its [`World`].
pub(super) struct Context<'p> {
    /// The plan.
    pub(super) plan: &'p Plan,
    /// Calendar, paths and marks.
    world: Arc<World<'p>>,
    /// Entries, by programme.
    pub(super) entries: Vec<EntrySchedule>,
    /// Number of the expiry of each position held at the start.
    pub(super) held_expiry: Vec<u16>,
    /// What layers hold of futures and of the index.
    pub(super) instruments: Vec<Instrument>,
    /// Layers of VIX options.
    pub(super) option_layers: Vec<OptionLayer<'p>>,
    /// VX and VIX options held at the start.
    pub(super) held_hedges: Vec<HeldHedgeTerms>,
    /// The options among them, by expiry.
    pub(super) held_option_groups: Vec<Vec<usize>>,
    /// Whether a rule about condors, or their size, sees what the hedge changes.
    pub(super) coupled: bool,
    /// Whether a rule or a size asks for equity or drawdown.
    pub(super) equity_is_seen: bool,
    /// Whether a rule asks for the delta of the condors.
    pub(super) condor_delta_is_seen: bool,
    /// Whether a rule asks for margin use, and for the quick ratio.
    pub(super) margin_is_seen: [bool; 2],
    /// Parts of the P&L.
    pub(super) components: Components,
    /// All rules, compiled together with those of the settings that are evaluated at the same time.
    pub(super) program: Arc<Program>,
    /// Rules by programme.
    pub(super) condor_rules: Vec<CondorRules>,
    /// Rules of open positions: by programme, then by position held at the start, SPX options before VX and VIX options.
    pub(super) position_rules: Vec<PositionRules>,
    /// Rules by layer.
    pub(super) layer_rules: Vec<LayerRules>,
    /// What rules about condors need of the book.
    pub(super) condor_nodes: BookNodes,
    /// What rules of layers, and of VX and VIX options held at the start, need of it.
    pub(super) layer_nodes: BookNodes,
    /// What all of them need.
    pub(super) book_nodes: BookNodes,
}

impl<'p> Deref for Context<'p> {
    type Target = World<'p>;

    #[inline]
    fn deref(&self) -> &World<'p> {
        &self.world
    }
}

impl<'p> Context<'p> {
    /// Prepares a run: the tables that are sure to be needed are built here, on all threads.
    ///
    /// # Errors
    /// A first day that is no session, or a table that cannot be built to the accuracy asked for.
    pub(super) fn new(plan: &'p Plan, progress: &dyn Progress) -> Result<Self> {
        let world = Arc::new(World::new(&[plan], progress)?);
        let context = Self::together(&world, &[plan]).swap_remove(0);
        context.options.build(&expected_marks(&context), progress)?;
        Ok(context)
    }

    /// Prepares some settings of one world, whose rules are compiled together: an indicator that several name is computed
    /// once.
    pub(super) fn together(world: &Arc<World<'p>>, plans: &[&'p Plan]) -> Vec<Self> {
        let mut rules = Vec::new();
        let ids: Vec<RuleIds> = plans.iter().map(|plan| RuleIds::list(plan, &mut rules)).collect();
        let program = Arc::new(Program::compile(&rules));
        plans.iter().zip(ids).map(|(plan, ids)| Self::of_plan(world, plan, &program, ids)).collect()
    }

    fn of_plan(world: &Arc<World<'p>>, plan: &'p Plan, program: &Arc<Program>, ids: RuleIds) -> Self {
        let sees = |wanted: &dyn Fn(BookSeries) -> bool| {
            let mut series = all_rules(plan).into_iter().flat_map(Rule::series);
            series.any(|series| matches!(series, Series::Book(series) if wanted(series)))
        };
        let condor_books = plan.condors.len() + plan.held_condors.len();
        let (of_condors, of_layers) = (ids.of_condors(condor_books), ids.of_hedge(condor_books));
        let RuleIds { condor_rules, position_rules, layer_rules } = ids;
        Self {
            entries: schedule_entries(&world.grid, &world.expiries, &plan.condors),
            held_expiry: plan.held_condors.iter().map(|position| world.expiries.number(position.expiry)).collect(),
            instruments: list_instruments(&world.holds, plan),
            option_layers: list_option_layers(&world.grid, plan, &layer_rules, &world.vix_options),
            held_hedges: list_held_hedges(&world.grid, plan, &world.vix_options, &world.held_futures),
            held_option_groups: option_groups(plan),
            coupled: is_coupled(plan),
            equity_is_seen: sees(&Standing::depends_on_hedge)
                || plan.condors.iter().any(|condor| condor.size.sees_equity())
                || plan.layers.iter().any(Layer::needs_equity),
            condor_delta_is_seen: sees(&|series| series == BookSeries::CondorDelta),
            margin_is_seen: [BookSeries::MarginUsed, BookSeries::QuickRatio]
                .map(|wanted| sees(&|series| series == wanted)),
            components: Components::new(plan),
            condor_nodes: program.book_nodes(of_condors.iter().copied()),
            layer_nodes: program.book_nodes(of_layers.iter().copied()),
            book_nodes: program.book_nodes(of_condors.into_iter().chain(of_layers)),
            program: Arc::clone(program),
            condor_rules,
            position_rules,
            layer_rules,
            plan,
            world: Arc::clone(world),
        }
    }

    /// Whether another setting of the same program can follow the same condors.
    #[must_use]
    pub(super) fn has_condors_of(&self, other: &Self) -> bool {
        self.plan.has_condors_of(other.plan)
            && self.coupled == other.coupled
            && self.condor_delta_is_seen == other.condor_delta_is_seen
    }

    /// The rule that gives an order about the condors of a programme, or of a position held at the start, and what it is
    /// called.
    #[must_use]
    pub(super) fn rule_of(&self, book: usize, order: Order) -> Option<(&'static str, &'p Rule)> {
        let plan = self.plan;
        let Some(programme) = plan.condors.get(book) else {
            return Some(("exit", plan.held_condors[book - plan.condors.len()].exit.as_ref()?));
        };
        match order {
            Order::None => None,
            Order::Close => Some(("exit", programme.exit.as_ref()?)),
            Order::Shift(number) => {
                let shift = &programme.shifts[usize::from(number)];
                Some((shift.direction.name(), &shift.when))
            }
        }
    }

    /// The rules of a VX or VIX option held at the start.
    #[must_use]
    pub(super) fn held_hedge_rules(&self, number: usize) -> &PositionRules {
        &self.position_rules[self.plan.condors.len() + self.plan.held_condors.len() + number]
    }

    /// The day whose decisions are filled at the close of `day`; `None` where there is none yet.
    #[must_use]
    pub(super) fn decided_on(&self, day: usize) -> Option<usize> {
        self.plan.run.fill.decided_on(day)
    }

    /// The same run, in which every value that a rule computes can be read afterwards.
    #[must_use]
    pub(super) fn traced(mut self) -> Self {
        self.program = Arc::new(Program::clone(&self.program).traced());
        self
    }

    /// The starting equity grown at the cash rate to a day, USD.
    #[must_use]
    pub(super) fn cash_equity(&self, day: usize) -> f64 {
        self.plan.equity / self.discount[day]
    }
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
    // Each account pays interest on what it borrows itself, and an offset ties what condors need to the hedge.
    let by_debt = plan.margin.regime != Regime::None && plan.margin.credit.has_interest();
    let by_offset = plan.margin.vx_offset > 0.0 && plan.has_hedge();
    by_debt || by_offset || by_rules || by_size && plan.has_hedge()
}

/// The rules of a plan in a program.
struct RuleIds {
    condor_rules: Vec<CondorRules>,
    position_rules: Vec<PositionRules>,
    layer_rules: Vec<LayerRules>,
}

impl RuleIds {
    /// Adds the rules of a plan to a list.
    fn list<'p>(plan: &'p Plan, rules: &mut Vec<&'p Rule>) -> Self {
        let mut add = |rule| {
            rules.push(rule);
            RuleId(rules.len() - 1)
        };
        let condor_rules = plan.condors.iter().map(|condor| CondorRules { enter: add(&condor.enter) }).collect();
        let programmes = plan.condors.iter().map(|condor| (condor.exit.as_ref(), &condor.shifts[..]));
        let held = plan.held_condors.iter().map(|position| (position.exit.as_ref(), &[][..]));
        let held_hedges = plan.held_hedges.iter().map(|position| (position.exit.as_ref(), &[][..]));
        let position_rules = programmes
            .chain(held)
            .chain(held_hedges)
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
        Self { condor_rules, position_rules, layer_rules }
    }

    /// The rules of entries, and of the positions of the first `books`, which hold SPX options.
    fn of_condors(&self, books: usize) -> Vec<RuleId> {
        let of_positions = self.position_rules[..books].iter().flat_map(|rules| rules.exit.iter().chain(&rules.shifts));
        self.condor_rules.iter().map(|rules| rules.enter).chain(of_positions.copied()).collect()
    }

    /// The rules of layers and of the other positions.
    fn of_hedge(&self, condor_books: usize) -> Vec<RuleId> {
        let of_layer = |rules: &LayerRules| {
            let switches = [rules.enter, rules.exit].into_iter().chain(rules.cells.iter().copied());
            switches.chain(rules.refresh).collect::<Vec<_>>()
        };
        let of_positions = self.position_rules[condor_books..].iter().filter_map(|rules| rules.exit);
        self.layer_rules.iter().flat_map(of_layer).chain(of_positions).collect()
    }
}

/// All rules of a plan.
pub(super) fn all_rules(plan: &Plan) -> Vec<&Rule> {
    let mut rules = Vec::new();
    RuleIds::list(plan, &mut rules);
    rules
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
