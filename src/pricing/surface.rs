//! Lays out and fills a table of values over states and strikes: samples exact values at Chebyshev nodes, halves what is
//! too coarse, keeps the terms that matter.
//!
//! What is sampled is a [`Sampler`]'s business: index options and VIX options share all of this.

use super::option_cell::{
    BAND_BITS, Band, Block, DEGREES_MAX, LANES, Layout, Range, SPLIT_RANGES, TERMS_MAX, band_code, band_start,
};
use crate::math::interpolate::{chebyshev_matrix, chebyshev_nodes, chebyshev_to_powers};
use crate::model::vix::Affine;
use crate::model::{Law, RiskNeutral, State};

/// Nodes in the level of each band.
const LEVEL_NODES: usize = 6;
/// Nodes in each range of the split, for accuracies from 5e-6 of the scale, for finer ones, and where those do not do.
const SPLIT_NODES: [[usize; 3]; 3] = [[6, 5, 4], [7, 6, 5], [8, 8, 8]];
/// Accuracy, as a fraction of the scale of values, from which the first numbers of split nodes serve.
const COARSE: f64 = 5e-6;
/// Largest fast factor covered: a VIX of 150 takes about 2.8.
pub(super) const X1_MAX: f64 = 6.0;
/// Octaves at most: a band's wings end where options are worthless.
pub(super) const OCTAVES_MAX: usize = 40;
/// Out-of-the-money values below this times the accuracy count as worthless.
pub(super) const WORTHLESS: f64 = 0.05;
/// Share of the accuracy that each approximation may use: cells, terms, nodes of the split, nodes of the level.
pub(super) const SHARE: f64 = 0.25;

/// A whole table's bands and blocks.
#[derive(Debug, Clone, Default)]
pub(super) struct Surface {
    pub bands: Vec<Band>,
    pub blocks: Vec<Block>,
    /// The band of each code of a level from `first_code` on.
    pub index: Vec<u16>,
    pub first_code: u64,
    pub level_max: f64,
}

impl Surface {
    /// Size of bands and blocks.
    pub(super) fn memory_bytes(&self) -> usize {
        std::mem::size_of_val(self.blocks.as_slice()) + std::mem::size_of_val(self.bands.as_slice())
    }
}

/// The largest slow factor covered: fifteen scales of its stationary law above the mean.
pub(super) fn slow_factor_max(law: &Law<RiskNeutral>) -> f64 {
    if !law.has_slow_factor() {
        return f64::INFINITY;
    }
    let (slow, kappa) = (law.shared.slow, law.dynamics.kappa[1]);
    let scale = slow.vol_of_variance * slow.vol_of_variance / (2.0 * kappa);
    (slow.reversion / kappa + 15.0 * scale).clamp(0.1, X1_MAX)
}

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
    /// Size of a large value; the forward for index options.
    pub scale: f64,
}

/// Lays out and fills a table.
pub(super) fn build(terms: &Terms<'_>, sampler: &impl Sampler) -> Surface {
    let Terms { level, x2_max, .. } = *terms;
    let slow_top = if terms.two_factors { level.a2 * x2_max } else { 0.0 };
    let level_min = level.b.sqrt();
    let level_max = (level.a1 * X1_MAX + slow_top + level.b).sqrt();
    let builder = Builder { terms, sampler, cell_matrix: chebyshev_matrix(LANES) };
    let half_octave = |x: f64| band_code(x) >> (BAND_BITS - 1);
    let (first, last) = (half_octave(level_min), half_octave(level_max));
    let codes = |half: u64| half << (BAND_BITS - 1)..(half + 1) << (BAND_BITS - 1);
    let mut surface = Surface { first_code: codes(first).start, level_max, ..Surface::default() };
    for half in first..=last {
        builder.add_bands(&mut surface, codes(half), (level_min, level_max));
    }
    surface
}

struct Builder<'a, S> {
    terms: &'a Terms<'a>,
    sampler: &'a S,
    cell_matrix: Vec<f64>,
}

impl<S: Sampler> Builder<'_, S> {
    /// Adds the band of some codes, or two of half as many where one would be too coarse.
    fn add_bands(&self, surface: &mut Surface, codes: std::ops::Range<u64>, (least, most): (f64, f64)) {
        let (low, high) = (band_start(codes.start).max(least), band_start(codes.end).min(most));
        let count = codes.end - codes.start;
        if low > high || !self.add_band(surface, low, high, count == 1) {
            if low <= high {
                let middle = codes.start + count / 2;
                self.add_bands(surface, codes.start..middle, (least, most));
                self.add_bands(surface, middle..codes.end, (least, most));
                return;
            }
            // No level lies here.
            surface.index.extend((0..count).map(|_| 0));
            return;
        }
        let band = (surface.bands.len() - 1) as u16;
        surface.index.extend((0..count).map(|_| band));
    }

    /// Adds one band, unless it is too coarse in the level and may be divided.
    fn add_band(&self, surface: &mut Surface, low: f64, high: f64, last: bool) -> bool {
        let Terms { level, x2_max, accuracy, two_factors, scale, .. } = *self.terms;
        let capped = two_factors && low * low - level.b >= level.a2 * x2_max;
        let Some(layout) = self.choose_layout(low, high, capped, last) else { return false };
        let (center, half) = (0.5 * (low + high), (0.5 * (high - low)).max(1e-300));
        let levels: Vec<f64> = chebyshev_nodes(LEVEL_NODES).iter().map(|x| center + half * x).collect();
        let mut attempt = usize::from(accuracy < COARSE * scale);
        loop {
            let counts: &[usize] = if two_factors { &SPLIT_NODES[attempt] } else { &[1] };
            let nodes = self.nodes(levels.clone(), &split_nodes(counts), capped);
            let sides =
                [false, true].map(|calls| self.coefficients(self.sampler.sample(&nodes, &layout, calls), counts));
            if !last && level_roughness(&sides, counts) > SHARE * accuracy {
                return false;
            }
            if attempt + 1 < SPLIT_NODES.len() && split_roughness(&sides, counts) > SHARE * accuracy {
                attempt += 1;
                continue;
            }
            let mut band = Band {
                center,
                half_inverse: 1.0 / half,
                capped,
                two_factors,
                layout,
                unit_inverse: 1.0 / layout.unit,
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
            return true;
        }
    }

    /// The first layout whose highest coefficients in `m` are small, over a few states of a band; none where the band
    /// may be divided and no layout will do.
    fn choose_layout(&self, low: f64, high: f64, capped: bool, last: bool) -> Option<Layout> {
        let splits = if self.terms.two_factors { vec![0.02, 0.5, 1.0] } else { vec![0.0] };
        let nodes = self.nodes(vec![low, 0.5 * (low + high), high], &splits, capped);
        let states = nodes.levels.len() * splits.len();
        let rough = |layout: &Layout| {
            [false, true].into_iter().any(|calls| {
                let coefficients = self.by_cell(&self.sampler.sample(&nodes, layout, calls), states);
                coefficients.chunks_exact(LANES * states).any(|cell| {
                    let largest = |degree: usize| {
                        cell[degree * states..(degree + 1) * states].iter().fold(0.0, |a: f64, c| a.max(c.abs()))
                    };
                    largest(LANES - 1).max(0.25 * largest(LANES - 2)) > SHARE * self.terms.accuracy
                })
            })
        };
        let mut layouts = self.sampler.layouts(low, high);
        let finest = layouts.pop();
        layouts.into_iter().find(|layout| !rough(layout)).or(finest.filter(|layout| last || !rough(layout)))
    }

    /// Keeps the largest terms of one range of the split, so that the rest sums to little, and stores their blocks.
    fn store(&self, sides: &[Side; 2], splits: usize, own: std::ops::Range<usize>, blocks: &mut Vec<Block>) -> Range {
        let states = LEVEL_NODES * splits;
        let mut sizes: Vec<(f64, usize, usize)> = Vec::new();
        for i in 0..LEVEL_NODES {
            for (j, split) in own.clone().enumerate() {
                let at = i * splits + split;
                let size = |cell: &[f64]| (0..LANES).map(|n| cell[n * states + at].abs()).sum::<f64>();
                let cells = sides.iter().flat_map(|side| side.values.chunks_exact(LANES * states));
                sizes.push((cells.map(size).fold(0.0, f64::max), i, j));
            }
        }
        sizes.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut range = Range { terms: sizes.len(), ..Range::default() };
        let mut dropped = 0.0;
        while range.terms > 1 {
            dropped += sizes[range.terms - 1].0;
            if dropped > SHARE * self.terms.accuracy && range.terms <= TERMS_MAX {
                break;
            }
            range.terms -= 1;
        }
        for (term, &(_, i, j)) in sizes[..range.terms].iter().enumerate() {
            range.degrees[term] = (DEGREES_MAX * i + j) as u8;
        }
        for (side, start) in sides.iter().zip(&mut range.start) {
            *start = blocks.len();
            for cell in side.values.chunks_exact(LANES * states) {
                for &(_, i, j) in &sizes[..range.terms] {
                    let at = i * splits + own.start + j;
                    let mut powers: [f64; LANES] = std::array::from_fn(|n| cell[n * states + at]);
                    chebyshev_to_powers(&mut powers);
                    blocks.push(powers.map(|c| c as f32));
                }
            }
            blocks.extend((0..range.terms).map(|_| [0.0; LANES]));
        }
        range
    }

    /// Chebyshev coefficients in cell, level and split, the last range by range.
    fn coefficients(&self, sampled: Side, counts: &[usize]) -> Side {
        let splits: usize = counts.iter().sum();
        let mut values = self.by_cell(&sampled, LEVEL_NODES * splits);
        let by_level = chebyshev_matrix(LEVEL_NODES);
        let by_split: Vec<Vec<f64>> = counts.iter().map(|&count| chebyshev_matrix(count)).collect();
        let mut scratch = vec![0.0; LEVEL_NODES * splits];
        for plane in values.chunks_exact_mut(LEVEL_NODES * splits) {
            scratch.fill(0.0);
            for i in 0..LEVEL_NODES {
                for n in 0..LEVEL_NODES {
                    let weight = by_level[i * LEVEL_NODES + n];
                    for j in 0..splits {
                        scratch[i * splits + j] += weight * plane[n * splits + j];
                    }
                }
            }
            for i in 0..LEVEL_NODES {
                let mut first = i * splits;
                for (matrix, &count) in by_split.iter().zip(counts) {
                    for j in 0..count {
                        plane[first + j] = (0..count).map(|n| matrix[j * count + n] * scratch[first + n]).sum();
                    }
                    first += count;
                }
            }
        }
        Side { values, cells: sampled.cells }
    }

    /// Chebyshev coefficients in `m` of sampled values.
    fn by_cell(&self, sampled: &Side, states: usize) -> Vec<f64> {
        let mut out = vec![0.0; sampled.values.len()];
        let per_cell = LANES * states;
        for (values, out) in sampled.values.chunks_exact(per_cell).zip(out.chunks_exact_mut(per_cell)) {
            for degree in 0..LANES {
                for node in 0..LANES {
                    let weight = self.cell_matrix[degree * LANES + node];
                    for state in 0..states {
                        out[degree * states + state] += weight * values[node * states + state];
                    }
                }
            }
        }
        out
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

/// Chebyshev nodes of each range of the split.
fn split_nodes(counts: &[usize]) -> Vec<f64> {
    let ranges = SPLIT_RANGES.iter().zip(counts);
    let nodes = |(&(low, high), &count): (&(f64, f64), &usize)| {
        chebyshev_nodes(count).into_iter().map(move |x| 0.5 * (low + high) + 0.5 * (high - low) * x)
    };
    ranges.flat_map(nodes).collect()
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
fn level_roughness(sides: &[Side; 2], counts: &[usize]) -> f64 {
    let splits: usize = counts.iter().sum();
    let largest = |row: &[f64]| row.iter().fold(0.0, |a: f64, c| a.max(c.abs()));
    let mut found = 0.0f64;
    for side in sides {
        for plane in side.values.chunks_exact(LEVEL_NODES * splits) {
            let [below, top] =
                [LEVEL_NODES - 2, LEVEL_NODES - 1].map(|i| largest(&plane[i * splits..(i + 1) * splits]));
            found = found.max(top).max(0.25 * below);
        }
    }
    found
}

const _: () = assert!(LEVEL_NODES <= DEGREES_MAX && SPLIT_NODES[2][0] <= DEGREES_MAX);
