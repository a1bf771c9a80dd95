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

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::surface::slow_factor_max;
use super::vix_future::VarianceTransform;
use super::vix_option::VixOption;
use super::vix_option_grid;
use super::vix_option_samples::VixOptions;
use super::vix_surface::{CHUNK, PADDED, Place, Stored, VixSurface, padded};
use super::vx_table::VxTable;
use crate::error::{DomainError, require};
use crate::instrument::OptionKind;
use crate::model::{Law, RiskNeutral, State, VixMap};

/// Scales of the slow factor's stationary law above its mean that tables cover; beyond it is one state in ten thousand.
const SLOW_SCALES: f64 = 10.0;

/// Marks of the VIX options of one expiry.
#[derive(Debug)]
pub struct VixOptionTable {
    accuracy: f64,
    future: VxTable,
    /// None at expiry.
    inside: Option<Inside>,
    exact_count: AtomicU64,
}

#[derive(Debug)]
struct Inside {
    surface: VixSurface,
    exact: VixOption,
}

/// A state's place in a [`VixOptionTable`]: what all strikes share.
#[derive(Debug, Clone, Copy)]
pub struct VixLocated {
    state: State,
    /// None where the state is priced exactly.
    place: Option<Place>,
}

impl VixOptionTable {
    /// Builds the table of options that expire in `years` on the VIX of `map`, to within `accuracy` VIX points.
    ///
    /// At 0 years values are what the options pay.
    ///
    /// # Errors
    /// A time that is negative or above 100 years, or an accuracy outside 1e-4 to 0.1.
    pub fn build(law: &Law<RiskNeutral>, years: f64, map: &VixMap, accuracy: f64) -> Result<Self, DomainError> {
        require_accuracy(accuracy)?;
        if years > 0.0 {
            return Ok(Self::of_pricer(law, map, VixOption::new(law, years, map)?, accuracy));
        }
        let future = VxTable::build(law, years, map)?;
        Ok(Self { accuracy, future, inside: None, exact_count: AtomicU64::new(0) })
    }

    /// As [`Self::build`] for the law and the map of a transform that tables of several expiries share.
    ///
    /// # Errors
    /// As [`Self::build`].
    pub fn sharing(transform: &Arc<VarianceTransform>, years: f64, accuracy: f64) -> Result<Self, DomainError> {
        if years > 0.0 {
            require_accuracy(accuracy)?;
            let exact = VixOption::sharing(transform, years)?;
            Ok(Self::of_pricer(transform.law(), transform.map(), exact, accuracy))
        } else {
            Self::build(transform.law(), years, transform.map(), accuracy)
        }
    }

    /// Gives up the transform that it shares, so that its room is free once no table shares it any more.
    pub fn keep_to_itself(&mut self) {
        if let Some(inside) = &mut self.inside {
            inside.exact.keep_to_itself();
        }
    }

    fn of_pricer(law: &Law<RiskNeutral>, map: &VixMap, exact: VixOption, accuracy: f64) -> Self {
        let (years, floor, x2_max) = (exact.years(), map.floor(), slow_factor_max(law, SLOW_SCALES));
        let future_accuracy = (0.3 * accuracy).max(1e-5);
        let future = VxTable::of_pricer(law, years, map, future_accuracy, exact.future().thinned());
        let terms = vix_option_grid::Terms {
            mean: exact.future().mean_square(law, years),
            two_factors: law.has_slow_factor(),
            x2_max,
            floor,
            accuracy,
        };
        let options = VixOptions::new(&exact, future.exact(), map, x2_max, accuracy);
        let surface = vix_option_grid::build(&terms, &options);
        Self { accuracy, future, inside: Some(Inside { surface, exact }), exact_count: AtomicU64::new(0) }
    }

    /// Finds a state's place, once for all strikes.
    #[must_use]
    pub fn locate(&self, state: State) -> VixLocated {
        VixLocated { state, place: self.inside.as_ref().and_then(|inside| inside.surface.locate(state)) }
    }

    /// Value of an option in a located state, VIX points, undiscounted.
    #[must_use]
    pub fn value(&self, located: &VixLocated, strike: f64, kind: OptionKind) -> f64 {
        match (&self.inside, &located.place) {
            (Some(Inside { surface, .. }), Some(place)) => {
                let (stored, is_call) = surface.value(place, strike);
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
            let (out, out_rest) = out.as_chunks_mut::<CHUNK>();
            let [(x1, x1_rest), (x2, x2_rest), (strikes, strikes_rest)] = [x1, x2, strikes].map(<[f64]>::as_chunks);
            for (((out, x1), x2), strikes) in out.iter_mut().zip(x1).zip(x2).zip(strikes) {
                table.values_of_chunk([x1, x2, strikes], kind, CHUNK, out);
            }
            let rest = out_rest.len();
            if rest >= PADDED {
                let [x1, x2, strikes] = [x1_rest, x2_rest, strikes_rest].map(padded);
                let mut all = [0.0; CHUNK];
                table.values_of_chunk([&x1, &x2, &strikes], kind, rest, &mut all);
                out_rest.copy_from_slice(&all[..rest]);
            } else {
                for (((out, &x1), &x2), &strike) in out_rest.iter_mut().zip(x1_rest).zip(x2_rest).zip(strikes_rest) {
                    *out = table.value(&table.locate(State { x1, x2 }), strike, kind);
                }
            }
        }
        best(self, [x1, x2, strikes], kind, out);
    }

    /// Stored values first, then parity where the option is in the money, then what lies outside among the first lanes.
    #[inline(always)]
    fn values_of_chunk(&self, axes: [&[f64; CHUNK]; 3], kind: OptionKind, count: usize, out: &mut [f64; CHUNK]) {
        let [x1, x2, strikes] = axes;
        let Some(Inside { surface, .. }) = &self.inside else {
            for i in 0..count {
                out[i] = self.outside(State { x1: x1[i], x2: x2[i] }, strikes[i], kind);
            }
            return;
        };
        let Stored { levels, splits, inside, values, calls } = surface.values(axes);
        let is_call = kind == OptionKind::Call;
        // Which lanes need the future, without a branch a lane that nobody could foresee.
        let (mut lanes, mut others) = ([0; CHUNK], 0);
        for i in 0..CHUNK {
            lanes[others] = i;
            others += usize::from(calls[i] != is_call);
        }
        let mut futures = [0.0; CHUNK];
        if others > 0 {
            self.future.futures_at(&levels, &splits, lanes.into_iter().take(others), &mut futures);
        }
        let sign = if is_call { 1.0 } else { -1.0 };
        for i in 0..CHUNK {
            let intrinsic = if calls[i] == is_call { 0.0 } else { sign * (futures[i] - strikes[i]) };
            let value = values[i] + intrinsic;
            // Not a number stays what it is.
            out[i] = if value < 0.0 { 0.0 } else { value };
        }
        if inside != [true; CHUNK] {
            for i in 0..count {
                if !inside[i] {
                    out[i] = self.outside(State { x1: x1[i], x2: x2[i] }, strikes[i], kind);
                }
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
        let (Some(Inside { exact, .. }), Some(_)) = (&self.inside, &located.place) else { return 0.0 };
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

fn require_accuracy(accuracy: f64) -> Result<f64, DomainError> {
    require("vix_mark_accuracy", accuracy, (1e-4..=0.1).contains(&accuracy), "a number from 1e-4 to 0.1")
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

    /// A law drawn over the whole domain in which prices are promised.
    fn any_law(draws: &mut Draws, two_factors: bool) -> Option<Law<RiskNeutral>> {
        let mut between = |low: f64, high: f64| low + (high - low) * draws.uniform();
        let on = f64::from(u8::from(two_factors));
        let proportional = |low: f64, high: f64, u: f64| low * libm::exp(u * libm::log(high / low));
        let mut factor = |kappa_max: f64| {
            let kappa = proportional(0.2, kappa_max, between(0.0, 1.0));
            let theta = proportional(0.005, 0.2, between(0.0, 1.0));
            let factor =
                Factor { reversion: kappa * theta, vol_of_variance: between(0.05, 1.5), rho: between(-0.95, 0.3) };
            (factor, kappa)
        };
        let ((fast, fast_kappa), (slow, slow_kappa)) = (factor(40.0), factor(10.0));
        let slow = if two_factors { slow } else { Factor::default() };
        let shared = Shared { fast, slow, beta: on * between(0.3, 1.5), coupling: on * between(0.0, 4.0) };
        let jumps = JumpLaw {
            mean_log_jump: between(-0.15, 0.1),
            log_jump_vol: between(0.02, 0.15),
            mean_variance_jump: between(0.0, 0.4),
            jump_slope: between(-0.4, 0.4),
        };
        let intensity = [20.0 * between(0.0, 1.0) * between(0.0, 1.0), between(0.0, 2.0), on * between(0.0, 6.0)];
        Law::new(shared, Dynamics::new([fast_kappa, on * slow_kappa], intensity, jumps)).ok()
    }

    #[test]
    fn marks_of_laws_over_the_whole_domain_lie_within_their_accuracy_or_are_exact() {
        let mut draws = Draws(5);
        let mut laws = 0;
        for trial in 0..16 {
            let two_factors = trial % 2 == 1;
            let Some(law) = any_law(&mut draws, two_factors) else { continue };
            laws += 1;
            let years = [2.0, 30.0, 100.0, 220.0][trial / 2 % 4] / 365.0;
            let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
            let table = VixOptionTable::build(&law, years, &map, ACCURACY).unwrap();
            let mut largest: f64 = 0.0;
            for _ in 0..100 {
                let state = draws.state(two_factors);
                let strike = table.future(state) * (0.4 + 1.8 * draws.uniform());
                for kind in [OptionKind::Put, OptionKind::Call] {
                    let error = table.error_at(state, strike, kind);
                    assert!(error <= ACCURACY, "law {trial}: VIX {kind:?} at {state:?}, {strike}: {error:e}");
                    largest = largest.max(error);
                }
            }
            assert!(largest > 0.0, "law {trial}: the table covers some states");
        }
        assert!(laws > 10, "most draws are valid");
    }

    #[test]
    fn slices_give_the_bits_of_single_options() {
        let (_, _, table) = table(Preset::Default, 60.0);
        let mut draws = Draws(4);
        let mut states: Vec<State> = (0..300).map(|_| draws.state(true)).collect();
        // One outside the table.
        states[17] = State { x1: 20.0, x2: 0.01 };
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
    fn tables_that_share_a_transform_have_the_bits_of_those_that_do_not() {
        let law = *Preset::Default.model().risk_neutral();
        let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
        let transform = Arc::new(VarianceTransform::new(&law, &map, 0.5).unwrap());
        let mut draws = Draws(9);
        for years in [0.0, 0.1, 0.45] {
            let alone = VixOptionTable::build(&law, years, &map, ACCURACY).unwrap();
            let mut sharing = VixOptionTable::sharing(&transform, years, ACCURACY).unwrap();
            sharing.keep_to_itself();
            for _ in 0..200 {
                let (state, strike) = (draws.state(true), 5.0 + 60.0 * draws.uniform());
                // Every tenth outside the table.
                let state = if draws.uniform() < 0.1 { State { x1: 10.0, ..state } } else { state };
                let [a, b] =
                    [&alone, &sharing].map(|table| table.value(&table.locate(state), strike, OptionKind::Call));
                assert_eq!(a.to_bits(), b.to_bits(), "{years} years, {state:?}, {strike}");
            }
            assert_eq!(alone.exact_count(), sharing.exact_count());
        }
    }

    #[test]
    fn a_law_whose_vix_can_reach_nothing_has_a_table_of_ordinary_size() {
        let fast = Factor { reversion: 0.0, vol_of_variance: 0.5, rho: -0.5 };
        let shared = Shared { fast, slow: Factor::default(), beta: 0.0, coupling: 0.0 };
        let law = Law::new(shared, Dynamics::new([3.0, 0.0], [0.0; 3], JumpLaw::default())).unwrap();
        let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
        let table = VixOptionTable::build(&law, 30.0 / 365.0, &map, ACCURACY).unwrap();
        assert!(map.floor() == 0.0 && table.memory_bytes() < 3_000_000, "{}", table.memory_bytes());
        for x1 in [0.0, 1e-12, 1e-8, 1e-5, 1e-3, 0.1] {
            let state = State { x1, x2: 0.0 };
            for strike in [0.01, 1.0, 20.0] {
                let error = table.error_at(state, strike, OptionKind::Call);
                assert!(error <= ACCURACY, "{state:?}, {strike}: {error:e}");
            }
        }
        assert_eq!(table.exact_count(), 0);
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
