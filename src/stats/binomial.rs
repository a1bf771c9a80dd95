//! The binomial law, exact to rounding and the same on every machine.
//!
//! ```text
//! ln pmf(k) = lb(n) - lb(k) - lb(n-k) - D(k, np) - D(n-k, nq) + ln(n / (2 pi k (n-k))) / 2
//! D(x, m) = x ln(x/m) + m - x,      lb(n) = ln n! - [ln sqrt(2 pi n) + n ln n - n]
//! ```
//!
//! after Loader (2000), "Fast and accurate computation of binomial probabilities": no term is larger than the result needs.
//! Tails are sums of the mass by its recurrence, from the tail's largest term outwards.

const LN_SQRT_2_PI: f64 = 0.918_938_533_204_672_7;

/// Number of trials and chance of success.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Binomial {
    trials: u64,
    chance: f64,
}

impl Binomial {
    /// The number of successes in `trials` independent trials.
    ///
    /// # Panics
    /// `chance` is not strictly between 0 and 1.
    #[must_use]
    pub fn new(trials: u64, chance: f64) -> Self {
        assert!(0.0 < chance && chance < 1.0, "chance {chance}");
        Self { trials, chance }
    }

    /// The probability of exactly `k` successes.
    ///
    /// # Accuracy
    /// Sums of masses agree with exact probabilities to 1e-12 up to a million trials.
    #[must_use]
    pub fn mass(&self, k: u64) -> f64 {
        let Self { trials, chance } = *self;
        let (n, p, q) = (trials as f64, chance, 1.0 - chance);
        if k > trials {
            return 0.0;
        }
        if k == 0 {
            return libm::exp(n * libm::log1p(-p));
        }
        if k == trials {
            return libm::exp(n * libm::log(p));
        }
        let (successes, failures) = (k as f64, (trials - k) as f64);
        let exponent = stirling_error(trials)
            - stirling_error(k)
            - stirling_error(trials - k)
            - deviance(successes, n * p)
            - deviance(failures, n * q);
        libm::exp(exponent - LN_SQRT_2_PI) * (n / (successes * failures)).sqrt()
    }

    /// The probability of at most `k` successes.
    #[must_use]
    pub fn cdf(&self, k: u64) -> f64 {
        if k >= self.trials {
            return 1.0;
        }
        if k as f64 <= self.trials as f64 * self.chance { self.lower_tail(k) } else { 1.0 - self.upper_tail(k + 1) }
    }

    /// The smallest `k` with `cdf(k) >= probability`.
    ///
    /// # Panics
    /// `probability` is not strictly between 0 and 1.
    #[must_use]
    pub fn quantile(&self, probability: f64) -> u64 {
        assert!(0.0 < probability && probability < 1.0, "probability {probability}");
        // Walk from the mean, a few standard deviations at most.
        let mut k = (self.trials as f64 * self.chance) as u64;
        let mut cdf = self.cdf(k);
        let mut mass = self.mass(k);
        while cdf < probability && k < self.trials {
            mass *= self.ratio(k);
            cdf += mass;
            k += 1;
        }
        while k > 0 && cdf - mass >= probability {
            cdf -= mass;
            k -= 1;
            mass /= self.ratio(k);
        }
        k
    }

    /// `mass(k + 1) / mass(k)`.
    fn ratio(&self, k: u64) -> f64 {
        self.chance / (1.0 - self.chance) * (self.trials - k) as f64 / (k + 1) as f64
    }

    /// `P(X <= k)` for `k` below the mean, where the terms fall towards 0.
    fn lower_tail(&self, k: u64) -> f64 {
        let mut term = self.mass(k);
        let mut sum = term;
        for successes in (0..k).rev() {
            term /= self.ratio(successes);
            sum += term;
            if term <= sum * 1e-18 {
                break;
            }
        }
        sum
    }

    /// `P(X >= k)` for `k` above the mean, where the terms fall towards n.
    fn upper_tail(&self, k: u64) -> f64 {
        let mut term = self.mass(k);
        let mut sum = term;
        for successes in k..self.trials {
            term *= self.ratio(successes);
            sum += term;
            if term <= sum * 1e-18 {
                break;
            }
        }
        sum
    }
}

/// `ln n!` less Stirling's formula, by its series for n above 15 and by products below.
fn stirling_error(n: u64) -> f64 {
    let x = n as f64;
    if n <= 15 {
        let log_factorial: f64 = libm::log((2..=n).map(|i| i as f64).product());
        return log_factorial - (LN_SQRT_2_PI + (x + 0.5) * libm::log(x) - x);
    }
    let inverse_square = 1.0 / (x * x);
    let tail = 1.0 / 1680.0 - inverse_square / 1188.0;
    (1.0 / 12.0 - inverse_square * (1.0 / 360.0 - inverse_square * (1.0 / 1260.0 - inverse_square * tail))) / x
}

/// `x ln(x/m) + m - x` without cancellation near `x = m`.
fn deviance(x: f64, mean: f64) -> f64 {
    let distance = x - mean;
    if distance.abs() >= 0.1 * (x + mean) {
        return x * libm::log(x / mean) - distance;
    }
    // With v = (x - m)/(x + m): ln(x/m) = 2 (v + v^3/3 + v^5/5 + ...).
    let ratio = distance / (x + mean);
    let square = ratio * ratio;
    let mut power = 2.0 * x * ratio;
    let mut sum = distance * ratio;
    for odd in (3u32..).step_by(2) {
        power *= square;
        let next = sum + power / f64::from(odd);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_laws_are_their_fractions() {
        // C(10, k) / 2^10.
        let fair = Binomial::new(10, 0.5);
        for (k, ways) in (0..=10).zip([1.0, 10.0, 45.0, 120.0, 210.0, 252.0, 210.0, 120.0, 45.0, 10.0, 1.0]) {
            assert!((fair.mass(k) / (ways / 1024.0) - 1.0).abs() < 1e-14, "{k}");
        }
        assert!((fair.cdf(2) - 56.0 / 1024.0).abs() < 1e-15);
        assert!((fair.cdf(7) - 968.0 / 1024.0).abs() < 1e-15);
        assert_eq!((fair.cdf(10), fair.mass(11)), (1.0, 0.0));
    }

    #[test]
    fn masses_sum_to_one() {
        for (trials, chance) in [(1, 0.3), (7, 0.01), (500, 0.95), (100_000, 0.999)] {
            let law = Binomial::new(trials, chance);
            let total: f64 = (0..=trials).map(|k| law.mass(k)).sum();
            // The relative error of a mass is near 1e-16 times its largest exponent, here up to a few thousand units.
            assert!((total - 1.0).abs() < 1e-12, "{trials} {chance}: {total}");
        }
    }

    #[test]
    fn both_tails_meet() {
        let law = Binomial::new(2000, 0.9);
        for k in [1700, 1795, 1799, 1800, 1801, 1850] {
            assert!((law.lower_tail(k) + law.upper_tail(k + 1) - 1.0).abs() < 1e-13, "{k}");
        }
    }

    #[test]
    fn a_quantile_is_the_first_to_reach_its_probability() {
        for (trials, chance) in [(20, 0.05), (1000, 0.99), (1_000_000, 0.995)] {
            let law = Binomial::new(trials, chance);
            for probability in [1e-6, 0.025, 0.5, 0.975, 1.0 - 1e-6] {
                let k = law.quantile(probability);
                assert!(law.cdf(k) >= probability);
                assert!(k == 0 || law.cdf(k - 1) < probability);
            }
        }
    }
}
