//! What a path tells of its hedge: the deepest decline of the unhedged account, and what each layer did in it.
//!
//! The decline runs from the highest close of the unhedged equity to the lowest one after it, where the fall is the deepest
//! of the path. A layer comes on in the decline at its first close, from the peak on, with the layer on. A spell is a stretch
//! of closes with the layer on; it fired for nothing if the layer's P&L over it, at marks and before costs, is not positive.

use super::history::LayerHistory;
use crate::plan::{Plan, slug};
use crate::risk::{Column, Values};

/// No such day.
const NEVER: i32 = -1;

/// One close of a batch.
pub(super) struct DeclineDay<'a> {
    /// Trading days from the start.
    pub(super) day: usize,
    /// The last day of the run.
    pub(super) last: bool,
    /// Starting equity grown at the cash rate, USD.
    pub(super) cash_equity: f64,
    /// What a dollar of today is worth in money of the first day.
    pub(super) discount: f64,
    /// P&L of the unhedged account, USD.
    pub(super) unhedged: &'a [f64],
    /// The layers.
    pub(super) layers: &'a [LayerHistory],
}

/// The running state of a batch; arrays by layer are `[layer * lanes + lane]`.
#[derive(Debug, Default)]
pub(super) struct Decline {
    lanes: usize,
    peak: Vec<f64>,
    peak_day: Vec<i32>,
    depth: Vec<f64>,
    /// Whether today makes the fall deeper than ever.
    deeper: Vec<bool>,
    start_day: Vec<i32>,
    trough_day: Vec<i32>,
    layers: Vec<LayerTrack>,
}

/// One layer on all paths of a batch.
#[derive(Debug, Default)]
struct LayerTrack {
    was_on: Vec<bool>,
    first_day_on: Vec<i32>,
    spells: Vec<i32>,
    for_nothing: Vec<i32>,
    /// P&L when the present spell began, in money of the first day, so that interest on earlier gains is no gain of the spell.
    pnl_at_switch: Vec<f64>,
    /// P&L at the latest peak, and since then the first close with the layer on and the fall until it.
    pnl_at_peak: Vec<f64>,
    arrival: Vec<i32>,
    fall: Vec<f64>,
    /// The same for the deepest decline so far.
    deepest_arrival: Vec<i32>,
    deepest_fall: Vec<f64>,
    deepest_pnl: Vec<f64>,
}

fn refill<T: Copy>(values: &mut Vec<T>, lanes: usize, value: T) {
    values.clear();
    values.resize(lanes, value);
}

impl Decline {
    /// Empties the state for a batch.
    pub(super) fn reset(&mut self, lanes: usize, layers: usize, equity: f64) {
        self.lanes = lanes;
        refill(&mut self.peak, lanes, equity);
        refill(&mut self.depth, lanes, 0.0);
        refill(&mut self.deeper, lanes, false);
        for days in [&mut self.peak_day, &mut self.start_day, &mut self.trough_day] {
            refill(days, lanes, NEVER);
        }
        self.layers.resize_with(layers, LayerTrack::default);
        self.layers.iter_mut().for_each(|layer| layer.reset(lanes));
    }

    /// Adds a day.
    pub(super) fn observe(&mut self, today: &DeclineDay<'_>) {
        let day = today.day as i32;
        for (number, layer) in self.layers.iter_mut().enumerate() {
            layer.observe(day, today, &today.layers[number], &self.peak);
        }
        for lane in 0..self.lanes {
            let equity = today.cash_equity + today.unhedged[lane];
            if equity > self.peak[lane] || day == 0 {
                self.peak[lane] = equity;
                self.peak_day[lane] = day;
            }
            let fall = self.peak[lane] - equity;
            self.deeper[lane] = fall > self.depth[lane];
            if self.deeper[lane] {
                self.depth[lane] = fall;
                self.start_day[lane] = self.peak_day[lane];
                self.trough_day[lane] = day;
            }
        }
        for (number, layer) in self.layers.iter_mut().enumerate() {
            for lane in (0..self.lanes).filter(|&lane| self.deeper[lane]) {
                layer.note_deepest(lane, today.layers[number].pnl_usd[today.day * self.lanes + lane]);
            }
        }
    }

    /// Adds the columns of the batch.
    pub(super) fn push_columns(&self, plan: &Plan, columns: &mut Vec<Column>) {
        let count = |name: String, values: &[i32]| Column { name, values: Values::Count(values.to_vec()) };
        let real = |name: String, values: &[f64]| Column { name, values: Values::Real(values.to_vec()) };
        columns.push(count("unhedged_decline_start_day".into(), &self.start_day));
        columns.push(count("unhedged_trough_day".into(), &self.trough_day));
        for (layer, terms) in self.layers.iter().zip(&plan.layers) {
            let name = |what: &str| format!("layer_{}_{what}", slug(&terms.name));
            columns.push(count(name("first_day_on"), &layer.first_day_on));
            columns.push(count(name("spells"), &layer.spells));
            columns.push(count(name("spells_for_nothing"), &layer.for_nothing));
            columns.push(count(name("decline_day_on"), &layer.deepest_arrival));
            columns.push(real(name("decline_fall_usd"), &layer.deepest_fall));
            columns.push(real(name("decline_pnl_usd"), &layer.deepest_pnl));
        }
    }
}

impl LayerTrack {
    fn reset(&mut self, lanes: usize) {
        refill(&mut self.was_on, lanes, false);
        for days in [&mut self.first_day_on, &mut self.arrival, &mut self.deepest_arrival] {
            refill(days, lanes, NEVER);
        }
        for counts in [&mut self.spells, &mut self.for_nothing] {
            refill(counts, lanes, 0);
        }
        let amounts = [&mut self.pnl_at_switch, &mut self.pnl_at_peak, &mut self.fall];
        for values in amounts.into_iter().chain([&mut self.deepest_fall, &mut self.deepest_pnl]) {
            refill(values, lanes, 0.0);
        }
    }

    /// Adds a day; `peak` is that of the unhedged equity before it.
    fn observe(&mut self, day: i32, today: &DeclineDay<'_>, layer: &LayerHistory, peak: &[f64]) {
        let row = today.day * peak.len()..(today.day + 1) * peak.len();
        let (on, pnl_usd) = (&layer.on[row.clone()], &layer.pnl_usd[row]);
        for lane in 0..on.len() {
            let equity = today.cash_equity + today.unhedged[lane];
            let at_peak = equity > peak[lane] || day == 0;
            let pnl = pnl_usd[lane];
            if at_peak {
                self.pnl_at_peak[lane] = pnl;
                self.arrival[lane] = NEVER;
            }
            if on[lane] && self.arrival[lane] == NEVER {
                self.arrival[lane] = day;
                self.fall[lane] = if at_peak { 0.0 } else { peak[lane] - equity };
            }
            let (is_on, was_on) = (on[lane], self.was_on[lane]);
            if is_on && !was_on {
                self.spells[lane] += 1;
                self.pnl_at_switch[lane] = pnl * today.discount;
                if self.first_day_on[lane] == NEVER {
                    self.first_day_on[lane] = day;
                }
            }
            let ends = (was_on && !is_on) || (is_on && today.last);
            if ends && pnl * today.discount <= self.pnl_at_switch[lane] {
                self.for_nothing[lane] += 1;
            }
            self.was_on[lane] = is_on;
        }
    }

    fn note_deepest(&mut self, lane: usize, pnl: f64) {
        self.deepest_arrival[lane] = self.arrival[lane];
        self.deepest_fall[lane] = if self.arrival[lane] == NEVER { 0.0 } else { self.fall[lane] };
        self.deepest_pnl[lane] = pnl - self.pnl_at_peak[lane];
    }
}
