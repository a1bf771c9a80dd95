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

use super::chunk::{CHUNK, Chunk};
use super::option_cell::{NO_WEIGHTS, Weights, value};
use super::surface::{Spot, Surface, slow_factor_max};
use super::vix_option::VixOption;
use super::vix_option_grid;
use super::vx_table::VxTable;
use crate::error::{DomainError, require};
use crate::instrument::OptionKind;
use crate::model::{Law, RiskNeutral, State, VixMap};

/// Marks of the VIX options of one expiry.
#[derive(Debug)]
pub struct VixOptionTable {
    accuracy: f64,
    floor: f64,
    future: VxTable,
    /// None at expiry.
    inside: Option<Inside>,
    exact_count: AtomicU64,
}

#[derive(Debug)]
struct Inside {
    surface: Surface,
    exact: VixOption,
}

/// A state's place in a [`VixOptionTable`]: what all strikes share.
#[derive(Debug, Clone, Copy)]
pub struct VixLocated {
    state: State,
    /// None where the state is priced exactly.
    spot: Option<Spot>,
    weights: Weights,
}

impl VixOptionTable {
    /// Builds the table of options that expire in `years` on the VIX of `map`, to within `accuracy` VIX points.
    ///
    /// At 0 years values are what the options pay.
    ///
    /// # Errors
    /// A time that is negative or above 100 years, or an accuracy outside 1e-4 to 0.1.
    pub fn build(law: &Law<RiskNeutral>, years: f64, map: &VixMap, accuracy: f64) -> Result<Self, DomainError> {
        require("vix_mark_accuracy", accuracy, (1e-4..=0.1).contains(&accuracy), "a number from 1e-4 to 0.1")?;
        let future = VxTable::build_within(law, years, map, (0.3 * accuracy).max(1e-5))?;
        let inside = if years > 0.0 {
            let exact = VixOption::new(law, years, map)?;
            let level = exact.future().mean_square(law, years);
            let surface = vix_option_grid::build(law, &exact, map, &level, slow_factor_max(law), accuracy);
            Some(Inside { surface, exact })
        } else {
            None
        };
        Ok(Self { accuracy, floor: map.floor(), future, inside, exact_count: AtomicU64::new(0) })
    }

    /// Finds a state's place, once for all strikes.
    #[must_use]
    pub fn locate(&self, state: State) -> VixLocated {
        let mut weights = NO_WEIGHTS;
        let spot = self.inside.as_ref().and_then(|inside| inside.surface.locate(state, &mut weights));
        VixLocated { state, spot, weights }
    }

    /// Value of an option in a located state, VIX points, undiscounted.
    #[must_use]
    pub fn value(&self, located: &VixLocated, strike: f64, kind: OptionKind) -> f64 {
        match (&self.inside, &located.spot) {
            (Some(Inside { surface, .. }), Some(spot)) => {
                let (stored, is_call) = self.stored(surface, spot, &located.weights, strike);
                self.by_parity(stored, is_call, located.state, strike, kind)
            }
            _ => self.outside(located.state, strike, kind),
        }
    }

    /// Values of one kind of option over many states, each with a strike of its own, VIX points, undiscounted.
    ///
    /// # Shape
    /// Four slices of one length: fast factors, slow factors, strikes, values.
    pub fn values(&self, x1: &[f64], x2: &[f64], strikes: &[f64], kind: OptionKind, out: &mut [f64]) {
        let lengths = [x1.len(), x2.len(), strikes.len()];
        assert!(lengths == [out.len(); 3], "slices of one length");
        #[multiversion::multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+avx512cd", "x86_64+avx2"))]
        fn best(table: &VixOptionTable, [x1, x2, strikes]: [&[f64]; 3], kind: OptionKind, out: &mut [f64]) {
            let mut chunk = Chunk::new();
            let chunks = out.chunks_mut(CHUNK).zip(x1.chunks(CHUNK)).zip(x2.chunks(CHUNK)).zip(strikes.chunks(CHUNK));
            for (((out, x1), x2), strikes) in chunks {
                table.values_of_chunk([x1, x2, strikes], kind, out, &mut chunk);
            }
        }
        best(self, [x1, x2, strikes], kind, out);
    }

    /// Places first, then values, then parity where the option is in the money.
    #[inline(always)]
    fn values_of_chunk<'t>(
        &'t self,
        [x1, x2, strikes]: [&[f64]; 3],
        kind: OptionKind,
        out: &mut [f64],
        chunk: &mut Chunk<'t>,
    ) {
        let surface = self.inside.as_ref().map(|inside| &inside.surface);
        chunk.locate(out.len(), |i| (surface, State { x1: x1[i], x2: x2[i] }));
        let (mut u, mut stored) = ([0.0; CHUNK], [[0.0; CHUNK]]);
        for (u, &strike) in u.iter_mut().zip(strikes) {
            *u = strike - self.floor;
        }
        for u in &mut u {
            *u = u.max(0.0).sqrt();
        }
        let m = chunk.standardised(&u);
        chunk.values(&[m], &mut stored);
        let is_stored: [bool; CHUNK] = std::array::from_fn(|i| (m[i] > 0.0) == (kind == OptionKind::Call));
        let mut futures = [0.0; CHUNK];
        if is_stored[..out.len()].iter().any(|is_stored| !is_stored) {
            let (mut fast, mut slow) = ([0.0; CHUNK], [0.0; CHUNK]);
            fast[..x1.len()].copy_from_slice(x1);
            slow[..x2.len()].copy_from_slice(x2);
            self.future.futures_of_chunk(&fast, &slow, &mut futures);
        }
        let mut values = [0.0; CHUNK];
        let sign = if kind == OptionKind::Call { 1.0 } else { -1.0 };
        let mut all = [0.0; CHUNK];
        all[..strikes.len()].copy_from_slice(strikes);
        for i in 0..CHUNK {
            let intrinsic = if is_stored[i] { 0.0 } else { sign * (futures[i] - all[i]) };
            let value = stored[0][i] + intrinsic;
            values[i] = if value < 0.0 { 0.0 } else { value };
        }
        out.copy_from_slice(&values[..out.len()]);
        for i in 0..out.len() {
            if !chunk.is_inside(i) {
                out[i] = self.outside(State { x1: x1[i], x2: x2[i] }, strikes[i], kind);
            }
        }
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

    /// How far the mark of an option lies from the exact value, VIX points; nothing where marks are exact.
    #[must_use]
    pub fn error_at(&self, state: State, strike: f64, kind: OptionKind) -> f64 {
        let located = self.locate(state);
        let (Some(Inside { exact, .. }), Some(_)) = (&self.inside, &located.spot) else { return 0.0 };
        let Ok((put, call)) = exact.put_call(state, strike) else { return 0.0 };
        let expected = if kind == OptionKind::Call { call } else { put };
        (self.value(&located, strike, kind) - expected).abs()
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
        self.inside.as_ref().map_or(0, |inside| inside.surface.memory_bytes()) + self.future.memory_bytes()
    }

    /// How many values so far lay outside the table and were priced exactly.
    #[must_use]
    pub fn exact_count(&self) -> u64 {
        self.exact_count.load(Ordering::Relaxed) + self.future.exact_count()
    }

    /// The stored value, and whether it is the call's.
    #[inline(always)]
    fn stored(&self, surface: &Surface, spot: &Spot, weights: &Weights, strike: f64) -> (f64, bool) {
        let (band, range) = surface.band(spot);
        let u = (strike - self.floor).max(0.0).sqrt();
        let m = (u - band.layout.origin) * band.unit_inverse;
        (f64::from(value(band, range, &surface.blocks, weights, m)), m > 0.0)
    }

    /// The value of an option of one kind, given the stored one.
    #[inline(always)]
    fn by_parity(&self, stored: f64, is_call: bool, state: State, strike: f64, kind: OptionKind) -> f64 {
        let value = match (kind, is_call) {
            (OptionKind::Call, true) | (OptionKind::Put, false) => stored,
            (OptionKind::Call, false) => stored + (self.future.future(state) - strike),
            (OptionKind::Put, true) => stored - (self.future.future(state) - strike),
        };
        // Not a number stays what it is.
        if value < 0.0 { 0.0 } else { value }
    }

    /// A state that the table does not cover, or expiry.
    #[cold]
    fn outside(&self, state: State, strike: f64, kind: OptionKind) -> f64 {
        let Some(Inside { exact, .. }) = &self.inside else {
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
    use crate::model::{Dynamics, Factor, JumpLaw, Preset, Shared};
    use crate::pricing::OptionTable;

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

    fn random_law(draws: &mut Draws, two_factors: bool) -> Law<RiskNeutral> {
        let mut between = |low: f64, high: f64| low + (high - low) * draws.uniform();
        let mut factor =
            || Factor { reversion: between(0.001, 0.2), vol_of_variance: between(0.1, 1.0), rho: between(-0.95, 0.3) };
        let (fast, slow) = (factor(), factor());
        let slow = if two_factors { slow } else { Factor::default() };
        let on = f64::from(u8::from(two_factors));
        let shared = Shared { fast, slow, beta: on * between(0.3, 1.5), coupling: on * between(0.0, 4.0) };
        let jumps = JumpLaw {
            mean_log_jump: between(-0.15, 0.05),
            log_jump_vol: between(0.02, 0.15),
            mean_variance_jump: between(0.0, 0.4),
            jump_slope: between(-0.4, 0.4),
        };
        let kappa = [between(2.5, 15.0), on * between(0.5, 4.0)];
        Law::new(shared, Dynamics::new(kappa, [between(0.0, 3.0), between(0.0, 2.0), on * between(0.0, 6.0)], jumps))
            .unwrap()
    }

    #[test]
    fn marks_of_random_laws_lie_within_their_accuracy() {
        let mut draws = Draws(11);
        for trial in 0..8 {
            let two_factors = trial % 2 == 1;
            let law = random_law(&mut draws, two_factors);
            let years = [2.0, 9.0, 30.0, 100.0][trial % 4] / 365.0;
            let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
            let table = VixOptionTable::build(&law, years, &map, ACCURACY).unwrap();
            let futures = VxTable::build(&law, years, &map).unwrap();
            let index = OptionTable::build(&law, years, 1e-6).unwrap();
            for _ in 0..150 {
                let state = draws.state(two_factors);
                let u = 2.0 * draws.uniform() - 1.0;
                let k = 0.08 * map.vix(state) * years.sqrt() * u * u.abs();
                let strike = table.future(state) * (0.4 + 1.8 * draws.uniform());
                assert!(index.error_at(state, k) <= 1e-6, "law {trial}: SPX option at {state:?}, {k}");
                assert!(futures.error_at(state) <= 1e-3, "law {trial}: VX at {state:?}");
                for kind in [OptionKind::Put, OptionKind::Call] {
                    let error = table.error_at(state, strike, kind);
                    assert!(error <= ACCURACY, "law {trial}: VIX {kind:?} at {state:?}, {strike}: {error:e}");
                }
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
