//! Order statistics, and ranks that enclose a quantile whatever the law.
//!
//! ```text
//! quantile(alpha) = x_(k), k = ceil(alpha n)
//! P(x_(l) <= q_alpha <= x_(r)) >= P(l <= B <= r - 1),   B ~ Bin(n, alpha)
//! ```
//!
//! with equality for continuous laws (David and Nagaraja, Order Statistics, 7.1).

use super::binomial::Binomial;
use super::level::Level;

/// The largest values of a sample, in order; enough of them for every quantile from a level upwards.
#[derive(Debug, Clone, PartialEq)]
pub struct UpperTail {
    count: usize,
    /// The largest values, ascending.
    largest: Vec<f64>,
}

impl UpperTail {
    /// The values from just below the quantile of `lowest` on, so that its distribution-free interval is inside.
    ///
    /// # Panics
    /// `values` is empty or not finite.
    #[must_use]
    pub fn new(mut values: Vec<f64>, lowest: Level) -> Self {
        assert!(!values.is_empty(), "a quantile of nothing");
        assert!(values.iter().all(|value| value.is_finite()), "a value is not finite");
        let count = values.len();
        let first = QuantileRanks::new(count, lowest).lower.unwrap_or(1) - 1;
        values.select_nth_unstable_by(first, f64::total_cmp);
        let mut largest = values.split_off(first);
        largest.sort_unstable_by(f64::total_cmp);
        Self { count, largest }
    }

    /// Number of all values.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The value of a rank, counted from 1 at the smallest; `None` below the part that is kept.
    #[must_use]
    pub fn ranked(&self, rank: usize) -> Option<f64> {
        (rank + self.largest.len()).checked_sub(self.count + 1).and_then(|index| self.largest.get(index)).copied()
    }

    /// The quantile `x_(ceil(level n))`.
    ///
    /// # Panics
    /// The level lies below the part that is kept.
    #[must_use]
    pub fn quantile(&self, level: Level) -> f64 {
        self.ranked(level.rank(self.count)).unwrap_or_else(|| panic!("level {level} lies below the tail that is kept"))
    }

    /// The values above a bound, ascending; all of them only if the bound is among the values kept.
    #[must_use]
    pub fn above(&self, bound: f64) -> &[f64] {
        &self.largest[self.largest.partition_point(|&value| value <= bound)..]
    }
}

/// The ranks, from 1, of the two order statistics that enclose a quantile 95 times in 100.
///
/// Equal tails: at most 2.5 % lie beyond either end. An end that no order statistic can give is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuantileRanks {
    /// Rank of the lower end.
    pub lower: Option<usize>,
    /// Rank of the upper end.
    pub upper: Option<usize>,
}

impl QuantileRanks {
    /// The ranks among `count` values.
    #[must_use]
    pub fn new(count: usize, level: Level) -> Self {
        Self::with_confidence(count, level, 0.95)
    }

    /// The ranks that enclose the quantile with another probability.
    #[must_use]
    pub fn with_confidence(count: usize, level: Level, confidence: f64) -> Self {
        let law = Binomial::new(count as u64, level.value());
        let beyond = 0.5 * (1.0 - confidence);
        let lower = law.quantile(beyond) as usize;
        let upper = law.quantile(1.0 - beyond) as usize + 1;
        Self { lower: (lower >= 1).then_some(lower), upper: (upper <= count).then_some(upper) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_order_statistics_of_the_whole_sample() {
        let values: Vec<f64> = (1..=1000u32).map(|i| f64::from(i * 7919 % 1009)).collect();
        let mut sorted = values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let tail = UpperTail::new(values, Level::per_mille(900));
        for per_mille in [900, 950, 975, 990, 999] {
            let level = Level::per_mille(per_mille);
            assert_eq!(tail.quantile(level), sorted[level.rank(1000) - 1]);
        }
        assert_eq!(tail.ranked(1000), Some(sorted[999]));
        assert_eq!((tail.ranked(1001), tail.ranked(1)), (None, None));
        assert_eq!(tail.above(sorted[990]), &sorted[991..]);
    }

    #[test]
    fn values_equal_to_a_bound_are_not_above_it() {
        let tail = UpperTail::new(vec![1.0, 3.0, 3.0, 2.0, 3.0, 4.0], Level::per_mille(1));
        assert_eq!(tail.above(3.0), [4.0]);
        assert_eq!(tail.above(2.5), [3.0, 3.0, 3.0, 4.0]);
    }

    #[test]
    fn ranks_enclose_the_quantile_and_no_narrower_equal_tails_would() {
        for (count, per_mille) in [(1000, 990), (10_000, 950), (100_000, 995)] {
            let level = Level::per_mille(per_mille);
            let QuantileRanks { lower, upper } = QuantileRanks::new(count, level);
            let (lower, upper) = (lower.unwrap() as u64, upper.unwrap() as u64);
            let law = Binomial::new(count as u64, level.value());
            // P(B < l) <= 2.5 % < P(B < l + 1), and P(B >= r) <= 2.5 % < P(B >= r - 1).
            assert!(law.cdf(lower - 1) <= 0.025 && 0.025 < law.cdf(lower));
            assert!(1.0 - law.cdf(upper - 1) <= 0.025 && 0.025 < 1.0 - law.cdf(upper - 2));
        }
    }

    #[test]
    fn ranks_and_their_coverage_agree_with_exact_arithmetic() {
        for (count, per_mille, confidence, lower, upper, coverage) in [
            (1_000, 990, 0.95, 983, 997, 0.976_094_763_497_977),
            (10_000, 990, 0.95, 9_880, 9_920, 0.955_754_682_806_555_2),
            (10_000, 950, 0.99, 9_443, 9_556, 0.990_479_407_518_159_1),
            (100_000, 999, 0.95, 99_880, 99_920, 0.954_789_056_801_905),
            (1_000_000, 990, 0.95, 989_805, 990_196, 0.950_571_124_355_403_7),
            (500, 950, 0.90, 467, 484, 0.920_298_022_761_030_1),
        ] {
            let level = Level::per_mille(per_mille);
            let ranks = QuantileRanks::with_confidence(count, level, confidence);
            assert_eq!(ranks, QuantileRanks { lower: Some(lower), upper: Some(upper) });
            let law = Binomial::new(count as u64, level.value());
            let found = law.cdf(upper as u64 - 1) - law.cdf(lower as u64 - 1);
            assert!((found - coverage).abs() < 1e-12, "{count}: {found}");
        }
    }

    #[test]
    fn small_samples_leave_an_end_open() {
        // All 100 values lie below the 99.5 % quantile 61 times in 100.
        let ranks = QuantileRanks::new(100, Level::per_mille(995));
        assert_eq!(ranks.upper, None);
        assert!(ranks.lower.is_some());
        assert_eq!(QuantileRanks::new(1, Level::per_mille(500)), QuantileRanks { lower: None, upper: None });
    }
}
