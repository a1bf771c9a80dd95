//! Simulated histories under P.

pub mod batch;
mod coefficients;
pub mod factors;
pub mod generate;
mod lanes;
pub mod shock;
mod step;

pub use batch::PathBatch;
pub use generate::{DayStep, Generator, Start, Workspace};
pub use shock::{Shock, Shocks, SlowFactor};
pub use step::diffuse;
