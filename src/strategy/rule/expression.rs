//! A checked rule as a tree of numbers and truth values.

use std::fmt;

use super::function::Function;
use super::series::Series;

/// A number or truth value, every name resolved.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Number(f64),
    Truth(bool),
    Threshold { name: String, value: f64 },
    Series { name: String, series: Series },
    Negate(Box<Expression>),
    Not(Box<Expression>),
    And(Box<[Expression; 2]>),
    Or(Box<[Expression; 2]>),
    Arithmetic(Arithmetic, Box<[Expression; 2]>),
    Compare(Comparison, Box<[Expression; 2]>),
    Call(Function, Vec<Expression>),
}

/// An operation of two numbers that gives a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Least,
    Greatest,
}

/// An operation of two numbers that gives a truth value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

impl Expression {
    /// Whether this is a truth value; otherwise it is a number.
    pub(super) fn is_truth(&self) -> bool {
        match self {
            Self::Truth(_) | Self::Not(_) | Self::And(_) | Self::Or(_) | Self::Compare(..) => true,
            Self::Call(function, _) => {
                matches!(function, Function::Divergence | Function::CrossedAbove | Function::CrossedBelow)
            }
            _ => false,
        }
    }

    /// The number, where it is known before anything runs.
    pub(super) fn constant(&self) -> Option<f64> {
        match self {
            Self::Number(value) | Self::Threshold { value, .. } => Some(*value),
            Self::Negate(x) => Some(-x.constant()?),
            Self::Arithmetic(operation, ab) => Some(operation.apply(ab[0].constant()?, ab[1].constant()?)),
            Self::Call(Function::Abs, x) => Some(x[0].constant()?.abs()),
            Self::Call(Function::Min, xs) => fold(Arithmetic::Least, xs),
            Self::Call(Function::Max, xs) => fold(Arithmetic::Greatest, xs),
            _ => None,
        }
    }

    /// Calls `visit` for this and everything inside.
    pub(super) fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Expression)) {
        visit(self);
        match self {
            Self::Number(_) | Self::Truth(_) | Self::Threshold { .. } | Self::Series { .. } => {}
            Self::Negate(x) | Self::Not(x) => x.walk(visit),
            Self::And(ab) | Self::Or(ab) | Self::Arithmetic(_, ab) | Self::Compare(_, ab) => {
                ab.iter().for_each(|x| x.walk(visit));
            }
            Self::Call(_, arguments) => arguments.iter().for_each(|x| x.walk(visit)),
        }
    }

    /// Binding strength, as in the grammar.
    fn strength(&self) -> u8 {
        match self {
            Self::Or(_) => 1,
            Self::And(_) => 2,
            Self::Not(_) => 3,
            Self::Compare(..) => 4,
            Self::Arithmetic(Arithmetic::Add | Arithmetic::Subtract, _) => 5,
            Self::Arithmetic(..) => 6,
            Self::Negate(_) => 7,
            _ => 8,
        }
    }
}

fn fold(operation: Arithmetic, xs: &[Expression]) -> Option<f64> {
    let mut folded = xs[0].constant()?;
    for x in &xs[1..] {
        folded = operation.apply(folded, x.constant()?);
    }
    Some(folded)
}

impl Arithmetic {
    /// The result, or NaN (not ready) where it is not a finite number.
    #[inline(always)]
    pub(super) fn apply(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => ready(a + b),
            Self::Subtract => ready(a - b),
            Self::Multiply => ready(a * b),
            Self::Divide => ready(a / b),
            Self::Least => least(a, b),
            Self::Greatest => greatest(a, b),
        }
    }

    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Least => "min",
            Self::Greatest => "max",
        }
    }
}

impl Comparison {
    /// The result for two numbers that are ready.
    #[inline(always)]
    pub(super) fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::Less => a < b,
            Self::LessOrEqual => a <= b,
            Self::Greater => a > b,
            Self::GreaterOrEqual => a >= b,
            Self::Equal => a == b,
            Self::NotEqual => a != b,
        }
    }

    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
        }
    }
}

/// The value, or NaN where it is not finite.
#[inline(always)]
pub(super) fn ready(value: f64) -> f64 {
    if value.abs() < f64::INFINITY { value } else { f64::NAN }
}

/// The smaller, or NaN where either is NaN.
#[inline(always)]
pub(super) fn least(a: f64, b: f64) -> f64 {
    if a < b || a.is_nan() { a } else { b }
}

/// The larger, or NaN where either is NaN.
#[inline(always)]
pub(super) fn greatest(a: f64, b: f64) -> f64 {
    if a > b || a.is_nan() { a } else { b }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(value) => write!(f, "{value}"),
            Self::Truth(value) => write!(f, "{value}"),
            Self::Threshold { name, .. } | Self::Series { name, .. } => f.write_str(name),
            Self::Negate(x) => self.prefixed(f, "-", x),
            Self::Not(x) => self.prefixed(f, "not ", x),
            Self::And(ab) => self.joined(f, "and", ab),
            Self::Or(ab) => self.joined(f, "or", ab),
            Self::Arithmetic(operation, ab) => self.joined(f, operation.sign(), ab),
            Self::Compare(comparison, ab) => self.joined(f, comparison.sign(), ab),
            Self::Call(function, arguments) => {
                write!(f, "{}(", function.signature().name)?;
                for (at, argument) in arguments.iter().enumerate() {
                    write!(f, "{}{argument}", if at > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
        }
    }
}

impl Expression {
    fn prefixed(&self, f: &mut fmt::Formatter<'_>, sign: &str, x: &Self) -> fmt::Result {
        if x.strength() < self.strength() { write!(f, "{sign}({x})") } else { write!(f, "{sign}{x}") }
    }

    /// With brackets where the reader would otherwise group it otherwise.
    fn joined(&self, f: &mut fmt::Formatter<'_>, sign: &str, [a, b]: &[Self; 2]) -> fmt::Result {
        let own = self.strength();
        if a.strength() < own || (a.strength() == own && matches!(self, Self::Compare(..))) {
            write!(f, "({a}) {sign} ")?;
        } else {
            write!(f, "{a} {sign} ")?;
        }
        if b.strength() <= own { write!(f, "({b})") } else { write!(f, "{b}") }
    }
}
