//! Cash by component, compounded at the cash rate, beside an account that counts the same money on its own.
//!
//! Cash is kept in money of the first day: a flow `f` on a day with discount factor `D` adds `f D`, and is worth
//! `f D / D_T` at the end, as if it had earned the cash rate. What a component made over cash is therefore
//! `cash / D + mark`, and doing nothing makes nothing.

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
    discount: f64,
    cash: Vec<f64>,
    marks: Vec<f64>,
    accounts: [Vec<f64>; 2],
}

impl Ledger {
    /// Empties the ledger for a batch of `lanes` paths with `components` parts of the P&L.
    pub fn reset(&mut self, lanes: usize, components: usize) {
        self.lanes = lanes;
        self.discount = 1.0;
        for values in [&mut self.cash, &mut self.marks] {
            values.clear();
            values.resize(lanes * components, 0.0);
        }
        for account in &mut self.accounts {
            account.clear();
            account.resize(lanes, 0.0);
        }
    }

    /// Moves on to a day with that discount factor; flows posted from now on are of that day.
    pub fn open_day(&mut self, discount: f64) {
        self.discount = discount;
    }

    /// Credits a component with `amount` USD (debits it where negative).
    pub fn post(&mut self, component: ComponentId, lane: usize, amount: f64) {
        self.cash[component.0 * self.lanes + lane] += amount * self.discount;
    }

    /// Pays `amount` USD into the account, as one sum for a whole fill.
    pub fn pay(&mut self, side: Side, lane: usize, amount: f64) {
        self.accounts[side as usize][lane] += amount * self.discount;
    }

    /// States what a component's open positions of all lanes are worth, USD.
    pub fn marks_mut(&mut self, component: ComponentId) -> &mut [f64] {
        &mut self.marks[component.0 * self.lanes..][..self.lanes]
    }

    /// Profit of a component so far over cash, USD of the current day.
    #[must_use]
    pub fn component_pnl(&self, component: ComponentId, lane: usize) -> f64 {
        let index = component.0 * self.lanes + lane;
        self.cash[index] / self.discount + self.marks[index]
    }

    /// Cash that a side's fills have left, USD of the current day, counted apart from the components.
    #[must_use]
    pub fn account_cash(&self, side: Side, lane: usize) -> f64 {
        self.accounts[side as usize][lane] / self.discount
    }

    /// What the open positions of some components are worth together, USD.
    #[must_use]
    pub fn marked(&self, components: std::ops::Range<usize>, lane: usize) -> f64 {
        components.map(|component| self.marks[component * self.lanes + lane]).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_earns_the_cash_rate_from_its_day_on() {
        let mut ledger = Ledger::default();
        ledger.reset(2, 1);
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
        ledger.reset(1, 2);
        ledger.open_day(1.0);
        ledger.post(ComponentId(0), 0, 10.0);
        ledger.post(ComponentId(1), 0, -3.0);
        ledger.pay(Side::Condors, 0, 7.0);
        ledger.open_day(0.5);
        let parts = ledger.component_pnl(ComponentId(0), 0) + ledger.component_pnl(ComponentId(1), 0);
        assert_eq!(parts, ledger.account_cash(Side::Condors, 0));
        assert_eq!(ledger.account_cash(Side::Hedge, 0), 0.0);
    }
}
