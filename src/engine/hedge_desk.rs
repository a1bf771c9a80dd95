//! Trades the hedge layers of a plan along a batch: pays variation, decides who is on, sizes, rolls, trades.

use super::close::Close;
use super::context::Instrument;
use super::observe::Counts;
use crate::book::{Contract, Holding, Ledger, Side, trade_cost};
use crate::strategy::layer::carried;
use crate::strategy::rule::Workspace as RuleWorkspace;
use crate::strategy::{Layer, Resize};
use crate::units::VX_MULTIPLIER;

/// The layers' positions over a batch.
#[derive(Debug, Default)]
pub(super) struct HedgeDesk {
    /// Whether each layer is on, `[layer * lanes + lane]`.
    on: Vec<bool>,
    /// The size of each layer that is on: of today, or of the day it went on.
    sizes: Vec<f64>,
    /// Contracts that each layer carries.
    carries: Vec<f64>,
    /// Net contracts of each instrument, `[instrument * lanes + lane]`.
    net: Vec<f64>,
    /// Whether any layer was on at the latest close, by lane.
    any_on: Vec<bool>,
    /// Whether any layer is on or was on the day before: other lanes hold nothing and trade nothing.
    active: Vec<bool>,
}

impl HedgeDesk {
    /// Empties the desk for a batch.
    pub(super) fn reset(&mut self, layers: usize, instruments: usize, lanes: usize) {
        self.on.clear();
        self.on.resize(layers * lanes, false);
        for values in [&mut self.sizes, &mut self.carries] {
            values.clear();
            values.resize(layers * lanes, 0.0);
        }
        self.net.clear();
        self.net.resize(instruments * lanes, 0.0);
        for flags in [&mut self.any_on, &mut self.active] {
            flags.clear();
            flags.resize(lanes, false);
        }
    }

    /// Which layers are on, `[layer * lanes + lane]`.
    #[must_use]
    pub(super) fn on(&self) -> &[bool] {
        &self.on
    }

    /// Pays what the contracts held since yesterday have gained, to each layer and, as one sum, to the account.
    pub(super) fn pay_variation(&self, close: &Close<'_, '_>, ledger: &mut Ledger) {
        if close.day == 0 {
            return;
        }
        for (index, instrument) in close.context.instruments.iter().enumerate() {
            let marks = &close.market.vx[index];
            for lane in (0..close.lanes).filter(|&lane| self.any_on[lane]) {
                let net = self.net[index * close.lanes + lane];
                let today = close.day * close.lanes + lane;
                let gain_usd = (marks.held[today] - marks.next[today - close.lanes]) * VX_MULTIPLIER;
                for &layer in &instrument.layers {
                    let carries = self.carries[layer * close.lanes + lane];
                    if carries != 0.0 {
                        ledger.post(close.context.components.layer(layer), lane, carries * gain_usd);
                    }
                }
                if net != 0.0 {
                    ledger.pay(Side::Hedge, lane, net * gain_usd);
                }
            }
        }
    }

    /// Switches layers on and off, resizes them to the condor risk and trades the difference.
    pub(super) fn trade(
        &mut self,
        close: &Close<'_, '_>,
        rules: &RuleWorkspace,
        risk_usd: &[f64],
        ledger: &mut Ledger,
        counts: &mut Counts,
    ) {
        self.switch(close, rules, risk_usd, counts);
        for index in 0..close.context.instruments.len() {
            self.trade_instrument(index, close, ledger, counts);
        }
    }

    /// What each layer holds on a path.
    pub(super) fn holdings(&self, close: &Close<'_, '_>, lane: usize) -> Vec<Holding> {
        let instruments = close.context.instruments.iter().enumerate();
        let of_instrument = |(index, instrument): (usize, &Instrument)| -> Vec<Holding> {
            let price = close.market.vx[index].next[close.at(lane)];
            let carried = |&layer: &usize| (layer, self.carries[layer * close.lanes + lane]);
            let held = instrument.layers.iter().map(carried).filter(|&(_, quantity)| quantity != 0.0);
            held.map(|(layer, quantity)| Holding {
                component: close.context.components.layer(layer),
                what: format!("VX{}", close.context.plan.layers[layer].vx_month),
                quantity,
                price,
                value_usd: 0.0,
                credit: None,
            })
            .collect()
        };
        instruments.flat_map(of_instrument).collect()
    }

    fn switch(&mut self, close: &Close<'_, '_>, rules: &RuleWorkspace, risk_usd: &[f64], counts: &mut Counts) {
        let context = close.context;
        self.active.copy_from_slice(&self.any_on);
        self.any_on.fill(false);
        for (number, layer) in context.plan.layers.iter().enumerate() {
            let layer_rules = context.layer_rules[number];
            let enter = context.program.truth(layer_rules.enter, close.day, rules);
            let exit = context.program.truth(layer_rules.exit, close.day, rules);
            for lane in 0..close.lanes {
                let slot = number * close.lanes + lane;
                let was_on = self.on[slot];
                let on = Layer::next_on(was_on, enter[lane].holds(), exit[lane].holds());
                self.on[slot] = on;
                self.any_on[lane] |= on;
                self.active[lane] |= on;
                if on && (!was_on || layer.resize == Resize::Daily) {
                    self.sizes[slot] = layer.size(risk_usd[lane]);
                }
                counts.layer_days[slot] += i32::from(on);
            }
        }
    }

    fn trade_instrument(&mut self, index: usize, close: &Close<'_, '_>, ledger: &mut Ledger, counts: &mut Counts) {
        let context = close.context;
        let instrument = &context.instruments[index];
        let layers: Vec<&Layer> = instrument.layers.iter().map(|&layer| &context.plan.layers[layer]).collect();
        let mut sizes = vec![None; layers.len()];
        let mut carries = vec![0.0; layers.len()];
        let contract = instrument.change[close.day];
        for lane in (0..close.lanes).filter(|&lane| self.active[lane]) {
            for (size, &layer) in sizes.iter_mut().zip(&instrument.layers) {
                let slot = layer * close.lanes + lane;
                *size = self.on[slot].then_some(self.sizes[slot]);
            }
            carried(&layers, &sizes, &mut carries);
            for (&carry, &layer) in carries.iter().zip(&instrument.layers) {
                self.carries[layer * close.lanes + lane] = carry;
            }
            let target: f64 = carries.iter().sum();
            let net = &mut self.net[index * close.lanes + lane];
            let held = std::mem::replace(net, target);
            counts.max_contracts[lane] = counts.max_contracts[lane].max(target.abs());
            if held == target && (held == 0.0 || contract == Contract::Same) {
                continue;
            }
            let vix = close.market.vix[close.day * close.lanes + lane];
            let cost = trade_cost(held, target, contract, vix, &context.plan.costs);
            ledger.post(context.components.hedge_fees, lane, -cost.fees_usd);
            ledger.post(context.components.hedge_spread, lane, -cost.spread_usd);
            ledger.post(context.components.hedge_roll, lane, -cost.roll_usd);
            ledger.pay(Side::Hedge, lane, -(cost.fees_usd + cost.spread_usd + cost.roll_usd));
        }
    }
}
