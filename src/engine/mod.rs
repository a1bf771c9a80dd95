//! Runs a plan: batches of paths in parallel, joined in path order, so that results are a function of the plan alone.

mod batch;
mod book;
mod close;
mod collect;
pub mod components;
mod condor_desk;
mod context;
mod expected;
pub mod explain;
mod hedge_desk;
mod market;
mod news;
mod observe;
mod option_marks;
mod past;
pub mod result;
mod run;
mod schedule;
mod signal;
mod standing;

pub use explain::{PathStory, explain};
pub use result::{ModelCheck, Progress, RunResult, Silent};
pub use run::run;
