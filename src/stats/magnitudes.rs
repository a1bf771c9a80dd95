//! Counts of values in cells that widen with magnitude: quantiles of any range in fixed memory, and parts that merge exactly.
//!
//! ```text
//! cells of |x| >= 8:  [2^e (1 + i/32), 2^e (1 + (i+1)/32)),   e = 3 .. 33,  i = 0 .. 31;   one cell for |x| < 8
//! ```
//!
//! The cell is read off the bits of the number, so counting costs no division. A quantile is interpolated inside its cell,
//! which is at most 1/32 of the value wide.

use crate::math::InstructionSet;
use crate::math::dispatch::dispatched;

/// Values whose cells are found side by side.
const CHUNK: usize = 64;

/// Sub-cells of an octave, as a power of two.
const CELL_BITS: u32 = 5;

/// Bits of a double below the part that names the cell.
const SHIFT: u32 = 52 - CELL_BITS;

/// The smallest magnitude with a cell of its own is `2^FIRST_OCTAVE`.
const FIRST_OCTAVE: u64 = 3;

/// Octaves with cells of their own; the last cell holds everything above.
const OCTAVES: u64 = 31;

/// Number of the first cell as the leading bits of its lower bound.
const FIRST_CODE: u64 = (1023 + FIRST_OCTAVE) << CELL_BITS;

/// Cells on either side of zero.
const SIDE: usize = (OCTAVES << CELL_BITS) as usize;

/// Counts of values by sign and magnitude.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Magnitudes {
    counts: Vec<u32>,
}

impl Default for Magnitudes {
    fn default() -> Self {
        Self { counts: vec![0; 2 * SIDE + 1] }
    }
}

impl Magnitudes {
    /// Counts the values.
    pub fn push_all(&mut self, values: &[f64]) {
        let mut cells = [0; CHUNK];
        for values in values.chunks(CHUNK) {
            find_cells(InstructionSet::Best, values, &mut cells);
            cells[..values.len()].iter().for_each(|&cell| self.counts[cell as usize] += 1);
        }
    }

    /// Adds the counts of another.
    pub fn merge(&mut self, other: &Self) {
        for (count, other) in self.counts.iter_mut().zip(&other.counts) {
            *count += other;
        }
    }

    /// How many values were counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|&count| u64::from(count)).sum()
    }

    /// The quantiles of ascending probabilities, interpolated inside cells; zeros where nothing was counted.
    #[must_use]
    pub fn quantiles<const N: usize>(&self, probabilities: [f64; N]) -> [f64; N] {
        let total = self.total() as f64;
        let (mut below, mut at) = (0.0, 0);
        probabilities.map(|probability| {
            let wanted = probability * total;
            while at + 1 < self.counts.len() && below + f64::from(self.counts[at]) < wanted {
                below += f64::from(self.counts[at]);
                at += 1;
            }
            let (low, high) = bounds(at);
            let count = f64::from(self.counts[at]);
            if count > 0.0 { low + (high - low) * ((wanted - below) / count) } else { 0.0 }
        })
    }
}

dispatched!(
    fn find_cells(values: &[f64], cells: &mut [u32; CHUNK]) {
        cells.iter_mut().zip(values).for_each(|(found, &value)| *found = cell(value));
    }
);

/// The number of a value's cell.
#[inline(always)]
fn cell(value: f64) -> u32 {
    let code = (value.abs().to_bits() >> SHIFT).saturating_sub(FIRST_CODE - 1).min(SIDE as u64) as u32;
    if value < 0.0 { SIDE as u32 - code } else { SIDE as u32 + code }
}

/// Lower and upper bound of a cell.
fn bounds(cell: usize) -> (f64, f64) {
    let edge = |code: usize| f64::from_bits((FIRST_CODE - 1 + code as u64) << SHIFT);
    let first = edge(1);
    match cell.cmp(&SIDE) {
        std::cmp::Ordering::Less => (-edge(SIDE - cell + 1), -edge(SIDE - cell)),
        std::cmp::Ordering::Equal => (-first, first),
        std::cmp::Ordering::Greater => (edge(cell - SIDE), edge(cell - SIDE + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_its_cell() {
        for value in [0.0, -0.0, 3.0, -7.9, 8.0, -8.0, 100.0, -12_345.678, 1e6, 2.5e9, -9.9e9] {
            let (low, high) = bounds(cell(value) as usize);
            assert!(low <= value && value <= high, "{value}: {low} to {high}");
            assert!(high - low <= 16.0_f64.max(value.abs() / 32.0 + 1e-9), "{value}: {low} to {high}");
        }
        assert_eq!((cell(1e300), cell(-1e300)), (2 * SIDE as u32, 0));
    }

    #[test]
    fn quantiles_agree_with_order_statistics_to_a_cell() {
        let values: Vec<f64> = (0..10_000u32).map(|i| f64::from(i * 7919 % 10_007) * 37.0 - 150_000.0).collect();
        let mut sorted = values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let mut magnitudes = Magnitudes::default();
        magnitudes.push_all(&values);
        let probabilities = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
        for (found, probability) in magnitudes.quantiles(probabilities).into_iter().zip(probabilities) {
            let exact = sorted[(probability * 10_000.0) as usize];
            // Values are 37 apart, and interpolation inside a cell is off by a few of them.
            assert!((found - exact).abs() <= 0.002 * exact.abs() + 120.0, "{probability}: {found} against {exact}");
        }
    }

    #[test]
    fn parts_merge_to_the_whole_and_nothing_has_quantiles_of_zero() {
        let values: Vec<f64> = (0..500u32).map(|i| f64::from(i * 31 % 101) * 1000.0 - 30_000.0).collect();
        let [mut whole, mut left, mut right] = [(); 3].map(|()| Magnitudes::default());
        whole.push_all(&values);
        left.push_all(&values[..123]);
        right.push_all(&values[123..]);
        right.merge(&left);
        assert_eq!(right, whole);
        assert_eq!((whole.total(), Magnitudes::default().quantiles([0.1, 0.9])), (500, [0.0, 0.0]));
    }
}
