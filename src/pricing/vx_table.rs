//! Marks of VIX futures: one table for one time to settlement, for every state.
//!
//! ```text
//! M = E X = p1 x1 + p2 x2 + p0        the mean of (VIX/100)^2 at settlement
//! r = sqrt(M)                         the level, in half-octaves; VX lies a little below 100 r
//! s = p2 x2 / (M - p0)                the split between the factors
//! ```
//!
//! In each half-octave of the level VX is a polynomial in `r` and `s`.

use std::sync::atomic::{AtomicU64, Ordering};

use super::option_cell::half_octave;
use super::option_grid::{X1_MAX, slow_factor_max};
use super::vix_future::VixFuture;
use crate::error::{DomainError, require};
use crate::math::interpolate::{chebyshev_matrix, chebyshev_nodes, chebyshev_to_powers};
use crate::model::vix::Affine;
use crate::model::{Law, RiskNeutral, State, VixMap};

/// Nodes in the level of each half-octave, also the stride of a band's rows.
const LEVEL_NODES: usize = 8;
/// Nodes in the split at most.
const SPLIT_NODES: usize = 8;
/// Spacing of the integral's sum: a relative error of about 1e-8.
const SPACING: f64 = 0.27;
/// Coefficients that sum to less than this, in VIX points, are dropped.
const DROPPED: f64 = 1e-4;

/// Marks of VIX futures that settle in one given time.
#[derive(Debug)]
pub struct VxTable {
    years: f64,
    map: VixMap,
    mean: Affine,
    x2_max: f64,
    level_max: f64,
    first_band: u64,
    bands: Vec<Band>,
    exact: VixFuture,
    exact_count: AtomicU64,
}

/// A half-octave: `sum over j of s^j sum over i of c[j][i] t^i`, with `t` the place in it from -1 to 1.
#[derive(Debug, Clone)]
struct Band {
    center: f64,
    half_inverse: f64,
    rows: usize,
    powers: [[f64; LEVEL_NODES]; SPLIT_NODES],
}

impl VxTable {
    /// Builds the table of futures that settle in `years` on the VIX of `map`, to within 1e-3 VIX points.
    ///
    /// At 0 years the future is the VIX.
    ///
    /// # Errors
    /// A time that is negative or above 100 years.
    pub fn build(law: &Law<RiskNeutral>, years: f64, map: &VixMap) -> Result<Self, DomainError> {
        require("years", years, (0.0..=100.0).contains(&years), "a number of years from 0 to 100")?;
        let exact = VixFuture::with_spacing(law, years, map, SPACING)?;
        let mean = exact.mean_square(law, years);
        let x2_max = slow_factor_max(law);
        let mut table = Self {
            years,
            map: *map,
            mean,
            x2_max,
            level_max: 0.0,
            first_band: 0,
            bands: Vec::new(),
            exact,
            exact_count: AtomicU64::new(0),
        };
        if years > 0.0 {
            let slow_top = if law.has_slow_factor() { mean.a2 * x2_max } else { 0.0 };
            table.level_max = (mean.a1 * X1_MAX + slow_top + mean.b).sqrt();
            let level_min = mean.b.sqrt();
            table.first_band = half_octave(level_min);
            for index in table.first_band..=half_octave(table.level_max) {
                let low = f64::from_bits(index << 51).max(level_min);
                let high = f64::from_bits((index + 1) << 51).min(table.level_max);
                let band = table.band(low, high, law.has_slow_factor());
                table.bands.push(band);
            }
        }
        Ok(table)
    }

    /// The futures price in a state, in VIX points, undiscounted.
    #[inline]
    #[must_use]
    pub fn future(&self, state: State) -> f64 {
        let above_floor = self.mean.a1 * state.x1 + self.mean.a2 * state.x2;
        let level = (above_floor + self.mean.b).sqrt();
        let index = half_octave(level).wrapping_sub(self.first_band) as usize;
        let inside = level <= self.level_max && state.x2 <= self.x2_max && state.x1 >= 0.0 && state.x2 >= 0.0;
        match self.bands.get(index) {
            Some(band) if inside => {
                let split = if above_floor > 0.0 { self.mean.a2 * state.x2 / above_floor } else { 0.0 };
                band.evaluate(level, split)
            }
            _ => self.outside(state),
        }
    }

    /// Futures prices of many states, in VIX points.
    ///
    /// # Shape
    /// Three slices of one length: fast factors, slow factors, prices.
    pub fn futures(&self, x1: &[f64], x2: &[f64], out: &mut [f64]) {
        assert!(x1.len() == out.len() && x2.len() == out.len(), "slices of one length");
        for ((out, &x1), &x2) in out.iter_mut().zip(x1).zip(x2) {
            *out = self.future(State { x1, x2 });
        }
    }

    /// Time to settlement, years of variance time.
    #[must_use]
    pub fn years(&self) -> f64 {
        self.years
    }

    /// Size of the table.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        std::mem::size_of_val(self.bands.as_slice())
    }

    /// How many values so far lay outside the table and were priced exactly.
    #[must_use]
    pub fn exact_count(&self) -> u64 {
        self.exact_count.load(Ordering::Relaxed)
    }

    #[cold]
    fn outside(&self, state: State) -> f64 {
        if self.years == 0.0 {
            return self.map.vix(state);
        }
        self.exact_count.fetch_add(1, Ordering::Relaxed);
        self.exact.price(state)
    }

    fn band(&self, low: f64, high: f64, two_factors: bool) -> Band {
        let splits = if two_factors { SPLIT_NODES } else { 1 };
        let (center, half) = (0.5 * (low + high), (0.5 * (high - low)).max(1e-300));
        let (level_nodes, split_nodes) = (chebyshev_nodes(LEVEL_NODES), chebyshev_nodes(splits));
        let (by_level, by_split) = (chebyshev_matrix(LEVEL_NODES), chebyshev_matrix(splits));
        // Values [split][level], then coefficients in the level, then in the split.
        let rows: Vec<[f64; LEVEL_NODES]> = split_nodes
            .iter()
            .map(|s| {
                let value: [f64; LEVEL_NODES] = std::array::from_fn(|i| {
                    let above_floor = ((center + half * level_nodes[i]).powi(2) - self.mean.b).max(0.0);
                    let share = if two_factors { 0.5 + 0.5 * s } else { 0.0 };
                    let x2 = if two_factors { above_floor * share / self.mean.a2 } else { 0.0 };
                    self.exact.price(State { x1: above_floor * (1.0 - share) / self.mean.a1, x2 })
                });
                std::array::from_fn(|d| (0..LEVEL_NODES).map(|i| by_level[d * LEVEL_NODES + i] * value[i]).sum())
            })
            .collect();
        let mut band = Band { center, half_inverse: 1.0 / half, rows: splits, powers: Default::default() };
        for (j, power) in band.powers.iter_mut().enumerate().take(splits) {
            *power = std::array::from_fn(|d| (0..splits).map(|n| by_split[j * splits + n] * rows[n][d]).sum());
        }
        // Fewer powers of the split where the last ones do not matter; then both bases to powers.
        let size = |row: &[f64; LEVEL_NODES]| row.iter().map(|c| c.abs()).sum::<f64>();
        let mut dropped = 0.0;
        while band.rows > 1 && dropped + size(&band.powers[band.rows - 1]) < DROPPED {
            band.rows -= 1;
            dropped += size(&band.powers[band.rows]);
        }
        band.powers.iter_mut().for_each(|row| chebyshev_to_powers(row));
        for d in 0..LEVEL_NODES {
            let mut column: Vec<f64> = (0..band.rows).map(|j| band.powers[j][d]).collect();
            chebyshev_to_powers(&mut column);
            (0..band.rows).for_each(|j| band.powers[j][d] = column[j]);
        }
        band
    }
}

impl Band {
    #[inline]
    fn evaluate(&self, level: f64, split: f64) -> f64 {
        let t = (level - self.center) * self.half_inverse;
        let s = 2.0 * split - 1.0;
        let mut row = self.powers[self.rows - 1];
        for next in self.powers[..self.rows - 1].iter().rev() {
            for (sum, coefficient) in row.iter_mut().zip(next) {
                *sum = *sum * s + coefficient;
            }
        }
        let (t2, t4) = (t * t, (t * t) * (t * t));
        ((row[0] + row[1] * t) + (row[2] + row[3] * t) * t2) + ((row[4] + row[5] * t) + (row[6] + row[7] * t) * t2) * t4
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Preset;

    #[test]
    fn probe() {
        for preset in Preset::ALL {
            let law = *preset.model().risk_neutral();
            for days in [0.3, 1.0, 7.0, 30.0, 110.0, 220.0] {
                let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
                let start = std::time::Instant::now();
                let table = VxTable::build(&law, days / 365.0, &map).unwrap();
                let build = start.elapsed();
                let exact = VixFuture::new(&law, days / 365.0, &map).unwrap();
                let mut seed = 9u64;
                let mut uniform = || {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (seed >> 11) as f64 / (1u64 << 53) as f64
                };
                let mut worst = (0.0, State { x1: 0.0, x2: 0.0 });
                for _ in 0..3000 {
                    let square = |u: f64| u * u * u * u;
                    let state = State {
                        x1: 5.0 * square(uniform()),
                        x2: if law.has_slow_factor() { 0.2 * square(uniform()) } else { 0.0 },
                    };
                    let error = (table.future(state) - exact.price(state)).abs();
                    if !(error <= worst.0) {
                        worst = (error, state);
                    }
                }
                let states: Vec<State> = (0..1000)
                    .map(|_| State {
                        x1: 0.1 * uniform() * uniform(),
                        x2: if law.has_slow_factor() { 0.03 * uniform() } else { 0.0 },
                    })
                    .collect();
                let start = std::time::Instant::now();
                let mut total = 0.0;
                for _ in 0..200 {
                    for s in &states {
                        total += table.future(*s);
                    }
                }
                let ns = start.elapsed().as_nanos() as f64 / 200_000.0;
                println!(
                    "{} {days}: build {build:?} rows {:?} {} kB worst {worst:?} {ns:.1} ns exact {} {total}",
                    preset.name(),
                    table.bands.iter().map(|b| b.rows).collect::<Vec<_>>(),
                    table.memory_bytes() / 1024,
                    table.exact_count()
                );
            }
        }
    }
}
