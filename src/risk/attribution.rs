//! Whose loss the tail is: Euler's allocation of expected shortfall to parts of the P&L.
//!
//! ```text
//! ES_c = sum over paths of w L_c,   w = 1 / (n (1 - alpha)) where L > VaR, the remainder in equal shares where L = VaR
//! ```
//!
//! The weights sum to 1 and are those of ES itself, so the parts sum to it (Tasche 1999). The error comes from the influence
//! function `((L_c - m)^+ on L > VaR) / (1 - alpha) + m`, where `m` is the mean of `L_c` on paths near VaR: those between
//! the two order statistics that enclose it.

use super::tail::{LossTail, TAIL_PATHS_MIN, tail_paths};
use crate::stats::{Estimate, Interval, Level, Moments};

/// The paths of a tail and their weights.
#[derive(Debug, Clone)]
pub struct TailWeights {
    paths: usize,
    level: Level,
    /// Paths that lose more than VaR.
    above: Vec<usize>,
    /// Paths that lose exactly VaR.
    at: Vec<usize>,
    /// Paths near VaR; none where the sample is too small to say.
    near: Vec<usize>,
}

impl TailWeights {
    /// The tail of losses in path order, `tail` made of the same.
    #[must_use]
    pub fn new(losses: &[f64], tail: &LossTail, level: Level) -> Self {
        let value_at_risk = tail.value_at_risk(level);
        let bound = value_at_risk.value;
        let near = value_at_risk.interval.low.zip(value_at_risk.interval.high);
        let mut weights = Self { paths: losses.len(), level, above: Vec::new(), at: Vec::new(), near: Vec::new() };
        for (path, &loss) in losses.iter().enumerate() {
            if loss > bound {
                weights.above.push(path);
            } else if loss == bound {
                weights.at.push(path);
            }
            if near.is_some_and(|(low, high)| low <= loss && loss <= high) {
                weights.near.push(path);
            }
        }
        weights
    }

    /// The paths that lose at least VaR.
    pub fn worst(&self) -> impl Iterator<Item = usize> {
        self.above.iter().chain(&self.at).copied()
    }

    /// What a part of the P&L loses in the tail, so much of expected shortfall.
    #[must_use]
    pub fn share_of(&self, pnl: &[f64]) -> Estimate {
        let n = self.paths as f64;
        let tail = self.level.tail();
        let beyond = self.above.len() as f64 / n;
        let mean_at = self.at.iter().map(|&path| -pnl[path]).sum::<f64>() / self.at.len() as f64;
        let sum: f64 = self.above.iter().map(|&path| -pnl[path]).sum();
        let value = (sum / n + (tail - beyond) * mean_at) / tail + 0.0;
        if self.near.is_empty() || tail_paths(self.paths, self.level) < TAIL_PATHS_MIN {
            return Estimate::bare(value);
        }
        let near = self.near.iter().map(|&path| -pnl[path]).sum::<f64>() / self.near.len() as f64;
        let excesses: Moments = self.above.iter().map(|&path| -pnl[path] - near).collect();
        let mut all = Moments::repeated(0.0, self.paths as u64 - excesses.count());
        all.merge(&excesses);
        let estimate = all.scaled(1.0 / tail).shifted(near).mean_estimate();
        // The mean of the influences differs from the value by less than one path's part.
        let shift = |end: Option<f64>| end.map(|end| end + (value - estimate.value));
        let interval = Interval { low: shift(estimate.interval.low), high: shift(estimate.interval.high) };
        Estimate { value, interval, ..estimate }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tail::losses;
    use super::*;

    const LEVEL: Level = Level::per_mille(990);

    /// Scattered values from 0 to 1, the same every time.
    fn scattered(n: usize, salt: u64) -> Vec<f64> {
        (0..n as u64)
            .map(|i| {
                let x =
                    (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(salt.wrapping_mul(0x517c_c1b7_2722_0a95));
                let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                ((x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 11) as f64 / (1u64 << 53) as f64
            })
            .collect()
    }

    fn weights(pnl: &[f64]) -> (TailWeights, LossTail) {
        let losses = losses(pnl);
        let tail = LossTail::new(&losses, LEVEL);
        (TailWeights::new(&losses, &tail, LEVEL), tail)
    }

    #[test]
    fn the_parts_sum_to_the_whole_with_and_without_atoms() {
        for bound in [-1e9, -80_000.0] {
            let parts: Vec<Vec<f64>> = (0..4)
                .map(|salt| scattered(7_001, salt).iter().map(|u| 1e5 * (u - 0.5) * (1.0 + salt as f64)).collect())
                .collect();
            let mut pnl: Vec<f64> = (0..7_001).map(|i| parts.iter().map(|part| part[i]).sum()).collect();
            // A fifth part that takes the losses back beyond a bound makes an atom there.
            let floor: Vec<f64> = pnl.iter().map(|pnl| (bound - pnl).max(0.0)).collect();
            pnl.iter_mut().zip(&floor).for_each(|(pnl, floor)| *pnl += floor);
            let (weights, tail) = weights(&pnl);
            let sum: f64 = parts.iter().chain([&floor]).map(|part| weights.share_of(part).value).sum();
            let whole = tail.expected_shortfall(LEVEL).value;
            assert!((sum - whole).abs() < 1e-9 * whole.abs(), "{sum} against {whole}");
        }
    }

    #[test]
    fn the_whole_as_its_own_part_has_the_error_of_shortfall() {
        let pnl: Vec<f64> = scattered(50_000, 1).iter().map(|u| 1e4 * libm::log(*u)).collect();
        let (weights, tail) = weights(&pnl);
        let (part, whole) = (weights.share_of(&pnl), tail.expected_shortfall(LEVEL));
        assert!((part.value - whole.value).abs() < 1e-9 * whole.value);
        // They differ by how far the mean near VaR lies from VaR.
        let ratio = part.standard_error.unwrap() / whole.standard_error.unwrap();
        assert!((ratio - 1.0).abs() < 0.01, "{ratio}");
    }

    #[test]
    fn intervals_of_a_part_cover_95_times_in_100() {
        // L = 2 a + b with independent exponential a and b: E[a | L] by simulation of 2,000,000 paths.
        let sample = |n: usize, salt: u64| -> (Vec<f64>, Vec<f64>) {
            let [a, b] = [2 * salt, 2 * salt + 1].map(|salt| scattered(n, 1_000 + salt));
            let a: Vec<f64> = a.iter().map(|u| libm::log(*u)).collect();
            let pnl = a.iter().zip(&b).map(|(a, b)| 2.0 * a + libm::log(*b)).collect();
            (a, pnl)
        };
        let (a, pnl) = sample(2_000_000, 0);
        let truth = weights(&pnl).0.share_of(&a);
        let covered = (1..=1_000u64)
            .filter(|&salt| {
                let (a, pnl) = sample(5_000, salt);
                let interval = weights(&pnl).0.share_of(&a).interval;
                interval.low.unwrap() <= truth.value && truth.value <= interval.high.unwrap()
            })
            .count();
        // Four standard errors of a share of 1,000 replications.
        assert!((922..=978).contains(&covered), "{covered} of 1,000");
    }

    #[test]
    fn a_handful_of_tail_paths_has_no_error() {
        let pnl: Vec<f64> = scattered(500, 3);
        assert_eq!(weights(&pnl).0.share_of(&pnl).standard_error, None);
    }
}
