//! Marks of VIX futures: one table for one time to settlement, for every state.
//!
//! ```text
//! M = E X = p1 x1 + p2 x2 + p0        the mean of (VIX/100)^2 at settlement
//! r = sqrt(M)                         the level, in half-octaves; VX lies a little below 100 r
//! s = p2 x2 / (M - p0)                the split between the factors
//! ```
//!
//! In each half-octave of the level and range of the split VX is a polynomial in `r` and `s`, of degrees 7 and 4.

use std::sync::atomic::{AtomicU64, Ordering};

use super::option_cell::{Block, LANES, SPLIT_RANGES, contract, polynomial, split_place};
use super::surface::{X1_MAX, slow_factor_max};
use super::vix_future::VixFuture;
use crate::error::{DomainError, require};
use crate::math::interpolate::{chebyshev_matrix, chebyshev_nodes, chebyshev_to_powers};
use crate::model::vix::Affine;
use crate::model::{Law, RiskNeutral, State, VixMap};

/// Nodes in the level of each half-octave.
const LEVEL_NODES: usize = LANES;
/// Nodes in each range of the split.
const SPLIT_NODES: usize = 5;
/// Spacing of the integral's sum: a relative error of about 1e-8.
const SPACING: f64 = 0.27;

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

/// A half-octave of the level.
#[derive(Debug, Clone)]
struct Band {
    center: f64,
    half_inverse: f64,
    two_factors: bool,
    /// For each range of the split the coefficients `c[j][i]` of `s^j t^i`, with both places from -1 to 1.
    ranges: [[Block; SPLIT_NODES]; SPLIT_RANGES.len()],
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
    #[inline(always)]
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
        #[multiversion::multiversion(targets("x86_64+avx2"))]
        fn best(table: &VxTable, x1: &[f64], x2: &[f64], out: &mut [f64]) {
            for ((out, &x1), &x2) in out.iter_mut().zip(x1).zip(x2) {
                *out = table.future(State { x1, x2 });
            }
        }
        best(self, x1, x2, out);
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
        let (center, half) = (0.5 * (low + high), (0.5 * (high - low)).max(1e-300));
        let mut band = Band { center, half_inverse: 1.0 / half, two_factors, ranges: Default::default() };
        let count = if two_factors { SPLIT_NODES } else { 1 };
        let ranges = if two_factors { &SPLIT_RANGES[..] } else { &SPLIT_RANGES[..1] };
        for (range, &(low, high)) in band.ranges.iter_mut().zip(ranges) {
            let middle = if two_factors { 0.5 * (low + high) } else { 0.0 };
            let splits = chebyshev_nodes(count).into_iter().map(|x| middle + 0.5 * (high - low) * x);
            let splits: Vec<f64> = if two_factors { splits.collect() } else { vec![0.0] };
            self.fit(center, half, &splits, range);
        }
        band
    }

    /// Interpolates exact prices at Chebyshev nodes of the level and the given nodes of the split.
    fn fit(&self, center: f64, half: f64, splits: &[f64], range: &mut [Block; SPLIT_NODES]) {
        let count = splits.len();
        let (by_level, by_split) = (chebyshev_matrix(LEVEL_NODES), chebyshev_matrix(count));
        // Values [split][level], then coefficients in the level, then in the split, then of powers.
        let rows: Vec<[f64; LEVEL_NODES]> = splits
            .iter()
            .map(|&share| {
                let values: Vec<f64> = chebyshev_nodes(LEVEL_NODES)
                    .iter()
                    .map(|x| {
                        let level = center + half * x;
                        let above_floor = (level * level - self.mean.b).max(0.0);
                        let x2 = if share > 0.0 { above_floor * share / self.mean.a2 } else { 0.0 };
                        self.exact.price(State { x1: above_floor * (1.0 - share) / self.mean.a1, x2 })
                    })
                    .collect();
                std::array::from_fn(|d| (0..LEVEL_NODES).map(|i| by_level[d * LEVEL_NODES + i] * values[i]).sum())
            })
            .collect();
        let mut columns = [[0.0; SPLIT_NODES]; LEVEL_NODES];
        for (d, column) in columns.iter_mut().enumerate() {
            for (j, coefficient) in column[..count].iter_mut().enumerate() {
                *coefficient = (0..count).map(|n| by_split[j * count + n] * rows[n][d]).sum();
            }
            chebyshev_to_powers(&mut column[..count]);
        }
        for (j, row) in range.iter_mut().enumerate() {
            let mut powers: [f64; LEVEL_NODES] = std::array::from_fn(|d| columns[d][j]);
            chebyshev_to_powers(&mut powers);
            *row = powers.map(|c| c as f32);
        }
    }
}

impl Band {
    #[inline(always)]
    fn evaluate(&self, level: f64, split: f64) -> f64 {
        let t = ((level - self.center) * self.half_inverse) as f32;
        let (index, place) = split_place(split);
        let s = place as f32;
        if !self.two_factors {
            return f64::from(polynomial(&self.ranges[0][0], t));
        }
        let powers = [1.0, s, s * s, (s * s) * s, (s * s) * (s * s)];
        f64::from(polynomial(&contract(&self.ranges[index], &powers), t))
    }
}

/// Index of the half-octave of a positive number: its exponent and first bit.
#[inline]
fn half_octave(x: f64) -> u64 {
    x.to_bits() >> 51
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Preset;

    fn uniform(seed: &mut u64) -> f64 {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 11) as f64 / (1u64 << 53) as f64
    }

    #[test]
    fn marks_of_every_preset_lie_within_a_thousandth_of_a_point_off_the_nodes() {
        for preset in Preset::ALL {
            let law = *preset.model().risk_neutral();
            let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
            for days in [0.3, 1.0, 7.0, 30.0, 110.0, 220.0] {
                let table = VxTable::build(&law, days / 365.0, &map).unwrap();
                let exact = VixFuture::new(&law, days / 365.0, &map).unwrap();
                let mut seed = 9;
                for _ in 0..2000 {
                    let fourth = |u: f64| (u * u) * (u * u);
                    let x1 = 5.0 * fourth(uniform(&mut seed));
                    let x2 = if law.has_slow_factor() { 0.2 * fourth(uniform(&mut seed)) } else { 0.0 };
                    let state = State { x1, x2 };
                    let error = (table.future(state) - exact.price(state)).abs();
                    assert!(error < 1e-3, "{preset:?} {days} days: {error:e} at {state:?}");
                }
                assert_eq!(table.exact_count(), 0, "every drawn state is covered");
            }
        }
    }

    #[test]
    fn slices_give_the_bits_of_single_states() {
        let law = *Preset::Default.model().risk_neutral();
        let table = VxTable::build(&law, 0.1, &VixMap::new(&law, 0.08).unwrap()).unwrap();
        let mut seed = 3;
        let (x1, x2): (Vec<f64>, Vec<f64>) =
            (0..100).map(|_| (0.3 * uniform(&mut seed), 0.1 * uniform(&mut seed))).unzip();
        let mut out = vec![0.0; 100];
        table.futures(&x1, &x2, &mut out);
        for ((out, &x1), &x2) in out.iter().zip(&x1).zip(&x2) {
            assert_eq!(out.to_bits(), table.future(State { x1, x2 }).to_bits());
        }
    }

    #[test]
    fn at_settlement_the_future_is_the_vix() {
        let law = *Preset::Default.model().risk_neutral();
        let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
        let table = VxTable::build(&law, 0.0, &map).unwrap();
        let state = State { x1: 0.02, x2: 0.01 };
        assert_eq!(table.future(state), map.vix(state));
        assert_eq!(table.exact_count(), 0);
    }

    #[test]
    fn states_outside_are_priced_exactly_and_counted() {
        let law = *Preset::Default.model().risk_neutral();
        let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
        let table = VxTable::build(&law, 0.1, &map).unwrap();
        let far = State { x1: 50.0, x2: 0.01 };
        let exact = VixFuture::new(&law, 0.1, &map).unwrap().price(far);
        assert!((table.future(far) - exact).abs() < 1e-4);
        assert_eq!(table.exact_count(), 1);
    }
}
