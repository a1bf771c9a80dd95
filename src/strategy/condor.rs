//! A programme of iron condors: when to open one, at which strikes, when to close it.

use serde::{Deserialize, Serialize};

use super::rule::Rule;

/// How often an entry falls due.
///
/// The first is due on the first day. A due entry waits until `enter` holds, and lapses when the next falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Every {
    /// Every session.
    Day,
    /// The weekday of the first day, or the next session.
    Week,
    /// The day of the month of the first day, or the next session.
    Month,
    /// Whenever the programme has nothing open.
    Flat,
}

/// One side of a condor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wing {
    /// Absolute Black delta (forward, own implied volatility) of the short strike.
    pub short_delta: f64,
    /// Distance to the long strike, index points.
    pub width: f64,
}

/// A condor programme.
#[derive(Debug, Clone)]
pub struct CondorProgramme {
    /// Unique name.
    pub name: String,
    /// Condors opened at an entry.
    pub lots: u32,
    /// Calendar days to expiry aimed at; the nearest listed expiry is taken.
    pub days: u32,
    /// The put side.
    pub put: Wing,
    /// The call side.
    pub call: Wing,
    /// How often an entry falls due.
    pub every: Every,
    /// Gate of an entry.
    pub enter: Rule,
    /// Closes the position at the close at which it holds; `None` holds to expiry.
    pub exit: Option<Rule>,
}
