//! What a run hands to its writers.

use super::replay::PathTrace;
use crate::risk::{Figure, Outcomes, Profile};

/// Everything a run found out.
#[derive(Debug, Clone, PartialEq)]
pub struct RunResult {
    /// One row a path.
    pub outcomes: Outcomes,
    /// The figures of the report.
    pub figures: Vec<Figure>,
    /// What a reader must know about the figures, in plain words.
    pub warnings: Vec<String>,
    /// What could not be said, and why, in plain words.
    pub notes: Vec<String>,
    /// What the starting equity has grown to on the last day at the cash rate, USD.
    pub cash_at_end_usd: f64,
    /// What the run checked about itself.
    pub checks: Vec<ModelCheck>,
    /// How the P&L of all paths spreads day by day.
    pub profile: Profile,
    /// The paths on which the hedged account loses most, the worst first, day by day.
    pub worst_paths: Vec<PathTrace>,
}

/// One self-check of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCheck {
    /// What was checked, for instance `largest error of SPX option marks`.
    pub name: String,
    /// What was found.
    pub value: f64,
    /// Its standard error, where it is an estimate.
    pub standard_error: Option<f64>,
    /// The largest absolute value allowed, where there is one.
    pub limit: Option<f64>,
    /// Unit of the three, for instance `fraction of spot`.
    pub unit: String,
    /// Whether the value keeps to the limit.
    pub passed: bool,
}

/// Hears how far a run is, and may ask it to stop.
pub trait Progress: Sync {
    /// The run begins; it has that many paths.
    fn start(&self, paths: u64);
    /// That many more paths are done.
    fn advance(&self, paths: u64);
    /// The P&L of the hedged account on paths just done, USD, in no order.
    fn hear_pnl(&self, _pnl_usd: &[f64]) {}
    /// All paths are done.
    fn finish(&self);
    /// Whether the user asked to stop.
    fn interrupted(&self) -> bool;
}

/// Progress that nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _paths: u64) {}
    fn advance(&self, _paths: u64) {}
    fn finish(&self) {}
    fn interrupted(&self) -> bool {
        false
    }
}
