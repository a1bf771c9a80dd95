//! How an option table is laid out and read.
//!
//! A [`Band`] covers a half-octave of the level `r`; in it the split `s` has three ranges, narrower towards 0 where the
//! slow factor ceases to smooth; and either wing of `m` has cells of its own. A cell holds one block of eight numbers per
//! term: the coefficients of `1, t, ..., t^7` in the place `t` in the cell, which the products of Chebyshev polynomials
//! in level and split multiply.

use crate::math::interpolate::chebyshev_eight;

/// Coefficients of a cell's polynomial in `m`.
pub(super) const LANES: usize = 8;
/// Terms in level and split at most.
pub(super) const TERMS_MAX: usize = 48;
/// Degrees in the level and in the split, plus one, at most.
pub(super) const DEGREES_MAX: usize = 8;
/// Ranges of the split.
pub(super) const SPLIT_RANGES: [(f64, f64); 3] = [(0.0, 0.25), (0.25, 0.5), (0.5, 1.0)];

/// A block of coefficients.
pub(super) type Block = [f32; LANES];
/// The products of Chebyshev polynomials that multiply the blocks of a cell.
pub(super) type Weights = [f32; TERMS_MAX];

/// A half-octave of the level.
#[derive(Debug, Clone)]
pub(super) struct Band {
    /// Middle of the band.
    pub center: f64,
    /// One over half its width.
    pub half_inverse: f64,
    /// Whether the split is measured against the largest slow factor instead of the cone of states.
    pub capped: bool,
    /// `c`, which `|m|` is shifted by.
    pub shift: f64,
    /// Bits that divide each octave of `|m| + c` into cells.
    pub bits: u32,
    /// Cells on either side: puts, calls.
    pub cells: [u32; 2],
    /// One for each range of the split; models of one factor use the first.
    pub ranges: [Range; 3],
}

/// A range of the split in a band.
#[derive(Debug, Clone)]
pub(super) struct Range {
    /// Number of terms.
    pub terms: usize,
    /// Degree in the level of each term.
    pub by_level: [u8; TERMS_MAX],
    /// Degree in the split of each term.
    pub by_split: [u8; TERMS_MAX],
    /// First block of either side.
    pub start: [usize; 2],
}

impl Default for Range {
    fn default() -> Self {
        Self { terms: 0, by_level: [0; TERMS_MAX], by_split: [0; TERMS_MAX], start: [0; 2] }
    }
}

/// A place in a cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// First block of the cell.
    pub offset: usize,
    /// Place in the cell, from -1 to 1.
    pub t: f32,
    /// Derivative of the place with respect to `m`.
    pub t_per_m: f64,
}

/// Index of the half-octave of a positive number: its exponent and first bit.
#[inline]
pub(super) fn half_octave(x: f64) -> u64 {
    x.to_bits() >> 51
}

const MANTISSA: u64 = (1 << 52) - 1;
const ONE: u64 = 1023 << 52;

impl Band {
    /// Fills the weights at a level and a split, and returns the range of the split.
    #[inline]
    pub(super) fn weigh(&self, level: f64, split: f64, weights: &mut Weights) -> usize {
        let index = usize::from(split >= SPLIT_RANGES[1].0) + usize::from(split >= SPLIT_RANGES[2].0);
        let place = if index == 2 { 4.0 * split - 3.0 } else { 8.0 * split - if index == 1 { 3.0 } else { 1.0 } };
        let range = &self.ranges[index];
        let by_level = chebyshev_eight((level - self.center) * self.half_inverse);
        let by_split = chebyshev_eight(place);
        let degrees = range.by_level.iter().zip(&range.by_split);
        for (weight, (&i, &j)) in weights.iter_mut().zip(degrees).take(range.terms) {
            *weight = (by_level[usize::from(i) % DEGREES_MAX] * by_split[usize::from(j) % DEGREES_MAX]) as f32;
        }
        index
    }

    /// The place of a standardised log-moneyness, or `None` where the option out of the money is worthless.
    #[inline]
    pub(super) fn place(&self, range: &Range, m: f64) -> Option<Place> {
        let side = usize::from(m > 0.0);
        let bits = (m.abs() + self.shift).to_bits();
        let index = (bits >> (52 - self.bits)) - (self.shift.to_bits() >> (52 - self.bits));
        if index >= u64::from(self.cells[side]) {
            return None;
        }
        let fraction = f64::from_bits((bits << self.bits) & MANTISSA | ONE);
        let octave = f64::from_bits(bits & !MANTISSA);
        let sign = if side == 1 { 2.0 } else { -2.0 };
        Some(Place {
            offset: range.start[side] + index as usize * range.terms,
            t: (2.0 * fraction - 3.0) as f32,
            t_per_m: sign * f64::from(1u32 << self.bits) / octave,
        })
    }
}

/// Value of a cell's polynomial.
#[inline]
pub(super) fn evaluate(blocks: &[Block], weights: &[f32], t: f32) -> f32 {
    let c = contract(blocks, weights);
    let (t2, t4) = (t * t, (t * t) * (t * t));
    ((c[0] + c[1] * t) + (c[2] + c[3] * t) * t2) + ((c[4] + c[5] * t) + (c[6] + c[7] * t) * t2) * t4
}

/// Value and derivative of a cell's polynomial.
pub(super) fn evaluate_slope(blocks: &[Block], weights: &[f32], t: f32) -> (f32, f32) {
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
fn contract(blocks: &[Block], weights: &[f32]) -> Block {
    let mut sum = [0.0f32; LANES];
    for (block, &weight) in blocks.iter().zip(weights) {
        for lane in 0..LANES {
            sum[lane] += block[lane] * weight;
        }
    }
    sum
}

/// Values of four cells' polynomials with common weights, the same bits as four times [`evaluate`].
pub(super) fn evaluate_four(blocks: [&[Block]; 4], weights: &[f32], t: [f32; 4]) -> [f32; 4] {
    #[multiversion::multiversion(targets("x86_64+avx2"))]
    fn best(blocks: [&[Block]; 4], weights: &[f32], t: [f32; 4]) -> [f32; 4] {
        evaluate_four_body(blocks, weights, t)
    }
    best(blocks, weights, t)
}

#[inline(always)]
fn evaluate_four_body(blocks: [&[Block]; 4], weights: &[f32], t: [f32; 4]) -> [f32; 4] {
    let [a, b, c, d] = blocks;
    let mut sums = [[0.0f32; LANES]; 4];
    for ((((a, b), c), d), &weight) in a.iter().zip(b).zip(c).zip(d).zip(weights) {
        for lane in 0..LANES {
            sums[0][lane] += a[lane] * weight;
            sums[1][lane] += b[lane] * weight;
            sums[2][lane] += c[lane] * weight;
            sums[3][lane] += d[lane] * weight;
        }
    }
    let mut values = [0.0; 4];
    for leg in 0..4 {
        let (c, t) = (&sums[leg], t[leg]);
        let (t2, t4) = (t * t, (t * t) * (t * t));
        values[leg] = ((c[0] + c[1] * t) + (c[2] + c[3] * t) * t2) + ((c[4] + c[5] * t) + (c[6] + c[7] * t) * t2) * t4;
    }
    values
}
