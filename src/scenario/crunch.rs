//! The keys of the section `[crunch]`, and the law that they make.

use super::key::{Absent, Key, Kind, above, from, key};
use super::value::{Table, Value};
use crate::path::CrunchLaw;
use crate::plan::CrunchPlan;

use Absent::Default as Or;
use Kind::Flag;

/// The keys of `[crunch]`.
pub(super) const CRUNCH: &[Key] = &[
    key(
        "enabled",
        Flag,
        Or(|| Value::Flag(false)),
        "true: crunches come by chance; those that a [[shock]] forces come in any case",
    ),
    key(
        "per_year",
        from(0.0, 252.0),
        Or(|| Value::Number(CrunchPlan::default().law.per_year)),
        "crunches a year that no rise of variance brings about",
    ),
    key(
        "variance_rise",
        above(0.0, 1e9),
        Or(|| Value::Number(CrunchPlan::default().law.variance_rise)),
        "a day's rise of the fast variance, annual, that brings a crunch in 63 of 100 cases; half of it in 22",
    ),
    key(
        "mean_days",
        from(1.0, 1000.0),
        Or(|| Value::Number(CrunchPlan::default().law.mean_days)),
        "how long a crunch lasts on average, trading days",
    ),
    key(
        "spread_multiple",
        from(1.0, 1e3),
        Or(|| Value::Number(CrunchPlan::default().spreads)),
        "how many times wider spreads are than VIX says",
    ),
    key(
        "depth_left",
        above(0.0, 1.0),
        Or(|| Value::Number(CrunchPlan::default().depth)),
        "what is left of the depth that VIX leaves, a share",
    ),
    key(
        "vx_basis",
        from(-0.9, 9.0),
        Or(|| Value::Number(CrunchPlan::default().law.vx_basis)),
        "by how much VX lies above the model's price in a crunch, a fraction; negative: below",
    ),
    key(
        "basis_deviation",
        from(0.0, 1.0),
        Or(|| Value::Number(CrunchPlan::default().law.deviation)),
        "standard deviation of that, in logarithms of the price",
    ),
    key(
        "basis_persistence",
        from(0.0, 0.999),
        Or(|| Value::Number(CrunchPlan::default().law.persistence)),
        "what is left of it the day after, in a crunch of its distance from vx_basis and after one of all of it",
    ),
    key(
        "converge_days",
        from(1.0, 365.0),
        Or(|| Value::Number(CrunchPlan::default().law.converge_days)),
        "calendar days to settlement within which a contract loses it, evenly",
    ),
];

/// What a run knows of crunches; `None` where a fault prevents it.
pub(super) fn crunch(scenario: &Table) -> Option<CrunchPlan> {
    let section = scenario.table("crunch")?;
    let forced = scenario.list("shock").iter().filter_map(|entry| {
        let (day, days) = (entry.whole("day")? as usize, entry.whole("crunch")? as usize);
        Some(day..day + days)
    });
    Some(CrunchPlan {
        enabled: section.flag("enabled")?,
        law: CrunchLaw {
            per_year: section.number("per_year")?,
            variance_rise: section.number("variance_rise")?,
            mean_days: section.number("mean_days")?,
            vx_basis: section.number("vx_basis")?,
            deviation: section.number("basis_deviation")?,
            persistence: section.number("basis_persistence")?,
            converge_days: section.number("converge_days")?,
        },
        spreads: section.number("spread_multiple")?,
        depth: section.number("depth_left")?,
        forced: forced.collect(),
    })
}
