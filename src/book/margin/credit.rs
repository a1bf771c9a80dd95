//! A credit line beside the broker, what it and debt cost, and whether the account can pay what falls due.
//!
//! ```text
//! drawn         min(limit, what the rule asks for); at the broker it is equity, in the P&L it is none
//!   margin      initial margin - equity            hedge   what the hedge ties up            both   the larger
//! interest      drawn x e^(r dt) (e^(s dt) - 1) a day over cash, s the spread of the line; a balance below 0 pays its own
//! quick ratio   (cash + drawn) / (margin deficit + debit to close options sold + drawn),  at most 100
//! ```
//!
//! What is drawn stands in cash and in debt, so that it changes equity by its interest alone. It is paid back at the first
//! close at which the rule does not ask for it.

use serde::{Deserialize, Serialize};

/// What a credit line is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Draw {
    /// To bring equity up to initial margin.
    #[default]
    Margin,
    /// To carry the margin and the premium of the hedge.
    Hedge,
    /// For whichever takes more.
    Both,
}

/// A credit line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CreditLine {
    /// The most that can be drawn, USD; 0: there is no line.
    pub limit: f64,
    /// Interest a year over the cash rate, continuously compounded.
    pub spread: f64,
    /// What it is drawn for.
    pub draw: Draw,
    /// Interest a year over the cash rate on a balance below 0.
    pub debt_spread: f64,
}

impl Default for CreditLine {
    fn default() -> Self {
        Self { limit: 0.0, spread: 0.03, draw: Draw::Margin, debt_spread: 0.0 }
    }
}

impl CreditLine {
    /// Whether anything is borrowed at a price of its own.
    #[must_use]
    pub fn has_interest(&self) -> bool {
        self.limit > 0.0 || self.debt_spread > 0.0
    }

    /// What is drawn by an account with `equity` of its own, USD, whose positions ask for `initial_margin` and whose hedge ties
    /// up `hedge`.
    #[must_use]
    pub fn drawn(&self, equity: f64, initial_margin: f64, hedge: f64) -> f64 {
        let margin = initial_margin - equity;
        let wanted = match self.draw {
            Draw::Margin => margin,
            Draw::Hedge => hedge,
            Draw::Both => margin.max(hedge),
        };
        wanted.clamp(0.0, self.limit)
    }
}

/// Which orders a low quick ratio stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuickStop {
    /// New condors.
    Condors,
    /// Layers that would go on.
    Layers,
    /// Both.
    #[default]
    Both,
}

/// The quick ratio that an account keeps.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct QuickFloor {
    /// Below it orders are stopped; 0: none ever is.
    pub floor: f64,
    /// Which.
    pub stops: QuickStop,
}

/// Quick ratios count up to this: who owes nothing has no ratio.
pub const QUICK_MAX: f64 = 100.0;

/// Cash and bills over what falls due, both in USD, from 0 to [`QUICK_MAX`].
#[must_use]
pub fn quick_ratio(cash: f64, due: f64) -> f64 {
    if cash <= 0.0 {
        // Without cash nothing can be paid, unless nothing is due.
        if due > 0.0 || cash < 0.0 { 0.0 } else { QUICK_MAX }
    } else if due * QUICK_MAX <= cash {
        QUICK_MAX
    } else {
        cash / due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_drawn_for_what_its_rule_says_and_up_to_its_limit() {
        let line = |draw| CreditLine { limit: 50_000.0, draw, ..CreditLine::default() };
        for (equity, initial, hedge, [margin, for_hedge, both]) in [
            (200_000.0, 150_000.0, 30_000.0, [0.0, 30_000.0, 30_000.0]),
            (130_000.0, 150_000.0, 10_000.0, [20_000.0, 10_000.0, 20_000.0]),
            (60_000.0, 150_000.0, 70_000.0, [50_000.0, 50_000.0, 50_000.0]),
            (-10_000.0, 0.0, 0.0, [10_000.0, 0.0, 10_000.0]),
        ] {
            let drawn = [Draw::Margin, Draw::Hedge, Draw::Both].map(|draw| line(draw).drawn(equity, initial, hedge));
            assert_eq!(drawn, [margin, for_hedge, both], "{equity}");
        }
        assert!(line(Draw::Both).has_interest() && !CreditLine::default().has_interest());
        assert_eq!(CreditLine::default().drawn(0.0, 1e6, 1e6), 0.0);
    }

    #[test]
    fn the_quick_ratio_has_bounds() {
        for (cash, due, ratio) in [
            (300.0, 200.0, 1.5),
            (300.0, 0.0, QUICK_MAX),
            (300.0, 1.0, QUICK_MAX),
            (0.0, 0.0, QUICK_MAX),
            (0.0, 5.0, 0.0),
            (-5.0, 0.0, 0.0),
            (-5.0, 5.0, 0.0),
        ] {
            assert_eq!(quick_ratio(cash, due), ratio, "{cash} over {due}");
        }
    }
}
