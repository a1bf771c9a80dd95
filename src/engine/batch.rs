//! One batch of paths, from random numbers to outcomes. The outer loop is over closes, the inner ones over paths.

use super::book::{Book, Observer, Unwatched};
use super::context::Context;
use super::history::AccountHistory;
use super::market::MarketBatch;
use super::observe::AccountTrack;
use super::signal::SignalBatch;
use super::study::Study;
use crate::Result;
use crate::strategy::rule::Workspace as RuleWorkspace;

/// What a worker reuses from batch to batch.
pub(super) struct BatchWorker {
    market: MarketBatch,
    signals: SignalBatch,
    rules: RuleWorkspace,
    /// The hedged account first, then the unhedged one where it is not part of the first.
    books: Vec<Book>,
    /// What the paths tell beside their outcomes.
    pub(super) study: Study,
}

impl BatchWorker {
    /// Memory for batches of up to `lanes` paths of a run.
    #[must_use]
    pub(super) fn new(context: &Context<'_>, lanes: usize) -> Self {
        Self {
            market: MarketBatch::default(),
            signals: SignalBatch::default(),
            rules: RuleWorkspace::new(&context.program, context.grid.horizon_days() + 1, lanes),
            books: Book::of_run(context),
            study: Study::new(context),
        }
    }

    /// Simulates, marks and trades `lanes` paths from `first_path` on.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn run(&mut self, context: &Context<'_>, first_path: u64, lanes: usize) -> Result<()> {
        self.show_market(context, first_path, lanes);
        let Self { market, rules, books, .. } = self;
        books.iter_mut().try_for_each(|book| book.run(context, market, rules, lanes, &mut Unwatched))?;
        let mut study = std::mem::take(&mut self.study);
        study.read(context, self);
        self.study = study;
        Ok(())
    }

    /// Does one path again, writes its fills down and shows each close of one of its accounts to an observer.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn replay(
        &mut self,
        context: &Context<'_>,
        path: u64,
        account: usize,
        observer: &mut impl Observer,
    ) -> Result<()> {
        self.show_market(context, path, 1);
        let book = &mut self.books[account];
        book.keep_journal();
        book.run(context, &self.market, &mut self.rules, 1, observer)
    }

    /// Simulates and marks a market, and evaluates what rules see of it.
    fn show_market(&mut self, context: &Context<'_>, first_path: u64, lanes: usize) {
        self.market.fill(context, first_path, lanes);
        self.signals.fill(&context.signals, context.plan, context.vx_tables(), &self.market, first_path);
        let table = self.signals.table(&context.signals, &self.market);
        context.program.evaluate_market(&table, &mut self.rules);
    }

    /// The market of the latest batch.
    #[must_use]
    pub(super) fn market(&self) -> &MarketBatch {
        &self.market
    }

    /// The accounts of the latest batch, the hedged one first.
    #[must_use]
    pub(super) fn books(&self) -> &[Book] {
        &self.books
    }

    /// The book of the hedged account.
    #[must_use]
    pub(super) fn hedged(&self) -> &Book {
        &self.books[0]
    }

    /// The book of the unhedged account, where it has one of its own.
    #[must_use]
    pub(super) fn unhedged(&self) -> Option<&Book> {
        self.books.get(1)
    }

    /// The unhedged account, whichever book keeps it.
    #[must_use]
    pub(super) fn unhedged_track(&self) -> &AccountTrack {
        match (self.unhedged(), &self.hedged().without_hedge) {
            (Some(book), _) => &book.track,
            (None, Some(track)) => track,
            (None, None) => unreachable!("a run has both accounts"),
        }
    }
    /// The unhedged account day by day, whichever book keeps it.
    #[must_use]
    pub(super) fn unhedged_history(&self) -> &AccountHistory {
        self.unhedged().map_or(&self.hedged().history.without_hedge, |book| &book.history.account)
    }
}
