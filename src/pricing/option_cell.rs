//! How an option table is laid out and read.
//!
//! A [`Band`] covers a half-octave of the level `r`, or a binary part of one; in it the split `s` has three ranges, narrower towards 0 where the
//! slow factor ceases to smooth; and either wing of `m` has cells of its own. A cell holds one block of eight numbers per
//! term: the coefficients of `1, t, ..., t^7` in the place `t` in the cell, which the products of Chebyshev polynomials
//! in level and split multiply.

use crate::math::interpolate::chebyshev_eight;

/// Coefficients of a cell's polynomial in `m`.
pub(super) const LANES: usize = 8;
/// Degrees in the level and in the split, plus one, at most.
pub(super) const DEGREES_MAX: usize = 8;
/// Terms in level and split at most.
pub(super) const TERMS_MAX: usize = DEGREES_MAX * DEGREES_MAX;
/// Terms come in groups of this many.
pub(super) const GROUP: usize = 4;
/// Ranges of the split.
pub(super) const SPLIT_RANGES: [(f64, f64); 3] = [(0.0, 0.25), (0.25, 0.5), (0.5, 1.0)];

/// A block of coefficients.
pub(super) type Block = [f32; LANES];
/// The products of Chebyshev polynomials that multiply the blocks of a cell.
pub(super) type Weights = [f32; TERMS_MAX + DEGREES_MAX];

/// Room for weights that nothing was written to yet.
pub(super) const NO_WEIGHTS: Weights = [0.0; TERMS_MAX + DEGREES_MAX];

/// How the strikes of a band are laid out: `|m| + shift` in binary cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Layout {
    /// `c`, which `|m|` is shifted by.
    pub shift: f64,
    /// Bits that divide each octave of `|m| + c` into cells.
    pub bits: u32,
}

/// A half-octave of the level, or a binary part of one.
#[derive(Debug, Clone)]
pub(super) struct Band {
    /// Middle of the band.
    pub center: f64,
    /// One over half its width.
    pub half_inverse: f64,
    /// How strikes are laid out.
    pub layout: Layout,
    /// `c` without the bits below those that divide octaves.
    pub first: u64,
    /// Cells on either side: puts, calls.
    pub cells: [u32; 2],
    /// Whether the split is measured against the largest slow factor instead of the cone of states.
    pub capped: bool,
    /// Whether there is a split at all.
    pub two_factors: bool,
    /// One for each range of the split; models of one factor use the first.
    pub ranges: [Range; 3],
}

/// A range of the split in a band.
///
/// Its terms are the lowest degrees in the split for each degree in the level: a staircase. With one factor they are the
/// lowest degrees in the level.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Range {
    /// Number of terms, a multiple of [`GROUP`]; all eight with one factor.
    pub terms: u32,
    /// First block of either side.
    pub start: [u32; 2],
    /// Where the terms of each degree in the level start.
    pub offsets: [u8; DEGREES_MAX],
}

/// A place in a cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// First block of the cell.
    pub offset: usize,
    /// Place in the cell, from -1 to 1.
    pub t: f32,
}

/// Leading bits of the mantissa that bands may divide an octave by.
pub(super) const BAND_BITS: u32 = 5;

/// Exponent and leading bits of a positive number.
#[inline(always)]
pub(super) fn band_code(x: f64) -> u64 {
    x.to_bits() >> (52 - BAND_BITS)
}

/// The least number of a code.
pub(super) fn band_start(code: u64) -> f64 {
    f64::from_bits(code << (52 - BAND_BITS))
}

/// The range of a split and the place in it, from -1 to 1.
#[inline(always)]
pub(super) fn split_place(split: f64) -> (usize, f64) {
    let index = usize::from(split >= SPLIT_RANGES[1].0) + usize::from(split >= SPLIT_RANGES[2].0);
    let place = if index == 2 { 4.0 * split - 3.0 } else { 8.0 * split - if index == 1 { 3.0 } else { 1.0 } };
    (index, place)
}

/// The bits of a mantissa.
pub(super) const MANTISSA: u64 = (1 << 52) - 1;
/// The bits of 1.
pub(super) const ONE: u64 = 1023 << 52;

impl Band {
    /// The range of a split. Fills in the weights of its terms: products of the polynomials at a level and at a split.
    #[inline(always)]
    pub(super) fn evaluate(&self, level: f64, split: f64, weights: &mut Weights) -> usize {
        let by_level = chebyshev_eight(self.place_of_level(level));
        if !self.two_factors {
            weights[..DEGREES_MAX].copy_from_slice(&by_level);
            return 0;
        }
        let (index, place) = split_place(split);
        weigh(&self.ranges[index].offsets, &by_level, &chebyshev_eight(place as f32), weights);
        index
    }

    /// The place of a level in the band, from -1 to 1.
    #[inline(always)]
    pub(super) fn place_of_level(&self, level: f64) -> f32 {
        ((level - self.center) * self.half_inverse) as f32
    }

    /// The place of a standardised log-moneyness.
    ///
    /// Behind the last cell of a side comes one whose blocks are zero: there an option out of the money is worthless.
    #[inline(always)]
    pub(super) fn place(&self, range: &Range, m: f64) -> Place {
        let side = usize::from(m > 0.0);
        let bits = (m.abs() + self.layout.shift).to_bits();
        let index = ((bits >> (52 - self.layout.bits)) - self.first).min(u64::from(self.cells[side])) as usize;
        let fraction = f64::from_bits((bits << self.layout.bits) & MANTISSA | ONE);
        Place { offset: range.start[side] as usize + index * range.terms as usize, t: (2.0 * fraction - 3.0) as f32 }
    }

    /// Derivative of the place in a cell with respect to `m`.
    pub(super) fn place_slope(&self, m: f64) -> f64 {
        let octave = f64::from_bits((m.abs() + self.layout.shift).to_bits() & !MANTISSA);
        // At the money the option is a put.
        if m > 0.0 {
            f64::from(2u32 << self.layout.bits) / octave
        } else {
            -f64::from(2u32 << self.layout.bits) / octave
        }
    }
}

/// Fills in the weights of the terms of a range with two factors: the products of polynomials.
#[inline(always)]
pub(super) fn weigh(
    offsets: &[u8; DEGREES_MAX],
    by_level: &[f32; DEGREES_MAX],
    by_split: &[f32; DEGREES_MAX],
    weights: &mut Weights,
) {
    for (&offset, t) in offsets.iter().zip(by_level) {
        // Whole rows; the next one covers what is too much.
        let offset = usize::from(offset).min(TERMS_MAX);
        for (weight, u) in weights[offset..offset + DEGREES_MAX].iter_mut().zip(by_split) {
            *weight = t * u;
        }
    }
}

/// Value of the option out of the money at a standardised log-moneyness.
#[inline(always)]
pub(super) fn value(band: &Band, range: &Range, blocks: &[Block], weights: &Weights, m: f64) -> f32 {
    let place = band.place(range, m);
    let sum = contract(&blocks[place.offset..place.offset + range.terms as usize], weights);
    polynomial(&sum, place.t)
}

/// Value of the option out of the money and its derivative with respect to the standardised log-moneyness.
pub(super) fn value_and_slope(band: &Band, range: &Range, blocks: &[Block], weights: &Weights, m: f64) -> (f64, f64) {
    let place = band.place(range, m);
    let sum = contract(&blocks[place.offset..place.offset + range.terms as usize], weights);
    let t = f64::from(place.t);
    let slope = (1..LANES).rev().fold(0.0, |slope, n| slope * t + n as f64 * f64::from(sum[n]));
    (f64::from(polynomial(&sum, place.t)), slope * band.place_slope(m))
}

/// The coefficients in `m` at one level and split. Even and odd terms are summed apart, so that neither waits for the
/// other.
#[inline(always)]
pub(super) fn contract(blocks: &[Block], weights: &[f32]) -> Block {
    let (mut even, mut odd) = ([0.0; LANES], [0.0; LANES]);
    let ((blocks, last_block), (weights, last_weight)) = (blocks.as_chunks::<2>(), weights.as_chunks::<2>());
    for (block, &weight) in last_block.iter().zip(last_weight) {
        for i in 0..LANES {
            even[i] = block[i] * weight;
        }
    }
    for ([first, second], [u, v]) in blocks.iter().zip(weights) {
        for i in 0..LANES {
            even[i] += first[i] * u;
            odd[i] += second[i] * v;
        }
    }
    joined(&even, &odd)
}

/// [`contract`] for the eight terms of one factor.
#[inline(always)]
pub(super) fn contract_level(blocks: &[Block; DEGREES_MAX], weight: impl Fn(usize) -> f32) -> Block {
    let (mut even, mut odd) = ([0.0; LANES], [0.0; LANES]);
    for d in (0..DEGREES_MAX).step_by(2) {
        for i in 0..LANES {
            even[i] += blocks[d][i] * weight(d);
            odd[i] += blocks[d + 1][i] * weight(d + 1);
        }
    }
    joined(&even, &odd)
}

#[inline(always)]
fn joined(even: &Block, odd: &Block) -> Block {
    let mut sum = [0.0; LANES];
    for ((sum, even), odd) in sum.iter_mut().zip(even).zip(odd) {
        *sum = even + odd;
    }
    sum
}

/// `c[0] + c[1] t + ... + c[7] t^7`, folded in halves, which is how eight lanes are summed fastest.
#[inline(always)]
pub(super) fn polynomial(c: &Block, t: f32) -> f32 {
    let (t2, t4) = (t * t, (t * t) * (t * t));
    let four = [c[0] + c[4] * t4, c[1] + c[5] * t4, c[2] + c[6] * t4, c[3] + c[7] * t4];
    let two = [four[0] + four[2] * t2, four[1] + four[3] * t2];
    two[0] + two[1] * t
}
