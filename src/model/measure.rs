//! The two probability measures, as types that cannot be mixed up.
//!
//! Paths live under the real-world measure P ([`Physical`]), marks under the pricing measure Q ([`RiskNeutral`]).
//! State (spot, variances) has no measure; what an equivalent measure cannot change is stored once, untagged.

use std::fmt::Debug;

mod sealed {
    pub trait Sealed {}
}

/// A probability measure.
pub trait Measure: sealed::Sealed + Copy + Debug + PartialEq + Send + Sync + 'static {
    /// The measure's name in messages.
    const NAME: &'static str;
}

/// The real-world measure P, under which paths are simulated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Physical;

/// The pricing measure Q, under which everything is marked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RiskNeutral;

impl sealed::Sealed for Physical {}
impl sealed::Sealed for RiskNeutral {}

impl Measure for Physical {
    const NAME: &'static str = "physical";
}

impl Measure for RiskNeutral {
    const NAME: &'static str = "risk-neutral";
}
