//! Some candidates on the same paths: plans made, finished ones read, the others run together and kept.

use super::store::Store;
use super::{Candidate, Plans, Task, Wanted, Watch};
use crate::engine::result::Progress;
use crate::engine::sweep::{Setting, run_together};
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::risk::{Baseline, Score};

/// Plans made at a time.
const PLANS_AT_ONCE: usize = 1024;

/// What candidates are evaluated with.
pub(super) struct Evaluator<'a> {
    pub(super) plans: &'a dyn Plans,
    pub(super) task: &'a Task,
    pub(super) store: &'a Store,
    pub(super) watch: &'a dyn Watch,
}

/// The scores of some candidates, in their order.
pub(super) struct Evaluated {
    pub(super) scores: Vec<std::result::Result<Score, String>>,
    /// The setting whose plan is the reference's.
    pub(super) twin: Option<Candidate>,
}

impl Evaluator<'_> {
    /// Scores candidates, of which the reference is the first, on paths of a seed in a world.
    pub(super) fn evaluate(
        &self,
        what: &str,
        candidates: &[Candidate],
        seed: u64,
        world: Option<usize>,
        paths: usize,
    ) -> Result<Evaluated> {
        assert_eq!(candidates.first(), Some(&0), "settings are compared with the reference");
        self.watch.round(what, candidates.len(), paths);
        let plan = |candidate: Candidate| self.plans.plan(Wanted { candidate, seed, world });
        let reference = plan(0)?;
        let mut round = State {
            candidates: candidates.to_vec(),
            scores: vec![None; candidates.len()],
            twin: None,
            finished: 0,
            baseline: None,
        };
        for start in (0..candidates.len()).step_by(PLANS_AT_ONCE) {
            let mut missing: Vec<(usize, Plan)> = Vec::new();
            for index in start..(start + PLANS_AT_ONCE).min(candidates.len()) {
                if index > 0 {
                    let plan = match plan(candidates[index]) {
                        Ok(plan) => plan,
                        // In another world some settings may not be possible; in their own all are checked beforehand.
                        Err(error) if world.is_some() => {
                            round.settle(index, Err(super::one_line(&error)), self.watch);
                            self.watch.advance(paths as u64);
                            continue;
                        }
                        Err(error) => return Err(error),
                    };
                    if plan.digest == reference.digest {
                        round.twin = Some(index);
                    } else if let Some(score) = self.store.read(&key(&plan, paths)) {
                        round.settle(index, Ok(score), self.watch);
                        self.watch.advance(paths as u64);
                    } else {
                        missing.push((index, plan));
                    }
                } else if let Some(score) = self.store.read(&key(&reference, paths)) {
                    round.settle(0, Ok(score), self.watch);
                }
            }
            if !missing.is_empty() || round.scores[0].is_none() {
                self.run(what, &mut round, &reference, missing, paths)?;
            }
        }
        if let Some(twin) = round.twin {
            let same = round.scores[0].clone().unwrap_or_else(|| Err("it was not run".into()));
            round.settle(twin, same, self.watch);
            self.watch.advance(paths as u64);
        }
        let missing = || Err("it was not run".to_owned());
        let scores = round.scores.into_iter().map(|score| score.unwrap_or_else(missing)).collect();
        Ok(Evaluated { scores, twin: round.twin.map(|index| candidates[index]) })
    }

    /// Runs what is missing; the reference once more where its influences are not at hand.
    fn run(
        &self,
        what: &str,
        round: &mut State,
        reference: &Plan,
        missing: Vec<(usize, Plan)>,
        paths: usize,
    ) -> Result<()> {
        let again = round.baseline.is_none();
        let mut plans: Vec<&Plan> = Vec::with_capacity(missing.len() + 1);
        if again {
            plans.push(reference);
        }
        plans.extend(missing.iter().map(|(_, plan)| plan));
        let mut waiting: Vec<(usize, Setting)> = Vec::new();
        let mut hear = |place: usize, setting: Result<Setting>| -> Result<()> {
            let index = if again && place == 0 { 0 } else { missing[place - usize::from(again)].0 };
            let setting = match setting {
                Ok(setting) => setting,
                Err(error @ (Error::Interrupted | Error::Paused(_) | Error::Io { .. })) => return Err(error),
                Err(error) if index == 0 => return Err(error),
                Err(error) => {
                    round.settle(index, Err(error.to_string()), self.watch);
                    return Ok(());
                }
            };
            if index == 0 {
                let yardstick = &self.task.yardstick;
                round.baseline = Some(yardstick.baseline(&setting.outcomes, &setting.terms)?);
            }
            waiting.push((index, setting));
            if round.baseline.is_some() {
                for (index, setting) in std::mem::take(&mut waiting) {
                    let plan = missing.iter().find(|(at, _)| *at == index).map_or(reference, |(_, plan)| plan);
                    self.keep(round, index, plan, &setting, paths)?;
                }
            }
            Ok(())
        };
        let quiet = Quiet { watch: self.watch };
        match run_together(&plans, 0..paths, self.task.threads, &quiet, &mut hear) {
            Ok(cost) => {
                self.watch.cost(&cost);
                Ok(())
            }
            Err(Error::Interrupted) => Err(Error::Paused(round.paused(what))),
            Err(error) => Err(error),
        }
    }

    fn keep(&self, round: &mut State, index: usize, plan: &Plan, setting: &Setting, paths: usize) -> Result<()> {
        let Some(baseline) = &round.baseline else { return Ok(()) };
        let Setting { outcomes, terms, imbalance_usd } = setting;
        let score = self.task.yardstick.score(outcomes, terms, *imbalance_usd, baseline)?;
        self.store.write(&key(plan, paths), &score)?;
        round.settle(index, Ok(score), self.watch);
        Ok(())
    }
}

/// What is known of a round so far.
struct State {
    candidates: Vec<Candidate>,
    scores: Vec<Option<std::result::Result<Score, String>>>,
    twin: Option<usize>,
    finished: usize,
    baseline: Option<Baseline>,
}

impl State {
    /// What is finished and what is not, by the numbers of settings.
    fn paused(&self, what: &str) -> String {
        let unfinished: Vec<usize> = (0..self.scores.len())
            .filter(|&index| self.scores[index].is_none())
            .map(|index| self.candidates[index])
            .collect();
        format!(
            "interrupted in {what}: {} of {} settings are finished; not finished: {}",
            self.finished,
            self.scores.len(),
            ranges(&unfinished)
        )
    }

    fn settle(&mut self, index: usize, score: std::result::Result<Score, String>, watch: &dyn Watch) {
        if self.scores[index].is_none() {
            self.finished += 1;
            watch.settled(self.finished);
        }
        self.scores[index] = Some(score);
    }
}

/// Ascending numbers in words, as in `0, 3 to 7, 9`.
fn ranges(numbers: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let words =
        runs.iter().map(|&(first, last)| if first == last { first.to_string() } else { format!("{first} to {last}") });
    words.collect::<Vec<_>>().join(", ")
}

/// The name under which a finished setting is kept.
fn key(plan: &Plan, paths: usize) -> String {
    format!("{}-{paths}", plan.digest)
}

/// Passes on how far the paths are; a round has its own beginning and end.
struct Quiet<'a> {
    watch: &'a dyn Watch,
}

impl Progress for Quiet<'_> {
    fn start(&self, _paths: u64) {}

    fn advance(&self, paths: u64) {
        self.watch.advance(paths);
    }

    fn finish(&self) {}

    fn interrupted(&self) -> bool {
        self.watch.interrupted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_told_by_their_ends() {
        assert_eq!(ranges(&[0, 3, 4, 5, 6, 7, 9]), "0, 3 to 7, 9");
        assert_eq!(ranges(&[]), "");
    }
}
