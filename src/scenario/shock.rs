//! Forced moves from the entries of `[[shock]]`, and what contradicts them.

use std::collections::BTreeMap;

use super::fault::{Fault, Faults};
use super::law::NamedModel;
use super::raw::Place;
use super::value::Table;
use crate::path::{Shock, SlowFactor};

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
        if entry.is_absent("spot") && entry.is_absent("vix") {
            let fault = Fault::new(entry.place, "a shock that moves nothing", "must have `spot`, `vix` or both");
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
