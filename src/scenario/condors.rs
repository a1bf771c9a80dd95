//! Condor programmes: what their keys mean together, and where they contradict each other.
//!
//! A strike is given in one way. The short strikes stand at the sides, or the credit of the whole condor decides them.

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
    check_settlement(entry, rules.faults);
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
        settlement: choice(entry, "settlement")?,
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

/// Options that settle in the morning are those of third Fridays.
fn check_settlement(entry: &Table, faults: &mut Faults) {
    if entry.text("settlement") == Some("am") && entry.text("expiry") == Some("listed") {
        let label = "must be \"pm\": of listed options only those of third Fridays settle in the morning";
        let fault = Fault::new(entry.place("settlement"), "`settlement` is \"am\"", label);
        faults.add(fault.help("or take them alone, with `expiry = \"third friday\"`"));
    }
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
