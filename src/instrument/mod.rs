//! Contracts: their terms, no prices.

pub mod condor;
pub mod option;
pub mod strike;

pub use condor::CondorStrikes;
pub use option::OptionKind;
pub use strike::{nearest_listed_strike, nearest_vix_strike};
