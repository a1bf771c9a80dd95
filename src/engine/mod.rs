//! Runs a plan: batches of paths in parallel, joined in path order, so that results are a function of the plan alone.

mod batch;
mod book;
mod close;
mod collect;
pub mod components;
mod condor_desk;
mod context;
mod decline;
mod expected;
pub mod explain;
mod exposure;
mod hedge_desk;
mod history;
mod market;
mod martingale;
mod observe;
mod option_marks;
mod profile;
pub mod replay;
pub mod result;
mod run;
mod schedule;
mod signal;
mod standing;
mod study;

pub use explain::{PathStory, explain};
pub use replay::{PathTrace, TraceDecline};
pub use result::{ModelCheck, Progress, RunResult, Silent};
pub use run::run;
