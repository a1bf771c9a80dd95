//! How the P&L of all paths spreads day by day: counts that workers keep apart and that merge to the same totals in any order.

use crate::risk::profile::{BANDS, Profile};
use crate::stats::Magnitudes;

/// Days at most on which the spread is kept; a picture shows no more.
const DAYS_MAX: usize = 64;

/// The spread of both accounts on some days.
#[derive(Debug, Clone, Default)]
pub(super) struct ProfileCounts {
    /// Days kept, ascending, the first and the last among them.
    days: Vec<usize>,
    hedged: Vec<Magnitudes>,
    unhedged: Vec<Magnitudes>,
}

impl ProfileCounts {
    /// Empty counts of a run of that many days.
    #[must_use]
    pub(super) fn new(horizon_days: usize) -> Self {
        let last = DAYS_MAX.min(horizon_days + 1) - 1;
        let mut days: Vec<usize> = (0..=last).map(|i| (i * horizon_days + last / 2) / last.max(1)).collect();
        days.dedup();
        let empty = vec![Magnitudes::default(); days.len()];
        Self { hedged: empty.clone(), unhedged: empty, days }
    }

    /// Counts the P&L of a batch on a day, if the day is kept.
    pub(super) fn observe(&mut self, day: usize, hedged_usd: &[f64], unhedged_usd: &[f64]) {
        if let Ok(index) = self.days.binary_search(&day) {
            self.hedged[index].push_all(hedged_usd);
            self.unhedged[index].push_all(unhedged_usd);
        }
    }

    /// Adds the counts of another worker of the same run.
    pub(super) fn merge(&mut self, other: &Self) {
        let pairs = self.hedged.iter_mut().zip(&other.hedged).chain(self.unhedged.iter_mut().zip(&other.unhedged));
        pairs.for_each(|(own, other)| own.merge(other));
    }

    /// The quantiles of every day kept.
    #[must_use]
    pub(super) fn profile(&self) -> Profile {
        let quantiles = |counts: &[Magnitudes]| counts.iter().map(|counts| counts.quantiles(BANDS)).collect();
        Profile {
            days: self.days.iter().map(|&day| day as u32).collect(),
            hedged_usd: quantiles(&self.hedged),
            unhedged_usd: quantiles(&self.unhedged),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_day_are_kept_and_no_more_than_a_picture_shows() {
        for horizon in [1, 2, 5, 63, 64, 252, 1000] {
            let days = ProfileCounts::new(horizon).days;
            assert_eq!((days.first(), days.last()), (Some(&0), Some(&horizon)));
            assert!(days.len() <= DAYS_MAX && days.is_sorted());
        }
        assert_eq!(ProfileCounts::new(5).days, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn workers_merge_in_any_order() {
        let [mut one, mut two] = [(); 2].map(|()| ProfileCounts::new(3));
        one.observe(1, &[100.0, -500.0], &[50.0, -900.0]);
        two.observe(1, &[300.0], &[20.0]);
        let mut other_way = two.clone();
        other_way.merge(&one);
        one.merge(&two);
        assert_eq!(one.profile(), other_way.profile());
        assert!(one.profile().hedged_usd[1][BANDS.len() - 1] > 290.0);
    }
}
