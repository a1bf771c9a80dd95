//! Marks of VIX options, and which contract each layer of them takes on which day.
//!
//! An option is marked off the VX of its own expiry, never off spot VIX, at the model's price of its payoff discounted at
//! the cash rate; at the close at which its contract settles the mark is what it pays.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::certify::{Certified, Certifier, Worst};
use super::result::Progress;
use super::schedule::{Numbering, VxKey};
use crate::calendar::sessions::days_between;
use crate::calendar::{Grid, TimeLeft, VixContract};
use crate::math::exp;
use crate::model::VixMap;
use crate::plan::{HeldVix, Plan};
use crate::pricing::{VarianceTransform, VixOptionTable};
use crate::strategy::layer::{Hold, VixOptionHold};
use crate::units::DAYS_PER_YEAR;
use crate::{Error, Result};

/// Largest error of a mark, VIX points.
pub(super) const VIX_OPTION_ACCURACY: f64 = 1e-3;

/// The contracts that the layers can hold, and a table for each time to expiry and window of VIX that they meet.
#[derive(Debug)]
pub(super) struct VixOptionMarks {
    /// Contracts in play, by expiry.
    contracts: Vec<VixContract>,
    /// Day of the run on which each settles; `None` beyond the horizon.
    settles: Vec<Option<usize>>,
    /// `[day * contracts + contract]`, a number into the tables where a layer can need one.
    numbers: Vec<Option<usize>>,
    tables: Vec<VixOptionTable>,
    /// `exp(-r T)` to the settlement, in the same order as the numbers.
    discounts: Vec<f64>,
    /// What the tables' certificates found.
    pub(super) worst: Worst,
}

/// A contract's marks on one day.
#[derive(Debug, Clone, Copy)]
pub(super) struct VixOptionDay<'a> {
    /// Undiscounted values in every state.
    pub(super) table: &'a VixOptionTable,
    /// What a payment at settlement is worth today.
    pub(super) discount: f64,
}

impl VixOptionMarks {
    /// Builds the tables of all contracts on all days on which some layer of plans of one market can hold them, on all threads.
    ///
    /// # Errors
    /// A table that cannot be built to its accuracy, or an interruption.
    pub(super) fn new(plans: &[&Plan], grid: &Grid, certifier: &Certifier, progress: &dyn Progress) -> Result<Self> {
        let (plan, layers) = (plans[0], || plans.iter().flat_map(|plan| &plan.layers));
        let holds = layers().filter_map(|layer| match &layer.hold {
            Hold::VixOption(hold) => Some(hold),
            Hold::Vx(_) | Hold::Index => None,
        });
        let held = plans.iter().flat_map(|plan| &plan.held_hedges);
        let held = held.filter(|held| matches!(held.of, HeldVix::Option { .. })).map(|held| held.contract);
        let any = layers().any(|layer| is_option(&layer.hold)) || held.clone().count() > 0;
        let mut marks = Self::without_tables(plan, grid, any);
        let mut needed: BTreeSet<(usize, u16)> = holds.flat_map(|hold| marks.lives(grid, hold)).collect();
        for contract in held.map(|contract| marks.number(contract)) {
            let last = marks.settles[usize::from(contract)].unwrap_or(grid.horizon_days());
            needed.extend((0..=last).map(|day| (day, contract)));
        }
        let mut keys = Numbering::default();
        for (day, contract) in needed {
            let key = VxKey::new(grid, day, marks.contract(contract));
            marks.numbers[day * marks.contracts.len() + usize::from(contract)] = Some(keys.number(key));
        }
        let keys = keys.into_keys();
        let transforms = transforms(plan, &keys)?;
        let law = plan.model.risk_neutral();
        let tables: Result<Vec<Certified<VixOptionTable>>> = keys
            .par_iter()
            .map(|key| {
                if progress.interrupted() {
                    return Err(Error::Interrupted);
                }
                let (map, transform) = &transforms[&key.window];
                let years = plan.clock.years(key.time_left);
                certifier.build(VIX_OPTION_ACCURACY, |accuracy| match transform {
                    Some(transform) => VixOptionTable::sharing(transform, years, accuracy),
                    None => VixOptionTable::build(law, years, map, accuracy),
                })
            })
            .collect();
        for Certified { mut table, worst } in tables? {
            // The transforms take more room than the tables, and are no longer needed.
            table.keep_to_itself();
            marks.tables.push(table);
            marks.worst.merge(&worst);
        }
        Ok(marks)
    }

    fn without_tables(plan: &Plan, grid: &Grid, any: bool) -> Self {
        let contracts = if any { in_play(grid) } else { Vec::new() };
        let days = grid.horizon_days() + 1;
        let discounts = (0..days).flat_map(|day| contracts.iter().map(move |contract| (day, contract)));
        let discounts = discounts.map(|(day, contract)| {
            let days = days_between(grid.date(day), contract.settlement_close).max(0);
            exp(-plan.market.rate * days as f64 / DAYS_PER_YEAR)
        });
        Self {
            settles: contracts.iter().map(|contract| grid.index_of(contract.settlement_close)).collect(),
            numbers: vec![None; days * contracts.len()],
            tables: Vec::new(),
            discounts: discounts.collect(),
            contracts,
            worst: Worst::default(),
        }
    }

    /// The days on which a layer can hold a contract: from the first on which it takes it to the one on which it rolls out
    /// of it or is paid out.
    fn lives(&self, grid: &Grid, hold: &VixOptionHold) -> Vec<(usize, u16)> {
        let (picks, first_kept) = (self.picks(grid, hold), self.first_kept(grid, hold.roll_days));
        let mut lives = Vec::new();
        let mut taken: Vec<u16> = Vec::new();
        for day in 0..picks.len() {
            if !taken.contains(&picks[day]) {
                taken.push(picks[day]);
            }
            lives.extend(taken.iter().map(|&contract| (day, contract)));
            taken.retain(|&contract| contract >= first_kept[day] && !self.settles_on(contract, day));
        }
        lives
    }

    /// A contract's marks on a day on which a layer can hold it.
    #[must_use]
    pub(super) fn day(&self, day: usize, contract: u16) -> VixOptionDay<'_> {
        let index = day * self.contracts.len() + usize::from(contract);
        match self.numbers[index] {
            Some(number) => VixOptionDay { table: &self.tables[number], discount: self.discounts[index] },
            None => unreachable!("no layer holds contract {contract} on day {day}"),
        }
    }

    /// The number of a contract in play.
    #[must_use]
    pub(super) fn number(&self, contract: VixContract) -> u16 {
        self.contracts.partition_point(|other| other.expiry < contract.expiry) as u16
    }

    /// A contract.
    #[must_use]
    pub(super) fn contract(&self, number: u16) -> VixContract {
        self.contracts[usize::from(number)]
    }

    /// Whether a contract settles at the close of a day.
    #[must_use]
    pub(super) fn settles_on(&self, contract: u16, day: usize) -> bool {
        self.settles[usize::from(contract)] == Some(day)
    }

    /// The contract that a layer takes on each day: the listed one nearest to the days aimed at, the earlier of two equally
    /// near, of those with more than `roll_days` to their expiry.
    #[must_use]
    pub(super) fn picks(&self, grid: &Grid, hold: &VixOptionHold) -> Vec<u16> {
        let pick = |&date| {
            let first = VixContract::held(date, 1, hold.roll_days);
            let listed = VixContract::listed(date).filter(|contract| contract.expiry >= first.expiry);
            let distance = |contract: &VixContract| (days_between(date, contract.expiry) - i64::from(hold.days)).abs();
            let nearest = listed.min_by_key(distance).unwrap_or(first);
            self.contracts.partition_point(|contract| contract.expiry < nearest.expiry) as u16
        };
        grid.dates().iter().map(pick).collect()
    }

    /// The first contract with more than `roll_days` to its expiry, by day.
    #[must_use]
    pub(super) fn first_kept(&self, grid: &Grid, roll_days: u32) -> Vec<u16> {
        let first = |&date| VixContract::held(date, 1, roll_days).expiry;
        let number = |expiry| self.contracts.partition_point(|contract| contract.expiry < expiry) as u16;
        grid.dates().iter().map(first).map(number).collect()
    }

    /// All tables.
    #[must_use]
    pub(super) fn tables(&self) -> &[VixOptionTable] {
        &self.tables
    }
}

fn is_option(hold: &Hold) -> bool {
    matches!(hold, Hold::VixOption(_))
}

/// All contracts listed on some day of the run.
fn in_play(grid: &Grid) -> Vec<VixContract> {
    let last = grid.date(grid.horizon_days());
    let beyond = VixContract::listed(last).map(|contract| contract.expiry).max().unwrap_or(last);
    let first = VixContract::held(grid.date(0), 1, 0);
    std::iter::successors(Some(first), |contract| Some(contract.next()))
        .take_while(|contract| contract.expiry <= beyond)
        .collect()
}

/// By window of VIX its map and, where the law has no closed form, the transform that all its tables share.
type Transforms = BTreeMap<TimeLeft, (VixMap, Option<Arc<VarianceTransform>>)>;

fn transforms(plan: &Plan, keys: &[VxKey]) -> Result<Transforms> {
    let law = plan.model.risk_neutral();
    let mut longest: BTreeMap<TimeLeft, f64> = BTreeMap::new();
    for key in keys {
        let years = longest.entry(key.window).or_default();
        *years = years.max(plan.clock.years(key.time_left));
    }
    let transform = |(window, years): (TimeLeft, f64)| {
        let map = VixMap::new(law, plan.clock.years(window))?;
        Ok((window, (map, VarianceTransform::new(law, &map, years).map(Arc::new))))
    };
    longest.into_iter().map(transform).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::instrument::OptionKind;
    use crate::strategy::Rule;
    use crate::strategy::layer::StrikeChoice;

    #[test]
    fn a_layer_takes_the_contract_nearest_to_its_days_that_does_not_roll_at_once() {
        let grid = Grid::new(date(2026, 11, 20), 30).unwrap();
        let plan = crate::scenario::load(crate::scenario::Source::BuiltIn, &[]).unwrap();
        let marks = VixOptionMarks::without_tables(&plan, &grid, true);
        let expiry = |days, roll_days, day: usize| {
            let hold = VixOptionHold {
                kind: OptionKind::Call,
                strike: StrikeChoice::Delta(0.5),
                short: None,
                days,
                roll_days,
                roll_every: None,
                refresh: Rule::always(),
            };
            marks.contract(marks.picks(&grid, &hold)[day]).expiry
        };
        // 20 November: 16 December is 26 days ahead, 20 January 61, 17 March 117, 16 June 208, 18 August 271.
        assert_eq!(expiry(30, 0, 0), date(2026, 12, 16));
        assert_eq!(expiry(30, 26, 0), date(2027, 1, 20));
        assert_eq!(expiry(110, 21, 0), date(2027, 3, 17));
        assert_eq!(expiry(220, 21, 0), date(2027, 6, 16));
        assert_eq!(expiry(270, 0, 0), date(2027, 8, 18));
        // At the close at which December settles the next one is January.
        assert_eq!(grid.date(16), date(2026, 12, 15));
        assert_eq!([expiry(1, 0, 15), expiry(1, 0, 16)], [date(2026, 12, 16), date(2027, 1, 20)]);
    }
}
