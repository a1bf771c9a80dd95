//! Marks of VIX options: one table for one time to expiry, for every state and strike.
//!
//! Values in VIX points, undiscounted, are stored as polynomials in
//!
//! ```text
//! M = E X = p1 x1 + p2 x2 + p0,   r = sqrt(M)      the mean of (VIX/100)^2 at expiry; the level, in bands
//! s = p2 x2 / (M - p0)                              the split between the factors
//! u = sqrt(K - floor)                               the strike above the lowest VIX
//! ```
//!
//! Within a band strikes have fixed cells in `u`, fine about the band's level and twice as wide from octave to octave;
//! below the level a cell holds puts, above it calls, and the rest goes by parity with the future of the same expiry.

use std::sync::atomic::{AtomicU64, Ordering};

use super::option_cell::{Band, Range, TERMS_MAX, Weights, band_code, value};
use super::surface::{Surface, slow_factor_max};
use super::vix_option::VixOption;
use super::vix_option_grid;
use super::vx_table::VxTable;
use crate::error::{DomainError, require};
use crate::instrument::OptionKind;
use crate::model::vix::Affine;
use crate::model::{Law, RiskNeutral, State, VixMap};

/// Marks of the VIX options of one expiry.
#[derive(Debug)]
pub struct VixOptionTable {
    accuracy: f64,
    floor: f64,
    level: Affine,
    x2_max: f64,
    surface: Surface,
    future: VxTable,
    exact: Option<VixOption>,
    exact_count: AtomicU64,
}

/// A state's place in a [`VixOptionTable`]: what all strikes share.
#[derive(Debug, Clone, Copy)]
pub struct VixLocated {
    state: State,
    /// Index of the band, or [`OUTSIDE`].
    band: u32,
    range: u32,
    weights: Weights,
}

/// A state that no band covers: it is priced exactly.
const OUTSIDE: u32 = u32::MAX;

impl VixOptionTable {
    /// Builds the table of options that expire in `years` on the VIX of `map`, to within `accuracy` VIX points.
    ///
    /// At 0 years values are what the options pay.
    ///
    /// # Errors
    /// A time that is negative or above 100 years, or an accuracy outside 1e-4 to 0.1.
    pub fn build(law: &Law<RiskNeutral>, years: f64, map: &VixMap, accuracy: f64) -> Result<Self, DomainError> {
        require("vix_mark_accuracy", accuracy, (1e-4..=0.1).contains(&accuracy), "a number from 1e-4 to 0.1")?;
        let future = VxTable::build(law, years, map)?;
        let x2_max = slow_factor_max(law);
        let (mut level, mut surface, mut exact) = (Affine { a1: 0.0, a2: 0.0, b: 0.0 }, Surface::default(), None);
        if years > 0.0 {
            let pricer = VixOption::new(law, years, map)?;
            level = pricer.future().mean_square(law, years);
            surface = vix_option_grid::build(law, &pricer, map, &level, x2_max, accuracy);
            exact = Some(pricer);
        }
        Ok(Self { accuracy, floor: map.floor(), level, x2_max, surface, future, exact, exact_count: AtomicU64::new(0) })
    }

    /// Finds a state's place, once for all strikes.
    #[inline(always)]
    #[must_use]
    pub fn locate(&self, state: State) -> VixLocated {
        let mut located = VixLocated { state, band: OUTSIDE, range: 0, weights: [0.0; TERMS_MAX] };
        let above_floor = self.level.a1 * state.x1 + self.level.a2 * state.x2;
        let level = (above_floor + self.level.b).sqrt();
        let code = band_code(level).wrapping_sub(self.surface.first_code) as usize;
        let inside = level <= self.surface.level_max && state.x2 <= self.x2_max && state.x1 >= 0.0 && state.x2 >= 0.0;
        if let (Some(&index), true) = (self.surface.index.get(code), inside) {
            let band = &self.surface.bands[usize::from(index)];
            let slow_max = if band.capped { self.x2_max * self.level.a2 } else { above_floor };
            let split = if slow_max > 0.0 { self.level.a2 * state.x2 / slow_max } else { 0.0 };
            located.band = u32::from(index);
            located.range = band.weigh(level, split, &mut located.weights) as u32;
        }
        located
    }

    /// Value of an option in a located state, VIX points, undiscounted.
    #[inline(always)]
    #[must_use]
    pub fn value(&self, located: &VixLocated, strike: f64, kind: OptionKind) -> f64 {
        if located.band == OUTSIDE {
            return self.outside(located.state, strike, kind);
        }
        let band = &self.surface.bands[located.band as usize];
        self.inside(band, &band.ranges[located.range as usize], located, strike, kind)
    }

    /// Values of one kind of option over many states, each with a strike of its own, VIX points, undiscounted.
    ///
    /// # Shape
    /// Four slices of one length: fast factors, slow factors, strikes, values.
    pub fn values(&self, x1: &[f64], x2: &[f64], strikes: &[f64], kind: OptionKind, out: &mut [f64]) {
        let lengths = [x1.len(), x2.len(), strikes.len()];
        assert!(lengths == [out.len(); 3], "slices of one length");
        #[multiversion::multiversion(targets("x86_64+avx2"))]
        fn best(table: &VixOptionTable, [x1, x2, strikes]: [&[f64]; 3], kind: OptionKind, out: &mut [f64]) {
            for (((out, &x1), &x2), &strike) in out.iter_mut().zip(x1).zip(x2).zip(strikes) {
                *out = table.value(&table.locate(State { x1, x2 }), strike, kind);
            }
        }
        best(self, [x1, x2, strikes], kind, out);
    }

    /// The VX of the same expiry in a state, VIX points.
    #[must_use]
    pub fn future(&self, state: State) -> f64 {
        self.future.future(state)
    }

    /// The table of the VX of the same expiry.
    #[must_use]
    pub fn futures(&self) -> &VxTable {
        &self.future
    }

    /// Time to expiry, years of variance time.
    #[must_use]
    pub fn years(&self) -> f64 {
        self.future.years()
    }

    /// The accuracy that the table was built for, VIX points.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.accuracy
    }

    /// Size of the table.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.surface.memory_bytes() + self.future.memory_bytes()
    }

    /// How many values so far lay outside the table and were priced exactly.
    #[must_use]
    pub fn exact_count(&self) -> u64 {
        self.exact_count.load(Ordering::Relaxed) + self.future.exact_count()
    }

    #[inline(always)]
    fn inside(&self, band: &Band, range: &Range, located: &VixLocated, strike: f64, kind: OptionKind) -> f64 {
        let u = (strike - self.floor).max(0.0).sqrt();
        let m = (u - band.layout.origin) * band.unit_inverse;
        let stored = f64::from(value(band, range, &self.surface.blocks, &located.weights, m));
        let value = match (kind, m > 0.0) {
            (OptionKind::Call, true) | (OptionKind::Put, false) => stored,
            (OptionKind::Call, false) => stored + (self.future.future(located.state) - strike),
            (OptionKind::Put, true) => stored - (self.future.future(located.state) - strike),
        };
        value.max(0.0)
    }

    /// A state that the table does not cover, or expiry.
    #[cold]
    fn outside(&self, state: State, strike: f64, kind: OptionKind) -> f64 {
        let Some(exact) = &self.exact else {
            return kind.payoff(self.future.future(state), strike);
        };
        self.exact_count.fetch_add(1, Ordering::Relaxed);
        match (exact.put_call(state, strike), kind) {
            (Ok((put, _)), OptionKind::Put) => put,
            (Ok((_, call)), OptionKind::Call) => call,
            (Err(_), _) => f64::NAN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Preset;

    const ACCURACY: f64 = 1e-3;

    /// A fixed sequence of numbers from 0 to 1.
    struct Draws(u64);

    impl Draws {
        fn uniform(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 11) as f64 / (1u64 << 53) as f64
        }

        /// Mostly states with a VIX below 50, some up to 150, many close to zero in either factor.
        fn state(&mut self, two_factors: bool) -> State {
            let fourth = |u: f64| (u * u) * (u * u);
            let top = if self.uniform() < 0.3 { 3.0 } else { 0.2 };
            let x1 = top * fourth(self.uniform());
            State { x1, x2: if two_factors { 0.2 * fourth(self.uniform()) } else { 0.0 } }
        }
    }

    fn table(preset: Preset, days: f64) -> (Law<RiskNeutral>, VixMap, VixOptionTable) {
        let law = *preset.model().risk_neutral();
        let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
        let table = VixOptionTable::build(&law, days / 365.0, &map, ACCURACY).unwrap();
        (law, map, table)
    }

    #[test]
    fn marks_of_every_preset_lie_within_their_accuracy_off_the_nodes() {
        for preset in Preset::ALL {
            for days in [3.0, 30.0, 120.0] {
                let (law, map, table) = table(preset, days);
                let exact = VixOption::new(&law, days / 365.0, &map).unwrap();
                let mut draws = Draws(days as u64);
                for trial in 0..600 {
                    let state = draws.state(law.has_slow_factor());
                    let future = exact.future().price(state);
                    let strike = match trial % 2 {
                        0 => map.floor() + (future - map.floor()) * 3.0 * draws.uniform(),
                        _ => future * (0.7 + 0.6 * draws.uniform()),
                    };
                    let (put, call) = exact.put_call(state, strike).unwrap();
                    let located = table.locate(state);
                    for (kind, expected) in [(OptionKind::Put, put), (OptionKind::Call, call)] {
                        let error = (table.value(&located, strike, kind) - expected).abs();
                        assert!(error < ACCURACY, "{preset:?} {days} days: {error:e} at {state:?}, {strike}");
                    }
                }
                assert_eq!(table.exact_count(), 0, "every drawn state is covered");
            }
        }
    }

    #[test]
    fn slices_give_the_bits_of_single_options() {
        let (_, _, table) = table(Preset::Default, 60.0);
        let mut draws = Draws(4);
        let states: Vec<State> = (0..300).map(|_| draws.state(true)).collect();
        let strikes: Vec<f64> = states.iter().map(|_| 5.0 + 60.0 * draws.uniform()).collect();
        let (x1, x2): (Vec<f64>, Vec<f64>) = states.iter().map(|state| (state.x1, state.x2)).unzip();
        let mut out = vec![0.0; states.len()];
        for kind in [OptionKind::Put, OptionKind::Call] {
            table.values(&x1, &x2, &strikes, kind, &mut out);
            for ((&state, &strike), &value) in states.iter().zip(&strikes).zip(&out) {
                assert_eq!(value.to_bits(), table.value(&table.locate(state), strike, kind).to_bits());
            }
        }
    }

    #[test]
    fn states_outside_are_priced_exactly_and_counted() {
        let (law, map, table) = table(Preset::Svcj, 60.0);
        let far = State { x1: 50.0, x2: 0.0 };
        let (put, call) = VixOption::new(&law, 60.0 / 365.0, &map).unwrap().put_call(far, 300.0).unwrap();
        let located = table.locate(far);
        assert_eq!(table.value(&located, 300.0, OptionKind::Put), put);
        assert_eq!(table.value(&located, 300.0, OptionKind::Call), call);
        assert_eq!(table.exact_count(), 2);
    }

    #[test]
    fn at_expiry_values_are_what_the_options_pay() {
        let (_, map, table) = table(Preset::Default, 0.0);
        let state = State { x1: 0.02, x2: 0.01 };
        let located = table.locate(state);
        assert_eq!(table.value(&located, 12.0, OptionKind::Call), map.vix(state) - 12.0);
        assert_eq!(table.value(&located, 12.0, OptionKind::Put), 0.0);
        assert_eq!(table.exact_count(), 0);
    }

    #[test]
    fn times_and_accuracies_outside_their_domain_are_refused() {
        let law = *Preset::Heston.model().risk_neutral();
        let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
        assert_eq!(VixOptionTable::build(&law, -0.1, &map, ACCURACY).unwrap_err().parameter, "years");
        assert_eq!(VixOptionTable::build(&law, 0.1, &map, 1e-6).unwrap_err().parameter, "vix_mark_accuracy");
    }
}
