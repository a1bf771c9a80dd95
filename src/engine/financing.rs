//! The cash of an account, and the interest on what it borrows.
//!
//! ```text
//! cash             starting equity grown at the cash rate + all flows so far, each with its interest - index at market
//! interest a day   over the cash rate r: drawn x e^(r dt) (e^(s dt) - 1), and the same on cash below 0 at its own spread
//! ```
//!
//! The ledger pays the cash rate on everything, debt included; what debt costs more is posted here, on a line of its own.

use super::account::Account;
use super::close::Close;
use super::condor_desk::CondorDesk;
use super::hedge_desk::HedgeDesk;
use crate::book::{Action, Entry, Ledger, Side};
use crate::math::exp;
use crate::units::DAYS_PER_YEAR;

/// Cash that condors have brought and what closing them costs, at a close before its trades, a value a path each.
#[derive(Debug, Default)]
pub(super) struct CondorFunds {
    /// All flows of condors and their costs so far, each with its interest, USD.
    pub(super) cash_usd: Vec<f64>,
    /// What closing costs, of the positions whose closing costs something, USD at marks.
    pub(super) debit_usd: Vec<f64>,
}

impl CondorFunds {
    /// Reads them off condors and their ledger.
    pub(super) fn read(&mut self, lanes: usize, condors: &CondorDesk, ledger: &Ledger) {
        let Self { cash_usd, debit_usd } = self;
        cash_usd.clear();
        cash_usd.resize(lanes, 0.0);
        ledger.add_cash(Side::Condors, cash_usd);
        debit_usd.clear();
        debit_usd.resize(lanes, 0.0);
        for condor in condors.open().iter().flat_map(|open| &open.positions) {
            debit_usd[condor.lane as usize] += (condor.value * condor.usd_per_point).max(0.0);
        }
    }
}

/// Adds to the cash that condors have brought what an account has beside it, USD of today; positions in the index are
/// taken off at the close of `day`, today's or the one before.
pub(super) fn add_own_cash(
    close: &Close<'_, '_>,
    day: usize,
    hedge: Option<&HedgeDesk>,
    ledger: &Ledger,
    cash: &mut [f64],
) {
    let cash_equity = close.context.cash_equity(close.day);
    cash.iter_mut().for_each(|cash| *cash += cash_equity);
    if let Some(hedge) = hedge {
        ledger.add_cash(Side::Hedge, cash);
        let growth = if day < close.day { close.context.cash_growth(close.day) } else { 1.0 };
        hedge.pay_for_index(close, day, growth, cash);
    }
}

/// Charges an account the interest of the night before on what is drawn and on cash below 0. Its ledger keeps condors too.
pub(super) fn pay_interest(close: &Close<'_, '_>, account: &mut Account) {
    let (Some(line), Some(before)) = (close.context.components.interest, close.day.checked_sub(1)) else { return };
    let Account { margin: Some(margin), hedge, ledger, .. } = account else { return };
    let grid = &close.context.grid;
    let years = f64::from(grid.calendar_days(close.day) - grid.calendar_days(before)) / DAYS_PER_YEAR;
    let growth = close.context.cash_growth(close.day);
    let credit = margin.rules.credit;
    let [of_line, of_debt] = [credit.spread, credit.debt_spread].map(|spread| exp(spread * years) - 1.0);
    let track = &mut margin.track;
    track.cash.fill(0.0);
    ledger.add_cash(Side::Condors, &mut track.cash);
    add_own_cash(close, before, hedge.as_ref(), ledger, &mut track.cash);
    for lane in 0..close.lanes {
        let drawn = track.drawn[lane] * growth;
        let debt = (-(track.cash[lane] + drawn)).max(0.0);
        let interest = drawn * of_line + debt * of_debt;
        if interest == 0.0 {
            continue;
        }
        ledger.post(line, lane, -interest);
        ledger.pay(Side::Condors, lane, -interest);
        ledger.note(|| Entry {
            day: close.day,
            lane,
            component: line,
            action: Action::Interest,
            what: format!("debt of USD {:.0}", drawn + debt),
            quantity: 1.0,
            price: 0.0,
            cash_usd: -interest,
            spread_usd: 0.0,
            fees_usd: 0.0,
        });
    }
}
