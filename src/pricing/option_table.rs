//! Marks of index options: one table for one time to expiry, for every state and strike.
//!
//! Out-of-the-money values / F (puts for `k < 0`, calls for `k > 0`, the rest by parity) are stored as polynomials in
//!
//! ```text
//! w = E int V dt without jumps = alpha1 x1 + alpha2 x2 + gamma,   r = sqrt(w)      the level, in half-octaves of r
//! s = x2 / (largest x2 at that w)                                                   the split between the factors
//! m = k / r                                                                         standardised log-moneyness
//! ```
//!
//! In `m` the cells are those of the binary floating-point numbers `|m| + c`: equal widths within an octave, doubling
//! from octave to octave, found by shifting bits. The option at the money is thus resolved at the scale of the
//! diffusion and the wings at the scale of the jumps. In level and split the polynomials are products of Chebyshev
//! polynomials, evaluated once per state by [`OptionTable::locate`] and shared by the legs of a condor.

use std::sync::atomic::{AtomicU64, Ordering};

use super::contour::diffusive_level;
use super::european::European;
use super::option_grid::{self, Band, LANES, TERMS_MAX};
use crate::error::{DomainError, require};
use crate::model::vix::Affine;
use crate::model::{Law, RiskNeutral, State};

/// Marks of index options that expire in one given time, as fractions of the forward, undiscounted.
#[derive(Debug)]
pub struct OptionTable {
    years: f64,
    accuracy: f64,
    level: Affine,
    x2_max: f64,
    level_max: f64,
    first_band: u64,
    bands: Vec<Band>,
    blocks: Vec<[f32; LANES]>,
    exact: Option<European>,
    exact_count: AtomicU64,
}

/// A state's place in an [`OptionTable`]: what all strikes share.
#[derive(Debug, Clone, Copy)]
pub struct Located {
    state: State,
    /// Index of the band, or [`OUTSIDE`].
    band: u32,
    level_inverse: f64,
    weights: [f32; TERMS_MAX],
}

/// A state that no band covers: it is priced exactly.
const OUTSIDE: u32 = u32::MAX;

impl OptionTable {
    /// Builds the table of options that expire in `years` to within `accuracy` of the forward.
    ///
    /// At 0 years values are intrinsic.
    ///
    /// # Errors
    /// A time that is negative or above 100 years, or an accuracy outside 1e-7 to 1e-3.
    pub fn build(law: &Law<RiskNeutral>, years: f64, accuracy: f64) -> Result<Self, DomainError> {
        require("years", years, (0.0..=100.0).contains(&years), "a number of years from 0 to 100")?;
        require("mark_accuracy", accuracy, (1e-7..=1e-3).contains(&accuracy), "a number from 1e-7 to 1e-3")?;
        let level = diffusive_level(law, years);
        let x2_max = option_grid::slow_factor_max(law);
        let mut table = Self {
            years,
            accuracy,
            level,
            x2_max,
            level_max: 0.0,
            first_band: 0,
            bands: Vec::new(),
            blocks: Vec::new(),
            exact: None,
            exact_count: AtomicU64::new(0),
        };
        if years > 0.0 {
            let exact = European::new(law, years)?;
            let grid = option_grid::build(law, years, accuracy, &level, x2_max);
            table.level_max = grid.level_max;
            table.first_band = grid.first_band;
            table.bands = grid.bands;
            table.blocks = grid.blocks;
            table.exact = Some(exact);
        }
        Ok(table)
    }

    /// Finds a state's place, once for all strikes.
    #[must_use]
    pub fn locate(&self, state: State) -> Located {
        let above_floor = self.level.a1 * state.x1 + self.level.a2 * state.x2;
        let level = (above_floor + self.level.b).sqrt();
        let mut located = Located { state, band: OUTSIDE, level_inverse: 1.0 / level, weights: [0.0; TERMS_MAX] };
        let inside = level <= self.level_max && state.x2 <= self.x2_max && state.x1 >= 0.0 && state.x2 >= 0.0;
        if !inside || self.bands.is_empty() {
            return located;
        }
        let index = (option_grid::half_octave(level) - self.first_band).min(self.bands.len() as u64 - 1);
        let band = &self.bands[index as usize];
        located.band = index as u32;
        let slow_max = if band.capped { self.x2_max * self.level.a2 } else { above_floor };
        let split = if slow_max > 0.0 { self.level.a2 * state.x2 / slow_max } else { 0.0 };
        band.weigh(level, split, &mut located.weights);
        located
    }

    /// Put / F at log-moneyness `k = ln(K/F)`.
    #[must_use]
    pub fn put(&self, located: &Located, k: f64) -> f64 {
        if located.band == OUTSIDE { self.outside(located, k).0 } else { self.inside(located, k) + put_parity(k) }
    }

    /// Call / F at log-moneyness `k = ln(K/F)`.
    #[must_use]
    pub fn call(&self, located: &Located, k: f64) -> f64 {
        if located.band == OUTSIDE { self.outside(located, k).1 } else { self.inside(located, k) + call_parity(k) }
    }

    /// Value / F of a short iron condor as held: long the outer legs `k[0]` (put) and `k[3]` (call), short the inner ones.
    ///
    /// It is negative: what closing would cost.
    #[must_use]
    pub fn condor(&self, located: &Located, k: [f64; 4]) -> f64 {
        let put_side = self.put(located, k[0]) - self.put(located, k[1]);
        let call_side = self.call(located, k[3]) - self.call(located, k[2]);
        put_side + call_side
    }

    /// Put / F and its delta: change of the put per unit of the forward, the state held.
    #[must_use]
    pub fn put_and_delta(&self, located: &Located, k: f64) -> (f64, f64) {
        let (value, slope) = self.value_and_slope(located, k);
        let (put, put_slope) = if k > 0.0 { (value + libm::expm1(k), slope + libm::exp(k)) } else { (value, slope) };
        (put, put - put_slope)
    }

    /// Call / F and its delta: change of the call per unit of the forward, the state held.
    #[must_use]
    pub fn call_and_delta(&self, located: &Located, k: f64) -> (f64, f64) {
        let (put, put_delta) = self.put_and_delta(located, k);
        (put - libm::expm1(k), put_delta + 1.0)
    }

    /// Time to expiry, years of variance time.
    #[must_use]
    pub fn years(&self) -> f64 {
        self.years
    }

    /// The accuracy that the table was built for, fraction of the forward.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.accuracy
    }

    /// Size of the table.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        std::mem::size_of_val(self.blocks.as_slice()) + std::mem::size_of_val(self.bands.as_slice())
    }

    /// How many values so far lay outside the table and were priced exactly.
    #[must_use]
    pub fn exact_count(&self) -> u64 {
        self.exact_count.load(Ordering::Relaxed)
    }

    /// Out-of-the-money value inside the table.
    #[inline]
    fn inside(&self, located: &Located, k: f64) -> f64 {
        let band = &self.bands[located.band as usize];
        match band.cell(k * located.level_inverse) {
            Some(cell) => f64::from(option_grid::evaluate(
                &self.blocks[cell.offset..cell.offset + band.terms],
                &located.weights[..band.terms],
                cell.t,
            )),
            None => 0.0,
        }
    }

    /// Out-of-the-money value and its derivative with respect to `k`.
    fn value_and_slope(&self, located: &Located, k: f64) -> (f64, f64) {
        if located.band == OUTSIDE {
            return self.outside_slope(located, k);
        }
        let band = &self.bands[located.band as usize];
        match band.cell(k * located.level_inverse) {
            Some(cell) => {
                let blocks = &self.blocks[cell.offset..cell.offset + band.terms];
                let (value, slope) = option_grid::evaluate_slope(blocks, &located.weights[..band.terms], cell.t);
                (f64::from(value), f64::from(slope) * cell.t_per_m * located.level_inverse)
            }
            None => (0.0, 0.0),
        }
    }

    /// Put and call of a state that the table does not cover, or at expiry.
    #[cold]
    fn outside(&self, located: &Located, k: f64) -> (f64, f64) {
        let Some(exact) = &self.exact else {
            return (put_parity(k), call_parity(k));
        };
        self.exact_count.fetch_add(1, Ordering::Relaxed);
        let value = exact.value_unchecked(located.state, k);
        (value.put, value.call)
    }

    #[cold]
    fn outside_slope(&self, located: &Located, k: f64) -> (f64, f64) {
        let Some(exact) = &self.exact else {
            return (0.0, 0.0);
        };
        self.exact_count.fetch_add(1, Ordering::Relaxed);
        let value = exact.value_unchecked(located.state, k);
        let (otm, delta) = if k > 0.0 { (value.call, value.call_delta) } else { (value.put, value.put_delta) };
        (otm, otm - delta)
    }
}

/// Put less the out-of-the-money option.
fn put_parity(k: f64) -> f64 {
    if k > 0.0 { libm::expm1(k) } else { 0.0 }
}

/// Call less the out-of-the-money option.
fn call_parity(k: f64) -> f64 {
    if k > 0.0 { 0.0 } else { -libm::expm1(k) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Preset;

    struct Draws(u64);

    impl Draws {
        fn uniform(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 11) as f64 / (1u64 << 53) as f64
        }
    }

    #[test]
    fn probe() {
        for preset in [Preset::Default] {
            let law = *preset.model().risk_neutral();
            for days in [1.0, 5.0, 21.0, 45.0] {
                for accuracy in [1e-5, 1e-6] {
                    let years = days / 365.0;
                    let start = std::time::Instant::now();
                    let table = OptionTable::build(&law, years, accuracy).unwrap();
                    let build = start.elapsed();
                    let exact = European::new(&law, years).unwrap();
                    let mut draws = Draws(7);
                    let mut worst = (0.0f64, State { x1: 0.0, x2: 0.0 }, 0.0, 0.0, 0.0);
                    for i in 0..3000 {
                        let square = |u: f64| u * u * u * u;
                        let state = if i % 3 == 0 {
                            State { x1: 5.0 * square(draws.uniform()), x2: 0.2 * square(draws.uniform()) }
                        } else {
                            State { x1: 0.2 * square(draws.uniform()), x2: 0.05 * draws.uniform() }
                        };
                        let state = if law.has_slow_factor() { state } else { State { x2: 0.0, ..state } };
                        let level = table.level.at(state).sqrt();
                        let u = 2.0 * draws.uniform() - 1.0;
                        let k = if i % 2 == 0 { u * 6.0 * level } else { u * u * u * 1.5 };
                        let located = table.locate(state);
                        let put = table.put(&located, k);
                        let value = exact.value_unchecked(state, k).put;
                        let error = (put - value).abs();
                        if !(error <= worst.0) {
                            worst = (error, state, k, put, value);
                        }
                    }
                    let start = std::time::Instant::now();
                    let mut total = 0.0;
                    let mut draws = Draws(3);
                    let states: Vec<State> = (0..1000)
                        .map(|_| State {
                            x1: 0.1 * draws.uniform() * draws.uniform(),
                            x2: if law.has_slow_factor() { 0.03 * draws.uniform() } else { 0.0 },
                        })
                        .collect();
                    let r =
                        table.level.at(State { x1: 0.02, x2: if law.has_slow_factor() { 0.0165 } else { 0.0 } }).sqrt();
                    for _ in 0..200 {
                        for s in &states {
                            let l = table.locate(*s);
                            total += table.condor(&l, [-2.0 * r, -1.5 * r, 1.3 * r, 1.6 * r]);
                        }
                    }
                    let ns = start.elapsed().as_nanos() as f64 / 200_000.0;
                    println!(
                        "{} {days} {accuracy:e}: build {build:?} bands {} terms {:?} cells {:?} {} kB worst {worst:?} condor {ns:.1} ns exact {} {total}",
                        preset.name(),
                        table.bands.len(),
                        table.bands.iter().map(|b| b.terms).collect::<Vec<_>>(),
                        table.bands.iter().map(Band::debug_cells).collect::<Vec<_>>(),
                        table.memory_bytes() / 1024,
                        table.exact_count()
                    );
                }
            }
        }
    }
}
