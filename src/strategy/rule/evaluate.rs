//! Runs a program: market for all days, book day by day, positions as they are asked about.
//!
//! Days are taken in order and a node is given nothing but rows of its own day, so a rule cannot see tomorrow.

use std::ops::Range;

use multiversion::multiversion;

use super::expression::{greatest, least, ready};
use super::kernel::{self, Input};
use super::program::{Class, Node, NodeId, Operand, Operation, Program, RuleId, Verdict};
use super::series::Series;
use super::table::{BookTable, History, MarketTable, PositionTable};
use super::truth::Truth;
use super::workspace::{PositionScratch, Slot, Value, Workspace};

impl Program {
    /// Begins a batch: evaluates everything that needs the market alone, for all its days.
    pub fn evaluate_market(&self, table: &MarketTable<'_>, workspace: &mut Workspace) {
        assert_eq!(self.nodes.len(), workspace.slots.len(), "the workspace belongs to another program");
        assert!(table.days <= workspace.days && table.lanes <= workspace.lanes, "the batch does not fit the workspace");
        workspace.start(table.lanes);
        let nodes = self.of_class(Class::Market);
        let first_row = workspace.history_days;
        for day in 0..table.days {
            advance(&self.nodes, nodes.clone(), &Source::Market(table), day, first_row + day, workspace);
        }
    }

    /// Evaluates what needs the book of `day`; days are given in order, each once.
    pub fn evaluate_book_day(&self, day: usize, table: &BookTable<'_>, workspace: &mut Workspace) {
        assert_eq!(day, workspace.next_book_day, "books are given day after day");
        assert_eq!(table.lanes, workspace.active, "the book has as many paths as the market");
        workspace.next_book_day += 1;
        advance(&self.nodes, self.of_class(Class::Book), &Source::Book(table), day, day, workspace);
    }

    /// The truth of a rule at the close of a day, one value a path.
    ///
    /// The rule must not be about positions; if it needs the book, the book of the day must have been given.
    #[must_use]
    pub fn truth<'w>(&self, rule: RuleId, day: usize, workspace: &'w Workspace) -> &'w [Truth] {
        match self.roots[rule.0] {
            Verdict::Constant(value) => &workspace.constant[usize::from(value)][..workspace.active],
            Verdict::Node(id) => {
                match self.nodes[id.0].class {
                    Class::Constant | Class::Market => {}
                    Class::Book => assert!(day < workspace.next_book_day, "the book of day {day} has not been given"),
                    Class::Position => panic!("a rule about positions has no truth of its own"),
                }
                &workspace.truth_row(id, day)[..workspace.active]
            }
        }
    }

    /// Whether a rule holds at the close of a day for each of the positions whose paths are `lanes`.
    ///
    /// `holds` is emptied and then has one value a position. The rule may be of any class.
    pub fn evaluate_positions(
        &self,
        rule: RuleId,
        day: usize,
        lanes: &[u32],
        table: &PositionTable<'_>,
        workspace: &mut Workspace,
        holds: &mut Vec<bool>,
    ) {
        holds.clear();
        if lanes.is_empty() {
            return;
        }
        let root = match self.roots[rule.0] {
            Verdict::Node(id) if self.nodes[id.0].class == Class::Position => id,
            _ => {
                let truth = self.truth(rule, day, workspace);
                holds.extend(lanes.iter().map(|&lane| truth[lane as usize].holds()));
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
        holds.extend(scratch.truth_row(root).iter().map(|truth| truth.holds()));
        workspace.positions = scratch;
    }

    /// The value of a node on a day and path.
    ///
    /// Only in a program that is [`traced`](Self::traced), and not for nodes about positions.
    #[must_use]
    pub fn value(&self, node: NodeId, day: usize, lane: usize, workspace: &Workspace) -> Value {
        let found = &self.nodes[node.0];
        assert!(found.kept && found.class != Class::Position, "only a traced program keeps every value");
        if found.operation.is_truth() {
            Value::Truth(workspace.truth_row(node, day)[lane])
        } else {
            Value::Number(workspace.number_row(node, day)[lane])
        }
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

    /// Nodes of a class stand together.
    fn of_class(&self, class: Class) -> Range<usize> {
        let first = self.nodes.partition_point(|node| node.class < class);
        first..self.nodes.partition_point(|node| node.class <= class)
    }
}

/// Takes the market nodes through the days before the first.
pub(super) fn history(program: &Program, history: &History, workspace: &mut Workspace) {
    let nodes = program.of_class(Class::Market);
    for row in 0..history.days {
        advance(&program.nodes, nodes.clone(), &Source::History(history, row), 0, row, workspace);
    }
}

/// Where the values of series come from.
enum Source<'a> {
    History(&'a History, usize),
    Market(&'a MarketTable<'a>),
    Book(&'a BookTable<'a>),
}

impl Source<'_> {
    fn copy(&self, series: Series, day: usize, out: &mut [f64]) {
        match (self, series) {
            (Self::History(history, row), Series::Market(market)) => out.fill(history.value(market, *row)),
            (Self::Market(table), Series::Market(market)) => table.copy(market, day, out),
            (Self::Book(table), Series::Book(book)) => table.copy(book, out),
            _ => unreachable!("nodes of a class name series of that class"),
        }
    }
}

/// Evaluates nodes for one day, which is the `row`-th that they see.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn advance(
    nodes: &[Node],
    class: Range<usize>,
    source: &Source<'_>,
    day: usize,
    row: usize,
    workspace: &mut Workspace,
) {
    let Workspace { lanes, slots, numbers, truths, state, truth_state, .. } = workspace;
    for (node, slot) in nodes[class.clone()].iter().zip(&slots[class]) {
        let at = slot.at + day * slot.stride;
        // A node reads only nodes before it, whose rows lie before its own.
        if node.operation.is_truth() {
            let (before, rest) = truths.split_at_mut(slot.at);
            let out = &mut rest[at - slot.at..][..*lanes];
            let rows = Rows { slots, day, lanes: *lanes, numbers, truths: before };
            match node.operation {
                Operation::Yesterday(x) => {
                    kernel::yesterday(row, rows.truth(x), &mut truth_state[slot.state..][..slot.state_length], out);
                }
                pointwise => truth(pointwise, &rows, out),
            }
        } else {
            let (before, rest) = numbers.split_at_mut(slot.at);
            let out = &mut rest[at - slot.at..][..*lanes];
            let rows = Rows { slots, day, lanes: *lanes, numbers: before, truths };
            match node.operation {
                Operation::Series(series) => source.copy(series, day, out),
                operation => number(operation, row, &rows, &mut state[slot.state..][..slot.state_length], out),
            }
        }
    }
}

/// Rows of the nodes that have been evaluated on a day.
trait Read {
    fn number(&self, id: NodeId) -> &[f64];
    fn truth(&self, id: NodeId) -> &[Truth];

    #[inline(always)]
    fn input(&self, operand: Operand) -> Input<'_> {
        match operand {
            Operand::Node(id) => Input::Row(self.number(id)),
            Operand::Constant(value) => Input::Constant(value),
        }
    }
}

struct Rows<'a> {
    slots: &'a [Slot],
    day: usize,
    lanes: usize,
    numbers: &'a [f64],
    truths: &'a [Truth],
}

impl Read for Rows<'_> {
    #[inline(always)]
    fn number(&self, id: NodeId) -> &[f64] {
        let slot = self.slots[id.0];
        &self.numbers[slot.at + self.day * slot.stride..][..self.lanes]
    }

    #[inline(always)]
    fn truth(&self, id: NodeId) -> &[Truth] {
        let slot = self.slots[id.0];
        &self.truths[slot.at + self.day * slot.stride..][..self.lanes]
    }
}

#[inline(always)]
fn number(operation: Operation, row: usize, rows: &impl Read, state: &mut [f64], out: &mut [f64]) {
    match operation {
        Operation::Strength(up, down) => kernel::strength(rows.number(up), rows.number(down), out),
        Operation::Change(x, n) => kernel::lagged(n, row, rows.number(x), state, out, |now, then| ready(now - then)),
        Operation::Ratio(x, n) => kernel::lagged(n, row, rows.number(x), state, out, |now, then| ready(now / then)),
        Operation::Ema(x, n) => kernel::ema(n, row, rows.number(x), state, out),
        Operation::Wilder(x, n) => kernel::wilder(n, row, rows.number(x), state, out),
        Operation::Settled(x, n) => kernel::settled(n, row, rows.number(x), state, out),
        Operation::Mean(x, n) => kernel::mean(n, row, rows.number(x), state, out),
        Operation::Deviation(x, n) => kernel::moments(n, row, rows.number(x), state, out, kernel::deviation(n)),
        Operation::Score(x, n) => kernel::moments(n, row, rows.number(x), state, out, kernel::score(n)),
        Operation::Highest(x, n) => kernel::extreme(n, row, rows.number(x), state, out, greatest),
        Operation::Lowest(x, n) => kernel::extreme(n, row, rows.number(x), state, out, least),
        Operation::Percentile(x, n) => kernel::percentile(n, row, rows.number(x), state, out),
        Operation::DaysSince(condition) => kernel::days_since(row, rows.truth(condition), state, out),
        pointwise => number_of_today(pointwise, rows, out),
    }
}

#[inline(always)]
fn number_of_today(operation: Operation, rows: &impl Read, out: &mut [f64]) {
    match operation {
        Operation::Negate(x) => kernel::map(rows.number(x), out, |x: f64| -x),
        Operation::Absolute(x) => kernel::map(rows.number(x), out, f64::abs),
        Operation::Logarithm(x) => kernel::map(rows.number(x), out, |x| ready(libm::log(x))),
        Operation::Arithmetic(operation, a, b) => kernel::arithmetic(operation, rows.input(a), rows.input(b), out),
        _ => unreachable!("a number of today alone"),
    }
}

#[inline(always)]
fn truth(operation: Operation, rows: &impl Read, out: &mut [Truth]) {
    match operation {
        Operation::Compare(comparison, a, b) => kernel::compare(comparison, rows.input(a), rows.input(b), out),
        Operation::Not(x) => kernel::map(rows.truth(x), out, Truth::not),
        Operation::And(a, b) => kernel::zip(rows.truth(a), rows.truth(b), out, Truth::and),
        Operation::Or(a, b) => kernel::zip(rows.truth(a), rows.truth(b), out, Truth::or),
        _ => unreachable!("a truth value of today alone"),
    }
}

impl PositionScratch {
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
            truth(*operation, &rows, &mut rest[..count]);
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
