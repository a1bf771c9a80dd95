//! Value at risk and expected shortfall of a sample of losses, with their errors.
//!
//! With losses in ascending order `x_(1) <= ... <= x_(n)` and `k = ceil(alpha n)`:
//!
//! ```text
//! VaR = x_(k),     ES = [ (k/n - alpha) x_(k) + (1/n) sum_{i>k} x_(i) ] / (1 - alpha)
//! ```
//!
//! ES is that of Rockafellar and Uryasev (2002), the least value over v of `v + E (L - v)^+ / (1 - alpha)`, taken at VaR:
//! the same number, and one that shares out an atom at VaR, as condor losses have at their bounds. The error of VaR comes
//! from the two order statistics that enclose it whatever the law, the error of ES from its influence function:
//!
//! ```text
//! se(VaR) = (x_(r) - x_(l)) / (2 z),     se(ES) = sd( (L - VaR)^+ ) / ((1 - alpha) sqrt n)
//! ```
//!
//! Both hold for independent paths. On an atom the order statistics coincide and the error of VaR is 0.

use crate::stats::{Estimate, Interval, Level, Moments, QuantileRanks, UpperTail, Z_95};

/// Fewest tail paths from which the error of expected shortfall is told: fewer scatter too little or too much by chance.
pub const TAIL_PATHS_MIN: usize = 10;

/// The upper tail of a sample of losses.
#[derive(Debug, Clone, PartialEq)]
pub struct LossTail {
    losses: UpperTail,
}

impl LossTail {
    /// The tail of losses (positive is bad), usable from the level `lowest` on.
    ///
    /// # Panics
    /// There are no losses, or one is not finite.
    #[must_use]
    pub fn new(losses: &[f64], lowest: Level) -> Self {
        Self { losses: UpperTail::new(losses.to_vec(), lowest) }
    }

    /// The loss that is exceeded with a probability of at most `1 - level`.
    ///
    /// Its interval assumes no law and covers at least 95 %. An end is open where the sample is too small to give it.
    #[must_use]
    pub fn value_at_risk(&self, level: Level) -> Estimate {
        let ranks = QuantileRanks::new(self.losses.count(), level);
        let end = |rank: Option<usize>| rank.and_then(|rank| self.losses.ranked(rank));
        let interval = Interval { low: end(ranks.lower), high: end(ranks.upper) };
        let standard_error = interval.low.zip(interval.high).map(|(low, high)| (high - low) / (2.0 * Z_95));
        Estimate { value: self.losses.quantile(level), standard_error, interval }
    }

    /// The mean of the worst `1 - level` of losses; without error for fewer than [`TAIL_PATHS_MIN`] of them.
    #[must_use]
    pub fn expected_shortfall(&self, level: Level) -> Estimate {
        let value_at_risk = self.losses.quantile(level);
        let excesses: Moments = self.losses.above(value_at_risk).iter().map(|loss| loss - value_at_risk).collect();
        let mut all = Moments::repeated(0.0, self.losses.count() as u64 - excesses.count());
        all.merge(&excesses);
        let estimate = all.scaled(1.0 / level.tail()).shifted(value_at_risk).mean_estimate();
        if self.tells_error(level) { estimate } else { Estimate::bare(estimate.value) }
    }

    /// Whether enough paths stand behind expected shortfall to tell its error.
    pub(super) fn tells_error(&self, level: Level) -> bool {
        tail_paths(self.losses.count(), level) >= TAIL_PATHS_MIN
    }

    /// The losses above a bound, ascending; all of them only for bounds in the tail.
    pub(super) fn above(&self, bound: f64) -> &[f64] {
        self.losses.above(bound)
    }

    /// VaR without its error.
    pub(super) fn quantile(&self, level: Level) -> f64 {
        self.losses.quantile(level)
    }

    /// Losses per unit of probability at VaR, the reciprocal of their density there; `None` for too small a sample.
    ///
    /// From the order statistics that enclose VaR (Siddiqui 1960; Bloch and Gastwirth 1968); 0 on an atom.
    pub(super) fn sparsity(&self, level: Level) -> Option<f64> {
        let n = self.losses.count();
        let ranks = QuantileRanks::new(n, level);
        let (lower, upper) = ranks.lower.zip(ranks.upper)?;
        let width = self.losses.ranked(upper)? - self.losses.ranked(lower)?;
        Some(width * n as f64 / (upper - lower) as f64)
    }
}

/// How many of `paths` expected shortfall averages: those beyond VaR in rank, and VaR's own if a part of it counts.
#[must_use]
pub fn tail_paths(paths: usize, level: Level) -> usize {
    paths - level.rank(paths) + usize::from(level.remainder(paths) > 0.0)
}

/// Losses from P&L: what is negative becomes positive, and nothing becomes 0 rather than -0.
#[must_use]
pub fn losses(pnl: &[f64]) -> Vec<f64> {
    pnl.iter().map(|&pnl| 0.0 - pnl).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::batch_standard_error;

    fn level(level: f64) -> Level {
        Level::new(level).unwrap()
    }

    fn var_es(losses: &[f64], alpha: f64) -> (f64, f64) {
        let tail = LossTail::new(losses, level(alpha));
        (tail.value_at_risk(level(alpha)).value, tail.expected_shortfall(level(alpha)).value)
    }

    /// The definition, with the exact remainder `k/n - alpha` handed in.
    fn by_definition(sorted: &[f64], level: Level) -> f64 {
        let (n, k) = (sorted.len(), level.rank(sorted.len()));
        (level.remainder(n) * sorted[k - 1] + sorted[k..].iter().sum::<f64>()) / (n as f64 * level.tail())
    }

    #[test]
    fn small_samples_have_the_values_of_the_definition() {
        let ten: Vec<f64> = (1..=10).map(f64::from).collect();
        let tied = [-5.0, -1.0, 0.0, 0.0, 2.0, 3.0, 3.0, 3.0, 12.0, 40.0, 41.0];
        for (losses, alpha, var, es) in [
            (ten.as_slice(), 0.9, 9.0, 10.0),
            (ten.as_slice(), 0.85, 9.0, 29.0 / 3.0),
            (tied.as_slice(), 0.8, 12.0, 417.0 / 11.0),
            (tied.as_slice(), 0.5, 3.0, (0.5 * 3.0 + 3.0 + 3.0 + 12.0 + 40.0 + 41.0) / 5.5),
            (&[7.0], 0.99, 7.0, 7.0),
        ] {
            let (found_var, found_es) = var_es(losses, alpha);
            assert_eq!(found_var, var);
            assert!((found_es - es).abs() < 1e-14 * es.abs(), "{alpha}: {found_es}");
        }
    }

    #[test]
    fn shortfall_agrees_with_the_definition_for_any_size_and_level() {
        for n in [1u32, 2, 19, 20, 21, 999, 1000] {
            let losses: Vec<f64> = (0..n).map(|i| f64::from(i * 7919 % 1013) - 300.0).collect();
            let mut sorted = losses.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            for alpha in [0.05, 0.5, 0.95, 0.975, 0.999] {
                let (found, expected) = (var_es(&losses, alpha).1, by_definition(&sorted, level(alpha)));
                // Both are sums of n terms of at most 1,013.
                assert!((found - expected).abs() < 1e-10, "{n} {alpha}: {found} {expected}");
            }
        }
    }

    #[test]
    fn an_atom_at_the_bound_is_shared_out() {
        // A condor that loses its full width on 3 % of paths.
        let losses: Vec<f64> = (0..1000u32).map(|i| if i < 30 { 100.0 } else { -5.0 }).collect();
        assert_eq!(var_es(&losses, 0.975), (100.0, 100.0));
        // At 95 %, 3 of the worst 5 % lose 100 and the others gain 5.
        let (var, es) = var_es(&losses, 0.95);
        assert_eq!(var, -5.0);
        assert!((es - (0.03 * 100.0 - 0.02 * 5.0) / 0.05).abs() < 1e-12);
        let tail = LossTail::new(&losses, level(0.95));
        assert_eq!(tail.value_at_risk(level(0.99)).standard_error, Some(0.0));
        assert_eq!(tail.expected_shortfall(level(0.99)).standard_error, Some(0.0));
    }

    #[test]
    fn shortfall_is_never_below_value_at_risk_and_both_rise_with_the_level() {
        let losses: Vec<f64> = (0..5000u32).map(|i| f64::from(i * i % 4999) / 10.0 - 100.0).collect();
        let mut last = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for alpha in [0.9, 0.95, 0.975, 0.99, 0.995, 0.999] {
            let (var, es) = var_es(&losses, alpha);
            assert!(es >= var && var >= last.0 && es >= last.1);
            last = (var, es);
        }
    }

    #[test]
    fn losses_that_are_shifted_and_scaled_shift_and_scale_their_risk() {
        let losses: Vec<f64> = (0..2000u32).map(|i| f64::from(i * 31 % 1999)).collect();
        let moved: Vec<f64> = losses.iter().map(|loss| 50.0 + 4.0 * loss).collect();
        let (var, es) = var_es(&losses, 0.99);
        let (moved_var, moved_es) = var_es(&moved, 0.99);
        assert!((moved_var - (50.0 + 4.0 * var)).abs() < 1e-9 && (moved_es - (50.0 + 4.0 * es)).abs() < 1e-9);
    }

    #[test]
    fn the_interval_of_value_at_risk_is_made_of_order_statistics() {
        let losses: Vec<f64> = (1..=10_000).map(f64::from).collect();
        let var = LossTail::new(&losses, level(0.95)).value_at_risk(level(0.99));
        assert_eq!((var.value, var.interval), (9900.0, Interval { low: Some(9880.0), high: Some(9920.0) }));
        assert!((var.standard_error.unwrap() - 40.0 / (2.0 * Z_95)).abs() < 1e-12);
    }

    #[test]
    fn few_paths_leave_the_interval_open_and_the_error_unknown() {
        let losses: Vec<f64> = (0..100).map(f64::from).collect();
        let var = LossTail::new(&losses, level(0.95)).value_at_risk(level(0.995));
        assert_eq!((var.standard_error, var.interval.high), (None, None));
        assert_eq!(LossTail::new(&[1.0], level(0.95)).expected_shortfall(level(0.99)).standard_error, None);
    }

    #[test]
    fn tail_paths_are_those_that_shortfall_averages() {
        assert_eq!(tail_paths(100_000, level(0.99)), 1000);
        assert_eq!(tail_paths(10, level(0.85)), 2);
        assert_eq!(tail_paths(1, level(0.99)), 1);
    }

    #[test]
    fn the_error_of_shortfall_agrees_with_the_scatter_between_batches() {
        // A shuffled grid of an exponential law: 250 batches know the error to 4.5 %, so 15 % is above 3 standard errors.
        let n = 500_000u32;
        let losses: Vec<f64> = (0..n)
            .map(|i| {
                let mixed = u64::from(i).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                -libm::log(((mixed >> 11) as f64 + 0.5) / (1u64 << 53) as f64)
            })
            .collect();
        let shortfall = LossTail::new(&losses, level(0.95)).expected_shortfall(level(0.95));
        let of_batch = |batch: &[f64]| LossTail::new(batch, level(0.95)).expected_shortfall(level(0.95)).value;
        let by_batches = batch_standard_error(&losses, 250, of_batch).unwrap();
        let ratio = by_batches / shortfall.standard_error.unwrap();
        assert!((ratio - 1.0).abs() < 0.15, "{ratio}");
    }

    #[test]
    fn no_loss_is_plain_zero() {
        assert!(losses(&[0.0])[0].is_sign_positive());
        assert_eq!(losses(&[-3.0, 2.0]), [3.0, -2.0]);
    }
}
