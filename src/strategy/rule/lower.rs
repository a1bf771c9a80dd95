//! What each function of the language is made of.
//!
//! ```text
//! rsi(x, n)             100 U / (U + D), U and D Wilder's averages of max(m, 0) and max(-m, 0), m = change(x, 1)
//! rsi_cutler(x, n)      the same with simple averages of the last n moves
//! macd(x, f, s)         E_f(x) - E_s(x), E_n the exponential average of weight 2 / (n + 1) that begins at the first value
//! macd_signal(.., g)    E_g(macd);   macd_histogram = macd - macd_signal
//! realized(x, n)        100 sqrt(252) stdev(ln(x / x of the day before), n)
//! divergence(p, b, n)   p >= (1 - tolerance) high(p, n) and change(b, n) < 0
//! crossed_above(a, b)   a > b and yesterday(a <= b)
//! ```
//!
//! References: J. W. Wilder, "New Concepts in Technical Trading Systems", 1978 (RSI); G. Appel, "Technical Analysis",
//! 2005 (MACD).

use super::expression::{Arithmetic, Comparison, Expression};
use super::function::Function;
use super::node::{Builder, NodeId, Operand, Operation, Verdict};

/// `100 sqrt(252)`: from a daily standard deviation to percent a year.
const PERCENT_A_YEAR: f64 = 1_587.450_786_638_754_3;
/// Distance from the high at which a price still counts as being there, where a rule does not say.
const DIVERGENCE_TOLERANCE: f64 = 0.01;

/// The nodes of a truth value.
pub(super) fn verdict(expression: &Expression, builder: &mut Builder) -> Verdict {
    let found = match expression {
        Expression::Truth(value) => Verdict::Constant(*value),
        Expression::Not(x) => match verdict(x, builder) {
            Verdict::Constant(value) => Verdict::Constant(!value),
            Verdict::Node(x) => Verdict::Node(builder.node(Operation::Not(x))),
        },
        Expression::And(ab) => {
            let [a, b] = [&ab[0], &ab[1]].map(|x| verdict(x, builder));
            both(a, b, builder)
        }
        Expression::Or(ab) => match [&ab[0], &ab[1]].map(|x| verdict(x, builder)) {
            [Verdict::Constant(true), _] | [_, Verdict::Constant(true)] => Verdict::Constant(true),
            [Verdict::Constant(false), other] | [other, Verdict::Constant(false)] => other,
            [Verdict::Node(a), Verdict::Node(b)] => Verdict::Node(builder.node(Operation::Or(a, b))),
        },
        Expression::Compare(comparison, ab) => {
            let [a, b] = [&ab[0], &ab[1]].map(|x| number(x, builder));
            compare(*comparison, a, b, builder)
        }
        Expression::Call(function, arguments) => condition(*function, arguments, builder),
        _ => unreachable!("the checker lets no number stand for a truth value"),
    };
    if let Verdict::Node(id) = found {
        builder.label(id, expression);
    }
    found
}

/// The nodes of a number.
fn number(expression: &Expression, builder: &mut Builder) -> Operand {
    if let Some(value) = expression.constant() {
        return Operand::Constant(value);
    }
    let found = match expression {
        Expression::Series { series, .. } => Operand::Node(builder.node(Operation::Series(*series))),
        Expression::Negate(x) => {
            let x = varying(x, builder);
            Operand::Node(builder.node(Operation::Negate(x)))
        }
        Expression::Arithmetic(operation, ab) => {
            let [a, b] = [&ab[0], &ab[1]].map(|x| number(x, builder));
            arithmetic(*operation, a, b, builder)
        }
        Expression::Call(function, arguments) => call(*function, arguments, builder),
        _ => unreachable!("the checker lets no truth value stand for a number"),
    };
    if let Operand::Node(id) = found {
        builder.label(id, expression);
    }
    found
}

fn call(function: Function, arguments: &[Expression], builder: &mut Builder) -> Operand {
    if let Function::Min | Function::Max = function {
        let operation = if function == Function::Min { Arithmetic::Least } else { Arithmetic::Greatest };
        let mut folded = number(&arguments[0], builder);
        for argument in &arguments[1..] {
            let next = number(argument, builder);
            folded = arithmetic(operation, folded, next, builder);
        }
        return folded;
    }
    if function == Function::DaysSince {
        return match verdict(&arguments[0], builder) {
            Verdict::Node(condition) => Operand::Node(builder.node(Operation::DaysSince(condition))),
            Verdict::Constant(true) => Operand::Constant(0.0),
            Verdict::Constant(false) => Operand::Constant(f64::NAN),
        };
    }
    let x = varying(&arguments[0], builder);
    let period = |at: usize| arguments.get(at).map_or(0, days);
    let n = period(1);
    Operand::Node(match function {
        Function::Rsi => strength(x, |moves| Operation::Wilder(moves, n), builder),
        Function::RsiCutler => strength(x, |moves| Operation::Mean(moves, n), builder),
        Function::Macd => {
            let macd = macd(x, n, period(2), builder);
            builder.node(Operation::Settled(macd, period(2)))
        }
        Function::MacdSignal => {
            let macd = macd(x, n, period(2), builder);
            let signal = builder.node(Operation::Ema(macd, period(3)));
            builder.node(Operation::Settled(signal, period(2) + period(3) - 1))
        }
        Function::MacdHistogram => {
            let macd = macd(x, n, period(2), builder);
            let signal = builder.node(Operation::Ema(macd, period(3)));
            let histogram = subtract(macd, signal, builder);
            builder.node(Operation::Settled(histogram, period(2) + period(3) - 1))
        }
        Function::Ema => {
            let average = builder.node(Operation::Ema(x, n));
            builder.node(Operation::Settled(average, n))
        }
        Function::Sma => builder.node(Operation::Mean(x, n)),
        Function::Zscore => builder.node(Operation::Score(x, n)),
        Function::Stdev => builder.node(Operation::Deviation(x, n)),
        Function::Percentile => builder.node(Operation::Percentile(x, n)),
        Function::High => builder.node(Operation::Highest(x, n)),
        Function::Low => builder.node(Operation::Lowest(x, n)),
        Function::Change => builder.node(Operation::Change(x, n)),
        Function::Return => {
            let ratio = Operand::Node(builder.node(Operation::Ratio(x, n)));
            builder.node(Operation::Arithmetic(Arithmetic::Subtract, ratio, Operand::Constant(1.0)))
        }
        Function::Realized => {
            let ratio = builder.node(Operation::Ratio(x, 1));
            let log_return = builder.node(Operation::Logarithm(ratio));
            let deviation = Operand::Node(builder.node(Operation::Deviation(log_return, n)));
            builder.node(Operation::Arithmetic(Arithmetic::Multiply, deviation, Operand::Constant(PERCENT_A_YEAR)))
        }
        Function::Abs => builder.node(Operation::Absolute(x)),
        Function::Min
        | Function::Max
        | Function::DaysSince
        | Function::Divergence
        | Function::CrossedAbove
        | Function::CrossedBelow => unreachable!("handled above or no number"),
    })
}

fn condition(function: Function, arguments: &[Expression], builder: &mut Builder) -> Verdict {
    let (now, before) = match function {
        Function::CrossedAbove => (Comparison::Greater, Comparison::LessOrEqual),
        Function::CrossedBelow => (Comparison::Less, Comparison::GreaterOrEqual),
        _ => return divergence(arguments, builder),
    };
    let [a, b] = [&arguments[0], &arguments[1]].map(|x| number(x, builder));
    let now = compare(now, a, b, builder);
    let before = match compare(before, a, b, builder) {
        Verdict::Node(x) => Verdict::Node(builder.node(Operation::Yesterday(x))),
        constant @ Verdict::Constant(_) => constant,
    };
    both(now, before, builder)
}

fn divergence(arguments: &[Expression], builder: &mut Builder) -> Verdict {
    let price = varying(&arguments[0], builder);
    let breadth = varying(&arguments[1], builder);
    let n = days(&arguments[2]);
    let tolerance = arguments.get(3).and_then(Expression::constant).unwrap_or(DIVERGENCE_TOLERANCE);
    let high = Operand::Node(builder.node(Operation::Highest(price, n)));
    let near = arithmetic(Arithmetic::Multiply, high, Operand::Constant(1.0 - tolerance), builder);
    let price_is_high = compare(Comparison::GreaterOrEqual, Operand::Node(price), near, builder);
    let change = Operand::Node(builder.node(Operation::Change(breadth, n)));
    let breadth_fell = compare(Comparison::Less, change, Operand::Constant(0.0), builder);
    both(price_is_high, breadth_fell, builder)
}

/// Relative strength from averages of the rises and the falls of `x`.
fn strength(x: NodeId, average: impl Fn(NodeId) -> Operation, builder: &mut Builder) -> NodeId {
    let rise = Operand::Node(builder.node(Operation::Change(x, 1)));
    let fall = arithmetic(Arithmetic::Subtract, Operand::Constant(0.0), rise, builder);
    let [up, down] = [rise, fall].map(|moves| {
        let moves = Operation::Arithmetic(Arithmetic::Greatest, moves, Operand::Constant(0.0));
        let moves = builder.node(moves);
        builder.node(average(moves))
    });
    builder.node(Operation::Strength(up, down))
}

fn macd(x: NodeId, fast: usize, slow: usize, builder: &mut Builder) -> NodeId {
    let fast = builder.node(Operation::Ema(x, fast));
    let slow = builder.node(Operation::Ema(x, slow));
    subtract(fast, slow, builder)
}

fn subtract(a: NodeId, b: NodeId, builder: &mut Builder) -> NodeId {
    builder.node(Operation::Arithmetic(Arithmetic::Subtract, Operand::Node(a), Operand::Node(b)))
}

fn arithmetic(operation: Arithmetic, a: Operand, b: Operand, builder: &mut Builder) -> Operand {
    match (a, b) {
        (Operand::Constant(a), Operand::Constant(b)) => Operand::Constant(operation.apply(a, b)),
        _ => Operand::Node(builder.node(Operation::Arithmetic(operation, a, b))),
    }
}

fn compare(comparison: Comparison, a: Operand, b: Operand, builder: &mut Builder) -> Verdict {
    match (a, b) {
        // A constant that is not ready (the days since what never holds) leaves the comparison undecided.
        (Operand::Constant(a), Operand::Constant(b)) if !a.is_nan() && !b.is_nan() => {
            Verdict::Constant(comparison.holds(a, b))
        }
        _ => Verdict::Node(builder.node(Operation::Compare(comparison, a, b))),
    }
}

fn both(a: Verdict, b: Verdict, builder: &mut Builder) -> Verdict {
    match [a, b] {
        [Verdict::Constant(false), _] | [_, Verdict::Constant(false)] => Verdict::Constant(false),
        [Verdict::Constant(true), other] | [other, Verdict::Constant(true)] => other,
        [Verdict::Node(a), Verdict::Node(b)] => Verdict::Node(builder.node(Operation::And(a, b))),
    }
}

/// The node of a number that the checker has found to vary.
fn varying(expression: &Expression, builder: &mut Builder) -> NodeId {
    match number(expression, builder) {
        Operand::Node(id) => id,
        Operand::Constant(value) => {
            // Numbers such as `days_since(true)` turn out constant only here: let them stand as a sum of nothing.
            builder.node(Operation::Arithmetic(Arithmetic::Add, Operand::Constant(value), Operand::Constant(0.0)))
        }
    }
}

/// A period that the checker has found to be a whole number in range.
fn days(expression: &Expression) -> usize {
    expression.constant().map_or(0, |days| days as usize)
}
