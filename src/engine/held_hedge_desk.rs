//! Keeps the VX and VIX options that are held at the start: marks and settles them, and closes them by their exits.
//!
//! The starting equity holds them at the first day's marks. VX pay daily what they gain; options are worth their mark and
//! paid out when their contract settles. Forced sales of a hedge take them too.

use super::close::Close;
use super::context::PositionRules;
use super::held_hedge::{HeldHedgeTerms, HeldMarks};
use super::margin_desk::Halt;
use super::position_view::{Question, note_verdicts};
use crate::book::margin::{ScanPoints, VixLeg, VxMargin, vix_option_margin};
use crate::book::{Action, Attribution, ComponentId, Entry, Holding, Ledger, Side};
use crate::instrument::OptionKind;
use crate::plan::{HeldHedge, HeldVix};
use crate::strategy::Fill;
use crate::strategy::rule::{PositionSeries, PositionTable, Truth, Workspace as RuleWorkspace};
use crate::units::VX_MULTIPLIER;

/// The positions of a batch, `[position * lanes + lane]` each.
#[derive(Debug, Default)]
pub(super) struct HeldHedgeDesk {
    is_open: Vec<bool>,
    /// Whether its close is decided and not filled yet.
    closing: Vec<bool>,
    /// Today's marks, VIX points.
    prices: Vec<f64>,
    still: Vec<f64>,
    quantities: Vec<f64>,
    scratch: Scratch,
}

#[derive(Debug, Default)]
struct Scratch {
    lanes: Vec<u32>,
    values: Vec<Vec<f64>>,
    truths: Vec<Truth>,
    legs: Vec<VixLeg>,
}

impl HeldHedgeDesk {
    /// Everything held, for a batch.
    pub(super) fn reset(&mut self, positions: usize, lanes: usize) {
        self.is_open.clear();
        self.is_open.resize(positions * lanes, true);
        self.closing.clear();
        self.closing.resize(positions * lanes, false);
        for values in [&mut self.prices, &mut self.still, &mut self.quantities] {
            values.clear();
        }
        self.prices.resize(positions * lanes, 0.0);
        self.still.resize(lanes, 0.0);
        self.quantities.resize(lanes, 0.0);
    }

    /// What is held on a path.
    pub(super) fn holdings(&self, close: &Close<'_, '_>, lane: usize) -> Vec<Holding> {
        let held = close.context.plan.held_hedges.iter().enumerate();
        let held = held.filter(|(number, _)| self.is_open[number * close.lanes + lane]);
        let holding = |(number, held): (usize, &HeldHedge)| {
            let price = self.prices[number * close.lanes + lane];
            Holding {
                component: close.context.components.held_hedge(number),
                what: describe(held),
                quantity: held.quantity,
                price,
                value_usd: worth_usd(held, price),
                credit: Some(credit(held)),
            }
        };
        held.map(holding).collect()
    }

    /// Adds what the positions tie up, USD a path: futures each by itself, options by expiry together.
    pub(super) fn tie_up(&mut self, close: &Close<'_, '_>, rules: &VxMargin, usd: &mut [f64]) {
        let plan = close.context.plan;
        for (number, (held, terms)) in plan.held_hedges.iter().zip(&close.context.held_hedges).enumerate() {
            if let HeldVix::Option { .. } = held.of {
                continue;
            }
            let standard = held.quantity * held.of.multiplier() / VX_MULTIPLIER;
            let month = terms.months[close.day.saturating_sub(1)];
            for (lane, usd) in usd.iter_mut().enumerate() {
                if self.is_open[number * close.lanes + lane] {
                    *usd +=
                        rules.maintenance(standard, month, self.prices[number * close.lanes + lane], close.vix(lane));
                }
            }
        }
        let legs = &mut self.scratch.legs;
        for group in &close.context.held_option_groups {
            for (lane, usd) in usd.iter_mut().enumerate() {
                legs.clear();
                for &number in group {
                    let at = number * close.lanes + lane;
                    let held = &plan.held_hedges[number];
                    if let (true, HeldVix::Option { kind, strike }) = (self.is_open[at], held.of) {
                        legs.push(VixLeg { kind, strike, quantity: held.quantity, value: self.prices[at] });
                    }
                }
                *usd += vix_option_margin(legs, rules, close.vix(lane));
            }
        }
    }

    /// Adds what it would cost to close the options sold, USD a path.
    pub(super) fn debit(&self, close: &Close<'_, '_>, usd: &mut [f64]) {
        for (number, held) in close.context.plan.held_hedges.iter().enumerate() {
            for (lane, usd) in usd.iter_mut().enumerate() {
                let at = number * close.lanes + lane;
                if self.is_open[at] {
                    *usd += (-worth_usd(held, self.prices[at])).max(0.0);
                }
            }
        }
    }

    /// Adds what futures would gain at the moves down and up of a scan, USD a path.
    pub(super) fn scan_gains(&self, close: &Close<'_, '_>, points: &ScanPoints, gains: &mut [[f64; 2]]) {
        for (number, (held, terms)) in close.context.plan.held_hedges.iter().zip(&close.context.held_hedges).enumerate()
        {
            let HeldMarks::Future(tables) = &terms.marks else { continue };
            let of_lane = |(lane, _): &(usize, &mut [f64; 2])| self.is_open[number * close.lanes + lane];
            for (lane, gain) in gains.iter_mut().enumerate().filter(of_lane) {
                let usd = held.quantity * held.of.multiplier();
                close.add_scan_gain(points, held.contract, tables[close.day], lane, usd, gain);
            }
        }
    }

    /// Pays what futures gained, marks options, and settles what expires.
    pub(super) fn revalue(&mut self, close: &Close<'_, '_>, ledger: &mut Ledger, attribution: &mut Attribution) {
        let context = close.context;
        for (number, (held, terms)) in context.plan.held_hedges.iter().zip(&context.held_hedges).enumerate() {
            let row = number * close.lanes..(number + 1) * close.lanes;
            let is_open = &self.is_open[row.clone()];
            if !is_open.contains(&true) {
                continue;
            }
            let component = context.components.held_hedge(number);
            if close.day == 0 {
                mark(close, held, terms, 0, &mut self.prices[row.clone()]);
                take_over(close, held, component, &self.prices[row.clone()], ledger);
            } else {
                let growth = if pays_daily(held) { 1.0 } else { context.cash_growth(close.day) };
                mark(close, held, terms, close.day - 1, &mut self.still);
                for (still, before) in self.still.iter_mut().zip(&self.prices[row.clone()]) {
                    *still = (*still - before * growth) * held.of.multiplier();
                }
                let quantities = self.quantities.iter_mut().zip(is_open);
                quantities.for_each(|(quantity, open)| *quantity = if *open { held.quantity } else { 0.0 });
                attribution.add_carry(context.plan.layers.len() + number, &self.quantities, &self.still);
                self.still.copy_from_slice(&self.prices[row.clone()]);
                mark(close, held, terms, close.day, &mut self.prices[row.clone()]);
                if pays_daily(held) {
                    pay_gains(close, held, component, is_open, (&self.still, &self.prices[row.clone()]), ledger);
                }
                if terms.settles == Some(close.day) {
                    settle(close, held, component, &mut self.is_open[row.clone()], &self.prices[row.clone()], ledger);
                }
            }
            self.state_marks(close, number, held, ledger);
        }
    }

    /// Closes what its exit closes, and what is sold off.
    pub(super) fn trade(
        &mut self,
        close: &Close<'_, '_>,
        rules: &mut RuleWorkspace,
        halt: Option<&[Halt]>,
        ledger: &mut Ledger,
    ) {
        let at_once = close.context.plan.run.fill == Fill::Close;
        for (number, held) in close.context.plan.held_hedges.iter().enumerate() {
            let row = number * close.lanes..(number + 1) * close.lanes;
            if !self.is_open[row.clone()].contains(&true) {
                continue;
            }
            if at_once {
                self.decide(close, number, held, rules, ledger);
            }
            for lane in 0..close.lanes {
                let at = row.start + lane;
                let sold_off = halt.is_some_and(|halt| halt[lane].flat);
                if self.is_open[at] && (self.closing[at] || sold_off) {
                    book_close(close, number, held, lane, self.prices[at], ledger);
                    self.is_open[at] = false;
                }
            }
            self.state_marks(close, number, held, ledger);
            if !at_once {
                self.decide(close, number, held, rules, ledger);
            }
        }
    }

    /// Decides which positions are to be closed.
    fn decide(
        &mut self,
        close: &Close<'_, '_>,
        number: usize,
        held: &HeldHedge,
        rules: &mut RuleWorkspace,
        ledger: &mut Ledger,
    ) {
        let PositionRules { exit: Some(exit), series, .. } = close.context.held_hedge_rules(number) else { return };
        let Some(rule) = &held.exit else { return };
        let Scratch { lanes, values, truths, .. } = &mut self.scratch;
        let first = number * close.lanes;
        lanes.clear();
        lanes.extend((0..close.lanes).filter(|lane| self.is_open[first + lane]).map(|lane| lane as u32));
        values.resize_with(series.len().max(values.len()), Vec::new);
        for (&series, values) in series.iter().zip(&mut *values) {
            values.clear();
            let prices = lanes.iter().map(|&lane| self.prices[first + lane as usize]);
            values.extend(prices.map(|price| position_series(close, held, series, price)));
        }
        let mut table = PositionTable::new();
        for (&series, values) in series.iter().zip(&*values) {
            table = table.with(series, values);
        }
        close.context.program.evaluate_positions(*exit, close.day, lanes, &table, rules, truths);
        for (&lane, truth) in lanes.iter().zip(&*truths) {
            self.closing[first + lane as usize] |= truth.holds();
        }
        let question = Question { component: close.context.components.held_hedge(number), role: "exit", rule };
        note_verdicts(close, question, lanes.iter().map(|_| describe(held)), truths, rules, ledger);
    }

    fn state_marks(&self, close: &Close<'_, '_>, number: usize, held: &HeldHedge, ledger: &mut Ledger) {
        let marks = ledger.marks_mut(close.context.components.held_hedge(number)).iter_mut().enumerate();
        for (lane, mark) in marks {
            let at = number * close.lanes + lane;
            *mark = if self.is_open[at] { worth_usd(held, self.prices[at]) } else { 0.0 };
        }
    }
}

/// Whether a position pays daily what it gains, as futures do.
fn pays_daily(held: &HeldHedge) -> bool {
    matches!(held.of, HeldVix::Future { .. })
}

/// What a position is worth, USD; nothing for a future.
fn worth_usd(held: &HeldHedge, price: f64) -> f64 {
    if pays_daily(held) { 0.0 } else { held.quantity * price * held.of.multiplier() }
}

/// Premium received for each at entry, negative where it was paid.
fn credit(held: &HeldHedge) -> f64 {
    -held.price * held.quantity.signum()
}

/// What a rule sees of a position at a mark.
fn position_series(close: &Close<'_, '_>, held: &HeldHedge, series: PositionSeries, price: f64) -> f64 {
    let profit = (price - held.price) * held.quantity.signum();
    match series {
        PositionSeries::Profit => profit,
        PositionSeries::Loss => -profit,
        PositionSeries::Credit => credit(held),
        PositionSeries::DaysOpen => close.day as f64,
        PositionSeries::DaysToExpiry => close.days_to(held.contract.expiry),
        PositionSeries::ShortPutDelta | PositionSeries::ShortCallDelta | PositionSeries::BreakevenDistance => f64::NAN,
    }
}

/// Marks of today's time to settlement in the states of a day, VIX points.
fn mark(close: &Close<'_, '_>, held: &HeldHedge, terms: &HeldHedgeTerms, states_of: usize, prices: &mut [f64]) {
    let row = close.market.path.row(states_of);
    let (x1, x2) = (&close.market.path.x1[row.clone()], &close.market.path.x2[row]);
    match &terms.marks {
        HeldMarks::Future(tables) => {
            close.context.vx_table(tables[close.day]).futures(x1, x2, prices);
            close.market.add_basis(close.context, held.contract, close.day, states_of, prices);
        }
        HeldMarks::Option { kind, strike, contract } => {
            let day = close.vix_options(*contract);
            // An option on a multiple of the future is that multiple of one on the future itself.
            let basis: Vec<f64> =
                (0..prices.len()).map(|lane| close.basis_factor(held.contract, states_of, lane)).collect();
            let strikes: Vec<f64> = basis.iter().map(|basis| strike / basis).collect();
            day.table.values(x1, x2, &strikes, *kind, prices);
            prices.iter_mut().zip(&basis).for_each(|(price, basis)| *price *= day.discount * basis);
        }
    }
}

/// The starting equity holds a position at today's marks.
fn take_over(close: &Close<'_, '_>, held: &HeldHedge, component: ComponentId, prices: &[f64], ledger: &mut Ledger) {
    for (lane, &price) in prices.iter().enumerate() {
        let cash_usd = -worth_usd(held, price);
        ledger.post(component, lane, cash_usd);
        ledger.pay(Side::Hedge, lane, cash_usd);
        ledger.note(|| entry(close, held, component, lane, (Action::TakeOver, held.quantity, price, cash_usd)));
    }
}

fn pay_gains(
    close: &Close<'_, '_>,
    held: &HeldHedge,
    component: ComponentId,
    is_open: &[bool],
    (before, today): (&[f64], &[f64]),
    ledger: &mut Ledger,
) {
    for lane in (0..close.lanes).filter(|&lane| is_open[lane]) {
        let cash_usd = held.quantity * (today[lane] - before[lane]) * held.of.multiplier();
        ledger.post(component, lane, cash_usd);
        ledger.pay(Side::Hedge, lane, cash_usd);
        ledger.note(|| entry(close, held, component, lane, (Action::Variation, held.quantity, today[lane], cash_usd)));
    }
}

fn settle(
    close: &Close<'_, '_>,
    held: &HeldHedge,
    component: ComponentId,
    is_open: &mut [bool],
    prices: &[f64],
    ledger: &mut Ledger,
) {
    for (lane, is_open) in is_open.iter_mut().enumerate().filter(|(_, is_open)| **is_open) {
        let cash_usd = worth_usd(held, prices[lane]);
        ledger.post(component, lane, cash_usd);
        ledger.pay(Side::Hedge, lane, cash_usd);
        ledger.note(|| entry(close, held, component, lane, (Action::Settle, -held.quantity, prices[lane], cash_usd)));
        *is_open = false;
    }
}

/// Books the sale or the buying back of a position at its mark, with costs.
fn book_close(close: &Close<'_, '_>, number: usize, held: &HeldHedge, lane: usize, price: f64, ledger: &mut Ledger) {
    let components = &close.context.components;
    let (fee_usd, half_spread) = costs(close, held, lane, price);
    let contracts = held.quantity.abs();
    let (fees_usd, spread_usd) = (contracts * fee_usd, contracts * half_spread * held.of.multiplier());
    let cash_usd = worth_usd(held, price);
    ledger.post(components.held_hedge(number), lane, cash_usd);
    ledger.post(components.hedge_fees, lane, -fees_usd);
    ledger.post(components.hedge_spread, lane, -spread_usd);
    ledger.pay(Side::Hedge, lane, cash_usd - fees_usd - spread_usd);
    let fill = (Action::Close, -held.quantity, price, cash_usd);
    ledger.note(|| Entry { spread_usd, fees_usd, ..entry(close, held, components.held_hedge(number), lane, fill) });
}

/// Commission, USD, and half-spread, points, of closing one contract.
fn costs(close: &Close<'_, '_>, held: &HeldHedge, lane: usize, price: f64) -> (f64, f64) {
    let (costs, strain) = (&close.context.plan.costs, close.strain(lane));
    let (contracts, days) = (held.quantity.abs(), close.days_to(held.contract.expiry));
    let of_future = || costs.vx_half_spread(contracts * held.of.multiplier() / VX_MULTIPLIER, days, strain);
    match held.of {
        HeldVix::Future { mini: false } => (costs.vx_fee, of_future()),
        HeldVix::Future { mini: true } => (costs.mini_vx_fee, of_future()),
        HeldVix::Option { .. } => {
            let half_spread = costs.vix_option_half_spread(&[(price, held.quantity > 0.0)], contracts, days, strain);
            (costs.vix_option_fee, half_spread)
        }
    }
}

fn entry(
    close: &Close<'_, '_>,
    held: &HeldHedge,
    component: ComponentId,
    lane: usize,
    (action, quantity, price, cash_usd): (Action, f64, f64, f64),
) -> Entry {
    let what = describe(held);
    Entry { day: close.day, lane, component, action, what, quantity, price, cash_usd, spread_usd: 0.0, fees_usd: 0.0 }
}

/// A position in words: `VX 2026-12-16`, or `VIX 2026-12-16 20 call`.
fn describe(held: &HeldHedge) -> String {
    let expiry = held.contract.expiry;
    match held.of {
        HeldVix::Future { mini: false } => format!("VX {expiry}"),
        HeldVix::Future { mini: true } => format!("mini VX {expiry}"),
        HeldVix::Option { kind: OptionKind::Put, strike } => format!("VIX {expiry} {strike} put"),
        HeldVix::Option { kind: OptionKind::Call, strike } => format!("VIX {expiry} {strike} call"),
    }
}
