//! How an estimate settles with the number of paths: expected shortfall of the first so many.

use super::tail::{LossTail, losses};
use crate::stats::{Estimate, Level};

/// Numbers of paths looked at.
const POINTS: i32 = 24;

/// Fewest paths looked at.
const FIRST: f64 = 500.0;

/// Expected shortfall of the first paths, for numbers that grow by a constant factor up to all of them.
#[must_use]
pub fn convergence(pnl: &[f64], level: Level) -> Vec<(usize, Estimate)> {
    let losses = losses(pnl);
    let all = losses.len() as f64;
    if all < 2.0 * FIRST {
        return Vec::new();
    }
    let growth = libm::pow(all / FIRST, 1.0 / f64::from(POINTS - 1));
    (0..POINTS)
        .map(|point| {
            let paths = ((FIRST * libm::pow(growth, f64::from(point))).round() as usize).min(losses.len());
            let tail = LossTail::new(&losses[..paths], level);
            (paths, tail.expected_shortfall(level))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_with_the_estimate_of_all_paths_and_its_intervals_shrink() {
        let pnl: Vec<f64> = (0..40_000u32).map(|i| f64::from(i.wrapping_mul(2_654_435_761) >> 8) / 1e6).collect();
        let level = Level::per_mille(950);
        let found = convergence(&pnl, level);
        let (paths, last) = found[found.len() - 1];
        assert_eq!((found[0].0, paths), (500, 40_000));
        assert_eq!(last, LossTail::new(&losses(&pnl), level).expected_shortfall(level));
        assert!(found[0].1.standard_error > last.standard_error);
        assert!(convergence(&pnl[..999], level).is_empty());
    }
}
