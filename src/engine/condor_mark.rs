//! Marks the open condors of a batch: whole condors of one expiry are read off one table together.

use super::close::Close;
use super::observe::Counts;
use crate::Result;
use crate::book::Condor;
use crate::model::State;

/// What whole condors of one expiry ask of their table.
#[derive(Debug, Default)]
pub(super) struct Quotes {
    expiries: Vec<u16>,
    states: Vec<State>,
    /// Log-moneyness of the legs.
    k: Vec<[f64; 4]>,
    values: Vec<f64>,
}

impl Quotes {
    /// Values positions at today's marks; one that cannot be marked counts at the most it can cost.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn mark(&mut self, positions: &mut [Condor], close: &Close<'_, '_>, counts: &mut Counts) -> Result<()> {
        let Self { expiries, states, k, values } = self;
        expiries.clear();
        expiries.extend(positions.iter().filter_map(whole));
        expiries.sort_unstable();
        expiries.dedup();
        for &expiry in expiries.iter() {
            let day = close.context.options.day(close.day, expiry)?;
            states.clear();
            k.clear();
            for condor in positions.iter().filter(|condor| whole(condor) == Some(expiry)) {
                let lane = condor.lane as usize;
                let log_forward = close.log_forward(lane, &day);
                states.push(close.state(lane));
                k.push(condor.log_strikes.map(|log_strike| log_strike - log_forward));
            }
            values.clear();
            values.resize(states.len(), 0.0);
            day.table.condors(states, k, values);
            let same = positions.iter_mut().filter(|condor| whole(condor) == Some(expiry));
            for (condor, value) in same.zip(values.iter()) {
                // The table values the condor as held; closing it costs the opposite.
                let points = -value * close.spot(condor.lane as usize) * day.dividend_discount;
                set_value(condor, points, counts);
            }
        }
        let mut days = close.option_days();
        for condor in positions.iter_mut().filter(|condor| whole(condor).is_none()) {
            let points = close.position_value(condor, &mut days)?;
            set_value(condor, points, counts);
        }
        Ok(())
    }
}

/// The expiry of a position that has all four legs on one.
fn whole(condor: &Condor) -> Option<u16> {
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
