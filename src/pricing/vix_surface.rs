//! A table of VIX options as it is read: patches of states, cells of strikes, one polynomial each.
//!
//! A [`Patch`] is a rectangle of level `r` and split `s`, small enough that values of any strike are polynomials of one
//! fixed shape in both: no mark takes a branch that depends on where it lies. Strikes of a patch are measured from its
//! middle, in cells that are twice as wide from octave to octave:
//!
//! ```text
//! u = sqrt(K - floor),   m = (u - origin) / unit,   cells of |m| + 1: two an octave, puts below, calls above
//! ```
//!
//! A cell holds one block of eight numbers a term, the coefficients of `1, z, ..., z^7` in the place `z` in the cell.

use super::option_cell::{Block, LANES, MANTISSA, ONE, polynomial};
use crate::model::State;
use crate::model::vix::Affine;

/// States and strikes that are read together.
pub(super) const CHUNK: usize = 32;
/// So many at least are read as a chunk, with lanes that nobody asked for.
pub(super) const PADDED: usize = 8;
/// Leading bits of the mantissa of a level that patches may divide an octave by.
pub(super) const LEVEL_BITS: u32 = 6;
/// What `1 - s` is shifted by to make the code of a split, whose parts are thus narrow where the fast factor is small.
const SHIFT: f64 = 1.0 / 128.0;
/// Leading bits of the mantissa that divide an octave of the shifted split into parts.
const SPLIT_BITS: u32 = 3;
/// Parts of the split, from 1 down to 0, with two factors.
pub(super) const PARTS: usize = (7 << SPLIT_BITS) + 1;
/// Levels below share one code: a VIX of less than a hundredth of a point.
pub(super) const LEAST_LEVEL: f64 = 1.0 / 16384.0;
/// Powers of the split for each power of the level, with two factors.
pub(super) const SHAPE: [usize; 6] = [5, 5, 4, 4, 3, 3];
/// Terms with two factors.
pub(super) const TERMS: usize = 24;
/// Terms with one factor: powers of the level.
pub(super) const LEVEL_TERMS: usize = 8;
/// Number of a patch where there is none.
pub(super) const NOWHERE: u16 = u16::MAX;

/// A whole table's patches and blocks.
#[derive(Debug, Clone)]
pub(super) struct VixSurface {
    /// The square of the level as an affine function of the state.
    pub mean: Affine,
    /// Whether there is a split at all.
    pub two_factors: bool,
    /// The lowest VIX, points.
    pub floor: f64,
    /// Largest slow factor covered.
    pub x2_max: f64,
    /// Largest level covered.
    pub level_max: f64,
    /// Code of the lowest level.
    pub first_code: u64,
    /// Places of the index for each code of the level, a power of two.
    pub stride: usize,
    /// The patch of each code of a level from `first_code` on and each part of the split: `[code][part]`.
    pub index: Vec<u16>,
    /// In no order.
    pub patches: Vec<Patch>,
    /// Coefficients of all patches.
    pub blocks: Vec<Block>,
}

/// A rectangle of level and split.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Patch {
    /// Middle in the level, and one over half the width.
    pub level: [f64; 2],
    /// Middle in the split, and one over half the width.
    pub split: [f64; 2],
    /// Where strikes are 0.
    pub origin: f64,
    /// One over the unit of strikes.
    pub unit_inverse: f64,
    /// Number of the last cell of either side: puts, calls. Its blocks are zero: there options are worthless.
    pub last: [u32; 2],
    /// First block of either side.
    pub start: [u32; 2],
}

/// Where the states of a chunk lie, and what is stored at its strikes.
pub(super) struct Stored {
    /// Of the states.
    pub levels: [f64; CHUNK],
    /// Of the states.
    pub splits: [f64; CHUNK],
    /// Whether a patch covers the state.
    pub inside: [bool; CHUNK],
    /// Calls above the level of a patch, puts below.
    pub values: [f64; CHUNK],
    /// Whether the value is the call's.
    pub calls: [bool; CHUNK],
}

/// Where a state lies in a patch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    patch: u16,
    /// Places in level and split, from -1 to 1.
    t: f32,
    s: f32,
}

/// Code of a level: exponent and leading bits.
#[inline(always)]
pub(super) fn level_code(level: f64) -> u64 {
    level.to_bits() >> (52 - LEVEL_BITS)
}

/// Number of the part of a split.
#[inline(always)]
fn split_part(split: f64) -> u64 {
    (((1.0 - split).max(0.0) + SHIFT).to_bits() >> (52 - SPLIT_BITS)) - (SHIFT.to_bits() >> (52 - SPLIT_BITS))
}

/// The largest split of a part.
pub(super) fn part_start(part: usize) -> f64 {
    let code = part as u64 + (SHIFT.to_bits() >> (52 - SPLIT_BITS));
    (1.0 + SHIFT - f64::from_bits(code << (52 - SPLIT_BITS))).max(0.0)
}

/// The least level of a code.
pub(super) fn level_start(code: u64) -> f64 {
    f64::from_bits(code << (52 - LEVEL_BITS))
}

/// Less than a chunk, filled up with zeros.
#[inline(always)]
pub(super) fn padded(values: &[f64]) -> [f64; CHUNK] {
    let mut all = [0.0; CHUNK];
    all[..values.len()].copy_from_slice(values);
    all
}

impl VixSurface {
    /// Where a state lies; none where no patch covers it.
    pub(super) fn locate(&self, state: State) -> Option<Place> {
        let (level, split, slot, inside) = self.axes(state.x1, state.x2);
        let &patch = self.index.get(slot as usize).filter(|_| inside)?;
        let (t, s) = self.patches.get(usize::from(patch))?.places(level, split);
        Some(Place { patch, t, s })
    }

    /// The stored value at a strike, and whether it is the call's.
    pub(super) fn value(&self, place: &Place, strike: f64) -> (f64, bool) {
        let patch = &self.patches[usize::from(place.patch)];
        let m = patch.standardised(self.above_floor(strike));
        let (offset, z) = patch.cell(m, self.terms());
        (f64::from(polynomial(&self.contract(offset, place.t, place.s), z)), m > 0.0)
    }

    /// What is stored for a chunk of states and strikes: roots and quotients side by side, then patches and cells one after
    /// the other, then sums of terms, then sums of powers.
    #[inline(always)]
    pub(super) fn values(&self, [x1, x2, strikes]: [&[f64; CHUNK]; 3]) -> Stored {
        let mut stored = Stored {
            levels: [0.0; CHUNK],
            splits: [0.0; CHUNK],
            inside: [false; CHUNK],
            values: [0.0; CHUNK],
            calls: [false; CHUNK],
        };
        let (mut slots, mut u) = ([0; CHUNK], [0.0; CHUNK]);
        for i in 0..CHUNK {
            (stored.levels[i], stored.splits[i], slots[i], stored.inside[i]) = self.axes(x1[i], x2[i]);
            u[i] = self.above_floor(strikes[i]);
        }
        let (mut t, mut s, mut z) = ([0.0; CHUNK], [0.0; CHUNK], [0.0; CHUNK]);
        let mut offset = [0; CHUNK];
        for i in 0..CHUNK {
            let number = self.index.get(slots[i] as usize).copied().unwrap_or(NOWHERE);
            let Some(patch) = self.patches.get(usize::from(number)) else {
                stored.inside[i] = false;
                continue;
            };
            (t[i], s[i]) = patch.places(stored.levels[i], stored.splits[i]);
            let m = patch.standardised(u[i]);
            stored.calls[i] = m > 0.0;
            (offset[i], z[i]) = patch.cell(m, self.terms());
        }
        let mut sums = [[0.0; LANES]; CHUNK];
        for i in 0..CHUNK {
            sums[i] = self.contract(offset[i], t[i], s[i]);
        }
        for i in 0..CHUNK {
            stored.values[i] = f64::from(polynomial(&sums[i], z[i]));
        }
        stored
    }

    /// Blocks a cell.
    #[inline(always)]
    pub(super) fn terms(&self) -> usize {
        if self.two_factors { TERMS } else { LEVEL_TERMS }
    }

    /// Size of index, patches and blocks.
    pub(super) fn memory_bytes(&self) -> usize {
        std::mem::size_of_val(self.index.as_slice())
            + std::mem::size_of_val(self.patches.as_slice())
            + std::mem::size_of_val(self.blocks.as_slice())
    }

    /// Level, split, slot of the index, and whether it lies inside.
    #[inline(always)]
    fn axes(&self, x1: f64, x2: f64) -> (f64, f64, u64, bool) {
        let slow = self.mean.a2 * x2;
        let above_floor = self.mean.a1 * x1 + slow;
        let level = (above_floor + self.mean.b).sqrt();
        let share = slow / above_floor;
        let split = if above_floor > 0.0 { share } else { 0.0 };
        let inside = (level <= self.level_max) & (x2 <= self.x2_max) & (x1 >= 0.0) & (x2 >= 0.0);
        let code = level_code(level.max(LEAST_LEVEL)).wrapping_sub(self.first_code);
        let stride = self.stride as u64;
        let slot = code.wrapping_mul(stride) + (split_part(split) & (stride - 1));
        (level, split, slot, inside)
    }

    #[inline(always)]
    fn above_floor(&self, strike: f64) -> f64 {
        (strike - self.floor).max(0.0).sqrt()
    }

    /// The coefficients of powers of the place in a cell.
    #[inline(always)]
    fn contract(&self, offset: usize, t: f32, s: f32) -> Block {
        // Not with closures: those would not be compiled for the instruction set of the caller.
        let blocks = self.blocks.get(offset..).unwrap_or_default();
        if self.two_factors {
            if let Some(blocks) = blocks.first_chunk() {
                return contract_two_factors(blocks, t, s);
            }
        } else if let Some(blocks) = blocks.first_chunk() {
            return contract_one_factor(blocks, t);
        }
        [0.0; LANES]
    }
}

impl Patch {
    /// Places in level and split, from -1 to 1.
    #[inline(always)]
    fn places(&self, level: f64, split: f64) -> (f32, f32) {
        (((level - self.level[0]) * self.level[1]) as f32, ((split - self.split[0]) * self.split[1]) as f32)
    }

    #[inline(always)]
    fn standardised(&self, u: f64) -> f64 {
        (u - self.origin) * self.unit_inverse
    }

    /// First block of the cell of a standardised strike, and the place in the cell, from -1 to 1.
    #[inline(always)]
    fn cell(&self, m: f64, terms: usize) -> (usize, f32) {
        let side = usize::from(m > 0.0);
        let bits = (m.abs() + 1.0).to_bits();
        let number = ((bits >> 51) - (ONE >> 51)).min(u64::from(self.last[side])) as usize;
        let fraction = f64::from_bits((bits << 1) & MANTISSA | ONE);
        (self.start[side] as usize + number * terms, (2.0 * fraction - 3.0) as f32)
    }
}

/// The sum of blocks times `t^i s^j`, rows of [`SHAPE`] one after the other: eight lanes side by side.
#[inline(always)]
fn contract_two_factors(b: &[Block; TERMS], t: f32, s: f32) -> Block {
    let t2 = t * t;
    let t4 = t2 * t2;
    let mut sum = [0.0; LANES];
    for i in 0..LANES {
        let r0 = (((b[4][i] * s + b[3][i]) * s + b[2][i]) * s + b[1][i]) * s + b[0][i];
        let r1 = (((b[9][i] * s + b[8][i]) * s + b[7][i]) * s + b[6][i]) * s + b[5][i];
        let r2 = ((b[13][i] * s + b[12][i]) * s + b[11][i]) * s + b[10][i];
        let r3 = ((b[17][i] * s + b[16][i]) * s + b[15][i]) * s + b[14][i];
        let r4 = (b[20][i] * s + b[19][i]) * s + b[18][i];
        let r5 = (b[23][i] * s + b[22][i]) * s + b[21][i];
        sum[i] = (r0 + r1 * t) + (r2 + r3 * t) * t2 + (r4 + r5 * t) * t4;
    }
    sum
}

/// The sum of blocks times `t^i`.
#[inline(always)]
fn contract_one_factor(b: &[Block; LEVEL_TERMS], t: f32) -> Block {
    let t2 = t * t;
    let mut sum = [0.0; LANES];
    for i in 0..LANES {
        let even = ((b[6][i] * t2 + b[4][i]) * t2 + b[2][i]) * t2 + b[0][i];
        let odd = ((b[7][i] * t2 + b[5][i]) * t2 + b[3][i]) * t2 + b[1][i];
        sum[i] = even + odd * t;
    }
    sum
}

const _: () = assert!(SHAPE[0] + SHAPE[1] + SHAPE[2] + SHAPE[3] + SHAPE[4] + SHAPE[5] == TERMS);
