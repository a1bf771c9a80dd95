//! Many states and strikes on their way through surfaces, lane by lane.
//!
//! Each step is a short loop over the lanes of a chunk, so that the compiler can run lanes side by side: roots, Chebyshev
//! polynomials, places of strikes, sums of terms, sums of powers. The operations are those of a single reading, in the same
//! order, so values have the same bits.

use super::option_cell::{
    Band, DEGREES_MAX, LANES, MANTISSA, NO_WEIGHTS, ONE, Weights, contract, contract_level, polynomial, split_place,
    weigh,
};
use super::surface::Surface;
use crate::math::interpolate::chebyshev_eight;
use crate::model::State;

/// States that are located together.
pub(super) const CHUNK: usize = 16;

/// The states of a chunk, each in a surface.
pub(super) struct Chunk<'t> {
    /// None where the surface does not cover the state.
    surfaces: [Option<&'t Surface>; CHUNK],
    above_floor: [f64; CHUNK],
    level: [f64; CHUNK],
    level_inverse: [f64; CHUNK],
    /// Places in the band and in the range of the split, from -1 to 1.
    places: [[f32; CHUNK]; 2],
    /// `[degree][lane]`: with one factor these are the weights.
    by_level: [[f32; CHUNK]; DEGREES_MAX],
    /// `[lane][degree]`, in the split.
    by_split: [[f32; DEGREES_MAX]; CHUNK],
    /// With two factors.
    weights: [Weights; CHUNK],
    /// Where the terms of each degree in the level start.
    offsets: [[u8; DEGREES_MAX]; CHUNK],
    strikes: Strikes,
}

/// How strikes are laid out, by lane: what [`Band::place`] takes.
#[derive(Default)]
struct Strikes {
    shift: [f64; CHUNK],
    bits: [u64; CHUNK],
    first: [u64; CHUNK],
    cells: [[u64; CHUNK]; 2],
    start: [[u64; CHUNK]; 2],
    terms: [u64; CHUNK],
}

/// Blocks and places in cells of strikes: one of each for each lane.
#[derive(Clone, Copy, Default)]
struct Cells {
    offset: [u64; CHUNK],
    t: [f32; CHUNK],
}

impl<'t> Chunk<'t> {
    pub(super) fn new() -> Self {
        Self {
            surfaces: [None; CHUNK],
            above_floor: Default::default(),
            level: Default::default(),
            level_inverse: Default::default(),
            places: Default::default(),
            by_level: Default::default(),
            by_split: Default::default(),
            weights: [NO_WEIGHTS; CHUNK],
            offsets: Default::default(),
            strikes: Strikes::default(),
        }
    }

    /// Whether the surface of a lane covers its state.
    #[inline(always)]
    pub(super) fn is_inside(&self, lane: usize) -> bool {
        self.surfaces[lane].is_some()
    }

    /// One over the level of each lane.
    #[inline(always)]
    pub(super) fn level_inverse(&self) -> &[f64; CHUNK] {
        &self.level_inverse
    }

    /// Finds the places of states and the weights there; `of` gives the surface and the state of a lane.
    #[inline(always)]
    pub(super) fn locate(&mut self, count: usize, of: impl Fn(usize) -> (Option<&'t Surface>, State)) {
        let mut slow = [0.0; CHUNK];
        self.surfaces = [None; CHUNK];
        for i in 0..count {
            let (surface, State { x1, x2 }) = of(i);
            let Some(surface) = surface else { continue };
            slow[i] = surface.level.a2 * x2;
            self.above_floor[i] = surface.level.a1 * x1 + slow[i];
            self.level[i] = self.above_floor[i] + surface.level.b;
            // What is not a number is no state inside.
            let inside = (x2 <= surface.x2_max) & (x1 >= 0.0) & (x2 >= 0.0);
            self.surfaces[i] = inside.then_some(surface);
        }
        for i in 0..CHUNK {
            self.level[i] = self.level[i].sqrt();
            self.level_inverse[i] = 1.0 / self.level[i];
        }
        let mut two_factors = false;
        for i in 0..count {
            let Some(surface) = self.surfaces[i] else { continue };
            match surface.band_of(self.level[i]) {
                Some(band) => {
                    two_factors |= surface.two_factors;
                    self.enter(i, surface, band, slow[i]);
                }
                None => self.surfaces[i] = None,
            }
        }
        for i in 0..CHUNK {
            let values = chebyshev_eight(self.places[0][i]);
            for d in 0..DEGREES_MAX {
                self.by_level[d][i] = values[d];
            }
        }
        if two_factors {
            self.weigh();
        }
    }

    /// Takes over what lanes need of a band.
    #[inline(always)]
    fn enter(&mut self, i: usize, surface: &Surface, band: &Band, slow: f64) {
        self.places[0][i] = band.place_of_level(self.level[i]);
        let mut range = &band.ranges[0];
        if surface.two_factors {
            let (index, place) = split_place(surface.split(band, slow, self.above_floor[i]));
            self.places[1][i] = place as f32;
            range = &band.ranges[index];
        }
        self.offsets[i] = range.offsets;
        let Strikes { shift, bits, first, cells, start, terms } = &mut self.strikes;
        (shift[i], bits[i], first[i]) = (band.layout.shift, u64::from(band.layout.bits), band.first);
        for side in 0..2 {
            (cells[side][i], start[side][i]) = (u64::from(band.cells[side]), u64::from(range.start[side]));
        }
        terms[i] = u64::from(range.terms);
    }

    /// Fills in the weights of two factors.
    #[inline(always)]
    fn weigh(&mut self) {
        for (row, &place) in self.by_split.iter_mut().zip(&self.places[1]) {
            *row = chebyshev_eight(place);
        }
        for i in 0..CHUNK {
            let by_level = std::array::from_fn(|d| self.by_level[d][i]);
            weigh(&self.offsets[i], &by_level, &self.by_split[i], &mut self.weights[i]);
        }
    }

    /// Values out of the money at standardised strikes, `[leg][lane]`.
    #[inline(always)]
    pub(super) fn values<const LEGS: usize>(&self, m: &[[f64; CHUNK]; LEGS], out: &mut [[f64; CHUNK]; LEGS]) {
        // A loop is compiled for the caller's instruction set, what makes an array may not be.
        let mut cells = [Cells::default(); LEGS];
        for (cells, m) in cells.iter_mut().zip(m) {
            *cells = self.strikes.cells(m);
        }
        let mut sums = [[[0.0; LANES]; CHUNK]; LEGS];
        for i in 0..CHUNK {
            let Some(surface) = self.surfaces[i] else { continue };
            for (sums, cells) in sums.iter_mut().zip(&cells) {
                let offset = cells.offset[i] as usize;
                sums[i] = if surface.two_factors {
                    contract(&surface.blocks[offset..offset + self.strikes.terms[i] as usize], &self.weights[i])
                } else {
                    let blocks = surface.blocks[offset..].first_chunk();
                    contract_level(blocks.unwrap_or(&[[0.0; LANES]; DEGREES_MAX]), |d| self.by_level[d][i])
                };
            }
        }
        for ((out, sums), cells) in out.iter_mut().zip(&sums).zip(&cells) {
            for i in 0..CHUNK {
                out[i] = f64::from(polynomial(&sums[i], cells.t[i]));
            }
        }
    }
}

impl Strikes {
    /// As [`Band::place`], for every lane.
    #[inline(always)]
    fn cells(&self, m: &[f64; CHUNK]) -> Cells {
        let mut cells = Cells::default();
        for i in 0..CHUNK {
            let call = m[i] > 0.0;
            let bits = (m[i].abs() + self.shift[i]).to_bits();
            let number = (bits >> (52 - self.bits[i])) as i64 - self.first[i] as i64;
            let last = if call { self.cells[1][i] } else { self.cells[0][i] };
            let number = number.min(last as i64) as u64;
            let start = if call { self.start[1][i] } else { self.start[0][i] };
            // Both have 32 bits, which a processor may multiply faster.
            cells.offset[i] = start + (number & 0xffff_ffff) * (self.terms[i] & 0xffff_ffff);
            let fraction = f64::from_bits((bits << self.bits[i]) & MANTISSA | ONE);
            cells.t[i] = (2.0 * fraction - 3.0) as f32;
        }
        cells
    }
}
