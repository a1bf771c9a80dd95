//! What the condors of a batch do as long as no account is halted, day by day, for any number of accounts that hold them.
//!
//! Where nothing lets a hedge decide over condors, the hedged account and the unhedged one hold the same, and so do the
//! accounts of all settings that differ in their layers alone. The condors are then marked and traded once, and what
//! accounts ask of them is written down: their P&L before and after the trades of each close, their risk and credit, and,
//! where something is margined, the positions that a requirement follows from. Requirements themselves are found when the
//! first account asks for them, and kept.

use std::ops::Range;

use super::account::{CondorView, note_imbalance};
use super::close::Close;
use super::condor_desk::CondorDesk;
use super::context::Context;
use super::entry_gate::EntryGate;
use super::financing::CondorFunds;
use super::market::MarketBatch;
use super::observe::Counts;
use super::spx_margin::SpxMargin;
use super::standing::Standing;
use crate::Result;
use crate::book::{ComponentId, Condor, Ledger, OpenCondors, Side};
use crate::strategy::rule::Workspace as RuleWorkspace;

/// The condors of a batch.
#[derive(Debug, Default)]
pub(super) struct CondorTape {
    desk: CondorDesk,
    ledger: Ledger,
    standing: Standing,
    paid_usd: Vec<f64>,
    /// Day by day.
    pub(super) days: Vec<TapeDay>,
    /// Counts at the end.
    pub(super) counts: Counts,
    /// P&L at the end by part, `[part * lanes + lane]`, USD.
    pub(super) parts: Vec<f64>,
    /// Largest difference, USD, between the condors' account and the sum of its parts.
    pub(super) imbalance: Vec<f64>,
}

/// One close; a value a path each, USD.
#[derive(Debug, Default)]
pub(super) struct TapeDay {
    /// P&L of condors and their costs before the trades of the day.
    pub(super) before_usd: Vec<f64>,
    /// Whether there were any; if not, nothing is written down of what follows them.
    traded: bool,
    /// P&L after them.
    traded_usd: Vec<f64>,
    /// What accounts see after them.
    traded_view: TapeView,
    /// Cash that condors have brought and what closing them costs, before the trades of the day, where something is margined.
    pub(super) funds: CondorFunds,
    /// What accounts see before the trades of the day.
    pub(super) seen: TapeView,
    /// What ties up margin.
    pub(super) margin: TapeMargin,
}

impl TapeDay {
    /// P&L of condors and their costs after the trades of the day.
    pub(super) fn after_usd(&self) -> &[f64] {
        if self.traded { &self.traded_usd } else { &self.before_usd }
    }

    /// What accounts see after the trades of the day: what they hedge.
    pub(super) fn hedged(&self) -> CondorView<'_> {
        if self.traded { self.traded_view.view() } else { self.seen.view() }
    }
}

/// What accounts see of condors.
#[derive(Debug, Default)]
pub(super) struct TapeView {
    risk_usd: Vec<f64>,
    credit_usd: Vec<f64>,
    delta_usd: Vec<f64>,
}

impl TapeView {
    fn copy(&mut self, view: CondorView<'_>) {
        copy(view.risk_usd, &mut self.risk_usd);
        copy(view.credit_usd, &mut self.credit_usd);
        copy(view.delta_usd, &mut self.delta_usd);
    }

    /// As accounts take it.
    pub(super) fn view(&self) -> CondorView<'_> {
        CondorView { risk_usd: &self.risk_usd, credit_usd: &self.credit_usd, delta_usd: &self.delta_usd }
    }
}

/// What ties up margin at a close.
#[derive(Debug, Default)]
pub(super) struct TapeMargin {
    /// The requirement as far as it has been asked for, where something is margined.
    pub(super) spx: Option<SpxMargin>,
    /// The positions before the trades of the day.
    pub(super) open: Vec<OpenCondors>,
    /// The entries of the day, in order.
    pub(super) entries: Vec<TapeEntry>,
    /// The positions of the paths of those entries, each with the one that is opened.
    pub(super) held: Vec<Condor>,
}

/// A condor that is opened.
#[derive(Debug)]
pub(super) struct TapeEntry {
    /// Path of the batch.
    pub(super) lane: usize,
    /// The most that it adds to the requirement, USD.
    pub(super) wings: f64,
    /// It and what its path holds beside it.
    held: Range<usize>,
    /// What they tie up together, USD, once somebody asked.
    exact: Option<f64>,
}

impl TapeEntry {
    /// What the condor and all that its path holds beside it tie up, USD.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn exact(&mut self, close: &Close<'_, '_>, spx: &SpxMargin, held: &[Condor]) -> Result<f64> {
        if let Some(exact) = self.exact {
            return Ok(exact);
        }
        let held: Result<Vec<_>> = held[self.held.clone()].iter().map(|condor| spx.alone(close, condor)).collect();
        let exact = spx.together(held?.iter(), [0.0; 2]);
        self.exact = Some(exact);
        Ok(exact)
    }
}

impl CondorTape {
    /// Trades the condors of a plan along the whole batch.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn record(
        &mut self,
        context: &Context<'_>,
        market: &MarketBatch,
        rules: &mut RuleWorkspace,
        lanes: usize,
    ) -> Result<()> {
        let Self { desk, ledger, standing, days, counts, parts, imbalance, paid_usd } = self;
        let condor_side = context.components.condor_side();
        let horizon = context.grid.horizon_days();
        desk.reset(context.plan, lanes);
        ledger.reset(lanes, condor_side.clone());
        standing.reset(lanes, context.plan.equity);
        counts.reset(lanes, 0);
        for values in [&mut *imbalance, &mut *paid_usd] {
            values.clear();
            values.resize(lanes, 0.0);
        }
        days.resize_with(horizon + 1, TapeDay::default);
        context.program.restart_book(rules);
        for (day, tape) in days.iter_mut().enumerate() {
            let close = Close { context, market, day, lanes };
            ledger.open_day(context.discount[day]);
            desk.revalue(&close, ledger, counts)?;
            tape.before_usd.resize(lanes, 0.0);
            ledger.sum_pnl(condor_side.clone(), &mut tape.before_usd);
            tape.margin.open_day(&close, desk);
            if tape.margin.spx.is_some() {
                tape.funds.read(lanes, desk, ledger);
            }
            tape.seen.copy(desk.view());
            tape.traded = false;
            if day < horizon {
                standing.update(&close, &tape.before_usd, None);
                let table = standing.table(desk.view(), None);
                context.program.evaluate_book_of(&context.condor_nodes, day, &table, rules);
                tape.traded = desk.trade(&close, rules, standing.equity(), &mut tape.margin, ledger, counts)?;
            }
            if tape.traded {
                tape.traded_view.copy(desk.view());
                tape.traded_usd.resize(lanes, 0.0);
                ledger.sum_pnl(condor_side.clone(), &mut tape.traded_usd);
            }
            ledger.account_pnl(Side::Condors, condor_side.clone(), paid_usd);
            note_imbalance(imbalance, tape.after_usd(), paid_usd);
        }
        parts.clear();
        for part in condor_side {
            parts.extend((0..lanes).map(|lane| ledger.component_pnl(ComponentId(part), lane)));
        }
        Ok(())
    }
}

impl TapeMargin {
    /// Bounds today's requirement and keeps what it follows from.
    fn open_day(&mut self, close: &Close<'_, '_>, desk: &CondorDesk) {
        let Self { spx, open, entries, held } = self;
        SpxMargin::renew(spx, close.context.plan.margin);
        entries.clear();
        held.clear();
        let Some(spx) = spx else { return };
        spx.open_day(close, desk.open());
        open.resize_with(desk.open().len(), OpenCondors::default);
        open.iter_mut().zip(desk.open()).for_each(|(kept, open)| kept.positions.clone_from(&open.positions));
    }
}

impl EntryGate for TapeMargin {
    /// Lets every condor in, and keeps what it takes to find out later who has no room for it.
    fn permits(&mut self, close: &Close<'_, '_>, open: &[OpenCondors], condor: &Condor) -> Result<bool> {
        if let Some(spx) = &self.spx {
            let first = self.held.len();
            let of_path = open.iter().flat_map(|book| &book.positions).filter(|held| held.lane == condor.lane);
            self.held.extend(of_path.chain([condor]));
            let (lane, wings) = (condor.lane as usize, spx.entry_wings(close, condor));
            self.entries.push(TapeEntry { lane, wings, held: first..self.held.len(), exact: None });
        }
        Ok(true)
    }
}

fn copy(from: &[f64], to: &mut Vec<f64>) {
    to.clear();
    to.extend_from_slice(from);
}
