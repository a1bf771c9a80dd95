//! What the futures desk writes down where somebody reads one path: variation, fills, rolls and settlements by layer.

use super::close::Close;
use super::futures_desk::Slots;
use super::instrument::{Instrument, Kind};
use crate::book::{Action, Contract, Entry, Ledger, SideCost, TradeCost};

/// Writes down what a leg's positions gained since yesterday; `gain` is USD a contract.
pub(super) fn note_variation(
    close: &Close<'_, '_>,
    instrument: &Instrument,
    (number, leg): (usize, usize),
    slots: Slots,
    carries: &[f64],
    gain: &[f64],
    ledger: &mut Ledger,
) {
    for (member, &layer) in instrument.layers.iter().enumerate() {
        for lane in 0..close.lanes {
            let quantity = carries[slots.at(member, number, lane)];
            if quantity != 0.0 {
                ledger.note(|| Entry {
                    day: close.day,
                    lane,
                    component: close.context.components.layer(layer),
                    action: Action::Variation,
                    what: name(close, instrument, leg, close.day - 1),
                    quantity,
                    price: old_price(close, leg, lane),
                    cash_usd: quantity * gain[lane],
                    spread_usd: 0.0,
                    fees_usd: 0.0,
                });
            }
        }
    }
}

/// A change of a layer's position in one contract.
struct Change {
    layer: usize,
    action: Action,
    what: String,
    quantity: f64,
    price: f64,
}

/// Writes down an instrument's trades on a path by layer. What the net trade cost is shared by contracts traded.
pub(super) fn note_trades(
    close: &Close<'_, '_>,
    instrument: &Instrument,
    slots: Slots,
    (before, after): (&[f64], &[f64]),
    lane: usize,
    (side, cost): (SideCost, TradeCost),
    ledger: &mut Ledger,
) {
    if ledger.journal.is_none() {
        return;
    }
    let mut changes = Vec::new();
    for (member, &layer) in instrument.layers.iter().enumerate() {
        for (number, leg) in instrument.legs.clone().enumerate() {
            let at = slots.at(member, number, lane);
            list_changes(close, instrument, (layer, leg), (before[at], after[at]), lane, &mut changes);
        }
    }
    let traded = |change: &Change| if change.action == Action::Settle { 0.0 } else { change.quantity.abs() };
    let sides: f64 = changes.iter().map(traded).sum();
    let of_net = sides * (side.fee_usd + side.spread_usd);
    let share = if of_net > 0.0 { cost.total_usd() / of_net } else { 0.0 };
    for change in changes {
        let charged = traded(&change) * share;
        ledger.note(|| Entry {
            day: close.day,
            lane,
            component: close.context.components.layer(change.layer),
            action: change.action,
            what: change.what,
            quantity: change.quantity,
            price: change.price,
            cash_usd: 0.0,
            spread_usd: charged * side.spread_usd,
            fees_usd: charged * side.fee_usd,
        });
    }
}

fn list_changes(
    close: &Close<'_, '_>,
    instrument: &Instrument,
    (layer, leg): (usize, usize),
    (before, after): (f64, f64),
    lane: usize,
    changes: &mut Vec<Change>,
) {
    let contract = close.context.legs[leg].change[close.day];
    let mut add = |action, day: usize, quantity: f64, price: f64| {
        if quantity != 0.0 {
            changes.push(Change { layer, action, what: name(close, instrument, leg, day), quantity, price });
        }
    };
    let price = close.price_of_leg(leg, lane);
    if contract == Contract::Same {
        let action = if after.abs() > before.abs() { Action::Open } else { Action::Close };
        add(action, close.day, after - before, price);
        return;
    }
    let rolled = before != 0.0 && after != 0.0;
    let out = match contract {
        Contract::Settled => Action::Settle,
        _ if rolled => Action::Roll,
        _ => Action::Close,
    };
    add(out, close.day.saturating_sub(1), -before, old_price(close, leg, lane));
    add(if rolled { Action::Roll } else { Action::Open }, close.day, after, price);
}

/// Today's price of the contract that was held since yesterday.
fn old_price(close: &Close<'_, '_>, leg: usize, lane: usize) -> f64 {
    match close.context.legs[leg].vx {
        Some(_) => close.market.legs[leg].held[close.at(lane)],
        None => close.spot(lane),
    }
}

/// The contract that a leg holds from a day on: `VX 2026-12-16`.
pub(super) fn name(close: &Close<'_, '_>, instrument: &Instrument, leg: usize, day: usize) -> String {
    match (&close.context.legs[leg].vx, instrument.kind) {
        (Some(vx), Kind::MiniVx) => format!("mini VX {}", vx.contracts[day].expiry),
        (Some(vx), _) => format!("VX {}", vx.contracts[day].expiry),
        (None, _) => "index".to_owned(),
    }
}
