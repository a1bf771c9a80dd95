//! Means, variances and the covariance of pairs, in parts that merge.
//!
//! ```text
//! C = sum (x - mean_x)(y - mean_y),    var(x - y) = (M_xx + M_yy - 2 C) / (n - 1)
//! ```
//!
//! Updates and merges as in Pebay (2008), eqs 3.11 and 3.12. The difference has an accumulator of its own, because the
//! formula above cancels when x and y are nearly equal.

use super::moments::Moments;

/// Running moments of pairs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Paired {
    x: Moments,
    y: Moments,
    difference: Moments,
    co_moment: f64,
}

impl Paired {
    /// Adds one pair.
    pub fn push(&mut self, x: f64, y: f64) {
        let from_mean_x = x - self.x.mean();
        self.x.push(x);
        self.y.push(y);
        self.difference.push(x - y);
        self.co_moment += from_mean_x * (y - self.y.mean());
    }

    /// Adds another sample of pairs.
    pub fn merge(&mut self, other: &Self) {
        let (a, b) = (self.x.count() as f64, other.x.count() as f64);
        if a + b > 0.0 {
            let shift = (other.x.mean() - self.x.mean()) * (other.y.mean() - self.y.mean());
            self.co_moment += other.co_moment + shift * a * b / (a + b);
        }
        self.x.merge(&other.x);
        self.y.merge(&other.y);
        self.difference.merge(&other.difference);
    }

    /// The first of each pair.
    #[must_use]
    pub fn x(&self) -> &Moments {
        &self.x
    }

    /// The second of each pair.
    #[must_use]
    pub fn y(&self) -> &Moments {
        &self.y
    }

    /// First less second.
    #[must_use]
    pub fn difference(&self) -> &Moments {
        &self.difference
    }

    /// The unbiased covariance; `None` for fewer than two pairs.
    #[must_use]
    pub fn covariance(&self) -> Option<f64> {
        (self.x.count() >= 2).then(|| self.co_moment / (self.x.count() - 1) as f64)
    }

    /// The correlation; `None` if either side is constant.
    #[must_use]
    pub fn correlation(&self) -> Option<f64> {
        let scale = (self.x.variance()? * self.y.variance()?).sqrt();
        (scale > 0.0).then_some(self.covariance()? / scale)
    }

    /// The slope of the regression of `y` on `x`; `None` if `x` is constant.
    #[must_use]
    pub fn slope(&self) -> Option<f64> {
        let variance = self.x.variance()?;
        (variance > 0.0).then_some(self.covariance()? / variance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs() -> Vec<(f64, f64)> {
        (0..50u32).map(|i| (f64::from(i), 100.0 - 2.0 * f64::from(i) + f64::from(i % 3))).collect()
    }

    fn of(pairs: &[(f64, f64)]) -> Paired {
        let mut paired = Paired::default();
        for &(x, y) in pairs {
            paired.push(x, y);
        }
        paired
    }

    #[test]
    fn covariance_and_slope_agree_with_their_definitions() {
        let pairs = pairs();
        let n = pairs.len() as f64;
        let mean_x = pairs.iter().map(|pair| pair.0).sum::<f64>() / n;
        let mean_y = pairs.iter().map(|pair| pair.1).sum::<f64>() / n;
        let covariance = pairs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>() / (n - 1.0);
        let variance = pairs.iter().map(|(x, _)| (x - mean_x) * (x - mean_x)).sum::<f64>() / (n - 1.0);
        let paired = of(&pairs);
        assert!((paired.covariance().unwrap() / covariance - 1.0).abs() < 1e-13);
        assert!((paired.slope().unwrap() / (covariance / variance) - 1.0).abs() < 1e-13);
    }

    #[test]
    fn merged_pairs_agree_with_the_whole() {
        let pairs = pairs();
        let whole = of(&pairs);
        for cut in [0, 1, 20, 50] {
            let mut merged = of(&pairs[..cut]);
            merged.merge(&of(&pairs[cut..]));
            assert!((merged.covariance().unwrap() / whole.covariance().unwrap() - 1.0).abs() < 1e-13);
            assert!(
                (merged.difference().variance().unwrap() / whole.difference().variance().unwrap() - 1.0).abs() < 1e-13
            );
        }
    }

    #[test]
    fn exact_lines_correlate_fully_and_constants_not_at_all() {
        let line: Vec<(f64, f64)> = (0..10).map(|i| (f64::from(i), 3.0 - f64::from(i))).collect();
        assert!((of(&line).correlation().unwrap() + 1.0).abs() < 1e-15);
        assert_eq!(of(&[(1.0, 2.0), (1.0, 3.0)]).correlation(), None);
        assert_eq!(of(&[(1.0, 2.0)]).covariance(), None);
    }

    #[test]
    fn the_difference_keeps_its_digits_when_pairs_are_nearly_equal() {
        let near: Vec<(f64, f64)> =
            (0..1000).map(|i| (1e9 + f64::from(i), 1e9 + f64::from(i) - f64::from(i % 2))).collect();
        // Half the differences are 0 and half 1: variance 1/4 times n / (n - 1).
        let expected = 0.25 * 1000.0 / 999.0;
        assert!((of(&near).difference().variance().unwrap() / expected - 1.0).abs() < 1e-12);
    }
}
