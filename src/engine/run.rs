//! The main job: from a plan to outcomes, figures and what the run found out about itself.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

use super::batch::BatchWorker;
use super::certify::{Marks, Worst};
use super::collect::{BatchOutcome, OutcomeStore, append};
use super::context::Context;
use super::martingale::martingale_checks;
use super::profile::ProfileCounts;
use super::replay::replay;
use super::result::{ModelCheck, Progress, RunResult};
use super::signal::{SKEW_ACCURACY, assumptions};
use super::vix_option_marks::VIX_OPTION_ACCURACY;
use crate::plan::{BATCH_PATHS, Plan, StopWhen};
use crate::pricing::vx_table::VX_ACCURACY;
use crate::pricing::{OptionTable, VixOptionTable, VxTable};
use crate::risk::summary::{Summary, SummaryTerms, summarise};
use crate::risk::{Figure, Outcomes, Profile};
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
    let workers = IdleWorkers::default();
    let mut outcomes = Outcomes::default();
    let mut imbalance_usd = 0.0_f64;
    let mut paths = plan.run.paths;
    let summary = loop {
        let done = outcomes.paths();
        let (part, imbalance) = simulate(&context, &workers, done..paths, progress)?;
        imbalance_usd = imbalance_usd.max(imbalance);
        if done == 0 {
            outcomes = part
        } else {
            append(&mut outcomes, part)
        }
        refuse_too_many_unmarked(&outcomes)?;
        let summary = summarise(&outcomes, &summary_terms(&context));
        match more_paths(plan, paths, &summary.figures)? {
            Some(more) => paths = more,
            None => break summary,
        }
    };
    progress.finish();
    let Summary { figures, warnings, mut notes } = summary;
    notes.extend(assumptions(plan));
    let of_rules = no_condors(plan, &outcomes).into_iter().chain(late_rules(&context));
    let of_rules = of_rules.chain(plan.factors.repaired.clone());
    let warnings = of_rules.chain(still_unknown(plan, &figures)).chain(warnings.iter().map(ToString::to_string));
    let mut checks = checks(&context, imbalance_usd);
    checks.extend(martingale_checks(&context)?);
    let worst_paths = worst_paths(&outcomes).into_iter().map(|path| replay(&context, path)).collect::<Result<_>>()?;
    Ok(RunResult {
        warnings: warnings.collect(),
        outcomes,
        figures,
        notes,
        cash_at_end_usd: context.cash_equity(plan.run.horizon_days),
        checks,
        profile: workers.profile(&context),
        worst_paths,
    })
}

/// Simulates some paths of a run in batches: their outcomes, and the largest difference between an account and the sum of
/// its parts, USD.
fn simulate(
    context: &Context<'_>,
    workers: &IdleWorkers,
    paths: Range<usize>,
    progress: &dyn Progress,
) -> Result<(Outcomes, f64)> {
    progress.start(paths.end as u64);
    progress.advance(paths.start as u64);
    let store = Mutex::new(OutcomeStore::new(paths.clone(), false));
    (0..paths.len().div_ceil(BATCH_PATHS)).into_par_iter().try_for_each(|batch| {
        if progress.interrupted() {
            return Err(Error::Interrupted);
        }
        let first = paths.start + batch * BATCH_PATHS;
        let lanes = BATCH_PATHS.min(paths.end - first);
        let mut worker = workers.take(context);
        worker.run(context, first as u64, lanes)?;
        progress.hear_pnl(&worker.hedged().track.pnl);
        progress.advance(lanes as u64);
        let outcome = BatchOutcome::take(&worker, context, lanes);
        store.lock().unwrap_or_else(PoisonError::into_inner).put(first, outcome);
        workers.put(worker);
        Ok(())
    })?;
    Ok(store.into_inner().unwrap_or_else(PoisonError::into_inner).finish(&[], &context.components))
}

/// What the figures of a plan need beside its outcomes.
pub(super) fn summary_terms(context: &Context<'_>) -> SummaryTerms {
    let horizon_days = context.plan.run.horizon_days;
    SummaryTerms {
        horizon_days: horizon_days as u32,
        equity_usd: context.plan.equity,
        cash_at_end_usd: context.cash_equity(horizon_days),
    }
}

/// How many paths the run needs after `paths` of them: twice as many until its measure is known well enough.
///
/// # Errors
/// The run has no such measure.
fn more_paths(plan: &Plan, paths: usize, figures: &[Figure]) -> Result<Option<usize>> {
    let Some(stop_when) = &plan.run.stop_when else { return Ok(None) };
    let enough = relative_error(stop_when, figures)?.is_some_and(|error| error <= stop_when.relative_error);
    Ok((!enough && paths < stop_when.max_paths).then(|| (2 * paths).min(stop_when.max_paths)))
}

/// The standard error of the measure over the measure; `None` where it is not known.
fn relative_error(stop_when: &StopWhen, figures: &[Figure]) -> Result<Option<f64>> {
    let figure = stop_when.measure.figure(figures)?;
    Ok(figure.standard_error.map(|error| (error / figure.value).abs()))
}

/// Warns where the largest number of paths came before the error that was asked for.
fn still_unknown(plan: &Plan, figures: &[Figure]) -> Option<String> {
    let stop_when = plan.run.stop_when.as_ref()?;
    let error = relative_error(stop_when, figures).ok()??;
    (error > stop_when.relative_error).then(|| {
        format!(
            "run.stop_when: after the largest number of paths, {}, the standard error of {} is still {:.2} % of it",
            stop_when.max_paths,
            stop_when.measure,
            100.0 * error
        )
    })
}

/// Workers between batches: as many are made as threads work at once, and each keeps its memory.
#[derive(Default)]
struct IdleWorkers(Mutex<Vec<BatchWorker>>);

impl IdleWorkers {
    fn take(&self, context: &Context<'_>) -> BatchWorker {
        self.lock().pop().unwrap_or_else(|| BatchWorker::new(context, BATCH_PATHS).with_profile(context))
    }

    fn put(&self, worker: BatchWorker) {
        self.lock().push(worker);
    }

    /// How the paths of all workers spread.
    fn profile(&self, context: &Context<'_>) -> Profile {
        let mut counts = ProfileCounts::new(context.grid.horizon_days());
        self.lock().iter().filter_map(|worker| worker.study.profile.as_ref()).for_each(|profile| counts.merge(profile));
        counts.profile()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<BatchWorker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Paths that are told day by day.
const WORST_PATHS: usize = 5;

/// The paths on which the hedged account loses most, the worst first.
fn worst_paths(outcomes: &Outcomes) -> Vec<u64> {
    let Some(pnl) = outcomes.real("hedged_pnl_usd") else { return Vec::new() };
    let mut paths: Vec<u64> = (0..pnl.len() as u64).collect();
    let count = WORST_PATHS.min(paths.len());
    let by_loss = |a: &u64, b: &u64| pnl[*a as usize].total_cmp(&pnl[*b as usize]).then(a.cmp(b));
    if count < paths.len() {
        paths.select_nth_unstable_by(count, by_loss);
        paths.truncate(count);
    }
    paths.sort_unstable_by(by_loss);
    paths
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

/// # Errors
/// Too many paths have a day on which a condor could not be marked.
pub(super) fn refuse_too_many_unmarked(outcomes: &Outcomes) -> Result<()> {
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
    let exact_options: u64 = context.options.built().map(|certified| certified.table.exact_count()).sum();
    let mut worst_option = Worst::default();
    context.options.built().for_each(|certified| worst_option.merge(&certified.worst));
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
        certificate::<OptionTable>(&worst_option, context.plan.run.mark_accuracy),
        certificate::<VxTable>(&context.vx_worst, VX_ACCURACY),
        count("option marks outside the tables, priced exactly", exact_options),
        count("VX marks outside the tables, priced exactly", exact_futures),
    ];
    let vix_options = &context.vix_options;
    if !vix_options.tables().is_empty() {
        let exact = vix_options.tables().iter().map(VixOptionTable::exact_count).sum();
        checks.push(certificate::<VixOptionTable>(&vix_options.worst, VIX_OPTION_ACCURACY));
        checks.push(count("VIX option marks outside the tables, priced exactly", exact));
    }
    checks.extend(skew);
    checks
}

/// What the certificates of one kind of marks found.
fn certificate<T: Marks>(worst: &Worst, limit: f64) -> ModelCheck {
    let mut name = format!("largest error of marks of {} at {} random points", T::WHAT, worst.points);
    if !worst.place.is_empty() {
        name += &format!(": {}", worst.place);
    }
    ModelCheck {
        name,
        value: worst.error,
        standard_error: None,
        limit: Some(limit),
        unit: T::UNIT.into(),
        passed: worst.error <= limit,
    }
}
