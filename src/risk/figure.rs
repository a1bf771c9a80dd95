//! One figure of the report, with its error.

use serde::{Deserialize, Serialize};

/// A record of `summary.json`: what was measured, on what, and how well it is known.
///
/// Fields that do not apply are `None` and appear as null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// `hedged`, `unhedged` or `hedge` (the paired difference hedged minus unhedged).
    pub strategy: String,
    /// A part of the P&L, or none for the whole account.
    pub component: Option<String>,
    /// For instance `expected_shortfall`.
    pub measure: String,
    /// Confidence level, for instance 0.99.
    pub level: Option<f64>,
    /// Trading days from the start.
    pub horizon_days: Option<u32>,
    /// `USD`, `probability`, `USD a year`, `count`, ...
    pub unit: String,
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub standard_error: Option<f64>,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub high: Option<f64>,
}
