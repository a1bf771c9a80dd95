//! Trades the layers that hold futures or the index: pays what positions gained, and trades the net change of each
//! instrument.
//!
//! The index is held with its dividends and paid for out of cash, so a day's gain over cash of one unit is
//!
//! ```text
//! S_t e^(q dt) - S_(t-1) e^(r dt)
//! ```
//!
//! which is a future's with the price of the day before compounded.

use super::close::Close;
use super::futures_journal;
use super::instrument::{Instrument, Kind, Leg};
use super::lanes::{self, for_each_flagged};
use super::layer_switch::LayerSwitch;
use super::market::LegDay;
use super::observe::Counts;
use crate::book::futures::{kept, rebalance_cost, split};
use crate::book::margin::{ScanPoints, VxMargin};
use crate::book::{Attribution, Contract, Holding, Ledger, Side, SideCost, TradeCost, trade_cost};
use crate::calendar::sessions::days_between;
use crate::math::rows::{add_scaled, any, flag_differences, raise_to_sizes};
use crate::strategy::layer::carry;
use crate::units::VX_MULTIPLIER;

/// The futures and index positions of the layers over a batch.
#[derive(Debug, Default)]
pub(super) struct FuturesDesk {
    /// Contracts that each layer carries in each leg of its instrument, `[slot * lanes + lane]`; see [`Slots`].
    carries: Vec<f64>,
    /// The same after today's trades, while they are made.
    targets: Vec<f64>,
    /// Net contracts of each leg, `[leg * lanes + lane]`.
    net: Vec<f64>,
    /// First slot of each instrument.
    first_slots: Vec<usize>,
    rows: Rows,
}

/// Values of one instrument or leg, one a path.
#[derive(Debug, Default)]
struct Rows {
    /// Paths on which an instrument may be traded.
    moved: Vec<usize>,
    flags: Vec<bool>,
    carried: Vec<f64>,
    total: Vec<f64>,
    below: Vec<f64>,
    parts: Vec<f64>,
}

/// Where the position of a layer in a leg stands: the legs of an instrument's first layer, of its second, ...
#[derive(Clone, Copy)]
pub(super) struct Slots {
    first: usize,
    legs: usize,
    lanes: usize,
}

impl Slots {
    /// The row of the instrument's `member`-th layer in its `leg`-th leg.
    pub(super) fn row(self, member: usize, leg: usize) -> std::ops::Range<usize> {
        let slot = self.first + member * self.legs + leg;
        slot * self.lanes..(slot + 1) * self.lanes
    }

    /// The value of that row on one path.
    pub(super) fn at(self, member: usize, leg: usize, lane: usize) -> usize {
        self.row(member, leg).start + lane
    }
}

impl FuturesDesk {
    /// Empties the desk for a batch.
    pub(super) fn reset(&mut self, instruments: &[Instrument], lanes: usize) {
        self.first_slots.clear();
        let mut slots = 0;
        for instrument in instruments {
            self.first_slots.push(slots);
            slots += instrument.layers.len() * instrument.legs.len();
        }
        for values in [&mut self.carries, &mut self.targets] {
            values.clear();
            values.resize(slots * lanes, 0.0);
        }
        self.net.clear();
        self.net.resize(instruments.iter().map(|instrument| instrument.legs.end).max().unwrap_or(0) * lanes, 0.0);
        let Rows { carried, total, below, parts, flags, moved: _ } = &mut self.rows;
        flags.resize(lanes, false);
        for row in [carried, total, below] {
            row.clear();
            row.resize(lanes, 0.0);
        }
        parts.clear();
        parts.resize(instruments.iter().map(|instrument| instrument.legs.len()).max().unwrap_or(0), 0.0);
    }

    fn slots(&self, index: usize, instrument: &Instrument, lanes: usize) -> Slots {
        Slots { first: self.first_slots[index], legs: instrument.legs.len(), lanes }
    }

    /// What each layer holds on a path.
    pub(super) fn holdings(&self, close: &Close<'_, '_>, lane: usize) -> Vec<Holding> {
        let mut holdings = Vec::new();
        for (index, instrument) in close.context.instruments.iter().enumerate() {
            let slots = self.slots(index, instrument, close.lanes);
            for (member, &layer) in instrument.layers.iter().enumerate() {
                for (number, leg) in instrument.legs.clone().enumerate() {
                    let quantity = self.carries[slots.at(member, number, lane)];
                    if quantity != 0.0 {
                        let what = futures_journal::name(close, instrument, leg, close.day);
                        let price = close.price_of_leg(leg, lane);
                        let component = close.context.components.layer(layer);
                        holdings.push(Holding { component, what, quantity, price, value_usd: 0.0, credit: None });
                    }
                }
            }
        }
        holdings
    }

    /// Adds what the positions tie up, USD a path.
    pub(super) fn tie_up(&self, close: &Close<'_, '_>, rules: &VxMargin, usd: &mut [f64]) {
        for instrument in &close.context.instruments {
            let standard = instrument.kind.multiplier() / VX_MULTIPLIER;
            for leg in instrument.legs.clone() {
                let net = &self.net[leg * close.lanes..][..close.lanes];
                for ((lane, usd), &net) in usd.iter_mut().enumerate().zip(net).filter(|(_, net)| **net != 0.0) {
                    *usd += match &close.context.legs[leg].vx {
                        Some(vx) => {
                            let month = vx.months[close.day.saturating_sub(1)];
                            let price = close.market.legs[leg].held[close.at(lane)];
                            rules.maintenance(net * standard, month, price, close.vix(lane))
                        }
                        None => INDEX_MAINTENANCE * net.abs() * close.spot(lane),
                    };
                }
            }
        }
    }

    /// Adds what VX would gain at the moves down and up of a scan, USD a path.
    pub(super) fn scan_gains(&self, close: &Close<'_, '_>, points: &ScanPoints, gains: &mut [[f64; 2]]) {
        for instrument in &close.context.instruments {
            for leg in instrument.legs.clone() {
                let Some(vx) = &close.context.legs[leg].vx else { continue };
                let table = vx.held[close.day].unwrap_or(vx.next[close.day]);
                let contract = vx.contracts[close.day.saturating_sub(1)];
                let net = &self.net[leg * close.lanes..][..close.lanes];
                for (lane, &net) in net.iter().enumerate().filter(|(_, net)| **net != 0.0) {
                    let usd = net * instrument.kind.multiplier();
                    close.add_scan_gain(points, contract, table, lane, usd, &mut gains[lane]);
                }
            }
        }
    }

    /// Takes what positions in the index are worth at the close of `day`, grown by a factor, off the cash that paid for them.
    pub(super) fn pay_for_index(&self, close: &Close<'_, '_>, day: usize, growth: f64, cash: &mut [f64]) {
        let indices = close.context.instruments.iter().filter(|instrument| instrument.kind == Kind::Index);
        for leg in indices.flat_map(|instrument| instrument.legs.clone()) {
            let net = &self.net[leg * close.lanes..][..close.lanes];
            let spot = &close.market.path.spot[close.market.path.row(day)];
            for ((cash, &net), &spot) in cash.iter_mut().zip(net).zip(spot) {
                *cash -= net * spot * growth;
            }
        }
    }

    /// Pays what positions held since yesterday have gained, to each layer and, as one sum, to the account.
    pub(super) fn pay_variation(&mut self, close: &Close<'_, '_>, ledger: &mut Ledger, attribution: &mut Attribution) {
        if close.day == 0 {
            return;
        }
        for (index, instrument) in close.context.instruments.iter().enumerate() {
            let slots = self.slots(index, instrument, close.lanes);
            let multiplier = instrument.kind.multiplier();
            for (number, leg) in instrument.legs.clone().enumerate() {
                let held = |member| any(&self.carries[slots.row(member, number)]);
                if !(0..instrument.layers.len()).any(held) {
                    continue;
                }
                let marks = &close.market.legs[leg];
                let carry = |carry: &mut [f64]| close.carry_of_leg(leg, multiplier, carry);
                let LegDay { gain, carry } = marks.day(close.day, close.lanes, multiplier, carry);
                for (member, &layer) in instrument.layers.iter().enumerate() {
                    let positions = &self.carries[slots.row(member, number)];
                    if !any(positions) {
                        continue;
                    }
                    ledger.post_gains(close.context.components.layer(layer), positions, gain);
                    attribution.add_carry(layer, positions, carry);
                }
                ledger.pay_gains(Side::Hedge, &self.net[leg * close.lanes..][..close.lanes], gain);
                if ledger.journal.is_some() {
                    futures_journal::note_variation(
                        close,
                        instrument,
                        (number, leg),
                        slots,
                        &self.carries,
                        gain,
                        ledger,
                    );
                }
            }
        }
    }

    /// Trades an instrument to what its layers want after they were switched and sized.
    pub(super) fn trade(
        &mut self,
        index: usize,
        close: &Close<'_, '_>,
        switch: &LayerSwitch,
        ledger: &mut Ledger,
        attribution: &mut Attribution,
        counts: &mut Counts,
    ) {
        let instrument = &close.context.instruments[index];
        let slots = self.slots(index, instrument, close.lanes);
        let on = |&layer: &usize| lanes::any(&switch.on[layer * close.lanes..(layer + 1) * close.lanes]);
        let net = &self.net[instrument.legs.start * close.lanes..instrument.legs.end * close.lanes];
        if !instrument.layers.iter().any(on) && !any(net) {
            return;
        }
        if instrument.legs.len() == 1 {
            self.aim_one_leg(close, instrument, slots, switch);
        } else {
            self.aim_many_legs(close, instrument, slots, switch);
        }
        if instrument.kind != Kind::Index {
            let standard = instrument.kind.multiplier() / VX_MULTIPLIER;
            raise_to_sizes(&mut counts.max_contracts, &self.rows.total, standard);
        }
        let days = mean_days_to_expiry(close, instrument);
        let mut moved = std::mem::take(&mut self.rows.moved);
        self.find_moved(close, instrument, &mut moved);
        for &lane in &moved {
            let Some((side, cost)) = self.cost(close, instrument, slots, lane, days) else { continue };
            let components = &close.context.components;
            ledger.post(components.hedge_fees, lane, -cost.fees_usd);
            ledger.post(components.hedge_spread, lane, -cost.spread_usd);
            ledger.post(components.hedge_roll, lane, -cost.roll_usd);
            ledger.pay(Side::Hedge, lane, -cost.total_usd());
            if cost.roll_usd != 0.0 {
                for (member, &layer) in instrument.layers.iter().enumerate() {
                    let carries: f64 = (0..slots.legs).map(|leg| self.targets[slots.at(member, leg, lane)]).sum();
                    attribution.add_roll_cost(layer, lane, cost.roll_usd * carries / self.rows.total[lane]);
                }
            }
            let books = (&self.carries[..], &self.targets[..]);
            futures_journal::note_trades(close, instrument, slots, books, lane, (side, cost), ledger);
        }
        self.rows.moved = moved;
        self.settle_in(instrument, slots, close.lanes);
    }

    /// Finds the paths on which an instrument is traded, or may be where it has several legs.
    fn find_moved(&mut self, close: &Close<'_, '_>, instrument: &Instrument, moved: &mut Vec<usize>) {
        moved.clear();
        let [leg] = &close.context.legs[instrument.legs.clone()] else {
            moved.extend(0..close.lanes);
            return;
        };
        let Rows { total, flags, .. } = &mut self.rows;
        let held = &self.net[instrument.legs.start * close.lanes..][..close.lanes];
        flag_differences(held, total, leg.change[close.day] != Contract::Same, flags);
        for_each_flagged(flags, |lane| moved.push(lane));
    }

    /// What each layer should carry in the only leg, and their total.
    fn aim_one_leg(&mut self, close: &Close<'_, '_>, instrument: &Instrument, slots: Slots, switch: &LayerSwitch) {
        let Rows { total, below, .. } = &mut self.rows;
        below.fill(0.0);
        total.fill(0.0);
        for (member, &layer) in instrument.layers.iter().enumerate() {
            let row = layer * close.lanes..(layer + 1) * close.lanes;
            let targets = &mut self.targets[slots.row(member, 0)];
            let level = close.context.plan.layers[layer].level;
            carry(level, &switch.on[row.clone()], &switch.sizes[row], below, targets);
            add_scaled(total, targets, 1.0);
        }
    }

    /// The same where a position is spread over legs: each total is split, and a layer carries what it adds to the split.
    fn aim_many_legs(&mut self, close: &Close<'_, '_>, instrument: &Instrument, slots: Slots, switch: &LayerSwitch) {
        let Rows { total, below, parts, carried, .. } = &mut self.rows;
        below.fill(0.0);
        total.fill(0.0);
        let parts = &mut parts[..slots.legs];
        let shares = || instrument.legs.clone().map(|leg| close.context.legs[leg].share[close.day]);
        for (member, &layer) in instrument.layers.iter().enumerate() {
            let row = layer * close.lanes..(layer + 1) * close.lanes;
            let level = close.context.plan.layers[layer].level;
            carry(level, &switch.on[row.clone()], &switch.sizes[row], below, carried);
            for lane in 0..close.lanes {
                total[lane] += carried[lane];
                split(total[lane], shares(), instrument.whole, parts);
                for (leg, &part) in parts.iter().enumerate() {
                    let lower: f64 = (0..member).map(|lower| self.targets[slots.at(lower, leg, lane)]).sum();
                    self.targets[slots.at(member, leg, lane)] = part - lower;
                }
            }
        }
    }

    /// What today's trades of an instrument cost on a path that [`Self::find_moved`] found, a side and all; `None` where
    /// nothing is traded.
    fn cost(
        &mut self,
        close: &Close<'_, '_>,
        instrument: &Instrument,
        slots: Slots,
        lane: usize,
        days_to_expiry: f64,
    ) -> Option<(SideCost, TradeCost)> {
        let side = |largest| side_cost(close, instrument.kind, lane, largest, days_to_expiry);
        let legs = &close.context.legs[instrument.legs.clone()];
        let first = instrument.legs.start;
        let total = self.rows.total[lane];
        if let [leg] = legs {
            let (held, change) = (self.net[first * close.lanes + lane], leg.change[close.day]);
            let side = side(change.largest_order(held, total));
            return Some((side, trade_cost(held, total, change, side)));
        }
        let members = instrument.layers.len();
        let target = |leg| (0..members).map(|member| self.targets[slots.at(member, leg, lane)]).sum::<f64>();
        let net = |leg: usize| self.net[(first + leg) * close.lanes + lane];
        let (mut sides, mut held, mut largest) = (0.0, 0.0, 0.0_f64);
        for (number, leg) in legs.iter().enumerate() {
            let change = leg.change[close.day];
            sides += change.sides(net(number), target(number));
            largest = largest.max(change.largest_order(net(number), target(number)));
            held += net(number);
        }
        if sides == 0.0 {
            return None;
        }
        // What the part that stays would trade by itself, as the shares move.
        let stays = kept(held, total) * total.signum();
        let mut parts = [0.0; LEGS_MAX];
        let mut rolling = 0.0;
        if stays != 0.0 {
            let parts = &mut parts[..legs.len()];
            let mut before = [0.0; LEGS_MAX];
            let shares = |day: usize| legs.iter().map(move |leg| leg.share[day]);
            split(stays, shares(close.day - 1), instrument.whole, &mut before[..legs.len()]);
            split(stays, shares(close.day), instrument.whole, parts);
            let changes = legs.iter().map(|leg| leg.change[close.day]);
            rolling = changes.zip(before.iter().zip(parts.iter())).map(|(c, (&old, &new))| c.sides(old, new)).sum();
        }
        let side = side(largest);
        Some((side, rebalance_cost(sides, rolling, side)))
    }

    /// Takes the targets as what is held.
    fn settle_in(&mut self, instrument: &Instrument, slots: Slots, lanes: usize) {
        let members = instrument.layers.len();
        let all = slots.row(0, 0).start..slots.row(members - 1, slots.legs - 1).end;
        self.carries[all.clone()].copy_from_slice(&self.targets[all]);
        if let [total] = [&self.rows.total]
            && slots.legs == 1
        {
            self.net[instrument.legs.start * lanes..][..lanes].copy_from_slice(total);
            return;
        }
        for (number, leg) in instrument.legs.clone().enumerate() {
            let net = &mut self.net[leg * lanes..][..lanes];
            net.fill(0.0);
            for member in 0..members {
                let carries = &self.carries[slots.row(member, number)];
                net.iter_mut().zip(carries).for_each(|(net, carry)| *net += carry);
            }
        }
    }
}

/// Maintenance margin of the index, a share of its notional: a broad index under a portfolio's price scan.
const INDEX_MAINTENANCE: f64 = 0.15;
/// Legs that an instrument has at most: months 1 to 8.
const LEGS_MAX: usize = 8;

/// What one contract costs to trade on a path today in an order of `largest` contracts.
fn side_cost(close: &Close<'_, '_>, kind: Kind, lane: usize, largest: f64, days_to_expiry: f64) -> SideCost {
    let (costs, strain) = (&close.context.plan.costs, close.strain(lane));
    let standard = largest * kind.multiplier() / VX_MULTIPLIER;
    let (fee_usd, half_spread) = match kind {
        Kind::Vx => (costs.vx_fee, costs.vx_half_spread(standard, days_to_expiry, strain)),
        Kind::MiniVx => (costs.mini_vx_fee, costs.vx_half_spread(standard, days_to_expiry, strain)),
        Kind::Index => (0.0, costs.index_half_spread(strain)),
    };
    SideCost { fee_usd, spread_usd: half_spread * kind.multiplier() }
}

/// Calendar days to the expiry of what an instrument holds from today on, on average over its contracts.
fn mean_days_to_expiry(close: &Close<'_, '_>, instrument: &Instrument) -> f64 {
    let today = close.context.grid.date(close.day);
    let legs = close.context.legs[instrument.legs.clone()].iter();
    let of_leg = |leg: &Leg| {
        let contract = leg.vx.as_ref().map(|vx| vx.contracts[close.day]);
        contract.map_or(0.0, |contract| leg.share[close.day] * days_between(today, contract.expiry) as f64)
    };
    legs.map(of_leg).sum()
}
