//! What SPX options are worth on a path at a close, as the seller of a condor sees it, and what trading them books.
//!
//! ```text
//! value       = -(sum of the legs at marks, bought +, sold -)         what closing would cost, index points
//! half-spread   of the package, or of some of its legs: see `book::cost`
//! ```

use super::close::Close;
use super::context::Context;
use super::option_marks::OptionDay;
use crate::Result;
use crate::book::{Action, ComponentId, Condor, Entry, Ledger, Side};
use crate::instrument::{CondorStrikes, OptionKind};
use crate::units::SPX_OPTION_MULTIPLIER;

/// What decides the marks of one day, remembered for each expiry asked about.
pub(super) struct OptionDays<'c, 'p> {
    context: &'c Context<'p>,
    day: usize,
    known: Vec<(u16, OptionDay<'c>)>,
}

impl<'c> OptionDays<'c, '_> {
    /// The marks of an expiry.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn get(&mut self, expiry: u16) -> Result<OptionDay<'c>> {
        if let Some((_, day)) = self.known.iter().find(|(known, _)| *known == expiry) {
            return Ok(*day);
        }
        let day = self.context.options.day(self.day, expiry)?;
        self.known.push((expiry, day));
        Ok(day)
    }
}

impl<'a, 'p> Close<'a, 'p> {
    /// The marks of today, by expiry.
    pub(super) fn option_days(&self) -> OptionDays<'a, 'p> {
        OptionDays { context: self.context, day: self.day, known: Vec::new() }
    }

    /// Logarithm of the forward of a path.
    pub(super) fn log_forward(&self, lane: usize, day: &OptionDay<'_>) -> f64 {
        self.market.log_spot[self.at(lane)] + day.carry
    }

    /// What closing legs of one expiry costs at marks, index points.
    pub(super) fn value_points(
        &self,
        day: &OptionDay<'_>,
        lane: usize,
        strikes: &CondorStrikes,
        log_strikes: &[f64; 4],
    ) -> f64 {
        let log_forward = self.log_forward(lane, day);
        let held = if strikes.all().is_some() {
            day.table.condor(self.state(lane), log_strikes.map(|log_strike| log_strike - log_forward))
        } else {
            let located = day.table.locate(self.state(lane));
            let legs = strikes.legs().map(|leg| {
                let k = log_strikes[leg.slot] - log_forward;
                leg.quantity
                    * match leg.kind {
                        OptionKind::Put => day.table.put(&located, k),
                        OptionKind::Call => day.table.call(&located, k),
                    }
            });
            legs.sum()
        };
        // The table values legs as held; closing them costs the opposite.
        -held * self.spot(lane) * day.dividend_discount
    }

    /// What closing a position costs at marks, index points.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn position_value(&self, condor: &Condor, days: &mut OptionDays<'_, '_>) -> Result<f64> {
        let lane = condor.lane as usize;
        if let Some(expiry) = condor.single_expiry() {
            return Ok(self.value_points(&days.get(expiry)?, lane, &condor.strikes, &condor.log_strikes));
        }
        let mut value = 0.0;
        for kind in condor.sides() {
            let day = days.get(condor.expiry_of(kind))?;
            value += self.value_points(&day, lane, &condor.strikes.side(kind), &condor.log_strikes);
        }
        Ok(value)
    }

    /// Half-spread of some legs of one expiry in an order of `lots`, index points.
    pub(super) fn half_spread(&self, lane: usize, expiry: u16, strikes: &CondorStrikes, lots: f64) -> f64 {
        let days = self.context.options.days_to_expiry(self.day, expiry);
        self.context.plan.costs.condor_half_spread(strikes.count(), lots, days, self.strain(lane))
    }

    /// Books a trade in legs of one expiry: the premium at marks to the programme, half-spread and fees to the costs.
    pub(super) fn fill(&self, programme: usize, trade: &Trade, ledger: &mut Ledger) {
        let &Trade { action, lane, strikes, expiry, value, usd_per_point, sold } = trade;
        let context = self.context;
        let premium_usd = if sold { value * usd_per_point } else { -value * usd_per_point };
        let lots = usd_per_point / SPX_OPTION_MULTIPLIER;
        let spread_usd = self.half_spread(lane, expiry, &strikes, lots) * usd_per_point;
        let fees_usd = context.plan.costs.option_fee * (strikes.count() as f64 * lots);
        ledger.post(ComponentId(programme), lane, premium_usd);
        ledger.post(context.components.condor_spread, lane, -spread_usd);
        ledger.post(context.components.condor_fees, lane, -fees_usd);
        ledger.pay(Side::Condors, lane, premium_usd - spread_usd - fees_usd);
        ledger.note(|| Entry {
            day: self.day,
            lane,
            component: ComponentId(programme),
            action,
            what: self.describe(&strikes, expiry),
            quantity: if sold { strikes.counted() * lots } else { -strikes.counted() * lots },
            price: -strikes.counted() * value,
            cash_usd: premium_usd,
            spread_usd,
            fees_usd,
        });
    }

    /// A position in words.
    pub(super) fn describe_position(&self, condor: &Condor) -> String {
        let parts = condor.parts(&condor.strikes).map(|(expiry, legs)| self.describe(&legs, expiry));
        parts.collect::<Vec<_>>().join(" and ")
    }

    /// Legs of one expiry in words: `condor 2027-01-04 6050/6200/6900/7050`, `SPX 2027-01-04 put 6200`.
    pub(super) fn describe(&self, strikes: &CondorStrikes, expiry: u16) -> String {
        let date = self.context.expiries.dates[usize::from(expiry)];
        let kind = if strikes.count() == 1 { "SPX" } else { "condor" };
        format!("{kind} {date} {strikes}")
    }
}

/// Legs of one expiry that are sold, or bought back.
#[derive(Clone, Copy)]
pub(super) struct Trade {
    /// Why.
    pub(super) action: Action,
    /// Path of the batch.
    pub(super) lane: usize,
    /// The legs, as the seller has them.
    pub(super) strikes: CondorStrikes,
    /// Number of their expiry.
    pub(super) expiry: u16,
    /// At marks, index points.
    pub(super) value: f64,
    /// 100 x lots.
    pub(super) usd_per_point: f64,
    /// Sold, or else bought back.
    pub(super) sold: bool,
}
