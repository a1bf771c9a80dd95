//! Liquidity crunches: spells in which VX breaks away from what the model says it is worth.
//!
//! ```text
//! begins   with probability 1 - exp(-(a + (max(0, x1_d - x1_(d-1)) / c)^2)) at a close
//! ends     with probability 1 / `mean_days` at each later close
//! y_d      m + s n_d at the first close, m + r (y_(d-1) - m) + s sqrt(1 - r^2) n_d at the next ones, r y_(d-1) after the last
//! VX       model's price x exp(y_d w),   w = min(1, calendar days to settlement / `converge_days`)
//! ```
//!
//! So a rise of the fast variance factor, which is its jump on a day that has one, or a forced move, brings a crunch about;
//! the basis `y` stays for a while when it is over, and is gone where a contract settles, which is at VIX itself. What a
//! close brings depends on nothing that comes later. VX with a basis is no martingale under the pricing measure.

use std::ops::Range;

use super::batch::PathBatch;
use crate::math::{exp, ln};
use crate::random::{Address, Draw, Purpose};
use crate::units::TRADING_DAYS_PER_YEAR;

/// When crunches come, and what becomes of the VX basis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CrunchLaw {
    /// `252 a`: rate of crunches that nothing brings about, a year.
    pub per_year: f64,
    /// `c`: rise of the fast factor in a day, annual variance, that brings one about in 63 of 100 cases.
    pub variance_rise: f64,
    /// Mean length, closes; at least 1.
    pub mean_days: f64,
    /// `exp(m) - 1`: by how much VX lies above the model's price in a crunch, a fraction.
    pub vx_basis: f64,
    /// `s`: standard deviation of that in logarithms.
    pub deviation: f64,
    /// `r`: what is left of it from day to day.
    pub persistence: f64,
    /// Calendar days to settlement within which it goes to nothing.
    pub converge_days: f64,
}

impl Default for CrunchLaw {
    /// A choice: from a VIX of 18 a crunch on one path in five within a year, a week long, in which VX is a tenth too cheap.
    fn default() -> Self {
        Self {
            per_year: 0.05,
            variance_rise: 0.2,
            mean_days: 5.0,
            vx_basis: -0.1,
            deviation: 0.04,
            persistence: 0.9,
            converge_days: 10.0,
        }
    }
}

impl CrunchLaw {
    /// `w`: how much of the basis a contract has.
    #[must_use]
    pub fn share_of_basis(&self, days_to_settlement: i64) -> f64 {
        (days_to_settlement as f64 / self.converge_days).clamp(0.0, 1.0)
    }

    fn next_basis(&self, before: f64, was_on: bool, is_on: bool, normal: f64) -> f64 {
        let (r, m) = (self.persistence, ln(1.0 + self.vx_basis));
        match (was_on, is_on) {
            (_, false) => r * before,
            (false, true) => m + self.deviation * normal,
            (true, true) => m + r * (before - m) + self.deviation * (1.0 - r * r).sqrt() * normal,
        }
    }
}

/// The crunches of a run.
#[derive(Debug, Clone)]
pub struct Crunches {
    law: CrunchLaw,
    by_chance: bool,
    seed: u64,
    forced: Vec<Range<usize>>,
}

/// The crunches along the paths of a batch, `[day * lanes + lane]` each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CrunchBatch {
    /// Whether the close is in a crunch; empty where a run has none.
    pub on: Vec<bool>,
    /// `y`: logarithm of VX over the model's, far from settlement.
    pub basis: Vec<f64>,
}

impl CrunchBatch {
    /// Takes every crunch away.
    pub fn clear(&mut self) {
        self.on.clear();
        self.basis.clear();
    }
}

impl Crunches {
    /// Crunches by a law, if they come by chance, and on the days of some spells whatever it says.
    #[must_use]
    pub fn new(law: CrunchLaw, by_chance: bool, seed: u64, forced: Vec<Range<usize>>) -> Self {
        Self { law, by_chance, seed, forced }
    }

    /// Finds the crunches along the paths of a batch, the first of which is path `first_path`; none is on at the start.
    ///
    /// # Shape
    /// As the batch, day 0 included.
    pub fn fill(&self, first_path: u64, path: &PathBatch, batch: &mut CrunchBatch) {
        let lanes = path.lanes();
        let CrunchBatch { on, basis } = batch;
        on.clear();
        on.resize(path.days() * lanes, false);
        basis.clear();
        basis.resize(path.days() * lanes, 0.0);
        for lane in 0..lanes {
            let mut by_chance = false;
            for day in 1..path.days() {
                let (now, before) = (day * lanes + lane, (day - 1) * lanes + lane);
                let address = Address {
                    seed: self.seed,
                    path: first_path.wrapping_add(lane as u64),
                    step: day as u32,
                    purpose: Purpose::Crunch,
                };
                let draw = Draw::at(address, 0);
                let rise = (path.x1[now] - path.x1[before]).max(0.0);
                by_chance = self.by_chance && self.is_on(by_chance, rise, draw.uniform);
                on[now] = by_chance || self.forced.iter().any(|spell| spell.contains(&day));
                if on[now] || basis[before] != 0.0 {
                    basis[now] = self.law.next_basis(basis[before], on[before], on[now], draw.normals()[0]);
                }
            }
        }
    }

    /// Whether a crunch by chance is on after a close.
    fn is_on(&self, was_on: bool, rise: f64, uniform: f64) -> bool {
        let share = rise / self.law.variance_rise;
        if was_on {
            uniform >= 1.0 / self.law.mean_days
        } else {
            uniform < 1.0 - exp(-(self.law.per_year / TRADING_DAYS_PER_YEAR + share * share))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAW: CrunchLaw = CrunchLaw {
        per_year: 0.02 * TRADING_DAYS_PER_YEAR,
        variance_rise: 0.2,
        mean_days: 5.0,
        vx_basis: -0.1,
        deviation: 0.03,
        persistence: 0.8,
        converge_days: 10.0,
    };
    const DAYS: usize = 64;

    /// Paths whose fast factor rises by `jump` at close 20 and stands still otherwise.
    fn paths(lanes: usize, jump: f64) -> PathBatch {
        let mut path = PathBatch::new();
        path.resize(DAYS + 1, lanes);
        for day in 0..=DAYS {
            let row = path.row(day);
            path.x1[row].fill(if day < 20 { 0.02 } else { 0.02 + jump });
        }
        path
    }

    fn fill(law: CrunchLaw, forced: Vec<Range<usize>>, first: u64, path: &PathBatch) -> CrunchBatch {
        let mut batch = CrunchBatch::default();
        Crunches::new(law, true, 7, forced).fill(first, path, &mut batch);
        batch
    }

    #[test]
    fn a_rise_of_variance_brings_a_crunch_about_with_its_probability() {
        const LANES: usize = 20_000;
        for (jump, expected) in [(0.0, 1.0 - exp(-0.02)), (0.1, 1.0 - exp(-0.27)), (0.2, 1.0 - exp(-1.02))] {
            let batch = fill(LAW, Vec::new(), 0, &paths(LANES, jump));
            let at = |day: usize| &batch.on[day * LANES..][..LANES];
            let free: Vec<usize> = (0..LANES).filter(|&lane| !at(19)[lane]).collect();
            let share = free.iter().filter(|&&lane| at(20)[lane]).count() as f64 / free.len() as f64;
            let error = (expected * (1.0 - expected) / free.len() as f64).sqrt();
            assert!((share - expected).abs() < 4.0 * error, "{jump}: {share} against {expected}");
            assert!(at(0).iter().all(|on| !on));
        }
    }

    #[test]
    fn a_crunch_lasts_as_long_as_it_says_and_the_basis_has_its_mean_deviation_and_memory() {
        const LANES: usize = 20_000;
        let batch = fill(CrunchLaw { per_year: 1e5, ..LAW }, Vec::new(), 0, &paths(LANES, 0.0));
        // It begins again whenever it has ended: a spell of 5 closes on average, then one close without.
        let late = &batch.on[9 * LANES..];
        let share = late.iter().filter(|&&on| on).count() as f64 / late.len() as f64;
        assert!((share - 5.0 / 6.0).abs() < 0.003, "{share}");
        let always = 1..DAYS + 1;
        let second = fill(CrunchLaw { mean_days: 1e9, ..LAW }, vec![always], 0, &paths(LANES, 0.0));
        let m = ln(0.9);
        let moments = |day: usize| {
            let row = &second.basis[day * LANES..][..LANES];
            let mean = row.iter().sum::<f64>() / LANES as f64;
            (mean, row.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / LANES as f64)
        };
        for day in [1, 2, 40] {
            let (mean, variance) = moments(day);
            assert!((mean - m).abs() < 4.0 * 0.03 / (LANES as f64).sqrt(), "{day}: {mean}");
            assert!((variance.sqrt() - 0.03).abs() < 4.0 * 0.03 / (2.0 * LANES as f64).sqrt(), "{day}: {variance}");
        }
        let pairs = second.basis[10 * LANES..][..LANES].iter().zip(&second.basis[11 * LANES..][..LANES]);
        let memory = pairs.map(|(a, b)| (a - m) * (b - m)).sum::<f64>() / (LANES as f64 * 0.0009);
        assert!((memory - 0.8).abs() < 0.03, "{memory}");
    }

    #[test]
    fn forced_days_are_a_crunch_on_every_path_and_the_basis_fades_after_them() {
        let quiet = CrunchLaw { per_year: 0.0, variance_rise: 1e9, deviation: 0.0, ..LAW };
        let forced = 30..33;
        let batch = fill(quiet, vec![forced], 0, &paths(8, 0.5));
        for day in 0..=DAYS {
            for lane in 0..8 {
                assert_eq!(batch.on[day * 8 + lane], (30..33).contains(&day), "{day}");
            }
        }
        let y = |day: usize| batch.basis[day * 8];
        let m = ln(0.9);
        assert_eq!([y(29), y(30), y(32)], [0.0, m, m]);
        assert!((y(33) - 0.8 * m).abs() < 1e-15 && (y(35) - 0.512 * m).abs() < 1e-15);
        assert_eq!([0, 5, 10, 300].map(|days| quiet.share_of_basis(days)), [0.0, 0.5, 1.0, 1.0]);
    }

    #[test]
    fn a_path_depends_on_its_number_alone_and_on_nothing_that_comes_later() {
        let whole = fill(LAW, Vec::new(), 40, &paths(6, 0.1));
        let alone = fill(LAW, Vec::new(), 43, &paths(1, 0.1));
        let mut later = paths(6, 0.1);
        for day in 41..=DAYS {
            let row = later.row(day);
            later.x1[row].fill(9.0);
        }
        let changed = fill(LAW, Vec::new(), 40, &later);
        for day in 0..=DAYS {
            assert_eq!((alone.on[day], alone.basis[day]), (whole.on[day * 6 + 3], whole.basis[day * 6 + 3]));
            if day <= 40 {
                assert_eq!(changed.basis[day * 6..][..6], whole.basis[day * 6..][..6]);
            }
        }
        assert_ne!(changed.on, whole.on);
    }
}
