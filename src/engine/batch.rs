//! One batch of paths, from random numbers to outcomes. The outer loop is over closes, the inner ones over paths.
//!
//! The market is simulated and marked once, the condors are traded once, and accounts follow them: first the unhedged one,
//! then as many hedged ones as there are settings. On paths where an account would have decided over condors it is run again
//! with condors of its own, in a small batch of those paths. Where rules let the hedge decide over condors all along,
//! each account has its own from the start.

use super::account::Account;
use super::book::{Book, Observer, Unwatched};
use super::condor_tape::CondorTape;
use super::context::Context;
use super::follower::follow;
use super::lanes::Lanes;
use super::market::MarketBatch;
use super::signal::SignalBatch;
use super::study::Study;
use crate::Result;
use crate::strategy::rule::Workspace as RuleWorkspace;

/// What a worker reuses from batch to batch.
#[derive(Debug)]
pub(super) struct BatchWorker {
    /// All paths of the batch.
    stage: Stage,
    /// Those on which an account decides over condors.
    few: Stage,
    signals: SignalBatch,
    tape: CondorTape,
    /// Books of the hedged account and of the unhedged one.
    books: [Book; 2],
    hedged: Account,
    unhedged: Account,
    /// Highest VIX of each path.
    pub(super) highest_vix: Vec<f64>,
    /// What the paths tell beside their outcomes.
    pub(super) study: Study,
}

/// Paths and what rules see of their market.
#[derive(Debug)]
struct Stage {
    market: MarketBatch,
    rules: RuleWorkspace,
}

impl Stage {
    fn new(context: &Context<'_>, lanes: usize) -> Self {
        let days = context.grid.horizon_days() + 1;
        let rules = RuleWorkspace::with_history(&context.program, days, lanes, &context.history);
        Self { market: MarketBatch::default(), rules }
    }
}

impl BatchWorker {
    /// Memory for batches of up to `lanes` paths of a run.
    #[must_use]
    pub(super) fn new(context: &Context<'_>, lanes: usize) -> Self {
        Self {
            stage: Stage::new(context, lanes),
            few: Stage::new(context, lanes),
            signals: SignalBatch::default(),
            tape: CondorTape::default(),
            books: [true, false].map(Book::new),
            hedged: Account::new(true),
            unhedged: Account::new(false),
            highest_vix: Vec::new(),
            study: Study::default(),
        }
    }

    /// The same memory, which also counts how the paths of all its batches spread.
    #[must_use]
    pub(super) fn with_profile(mut self, context: &Context<'_>) -> Self {
        self.study = Study::with_profile(context);
        self
    }

    /// Simulates, marks and trades `lanes` paths from `first_path` on.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn run(&mut self, context: &Context<'_>, first_path: u64, lanes: usize) -> Result<()> {
        self.show_market(context, first_path, lanes);
        self.trade_condors(context)?;
        self.hedge(context)
    }

    /// Does one path of the hedged account again, writes its fills down and shows each close to an observer.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn replay(&mut self, context: &Context<'_>, path: u64, observer: &mut impl Observer) -> Result<()> {
        self.show_market(context, path, 1);
        let Self { stage: Stage { market, rules }, books: [book, _], .. } = self;
        book.keep_journal();
        book.run(context, market, rules, 1, observer)?;
        std::mem::swap(&mut self.hedged, &mut book.account);
        Ok(())
    }

    /// Simulates and marks a market, and evaluates what rules see of it.
    pub(super) fn show_market(&mut self, context: &Context<'_>, first_path: u64, lanes: usize) {
        let Self { stage: Stage { market, rules }, signals, highest_vix, .. } = self;
        market.fill(context, first_path, lanes);
        signals.fill(&context.signals, context.plan, context.vx_tables(), market, first_path);
        context.program.evaluate_market(&signals.table(&context.signals, market), rules);
        highest_vix.clear();
        highest_vix.resize(lanes, 0.0);
        for row in market.vix.chunks_exact(lanes) {
            highest_vix.iter_mut().zip(row).for_each(|(highest, &vix)| *highest = highest.max(vix));
        }
    }

    /// Trades the condors along the market that is shown, and takes the unhedged account along.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn trade_condors(&mut self, context: &Context<'_>) -> Result<()> {
        let Self { stage: Stage { market, rules }, tape, .. } = self;
        let lanes = market.path.lanes();
        if !context.coupled {
            tape.record(context, market, rules, lanes)?;
        }
        self.take_along(context, false)?;
        let Self { study, stage, unhedged, .. } = self;
        study.begin(context, &stage.market, &unhedged.history);
        Ok(())
    }

    /// Takes a hedged account along, whose condors are those that were traded.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn hedge(&mut self, context: &Context<'_>) -> Result<()> {
        self.take_along(context, true)?;
        let Self { study, hedged, unhedged, .. } = self;
        study.read(context, &hedged.history, &unhedged.history);
        Ok(())
    }

    fn take_along(&mut self, context: &Context<'_>, is_hedged: bool) -> Result<()> {
        let Self { stage, few, tape, books: [hedged_book, unhedged_book], hedged, unhedged, .. } = self;
        let Stage { market, rules } = stage;
        let lanes = market.path.lanes();
        let (account, book) = if is_hedged { (hedged, hedged_book) } else { (unhedged, unhedged_book) };
        if context.coupled {
            book.run(context, market, rules, lanes, &mut Unwatched)?;
            std::mem::swap(account, &mut book.account);
            return Ok(());
        }
        follow(account, context, market, rules, tape)?;
        let left: Vec<usize> = account.margin.iter().flat_map(|margin| margin.left()).collect();
        if left.is_empty() {
            return Ok(());
        }
        let chosen = Lanes { chosen: &left, all: lanes };
        few.market.take(&chosen, market);
        context.program.take_market(rules, &left, &mut few.rules);
        book.run(context, &few.market, &mut few.rules, left.len(), &mut Unwatched)?;
        account.take_over(context, &chosen, &book.account);
        Ok(())
    }

    /// The market of the latest batch.
    #[must_use]
    pub(super) fn market(&self) -> &MarketBatch {
        &self.stage.market
    }

    /// The hedged account of the latest batch.
    #[must_use]
    pub(super) fn hedged(&self) -> &Account {
        &self.hedged
    }

    /// The unhedged account of the latest batch.
    #[must_use]
    pub(super) fn unhedged(&self) -> &Account {
        &self.unhedged
    }
}

#[cfg(test)]
mod worked_example;
