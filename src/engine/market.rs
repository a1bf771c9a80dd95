//! The market along the paths of one batch: paths under P, and what rules and ledgers see of them, marked under Q.

use super::context::Context;
use crate::path::{Generator, PathBatch, Workspace as PathWorkspace};

/// Marks of one VX instrument, `[day * lanes + lane]`, VIX points.
#[derive(Debug, Default, Clone)]
pub(super) struct VxMarks {
    /// The contract held since the day before.
    pub(super) held: Vec<f64>,
    /// The contract held from today on.
    pub(super) next: Vec<f64>,
}

/// The market of a batch; every array is `[day * lanes + lane]`.
#[derive(Debug, Default)]
pub(super) struct MarketBatch {
    /// Index and variance factors.
    pub(super) path: PathBatch,
    /// Logarithm of the index.
    pub(super) log_spot: Vec<f64>,
    /// VIX, points.
    pub(super) vix: Vec<f64>,
    /// One entry for each instrument of the plan.
    pub(super) vx: Vec<VxMarks>,
    workspace: PathWorkspace,
}

impl MarketBatch {
    /// Simulates and marks the paths from `first_path` on.
    pub(super) fn fill(&mut self, context: &Context<'_>, first_path: u64, lanes: usize) {
        self.fill_with(&context.generator, context, first_path, lanes);
    }

    /// The same along the paths of another generator.
    pub(super) fn fill_with(&mut self, generator: &Generator, context: &Context<'_>, first_path: u64, lanes: usize) {
        generator.fill(first_path, lanes, &mut self.path, &mut self.workspace);
        let size = (context.grid.horizon_days() + 1) * lanes;
        self.log_spot.clear();
        self.log_spot.extend_from_slice(&self.path.spot);
        crate::math::vector::ln_slice(&mut self.log_spot);
        self.vix.resize(size, 0.0);
        for (day, map) in context.vix_maps.iter().enumerate() {
            let row = day * lanes..(day + 1) * lanes;
            map.fill(&self.path.x1[row.clone()], &self.path.x2[row.clone()], &mut self.vix[row]);
        }
        self.vx.resize_with(context.instruments.len(), VxMarks::default);
        for (marks, instrument) in self.vx.iter_mut().zip(&context.instruments) {
            marks.held.resize(size, 0.0);
            marks.next.resize(size, 0.0);
            for day in 0..=context.grid.horizon_days() {
                let row = day * lanes..(day + 1) * lanes;
                let (x1, x2) = (&self.path.x1[row.clone()], &self.path.x2[row.clone()]);
                context.vx_table(instrument.next[day]).futures(x1, x2, &mut marks.next[row.clone()]);
                match instrument.held[day] {
                    Some(key) => context.vx_table(key).futures(x1, x2, &mut marks.held[row]),
                    None => marks.held[row.clone()].copy_from_slice(&marks.next[row]),
                }
            }
        }
    }
}
