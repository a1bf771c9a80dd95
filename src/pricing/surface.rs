//! A table of values over states and strikes, as it is read: where a state lies, and what weighs the terms there.

use super::option_cell::{Band, Block, Polynomials, Range, Weights, band_code};
use crate::model::vix::Affine;
use crate::model::{Law, RiskNeutral, State};

/// Largest fast factor covered: a VIX of 150 takes about 2.8.
pub(super) const X1_MAX: f64 = 6.0;

/// A whole table's bands and blocks.
#[derive(Debug, Clone)]
pub(super) struct Surface {
    /// The square of the level as an affine function of the state.
    pub level: Affine,
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
    pub(super) fn locate_and_weigh(&self, state: State, weights: &mut Weights) -> Option<Spot> {
        let mut polynomials = Polynomials::default();
        let spot = self.locate(state, &mut polynomials)?;
        self.weigh(&spot, &polynomials, weights);
        Some(spot)
    }

    /// Finds the place of a state and fills in the polynomials there; none where no band covers it.
    #[inline(always)]
    pub(super) fn locate(&self, state: State, polynomials: &mut Polynomials) -> Option<Spot> {
        let above_floor = self.level.a1 * state.x1 + self.level.a2 * state.x2;
        let level = (above_floor + self.level.b).sqrt();
        let code = band_code(level).wrapping_sub(self.first_code) as usize;
        let inside = level <= self.level_max && state.x2 <= self.x2_max && state.x1 >= 0.0 && state.x2 >= 0.0;
        let &index = self.index.get(code)?;
        if !inside {
            return None;
        }
        let band = &self.bands[usize::from(index)];
        let mut split = 0.0;
        if band.two_factors {
            let slow_max = if band.capped { self.x2_max * self.level.a2 } else { above_floor };
            split = if slow_max > 0.0 { self.level.a2 * state.x2 / slow_max } else { 0.0 };
        }
        let range = band.evaluate(level, split, polynomials);
        Some(Spot { band: u32::from(index), range: range as u32, level_inverse: 1.0 / level })
    }

    /// Fills in the weights of the terms at a place.
    #[inline(always)]
    pub(super) fn weigh(&self, spot: &Spot, polynomials: &Polynomials, weights: &mut Weights) {
        let (band, range) = self.band(spot);
        band.weigh(range, polynomials, weights);
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

/// The largest slow factor covered: fifteen scales of its stationary law above the mean.
pub(super) fn slow_factor_max(law: &Law<RiskNeutral>) -> f64 {
    if !law.has_slow_factor() {
        return f64::INFINITY;
    }
    let (slow, kappa) = (law.shared.slow, law.dynamics.kappa[1]);
    let scale = slow.vol_of_variance * slow.vol_of_variance / (2.0 * kappa);
    (slow.reversion / kappa + 15.0 * scale).clamp(0.1, X1_MAX)
}
