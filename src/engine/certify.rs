//! Certificates of tables: each is held against exact values at points off its nodes before any mark is read off it.
//!
//! The points are functions of the run's seed and of what the table is for, so they are the same for any number of
//! threads, and other seeds look elsewhere. A table that misses its accuracy is built again, four times finer; if that
//! does not help, the run fails and says where.

use crate::error::DomainError;
use crate::instrument::OptionKind;
use crate::model::vix::VixMap;
use crate::model::{Law, RiskNeutral, State};
use crate::pricing::{OptionTable, VixOptionTable, VxTable};
use crate::random::{Address, Purpose};
use crate::units::{DAYS_PER_YEAR, VIX_WINDOW_DAYS};
use crate::{Error, Result};

/// Points at which each table is looked at.
const POINTS: u32 = 8;
/// Highest VIX of a point.
const VIX_MAX: f64 = 150.0;
/// A table that misses its accuracy is built again for this share of it.
const FINER: f64 = 0.25;

/// A table with what its certificate found.
#[derive(Debug)]
pub(super) struct Certified<T> {
    /// The table.
    pub(super) table: T,
    /// The largest error found, and where.
    pub(super) worst: Worst,
}

/// The largest error of some marks, and where it occurred.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Worst {
    /// In the table's unit.
    pub(super) error: f64,
    /// Points looked at.
    pub(super) points: u64,
    /// Time, state and strike, in words.
    pub(super) place: String,
}

impl Worst {
    /// Takes in another table's.
    pub(super) fn merge(&mut self, other: &Self) {
        self.points += other.points;
        // What is not a number is the largest of all.
        if other.error > self.error || other.error.is_nan() || self.place.is_empty() {
            (self.error, self.place) = (other.error, other.place.clone());
        }
    }
}

/// A kind of table that can be certified.
pub(super) trait Marks {
    /// What it marks, in the plural.
    const WHAT: &'static str;
    /// The unit of its errors.
    const UNIT: &'static str;
    /// Tells its points from those of other kinds.
    const CODE: u64;
    /// The error in a state, for a strike chosen by a number from 0 to 1; and that strike in words.
    fn error(&self, state: State, vix: f64, strike: f64) -> (f64, String);
    /// Time to expiry, years of variance time.
    fn years(&self) -> f64;
}

impl Marks for OptionTable {
    const WHAT: &'static str = "SPX options";
    const UNIT: &'static str = "fraction of spot";
    const CODE: u64 = 1;

    fn error(&self, state: State, vix: f64, strike: f64) -> (f64, String) {
        // Dense about the money, out to eight deviations.
        let u = 2.0 * strike - 1.0;
        let k = 0.08 * vix * self.years().sqrt() * u * u.abs();
        (self.error_at(state, k), format!("strike {:.3} of the forward", crate::math::exp(k)))
    }

    fn years(&self) -> f64 {
        self.years()
    }
}

impl Marks for VxTable {
    const WHAT: &'static str = "VX";
    const UNIT: &'static str = "VIX points";
    const CODE: u64 = 2;

    fn error(&self, state: State, _vix: f64, _strike: f64) -> (f64, String) {
        (self.error_at(state), String::new())
    }

    fn years(&self) -> f64 {
        self.years()
    }
}

impl Marks for VixOptionTable {
    const WHAT: &'static str = "VIX options";
    const UNIT: &'static str = "VIX points";
    const CODE: u64 = 3;

    fn error(&self, state: State, _vix: f64, strike: f64) -> (f64, String) {
        let strike = self.future(state) * (0.4 + 1.8 * strike);
        let error = [OptionKind::Put, OptionKind::Call].map(|kind| self.error_at(state, strike, kind));
        (error[0].max(error[1]), format!("strike {strike:.1}"))
    }

    fn years(&self) -> f64 {
        self.years()
    }
}

/// What all certificates of a run share.
#[derive(Debug)]
pub(super) struct Certifier {
    map: VixMap,
    seed: u64,
}

impl Certifier {
    /// Certificates of a law's marks for the seed of a run.
    ///
    /// # Errors
    /// None for a valid law.
    pub(super) fn new(law: &Law<RiskNeutral>, seed: u64) -> std::result::Result<Self, DomainError> {
        Ok(Self { map: VixMap::new(law, VIX_WINDOW_DAYS as f64 / DAYS_PER_YEAR)?, seed })
    }

    /// Builds a table for an accuracy and certifies it; a finer one where it misses.
    ///
    /// # Errors
    /// A table that cannot be built, or that misses the accuracy twice.
    pub(super) fn build<T: Marks>(
        &self,
        accuracy: f64,
        build: impl Fn(f64) -> std::result::Result<T, DomainError>,
    ) -> Result<Certified<T>> {
        let mut worst = Worst::default();
        for accuracy_asked in [accuracy, FINER * accuracy] {
            let table = build(accuracy_asked)?;
            worst = self.look(&table);
            if worst.error <= accuracy {
                return Ok(Certified { table, worst });
            }
        }
        Err(Error::Run(format!(
            "marks of {} miss their accuracy of {accuracy:e}, {}: by {:.1e} at {}, and a finer table does not help",
            T::WHAT,
            T::UNIT,
            worst.error,
            worst.place
        )))
    }

    /// The largest error of a table over its points.
    fn look<T: Marks>(&self, table: &T) -> Worst {
        let mut worst = Worst::default();
        if table.years() == 0.0 {
            return worst;
        }
        // Whatever table has that time to expiry is looked at in the same places.
        let time = (table.years().to_bits() >> 20) as u32;
        let address = Address { seed: self.seed, path: T::CODE, step: time, purpose: Purpose::Certificate };
        for point in 0..POINTS {
            let [u, v, w, _] = address.words(point).map(|word| word as f64 / f64::from(u32::MAX));
            let (state, vix) = self.state(u, v);
            let (error, strike) = table.error(state, vix, w);
            let place = || {
                let days = table.years() * DAYS_PER_YEAR;
                let comma = if strike.is_empty() { "" } else { ", " };
                format!("{days:.1} days, VIX {vix:.1} (x1 {:.4}, x2 {:.4}){comma}{strike}", state.x1, state.x2)
            };
            worst.merge(&Worst { error, points: 1, place: place() });
        }
        worst
    }

    /// A state by its VIX, in proportions up to [`VIX_MAX`], and by the slow factor's share in it.
    fn state(&self, vix: f64, share: f64) -> (State, f64) {
        let low = self.map.floor().max(1.0);
        let vix = low * crate::math::exp(vix * crate::math::ln((VIX_MAX / low).max(1.0)));
        let above_floor = (1e-4 * vix * vix - self.map.b).max(0.0);
        let slow = if self.map.a2 > 0.0 { share * above_floor } else { 0.0 };
        let x2 = if slow > 0.0 { slow / self.map.a2 } else { 0.0 };
        (State { x1: (above_floor - slow) / self.map.a1, x2 }, vix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Preset;
    use crate::pricing::European;

    /// A table held against the exact prices of another time to expiry.
    #[derive(Debug)]
    struct Planted {
        table: OptionTable,
        exact: European,
    }

    impl Marks for Planted {
        const WHAT: &'static str = "planted options";
        const UNIT: &'static str = "fraction of spot";
        const CODE: u64 = 99;

        fn error(&self, state: State, vix: f64, strike: f64) -> (f64, String) {
            let k = 0.02 * vix * self.table.years().sqrt() * (2.0 * strike - 1.0);
            let mark = self.table.put(&self.table.locate(state), k);
            ((mark - self.exact.value(state, k).unwrap().put).abs(), "strike somewhere".into())
        }

        fn years(&self) -> f64 {
            self.exact.years()
        }
    }

    fn planted(table_days: f64, accuracy: f64) -> std::result::Result<Planted, DomainError> {
        let law = *Preset::Bates.model().risk_neutral();
        let table = OptionTable::build(&law, table_days / 365.0, accuracy)?;
        Ok(Planted { table, exact: European::new(&law, 30.0 / 365.0)? })
    }

    fn certifier(preset: Preset, seed: u64) -> Certifier {
        Certifier::new(preset.model().risk_neutral(), seed).unwrap()
    }

    #[test]
    fn a_wrong_table_fails_the_run_and_the_message_says_where() {
        let certifier = certifier(Preset::Bates, 1);
        let right = certifier.build(1e-5, |accuracy| planted(30.0, accuracy)).unwrap();
        assert!(right.worst.error <= 1e-5 && right.worst.points == u64::from(POINTS), "{:?}", right.worst);
        // One day in a hundred is an error of some 1e-4.
        let error = certifier.build(1e-5, |accuracy| planted(30.3, accuracy)).unwrap_err().to_string();
        for part in ["planted options", "1e-5", "30.0 days", "VIX", "strike somewhere"] {
            assert!(error.contains(part), "{part:?} in {error:?}");
        }
    }

    #[test]
    fn marks_that_are_no_numbers_fail() {
        let mut worst = Worst { error: 1e-9, points: 1, place: "here".into() };
        worst.merge(&Worst { error: f64::NAN, points: 1, place: "there".into() });
        worst.merge(&Worst { error: 1e-3, points: 1, place: "elsewhere".into() });
        assert!(worst.error.is_nan() && worst.place == "there" && worst.points == 3, "{worst:?}");
    }

    #[test]
    fn a_table_that_misses_is_built_again_finer() {
        let certifier = certifier(Preset::Bates, 2);
        let asked = std::cell::RefCell::new(Vec::new());
        let build = |accuracy: f64| {
            asked.borrow_mut().push(accuracy);
            planted(if accuracy < 1e-5 { 30.0 } else { 31.0 }, 1e-6)
        };
        assert!(certifier.build(1e-5, build).unwrap().worst.error <= 1e-5);
        assert_eq!(asked.into_inner(), [1e-5, 2.5e-6]);
    }

    #[test]
    fn points_are_functions_of_the_seed_and_cover_the_states_that_paths_reach() {
        for preset in Preset::ALL {
            let certifier = certifier(preset, 5);
            let mut vix: Vec<f64> = (0..20).map(|n| certifier.state(f64::from(n) / 19.0, 0.3).1).collect();
            assert!((vix[0] - certifier.map.floor().max(1.0)).abs() < 1e-9 && (vix[19] - VIX_MAX).abs() < 1e-9);
            vix.dedup();
            assert_eq!(vix.len(), 20);
            let (state, vix) = certifier.state(0.4, 0.3);
            assert!((certifier.map.vix(state) - vix).abs() < 1e-9 && state.x1 >= 0.0 && state.x2 >= 0.0);
        }
        let law = *Preset::Default.model().risk_neutral();
        let table = OptionTable::build(&law, 0.05, 1e-5).unwrap();
        let look = |seed| Certifier::new(&law, seed).unwrap().look(&table);
        assert_eq!(look(1), look(1));
        assert_ne!(look(1), look(2));
        assert_eq!(table.exact_count(), 0, "looking leaves no trace in the counts");
    }

    #[test]
    fn every_kind_of_marks_is_certified() {
        let law = *Preset::Svcj.model().risk_neutral();
        let certifier = certifier(Preset::Svcj, 3);
        let vx = certifier.build(1e-3, |accuracy| VxTable::build_within(&law, 0.1, &certifier.map, accuracy)).unwrap();
        assert!(vx.worst.error > 0.0 && vx.worst.place.contains("VIX"), "{:?}", vx.worst);
        let build = |accuracy| VixOptionTable::build(&law, 0.1, &certifier.map, accuracy);
        let options = certifier.build(1e-3, build).unwrap();
        assert!(options.worst.error > 0.0 && options.worst.place.contains("strike"), "{:?}", options.worst);
    }
}
