//! One figure of the report, with its error.

use serde::{Deserialize, Serialize};

use crate::stats::{Estimate, Level};

/// A record of `summary.json`: what was measured, on what, and how well it is known.
///
/// Fields that do not apply are `None` and appear as null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// `hedged`, `unhedged` or `hedge` (the paired difference hedged minus unhedged): see [`Strategy`].
    pub strategy: String,
    /// A part of the P&L, or none for the whole account.
    pub component: Option<String>,
    /// For instance `expected_shortfall`: see [`Quantity`].
    pub measure: String,
    /// Confidence level, for instance 0.99.
    pub level: Option<f64>,
    /// Trading days from the start.
    pub horizon_days: Option<u32>,
    /// `USD`, `probability`, `USD a year`, ...
    pub unit: String,
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub standard_error: Option<f64>,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub high: Option<f64>,
}

impl Figure {
    /// A figure of a whole account at a horizon.
    #[must_use]
    pub fn new(strategy: Strategy, quantity: Quantity, horizon_days: u32, estimate: &Estimate) -> Self {
        Self {
            strategy: strategy.name().to_owned(),
            component: None,
            measure: quantity.name().to_owned(),
            level: None,
            horizon_days: Some(horizon_days),
            unit: quantity.unit().to_owned(),
            value: estimate.value,
            standard_error: estimate.standard_error,
            low: estimate.interval.low,
            high: estimate.interval.high,
        }
    }

    /// The figure at a confidence level.
    #[must_use]
    pub fn at_level(self, level: Level) -> Self {
        Self { level: Some(level.value()), ..self }
    }

    /// The figure of a part of the P&L.
    #[must_use]
    pub fn of_component(self, name: &str) -> Self {
        Self { component: Some(name.to_owned()), ..self }
    }
}

/// What a figure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// The account with its hedge layers.
    Hedged,
    /// The account without them, on the same paths.
    Unhedged,
    /// Hedged less unhedged, paired by path.
    Hedge,
}

impl Strategy {
    /// Every strategy, in the order of the summary.
    pub const ALL: [Self; 3] = [Self::Hedged, Self::Unhedged, Self::Hedge];

    /// The name in files and expressions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hedged => "hedged",
            Self::Unhedged => "unhedged",
            Self::Hedge => "hedge",
        }
    }
}

/// What is measured. A loss is positive where it is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Mean P&L in excess of cash.
    MeanPnl,
    /// Standard deviation of the P&L over paths.
    StandardDeviation,
    /// Probability of a negative P&L.
    ProbabilityOfLoss,
    /// Loss exceeded with a probability of at most one minus the level.
    ValueAtRisk,
    /// Mean of the worst losses, one minus the level of them.
    ExpectedShortfall,
    /// Largest fall of a path's P&L from its peak: the mean over paths, or a quantile at a level.
    MaxDrawdown,
    /// Loss of a path's worst day: the mean over paths, or a quantile at a level.
    WorstDay,
    /// What the hedge costs: its mean P&L a year, with the sign turned.
    HedgeCost,
    /// The same over equity at the start.
    HedgeCostOfEquity,
    /// Probability that equity falls below maintenance margin at some close.
    ProbabilityOfMarginCall,
    /// Probability that equity falls to the floor at which trading ends.
    ProbabilityOfRuin,
    /// Highest maintenance margin over equity on a path: the mean over paths, or a quantile at a level.
    MarginUse,
    /// Lowest equity less maintenance margin on a path: the mean over paths, or what it stays above with a probability.
    ExcessLiquidity,
    /// Mean number of closes below maintenance margin.
    DaysInCall,
    /// Mean cost of forced sales against the mid.
    LiquidationCost,
}

impl Quantity {
    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MeanPnl => "mean_pnl",
            Self::StandardDeviation => "standard_deviation",
            Self::ProbabilityOfLoss => "probability_of_loss",
            Self::ValueAtRisk => "value_at_risk",
            Self::ExpectedShortfall => "expected_shortfall",
            Self::MaxDrawdown => "max_drawdown",
            Self::WorstDay => "worst_day",
            Self::HedgeCost => "hedge_cost",
            Self::HedgeCostOfEquity => "hedge_cost_of_equity",
            Self::ProbabilityOfMarginCall => "probability_of_margin_call",
            Self::ProbabilityOfRuin => "probability_of_ruin",
            Self::MarginUse => "worst_margin_use",
            Self::ExcessLiquidity => "lowest_excess_liquidity",
            Self::DaysInCall => "days_in_call",
            Self::LiquidationCost => "liquidation_cost",
        }
    }

    /// The unit of the value.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::ProbabilityOfLoss | Self::ProbabilityOfMarginCall | Self::ProbabilityOfRuin => "probability",
            Self::MarginUse => "fraction of equity",
            Self::DaysInCall => "days",
            Self::HedgeCost => "USD a year",
            Self::HedgeCostOfEquity => "basis points a year",
            _ => "USD",
        }
    }
}
