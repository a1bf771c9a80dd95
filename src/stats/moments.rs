//! Mean and central moments up to the fourth, in one pass and in parts that merge.
//!
//! ```text
//! M_p = sum (x - mean)^p,    updated and merged as in Pebay (2008), Sandia report SAND2008-6212, eqs 1.4-1.6 and 2.1-2.3
//! ```
//!
//! The result depends on the order of values and merges only through rounding; fix the order and the bits are fixed.

use super::interval::{Estimate, Interval};

/// Running moments of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    count: u64,
    mean: f64,
    m2: f64,
    m3: f64,
    m4: f64,
}

impl Moments {
    /// The moments of one value seen `count` times.
    #[must_use]
    pub fn repeated(value: f64, count: u64) -> Self {
        Self { count, mean: value, ..Self::default() }
    }

    /// The moments of a slice, in three passes: faster and closer than one value after another.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        if values.is_empty() {
            return Self::default();
        }
        let n = values.len() as f64;
        let rough = values.iter().sum::<f64>() / n;
        let mean = rough + values.iter().map(|value| value - rough).sum::<f64>() / n;
        let (mut m2, mut m3, mut m4) = (0.0, 0.0, 0.0);
        for value in values {
            let distance = value - mean;
            let square = distance * distance;
            m2 += square;
            m3 += square * distance;
            m4 += square * square;
        }
        Self { count: values.len() as u64, mean, m2, m3, m4 }
    }

    /// Adds one value.
    pub fn push(&mut self, value: f64) {
        let before = self.count as f64;
        self.count += 1;
        let n = self.count as f64;
        let delta = value - self.mean;
        let delta_n = delta / n;
        let delta_n2 = delta_n * delta_n;
        let term = delta * delta_n * before;
        self.mean += delta_n;
        self.m4 += term * delta_n2 * (n * n - 3.0 * n + 3.0) + 6.0 * delta_n2 * self.m2 - 4.0 * delta_n * self.m3;
        self.m3 += term * delta_n * (n - 2.0) - 3.0 * delta_n * self.m2;
        self.m2 += term;
    }

    /// Adds another sample.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let n = a + b;
        let delta = other.mean - self.mean;
        let delta_n = delta / n;
        let delta_n2 = delta_n * delta_n;
        self.m4 += other.m4
            + delta * delta_n * delta_n2 * a * b * (a * a - a * b + b * b)
            + 6.0 * delta_n2 * (a * a * other.m2 + b * b * self.m2)
            + 4.0 * delta_n * (a * other.m3 - b * self.m3);
        self.m3 += other.m3 + delta * delta_n2 * a * b * (a - b) + 3.0 * delta_n * (a * other.m2 - b * self.m2);
        self.m2 += other.m2 + delta * delta_n * a * b;
        self.mean += delta_n * b;
        self.count += other.count;
    }

    /// The moments of the values times `factor`.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let square = factor * factor;
        Self {
            count: self.count,
            mean: self.mean * factor,
            m2: self.m2 * square,
            m3: self.m3 * square * factor,
            m4: self.m4 * square * square,
        }
    }

    /// The moments of the values plus `shift`.
    #[must_use]
    pub fn shifted(&self, shift: f64) -> Self {
        Self { mean: self.mean + shift, ..*self }
    }

    /// Number of values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean; 0 for an empty sample.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// The unbiased variance; `None` for fewer than two values.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        (self.count >= 2).then(|| self.m2 / (self.count - 1) as f64)
    }

    /// The square root of the unbiased variance.
    #[must_use]
    pub fn standard_deviation(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }

    /// The standard error of the mean of independent values.
    #[must_use]
    pub fn standard_error(&self) -> Option<f64> {
        self.variance().map(|variance| (variance / self.count as f64).sqrt())
    }

    /// The skewness, `M_3/n` over `(M_2/n)^1.5`; `None` if all values are equal.
    #[must_use]
    pub fn skewness(&self) -> Option<f64> {
        let n = self.count as f64;
        (self.m2 > 0.0).then(|| n.sqrt() * self.m3 / (self.m2 * self.m2.sqrt()))
    }

    /// The kurtosis (3 for a normal law), `M_4/n` over `(M_2/n)^2`; `None` if all values are equal.
    #[must_use]
    pub fn kurtosis(&self) -> Option<f64> {
        (self.m2 > 0.0).then(|| self.count as f64 * self.m4 / (self.m2 * self.m2))
    }

    /// The standard error of [`Self::standard_deviation`], `sqrt((m4 - m2^2) / n) / (2 sqrt m2)` to first order.
    #[must_use]
    pub fn standard_error_of_deviation(&self) -> Option<f64> {
        let deviation = self.standard_deviation()?;
        let kurtosis = self.kurtosis().unwrap_or(1.0);
        Some(0.5 * deviation * ((kurtosis - 1.0).max(0.0) / self.count as f64).sqrt())
    }

    /// The mean with its standard error and its interval, corrected for skewness.
    #[must_use]
    pub fn mean_estimate(&self) -> Estimate {
        let standard_error = self.standard_error();
        let skewness = self.skewness().unwrap_or(0.0);
        let interval = standard_error.map_or_else(Interval::default, |standard_error| {
            Interval::of_mean(self.mean, standard_error, skewness, self.count as f64)
        });
        Estimate { value: self.mean, standard_error, interval }
    }

    /// The standard deviation with its first-order error; `None` for fewer than two values.
    #[must_use]
    pub fn deviation_estimate(&self) -> Option<Estimate> {
        let (value, standard_error) = (self.standard_deviation()?, self.standard_error_of_deviation()?);
        Some(Estimate::normal(value, standard_error))
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut moments = Self::default();
        for value in values {
            moments.push(value);
        }
        moments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Central moments by their definition.
    fn by_definition(values: &[f64]) -> [f64; 4] {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let power = |p: i32| values.iter().map(|x| (0..p).map(|_| x - mean).product::<f64>()).sum::<f64>();
        [mean, power(2), power(3), power(4)]
    }

    fn assert_agree(moments: &Moments, values: &[f64]) {
        let [mean, m2, m3, m4] = by_definition(values);
        // Rounding of n additions: n eps times the sum of absolute terms, which M_2^(p/2) bounds from below here.
        let scale = m2 / values.len() as f64;
        let tolerance = 1e-13 * values.len() as f64;
        assert!((moments.mean - mean).abs() <= tolerance * (1.0 + mean.abs()));
        assert!((moments.m2 - m2).abs() <= tolerance * m2);
        assert!((moments.m3 - m3).abs() <= tolerance * scale * scale.sqrt() * 10.0);
        assert!((moments.m4 - m4).abs() <= tolerance * m4);
    }

    fn sample() -> Vec<f64> {
        (0..200u32).map(|i| f64::from(i * i % 101) - 0.01 * f64::from(i * i)).collect()
    }

    #[test]
    fn one_pass_and_a_slice_agree_with_the_definition() {
        let values = sample();
        assert_agree(&values.iter().copied().collect(), &values);
        assert_agree(&Moments::of(&values), &values);
        assert_eq!(Moments::of(&[]), Moments::default());
    }

    #[test]
    fn merged_parts_agree_with_the_whole() {
        let values = sample();
        for cut in [0, 1, 3, 120, 199, 200] {
            let mut left: Moments = values[..cut].iter().copied().collect();
            let right: Moments = values[cut..].iter().copied().collect();
            left.merge(&right);
            assert_eq!(left.count(), 200);
            assert_agree(&left, &values);
        }
    }

    #[test]
    fn a_repeated_value_merges_like_its_copies() {
        let values: Vec<f64> = sample().into_iter().chain([0.0; 300]).collect();
        let mut moments = Moments::repeated(0.0, 300);
        moments.merge(&sample().into_iter().collect());
        assert_agree(&moments, &values);
    }

    #[test]
    fn scaled_and_shifted_moments_are_those_of_scaled_and_shifted_values() {
        let values: Vec<f64> = sample().iter().map(|value| 7.0 - 3.0 * value).collect();
        let moments: Moments = sample().into_iter().collect();
        assert_agree(&moments.scaled(-3.0).shifted(7.0), &values);
    }

    #[test]
    fn a_fair_coin_has_its_known_moments() {
        let moments: Moments = [1.0, -1.0, 1.0, -1.0].into_iter().collect();
        assert_eq!((moments.mean(), moments.variance()), (0.0, Some(4.0 / 3.0)));
        assert_eq!((moments.skewness(), moments.kurtosis()), (Some(0.0), Some(1.0)));
        assert_eq!(moments.standard_error_of_deviation(), Some(0.0));
    }

    #[test]
    fn small_and_constant_samples_have_no_more_than_they_can_say() {
        let one: Moments = [5.0].into_iter().collect();
        assert_eq!((one.mean(), one.variance(), one.skewness()), (5.0, None, None));
        let constant: Moments = [5.0; 10].into_iter().collect();
        assert_eq!((constant.standard_error(), constant.kurtosis()), (Some(0.0), None));
        assert_eq!(constant.standard_error_of_deviation(), Some(0.0));
    }
}
