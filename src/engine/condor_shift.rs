//! Moves an open condor, or its threatened side, along the expiries: bought back and sold again at one close.
//!
//! ```text
//! credit of a shift = (value sold - half-spread) - (value bought back + half-spread)      index points a condor
//! ```
//!
//! The position keeps its lots and its history: what the shift brings is added to its credit.

use super::close::Close;
use super::condor_entry::Picker;
use super::condor_value::Trade;
use crate::Result;
use crate::book::{Action, Condor, Ledger};
use crate::instrument::{CondorStrikes, OptionKind};
use crate::strategy::condor::{CondorProgramme, Direction, Shift, ShiftSide, ShiftStrikes};
use crate::units::SPX_OPTION_MULTIPLIER;

/// One trade of a shift.
struct Legs {
    expiry: u16,
    strikes: CondorStrikes,
    value: f64,
}

/// Shifts a position if the terms of the shift can be had; says whether it did.
///
/// # Errors
/// A table of marks that cannot be built to the accuracy asked for.
pub(super) fn shift(
    close: &Close<'_, '_>,
    programme: usize,
    number: usize,
    condor: &mut Condor,
    ledger: &mut Ledger,
) -> Result<bool> {
    let terms = &close.context.plan.condors[programme];
    let shift = &terms.shifts[number];
    let target = close.context.entries[programme].shift_expiry[number][close.day];
    let lane = condor.lane as usize;
    let mut days = close.option_days();
    let picker = Picker::new(close, days.get(target)?, lane, target);
    let Some(sold) = strikes_to_sell(&picker, terms, shift, condor, target, close.spot(lane)) else {
        return Ok(false);
    };
    // What is bought back, by expiry, and what is sold for it.
    let mut bought = Vec::with_capacity(2);
    for (expiry, strikes) in condor.parts(&sold) {
        let value = close.value_points(&days.get(expiry)?, lane, &strikes, &condor.log_strikes);
        bought.push(Legs { expiry, strikes, value });
    }
    let sold = Legs { expiry: target, strikes: sold, value: picker.value(&sold) };
    let lots = condor.usd_per_point / SPX_OPTION_MULTIPLIER;
    let spread = |legs: &Legs| close.half_spread(lane, legs.expiry, &legs.strikes, lots);
    let paid: f64 = bought.iter().map(|legs| legs.value + spread(legs)).sum();
    let credit = sold.value - spread(&sold) - paid;
    if !(credit.is_finite() && shift.min_credit.is_none_or(|least| credit >= least)) {
        return Ok(false);
    }
    let trade = |legs: &Legs, sold| Trade {
        action: Action::Roll,
        lane,
        strikes: legs.strikes,
        expiry: legs.expiry,
        value: legs.value,
        usd_per_point: condor.usd_per_point,
        sold,
    };
    bought.iter().for_each(|legs| close.fill(programme, &trade(legs, false), ledger));
    close.fill(programme, &trade(&sold, true), ledger);
    for kind in [OptionKind::Put, OptionKind::Call].into_iter().filter(|&kind| sold.strikes.has(kind)) {
        condor.set_side(kind, &sold.strikes, target);
    }
    condor.credit += credit;
    let value = close.position_value(condor, &mut days)?;
    condor.value = if value.is_finite() { value } else { condor.strikes.payout_max() };
    Ok(true)
}

/// The legs to sell for those that move; `None` where nothing moves or the list has no such strikes.
fn strikes_to_sell(
    picker: &Picker<'_, '_, '_>,
    terms: &CondorProgramme,
    shift: &Shift,
    condor: &Condor,
    target: u16,
    spot: f64,
) -> Option<CondorStrikes> {
    let moves = |kind: &OptionKind| match shift.direction {
        Direction::Forward => target > condor.expiry_of(*kind),
        Direction::Back => target < condor.expiry_of(*kind),
    };
    let chosen = |kind: &OptionKind| shift.side == ShiftSide::Both || *kind == threatened(&condor.strikes, spot);
    let sides = condor.sides().filter(moves).filter(chosen);
    let moving = sides.fold(CondorStrikes::default(), |legs, kind| legs.with_side(kind, &condor.strikes));
    if moving.count() == 0 {
        return None;
    }
    match shift.strikes {
        ShiftStrikes::Same => picker.listed_like(&moving),
        ShiftStrikes::New => {
            let fresh = picker.strikes(terms)?;
            let sides = [OptionKind::Put, OptionKind::Call].into_iter().filter(|&kind| moving.has(kind));
            Some(sides.fold(CondorStrikes::default(), |legs, kind| legs.with_side(kind, &fresh)))
        }
    }
}

/// The side whose option sold the index is nearer to, the puts if it stands in the middle.
fn threatened(strikes: &CondorStrikes, spot: f64) -> OptionKind {
    let to_put = strikes.put_short.map_or(f64::INFINITY, |strike| spot - strike);
    let to_call = strikes.call_short.map_or(f64::INFINITY, |strike| strike - spot);
    if to_call < to_put { OptionKind::Call } else { OptionKind::Put }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_side_nearer_to_the_index_is_threatened() {
        let strikes = CondorStrikes::new([6050.0, 6200.0, 6900.0, 7000.0]);
        for (spot, side) in [
            (6200.0, OptionKind::Put),
            (6550.0, OptionKind::Put),
            (6551.0, OptionKind::Call),
            (7100.0, OptionKind::Call),
        ] {
            assert_eq!(threatened(&strikes, spot), side, "{spot}");
        }
        assert_eq!(threatened(&strikes.side(OptionKind::Call), 6000.0), OptionKind::Call);
    }
}
