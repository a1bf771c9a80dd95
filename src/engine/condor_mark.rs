//! Marks the open condors of a batch: whole condors of one expiry are read off their tables together.

use super::close::Close;
use super::observe::Counts;
use crate::Result;
use crate::book::Condor;
use crate::pricing::Reading;

/// Values positions at today's marks; one that cannot be marked counts at the most it can cost.
///
/// # Errors
/// A table of marks that cannot be built to the accuracy asked for.
pub(super) fn mark(positions: &mut [Condor], close: &Close<'_, '_>, counts: &mut Counts) -> Result<()> {
    let mut readings = Vec::with_capacity(positions.len());
    let mut scales = Vec::with_capacity(positions.len());
    let mut days = close.option_days();
    for condor in positions.iter() {
        let Some(expiry) = whole(condor) else { continue };
        let (day, lane) = (days.get(expiry)?, condor.lane as usize);
        let log_forward = close.log_forward(lane, &day);
        let k = condor.log_strikes.map(|log_strike| log_strike - log_forward);
        readings.push(Reading { table: day.table, state: close.state(lane), k });
        scales.push((close.spot(lane), day.dividend_discount));
    }
    let mut sides = vec![[0.0; 2]; readings.len()];
    Reading::sides(&readings, &mut sides);
    // The tables value condors as held; closing them costs the opposite.
    let mut values =
        sides.iter().zip(&scales).map(|([puts, calls], (spot, discount))| -(puts + calls) * spot * discount);
    for condor in positions {
        let points = match whole(condor).and_then(|_| values.next()) {
            Some(points) => points,
            None => close.position_value(condor, &mut days)?,
        };
        set_value(condor, points, counts);
    }
    Ok(())
}

/// The expiry of a position that has all four legs on one.
pub(super) fn whole(condor: &Condor) -> Option<u16> {
    let [puts, calls] = condor.expiry;
    (puts == calls && condor.strikes.all().is_some()).then_some(puts)
}

fn set_value(condor: &mut Condor, points: f64, counts: &mut Counts) {
    condor.value = if points.is_finite() {
        points
    } else {
        counts.unmarked_days[condor.lane as usize] += 1;
        condor.strikes.payout_max()
    };
}
