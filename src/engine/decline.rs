//! What a path tells of its hedge: the deepest decline of the unhedged account, and what each layer did in it.
//!
//! The decline runs from the highest close of the unhedged equity to the lowest one after it, where the fall is the deepest
//! of the path. A layer comes on in the decline at its first close, from the peak on, with the layer on. A spell is a stretch
//! of closes with the layer on; it fired for nothing if the layer's P&L over it, at marks and before costs, is not positive.

use super::context::Context;
use super::history::LayerHistory;
use super::lanes::for_each_change;
use crate::math::InstructionSet;
use crate::math::dispatch::dispatched;
use crate::plan::slug;
use crate::risk::{Column, Values};

/// No such day.
const NEVER: i32 = -1;

/// The deepest decline of the unhedged account on each path of a batch.
#[derive(Debug, Default)]
pub(super) struct Decline {
    start_day: Vec<i32>,
    trough_day: Vec<i32>,
    /// Running values: highest equity so far, its day, and how deep the deepest fall is, USD.
    peak: Vec<f64>,
    peak_day: Vec<i32>,
    depth: Vec<f64>,
}

/// What one layer did on each path.
#[derive(Debug, Default)]
pub(super) struct LayerSpells {
    first_day_on: Vec<i32>,
    spells: Vec<i32>,
    for_nothing: Vec<i32>,
    /// P&L when the present spell began, in money of the first day, so that interest on earlier gains is no gain of the spell.
    pnl_at_switch: Vec<f64>,
    /// In the deepest decline: the first close with the layer on, the fall until it, and what the layer made.
    arrival: Vec<i32>,
    fall: Vec<f64>,
    pnl: Vec<f64>,
}

fn refill<T: Copy>(values: &mut Vec<T>, lanes: usize, value: T) {
    values.clear();
    values.resize(lanes, value);
}

impl Decline {
    /// Finds the declines of an account whose P&L is `unhedged_usd`, `[day * lanes + lane]`.
    pub(super) fn read(&mut self, context: &Context<'_>, unhedged_usd: &[f64], lanes: usize) {
        refill(&mut self.peak, lanes, context.plan.equity);
        refill(&mut self.depth, lanes, 0.0);
        for days in [&mut self.peak_day, &mut self.start_day, &mut self.trough_day] {
            refill(days, lanes, NEVER);
        }
        let Self { start_day, trough_day, peak, peak_day, depth } = self;
        for (day, row) in unhedged_usd.chunks_exact(lanes).enumerate() {
            let (cash_equity, day) = (context.cash_equity(day), day as i32);
            fall_to(InstructionSet::Best, row, cash_equity, day, peak, peak_day, depth, start_day, trough_day);
        }
    }

    /// Adds the columns of the batch.
    pub(super) fn push_columns(&self, context: &Context<'_>, layers: &[LayerSpells], columns: &mut Vec<Column>) {
        let count = |name: String, values: &[i32]| Column { name, values: Values::Count(values.to_vec()) };
        let real = |name: String, values: &[f64]| Column { name, values: Values::Real(values.to_vec()) };
        columns.push(count("unhedged_decline_start_day".into(), &self.start_day));
        columns.push(count("unhedged_trough_day".into(), &self.trough_day));
        for (layer, terms) in layers.iter().zip(&context.plan.layers) {
            let name = |what: &str| format!("layer_{}_{what}", slug(&terms.name));
            columns.push(count(name("first_day_on"), &layer.first_day_on));
            columns.push(count(name("spells"), &layer.spells));
            columns.push(count(name("spells_for_nothing"), &layer.for_nothing));
            columns.push(count(name("decline_day_on"), &layer.arrival));
            columns.push(real(name("decline_fall_usd"), &layer.fall));
            columns.push(real(name("decline_pnl_usd"), &layer.pnl));
        }
    }
}

dispatched!(
    /// Takes a day's close into the running values, without branches: paths rise and fall as they like.
    fn fall_to(
        pnl_usd: &[f64],
        cash_equity: f64,
        day: i32,
        peak: &mut [f64],
        peak_day: &mut [i32],
        depth: &mut [f64],
        start_day: &mut [i32],
        trough_day: &mut [i32],
    ) {
        let running = peak.iter_mut().zip(peak_day).zip(depth.iter_mut().zip(start_day).zip(trough_day));
        for (pnl, ((peak, peak_day), ((depth, start_day), trough_day))) in pnl_usd.iter().zip(running) {
            let equity = cash_equity + pnl;
            let rises = (equity > *peak) | (day == 0);
            *peak = if rises { equity } else { *peak };
            *peak_day = if rises { day } else { *peak_day };
            let fall = *peak - equity;
            let deepest = fall > *depth;
            *depth = if deepest { fall } else { *depth };
            *start_day = if deepest { *peak_day } else { *start_day };
            *trough_day = if deepest { day } else { *trough_day };
        }
    }
);

impl LayerSpells {
    /// Reads what a layer did along a batch.
    pub(super) fn read(
        &mut self,
        context: &Context<'_>,
        layer: &LayerHistory,
        decline: &Decline,
        unhedged_usd: &[f64],
        lanes: usize,
    ) {
        self.count_spells(context, layer, decline, lanes);
        refill(&mut self.fall, lanes, 0.0);
        refill(&mut self.pnl, lanes, 0.0);
        for lane in 0..lanes {
            let (Ok(start), Ok(trough)) =
                (usize::try_from(decline.start_day[lane]), usize::try_from(decline.trough_day[lane]))
            else {
                continue;
            };
            let pnl = |day: usize| layer.pnl_usd(day * lanes + lane, context.discount[day]);
            self.pnl[lane] = pnl(trough) - pnl(start);
            if layer.on[start * lanes + lane] {
                self.arrival[lane] = start as i32;
            } else if let Ok(arrival) = usize::try_from(self.arrival[lane]) {
                let equity = |day: usize| context.cash_equity(day) + unhedged_usd[day * lanes + lane];
                self.fall[lane] = equity(start) - equity(arrival);
            }
        }
    }

    /// Counts spells, and finds the first that begins in the decline behind its peak.
    fn count_spells(&mut self, context: &Context<'_>, layer: &LayerHistory, decline: &Decline, lanes: usize) {
        refill(&mut self.first_day_on, lanes, NEVER);
        refill(&mut self.arrival, lanes, NEVER);
        refill(&mut self.spells, lanes, 0);
        refill(&mut self.for_nothing, lanes, 0);
        refill(&mut self.pnl_at_switch, lanes, 0.0);
        let off = vec![false; lanes];
        let mut before = &off[..];
        let horizon = context.grid.horizon_days();
        for (day, on) in layer.on.chunks_exact(lanes).enumerate() {
            let last = day == horizon;
            let discount = context.discount[day];
            let look = |lane: usize| {
                let pnl = layer.pnl_usd(day * lanes + lane, discount) * discount;
                if on[lane] && !before[lane] {
                    self.begin_spell(lane, day as i32, pnl, decline);
                }
                if (!on[lane] || last) && pnl <= self.pnl_at_switch[lane] {
                    self.for_nothing[lane] += 1;
                }
            };
            if last {
                (0..lanes).filter(|&lane| on[lane] || before[lane]).for_each(look);
            } else {
                for_each_change(on, before, look);
            }
            before = on;
        }
    }

    fn begin_spell(&mut self, lane: usize, day: i32, pnl: f64, decline: &Decline) {
        self.spells[lane] += 1;
        self.pnl_at_switch[lane] = pnl;
        if self.first_day_on[lane] == NEVER {
            self.first_day_on[lane] = day;
        }
        if self.arrival[lane] == NEVER && decline.start_day[lane] < day && day <= decline.trough_day[lane] {
            self.arrival[lane] = day;
        }
    }
}
