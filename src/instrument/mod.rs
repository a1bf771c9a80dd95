//! Contracts: their terms, no prices.

pub mod condor;
pub mod option;
pub mod strike;

pub use condor::{CondorLeg, CondorStrikes};
pub use option::OptionKind;
pub use strike::{listed_spacing, nearest_listed_strike};
