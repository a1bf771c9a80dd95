//! Which marks a run is sure to need, so that their tables can be built on all threads before the first path.
//!
//! A condor opened on the day its entry falls due is marked until it expires, or until its exit rule must hold: a rule
//! that holds whatever the market and the position do, as `days_to_expiry <= 21` does, closes it for certain. A programme
//! that opens when it is flat is followed from one such end to the next. Entries that a gate delays or an exit brings
//! forward need further tables; those are built when they are first met.

use std::ops::RangeInclusive;

use super::context::Context;
use super::standing::Standing;
use crate::strategy::Every;
use crate::strategy::rule::{
    BookTable, MarketTable, PositionSeries, PositionTable, RuleId, Truth, Workspace as RuleWorkspace,
};

/// Days and expiries whose marks are needed.
pub(super) fn expected_marks(context: &Context<'_>) -> Vec<(usize, u16)> {
    let mut wanted = Vec::new();
    let mut exits = context.position_rules.iter().map(|rules| rules.exit.map(|rule| CertainExit::new(context, rule)));
    for ((programme, entries), mut exit) in context.plan.condors.iter().zip(&context.entries).zip(&mut exits) {
        let flat = programme.every == Every::Flat;
        let mut free = 0;
        // A fill that lags opens a day after its entry was decided.
        let lag = usize::from(context.decided_on(0).is_none());
        let horizon = context.grid.horizon_days();
        let due = (0..horizon).filter(|&day| entries.due[day]);
        for opened in due.map(|day| day + lag).filter(|&day| day < horizon) {
            if opened >= free {
                let (days, end) = life(context, entries.expiry[opened], opened, exit.as_mut());
                wanted.extend(days.map(|day| (day, entries.expiry[opened])));
                free = if flat { end } else { 0 };
            }
        }
    }
    for (&expiry, mut exit) in context.held_expiry.iter().zip(exits) {
        wanted.extend(life(context, expiry, 0, exit.as_mut()).0.map(|day| (day, expiry)));
    }
    wanted
}

/// The days on which a condor opened on `opened` needs marks, and the day on which it is gone.
fn life(
    context: &Context<'_>,
    expiry: u16,
    opened: usize,
    mut exits: Option<&mut CertainExit<'_>>,
) -> (RangeInclusive<usize>, usize) {
    let horizon = context.grid.horizon_days();
    let end = context.expiries.day[usize::from(expiry)].unwrap_or(horizon + 1);
    for day in opened + 1..end {
        let days_to_expiry = context.options.days_to_expiry(day, expiry);
        if exits.as_mut().is_some_and(|exits| exits.holds(day, day - opened, days_to_expiry)) {
            return (opened..=day, day);
        }
    }
    (opened..=end - 1, end)
}

/// An exit rule evaluated with nothing known but the calendar: where it holds all the same, it always does.
struct CertainExit<'c> {
    context: &'c Context<'c>,
    rule: RuleId,
    workspace: RuleWorkspace,
    truths: Vec<Truth>,
}

impl<'c> CertainExit<'c> {
    fn new(context: &'c Context<'c>, rule: RuleId) -> Self {
        let days = context.grid.horizon_days() + 1;
        let mut workspace = RuleWorkspace::new(&context.program, days, 1);
        let unknown = vec![f64::NAN; days];
        let series = context.program.market_series();
        let table = series.into_iter().fold(MarketTable::new(days, 1), |table, series| table.common(series, &unknown));
        context.program.evaluate_market(&table, &mut workspace);
        let unknown = [f64::NAN];
        let book = Standing::SERIES.into_iter().fold(BookTable::new(1), |table, series| table.with(series, &unknown));
        for day in 0..days {
            context.program.evaluate_book_day(day, &book, &mut workspace);
        }
        Self { context, rule, workspace, truths: Vec::new() }
    }

    fn holds(&mut self, day: usize, days_open: usize, days_to_expiry: f64) -> bool {
        let (days_open, days_to_expiry, unknown) = ([days_open as f64], [days_to_expiry], [f64::NAN]);
        let series = self.context.program.position_series().into_iter();
        let table = series.fold(PositionTable::new(), |table, series| {
            let value = match series {
                PositionSeries::DaysOpen => &days_open,
                PositionSeries::DaysToExpiry => &days_to_expiry,
                _ => &unknown,
            };
            table.with(series, value)
        });
        let program = &self.context.program;
        program.evaluate_positions(self.rule, day, &[0], &table, &mut self.workspace, &mut self.truths);
        self.truths[0].holds()
    }
}
