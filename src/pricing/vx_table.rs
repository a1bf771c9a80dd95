//! Marks of VIX futures: one table for one time to settlement, for every state.
//!
//! ```text
//! M = E X = p1 x1 + p2 x2 + p0        the mean of (VIX/100)^2 at settlement
//! r = sqrt(M)                         the level, in half-octaves; VX lies a little below 100 r
//! s = p2 x2 / (M - p0)                the split between the factors
//! ```
//!
//! In each half-octave of the level and range of the split VX is a polynomial in `r` and `s`, of degree 7 in `r` and 4 in
//! `s`. Where the highest coefficients are not small the half-octave is divided, and the degree in `s` raised to 7.

use std::sync::atomic::{AtomicU64, Ordering};

use super::option_cell::{BAND_BITS, Block, LANES, SPLIT_RANGES, band_code, band_start, polynomial, split_place};
use super::surface::{SLOW_SCALES, X1_MAX, slow_factor_max};
use super::vix_future::VixFuture;
use super::vix_surface::{CHUNK, PADDED, padded};
use crate::error::{DomainError, require};
use crate::math::interpolate::{chebyshev_matrix, chebyshev_nodes, chebyshev_to_powers};
use crate::model::vix::Affine;
use crate::model::{Law, RiskNeutral, State, VixMap};

/// Nodes in the level of each band.
const LEVEL_NODES: usize = LANES;
/// Nodes in each range of the split, and where those do not do.
const SPLIT_NODES: [usize; 2] = [5, LANES];
/// Spacing of the integral's sum: a relative error of about 1e-8.
const SPACING: f64 = 0.27;
/// Largest error allowed, VIX points.
pub const VX_ACCURACY: f64 = 1e-3;
/// Highest coefficients that pass, in level and split, over the accuracy.
const NEGLIGIBLE: f64 = 0.1;

/// Marks of VIX futures that settle in one given time.
#[derive(Debug)]
pub struct VxTable {
    years: f64,
    negligible: f64,
    map: VixMap,
    mean: Affine,
    x2_max: f64,
    level_max: f64,
    first_code: u64,
    two_factors: bool,
    /// The first cell of the band of each code of a level from `first_code` on.
    index: Vec<u16>,
    /// A band's for each range of the split, one with one factor.
    cells: Vec<Cell>,
    exact: VixFuture,
    exact_count: AtomicU64,
}

/// The polynomial of a half-octave of the level, or a binary part of one, and of one range of the split.
#[derive(Debug, Clone)]
#[repr(align(32))]
struct Cell {
    /// `c[j][i]` of `s^j t^i`, with both places from -1 to 1.
    rows: [Block; LANES],
    center: f64,
    half_inverse: f64,
}

impl VxTable {
    /// Builds the table of futures that settle in `years` on the VIX of `map`, to within 1e-3 VIX points.
    ///
    /// At 0 years the future is the VIX.
    ///
    /// # Errors
    /// A time that is negative or above 100 years.
    pub fn build(law: &Law<RiskNeutral>, years: f64, map: &VixMap) -> Result<Self, DomainError> {
        Self::build_within(law, years, map, VX_ACCURACY)
    }

    /// As [`Self::build`], to within `accuracy` VIX points.
    ///
    /// # Errors
    /// A time that is negative or above 100 years, or an accuracy outside 1e-5 to 0.1.
    pub fn build_within(law: &Law<RiskNeutral>, years: f64, map: &VixMap, accuracy: f64) -> Result<Self, DomainError> {
        require("vx_mark_accuracy", accuracy, (1e-5..=0.1).contains(&accuracy), "a number from 1e-5 to 0.1")?;
        require("years", years, (0.0..=100.0).contains(&years), "a number of years from 0 to 100")?;
        Ok(Self::of_pricer(law, years, map, accuracy, VixFuture::with_spacing(law, years, map, SPACING)?))
    }

    /// As [`Self::build_within`] from a pricer that errs by a relative 1e-7 at most.
    pub(super) fn of_pricer(law: &Law<RiskNeutral>, years: f64, map: &VixMap, accuracy: f64, exact: VixFuture) -> Self {
        let mean = exact.mean_square(law, years);
        let x2_max = slow_factor_max(law, SLOW_SCALES);
        let mut table = Self {
            years,
            negligible: NEGLIGIBLE * accuracy,
            map: *map,
            mean,
            x2_max,
            level_max: 0.0,
            first_code: 0,
            two_factors: law.has_slow_factor(),
            index: Vec::new(),
            cells: Vec::new(),
            exact,
            exact_count: AtomicU64::new(0),
        };
        if years > 0.0 {
            let slow_top = if law.has_slow_factor() { mean.a2 * x2_max } else { 0.0 };
            table.level_max = (mean.a1 * X1_MAX + slow_top + mean.b).sqrt();
            let half_octave = |x: f64| band_code(x) >> (BAND_BITS - 1);
            let (first, last) = (half_octave(mean.b.sqrt()), half_octave(table.level_max));
            table.first_code = first << (BAND_BITS - 1);
            for half in first..=last {
                table.add_bands(half << (BAND_BITS - 1)..(half + 1) << (BAND_BITS - 1));
            }
        }
        table
    }

    /// The futures price in a state, in VIX points, undiscounted.
    #[inline(always)]
    #[must_use]
    pub fn future(&self, state: State) -> f64 {
        self.inside(state).unwrap_or_else(|| self.outside(state))
    }

    /// Futures prices of many states, in VIX points.
    ///
    /// # Shape
    /// Three slices of one length: fast factors, slow factors, prices.
    pub fn futures(&self, x1: &[f64], x2: &[f64], out: &mut [f64]) {
        assert!(x1.len() == out.len() && x2.len() == out.len(), "slices of one length");
        #[multiversion::multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+avx512cd", "x86_64+avx2"))]
        fn best(table: &VxTable, x1: &[f64], x2: &[f64], out: &mut [f64]) {
            let (out, out_rest) = out.as_chunks_mut::<CHUNK>();
            let ((x1, x1_rest), (x2, x2_rest)) = (x1.as_chunks::<CHUNK>(), x2.as_chunks::<CHUNK>());
            for ((out, x1), x2) in out.iter_mut().zip(x1).zip(x2) {
                table.futures_of_chunk(x1, x2, CHUNK, out);
            }
            let rest = out_rest.len();
            if rest >= PADDED {
                let mut all = [0.0; CHUNK];
                table.futures_of_chunk(&padded(x1_rest), &padded(x2_rest), rest, &mut all);
                out_rest.copy_from_slice(&all[..rest]);
            } else {
                for ((out, &x1), &x2) in out_rest.iter_mut().zip(x1_rest).zip(x2_rest) {
                    *out = table.future(State { x1, x2 });
                }
            }
        }
        best(self, x1, x2, out);
    }

    /// Roots and quotients side by side, then prices, then what lies outside among the first lanes.
    #[inline(always)]
    fn futures_of_chunk(&self, x1: &[f64; CHUNK], x2: &[f64; CHUNK], count: usize, out: &mut [f64; CHUNK]) {
        let (mut levels, mut splits, mut insides) = ([0.0; CHUNK], [0.0; CHUNK], [false; CHUNK]);
        for i in 0..CHUNK {
            (levels[i], splits[i], insides[i]) = self.axes(State { x1: x1[i], x2: x2[i] });
        }
        self.futures_at(&levels, &splits, 0..CHUNK, out);
        if insides != [true; CHUNK] {
            for i in 0..count {
                if !insides[i] {
                    out[i] = self.outside(State { x1: x1[i], x2: x2[i] });
                }
            }
        }
    }

    /// Prices at levels and splits of some lanes, inside the table; elsewhere anything.
    #[inline(always)]
    pub(super) fn futures_at(
        &self,
        levels: &[f64; CHUNK],
        splits: &[f64; CHUNK],
        lanes: impl Iterator<Item = usize>,
        out: &mut [f64; CHUNK],
    ) {
        let (mut codes, mut ranges, mut parts) = ([0; CHUNK], [0; CHUNK], [0.0; CHUNK]);
        for i in 0..CHUNK {
            (codes[i], ranges[i], parts[i]) = self.place(levels[i], splits[i]);
        }
        let (mut sums, mut places) = ([[0.0; LANES]; CHUNK], [0.0; CHUNK]);
        for i in lanes {
            (sums[i], places[i]) = self.contract(levels[i], codes[i], ranges[i], parts[i]);
        }
        for i in 0..CHUNK {
            out[i] = f64::from(polynomial(&sums[i], places[i]));
        }
    }

    /// Level and split of a state, and whether it lies inside.
    #[inline(always)]
    fn axes(&self, state: State) -> (f64, f64, bool) {
        let slow = self.mean.a2 * state.x2;
        let above_floor = self.mean.a1 * state.x1 + slow;
        let level = (above_floor + self.mean.b).sqrt();
        let share = slow / above_floor;
        let inside = (level <= self.level_max) & (state.x2 <= self.x2_max) & (state.x1 >= 0.0) & (state.x2 >= 0.0);
        (level, if above_floor > 0.0 { share } else { 0.0 }, inside)
    }

    /// Number in the index, range of the split and place in that, from -1 to 1.
    #[inline(always)]
    fn place(&self, level: f64, split: f64) -> (u64, u64, f32) {
        let (range, place) = split_place(split);
        (band_code(level).wrapping_sub(self.first_code), range as u64, place as f32)
    }

    /// The powers of the place in the level that make the price, and that place; anything where it lies outside.
    #[inline(always)]
    fn contract(&self, level: f64, code: u64, range: u64, part: f32) -> (Block, f32) {
        let Some(&first) = self.index.get(code as usize) else { return ([0.0; LANES], 0.0) };
        if self.two_factors {
            let cell = &self.cells[usize::from(first) + range as usize];
            (cell.contract(part), cell.place(level))
        } else {
            let cell = &self.cells[usize::from(first)];
            (cell.rows[0], cell.place(level))
        }
    }

    #[inline(always)]
    fn inside(&self, state: State) -> Option<f64> {
        let (level, split, inside) = self.axes(state);
        let (code, range, part) = self.place(level, split);
        inside.then(|| {
            let (sum, place) = self.contract(level, code, range, part);
            f64::from(polynomial(&sum, place))
        })
    }

    /// How far the mark in a state lies from the exact price, VIX points; nothing where marks are exact.
    #[must_use]
    pub fn error_at(&self, state: State) -> f64 {
        self.inside(state).map_or(0.0, |price| (price - self.exact.price(state)).abs())
    }

    /// The pricer that the table was built from, good to a relative 1e-7.
    pub(super) fn exact(&self) -> &VixFuture {
        &self.exact
    }

    /// Time to settlement, years of variance time.
    #[must_use]
    pub fn years(&self) -> f64 {
        self.years
    }

    /// Size of the table.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        std::mem::size_of_val(self.cells.as_slice())
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

    /// Adds the band of some codes, or two of half as many where one would be too coarse.
    fn add_bands(&mut self, codes: std::ops::Range<u64>) {
        let low = band_start(codes.start).max(self.mean.b.sqrt());
        let high = band_start(codes.end).min(self.level_max);
        let count = codes.end - codes.start;
        if low > high {
            // No level lies here.
            self.index.extend((0..count).map(|_| 0));
            return;
        }
        match self.band(low, high, count == 1) {
            Some(cells) => {
                let first = self.cells.len() as u16;
                self.index.extend((0..count).map(|_| first));
                self.cells.extend(cells);
            }
            None => {
                let middle = codes.start + count / 2;
                self.add_bands(codes.start..middle);
                self.add_bands(middle..codes.end);
            }
        }
    }

    /// The cells of a band; none where it is too coarse in the level and may be divided.
    fn band(&self, low: f64, high: f64, last: bool) -> Option<Vec<Cell>> {
        let two_factors = self.two_factors;
        let (center, half) = (0.5 * (low + high), (0.5 * (high - low)).max(1e-300));
        let mut cells = Vec::new();
        for &(low, high) in &SPLIT_RANGES {
            let attempts = if two_factors { &SPLIT_NODES[..] } else { &[1] };
            for (attempt, &count) in attempts.iter().enumerate() {
                let splits: Vec<f64> = match two_factors {
                    true => {
                        chebyshev_nodes(count).iter().map(|x| 0.5 * (low + high) + 0.5 * (high - low) * x).collect()
                    }
                    false => vec![0.0],
                };
                let columns = self.coefficients(center, half, &splits);
                let [below, top] = [LEVEL_NODES - 2, LEVEL_NODES - 1].map(|degree| largest(&columns[degree][..count]));
                if !last && top.max(0.25 * below) > self.negligible {
                    return None;
                }
                let split_top = columns.iter().fold(0.0, |a: f64, column| a.max(column[count - 1].abs()));
                if attempt + 1 < attempts.len() && split_top > self.negligible {
                    continue;
                }
                cells.push(Cell { rows: powers(columns, count), center, half_inverse: 1.0 / half });
                break;
            }
            if !two_factors {
                break;
            }
        }
        Some(cells)
    }

    /// Chebyshev coefficients `[level][split]` of exact prices at the nodes of the level and given nodes of the split.
    fn coefficients(&self, center: f64, half: f64, splits: &[f64]) -> [[f64; LANES]; LEVEL_NODES] {
        let count = splits.len();
        let (by_level, by_split) = (chebyshev_matrix(LEVEL_NODES), chebyshev_matrix(count));
        let nodes = chebyshev_nodes(LEVEL_NODES);
        let mut terms = Vec::new();
        let mut price = |level: f64, share: f64| {
            let above_floor = (level * level - self.mean.b).max(0.0);
            let x2 = if share > 0.0 { above_floor * share / self.mean.a2 } else { 0.0 };
            self.exact.price_roughly(State { x1: above_floor * (1.0 - share) / self.mean.a1, x2 }, &mut terms)
        };
        let rows: Vec<[f64; LEVEL_NODES]> = splits
            .iter()
            .map(|&share| {
                let values: Vec<f64> = nodes.iter().map(|x| price(center + half * x, share)).collect();
                std::array::from_fn(|d| (0..LEVEL_NODES).map(|i| by_level[d * LEVEL_NODES + i] * values[i]).sum())
            })
            .collect();
        let mut columns = [[0.0; LANES]; LEVEL_NODES];
        for (d, column) in columns.iter_mut().enumerate() {
            for (j, coefficient) in column[..count].iter_mut().enumerate() {
                *coefficient = (0..count).map(|n| by_split[j * count + n] * rows[n][d]).sum();
            }
        }
        columns
    }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |a: f64, value| a.max(value.abs()))
}

/// Chebyshev coefficients `[level][split]` as coefficients of powers `[split][level]`.
fn powers(mut columns: [[f64; LANES]; LEVEL_NODES], count: usize) -> [Block; LANES] {
    for column in &mut columns {
        chebyshev_to_powers(&mut column[..count]);
    }
    std::array::from_fn(|j| {
        let mut powers: [f64; LEVEL_NODES] = std::array::from_fn(|d| columns[d][j]);
        chebyshev_to_powers(&mut powers);
        powers.map(|c| c as f32)
    })
}

impl Cell {
    /// The coefficients in the level at a place in the split.
    #[inline(always)]
    fn contract(&self, s: f32) -> Block {
        let s2 = s * s;
        let c = &self.rows;
        let mut sum = [0.0; LANES];
        for i in 0..LANES {
            let even = ((c[6][i] * s2 + c[4][i]) * s2 + c[2][i]) * s2 + c[0][i];
            let odd = ((c[7][i] * s2 + c[5][i]) * s2 + c[3][i]) * s2 + c[1][i];
            sum[i] = even + odd * s;
        }
        sum
    }

    /// The place of a level in the band, from -1 to 1.
    #[inline(always)]
    fn place(&self, level: f64) -> f32 {
        ((level - self.center) * self.half_inverse) as f32
    }
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
