//! A small made-up sweep for the tests of this module.

use crate::engine::search::{Found, Fresh, Round, Standing, Task};
use crate::plan::Plan;
use crate::report::fixture;
use crate::report::sweep::SweepReport;
use crate::risk::contest::{Entrant, contest};
use crate::risk::{Influence, Score, Yardstick};
use crate::stats::Estimate;

/// A sweep with everything that a report refers to.
pub(crate) struct Sweep {
    pub(crate) plan: Plan,
    pub(crate) keys: Vec<String>,
    pub(crate) settings: Vec<Vec<f64>>,
    pub(crate) task: Task,
    pub(crate) found: Found,
}

/// The score of a setting with that goal; `admitted` says whether it costs little enough.
fn score(goal: f64, admitted: bool) -> Score {
    // One part is common to all settings; a coin of three dollars that each tosses by itself makes a difference of goals known to
    // 3 sqrt(2 / 1000) = 0.13 dollars.
    let coin = |path: u32| (path ^ (goal * 16.0) as u32).wrapping_mul(2_654_435_761) >> 31;
    let per_path = (0..1000).map(|path| f64::from(path % 7) + if coin(path) == 0 { 3.0 } else { -3.0 }).collect();
    let mut entrant = Entrant::new(&Influence { value: goal, per_path, tells_error: true }, true);
    entrant.admitted = admitted;
    let estimate = Estimate::normal(goal, 1.0);
    Score {
        entrant,
        goal: estimate,
        measures: vec![estimate, Estimate::normal(0.1 * goal, 0.2)],
        differences: vec![Estimate::normal(goal - 100.0, 0.5); 3],
        demands: vec![Estimate::normal(if admitted { -1.0 } else { 1.0 }, 0.1)],
        imbalance_usd: 0.0,
    }
}

/// Settings on a grid of two keys, as many keys more as wanted, with these goals; a goal that is negative misses the demand, and
/// one that is not a number could not be evaluated.
pub(crate) fn sweep(goals: &[f64], more_keys: usize) -> Sweep {
    let plan = fixture::plan();
    let mut keys = vec!["first".to_owned(), "layer.L1 <early>.hold.contracts".to_owned()];
    keys.extend((0..more_keys).map(|key| format!("more_{key}")));
    let setting = |place: usize| {
        let grid = [(place / 2) as f64, (place % 2) as f64].into_iter();
        grid.chain((0..more_keys).map(|key| (place * (key + 2)) as f64)).collect()
    };
    let settings: Vec<Vec<f64>> = (0..goals.len()).map(setting).collect();
    let yardstick = Yardstick {
        goal: "es(0.99)".parse().unwrap(),
        demands: vec!["cost <= 0.5 * equity".parse().unwrap()],
        measures: vec!["es(0.99)".parse().unwrap(), "cost".parse().unwrap()],
    };
    let task = Task { yardstick, halving: false, paths: 1000, seed: 7, threads: None };
    let scores: Vec<Result<Score, String>> = std::iter::once(&100.0)
        .chain(goals)
        .map(|&goal| if goal.is_nan() { Err("a <reason>".into()) } else { Ok(score(goal.abs(), goal > 0.0)) })
        .collect();
    let finalists: Vec<usize> = (0..scores.len()).filter(|&candidate| scores[candidate].is_ok()).collect();
    let entrants: Vec<&Entrant> = scores.iter().flatten().map(|score| &score.entrant).collect();
    let contest = contest(&entrants, 0);
    let best = contest.best.map(|place| finalists[place]);
    let fresh = best.map(|_| Fresh {
        seed: 11,
        best: score(80.0, true),
        reference: score(100.0, true),
        flattery: Estimate::normal(3.0, 2.0),
    });
    let found = Found {
        rounds: vec![Round { paths: 1000, entered: scores.len(), dropped_while_tied: 0 }],
        standings: scores.into_iter().map(|score| Standing { round: 0, score }).collect(),
        finalists,
        contest,
        best,
        twin: None,
        fresh,
        worlds: Vec::new(),
    };
    Sweep { plan, keys, settings, task, found }
}

impl Sweep {
    /// What is reported.
    pub(crate) fn report<'a>(&'a self, reference_values: &'a [Option<f64>]) -> SweepReport<'a> {
        SweepReport {
            plan: &self.plan,
            digest: "0123456789ab",
            keys: &self.keys,
            settings: &self.settings,
            reference_values,
            task: &self.task,
            options: &[],
            found: &self.found,
        }
    }
}
