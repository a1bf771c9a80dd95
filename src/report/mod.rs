//! What figures look like: files for people and programs. Nothing here computes a statistic.

pub mod chart;
pub mod columns;
pub mod comparison;
pub mod comparison_page;
pub mod console;
pub mod entry;
pub mod facts;
pub mod folder;
pub mod format;
pub mod html;
pub mod json;
pub mod manifest;
pub mod narrative;
pub mod prices;
pub mod sections;
pub mod story;
pub mod sweep;
pub mod table;
pub mod verdict;

#[cfg(test)]
mod fixture;

use crate::engine::RunResult;
use crate::plan::Plan;
use crate::risk::Figure;

/// A finished run: what was asked and what came out.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What was asked.
    pub plan: &'a Plan,
    /// What came out.
    pub result: &'a RunResult,
}

impl<'a> Report<'a> {
    /// The figure of a whole account over the whole horizon.
    #[must_use]
    pub fn figure(&self, strategy: &str, measure: &str, level: Option<f64>) -> Option<&'a Figure> {
        self.result.figures.iter().find(|figure| {
            figure.strategy == strategy
                && figure.measure == measure
                && figure.level == level
                && figure.component.is_none()
                && figure.condition.is_none()
                && self.is_whole_horizon(figure)
        })
    }

    /// Whether there is a hedge, so that there are two accounts.
    #[must_use]
    pub fn has_hedge(&self) -> bool {
        self.plan.has_hedge()
    }

    /// Whether a figure looks at the whole horizon.
    #[must_use]
    pub fn is_whole_horizon(&self, figure: &Figure) -> bool {
        figure.horizon_days.is_none_or(|days| days as usize == self.plan.run.horizon_days)
    }
}
