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
    /// The paths looked at, for instance `highest VIX 20 to 30`, or none for all of them.
    pub condition: Option<String>,
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
            condition: None,
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

    /// The figure of the paths that meet a condition.
    #[must_use]
    pub fn under(self, condition: &str) -> Self {
        Self { condition: Some(condition.to_owned()), ..self }
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
    /// Probability that equity is zero or less at some close.
    ProbabilityOfRuin,
    /// Loss exceeded with a probability of at most one minus the level.
    ValueAtRisk,
    /// Mean of the worst losses, one minus the level of them.
    ExpectedShortfall,
    /// The same with the error that its scatter between batches of paths gives.
    ExpectedShortfallByBatches,
    /// Expected shortfall by the generalised Pareto law fitted to the tail.
    ExpectedShortfallByPareto,
    /// Shape of that law: the reciprocal of the tail's index; below 0 the losses are bounded.
    TailShape,
    /// Largest fall of a path's P&L from its peak: the mean over paths, or a quantile at a level.
    MaxDrawdown,
    /// Mean of the deepest maximum drawdowns, one minus the level of them.
    ConditionalDrawdown,
    /// Longest stretch of closes below an earlier one: the mean over paths, or a quantile at a level.
    DrawdownDuration,
    /// Loss of a path's worst day: the mean over paths, or a quantile at a level.
    WorstDay,
    /// Mean gain over mean loss.
    Omega,
    /// Mean P&L over the root of the mean squared loss.
    Sortino,
    /// Mean P&L a year over the mean of the largest condor risk.
    ReturnOnCondorRisk,
    /// Mean P&L a year over the equity at the start, over the mean of the highest margin use.
    ReturnOnMargin,
    /// What layers make by carry: if nothing happens.
    CarryPnl,
    /// What the moves for which layers are on pay them.
    TriggerPnl,
    /// What layers pay for rolls.
    RollPnl,
    /// The share of carry in the expected shortfall of the hedged account; a loss is positive.
    CarryInShortfall,
    /// The share of trigger profit in it.
    TriggerInShortfall,
    /// The share of rolls in it.
    RollInShortfall,
    /// Growth of the mean of the final equity less the mean of its growth, a year.
    VolatilityDrag,
    /// Slope of daily P&L over equity on the daily return of the index.
    Beta,
    /// The same on the worst 5 % of each path's days.
    BetaOnWorstDays,
    /// Share of paths that meet the condition.
    ProbabilityOfCondition,
    /// What the hedge costs: its mean P&L a year, with the sign turned.
    HedgeCost,
    /// The same over equity at the start.
    HedgeCostOfEquity,
    /// Probability that equity falls below maintenance margin at some close.
    ProbabilityOfMarginCall,
    /// Highest maintenance margin over equity on a path: the mean over paths, or a quantile at a level.
    MarginUse,
    /// Lowest equity less maintenance margin on a path: the mean over paths, or what it stays above with a probability.
    ExcessLiquidity,
    /// Lowest cash over what falls due on a path: the mean over paths, or what it stays above with a probability.
    QuickRatio,
    /// The most that a path draws of the credit line: the mean over paths, or a quantile at a level.
    MostDrawn,
    /// Mean number of closes below maintenance margin.
    DaysInCall,
    /// Mean cost of forced sales against the mid.
    LiquidationCost,
    /// Mean P&L of the hedge, or of a part of it, on the worst paths of the unhedged account.
    PnlOnUnhedgedWorst,
    /// The same over the mean loss of the unhedged account there.
    ShareOfLossPaid,
    /// By how much expected shortfall falls for a dollar of cost.
    ShortfallSavedPerDollar,
    /// Share of paths on which a layer comes on.
    ProbabilityOn,
    /// Share of days on which a layer is on.
    ShareOfDaysOn,
    /// Mean P&L of a layer for a day on which it is on.
    PnlPerDayOn,
    /// Share of a layer's spells that earn nothing.
    FiredForNothing,
    /// On the worst unhedged paths: share on which a layer is on before the trough.
    OnBeforeTrough,
    /// On the worst unhedged paths: share on which a layer comes on after more than half of the fall, or not before the trough.
    OnLate,
    /// On the worst unhedged paths on which a layer is on before the trough: mean trading days from then to the trough.
    DaysBeforeTrough,
    /// On the worst unhedged paths: what a layer earns in the deepest decline over the depth of it.
    ShareOfDeclinePaid,
}

impl Quantity {
    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MeanPnl => "mean_pnl",
            Self::StandardDeviation => "standard_deviation",
            Self::ProbabilityOfLoss => "probability_of_loss",
            Self::ProbabilityOfRuin => "probability_of_ruin",
            Self::ValueAtRisk => "value_at_risk",
            Self::ExpectedShortfall => "expected_shortfall",
            Self::ExpectedShortfallByBatches => "expected_shortfall_by_batches",
            Self::ExpectedShortfallByPareto => "expected_shortfall_by_pareto",
            Self::TailShape => "tail_shape",
            Self::MaxDrawdown => "max_drawdown",
            Self::ConditionalDrawdown => "conditional_drawdown",
            Self::DrawdownDuration => "drawdown_duration",
            Self::WorstDay => "worst_day",
            Self::Omega => "omega",
            Self::Sortino => "sortino",
            Self::ReturnOnCondorRisk => "return_on_condor_risk",
            Self::ReturnOnMargin => "return_on_margin",
            Self::CarryPnl => "carry_pnl",
            Self::TriggerPnl => "trigger_pnl",
            Self::RollPnl => "roll_pnl",
            Self::CarryInShortfall => "carry_in_shortfall",
            Self::TriggerInShortfall => "trigger_in_shortfall",
            Self::RollInShortfall => "roll_in_shortfall",
            Self::VolatilityDrag => "volatility_drag",
            Self::Beta => "beta",
            Self::BetaOnWorstDays => "beta_on_worst_days",
            Self::ProbabilityOfCondition => "probability_of_condition",
            Self::HedgeCost => "hedge_cost",
            Self::HedgeCostOfEquity => "hedge_cost_of_equity",
            Self::ProbabilityOfMarginCall => "probability_of_margin_call",
            Self::MarginUse => "worst_margin_use",
            Self::ExcessLiquidity => "lowest_excess_liquidity",
            Self::QuickRatio => "lowest_quick_ratio",
            Self::MostDrawn => "most_drawn",
            Self::DaysInCall => "days_in_call",
            Self::LiquidationCost => "liquidation_cost",
            Self::PnlOnUnhedgedWorst => "pnl_on_unhedged_worst",
            Self::ShareOfLossPaid => "share_of_loss_paid",
            Self::ShortfallSavedPerDollar => "shortfall_saved_per_dollar",
            Self::ProbabilityOn => "probability_on",
            Self::ShareOfDaysOn => "share_of_days_on",
            Self::PnlPerDayOn => "pnl_per_day_on",
            Self::FiredForNothing => "fired_for_nothing",
            Self::OnBeforeTrough => "on_before_trough",
            Self::OnLate => "on_late",
            Self::DaysBeforeTrough => "days_before_trough",
            Self::ShareOfDeclinePaid => "share_of_decline_paid",
        }
    }

    /// The unit of the value.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::ProbabilityOfLoss
            | Self::ProbabilityOfMarginCall
            | Self::ProbabilityOfRuin
            | Self::ProbabilityOfCondition
            | Self::ProbabilityOn
            | Self::OnBeforeTrough
            | Self::OnLate => "probability",
            Self::ShareOfDaysOn | Self::FiredForNothing | Self::ShareOfLossPaid | Self::ShareOfDeclinePaid => "share",
            Self::ReturnOnCondorRisk | Self::ReturnOnMargin | Self::VolatilityDrag => "share a year",
            Self::TailShape
            | Self::Omega
            | Self::Sortino
            | Self::Beta
            | Self::QuickRatio
            | Self::BetaOnWorstDays
            | Self::ShortfallSavedPerDollar => "ratio",
            Self::DrawdownDuration | Self::DaysBeforeTrough => "trading days",
            Self::PnlPerDayOn => "USD a day",
            Self::MarginUse => "fraction of equity",
            Self::DaysInCall => "days",
            Self::HedgeCost => "USD a year",
            Self::HedgeCostOfEquity => "basis points a year",
            _ => "USD",
        }
    }
}
