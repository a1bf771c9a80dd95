//! A confidence level as an exact fraction, so that ranks such as `ceil(0.95 n)` are exact.

use std::fmt;

use crate::error::{DomainError, require};

const ONE: u64 = 1_000_000_000;

/// A probability strictly between 0 and 1, in parts per billion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level {
    parts_per_billion: u32,
}

impl Level {
    /// The level, rounded to nine decimals.
    ///
    /// # Errors
    /// A number that is not, after rounding, strictly between 0 and 1.
    pub fn new(level: f64) -> Result<Self, DomainError> {
        let parts = (level * ONE as f64).round();
        require("level", level, parts > 0.0 && parts < ONE as f64, "a number between 0 and 1")?;
        Ok(Self { parts_per_billion: parts as u32 })
    }

    /// A level in tenths of a per cent, for instance 975 for 0.975.
    ///
    /// # Panics
    /// `per_mille` is not from 1 to 999.
    #[must_use]
    pub const fn per_mille(per_mille: u32) -> Self {
        assert!(0 < per_mille && per_mille < 1000);
        Self { parts_per_billion: per_mille * 1_000_000 }
    }

    /// The level as a number.
    #[must_use]
    pub fn value(self) -> f64 {
        f64::from(self.parts_per_billion) / ONE as f64
    }

    /// One minus the level.
    #[must_use]
    pub fn tail(self) -> f64 {
        (ONE - u64::from(self.parts_per_billion)) as f64 / ONE as f64
    }

    /// `ceil(level n)`: the rank, from 1, of the empirical quantile of `n` values.
    ///
    /// # Panics
    /// `n` is above 1.8e10.
    #[must_use]
    pub fn rank(self, n: usize) -> usize {
        self.scaled(n).div_ceil(ONE) as usize
    }

    /// `k - level n` for `k = rank(n)`, from 0 to below 1: the share of the `k`-th value that belongs to the tail.
    #[must_use]
    pub fn remainder(self, n: usize) -> f64 {
        (self.rank(n) as u64 * ONE - self.scaled(n)) as f64 / ONE as f64
    }

    fn scaled(self, n: usize) -> u64 {
        u64::from(self.parts_per_billion).checked_mul(n as u64).unwrap_or_else(|| panic!("{n} values are too many"))
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_exact_where_the_product_of_floats_is_not() {
        // 0.07 x 100 is 7.000000000000001 in floating point.
        assert_eq!(Level::new(0.07).unwrap().rank(100), 7);
        assert_eq!(Level::new(0.95).unwrap().rank(10_000), 9500);
        assert_eq!(Level::new(0.95).unwrap().rank(10_001), 9501);
        assert_eq!(Level::new(0.999).unwrap().rank(1_000_000_000), 999_000_000);
    }

    #[test]
    fn the_remainder_is_the_distance_from_level_n_to_its_rank() {
        let level = Level::new(0.85).unwrap();
        assert_eq!((level.rank(10), level.remainder(10)), (9, 0.5));
        assert_eq!(level.remainder(100), 0.0);
    }

    #[test]
    fn levels_outside_0_to_1_are_refused() {
        for wrong in [0.0, 1.0, -0.5, 1.5, 1e-10, f64::NAN, f64::INFINITY] {
            assert!(Level::new(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Level::new(0.975).unwrap(), Level::per_mille(975));
    }

    #[test]
    fn a_level_prints_as_people_write_it() {
        assert_eq!(Level::per_mille(975).to_string(), "0.975");
        assert_eq!(Level::per_mille(990).to_string(), "0.99");
    }
}
