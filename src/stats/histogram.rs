//! Counts of values in equal bins, with what falls outside kept at either end; parts merge exactly.

/// Counts in bins `[low + i width, low + (i+1) width)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    low: f64,
    high: f64,
    counts: Vec<u64>,
    below: u64,
    above: u64,
}

impl Histogram {
    /// Empty bins between two bounds.
    ///
    /// # Panics
    /// The bounds are not finite and ascending, or there are no bins.
    #[must_use]
    pub fn new(low: f64, high: f64, bins: usize) -> Self {
        assert!(low < high && (high - low).is_finite() && bins > 0, "{bins} bins from {low} to {high}");
        Self { low, high, counts: vec![0; bins], below: 0, above: 0 }
    }

    /// Counts one value; the upper bound itself counts in the last bin.
    ///
    /// # Panics
    /// `value` is not a number.
    pub fn push(&mut self, value: f64) {
        assert!(!value.is_nan(), "a histogram of NaN");
        let bins = self.counts.len();
        if value < self.low {
            self.below += 1;
        } else if value > self.high {
            self.above += 1;
        } else {
            let position = (value - self.low) / (self.high - self.low) * bins as f64;
            self.counts[(position as usize).min(bins - 1)] += 1;
        }
    }

    /// Adds the counts of another histogram.
    ///
    /// # Panics
    /// Its bins are not the same.
    pub fn merge(&mut self, other: &Self) {
        assert!(
            self.low == other.low && self.high == other.high && self.counts.len() == other.counts.len(),
            "histograms with other bins"
        );
        for (count, other) in self.counts.iter_mut().zip(&other.counts) {
            *count += other;
        }
        self.below += other.below;
        self.above += other.above;
    }

    /// Counts a bin.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The bounds of a bin.
    #[must_use]
    pub fn bounds(&self, bin: usize) -> (f64, f64) {
        let edge = |bin: usize| self.low + (self.high - self.low) * (bin as f64 / self.counts.len() as f64);
        (edge(bin), edge(bin + 1))
    }

    /// How many values lay below the first bin, and above the last.
    #[must_use]
    pub fn outside(&self) -> (u64, u64) {
        (self.below, self.above)
    }

    /// How many values were counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.below + self.above + self.counts.iter().sum::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> Histogram {
        let mut histogram = Histogram::new(0.0, 10.0, 5);
        for &value in values {
            histogram.push(value);
        }
        histogram
    }

    #[test]
    fn every_value_is_counted_once_in_its_bin() {
        let histogram = of(&[-1.0, 0.0, 1.9, 2.0, 5.5, 9.9, 10.0, 10.1, f64::INFINITY]);
        assert_eq!(histogram.counts(), [2, 1, 1, 0, 2]);
        assert_eq!((histogram.outside(), histogram.total()), ((1, 2), 9));
        assert_eq!(histogram.bounds(1), (2.0, 4.0));
    }

    #[test]
    fn merged_counts_are_those_of_the_whole() {
        let mut merged = of(&[-1.0, 3.0]);
        merged.merge(&of(&[3.5, 20.0]));
        assert_eq!(merged, of(&[-1.0, 3.0, 3.5, 20.0]));
    }
}
