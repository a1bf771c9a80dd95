//! The keys of the section `[account]`, the rules of margin that they make, and what contradicts them.

use super::compile::choice;
use super::fault::{Fault, Faults, shown};
use super::key::{Absent, Key, Kind, from, key};
use super::value::{Table, Value};
use crate::book::MarginRules;
use crate::book::margin::credit::QUICK_MAX;
use crate::book::margin::{CallRules, CreditLine, QuickFloor, Scan, VxMargin};

use Absent::Default as Or;
use Kind::{Choice, Whole};

/// The keys of `[account]`.
pub(super) const ACCOUNT: &[Key] = &[
    key("equity", from(1000.0, 1e12), Or(|| Value::Number(1e6)), "USD at the start"),
    key(
        "margin",
        Choice(&["portfolio", "reg_t", "none"]),
        Or(|| Value::text("portfolio")),
        "how index options are margined: by a scan of all together, each condor's wider wing, or not at all",
    ),
    key(
        "initial_margin",
        from(1.0, 10.0),
        Or(|| Value::Number(MarginRules::default().initial)),
        "initial over maintenance margin",
    ),
    key(
        "scan_fall",
        from(0.0, 0.9),
        Or(|| Value::Number(Scan::default().fall)),
        "largest fall of the scan, a fraction",
    ),
    key(
        "scan_rise",
        from(0.0, 5.0),
        Or(|| Value::Number(Scan::default().rise)),
        "largest rise of the scan, a fraction",
    ),
    key(
        "scan_vix_at_fall",
        from(0.1, 10.0),
        Or(|| Value::Number(Scan::default().vix_at_fall)),
        "what the scan multiplies VIX by where the index falls",
    ),
    key(
        "scan_vix_at_rise",
        from(0.1, 10.0),
        Or(|| Value::Number(Scan::default().vix_at_rise)),
        "what the scan multiplies VIX by where the index rises",
    ),
    key(
        "option_minimum",
        from(0.0, 1e6),
        Or(|| Value::Number(Scan::default().minimum)),
        "USD that an option contract ties up at least in the scan",
    ),
    key(
        "vx_margin",
        from(0.0, 10.0),
        Or(|| Value::Number(VxMargin::default().rates[0])),
        "maintenance margin of the front VX, a share of its notional",
    ),
    key(
        "vx_margin_second",
        from(0.0, 10.0),
        Or(|| Value::Number(VxMargin::default().rates[1])),
        "the same of the second month",
    ),
    key(
        "vx_margin_further",
        from(0.0, 10.0),
        Or(|| Value::Number(VxMargin::default().rates[2])),
        "the same of all further months",
    ),
    key(
        "vx_margin_stress",
        from(1.0, 100.0),
        Or(|| Value::Number(VxMargin::default().stress_multiple)),
        "how many times higher they are in stress; between costs.calm_vix and costs.stress_vix they rise",
    ),
    key(
        "vx_offset",
        from(0.0, 1.0),
        Or(|| Value::Number(MarginRules::default().vx_offset)),
        "share of what VX would gain at the scan's moves that is taken off what index options lose there",
    ),
    key(
        "liquidate",
        Choice(&["worst first", "all", "condors first", "hedges last"]),
        Or(|| Value::text("worst first")),
        "what is sold below maintenance margin until equity is above initial margin",
    ),
    key(
        "grace_days",
        Whole(0, 252),
        Or(|| Value::Whole(0)),
        "closes after the first below maintenance margin for which nothing is sold yet",
    ),
    key(
        "forced_spread",
        from(0.0, 1e3),
        Or(|| Value::Number(CallRules::default().forced_spread)),
        "half-spreads that a forced fill crosses, for one that a free order crosses",
    ),
    key(
        "ruin_below",
        from(-1e12, 1e12),
        Or(|| Value::Number(CallRules::default().ruin_below)),
        "equity, USD, at or below which everything is sold and trading ends",
    ),
    key(
        "credit_limit",
        from(0.0, 1e12),
        Or(|| Value::Number(CreditLine::default().limit)),
        "USD that can be borrowed beside the broker; 0: there is no credit line",
    ),
    key(
        "credit_spread",
        from(0.0, 1.0),
        Or(|| Value::Number(CreditLine::default().spread)),
        "what the line costs a year over market.rate, continuously compounded",
    ),
    key(
        "credit_draw",
        Choice(&["margin", "hedge", "both"]),
        Or(|| Value::text("margin")),
        "what is drawn: what is missing to initial margin, what the hedge ties up, or the larger",
    ),
    key(
        "debt_spread",
        from(0.0, 1.0),
        Or(|| Value::Number(CreditLine::default().debt_spread)),
        "what cash below 0 costs a year over market.rate, continuously compounded",
    ),
    key(
        "quick_ratio_floor",
        from(0.0, QUICK_MAX),
        Or(|| Value::Number(QuickFloor::default().floor)),
        "cash over what falls due below which nothing new is opened; 0: it stops nothing",
    ),
    key(
        "quick_ratio_stops",
        Choice(&["condors", "layers", "both"]),
        Or(|| Value::text("both")),
        "what is not opened then",
    ),
];

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
        vx_offset: account.number("vx_offset")?,
        calls: CallRules {
            liquidate: choice(account, "liquidate")?,
            grace_days: u32::try_from(account.whole("grace_days")?).ok()?,
            forced_spread: account.number("forced_spread")?,
            ruin_below: account.number("ruin_below")?,
        },
        credit: CreditLine {
            limit: account.number("credit_limit")?,
            spread: account.number("credit_spread")?,
            draw: choice(account, "credit_draw")?,
            debt_spread: account.number("debt_spread")?,
        },
        quick: QuickFloor { floor: account.number("quick_ratio_floor")?, stops: choice(account, "quick_ratio_stops")? },
    })
}

/// The keys that mean something only where positions are margined.
const NEEDS_MARGIN: [&str; 3] = ["credit_limit", "debt_spread", "quick_ratio_floor"];

/// An account that is ruined before it begins, or that borrows against no margin.
pub(super) fn check_account(scenario: &Table, faults: &mut Faults) {
    let Some(account) = scenario.table("account") else { return };
    for name in NEEDS_MARGIN.into_iter().filter(|_| account.text("margin") == Some("none")) {
        if account.number(name).is_some_and(|number| number > 0.0) {
            let title = format!("`account.{name}` is given, and nothing is margined");
            let fault =
                Fault::new(account.place(name), title, "must be 0 or left out where account.margin is \"none\"");
            faults.add(fault.also(account.place("margin"), "nothing is margined here"));
        }
    }
    if account.number("vx_offset").is_some_and(|share| share > 0.0)
        && account.text("margin").is_some_and(|margin| margin != "portfolio")
    {
        let title = "`account.vx_offset` takes VX off a scan, and there is none";
        let label = "must be 0 or left out unless account.margin is \"portfolio\"";
        let fault = Fault::new(account.place("vx_offset"), title, label);
        faults.add(fault.also(account.place("margin"), "margined without a scan"));
    }
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
