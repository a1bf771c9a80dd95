//! Two strategies on the same paths: differences of their figures, first less second, with errors that know the correlation.
//!
//! To first order an estimate is a mean over paths of its influence function, so the error of a difference is the standard
//! error of the mean of the differences path by path:
//!
//! ```text
//! mean      L                                     deviation   ((L - mean)^2 - sd^2) / (2 sd)
//! VaR       s (1{L > VaR} - (1 - alpha))          ES          VaR + (L - VaR)^+ / (1 - alpha)
//! ```
//!
//! with s = 1 / density at VaR (Serfling 1980, 6.6; Hong, Hu and Liu 2014). The s of each side comes from its order statistics.

use super::ratio::first_order;
use super::tail::LossTail;
use crate::stats::{Estimate, Level, Moments};

/// The losses of two strategies on the same paths, in path order, and their tails.
#[derive(Debug, Clone, Copy)]
pub struct PairedTails<'a> {
    first: (&'a [f64], &'a LossTail),
    second: (&'a [f64], &'a LossTail),
}

impl<'a> PairedTails<'a> {
    /// Pairs two strategies: their losses (positive is bad) and the tails made of them.
    ///
    /// # Panics
    /// The numbers of paths differ.
    #[must_use]
    pub fn new(first: (&'a [f64], &'a LossTail), second: (&'a [f64], &'a LossTail)) -> Self {
        assert_eq!(first.0.len(), second.0.len(), "strategies are paired by path");
        Self { first, second }
    }

    /// The difference of VaR; its interval is the normal one.
    ///
    /// Without error where the sample is too small for the interval of either VaR.
    #[must_use]
    pub fn value_at_risk(&self, level: Level) -> Estimate {
        let [first, second] = [self.first.1, self.second.1];
        let [first_var, second_var] = [first, second].map(|tail| tail.quantile(level));
        let value = first_var - second_var;
        let influence = first.sparsity(level).zip(second.sparsity(level)).map(|(first, second)| {
            self.means_over_tails((first_var, second_var), |first_excess, second_excess| {
                (if first_excess > 0.0 { first } else { 0.0 }) - (if second_excess > 0.0 { second } else { 0.0 })
            })
        });
        let standard_error = influence.and_then(|influence| influence.standard_error());
        standard_error.map_or_else(|| Estimate::bare(value), |error| Estimate::normal(value, error))
    }

    /// The difference of ES; its interval is corrected for skewness.
    #[must_use]
    pub fn expected_shortfall(&self, level: Level) -> Estimate {
        let [first_var, second_var] = [self.first.1, self.second.1].map(|tail| tail.quantile(level));
        let estimate = self
            .means_over_tails((first_var, second_var), |first_excess, second_excess| first_excess - second_excess)
            .scaled(1.0 / level.tail())
            .shifted(first_var - second_var)
            .mean_estimate();
        if self.first.1.tells_error(level) { estimate } else { Estimate::bare(estimate.value) }
    }

    /// By how much the second's expected shortfall exceeds the first's for a dollar of `cost`, path by path; `None` unless the
    /// mean cost is above 0 beyond doubt.
    ///
    /// ```text
    /// R = -dES / C,   influence (-(d - dES) - R (c - C)) / C,   d = first's less second's of (L - VaR)^+ / (1 - alpha)
    /// ```
    #[must_use]
    pub fn shortfall_saved_per(&self, level: Level, cost: &[f64]) -> Option<Estimate> {
        let costs = Moments::of(cost).mean_estimate();
        if !costs.interval.low.is_some_and(|low| low > 0.0) || !self.first.1.tells_error(level) {
            return None;
        }
        let saved = -self.expected_shortfall(level).value;
        let ratio = saved / costs.value;
        let [first_var, second_var] = [self.first.1, self.second.1].map(|tail| tail.quantile(level));
        let excess = |loss: f64, bound: f64| (loss - bound).max(0.0) / level.tail();
        let pairs = self.first.0.iter().zip(self.second.0).zip(cost);
        let of = |((first, second), cost): ((&f64, &f64), &f64)| {
            (excess(*second, second_var) - excess(*first, first_var) - ratio * cost) / costs.value
        };
        Some(first_order(ratio, pairs.map(of).collect()))
    }

    /// Moments over all paths of a function of both excesses over VaR that is 0 where neither loss exceeds its own.
    fn means_over_tails(&self, bounds: (f64, f64), influence: impl Fn(f64, f64) -> f64) -> Moments {
        let excesses = self.first.0.iter().zip(self.second.0);
        let mut tails = Moments::default();
        for (first, second) in excesses.map(|(first, second)| (first - bounds.0, second - bounds.1)) {
            if first > 0.0 || second > 0.0 {
                tails.push(influence(first.max(0.0), second.max(0.0)));
            }
        }
        let mut all = Moments::repeated(0.0, self.first.0.len() as u64 - tails.count());
        all.merge(&tails);
        all
    }
}

/// The difference of means over paths, first less second.
#[must_use]
pub fn difference_of_means(first: &[f64], second: &[f64]) -> Estimate {
    Moments::of(&differences(first, second)).mean_estimate()
}

/// The difference of standard deviations over paths, first less second; `None` for fewer than two paths.
#[must_use]
pub fn difference_of_deviations(first: &[f64], second: &[f64]) -> Option<Estimate> {
    let [(first_mean, first_deviation), (second_mean, second_deviation)] =
        [mean_and_deviation(first)?, mean_and_deviation(second)?];
    let influence = |value: f64, mean: f64, deviation: f64| {
        if deviation > 0.0 { (value - mean) * (value - mean) / (2.0 * deviation) } else { 0.0 }
    };
    let influences: Vec<f64> = first
        .iter()
        .zip(second)
        .map(|(&first, &second)| {
            influence(first, first_mean, first_deviation) - influence(second, second_mean, second_deviation)
        })
        .collect();
    Some(Estimate::normal(first_deviation - second_deviation, Moments::of(&influences).standard_error()?))
}

fn mean_and_deviation(values: &[f64]) -> Option<(f64, f64)> {
    let moments = Moments::of(values);
    moments.standard_deviation().map(|deviation| (moments.mean(), deviation))
}

fn differences(first: &[f64], second: &[f64]) -> Vec<f64> {
    assert_eq!(first.len(), second.len(), "strategies are paired by path");
    first.iter().zip(second).map(|(first, second)| first - second).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVEL: Level = Level::per_mille(950);

    /// Scattered values from 0 to 1, the same every time.
    fn scattered(n: u32, salt: u32) -> Vec<f64> {
        (0..n)
            .map(|i| f64::from((i.wrapping_mul(2_654_435_761) ^ salt).wrapping_mul(0x85eb_ca6b) >> 8) / 16_777_216.0)
            .collect()
    }

    fn paired<R>(first: &[f64], second: &[f64], ask: impl Fn(PairedTails<'_>) -> R) -> R {
        let [first_tail, second_tail] = [first, second].map(|losses| LossTail::new(losses, LEVEL));
        ask(PairedTails::new((first, &first_tail), (second, &second_tail)))
    }

    #[test]
    fn differences_are_those_of_the_figures_of_each_side() {
        let (first, second) = (scattered(4000, 1), scattered(4000, 77));
        let [first_tail, second_tail] = [&first, &second].map(|losses| LossTail::new(losses, LEVEL));
        let (var, es) =
            paired(&first, &second, |pair| (pair.value_at_risk(LEVEL).value, pair.expected_shortfall(LEVEL).value));
        assert_eq!(var, first_tail.value_at_risk(LEVEL).value - second_tail.value_at_risk(LEVEL).value);
        let expected = first_tail.expected_shortfall(LEVEL).value - second_tail.expected_shortfall(LEVEL).value;
        assert!((es - expected).abs() < 1e-14);
    }

    #[test]
    fn a_strategy_does_not_differ_from_itself() {
        let losses = scattered(4000, 1);
        let estimates = paired(&losses, &losses, |pair| [pair.value_at_risk(LEVEL), pair.expected_shortfall(LEVEL)]);
        for estimate in estimates {
            assert_eq!((estimate.value, estimate.standard_error), (0.0, Some(0.0)));
        }
        assert_eq!(difference_of_means(&losses, &losses).standard_error, Some(0.0));
        assert_eq!(difference_of_deviations(&losses, &losses).unwrap().standard_error, Some(0.0));
    }

    #[test]
    fn a_constant_shift_is_known_without_error() {
        let losses = scattered(4000, 1);
        let shifted: Vec<f64> = losses.iter().map(|loss| loss - 0.25).collect();
        // The order statistics of both sides are the same numbers up to rounding near 1e-16.
        for estimate in paired(&shifted, &losses, |pair| [pair.value_at_risk(LEVEL), pair.expected_shortfall(LEVEL)]) {
            assert!((estimate.value + 0.25).abs() < 1e-14 && estimate.standard_error.unwrap() < 1e-14, "{estimate:?}");
        }
    }

    #[test]
    fn against_a_constant_the_error_is_that_of_one_side() {
        let (losses, nothing) = (scattered(4000, 5), vec![0.0; 4000]);
        let tail = LossTail::new(&losses, LEVEL);
        let (var, es) = paired(&losses, &nothing, |pair| (pair.value_at_risk(LEVEL), pair.expected_shortfall(LEVEL)));
        let (own_var, own_es) = (tail.value_at_risk(LEVEL), tail.expected_shortfall(LEVEL));
        assert!((es.standard_error.unwrap() / own_es.standard_error.unwrap() - 1.0).abs() < 1e-12);
        // The ranks are whole numbers, so 2 z sd of the binomial law is met to one part in its width of 55.
        assert!((var.standard_error.unwrap() / own_var.standard_error.unwrap() - 1.0).abs() < 1.0 / 55.0);
        let deviation: Moments = losses.iter().copied().collect();
        let own = deviation.deviation_estimate().unwrap();
        let difference = difference_of_deviations(&losses, &nothing).unwrap();
        assert!((difference.standard_error.unwrap() / own.standard_error.unwrap() - 1.0).abs() < 1e-3);
    }

    #[test]
    fn errors_of_independent_sides_add_in_squares() {
        let (first, second) = (scattered(40_000, 3), scattered(40_000, 0x00c0_ffee));
        let nothing = vec![0.0; 40_000];
        let error = |first: &[f64], second: &[f64]| {
            paired(first, second, |pair| pair.expected_shortfall(LEVEL).standard_error.unwrap())
        };
        let [left, right, both] = [error(&first, &nothing), error(&second, &nothing), error(&first, &second)];
        // The sample correlation of the two excesses is within 4 / sqrt(40,000) of 0.
        assert!((both * both / (left * left + right * right) - 1.0).abs() < 0.02);
    }
}
