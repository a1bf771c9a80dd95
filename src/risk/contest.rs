//! Many settings on the same paths: which is best, and which cannot be told from it.
//!
//! With `d_k` the goal of setting k less that of the apparent best and `se_k` its standard error over paths, k is *tied* if
//!
//! ```text
//! d_k <= z se_k,     z = the normal quantile at 1 - 0.05 / (K - 1)
//! ```
//!
//! Whatever setting is truly best, some other beats it by more than z standard errors with a probability of at most 5 %
//! (Bonferroni over K - 1 rivals), so the tied set holds the truly best one with 95 % confidence. It is the multiple comparison
//! with the best of Hsu (Annals of Statistics 9, 1981), with pairs of unequal errors.

use super::influence::Influence;
use crate::math::inverse_normal_cdf;
use crate::stats::{Estimate, Moments};

/// The probability that the truly best setting is not in the tied set.
const MISS: f64 = 0.05;

/// One setting of a contest.
#[derive(Debug, Clone, PartialEq)]
pub struct Entrant {
    /// The goal; less is better.
    pub value: f64,
    /// Whether it meets all demands.
    pub admitted: bool,
    /// Influences in single precision: they only make errors.
    pub per_path: Vec<f32>,
    /// Whether the paths are enough to tell an error from.
    pub tells_error: bool,
}

/// How a setting compares with the best.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Its goal less that of the best, with the interval of one comparison.
    pub behind_best: Estimate,
    /// Whether it cannot be told from the best, given how many are compared.
    pub tied: bool,
}

/// The outcome of a contest.
#[derive(Debug, Clone, PartialEq)]
pub struct Contest {
    /// The admitted setting with the least goal, the first of equals; none where no setting is admitted.
    pub best: Option<usize>,
    /// One a setting; none for those that are not admitted.
    pub verdicts: Vec<Option<Verdict>>,
    /// How many settings each was compared with, for the correction.
    pub rivals: usize,
    /// Standard errors by which a setting must be behind to be told from the best.
    pub critical: f64,
}

impl Entrant {
    /// A setting with its goal on all paths.
    #[must_use]
    pub fn new(goal: &Influence, admitted: bool) -> Self {
        let per_path = goal.per_path.iter().map(|&influence| influence as f32).collect();
        Self { value: goal.value, admitted, per_path, tells_error: goal.tells_error }
    }

    /// This setting less another on the same paths.
    #[must_use]
    pub fn less(&self, other: &Self) -> Estimate {
        let value = self.value - other.value;
        let differences = self.per_path.iter().zip(&other.per_path).map(|(a, b)| f64::from(a - b));
        let told = self.tells_error && other.tells_error;
        let error = differences.collect::<Moments>().standard_error().filter(|_| told);
        error.map_or_else(|| Estimate::bare(value), |error| Estimate::normal(value, error))
    }
}

/// Finds the best of the admitted settings and those that are tied with it; `dropped` settings were in the running before, and
/// count as rivals.
#[must_use]
pub fn contest(entrants: &[&Entrant], dropped: usize) -> Contest {
    compare(entrants, dropped, |entrant| entrant.admitted)
}

/// The same with all settings, whatever demands they meet.
#[must_use]
pub fn among_all(entrants: &[&Entrant]) -> Contest {
    compare(entrants, 0, |_| true)
}

fn compare(entrants: &[&Entrant], dropped: usize, is_in: impl Fn(&Entrant) -> bool) -> Contest {
    let inside = || entrants.iter().enumerate().filter(|(_, entrant)| is_in(entrant));
    let best = inside().min_by(|(_, a), (_, b)| a.value.total_cmp(&b.value)).map(|(index, _)| index);
    let rivals = (inside().count() + dropped).saturating_sub(1).max(1);
    let critical = inverse_normal_cdf(1.0 - MISS / rivals as f64);
    let verdict = |entrant: &&Entrant| {
        let behind_best = entrant.less(entrants[best?]);
        let tied = behind_best.value <= critical * behind_best.standard_error.unwrap_or(f64::INFINITY);
        is_in(entrant).then_some(Verdict { behind_best, tied })
    };
    Contest { best, verdicts: entrants.iter().map(verdict).collect(), rivals, critical }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Address, DrawLanes, Purpose, fill_draws};

    /// Normals of a path, shared by all settings, and of a setting on it.
    fn normals(seed: u64, setting: u32, paths: usize) -> Vec<f64> {
        let mut draws = DrawLanes::default();
        let mut values = Vec::with_capacity(paths);
        for path in 0..paths as u64 {
            let address = Address { seed, path, step: setting, purpose: Purpose::Resampling };
            fill_draws(crate::math::InstructionSet::Best, address, 0, &mut draws);
            values.push(draws.lane(0).normals()[0]);
        }
        values
    }

    fn entrants(seed: u64, means: &[f64], paths: usize) -> Vec<Entrant> {
        let common = normals(seed, 1000, paths);
        let of = |(setting, mean): (usize, &f64)| {
            let own = normals(seed, setting as u32, paths);
            let values: Vec<f64> = common.iter().zip(&own).map(|(common, own)| mean + 10.0 * common + own).collect();
            let value = Moments::of(&values).mean();
            let per_path = values.iter().map(|x| x - value).collect();
            Entrant::new(&Influence { value, per_path, tells_error: true }, true)
        };
        means.iter().enumerate().map(of).collect()
    }

    fn of(entrants: &[Entrant]) -> Contest {
        contest(&entrants.iter().collect::<Vec<_>>(), 0)
    }

    #[test]
    fn a_clear_winner_stands_alone_though_paths_scatter_ten_times_more_than_settings_differ() {
        let found = of(&entrants(1, &[1.0, 0.0, 1.0, 2.0], 400));
        assert_eq!(found.best, Some(1));
        let tied: Vec<bool> = found.verdicts.iter().map(|verdict| verdict.as_ref().unwrap().tied).collect();
        assert_eq!(tied, [false, true, false, false]);
    }

    #[test]
    fn equal_settings_are_all_tied_about_as_often_as_promised() {
        let excluded = (0..300).filter(|&seed| {
            let found = of(&entrants(seed, &[0.0; 12], 50));
            found.verdicts.iter().flatten().any(|verdict| !verdict.tied)
        });
        // Any of the twelve may be the one that is called worse: 5 % bounds the error for one truly best setting.
        let least = (0..300).filter(|&seed| !of(&entrants(seed, &[0.0; 12], 50)).verdicts[3].as_ref().unwrap().tied);
        assert!(least.count() <= 24, "the third is excluded too often");
        assert!(excluded.count() < 150);
    }

    #[test]
    fn demands_keep_settings_out() {
        let mut all = entrants(3, &[0.0, 1.0, 2.0], 100);
        all[0].admitted = false;
        let found = of(&all);
        assert_eq!(found.best, Some(1));
        assert!(found.verdicts[0].is_none());
        let three: Vec<&Entrant> = all.iter().collect();
        let [alone, with_dropped] = [0, 18].map(|dropped| contest(&three, dropped));
        assert_eq!((alone.rivals, with_dropped.rivals), (1, 19));
        assert!(with_dropped.critical > alone.critical + 1.0);
        all.iter_mut().for_each(|entrant| entrant.admitted = false);
        assert_eq!(of(&all).best, None);
    }
}
