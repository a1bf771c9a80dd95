//! The main job: from a plan to outcomes, figures and what the run found out about itself.

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

use super::batch::BatchWorker;
use super::collect::{BatchOutcome, join};
use super::context::Context;
use super::result::{ModelCheck, Progress, RunResult};
use crate::plan::{BATCH_PATHS, Plan};
use crate::risk::summary::{Summary, SummaryTerms, summarise};
use crate::{Error, Result};

/// Runs a plan on `threads` threads, or on all cores.
///
/// # Errors
/// A table of marks that cannot be built to the accuracy asked for, too many paths that cannot be marked, or an
/// interruption.
pub fn run(plan: &Plan, threads: Option<usize>, progress: &dyn Progress) -> Result<RunResult> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .build()
        .map_err(|error| Error::Run(format!("cannot start the threads: {error}")))?;
    pool.install(|| run_in_pool(plan, progress))
}

fn run_in_pool(plan: &Plan, progress: &dyn Progress) -> Result<RunResult> {
    progress.start(plan.run.paths as u64);
    let context = Context::new(plan)?;
    let batches: Result<Vec<BatchOutcome>> = (0..plan.run.paths.div_ceil(BATCH_PATHS))
        .into_par_iter()
        .map_init(
            || BatchWorker::new(&context, BATCH_PATHS),
            |worker, batch| {
                if progress.interrupted() {
                    return Err(Error::Interrupted);
                }
                let first = batch * BATCH_PATHS;
                let lanes = BATCH_PATHS.min(plan.run.paths - first);
                worker.run(&context, first as u64, lanes)?;
                progress.advance(lanes as u64);
                Ok(BatchOutcome::take(worker, plan, &context.components, lanes))
            },
        )
        .collect();
    let batches = batches?;
    progress.finish();
    let imbalance_usd = batches.iter().fold(0.0, |largest: f64, batch| largest.max(batch.imbalance_usd));
    let outcomes = join(batches, &context.components, plan.run.paths);
    let terms = SummaryTerms { horizon_days: plan.run.horizon_days as u32, equity_usd: plan.equity };
    let Summary { figures, warnings } = summarise(&outcomes, &terms);
    let warnings = warnings.iter().map(ToString::to_string).collect();
    let checks = vec![ledger_check(imbalance_usd)];
    Ok(RunResult { outcomes, figures, warnings, checks })
}

/// An account must agree with the sum of its parts to half a cent.
fn ledger_check(imbalance_usd: f64) -> ModelCheck {
    ModelCheck {
        name: "largest difference between an account and the sum of its parts, any day of any path".into(),
        value: imbalance_usd,
        standard_error: None,
        limit: Some(0.005),
        unit: "USD".into(),
        passed: imbalance_usd < 0.005,
    }
}
