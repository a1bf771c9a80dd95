//! Successive halving: many settings on few paths, fewer on more, the last few on all.
//!
//! ```text
//! R = min( floor(log2(K / 4)), floor(log2(N / 2048)) ),   round r: ceil(K / 2^r) settings on N / 2^(R - r) paths
//! ```
//!
//! Reference: K. Jamieson and A. Talwalkar, Non-stochastic best arm identification (AISTATS 2016). What is dropped is not
//! proven worse: each round says how many of those that went were still tied with the best on its paths.

use super::Candidate;
use crate::plan::BATCH_PATHS;
use crate::risk::{Score, Yardstick, contest};

/// Fewest paths of a round: twenty in the tail at 99 %.
pub(super) const PATHS_MIN: usize = 2048;
/// Fewest settings of the last round.
const FINALISTS_MIN: usize = 4;

/// What a round did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// Paths of each setting.
    pub paths: usize,
    /// Candidates that entered.
    pub entered: usize,
    /// Of those that were dropped, how many could not be told from the best.
    pub dropped_while_tied: usize,
}

/// The paths of each round.
pub(super) fn schedule(candidates: usize, paths: usize) -> Vec<usize> {
    let mut sizes = vec![paths];
    let mut left = candidates;
    while left.div_ceil(2) >= FINALISTS_MIN && sizes[0] / 2 >= PATHS_MIN {
        left = left.div_ceil(2);
        sizes.insert(0, (sizes[0] / 2).next_multiple_of(BATCH_PATHS));
    }
    sizes
}

/// Keeps the better half.
pub(super) fn halve(
    yardstick: &Yardstick,
    entered: &[Candidate],
    scores: &[Result<Score, String>],
    paths: usize,
) -> (Round, Vec<Candidate>) {
    // Those that fail or miss a demand beyond doubt go first.
    let usable: Vec<(Candidate, &Score)> = entered
        .iter()
        .zip(scores)
        .filter_map(|(&candidate, score)| Some((candidate, score.as_ref().ok()?)))
        .filter(|(_, score)| !yardstick.is_given_up(score))
        .collect();
    let mut order: Vec<usize> = (0..usable.len()).collect();
    order.sort_by(|&a, &b| usable[a].1.goal.value.total_cmp(&usable[b].1.goal.value).then(a.cmp(&b)));
    let keep = entered.len().div_ceil(2).min(order.len());
    let entrants: Vec<_> = usable.iter().map(|(_, score)| &score.entrant).collect();
    let verdicts = contest::among_all(&entrants).verdicts;
    let is_tied = |index: &&usize| verdicts[**index].as_ref().is_some_and(|verdict| verdict.tied);
    let dropped_while_tied = order[keep..].iter().filter(is_tied).count();
    let mut kept: Vec<Candidate> = order[..keep].iter().map(|&index| usable[index].0).collect();
    kept.sort_unstable();
    // Differences are to the reference, which stays whatever becomes of it.
    if kept.first() != Some(&0) {
        kept.insert(0, 0);
    }
    (Round { paths, entered: entered.len(), dropped_while_tied }, kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::{Influence, contest::Entrant};
    use crate::stats::Estimate;

    #[test]
    fn rounds_double_paths_until_all_are_used() {
        // 26, 13, 7 and 4 candidates.
        assert_eq!(schedule(26, 100_000), [12_544, 25_088, 50_176, 100_000]);
        assert_eq!(schedule(5, 100_000), [100_000]);
        assert_eq!(schedule(10_001, 4_096), [2_048, 4_096]);
        assert_eq!(schedule(10_001, 4_000), [4_000]);
    }

    #[test]
    fn the_better_half_stays_with_the_reference_and_ties_that_go_are_counted() {
        let yardstick = Yardstick { goal: "mean".parse().unwrap(), demands: Vec::new(), measures: Vec::new() };
        let score = |value: f64| {
            let per_path = (0..100).map(|path| if path % 2 == 0 { value } else { -value }).collect();
            let influence = Influence { value, per_path, tells_error: true };
            Ok(Score {
                entrant: Entrant::new(&influence, true),
                goal: Estimate::bare(value),
                measures: Vec::new(),
                differences: Vec::new(),
                demands: Vec::new(),
                imbalance_usd: 0.0,
            })
        };
        // Standard errors of differences are a tenth of them: 3 to 5 are told from 1, and so is 9.
        let scores = [score(9.0), score(1.0), score(1.0), score(3.0), Err("failed".to_owned()), score(5.0)];
        let (round, kept) = halve(&yardstick, &[0, 1, 2, 3, 4, 5], &scores, 4096);
        assert_eq!(kept, [0, 1, 2, 3]);
        assert_eq!(round, Round { paths: 4096, entered: 6, dropped_while_tied: 0 });
        let alike = [score(1.0), score(1.0), score(1.0), score(1.0)];
        let (round, kept) = halve(&yardstick, &[0, 7, 8, 9], &alike, 4096);
        assert_eq!((kept, round.dropped_while_tied), (vec![0, 7], 2));
    }
}
