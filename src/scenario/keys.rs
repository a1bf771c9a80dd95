//! The keys of a scenario: their types, ranges, defaults and meanings, stated once.
//!
//! Reading, diagnosis, the resolved file, the commented file of `tailwing new` and the JSON Schema all walk this table.

use crate::calendar::Clock;
use crate::model::Preset;

use super::account::ACCOUNT;
use super::condor_keys::{CONDOR, POSITION};
use super::cost_keys::COSTS;
use super::crunch::CRUNCH;
use super::key::{Absent, Key, Kind, above, from, key};
use super::layer_keys::LAYER;
use super::shock::SHOCK;
use super::signal_keys::{BREADTH, CALENDAR, CORRELATION, EDR, FACTOR, RELEASE, VVIX};
use super::value::Value;

use Absent::{Default as Or, Nothing, Preset as FromPreset, Required, Section};
use Kind::{Axes, Choice, Date, List, Names, Table, Text, Whole};

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
    key(
        "crunch",
        Table(CRUNCH),
        Section,
        "liquidity crunches: wide spreads, little depth, and VX that leaves the model",
    ),
    key("shock", List(SHOCK), Section, "a move that every path takes on a day"),
    key("breadth", Table(BREADTH), Section, "synthetic breadth of the market, with random numbers of its own"),
    key(
        "vvix",
        Table(VVIX),
        Section,
        "the observed VVIX: ln VVIX = intercept + level ln VIX + excess (ln VIX - EMA63 ln VIX) + noise",
    ),
    key("edr", Table(EDR), Section, "the expected daily range of the index, for use in rules"),
    key(
        "calendar",
        Table(CALENDAR),
        Section,
        "days of scheduled news; before and after the months given the program's rule holds",
    ),
    key("correlation", Table(CORRELATION), Section, "the correlations of all macro factors together"),
    key(
        "factor",
        List(FACTOR),
        Section,
        "a macro factor that rules can name: it reverts to a level, and moves nothing else",
    ),
    key("release", List(RELEASE), Section, "scheduled news whose surprise moves index and variance on its day"),
    key("thresholds", Names, Section, "named numbers, for use in rules"),
    key("condor", List(CONDOR), Section, "a programme of short SPX iron condors"),
    key("position", List(POSITION), Section, "what is held when the run begins"),
    key("layer", List(LAYER), Section, "a hedge layer, lowest first"),
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
        Or(|| Value::Number(1e-6)),
        "largest error of an option's mark, fraction of spot",
    ),
    key(
        "fill",
        Choice(&["close", "next_close"]),
        Or(|| Value::text("close")),
        "when what is decided on a close is filled: at that close, or a day later",
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
    key(
        "history",
        Text,
        Nothing("\"VIX_History.csv\""),
        "CSV file, beside this one, with days before the first: indicators begin with it",
    ),
    key(
        "follow",
        Text,
        Nothing("\"autumn_2008.csv\""),
        "CSV file, beside this one, with daily closes (date,spx,vix) that every path follows from the first day on",
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

/// Keys that belong to other tools, other versions or other places, and what to say about them.
pub(super) const KNOWN_ABSENT: &[(&str, &str)] = &[
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
