//! From a plan to a result.

pub mod result;

pub use result::{ModelCheck, Progress, RunResult};

use crate::error::{Error, Result};
use crate::plan::Plan;

/// Sets how many threads all later runs of this process use; without it there is one for each core.
///
/// # Errors
/// The system refuses the threads, or they are set already.
pub fn set_threads(threads: usize) -> Result<()> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .map_err(|error| Error::Run(format!("cannot start {threads} threads: {error}")))
}

/// Simulates a plan.
///
/// # Errors
/// The run failed or was interrupted.
pub fn run(_plan: &Plan, _progress: &dyn Progress) -> Result<RunResult> {
    Err(Error::Run("this build has no engine yet".into()))
}
