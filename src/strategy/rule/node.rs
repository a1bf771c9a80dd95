//! Small operations (an average, a difference, a comparison) of which the functions of the language are made.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use super::expression::{Arithmetic, Comparison, Expression};
use super::series::Series;

/// A node of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(super) usize);

/// When a value can be known: with the market, with the book of the day, or position by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Before anything runs.
    Constant,
    /// From the market alone.
    Market,
    /// Needs the book of the day.
    Book,
    /// Needs one open position.
    Position,
}

/// A number that a node takes: another node's, or one known before the run.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operand {
    Node(NodeId),
    Constant(f64),
}

impl Operand {
    /// What tells two operands apart: constants by their bits, so that NaN is the same as itself.
    fn key(self) -> (bool, u64) {
        match self {
            Self::Node(id) => (true, id.0 as u64),
            Self::Constant(value) => (false, value.to_bits()),
        }
    }
}

impl PartialEq for Operand {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Operand {}

impl Hash for Operand {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// A truth value that a node or rule takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Node(NodeId),
    Constant(bool),
}

/// What a node does. `usize` fields are periods in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    Series(Series),
    /// Pointwise numbers.
    Negate(NodeId),
    Absolute(NodeId),
    Logarithm(NodeId),
    Arithmetic(Arithmetic, Operand, Operand),
    /// `100 up / (up + down)`, 50 where both are zero.
    Strength(NodeId, NodeId),
    /// Numbers from the past of a number.
    Change(NodeId, usize),
    Ratio(NodeId, usize),
    Ema(NodeId, usize),
    Wilder(NodeId, usize),
    Settled(NodeId, usize),
    Mean(NodeId, usize),
    Deviation(NodeId, usize),
    Score(NodeId, usize),
    Highest(NodeId, usize),
    Lowest(NodeId, usize),
    Percentile(NodeId, usize),
    /// A number from the past of a truth value.
    DaysSince(NodeId),
    /// Truth values.
    Compare(Comparison, Operand, Operand),
    Not(NodeId),
    And(NodeId, NodeId),
    Or(NodeId, NodeId),
    Yesterday(NodeId),
}

/// A node: its operation, what it depends on, how it is called in a trace.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) operation: Operation,
    pub(super) class: Class,
    /// Its text in a rule; `None` for steps inside a function.
    pub(super) label: Option<String>,
    /// Whether values of all days are kept, because something other than the next node reads them.
    pub(super) kept: bool,
}

/// Collects nodes, each distinct operation once.
#[derive(Debug, Default)]
pub(super) struct Builder {
    pub(super) nodes: Vec<Node>,
    known: HashMap<Operation, NodeId>,
}

impl Builder {
    /// The node that does this; a new one only where there is none yet.
    pub(super) fn node(&mut self, operation: Operation) -> NodeId {
        if let Some(&id) = self.known.get(&operation) {
            return id;
        }
        let mut class = match operation {
            Operation::Series(Series::Book(_)) => Class::Book,
            Operation::Series(Series::Position(_)) => Class::Position,
            _ => Class::Market,
        };
        operation.inputs(|id| {
            class = class.max(self.nodes[id.0].class);
        });
        let id = NodeId(self.nodes.len());
        self.nodes.push(Node { operation, class, label: None, kept: false });
        self.known.insert(operation, id);
        id
    }

    /// Names the node of an expression, unless another rule has named it already.
    pub(super) fn label(&mut self, id: NodeId, expression: &Expression) {
        self.nodes[id.0].label.get_or_insert_with(|| expression.to_string());
    }
}

impl Operation {
    /// Calls `visit` for each node that this one reads.
    pub(super) fn inputs(&self, mut visit: impl FnMut(NodeId)) {
        self.renamed(|id| {
            visit(id);
            id
        });
    }

    /// The same operation on renamed nodes.
    pub(super) fn renamed(&self, mut to: impl FnMut(NodeId) -> NodeId) -> Self {
        let mut operand = |x: Operand| match x {
            Operand::Node(id) => Operand::Node(to(id)),
            Operand::Constant(_) => x,
        };
        match *self {
            Self::Series(series) => Self::Series(series),
            Self::Arithmetic(operation, a, b) => Self::Arithmetic(operation, operand(a), operand(b)),
            Self::Compare(comparison, a, b) => Self::Compare(comparison, operand(a), operand(b)),
            Self::Negate(x) => Self::Negate(to(x)),
            Self::Absolute(x) => Self::Absolute(to(x)),
            Self::Logarithm(x) => Self::Logarithm(to(x)),
            Self::Strength(a, b) => Self::Strength(to(a), to(b)),
            Self::Change(x, n) => Self::Change(to(x), n),
            Self::Ratio(x, n) => Self::Ratio(to(x), n),
            Self::Ema(x, n) => Self::Ema(to(x), n),
            Self::Wilder(x, n) => Self::Wilder(to(x), n),
            Self::Settled(x, n) => Self::Settled(to(x), n),
            Self::Mean(x, n) => Self::Mean(to(x), n),
            Self::Deviation(x, n) => Self::Deviation(to(x), n),
            Self::Score(x, n) => Self::Score(to(x), n),
            Self::Highest(x, n) => Self::Highest(to(x), n),
            Self::Lowest(x, n) => Self::Lowest(to(x), n),
            Self::Percentile(x, n) => Self::Percentile(to(x), n),
            Self::DaysSince(x) => Self::DaysSince(to(x)),
            Self::Not(x) => Self::Not(to(x)),
            Self::And(a, b) => Self::And(to(a), to(b)),
            Self::Or(a, b) => Self::Or(to(a), to(b)),
            Self::Yesterday(x) => Self::Yesterday(to(x)),
        }
    }

    /// Whether it gives a truth value; otherwise it gives a number.
    pub(super) fn is_truth(&self) -> bool {
        matches!(self, Self::Compare(..) | Self::Not(_) | Self::And(..) | Self::Or(..) | Self::Yesterday(_))
    }

    /// Days after the first of its inputs on which it has no value yet.
    pub(super) fn days_before_first(&self) -> usize {
        match *self {
            Self::Change(_, n) | Self::Ratio(_, n) | Self::Percentile(_, n) => n,
            Self::Wilder(_, n)
            | Self::Settled(_, n)
            | Self::Mean(_, n)
            | Self::Deviation(_, n)
            | Self::Score(_, n)
            | Self::Highest(_, n)
            | Self::Lowest(_, n) => n - 1,
            Self::Yesterday(_) => 1,
            _ => 0,
        }
    }
}
