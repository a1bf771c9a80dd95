//! What a market can do: parameters under both measures, the law of a jump, the VIX map.

pub mod jumps;
pub mod measure;
pub mod parameters;
pub mod preset;

pub use jumps::JumpLaw;
pub use measure::{Measure, Physical, RiskNeutral};
pub use parameters::{Dynamics, Factor, Law, Model, Shared, State};
pub use preset::Preset;
