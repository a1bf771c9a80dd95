//! Which layers are on after a close, and how large they then are.

use std::ops::Range;

use super::close::Close;
use super::instrument::{Instrument, Kind};
use super::lanes::{any, for_each_flagged};
use super::margin_desk::Halt;
use super::observe::Counts;
use crate::math::InstructionSet;
use crate::math::dispatch::dispatched;
use crate::math::rows::flag_other_products;
use crate::plan::Plan;
use crate::strategy::layer::{Layer, Resize, Size};
use crate::strategy::rule::{Program, RuleId, Truth, Workspace as RuleWorkspace};

/// What layers are measured by: the account at a close before today's trades, one value a path each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measures<'a> {
    /// Open width of the condors x 100 x lots, USD.
    pub(super) condor_risk_usd: &'a [f64],
    /// Premium received for the open condors, USD.
    pub(super) condor_credit_usd: &'a [f64],
    /// Equity, USD; kept up to date where a layer or a rule asks for it.
    pub(super) equity_usd: &'a [f64],
}

/// What the rules of layers say at the close on which today's trades were decided.
#[derive(Clone, Copy)]
pub(super) struct LayerTruths<'a> {
    /// All rules.
    pub(super) program: &'a Program,
    /// The day of the decision.
    pub(super) day: usize,
    /// Their values.
    pub(super) workspace: &'a RuleWorkspace,
}

impl<'a> LayerTruths<'a> {
    /// The truth of a rule, one value a path.
    pub(super) fn of(self, rule: RuleId) -> &'a [Truth] {
        self.program.truth(rule, self.day, self.workspace)
    }
}

/// The switches of all layers over a batch, `[layer * lanes + lane]` each.
#[derive(Debug, Default)]
pub(super) struct LayerSwitch {
    /// Whether each layer is on.
    pub(super) on: Vec<bool>,
    /// Whether it went on today.
    pub(super) is_new: Vec<bool>,
    /// Contracts of each layer of futures or the index that is on.
    pub(super) sizes: Vec<f64>,
    /// Trading days since each went on or off.
    days: Vec<u32>,
    /// The weight that a layer sized by equity has reached.
    weights: Vec<f64>,
    /// The amount times condor risk that each size by condor risk follows from.
    answered: Vec<f64>,
    /// Contracts or weight that each layer asks for.
    amounts: Vec<f64>,
    /// Paths on which a size is to be found again.
    changed: Vec<bool>,
}

impl LayerSwitch {
    /// All off, for a batch.
    pub(super) fn reset(&mut self, plan: &Plan, lanes: usize) {
        let layers = plan.layers.len();
        for flags in [&mut self.on, &mut self.is_new] {
            flags.clear();
            flags.resize(layers * lanes, false);
        }
        for values in [&mut self.sizes, &mut self.weights] {
            values.clear();
            values.resize(layers * lanes, 0.0);
        }
        self.answered.clear();
        self.answered.resize(layers * lanes, f64::NAN);
        self.amounts.clear();
        self.amounts.extend(plan.layers.iter().flat_map(|layer| std::iter::repeat_n(layer.amount, lanes)));
        self.changed.resize(lanes, false);
        // A layer that was never on owes no cool-down.
        self.days.clear();
        self.days.resize(layers * lanes, u32::MAX);
    }

    /// Switches layers on and off at a close.
    pub(super) fn switch(
        &mut self,
        close: &Close<'_, '_>,
        rules: LayerTruths<'_>,
        halt: Option<&[Halt]>,
        counts: &mut Counts,
    ) {
        let context = close.context;
        for (number, layer) in context.plan.layers.iter().enumerate() {
            let layer_rules = &context.layer_rules[number];
            let [enter, exit] = [layer_rules.enter, layer_rules.exit].map(|rule| rules.of(rule));
            let row = number * close.lanes..(number + 1) * close.lanes;
            if layer.min_days == 0 && layer.cool_down_days == 0 && halt.is_none() {
                let (on, is_new) = (&mut self.on[row.clone()], &mut self.is_new[row.clone()]);
                let days_on = &mut counts.layer_days[row];
                switch_at_any_close(InstructionSet::Best, enter, exit, on, is_new, days_on);
                continue;
            }
            let flags = self.on[row.clone()].iter_mut().zip(&mut self.is_new[row.clone()]);
            let truths = enter.iter().zip(exit);
            let days = self.days[row.clone()].iter_mut().zip(&mut counts.layer_days[row]);
            for (lane, (((on, is_new), (enter, exit)), (days, days_on))) in flags.zip(truths).zip(days).enumerate() {
                *days = days.saturating_add(1);
                let now = layer.switched(*on, enter.holds(), exit.holds(), *days)
                    && halt.is_none_or(|halt| halt[lane].allows(*on));
                *days = if now == *on { *days } else { 0 };
                *is_new = now & !*on;
                *on = now;
                *days_on += i32::from(now);
            }
        }
    }

    /// Sizes the layers of an instrument that are on.
    pub(super) fn size(
        &mut self,
        close: &Close<'_, '_>,
        instrument: &Instrument,
        rules: LayerTruths<'_>,
        measures: Measures<'_>,
    ) {
        for &number in &instrument.layers {
            let layer = &close.context.plan.layers[number];
            let row = number * close.lanes..(number + 1) * close.lanes;
            if !any(&self.on[row.clone()]) {
                continue;
            }
            self.find_amounts(close, number, rules);
            if let (Size::Contracts { per_condor_risk: Some(per) }, Resize::Daily) = (layer.size, layer.resize) {
                self.answer_risk(layer, per, row, measures.condor_risk_usd);
                continue;
            }
            for lane in 0..close.lanes {
                let slot = number * close.lanes + lane;
                if !self.on[slot] || (layer.resize == Resize::AtEntry && !self.is_new[slot]) {
                    continue;
                }
                self.sizes[slot] = match layer.size {
                    Size::Contracts { per_condor_risk: Some(per) } => {
                        layer.rounded(self.amounts[slot] * measures.condor_risk_usd[lane] / per)
                    }
                    Size::Weight { max_change } => {
                        let from = if self.is_new[slot] { 0.0 } else { self.weights[slot] };
                        let weight = towards(from, self.amounts[slot], max_change);
                        self.weights[slot] = weight;
                        layer.rounded(weight * measures.equity_usd[lane] / value_of_one(close, instrument, lane))
                    }
                    _ => layer.rounded(self.amounts[slot]),
                };
            }
        }
    }

    /// What a layer's amount is on each path: that of the first cell that holds, or its own.
    fn find_amounts(&mut self, close: &Close<'_, '_>, number: usize, rules: LayerTruths<'_>) {
        let layer = &close.context.plan.layers[number];
        if layer.cells.is_empty() {
            return;
        }
        let amounts = &mut self.amounts[number * close.lanes..(number + 1) * close.lanes];
        amounts.fill(layer.amount);
        let cells = layer.cells.iter().zip(&close.context.layer_rules[number].cells);
        for (cell, &when) in cells.rev() {
            let holds = rules.of(when);
            for (amount, holds) in amounts.iter_mut().zip(holds) {
                *amount = if holds.holds() { cell.size } else { *amount };
            }
        }
    }

    /// Sizes a layer by condor risk where either has changed; what is off has a size as well, which nobody reads.
    fn answer_risk(&mut self, layer: &Layer, per: f64, row: Range<usize>, risk_usd: &[f64]) {
        let Self { amounts, answered, sizes, changed, .. } = self;
        let (amounts, answered, sizes) = (&amounts[row.clone()], &mut answered[row.clone()], &mut sizes[row]);
        // Condor risk stays for weeks on most paths.
        flag_other_products(amounts, risk_usd, answered, changed);
        for_each_flagged(changed, |lane| {
            answered[lane] = amounts[lane] * risk_usd[lane];
            sizes[lane] = layer.rounded(answered[lane] / per);
        });
    }

    /// The amount of one layer on one path.
    pub(super) fn amount(
        close: &Close<'_, '_>,
        number: usize,
        layer: &Layer,
        rules: LayerTruths<'_>,
        lane: usize,
    ) -> f64 {
        let mut cells = layer.cells.iter().zip(&close.context.layer_rules[number].cells);
        let holds = cells.find(|(_, when)| rules.of(**when)[lane].holds());
        holds.map_or(layer.amount, |(cell, _)| cell.size)
    }
}

dispatched!(
    /// Switches a layer that waits for nothing, on all paths.
    fn switch_at_any_close(enter: &[Truth], exit: &[Truth], on: &mut [bool], is_new: &mut [bool], days_on: &mut [i32]) {
        let rows = enter.iter().zip(exit).zip(on.iter_mut().zip(is_new).zip(days_on));
        for ((enter, exit), ((on, is_new), days_on)) in rows {
            let now = Layer::next_on(*on, enter.holds(), exit.holds());
            *is_new = now & !*on;
            *on = now;
            *days_on += i32::from(now);
        }
    }
);

/// A step from one weight towards another.
fn towards(from: f64, to: f64, max_change: Option<f64>) -> f64 {
    max_change.map_or(to, |most| to.clamp(from - most, from + most))
}

/// Notional of one contract of an instrument, USD.
fn value_of_one(close: &Close<'_, '_>, instrument: &Instrument, lane: usize) -> f64 {
    let points = match instrument.kind {
        Kind::Index => close.spot(lane),
        Kind::Vx | Kind::MiniVx => {
            let marks = instrument
                .legs
                .clone()
                .map(|leg| close.context.legs[leg].share[close.day] * close.market.legs[leg].next[close.at(lane)]);
            marks.sum()
        }
    };
    points * instrument.kind.multiplier()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_moves_by_its_largest_change_at_most() {
        assert_eq!(towards(0.0, 0.75, Some(0.125)), 0.125);
        assert_eq!(towards(0.7, 0.75, Some(0.125)), 0.75);
        assert_eq!(towards(0.25, -0.30, Some(0.125)), 0.125);
        assert_eq!(towards(0.25, -0.30, None), -0.30);
    }
}
