//! What a scenario means: typed, valid, immutable, with a digest.

use jiff::civil::Date;

use crate::book::Costs;
use crate::calendar::Clock;
use crate::model::{Model, State};
use crate::path::factors::{Breadth, Vvix};
use crate::risk::Measure;
use crate::strategy::{CondorProgramme, Layer};

/// Paths per batch. Part of the meaning of a run, because it fixes the order of sums.
pub const BATCH_PATHS: usize = 64;

/// The version of results: raised whenever the same plan gives other figures.
pub const RESULTS_VERSION: u32 = 1;

/// A name as it stands in names of columns and files: small letters and digits, `_` for everything between them.
#[must_use]
pub fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_").to_ascii_lowercase()
}

/// How much to simulate.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPlan {
    /// Number of paths.
    pub paths: usize,
    /// Trading days.
    pub horizon_days: usize,
    /// Seed of every random stream.
    pub seed: u64,
    /// Steps of the simulation a trading day.
    pub steps_per_day: usize,
    /// Largest error of an SPX option's mark, fraction of spot.
    pub mark_accuracy: f64,
    /// When more paths than `paths` are simulated; none: never.
    pub stop_when: Option<StopWhen>,
}

/// Doubles the paths of a run until a measure is known well enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StopWhen {
    /// What has to be known.
    pub measure: Measure,
    /// Its standard error over itself that is small enough.
    pub relative_error: f64,
    /// The largest number of paths.
    pub max_paths: usize,
}

/// The market at the close of the first day.
#[derive(Debug, Clone, PartialEq)]
pub struct MarketPlan {
    /// A session.
    pub date: Date,
    /// SPX.
    pub spot: f64,
    /// Continuously compounded cash rate, a year.
    pub rate: f64,
    /// Continuously compounded dividend yield, a year.
    pub dividend_yield: f64,
    /// VIX as the scenario gives it.
    pub vix: f64,
    /// Both variance factors, found from VIX (and VIX3M or VX2 where given).
    pub state: State,
}

/// A whole plan.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The scenario's name.
    pub name: String,
    /// First 12 hex digits of the digest of everything that decides the figures.
    pub digest: String,
    /// The resolved scenario as TOML, every default written out.
    pub resolved: String,
    /// How much to simulate.
    pub run: RunPlan,
    /// The first day.
    pub market: MarketPlan,
    /// Name of the model: a preset, or `custom`.
    pub model_name: String,
    /// The model under both measures.
    pub model: Model,
    /// The variance clock.
    pub clock: Clock,
    /// Equity at the start, USD.
    pub equity: f64,
    /// Fees and spreads.
    pub costs: Costs,
    /// Synthetic breadth; `None` switches it off.
    pub breadth: Option<Breadth>,
    /// Observed VVIX.
    pub vvix: Vvix,
    /// Condor programmes.
    pub condors: Vec<CondorProgramme>,
    /// Hedge layers, in file order, which is also their rank.
    pub layers: Vec<Layer>,
}
