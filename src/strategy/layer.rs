//! A hedge layer: what to hold, how much of it, when to be on.

use serde::{Deserialize, Serialize};

use super::rule::Rule;

/// How layers that hold the same instrument combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The highest layer that is on sets the total; a layer's ledger carries what its total adds to those below.
    #[default]
    Total,
    /// Layers stack.
    Add,
}

/// When the size of a layer follows the risk of the condors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Resize {
    /// Every day.
    #[default]
    #[serde(rename = "daily")]
    Daily,
    /// When the layer goes on, and then no more.
    #[serde(rename = "at entry")]
    AtEntry,
}

/// A hedge layer of VX futures.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Unique name.
    pub name: String,
    /// Which VX, 1 for the front month.
    pub vx_month: u8,
    /// Contracts, negative for short: per `per_condor_risk` USD of condor risk where that is given, else outright.
    pub contracts: f64,
    /// USD of condor risk that `contracts` answer.
    pub per_condor_risk: Option<f64>,
    /// Turns the layer on, unless `exit` holds as well.
    pub enter: Rule,
    /// Turns it off.
    pub exit: Rule,
    /// Total or increment.
    pub level: Level,
    /// When its size follows the condors.
    pub resize: Resize,
    /// Calendar days before expiry at which the position rolls to the next contract.
    pub roll_days: u32,
}
