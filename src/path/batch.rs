//! Histories of many paths side by side: `[day * lanes + lane]`, day 0 included.

use crate::model::State;

/// Closes of a batch of paths under P.
///
/// # Shape
/// Every column holds `days * lanes` values, `[day * lanes + lane]`; day 0 is the start. A lane is one path. A real
/// history is a batch of one lane.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PathBatch {
    days: usize,
    lanes: usize,
    /// Index points.
    pub spot: Vec<f64>,
    /// Fast variance factor, annual variance.
    pub x1: Vec<f64>,
    /// Slow variance factor, annual variance; zero where the model has one factor.
    pub x2: Vec<f64>,
}

impl PathBatch {
    /// An empty batch, to be filled and used again.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Days, day 0 included.
    #[must_use]
    pub fn days(&self) -> usize {
        self.days
    }

    /// Paths side by side.
    #[must_use]
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// Where a day's values lie in each column.
    #[must_use]
    pub fn row(&self, day: usize) -> std::ops::Range<usize> {
        assert!(day < self.days, "day {day} of {}", self.days);
        day * self.lanes..(day + 1) * self.lanes
    }

    /// Both variance factors of a lane on a day.
    #[must_use]
    pub fn state(&self, day: usize, lane: usize) -> State {
        assert!(lane < self.lanes, "lane {lane} of {}", self.lanes);
        let at = self.row(day).start + lane;
        State { x1: self.x1[at], x2: self.x2[at] }
    }

    /// Gives every column its size; values that were there lose their meaning.
    pub fn resize(&mut self, days: usize, lanes: usize) {
        (self.days, self.lanes) = (days, lanes);
        for column in [&mut self.spot, &mut self.x1, &mut self.x2] {
            column.resize(days * lanes, 0.0);
        }
    }
}
