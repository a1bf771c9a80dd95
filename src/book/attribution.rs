//! What a layer's profit came from: carry, which it makes if nothing happens, and the moves that it was bought for.
//!
//! ```text
//! carry of a day = position x (mark in yesterday's state at today's time to expiry - yesterday's mark)
//! trigger        = profit - carry
//! ```
//!
//! so that the two sum to the profit of the layer. What rolls cost is kept by layer as well. Diagnostic splits: they pay
//! into no account.

use crate::math::rows::add_scaled_product;

/// Carry and roll costs by layer over the paths of a batch, in money of the first day as in the ledger.
#[derive(Debug, Default)]
pub struct Attribution {
    lanes: usize,
    discount: f64,
    carry: Vec<f64>,
    roll: Vec<f64>,
}

impl Attribution {
    /// Empties it for a batch of `lanes` paths.
    pub fn reset(&mut self, lanes: usize, layers: usize) {
        self.lanes = lanes;
        self.discount = 1.0;
        for values in [&mut self.carry, &mut self.roll] {
            values.clear();
            values.resize(lanes * layers, 0.0);
        }
    }

    /// Moves on to a day with that discount factor.
    pub fn open_day(&mut self, discount: f64) {
        self.discount = discount;
    }

    /// Adds to the carry of a layer, USD a path: `positions x per_contract`.
    pub fn add_carry(&mut self, layer: usize, positions: &[f64], per_contract: &[f64]) {
        let row = &mut self.carry[layer * self.lanes..][..self.lanes];
        add_scaled_product(row, positions, per_contract, self.discount);
    }

    /// Charges a roll to a layer, USD.
    pub fn add_roll_cost(&mut self, layer: usize, lane: usize, usd: f64) {
        self.roll[layer * self.lanes + lane] -= usd * self.discount;
    }

    /// Takes some paths, by their numbers here, over from an attribution of just these.
    pub fn take_over(&mut self, lanes: &[usize], from: &Self) {
        self.discount = from.discount;
        for (to, from) in [(&mut self.carry, &from.carry), (&mut self.roll, &from.roll)] {
            for (to, from) in to.chunks_exact_mut(self.lanes).zip(from.chunks_exact(lanes.len())) {
                lanes.iter().zip(from).for_each(|(&lane, &value)| to[lane] = value);
            }
        }
    }

    /// What a layer made by carry over cash, USD of the current day.
    #[must_use]
    pub fn carry_pnl(&self, layer: usize, lane: usize) -> f64 {
        self.carry[layer * self.lanes + lane] / self.discount
    }

    /// What rolls of a layer made over cash, USD of the current day: not positive, but for what a layer takes off those
    /// below.
    #[must_use]
    pub fn roll_pnl(&self, layer: usize, lane: usize) -> f64 {
        self.roll[layer * self.lanes + lane] / self.discount
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carry_and_rolls_earn_the_cash_rate_from_their_day_on() {
        let mut attribution = Attribution::default();
        attribution.reset(2, 2);
        attribution.open_day(0.5);
        attribution.add_carry(1, &[3.0, 0.0], &[-10.0, -10.0]);
        attribution.add_roll_cost(0, 1, 4.0);
        attribution.open_day(0.25);
        assert_eq!([0, 1].map(|lane| attribution.carry_pnl(1, lane)), [-60.0, 0.0]);
        assert_eq!([0, 1].map(|lane| attribution.roll_pnl(0, lane)), [0.0, -8.0]);
    }
}
