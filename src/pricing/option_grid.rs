//! How an option table is laid out, filled and read.
//!
//! For each level `r` and split the transform is taken once at the nodes of three contours (one for strikes near
//! the money, one for either wing); each value is then a sum of products, with the phases `e^{-i zeta k}` of one octave
//! of `|m| + c` following from the squares of the octave before.

use std::f64::consts::PI;

use super::contour::{Bend, Chooser, Contour, Node};
use crate::math::complex::{Complex64, I, exp, real, size};
use crate::math::interpolate::{chebyshev_matrix, chebyshev_nodes, chebyshev_to_powers, chebyshev_values};
use crate::model::vix::Affine;
use crate::model::{Characteristic, Exponents, Law, RiskNeutral, State};

/// Coefficients of a cell's polynomial in `m`.
pub(super) const LANES: usize = 8;
/// Terms in level and split at most.
pub(super) const TERMS_MAX: usize = 64;
/// Nodes in the level of each band.
const LEVEL_NODES: usize = 6;
/// Nodes in the split at most.
const SPLIT_NODES_MAX: usize = 16;
/// Largest fast factor covered: a VIX of 150 takes about 2.8.
pub(super) const X1_MAX: f64 = 6.0;
/// Spacing of the trapezoidal sums.
const SPACING: f64 = 0.06;
/// Terms of a sum below this, in units of the forward, are dropped.
const NEGLIGIBLE: f64 = 1e-12;
/// Layouts of the cells in `m` tried in turn: `c` and the bits that divide each octave.
const LAYOUTS: [(f64, u32); 8] = [(4.0, 1), (4.0, 2), (2.0, 2), (2.0, 3), (1.0, 3), (0.5, 3), (0.25, 3), (0.0625, 3)];
/// Octaves at most: a band's wings end where options are worthless.
const OCTAVES_MAX: usize = 40;

/// A half-octave of the level.
#[derive(Debug, Clone)]
pub(super) struct Band {
    center: f64,
    half_inverse: f64,
    /// Whether the split is measured against the largest slow factor instead of the cone of states.
    pub capped: bool,
    /// Number of terms in level and split.
    pub terms: usize,
    /// Degrees in level and split of each term.
    degrees: Vec<(u8, u8)>,
    split_nodes: usize,
    /// `c`, which `|m|` is shifted by.
    shift: f64,
    bits: u32,
    first: u64,
    /// Cells on either side: puts, calls.
    cells: [u32; 2],
    /// Where the blocks of either side start.
    start: [usize; 2],
}

/// A cell of a band and the place in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    /// First block.
    pub offset: usize,
    /// Place in the cell, from -1 to 1.
    pub t: f32,
    /// Derivative of the place with respect to `m`.
    pub t_per_m: f64,
}

/// A whole table's bands and blocks.
#[derive(Debug)]
pub(super) struct Grid {
    pub bands: Vec<Band>,
    pub blocks: Vec<[f32; LANES]>,
    pub first_band: u64,
    pub level_max: f64,
}

/// Index of the half-octave of a positive number: its exponent and first bit.
#[inline]
pub(super) fn half_octave(x: f64) -> u64 {
    x.to_bits() >> 51
}

const MANTISSA: u64 = (1 << 52) - 1;
const ONE: u64 = 1023 << 52;

impl Band {
    pub(super) fn debug_cells(&self) -> (f64, u32, [u32; 2]) {
        (self.shift, self.bits, self.cells)
    }

    /// The products of Chebyshev polynomials at a level and a split.
    #[inline]
    pub(super) fn weigh(&self, level: f64, split: f64, weights: &mut [f32; TERMS_MAX]) {
        let mut by_level = [0.0; LEVEL_NODES];
        let mut by_split = [0.0; SPLIT_NODES_MAX];
        chebyshev_values((level - self.center) * self.half_inverse, &mut by_level);
        chebyshev_values(2.0 * split - 1.0, &mut by_split[..self.split_nodes]);
        for (weight, &(i, j)) in weights.iter_mut().zip(&self.degrees) {
            *weight = (by_level[usize::from(i)] * by_split[usize::from(j)]) as f32;
        }
    }

    /// The cell of a standardised log-moneyness, or `None` where the option out of the money is worthless.
    #[inline]
    pub(super) fn cell(&self, m: f64) -> Option<Cell> {
        let side = usize::from(m > 0.0);
        let bits = (m.abs() + self.shift).to_bits();
        let index = (bits >> (52 - self.bits)) - self.first;
        if index >= u64::from(self.cells[side]) {
            return None;
        }
        let place = f64::from_bits((bits << self.bits) & MANTISSA | ONE);
        let octave = f64::from_bits(bits & !MANTISSA);
        let sign = if side == 1 { 2.0 } else { -2.0 };
        Some(Cell {
            offset: self.start[side] + index as usize * self.terms,
            t: (2.0 * place - 3.0) as f32,
            t_per_m: sign * f64::from(1u32 << self.bits) / octave,
        })
    }
}

/// Value of a cell's polynomial.
#[inline]
pub(super) fn evaluate(blocks: &[[f32; LANES]], weights: &[f32], t: f32) -> f32 {
    let c = contract(blocks, weights);
    let t2 = t * t;
    let t4 = t2 * t2;
    ((c[0] + c[1] * t) + (c[2] + c[3] * t) * t2) + ((c[4] + c[5] * t) + (c[6] + c[7] * t) * t2) * t4
}

/// Value and derivative of a cell's polynomial.
pub(super) fn evaluate_slope(blocks: &[[f32; LANES]], weights: &[f32], t: f32) -> (f32, f32) {
    let c = contract(blocks, weights);
    let (mut value, mut slope) = (0.0, 0.0);
    for &coefficient in c.iter().rev() {
        slope = slope * t + value;
        value = value * t + coefficient;
    }
    (value, slope)
}

/// The coefficients in `m` at one level and split.
#[inline]
fn contract(blocks: &[[f32; LANES]], weights: &[f32]) -> [f32; LANES] {
    let mut sum = [0.0f32; LANES];
    for (block, &weight) in blocks.iter().zip(weights) {
        for lane in 0..LANES {
            sum[lane] += block[lane] * weight;
        }
    }
    sum
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

/// Nodes of one contour with the transform at each.
struct Line {
    nodes: Vec<Node>,
    exponents: Vec<Exponents>,
}

impl Line {
    /// Nodes up to where the transform of the lowest state is negligible.
    fn new(law: &Law<RiskNeutral>, years: f64, bend: Bend, lowest: State) -> Self {
        let contour = Contour::new(law, bend);
        let characteristic = Characteristic::new(law);
        let mut line = Self { nodes: Vec::new(), exponents: Vec::new() };
        let mut y = 0.0;
        loop {
            let node = contour.node(y);
            let exponents = characteristic.index(node.argument(), years);
            let term = exp(exponents.at(lowest)) * node.weight;
            line.nodes.push(node);
            line.exponents.push(exponents);
            if y > 1.0 && !(size(term) >= NEGLIGIBLE) || y > 34.0 {
                return line;
            }
            y += SPACING;
        }
    }
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

/// Values of one side's octaves: `[cell][node in m][level node][split node]`.
struct Sampled {
    values: Vec<f64>,
    cells: usize,
}

impl Builder<'_> {
    fn add_band(&self, grid: &mut Grid, low: f64, high: f64) {
        let capped = self.two_factors && low * low - self.level.b >= self.level.a2 * self.x2_max;
        let mut layout = 0;
        let split_nodes = self.choose_split_nodes(low, high, capped);
        // Try layouts at the lowest level, where the kink at the money is sharpest, and coarse splits.
        while layout + 1 < LAYOUTS.len() && self.roughness(low, high, capped, LAYOUTS[layout]) > 0.25 * self.accuracy {
            layout += 1;
        }
        let (shift, bits) = LAYOUTS[layout];
        let center = 0.5 * (low + high);
        let half = (0.5 * (high - low)).max(1e-300);
        let levels: Vec<f64> = chebyshev_nodes(LEVEL_NODES).iter().map(|x| center + half * x).collect();
        let splits: Vec<f64> = chebyshev_nodes(split_nodes).iter().map(|x| 0.5 + 0.5 * x).collect();
        let sides = [false, true].map(|calls| {
            let sampled = self.sample(&levels, &splits, capped, (shift, bits), calls);
            let coefficients = self.transform(&sampled, levels.len(), splits.len());
            (coefficients, sampled.cells)
        });
        let degrees = self.choose_terms(&sides, levels.len(), splits.len());
        let mut band = Band {
            center,
            half_inverse: 1.0 / half,
            capped,
            terms: degrees.len(),
            degrees,
            split_nodes,
            shift,
            bits,
            first: shift.to_bits() >> (52 - bits),
            cells: [0; 2],
            start: [0; 2],
        };
        for (side, (coefficients, cells)) in sides.iter().enumerate() {
            band.start[side] = grid.blocks.len();
            band.cells[side] = *cells as u32;
            let per_cell = LANES * levels.len() * splits.len();
            for cell in coefficients.chunks_exact(per_cell) {
                for &(i, j) in &band.degrees {
                    let at = usize::from(i) * splits.len() + usize::from(j);
                    let mut powers: [f64; LANES] = std::array::from_fn(|n| cell[n * levels.len() * splits.len() + at]);
                    chebyshev_to_powers(&mut powers);
                    grid.blocks.push(powers.map(|c| c as f32));
                }
            }
        }
        grid.bands.push(band);
    }

    /// How many nodes the split needs, from its coefficients at the middle level.
    fn choose_split_nodes(&self, low: f64, high: f64, capped: bool) -> usize {
        if !self.two_factors {
            return 1;
        }
        let n = SPLIT_NODES_MAX;
        let splits: Vec<f64> = chebyshev_nodes(n).iter().map(|x| 0.5 + 0.5 * x).collect();
        let matrix = chebyshev_matrix(n);
        let mut sizes = vec![0.0f64; n];
        for calls in [false, true] {
            let sampled = self.sample(&[0.5 * (low + high)], &splits, capped, LAYOUTS[0], calls);
            for values in sampled.values.chunks_exact(n) {
                for (degree, size) in sizes.iter_mut().enumerate() {
                    let c: f64 = values.iter().zip(&matrix[degree * n..]).map(|(v, m)| v * m).sum();
                    *size = size.max(c.abs());
                }
            }
        }
        let mut left = 0.0;
        let mut needed = n;
        while needed > 2 && left + sizes[needed - 1] < 0.2 * self.accuracy {
            left += sizes[needed - 1];
            needed -= 1;
        }
        needed
    }

    /// Size of the highest coefficients in `m` for a layout, over a few states of a band.
    fn roughness(&self, low: f64, high: f64, capped: bool, layout: (f64, u32)) -> f64 {
        let levels = [low, 0.5 * (low + high)];
        let splits: &[f64] = if self.two_factors { &[0.02, 0.5, 1.0] } else { &[0.0] };
        let mut worst = 0.0f64;
        for calls in [false, true] {
            let sampled = self.sample(&levels, splits, capped, layout, calls);
            let coefficients = self.transform_cells(&sampled, levels.len() * splits.len());
            let states = levels.len() * splits.len();
            for cell in coefficients.chunks_exact(LANES * states) {
                for state in 0..states {
                    let c = |n: usize| cell[n * states + state].abs();
                    worst = worst.max(c(LANES - 1).max(0.25 * c(LANES - 2)));
                }
            }
        }
        worst
    }

    /// The terms in level and split that matter, largest first; the rest sums to less than a quarter of the accuracy.
    fn choose_terms(&self, sides: &[(Vec<f64>, usize); 2], levels: usize, splits: usize) -> Vec<(u8, u8)> {
        let states = levels * splits;
        let mut sizes: Vec<(f64, u8, u8)> = (0..states)
            .map(|at| {
                let mut largest = 0.0f64;
                for (coefficients, _) in sides {
                    for cell in coefficients.chunks_exact(LANES * states) {
                        largest = largest.max((0..LANES).map(|n| cell[n * states + at].abs()).sum());
                    }
                }
                (largest, (at / splits) as u8, (at % splits) as u8)
            })
            .collect();
        sizes.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut kept = sizes.len();
        let mut dropped = 0.0;
        while kept > 1 && (dropped + sizes[kept - 1].0 < 0.25 * self.accuracy || kept > TERMS_MAX) {
            kept -= 1;
            dropped += sizes[kept].0;
        }
        sizes[..kept].iter().map(|&(_, i, j)| (i, j)).collect()
    }

    /// Chebyshev coefficients `[cell][degree in m][degree in level][degree in split]`.
    fn transform(&self, sampled: &Sampled, levels: usize, splits: usize) -> Vec<f64> {
        let mut out = self.transform_cells(sampled, levels * splits);
        let (by_level, by_split) = (chebyshev_matrix(levels), chebyshev_matrix(splits));
        let mut scratch = vec![0.0; levels * splits];
        for plane in out.chunks_exact_mut(levels * splits) {
            for i in 0..levels {
                for j in 0..splits {
                    scratch[i * splits + j] =
                        (0..splits).map(|n| by_split[j * splits + n] * plane[i * splits + n]).sum();
                }
            }
            for i in 0..levels {
                for j in 0..splits {
                    plane[i * splits + j] =
                        (0..levels).map(|n| by_level[i * levels + n] * scratch[n * splits + j]).sum();
                }
            }
        }
        out
    }

    /// Chebyshev coefficients in `m` only.
    fn transform_cells(&self, sampled: &Sampled, states: usize) -> Vec<f64> {
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
    fn sample(&self, levels: &[f64], splits: &[f64], capped: bool, layout: (f64, u32), calls: bool) -> Sampled {
        let (shift, bits) = layout;
        let per_octave = 1usize << bits;
        let states = levels.len() * splits.len();
        let sign = if calls { 1.0 } else { -1.0 };
        let own_bend = if calls { Bend::Lower } else { Bend::Upper };
        let own = &self.lines[if calls { 1 } else { 2 }];
        let rows: Vec<Vec<State>> = levels
            .iter()
            .map(|&level| splits.iter().map(|&split| self.state(level, split, capped)).collect())
            .collect();
        let nodes = self.octave_nodes(shift, per_octave);
        let fan = |line: &Line, i: usize| Fan::new(line, &rows[i], sign * levels[i], shift, &nodes);
        let mut bent: Vec<Fan> = (0..levels.len()).map(|i| fan(own, i)).collect();
        let mut straight: Vec<Fan> = Vec::new();
        let mut sampled = Sampled { values: Vec::new(), cells: 0 };
        for octave in 0..OCTAVES_MAX {
            let scale = (1u64 << octave) as f64;
            let start = sampled.values.len();
            sampled.values.resize(start + nodes.len() * states, 0.0);
            let mut largest = 0.0f64;
            for (i, &level) in levels.iter().enumerate() {
                for (n, &z) in nodes.iter().enumerate() {
                    let k = sign * level * (z * scale - shift);
                    let (half, whole) = (libm::exp(0.5 * k), if calls { 1.0 } else { libm::exp(k) });
                    for (j, &state) in rows[i].iter().enumerate() {
                        let bend = self.chooser.bend(state, k);
                        let integral = if bend == own_bend {
                            bent[i].sum(n, j)
                        } else {
                            if straight.is_empty() {
                                straight = (0..levels.len()).map(|i| fan(&self.lines[0], i)).collect();
                                (0..octave).for_each(|_| straight.iter_mut().for_each(Fan::double));
                            }
                            straight[i].sum(n, j)
                        };
                        let value = whole - integral * half;
                        sampled.values[start + n * states + i * splits.len() + j] = value;
                        largest = largest.max(value);
                    }
                }
            }
            sampled.cells += per_octave;
            if largest < 0.05 * self.accuracy {
                break;
            }
            bent.iter_mut().chain(&mut straight).for_each(Fan::double);
        }
        sampled
    }

    /// The nodes of `z = |m| + c` in the cells of the octave that starts at `scale`.
    fn octave_nodes(&self, scale: f64, per_octave: usize) -> Vec<f64> {
        let width = scale / per_octave as f64;
        (0..per_octave)
            .flat_map(|cell| {
                self.cell_nodes.iter().map(move |t| scale + width * (cell as f64 + 0.5 + 0.5 * t)).collect::<Vec<_>>()
            })
            .collect()
    }
}

/// Phases `e^{-i zeta k}` of one level for the nodes of one octave, and the weighted transform of its states.
struct Fan {
    terms: usize,
    /// `e^{-i zeta r c}`.
    shift_re: Vec<f64>,
    shift_im: Vec<f64>,
    phases_re: Vec<f64>,
    phases_im: Vec<f64>,
    states_re: Vec<f64>,
    states_im: Vec<f64>,
}

impl Fan {
    /// `signed_level` is `r` for calls and `-r` for puts.
    fn new(line: &Line, states: &[State], signed_level: f64, shift: f64, nodes: &[f64]) -> Self {
        // Sums end where every state's terms are negligible.
        let mut weighted: Vec<Vec<Complex64>> = vec![Vec::new(); states.len()];
        let mut terms = line.nodes.len();
        for (n, (node, exponents)) in line.nodes.iter().zip(&line.exponents).enumerate() {
            let weight = node.weight * (SPACING / PI * if n == 0 { 0.5 } else { 1.0 });
            let mut largest = 0.0f64;
            for (state, out) in states.iter().zip(&mut weighted) {
                let term = exp(exponents.at(*state)) * weight;
                largest = largest.max(size(term));
                out.push(term);
            }
            if n > 20 && largest < NEGLIGIBLE {
                terms = n + 1;
                break;
            }
        }
        let terms_padded = terms.div_ceil(4) * 4;
        let mut fan = Self {
            terms: terms_padded,
            shift_re: Vec::with_capacity(terms_padded),
            shift_im: Vec::with_capacity(terms_padded),
            phases_re: Vec::with_capacity(nodes.len() * terms_padded),
            phases_im: Vec::with_capacity(nodes.len() * terms_padded),
            states_re: Vec::with_capacity(states.len() * terms_padded),
            states_im: Vec::with_capacity(states.len() * terms_padded),
        };
        for out in &weighted {
            for n in 0..terms_padded {
                let value = if n < terms { out[n] } else { real(0.0) };
                fan.states_re.push(value.re);
                fan.states_im.push(value.im);
            }
        }
        let phase = |n: usize, k: f64| if n < terms { exp(-I * line.nodes[n].zeta * k) } else { real(0.0) };
        for n in 0..terms_padded {
            let value = phase(n, signed_level * shift);
            fan.shift_re.push(value.re);
            fan.shift_im.push(value.im);
        }
        for &z in nodes {
            for n in 0..terms_padded {
                let value = phase(n, signed_level * (z - shift));
                fan.phases_re.push(value.re);
                fan.phases_im.push(value.im);
            }
        }
        fan
    }

    /// Moves to the next octave: as `2 z - c = 2 (z - c) + c`, phases are squared and shifted.
    fn double(&mut self) {
        let rows = self.phases_re.chunks_exact_mut(self.terms).zip(self.phases_im.chunks_exact_mut(self.terms));
        for (row_re, row_im) in rows {
            for (((re, im), sr), si) in row_re.iter_mut().zip(row_im).zip(&self.shift_re).zip(&self.shift_im) {
                let (square_re, square_im) = (*re * *re - *im * *im, 2.0 * *re * *im);
                (*re, *im) = (square_re * sr - square_im * si, square_re * si + square_im * sr);
            }
        }
    }

    /// The real part of the integral for a node and a state.
    fn sum(&self, node: usize, state: usize) -> f64 {
        let phases = node * self.terms..(node + 1) * self.terms;
        let states = state * self.terms..(state + 1) * self.terms;
        let (pr, pi) = (&self.phases_re[phases.clone()], &self.phases_im[phases]);
        let (sr, si) = (&self.states_re[states.clone()], &self.states_im[states]);
        let mut lanes = [0.0; 4];
        for (((pr, pi), sr), si) in
            pr.chunks_exact(4).zip(pi.chunks_exact(4)).zip(sr.chunks_exact(4)).zip(si.chunks_exact(4))
        {
            for lane in 0..4 {
                lanes[lane] += pr[lane] * sr[lane] - pi[lane] * si[lane];
            }
        }
        (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
    }
}
