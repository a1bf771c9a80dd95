//! What rules see of open condors: profit, time, deltas, distance to the break-evens.
//!
//! A short strike's delta is Black's forward delta with the implied volatility of its own mark, as at entries. The delta
//! of the whole book is the model's: the change of its marks with the index while the variance factors stand still.

use super::close::Close;
use super::condor_value::OptionDays;
use crate::Result;
use crate::book::Condor;
use crate::instrument::OptionKind;
use crate::pricing::black::{call_delta, implied_deviation};
use crate::strategy::rule::PositionSeries;

impl Close<'_, '_> {
    /// The values of a series for positions; not a number where a position has none.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn position_series(
        &self,
        series: PositionSeries,
        positions: &[Condor],
        out: &mut Vec<f64>,
    ) -> Result<()> {
        out.clear();
        let mut days = self.option_days();
        for condor in positions {
            out.push(match series {
                PositionSeries::Profit => condor.credit - condor.value,
                PositionSeries::Loss => condor.value - condor.credit,
                PositionSeries::Credit => condor.credit,
                PositionSeries::DaysOpen => (self.day - usize::from(condor.opened)) as f64,
                PositionSeries::DaysToExpiry => self.context.options.days_to_expiry(self.day, condor.next_expiry()),
                PositionSeries::ShortPutDelta => self.short_delta(condor, OptionKind::Put, &mut days)?,
                PositionSeries::ShortCallDelta => self.short_delta(condor, OptionKind::Call, &mut days)?,
                PositionSeries::BreakevenDistance => breakeven_distance(condor, self.spot(condor.lane as usize)),
            });
        }
        Ok(())
    }

    /// Absolute Black delta of the option sold on a side; at its expiry 1 in the money and 0 out of it.
    fn short_delta(&self, condor: &Condor, kind: OptionKind, days: &mut OptionDays<'_, '_>) -> Result<f64> {
        let (Some(_), _) = condor.strikes.of_side(kind) else { return Ok(f64::NAN) };
        let log_strike = condor.log_strikes[if kind == OptionKind::Put { 1 } else { 2 }];
        let day = days.get(condor.expiry_of(kind))?;
        let lane = condor.lane as usize;
        let k = log_strike - self.log_forward(lane, &day);
        let located = day.table.locate(self.state(lane));
        let out_of_the_money = if k >= 0.0 { day.table.call(&located, k) } else { day.table.put(&located, k) };
        // A mark within its error of nothing can lie below it.
        let deviation = implied_deviation(out_of_the_money.max(0.0), k).unwrap_or(f64::NAN);
        let call = call_delta(k, deviation);
        Ok(if kind == OptionKind::Put { 1.0 - call } else { call })
    }

    /// Change of what a position is worth to its holder per point of the index, USD.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn delta_usd(&self, condor: &Condor, days: &mut OptionDays<'_, '_>) -> Result<f64> {
        let lane = condor.lane as usize;
        let mut delta = 0.0;
        for leg in condor.strikes.legs() {
            let day = days.get(condor.expiry_of(leg.kind))?;
            let located = day.table.locate(self.state(lane));
            let k = condor.log_strikes[leg.slot] - self.log_forward(lane, &day);
            let (_, of_forward) = match leg.kind {
                OptionKind::Put => day.table.put_and_delta(&located, k),
                OptionKind::Call => day.table.call_and_delta(&located, k),
            };
            delta += leg.quantity * of_forward * day.dividend_discount;
        }
        Ok(delta * condor.usd_per_point)
    }
}

/// Distance of the index from the nearer break-even at expiry, as a fraction of the index; negative beyond it.
fn breakeven_distance(condor: &Condor, spot: f64) -> f64 {
    let (low, high) = condor.strikes.breakevens(condor.credit);
    let distances = [low.map(|low| spot - low), high.map(|high| high - spot)];
    distances.into_iter().flatten().reduce(f64::min).map_or(f64::NAN, |nearest| nearest / spot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Order;
    use crate::book::condors::log_strikes;
    use crate::instrument::CondorStrikes;

    #[test]
    fn the_nearer_breakeven_counts_and_beyond_it_the_distance_is_negative() {
        let strikes = CondorStrikes::new([6050.0, 6200.0, 6900.0, 7000.0]);
        let mut condor = Condor {
            lane: 0,
            expiry: [0, 0],
            opened: 0,
            order: Order::None,
            strikes,
            log_strikes: log_strikes(&strikes),
            credit: 20.0,
            value: 0.0,
            usd_per_point: 100.0,
            risk_usd: 15_000.0,
        };
        assert_eq!(breakeven_distance(&condor, 6600.0), 320.0 / 6600.0);
        assert_eq!(breakeven_distance(&condor, 6000.0), -180.0 / 6000.0);
        condor.strikes = strikes.side(OptionKind::Put);
        assert_eq!(breakeven_distance(&condor, 6600.0), 420.0 / 6600.0);
        condor.strikes = CondorStrikes::one_side(OptionKind::Put, None, Some(6000.0));
        assert!(breakeven_distance(&condor, 6600.0).is_nan());
    }
}
