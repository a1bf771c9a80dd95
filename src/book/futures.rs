//! A net position in one VX contract per path: daily variation, trades and rolls.
//!
//! Futures are worth nothing between closes: what they gain is paid the same day. A roll closes the expiring contract
//! and opens the next; of a position that grows or shrinks on that day only the part that is carried over is a roll.

/// What one side of a trade in one contract costs, USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SideCost {
    /// Commission.
    pub fee_usd: f64,
    /// Half-spread.
    pub spread_usd: f64,
}

/// What moving from one position to another costs, USD.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TradeCost {
    /// Commissions of trades that change the position.
    pub fees_usd: f64,
    /// Half-spreads of trades that change the position.
    pub spread_usd: f64,
    /// Commissions and half-spreads of carrying a position into another contract.
    pub roll_usd: f64,
}

impl TradeCost {
    /// All of it.
    #[must_use]
    pub fn total_usd(self) -> f64 {
        self.fees_usd + self.spread_usd + self.roll_usd
    }
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

impl Contract {
    /// Contracts traded in the market to go from `held` of yesterday's contract to `target` of today's.
    #[must_use]
    pub fn sides(self, held: f64, target: f64) -> f64 {
        match self {
            Self::Same => (target - held).abs(),
            Self::Rolled => held.abs() + target.abs(),
            Self::Settled => target.abs(),
        }
    }

    /// The most that is traded in one contract on that way: what an order is as large as.
    #[must_use]
    pub fn largest_order(self, held: f64, target: f64) -> f64 {
        match self {
            Self::Rolled => held.abs().max(target.abs()),
            Self::Same | Self::Settled => self.sides(held, target),
        }
    }
}

/// Of a position that goes from `held` to `target` the part that is in both.
#[must_use]
pub fn kept(held: f64, target: f64) -> f64 {
    if held * target > 0.0 { held.abs().min(target.abs()) } else { 0.0 }
}

/// What it costs to go from `held` contracts of yesterday's contract to `target` of today's.
#[must_use]
pub fn trade_cost(held: f64, target: f64, contract: Contract, side: SideCost) -> TradeCost {
    let carried = kept(held, target);
    let (traded, rolled_sides) = match contract {
        Contract::Same => ((target - held).abs(), 0.0),
        Contract::Rolled => (held.abs() + target.abs() - 2.0 * carried, 2.0),
        Contract::Settled => (target.abs() - carried, 1.0),
    };
    TradeCost {
        fees_usd: traded * side.fee_usd,
        spread_usd: traded * side.spread_usd,
        roll_usd: rolled_sides * carried * (side.fee_usd + side.spread_usd),
    }
}

/// What `sides` contracts traded cost, of which up to `rolling` would have been traded at an unchanged size.
#[must_use]
pub fn rebalance_cost(sides: f64, rolling: f64, side: SideCost) -> TradeCost {
    let rolled = rolling.min(sides);
    TradeCost {
        fees_usd: (sides - rolled) * side.fee_usd,
        spread_usd: (sides - rolled) * side.spread_usd,
        roll_usd: rolled * (side.fee_usd + side.spread_usd),
    }
}

/// Splits a position over contracts by their shares, which sum to 1.
///
/// A whole number of contracts is split into whole numbers: each rounds where the shares so far add up to, so that the
/// parts sum to the total.
pub fn split(total: f64, shares: impl Iterator<Item = f64>, whole: bool, parts: &mut [f64]) {
    let (mut share_so_far, mut placed) = (0.0, 0.0);
    let last = parts.len() - 1;
    for ((index, part), share) in parts.iter_mut().enumerate().zip(shares) {
        share_so_far += share;
        let upto = if index == last { total } else { total * share_so_far };
        *part = match whole {
            true => upto.round() - placed,
            false => total * share,
        };
        placed += *part;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(held: f64, target: f64, contract: Contract) -> [f64; 3] {
        let side = SideCost { fee_usd: 3.0, spread_usd: 25.0 };
        let TradeCost { fees_usd, spread_usd, roll_usd } = trade_cost(held, target, contract, side);
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
    #[test]
    fn of_a_rebalancing_only_what_an_unchanged_size_would_trade_is_a_roll() {
        let side = SideCost { fee_usd: 3.0, spread_usd: 25.0 };
        let cost = |sides, rolling| {
            let TradeCost { fees_usd, spread_usd, roll_usd } = rebalance_cost(sides, rolling, side);
            [fees_usd, spread_usd, roll_usd]
        };
        assert_eq!(cost(3.0, 1.0), [6.0, 50.0, 28.0]);
        assert_eq!(cost(0.5, 1.0), [0.0, 0.0, 14.0]);
        let contracts = [Contract::Same, Contract::Rolled, Contract::Settled];
        assert_eq!(contracts.map(|contract| contract.sides(3.0, 1.0)), [2.0, 4.0, 1.0]);
        assert_eq!(contracts.map(|contract| contract.largest_order(3.0, 1.0)), [2.0, 3.0, 1.0]);
    }

    #[test]
    fn parts_of_a_position_sum_to_it() {
        let mut parts = [0.0; 4];
        for (total, whole, expected) in [
            (10.0, true, [2.0, 3.0, 4.0, 1.0]),
            (-3.0, true, [-1.0, -1.0, -1.0, 0.0]),
            (10.0, false, [2.0, 10.0 / 3.0, 10.0 / 3.0, 4.0 / 3.0]),
        ] {
            let shares = [0.2, 1.0 / 3.0, 1.0 / 3.0, 0.4 / 3.0];
            split(total, shares.into_iter(), whole, &mut parts);
            assert!(parts.iter().zip(expected).all(|(part, expected)| (part - expected).abs() < 1e-14), "{parts:?}");
            assert!((parts.iter().sum::<f64>() - total).abs() < 1e-14);
        }
    }
}
