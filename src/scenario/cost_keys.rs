//! The keys of the section `[costs]`, what they make, and what contradicts them.

use super::fault::{Fault, Faults};
use super::key::{Absent, Key, above, from, key};
use super::value::{Table, Value};
use crate::book::Costs;

use Absent::{Default as Or, Nothing};

/// The keys of `[costs]`.
pub(super) const COSTS: &[Key] = &[
    key(
        "option_fee",
        from(0.0, 1e4),
        Or(|| Value::Number(Costs::default().option_fee)),
        "USD an SPX option and side; none at expiry",
    ),
    key("vx_fee", from(0.0, 1e4), Or(|| Value::Number(Costs::default().vx_fee)), "USD a VX contract and side"),
    key(
        "condor_half_spread_1d",
        from(0.0, 1e3),
        Or(|| Value::Number(Costs::default().condor_half_spread_1d)),
        "index points a condor with 1 day to expiry, calm",
    ),
    key(
        "condor_half_spread_45d",
        from(0.0, 1e3),
        Or(|| Value::Number(Costs::default().condor_half_spread_45d)),
        "index points a condor with 45 days to expiry, calm",
    ),
    key(
        "one_leg_share",
        from(0.25, 1.0),
        Or(|| Value::Number(Costs::default().one_leg_share)),
        "what one leg costs by itself, a share of the half-spread of four; two and three lie evenly between",
    ),
    key(
        "vx_half_spread",
        from(0.0, 100.0),
        Or(|| Value::Number(Costs::default().vx_half_spread)),
        "VIX points a VX contract with up to 45 days to expiry, calm",
    ),
    key(
        "vx_half_spread_far",
        from(0.0, 100.0),
        Nothing("0.05"),
        "the same with 180 days or more to expiry, linear between; none: as near ones",
    ),
    key(
        "mini_vx_fee",
        from(0.0, 1e4),
        Or(|| Value::Number(Costs::default().mini_vx_fee)),
        "USD a mini VX contract and side; 0.20 of it is the exchange's",
    ),
    key(
        "vix_option_fee",
        from(0.0, 1e4),
        Or(|| Value::Number(Costs::default().vix_option_fee)),
        "USD a VIX option and side; none at settlement",
    ),
    key(
        "vix_option_half_spread",
        from(0.0, 100.0),
        Or(|| Value::Number(Costs::default().vix_option_half_spread)),
        "VIX points a VIX option with up to 45 days to expiry, calm; at most its price where it is sold",
    ),
    key(
        "vix_option_half_spread_far",
        from(0.0, 100.0),
        Nothing("0.10"),
        "the same with 180 days or more to expiry, linear between; none: as near ones",
    ),
    key(
        "index_half_spread",
        from(0.0, 1e3),
        Or(|| Value::Number(Costs::default().index_half_spread)),
        "index points a unit of the index, calm",
    ),
    key(
        "calm_vix",
        from(1.0, 500.0),
        Or(|| Value::Number(Costs::default().calm_vix)),
        "VIX up to which spreads are calm",
    ),
    key(
        "stress_vix",
        from(1.0, 500.0),
        Or(|| Value::Number(Costs::default().stress_vix)),
        "VIX from which spreads are widest",
    ),
    key(
        "stress_multiple",
        from(1.0, 1e3),
        Or(|| Value::Number(Costs::default().stress_multiple)),
        "how many times wider they are then",
    ),
    key(
        "vix_rise_weight",
        from(0.0, 100.0),
        Or(|| Value::Number(Costs::default().vix_rise_weight)),
        "a day on which VIX rises by a point counts as so many points more of VIX, for spreads and depth",
    ),
    key(
        "condor_depth",
        above(0.0, 1e9),
        Nothing("200"),
        "condors in one order that pay another half-spread, calm; fewer pay its root; none: size costs nothing",
    ),
    key("vx_depth", above(0.0, 1e9), Nothing("500"), "the same of VX contracts; a mini contract counts a tenth"),
    key("vix_option_depth", above(0.0, 1e9), Nothing("1000"), "the same of VIX options, or spreads of them"),
    key(
        "depth_in_stress",
        above(0.0, 1.0),
        Or(|| Value::Number(Costs::default().depth_in_stress)),
        "share of the depth that is left from stress_vix on",
    ),
];

/// Fees, half-spreads and depths; `None` where a fault prevents them.
pub(super) fn costs(section: &Table) -> Option<Costs> {
    Some(Costs {
        option_fee: section.number("option_fee")?,
        vx_fee: section.number("vx_fee")?,
        condor_half_spread_1d: section.number("condor_half_spread_1d")?,
        condor_half_spread_45d: section.number("condor_half_spread_45d")?,
        one_leg_share: section.number("one_leg_share")?,
        vx_half_spread: section.number("vx_half_spread")?,
        vx_half_spread_far: section.number("vx_half_spread_far"),
        mini_vx_fee: section.number("mini_vx_fee")?,
        vix_option_fee: section.number("vix_option_fee")?,
        vix_option_half_spread: section.number("vix_option_half_spread")?,
        vix_option_half_spread_far: section.number("vix_option_half_spread_far"),
        index_half_spread: section.number("index_half_spread")?,
        calm_vix: section.number("calm_vix")?,
        stress_vix: section.number("stress_vix")?,
        stress_multiple: section.number("stress_multiple")?,
        vix_rise_weight: section.number("vix_rise_weight")?,
        condor_depth: section.number("condor_depth"),
        vx_depth: section.number("vx_depth"),
        vix_option_depth: section.number("vix_option_depth"),
        depth_in_stress: section.number("depth_in_stress")?,
    })
}

/// Calm that is no calmer than stress.
pub(super) fn check_costs(scenario: &Table, faults: &mut Faults) {
    let Some(section) = scenario.table("costs") else { return };
    let (Some(calm), Some(stress)) = (section.number("calm_vix"), section.number("stress_vix")) else { return };
    if calm >= stress {
        let (at, other) =
            if section.is_given("stress_vix") { ("stress_vix", "calm_vix") } else { ("calm_vix", "stress_vix") };
        let title = format!("`costs.calm_vix` is {calm}, not below `costs.stress_vix`, which is {stress}");
        let label = if at == "stress_vix" { "must be above calm_vix" } else { "must be below stress_vix" };
        let mut fault = Fault::new(section.place(at), title, label);
        if section.is_given(other) {
            fault = fault.also(section.place(other), "contradicts this");
        }
        faults.add(fault);
    }
}
