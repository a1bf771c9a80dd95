//! One path of a run, day by day: what was seen, which rules held, what was traded, what is held, what it made.
//!
//! The path is simulated again by itself. Its numbers are those of the run, to the bit: random numbers are addressed by
//! path, and no path looks at its neighbours.

use jiff::civil::Date;
use serde::Serialize;

use super::batch::BatchWorker;
use super::book::{Book, Observer};
use super::close::Close;
use super::context::Context;
use super::position_view::known;
use super::result::Silent;
use crate::Result;
use crate::book::{ComponentId, Entry, Holding, Indicator, Verdict};
use crate::plan::Plan;
use crate::risk::Component;
use crate::strategy::layer::{Hold, VixOptionHold};
use crate::strategy::rule::{Class, RuleId, Value, Workspace as RuleWorkspace};

/// A path day by day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PathStory {
    /// Number of the path in the run, from 0.
    pub path: u64,
    /// P&L of the account over cash at the end, USD.
    pub pnl_usd: f64,
    /// Day 0 and all that follow.
    pub days: Vec<DayStory>,
}

/// One close of a path.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DayStory {
    /// Trading days since the first.
    pub day: usize,
    /// The session.
    pub date: String,
    /// The index.
    pub spx: f64,
    /// VIX, points.
    pub vix: f64,
    /// Fast and slow variance factor, annual variance.
    pub state: [f64; 2],
    /// What rules compute, by the text of the expression; none where it is not ready.
    pub indicators: Vec<Indicator>,
    /// Whether each rule holds that does not ask about one position.
    pub rules: Vec<RuleVerdict>,
    /// What the exit and shift rules said of each position that was open before the day's trades.
    pub verdicts: Vec<Of<Verdict>>,
    /// Trades, settlements and payments of the day.
    pub fills: Vec<Of<Entry>>,
    /// What is held after them.
    pub holdings: Vec<Of<Holding>>,
    /// P&L over cash of each part so far, USD.
    pub pnl_usd: Vec<PartPnl>,
    /// Cash, USD.
    pub cash_usd: f64,
    /// Cash and open positions, USD.
    pub equity_usd: f64,
}

/// A rule and whether it holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleVerdict {
    /// Whose rule.
    pub owner: String,
    /// Its key, as `enter`, `exit`, `shift forward`, `refresh`, or the name of a cell.
    pub role: String,
    /// Its text.
    pub rule: String,
    /// Whether it holds; none where it needs what is not ready.
    pub holds: Option<bool>,
}

/// Something that belongs to a part of the P&L, with that part's name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Of<T> {
    /// The part of the P&L.
    pub component: String,
    /// What belongs to it.
    #[serde(flatten)]
    pub is: T,
}

/// What a part of the P&L has made so far.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartPnl {
    /// The part.
    pub component: String,
    /// USD over cash.
    pub usd: f64,
}

/// Does paths of a run again and tells each.
///
/// # Errors
/// The plan cannot be run.
pub fn explain(plan: &Plan, paths: &[u64]) -> Result<Vec<PathStory>> {
    let context = Context::new(plan, &Silent)?.traced();
    let mut worker = BatchWorker::new(&context, 1);
    paths
        .iter()
        .map(|&path| {
            let mut recorder = Recorder::default();
            worker.replay(&context, path, &mut recorder)?;
            Ok(PathStory { path, pnl_usd: worker.hedged().track.pnl[0], days: recorder.days })
        })
        .collect()
}

/// Turns each close into a day of a story.
#[derive(Default)]
struct Recorder {
    days: Vec<DayStory>,
    /// Entries and verdicts of the journal that were told.
    entries_told: usize,
    verdicts_told: usize,
}

impl Observer for Recorder {
    fn after_close(&mut self, close: &Close<'_, '_>, book: &Book, rules: &RuleWorkspace) {
        let parts = close.context.components.list();
        let state = close.state(0);
        let (entries, answers) = match &book.account.ledger.journal {
            Some(journal) => (&journal.entries[self.entries_told..], &journal.verdicts[self.verdicts_told..]),
            None => (&[][..], &[][..]),
        };
        let pnl: Vec<PartPnl> = (0..parts.len())
            .map(|part| PartPnl {
                component: parts[part].name.clone(),
                usd: book.account.ledger.component_pnl(ComponentId(part), 0),
            })
            .collect();
        let equity_usd = close.context.cash_equity(close.day) + book.account.track.pnl[0];
        let marks: f64 = (0..parts.len()).map(|part| book.account.ledger.mark(ComponentId(part), 0)).sum();
        let date: Date = close.context.grid.date(close.day);
        self.days.push(DayStory {
            day: close.day,
            date: date.to_string(),
            spx: close.spot(0),
            vix: close.vix(0),
            state: [state.x1, state.x2],
            indicators: indicators(close, rules),
            rules: verdicts(close, rules),
            verdicts: answers.iter().map(|verdict| of(parts, verdict.component, verdict.clone())).collect(),
            fills: entries.iter().map(|entry| of(parts, entry.component, entry.clone())).collect(),
            holdings: book.holdings(close, 0).into_iter().map(|held| of(parts, held.component, held)).collect(),
            pnl_usd: pnl,
            cash_usd: equity_usd - marks,
            equity_usd,
        });
        self.entries_told += entries.len();
        self.verdicts_told += answers.len();
    }
}

/// Numbers that rules spell out, positions apart; on the last day nothing is decided, and the book is not shown.
fn indicators(close: &Close<'_, '_>, rules: &RuleWorkspace) -> Vec<Indicator> {
    let program = &close.context.program;
    let decided = close.day < close.context.grid.horizon_days();
    let shown = |class: Class| class == Class::Market || (class == Class::Book && decided);
    program
        .nodes()
        .filter(|node| shown(node.class))
        .filter_map(|node| match program.value(node.id, close.day, 0, rules) {
            Value::Number(value) => Some(Indicator::new(node.label, value)),
            Value::Truth(_) => None,
        })
        .collect()
}

fn verdicts(close: &Close<'_, '_>, rules: &RuleWorkspace) -> Vec<RuleVerdict> {
    let context = close.context;
    let plan = context.plan;
    let condors = plan.condors.iter().zip(&context.condor_rules).zip(&context.position_rules);
    let condors = condors.flat_map(|((condor, ids), of_positions)| {
        let exit = condor.exit.as_ref().zip(of_positions.exit).map(|(rule, id)| (&condor.name, "exit", rule, id));
        let shifts = condor.shifts.iter().zip(&of_positions.shifts);
        let shifts = shifts.map(|(shift, &id)| (&condor.name, shift.direction.name(), &shift.when, id));
        std::iter::once((&condor.name, "enter", &condor.enter, ids.enter)).chain(exit).chain(shifts)
    });
    let held = plan.held_condors.iter().zip(&context.position_rules[plan.condors.len()..]);
    let held = held.filter_map(|(position, ids)| Some((&position.name, "exit", position.exit.as_ref()?, ids.exit?)));
    let held_hedges = plan.held_hedges.iter().enumerate().filter_map(|(number, position)| {
        Some((&position.name, "exit", position.exit.as_ref()?, context.held_hedge_rules(number).exit?))
    });
    let layers = plan.layers.iter().zip(&context.layer_rules);
    let layers = layers.flat_map(|(layer, ids)| {
        let switches = [("enter", &layer.enter, ids.enter), ("exit", &layer.exit, ids.exit)];
        let cells = layer.cells.iter().zip(&ids.cells).map(|(cell, &id)| (cell.name.as_str(), &cell.when, id));
        let refresh = match &layer.hold {
            Hold::VixOption(VixOptionHold { refresh, roll_every: Some(_), .. }) => {
                ids.refresh.map(|id| ("refresh", refresh, id))
            }
            _ => None,
        };
        let all = switches.into_iter().chain(cells).chain(refresh);
        all.map(|(role, rule, id)| (&layer.name, role, rule, id)).collect::<Vec<_>>()
    });
    condors
        .chain(held)
        .chain(held_hedges)
        .chain(layers)
        .filter(|&(.., id)| is_decided(close, id))
        .map(|(owner, role, rule, id)| RuleVerdict {
            owner: owner.clone(),
            role: role.to_owned(),
            rule: rule.text().to_owned(),
            holds: known(context.program.truth(id, close.day, rules)[0]),
        })
        .collect()
}

/// Whether a rule has a truth of its own today.
fn is_decided(close: &Close<'_, '_>, rule: RuleId) -> bool {
    match close.context.program.class(rule) {
        Class::Constant | Class::Market => true,
        Class::Book => close.day < close.context.grid.horizon_days(),
        Class::Position => false,
    }
}

fn of<T>(parts: &[Component], component: ComponentId, is: T) -> Of<T> {
    Of { component: parts[component.0].name.clone(), is }
}
