//! The 25-delta skew of one expiry as a function of the state, tabulated.
//!
//! ```text
//! r = sqrt(a1 x1 + a2 x2 + b)      the level: the model's VIX of the same expiry over 100
//! s = a2 x2 / (r^2 - b)            the split between the factors
//! ```
//!
//! In each half-octave of the level and range of the split the skew is a polynomial in both, through Chebyshev nodes.
//! Where that misses exact values between the nodes by more than the accuracy asked for, a range is halved.

use std::sync::atomic::{AtomicU64, Ordering};

use super::european::European;
use super::smile::skew25;
use crate::error::{DomainError, require};
use crate::math::interpolate::{chebyshev_matrix, chebyshev_nodes, chebyshev_values};
use crate::model::{Law, RiskNeutral, State, VixMap};

/// Nodes in the level and in the split of a patch.
const NODES: [usize; 2] = [8, 7];
/// Highest level that is tabulated: a VIX of 200.
const LEVEL_MAX: f64 = 2.0;
/// Halvings of a range of the split at most.
const HALVINGS_MAX: u32 = 6;

/// The skew of one expiry, a fraction (1 point is 0.01).
#[derive(Debug)]
pub struct SkewTable {
    map: VixMap,
    exact: European,
    first_band: u64,
    /// By half-octave of the level: patches by the split, ascending.
    bands: Vec<Vec<Patch>>,
    worst: f64,
    exact_count: AtomicU64,
}

/// A polynomial over a rectangle of level and split.
#[derive(Debug, Clone)]
struct Patch {
    level: Interval,
    split: Interval,
    /// Chebyshev coefficients, `[degree in the split * NODES[0] + degree in the level]`.
    coefficients: Vec<f64>,
    split_nodes: usize,
}

#[derive(Debug, Clone, Copy)]
struct Interval {
    low: f64,
    high: f64,
}

impl Interval {
    /// From -1 at the low end to 1 at the high one.
    fn place(self, x: f64) -> f64 {
        let half = 0.5 * (self.high - self.low);
        if half > 0.0 { (x - (self.low + half)) / half } else { 0.0 }
    }

    fn at(self, place: f64) -> f64 {
        0.5 * (self.low + self.high) + 0.5 * (self.high - self.low) * place
    }

    fn halves(self) -> [Self; 2] {
        let middle = 0.5 * (self.low + self.high);
        [Self { high: middle, ..self }, Self { low: middle, ..self }]
    }
}

impl SkewTable {
    /// Tabulates the skew of options that expire in `years` to within `accuracy`, a fraction.
    ///
    /// # Errors
    /// A time outside (0, 1] years, or a state in which the model has no 25-delta options.
    pub fn build(law: &Law<RiskNeutral>, years: f64, accuracy: f64) -> Result<Self, DomainError> {
        require("years", years, years > 0.0 && years <= 1.0, "a number of years above 0 and at most 1")?;
        let map = VixMap::new(law, years)?;
        let level_min = map.b.sqrt();
        let first_band = half_octave(level_min);
        let mut table = Self {
            map,
            exact: European::new(law, years)?,
            first_band,
            bands: Vec::new(),
            worst: 0.0,
            exact_count: AtomicU64::new(0),
        };
        for index in first_band..half_octave(LEVEL_MAX) {
            let level = Interval {
                low: f64::from_bits(index << 51).max(level_min),
                high: f64::from_bits((index + 1) << 51).min(LEVEL_MAX),
            };
            let mut band = Vec::new();
            table.cover(
                level,
                Interval { low: 0.0, high: 1.0 },
                law.has_slow_factor(),
                accuracy,
                HALVINGS_MAX,
                &mut band,
            )?;
            table.bands.push(band);
        }
        Ok(table)
    }

    /// The skew in a state, a fraction; exact where the state lies beyond the table.
    ///
    /// NaN where the model has no such options.
    #[must_use]
    pub fn skew(&self, state: State) -> f64 {
        let above_floor = self.map.a1 * state.x1 + self.map.a2 * state.x2;
        let level = (above_floor + self.map.b).sqrt();
        let split = if above_floor > 0.0 { self.map.a2 * state.x2 / above_floor } else { 0.0 };
        let band = half_octave(level).wrapping_sub(self.first_band) as usize;
        let patches = self.bands.get(band).filter(|_| level < LEVEL_MAX && (0.0..=1.0).contains(&split));
        match patches.and_then(|patches| patches.iter().find(|patch| split <= patch.split.high)) {
            Some(patch) => patch.at(level, split),
            None => {
                self.exact_count.fetch_add(1, Ordering::Relaxed);
                skew25(&self.exact, state).unwrap_or(f64::NAN)
            }
        }
    }

    /// Largest difference from exact values at the points where the table was checked, a fraction.
    #[must_use]
    pub fn worst(&self) -> f64 {
        self.worst
    }

    /// How many values so far lay beyond the table.
    #[must_use]
    pub fn exact_count(&self) -> u64 {
        self.exact_count.load(Ordering::Relaxed)
    }

    /// Patches over a range of the split: one if it is accurate enough, else those of its halves.
    fn cover(
        &mut self,
        level: Interval,
        split: Interval,
        two_factors: bool,
        accuracy: f64,
        halvings: u32,
        patches: &mut Vec<Patch>,
    ) -> Result<(), DomainError> {
        let split_nodes = if two_factors { NODES[1] } else { 1 };
        let patch = self.fit(level, split, split_nodes)?;
        let worst = self.largest_error(&patch)?;
        if worst <= accuracy || halvings == 0 || !two_factors {
            self.worst = self.worst.max(worst);
            patches.push(patch);
            return Ok(());
        }
        split.halves().into_iter().try_for_each(|half| self.cover(level, half, true, accuracy, halvings - 1, patches))
    }

    fn fit(&self, level: Interval, split: Interval, split_nodes: usize) -> Result<Patch, DomainError> {
        let (by_level, by_split) = (chebyshev_matrix(NODES[0]), chebyshev_matrix(split_nodes));
        let levels: Vec<f64> = chebyshev_nodes(NODES[0]).into_iter().map(|place| level.at(place)).collect();
        let splits: Vec<f64> = chebyshev_nodes(split_nodes).into_iter().map(|place| split.at(place)).collect();
        let mut values = Vec::with_capacity(levels.len() * splits.len());
        for &share in &splits {
            for &level in &levels {
                values.push(self.exact_at(level, if split_nodes > 1 { share } else { 0.0 })?);
            }
        }
        let n = NODES[0];
        let mut coefficients = vec![0.0; n * split_nodes];
        for j in 0..split_nodes {
            for i in 0..n {
                for (m, row) in values.chunks_exact(n).enumerate() {
                    let along: f64 = row.iter().zip(&by_level[i * n..]).map(|(value, weight)| value * weight).sum();
                    coefficients[j * n + i] += by_split[j * split_nodes + m] * along;
                }
            }
        }
        Ok(Patch { level, split, coefficients, split_nodes })
    }

    /// Checked half-way between neighbouring nodes, where interpolation is worst, and at the ends.
    fn largest_error(&self, patch: &Patch) -> Result<f64, DomainError> {
        const PLACES: [f64; 3] = [-1.0, 0.19, 1.0];
        let mut worst = 0.0_f64;
        for level in PLACES.map(|place| patch.level.at(place)) {
            for split in PLACES.map(|place| patch.split.at(place)) {
                let split = if patch.split_nodes > 1 { split } else { 0.0 };
                worst = worst.max((patch.at(level, split) - self.exact_at(level, split)?).abs());
            }
        }
        Ok(worst)
    }

    fn exact_at(&self, level: f64, split: f64) -> Result<f64, DomainError> {
        let above_floor = (level * level - self.map.b).max(0.0);
        let x2 = if split > 0.0 { above_floor * split / self.map.a2 } else { 0.0 };
        skew25(&self.exact, State { x1: above_floor * (1.0 - split) / self.map.a1, x2 })
    }
}

impl Patch {
    fn at(&self, level: f64, split: f64) -> f64 {
        let (mut by_level, mut by_split) = ([0.0; NODES[0]], [0.0; NODES[1]]);
        chebyshev_values(self.level.place(level), &mut by_level);
        chebyshev_values(self.split.place(split), &mut by_split[..self.split_nodes]);
        self.coefficients
            .chunks_exact(NODES[0])
            .zip(&by_split)
            .map(|(row, weight)| weight * row.iter().zip(&by_level).map(|(c, t)| c * t).sum::<f64>())
            .sum()
    }
}

/// Index of the half-octave of a positive number: its exponent and the first bit of its mantissa.
fn half_octave(x: f64) -> u64 {
    x.to_bits() >> 51
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Preset;

    #[test]
    fn the_table_is_as_accurate_as_it_says_in_every_preset() {
        for preset in Preset::ALL {
            let law = *preset.model().risk_neutral();
            let table = SkewTable::build(&law, 24.0 / 285.55, 1e-5).unwrap();
            assert!(table.worst() <= 1e-5, "{preset:?}: {}", table.worst());
            let pricer = European::new(&law, 24.0 / 285.55).unwrap();
            let mut worst = 0.0_f64;
            for i in 0..150 {
                let u = |k: f64| (0.5 + k * f64::from(i)).fract();
                let x1 = 0.3 * u(0.618_034) * u(0.618_034) * u(0.324_718);
                let x2 = if law.has_slow_factor() { 0.15 * u(0.754_878) * u(0.569_840) } else { 0.0 };
                let state = State { x1, x2 };
                worst = worst.max((table.skew(state) - skew25(&pricer, state).unwrap()).abs());
            }
            assert!(worst <= 1e-5, "{preset:?}: {worst}");
            assert_eq!(table.exact_count(), 0);
        }
    }

    #[test]
    fn states_beyond_the_table_are_priced_exactly() {
        let law = *Preset::Heston.model().risk_neutral();
        let table = SkewTable::build(&law, 24.0 / 285.55, 1e-5).unwrap();
        let state = State { x1: 6.0, x2: 0.0 };
        let exact = skew25(&European::new(&law, 24.0 / 285.55).unwrap(), state).unwrap();
        assert_eq!((table.skew(state), table.exact_count()), (exact, 1));
        assert_eq!(SkewTable::build(&law, 0.0, 1e-5).unwrap_err().parameter, "years");
    }
}
