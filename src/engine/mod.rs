//! Runs a plan: batches of paths in parallel, joined in path order, so that results are a function of the plan alone.

mod batch;
mod book;
mod certify;
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
mod liquidation;
mod margin_desk;
mod market;
mod martingale;
mod news;
mod observe;
mod option_marks;
mod past;
pub mod price;
mod profile;
pub mod replay;
pub mod result;
mod run;
mod schedule;
mod signal;
mod spx_margin;
mod standing;
mod study;

pub use explain::{PathStory, explain};
pub use replay::{PathTrace, TraceDecline};
pub use result::{ModelCheck, Progress, RunResult, Silent};
pub use run::run;
