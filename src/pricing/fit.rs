//! Lays out and fills a table of values over states and strikes: samples exact values at Chebyshev nodes, halves what is
//! too coarse, keeps the terms that matter.
//!
//! What is sampled is a [`Sampler`]'s business.

use std::cell::Cell;

use super::option_cell::{
    BAND_BITS, Band, Block, DEGREES_MAX, GROUP, LANES, Layout, Range, SPLIT_RANGES, band_code, band_start,
};
use super::surface::{Surface, X1_MAX};
use crate::math::interpolate::{chebyshev_matrix, chebyshev_nodes, chebyshev_to_powers};
use crate::model::State;
use crate::model::vix::Affine;

/// Nodes in each range of the split, for accuracies from 5e-6, for finer ones, and where those do not do.
const SPLIT_NODES: [[usize; 3]; 3] = [[6, 5, 4], [7, 6, 5], [8, 8, 8]];
/// Accuracy from which the first numbers of split nodes serve.
const COARSE: f64 = 5e-6;
/// Codes of the widest band: two octaves.
const WIDEST: u64 = 2 << BAND_BITS;
/// After so many bands a coarser layout and fewer nodes are tried again.
const RETRY: usize = 8;
/// Octaves at most: a band's wings end where options are worthless.
pub(super) const OCTAVES_MAX: usize = 40;
/// Out-of-the-money values below this times the accuracy count as worthless.
pub(super) const WORTHLESS: f64 = 0.05;
/// Share of the accuracy that each approximation may use: cells, terms, nodes of the split, nodes of the level.
pub(super) const SHARE: f64 = 0.25;

/// States that are sampled: those of each level, one for each split.
pub(super) struct Nodes {
    pub levels: Vec<f64>,
    pub rows: Vec<Vec<State>>,
}

/// Values or coefficients of one side: `[cell][node or degree in m][level][split]`.
pub(super) struct Side {
    pub values: Vec<f64>,
    pub cells: usize,
}

/// Exact values of options out of the money, and how a band's strikes may be laid out.
pub(super) trait Sampler {
    /// Layouts of the strikes for the levels of a band, to be tried in turn.
    fn layouts(&self, low: f64, high: f64) -> Vec<Layout>;
    /// Values at the nodes of cells on one side, octave by octave until they are worthless.
    fn sample(&self, nodes: &Nodes, layout: &Layout, calls: bool) -> Side;
}

/// What a table covers and how well.
pub(super) struct Terms<'a> {
    /// The square of the level as an affine function of the state.
    pub level: &'a Affine,
    /// Whether there is a split at all.
    pub two_factors: bool,
    /// Largest slow factor covered.
    pub x2_max: f64,
    /// Largest error allowed.
    pub accuracy: f64,
    /// Nodes in the level of each band.
    pub level_nodes: usize,
}

/// Lays out and fills a table.
pub(super) fn build(terms: &Terms<'_>, sampler: &impl Sampler) -> Surface {
    let Terms { level, x2_max, .. } = *terms;
    let slow_top = if terms.two_factors { level.a2 * x2_max } else { 0.0 };
    let level_min = level.b.sqrt();
    let level_max = (level.a1 * X1_MAX + slow_top + level.b).sqrt();
    let mut surface = Surface {
        level: *level,
        two_factors: terms.two_factors,
        x2_max,
        level_max,
        bands: Vec::new(),
        blocks: Vec::new(),
        index: Vec::new(),
        first_code: band_code(level_min),
    };
    let builder = Builder {
        terms,
        sampler,
        cell_matrix: chebyshev_matrix(LANES),
        latest_layout: Cell::new(0),
        latest_attempt: Cell::new(0),
    };
    builder.add_bands(&mut surface, level_min);
    surface
}

struct Builder<'a, S> {
    terms: &'a Terms<'a>,
    sampler: &'a S,
    cell_matrix: Vec<f64>,
    /// Number of the layout that the latest band took: neighbours need much the same.
    latest_layout: Cell<usize>,
    /// Number of the nodes in the split that the latest band took.
    latest_attempt: Cell<usize>,
}

impl<S: Sampler> Builder<'_, S> {
    /// Adds all bands, each as wide as its neighbour below gives hope for.
    fn add_bands(&self, surface: &mut Surface, level_min: f64) {
        let end = band_code(surface.level_max) + 1;
        let mut start = surface.first_code;
        let mut width = WIDEST / 4;
        while start < end {
            width = width.min(end - start);
            let low = band_start(start).max(level_min);
            let high = band_start(start + width).min(surface.level_max);
            match self.add_band(surface, low, high, width == 1) {
                Some(roughness) => {
                    let band = (surface.bands.len() - 1) as u16;
                    surface.index.extend((0..width).map(|_| band));
                    start += width;
                    // Twice the width makes the highest coefficient so many times as large.
                    let growth = (1u64 << self.terms.level_nodes) as f64;
                    if roughness * growth < SHARE * self.terms.accuracy {
                        width = (2 * width).min(WIDEST);
                    }
                }
                None => width /= 2,
            }
        }
    }

    /// Adds one band and returns its roughness in the level, unless it is too coarse and may be narrower.
    fn add_band(&self, surface: &mut Surface, low: f64, high: f64, last: bool) -> Option<f64> {
        let Terms { level, x2_max, accuracy, two_factors, level_nodes, .. } = *self.terms;
        let capped = two_factors && low * low - level.b >= level.a2 * x2_max;
        let (center, half) = (0.5 * (low + high), (0.5 * (high - low)).max(1e-300));
        let levels: Vec<f64> = chebyshev_nodes(level_nodes).iter().map(|x| center + half * x).collect();
        let layouts = self.sampler.layouts(low, high);
        let retry = usize::from(surface.bands.len().is_multiple_of(RETRY));
        let mut chosen = self.latest_layout.get().min(layouts.len() - 1).saturating_sub(retry);
        let mut attempt = self.latest_attempt.get().saturating_sub(retry).max(usize::from(accuracy < COARSE));
        loop {
            let layout = layouts[chosen];
            let counts: &[usize] = if two_factors { &SPLIT_NODES[attempt] } else { &[1] };
            let nodes = self.nodes(levels.clone(), &split_nodes(counts), capped);
            let states = level_nodes * nodes.rows[0].len();
            let mut sides = [const { Side { values: Vec::new(), cells: 0 } }; 2];
            let mut rough = false;
            let last_resort = last && chosen + 1 == layouts.len();
            for (side, calls) in sides.iter_mut().zip([false, true]) {
                if !rough || last_resort {
                    *side = self.sampler.sample(&nodes, &layout, calls);
                    self.by_cell(side, states);
                    rough |= cell_roughness(&side.values, states) > SHARE * accuracy;
                }
            }
            if rough && !last_resort {
                chosen += 1;
                if chosen == layouts.len() {
                    return None;
                }
                continue;
            }
            for side in &mut sides {
                self.by_level_and_split(side, counts);
            }
            let roughness = level_roughness(&sides, level_nodes, counts);
            if !last && roughness > SHARE * accuracy {
                return None;
            }
            if attempt + 1 < SPLIT_NODES.len() && split_roughness(&sides, counts) > SHARE * accuracy {
                attempt += 1;
                continue;
            }
            self.latest_layout.set(chosen);
            self.latest_attempt.set(attempt);
            let mut band = Band {
                center,
                half_inverse: 1.0 / half,
                capped,
                two_factors,
                layout,
                first: layout.shift.to_bits() >> (52 - layout.bits),
                cells: [sides[0].cells as u32, sides[1].cells as u32],
                ranges: Default::default(),
            };
            let mut first = 0;
            for (range, &count) in band.ranges.iter_mut().zip(counts) {
                *range = self.store(&sides, counts.iter().sum(), first..first + count, &mut surface.blocks);
                first += count;
            }
            surface.bands.push(band);
            return Some(roughness);
        }
    }

    /// Keeps the terms of one range of the split that matter, so that the rest sums to little, and stores their blocks.
    fn store(&self, sides: &[Side; 2], splits: usize, own: std::ops::Range<usize>, blocks: &mut Vec<Block>) -> Range {
        let nodes = self.terms.level_nodes;
        let states = nodes * splits;
        let size = |i: usize, j: usize| {
            let at = i * splits + own.start + j;
            let size = |cell: &[f64]| (0..LANES).map(|n| cell[n * states + at].abs()).sum::<f64>();
            let cells = sides.iter().flat_map(|side| side.values.chunks_exact(LANES * states));
            cells.map(size).fold(0.0, f64::max)
        };
        // Rows of terms: degrees in the split for each degree in the level, or all degrees in the level in one row.
        let rows: Vec<Vec<f64>> = match self.terms.two_factors {
            true => (0..nodes).map(|i| (0..own.len()).map(|j| size(i, j)).collect()).collect(),
            false => vec![(0..nodes).map(|i| size(i, 0)).collect()],
        };
        let kept = staircase(&rows, SHARE * self.terms.accuracy);
        let two_factors = self.terms.two_factors;
        let degrees: Vec<(usize, usize)> = kept
            .iter()
            .enumerate()
            .flat_map(|(row, &kept)| {
                (0..kept).map(move |column| if two_factors { (row, column) } else { (column, row) })
            })
            .collect();
        let terms = if two_factors { degrees.len().next_multiple_of(GROUP) } else { DEGREES_MAX };
        let mut range = Range { terms: terms as u32, ..Range::default() };
        let mut offset = 0;
        for (row, place) in range.offsets.iter_mut().enumerate() {
            *place = offset as u8;
            offset += kept.get(row).copied().unwrap_or(0);
        }
        for (side, start) in sides.iter().zip(&mut range.start) {
            *start = blocks.len() as u32;
            for cell in side.values.chunks_exact(LANES * states) {
                for &(i, j) in &degrees {
                    let at = i * splits + own.start + j;
                    let mut powers: [f64; LANES] = std::array::from_fn(|n| cell[n * states + at]);
                    chebyshev_to_powers(&mut powers);
                    blocks.push(powers.map(|c| c as f32));
                }
                blocks.extend((degrees.len()..range.terms as usize).map(|_| [0.0; LANES]));
            }
            blocks.extend((0..range.terms).map(|_| [0.0; LANES]));
        }
        range
    }

    /// Turns values over level and split into Chebyshev coefficients, in the split range by range.
    fn by_level_and_split(&self, side: &mut Side, counts: &[usize]) {
        let splits: usize = counts.iter().sum();
        let by_level = chebyshev_matrix(self.terms.level_nodes);
        let by_split: Vec<Vec<f64>> = counts.iter().map(|&count| chebyshev_matrix(count)).collect();
        let mut scratch = vec![0.0; self.terms.level_nodes * splits];
        for plane in side.values.chunks_exact_mut(self.terms.level_nodes * splits) {
            scratch.fill(0.0);
            for i in 0..self.terms.level_nodes {
                for n in 0..self.terms.level_nodes {
                    let weight = by_level[i * self.terms.level_nodes + n];
                    for j in 0..splits {
                        scratch[i * splits + j] += weight * plane[n * splits + j];
                    }
                }
            }
            for i in 0..self.terms.level_nodes {
                let mut first = i * splits;
                for (matrix, &count) in by_split.iter().zip(counts) {
                    for j in 0..count {
                        plane[first + j] = (0..count).map(|n| matrix[j * count + n] * scratch[first + n]).sum();
                    }
                    first += count;
                }
            }
        }
    }

    /// Turns sampled values into Chebyshev coefficients in `m`, cell by cell.
    fn by_cell(&self, side: &mut Side, states: usize) {
        let mut values = vec![0.0; LANES * states];
        for cell in side.values.chunks_exact_mut(LANES * states) {
            values.copy_from_slice(cell);
            for (degree, out) in cell.chunks_exact_mut(states).enumerate() {
                out.fill(0.0);
                for (node, values) in values.chunks_exact(states).enumerate() {
                    let weight = self.cell_matrix[degree * LANES + node];
                    out.iter_mut().zip(values).for_each(|(out, value)| *out += weight * value);
                }
            }
        }
    }

    fn nodes(&self, levels: Vec<f64>, splits: &[f64], capped: bool) -> Nodes {
        let row = |&level: &f64| splits.iter().map(|&split| self.state(level, split, capped)).collect();
        Nodes { rows: levels.iter().map(row).collect(), levels }
    }

    fn state(&self, level: f64, split: f64, capped: bool) -> State {
        let Terms { level: square, x2_max, two_factors, .. } = *self.terms;
        let above_floor = (level * level - square.b).max(0.0);
        if !two_factors {
            return State { x1: above_floor / square.a1, x2: 0.0 };
        }
        let slow_top = if capped { square.a2 * x2_max } else { above_floor };
        let slow = split * slow_top;
        State { x1: (above_floor - slow).max(0.0) / square.a1, x2: slow / square.a2 }
    }
}

/// The nodes of `z = |m| + c` in the cells of the octave that starts at `scale`.
pub(super) fn octave_nodes(scale: f64, bits: u32) -> Vec<f64> {
    let per_octave = 1usize << bits;
    let nodes = chebyshev_nodes(LANES);
    let width = scale / per_octave as f64;
    let cell = |cell: usize| nodes.iter().map(move |t| scale + width * (cell as f64 + 0.5 + 0.5 * t));
    (0..per_octave).flat_map(cell).collect()
}

/// How many of the first terms of each row to keep so that the rest sums to no more than `allowed`: at least one, and
/// whole groups where there are as many.
fn staircase(rows: &[Vec<f64>], allowed: f64) -> Vec<usize> {
    let mut kept: Vec<usize> = rows.iter().map(Vec::len).collect();
    let mut dropped = 0.0;
    let mut order = Vec::new();
    loop {
        let ends =
            kept.iter().enumerate().filter(|(_, kept)| **kept > 0).map(|(row, &kept)| (rows[row][kept - 1], row));
        let Some((size, row)) = ends.min_by(|a, b| a.0.total_cmp(&b.0)) else { break };
        dropped += size;
        if dropped > allowed || kept.iter().sum::<usize>() == 1 {
            break;
        }
        kept[row] -= 1;
        order.push(row);
    }
    while !kept.iter().sum::<usize>().is_multiple_of(GROUP) {
        let Some(row) = order.pop() else { break };
        kept[row] += 1;
    }
    kept
}

/// Chebyshev nodes of each range of the split.
fn split_nodes(counts: &[usize]) -> Vec<f64> {
    let ranges = SPLIT_RANGES.iter().zip(counts);
    let nodes = |(&(low, high), &count): (&(f64, f64), &usize)| {
        chebyshev_nodes(count).into_iter().map(move |x| 0.5 * (low + high) + 0.5 * (high - low) * x)
    };
    ranges.flat_map(nodes).collect()
}

/// The largest of the highest coefficients in `m`, those of the last degree but one at a quarter.
fn cell_roughness(coefficients: &[f64], states: usize) -> f64 {
    let largest = |row: &[f64]| row.iter().fold(0.0, |a: f64, c| a.max(c.abs()));
    let rough = |cell: &[f64]| {
        let [below, top] = [LANES - 2, LANES - 1].map(|degree| largest(&cell[degree * states..(degree + 1) * states]));
        top.max(0.25 * below)
    };
    coefficients.chunks_exact(LANES * states).map(rough).fold(0.0, f64::max)
}

/// The largest of the highest coefficients in the split.
fn split_roughness(sides: &[Side; 2], counts: &[usize]) -> f64 {
    let splits: usize = counts.iter().sum();
    let mut largest = 0.0f64;
    if splits == 1 {
        return largest;
    }
    for side in sides {
        for row in side.values.chunks_exact(splits) {
            let mut end = 0;
            for &count in counts {
                end += count;
                largest = largest.max(row[end - 1].abs());
            }
        }
    }
    largest
}

/// The largest of the highest coefficients in the level.
fn level_roughness(sides: &[Side; 2], nodes: usize, counts: &[usize]) -> f64 {
    let splits: usize = counts.iter().sum();
    let largest = |row: &[f64]| row.iter().fold(0.0, |a: f64, c| a.max(c.abs()));
    let mut found = 0.0f64;
    for side in sides {
        for plane in side.values.chunks_exact(nodes * splits) {
            let [below, top] = [nodes - 2, nodes - 1].map(|i| largest(&plane[i * splits..(i + 1) * splits]));
            found = found.max(top).max(0.25 * below);
        }
    }
    found
}

const _: () = assert!(SPLIT_NODES[2][0] <= DEGREES_MAX);
