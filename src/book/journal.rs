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
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Day of the run.
    pub day: usize,
    /// Path of the batch.
    pub lane: usize,
    /// The part of the P&L that it belongs to.
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

/// The entries of a batch, in the order in which they happened.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Journal {
    /// All of them.
    pub entries: Vec<Entry>,
}

/// An open position of one path, as a trace shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Holding {
    /// The part of the P&L that it belongs to.
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
