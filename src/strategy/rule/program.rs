//! Rules compiled together: every indicator that they share becomes one node.
//!
//! Nodes stand in evaluation order: sorted by [`Class`], and within a class after everything that they read.

use super::Rule;
use super::lower;
use super::node::{Builder, Class, Node, NodeId, Operation, Verdict};
use super::series::{BookSeries, MarketSeries, PositionSeries, Series};
use super::table::History;

/// A rule of a program, by its rank in the list that was compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub usize);

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

    /// Keeps the values of every node on every day, so that [`value`](Self::value) can show them.
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
        self.warm_up_days_after(rule, &History::new(0))
    }

    /// The same for a run whose indicators begin with `history`.
    #[must_use]
    pub fn warm_up_days_after(&self, rule: RuleId, history: &History) -> usize {
        let Verdict::Node(root) = self.roots[rule.0] else { return 1 };
        // Days of the run, from 1; what was ready before the run has a number below that.
        let mut first_ready = vec![1_i64; root.0 + 1];
        for at in 0..=root.0 {
            let operation = &self.nodes[at].operation;
            let mut first = match operation {
                Operation::Series(Series::Market(series)) => 1 - history.days_ready(*series) as i64,
                Operation::Series(_) => 1,
                _ => i64::MIN,
            };
            operation.inputs(|id| first = first.max(first_ready[id.0]));
            first_ready[at] = first.max(-i64::from(u32::MAX)) + operation.days_before_first() as i64;
        }
        usize::try_from(first_ready[root.0]).unwrap_or(1).max(1)
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
    pub fn book_series(&self) -> Vec<BookSeries> {
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
