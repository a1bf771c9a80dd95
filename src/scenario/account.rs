//! The rules of margin from the section `[account]`, and what contradicts them.

use super::compile::choice;
use super::fault::{Fault, Faults, shown};
use super::value::Table;
use crate::book::MarginRules;
use crate::book::margin::{CallRules, Scan, VxMargin};

/// The rules of margin; `None` where a fault prevents them.
pub(super) fn margin(scenario: &Table) -> Option<MarginRules> {
    let (account, costs) = (scenario.table("account")?, scenario.table("costs")?);
    Some(MarginRules {
        regime: choice(account, "margin")?,
        initial: account.number("initial_margin")?,
        scan: Scan {
            fall: account.number("scan_fall")?,
            rise: account.number("scan_rise")?,
            vix_at_fall: account.number("scan_vix_at_fall")?,
            vix_at_rise: account.number("scan_vix_at_rise")?,
            minimum: account.number("option_minimum")?,
        },
        vx: VxMargin {
            rates: [
                account.number("vx_margin")?,
                account.number("vx_margin_second")?,
                account.number("vx_margin_further")?,
            ],
            calm_vix: costs.number("calm_vix")?,
            stress_vix: costs.number("stress_vix")?,
            stress_multiple: account.number("vx_margin_stress")?,
        },
        calls: CallRules {
            liquidate: choice(account, "liquidate")?,
            grace_days: u32::try_from(account.whole("grace_days")?).ok()?,
            forced_spread: account.number("forced_spread")?,
            ruin_below: account.number("ruin_below")?,
        },
    })
}

/// An account that is ruined before it begins.
pub(super) fn check_account(scenario: &Table, faults: &mut Faults) {
    let Some(account) = scenario.table("account") else { return };
    let (Some(equity), Some(floor)) = (account.number("equity"), account.number("ruin_below")) else { return };
    if floor >= equity {
        let title = format!("`account.ruin_below` is {}, and the account starts with {}", shown(floor), shown(equity));
        let mut fault = Fault::new(account.place("ruin_below"), title, "must be below account.equity");
        if account.is_given("equity") {
            fault = fault.also(account.place("equity"), "the equity at the start");
        }
        faults.add(fault);
    }
}
