//! The main job: from a plan to outcomes, figures and what the run found out about itself.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

use super::batch::BatchWorker;
use super::collect::{BatchOutcome, join};
use super::context::Context;
use super::result::{ModelCheck, Progress, RunResult};
use super::signal::SKEW_ACCURACY;
use crate::plan::{BATCH_PATHS, Plan};
use crate::pricing::{OptionTable, VxTable};
use crate::risk::Outcomes;
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
    let context = Context::new(plan, progress)?;
    progress.start(plan.run.paths as u64);
    let idle = IdleWorkers::default();
    let batches: Result<Vec<BatchOutcome>> = (0..plan.run.paths.div_ceil(BATCH_PATHS))
        .into_par_iter()
        .map(|batch| {
            if progress.interrupted() {
                return Err(Error::Interrupted);
            }
            let first = batch * BATCH_PATHS;
            let lanes = BATCH_PATHS.min(plan.run.paths - first);
            let mut worker = idle.take(&context);
            worker.run(&context, first as u64, lanes)?;
            progress.advance(lanes as u64);
            let outcome = BatchOutcome::take(&worker, plan, &context.components, lanes);
            idle.put(worker);
            Ok(outcome)
        })
        .collect();
    let batches = batches?;
    progress.finish();
    let imbalance_usd = batches.iter().fold(0.0, |largest: f64, batch| largest.max(batch.imbalance_usd));
    let outcomes = join(batches, &context.components, plan.run.paths);
    refuse_too_many_unmarked(&outcomes)?;
    let terms = SummaryTerms { horizon_days: plan.run.horizon_days as u32, equity_usd: plan.equity };
    let Summary { figures, warnings } = summarise(&outcomes, &terms);
    let of_rules = no_condors(plan, &outcomes).into_iter().chain(late_rules(&context));
    let of_rules = of_rules.chain(plan.factors.repaired.clone());
    let warnings = of_rules.chain(warnings.iter().map(ToString::to_string)).collect();
    Ok(RunResult { outcomes, figures, warnings, checks: checks(&context, imbalance_usd) })
}

/// Workers between batches: as many are made as threads work at once, and each keeps its memory.
#[derive(Default)]
struct IdleWorkers(Mutex<Vec<BatchWorker>>);

impl IdleWorkers {
    fn take(&self, context: &Context<'_>) -> BatchWorker {
        self.lock().pop().unwrap_or_else(|| BatchWorker::new(context, BATCH_PATHS))
    }

    fn put(&self, worker: BatchWorker) {
        self.lock().push(worker);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<BatchWorker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Warm-ups shorter than this are not worth a warning, trading days.
const WARM_UP_WORTH_A_WARNING: usize = 42;

/// Warns of rules that cannot hold for long, because indicators know too little of the days before the first.
fn late_rules(context: &Context<'_>) -> Vec<String> {
    let plan = context.plan;
    let condors = plan.condors.iter().zip(&context.condor_rules).map(|(condor, rules)| (&condor.name, rules.enter));
    let layers = plan.layers.iter().zip(&context.layer_rules).map(|(layer, rules)| (&layer.name, rules.enter));
    let late =
        condors.chain(layers).map(|(name, rule)| (name, context.program.warm_up_days_after(rule, &context.history)));
    late.filter(|(_, days)| *days >= WARM_UP_WORTH_A_WARNING)
        .map(|(name, days)| {
            let horizon = plan.run.horizon_days;
            let why = match plan.history {
                None => {
                    "indicators know nothing before the first day; `market.history` names a file with days before it"
                }
                Some(_) => "the history lacks a series that it needs, or is too short for it",
            };
            format!("a function in `enter` of {name} has no value before close {days} of {horizon}: {why}")
        })
        .collect()
}

/// Warns of programmes that did nothing: without condors a run measures only its hedge.
fn no_condors(plan: &Plan, outcomes: &Outcomes) -> Option<String> {
    let opened = outcomes.count("condors_opened").map_or(0, |counts| counts.iter().map(|&n| i64::from(n)).sum());
    (opened == 0 && !plan.condors.is_empty()).then(|| {
        "no condor was opened on any path: `enter` never held, or no strikes gave a credit above the half-spread".into()
    })
}

/// A run fails when more than this share of its paths has a day that could not be marked.
const UNMARKED_PATHS_MAX: f64 = 1e-3;

fn refuse_too_many_unmarked(outcomes: &Outcomes) -> Result<()> {
    let unmarked = outcomes.count("unmarked_days").map_or(0, |days| days.iter().filter(|&&days| days > 0).count());
    if unmarked as f64 > UNMARKED_PATHS_MAX * outcomes.paths() as f64 {
        return Err(Error::Run(format!(
            "{unmarked} of {} paths have days on which a condor could not be marked; at most {} may",
            outcomes.paths(),
            (UNMARKED_PATHS_MAX * outcomes.paths() as f64).floor(),
        )));
    }
    Ok(())
}

/// What the run checked about itself.
fn checks(context: &Context<'_>, imbalance_usd: f64) -> Vec<ModelCheck> {
    let exact_options: u64 = context.options.built().map(OptionTable::exact_count).sum();
    let exact_futures: u64 = context.vx_tables().iter().map(VxTable::exact_count).sum();
    let count = |name: &str, value: u64| ModelCheck {
        name: name.into(),
        value: value as f64,
        standard_error: None,
        limit: None,
        unit: "marks".into(),
        passed: true,
    };
    let skew = context.signals.skew_error().map(|error| ModelCheck {
        name: "largest error of the tabulated 25-delta skew".into(),
        value: 100.0 * error,
        standard_error: None,
        limit: Some(100.0 * SKEW_ACCURACY),
        unit: "volatility points".into(),
        passed: error <= SKEW_ACCURACY,
    });
    let mut checks = vec![
        // An account must agree with the sum of its parts to half a cent.
        ModelCheck {
            name: "largest difference between an account and the sum of its parts, any day of any path".into(),
            value: imbalance_usd,
            standard_error: None,
            limit: Some(0.005),
            unit: "USD".into(),
            passed: imbalance_usd < 0.005,
        },
        count("option marks outside the tables, priced exactly", exact_options),
        count("VX marks outside the tables, priced exactly", exact_futures),
    ];
    checks.extend(skew);
    checks
}
