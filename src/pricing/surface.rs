//! A table of values over states and strikes, as it is read: where a state lies, and what weighs the terms there.

use super::option_cell::{Band, Block, Range, Weights, band_code};
use crate::model::vix::Affine;
use crate::model::{Law, RiskNeutral, State};

/// Largest fast factor covered: a VIX of 150 takes about 2.8.
pub(super) const X1_MAX: f64 = 6.0;

/// A whole table's bands and blocks.
#[derive(Debug, Clone)]
pub(super) struct Surface {
    /// The square of the level as an affine function of the state.
    pub level: Affine,
    /// Whether there is a split at all.
    pub two_factors: bool,
    /// Largest slow factor covered.
    pub x2_max: f64,
    /// Largest level covered.
    pub level_max: f64,
    /// Ascending in the level.
    pub bands: Vec<Band>,
    /// Coefficients of all bands.
    pub blocks: Vec<Block>,
    /// The band of each code of a level from `first_code` on.
    pub index: Vec<u16>,
    /// Code of the lowest level.
    pub first_code: u64,
}

/// Where a state lies in a surface.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    band: u32,
    range: u32,
    /// One over the level.
    pub level_inverse: f64,
}

impl Surface {
    /// Finds the place of a state and the weights there; none where no band covers it.
    #[inline]
    pub(super) fn locate(&self, state: State, weights: &mut Weights) -> Option<Spot> {
        let slow = self.level.a2 * state.x2;
        let above_floor = self.level.a1 * state.x1 + slow;
        let level = (above_floor + self.level.b).sqrt();
        let inside = state.x2 <= self.x2_max && state.x1 >= 0.0 && state.x2 >= 0.0;
        let number = self.band_number(level).filter(|_| inside)?;
        let band = &self.bands[number];
        let split = if self.two_factors { self.split(band, slow, above_floor) } else { 0.0 };
        let range = band.evaluate(level, split, weights);
        Some(Spot { band: number as u32, range: range as u32, level_inverse: 1.0 / level })
    }

    /// The band of a level; none where that is too high.
    #[inline(always)]
    pub(super) fn band_of(&self, level: f64) -> Option<&Band> {
        self.band_number(level).map(|number| &self.bands[number])
    }

    #[inline(always)]
    fn band_number(&self, level: f64) -> Option<usize> {
        let code = band_code(level).wrapping_sub(self.first_code) as usize;
        let &number = self.index.get(code)?;
        (level <= self.level_max).then_some(usize::from(number))
    }

    /// The split of a state of a band, given the slow factor's part in the square of the level.
    #[inline(always)]
    pub(super) fn split(&self, band: &Band, slow: f64, above_floor: f64) -> f64 {
        let slow_max = if band.capped { self.x2_max * self.level.a2 } else { above_floor };
        if slow_max > 0.0 { slow / slow_max } else { 0.0 }
    }

    /// The band and the range of the split of a place.
    #[inline(always)]
    pub(super) fn band(&self, spot: &Spot) -> (&Band, &Range) {
        let band = &self.bands[spot.band as usize];
        (band, &band.ranges[spot.range as usize])
    }

    /// Size of bands and blocks.
    pub(super) fn memory_bytes(&self) -> usize {
        std::mem::size_of_val(self.blocks.as_slice()) + std::mem::size_of_val(self.bands.as_slice())
    }
}

/// Scales of the slow factor's stationary law above its mean that tables of SPX options and of VX cover.
pub(super) const SLOW_SCALES: f64 = 15.0;

/// The largest slow factor covered: some scales of its stationary law above the mean.
pub(super) fn slow_factor_max(law: &Law<RiskNeutral>, scales: f64) -> f64 {
    if !law.has_slow_factor() {
        return f64::INFINITY;
    }
    let (slow, kappa) = (law.shared.slow, law.dynamics.kappa[1]);
    let scale = slow.vol_of_variance * slow.vol_of_variance / (2.0 * kappa);
    (slow.reversion / kappa + scales * scale).clamp(0.1, X1_MAX)
}
