//! Simulated histories under P.

pub mod batch;
mod coefficients;
pub mod factors;
pub mod generate;
mod lanes;
pub mod lead;
pub mod release;
pub mod shocks;
mod step;

pub use batch::PathBatch;
pub use generate::{DayStep, Generator, Start, Workspace};
pub use lead::Lead;
pub use release::{Release, ReleaseDays};
pub use shocks::Shocks;
pub use step::diffuse;
