//! Marks of VIX options, and which contract each layer of them takes on which day.
//!
//! An option is marked off the VX of its own expiry, never off spot VIX, at the model's price of its payoff discounted at
//! the cash rate; at the close at which its contract settles the mark is what it pays.

use std::sync::OnceLock;

use crate::calendar::grid::window_after;
use crate::calendar::sessions::days_between;
use crate::calendar::{Grid, VixContract};
use crate::error::DomainError;
use crate::math::exp;
use crate::model::VixMap;
use crate::plan::Plan;
use crate::pricing::VixOptionTable;
use crate::strategy::layer::{Hold, VixOptionHold};
use crate::units::{DAYS_PER_YEAR, VIX_WINDOW_DAYS};
use crate::{Error, Result};

/// Largest error of a mark, VIX points.
const ACCURACY: f64 = 1e-2;

type LazyTable = OnceLock<std::result::Result<VixOptionTable, DomainError>>;

/// The tables of a run, one for each contract on each day before it settles. Each is built when it is first asked for; the
/// marks do not depend on when.
#[derive(Debug)]
pub(super) struct VixOptionMarks {
    /// Contracts in play, by expiry.
    contracts: Vec<VixContract>,
    /// Day of the run on which each settles; `None` beyond the horizon.
    settles: Vec<Option<usize>>,
    /// `[day * contracts + contract]`.
    tables: Vec<LazyTable>,
    /// `exp(-r T)` to the settlement, in the same order.
    discounts: Vec<f64>,
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
    /// No table yet, for all contracts that the layers can hold.
    pub(super) fn new(plan: &Plan, grid: &Grid) -> Self {
        let holds_options = |hold: &Hold| matches!(hold, Hold::VixOption(_));
        let contracts = if plan.layers.iter().any(|layer| holds_options(&layer.hold)) { in_play(grid) } else { Vec::new() };
        let days = grid.horizon_days() + 1;
        let discounts = (0..days).flat_map(|day| contracts.iter().map(move |contract| (day, contract)));
        let discounts = discounts.map(|(day, contract)| {
            let days = days_between(grid.date(day), contract.settlement_close).max(0);
            exp(-plan.market.rate * days as f64 / DAYS_PER_YEAR)
        });
        Self {
            settles: contracts.iter().map(|contract| grid.index_of(contract.settlement_close)).collect(),
            tables: (0..days * contracts.len()).map(|_| OnceLock::new()).collect(),
            discounts: discounts.collect(),
            contracts,
        }
    }

    /// A contract's marks on a day that is not after its settlement.
    ///
    /// # Errors
    /// None for a model that a plan can have.
    pub(super) fn day(&self, plan: &Plan, grid: &Grid, day: usize, contract: u16) -> Result<VixOptionDay<'_>> {
        let index = day * self.contracts.len() + usize::from(contract);
        let build = || {
            let contract = self.contracts[usize::from(contract)];
            let law = plan.model.risk_neutral();
            let map = VixMap::new(law, plan.clock.years(window_after(contract.expiry, VIX_WINDOW_DAYS)))?;
            let years = plan.clock.years(grid.time_left(day, contract.settlement_close));
            VixOptionTable::build(law, years, &map, ACCURACY)
        };
        let table = self.tables[index].get_or_init(build).as_ref().map_err(|error| Error::Domain(error.clone()))?;
        Ok(VixOptionDay { table, discount: self.discounts[index] })
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

    /// The tables that were built.
    pub(super) fn built(&self) -> impl Iterator<Item = &VixOptionTable> {
        self.tables.iter().filter_map(|table| table.get()?.as_ref().ok())
    }
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
        let marks = VixOptionMarks { contracts: in_play(&grid), settles: vec![], tables: vec![], discounts: vec![] };
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
        // 20 November: 16 December is 26 days ahead, 20 January 61, 17 March 117, 16 June 208, 21 July 243.
        assert_eq!(expiry(30, 0, 0), date(2026, 12, 16));
        assert_eq!(expiry(30, 26, 0), date(2027, 1, 20));
        assert_eq!(expiry(110, 21, 0), date(2027, 3, 17));
        assert_eq!(expiry(220, 21, 0), date(2027, 6, 16));
        assert_eq!(expiry(270, 0, 0), date(2027, 7, 21));
        // At the close at which December settles the next one is January.
        assert_eq!(grid.date(16), date(2026, 12, 15));
        assert_eq!([expiry(1, 0, 15), expiry(1, 0, 16)], [date(2026, 12, 16), date(2027, 1, 20)]);
    }
}
