//! Marks of SPX options: one table for each time to expiry that is met, shared by all paths and expiries.

use std::sync::OnceLock;

use rayon::prelude::*;

use super::certify::{Certified, Certifier};
use super::result::Progress;
use super::schedule::{Expiries, Numbering};
use crate::calendar::{Clock, Grid, TimeLeft};
use crate::error::DomainError;
use crate::model::{Law, RiskNeutral};
use crate::plan::Plan;
use crate::pricing::OptionTable;
use crate::pricing::option_table::ACCURACY_FINEST;
use crate::units::DAYS_PER_YEAR;
use crate::{Error, Result};

/// What decides an SPX option's mark on one day, beside strike and state.
#[derive(Debug, Clone, Copy)]
pub(super) struct OptionDay<'c> {
    /// Normalised prices of that time to expiry.
    pub(super) table: &'c OptionTable,
    /// `(r - q) T`: log forward less log spot.
    pub(super) carry: f64,
    /// `exp(-q T)`: spot times this is the discounted forward.
    pub(super) dividend_discount: f64,
    variance_years: f64,
}

impl OptionDay<'_> {
    /// A first guess of `sigma sqrt(T)` from VIX, points.
    #[must_use]
    pub(super) fn deviation(&self, vix: f64) -> f64 {
        0.01 * vix * self.variance_years.sqrt()
    }
}

type LazyTable = OnceLock<std::result::Result<Certified<OptionTable>, String>>;

/// The tables of a run. Each is built and certified when it is first asked for; the marks do not depend on when.
#[derive(Debug)]
pub(super) struct OptionMarks {
    law: Law<RiskNeutral>,
    certifier: Certifier,
    clock: Clock,
    accuracy: f64,
    rate: f64,
    dividend_yield: f64,
    expiries: usize,
    keys: Vec<TimeLeft>,
    tables: Vec<LazyTable>,
    /// `[day * expiries + expiry]`, a number into the tables.
    numbers: Vec<u16>,
}

impl OptionMarks {
    /// No table yet, for every expiry in play on every day before it.
    ///
    /// # Errors
    /// None for a valid plan.
    pub(super) fn new(plan: &Plan, grid: &Grid, expiries: &Expiries) -> std::result::Result<Self, DomainError> {
        let mut keys = Numbering::default();
        let mut numbers = Vec::with_capacity((grid.horizon_days() + 1) * expiries.dates.len());
        for day in 0..=grid.horizon_days() {
            for &expiry in &expiries.dates {
                let alive = expiry > grid.date(day);
                let time = if alive { grid.time_left(day, expiry) } else { TimeLeft { sessions: 0, other_days: 0 } };
                numbers.push(keys.number(time) as u16);
            }
        }
        let keys = keys.into_keys();
        Ok(Self {
            law: *plan.model.risk_neutral(),
            certifier: Certifier::new(plan.model.risk_neutral(), plan.run.seed)?,
            clock: plan.clock,
            accuracy: plan.run.mark_accuracy,
            rate: plan.market.rate,
            dividend_yield: plan.market.dividend_yield,
            expiries: expiries.dates.len(),
            tables: keys.iter().map(|_| OnceLock::new()).collect(),
            keys,
            numbers,
        })
    }

    /// What decides the marks of an expiry on a day.
    ///
    /// # Errors
    /// A table that cannot be built to the accuracy asked for.
    pub(super) fn day(&self, day: usize, expiry: u16) -> Result<OptionDay<'_>> {
        let number = self.number(day, expiry);
        let key = self.keys[number];
        let years = f64::from(key.calendar_days()) / DAYS_PER_YEAR;
        Ok(OptionDay {
            table: self.table(number)?,
            carry: (self.rate - self.dividend_yield) * years,
            dividend_discount: crate::math::exp(-self.dividend_yield * years),
            variance_years: self.clock.years(key),
        })
    }

    /// Calendar days from a day to an expiry.
    pub(super) fn days_to_expiry(&self, day: usize, expiry: u16) -> f64 {
        f64::from(self.keys[self.number(day, expiry)].calendar_days())
    }

    /// Builds the tables of some days and expiries on all threads.
    ///
    /// # Errors
    /// An interruption, noticed between tables.
    pub(super) fn build(&self, wanted: &[(usize, u16)], progress: &dyn Progress) -> Result<()> {
        let mut numbers: Vec<usize> = wanted.iter().map(|&(day, expiry)| self.number(day, expiry)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        // A failure is kept in its slot and surfaces when the table is asked for.
        numbers.par_iter().try_for_each(|&number| {
            if progress.interrupted() {
                return Err(Error::Interrupted);
            }
            drop(self.table(number));
            Ok(())
        })
    }

    /// The tables that were built.
    pub(super) fn built(&self) -> impl Iterator<Item = &Certified<OptionTable>> {
        self.tables.iter().filter_map(|table| table.get()?.as_ref().ok())
    }

    fn number(&self, day: usize, expiry: u16) -> usize {
        usize::from(self.numbers[day * self.expiries + usize::from(expiry)])
    }

    fn table(&self, number: usize) -> Result<&OptionTable> {
        let years = self.clock.years(self.keys[number]);
        let build = || {
            self.certifier
                .build(self.accuracy, |accuracy| OptionTable::build(&self.law, years, accuracy.max(ACCURACY_FINEST)))
                .map_err(|error| error.to_string())
        };
        let certified = self.tables[number].get_or_init(build).as_ref();
        certified.map(|certified| &certified.table).map_err(|error| Error::Run(error.clone()))
    }
}
