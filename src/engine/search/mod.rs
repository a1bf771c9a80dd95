//! Many settings of a scenario on the same paths: which is best, which are tied with it, and whether that holds on others.
//!
//! ```text
//! rounds      all settings on N paths; or, halving: n settings on N / 2^r paths, the better half on twice as many, ...
//! contest     the settings of the last round: best, tied set                                  risk::contest
//! fresh       best and reference again on N paths of another seed: what the choice itself flattered
//! worlds      the last round again in other market models
//! ```
//!
//! Paths of a longer run begin with those of a shorter one, so halving looks at the same paths and at more of them.

mod evaluate;
mod round;
mod store;

use super::result::Progress;
use super::sweep::SweepCost;
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::random::derived_seed;
use crate::risk::contest::Contest;
use crate::risk::{Score, Yardstick, contest};
use crate::stats::Estimate;

pub use round::Round;
pub use store::Store;

use evaluate::Evaluator;
use round::{PATHS_MIN, halve, schedule};

/// Most values kept, settings times paths: a GiB of influences.
const VALUES_MAX: usize = 1 << 28;

/// A candidate: the reference is 0, setting `k` of the design is `k + 1`.
pub type Candidate = usize;

/// Which plan is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Of which candidate.
    pub candidate: Candidate,
    /// With this seed.
    pub seed: u64,
    /// In which other world; none: the scenario's own.
    pub world: Option<usize>,
}

/// Makes plans of settings.
pub trait Plans {
    /// Number of settings, the reference not counted.
    fn settings(&self) -> usize;
    /// Names of the other worlds.
    fn worlds(&self) -> Vec<String>;
    /// A plan.
    ///
    /// # Errors
    /// What is wrong with its values.
    fn plan(&self, wanted: Wanted) -> Result<Plan>;
}

/// Hears how far a search is.
pub trait Watch: Progress {
    /// A round begins.
    fn round(&self, what: &str, settings: usize, paths: usize);
    /// So many settings of the round are finished.
    fn settled(&self, settings: usize);
    /// What evaluating some of them cost.
    fn cost(&self, cost: &SweepCost);
}

/// What is asked of a search.
#[derive(Debug, Clone)]
pub struct Task {
    /// What settings are measured by.
    pub yardstick: Yardstick,
    /// Whether the number of settings is halved while that of paths doubles.
    pub halving: bool,
    /// Paths of the last round, of the fresh check and of other worlds.
    pub paths: usize,
    /// The seed of all rounds.
    pub seed: u64,
    /// Threads; `None` for all cores.
    pub threads: Option<usize>,
}

/// What is known of a candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The last round that it was in.
    pub round: usize,
    /// Its score there, or why it has none.
    pub score: std::result::Result<Score, String>,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The rounds, of which the last has all paths.
    pub rounds: Vec<Round>,
    /// One a candidate, the reference first.
    pub standings: Vec<Standing>,
    /// The candidates of the last contest; the reference only where no setting has its very plan.
    pub finalists: Vec<Candidate>,
    /// How they compare, in their order.
    pub contest: Contest,
    /// The best candidate; none where no one meets all demands.
    pub best: Option<Candidate>,
    /// The setting whose plan is the reference's.
    pub twin: Option<Candidate>,
    /// Best and reference on other paths; none without a best.
    pub fresh: Option<Fresh>,
    /// The last round in other worlds.
    pub worlds: Vec<WorldFound>,
}

/// The choice looked at again on paths that it was not made on.
#[derive(Debug, Clone, PartialEq)]
pub struct Fresh {
    /// Their seed.
    pub seed: u64,
    /// The best candidate there.
    pub best: Score,
    /// The reference there.
    pub reference: Score,
    /// By how much the advantage over the reference was smaller on these paths than on those of the choice.
    pub flattery: Estimate,
}

/// A search in another world.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldFound {
    /// What it is called.
    pub name: String,
    /// What was found, or why nothing was.
    pub outcome: std::result::Result<WorldOutcome, String>,
}

/// How the recommendation fares in another world.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldOutcome {
    /// The best candidate there; none where no one meets all demands.
    pub best: Option<Candidate>,
    /// How many candidates are tied with it.
    pub tied: usize,
    /// The recommended candidate there.
    pub recommended: Score,
    /// It less the best, where there is a best.
    pub behind_best: Option<Estimate>,
    /// Whether it meets all demands and cannot be told from the best there.
    pub survives: bool,
}

/// Searches the settings.
///
/// # Errors
/// A plan that cannot be made, a reference that cannot be run, an interruption ([`Error::Paused`]) or a full disk.
pub fn search(plans: &dyn Plans, task: &Task, store: &Store, watch: &dyn Watch) -> Result<Found> {
    let all: Vec<Candidate> = (0..=plans.settings()).collect();
    let sizes = if task.halving { schedule(all.len(), task.paths) } else { vec![task.paths] };
    refuse_too_much(all.len(), &sizes)?;
    let evaluator = Evaluator { plans, task, store, watch };
    let mut standings: Vec<Standing> = Vec::new();
    let mut rounds = Vec::new();
    let mut entered = all;
    let mut twin = None;
    let mut last = Vec::new();
    for (number, &paths) in sizes.iter().enumerate() {
        let what = if sizes.len() > 1 { format!("round {}/{}", number + 1, sizes.len()) } else { "sweep".to_owned() };
        let evaluated = evaluator.evaluate(&what, &entered, task.seed, None, paths)?;
        twin = twin.or(evaluated.twin);
        let (round, kept) = if number + 1 < sizes.len() {
            halve(&task.yardstick, &entered, &evaluated.scores, paths)
        } else {
            (Round { paths, entered: entered.len(), dropped_while_tied: 0 }, entered.clone())
        };
        rounds.push(round);
        for (&candidate, score) in entered.iter().zip(&evaluated.scores) {
            // Influences are as large as everything else together, and needed only where candidates are compared.
            let score = score.as_ref().map(Score::without_influences).map_err(Clone::clone);
            let standing = Standing { round: number, score };
            if candidate < standings.len() { standings[candidate] = standing } else { standings.push(standing) }
        }
        entered = kept;
        last = evaluated.scores;
    }
    let dropped = plans.settings() + 1 - entered.len();
    let judged = judge(&entered, &last, twin, dropped);
    drop(last);
    let fresh = judged.best.map(|best| look_again(&evaluator, best, &standings)).transpose()?;
    let mut worlds = Vec::new();
    if let Some(best) = judged.best {
        for (world, name) in plans.worlds().into_iter().enumerate() {
            let outcome = in_world(&evaluator, &name, world, &entered, best);
            let outcome = match outcome {
                Err(stop @ (Error::Paused(_) | Error::Interrupted | Error::Io { .. })) => return Err(stop),
                Err(error) => Err(one_line(&error)),
                Ok(outcome) => outcome,
            };
            worlds.push(WorldFound { name, outcome });
        }
    }
    let Judged { finalists, contest, best } = judged;
    Ok(Found { rounds, standings, finalists, contest, best, twin, fresh, worlds })
}

/// The outcome of a contest in terms of candidates.
struct Judged {
    finalists: Vec<Candidate>,
    contest: Contest,
    best: Option<Candidate>,
}

/// Lets the candidates of a round compete; those that failed do not, nor the reference where a setting has its plan.
fn judge(
    entered: &[Candidate],
    scores: &[std::result::Result<Score, String>],
    twin: Option<Candidate>,
    dropped: usize,
) -> Judged {
    let twin_competes = twin.is_some_and(|twin| entered.contains(&twin));
    let (mut finalists, mut entrants) = (Vec::new(), Vec::new());
    for (&candidate, score) in entered.iter().zip(scores) {
        if let (Ok(score), false) = (score, candidate == 0 && twin_competes) {
            finalists.push(candidate);
            entrants.push(&score.entrant);
        }
    }
    let contest = contest(&entrants, dropped);
    let best = contest.best.map(|index| finalists[index]);
    Judged { finalists, contest, best }
}

/// Evaluates best and reference on the paths of a derived seed.
fn look_again(evaluator: &Evaluator<'_>, best: Candidate, standings: &[Standing]) -> Result<Fresh> {
    let seed = derived_seed(evaluator.task.seed);
    let candidates = if best == 0 { vec![0] } else { vec![0, best] };
    let scores = evaluator.evaluate("fresh paths", &candidates, seed, None, evaluator.task.paths)?.scores;
    let score = |index: usize| {
        scores[index]
            .as_ref()
            .map(Score::without_influences)
            .map_err(|why| Error::Run(format!("on the paths of seed {seed}: {why}")))
    };
    let (reference, winner) = (score(0)?, score(candidates.len() - 1)?);
    let flattery = match &standings[best].score {
        Ok(chosen) => less(&winner.differences[0], &chosen.differences[0]),
        Err(why) => return Err(Error::Run(why.clone())),
    };
    Ok(Fresh { seed, best: winner, reference, flattery })
}

/// The difference of estimates from independent samples.
fn less(first: &Estimate, second: &Estimate) -> Estimate {
    let value = first.value - second.value;
    match (first.standard_error, second.standard_error) {
        (Some(first), Some(second)) => Estimate::normal(value, libm::hypot(first, second)),
        _ => Estimate::bare(value),
    }
}

/// Holds the contest again in another world; the inner error says why the recommended candidate cannot be there.
fn in_world(
    evaluator: &Evaluator<'_>,
    name: &str,
    world: usize,
    entered: &[Candidate],
    recommended: Candidate,
) -> Result<std::result::Result<WorldOutcome, String>> {
    let mut candidates = entered.to_vec();
    if !candidates.contains(&0) {
        candidates.insert(0, 0);
    }
    let (task, plans) = (evaluator.task, evaluator.plans);
    let evaluated = evaluator.evaluate(name, &candidates, task.seed, Some(world), task.paths)?;
    let judged = judge(&candidates, &evaluated.scores, evaluated.twin, plans.settings() + 1 - candidates.len());
    let at = candidates.iter().position(|&candidate| candidate == recommended).unwrap_or(0);
    let score = match &evaluated.scores[at] {
        Ok(score) => score.without_influences(),
        Err(why) => return Ok(Err(why.clone())),
    };
    let verdicts = judged.finalists.iter().zip(&judged.contest.verdicts);
    // The reference's plan competes as the setting that has it.
    let own = if recommended == 0 { evaluated.twin.unwrap_or(0) } else { recommended };
    let verdict = verdicts.clone().find(|(candidate, _)| **candidate == own).and_then(|(_, verdict)| verdict.clone());
    Ok(Ok(WorldOutcome {
        best: judged.best,
        tied: verdicts.filter(|(_, verdict)| verdict.as_ref().is_some_and(|verdict| verdict.tied)).count(),
        survives: verdict.as_ref().is_some_and(|verdict| verdict.tied),
        behind_best: verdict.map(|verdict| verdict.behind_best),
        recommended: score,
    }))
}

/// An error in one line, for a table.
fn one_line(error: &Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

fn refuse_too_much(candidates: usize, sizes: &[usize]) -> Result<()> {
    let kept = |round: usize| candidates.div_ceil(1 << round).saturating_mul(sizes[round]);
    let most = (0..sizes.len()).map(kept).max().unwrap_or(0);
    if most <= VALUES_MAX {
        return Ok(());
    }
    let paths = VALUES_MAX / candidates;
    Err(Error::Usage(format!(
        "{} settings on {} paths do not fit into memory; --paths {} does, and so does --minimise, which looks at most of them \
         on fewer",
        candidates - 1,
        sizes[0],
        paths / PATHS_MIN * PATHS_MIN,
    )))
}
