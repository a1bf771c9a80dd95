//! From a plan to a result.

pub mod result;

pub use result::{ModelCheck, Progress, RunResult, Silent};

use crate::error::{Error, Result};
use crate::plan::Plan;

/// Runs a plan on `threads` threads, or on all cores.
///
/// # Errors
/// Always: the engine lives on another branch.
pub fn run(_plan: &Plan, _threads: Option<usize>, progress: &dyn Progress) -> Result<RunResult> {
    progress.start(0);
    Err(Error::Run("this build has no engine".into()))
}
