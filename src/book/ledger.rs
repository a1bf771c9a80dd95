//! Cash by component, compounded at the cash rate, beside an account that counts the same money on its own.
//!
//! Cash is kept in money of the first day: a flow `f` on a day with discount factor `D` adds `f D`, and is worth
//! `f D / D_T` at the end, as if it had earned the cash rate. What a component made over cash is therefore
//! `cash / D + mark`, and doing nothing makes nothing.

use std::ops::Range;

use super::journal::{Entry, Journal};
use crate::math::rows::{add_scaled, add_scaled_product, add_scaled_sum};

/// The part of the P&L that a flow belongs to: an index into the plan's components.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComponentId(pub usize);

/// Whose money a flow is. The hedged account holds both, the unhedged one only the condors'.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Condors and their costs.
    Condors,
    /// Layers and their costs.
    Hedge,
}

/// The ledger of a batch of paths.
#[derive(Debug, Default)]
pub struct Ledger {
    lanes: usize,
    /// The first component that it keeps.
    first: usize,
    discount: f64,
    cash: Vec<f64>,
    marks: Vec<f64>,
    /// Whether a component was ever stated to be worth something.
    is_marked: Vec<bool>,
    accounts: [Vec<f64>; 2],
    /// Every fill, where it is kept.
    pub journal: Option<Journal>,
}

impl Ledger {
    /// Empties the ledger for a batch of `lanes` paths; it keeps these parts of the P&L, all or those of one side.
    pub fn reset(&mut self, lanes: usize, components: Range<usize>) {
        self.lanes = lanes;
        self.first = components.start;
        self.discount = 1.0;
        if let Some(journal) = &mut self.journal {
            journal.entries.clear();
            journal.verdicts.clear();
        }
        for values in [&mut self.cash, &mut self.marks] {
            values.clear();
            values.resize(lanes * components.len(), 0.0);
        }
        self.is_marked.clear();
        self.is_marked.resize(components.len(), false);
        for account in &mut self.accounts {
            account.clear();
            account.resize(lanes, 0.0);
        }
    }

    /// Where the values of a component lie.
    fn row(&self, component: ComponentId) -> Range<usize> {
        let row = component.0 - self.first;
        row * self.lanes..(row + 1) * self.lanes
    }

    /// Moves on to a day with that discount factor; flows posted from now on are of that day.
    pub fn open_day(&mut self, discount: f64) {
        self.discount = discount;
    }

    /// Credits a component with `amount` USD (debits it where negative).
    pub fn post(&mut self, component: ComponentId, lane: usize, amount: f64) {
        let at = self.row(component).start + lane;
        self.cash[at] += amount * self.discount;
    }

    /// Pays `amount` USD into the account, as one sum for a whole fill.
    pub fn pay(&mut self, side: Side, lane: usize, amount: f64) {
        self.accounts[side as usize][lane] += amount * self.discount;
    }

    /// Credits a component with what positions gain at `per_unit` USD, a value a path each.
    pub fn post_gains(&mut self, component: ComponentId, positions: &[f64], per_unit: &[f64]) {
        let row = self.row(component);
        add_scaled_product(&mut self.cash[row], positions, per_unit, self.discount);
    }

    /// Pays what positions gain into the account, USD.
    pub fn pay_gains(&mut self, side: Side, positions: &[f64], per_unit: &[f64]) {
        add_scaled_product(&mut self.accounts[side as usize][..self.lanes], positions, per_unit, self.discount);
    }

    /// Writes a fill down, where a journal is kept.
    pub fn note(&mut self, entry: impl FnOnce() -> Entry) {
        if let Some(journal) = &mut self.journal {
            journal.entries.push(entry());
        }
    }

    /// States what a component's open positions of all lanes are worth, USD.
    pub fn marks_mut(&mut self, component: ComponentId) -> &mut [f64] {
        let row = self.row(component);
        self.is_marked[component.0 - self.first] = true;
        &mut self.marks[row]
    }

    /// Profit of a component so far over cash, USD of the current day.
    #[must_use]
    pub fn component_pnl(&self, component: ComponentId, lane: usize) -> f64 {
        let index = self.row(component).start + lane;
        self.cash[index] / self.discount + self.marks[index]
    }

    /// Cash of a component in money of the first day, and what its open positions are worth, USD a path.
    #[must_use]
    pub fn rows(&self, component: ComponentId) -> (&[f64], &[f64]) {
        let row = self.row(component);
        (&self.cash[row.clone()], &self.marks[row])
    }

    /// What the open positions of a component are worth, USD.
    #[must_use]
    pub fn mark(&self, component: ComponentId, lane: usize) -> f64 {
        self.marks[self.row(component).start + lane]
    }

    /// Profit of some components together over cash, USD of the current day, for all lanes.
    pub fn sum_pnl(&self, components: Range<usize>, pnl: &mut [f64]) {
        pnl.fill(0.0);
        self.add_pnl(components, pnl);
    }

    /// Adds the profit of some components over cash to what is there, component after component, USD of the current day.
    pub fn add_pnl(&self, components: Range<usize>, pnl: &mut [f64]) {
        assert_eq!(pnl.len(), self.lanes);
        let to_today = 1.0 / self.discount;
        for component in components.map(ComponentId) {
            let row = self.row(component);
            let cash = &self.cash[row.clone()];
            if self.is_marked[component.0 - self.first] {
                add_scaled_sum(pnl, cash, to_today, &self.marks[row]);
            } else {
                add_scaled(pnl, cash, to_today);
            }
        }
    }

    /// Takes components of some paths, by their numbers here, over from a ledger of just these.
    pub fn take_over(&mut self, components: Range<usize>, lanes: &[usize], from: &Self) {
        for component in components.map(ComponentId) {
            let (to, of) = (self.row(component), from.row(component));
            for (to, from) in [
                (&mut self.cash[to.clone()], &from.cash[of.clone()]),
                (&mut self.marks[to.clone()], &from.marks[of.clone()]),
            ] {
                lanes.iter().zip(from).for_each(|(&lane, &value)| to[lane] = value);
            }
        }
    }

    /// Adds what a side's account has made in cash over cash at the start, USD of the current day, for all lanes.
    pub fn add_cash(&self, side: Side, cash: &mut [f64]) {
        let to_today = 1.0 / self.discount;
        cash.iter_mut().zip(&self.accounts[side as usize]).for_each(|(cash, &flows)| *cash += flows * to_today);
    }

    /// Profit of a side as its account has it: cash of fills, counted apart from the components, and open positions.
    pub fn account_pnl(&self, side: Side, components: Range<usize>, pnl: &mut [f64]) {
        assert_eq!(pnl.len(), self.lanes);
        let to_today = 1.0 / self.discount;
        for (pnl, &cash) in pnl.iter_mut().zip(&self.accounts[side as usize]) {
            *pnl = cash * to_today;
        }
        for component in components.filter(|component| self.is_marked[component - self.first]) {
            let marks = &self.marks[self.row(ComponentId(component))];
            pnl.iter_mut().zip(marks).for_each(|(pnl, mark)| *pnl += mark);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_earns_the_cash_rate_from_its_day_on() {
        let mut ledger = Ledger::default();
        ledger.reset(2, 0..1);
        ledger.open_day(0.5);
        ledger.post(ComponentId(0), 1, 100.0);
        ledger.open_day(0.25);
        assert_eq!(ledger.component_pnl(ComponentId(0), 1), 200.0);
        assert_eq!(ledger.component_pnl(ComponentId(0), 0), 0.0);
        ledger.marks_mut(ComponentId(0))[1] = -30.0;
        assert_eq!(ledger.component_pnl(ComponentId(0), 1), 170.0);
    }

    #[test]
    fn the_account_counts_the_same_money_apart() {
        let mut ledger = Ledger::default();
        ledger.reset(1, 0..2);
        ledger.open_day(1.0);
        ledger.post(ComponentId(0), 0, 10.0);
        ledger.post(ComponentId(1), 0, -3.0);
        ledger.pay(Side::Condors, 0, 7.0);
        ledger.open_day(0.5);
        ledger.marks_mut(ComponentId(1))[0] = 4.0;
        let (mut parts, mut account) = ([0.0], [0.0]);
        ledger.sum_pnl(0..2, &mut parts);
        ledger.account_pnl(Side::Condors, 0..2, &mut account);
        assert_eq!((parts, account), ([18.0], [18.0]));
        ledger.account_pnl(Side::Hedge, 0..0, &mut account);
        assert_eq!(account, [0.0]);
    }
}
