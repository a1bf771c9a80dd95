//! The accounts of a batch day by day, for whatever has to look at whole paths.

use super::context::Context;
use crate::book::Ledger;

/// One account, `[day * lanes + lane]`.
#[derive(Debug, Default)]
pub(super) struct AccountHistory {
    /// P&L over cash, USD.
    pub(super) pnl_usd: Vec<f64>,
}

/// One layer, `[day * lanes + lane]`.
#[derive(Debug, Default)]
pub(super) struct LayerHistory {
    /// Whether it is on after the close's trades.
    pub(super) on: Vec<bool>,
    /// P&L at marks over cash so far, USD.
    pub(super) pnl_usd: Vec<f64>,
}

/// A book's accounts and layers.
#[derive(Debug, Default)]
pub(super) struct BookHistory {
    /// The account that the book keeps.
    pub(super) account: AccountHistory,
    /// Its condors alone: the unhedged account, where that has no book of its own.
    pub(super) without_hedge: AccountHistory,
    /// The layers, of a hedged book.
    pub(super) layers: Vec<LayerHistory>,
}

impl BookHistory {
    /// Forgets the batch before.
    pub(super) fn reset(&mut self) {
        self.account.pnl_usd.clear();
        self.without_hedge.pnl_usd.clear();
        for layer in &mut self.layers {
            layer.on.clear();
            layer.pnl_usd.clear();
        }
    }

    /// Notes a close: P&L of the account and of its condors alone, and which layers are on, of a hedged book.
    pub(super) fn note(
        &mut self,
        context: &Context<'_>,
        account_usd: &[f64],
        condors_usd: &[f64],
        on: Option<&[bool]>,
        ledger: &Ledger,
    ) {
        self.account.pnl_usd.extend_from_slice(account_usd);
        self.without_hedge.pnl_usd.extend_from_slice(condors_usd);
        let Some(on) = on else { return };
        self.layers.resize_with(context.plan.layers.len(), LayerHistory::default);
        let lanes = account_usd.len();
        for (number, layer) in self.layers.iter_mut().enumerate() {
            layer.on.extend_from_slice(&on[number * lanes..][..lanes]);
            let component = context.components.layer(number);
            layer.pnl_usd.extend((0..lanes).map(|lane| ledger.component_pnl(component, lane)));
        }
    }
}
