//! Estimates and their intervals of 95 %.

/// The 0.975 quantile of the standard normal law.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// A range that holds the true value 95 times in 100.
///
/// An end that the sample cannot give is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Interval {
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl Interval {
    /// The estimate give or take 1.96 standard errors.
    #[must_use]
    pub fn normal(estimate: f64, standard_error: f64) -> Self {
        Self { low: Some(estimate - Z_95 * standard_error), high: Some(estimate + Z_95 * standard_error) }
    }

    /// The interval of a mean whose values are skewed, as those of a tail are: Hall's (1992, J. R. Stat. Soc. B 54) cubic
    /// transformation, which takes the skewness out of the t-statistic.
    ///
    /// ```text
    /// mean - se t(z) to mean - se t(-z),   t(z) = 3/a [ (1 + a (z - a/6))^(1/3) - 1 ],   a = skewness / sqrt n
    /// ```
    ///
    /// It tends to [`Self::normal`] as `n` grows.
    #[must_use]
    pub fn of_mean(mean: f64, standard_error: f64, skewness: f64, n: f64) -> Self {
        let a = skewness / n.sqrt();
        if a.abs() < 1e-6 {
            return Self::normal(mean, standard_error);
        }
        let t = |z: f64| 3.0 / a * (libm::cbrt(1.0 + a * (z - a / 6.0)) - 1.0);
        Self { low: Some(mean - standard_error * t(Z_95)), high: Some(mean - standard_error * t(-Z_95)) }
    }
}

/// A number estimated from a sample, and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its standard error, where the sample can give one.
    pub standard_error: Option<f64>,
    /// Its interval of 95 %.
    pub interval: Interval,
}

impl Estimate {
    /// A number of which no error is known.
    #[must_use]
    pub fn bare(value: f64) -> Self {
        Self { value, standard_error: None, interval: Interval::default() }
    }

    /// An estimate with its normal interval.
    #[must_use]
    pub fn normal(value: f64, standard_error: f64) -> Self {
        Self { value, standard_error: Some(standard_error), interval: Interval::normal(value, standard_error) }
    }

    /// The estimate of `factor` times the quantity; a negative factor swaps the ends of the interval.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        // Adding 0 turns -0 into 0.
        let scale = |value: f64| value * factor + 0.0;
        let Interval { low, high } = self.interval;
        let (low, high) = if factor < 0.0 { (high, low) } else { (low, high) };
        Self {
            value: scale(self.value),
            standard_error: self.standard_error.map(|error| error * factor.abs()),
            interval: Interval { low: low.map(scale), high: high.map(scale) },
        }
    }
}

/// Wilson's interval for a probability of which `successes` out of `trials` were seen (Wilson 1927).
///
/// ```text
/// (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)
/// ```
///
/// # Panics
/// `trials` is 0 or below `successes`.
#[must_use]
pub fn wilson(successes: usize, trials: usize) -> Interval {
    assert!(successes <= trials && trials > 0, "{successes} of {trials}");
    let n = trials as f64;
    let p = successes as f64 / n;
    let z2_n = Z_95 * Z_95 / n;
    let centre = p + 0.5 * z2_n;
    let half_width = Z_95 * (p * (1.0 - p) / n + 0.25 * z2_n / n).sqrt();
    let low = if successes == 0 { 0.0 } else { (centre - half_width) / (1.0 + z2_n) };
    let high = if successes == trials { 1.0 } else { (centre + half_width) / (1.0 + z2_n) };
    Interval { low: Some(low), high: Some(high) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_intervals_agree_with_published_ones() {
        // Newcombe (1998), Statistics in Medicine 17, table I, method 3.
        for (successes, trials, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let interval = wilson(successes, trials);
            assert!((interval.low.unwrap() - low).abs() <= 5e-5, "{interval:?}");
            assert!((interval.high.unwrap() - high).abs() <= 5e-5, "{interval:?}");
        }
        assert_eq!(wilson(20, 20).high, Some(1.0));
    }

    #[test]
    fn the_interval_of_a_skewed_mean_leans_to_its_long_side_and_tends_to_the_normal_one() {
        let skewed = Interval::of_mean(10.0, 1.0, 20.0, 10_000.0);
        let (low, high) = (skewed.low.unwrap(), skewed.high.unwrap());
        assert!(high - 10.0 > Z_95 && 10.0 - low < Z_95, "{skewed:?}");
        // The inverse of t: g(t) = t + a t^2/3 + a^2 t^3/27 + a/6 gives back z.
        let a = 20.0 / 100.0;
        let g = |t: f64| t + a * t * t / 3.0 + a * a * t * t * t / 27.0 + a / 6.0;
        assert!((g(10.0 - low) - Z_95).abs() < 1e-12 && (g(10.0 - high) + Z_95).abs() < 1e-12);
        // t(z) differs from z by a (z^2/3 + 1/6) to first order: 1.45 a.
        let nearly = Interval::of_mean(10.0, 1.0, 2e-5, 1.0);
        assert!((nearly.high.unwrap() - Interval::normal(10.0, 1.0).high.unwrap()).abs() < 4e-5);
    }

    #[test]
    fn a_negative_factor_swaps_the_ends() {
        let scaled = Estimate::normal(10.0, 1.0).scaled(-2.0);
        assert_eq!((scaled.value, scaled.standard_error), (-20.0, Some(2.0)));
        assert_eq!(scaled.interval, Interval { low: Some(-2.0 * (10.0 + Z_95)), high: Some(-2.0 * (10.0 - Z_95)) });
        assert!(Estimate::bare(0.0).scaled(-1.0).value.is_sign_positive());
    }

    #[test]
    fn wilson_intervals_mirror_when_success_and_failure_swap() {
        let (left, right) = (wilson(3, 50), wilson(47, 50));
        assert!((left.low.unwrap() + right.high.unwrap() - 1.0).abs() < 1e-15);
        assert!((left.high.unwrap() + right.low.unwrap() - 1.0).abs() < 1e-15);
    }
}
