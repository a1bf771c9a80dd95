//! Which condor the terms of a programme pick on a path at a close, and how many of it.

use super::close::Close;
use super::option_marks::OptionDay;
use crate::book::condors::log_strikes;
use crate::book::{Condor, Order, Strain};
use crate::instrument::{CondorStrikes, OptionKind, listed_spacing, nearest_listed_strike};
use crate::model::State;
use crate::pricing::option_table::Located;
use crate::strategy::condor::{CondorProgramme, LongStrike, ShortStrike, SizeBasis, Wing};
use crate::strategy::credit::delta_of_premium;
use crate::strategy::strike::log_moneyness_of_delta;
use crate::units::{SPX_OPTION_MULTIPLIER, TRADING_DAYS_PER_YEAR};

/// Implied volatilities of puts and calls some way out of the money over VIX: where the search for a strike begins.
const SKEW: [f64; 2] = [1.1, 0.75];

/// All that tells the entries of two paths apart at one close.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Prospect {
    state: State,
    spot: f64,
    log_spot: f64,
    vix: f64,
    strain: Strain,
    /// Equity of the account before today's trades, USD.
    equity_usd: f64,
    /// Condor risk that is open, USD.
    open_risk_usd: f64,
}

impl Prospect {
    pub(super) fn new(close: &Close<'_, '_>, lane: usize, equity_usd: f64, open_risk_usd: f64) -> Self {
        Self {
            state: close.state(lane),
            spot: close.spot(lane),
            log_spot: close.market.log_spot[close.at(lane)],
            vix: close.vix(lane),
            strain: close.strain(lane),
            equity_usd,
            open_risk_usd,
        }
    }
}

/// The options of one expiry on one path, for whoever looks for strikes.
pub(super) struct Picker<'c, 'a, 'p> {
    close: &'c Close<'a, 'p>,
    day: OptionDay<'a>,
    expiry: u16,
    lane: usize,
    located: Located,
    spot: f64,
    log_forward: f64,
    days: f64,
}

impl<'c, 'a, 'p> Picker<'c, 'a, 'p> {
    pub(super) fn new(close: &'c Close<'a, 'p>, day: OptionDay<'a>, lane: usize, expiry: u16) -> Self {
        Self {
            close,
            day,
            expiry,
            lane,
            located: day.table.locate(close.state(lane)),
            spot: close.spot(lane),
            log_forward: close.log_forward(lane, &day),
            days: close.context.options.days_to_expiry(close.day, expiry),
        }
    }

    /// The condor that an entry opens; `None` where the market offers none for a positive credit, or the account is too
    /// small for one.
    pub(super) fn condor(&self, terms: &CondorProgramme, prospect: &Prospect) -> Option<Condor> {
        let strikes = self.strikes(terms)?;
        let log_strikes = log_strikes(&strikes);
        let value = self.close.value_points(&self.day, self.lane, &strikes, &log_strikes);
        let credit = value - self.half_spread(&strikes, 0.0);
        let payout_max = strikes.payout_max();
        let basis = SizeBasis {
            equity_usd: prospect.equity_usd,
            open_risk_usd: prospect.open_risk_usd,
            payout_max_usd: payout_max * SPX_OPTION_MULTIPLIER,
            credit_usd: credit * SPX_OPTION_MULTIPLIER,
        };
        let lots = terms.size.whole_lots(basis);
        let usd_per_point = SPX_OPTION_MULTIPLIER * f64::from(lots);
        let credit = value - self.half_spread(&strikes, f64::from(lots));
        let condor = Condor {
            lane: self.lane as u32,
            expiry: [self.expiry; 2],
            opened: self.close.day as u16,
            order: Order::None,
            strikes,
            log_strikes,
            credit,
            value,
            usd_per_point,
            risk_usd: payout_max * usd_per_point,
        };
        (credit > 0.0 && lots > 0).then_some(condor)
    }

    /// The strikes that the terms pick, all listed; `None` where the smile or the list has none in order.
    pub(super) fn strikes(&self, terms: &CondorProgramme) -> Option<CondorStrikes> {
        let strikes = match terms.credit {
            Some(credit) => self.strikes_of_credit(terms, credit.points(self.spot))?,
            None => self.combine(terms, |kind, wing| {
                let k = match wing.short? {
                    ShortStrike::Delta(delta) => self.log_moneyness(kind, delta)?,
                    ShortStrike::Range(multiple) => return Some(self.out_of_the_money(kind, multiple * self.range())),
                    ShortStrike::Offset(offset) => return Some(self.out_of_the_money(kind, offset)),
                };
                Some(self.strike_at(k))
            })?,
        };
        strikes.is_ordered().then_some(strikes)
    }

    /// Value of legs at marks, index points.
    pub(super) fn value(&self, strikes: &CondorStrikes) -> f64 {
        self.close.value_points(&self.day, self.lane, strikes, &log_strikes(strikes))
    }

    /// Half-spread of legs in an order of `lots`, index points. Strikes and sizes are chosen at that of an order too small
    /// to move the price.
    fn half_spread(&self, strikes: &CondorStrikes, lots: f64) -> f64 {
        self.close.half_spread(self.lane, self.expiry, strikes, lots)
    }

    /// Strikes as near to others as the list has them.
    pub(super) fn listed_like(&self, strikes: &CondorStrikes) -> Option<CondorStrikes> {
        let listed = |strike: Option<f64>| strike.map_or(Some(None), |strike| self.listed(strike).map(Some));
        let found = CondorStrikes {
            put_long: listed(strikes.put_long)?,
            put_short: listed(strikes.put_short)?,
            call_short: listed(strikes.call_short)?,
            call_long: listed(strikes.call_long)?,
        };
        found.is_ordered().then_some(found)
    }

    /// The sides of the programme around listed short strikes nearest to those that `short` aims at.
    fn combine(
        &self,
        terms: &CondorProgramme,
        short: impl Fn(OptionKind, &Wing) -> Option<f64>,
    ) -> Option<CondorStrikes> {
        let mut strikes = CondorStrikes::default();
        for (kind, wing) in terms.sides() {
            let short = self.listed(short(kind, wing)?)?;
            let long = match wing.long {
                Some(long) => Some(self.listed(self.long_target(kind, long, short)?)?),
                None => None,
            };
            strikes = strikes.with_side(kind, &CondorStrikes::one_side(kind, Some(short), long));
        }
        Some(strikes)
    }

    /// Where the option bought should lie.
    fn long_target(&self, kind: OptionKind, long: LongStrike, short: f64) -> Option<f64> {
        Some(match (long, kind) {
            (LongStrike::Width(width), OptionKind::Put) => short - width,
            (LongStrike::Width(width), OptionKind::Call) => short + width,
            (LongStrike::Delta(delta), _) => self.strike_at(self.log_moneyness(kind, delta)?),
            (LongStrike::Offset(offset), _) => self.out_of_the_money(kind, offset),
        })
    }

    /// The strikes whose credit is nearest to `credit`, index points.
    ///
    /// The delta that gives it between strikes is found first; then every pair is tried of the listed short strike nearest
    /// to that delta, the one before and the one behind, on either side. Of equals the one further out is taken.
    fn strikes_of_credit(&self, terms: &CondorProgramme, credit: f64) -> Option<CondorStrikes> {
        let shape = self.unlisted(terms, 0.1)?;
        let delta = delta_of_premium(credit + self.half_spread(&shape, 0.0), |delta| {
            Some(self.value(&self.unlisted(terms, delta)?))
        })?;
        let spacing = listed_spacing(self.days as u32);
        let near = |kind: OptionKind| -> Option<f64> { Some(self.strike_at(self.log_moneyness(kind, delta)?)) };
        let (put, call) = (near(OptionKind::Put)?, near(OptionKind::Call)?);
        let mut best: Option<(f64, CondorStrikes)> = None;
        for put_steps in [-1.0, 0.0, 1.0] {
            for call_steps in [1.0, 0.0, -1.0] {
                let tried = self.combine(terms, |kind, _| match kind {
                    OptionKind::Put => Some(put + put_steps * spacing),
                    OptionKind::Call => Some(call + call_steps * spacing),
                });
                let Some(strikes) = tried.filter(CondorStrikes::is_ordered) else { continue };
                let miss = (self.value(&strikes) - self.half_spread(&strikes, 0.0) - credit).abs();
                if best.is_none_or(|(least, _)| miss < least) {
                    best = Some((miss, strikes));
                }
            }
        }
        best.map(|(_, strikes)| strikes)
    }

    /// The condor with short strikes of one delta, not rounded to listed strikes.
    fn unlisted(&self, terms: &CondorProgramme, delta: f64) -> Option<CondorStrikes> {
        let mut strikes = CondorStrikes::default();
        for (kind, wing) in terms.sides() {
            let short = self.strike_at(self.log_moneyness(kind, delta)?);
            let long = match wing.long {
                Some(long) => Some(self.long_target(kind, long, short)?),
                None => None,
            };
            strikes = strikes.with_side(kind, &CondorStrikes::one_side(kind, Some(short), long));
        }
        strikes.is_ordered().then_some(strikes)
    }

    fn log_moneyness(&self, kind: OptionKind, delta: f64) -> Option<f64> {
        let guess = SKEW[kind as usize] * self.day.deviation(self.close.vix(self.lane));
        match kind {
            OptionKind::Put => log_moneyness_of_delta(kind, delta, guess, |k| self.day.table.put(&self.located, k)),
            OptionKind::Call => log_moneyness_of_delta(kind, delta, guess, |k| self.day.table.call(&self.located, k)),
        }
    }

    fn strike_at(&self, log_moneyness: f64) -> f64 {
        crate::math::exp(self.log_forward + log_moneyness)
    }

    /// The strike a fraction of the index out of the money.
    fn out_of_the_money(&self, kind: OptionKind, fraction: f64) -> f64 {
        match kind {
            OptionKind::Put => self.spot * (1.0 - fraction),
            OptionKind::Call => self.spot * (1.0 + fraction),
        }
    }

    /// The expected daily range, a fraction of the index.
    fn range(&self) -> f64 {
        0.01 * self.close.vix(self.lane) / TRADING_DAYS_PER_YEAR.sqrt()
    }

    /// A wing may reach below the lowest strike, and a path far enough down: then there is no such strike.
    fn listed(&self, target: f64) -> Option<f64> {
        (target > 0.0 && target.is_finite()).then(|| nearest_listed_strike(target, self.spot, self.days as u32))
    }
}
