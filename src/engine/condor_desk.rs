//! Trades the condor programmes of a plan along a batch: at each close it settles, marks, exits and enters, in that order.

use super::close::Close;
use super::margin_desk::MarginDesk;
use super::observe::Counts;
use super::option_marks::OptionDay;
use crate::Result;
use crate::book::{Action, ComponentId, Condor, Entry, Holding, Ledger, OpenCondors, Side};
use crate::instrument::{CondorStrikes, OptionKind, nearest_listed_strike};
use crate::model::State;
use crate::strategy::rule::{PositionSeries, PositionTable, Workspace as RuleWorkspace};
use crate::strategy::strike::log_moneyness_of_delta;
use crate::strategy::{CondorProgramme, Every};
use crate::units::SPX_OPTION_MULTIPLIER;

/// The open condors and waiting entries of a batch.
#[derive(Debug, Default)]
pub(super) struct CondorDesk {
    open: Vec<OpenCondors>,
    /// Whether a due entry waits, `[programme * lanes + lane]`.
    waiting: Vec<bool>,
    /// Open condors of each programme and path.
    held: Vec<u32>,
    /// Open width x 100 x lots of each path, USD.
    pub(super) risk_usd: Vec<f64>,
    scratch: Scratch,
}

#[derive(Debug, Default)]
struct Scratch {
    flags: Vec<bool>,
    lanes: Vec<u32>,
    values: [Vec<f64>; POSITION_SERIES.len()],
    quotes: Quotes,
}

/// What condors of one expiry ask of their table.
#[derive(Debug, Default)]
struct Quotes {
    expiries: Vec<u16>,
    states: Vec<State>,
    /// Log-moneyness of the legs.
    k: Vec<[f64; 4]>,
    values: Vec<f64>,
}

/// What exit rules can ask of a position.
const POSITION_SERIES: [PositionSeries; 5] = [
    PositionSeries::Profit,
    PositionSeries::Loss,
    PositionSeries::Credit,
    PositionSeries::DaysOpen,
    PositionSeries::DaysToExpiry,
];

impl CondorDesk {
    /// Empties the desk for a batch.
    pub(super) fn reset(&mut self, programmes: &[CondorProgramme], lanes: usize) {
        self.open.resize_with(programmes.len(), OpenCondors::default);
        for (open, programme) in self.open.iter_mut().zip(programmes) {
            open.reset(programme.lots);
        }
        self.waiting.clear();
        self.waiting.resize(lanes * programmes.len(), false);
        self.held.clear();
        self.held.resize(lanes * programmes.len(), 0);
        self.risk_usd.clear();
        self.risk_usd.resize(lanes, 0.0);
    }

    /// The open condors, by programme.
    #[must_use]
    pub(super) fn open(&self) -> &[OpenCondors] {
        &self.open
    }

    /// Takes away the condors of a programme whose flags are set: they have been sold off.
    pub(super) fn remove(&mut self, programme: usize, flags: &[bool], lanes: usize) {
        let held = &mut self.held;
        self.open[programme].close(flags, |condor| held[programme * lanes + condor.lane as usize] -= 1);
    }

    /// Settles what expires and marks the rest at the close.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn revalue(&mut self, close: &Close<'_, '_>, ledger: &mut Ledger, counts: &mut Counts) -> Result<()> {
        for programme in 0..self.open.len() {
            self.settle(programme, close, ledger, counts);
            self.mark(programme, close, counts)?;
        }
        self.state_marks(ledger);
        Ok(())
    }

    /// Exits, then entries.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    pub(super) fn trade(
        &mut self,
        close: &Close<'_, '_>,
        rules: &mut RuleWorkspace,
        margin: &mut Option<MarginDesk>,
        ledger: &mut Ledger,
        counts: &mut Counts,
    ) -> Result<()> {
        for programme in 0..self.open.len() {
            self.exit(programme, close, rules, ledger);
            self.enter(programme, close, rules, margin, ledger, counts)?;
        }
        self.state_marks(ledger);
        for (largest, &risk) in counts.max_condor_risk.iter_mut().zip(&self.risk_usd) {
            *largest = largest.max(risk);
        }
        Ok(())
    }

    /// The open condors of a path.
    pub(super) fn holdings(&self, close: &Close<'_, '_>, lane: usize) -> Vec<Holding> {
        let of_lane = |open: &'_ OpenCondors| -> Vec<Condor> {
            open.positions.iter().filter(|condor| condor.lane as usize == lane).copied().collect()
        };
        let programmes = self.open.iter().enumerate();
        programmes
            .flat_map(|(programme, open)| {
                of_lane(open).into_iter().map(move |condor| Holding {
                    component: ComponentId(programme),
                    what: describe(close, &condor),
                    quantity: -open.usd_per_point / SPX_OPTION_MULTIPLIER,
                    price: condor.value,
                    value_usd: -condor.value * open.usd_per_point,
                    credit: Some(condor.credit),
                })
            })
            .collect()
    }

    /// Pays out the condors that expire today.
    fn settle(&mut self, programme: usize, close: &Close<'_, '_>, ledger: &mut Ledger, counts: &mut Counts) {
        let open = &mut self.open[programme];
        let expiries = &close.context.expiries;
        self.scratch.flags.clear();
        let expires = |condor: &Condor| expiries.day[usize::from(condor.expiry)] == Some(close.day);
        self.scratch.flags.extend(open.positions.iter().map(expires));
        let usd_per_point = open.usd_per_point;
        let held = &mut self.held;
        open.close(&self.scratch.flags, |condor| {
            let lane = condor.lane as usize;
            let payoff_usd = condor.strikes.payout(close.spot(lane)) * usd_per_point;
            ledger.post(ComponentId(programme), lane, -payoff_usd);
            ledger.pay(Side::Condors, lane, -payoff_usd);
            ledger.note(|| Entry {
                day: close.day,
                lane,
                component: ComponentId(programme),
                action: Action::Settle,
                what: describe(close, condor),
                quantity: usd_per_point / SPX_OPTION_MULTIPLIER,
                price: payoff_usd / usd_per_point,
                cash_usd: -payoff_usd,
                spread_usd: 0.0,
                fees_usd: 0.0,
            });
            counts.condors_expired[lane] += 1;
            held[programme * close.lanes + lane] -= 1;
        });
    }

    /// Values the open condors at today's marks; one that cannot be marked counts at the most it can cost.
    fn mark(&mut self, programme: usize, close: &Close<'_, '_>, counts: &mut Counts) -> Result<()> {
        let positions = &mut self.open[programme].positions;
        let Quotes { expiries, states, k, values } = &mut self.scratch.quotes;
        expiries.clear();
        expiries.extend(positions.iter().map(|condor| condor.expiry));
        expiries.sort_unstable();
        expiries.dedup();
        // All condors of one expiry are read off one table together.
        for &expiry in expiries.iter() {
            let day = close.context.options.day(close.day, expiry)?;
            states.clear();
            k.clear();
            for condor in positions.iter().filter(|condor| condor.expiry == expiry) {
                let lane = condor.lane as usize;
                let log_forward = close.market.log_spot[close.at(lane)] + day.carry;
                states.push(close.state(lane));
                k.push(condor.log_strikes.map(|log_strike| log_strike - log_forward));
            }
            values.clear();
            values.resize(states.len(), 0.0);
            day.table.condors(states, k, values);
            let same = positions.iter_mut().filter(|condor| condor.expiry == expiry);
            for (condor, value) in same.zip(values.iter()) {
                let lane = condor.lane as usize;
                // The table values the condor as held; closing it costs the opposite.
                let points = -value * close.spot(lane) * day.dividend_discount;
                condor.value = if points.is_finite() {
                    points
                } else {
                    counts.unmarked_days[lane] += 1;
                    condor.strikes.width()
                };
            }
        }
        Ok(())
    }

    /// Closes the condors whose exit rule holds, at marks plus costs.
    fn exit(&mut self, programme: usize, close: &Close<'_, '_>, rules: &mut RuleWorkspace, ledger: &mut Ledger) {
        let context = close.context;
        let Some(rule) = context.condor_rules[programme].exit else { return };
        let open = &mut self.open[programme];
        if open.positions.is_empty() {
            return;
        }
        let Scratch { flags, lanes, values, .. } = &mut self.scratch;
        lanes.clear();
        lanes.extend(open.positions.iter().map(|condor| condor.lane));
        let mut table = PositionTable::new();
        for (series, values) in POSITION_SERIES.into_iter().zip(values) {
            values.clear();
            values.extend(open.positions.iter().map(|condor| position_value(series, condor, close)));
            table = table.with(series, values);
        }
        context.program.evaluate_positions(rule, close.day, lanes, &table, rules, flags);
        let (usd_per_point, contracts) = (open.usd_per_point, open.contracts);
        let held = &mut self.held;
        open.close(flags, |condor| {
            let lane = condor.lane as usize;
            held[programme * close.lanes + lane] -= 1;
            let trade =
                Trade { action: Action::Close, premium_usd: -condor.value * usd_per_point, usd_per_point, contracts };
            fill(close, programme, condor, trade, ledger);
        });
    }

    /// Opens condors where an entry is due or waits, its gate holds and strikes with a positive credit exist.
    fn enter(
        &mut self,
        programme: usize,
        close: &Close<'_, '_>,
        rules: &RuleWorkspace,
        margin: &mut Option<MarginDesk>,
        ledger: &mut Ledger,
        counts: &mut Counts,
    ) -> Result<()> {
        let context = close.context;
        let terms = &context.plan.condors[programme];
        let schedule = &context.entries[programme];
        let gate = context.program.truth(context.condor_rules[programme].enter, close.day, rules);
        let expiry = schedule.expiry[close.day];
        let mut option_day = None;
        for lane in 0..close.lanes {
            let slot = programme * close.lanes + lane;
            let due = schedule.due[close.day] || self.waiting[slot];
            let free = terms.every != Every::Flat || self.held[slot] == 0;
            // A due entry of every day lapses with the day; one of a week or month waits for its gate.
            self.waiting[slot] = due && matches!(terms.every, Every::Week | Every::Month);
            if !(due && free && gate[lane].holds()) {
                continue;
            }
            let day = match option_day {
                Some(day) => day,
                None => *option_day.insert(context.options.day(close.day, expiry)?),
            };
            let Some(condor) = self.build(programme, close, &day, lane, expiry) else { continue };
            if let Some(margin) = margin.as_mut()
                && !margin.permits(close, self, programme, &condor)?
            {
                continue;
            }
            let open = &mut self.open[programme];
            let trade = Trade {
                action: Action::Open,
                premium_usd: condor.value * open.usd_per_point,
                usd_per_point: open.usd_per_point,
                contracts: open.contracts,
            };
            fill(close, programme, &condor, trade, ledger);
            open.positions.push(condor);
            self.waiting[slot] = false;
            self.held[slot] += 1;
            counts.condors_opened[lane] += 1;
        }
        Ok(())
    }

    /// The condor that a programme's terms pick today; `None` where the market offers none for a positive credit.
    fn build(
        &self,
        programme: usize,
        close: &Close<'_, '_>,
        day: &OptionDay<'_>,
        lane: usize,
        expiry: u16,
    ) -> Option<Condor> {
        let terms = &close.context.plan.condors[programme];
        let located = day.table.locate(close.state(lane));
        let spot = close.spot(lane);
        let log_forward = close.market.log_spot[close.at(lane)] + day.carry;
        let guess = day.deviation(close.vix(lane));
        let put =
            log_moneyness_of_delta(OptionKind::Put, terms.put.short_delta, guess, |k| day.table.put(&located, k))?;
        let call =
            log_moneyness_of_delta(OptionKind::Call, terms.call.short_delta, guess, |k| day.table.call(&located, k))?;
        let days = close.context.options.days_to_expiry(close.day, expiry);
        // A wing may reach below the lowest strike, and a path far enough down: then there is no such condor.
        let listed = |target: f64| {
            (target > 0.0 && target.is_finite()).then(|| nearest_listed_strike(target, spot, days as u32))
        };
        let put_short = listed(crate::math::exp(log_forward + put))?;
        let call_short = listed(crate::math::exp(log_forward + call))?;
        let strikes = CondorStrikes {
            put_long: listed(put_short - terms.put.width)?,
            put_short,
            call_short,
            call_long: listed(call_short + terms.call.width)?,
        };
        if !strikes.is_ordered() {
            return None;
        }
        let log_strikes = strikes.legs().map(|leg| crate::math::ln(leg.strike));
        let points = value_points(close, day, lane, &log_strikes);
        let half_spread = close.context.plan.costs.condor_half_spread(days, close.vix(lane));
        let condor = Condor {
            lane: lane as u32,
            expiry,
            opened: close.day as u16,
            strikes,
            log_strikes,
            credit: points - half_spread,
            value: points,
            risk_usd: strikes.width() * self.open[programme].usd_per_point,
        };
        (condor.credit > 0.0).then_some(condor)
    }

    /// States what the open condors are worth, and risk.
    pub(super) fn state_marks(&mut self, ledger: &mut Ledger) {
        self.risk_usd.fill(0.0);
        for (programme, open) in self.open.iter().enumerate() {
            let marks = ledger.marks_mut(ComponentId(programme));
            marks.fill(0.0);
            for condor in &open.positions {
                marks[condor.lane as usize] -= condor.value * open.usd_per_point;
                self.risk_usd[condor.lane as usize] += condor.risk_usd;
            }
        }
    }
}

/// What a condor costs at marks, index points.
fn value_points(close: &Close<'_, '_>, day: &OptionDay<'_>, lane: usize, log_strikes: &[f64; 4]) -> f64 {
    let log_forward = close.market.log_spot[close.at(lane)] + day.carry;
    let spot = close.spot(lane);
    let value = day.table.condor(close.state(lane), log_strikes.map(|log_strike| log_strike - log_forward));
    // The table values the condor as held; closing it costs the opposite.
    -value * spot * day.dividend_discount
}

/// A condor bought or sold: the premium at marks, received where positive.
#[derive(Clone, Copy)]
struct Trade {
    action: Action,
    premium_usd: f64,
    usd_per_point: f64,
    contracts: f64,
}

/// Books a fill: the premium at marks to the programme, half-spread and fees to the costs of the condors.
fn fill(close: &Close<'_, '_>, programme: usize, condor: &Condor, trade: Trade, ledger: &mut Ledger) {
    let Trade { action, premium_usd, usd_per_point, contracts } = trade;
    let lane = condor.lane as usize;
    let (context, costs) = (close.context, &close.context.plan.costs);
    let days_left = context.options.days_to_expiry(close.day, condor.expiry);
    let spread_usd = costs.condor_half_spread(days_left, close.vix(lane)) * usd_per_point;
    let fees_usd = costs.option_fee * contracts;
    ledger.post(ComponentId(programme), lane, premium_usd);
    ledger.post(context.components.condor_spread, lane, -spread_usd);
    ledger.post(context.components.condor_fees, lane, -fees_usd);
    ledger.pay(Side::Condors, lane, premium_usd - spread_usd - fees_usd);
    ledger.note(|| Entry {
        day: close.day,
        lane,
        component: ComponentId(programme),
        action,
        what: describe(close, condor),
        quantity: -premium_usd.signum() * usd_per_point / SPX_OPTION_MULTIPLIER,
        price: premium_usd.abs() / usd_per_point,
        cash_usd: premium_usd,
        spread_usd,
        fees_usd,
    });
}

/// A condor in words: `condor 2027-01-04 6050/6200/6900/7050`.
pub(super) fn describe(close: &Close<'_, '_>, condor: &Condor) -> String {
    let CondorStrikes { put_long, put_short, call_short, call_long } = condor.strikes;
    let expiry = close.context.expiries.dates[usize::from(condor.expiry)];
    format!("condor {expiry} {put_long}/{put_short}/{call_short}/{call_long}")
}

/// What an exit rule sees of a position.
fn position_value(series: PositionSeries, condor: &Condor, close: &Close<'_, '_>) -> f64 {
    match series {
        PositionSeries::Profit => condor.credit - condor.value,
        PositionSeries::Loss => condor.value - condor.credit,
        PositionSeries::Credit => condor.credit,
        PositionSeries::DaysOpen => (close.day - usize::from(condor.opened)) as f64,
        PositionSeries::DaysToExpiry => close.context.options.days_to_expiry(close.day, condor.expiry),
        _ => unreachable!("no other series of a position is supplied"),
    }
}
