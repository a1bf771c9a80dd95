//! The keys of an entry of `[[shock]]`, the forced moves that they make, and what contradicts them.

use std::collections::BTreeMap;

use super::fault::{Fault, Faults};
use super::key::{Absent, Key, Kind, from, key};
use super::law::NamedModel;
use super::raw::Place;
use super::value::{Table, Value};
use crate::path::{Shock, SlowFactor};

use Absent::{Default as Or, Nothing, Required};
use Kind::{Flag, Text, Whole};

/// The keys of an entry of `[[shock]]`.
pub(super) const SHOCK: &[Key] = &[
    key("name", Text, Required("\"crash\""), "its name, of which there is only one"),
    key("day", Whole(1, 2520), Required("21"), "trading day from the start at whose close the move has happened"),
    key("spot", from(-0.9, 9.0), Nothing("-0.12"), "move of the index, a fraction, instead of the day's own"),
    key("vix", from(-200.0, 200.0), Nothing("30"), "change of VIX from the close before, points"),
    key(
        "slow",
        from(0.0, 1.0),
        Nothing("0.3"),
        "share of the change of VIX squared that the slow variance takes, none by default; the fast one takes the rest",
    ),
    key(
        "typical",
        Flag,
        Or(|| Value::Flag(false)),
        "true: the slow variance is the preset's mean at such a VIX (not together with slow)",
    ),
    key(
        "crunch",
        Whole(1, 2520),
        Nothing("5"),
        "trading days, this one the first, on which the market is in a liquidity crunch, by the numbers of [crunch]",
    ),
    key("recovery_days", Whole(1, 2520), Nothing("8"), "days over which the move is taken back; none: it is not"),
];

/// The shocks by day; `None` where a fault prevents them.
pub(super) fn shocks(scenario: &Table, model: &NamedModel) -> Option<Vec<Shock>> {
    let knots = model.preset.and_then(|preset| preset.slow_state_given_vix());
    let shock = |entry: &Table| {
        Some(Shock {
            day: usize::try_from(entry.whole("day")?).ok()?,
            index: entry.number("spot"),
            vix: entry.number("vix"),
            slow: match knots {
                Some(knots) if entry.flag("typical")? => SlowFactor::Typical(knots),
                _ => SlowFactor::Share(entry.number("slow").unwrap_or(0.0)),
            },
            recovery_days: entry.whole("recovery_days").and_then(|days| usize::try_from(days).ok()).unwrap_or(0),
        })
    };
    let mut shocks = scenario.list("shock").iter().map(shock).collect::<Option<Vec<_>>>()?;
    shocks.sort_by_key(|shock| shock.day);
    Some(shocks)
}

/// Shocks that force nothing, that come after the last day, or that come two on a day.
pub(super) fn check_shocks(scenario: &Table, faults: &mut Faults) {
    let horizon = scenario.table("run").and_then(|section| section.whole("horizon_days"));
    let mut seen: BTreeMap<i64, Place> = BTreeMap::new();
    for entry in scenario.list("shock") {
        if ["spot", "vix", "crunch"].iter().all(|key| entry.is_absent(key)) {
            let label = "must have `spot`, `vix` or `crunch`, or several of them";
            let fault = Fault::new(entry.place, "a shock that moves nothing", label);
            faults.add(fault);
        }
        if entry.flag("typical") == Some(true) && entry.is_given("slow") {
            let title = "`slow` and `typical` both say what the slow variance does";
            let fault = Fault::new(entry.place("slow"), title, "must be left out where `typical` is true");
            faults.add(fault.also(entry.place("typical"), "contradicts this"));
        }
        let Some(day) = entry.whole("day") else { continue };
        let place = entry.place("day");
        if let Some(horizon) = horizon.filter(|&horizon| day > horizon) {
            let title = format!("a shock on day {day} of a run of {horizon}");
            faults.add(Fault::new(place, title, "must be at most run.horizon_days"));
        }
        if let Some(&first) = seen.get(&day) {
            let fault = Fault::new(place, format!("two shocks on day {day}"), "must be a day of its own");
            faults.add(fault.also(first, "the other one"));
        }
        seen.insert(day, place);
    }
}
