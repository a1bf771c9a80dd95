//! From numbers to pixels and back to round labels.

/// A linear or logarithmic axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    domain: [f64; 2],
    pixels: [f64; 2],
    logarithmic: bool,
}

impl Scale {
    /// Maps `domain` linearly to `pixels`; an empty domain is widened.
    #[must_use]
    pub fn linear(domain: [f64; 2], pixels: [f64; 2]) -> Self {
        let [low, high] = domain;
        let domain = if high > low { domain } else { [low - 1.0, low + 1.0] };
        Self { domain, pixels, logarithmic: false }
    }

    /// Maps the logarithm of a positive `domain` to `pixels`.
    #[must_use]
    pub fn logarithmic(domain: [f64; 2], pixels: [f64; 2]) -> Self {
        assert!(domain[0] > 0.0 && domain[1] > domain[0], "a logarithmic axis needs a positive range");
        Self { domain, pixels, logarithmic: true }
    }

    /// The pixel of a value; values outside the domain stay at its ends.
    #[must_use]
    pub fn pixel(&self, value: f64) -> f64 {
        let [low, high] = self.domain;
        let value = value.clamp(low, high);
        let share = if self.logarithmic {
            libm::log(value / low) / libm::log(high / low)
        } else {
            (value - low) / (high - low)
        };
        self.pixels[0] + share * (self.pixels[1] - self.pixels[0])
    }

    /// About `count` round values of a linear axis and their distance.
    #[must_use]
    pub fn ticks(&self, count: usize) -> (Vec<f64>, f64) {
        let [low, high] = self.domain;
        let rough = (high - low) / count.max(1) as f64;
        let magnitude = libm::pow(10.0, libm::floor(libm::log10(rough)));
        let nice = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * magnitude);
        let step = nice.into_iter().find(|step| *step >= rough * 0.999_999).unwrap_or(nice[3]);
        let (first, last) = (libm::ceil(low / step), libm::floor(high / step));
        let mut ticks = Vec::new();
        let mut multiple = first;
        while multiple <= last && ticks.len() < 100 {
            ticks.push(multiple * step);
            multiple += 1.0;
        }
        (ticks, step)
    }

    /// The powers of ten of a logarithmic axis.
    #[must_use]
    pub fn decades(&self) -> Vec<f64> {
        let [low, high] = self.domain.map(libm::log10);
        let (first, last) = (libm::ceil(low - 1e-9) as i32, libm::floor(high + 1e-9) as i32);
        (first..=last).map(|exponent| libm::pow(10.0, f64::from(exponent))).collect()
    }

    /// The powers of ten of a logarithmic axis; where it has fewer than three, twice and five times them as well.
    #[must_use]
    pub fn round_values(&self) -> Vec<f64> {
        let decades = self.decades();
        if decades.len() >= 3 {
            return decades;
        }
        let [low, high] = self.domain;
        let before = libm::pow(10.0, libm::floor(libm::log10(low)));
        let near = (0..=decades.len()).map(|k| before * libm::pow(10.0, k as f64));
        let near = near.flat_map(|power| [1.0, 2.0, 5.0].map(|factor| factor * power));
        near.filter(|value| (low * 0.999_999..=high * 1.000_001).contains(value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_map_to_ends_and_beyond_stays_there() {
        let scale = Scale::linear([-10.0, 30.0], [100.0, 300.0]);
        assert_eq!([-10.0, 10.0, 30.0, 99.0, -99.0].map(|x| scale.pixel(x)), [100.0, 200.0, 300.0, 300.0, 100.0]);
        let scale = Scale::logarithmic([0.001, 1.0], [300.0, 0.0]);
        assert!((scale.pixel(0.1) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(Scale::linear([-130.0, 95.0], [0.0, 1.0]).ticks(5), (vec![-100.0, -50.0, 0.0, 50.0], 50.0));
        assert_eq!(Scale::logarithmic([0.000_5, 1.0], [0.0, 1.0]).decades().len(), 4);
        let round = |domain| Scale::logarithmic(domain, [0.0, 1.0]).round_values();
        assert_eq!(round([200.0, 5000.0]), [200.0, 500.0, 1000.0, 2000.0, 5000.0]);
        assert_eq!(round([200.0, 100_000.0]), [1000.0, 10_000.0, 100_000.0]);
        let (ticks, _) = Scale::linear([7.0, 7.0], [0.0, 1.0]).ticks(4);
        assert!(!ticks.is_empty() && ticks.iter().all(|tick| (6.0..=8.0).contains(tick)));
    }
}
