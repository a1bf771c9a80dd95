//! Runs a program: the market for all days, the book day by day.
//!
//! Days are taken in order and a node is given nothing but rows of its own day, so a rule cannot see tomorrow.

use multiversion::multiversion;

use super::expression::{greatest, least, ready};
use super::kernel::{self, Input};
use super::node::{Class, Node, NodeId, Operand, Operation, Verdict};
use super::program::{Program, RuleId};
use super::series::Series;
use super::table::{BookTable, History, MarketTable};
use super::truth::Truth;
use super::window;
use super::workspace::{Slot, Value, Workspace};

impl Program {
    /// Begins a batch: evaluates everything that needs the market alone, for all its days.
    pub fn evaluate_market(&self, table: &MarketTable<'_>, workspace: &mut Workspace) {
        assert_eq!(self.nodes.len(), workspace.slots.len(), "the workspace belongs to another program");
        assert!(table.days <= workspace.days && table.lanes <= workspace.lanes, "the batch does not fit the workspace");
        workspace.start(table.lanes);
        let nodes = self.of_class(Class::Market);
        let first_row = workspace.history_days;
        for day in 0..table.days {
            advance(&self.nodes, &nodes, &Source::Market(table), day, first_row + day, workspace);
        }
    }

    /// Begins a batch of some paths of another, whose market has been evaluated in `all`.
    pub fn take_market(&self, all: &Workspace, paths: &[usize], workspace: &mut Workspace) {
        workspace.start(paths.len());
        for NodeId(at) in self.of_class(Class::Market) {
            let (node, from, to) = (&self.nodes[at], all.slots[at], workspace.slots[at]);
            for day in (0..all.days).filter(|_| node.kept) {
                let (from, to) = (from.at + day * from.stride, to.at + day * to.stride);
                if node.operation.is_truth() {
                    paths.iter().enumerate().for_each(|(k, lane)| workspace.truths[to + k] = all.truths[from + lane]);
                } else {
                    paths.iter().enumerate().for_each(|(k, lane)| workspace.numbers[to + k] = all.numbers[from + lane]);
                }
            }
        }
    }

    /// What some rules need of the book.
    #[must_use]
    pub fn book_nodes(&self, rules: impl IntoIterator<Item = RuleId>) -> BookNodes {
        let mut needed = vec![false; self.nodes.len()];
        for rule in rules {
            if let Verdict::Node(root) = self.roots[rule.0] {
                needed[root.0] = true;
            }
        }
        for at in (0..needed.len()).rev().filter(|&at| self.nodes[at].class >= Class::Book) {
            if needed[at] {
                self.nodes[at].operation.inputs(|id| needed[id.0] = true);
            }
        }
        let of_book = self.of_class(Class::Book);
        BookNodes(of_book.into_iter().filter(|id| needed[id.0]).collect())
    }

    /// Begins another book along the market that was evaluated last.
    pub fn restart_book(&self, workspace: &mut Workspace) {
        workspace.next_book_day = 0;
    }

    /// Evaluates what needs the book of `day`; days are given in order, each once.
    pub fn evaluate_book_day(&self, day: usize, table: &BookTable<'_>, workspace: &mut Workspace) {
        self.evaluate_book_of(&BookNodes(self.of_class(Class::Book)), day, table, workspace);
    }

    /// The same for what some rules need.
    pub fn evaluate_book_of(&self, nodes: &BookNodes, day: usize, table: &BookTable<'_>, workspace: &mut Workspace) {
        assert_eq!(day, workspace.next_book_day, "books are given day after day");
        assert_eq!(table.lanes, workspace.active, "the book has as many paths as the market");
        workspace.next_book_day += 1;
        advance(&self.nodes, &nodes.0, &Source::Book(table), day, day, workspace);
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

    /// The nodes of a class, in order.
    fn of_class(&self, class: Class) -> Vec<NodeId> {
        let first = self.nodes.partition_point(|node| node.class < class);
        (first..self.nodes.partition_point(|node| node.class <= class)).map(NodeId).collect()
    }
}

/// The nodes that some rules need of the book of a day, in order.
#[derive(Debug, Clone, Default)]
pub struct BookNodes(Vec<NodeId>);

impl BookNodes {
    /// Whether the rules need nothing of the book.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Takes the market nodes through the days before the first.
pub(super) fn history(program: &Program, history: &History, workspace: &mut Workspace) {
    let nodes = program.of_class(Class::Market);
    for row in 0..history.days {
        advance(&program.nodes, &nodes, &Source::History(history, row), 0, row, workspace);
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
fn advance(nodes: &[Node], chosen: &[NodeId], source: &Source<'_>, day: usize, row: usize, workspace: &mut Workspace) {
    let Workspace { lanes, slots, numbers, truths, state, truth_state, .. } = workspace;
    for &NodeId(at) in chosen {
        let (node, slot) = (&nodes[at], &slots[at]);
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
                pointwise => truth_of_today(pointwise, &rows, out),
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
pub(super) trait Read {
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
        Operation::Mean(x, n) => window::mean(n, row, rows.number(x), state, out),
        Operation::Deviation(x, n) => window::moments(n, row, rows.number(x), state, out, window::deviation(n)),
        Operation::Score(x, n) => window::moments(n, row, rows.number(x), state, out, window::score(n)),
        Operation::Highest(x, n) => window::extreme(n, row, rows.number(x), state, out, greatest),
        Operation::Lowest(x, n) => window::extreme(n, row, rows.number(x), state, out, least),
        Operation::Percentile(x, n) => kernel::percentile(n, row, rows.number(x), state, out),
        Operation::DaysSince(condition) => kernel::days_since(row, rows.truth(condition), state, out),
        pointwise => number_of_today(pointwise, rows, out),
    }
}

#[inline(always)]
pub(super) fn number_of_today(operation: Operation, rows: &impl Read, out: &mut [f64]) {
    match operation {
        Operation::Negate(x) => kernel::map(rows.number(x), out, |x: f64| -x),
        Operation::Absolute(x) => kernel::map(rows.number(x), out, f64::abs),
        Operation::Logarithm(x) => kernel::map(rows.number(x), out, |x| ready(libm::log(x))),
        Operation::Arithmetic(operation, a, b) => kernel::arithmetic(operation, rows.input(a), rows.input(b), out),
        _ => unreachable!("a number of today alone"),
    }
}

#[inline(always)]
pub(super) fn truth_of_today(operation: Operation, rows: &impl Read, out: &mut [Truth]) {
    match operation {
        Operation::Compare(comparison, a, b) => kernel::compare(comparison, rows.input(a), rows.input(b), out),
        Operation::Not(x) => kernel::map(rows.truth(x), out, Truth::not),
        Operation::And(a, b) => kernel::zip(rows.truth(a), rows.truth(b), out, Truth::and),
        Operation::Or(a, b) => kernel::zip(rows.truth(a), rows.truth(b), out, Truth::or),
        _ => unreachable!("a truth value of today alone"),
    }
}
