//! Memory in which a program is evaluated: made once a worker, used for batch after batch.
//!
//! Every node owns a row of values over the lanes; nodes that something reads later own one such row a day. What an
//! indicator remembers lies in its own state, which it fills from the rows that it was given, one day after the
//! other: no kernel is ever handed a later row.

use super::evaluate;
use super::node::{NodeId, Operation};
use super::position::PositionScratch;
use super::program::Program;
use super::table::History;
use super::truth::Truth;

/// Memory for the evaluation of one program.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// Paths that fit.
    pub(super) lanes: usize,
    /// Paths of the batch.
    pub(super) active: usize,
    pub(super) days: usize,
    pub(super) history_days: usize,
    /// The next day for which the book can be given.
    pub(super) next_book_day: usize,
    pub(super) slots: Vec<Slot>,
    pub(super) numbers: Vec<f64>,
    pub(super) truths: Vec<Truth>,
    pub(super) state: Vec<f64>,
    pub(super) truth_state: Vec<Truth>,
    /// State of the market nodes at the end of the history.
    after_history: Option<(Vec<f64>, Vec<Truth>)>,
    /// A row of false and a row of true, for rules that are constant.
    pub(super) constant: [Vec<Truth>; 2],
    pub(super) positions: PositionScratch,
}

/// Where a node keeps its values and its state, in the arenas of its type.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slot {
    pub(super) at: usize,
    /// Distance from one day to the next; 0 where a day overwrites the one before.
    pub(super) stride: usize,
    pub(super) state: usize,
    pub(super) state_length: usize,
}

/// What a node held on a day and path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// A number; NaN where it was not ready.
    Number(f64),
    /// A truth value.
    Truth(Truth),
}

impl Workspace {
    /// Memory for up to `lanes` paths of up to `days` days.
    #[must_use]
    pub fn new(program: &Program, days: usize, lanes: usize) -> Self {
        assert!(days > 0 && lanes > 0, "a workspace holds at least one day of one path");
        let (mut numbers, mut truths, mut state, mut truth_state) = (0, 0, 0, 0);
        let slots = program.nodes.iter().map(|node| {
            let truth = node.operation.is_truth();
            let at = if truth { &mut truths } else { &mut numbers };
            let kept_by = if node.operation.state_is_truth() { &mut truth_state } else { &mut state };
            let state_length = node.operation.state_rows() * lanes;
            let slot = Slot { at: *at, stride: if node.kept { lanes } else { 0 }, state: *kept_by, state_length };
            *at += if node.kept { days * lanes } else { lanes };
            *kept_by += state_length;
            slot
        });
        let slots = slots.collect();
        Self {
            lanes,
            active: 0,
            days,
            history_days: 0,
            next_book_day: 0,
            slots,
            numbers: vec![f64::NAN; numbers],
            truths: vec![Truth::UNKNOWN; truths],
            state: vec![f64::NAN; state],
            truth_state: vec![Truth::UNKNOWN; truth_state],
            after_history: None,
            constant: [vec![Truth::FALSE; lanes], vec![Truth::TRUE; lanes]],
            positions: PositionScratch::new(program.nodes.len()),
        }
    }

    /// The same memory, whose indicators have seen `history` before the first day of every batch.
    #[must_use]
    pub fn with_history(program: &Program, days: usize, lanes: usize, history: &History) -> Self {
        let mut workspace = Self::new(program, days, lanes);
        if history.days > 0 {
            evaluate::history(program, history, &mut workspace);
            workspace.history_days = history.days;
            workspace.after_history = Some((workspace.state.clone(), workspace.truth_state.clone()));
        }
        workspace
    }

    /// Makes ready for a new batch.
    pub(super) fn start(&mut self, active: usize) {
        self.active = active;
        self.next_book_day = 0;
        if let Some((state, truth_state)) = &self.after_history {
            self.state.copy_from_slice(state);
            self.truth_state.copy_from_slice(truth_state);
        }
    }

    /// The numbers of a node on a day, all lanes.
    pub(super) fn number_row(&self, id: NodeId, day: usize) -> &[f64] {
        let slot = self.slots[id.0];
        &self.numbers[slot.at + day * slot.stride..][..self.lanes]
    }

    /// The truth values of a node on a day, all lanes.
    pub(super) fn truth_row(&self, id: NodeId, day: usize) -> &[Truth] {
        let slot = self.slots[id.0];
        &self.truths[slot.at + day * slot.stride..][..self.lanes]
    }
}

impl Operation {
    /// Rows over the lanes that the operation remembers.
    fn state_rows(&self) -> usize {
        match *self {
            Self::Change(_, n) | Self::Ratio(_, n) => n,
            Self::Ema(..) | Self::Settled(..) | Self::DaysSince(_) | Self::Yesterday(_) => 1,
            Self::Wilder(..) => 2,
            Self::Mean(_, n) | Self::Highest(_, n) | Self::Lowest(_, n) | Self::Percentile(_, n) => n + 1,
            Self::Deviation(_, n) | Self::Score(_, n) => 2 * (n + 1),
            _ => 0,
        }
    }

    fn state_is_truth(&self) -> bool {
        matches!(self, Self::Yesterday(_))
    }
}
