//! Trades the hedge layers of a plan along a batch: pays and marks what they hold, decides who is on, sizes, rolls, trades.

use super::close::Close;
use super::context::Context;
use super::futures_desk::FuturesDesk;
use super::held_hedge_desk::HeldHedgeDesk;
use super::layer_switch::{LayerSwitch, LayerTruths, Measures};
use super::margin_desk::Halt;
use super::observe::Counts;
use super::vix_option_desk::VixOptionDesk;
use crate::book::margin::{ScanPoints, VxMargin};
use crate::book::{Attribution, Holding, Ledger};
use crate::strategy::rule::Workspace as RuleWorkspace;

/// The layers' positions over a batch.
#[derive(Debug, Default)]
pub(super) struct HedgeDesk {
    switch: LayerSwitch,
    futures: FuturesDesk,
    options: VixOptionDesk,
    held: HeldHedgeDesk,
    /// What the profit of each layer came from, then that of each position held at the start.
    pub(super) attribution: Attribution,
}

impl HedgeDesk {
    /// Empties the desk for a batch.
    pub(super) fn reset(&mut self, context: &Context<'_>, lanes: usize) {
        let layers = context.plan.layers.len();
        self.switch.reset(context.plan, lanes);
        self.futures.reset(&context.instruments, lanes);
        self.options.reset(&context.option_layers, lanes);
        let held = context.plan.held_hedges.len();
        self.held.reset(held, lanes);
        self.attribution.reset(lanes, layers + held);
    }

    /// What all positions tie up together, USD a path: futures by their contracts, the index by its notional,
    /// options by what they are worth, and short ones by as much as the futures that they stand for as well.
    pub(super) fn tie_up(&mut self, close: &Close<'_, '_>, rules: &VxMargin, usd: &mut [f64]) {
        usd.fill(0.0);
        self.futures.tie_up(close, rules, usd);
        self.options.tie_up(close, rules, usd);
        self.held.tie_up(close, rules, usd);
    }

    /// What VX would gain at the moves down and up of a scan, USD a path.
    pub(super) fn scan_gains(&self, close: &Close<'_, '_>, points: &ScanPoints) -> Vec<[f64; 2]> {
        let mut gains = vec![[0.0; 2]; close.lanes];
        self.futures.scan_gains(close, points, &mut gains);
        self.held.scan_gains(close, points, &mut gains);
        gains
    }

    /// What it would cost to close the VIX options sold, USD a path.
    pub(super) fn debit(&self, close: &Close<'_, '_>, usd: &mut [f64]) {
        usd.fill(0.0);
        self.options.debit(close, usd);
        self.held.debit(close, usd);
    }

    /// Takes what positions in the index are worth, at the close of a day, off the cash that paid for them.
    pub(super) fn pay_for_index(&self, close: &Close<'_, '_>, day: usize, growth: f64, cash: &mut [f64]) {
        self.futures.pay_for_index(close, day, growth, cash);
    }

    /// Which layers are on, `[layer * lanes + lane]`.
    #[must_use]
    pub(super) fn on(&self) -> &[bool] {
        &self.switch.on
    }

    /// What each layer holds on a path, and what is left of the positions held at the start.
    pub(super) fn holdings(&self, close: &Close<'_, '_>, lane: usize) -> Vec<Holding> {
        let mut holdings = self.futures.holdings(close, lane);
        holdings.extend(self.options.holdings(close, lane));
        holdings.extend(self.held.holdings(close, lane));
        holdings.sort_by_key(|holding| holding.component.0);
        holdings
    }

    /// Pays what futures gained since yesterday, marks options and settles those that expire.
    pub(super) fn revalue(&mut self, close: &Close<'_, '_>, ledger: &mut Ledger) {
        self.attribution.open_day(close.context.discount[close.day]);
        self.futures.pay_variation(close, ledger, &mut self.attribution);
        self.options.revalue(close, ledger, &mut self.attribution);
        self.held.revalue(close, ledger, &mut self.attribution);
    }

    /// Closes what the exits of positions held at the start close; switches layers on and off, sizes them and trades the
    /// difference.
    pub(super) fn trade(
        &mut self,
        close: &Close<'_, '_>,
        rules: &mut RuleWorkspace,
        measures: Measures<'_>,
        halt: Option<&[Halt]>,
        ledger: &mut Ledger,
        counts: &mut Counts,
    ) {
        self.held.trade(close, rules, halt, ledger);
        // Rules are read where they were decided; nothing was before the first fill.
        let Some(decided) = close.context.decided_on(close.day) else { return };
        let rules = LayerTruths { program: &close.context.program, day: decided, workspace: rules };
        self.switch.switch(close, rules, halt, counts);
        for (index, instrument) in close.context.instruments.iter().enumerate() {
            self.switch.size(close, instrument, rules, measures);
            self.futures.trade(index, close, &self.switch, ledger, &mut self.attribution, counts);
        }
        self.options.trade(close, &self.switch, rules, measures, ledger, &mut self.attribution);
    }
}
