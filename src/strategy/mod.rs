//! Rules: what is visible now leads to orders; nothing here can see the next step.

pub mod condor;
pub mod credit;
pub mod fill;
pub mod layer;
pub mod rule;
pub mod strike;

pub use condor::{CondorProgramme, Every, Expiry, Wing};
pub use fill::Fill;
pub use layer::{Layer, Level, Resize};
pub use rule::Rule;
