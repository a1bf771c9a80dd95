//! Condor programmes and options held at the start: what their keys mean together, and where they contradict each other.
//!
//! A strike is given in one way. The short strikes stand at the sides, or the credit of the whole condor decides them.

use jiff::civil::Date;

use crate::calendar::expiry::MONTHLY_EXPIRY_DAYS;
use crate::calendar::sessions::{days_between, is_session, next_session, previous_session};
use crate::instrument::{CondorStrikes, OptionKind};
use crate::plan::HeldCondor;
use crate::strategy::condor::{Credit, Direction, LongStrike, Shift, ShortStrike, Size};
use crate::strategy::rule::Place as RulePlace;
use crate::strategy::{CondorProgramme, Wing};

use super::compile::{Rules, choice};
use super::fault::{Fault, Faults, listed};
use super::value::Table;

/// Ways to give the strike sold.
const SHORT: [&str; 3] = ["short_delta", "short_range", "short_offset"];
/// Ways to give the strike bought.
const LONG: [&str; 3] = ["width", "long_delta", "long_offset"];
/// Ways to give what a condor shall bring.
const CREDIT: [&str; 2] = ["credit", "credit_share"];
/// Ways to say how many.
const SIZE: [&str; 3] = ["lots", "max_risk", "collateral"];
/// The sides, as keys.
const SIDES: [&str; 2] = ["put", "call"];
/// Shifts, as keys.
const SHIFTS: [(&str, Direction); 2] = [("shift_forward", Direction::Forward), ("shift_back", Direction::Back)];

/// A programme; `None` where faults prevent it.
pub(super) fn condor(entry: &Table, rules: &mut Rules<'_>) -> Option<CondorProgramme> {
    let enter = rules.parse(entry, "enter", RulePlace::Entry);
    let exit = rules.parse(entry, "exit", RulePlace::Exit);
    let shifts: Vec<Option<Shift>> =
        SHIFTS.into_iter().filter_map(|(key, direction)| Some(shift(entry.table(key)?, direction, rules))).collect();
    let fits = check_strikes(entry, rules.faults) & check_size(entry, rules.faults);
    if !fits {
        return None;
    }
    let wing = |name: &str| entry.table(name).map(|wing| Wing { short: short(wing), long: long(wing) });
    let credit = entry.number("credit").map(Credit::Points);
    Some(CondorProgramme {
        name: entry.text("name")?.to_owned(),
        size: Size {
            lots: entry.whole("lots").and_then(|lots| u32::try_from(lots).ok()),
            max_risk: entry.number("max_risk"),
            collateral: entry.number("collateral"),
        },
        days: u32::try_from(entry.whole("days")?).ok()?,
        expiry: choice(entry, "expiry")?,
        put: wing("put"),
        call: wing("call"),
        credit: credit.or_else(|| entry.number("credit_share").map(Credit::Share)),
        every: choice(entry, "every")?,
        enter: enter?,
        exit: if entry.is_absent("exit") { None } else { Some(exit?) },
        shifts: shifts.into_iter().collect::<Option<_>>()?,
    })
}

fn shift(section: &Table, direction: Direction, rules: &mut Rules<'_>) -> Option<Shift> {
    let when = rules.parse(section, "when", RulePlace::Shift);
    Some(Shift {
        direction,
        when: when?,
        to_days: u32::try_from(section.whole("to_days")?).ok()?,
        side: choice(section, "side")?,
        strikes: choice(section, "strikes")?,
        min_credit: section.number("min_credit"),
    })
}

fn short(wing: &Table) -> Option<ShortStrike> {
    let delta = wing.number("short_delta").map(ShortStrike::Delta);
    let range = || wing.number("short_range").map(ShortStrike::Range);
    delta.or_else(range).or_else(|| wing.number("short_offset").map(ShortStrike::Offset))
}

fn long(wing: &Table) -> Option<LongStrike> {
    let width = wing.number("width").map(LongStrike::Width);
    let delta = || wing.number("long_delta").map(LongStrike::Delta);
    width.or_else(delta).or_else(|| wing.number("long_offset").map(LongStrike::Offset))
}

/// Whether the strikes of a programme are given once each.
fn check_strikes(entry: &Table, faults: &mut Faults) -> bool {
    let before = faults.len();
    let by_credit = given_once(entry, &CREDIT, "what the condor shall bring", faults);
    if SIDES.iter().all(|side| entry.is_absent(side)) {
        let fault = Fault::missing(entry.place, "this condor has no side", "must have `put`, `call` or both");
        faults.add(fault.help("for example `put = { short_delta = 0.16, width = 150 }`"));
    }
    for (side, wing) in SIDES.iter().filter_map(|side| Some((side, entry.table(side)?))) {
        let by_short = given_once(wing, &SHORT, "the strike sold", faults);
        let _ = given_once(wing, &LONG, "the strike bought", faults);
        match (by_short, by_credit) {
            (Some(key), Some(credit)) => {
                let title = format!("both `{credit}` and `{key}` fix the strike sold");
                let fault = Fault::new(wing.place(key), title, format!("must be left out beside {credit}"));
                faults.add(fault.also(entry.place(credit), "given here"));
            }
            (None, None) => {
                let title = format!("nothing says which {side} is sold");
                let fault = Fault::missing(wing.place, title, format!("must have one of {}", listed(SHORT)));
                faults.add(fault.help("or give the condor a `credit`, which decides both short strikes"));
            }
            _ => {}
        }
        for (short, long) in [("short_delta", "long_delta"), ("short_offset", "long_offset")] {
            let (Some(sold), Some(bought)) = (wing.number(short), wing.number(long)) else { continue };
            let is_delta = short == "short_delta";
            if is_delta && bought >= sold || !is_delta && bought <= sold {
                let title = format!("`{long}` is {bought} and `{short}` is {sold}");
                let label = "the option bought must lie further out of the money than the one sold";
                faults.add(Fault::new(wing.place(long), title, label));
            }
        }
    }
    faults.len() == before
}

/// The one key of several that is given, if any is; two are a fault.
fn given_once(table: &Table, keys: &[&'static str], what: &str, faults: &mut Faults) -> Option<&'static str> {
    let mut given = keys.iter().copied().filter(|key| table.is_given(key));
    let first = given.next()?;
    if let Some(second) = given.next() {
        let title = format!("both `{first}` and `{second}` fix {what}");
        let fault = Fault::new(table.place(second), title, format!("must be left out beside {first}"));
        faults.add(fault.also(table.place(first), "given here"));
    }
    Some(first)
}

fn check_size(entry: &Table, faults: &mut Faults) -> bool {
    let is_given = SIZE.iter().any(|key| entry.is_given(key));
    if !is_given {
        let fault = Fault::missing(
            entry.place,
            "nothing says how many condors an entry opens",
            format!("must have one of {}", listed(SIZE)),
        );
        faults.add(fault.help("for example `lots = 10`; of several the least counts"));
    }
    is_given
}

/// What a `[[position]]` of SPX options holds at the start; `None` where faults prevent it.
pub(super) fn held_condor(entry: &Table, first: Option<Date>, rules: &mut Rules<'_>) -> Option<HeldCondor> {
    let exit = rules.parse(entry, "exit", RulePlace::Exit);
    let is_condor = entry.text("kind")? == "condor";
    let before = rules.faults.len();
    check_legs(entry, is_condor, rules.faults);
    check_expiry(entry, first, rules.faults);
    if rules.faults.len() > before {
        return None;
    }
    let quantity = entry.whole("quantity")?;
    let lots = u32::try_from(quantity.unsigned_abs()).ok()?;
    let sold = quantity < 0;
    let strikes = if is_condor {
        CondorStrikes {
            put_long: entry.number("put_long"),
            put_short: entry.number("put_short"),
            call_short: entry.number("call_short"),
            call_long: entry.number("call_long"),
        }
    } else {
        let strike = entry.number("strike");
        let kind = if entry.text("right")? == "put" { OptionKind::Put } else { OptionKind::Call };
        let (short, long) = if sold { (strike, None) } else { (None, strike) };
        CondorStrikes::one_side(kind, short, long)
    };
    if !strikes.is_ordered() {
        let title = format!("the strikes {strikes} are not in order");
        let label = "must ascend: put_long, put_short, call_short, call_long";
        rules.faults.add(Fault::new(entry.place, title, label));
        return None;
    }
    let price = entry.number("price")?;
    Some(HeldCondor {
        name: entry.text("name")?.to_owned(),
        strikes,
        expiry: entry.date("expiry")?,
        lots,
        credit: if sold { price } else { -price },
        exit: if entry.is_absent("exit") { None } else { Some(exit?) },
    })
}

/// Strikes of a condor.
const CONDOR_LEGS: [&str; 4] = ["put_long", "put_short", "call_short", "call_long"];
/// Terms of an option.
const OPTION_TERMS: [&str; 2] = ["right", "strike"];

fn check_legs(entry: &Table, is_condor: bool, faults: &mut Faults) {
    let (kind, foreign) = if is_condor { ("condor", &OPTION_TERMS[..]) } else { ("spx_option", &CONDOR_LEGS[..]) };
    for key in foreign.iter().filter(|key| entry.is_given(key)) {
        let title = format!("`{key}` does not belong to a position of kind \"{kind}\"");
        let allowed = listed(if is_condor { CONDOR_LEGS.to_vec() } else { OPTION_TERMS.to_vec() });
        faults.add(Fault::new(entry.place(key), title, format!("must be left out; {kind} has {allowed}")));
    }
    let missing = |what: String, faults: &mut Faults| {
        let title = format!("the option has no {what}");
        faults.add(Fault::missing(entry.place, title, format!("must have {what}")));
    };
    if is_condor {
        if CONDOR_LEGS.iter().all(|key| entry.is_absent(key)) {
            let fault = Fault::missing(entry.place, "the condor has no leg", "must have some of the strikes");
            faults.add(fault.help(format!("its strikes are {}", listed(CONDOR_LEGS))));
        }
    } else {
        OPTION_TERMS.iter().filter(|key| entry.is_absent(key)).for_each(|key| missing(format!("`{key}`"), faults));
    }
    let Some(quantity) = entry.whole("quantity") else { return };
    let fault = |label: &str| Fault::new(entry.place("quantity"), format!("`quantity` is {quantity}"), label);
    if quantity == 0 {
        faults.add(fault("must not be 0"));
    } else if is_condor && quantity > 0 {
        faults.add(fault("must be negative: a condor is sold").help(format!("write `quantity = -{quantity}`")));
    }
}

fn check_expiry(entry: &Table, first: Option<Date>, faults: &mut Faults) {
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
    }
}
