//! Rules compiled together: every indicator that they share becomes one node.
//!
//! A node is one small operation (an average, a difference, a comparison); the functions of the language are put
//! together from these in [`lower`](super::lower). Nodes stand in evaluation order, sorted by [`Class`].

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use super::Rule;
use super::expression::{Arithmetic, Comparison, Expression};
use super::lower;
use super::series::{MarketSeries, PositionSeries, Series};

/// A rule of a program, by its rank in the list that was compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub usize);

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
    /// Days of history that its first value needs, today included.
    pub(super) first_ready: usize,
    /// Its text in a rule; `None` for steps inside a function.
    pub(super) label: Option<String>,
    /// Whether values of all days are kept, because something other than the next node reads them.
    pub(super) kept: bool,
}

/// Several rules, ready to be evaluated for batches of paths.
#[derive(Debug, Clone)]
pub struct Program {
    pub(super) nodes: Vec<Node>,
    pub(super) roots: Vec<Verdict>,
    /// For each rule about positions: what is gathered from market and book, then what is evaluated, in order.
    pub(super) position_plans: Vec<PositionPlan>,
}

/// How a rule is evaluated for a list of positions.
#[derive(Debug, Clone, Default)]
pub(super) struct PositionPlan {
    pub(super) gathered: Vec<NodeId>,
    pub(super) evaluated: Vec<NodeId>,
}

/// A node as a trace shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeView<'a> {
    /// Which node.
    pub id: NodeId,
    /// The text of the expression, as in `rsi_cutler(vix, 14)`.
    pub label: &'a str,
    /// When its value can be known.
    pub class: Class,
}

impl Program {
    /// Compiles rules; the n-th becomes [`RuleId`] n.
    #[must_use]
    pub fn compile(rules: &[&Rule]) -> Self {
        let mut builder = Builder::default();
        let roots: Vec<Verdict> = rules.iter().map(|rule| lower::verdict(&rule.expression, &mut builder)).collect();
        let mut program = Self { nodes: builder.nodes, roots, position_plans: Vec::new() };
        program.sort_by_class();
        program.position_plans = (0..program.roots.len()).map(|rule| program.position_plan(rule)).collect();
        program.mark_kept();
        program
    }

    /// Keeps the values of every node on every day, so that [`Workspace::value`](super::Workspace::value) can show
    /// them.
    #[must_use]
    pub fn traced(mut self) -> Self {
        self.nodes.iter_mut().for_each(|node| node.kept = true);
        self
    }

    /// Rules in the program.
    #[must_use]
    pub fn rules(&self) -> usize {
        self.roots.len()
    }

    /// When a rule can be decided.
    #[must_use]
    pub fn class(&self, rule: RuleId) -> Class {
        match self.roots[rule.0] {
            Verdict::Constant(_) => Class::Constant,
            Verdict::Node(id) => self.nodes[id.0].class,
        }
    }

    /// Days, the first included, before every function in the rule has a value; 1 if it looks at no past.
    ///
    /// On earlier days a rule can be decided only if an `or` or `and` does not need the value that is missing.
    /// [`days_since`](super::Function::DaysSince) counts as ready, though it waits for its condition.
    #[must_use]
    pub fn warm_up_days(&self, rule: RuleId) -> usize {
        match self.roots[rule.0] {
            Verdict::Constant(_) => 1,
            Verdict::Node(id) => self.nodes[id.0].first_ready,
        }
    }

    /// The market series that some rule needs.
    #[must_use]
    pub fn market_series(&self) -> Vec<MarketSeries> {
        self.series()
            .filter_map(|series| if let Series::Market(market) = series { Some(market) } else { None })
            .collect()
    }

    /// The position series that some rule needs.
    #[must_use]
    pub fn position_series(&self) -> Vec<PositionSeries> {
        self.series().filter_map(|s| if let Series::Position(position) = s { Some(position) } else { None }).collect()
    }

    /// The book series that some rule needs.
    #[must_use]
    pub fn book_series(&self) -> Vec<super::BookSeries> {
        self.series().filter_map(|series| if let Series::Book(book) = series { Some(book) } else { None }).collect()
    }

    /// What a trace can show: every expression that a rule spells out and that is not a plain number.
    pub fn nodes(&self) -> impl Iterator<Item = NodeView<'_>> {
        self.nodes.iter().enumerate().filter_map(|(at, node)| {
            node.label.as_deref().map(|label| NodeView { id: NodeId(at), label, class: node.class })
        })
    }

    fn series(&self) -> impl Iterator<Item = Series> {
        self.nodes
            .iter()
            .filter_map(|node| if let Operation::Series(series) = node.operation { Some(series) } else { None })
    }

    /// Market nodes first, then book, then positions; the order within a class stays that of dependence.
    fn sort_by_class(&mut self) {
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        order.sort_by_key(|&old| self.nodes[old].class);
        let mut moved_to = vec![NodeId(0); order.len()];
        for (new, &old) in order.iter().enumerate() {
            moved_to[old] = NodeId(new);
        }
        let rename = |id: NodeId| moved_to[id.0];
        let sorted = order.iter().map(|&old| {
            let node = self.nodes[old].clone();
            Node { operation: node.operation.renamed(rename), ..node }
        });
        self.nodes = sorted.collect();
        for root in &mut self.roots {
            if let Verdict::Node(id) = root {
                *id = rename(*id);
            }
        }
    }

    /// The nodes behind a rule about positions.
    fn position_plan(&self, rule: usize) -> PositionPlan {
        let Verdict::Node(root) = self.roots[rule] else { return PositionPlan::default() };
        let mut needed = vec![false; root.0 + 1];
        needed[root.0] = true;
        for at in (0..=root.0).rev().filter(|&at| self.nodes[at].class == Class::Position) {
            if needed[at] {
                self.nodes[at].operation.inputs(|id| needed[id.0] = true);
            }
        }
        let (mut gathered, mut evaluated) = (Vec::new(), Vec::new());
        for at in (0..=root.0).filter(|&at| needed[at]) {
            let list = if self.nodes[at].class == Class::Position { &mut evaluated } else { &mut gathered };
            list.push(NodeId(at));
        }
        PositionPlan { gathered, evaluated }
    }

    /// Values that are read on another occasion than the next node's turn.
    fn mark_kept(&mut self) {
        let mut kept = vec![false; self.nodes.len()];
        for root in &self.roots {
            if let Verdict::Node(id) = root {
                kept[id.0] = true;
            }
        }
        for node in &self.nodes {
            node.operation.inputs(|id| kept[id.0] |= self.nodes[id.0].class != node.class);
        }
        for (node, kept) in self.nodes.iter_mut().zip(kept) {
            node.kept = kept;
        }
    }
}

/// Collects nodes, each distinct operation once.
#[derive(Debug, Default)]
pub(super) struct Builder {
    nodes: Vec<Node>,
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
        let mut inputs_ready = 1;
        operation.inputs(|id| {
            class = class.max(self.nodes[id.0].class);
            inputs_ready = inputs_ready.max(self.nodes[id.0].first_ready);
        });
        let first_ready = inputs_ready + operation.days_before_first();
        let id = NodeId(self.nodes.len());
        self.nodes.push(Node { operation, class, first_ready, label: None, kept: false });
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
    fn renamed(&self, mut to: impl FnMut(NodeId) -> NodeId) -> Self {
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
    fn days_before_first(&self) -> usize {
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
