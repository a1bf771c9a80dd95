//! One account along a batch beside its condors: layers, the ledger of the hedge, margin, how it stands and how it fared.
//!
//! ```text
//! P&L of the account = P&L of condors and their costs + P&L of layers and their costs
//! ```
//!
//! Whose condors they are is not its business: a [`Book`](super::book::Book) has its own, a
//! follower ([`follow`](super::follower::follow)) those of a tape.

use super::close::Close;
use super::context::Context;
use super::financing::{CondorFunds, add_own_cash};
use super::hedge_desk::HedgeDesk;
use super::history::AccountHistory;
use super::lanes::Lanes;
use super::layer_switch::Measures;
use super::liquidation::HedgeSale;
use super::margin_desk::MarginDesk;
use super::observe::{AccountTrack, Counts};
use super::standing::Standing;
use crate::book::{ComponentId, Ledger, Regime, Side};
use crate::strategy::rule::{BookTable, Workspace as RuleWorkspace};

/// What an account sees of condors at a close, a value a path each.
#[derive(Debug, Clone, Copy)]
pub(super) struct CondorView<'a> {
    /// Open width x 100 x lots, USD.
    pub(super) risk_usd: &'a [f64],
    /// Premium received for the open condors, USD.
    pub(super) credit_usd: &'a [f64],
    /// Delta, USD a point, where a rule asks for it.
    pub(super) delta_usd: &'a [f64],
}

/// An account of a batch.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// The layers; the unhedged account has none.
    pub(super) hedge: Option<HedgeDesk>,
    /// The ledger after the last close: of all parts in a book, of the hedge's in a follower.
    pub(super) ledger: Ledger,
    pub(super) standing: Standing,
    /// Where something is margined.
    pub(super) margin: Option<MarginDesk>,
    hedge_sale: HedgeSale,
    /// How it fared.
    pub(super) track: AccountTrack,
    /// Counts and extremes.
    pub(super) counts: Counts,
    /// P&L of condors and their costs at the end by part, `[part * lanes + lane]`, USD.
    pub(super) condor_parts: Vec<f64>,
    /// Largest difference, USD, between the account and the sum of its parts, on any day of each path.
    pub(super) imbalance: Vec<f64>,
    /// The account day by day.
    pub(super) history: AccountHistory,
    pnl: PnlRows,
}

/// Today's P&L over cash, by the sum of parts and by the account, USD.
#[derive(Debug, Default)]
struct PnlRows {
    parts: Vec<f64>,
    account: Vec<f64>,
}

impl Account {
    /// An account with the layers of a plan, or without any.
    pub(super) fn new(hedged: bool) -> Self {
        Self { hedge: hedged.then(HedgeDesk::default), ..Self::default() }
    }

    /// Empties the account for a batch; its ledger keeps those parts.
    pub(super) fn reset(&mut self, context: &Context<'_>, lanes: usize, parts: std::ops::Range<usize>) {
        let plan = context.plan;
        self.ledger.reset(lanes, parts);
        if let Some(hedge) = &mut self.hedge {
            hedge.reset(context, lanes);
        }
        self.standing.reset(lanes, plan.equity);
        self.margin = (plan.margin.regime != Regime::None).then(|| {
            let has_rules = context.coupled || self.hedge.is_some();
            MarginDesk::new(plan.margin, context.margin_is_seen.map(|is_seen| is_seen && has_rules))
        });
        if let Some(margin) = &mut self.margin {
            margin.reset(lanes, plan.equity);
        }
        self.counts.reset(lanes, plan.layers.len());
        self.track.reset(lanes, plan.equity);
        self.history.reset(if self.hedge.is_some() { plan.layers.len() } else { 0 });
        let PnlRows { parts, account } = &mut self.pnl;
        for values in [&mut self.imbalance, parts, account] {
            values.clear();
            values.resize(lanes, 0.0);
        }
    }

    /// Begins a day: pays what futures gained, marks options and settles those that expire.
    pub(super) fn open_day(&mut self, close: &Close<'_, '_>) {
        self.ledger.open_day(close.context.discount[close.day]);
        if let Some(hedge) = &mut self.hedge {
            hedge.revalue(close, &mut self.ledger);
        }
    }

    /// Tells its margin what the hedge ties up, what its equity and its cash are and what closing costs; `condors_usd` is the
    /// P&L of condors and their costs.
    pub(super) fn state_equity(&mut self, close: &Close<'_, '_>, condors_usd: &[f64], condors: &CondorFunds) {
        let Self { hedge, margin: Some(margin), ledger, .. } = self else { return };
        if let Some(hedge) = hedge {
            hedge.tie_up(close, &margin.rules.vx, &mut margin.hedge);
            hedge.debit(close, &mut margin.debit[1]);
        }
        margin.debit[0].copy_from_slice(&condors.debit_usd);
        margin.track.cash.copy_from_slice(&condors.cash_usd);
        add_own_cash(close, close.day, hedge.as_ref(), ledger, &mut margin.track.cash);
        let cash_equity = close.context.cash_equity(close.day);
        let equity = margin.equity_mut();
        equity.copy_from_slice(condors_usd);
        if hedge.is_some() {
            ledger.add_pnl(close.context.components.hedge_side(), equity);
        }
        equity.iter_mut().for_each(|equity| *equity += cash_equity);
    }

    /// Brings what rules and sizes see of the account up to today, before its trades.
    pub(super) fn stand(&mut self, close: &Close<'_, '_>, condors_usd: &[f64]) {
        let ledger = self.hedge.is_some().then_some(&self.ledger);
        self.standing.update(close, condors_usd, ledger);
    }

    /// What rules see of the account.
    pub(super) fn table<'a>(&'a self, condors: CondorView<'a>) -> BookTable<'a> {
        let of_margin = self.margin.as_ref().map(|margin| [&margin.used[..], &margin.quick[..]]);
        self.standing.table(condors, of_margin)
    }

    /// Trades the layers; `condors` is what they hedge after today's trades in it. Halts bind where `may_halt`.
    pub(super) fn trade(
        &mut self,
        close: &Close<'_, '_>,
        rules: &mut RuleWorkspace,
        condors: CondorView<'_>,
        may_halt: bool,
    ) {
        let Self { hedge: Some(hedge), standing, margin, hedge_sale, ledger, counts, .. } = self else { return };
        let margin = margin.as_ref().filter(|_| may_halt);
        if let Some(margin) = margin {
            hedge_sale.begin(close, margin, ledger);
        }
        let halt = margin.map(|margin| &margin.halt[..]);
        let measures = Measures {
            condor_risk_usd: condors.risk_usd,
            condor_credit_usd: condors.credit_usd,
            equity_usd: standing.equity(),
        };
        hedge.trade(close, rules, measures, halt, ledger, counts);
        if let Some(margin) = margin {
            hedge_sale.finish(close, margin, ledger);
        }
    }

    /// Notes how the account stands after a close's trades; `condors_usd` is the P&L of condors and their costs.
    pub(super) fn observe(&mut self, close: &Close<'_, '_>, condors_usd: &[f64]) {
        let PnlRows { parts, account } = &mut self.pnl;
        parts.fill(0.0);
        if self.hedge.is_some() {
            let hedge = close.context.components.hedge_side();
            self.ledger.sum_pnl(hedge.clone(), parts);
            self.ledger.account_pnl(Side::Hedge, hedge, account);
            note_imbalance(&mut self.imbalance, parts, account);
        }
        parts.iter_mut().zip(condors_usd).for_each(|(parts, condors)| *parts += condors);
        self.track.observe(close.day, parts, close.context.cash_equity(close.day));
        let on = self.hedge.as_ref().map_or(&[][..], HedgeDesk::on);
        self.history.note(close.context, parts, on, &self.ledger);
    }

    /// P&L of a part at the end, USD.
    pub(super) fn part_pnl(&self, context: &Context<'_>, part: usize, lane: usize) -> f64 {
        let lanes = self.track.pnl.len();
        match context.components.condor_side().contains(&part) {
            true => self.condor_parts[part * lanes + lane],
            false => self.ledger.component_pnl(ComponentId(part), lane),
        }
    }

    /// Takes some paths over from an account that has just these.
    pub(super) fn take_over(&mut self, context: &Context<'_>, lanes: &Lanes<'_>, from: &Self) {
        if let (Some(hedge), Some(other)) = (&mut self.hedge, &from.hedge) {
            hedge.attribution.take_over(lanes.chosen, &other.attribution);
            self.ledger.take_over(context.components.hedge_side(), lanes.chosen, &from.ledger);
        }
        if let (Some(margin), Some(other)) = (&mut self.margin, &from.margin) {
            margin.track.take_over(lanes, &other.track);
        }
        self.track.take_over(lanes, &from.track);
        self.counts.take_over(lanes, &from.counts);
        lanes.scatter(&from.condor_parts, &mut self.condor_parts);
        lanes.scatter(&from.imbalance, &mut self.imbalance);
        self.history.take_over(lanes, &from.history);
    }
}

/// Keeps the largest difference between the sum of parts and the account.
pub(super) fn note_imbalance(imbalance: &mut [f64], parts: &[f64], account: &[f64]) {
    for ((imbalance, &parts), &account) in imbalance.iter_mut().zip(parts).zip(account) {
        *imbalance = imbalance.max((parts - account).abs());
    }
}
