//! Fills an option table: chooses the cells, samples exact values at Chebyshev nodes, keeps the terms that matter.

use super::contour::{Bend, Chooser};
use super::fan::{Fan, Line};
use super::option_cell::{Band, Block, DEGREES_MAX, LANES, Range, SPLIT_RANGES, TERMS_MAX, half_octave};
use crate::math::interpolate::{chebyshev_matrix, chebyshev_nodes, chebyshev_to_powers};
use crate::model::vix::Affine;
use crate::model::{Law, RiskNeutral, State};

/// Nodes in the level of each band.
const LEVEL_NODES: usize = 6;
/// Nodes in each range of the split, for accuracies from 5e-6, for finer ones, and where those do not suffice.
const SPLIT_NODES: [[usize; 3]; 3] = [[6, 5, 4], [7, 6, 5], [8, 8, 8]];
/// Accuracy from which the first numbers of split nodes serve.
const COARSE: f64 = 5e-6;
/// Largest fast factor covered: a VIX of 150 takes about 2.8.
pub(super) const X1_MAX: f64 = 6.0;
/// Layouts of the cells in `m` tried in turn: `c` and the bits that divide each octave.
const LAYOUTS: [(f64, u32); 8] = [(4.0, 1), (4.0, 2), (2.0, 2), (2.0, 3), (1.0, 3), (0.5, 3), (0.25, 3), (0.0625, 3)];
/// Octaves at most: a band's wings end where options are worthless.
const OCTAVES_MAX: usize = 40;
/// Out-of-the-money values below this times the accuracy count as worthless.
const WORTHLESS: f64 = 0.05;
/// Share of the accuracy that each approximation may use: cells, terms, nodes of the split.
const SHARE: f64 = 0.25;

/// A whole table's bands and blocks.
#[derive(Debug)]
pub(super) struct Grid {
    pub bands: Vec<Band>,
    pub blocks: Vec<Block>,
    pub first_band: u64,
    pub level_max: f64,
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

/// Lays out and fills the table.
pub(super) fn build(law: &Law<RiskNeutral>, years: f64, accuracy: f64, level: &Affine, x2_max: f64) -> Grid {
    let two_factors = law.has_slow_factor();
    let slow_top = if two_factors { level.a2 * x2_max } else { 0.0 };
    let lowest = State { x1: 0.0, x2: 0.0 };
    let level_min = level.b.sqrt();
    let level_max = (level.a1 * X1_MAX + slow_top + level.b).sqrt();
    let builder = Builder {
        level,
        x2_max,
        accuracy,
        two_factors,
        chooser: Chooser::new(law, years),
        lines: [Bend::Straight, Bend::Lower, Bend::Upper].map(|bend| Line::new(law, years, bend, lowest)),
        cell_nodes: chebyshev_nodes(LANES),
        cell_matrix: chebyshev_matrix(LANES),
    };
    let first_band = half_octave(level_min);
    let mut grid = Grid { bands: Vec::new(), blocks: Vec::new(), first_band, level_max };
    for index in first_band..=half_octave(level_max) {
        let low = f64::from_bits(index << 51).max(level_min);
        let high = f64::from_bits((index + 1) << 51).min(level_max);
        builder.add_band(&mut grid, low, high);
    }
    grid
}

struct Builder<'a> {
    level: &'a Affine,
    x2_max: f64,
    accuracy: f64,
    two_factors: bool,
    chooser: Chooser,
    /// Straight, lower (calls), upper (puts).
    lines: [Line; 3],
    cell_nodes: Vec<f64>,
    cell_matrix: Vec<f64>,
}

/// Levels and splits of the states that are sampled.
struct Nodes {
    levels: Vec<f64>,
    splits: Vec<f64>,
    capped: bool,
}

/// Values or coefficients of one side: `[cell][node or degree in m][level][split]`.
struct Side {
    values: Vec<f64>,
    cells: usize,
}

impl Builder<'_> {
    fn add_band(&self, grid: &mut Grid, low: f64, high: f64) {
        let capped = self.two_factors && low * low - self.level.b >= self.level.a2 * self.x2_max;
        let layout = self.choose_layout(low, high, capped);
        let (center, half) = (0.5 * (low + high), (0.5 * (high - low)).max(1e-300));
        let levels: Vec<f64> = chebyshev_nodes(LEVEL_NODES).iter().map(|x| center + half * x).collect();
        let mut attempt = usize::from(self.accuracy < COARSE);
        loop {
            let counts: &[usize] = if self.two_factors { &SPLIT_NODES[attempt] } else { &[1] };
            let nodes = Nodes { levels: levels.clone(), splits: split_nodes(counts), capped };
            let sides = [false, true].map(|calls| self.coefficients(self.sample(&nodes, layout, calls), counts));
            if attempt + 1 < SPLIT_NODES.len() && split_roughness(&sides, counts) > SHARE * self.accuracy {
                attempt += 1;
                continue;
            }
            let mut band = Band {
                center,
                half_inverse: 1.0 / half,
                capped,
                two_factors: self.two_factors,
                shift: layout.0,
                bits: layout.1,
                first: layout.0.to_bits() >> (52 - layout.1),
                cells: [sides[0].cells as u32, sides[1].cells as u32],
                ranges: Default::default(),
            };
            let mut first = 0;
            for (range, &count) in band.ranges.iter_mut().zip(counts) {
                *range = self.store(&sides, counts.iter().sum(), first..first + count, &mut grid.blocks);
                first += count;
            }
            grid.bands.push(band);
            return;
        }
    }

    /// The first layout whose highest coefficients in `m` are small, over a few states of a band.
    fn choose_layout(&self, low: f64, high: f64, capped: bool) -> (f64, u32) {
        let splits = if self.two_factors { vec![0.02, 0.5, 1.0] } else { vec![0.0] };
        let nodes = Nodes { levels: vec![low, 0.5 * (low + high)], splits, capped };
        let states = nodes.levels.len() * nodes.splits.len();
        let rough = |layout: (f64, u32)| {
            [false, true].into_iter().any(|calls| {
                let coefficients = self.by_cell(&self.sample(&nodes, layout, calls), states);
                coefficients.chunks_exact(LANES * states).any(|cell| {
                    let largest = |degree: usize| {
                        cell[degree * states..(degree + 1) * states].iter().fold(0.0, |a: f64, c| a.max(c.abs()))
                    };
                    largest(LANES - 1).max(0.25 * largest(LANES - 2)) > SHARE * self.accuracy
                })
            })
        };
        let chosen = LAYOUTS[..LAYOUTS.len() - 1].iter().find(|&&layout| !rough(layout));
        *chosen.unwrap_or(&LAYOUTS[LAYOUTS.len() - 1])
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
            if dropped > SHARE * self.accuracy && range.terms <= TERMS_MAX {
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

    fn state(&self, level: f64, split: f64, capped: bool) -> State {
        let above_floor = (level * level - self.level.b).max(0.0);
        if !self.two_factors {
            return State { x1: above_floor / self.level.a1, x2: 0.0 };
        }
        let slow_top = if capped { self.level.a2 * self.x2_max } else { above_floor };
        let slow = split * slow_top;
        State { x1: (above_floor - slow).max(0.0) / self.level.a1, x2: slow / self.level.a2 }
    }

    /// Out-of-the-money values on one side, octave by octave until they are worthless.
    fn sample(&self, nodes: &Nodes, (shift, bits): (f64, u32), calls: bool) -> Side {
        let sign = if calls { 1.0 } else { -1.0 };
        let own_bend = if calls { Bend::Lower } else { Bend::Upper };
        let own_line = &self.lines[if calls { 1 } else { 2 }];
        let rows: Vec<Vec<State>> = nodes
            .levels
            .iter()
            .map(|&level| nodes.splits.iter().map(|&split| self.state(level, split, nodes.capped)).collect())
            .collect();
        let per_octave = 1usize << bits;
        let z = self.octave_nodes(shift, per_octave);
        let fan = |line: &Line, i: usize| Fan::new(line, &rows[i], sign * nodes.levels[i], shift, &z);
        let mut bent: Vec<Fan> = (0..rows.len()).map(|i| fan(own_line, i)).collect();
        let mut straight: Vec<Option<Fan>> = rows.iter().map(|_| None).collect();
        let (splits, states) = (nodes.splits.len(), nodes.levels.len() * nodes.splits.len());
        let mut sums = [vec![0.0; z.len() * splits], vec![0.0; z.len() * splits]];
        let mut side = Side { values: Vec::new(), cells: 0 };
        for octave in 0..OCTAVES_MAX {
            let scale = (1u64 << octave) as f64;
            let start = side.values.len();
            side.values.resize(start + z.len() * states, 0.0);
            let mut largest = 0.0f64;
            for (i, &level) in nodes.levels.iter().enumerate() {
                let k = |n: usize| sign * level * (z[n] * scale - shift);
                let crosses = |n: usize| rows[i].iter().any(|&state| self.chooser.bend(state, k(n)) != own_bend);
                bent[i].sums(&mut sums[0]);
                if crosses(0) || crosses(z.len() - 1) {
                    let fan = straight[i].get_or_insert_with(|| {
                        let mut fan = fan(&self.lines[0], i);
                        (0..octave).for_each(|_| fan.double());
                        fan
                    });
                    fan.sums(&mut sums[1]);
                }
                for n in 0..z.len() {
                    let k = k(n);
                    let (half, whole) = (libm::exp(0.5 * k), if calls { 1.0 } else { libm::exp(k) });
                    for (j, &state) in rows[i].iter().enumerate() {
                        let own = self.chooser.bend(state, k) == own_bend;
                        let value = whole - half * sums[usize::from(!own)][n * splits + j];
                        side.values[start + n * states + i * splits + j] = value;
                        largest = largest.max(value);
                    }
                }
            }
            side.cells += per_octave;
            if largest < WORTHLESS * self.accuracy {
                break;
            }
            bent.iter_mut().chain(straight.iter_mut().flatten()).for_each(Fan::double);
        }
        side
    }

    /// The nodes of `z = |m| + c` in the cells of the octave that starts at `scale`.
    fn octave_nodes(&self, scale: f64, per_octave: usize) -> Vec<f64> {
        let width = scale / per_octave as f64;
        let cell = |cell: usize| self.cell_nodes.iter().map(move |t| scale + width * (cell as f64 + 0.5 + 0.5 * t));
        (0..per_octave).flat_map(cell).collect()
    }
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

const _: () = assert!(LEVEL_NODES <= DEGREES_MAX && SPLIT_NODES[2][0] <= DEGREES_MAX);
