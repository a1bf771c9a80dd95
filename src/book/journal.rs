//! What an account did, fill by fill: written down only where somebody reads one path.

use serde::Serialize;

use super::ledger::ComponentId;

/// Why a position changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Held when the run began, and taken over at its mark.
    #[serde(rename = "take over")]
    TakeOver,
    /// Opened, or added to.
    Open,
    /// Closed, or reduced, by a rule.
    Close,
    /// Moved to another contract or expiry.
    Roll,
    /// Settled in cash at expiry.
    Settle,
    /// Sold to meet a margin call.
    Liquidate,
    /// What a future gained since the day before was paid.
    Variation,
    /// Interest on debt over the cash rate.
    Interest,
}

impl Action {
    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TakeOver => "take over",
            Self::Open => "open",
            Self::Close => "close",
            Self::Roll => "roll",
            Self::Settle => "settle",
            Self::Liquidate => "liquidate",
            Self::Variation => "variation",
            Self::Interest => "interest",
        }
    }
}

/// One fill, settlement or payment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Day of the run.
    #[serde(skip)]
    pub day: usize,
    /// Path of the batch.
    #[serde(skip)]
    pub lane: usize,
    /// The part of the P&L that it belongs to.
    #[serde(skip)]
    pub component: ComponentId,
    /// Why.
    pub action: Action,
    /// What was traded, for people: `-10 condor 2027-01-04 6050/6200/6900/7050`.
    pub what: String,
    /// Contracts, positive bought or held, negative sold.
    pub quantity: f64,
    /// Price at the mark, points.
    pub price: f64,
    /// Cash that moved at the mark, USD; received where positive.
    pub cash_usd: f64,
    /// Half-spread and impact paid, USD.
    pub spread_usd: f64,
    /// Commissions paid, USD.
    pub fees_usd: f64,
}

impl Entry {
    /// Whether it is only the daily payment of a future.
    #[must_use]
    pub fn is_variation(&self) -> bool {
        self.action == Action::Variation
    }
}

/// What a rule said of one open position, before the trades of a close.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The part of the P&L that it belongs to.
    #[serde(skip)]
    pub component: ComponentId,
    /// The position, for people.
    pub what: String,
    /// What the rule decides: `exit`, `shift forward`, `shift back`.
    pub role: &'static str,
    /// Its text.
    pub rule: String,
    /// Whether it holds; none where it needs what is not ready.
    pub holds: Option<bool>,
    /// What the rule saw of the position.
    pub saw: Vec<Indicator>,
}

/// A number that a rule computes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Indicator {
    /// The expression, as in `rsi_cutler(vix, 14)`.
    pub expression: String,
    /// Its value; none where it is not ready.
    pub value: Option<f64>,
}

impl Indicator {
    /// A number where it is one.
    #[must_use]
    pub fn new(expression: &str, value: f64) -> Self {
        Self { expression: expression.to_owned(), value: value.is_finite().then_some(value) }
    }
}

/// What happened to a batch, in the order in which it happened.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Journal {
    /// Fills, settlements and payments.
    pub entries: Vec<Entry>,
    /// What rules said of open positions.
    pub verdicts: Vec<Verdict>,
}

/// An open position of one path, as a trace shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Holding {
    /// The part of the P&L that it belongs to.
    #[serde(skip)]
    pub component: ComponentId,
    /// What is held, for people.
    pub what: String,
    /// Contracts, positive bought, negative sold.
    pub quantity: f64,
    /// Price at the mark, points.
    pub price: f64,
    /// What it is worth, USD; nothing for a future, whose gains are paid every day.
    pub value_usd: f64,
    /// Premium received at entry where it was sold, points.
    pub credit: Option<f64>,
}
