//! One account along a batch: what it holds, its ledger, what rules see of it, close after close.
//!
//! At each close, in this order: what expires settles and the rest is marked, futures pay what they gained, the book is
//! held against its margin and calls are met, it is shown to the rules as it stands, then orders are decided and filled.
//!
//! The unhedged account trades the same programmes without layers. Where nothing lets the hedge decide over condors, both
//! accounts hold the same condors, so the hedged book keeps the track of the unhedged account too. Where something does, a
//! rule on equity for instance, the unhedged account is a book of its own along the same market. Margin does so from the
//! first halt on: a joint book in which an account falls below its initial margin gives up, and the batch is run again with
//! a book for each account, which comes to the same wherever no account is halted.

use super::close::Close;
use super::condor_desk::CondorDesk;
use super::context::Context;
use super::financing::{pay_interest, sum_cash};
use super::hedge_desk::HedgeDesk;
use super::history::BookHistory;
use super::layer_switch::Measures;
use super::liquidation::{HedgeSale, meet_calls};
use super::margin_desk::MarginDesk;
use super::market::MarketBatch;
use super::observe::{AccountTrack, Counts};
use super::standing::Standing;
use crate::Result;
use crate::book::{Holding, Journal, Ledger, Regime, Side};
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

/// An account of a batch.
#[derive(Debug)]
pub(super) struct Book {
    condors: CondorDesk,
    /// The layers; the unhedged account has none.
    pub(super) hedge: Option<HedgeDesk>,
    standing: Standing,
    /// Where something is margined.
    pub(super) margin: Option<MarginDesk>,
    hedge_sale: HedgeSale,
    /// The ledger after the last close.
    pub(super) ledger: Ledger,
    /// The account itself.
    pub(super) track: AccountTrack,
    /// The account without the hedge, of a hedged book whose condors do not depend on it.
    pub(super) without_hedge: Option<AccountTrack>,
    /// Counts and extremes.
    pub(super) counts: Counts,
    /// Largest difference, USD, between the account and the sum of its parts, on any day of each path.
    pub(super) imbalance: Vec<f64>,
    /// The account day by day.
    pub(super) history: BookHistory,
    pnl: PnlRows,
}

/// Today's P&L over cash of condors and hedge, by the sum of their parts and by their accounts, USD.
#[derive(Debug, Default)]
struct PnlRows {
    condors: Vec<f64>,
    hedge: Vec<f64>,
    account: Vec<f64>,
}

impl Book {
    /// A book that keeps both accounts, for as long as they hold the same condors.
    pub(super) fn joint(context: &Context<'_>) -> Self {
        Self::new(context, Some(HedgeDesk::default()), Some(AccountTrack::default()))
    }

    /// A book for the hedged account and one for the unhedged.
    pub(super) fn apart(context: &Context<'_>) -> [Self; 2] {
        [Self::new(context, Some(HedgeDesk::default()), None), Self::new(context, None, None)]
    }

    fn new(context: &Context<'_>, hedge: Option<HedgeDesk>, without_hedge: Option<AccountTrack>) -> Self {
        let rules = context.plan.margin;
        let accounts = 1 + usize::from(without_hedge.is_some());
        let margined = rules.regime != Regime::None;
        Self {
            condors: CondorDesk::default(),
            hedge,
            standing: Standing::default(),
            margin: margined.then(|| MarginDesk::new(rules, accounts, context.margin_is_seen)),
            hedge_sale: HedgeSale::default(),
            ledger: Ledger::default(),
            track: AccountTrack::default(),
            without_hedge,
            counts: Counts::default(),
            imbalance: Vec::new(),
            history: BookHistory::default(),
            pnl: PnlRows::default(),
        }
    }

    /// Trades along the whole batch and shows each close to an observer; stops early where the two accounts of a joint book
    /// part.
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
        self.history.reset();
        context.program.restart_book(rules);
        for day in 0..=context.grid.horizon_days() {
            let close = Close { context, market, day, lanes };
            self.close_day(&close, rules)?;
            if self.has_parted() {
                break;
            }
            observer.after_close(&close, self, rules);
        }
        Ok(())
    }

    /// Whether this book would have to hold different condors for its two accounts.
    pub(super) fn has_parted(&self) -> bool {
        self.margin.as_ref().is_some_and(|margin| margin.parted)
    }

    /// Writes down every fill from now on.
    pub(super) fn keep_journal(&mut self) {
        self.ledger.journal = Some(Journal::default());
    }

    /// The open positions of a path.
    pub(super) fn holdings(&self, close: &Close<'_, '_>, lane: usize) -> Vec<Holding> {
        let condors = self.condors.holdings(close, lane);
        let layers = self.hedge.iter().flat_map(|hedge| hedge.holdings(close, lane));
        condors.into_iter().chain(layers).collect()
    }

    fn reset(&mut self, context: &Context<'_>, lanes: usize) {
        let plan = context.plan;
        self.ledger.reset(lanes, context.components.list().len());
        self.condors.reset(plan, lanes);
        if let Some(hedge) = &mut self.hedge {
            hedge.reset(context, lanes);
        }
        self.standing.reset(lanes, plan.equity);
        if let Some(margin) = &mut self.margin {
            margin.reset(lanes, plan.equity);
        }
        self.counts.reset(lanes, plan.layers.len());
        self.track.reset(lanes, plan.equity);
        if let Some(track) = &mut self.without_hedge {
            track.reset(lanes, plan.equity);
        }
        let PnlRows { condors, hedge, account } = &mut self.pnl;
        for values in [&mut self.imbalance, condors, hedge, account] {
            values.clear();
            values.resize(lanes, 0.0);
        }
    }

    fn close_day(&mut self, close: &Close<'_, '_>, rules: &mut RuleWorkspace) -> Result<()> {
        let Self { condors, hedge, ledger, counts, .. } = self;
        let context = close.context;
        // Settle and mark what is held; pay what futures gained.
        ledger.open_day(context.discount[close.day]);
        if let Some(margin) = &mut self.margin {
            pay_interest(close, margin, hedge.as_ref(), ledger);
        }
        condors.revalue(close, ledger, counts)?;
        if let Some(hedge) = hedge.as_mut() {
            hedge.revalue(close, ledger);
        }
        for (highest, &vix) in counts.highest_vix.iter_mut().zip(&close.market.vix[close.market.path.row(close.day)]) {
            *highest = highest.max(vix);
        }
        self.call(close)?;
        if self.has_parted() {
            return Ok(());
        }
        // Show the book to the rules as it stands before today's trades, then trade.
        if close.day < context.grid.horizon_days() {
            self.trade(close, rules)?;
        }
        self.observe(close);
        Ok(())
    }

    /// Holds equity against margin and meets the calls that are due; none is met at the last close, when nothing is traded.
    fn call(&mut self, close: &Close<'_, '_>) -> Result<()> {
        let Self { condors, hedge, margin, ledger, .. } = self;
        let Some(margin) = margin else { return Ok(()) };
        let components = &close.context.components;
        if let Some(hedge) = hedge {
            hedge.tie_up(close, &margin.rules.vx, &mut margin.hedge);
            hedge.debit(close, &mut margin.hedge_debit);
        }
        condors.debit(&mut margin.condor_debit);
        let cash_equity = close.context.cash_equity(close.day);
        for account in 0..margin.tracks.len() {
            let parts = if account == 0 { 0..components.list().len() } else { components.condor_side() };
            let equity = margin.equity_mut(account);
            ledger.sum_pnl(parts, equity);
            equity.iter_mut().for_each(|equity| *equity += cash_equity);
            let hedge = hedge.as_ref().filter(|_| account == 0);
            sum_cash(close, close.day, hedge, ledger, margin.cash_mut(account));
        }
        margin.examine(close, condors)?;
        if close.day < close.context.grid.horizon_days() && !margin.parted {
            meet_calls(close, condors, margin, ledger)?;
        }
        Ok(())
    }

    fn trade(&mut self, close: &Close<'_, '_>, rules: &mut RuleWorkspace) -> Result<()> {
        let Self { condors, hedge, standing, margin, hedge_sale, ledger, counts, .. } = self;
        standing.update(close, ledger);
        let of_margin = margin.as_ref().map(|margin| [&margin.used[..], &margin.quick[..]]);
        close.context.program.evaluate_book_day(
            close.day,
            &standing.table(&condors.risk_usd, &condors.delta_usd, of_margin),
            rules,
        );
        condors.trade(close, rules, standing.equity(), margin, ledger, counts)?;
        let Some(hedge) = hedge else { return Ok(()) };
        if let Some(margin) = margin {
            hedge_sale.begin(close, margin, ledger);
        }
        let halt = margin.as_ref().map(|margin| &margin.halt[..]);
        let measures = Measures {
            condor_risk_usd: &condors.risk_usd,
            condor_credit_usd: &condors.credit_usd,
            equity_usd: standing.equity(),
        };
        hedge.trade(close, rules, measures, halt, ledger, counts);
        if let Some(margin) = margin {
            hedge_sale.finish(close, margin, ledger);
        }
        Ok(())
    }

    fn observe(&mut self, close: &Close<'_, '_>) {
        let [condor_parts, hedge_parts] =
            [close.context.components.condor_side(), close.context.components.hedge_side()];
        let PnlRows { condors, hedge, account } = &mut self.pnl;
        let sides = [(Side::Condors, condor_parts, &mut *condors), (Side::Hedge, hedge_parts, &mut *hedge)];
        for (side, parts, sum) in sides {
            self.ledger.sum_pnl(parts.clone(), sum);
            self.ledger.account_pnl(side, parts, account);
            for ((imbalance, &sum), &account) in self.imbalance.iter_mut().zip(sum.iter()).zip(account.iter()) {
                *imbalance = imbalance.max((sum - account).abs());
            }
        }
        let cash_equity = close.context.cash_equity(close.day);
        if let Some(track) = &mut self.without_hedge {
            track.observe(close.day, condors, cash_equity);
        }
        hedge.iter_mut().zip(condors.iter()).for_each(|(hedge, condors)| *hedge += condors);
        self.track.observe(close.day, hedge, cash_equity);
        let on = self.hedge.as_ref().map(HedgeDesk::on);
        self.history.note(close.context, hedge, condors, on, &self.ledger);
    }
}
