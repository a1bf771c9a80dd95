//! What a scenario means: typed, valid, immutable, with a digest.

use std::ops::Range;

use jiff::civil::Date;

use crate::book::{Costs, MarginRules};
use crate::calendar::{Clock, News, Schedule, VixContract};
use crate::instrument::{CondorStrikes, OptionKind};
use crate::math::correlate::Correlations;
use crate::model::{Model, State};
use crate::path::factors::{Breadth, DailyRange, MARKET_SHOCKS, MacroFactors, Vvix};
use crate::path::{CrunchLaw, Release, Shock};
use crate::risk::Measure;
use crate::strategy::rule::MarketSeries;
use crate::strategy::{CondorProgramme, Fill, Layer, Rule};
use crate::units::{MINI_VX_MULTIPLIER, VIX_OPTION_MULTIPLIER, VX_MULTIPLIER};

/// Paths per batch. Part of the meaning of a run, because it fixes the order of sums.
pub const BATCH_PATHS: usize = 256;

/// The file in which a run leaves the history that its resolved scenario names.
pub const HISTORY_FILE: &str = "history.csv";

/// The file in which a run leaves the closes that its resolved scenario follows.
pub const FOLLOWED_FILE: &str = "followed.csv";

/// The version of results: raised whenever the same plan gives other figures.
pub const RESULTS_VERSION: u32 = 4;

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
    /// When decisions are filled.
    pub fill: Fill,
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

/// SPX options that are held when the run begins: a condor, or some of its legs.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldCondor {
    /// Unique name.
    pub name: String,
    /// What is held, as the seller of a condor has it.
    pub strikes: CondorStrikes,
    /// The session at whose close it expires.
    pub expiry: Date,
    /// How many.
    pub lots: u32,
    /// What it brought at entry, index points each; negative where it was paid for.
    pub credit: f64,
    /// Closes it; `None` holds to expiry.
    pub exit: Option<Rule>,
}

/// VX or VIX options that are held when the run begins.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldHedge {
    /// Unique name.
    pub name: String,
    /// What it is.
    pub of: HeldVix,
    /// The month.
    pub contract: VixContract,
    /// Contracts, negative for short.
    pub quantity: f64,
    /// What it cost or brought at entry, VIX points each.
    pub price: f64,
    /// Closes it; `None` holds to settlement.
    pub exit: Option<Rule>,
}

/// A contract on VIX.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HeldVix {
    /// A future.
    Future {
        /// A mini contract, a tenth of the size.
        mini: bool,
    },
    /// An option.
    Option {
        /// Put or call.
        kind: OptionKind,
        /// VIX points.
        strike: f64,
    },
}

impl HeldVix {
    /// USD a point of one contract.
    #[must_use]
    pub fn multiplier(self) -> f64 {
        match self {
            Self::Future { mini: false } => VX_MULTIPLIER,
            Self::Future { mini: true } => MINI_VX_MULTIPLIER,
            Self::Option { .. } => VIX_OPTION_MULTIPLIER,
        }
    }
}

/// Days before the first day, from a file.
#[derive(Debug, Clone, PartialEq)]
pub struct PastMarket {
    /// Sessions in a row, the last one right before the first day.
    pub dates: Vec<Date>,
    /// Series by day; NaN where the file holds no value.
    pub series: Vec<(MarketSeries, Vec<f64>)>,
    /// What the file holds of the first day itself.
    pub first_day: Vec<(MarketSeries, f64)>,
    /// What counts of the file, in one form for all that mean the same.
    pub text: String,
}

impl PastMarket {
    /// A series, by day.
    #[must_use]
    pub fn series(&self, wanted: MarketSeries) -> Option<&[f64]> {
        self.series.iter().find(|(series, _)| *series == wanted).map(|(_, values)| values.as_slice())
    }

    /// A value of the first day.
    #[must_use]
    pub fn first(&self, wanted: MarketSeries) -> Option<f64> {
        self.first_day.iter().find(|(series, _)| *series == wanted).map(|(_, value)| *value)
    }

    /// The last known value of a series, the first day's if there is one.
    #[must_use]
    pub fn latest(&self, wanted: MarketSeries) -> Option<f64> {
        let past = || self.series(wanted)?.iter().rev().copied().find(|value| !value.is_nan());
        self.first(wanted).or_else(past)
    }
}

/// Closes that every path follows, from a file; the first ones are those of the first day.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowedMarket {
    /// Closes of the index, of which only ratios count.
    pub index: Vec<f64>,
    /// Closes of VIX, points.
    pub vix: Vec<f64>,
    /// What counts of the file, in one form for all that mean the same.
    pub text: String,
}

/// When scheduled news comes out.
#[derive(Debug, Clone, PartialEq)]
pub struct NewsPlan {
    /// FOMC decisions.
    pub fomc: Schedule,
    /// Consumer prices.
    pub cpi: Schedule,
    /// Producer prices.
    pub ppi: Schedule,
}

impl NewsPlan {
    /// Every day by the program's rules.
    #[must_use]
    pub fn by_rule() -> Self {
        let [fomc, cpi, ppi] = [News::Fomc, News::Cpi, News::Ppi].map(|news| Schedule::new(news, Vec::new()));
        Self { fomc, cpi, ppi }
    }
}

/// Macro factors, which rules name by [`MarketSeries::Factor`] in this order.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorPlan {
    /// Names in rules.
    pub names: Vec<String>,
    /// Their laws and correlations.
    pub laws: MacroFactors,
    /// What was changed to make the correlations possible.
    pub repaired: Option<String>,
}

impl FactorPlan {
    /// No factors.
    #[must_use]
    pub fn none() -> Self {
        let root = Correlations::none(MARKET_SHOCKS).root().unwrap_or_default();
        Self { names: Vec::new(), laws: MacroFactors::new(Vec::new(), root), repaired: None }
    }
}

/// A scheduled release; rules name the n-th by the [`MarketSeries::Factor`] that is n beyond the macro factors.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleasePlan {
    /// Its name in rules.
    pub name: String,
    /// Whether it happens.
    pub enabled: bool,
    /// What it does on its days.
    pub release: Release,
    /// Its days.
    pub schedule: Schedule,
}

/// Liquidity crunches, and what they do to costs.
#[derive(Debug, Clone, PartialEq)]
pub struct CrunchPlan {
    /// Whether they come by chance.
    pub enabled: bool,
    /// When they come, and what becomes of the VX basis.
    pub law: CrunchLaw,
    /// How many times wider spreads are.
    pub spreads: f64,
    /// What is left of depth, a share.
    pub depth: f64,
    /// Days on which shocks force one.
    pub forced: Vec<Range<usize>>,
}

impl Default for CrunchPlan {
    fn default() -> Self {
        Self { enabled: false, law: CrunchLaw::default(), spreads: 3.0, depth: 0.3, forced: Vec::new() }
    }
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
    /// Margin and what follows a shortfall.
    pub margin: MarginRules,
    /// Fees and spreads.
    pub costs: Costs,
    /// Liquidity crunches.
    pub crunch: CrunchPlan,
    /// Forced moves, by day.
    pub shocks: Vec<Shock>,
    /// Synthetic breadth; `None` switches it off.
    pub breadth: Option<Breadth>,
    /// How many times more jumps than usual follow the weakest breadth; 0 for none.
    pub skill: f64,
    /// Observed VVIX; `None` switches it off.
    pub vvix: Option<Vvix>,
    /// The expected daily range.
    pub daily_range: DailyRange,
    /// Days of scheduled news.
    pub news: NewsPlan,
    /// Macro factors.
    pub factors: FactorPlan,
    /// Scheduled releases.
    pub releases: Vec<ReleasePlan>,
    /// Days before the first.
    pub history: Option<PastMarket>,
    /// The first days, as they happened.
    pub followed: Option<FollowedMarket>,
    /// What a user should know about how the scenario was read, in plain words; decides no figure.
    pub remarks: Vec<String>,
    /// Condor programmes.
    pub condors: Vec<CondorProgramme>,
    /// SPX options held at the start, in file order.
    pub held_condors: Vec<HeldCondor>,
    /// VX and VIX options held at the start, in file order.
    pub held_hedges: Vec<HeldHedge>,
    /// Hedge layers, in file order, which is also their rank.
    pub layers: Vec<Layer>,
}

impl Plan {
    /// Liquidity crunches, where there can be any.
    #[must_use]
    pub fn crunches(&self) -> Option<&CrunchPlan> {
        Some(&self.crunch).filter(|crunch| crunch.enabled || !crunch.forced.is_empty())
    }

    /// Whether there is a hedge, so that there are two accounts.
    #[must_use]
    pub fn has_hedge(&self) -> bool {
        !self.layers.is_empty() || !self.held_hedges.is_empty()
    }

    /// Whether another plan has the same market: paths, marks, and what rules can see of them.
    #[must_use]
    pub fn has_market_of(&self, other: &Self) -> bool {
        // Every part of a plan is named here, so that a new one has to be thought about.
        #[rustfmt::skip]
        let Self {
            name: _, digest: _, resolved: _, model_name: _, remarks: _,
            equity: _, margin: _, costs: _, condors: _, held_condors: _, held_hedges: _, layers: _,
            run, market, model, clock, crunch, followed, shocks, breadth, skill, vvix, daily_range, news, factors, releases, history,
        } = self;
        let RunPlan { paths: _, horizon_days, seed, steps_per_day, mark_accuracy, fill: _, stop_when: _ } = run;
        *horizon_days == other.run.horizon_days
            && *seed == other.run.seed
            && *steps_per_day == other.run.steps_per_day
            && *mark_accuracy == other.run.mark_accuracy
            && *market == other.market
            && *model == other.model
            && *clock == other.clock
            && *crunch == other.crunch
            && *followed == other.followed
            && *shocks == other.shocks
            && *breadth == other.breadth
            && *skill == other.skill
            && *vvix == other.vvix
            && *daily_range == other.daily_range
            && *news == other.news
            && *factors == other.factors
            && *releases == other.releases
            && *history == other.history
    }

    /// Whether another plan on the same market trades the same condors as long as nothing it hedges with interferes.
    #[must_use]
    pub fn has_condors_of(&self, other: &Self) -> bool {
        self.run.fill == other.run.fill
            && self.equity == other.equity
            && self.margin == other.margin
            && self.costs == other.costs
            && self.condors == other.condors
            && self.held_condors == other.held_condors
    }
}
