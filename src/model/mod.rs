//! What a market can do: parameters under both measures, the law of a jump, the VIX map.

pub mod characteristic;
pub mod jumps;
pub mod measure;
pub mod parameters;
pub mod preset;
mod riccati;
mod series;
pub mod vix;

pub use characteristic::{Characteristic, Exponents};
pub use jumps::JumpLaw;
pub use measure::{Measure, Physical, RiskNeutral};
pub use parameters::{Dynamics, Factor, Law, Model, Shared, State};
pub use preset::Preset;
pub use series::Trajectory;
pub use vix::VixMap;
