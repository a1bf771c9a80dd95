//! Evaluates many plans on the same paths.

use std::ops::Range;

use super::result::Progress;
use super::run::run;
use crate::error::{Error, Result};
use crate::plan::{Plan, RunPlan};
use crate::risk::{Outcomes, SummaryTerms};

/// What a plan of the sweep found out.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The columns of its run.
    pub outcomes: Outcomes,
    /// What figures need to know of it.
    pub terms: SummaryTerms,
    /// Largest difference between an account and the sum of its parts, USD.
    pub imbalance_usd: f64,
}

/// What a sweep cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SweepCost {
    /// Plans.
    pub settings: usize,
    /// Groups with paths of their own.
    pub markets: usize,
    /// Groups with condors of their own.
    pub condor_books: usize,
    /// Paths, marks, indicators, condors: ns a path-step and core.
    pub base_ns: f64,
    /// One more setting: ns a path-step and core.
    pub setting_ns: f64,
    /// Passes over the paths.
    pub passes: usize,
}

/// Evaluates plans one after the other.
///
/// # Errors
/// That of a plan, or an interruption.
pub fn run_together(
    plans: &[&Plan],
    paths: Range<usize>,
    threads: Option<usize>,
    progress: &dyn Progress,
    each: &mut dyn FnMut(usize, Result<Setting>) -> Result<()>,
) -> Result<SweepCost> {
    for (number, plan) in plans.iter().enumerate() {
        let run_plan = RunPlan { paths: paths.end, stop_when: None, ..plan.run.clone() };
        let plan = Plan { run: run_plan, ..(*plan).clone() };
        let result = match run(&plan, threads, progress) {
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            other => other,
        };
        let setting = result.map(|result| Setting {
            outcomes: result.outcomes,
            terms: SummaryTerms {
                horizon_days: plan.run.horizon_days as u32,
                equity_usd: plan.equity,
                cash_at_end_usd: result.cash_at_end_usd,
            },
            imbalance_usd: result.checks[0].value,
        });
        each(number, setting)?;
    }
    Ok(SweepCost {
        settings: plans.len(),
        markets: plans.len(),
        condor_books: plans.len(),
        base_ns: 0.0,
        setting_ns: 0.0,
        passes: plans.len(),
    })
}
