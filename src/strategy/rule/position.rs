//! Decides rules about open positions: for any list of them, on the close of one day.
//!
//! What a rule takes from the market or the book is gathered by path; the rest is evaluated over the positions. The
//! past of a position is not kept, so every node about positions is one of today alone.

use super::evaluate::{Read, number_of_today, truth_of_today};
use super::node::{Class, NodeId, Operation, Verdict};
use super::program::{Program, RuleId};
use super::series::Series;
use super::table::PositionTable;
use super::truth::Truth;
use super::workspace::{Value, Workspace};

impl Program {
    /// What a rule says at the close of a day of each of the positions whose paths are `lanes`.
    ///
    /// `holds` is emptied and then has one value a position. The rule may be of any class.
    pub fn evaluate_positions(
        &self,
        rule: RuleId,
        day: usize,
        lanes: &[u32],
        table: &PositionTable<'_>,
        workspace: &mut Workspace,
        holds: &mut Vec<Truth>,
    ) {
        holds.clear();
        if lanes.is_empty() {
            return;
        }
        let root = match self.roots[rule.0] {
            Verdict::Node(id) if self.nodes[id.0].class == Class::Position => id,
            _ => {
                let truth = self.truth(rule, day, workspace);
                holds.extend(lanes.iter().map(|&lane| truth[lane as usize]));
                return;
            }
        };
        let plan = &self.position_plans[rule.0];
        // The scratch is taken out for the while, because the gathered rows stand in the same workspace.
        let mut scratch = std::mem::take(&mut workspace.positions);
        scratch.start(lanes.len(), plan.gathered.len() + plan.evaluated.len());
        for &id in &plan.gathered {
            let node = &self.nodes[id.0];
            assert!(
                node.class != Class::Book || day < workspace.next_book_day,
                "the book of the day has not been given"
            );
            scratch.gather(id, node.operation.is_truth(), day, lanes, workspace);
        }
        for &id in &plan.evaluated {
            scratch.evaluate(id, &self.nodes[id.0].operation, table);
        }
        holds.extend_from_slice(scratch.truth_row(root));
        workspace.positions = scratch;
    }

    /// The value of a node for the n-th position of the last call of
    /// [`evaluate_positions`](Self::evaluate_positions); `None` if the rule did not need it.
    #[must_use]
    pub fn position_value(&self, node: NodeId, position: usize, workspace: &Workspace) -> Option<Value> {
        let scratch = &workspace.positions;
        scratch.rank[node.0]?;
        Some(if self.nodes[node.0].operation.is_truth() {
            Value::Truth(scratch.truth_row(node)[position])
        } else {
            Value::Number(scratch.number_row(node)[position])
        })
    }
}

/// Values of the nodes of one rule for a list of positions.
#[derive(Debug, Clone, Default)]
pub(super) struct PositionScratch {
    /// Positions asked about.
    count: usize,
    /// Rows taken.
    used: usize,
    /// Rank of each node of the program among the nodes evaluated last.
    rank: Vec<Option<usize>>,
    numbers: Vec<f64>,
    truths: Vec<Truth>,
}

impl PositionScratch {
    /// Scratch for a program of so many nodes.
    pub(super) fn new(nodes: usize) -> Self {
        Self { rank: vec![None; nodes], ..Self::default() }
    }

    fn start(&mut self, count: usize, nodes: usize) {
        self.count = count;
        self.rank.fill(None);
        self.used = 0;
        let length = count * nodes;
        if self.numbers.len() < length {
            self.numbers.resize(length, f64::NAN);
            self.truths.resize(length, Truth::UNKNOWN);
        }
    }

    /// Takes the values of a market or book node for the path of each position.
    fn gather(&mut self, id: NodeId, is_truth: bool, day: usize, lanes: &[u32], workspace: &Workspace) {
        let at = self.claim(id);
        let lane = |&lane: &u32| lane as usize;
        if is_truth {
            let row = workspace.truth_row(id, day);
            self.truths[at..].iter_mut().zip(lanes.iter().map(lane)).for_each(|(out, lane)| *out = row[lane]);
        } else {
            let row = workspace.number_row(id, day);
            self.numbers[at..].iter_mut().zip(lanes.iter().map(lane)).for_each(|(out, lane)| *out = row[lane]);
        }
    }

    fn evaluate(&mut self, id: NodeId, operation: &Operation, table: &PositionTable<'_>) {
        let at = self.claim(id);
        let count = self.count;
        // A node reads only nodes before it, whose rows lie before its own.
        if operation.is_truth() {
            let (before, rest) = self.truths.split_at_mut(at);
            let rows = PositionRows { rank: &self.rank, count, numbers: &self.numbers, truths: before };
            truth_of_today(*operation, &rows, &mut rest[..count]);
        } else {
            let (before, rest) = self.numbers.split_at_mut(at);
            let rows = PositionRows { rank: &self.rank, count, numbers: before, truths: &self.truths };
            match operation {
                Operation::Series(Series::Position(series)) => table.copy(*series, &mut rest[..count]),
                operation => number_of_today(*operation, &rows, &mut rest[..count]),
            }
        }
    }

    /// The next free row becomes the node's.
    fn claim(&mut self, id: NodeId) -> usize {
        let rank = self.used;
        self.used += 1;
        self.rank[id.0] = Some(rank);
        rank * self.count
    }

    fn rows(&self) -> PositionRows<'_> {
        PositionRows { rank: &self.rank, count: self.count, numbers: &self.numbers, truths: &self.truths }
    }

    fn number_row(&self, id: NodeId) -> &[f64] {
        let at = self.rows().at(id);
        &self.numbers[at..][..self.count]
    }

    fn truth_row(&self, id: NodeId) -> &[Truth] {
        let at = self.rows().at(id);
        &self.truths[at..][..self.count]
    }
}

struct PositionRows<'a> {
    rank: &'a [Option<usize>],
    count: usize,
    numbers: &'a [f64],
    truths: &'a [Truth],
}

impl PositionRows<'_> {
    fn at(&self, id: NodeId) -> usize {
        match self.rank[id.0] {
            Some(rank) => rank * self.count,
            None => unreachable!("a plan lists every node that it needs"),
        }
    }
}

impl Read for PositionRows<'_> {
    fn number(&self, id: NodeId) -> &[f64] {
        &self.numbers[self.at(id)..][..self.count]
    }

    fn truth(&self, id: NodeId) -> &[Truth] {
        &self.truths[self.at(id)..][..self.count]
    }
}
