//! What a run gives back, and how it tells how far it is.

use serde::Serialize;

use crate::risk::{Figure, Outcomes};

/// Everything a run leaves behind.
#[derive(Debug, Clone, PartialEq)]
pub struct RunResult {
    /// One row a path.
    pub outcomes: Outcomes,
    /// Every figure with its error.
    pub figures: Vec<Figure>,
    /// What the reader must know before trusting a figure, a sentence each.
    pub warnings: Vec<String>,
    /// What the run checked about itself.
    pub checks: Vec<ModelCheck>,
}

/// One self-check of a run, for instance a martingale error or the largest error of the tables of marks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelCheck {
    /// What was checked, in words.
    pub name: String,
    /// What was found.
    pub value: f64,
    /// Its standard error, where it is an estimate.
    pub standard_error: Option<f64>,
    /// The largest size that passes.
    pub limit: Option<f64>,
    /// The unit of all three.
    pub unit: String,
    /// Whether it passed.
    pub passed: bool,
}

/// Hears how far a run is, and can stop it.
pub trait Progress: Sync {
    /// A run of so many paths begins.
    fn start(&self, paths: u64);
    /// So many more paths are done; called once a batch, from any thread.
    fn advance(&self, paths: u64);
    /// All paths are done.
    fn finish(&self);
    /// Whether the run should stop at the next batch.
    fn interrupted(&self) -> bool;
}
