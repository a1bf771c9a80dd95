//! One batch of paths, from random numbers to outcomes. The outer loop is over closes, the inner ones over paths.

use super::condor_desk::{Close, CondorDesk};
use super::context::Context;
use super::hedge_desk::HedgeDesk;
use super::market::MarketBatch;
use super::observe::{AccountTrack, Counts};
use super::signal::SignalBatch;
use super::study::Study;
use crate::Result;
use crate::book::{Ledger, Side};
use crate::strategy::rule::{BookSeries, BookTable, Workspace as RuleWorkspace};

/// What a worker reuses from batch to batch.
pub(super) struct BatchWorker {
    market: MarketBatch,
    signals: SignalBatch,
    rules: RuleWorkspace,
    condors: CondorDesk,
    hedge: HedgeDesk,
    /// The ledger after the last close.
    pub(super) ledger: Ledger,
    /// The account with the hedge.
    pub(super) hedged: AccountTrack,
    /// The account without.
    pub(super) unhedged: AccountTrack,
    /// Counts and extremes.
    pub(super) counts: Counts,
    /// What the paths tell of the hedge, and how they spread.
    pub(super) study: Study,
    /// Largest difference, USD, between an account and the sum of its parts, on any day of each path.
    pub(super) imbalance: Vec<f64>,
    /// Today's P&L of condors and hedge by parts, then by accounts.
    pnl: [Vec<f64>; 4],
}

impl BatchWorker {
    /// Memory for batches of up to `lanes` paths of a run.
    #[must_use]
    pub(super) fn new(context: &Context<'_>, lanes: usize) -> Self {
        Self {
            market: MarketBatch::default(),
            signals: SignalBatch::default(),
            rules: RuleWorkspace::new(&context.program, context.grid.horizon_days() + 1, lanes),
            condors: CondorDesk::default(),
            hedge: HedgeDesk::default(),
            ledger: Ledger::default(),
            hedged: AccountTrack::default(),
            unhedged: AccountTrack::default(),
            counts: Counts::default(),
            study: Study::new(context),
            imbalance: Vec::new(),
            pnl: Default::default(),
        }
    }

    /// Simulates, marks and trades `lanes` paths from `first_path` on; the outcome stays in the public fields.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn run(&mut self, context: &Context<'_>, first_path: u64, lanes: usize) -> Result<()> {
        self.run_watched(context, first_path, lanes, |_, _| {})
    }

    /// The same, and shows itself after every close.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn run_watched(
        &mut self,
        context: &Context<'_>,
        first_path: u64,
        lanes: usize,
        mut watch: impl FnMut(&Self, usize),
    ) -> Result<()> {
        self.reset(context, lanes);
        self.market.fill(context, first_path, lanes);
        self.signals.fill(&context.signals, context.plan, context.vx_tables(), &self.market, first_path);
        let table = self.signals.table(&context.signals, &self.market);
        context.program.evaluate_market(&table, &mut self.rules);
        self.study.begin(context, &self.market);
        for day in 0..=context.grid.horizon_days() {
            self.close_day(context, day, lanes)?;
            watch(self, day);
        }
        Ok(())
    }

    /// The market of the latest batch.
    #[must_use]
    pub(super) fn market(&self) -> &MarketBatch {
        &self.market
    }

    fn reset(&mut self, context: &Context<'_>, lanes: usize) {
        let plan = context.plan;
        self.ledger.reset(lanes, context.components.list().len());
        self.condors.reset(&plan.condors, lanes);
        self.hedge.reset(plan.layers.len(), context.instruments.len(), lanes);
        self.counts.reset(lanes, plan.layers.len());
        self.hedged.reset(lanes, plan.equity);
        self.unhedged.reset(lanes, plan.equity);
        for values in std::iter::once(&mut self.imbalance).chain(&mut self.pnl) {
            values.clear();
            values.resize(lanes, 0.0);
        }
    }

    fn close_day(&mut self, context: &Context<'_>, day: usize, lanes: usize) -> Result<()> {
        let Self { market, rules, condors, hedge, ledger, counts, .. } = self;
        let close = Close { context, market, day, lanes };
        // Settle and mark what is held; pay what futures gained.
        ledger.open_day(context.discount[day]);
        condors.revalue(&close, ledger, counts)?;
        hedge.pay_variation(&close, ledger);
        for (highest, &vix) in counts.highest_vix.iter_mut().zip(&market.vix[market.path.row(day)]) {
            *highest = highest.max(vix);
        }
        // Show the book to the rules as it stands before today's trades, then trade.
        if day < context.grid.horizon_days() {
            let book = BookTable::new(lanes).with(BookSeries::CondorRisk, &condors.risk_usd);
            context.program.evaluate_book_day(day, &book, rules);
            condors.trade(&close, rules, ledger, counts)?;
            hedge.trade(&close, rules, &condors.risk_usd, ledger, counts);
        }
        self.observe(context, day, lanes);
        Ok(())
    }

    fn observe(&mut self, context: &Context<'_>, day: usize, lanes: usize) {
        let [condor_parts, hedge_parts] = [context.components.condor_side(), context.components.hedge_side()];
        let [condors, hedge, condor_account, hedge_account] = &mut self.pnl;
        self.ledger.sum_pnl(condor_parts.clone(), condors);
        self.ledger.sum_pnl(hedge_parts.clone(), hedge);
        self.ledger.account_pnl(Side::Condors, condor_parts, condor_account);
        self.ledger.account_pnl(Side::Hedge, hedge_parts, hedge_account);
        for lane in 0..lanes {
            let off = (condors[lane] - condor_account[lane]).abs() + (hedge[lane] - hedge_account[lane]).abs();
            self.imbalance[lane] = self.imbalance[lane].max(off);
        }
        let cash_equity = context.plan.equity / context.discount[day];
        self.unhedged.observe(day, condors, cash_equity);
        hedge.iter_mut().zip(condors.iter()).for_each(|(hedge, condors)| *hedge += condors);
        self.hedged.observe(day, hedge, cash_equity);
        let pnl = [&self.hedged.pnl[..], &self.unhedged.pnl];
        self.study.observe(context, day, pnl, &self.market, self.hedge.on(), &self.ledger);
    }

    /// Condor risk at the latest close, USD, by path.
    #[must_use]
    pub(super) fn condor_risk_usd(&self) -> &[f64] {
        &self.condors.risk_usd
    }

    /// Which layers are on after the latest close, `[layer * lanes + lane]`.
    #[must_use]
    pub(super) fn layers_on(&self) -> &[bool] {
        self.hedge.on()
    }
}
