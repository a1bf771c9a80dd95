//! Simulated histories under P.

pub mod batch;
pub mod factors;
pub mod generate;
mod step;

pub use batch::PathBatch;
pub use generate::{DayStep, Generator, Start, Workspace};
