//! What follows when equity falls below maintenance margin: whose positions go, in which order, and when it is over.
//!
//! ```text
//! equity < maintenance for more than `grace_days` closes    positions are sold until equity >= initial margin
//! equity < initial                                          nothing new is opened
//! equity <= ruin_below                                      everything is sold, and trading ends on that path
//! forced fill = mark, worse by `forced_spread` x half-spread, and fees
//! ```

use serde::{Deserialize, Serialize};

/// In which order positions are sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Liquidate {
    /// One after the other, what ties up most first; the hedge counts as one position.
    #[default]
    #[serde(rename = "worst first")]
    WorstFirst,
    /// Everything at once.
    #[serde(rename = "all")]
    All,
    /// All condors at once, then the hedge if that is not enough.
    #[serde(rename = "condors first")]
    CondorsFirst,
    /// Condors one after the other, what ties up most first; then the hedge.
    #[serde(rename = "hedges last")]
    HedgesLast,
}

/// The rules of a margin call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallRules {
    /// In which order positions are sold.
    pub liquidate: Liquidate,
    /// Closes after the first below maintenance margin for which nothing is sold yet.
    pub grace_days: u32,
    /// Half-spreads that a forced fill crosses, for one that a free order crosses.
    pub forced_spread: f64,
    /// Equity, USD, at or below which the account is ruined.
    pub ruin_below: f64,
}

impl Default for CallRules {
    fn default() -> Self {
        Self { liquidate: Liquidate::WorstFirst, grace_days: 0, forced_spread: 2.0, ruin_below: 0.0 }
    }
}
