//! Positions held at the start: what the keys of `[[position]]` mean together, and where they contradict each other.
//!
//! Condors and SPX options stand with the condors of the account, VX and VIX options with its hedge. Prices are those at
//! entry, in points of what is held.

use jiff::civil::Date;

use crate::calendar::VixContract;
use crate::calendar::expiry::{MONTHLY_EXPIRY_DAYS, close_before_morning, third_friday};
use crate::calendar::sessions::{days_between, is_session, next_session, previous_session};
use crate::instrument::{CondorStrikes, OptionKind};
use crate::plan::{HeldCondor, HeldHedge, HeldVix};
use crate::strategy::rule::{Place as RulePlace, PositionSeries, Rule, Series};

use super::compile::Rules;
use super::fault::{Fault, Faults, listed};
use super::value::Table;

/// Strikes of a condor.
const CONDOR_LEGS: [&str; 4] = ["put_long", "put_short", "call_short", "call_long"];
/// Terms of an option.
const OPTION_TERMS: [&str; 2] = ["right", "strike"];
/// What a rule can see of one position and VX and VIX options lack.
const OF_CONDORS: [PositionSeries; 3] =
    [PositionSeries::ShortPutDelta, PositionSeries::ShortCallDelta, PositionSeries::BreakevenDistance];

/// One position.
#[derive(Debug)]
pub(super) enum Held {
    /// SPX options.
    Condor(HeldCondor),
    /// VX or VIX options.
    Hedge(HeldHedge),
}

impl Held {
    /// The rule that closes it.
    pub(super) fn exit(&self) -> Option<&Rule> {
        match self {
            Self::Condor(condor) => condor.exit.as_ref(),
            Self::Hedge(hedge) => hedge.exit.as_ref(),
        }
    }
}

/// Condors and the hedge apart, each in file order.
pub(super) fn sort(positions: Vec<Held>) -> (Vec<HeldCondor>, Vec<HeldHedge>) {
    let (mut condors, mut hedges) = (Vec::new(), Vec::new());
    for position in positions {
        match position {
            Held::Condor(condor) => condors.push(condor),
            Held::Hedge(hedge) => hedges.push(hedge),
        }
    }
    (condors, hedges)
}

/// What a `[[position]]` holds at the start; `None` where faults prevent it.
pub(super) fn position(entry: &Table, first: Option<Date>, rules: &mut Rules<'_>) -> Option<Held> {
    let exit = rules.parse(entry, "exit", RulePlace::Exit);
    let kind = entry.text("kind")?;
    let before = rules.faults.len();
    check_terms(entry, kind, rules.faults);
    check_quantity(entry, kind, rules.faults);
    if is_spx(kind) {
        check_session(entry, first, rules.faults);
    } else {
        check_own_settlement(entry, kind, rules.faults);
        check_contract(entry, first, rules.faults);
        exit.iter().for_each(|exit| check_exit(entry, kind, exit, rules.faults));
    }
    if rules.faults.len() > before {
        return None;
    }
    let exit = if entry.is_absent("exit") { None } else { Some(exit?) };
    if is_spx(kind) {
        held_condor(entry, kind, exit, rules.faults).map(Held::Condor)
    } else {
        held_hedge(entry, kind, exit).map(Held::Hedge)
    }
}

fn is_spx(kind: &str) -> bool {
    matches!(kind, "condor" | "spx_option")
}

/// Premium received for each at entry, negative where it was paid, points.
fn credit(entry: &Table, quantity: i64) -> Option<f64> {
    let price = entry.number("price")?;
    Some(if quantity < 0 { price } else { -price })
}

fn held_condor(entry: &Table, kind: &str, exit: Option<Rule>, faults: &mut Faults) -> Option<HeldCondor> {
    let quantity = entry.whole("quantity")?;
    let strikes = if kind == "condor" {
        CondorStrikes {
            put_long: entry.number("put_long"),
            put_short: entry.number("put_short"),
            call_short: entry.number("call_short"),
            call_long: entry.number("call_long"),
        }
    } else {
        let strike = entry.number("strike");
        let (short, long) = if quantity < 0 { (strike, None) } else { (None, strike) };
        CondorStrikes::one_side(right(entry)?, short, long)
    };
    if !strikes.is_ordered() {
        let title = format!("the strikes {strikes} are not in order");
        let label = "must ascend: put_long, put_short, call_short, call_long";
        faults.add(Fault::new(entry.place, title, label));
        return None;
    }
    Some(HeldCondor {
        name: entry.text("name")?.to_owned(),
        strikes,
        expiry: settles_at(entry)?,
        lots: u32::try_from(quantity.unsigned_abs()).ok()?,
        credit: credit(entry, quantity)?,
        exit,
    })
}

fn held_hedge(entry: &Table, kind: &str, exit: Option<Rule>) -> Option<HeldHedge> {
    let quantity = entry.whole("quantity")?;
    let expiry = entry.date("expiry")?;
    let of = match kind {
        "vx" => HeldVix::Future { mini: false },
        "mini_vx" => HeldVix::Future { mini: true },
        _ => HeldVix::Option { kind: right(entry)?, strike: entry.number("strike")? },
    };
    Some(HeldHedge {
        name: entry.text("name")?.to_owned(),
        of,
        contract: VixContract::of_month(expiry.year(), expiry.month()),
        quantity: quantity as f64,
        price: entry.number("price")?,
        exit,
    })
}

fn right(entry: &Table) -> Option<OptionKind> {
    Some(if entry.text("right")? == "put" { OptionKind::Put } else { OptionKind::Call })
}

fn check_terms(entry: &Table, kind: &str, faults: &mut Faults) {
    let (own, foreign): (&[&str], Vec<&str>) = match kind {
        "condor" => (&CONDOR_LEGS, OPTION_TERMS.to_vec()),
        "spx_option" | "vix_option" => (&OPTION_TERMS, CONDOR_LEGS.to_vec()),
        _ => (&[], [&CONDOR_LEGS[..], &OPTION_TERMS].concat()),
    };
    for key in foreign.iter().filter(|key| entry.is_given(key)) {
        let title = format!("`{key}` does not belong to a position of kind \"{kind}\"");
        let has = if own.is_empty() { "neither strikes nor `right`".to_owned() } else { listed(own.to_vec()) };
        faults.add(Fault::new(entry.place(key), title, format!("must be left out; {kind} has {has}")));
    }
    if kind != "condor" {
        for key in own.iter().filter(|key| entry.is_absent(key)) {
            let title = format!("the option has no `{key}`");
            faults.add(Fault::missing(entry.place, title, format!("must have `{key}`")));
        }
    } else if own.iter().all(|key| entry.is_absent(key)) {
        let fault = Fault::missing(entry.place, "the condor has no leg", "must have some of the strikes");
        faults.add(fault.help(format!("its strikes are {}", listed(CONDOR_LEGS))));
    }
}

fn check_quantity(entry: &Table, kind: &str, faults: &mut Faults) {
    let Some(quantity) = entry.whole("quantity") else { return };
    let fault = |label: &str| Fault::new(entry.place("quantity"), format!("`quantity` is {quantity}"), label);
    if quantity == 0 {
        faults.add(fault("must not be 0"));
    } else if kind == "condor" && quantity > 0 {
        faults.add(fault("must be negative: a condor is sold").help(format!("write `quantity = -{quantity}`")));
    }
}

/// The close at which SPX options settle.
fn settles_at(entry: &Table) -> Option<Date> {
    let expiry = entry.date("expiry")?;
    Some(if entry.text("settlement") == Some("am") { close_before_morning(expiry) } else { expiry })
}

/// SPX options expire at the close of a session, or in the morning of a third Friday.
fn check_session(entry: &Table, first: Option<Date>, faults: &mut Faults) {
    let (Some(expiry), Some(first)) = (entry.date("expiry"), first) else { return };
    let days = days_between(first, expiry);
    let fault = |label: String| Fault::new(entry.place("expiry"), format!("`expiry` is {expiry}"), label);
    if days <= 0 {
        faults.add(fault(format!("must lie after the first day, {first}")).help("at its close it would be gone"));
    } else if days > MONTHLY_EXPIRY_DAYS {
        faults.add(fault(format!("must lie within {MONTHLY_EXPIRY_DAYS} days of the first day, {first}")));
    } else if !is_session(expiry) {
        let near = format!("the nearest sessions are {} and {}", previous_session(expiry), next_session(expiry));
        faults.add(fault("must be a session of the New York Stock Exchange".to_owned()).help(near));
    } else if entry.text("settlement") == Some("am") {
        let friday = third_friday(expiry.year(), expiry.month());
        if expiry != friday {
            faults.add(fault(format!("must be a third Friday, as {friday}, to settle in the morning")));
        } else if close_before_morning(expiry) <= first {
            faults.add(fault(format!("must lie after the morning that follows the first day, {first}")));
        }
    }
}

/// VX and VIX options settle on the morning of a listed month's expiry.
fn check_contract(entry: &Table, first: Option<Date>, faults: &mut Faults) {
    let (Some(expiry), Some(first)) = (entry.date("expiry"), first) else { return };
    let expiries: Vec<String> = VixContract::listed(first).map(|contract| contract.expiry.to_string()).collect();
    if !expiries.contains(&expiry.to_string()) {
        let label = format!("must be the morning on which a VIX month that is listed on {first} settles");
        let fault = Fault::new(entry.place("expiry"), format!("`expiry` is {expiry}"), label);
        faults.add(fault.help(format!("the months settle on {}", expiries.join(", "))));
    }
}

/// Contracts on VIX settle as they do, whatever a file says.
fn check_own_settlement(entry: &Table, kind: &str, faults: &mut Faults) {
    if entry.is_given("settlement") {
        let title = format!("`settlement` does not belong to a position of kind \"{kind}\"");
        faults.add(Fault::new(
            entry.place("settlement"),
            title,
            "must be left out: VIX contracts settle in the morning",
        ));
    }
}

/// Rules see no strikes of a position that has no short SPX option.
fn check_exit(entry: &Table, kind: &str, exit: &Rule, faults: &mut Faults) {
    let unknown = |series: Series| matches!(series, Series::Position(series) if OF_CONDORS.contains(&series));
    if exit.series().into_iter().any(unknown) {
        let title = format!("the `exit` of a position of kind \"{kind}\" asks about sold SPX options");
        let label = "must do without `short_put_delta`, `short_call_delta` and `breakeven_distance`";
        let fault = Fault::new(entry.place("exit"), title, label);
        faults.add(fault.help("`profit`, `loss`, `credit`, `days_open` and `days_to_expiry` it can name"));
    }
}
