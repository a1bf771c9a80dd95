//! Simulated histories under P.

pub mod batch;
mod coefficients;
pub mod factors;
pub mod generate;
mod lanes;
mod step;

pub use batch::PathBatch;
pub use generate::{DayStep, Generator, Start, Workspace};
pub use step::diffuse;
