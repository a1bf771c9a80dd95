//! A hedge layer: what to hold, how much of it, when to be on.
//!
//! A layer goes on when `enter` holds and `exit` does not; `exit` wins when both hold. On it stays for `min_days` at least,
//! off for `cool_down_days`. Its size is one of
//!
//! ```text
//! contracts                                       as given
//! contracts x condor risk / per_condor_risk
//! weight x equity / value of one contract         moving by at most max_change of equity a day
//! share x equity / premium of one contract        options alone; or share x credit of the open condors
//! ```
//!
//! in whole contracts: the nearest, halves away from zero; for a share spent on premium the next below, so that no more
//! is spent than the share. Of layers that hold the same instrument with `level = "total"` the highest that is on sets
//! the total, and each carries what its total adds to the total of those below it; `level = "add"` stacks.

use multiversion::multiversion;
use serde::{Deserialize, Serialize};

use super::rule::Rule;
use crate::instrument::OptionKind;

/// How layers that hold the same instrument combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The highest layer that is on sets the total; a layer's ledger carries what its total adds to those below.
    #[default]
    Total,
    /// Layers stack.
    Add,
}

/// When the size of a layer follows what it is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Resize {
    /// Every day.
    #[default]
    #[serde(rename = "daily")]
    Daily,
    /// When the layer goes on, and then no more.
    #[serde(rename = "at entry")]
    AtEntry,
}

/// What a layer holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Hold {
    /// VIX futures.
    Vx(VxHold),
    /// Options on VIX.
    VixOption(VixOptionHold),
    /// The index with its dividends, paid for out of cash.
    Index,
}

/// Which VIX futures a layer holds, and how they roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VxHold {
    /// Which VX, 1 for the front month.
    pub month: u8,
    /// The last month of a position that rolls every day from `month` towards it, at constant maturity.
    pub last_month: Option<u8>,
    /// Mini contracts, a tenth of the size.
    pub mini: bool,
    /// Calendar days before expiry at which the position rolls to the next contract.
    pub roll_days: u32,
    /// Trading days after which the position moves to what is then the month; a month that stays below is kept.
    pub roll_every: Option<u32>,
}

/// Which VIX options a layer holds, and how they roll.
#[derive(Debug, Clone, PartialEq)]
pub struct VixOptionHold {
    /// Put or call.
    pub kind: OptionKind,
    /// The option.
    pub strike: StrikeChoice,
    /// The option of a spread on the other side, of the same expiry and kind.
    pub short: Option<StrikeChoice>,
    /// Calendar days to expiry aimed at.
    pub days: u32,
    /// Calendar days before expiry at which the position rolls; 0 holds it to settlement.
    pub roll_days: u32,
    /// Trading days after which the position rolls, if `refresh` holds.
    pub roll_every: Option<u32>,
    /// Whether a roll by `roll_every` takes place.
    pub refresh: Rule,
}

/// How the strike of a VIX option is found from the VX of the same expiry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StrikeChoice {
    /// The absolute Black-76 forward delta, with the option's own implied volatility.
    Delta(f64),
    /// VIX points above the VX.
    Offset(f64),
}

/// What the amount of a layer counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Size {
    /// Contracts; per so many USD of condor risk where that is given.
    Contracts {
        /// USD of condor risk that the contracts answer.
        per_condor_risk: Option<f64>,
    },
    /// Notional over equity.
    Weight {
        /// The most by which the weight changes in a day.
        max_change: Option<f64>,
    },
    /// Premium over equity, at every opening.
    PremiumOfEquity,
    /// Premium over the credit of the open condors, at every opening.
    PremiumOfCredit,
}

/// A cell of a layer's table: the amount where a rule holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Its name within the layer.
    pub name: String,
    /// Where the cell applies, unless an earlier one does.
    pub when: Rule,
    /// The amount there.
    pub size: f64,
}

/// A hedge layer.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Unique name.
    pub name: String,
    /// What to hold.
    pub hold: Hold,
    /// What `amount` counts.
    pub size: Size,
    /// How much, negative for short, where no cell applies.
    pub amount: f64,
    /// Amounts by rule, the first that holds counts.
    pub cells: Vec<Cell>,
    /// Whether parts of contracts are held.
    pub fractional: bool,
    /// Turns the layer on, unless `exit` holds as well.
    pub enter: Rule,
    /// Turns it off.
    pub exit: Rule,
    /// Trading days for which it stays on at least.
    pub min_days: u32,
    /// Trading days for which it stays off at least once it went off.
    pub cool_down_days: u32,
    /// Total or increment.
    pub level: Level,
    /// When its size follows what it is measured by.
    pub resize: Resize,
}

impl Layer {
    /// Whether a layer is on after today's close that may go on and off at any.
    #[inline(always)]
    #[must_use]
    pub fn next_on(on: bool, enter: bool, exit: bool) -> bool {
        !exit & (on | enter)
    }

    /// Whether this layer is on after today's close, `days` trading days after it last went on or off.
    #[must_use]
    pub fn switched(&self, on: bool, enter: bool, exit: bool, days: u32) -> bool {
        let waits = days < if on { self.min_days } else { self.cool_down_days };
        if waits { on } else { Self::next_on(on, enter, exit) }
    }

    /// Contracts that a number of them comes to.
    #[must_use]
    pub fn rounded(&self, contracts: f64) -> f64 {
        if self.fractional { contracts } else { contracts.round() }
    }

    /// Contracts that a sum spent on premium buys, at `premium_usd` each; nothing where they cost nothing.
    #[must_use]
    pub fn bought_with(&self, budget_usd: f64, premium_usd: f64) -> f64 {
        if premium_usd <= 0.0 {
            return 0.0;
        }
        let contracts = budget_usd / premium_usd;
        if self.fractional { contracts } else { contracts.trunc() }
    }

    /// Whether its size depends on the equity of the account.
    #[must_use]
    pub fn needs_equity(&self) -> bool {
        matches!(self.size, Size::Weight { .. } | Size::PremiumOfEquity)
    }

    /// All its rules.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        let refresh = match &self.hold {
            Hold::VixOption(option) => Some(&option.refresh),
            Hold::Vx(_) | Hold::Index => None,
        };
        [&self.enter, &self.exit].into_iter().chain(self.cells.iter().map(|cell| &cell.when)).chain(refresh)
    }
}

/// What a layer carries of an instrument, from the sizes of those that are on: called for the lowest layer first, with
/// `total_below` zero at first.
///
/// # Shape
/// One value a path in each slice; `carries` is overwritten.
pub fn carry(level: Level, on: &[bool], sizes: &[f64], total_below: &mut [f64], carries: &mut [f64]) {
    assert!(on.len() == sizes.len() && on.len() == total_below.len() && on.len() == carries.len());
    match level {
        Level::Add => stack(on, sizes, carries),
        Level::Total => top_up(on, sizes, total_below, carries),
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn stack(on: &[bool], sizes: &[f64], carries: &mut [f64]) {
    for ((&on, &size), carry) in on.iter().zip(sizes).zip(carries) {
        *carry = if on { size } else { 0.0 };
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn top_up(on: &[bool], sizes: &[f64], total_below: &mut [f64], carries: &mut [f64]) {
    for ((&on, &size), (below, carry)) in on.iter().zip(sizes).zip(total_below.iter_mut().zip(carries)) {
        let more = size - *below;
        *carry = if on { more } else { 0.0 };
        *below = if on { size } else { *below };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(min_days: u32, cool_down_days: u32) -> Layer {
        Layer {
            name: "L".to_owned(),
            hold: Hold::Index,
            size: Size::Contracts { per_condor_risk: None },
            amount: 1.0,
            cells: Vec::new(),
            fractional: false,
            enter: Rule::always(),
            exit: Rule::never(),
            min_days,
            cool_down_days,
            level: Level::Total,
            resize: Resize::Daily,
        }
    }

    #[test]
    fn exit_wins_over_enter_but_waits_for_the_minimum_hold_and_the_cool_down() {
        let plain = layer(0, 0);
        assert!(plain.switched(false, true, false, 0) && !plain.switched(false, true, true, 9));
        assert!(plain.switched(true, false, false, 9) && !plain.switched(true, true, true, 0));
        let patient = layer(3, 2);
        assert!(patient.switched(true, false, true, 2) && !patient.switched(true, false, true, 3));
        assert!(!patient.switched(false, true, false, 1) && patient.switched(false, true, false, 2));
    }

    #[test]
    fn contracts_round_to_the_nearest_and_premium_is_never_overspent() {
        let mut layer = layer(0, 0);
        assert_eq!([2.4, 2.5, -2.5].map(|n| layer.rounded(n)), [2.0, 3.0, -3.0]);
        assert_eq!(
            [(999.0, 250.0), (-999.0, 250.0), (999.0, 0.0)].map(|(b, p)| layer.bought_with(b, p)),
            [3.0, -3.0, 0.0]
        );
        layer.fractional = true;
        assert_eq!((layer.rounded(2.4), layer.bought_with(500.0, 400.0)), (2.4, 1.25));
    }

    #[test]
    fn totals_carry_what_they_add_to_those_below_and_increments_stack() {
        // Lanes: both on, upper alone, lower alone, none.
        let (lower, upper) = ([true, false, true, false], [true, true, false, false]);
        let mut below = [0.0; 4];
        let mut carries = [[0.0; 4]; 3];
        carry(Level::Total, &lower, &[3.0; 4], &mut below, &mut carries[0]);
        carry(Level::Total, &upper, &[8.0; 4], &mut below, &mut carries[1]);
        carry(Level::Add, &upper, &[2.0; 4], &mut below, &mut carries[2]);
        assert_eq!(carries, [[3.0, 0.0, 3.0, 0.0], [5.0, 8.0, 0.0, 0.0], [2.0, 2.0, 0.0, 0.0]]);
    }
}
