//! What positions tie up: the requirement that equity is held against, and what it takes to open more.
//!
//! ```text
//! maintenance = index options + VIX options + VX futures        initial = `initial` x maintenance
//! call when   equity < maintenance                              excess  = equity - maintenance
//! ```
//!
//! Equity is what is left after everything is closed at marks. A requirement of a broker's table is held against cash,
//! which already contains the premium of options sold; held against equity it is therefore less by what closing costs.

pub mod call;
pub mod credit;
pub mod reg_t;
pub mod scan;
pub mod vix_options;
pub mod vx;

pub use call::{CallRules, Liquidate};
pub use credit::{CreditLine, Draw, QuickFloor, QuickStop};
pub use scan::{Scan, ScanPoints};
pub use vix_options::{VixLeg, vix_option_margin};
pub use vx::VxMargin;

use serde::{Deserialize, Serialize};

/// By which rules index options are margined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// Not at all: the account is never called.
    None,
    /// Position by position: the wider wing of a condor.
    RegT,
    /// All index options together: the worst of a scan.
    Portfolio,
}

/// The rules of margin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarginRules {
    /// By which rules index options are margined.
    pub regime: Regime,
    /// Initial over maintenance margin.
    pub initial: f64,
    /// The price scan of the portfolio rules.
    pub scan: Scan,
    /// Margin of VX futures.
    pub vx: VxMargin,
    /// Share of what VX gains at the moves of the scan that is taken off what index options lose there.
    pub vx_offset: f64,
    /// What follows a shortfall.
    pub calls: CallRules,
    /// The credit line, and what debt costs.
    pub credit: CreditLine,
    /// The quick ratio that is kept.
    pub quick: QuickFloor,
}

impl Default for MarginRules {
    fn default() -> Self {
        Self {
            regime: Regime::Portfolio,
            initial: 1.1,
            scan: Scan::default(),
            vx: VxMargin::default(),
            vx_offset: 0.0,
            calls: CallRules::default(),
            credit: CreditLine::default(),
            quick: QuickFloor::default(),
        }
    }
}

#[cfg(test)]
mod tests;
