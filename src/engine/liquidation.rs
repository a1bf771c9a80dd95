//! Meets margin calls: sells positions at today's marks, worse by what a forced fill costs, until equity suffices.
//!
//! What a forced sale costs against the mid, fees included, stands on lines of its own, one for condors and one for the hedge.

use super::close::Close;
use super::condor_desk::CondorDesk;
use super::margin_desk::{Due, MarginDesk};
use super::spx_margin::{Alone, SpxMargin};
use crate::Result;
use crate::book::margin::Liquidate;
use crate::book::{Action, ComponentId, Condor, Entry, Ledger, Side};
use crate::units::SPX_OPTION_MULTIPLIER;

/// A condor of a called account.
#[derive(Debug, Clone, Copy)]
struct Held {
    programme: usize,
    index: usize,
    alone: Alone,
    /// What its forced sale costs against the mid, USD.
    cost_usd: f64,
}

/// Sells condors of the accounts whose calls are due, and states whose hedge goes too.
///
/// # Errors
/// A table of marks that cannot be built to the accuracy asked for.
pub(super) fn meet_calls(
    close: &Close<'_, '_>,
    condors: &mut CondorDesk,
    (margin, spx): (&mut MarginDesk, &SpxMargin),
    ledger: &mut Ledger,
) -> Result<()> {
    if margin.due.is_empty() {
        return Ok(());
    }
    let mut flags: Vec<Vec<bool>> = condors.open().iter().map(|open| vec![false; open.positions.len()]).collect();
    for due in std::mem::take(&mut margin.due) {
        for held in choose(close, condors, (margin, spx), due)? {
            flags[held.programme][held.index] = true;
            let open = &condors.open()[held.programme];
            sell(close, held, &open.positions[held.index], ledger);
        }
    }
    for (programme, flags) in flags.iter().enumerate() {
        condors.remove(programme, flags, close.lanes);
    }
    condors.state_marks(close, ledger)
}

/// The condors that go, and whether the hedge goes.
fn choose(
    close: &Close<'_, '_>,
    condors: &CondorDesk,
    (margin, spx): (&mut MarginDesk, &SpxMargin),
    due: Due,
) -> Result<Vec<Held>> {
    let Due { lane, mut equity, mut ruined } = due;
    let mut held = list(close, condors, (margin, spx), lane)?;
    let mut hedge_usd = margin.hedge[lane];
    let mut sold = Vec::new();
    let rules = margin.rules;
    while !ruined && (!held.is_empty() || hedge_usd > 0.0) {
        let ties_up = tie_up(spx, &held, lane, hedge_usd);
        if margin.at_broker(equity, ties_up, hedge_usd) >= rules.initial * ties_up {
            break;
        }
        let worst = (0..held.len())
            .reduce(|worst, other| if held[other].alone.margin > held[worst].alone.margin { other } else { worst });
        let hedge_first = match (rules.calls.liquidate, worst) {
            (Liquidate::WorstFirst, Some(worst)) => hedge_usd > held[worst].alone.margin,
            (_, worst) => worst.is_none(),
        };
        let mut go = Vec::new();
        match (rules.calls.liquidate, worst) {
            (Liquidate::All | Liquidate::CondorsFirst, Some(_)) => go.append(&mut held),
            (_, Some(worst)) if !hedge_first => go.push(held.remove(worst)),
            _ => {}
        }
        if hedge_first || rules.calls.liquidate == Liquidate::All {
            margin.sell_hedge(lane);
            hedge_usd = 0.0;
        }
        equity -= go.iter().map(|held| held.cost_usd).sum::<f64>();
        sold.append(&mut go);
        ruined = equity <= rules.calls.ruin_below;
    }
    if ruined {
        margin.ruin(lane);
        sold.append(&mut held);
        hedge_usd = 0.0;
    }
    let ties_up = tie_up(spx, &held, lane, hedge_usd);
    margin.settle_call(lane, equity, ties_up, hedge_usd);
    Ok(sold)
}

/// What condors and the hedge tie up; a hedge that is sold off is no offset either.
fn tie_up(spx: &SpxMargin, held: &[Held], lane: usize, hedge_usd: f64) -> f64 {
    let relief = if hedge_usd > 0.0 { spx.relief(lane) } else { [0.0; 2] };
    spx.together(held.iter().map(|held| &held.alone), relief) + hedge_usd
}

/// The condors of a path in the order of the book.
fn list(
    close: &Close<'_, '_>,
    condors: &CondorDesk,
    (margin, spx): (&MarginDesk, &SpxMargin),
    lane: usize,
) -> Result<Vec<Held>> {
    let mut held = Vec::new();
    for (programme, open) in condors.open().iter().enumerate() {
        for (index, condor) in open.positions.iter().enumerate().filter(|(_, condor)| condor.lane as usize == lane) {
            let parts = condor.parts(&condor.strikes);
            let lots = condor.usd_per_point / SPX_OPTION_MULTIPLIER;
            let half_spread: f64 = parts.map(|(expiry, legs)| close.half_spread(lane, expiry, &legs, lots)).sum();
            let fees_usd = close.context.plan.costs.option_fee * condor.contracts();
            let cost_usd = half_spread * margin.rules.calls.forced_spread * condor.usd_per_point + fees_usd;
            held.push(Held { programme, index, alone: spx.alone(close, condor)?, cost_usd });
        }
    }
    Ok(held)
}

fn sell(close: &Close<'_, '_>, held: Held, condor: &Condor, ledger: &mut Ledger) {
    let (lane, component) = (condor.lane as usize, ComponentId(held.programme));
    let usd_per_point = condor.usd_per_point;
    let premium_usd = -condor.value * usd_per_point;
    ledger.post(component, lane, premium_usd);
    if let Some(line) = close.context.components.condor_liquidation {
        ledger.post(line, lane, -held.cost_usd);
    }
    ledger.pay(Side::Condors, lane, premium_usd - held.cost_usd);
    let fees_usd = close.context.plan.costs.option_fee * held.alone.contracts;
    ledger.note(|| Entry {
        day: close.day,
        lane,
        component,
        action: Action::Liquidate,
        what: close.describe_position(condor),
        quantity: -condor.strikes.counted() * usd_per_point / SPX_OPTION_MULTIPLIER,
        price: -condor.strikes.counted() * condor.value,
        cash_usd: premium_usd,
        spread_usd: held.cost_usd - fees_usd,
        fees_usd,
    });
}

/// The cost lines of the hedge before it trades, of the paths whose hedge is sold off.
#[derive(Debug, Default)]
pub(super) struct HedgeSale {
    lanes: Vec<usize>,
    before: Vec<[f64; 3]>,
}

impl HedgeSale {
    /// Remembers what the hedge's lines say.
    pub(super) fn begin(&mut self, close: &Close<'_, '_>, margin: &MarginDesk, ledger: &Ledger) {
        self.lanes.clear();
        self.lanes.extend((0..close.lanes).filter(|&lane| margin.is_flat(lane)));
        self.before.clear();
        self.before.extend(self.lanes.iter().map(|&lane| lines(close, ledger, lane)));
    }

    /// Moves what the forced sales cost to their own line, and charges what they cost more than free ones.
    pub(super) fn finish(&self, close: &Close<'_, '_>, margin: &MarginDesk, ledger: &mut Ledger) {
        let components = &close.context.components;
        let Some(line) = components.hedge_liquidation else { return };
        for (&lane, before) in self.lanes.iter().zip(&self.before) {
            let after = lines(close, ledger, lane);
            let [fees, spread, roll] = std::array::from_fn(|k| after[k] - before[k]);
            if fees + spread + roll == 0.0 {
                continue;
            }
            ledger.post(components.hedge_fees, lane, -fees);
            ledger.post(components.hedge_spread, lane, -spread);
            ledger.post(components.hedge_roll, lane, -roll);
            let more = (margin.rules.calls.forced_spread - 1.0) * spread;
            ledger.post(line, lane, fees + spread + roll + more);
            ledger.pay(Side::Hedge, lane, more);
        }
    }
}

fn lines(close: &Close<'_, '_>, ledger: &Ledger, lane: usize) -> [f64; 3] {
    let components = &close.context.components;
    [components.hedge_fees, components.hedge_spread, components.hedge_roll].map(|line| ledger.component_pnl(line, lane))
}
