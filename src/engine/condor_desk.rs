//! Trades the condor programmes of a plan, and what SPX options it holds at the start, along a batch.
//!
//! At each close, in this order: settle, mark; then, once the rules have seen the book, exits, shifts and entries. A position
//! that a shift may move is still shown to the rules at the close at which it expires, and settles after them.

use super::account::CondorView;
use super::close::Close;
use super::condor_entry::{Picker, Prospect};
use super::condor_mark;
use super::condor_shift::shift;
use super::condor_value::Trade;
use super::entry_gate::EntryGate;
use super::observe::Counts;
use super::position_view::note_condors;
use crate::Result;
use crate::book::{Action, ComponentId, Condor, Entry, Holding, Ledger, OpenCondors, Order, Side, log_strikes};
use crate::instrument::{CondorStrikes, OptionKind};
use crate::plan::{HeldCondor, Plan};
use crate::strategy::rule::{PositionTable, Truth, Workspace as RuleWorkspace};
use crate::strategy::{Every, Fill};
use crate::units::SPX_OPTION_MULTIPLIER;

/// The open condors and waiting entries of a batch.
#[derive(Debug, Default)]
pub(super) struct CondorDesk {
    /// Of the programmes, then of each position held at the start.
    open: Vec<OpenCondors>,
    /// Whether a due entry waits, `[programme * lanes + lane]`.
    waiting: Vec<bool>,
    /// Whether an entry is decided and not filled yet.
    wanted: Vec<bool>,
    /// Open condors of each programme and path.
    held: Vec<u32>,
    /// Open condor risk of each path, USD.
    risk_usd: Vec<f64>,
    /// Credit of the open condors of each path, USD.
    credit_usd: Vec<f64>,
    /// Delta of the open condors of each path, USD a point, where a rule asks for it.
    delta_usd: Vec<f64>,
    scratch: Scratch,
}

#[derive(Debug, Default)]
struct Scratch {
    truths: Vec<Truth>,
    lanes: Vec<u32>,
    values: Vec<Vec<f64>>,
}

impl CondorDesk {
    /// Empties the desk for a batch.
    pub(super) fn reset(&mut self, plan: &Plan, lanes: usize) {
        let books = plan.condors.len() + plan.held_condors.len();
        self.open.resize_with(books, OpenCondors::default);
        self.open.iter_mut().for_each(|open| open.positions.clear());
        for flags in [&mut self.waiting, &mut self.wanted] {
            flags.clear();
            flags.resize(lanes * plan.condors.len(), false);
        }
        self.held.clear();
        self.held.resize(lanes * books, 0);
        for values in [&mut self.risk_usd, &mut self.delta_usd, &mut self.credit_usd] {
            values.clear();
            values.resize(lanes, 0.0);
        }
    }

    /// The open condors, by programme.
    #[must_use]
    pub(super) fn open(&self) -> &[OpenCondors] {
        &self.open
    }

    /// What an account sees of the condors.
    pub(super) fn view(&self) -> CondorView<'_> {
        CondorView { risk_usd: &self.risk_usd, credit_usd: &self.credit_usd, delta_usd: &self.delta_usd }
    }

    /// Takes away the condors of a programme whose flags are set: they have been sold off.
    pub(super) fn remove(&mut self, programme: usize, flags: &[bool], lanes: usize) {
        let held = &mut self.held;
        self.open[programme].close(flags, |condor| held[programme * lanes + condor.lane as usize] -= 1);
    }

    /// Settles what expires and marks the rest at the close.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn revalue(&mut self, close: &Close<'_, '_>, ledger: &mut Ledger, counts: &mut Counts) -> Result<()> {
        if close.day == 0 {
            self.take_over(close);
        }
        for book in 0..self.open.len() {
            if !settles_late(close, book) {
                self.settle(book, close, ledger, counts);
            }
            condor_mark::mark(&mut self.open[book].positions, close, counts)?;
        }
        if close.day == 0 {
            self.book_at_marks(close, ledger);
        }
        self.state_marks(close, ledger)
    }

    /// Exits and shifts, then entries; `equity_usd` is that of each path before today's trades. Says whether anything was
    /// traded or settled.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn trade(
        &mut self,
        close: &Close<'_, '_>,
        rules: &mut RuleWorkspace,
        equity_usd: &[f64],
        gate: &mut dyn EntryGate,
        ledger: &mut Ledger,
        counts: &mut Counts,
    ) -> Result<bool> {
        let at_once = close.context.plan.run.fill == Fill::Close;
        let programmes = close.context.plan.condors.len();
        let mut traded = false;
        for book in 0..self.open.len() {
            if at_once {
                self.decide(book, close, rules, ledger)?;
            }
            traded |= self.carry_out(book, close, ledger, counts)?;
            if settles_late(close, book) {
                self.settle(book, close, ledger, counts);
                traded = true;
            }
            if !at_once {
                self.decide(book, close, rules, ledger)?;
            }
            if book < programmes {
                if at_once {
                    self.decide_entries(book, close, rules);
                }
                traded |= self.enter(book, close, equity_usd, gate, ledger, counts)?;
                if !at_once {
                    self.decide_entries(book, close, rules);
                }
            }
        }
        if traded {
            self.state_marks(close, ledger)?;
        }
        for (largest, &risk) in counts.max_condor_risk.iter_mut().zip(&self.risk_usd) {
            *largest = largest.max(risk);
        }
        Ok(traded)
    }

    /// The open condors of a path.
    pub(super) fn holdings(&self, close: &Close<'_, '_>, lane: usize) -> Vec<Holding> {
        let mut list = Vec::new();
        for (book, open) in self.open.iter().enumerate() {
            for condor in open.positions.iter().filter(|condor| condor.lane as usize == lane) {
                list.push(Holding {
                    component: ComponentId(book),
                    what: close.describe_position(condor),
                    quantity: condor.strikes.counted() * condor.usd_per_point / SPX_OPTION_MULTIPLIER,
                    price: -condor.strikes.counted() * condor.value,
                    value_usd: -condor.value * condor.usd_per_point,
                    credit: Some(condor.credit),
                });
            }
        }
        list
    }

    /// Takes the positions that are held at the start into the books of all paths.
    fn take_over(&mut self, close: &Close<'_, '_>) {
        let plan = close.context.plan;
        for (number, position) in plan.held_condors.iter().enumerate() {
            let HeldCondor { strikes, lots, credit, .. } = *position;
            let usd_per_point = SPX_OPTION_MULTIPLIER * f64::from(lots);
            let condor = |lane| Condor {
                lane: lane as u32,
                expiry: [close.context.held_expiry[number]; 2],
                opened: 0,
                order: Order::None,
                strikes,
                log_strikes: log_strikes(&strikes),
                credit,
                value: 0.0,
                usd_per_point,
                risk_usd: strikes.payout_max() * usd_per_point,
            };
            let book = plan.condors.len() + number;
            self.open[book].positions.extend((0..close.lanes).map(condor));
            self.held[book * close.lanes..][..close.lanes].fill(1);
        }
    }

    /// The starting equity holds them at today's marks, so the run's P&L begins there.
    fn book_at_marks(&self, close: &Close<'_, '_>, ledger: &mut Ledger) {
        for (book, open) in self.open.iter().enumerate() {
            for condor in &open.positions {
                let lane = condor.lane as usize;
                let premium_usd = condor.value * condor.usd_per_point;
                ledger.post(ComponentId(book), lane, premium_usd);
                ledger.pay(Side::Condors, lane, premium_usd);
                ledger.note(|| Entry {
                    day: close.day,
                    lane,
                    component: ComponentId(book),
                    action: Action::TakeOver,
                    what: close.describe(&condor.strikes, condor.expiry[0]),
                    quantity: condor.strikes.counted() * condor.usd_per_point / SPX_OPTION_MULTIPLIER,
                    price: -condor.strikes.counted() * condor.value,
                    cash_usd: premium_usd,
                    spread_usd: 0.0,
                    fees_usd: 0.0,
                });
            }
        }
    }

    /// Pays out the legs that expire today.
    fn settle(&mut self, book: usize, close: &Close<'_, '_>, ledger: &mut Ledger, counts: &mut Counts) {
        if !close.has_expiry() {
            return;
        }
        let expires = |expiry: u16| close.context.expiries.day[usize::from(expiry)] == Some(close.day);
        let held = &mut self.held;
        self.open[book].positions.retain_mut(|condor| {
            if !expires(condor.next_expiry()) {
                return true;
            }
            let (lane, strikes) = (condor.lane as usize, condor.strikes);
            let is_over = condor.single_expiry().is_some();
            for (expiry, legs) in condor.parts(&strikes).filter(|&(expiry, _)| expires(expiry)) {
                let payout = legs.payout(close.spot(lane));
                let payout_usd = payout * condor.usd_per_point;
                ledger.post(ComponentId(book), lane, -payout_usd);
                ledger.pay(Side::Condors, lane, -payout_usd);
                ledger.note(|| Entry {
                    day: close.day,
                    lane,
                    component: ComponentId(book),
                    action: Action::Settle,
                    what: close.describe(&legs, expiry),
                    quantity: -legs.counted() * condor.usd_per_point / SPX_OPTION_MULTIPLIER,
                    price: -legs.counted() * payout,
                    cash_usd: -payout_usd,
                    spread_usd: 0.0,
                    fees_usd: 0.0,
                });
                if is_over {
                    continue;
                }
                for kind in [OptionKind::Put, OptionKind::Call].into_iter().filter(|&kind| legs.has(kind)) {
                    condor.set_side(kind, &CondorStrikes::default(), expiry);
                }
                condor.credit -= payout;
                condor.value -= payout;
            }
            if is_over {
                counts.condors_expired[lane] += 1;
                held[book * close.lanes + lane] -= 1;
            }
            !is_over
        });
    }

    /// Decides which positions are to be closed or shifted; an exit comes before a shift.
    fn decide(
        &mut self,
        book: usize,
        close: &Close<'_, '_>,
        rules: &mut RuleWorkspace,
        ledger: &mut Ledger,
    ) -> Result<()> {
        let context = close.context;
        let position_rules = &context.position_rules[book];
        let positions = &mut self.open[book].positions;
        if position_rules.is_empty() || positions.is_empty() {
            return Ok(());
        }
        let Scratch { truths, lanes, values, .. } = &mut self.scratch;
        lanes.clear();
        lanes.extend(positions.iter().map(|condor| condor.lane));
        values.resize_with(position_rules.series.len().max(values.len()), Vec::new);
        for (&series, out) in position_rules.series.iter().zip(&mut *values) {
            close.position_series(series, positions, out)?;
        }
        let mut table = PositionTable::new();
        for (&series, values) in position_rules.series.iter().zip(&*values) {
            table = table.with(series, values);
        }
        let exit = position_rules.exit.map(|id| (Order::Close, id));
        let shifts = position_rules.shifts.iter().enumerate().map(|(number, &id)| (Order::Shift(number as u8), id));
        for (order, id) in exit.into_iter().chain(shifts) {
            context.program.evaluate_positions(id, close.day, lanes, &table, rules, truths);
            note_condors(close, (book, order), positions, truths, rules, ledger);
            let holding = positions.iter_mut().zip(&*truths).filter(|(_, truth)| truth.holds());
            for (condor, _) in holding.filter(|(condor, _)| condor.order == Order::None) {
                condor.order = order;
            }
        }
        Ok(())
    }

    /// Fills what was decided on open positions, at marks plus costs; says whether anything was.
    fn carry_out(
        &mut self,
        book: usize,
        close: &Close<'_, '_>,
        ledger: &mut Ledger,
        counts: &mut Counts,
    ) -> Result<bool> {
        let positions = &mut self.open[book].positions;
        let has_rules = !close.context.position_rules[book].is_empty();
        if !has_rules || positions.iter().all(|condor| condor.order == Order::None) {
            return Ok(false);
        }
        for condor in positions.iter_mut() {
            if let Order::Shift(number) = condor.order {
                condor.order = Order::None;
                if shift(close, book, usize::from(number), condor, ledger)? {
                    counts.condors_shifted[condor.lane as usize] += 1;
                }
            }
        }
        let mut days = close.option_days();
        for condor in positions.iter().filter(|condor| condor.order == Order::Close) {
            let lane = condor.lane as usize;
            for (expiry, strikes) in condor.parts(&condor.strikes) {
                let value = if condor.single_expiry().is_some() {
                    condor.value
                } else {
                    close.value_points(&days.get(expiry)?, lane, &strikes, &condor.log_strikes)
                };
                let (action, usd_per_point) = (Action::Close, condor.usd_per_point);
                let trade = Trade { action, lane, strikes, expiry, value, usd_per_point, sold: false };
                close.fill(book, &trade, ledger);
            }
            self.held[book * close.lanes + lane] -= 1;
        }
        positions.retain(|condor| condor.order != Order::Close);
        Ok(true)
    }

    /// Decides where an entry is due or waits and its gate holds.
    fn decide_entries(&mut self, programme: usize, close: &Close<'_, '_>, rules: &RuleWorkspace) {
        let context = close.context;
        let every = context.plan.condors[programme].every;
        let is_due = context.entries[programme].due[close.day];
        let gate = context.program.truth(context.condor_rules[programme].enter, close.day, rules);
        for (lane, gate) in gate[..close.lanes].iter().enumerate() {
            let slot = programme * close.lanes + lane;
            let due = is_due || self.waiting[slot];
            let free = every != Every::Flat || self.held[slot] == 0;
            // A due entry of every day lapses with the day; one of a week or month waits for its gate.
            self.waiting[slot] = due && every.waits();
            self.wanted[slot] = due && free && gate.holds();
        }
    }

    /// Opens the condors that were decided on, where strikes with a positive credit exist and the account has room; says
    /// whether it opened any.
    fn enter(
        &mut self,
        programme: usize,
        close: &Close<'_, '_>,
        equity_usd: &[f64],
        gate: &mut dyn EntryGate,
        ledger: &mut Ledger,
        counts: &mut Counts,
    ) -> Result<bool> {
        let context = close.context;
        let terms = &context.plan.condors[programme];
        let expiry = context.entries[programme].expiry[close.day];
        if terms.size.max_risk.is_some() {
            self.state_marks(close, ledger)?;
        }
        let (mut days, mut opened) = (close.option_days(), false);
        // On the first day all paths are one, and open the same.
        let mut latest: Option<(Prospect, Option<Condor>)> = None;
        for lane in 0..close.lanes {
            let slot = programme * close.lanes + lane;
            if !std::mem::take(&mut self.wanted[slot]) || gate.is_shut(lane) {
                continue;
            }
            let prospect = Prospect::new(close, lane, equity_usd[lane], self.risk_usd[lane]);
            let picked = match latest {
                Some((known, condor)) if known == prospect => condor,
                _ => Picker::new(close, days.get(expiry)?, lane, expiry).condor(terms, &prospect),
            };
            latest = Some((prospect, picked));
            let Some(picked) = picked else { continue };
            let condor = Condor { lane: lane as u32, ..picked };
            if !gate.permits(close, &self.open, &condor)? {
                continue;
            }
            let Condor { strikes, value, usd_per_point, .. } = condor;
            let trade = Trade { action: Action::Open, lane, strikes, expiry, value, usd_per_point, sold: true };
            close.fill(programme, &trade, ledger);
            self.open[programme].positions.push(condor);
            self.waiting[slot] = false;
            self.held[slot] += 1;
            counts.condors_opened[lane] += 1;
            opened = true;
        }
        Ok(opened)
    }

    /// States what the open condors are worth, their risk and credit, and their delta where a rule asks for it.
    pub(super) fn state_marks(&mut self, close: &Close<'_, '_>, ledger: &mut Ledger) -> Result<()> {
        let Self { open, risk_usd, credit_usd, delta_usd, .. } = self;
        risk_usd.fill(0.0);
        credit_usd.fill(0.0);
        let has_expiry = close.has_expiry();
        for (book, open) in open.iter().enumerate() {
            let marks = ledger.marks_mut(ComponentId(book));
            marks.fill(0.0);
            for condor in &open.positions {
                let lane = condor.lane as usize;
                marks[lane] -= condor.value * condor.usd_per_point;
                if !(has_expiry && is_over(close, condor)) {
                    risk_usd[lane] += condor.risk_usd;
                    credit_usd[lane] += condor.credit * condor.usd_per_point;
                }
            }
        }
        if close.context.condor_delta_is_seen {
            delta_usd.fill(0.0);
            let mut days = close.option_days();
            for condor in open.iter().flat_map(|open| &open.positions).filter(|condor| !is_over(close, condor)) {
                delta_usd[condor.lane as usize] += close.delta_usd(condor, &mut days)?;
            }
        }
        Ok(())
    }
}

/// Whether a position has seen its last close, though it may not be settled yet.
fn is_over(close: &Close<'_, '_>, condor: &Condor) -> bool {
    condor.single_expiry().is_some_and(|expiry| close.context.expiries.day[usize::from(expiry)] == Some(close.day))
}

/// Whether the positions of a book settle only once rules have seen them: a shift may still move them.
fn settles_late(close: &Close<'_, '_>, book: usize) -> bool {
    close.day < close.context.grid.horizon_days()
        && close.context.plan.condors.get(book).is_some_and(|terms| !terms.shifts.is_empty())
}
