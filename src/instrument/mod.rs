//! Contracts: their terms, no prices.

pub mod condor;
pub mod future;
pub mod option;
pub mod strike;

pub use condor::{CondorStrikes, IronCondor};
pub use future::VxFuture;
pub use option::{OptionKind, SpxOption};
pub use strike::nearest_listed_strike;
