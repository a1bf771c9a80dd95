//! A net position in one VX contract per path: daily variation, trades and rolls.
//!
//! Futures are worth nothing between closes: what they gain is paid the same day. A roll closes the expiring contract
//! and opens the next; of a position that grows or shrinks on that day only the part that is carried over is a roll.

use super::cost::Costs;
use crate::units::VX_MULTIPLIER;

/// What moving from one position to another costs, USD.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TradeCost {
    /// Commissions of trades that change the position.
    pub fees_usd: f64,
    /// Half-spreads of trades that change the position.
    pub spread_usd: f64,
    /// Commissions and half-spreads of carrying a position into the next contract.
    pub roll_usd: f64,
}

/// Whether the contract held yesterday is still the one to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contract {
    /// The same contract.
    Same,
    /// The position moves to another contract, and the old one is closed in the market.
    Rolled,
    /// The old contract settled in cash today: closing it costs nothing.
    Settled,
}

/// What it costs to go from `held` contracts of yesterday's contract to `target` of today's, at today's VIX.
#[must_use]
pub fn trade_cost(held: f64, target: f64, contract: Contract, vix: f64, costs: &Costs) -> TradeCost {
    let half_spread_usd = costs.vx_half_spread(vix) * VX_MULTIPLIER;
    let one_side = costs.vx_fee + half_spread_usd;
    let carried = if held * target > 0.0 { held.abs().min(target.abs()) } else { 0.0 };
    let (traded, rolled_sides) = match contract {
        Contract::Same => ((target - held).abs(), 0.0),
        Contract::Rolled => (held.abs() + target.abs() - 2.0 * carried, 2.0),
        Contract::Settled => (target.abs() - carried, 1.0),
    };
    TradeCost {
        fees_usd: traded * costs.vx_fee,
        spread_usd: traded * half_spread_usd,
        roll_usd: rolled_sides * carried * one_side,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(held: f64, target: f64, contract: Contract) -> [f64; 3] {
        let costs = Costs { vx_fee: 3.0, vx_half_spread: 0.025, ..Costs::default() };
        let TradeCost { fees_usd, spread_usd, roll_usd } = trade_cost(held, target, contract, 15.0, &costs);
        [fees_usd, spread_usd, roll_usd]
    }

    #[test]
    fn an_unchanged_position_costs_nothing_and_a_reversal_pays_for_both_sides() {
        assert_eq!(cost(3.0, 3.0, Contract::Same), [0.0; 3]);
        assert_eq!(cost(3.0, -2.0, Contract::Same), [15.0, 125.0, 0.0]);
    }

    #[test]
    fn only_the_part_carried_over_is_a_roll() {
        assert_eq!(cost(3.0, 3.0, Contract::Rolled), [0.0, 0.0, 2.0 * 3.0 * 28.0]);
        assert_eq!(cost(3.0, 5.0, Contract::Rolled), [6.0, 50.0, 2.0 * 3.0 * 28.0]);
        assert_eq!(cost(3.0, 0.0, Contract::Rolled), [9.0, 75.0, 0.0]);
        assert_eq!(cost(-3.0, 2.0, Contract::Rolled), [15.0, 125.0, 0.0]);
    }

    #[test]
    fn a_contract_that_settles_is_not_closed_in_the_market() {
        assert_eq!(cost(3.0, 0.0, Contract::Settled), [0.0; 3]);
        assert_eq!(cost(3.0, 3.0, Contract::Settled), [0.0, 0.0, 3.0 * 28.0]);
        assert_eq!(cost(2.0, 3.0, Contract::Settled), [3.0, 25.0, 2.0 * 28.0]);
    }
}
