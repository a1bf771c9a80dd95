//! The keys of what rules see beyond index and variance: breadth, VVIX, ranges, news, macro factors and releases.

use crate::path::factors::{Breadth, DailyRange, Vvix};

use super::key::{Absent, Key, Kind, above, from, key};
use super::value::Value;

use Absent::{Default as Or, Nothing, Required, Section};
use Kind::{Choice, Dates, Flag, Names, Text};

pub(super) const BREADTH: &[Key] = &[
    key("enabled", Flag, Or(|| Value::Flag(true)), "false: no breadth, and rules that ask for it are errors"),
    key("intercept", from(-10.0, 10.0), Or(|| Value::Number(Breadth::default().intercept)), "constant part"),
    key(
        "slope",
        from(-10.0, 10.0),
        Or(|| Value::Number(Breadth::default().slope)),
        "response to the day's standardised return",
    ),
    key(
        "persistence",
        from(0.0, 0.9999),
        Or(|| Value::Number(Breadth::default().persistence)),
        "daily autocorrelation of the lasting part",
    ),
    key(
        "innovation",
        from(0.0, 10.0),
        Or(|| Value::Number(Breadth::default().innovation)),
        "standard deviation of its innovations",
    ),
    key(
        "noise",
        from(0.0, 10.0),
        Or(|| Value::Number(Breadth::default().noise)),
        "standard deviation of the part that does not last",
    ),
    key(
        "skill",
        from(0.0, 100.0),
        Or(|| Value::Number(0.0)),
        "how many times more jumps than usual follow the weakest breadth; 0: breadth foretells nothing",
    ),
];

pub(super) const VVIX: &[Key] = &[
    key("enabled", Flag, Or(|| Value::Flag(true)), "false: no VVIX, and rules that ask for it are errors"),
    key("intercept", from(-10.0, 10.0), Or(|| Value::Number(Vvix::default().intercept)), "constant part"),
    key("level", from(-10.0, 10.0), Or(|| Value::Number(Vvix::default().level)), "response to ln VIX"),
    key(
        "excess",
        from(-10.0, 10.0),
        Or(|| Value::Number(Vvix::default().excess)),
        "response to ln VIX above its 63-day average",
    ),
    key(
        "persistence",
        from(0.0, 0.9999),
        Or(|| Value::Number(Vvix::default().persistence)),
        "daily autocorrelation of the noise",
    ),
    key(
        "innovation",
        from(0.0, 10.0),
        Or(|| Value::Number(Vvix::default().innovation)),
        "standard deviation of its innovations",
    ),
];

pub(super) const EDR: &[Key] = &[
    key(
        "multiple",
        above(0.0, 100.0),
        Or(|| Value::Number(DailyRange::default().multiple)),
        "multiple of VIX / sqrt(252)",
    ),
    key(
        "vix9d_weight",
        from(0.0, 1.0),
        Or(|| Value::Number(DailyRange::default().vix9d_weight)),
        "share of VIX9D in the volatility; VIX has what is left",
    ),
    key(
        "realized_weight",
        from(0.0, 1.0),
        Or(|| Value::Number(DailyRange::default().realized_weight)),
        "share of the realised volatility of 20 days",
    ),
];

pub(super) const CALENDAR: &[Key] = &[
    key("fomc", Dates, Nothing("[2026-12-09, 2027-01-27]"), "days of FOMC decisions"),
    key("cpi", Dates, Nothing("[2026-12-10, 2027-01-13]"), "days on which consumer prices come out"),
    key("ppi", Dates, Nothing("[2026-12-11, 2027-01-14]"), "days on which producer prices come out"),
];

pub(super) const CORRELATION: &[Key] = &[key(
    "repair",
    Flag,
    Nothing("true"),
    "true: correlations that are impossible together are moved to the nearest possible ones; else they are an error",
)];

pub(super) const FACTOR: &[Key] = &[
    key("name", Text, Required("\"reer\""), "its name in rules"),
    key("enabled", Flag, Or(|| Value::Flag(true)), "false: rules that name it are errors"),
    key("level", from(-1e12, 1e12), Required("100.0"), "level to which it reverts"),
    key("start", from(-1e12, 1e12), Nothing("98.0"), "value on the first day; none: the history's, or the level"),
    key("reversion", from(0.0, 1000.0), Required("2.0"), "speed of reversion, a year; 0: a random walk"),
    key("volatility", from(0.0, 1e12), Required("5.0"), "standard deviation a square-root year"),
    key(
        "correlation",
        Names,
        Section,
        "of its moves with those of `index`, of `vix` (what the index does not explain) and of other factors",
    ),
];

pub(super) const RELEASE: &[Key] = &[
    key("name", Text, Required("\"cpi_surprise\""), "its name in rules, where it is the surprise on its days, else 0"),
    key("enabled", Flag, Or(|| Value::Flag(true)), "false: it moves nothing, and rules that name it are errors"),
    key("schedule", Choice(&["cpi", "ppi", "fomc"]), Required("\"cpi\""), "the days on which it comes"),
    key("deviation", above(0.0, 1e6), Required("0.17"), "standard deviation of the surprise, in its own unit"),
    key("index_move", from(-1e6, 1e6), Or(|| Value::Number(0.0)), "percent of the index a unit of surprise"),
    key("vix_move", from(-1e6, 1e6), Or(|| Value::Number(0.0)), "VIX points a unit of surprise"),
];
