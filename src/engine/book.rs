//! One account along a batch with condors of its own: what it holds, its ledger, what rules see of it, close after close.
//!
//! At each close, in this order: what expires settles and the rest is marked, futures pay what they gained, the book is
//! held against its margin and calls are met, it is shown to the rules as it stands, then orders are decided and filled.
//!
//! Accounts that nothing lets decide over condors need no book: they follow one tape (see
//! [`CondorTape`](super::condor_tape::CondorTape)), which comes to the same.

use super::account::{Account, note_imbalance};
use super::close::Close;
use super::condor_desk::CondorDesk;
use super::context::Context;
use super::entry_gate::{EntryGate, NoMargin};
use super::financing::{CondorFunds, pay_interest};
use super::liquidation::meet_calls;
use super::margin_desk::MarginGate;
use super::market::MarketBatch;
use super::spx_margin::SpxMargin;
use crate::Result;
use crate::book::margin::ScanPoints;
use crate::book::{ComponentId, Holding, Journal, Side};
use crate::strategy::rule::Workspace as RuleWorkspace;

/// Watches an account close after close.
pub(super) trait Observer {
    /// The account after the trades of a close.
    fn after_close(&mut self, close: &Close<'_, '_>, book: &Book, rules: &RuleWorkspace);
}

/// Nobody watches.
pub(super) struct Unwatched;

impl Observer for Unwatched {
    fn after_close(&mut self, _close: &Close<'_, '_>, _book: &Book, _rules: &RuleWorkspace) {}
}

/// An account of a batch and its condors.
#[derive(Debug)]
pub(super) struct Book {
    condors: CondorDesk,
    spx: Option<SpxMargin>,
    /// The account.
    pub(super) account: Account,
    /// P&L of condors and their costs by the sum of their parts and by their account, USD.
    condors_usd: Vec<f64>,
    paid_usd: Vec<f64>,
    funds: CondorFunds,
}

impl Book {
    /// A book with the layers of a plan, or without any.
    pub(super) fn new(hedged: bool) -> Self {
        Self {
            condors: CondorDesk::default(),
            spx: None,
            account: Account::new(hedged),
            condors_usd: Vec::new(),
            paid_usd: Vec::new(),
            funds: CondorFunds::default(),
        }
    }

    /// Trades along the whole batch and shows each close to an observer.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn run(
        &mut self,
        context: &Context<'_>,
        market: &MarketBatch,
        rules: &mut RuleWorkspace,
        lanes: usize,
        observer: &mut impl Observer,
    ) -> Result<()> {
        self.reset(context, lanes);
        context.program.restart_book(rules);
        for day in 0..=context.grid.horizon_days() {
            let close = Close { context, market, day, lanes };
            self.close_day(&close, rules)?;
            observer.after_close(&close, self, rules);
        }
        let Self { account, .. } = self;
        account.condor_parts.clear();
        for part in context.components.condor_side() {
            account.condor_parts.extend((0..lanes).map(|lane| account.ledger.component_pnl(ComponentId(part), lane)));
        }
        Ok(())
    }

    /// Writes down every fill from now on.
    pub(super) fn keep_journal(&mut self) {
        self.account.ledger.journal = Some(Journal::default());
    }

    /// The open positions of a path.
    pub(super) fn holdings(&self, close: &Close<'_, '_>, lane: usize) -> Vec<Holding> {
        let condors = self.condors.holdings(close, lane);
        let layers = self.account.hedge.iter().flat_map(|hedge| hedge.holdings(close, lane));
        condors.into_iter().chain(layers).collect()
    }

    fn reset(&mut self, context: &Context<'_>, lanes: usize) {
        self.condors.reset(context.plan, lanes);
        self.account.reset(context, lanes, 0..context.components.list().len());
        SpxMargin::renew(&mut self.spx, context.plan.margin);
        for values in [&mut self.condors_usd, &mut self.paid_usd] {
            values.clear();
            values.resize(lanes, 0.0);
        }
    }

    fn close_day(&mut self, close: &Close<'_, '_>, rules: &mut RuleWorkspace) -> Result<()> {
        // Settle and mark what is held; pay what futures gained.
        self.account.ledger.open_day(close.context.discount[close.day]);
        pay_interest(close, &mut self.account);
        self.condors.revalue(close, &mut self.account.ledger, &mut self.account.counts)?;
        self.account.open_day(close);
        self.call(close)?;
        // Show the book to the rules as it stands before today's trades, then trade.
        if close.day < close.context.grid.horizon_days() {
            self.trade(close, rules)?;
        }
        self.observe(close);
        Ok(())
    }

    /// Holds equity against margin and meets the calls that are due; none is met at the last close, when nothing is traded.
    fn call(&mut self, close: &Close<'_, '_>) -> Result<()> {
        let Self { condors, spx: Some(spx), account, condors_usd, funds, .. } = self else { return Ok(()) };
        account.ledger.sum_pnl(close.context.components.condor_side(), condors_usd);
        funds.read(close.lanes, condors, &account.ledger);
        account.state_equity(close, condors_usd, funds);
        let Account { margin: Some(margin), hedge, ledger, .. } = account else { return Ok(()) };
        spx.open_day(close, condors.open());
        if let Some(hedge) = hedge.as_ref().filter(|_| margin.rules.vx_offset > 0.0) {
            spx.offset(&hedge.scan_gains(close, &ScanPoints::new(margin.rules.scan)));
        }
        margin.examine(close, spx, condors.open())?;
        if close.day < close.context.grid.horizon_days() {
            meet_calls(close, condors, (margin, spx), ledger)?;
        }
        Ok(())
    }

    fn trade(&mut self, close: &Close<'_, '_>, rules: &mut RuleWorkspace) -> Result<()> {
        let Self { condors, spx, account, condors_usd, .. } = self;
        account.ledger.sum_pnl(close.context.components.condor_side(), condors_usd);
        account.stand(close, condors_usd);
        let context = close.context;
        context.program.evaluate_book_of(&context.book_nodes, close.day, &account.table(condors.view()), rules);
        let Account { standing, margin, ledger, counts, .. } = account;
        let mut of_margin = margin.as_mut().zip(spx.as_ref()).map(|(margin, spx)| MarginGate { margin, spx });
        let mut free = NoMargin;
        let gate: &mut dyn EntryGate = match &mut of_margin {
            Some(gate) => gate,
            None => &mut free,
        };
        condors.trade(close, rules, standing.equity(), gate, ledger, counts)?;
        account.trade(close, rules, condors.view(), true);
        Ok(())
    }

    fn observe(&mut self, close: &Close<'_, '_>) {
        let Self { account, condors_usd, paid_usd, .. } = self;
        let condors = close.context.components.condor_side();
        account.ledger.sum_pnl(condors.clone(), condors_usd);
        account.ledger.account_pnl(Side::Condors, condors, paid_usd);
        note_imbalance(&mut account.imbalance, condors_usd, paid_usd);
        account.observe(close, condors_usd);
    }
}
