//! The keys of a scenario: their types, ranges, defaults and meanings, stated once.
//!
//! Reading, diagnosis, the resolved file, the commented file of `tailwing new` and the JSON Schema all walk this table.

use crate::book::Costs;
use crate::calendar::Clock;
use crate::calendar::expiry::MONTHLY_EXPIRY_DAYS;
use crate::model::Preset;
use crate::path::factors::{Breadth, Vvix};

use super::key::{Absent, Key, Kind, above, from, key};
use super::value::Value;

use Absent::{Default as Or, Nothing, Preset as FromPreset, Required, Section};
use Kind::{Axes, Choice, Date, Flag, List, Names, Rule, Table, Text, Whole};

/// The whole file.
pub(super) const SCENARIO: &[Key] = &[
    key("name", Text, Required("\"ten-lot condor\""), "what the scenario is called; names the output folder"),
    key("description", Text, Nothing("\"what it shows\""), "a line for readers"),
    key(
        "extends",
        Text,
        Nothing("\"other.toml\""),
        "the scenario, beside this one, from which everything not said here is taken",
    ),
    key("run", Table(RUN), Section, "how much to simulate"),
    key("market", Table(MARKET), Section, "the close of the first day"),
    key(
        "model",
        Table(MODEL),
        Section,
        "the law of index and variance under both measures; a preset, keys that change it, or all keys",
    ),
    key("clock", Table(CLOCK), Section, "variance time"),
    key("account", Table(ACCOUNT), Section, "the account"),
    key("costs", Table(COSTS), Section, "what trading costs"),
    key("breadth", Table(BREADTH), Section, "synthetic breadth of the market, with random numbers of its own"),
    key(
        "vvix",
        Table(VVIX),
        Section,
        "the observed VVIX: ln VVIX = intercept + level ln VIX + excess (ln VIX - EMA63 ln VIX) + noise",
    ),
    key("thresholds", Names, Section, "named numbers, for use in rules"),
    key("condor", List(CONDOR), Section, "a programme of short SPX iron condors"),
    key("layer", List(LAYER), Section, "a hedge layer of VIX futures, lowest first"),
    key(
        "sweep",
        Axes,
        Section,
        "what `tailwing sweep` varies: thresholds by name, other keys by path, each with its values",
    ),
];

const RUN: &[Key] = &[
    key("paths", Whole(1, 10_000_000), Or(|| Value::Whole(100_000)), "simulated histories"),
    key("horizon_days", Whole(1, 2520), Or(|| Value::Whole(252)), "trading days; 252 are a year"),
    key("seed", Whole(0, i64::MAX), Or(|| Value::Whole(1)), "the same seed gives the same paths"),
    key(
        "steps_per_day",
        Whole(1, 64),
        Or(|| Value::Whole(1)),
        "simulation steps a trading day; 4 or more for condors of a day or two",
    ),
    key(
        "mark_accuracy",
        from(1e-7, 1e-3),
        Or(|| Value::Number(1e-5)),
        "largest error of an option's mark, fraction of spot",
    ),
    key(
        "stop_when",
        Table(STOP_WHEN),
        Nothing("{ measure = \"es(0.99)\", relative_error = 0.01, max_paths = 4_000_000 }"),
        "doubles the paths until the standard error of a measure is a small enough part of it",
    ),
];

const STOP_WHEN: &[Key] = &[
    key("measure", Text, Required("\"es(0.99)\""), "a measure such as es(0.99), as in --fail-if"),
    key(
        "relative_error",
        above(0.0, 1.0),
        Required("0.01"),
        "the standard error over the measure that is small enough",
    ),
    key("max_paths", Whole(1, 10_000_000), Required("4_000_000"), "the largest number of paths; at least run.paths"),
];

const MARKET: &[Key] = &[
    key("date", Date, Required("2026-11-20"), "a session of the New York Stock Exchange, written as 2026-11-20"),
    key("spot", from(1.0, 1e6), Required("6600.0"), "SPX"),
    key("vix", from(1.0, 200.0), Required("18.0"), "VIX; alone, the slow variance is the preset's mean at such a VIX"),
    key(
        "vix3m",
        from(1.0, 200.0),
        Nothing("20.5"),
        "VIX3M; with VIX fixes both variance states (not together with vx2)",
    ),
    key(
        "vx2",
        from(1.0, 200.0),
        Nothing("20.0"),
        "second VX future; with VIX fixes both variance states (not together with vix3m)",
    ),
    key("rate", from(-0.1, 0.5), Required("0.038"), "cash rate a year, continuously compounded"),
    key("dividend_yield", from(-0.1, 0.5), Required("0.012"), "dividend yield a year, continuously compounded"),
];

/// Names of models, the one spelled out in full last.
pub(super) const MODEL_NAMES: [&str; Preset::ALL.len() + 1] = ["default", "svcj", "bates", "heston", CUSTOM];
/// The name of a model that is spelled out in full.
pub(super) const CUSTOM: &str = "custom";

const MODEL: &[Key] = &[
    key(
        "preset",
        Choice(&MODEL_NAMES),
        FromPreset,
        "where the numbers come from that are not given below; \"custom\": all are given",
    ),
    key("vol_of_variance", from(0.01, 5.0), FromPreset, "sigma of the fast factor x1"),
    key("rho", from(-0.99, 0.99), FromPreset, "correlation of x1 and the index"),
    key("equity_premium", from(-100.0, 100.0), FromPreset, "excess drift of the index a year per unit of variance"),
    key("vol_of_variance2", from(0.0, 5.0), FromPreset, "sigma of the slow factor x2; above 0 where x2 is used"),
    key("rho2", from(-0.99, 0.99), FromPreset, "correlation of x2 and the index"),
    key("beta", from(0.0, 100.0), FromPreset, "how much of x2 is variance of the index; 0 with coupling 0: one factor"),
    key("coupling", from(0.0, 1000.0), FromPreset, "how strongly x2 pulls the mean of x1, a year"),
    key("slow_variance", from(0.0, 10.0), Nothing("0.0166"), "x2 on the first day; not together with vix3m or vx2"),
    key("risk_neutral", Table(RISK_NEUTRAL), Section, "the pricing measure Q: marks"),
    key(
        "physical",
        Table(PHYSICAL),
        Section,
        "the real-world measure P: paths. What is not given is the preset's, or the risk-neutral value",
    ),
];

const RISK_NEUTRAL: &[Key] = &[
    key("kappa", from(0.01, 100.0), FromPreset, "speed of mean reversion of x1, a year"),
    key("theta", from(0.0, 10.0), FromPreset, "level to which x1 reverts, annual variance"),
    INTENSITY,
    MEAN_LOG_JUMP,
    LOG_JUMP_VOL,
    MEAN_VARIANCE_JUMP,
    JUMP_SLOPE,
    KAPPA2,
    key("theta2", from(0.0, 10.0), FromPreset, "level to which x2 reverts, annual variance"),
    INTENSITY1,
    INTENSITY2,
];

/// Without theta: kappa x theta is the same under both measures.
const PHYSICAL: &[Key] = &[
    key(
        "kappa",
        from(0.01, 100.0),
        FromPreset,
        "speed of mean reversion of x1, a year; theta follows from kappa x theta",
    ),
    INTENSITY,
    MEAN_LOG_JUMP,
    LOG_JUMP_VOL,
    MEAN_VARIANCE_JUMP,
    JUMP_SLOPE,
    KAPPA2,
    INTENSITY1,
    INTENSITY2,
];

const INTENSITY: Key = key("intensity", from(0.0, 100.0), FromPreset, "jumps a year, constant part");
const MEAN_LOG_JUMP: Key =
    key("mean_log_jump", from(-5.0, 5.0), FromPreset, "mean log jump of the index, its slope apart");
const LOG_JUMP_VOL: Key = key("log_jump_vol", from(0.0, 5.0), FromPreset, "standard deviation of the log jump");
const MEAN_VARIANCE_JUMP: Key =
    key("mean_variance_jump", from(0.0, 10.0), FromPreset, "mean jump of x1, annual variance");
const JUMP_SLOPE: Key =
    key("jump_slope", from(-100.0, 100.0), FromPreset, "log jump of the index per unit of variance jump");
const KAPPA2: Key =
    key("kappa2", from(0.0, 100.0), FromPreset, "speed of mean reversion of x2, a year; above 0 where x2 is used");
const INTENSITY1: Key = key("intensity1", from(0.0, 1e4), FromPreset, "jumps a year per unit of x1");
const INTENSITY2: Key = key("intensity2", from(0.0, 1e4), FromPreset, "jumps a year per unit of x2");

const CLOCK: &[Key] = &[key(
    "other_day",
    from(0.0, 1.0),
    Or(|| Value::Number(Clock::default().other_day())),
    "weight of a day without trading against a trading day",
)];

const ACCOUNT: &[Key] = &[key("equity", from(1000.0, 1e12), Or(|| Value::Number(1e6)), "USD at the start")];

const COSTS: &[Key] = &[
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
        "vx_half_spread",
        from(0.0, 100.0),
        Or(|| Value::Number(Costs::default().vx_half_spread)),
        "VIX points a VX contract, calm",
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
];

const BREADTH: &[Key] = &[
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
];

const VVIX: &[Key] = &[
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

const NAME: Key = key("name", Text, Required("\"core\""), "its name, of which there is only one");

const CONDOR: &[Key] = &[
    NAME,
    key("lots", Whole(1, 1_000_000), Required("10"), "condors opened at an entry"),
    key(
        "days",
        Whole(1, MONTHLY_EXPIRY_DAYS),
        Required("45"),
        "calendar days to expiry at entry; the nearest listed expiry is taken",
    ),
    key("put", Table(WING), Section, "the put spread"),
    key("call", Table(WING), Section, "the call spread"),
    key(
        "every",
        Choice(&["day", "week", "month", "flat"]),
        Or(|| Value::text("month")),
        "when an entry falls due, \"flat\" being whenever nothing is open",
    ),
    key("enter", Rule, Or(|| Value::text("true")), "opens a condor that is due, once this holds"),
    key(
        "exit",
        Rule,
        Nothing("\"profit >= 0.5 * credit\""),
        "closes it at the close at which this holds; none: held to expiry",
    ),
];

const WING: &[Key] = &[
    key("short_delta", from(0.001, 0.5), Required("0.16"), "absolute Black delta of the option sold"),
    key("width", from(1.0, 1e5), Required("150"), "index points from it to the option bought"),
];

const LAYER: &[Key] = &[
    key("name", Text, Required("\"L1 early warning\""), "its name, of which there is only one"),
    key("hold", Table(HOLD), Section, "what to hold"),
    key(
        "per_condor_risk",
        above(0.0, 1e12),
        Nothing("150_000"),
        "USD of condor risk that the contracts answer; none: the contracts are held as they are",
    ),
    key("enter", Rule, Required("\"vix > 30\""), "puts the layer on, unless exit holds as well"),
    key("exit", Rule, Required("\"vix < sma(vix, 20)\""), "takes it off"),
    key(
        "level",
        Choice(&["total", "add"]),
        Or(|| Value::text("total")),
        "the highest layer that is on sets the contracts (total), or layers stack (add)",
    ),
    key(
        "resize",
        Choice(&["daily", "at entry"]),
        Or(|| Value::text("daily")),
        "when the contracts follow the condor risk",
    ),
    key("roll_days", Whole(0, 25), Or(|| Value::Whole(5)), "calendar days before expiry at which the position rolls"),
];

const HOLD: &[Key] = &[
    key("vx", Whole(1, 8), Required("1"), "which VX, 1 for the front month"),
    key("contracts", from(-1e6, 1e6), Required("3"), "contracts, negative for short"),
];

/// Keys that belong to other tools, other versions or other places, and what to say about them.
pub(super) const KNOWN_ABSENT: &[(&str, &str)] = &[
    ("account.margin", "margin is not part of this version; the account is never called"),
    (
        "model.physical.theta",
        "kappa x theta is the same under both measures, so the physical theta follows from [model.risk_neutral]",
    ),
    (
        "model.physical.theta2",
        "kappa2 x theta2 is the same under both measures, so the physical theta2 follows from [model.risk_neutral]",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn model_names_are_the_presets_and_custom() {
        let names: Vec<&str> = Preset::ALL.iter().map(|preset| preset.name()).chain([CUSTOM]).collect();
        assert_eq!(names, MODEL_NAMES);
    }
}
