//! Simulated histories under P.

pub mod batch;
mod coefficients;
pub mod crunch;
pub mod factors;
pub mod follow;
pub mod generate;
mod lanes;
pub mod lead;
pub mod release;
pub mod shock;
mod step;
pub mod surprise;

pub use batch::PathBatch;
pub use crunch::{CrunchBatch, CrunchLaw, Crunches};
pub use follow::Followed;
pub use generate::{DayStep, Generator, Start, Workspace};
pub use lead::Lead;
pub use release::{Release, ReleaseDays};
pub use shock::{Shock, Shocks, SlowFactor};
pub use step::diffuse;
pub use surprise::Surprises;
