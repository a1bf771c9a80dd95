//! An account along a batch day by day, for whatever has to look at whole paths.

use super::context::Context;
use super::lanes::Lanes;
use crate::book::Ledger;
use crate::strategy::layer::Hold;

/// One layer, `[day * lanes + lane]`.
#[derive(Debug, Default)]
pub(super) struct LayerHistory {
    /// Whether it is on after the close's trades.
    pub(super) on: Vec<bool>,
    /// Its cash, in money of the first day, USD.
    cash: Vec<f64>,
    /// What it holds is worth, USD; nothing where it never is worth anything between closes, as of futures.
    marks: Vec<f64>,
}

impl LayerHistory {
    /// P&L at marks over cash so far, USD, at a place of the history whose day has that discount factor.
    pub(super) fn pnl_usd(&self, at: usize, discount: f64) -> f64 {
        self.cash[at] / discount + self.marks.get(at).copied().unwrap_or(0.0)
    }
}

/// An account and its layers.
#[derive(Debug, Default)]
pub(super) struct AccountHistory {
    /// P&L over cash, `[day * lanes + lane]`, USD.
    pub(super) pnl_usd: Vec<f64>,
    /// The layers, of a hedged account.
    pub(super) layers: Vec<LayerHistory>,
}

impl AccountHistory {
    /// Forgets the batch before; so many layers follow.
    pub(super) fn reset(&mut self, layers: usize) {
        self.pnl_usd.clear();
        self.layers.resize_with(layers, LayerHistory::default);
        for layer in &mut self.layers {
            layer.on.clear();
            layer.cash.clear();
            layer.marks.clear();
        }
    }

    /// Notes a close: P&L of the account, and which layers are on.
    pub(super) fn note(&mut self, context: &Context<'_>, pnl_usd: &[f64], on: &[bool], ledger: &Ledger) {
        self.pnl_usd.extend_from_slice(pnl_usd);
        let lanes = pnl_usd.len();
        for (number, layer) in self.layers.iter_mut().enumerate() {
            layer.on.extend_from_slice(&on[number * lanes..][..lanes]);
            let (cash, marks) = ledger.rows(context.components.layer(number));
            layer.cash.extend_from_slice(cash);
            if matches!(context.plan.layers[number].hold, Hold::VixOption(_)) {
                layer.marks.extend_from_slice(marks);
            }
        }
    }

    /// Takes some paths over from an account that has just these.
    pub(super) fn take_over(&mut self, lanes: &Lanes<'_>, from: &Self) {
        lanes.scatter(&from.pnl_usd, &mut self.pnl_usd);
        for (layer, from) in self.layers.iter_mut().zip(&from.layers) {
            lanes.scatter(&from.on, &mut layer.on);
            lanes.scatter(&from.cash, &mut layer.cash);
            lanes.scatter(&from.marks, &mut layer.marks);
        }
    }
}
