//! A hedge layer: what to hold, how much of it, when to be on.
//!
//! A layer goes on when `enter` holds and `exit` does not; `exit` wins when both hold. Its size is
//!
//! ```text
//! contracts x condor risk / per_condor_risk      rounded to the nearest whole contract, halves away from zero
//! ```
//!
//! or `contracts` outright. Of layers that hold the same instrument with `level = "total"` the highest that is on sets
//! the total, and each carries what its total adds to the total of those below it; `level = "add"` stacks.

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

impl Layer {
    /// Whether the layer is on after today's close.
    #[must_use]
    pub fn next_on(on: bool, enter: bool, exit: bool) -> bool {
        !exit && (on || enter)
    }

    /// Whole contracts that answer `condor_risk_usd`.
    #[must_use]
    pub fn size(&self, condor_risk_usd: f64) -> f64 {
        match self.per_condor_risk {
            Some(per) => (self.contracts * condor_risk_usd / per).round(),
            None => self.contracts.round(),
        }
    }
}

/// What each layer of one instrument carries, from the sizes of those that are on (`None`: off), lowest layer first.
pub fn carried(layers: &[&Layer], sizes: &[Option<f64>], carried: &mut [f64]) {
    assert!(layers.len() == sizes.len() && layers.len() == carried.len());
    let mut total_below = 0.0;
    for ((layer, size), carried) in layers.iter().zip(sizes).zip(carried) {
        *carried = match (size, layer.level) {
            (None, _) => 0.0,
            (Some(size), Level::Add) => *size,
            (Some(size), Level::Total) => {
                let added = size - total_below;
                total_below = *size;
                added
            }
        };
    }
}
