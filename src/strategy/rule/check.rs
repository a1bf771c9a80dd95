//! Gives names their meaning and makes sure that numbers and truth values stand where they belong.

use std::ops::Range;

use super::error::RuleError;
use super::expression::{Arithmetic, Expression};
use super::function::{FUNCTIONS, Function, Kind, PERIOD_MAX, Signature};
use super::names::{Meaning, Names};
use super::series::{Series, VX_MONTHS};
use super::syntax::{Infix, Syntax, SyntaxKind};

/// Least similarity (Jaro-Winkler, 0 to 1) of a name that is suggested.
const SIMILARITY_MIN: f64 = 0.75;

/// The meaning of a whole rule.
pub(super) fn check(tree: &Syntax<'_>, names: &Names) -> Result<Expression, RuleError> {
    let rule = resolve(tree, names)?;
    if rule.is_truth() {
        return Ok(rule);
    }
    Err(RuleError::new(tree.span.clone(), "a rule must be true or false, but this is a number")
        .help("compare it with something, as in `vix > 30`"))
}

fn resolve(tree: &Syntax<'_>, names: &Names) -> Result<Expression, RuleError> {
    match &tree.kind {
        SyntaxKind::Number(value) => Ok(Expression::Number(*value)),
        SyntaxKind::Truth(value) => Ok(Expression::Truth(*value)),
        SyntaxKind::Name(name) => named(name, &tree.span, names),
        SyntaxKind::Negate(x) => Ok(Expression::Negate(Box::new(number(x, names, || "`-`".to_owned())?))),
        SyntaxKind::Not(x) => Ok(Expression::Not(Box::new(truth(x, names, "not")?))),
        SyntaxKind::Binary(infix, ab) => binary(*infix, ab, &tree.span, names),
        SyntaxKind::Call { name, name_span, arguments } => call(name, name_span, arguments, &tree.span, names),
    }
}

fn named(name: &str, span: &Range<usize>, names: &Names) -> Result<Expression, RuleError> {
    match names.meaning(name) {
        Meaning::Series(series) => Ok(Expression::Series { name: name.to_owned(), series }),
        Meaning::Threshold(value) => Ok(Expression::Threshold { name: name.to_owned(), value }),
        Meaning::Closed(message, help) => Err(RuleError::new(span.clone(), message).help(help)),
        Meaning::Unknown => Err(unknown(name, span, names)),
    }
}

fn unknown(name: &str, span: &Range<usize>, names: &Names) -> RuleError {
    if let Some(function) = Function::named(name) {
        let message = format!("`{name}` is a function and needs its arguments");
        return RuleError::new(span.clone(), message).help(format!("write `{}`", function.signature()));
    }
    let error = RuleError::new(span.clone(), format!("unknown name `{name}`"));
    if name.strip_prefix("vx").is_some_and(|month| !month.is_empty() && month.bytes().all(|b| b.is_ascii_digit())) {
        return error.help(format!("VX months run from vx1 to vx{VX_MONTHS}"));
    }
    let words = ["and", "or", "not", "true", "false"].map(str::to_owned);
    let known = names.usable().into_iter().chain(names.thresholds().map(str::to_owned)).chain(words);
    match closest(name, known) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help("a rule uses series, functions and the names in [thresholds]"),
    }
}

/// The known name most like `name`, if any is much like it.
fn closest(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let small = name.to_ascii_lowercase();
    let scored = known.map(|candidate| (strsim::jaro_winkler(&small, &candidate.to_ascii_lowercase()), candidate));
    let near = scored.filter(|(similarity, _)| *similarity >= SIMILARITY_MIN);
    near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, candidate)| candidate)
}

fn binary(infix: Infix, ab: &[Syntax<'_>; 2], span: &Range<usize>, names: &Names) -> Result<Expression, RuleError> {
    let truths = |word| Ok([truth(&ab[0], names, word)?, truth(&ab[1], names, word)?].into());
    let numbers = |sign: &str| {
        let user = || format!("`{sign}`");
        Ok([number(&ab[0], names, user)?, number(&ab[1], names, user)?].into())
    };
    match infix {
        Infix::Or => Ok(Expression::Or(truths("or")?)),
        Infix::And => Ok(Expression::And(truths("and")?)),
        Infix::Compare(comparison) => Ok(Expression::Compare(comparison, numbers(comparison.sign())?)),
        Infix::Arithmetic(operation) => finite(operation, numbers(operation.sign())?, span),
    }
}

fn finite(operation: Arithmetic, ab: Box<[Expression; 2]>, span: &Range<usize>) -> Result<Expression, RuleError> {
    let division_by_zero = operation == Arithmetic::Divide && ab[1].constant() == Some(0.0);
    let result = Expression::Arithmetic(operation, ab);
    match result.constant() {
        _ if division_by_zero => Err(RuleError::new(span.clone(), "this always divides by zero")),
        Some(value) if !value.is_finite() => Err(RuleError::new(span.clone(), "this is too large for a number")),
        _ => Ok(result),
    }
}

/// A number for `user`, which needs one.
fn number(x: &Syntax<'_>, names: &Names, user: impl Fn() -> String) -> Result<Expression, RuleError> {
    let resolved = resolve(x, names)?;
    if !resolved.is_truth() {
        return Ok(resolved);
    }
    let message = format!("{} needs a number, but this is a truth value", user());
    let error = RuleError::new(x.span.clone(), message);
    Err(if matches!(x.kind, SyntaxKind::Not(_) | SyntaxKind::Binary(..)) {
        error.help("comparisons cannot stand inside arithmetic; join them by `and`, `or`")
    } else {
        error
    })
}

/// A truth value for the word `user`, which needs one.
fn truth(x: &Syntax<'_>, names: &Names, user: &str) -> Result<Expression, RuleError> {
    let resolved = resolve(x, names)?;
    if resolved.is_truth() {
        return Ok(resolved);
    }
    Err(RuleError::new(x.span.clone(), format!("`{user}` needs a truth value, but this is a number"))
        .help("compare it with something, as in `vix > 30`"))
}

fn call(
    name: &str,
    name_span: &Range<usize>,
    arguments: &[Syntax<'_>],
    span: &Range<usize>,
    names: &Names,
) -> Result<Expression, RuleError> {
    let Some(function) = Function::named(name) else {
        return Err(not_a_function(name, name_span, names));
    };
    let signature = function.signature();
    if !signature.accepts(arguments.len()) {
        let message = format!("`{name}` takes {}, found {}", signature.arity(), arguments.len());
        return Err(RuleError::new(span.clone(), message).help(format!("write `{signature}`: {}", signature.meaning)));
    }
    let mut checked = Vec::with_capacity(arguments.len());
    for (at, given) in arguments.iter().enumerate() {
        checked.push(argument(signature, at, given, names)?);
    }
    check_together(function, &checked, arguments, span)?;
    Ok(Expression::Call(function, checked))
}

fn not_a_function(name: &str, span: &Range<usize>, names: &Names) -> RuleError {
    if matches!(names.meaning(name), Meaning::Unknown) {
        let error = RuleError::new(span.clone(), format!("unknown function `{name}`"));
        return match closest(name, FUNCTIONS.iter().map(|signature| signature.name.to_owned())) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        };
    }
    RuleError::new(span.clone(), format!("`{name}` is not a function")).help(format!("write `{name}` alone"))
}

fn argument(signature: &Signature, at: usize, given: &Syntax<'_>, names: &Names) -> Result<Expression, RuleError> {
    let Some((role, kind)) = signature.argument(at) else {
        return Err(RuleError::new(given.span.clone(), "one argument too many"));
    };
    let user = || format!("`{role}` of `{signature}`");
    if kind == Kind::Condition {
        let condition = resolve(given, names)?;
        if !condition.is_truth() {
            let message = format!("{} needs a truth value, but this is a number", user());
            return Err(RuleError::new(given.span.clone(), message).help("give it a comparison, as in `vix > 30`"));
        }
        return refuse_positions(condition, signature, given);
    }
    let value = number(given, names, user)?;
    match kind {
        Kind::Past => refuse_positions(value, signature, given),
        Kind::Period(least) => period(&value, least, &user(), given).map(|()| value),
        Kind::Tolerance => tolerance(&value, &user(), given).map(|()| value),
        Kind::Number | Kind::Condition => Ok(value),
    }
}

/// The past of a position is not kept, so no function can look at it.
fn refuse_positions(value: Expression, signature: &Signature, given: &Syntax<'_>) -> Result<Expression, RuleError> {
    let mut found = None;
    value.walk(&mut |inner| {
        if let Expression::Series { name, series: Series::Position(_) } = inner {
            found.get_or_insert(name);
        }
    });
    let Some(name) = found else { return Ok(value) };
    let message = format!("`{}` looks at the past, which is not kept for `{name}` of a position", signature.name);
    Err(RuleError::new(given.span.clone(), message).help("use it with series of the market or the book"))
}

fn period(value: &Expression, least: u32, user: &str, given: &Syntax<'_>) -> Result<(), RuleError> {
    let fault = |message: String| RuleError::new(given.span.clone(), message);
    let Some(days) = value.constant() else {
        return Err(fault(format!("{user} must be known before the run")).help("give a number or a threshold"));
    };
    let plain = matches!(given.kind, SyntaxKind::Number(_) | SyntaxKind::Negate(_));
    let shown = if plain { String::new() } else { format!(" (`{value}`)") };
    if days.fract() != 0.0 {
        return Err(fault(format!("{user} must be a whole number of days, found {days}{shown}")));
    }
    if days < f64::from(least) || days > f64::from(PERIOD_MAX) {
        return Err(fault(format!("{user} must lie between {least} and {PERIOD_MAX} days, found {days}{shown}")));
    }
    Ok(())
}

fn tolerance(value: &Expression, user: &str, given: &Syntax<'_>) -> Result<(), RuleError> {
    let fault = |message: String| RuleError::new(given.span.clone(), message);
    match value.constant() {
        None => Err(fault(format!("{user} must be known before the run")).help("give a number or a threshold")),
        Some(share) if !(0.0..1.0).contains(&share) => {
            Err(fault(format!("{user} must be at least 0 and below 1, found {share}")).help("2 % is 0.02"))
        }
        Some(_) => Ok(()),
    }
}

/// What no argument shows alone: the past of a number that never changes, a fast period above the slow one.
fn check_together(
    function: Function,
    arguments: &[Expression],
    given: &[Syntax<'_>],
    span: &Range<usize>,
) -> Result<(), RuleError> {
    let signature = function.signature();
    let past = |at: &usize| matches!(signature.argument(*at), Some((_, Kind::Past)));
    let crossing = matches!(function, Function::CrossedAbove | Function::CrossedBelow);
    let fixed: Vec<usize> =
        (0..arguments.len()).filter(past).filter(|&at| arguments[at].constant().is_some()).collect();
    if let Some(&at) = fixed.first()
        && (!crossing || fixed.len() == 2)
    {
        let never = if crossing { "neither of these numbers changes" } else { "this number never changes" };
        let message = format!("`{}` looks at the past, but {never}", signature.name);
        let span = if crossing { span.clone() } else { given[at].span.clone() };
        return Err(RuleError::new(span, message).help("give it a series, as in `vix`"));
    }
    if matches!(function, Function::Macd | Function::MacdSignal | Function::MacdHistogram)
        && let (Some(fast), Some(slow)) = (arguments[1].constant(), arguments[2].constant())
        && fast >= slow
    {
        let message = format!("the fast period of `{}` ({fast}) must be below its slow one ({slow})", signature.name);
        return Err(RuleError::new(given[1].span.start..given[2].span.end, message));
    }
    Ok(())
}
