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

use super::chunk::{CHUNK, Chunk};
use super::contour::diffusive_level;
use super::european::{European, OptionValue};
use super::option_cell::{NO_WEIGHTS, Weights, value, value_and_slope};
use super::option_grid;
use super::surface::{SLOW_SCALES, Spot, Surface, slow_factor_max};
use crate::error::{DomainError, require};
use crate::math::exp;
use crate::model::{Law, RiskNeutral, State};

/// Marks of index options that expire in one given time, as fractions of the forward, undiscounted.
#[derive(Debug)]
pub struct OptionTable {
    years: f64,
    accuracy: f64,
    /// None at expiry.
    inside: Option<Inside>,
    exact_count: AtomicU64,
}

/// The finest accuracy that a table can be built for: coefficients have 24 bits.
pub const ACCURACY_FINEST: f64 = 1e-7;

/// Sums that agree to this mostly make exact values to some 1e-11, which is enough to hold marks against.
const AGREEMENT: f64 = 1e-6;
/// Fewer readings than this are read one by one: a chunk takes as long whether it is full or not.
const FEW: usize = 5;

#[derive(Debug)]
struct Inside {
    surface: Surface,
    exact: European,
}

/// A state's place in an [`OptionTable`]: what all strikes share.
#[derive(Debug, Clone, Copy)]
pub struct Located {
    state: State,
    /// None where the state is priced exactly.
    spot: Option<Spot>,
    level_inverse: f64,
    weights: Weights,
}

/// A condor to be read off a table.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'t> {
    /// Marks of its time to expiry.
    pub table: &'t OptionTable,
    /// In which state.
    pub state: State,
    /// `ln(strike / forward)` of its legs by ascending strike: long the outer ones, short the inner ones.
    pub k: [f64; 4],
}

impl Reading<'_> {
    /// Values / F of short iron condors as held: of the put spread and of the call spread of each.
    ///
    /// They are negative: what closing would cost.
    ///
    /// # Shape
    /// Two slices of one length.
    pub fn sides(readings: &[Reading<'_>], out: &mut [[f64; 2]]) {
        assert_eq!(readings.len(), out.len(), "slices of one length");
        if readings.len() < FEW {
            out.iter_mut().zip(readings).for_each(|(out, reading)| *out = reading.sides_alone());
            return;
        }
        #[multiversion::multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+avx512cd", "x86_64+avx2"))]
        fn best(readings: &[Reading<'_>], out: &mut [[f64; 2]]) {
            let mut chunk = Chunk::new();
            for (readings, out) in readings.chunks(CHUNK).zip(out.chunks_mut(CHUNK)) {
                sides_of_chunk(readings, out, &mut chunk);
            }
        }
        best(readings, out);
    }

    fn sides_alone(&self) -> [f64; 2] {
        let [put_low, put, call, call_high] = self.k;
        let located = self.table.locate(self.state);
        let (puts, calls) = (|k| self.table.put(&located, k), |k| self.table.call(&located, k));
        [puts(put_low) - puts(put), calls(call_high) - calls(call)]
    }

    #[cold]
    fn sides_outside(&self) -> [f64; 2] {
        let [put_low, put, call, call_high] = self.k.map(|k| self.table.outside(self.state, k));
        [put_low.0 - put.0, call_high.1 - call.1]
    }
}

/// Places first, then legs, then parity.
#[inline(always)]
fn sides_of_chunk<'t>(readings: &[Reading<'t>], out: &mut [[f64; 2]], chunk: &mut Chunk<'t>) {
    chunk.locate(readings.len(), |i| {
        let table = readings[i].table;
        (table.inside.as_ref().map(|inside| &inside.surface), readings[i].state)
    });
    let (mut k, mut m, mut legs) = ([[0.0; CHUNK]; 4], [[0.0; CHUNK]; 4], [[0.0; CHUNK]; 4]);
    for (i, reading) in readings.iter().enumerate() {
        for (k, &of_leg) in k.iter_mut().zip(&reading.k) {
            k[i] = of_leg;
        }
    }
    for (m, k) in m.iter_mut().zip(&k) {
        for ((m, k), inverse) in m.iter_mut().zip(k).zip(chunk.level_inverse()) {
            *m = k * inverse;
        }
    }
    chunk.values(&m, &mut legs);
    for (i, (out, reading)) in out.iter_mut().zip(readings).enumerate() {
        *out = if chunk.is_inside(i) {
            let put = |leg: usize| legs[leg][i] + put_parity(k[leg][i]);
            let call = |leg: usize| legs[leg][i] + call_parity(k[leg][i]);
            [put(0) - put(1), call(3) - call(2)]
        } else {
            reading.sides_outside()
        };
    }
}

impl OptionTable {
    /// Builds the table of options that expire in `years` to within `accuracy` of the forward.
    ///
    /// At 0 years values are intrinsic.
    ///
    /// # Errors
    /// A time that is negative or above 100 years, or an accuracy outside 1e-7 to 1e-3.
    pub fn build(law: &Law<RiskNeutral>, years: f64, accuracy: f64) -> Result<Self, DomainError> {
        require("years", years, (0.0..=100.0).contains(&years), "a number of years from 0 to 100")?;
        require("mark_accuracy", accuracy, (ACCURACY_FINEST..=1e-3).contains(&accuracy), "a number from 1e-7 to 1e-3")?;
        let inside = if years > 0.0 {
            let level = diffusive_level(law, years);
            let surface = option_grid::build(law, years, accuracy, &level, slow_factor_max(law, SLOW_SCALES));
            Some(Inside { surface, exact: European::new(law, years)? })
        } else {
            None
        };
        Ok(Self { years, accuracy, inside, exact_count: AtomicU64::new(0) })
    }

    /// Finds a state's place, once for all strikes.
    #[must_use]
    pub fn locate(&self, state: State) -> Located {
        let mut weights = NO_WEIGHTS;
        let spot = self.inside.as_ref().and_then(|inside| inside.surface.locate(state, &mut weights));
        Located { state, spot, level_inverse: spot.map_or(0.0, |spot| spot.level_inverse), weights }
    }

    /// Put / F at log-moneyness `k = ln(K/F)`.
    #[must_use]
    pub fn put(&self, located: &Located, k: f64) -> f64 {
        match self.inside(located, k) {
            Some(value) => value + put_parity(k),
            None => self.outside(located.state, k).0,
        }
    }

    /// Call / F at log-moneyness `k = ln(K/F)`.
    #[must_use]
    pub fn call(&self, located: &Located, k: f64) -> f64 {
        match self.inside(located, k) {
            Some(value) => value + call_parity(k),
            None => self.outside(located.state, k).1,
        }
    }

    /// Value / F of a short iron condor as held: see [`Reading::sides`].
    #[must_use]
    pub fn condor(&self, state: State, k: [f64; 4]) -> f64 {
        let mut sides = [[0.0; 2]];
        Reading::sides(&[Reading { table: self, state, k }], &mut sides);
        sides[0][0] + sides[0][1]
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

    /// How far the mark of a put or call lies from the exact value, over F; nothing where marks are exact.
    #[must_use]
    pub fn error_at(&self, state: State, k: f64) -> f64 {
        let (Some(Inside { exact, .. }), Some(value)) = (&self.inside, self.inside(&self.locate(state), k)) else {
            return 0.0;
        };
        let error = |expected: OptionValue| (value - if k > 0.0 { expected.call } else { expected.put }).abs();
        let rough = error(exact.value_within(state, k, AGREEMENT));
        // Before a mark is blamed, the exact value is looked at more closely.
        if rough < 0.5 * self.accuracy { rough } else { error(exact.value_unchecked(state, k)) }
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
        self.inside.as_ref().map_or(0, |inside| inside.surface.memory_bytes())
    }

    /// How many values so far lay outside the table and were priced exactly.
    #[must_use]
    pub fn exact_count(&self) -> u64 {
        self.exact_count.load(Ordering::Relaxed)
    }

    /// Out-of-the-money value inside the table.
    #[inline]
    fn inside(&self, located: &Located, k: f64) -> Option<f64> {
        let surface = &self.inside.as_ref()?.surface;
        let (band, range) = surface.band(located.spot.as_ref()?);
        Some(f64::from(value(band, range, &surface.blocks, &located.weights, k * located.level_inverse)))
    }

    /// Out-of-the-money value and its derivative with respect to `k`.
    fn value_and_slope(&self, located: &Located, k: f64) -> (f64, f64) {
        let (Some(inside), Some(spot)) = (&self.inside, &located.spot) else {
            return self.outside_slope(located.state, k);
        };
        let (band, range) = inside.surface.band(spot);
        let m = k * located.level_inverse;
        let (value, slope) = value_and_slope(band, range, &inside.surface.blocks, &located.weights, m);
        (value, slope * located.level_inverse)
    }

    /// Put and call of a state that the table does not cover, or at expiry.
    #[cold]
    fn outside(&self, state: State, k: f64) -> (f64, f64) {
        let Some(Inside { exact, .. }) = &self.inside else {
            return (put_parity(k), call_parity(k));
        };
        self.exact_count.fetch_add(1, Ordering::Relaxed);
        let value = exact.value_unchecked(state, k);
        (value.put, value.call)
    }

    #[cold]
    fn outside_slope(&self, state: State, k: f64) -> (f64, f64) {
        let Some(Inside { exact, .. }) = &self.inside else {
            return (0.0, 0.0);
        };
        self.exact_count.fetch_add(1, Ordering::Relaxed);
        let value = exact.value_unchecked(state, k);
        let (otm, delta) = if k > 0.0 { (value.call, value.call_delta) } else { (value.put, value.put_delta) };
        (otm, otm - delta)
    }
}

/// Put less the out-of-the-money option, over the forward: digits lost near the money are far below any accuracy.
#[inline(always)]
fn put_parity(k: f64) -> f64 {
    if k > 0.0 { exp(k) - 1.0 } else { 0.0 }
}

/// Call less the out-of-the-money option.
#[inline(always)]
fn call_parity(k: f64) -> f64 {
    if k > 0.0 { 0.0 } else { 1.0 - exp(k) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Preset;

    /// A fixed sequence of numbers from 0 to 1.
    struct Draws(u64);

    impl Draws {
        fn uniform(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 11) as f64 / (1u64 << 53) as f64
        }

        /// Mostly states with a VIX below 50, some up to 200, many close to zero in either factor.
        fn state(&mut self, two_factors: bool) -> State {
            let fourth = |u: f64| (u * u) * (u * u);
            let top = if self.uniform() < 0.3 { (5.0, 0.2) } else { (0.2, 0.05) };
            let x1 = top.0 * fourth(self.uniform());
            State { x1, x2: if two_factors { top.1 * fourth(self.uniform()) } else { 0.0 } }
        }
    }

    fn law(preset: Preset) -> Law<RiskNeutral> {
        *preset.model().risk_neutral()
    }

    #[test]
    fn marks_of_every_preset_lie_within_their_accuracy_off_the_nodes() {
        for preset in Preset::ALL {
            for days in [1.0, 5.0, 21.0, 45.0] {
                for accuracy in [1e-5, 1e-6] {
                    let law = law(preset);
                    let table = OptionTable::build(&law, days / 365.0, accuracy).unwrap();
                    let exact = European::new(&law, days / 365.0).unwrap();
                    let mut draws = Draws(days as u64);
                    for trial in 0..300 {
                        let state = draws.state(law.has_slow_factor());
                        let level = diffusive_level(&law, days / 365.0);
                        let u = 2.0 * draws.uniform() - 1.0;
                        let k = if trial % 2 == 0 { u * 6.0 * level.at(state).sqrt() } else { u * u * u * 1.5 };
                        let located = table.locate(state);
                        let expected = exact.value(state, k).unwrap();
                        for (mark, value) in
                            [(table.put(&located, k), expected.put), (table.call(&located, k), expected.call)]
                        {
                            let error = (mark - value).abs();
                            assert!(
                                error <= accuracy,
                                "{preset:?} {days} days {accuracy:e}: {error:e} at {state:?}, {k}"
                            );
                        }
                    }
                    assert_eq!(table.exact_count(), 0, "{preset:?} {days} days: every drawn state is covered");
                }
            }
        }
    }

    #[test]
    fn deltas_are_slopes_of_the_exact_price() {
        let law = law(Preset::Default);
        let table = OptionTable::build(&law, 21.0 / 365.0, 1e-6).unwrap();
        let exact = European::new(&law, 21.0 / 365.0).unwrap();
        let state = State { x1: 0.012, x2: 0.016 };
        let located = table.locate(state);
        for k in [-0.12, -0.04, -0.01, 0.0, 0.015, 0.04, 0.08] {
            let expected = exact.value(state, k).unwrap();
            let (put, put_delta) = table.put_and_delta(&located, k);
            let (call, call_delta) = table.call_and_delta(&located, k);
            assert!((put - expected.put).abs() < 1e-6 && (call - expected.call).abs() < 1e-6);
            // The slope of an error of 1e-6 over a cell a hundredth wide.
            assert!((put_delta - expected.put_delta).abs() < 3e-4, "{k}: {put_delta} {}", expected.put_delta);
            assert!((call_delta - expected.call_delta).abs() < 3e-4, "{k}");
        }
    }

    #[test]
    fn a_condor_is_the_sum_of_its_legs() {
        let law = law(Preset::Default);
        let table = OptionTable::build(&law, 10.0 / 365.0, 1e-5).unwrap();
        let mut draws = Draws(5);
        for _ in 0..200 {
            let state = draws.state(true);
            let located = table.locate(state);
            let shift = 0.3 * (draws.uniform() - 0.5);
            let k = [-0.9, -0.05, 0.04, 1.2].map(|k| k + shift);
            let legs = (table.put(&located, k[0]) - table.put(&located, k[1]))
                + (table.call(&located, k[3]) - table.call(&located, k[2]));
            assert_eq!(table.condor(state, k).to_bits(), legs.to_bits());
        }
    }

    #[test]
    fn states_outside_are_priced_exactly_and_counted() {
        let law = law(Preset::Default);
        let table = OptionTable::build(&law, 10.0 / 365.0, 1e-5).unwrap();
        let exact = European::new(&law, 10.0 / 365.0).unwrap();
        let far = State { x1: 0.02, x2: 3.0 };
        let located = table.locate(far);
        let expected = exact.value(far, 0.02).unwrap();
        assert_eq!(table.put(&located, 0.02), expected.put);
        assert_eq!(table.call(&located, 0.02), expected.call);
        assert_eq!(table.put_and_delta(&located, 0.02).0, expected.put);
        assert_eq!(table.exact_count(), 3);
    }

    #[test]
    fn at_expiry_values_are_intrinsic() {
        let table = OptionTable::build(&law(Preset::Default), 0.0, 1e-5).unwrap();
        let located = table.locate(State { x1: 0.01, x2: 0.02 });
        assert_eq!(table.put(&located, -0.1), 0.0);
        assert!((table.put(&located, 0.1) - libm::expm1(0.1)).abs() < 1e-15);
        assert!((table.call(&located, -0.1) + libm::expm1(-0.1)).abs() < 1e-15);
        assert_eq!(table.condor(State { x1: 0.01, x2: 0.02 }, [-0.2, -0.1, 0.1, 0.2]), 0.0);
        assert_eq!(table.exact_count(), 0);
    }

    #[test]
    fn times_and_accuracies_outside_their_domain_are_refused() {
        let law = law(Preset::Heston);
        assert_eq!(OptionTable::build(&law, -0.1, 1e-5).unwrap_err().parameter, "years");
        assert_eq!(OptionTable::build(&law, f64::NAN, 1e-5).unwrap_err().parameter, "years");
        assert_eq!(OptionTable::build(&law, 0.1, 1e-9).unwrap_err().parameter, "mark_accuracy");
    }
}
