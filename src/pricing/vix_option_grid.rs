//! Lays out and fills the table of VIX options: patches of level and split, halved where their polynomials are too coarse.
//!
//! A patch is tried at a few strikes about the money first, which are the hardest; what passes is sampled at all strikes.
//! Where even the smallest patch is too coarse there is none, and its states are priced exactly.

use std::ops::Range;

use super::fit::octave_nodes;
use super::option_cell::LANES;
use super::surface::X1_MAX;
use super::vix_option_samples::{Samples, VixOptions};
use super::vix_surface::{
    LEAST_LEVEL, LEVEL_BITS, LEVEL_TERMS, NOWHERE, PARTS, Patch, SHAPE, VixSurface, level_code, level_start, part_start,
};
use crate::math::interpolate::{chebyshev_matrix, chebyshev_nodes, chebyshev_to_powers};
use crate::model::State;
use crate::model::vix::Affine;

/// Codes of the widest patch: half an octave.
const WIDEST: u64 = 1 << (LEVEL_BITS - 1);
/// Nodes in the level and in the split with two factors: one more than powers, so that what is dropped shows.
const NODES: [usize; 2] = [SHAPE.len() + 1, SHAPE[0] + 1];
/// Octaves of strikes at most: they end where options are worthless.
const OCTAVES_MAX: usize = 40;
/// Out-of-the-money values below this times the accuracy count as worthless.
const WORTHLESS: f64 = 0.05;
/// Share of the accuracy that the highest coefficient in the strike may have.
const STRIKE_SHARE: f64 = 0.25;
/// Share of the accuracy that the terms dropped in level and split may sum to, with one factor and with two. The sum takes
/// each term where it is largest: with two factors it is much above the error at any one place.
const DROPPED_SHARES: [f64; 2] = [0.25, 0.8];
/// Patches of so few codes or parts are not made smaller for the sake of strikes.
const STUBBORN: u64 = 4;
/// Strikes at which a patch is tried first, in standard deviations from its middle.
const TRIALS: [f64; LANES] = [-3.0, -1.8, -1.0, -0.4, 0.0, 0.7, 1.6, 3.0];
/// Units of strikes tried in turn, in standard deviations.
const UNITS: [f64; 8] = [4.0, 2.0, 1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125];

/// What a table covers.
pub(super) struct Terms {
    /// The mean of `(VIX/100)^2` at expiry, which is the square of the level.
    pub mean: Affine,
    /// Whether there is a split at all.
    pub two_factors: bool,
    /// Largest slow factor covered.
    pub x2_max: f64,
    /// The lowest VIX, points.
    pub floor: f64,
    /// Largest error allowed, VIX points.
    pub accuracy: f64,
}

/// Lays out and fills a table.
pub(super) fn build(terms: &Terms, options: &VixOptions<'_>) -> VixSurface {
    let Terms { mean, two_factors, x2_max, floor, accuracy } = *terms;
    let slow_top = if two_factors { mean.a2 * x2_max } else { 0.0 };
    let level_max = (mean.a1 * X1_MAX + slow_top + mean.b).sqrt();
    let first_code = level_code(mean.b.sqrt().max(LEAST_LEVEL)) / WIDEST * WIDEST;
    let parts = if two_factors { PARTS } else { 1 };
    let end = level_code(level_max) + 1;
    let surface = VixSurface {
        mean,
        two_factors,
        floor,
        x2_max,
        level_max,
        first_code,
        stride: parts.next_power_of_two(),
        index: vec![NOWHERE; (end.next_multiple_of(WIDEST) - first_code) as usize * parts.next_power_of_two()],
        patches: Vec::new(),
        blocks: Vec::new(),
    };
    let [levels, splits] = if two_factors { NODES } else { [LEVEL_TERMS + 1, 1] };
    let mut builder = Builder {
        options,
        accuracy,
        surface,
        dropped_share: DROPPED_SHARES[usize::from(two_factors)],
        shape: if two_factors { &SHAPE } else { &[1; LEVEL_TERMS] },
        nodes: [levels, splits].map(chebyshev_nodes),
        coefficients: [levels, splits, LANES].map(chebyshev_matrix),
        powers: [levels, splits].map(power_matrix),
        strike_powers: strike_powers(),
        unit: 0,
    };
    for code in (first_code..end).step_by(WIDEST as usize) {
        builder.add(code..code + WIDEST, 0..parts);
    }
    builder.surface
}

struct Builder<'a> {
    options: &'a VixOptions<'a>,
    accuracy: f64,
    surface: VixSurface,
    dropped_share: f64,
    /// How many degrees in the split to keep for each degree in the level.
    shape: &'static [usize],
    /// In level and split.
    nodes: [Vec<f64>; 2],
    /// Values to Chebyshev coefficients in level, split and strike.
    coefficients: [Vec<f64>; 3],
    /// Chebyshev coefficients to powers in level and split.
    powers: [Vec<f64>; 2],
    /// Values to powers in strike.
    strike_powers: Vec<f64>,
    /// Number of the unit of strikes to try next: neighbours need much the same.
    unit: usize,
}

/// Values at the strikes of a cell, or what becomes of them: `[level][split][strike]`.
type Cell = Vec<[f64; LANES]>;

/// Cells of puts and of calls, and the unit of their strikes.
struct Sides {
    cells: [Vec<Cell>; 2],
    unit: f64,
}

/// What is too coarse.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Coarse {
    Level,
    Split,
    Strike,
}

impl Builder<'_> {
    /// Adds the patch of some codes of the level and parts of the split, or patches of half the size.
    fn add(&mut self, codes: Range<u64>, parts: Range<usize>) {
        let VixSurface { mean, two_factors, x2_max, level_max, first_code, stride, .. } = self.surface;
        // The first code stands for whatever lies below too.
        let low = if codes.start == first_code { 0.0 } else { level_start(codes.start) }.max(mean.b.sqrt());
        let high = level_start(codes.end).min(level_max);
        let splits = if two_factors { [part_start(parts.end), part_start(parts.start)] } else { [0.0, 1.0] };
        let least_slow = (low * low - mean.b).max(0.0) * splits[0];
        if low > high || two_factors && least_slow > mean.a2 * x2_max {
            // No state lies here.
            return;
        }
        let coarse = match self.add_patch([low, high], splits) {
            Ok(()) => {
                let number = (self.surface.patches.len() - 1) as u16;
                for code in codes {
                    let first = (code - first_code) as usize * stride;
                    self.surface.index[first + parts.start..first + parts.end].fill(number);
                }
                return;
            }
            Err(coarse) => coarse,
        };
        let (width, count) = (codes.end - codes.start, parts.len());
        if coarse == Coarse::Strike && width <= STUBBORN && count <= STUBBORN as usize {
            return;
        }
        if width > 1 && (coarse == Coarse::Level || count == 1 || coarse == Coarse::Strike && width > STUBBORN) {
            let code = codes.start + width / 2;
            self.add(codes.start..code, parts.clone());
            self.add(code..codes.end, parts);
        } else if count > 1 {
            // The part that starts next to the middle.
            let distance = |&part: &usize| (part_start(part) - middle(splits)).abs();
            let inner = parts.start + 1..parts.end;
            let part = inner.min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(parts.start + 1);
            self.add(codes.clone(), part..parts.end);
            self.add(codes, parts.start..part);
        }
    }

    /// Adds a patch between two levels and two splits, or says what is too coarse.
    fn add_patch(&mut self, levels: [f64; 2], splits: [f64; 2]) -> Result<(), Coarse> {
        let samples = self.options.states(&self.states(levels, splits)).ok_or(Coarse::Strike)?;
        let center = middle(levels);
        let origin = (100.0 * center - self.surface.floor).max(1e-6).sqrt();
        let deviation = (25.0 * samples.spread_min / (center * origin)).max(1e-4 * origin);
        let trials = TRIALS.map(|trial| self.strike(origin + trial * deviation));
        let (below, above) = trials.split_at(LANES / 2);
        let mut values = self.options.values(&samples, below, false);
        values.extend(self.options.values(&samples, above, true));
        let mut trial = self.cells(&values);
        self.by_level_and_split(&mut trial);
        self.require_fine(&[&trial])?;
        let Sides { cells: [mut puts, mut calls], unit } =
            self.sides(&samples, origin, deviation).ok_or(Coarse::Strike)?;
        self.by_level_and_split(&mut puts);
        self.by_level_and_split(&mut calls);
        self.require_fine(&[&puts, &calls])?;
        let sides = [puts, calls];
        let start = [0, 1].map(|side| self.store(&sides[side]));
        self.surface.patches.push(Patch {
            level: [center, 1.0 / half(levels)],
            split: [middle(splits), 1.0 / half(splits)],
            origin,
            unit_inverse: 1.0 / unit,
            last: [0, 1].map(|side| sides[side].len() as u32),
            start,
        });
        Ok(())
    }

    /// The states at the nodes of a patch, `[level][split]`.
    fn states(&self, levels: [f64; 2], splits: [f64; 2]) -> Vec<State> {
        let VixSurface { mean, two_factors, .. } = self.surface;
        let state = |level: f64, split: f64| {
            let above_floor = (level * level - mean.b).max(0.0);
            let slow = if two_factors { split * above_floor } else { 0.0 };
            State { x1: (above_floor - slow) / mean.a1, x2: if two_factors { slow / mean.a2 } else { 0.0 } }
        };
        let [by_level, by_split] = &self.nodes;
        let level = |x: &f64| middle(levels) + half(levels) * x;
        let row = |x: &f64| {
            let level = level(x);
            by_split.iter().map(move |y| state(level, middle(splits) + half(splits) * y))
        };
        by_level.iter().flat_map(row).collect()
    }

    fn strike(&self, u: f64) -> f64 {
        self.surface.floor + u.max(0.0) * u.max(0.0)
    }

    /// Values on both sides of the money, in the coarsest unit that does; none where none does.
    fn sides(&mut self, samples: &Samples<'_>, origin: f64, deviation: f64) -> Option<Sides> {
        for number in self.unit..UNITS.len() {
            // The last octave of puts ends at the floor.
            let octaves = libm::ceil(libm::log2(origin / (UNITS[number] * deviation) + 1.0)).max(1.0);
            let unit = origin / (libm::exp2(octaves) - 1.0);
            let put = |z: f64| self.strike(origin - unit * (z - 1.0));
            let call = |z: f64| self.strike(origin + unit * (z - 1.0));
            let Some((puts, roughness)) = self.side(samples, octaves as usize, false, put) else { continue };
            let Some((calls, roughness_of_calls)) = self.side(samples, OCTAVES_MAX, true, call) else { continue };
            // In twice the unit the highest coefficient is so many times as large.
            let smooth = larger(roughness, roughness_of_calls) * ((1 << LANES) as f64) < STRIKE_SHARE * self.accuracy;
            self.unit = if smooth { number.saturating_sub(1) } else { number };
            return Some(Sides { cells: [puts, calls], unit });
        }
        self.unit = UNITS.len() / 2;
        None
    }

    /// Values on one side, octave by octave until they are worthless, and how rough they are; none where too rough.
    fn side(
        &self,
        samples: &Samples<'_>,
        octaves: usize,
        calls: bool,
        strike: impl Fn(f64) -> f64,
    ) -> Option<(Vec<Cell>, f64)> {
        let nodes = octave_nodes(1.0, 1);
        let (mut side, mut roughness) = (Vec::new(), 0.0f64);
        for octave in 0..octaves {
            let scale = (1u64 << octave) as f64;
            let strikes: Vec<f64> = nodes.iter().map(|z| strike(z * scale)).collect();
            let values = self.options.values(samples, &strikes, calls);
            let cells = self.cells(&values);
            roughness = cells.iter().map(|cell| self.roughness(cell)).fold(roughness, larger);
            if roughness.is_nan() || roughness > STRIKE_SHARE * self.accuracy {
                return None;
            }
            side.extend(cells);
            if values.iter().fold(0.0, |a: f64, &value| a.max(value)) < WORTHLESS * self.accuracy {
                break;
            }
        }
        Some((side, roughness))
    }

    /// Values `[strike][state]` by cells of eight strikes.
    fn cells(&self, values: &[f64]) -> Vec<Cell> {
        let states = self.nodes[0].len() * self.nodes[1].len();
        let cell = |rows: &[f64]| (0..states).map(|j| std::array::from_fn(|n| rows[n * states + j])).collect();
        values.chunks_exact(LANES * states).map(cell).collect()
    }

    /// The largest of the highest coefficients in the strike, those of the last degree but one at a quarter.
    fn roughness(&self, cell: &Cell) -> f64 {
        let rows = self.coefficients[2][(LANES - 2) * LANES..].as_chunks::<LANES>().0;
        let size = |values: &[f64; LANES], row: &[f64; LANES]| -> f64 {
            values.iter().zip(row).map(|(value, weight)| value * weight).sum::<f64>().abs()
        };
        let largest = |row: &[f64; LANES]| cell.iter().map(|values| size(values, row)).fold(0.0, larger);
        larger(0.25 * largest(&rows[0]), largest(&rows[1]))
    }

    /// Turns values over level and split into Chebyshev coefficients.
    fn by_level_and_split(&self, cells: &mut [Cell]) {
        for cell in cells {
            transform(cell, &self.coefficients[0], &self.coefficients[1]);
        }
    }

    /// Whether the terms that are not kept sum to little; else in what they are largest.
    fn require_fine(&self, sides: &[&Vec<Cell>]) -> Result<(), Coarse> {
        let [levels, splits] = [self.nodes[0].len(), self.nodes[1].len()];
        let mut sizes = vec![0.0f64; levels * splits];
        for cell in sides.iter().flat_map(|side| side.iter()) {
            for (size, row) in sizes.iter_mut().zip(cell) {
                *size = row.iter().map(|c| c.abs()).fold(*size, larger);
            }
        }
        let is_kept = |n: usize| self.shape.get(n / splits).is_some_and(|&kept| n % splits < kept);
        let dropped: f64 = (0..sizes.len()).filter(|&n| !is_kept(n)).map(|n| sizes[n]).sum();
        // What is not a number is too coarse.
        if dropped <= self.dropped_share * self.accuracy {
            return Ok(());
        }
        let in_level: f64 = sizes[(levels - 1) * splits..].iter().sum();
        let in_split: f64 = if splits > 1 { (0..levels).map(|i| sizes[(i + 1) * splits - 1]).sum() } else { 0.0 };
        Err(if in_split > in_level { Coarse::Split } else { Coarse::Level })
    }

    /// Stores the blocks of one side and behind them a cell of worthless options; returns the first.
    fn store(&mut self, cells: &[Cell]) -> u32 {
        let start = self.surface.blocks.len() as u32;
        let splits = self.nodes[1].len();
        for cell in cells {
            let mut powers = cell.clone();
            for (n, row) in powers.iter_mut().enumerate() {
                if self.shape.get(n / splits).is_none_or(|&kept| n % splits >= kept) {
                    *row = [0.0; LANES];
                }
            }
            transform(&mut powers, &self.powers[0], &self.powers[1]);
            for (i, &kept) in self.shape.iter().enumerate() {
                for row in &powers[i * splits..i * splits + kept] {
                    let mut block = [0.0; LANES];
                    for (value, weights) in row.iter().zip(self.strike_powers.as_chunks::<LANES>().0) {
                        add_scaled(&mut block, weights, *value);
                    }
                    self.surface.blocks.push(block.map(|c| c as f32));
                }
            }
        }
        let blocks = self.surface.blocks.len() + self.surface.terms();
        self.surface.blocks.resize(blocks, [0.0; LANES]);
        start
    }
}

fn middle([low, high]: [f64; 2]) -> f64 {
    0.5 * (low + high)
}

/// The larger number; not a number where either is none.
fn larger(a: f64, b: f64) -> f64 {
    if b <= a || a.is_nan() { a } else { b }
}

fn half([low, high]: [f64; 2]) -> f64 {
    (0.5 * (high - low)).max(1e-300)
}

/// Applies a matrix to the levels and one to the splits of a cell.
fn transform(cell: &mut [[f64; LANES]], by_level: &[f64], by_split: &[f64]) {
    #[multiversion::multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+avx512cd", "x86_64+avx2"))]
    fn best(cell: &mut [[f64; LANES]], by_level: &[f64], by_split: &[f64], scratch: &mut [[f64; LANES]]) {
        let (levels, splits) = (by_level.len().isqrt(), by_split.len().isqrt());
        for (weights, out) in by_level.chunks_exact(levels).zip(scratch.chunks_exact_mut(splits)) {
            for (&weight, row) in weights.iter().zip(cell.chunks_exact(splits)) {
                for (out, row) in out.iter_mut().zip(row) {
                    add_scaled(out, row, weight);
                }
            }
        }
        for (out, row) in cell.chunks_exact_mut(splits).zip(scratch.chunks_exact(splits)) {
            for (weights, out) in by_split.chunks_exact(splits).zip(out) {
                *out = [0.0; LANES];
                for (&weight, row) in weights.iter().zip(row) {
                    add_scaled(out, row, weight);
                }
            }
        }
    }
    let mut scratch = vec![[0.0; LANES]; cell.len()];
    best(cell, by_level, by_split, &mut scratch);
}

#[inline(always)]
fn add_scaled(sum: &mut [f64; LANES], row: &[f64; LANES], weight: f64) {
    for (sum, value) in sum.iter_mut().zip(row) {
        *sum += weight * value;
    }
}

/// Matrix that takes `n` Chebyshev coefficients to powers; of more than eight the last stay away.
fn power_matrix(n: usize) -> Vec<f64> {
    let mut matrix = vec![0.0; n * n];
    for degree in 0..n.min(LANES) {
        let mut powers = [0.0; LANES];
        powers[degree] = 1.0;
        chebyshev_to_powers(&mut powers);
        for (power, c) in powers.iter().enumerate().take(n) {
            matrix[power * n + degree] = *c;
        }
    }
    matrix
}

/// Matrix `[value][power]` that takes values at the strikes of a cell to powers.
fn strike_powers() -> Vec<f64> {
    let (coefficients, powers) = (chebyshev_matrix(LANES), power_matrix(LANES));
    let entry = |value: usize, power: usize| {
        (0..LANES).map(|degree| powers[power * LANES + degree] * coefficients[degree * LANES + value]).sum()
    };
    (0..LANES * LANES).map(|n| entry(n / LANES, n % LANES)).collect()
}
