//! The cash of an account, and the interest on what it borrows.
//!
//! ```text
//! cash             starting equity grown at the cash rate + all flows so far, each with its interest - index at market
//! interest a day   over the cash rate r: drawn x e^(r dt) (e^(s dt) - 1), and the same on cash below 0 at its own spread
//! ```
//!
//! The ledger pays the cash rate on everything, debt included; what debt costs more is posted here, on a line of its own.

use super::close::Close;
use super::hedge_desk::HedgeDesk;
use super::margin_desk::MarginDesk;
use crate::book::{Action, Entry, Ledger, Side};
use crate::math::exp;

/// The cash of an account before the flows of today, what is drawn of its credit line apart, USD of today: positions in
/// the index are paid for at the close of `day`, today's or the one before.
pub(super) fn sum_cash(
    close: &Close<'_, '_>,
    day: usize,
    hedge: Option<&HedgeDesk>,
    ledger: &Ledger,
    cash: &mut [f64],
) {
    cash.fill(close.context.cash_equity(close.day));
    ledger.add_cash(Side::Condors, cash);
    if let Some(hedge) = hedge {
        ledger.add_cash(Side::Hedge, cash);
        let growth = if day < close.day { close.context.cash_growth(close.day) } else { 1.0 };
        hedge.pay_for_index(close, day, growth, cash);
    }
}

/// Charges the interest of the night before on what is drawn and on cash below 0.
pub(super) fn pay_interest(
    close: &Close<'_, '_>,
    margin: &mut MarginDesk,
    hedge: Option<&HedgeDesk>,
    ledger: &mut Ledger,
) {
    let (Some(line), Some(before)) = (close.context.components.interest, close.day.checked_sub(1)) else { return };
    let credit = margin.rules.credit;
    let grid = &close.context.grid;
    let years = f64::from(grid.calendar_days(close.day) - grid.calendar_days(before)) / crate::units::DAYS_PER_YEAR;
    let growth = close.context.cash_growth(close.day);
    let [of_line, of_debt] = [credit.spread, credit.debt_spread].map(|spread| exp(spread * years) - 1.0);
    sum_cash(close, before, hedge, ledger, margin.cash_mut(0));
    for lane in 0..close.lanes {
        let drawn = margin.tracks[0].drawn[lane] * growth;
        let balance = margin.tracks[0].cash[lane] + drawn;
        let interest = drawn * of_line + (-balance).max(0.0) * of_debt;
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
            what: format!("debt of USD {:.0}", drawn + (-balance).max(0.0)),
            quantity: 1.0,
            price: 0.0,
            cash_usd: -interest,
            spread_usd: 0.0,
            fees_usd: 0.0,
        });
    }
}
