use tailwing::strategy::rule::Place::{Entry, Exit, Gate, Layer};
use tailwing::strategy::rule::{DEPTH_MAX, LENGTH_MAX, MarketSeries, Names, Place, Rule, RuleError, Series};
use tailwing::strategy::rule::{FUNCTIONS, name_fault};

use super::names;

/// Where the rule stands, the rule, the piece that the error points at (nothing: the end), its message, its help.
type Case = (Place, &'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const MALFORMED: [Case; 87] = [
    (Layer, "", "", "the rule is empty", "`true` always holds, `false` never does"),
    (Layer, "   ", "   ", "the rule is empty", "`true` always holds, `false` never does"),
    (Layer, "vix", "vix", "a rule must be true or false, but this is a number", "compare it with something, as in `vix > 30`"),
    (Layer, "vix >", "", "the rule ends where a number, a name or `(` should follow", ""),
    (Layer, "> 30", ">", "expected a number, a name or `(`, found `>`", ""),
    (Layer, "vix > 30 and", "", "the rule ends where a number, a name or `(` should follow", ""),
    (Layer, "vix 30", "30", "expected an operator, found `30`", ""),
    (Layer, "(vix > 30", "(", "this bracket is not closed", "add `)`"),
    (Layer, "vix > 30)", ")", "expected an operator, found `)`", ""),
    (Layer, "vix > (30", "(", "this bracket is not closed", "add `)`"),
    (Layer, "sma(vix, 20 > 18", "(", "this bracket is not closed", "add `)`"),
    (Layer, "sma(vix 20) > 18", "20", "expected an operator, `,` or `)`, found `20`", ""),
    (Layer, "sma(vix, ) > 18", ")", "expected a number, a name or `(`, found `)`", ""),
    (Layer, "()", ")", "expected a number, a name or `(`, found `)`", ""),
    (Layer, "vix = 30", "=", "`=` means nothing in a rule", "write `==` to compare"),
    (Layer, "vix > 30 && vvix > 110", "&&", "`&&` means nothing in a rule", "write `and`"),
    (Layer, "vix > 30 || vvix > 110", "||", "`||` means nothing in a rule", "write `or`"),
    (Layer, "!(vix > 30)", "!", "`!` means nothing in a rule", "write `not`"),
    (Layer, "vix > 30 AND vvix > 110", "AND", "expected an operator, found `AND`", "write `and` and `or` in small letters"),
    (Layer, "drawdown > 5%", "%", "`%` means nothing in a rule", "write a fraction: 2 % is 0.02"),
    (Layer, "vix ^ 2 > 900", "^", "`^` means nothing in a rule", "there are no powers: multiply"),
    (Layer, "vix ** 2 > 900", "**", "`**` means nothing in a rule", "there are no powers: multiply"),
    (Layer, "vix ≥ 30", "≥", "`≥` means nothing in a rule", "write `>=`"),
    (Layer, "vix > thresholds.vix_extreme", ".", "`.` means nothing in a rule", "names have no dots: a threshold is named alone, as in `vix > vix_extreme`"),
    (Layer, "vix > 30; vix < 40", ";", "`;` means nothing in a rule", ""),
    (Layer, "vix > \"30\"", "\"", "`\"` means nothing in a rule", ""),
    (Layer, "vix > 30d", "30d", "`30d` is not a number", "write numbers as in 30, 0.5, 150_000 or 1e-3"),
    (Layer, "vix > 1__0", "1__0", "`1__0` is not a number", "write numbers as in 30, 0.5, 150_000 or 1e-3"),
    (Layer, "vix > 1_", "1_", "`1_` is not a number", "write numbers as in 30, 0.5, 150_000 or 1e-3"),
    (Layer, "vix > 1e999", "1e999", "`1e999` is too large for a number", ""),
    (Layer, "vix > 1.2.3", "1.2.3", "`1.2.3` is not a number", "write numbers as in 30, 0.5, 150_000 or 1e-3"),
    (Layer, "vixx > 30", "vixx", "unknown name `vixx`", "did you mean `vix`?"),
    (Layer, "VIX > 30", "VIX", "unknown name `VIX`", "did you mean `vix`?"),
    (Layer, "vix > vix_extrem", "vix_extrem", "unknown name `vix_extrem`", "did you mean `vix_extreme`?"),
    (Layer, "vix > banana", "banana", "unknown name `banana`", "a rule uses series, functions and the names in [thresholds]"),
    (Layer, "vx9 > 20", "vx9", "unknown name `vx9`", "VX months run from vx1 to vx8"),
    (Layer, "rsi < 30", "rsi", "`rsi` is a function and needs its arguments", "write `rsi(x, n)`"),
    (Layer, "rsii(vix, 14) < 30", "rsii", "unknown function `rsii`", "did you mean `rsi`?"),
    (Layer, "vix(14) < 30", "vix", "`vix` is not a function", "write `vix` alone"),
    (Layer, "frobnicate(vix) > 1", "frobnicate", "unknown function `frobnicate`", ""),
    (Layer, "skew25 > 5", "skew25", "this version knows `skew25` but does not supply it yet", "what can be used here: spx, vix, vvix, breadth, weekday, equity, drawdown, condor_risk, vx1"),
    (Entry, "profit > 10", "profit", "`profit` belongs to an open position and cannot be used in an entry", "positions are seen by exits and shifts alone"),
    (Gate, "loss > 10", "loss", "`loss` belongs to an open position and cannot be used in a gate", "positions are seen by exits and shifts alone"),
    (Layer, "breakeven_distance < 0.02", "breakeven_distance", "`breakeven_distance` belongs to an open position and cannot be used in a layer", "positions are seen by exits and shifts alone"),
    (Layer, "rsi(vix) < 30", "rsi(vix)", "`rsi` takes 2 arguments, found 1", "write `rsi(x, n)`: relative strength index, Wilder's averages, 0 to 100"),
    (Layer, "rsi(vix, 14, 3) < 30", "rsi(vix, 14, 3)", "`rsi` takes 2 arguments, found 3", "write `rsi(x, n)`: relative strength index, Wilder's averages, 0 to 100"),
    (Layer, "divergence(spx, breadth)", "divergence(spx, breadth)", "`divergence` takes 3 or 4 arguments, found 2", "write `divergence(price, breadth, n[, tolerance])`: price within tolerance (0.01) of its n-day high, breadth lower than n days ago"),
    (Layer, "min(vix) > 3", "min(vix)", "`min` takes 2 or more arguments, found 1", "write `min(a, b, ...)`: least of the numbers"),
    (Layer, "abs(vix, vvix) > 3", "abs(vix, vvix)", "`abs` takes 1 argument, found 2", "write `abs(x)`: absolute value"),
    (Layer, "days_since() > 3", "days_since()", "`days_since` takes 1 argument, found 0", "write `days_since(condition)`: days since the condition last held, 0 today"),
    (Layer, "rsi(vix, 14.5) < 30", "14.5", "`n` of `rsi(x, n)` must be a whole number of days, found 14.5", ""),
    (Layer, "rsi(vix, half_day) < 30", "half_day", "`n` of `rsi(x, n)` must be a whole number of days, found 0.5 (`half_day`)", ""),
    (Layer, "rsi(vix, 1) < 30", "1", "`n` of `rsi(x, n)` must lie between 2 and 2000 days, found 1", ""),
    (Layer, "sma(vix, 0) < 30", "0", "`n` of `sma(x, n)` must lie between 1 and 2000 days, found 0", ""),
    (Layer, "sma(vix, -3) < 30", "-3", "`n` of `sma(x, n)` must lie between 1 and 2000 days, found -3", ""),
    (Layer, "sma(vix, 5_000) < 30", "5_000", "`n` of `sma(x, n)` must lie between 1 and 2000 days, found 5000", ""),
    (Layer, "sma(vix, vvix) < 30", "vvix", "`n` of `sma(x, n)` must be known before the run", "give a number or a threshold"),
    (Layer, "sma(vix, vix > 3) < 30", "vix > 3", "`n` of `sma(x, n)` needs a number, but this is a truth value", "comparisons cannot stand inside arithmetic; join them by `and`, `or`"),
    (Layer, "macd(vix, 26, 12) > 0", "26, 12", "the fast period of `macd` (26) must be below its slow one (12)", ""),
    (Layer, "divergence(spx, breadth, 20, 1.5)", "1.5", "`tolerance` of `divergence(price, breadth, n[, tolerance])` must be at least 0 and below 1, found 1.5", "2 % is 0.02"),
    (Layer, "divergence(spx, breadth, 20, vix)", "vix", "`tolerance` of `divergence(price, breadth, n[, tolerance])` must be known before the run", "give a number or a threshold"),
    (Layer, "sma(30, 20) < 30", "30", "`sma` looks at the past, but this number never changes", "give it a series, as in `vix`"),
    (Layer, "crossed_above(30, vix_extreme)", "crossed_above(30, vix_extreme)", "`crossed_above` looks at the past, but neither of these numbers changes", "give it a series, as in `vix`"),
    (Layer, "12 < vix < 30", "12 < vix < 30", "comparisons cannot be chained", "write `12 < vix and vix < 30`"),
    (Layer, "vix == vvix == 3", "vix == vvix == 3", "comparisons cannot be chained", "write `vix == vvix and vvix == 3`"),
    (Layer, "vix and vvix > 3", "vix", "`and` needs a truth value, but this is a number", "compare it with something, as in `vix > 30`"),
    (Layer, "not vix", "vix", "`not` needs a truth value, but this is a number", "compare it with something, as in `vix > 30`"),
    (Layer, "vix > 30 or 1", "1", "`or` needs a truth value, but this is a number", "compare it with something, as in `vix > 30`"),
    (Layer, "true + 1 > 0", "true", "`+` needs a number, but this is a truth value", ""),
    (Layer, "(vix > 30) + (vvix > 100) > 1", "(vix > 30)", "`+` needs a number, but this is a truth value", "comparisons cannot stand inside arithmetic; join them by `and`, `or`"),
    (Layer, "-true", "true", "`-` needs a number, but this is a truth value", ""),
    (Layer, "days_since(vix) < 3", "vix", "`condition` of `days_since(condition)` needs a truth value, but this is a number", "give it a comparison, as in `vix > 30`"),
    (Layer, "sma(vix > 30, 5) > 0", "vix > 30", "`x` of `sma(x, n)` needs a number, but this is a truth value", "comparisons cannot stand inside arithmetic; join them by `and`, `or`"),
    (Layer, "(vix > 30) == true", "(vix > 30)", "`==` needs a number, but this is a truth value", "comparisons cannot stand inside arithmetic; join them by `and`, `or`"),
    (Layer, "crossed_above(vix, 30) > 0", "crossed_above(vix, 30)", "`>` needs a number, but this is a truth value", ""),
    (Exit, "high(profit, 5) > 1", "profit", "`high` looks at the past, which is not kept for `profit` of a position", "use it with series of the market or the book"),
    (Exit, "days_since(loss > credit) > 1", "loss > credit", "`days_since` looks at the past, which is not kept for `loss` of a position", "use it with series of the market or the book"),
    (Layer, "vix / 0 > 1", "vix / 0", "this always divides by zero", ""),
    (Layer, "1e308 * 10 < vix", "1e308 * 10", "this is too large for a number", ""),
    (Layer, "vix < not true", "not true", "`<` needs a number, but this is a truth value", "comparisons cannot stand inside arithmetic; join them by `and`, `or`"),
    (Layer, "vix > 30 and or vvix > 3", "or", "expected a number, a name or `(`, found `or`", ""),
    (Layer, "vix > 3\u{a0}😀", "😀", "`😀` means nothing in a rule", ""),
    (Layer, "vix > +3", "+", "expected a number, a name or `(`, found `+`", ""),
    (Layer, "max(vix > 3, 4) > 2", "vix > 3", "`a` of `max(a, b, ...)` needs a number, but this is a truth value", "comparisons cannot stand inside arithmetic; join them by `and`, `or`"),
    (Layer, "vix3m / vix > 1", "vix3m", "this version knows `vix3m` but does not supply it yet", "what can be used here: spx, vix, vvix, breadth, weekday, equity, drawdown, condor_risk, vx1"),
    (Layer, "vix > 3,", ",", "expected an operator, found `,`", ""),
    (Layer, "vix . 3", ".", "`.` means nothing in a rule", "names have no dots: a threshold is named alone, as in `vix > vix_extreme`"),
];

fn fault(text: &str, names: &Names) -> RuleError {
    match Rule::parse(text, names) {
        Err(error) => error,
        Ok(_) => panic!("`{text}` was accepted"),
    }
}

#[test]
fn each_malformed_rule_gets_one_precise_message() {
    for (place, text, found, message, help) in MALFORMED {
        let error = fault(text, &names(place));
        assert_eq!(error.message, message, "message of `{text}`");
        assert_eq!(error.help.as_deref().unwrap_or(""), help, "help of `{text}`");
        assert_eq!(&text[error.span.clone()], found, "span of `{text}`");
        if found.is_empty() && !text.is_empty() {
            assert_eq!(error.span.start, text.len(), "span of `{text}`");
        }
    }
}

#[test]
fn a_piece_that_occurs_twice_is_pointed_at_where_it_is_wrong() {
    assert_eq!(fault("vix > 30 and vix", &names(Layer)).span, 13..16);
    assert_eq!(fault("sma(vix, 2) > sma(vix, 0)", &names(Layer)).span, 23..24);
    assert_eq!(fault("vix > 1 or (vix > 2) or (vix > 3", &names(Layer)).span, 24..25);
}

#[test]
fn hostile_nesting_and_length_are_refused_without_overflow() {
    let brackets = format!("{}vix{}", "(".repeat(1000), ")".repeat(1000));
    let words = format!("{}true", "not ".repeat(1000));
    let signs = format!("{}vix > 1", "-".repeat(3000));
    let calls = format!("{}vix{} > 1", "abs(".repeat(500), ")".repeat(500));
    let sum = format!("vix{} > 1", " + vix".repeat(500));
    let chain = format!("vix{}", " < 1".repeat(1000));
    for text in [brackets, words, signs, calls, sum] {
        assert_eq!(fault(&text, &names(Layer)).message, format!("the rule nests more than {DEPTH_MAX} levels deep"));
    }
    assert_eq!(fault(&chain, &names(Layer)).message, "comparisons cannot be chained");
    let long = " ".repeat(LENGTH_MAX) + "true";
    assert_eq!(fault(&long, &names(Layer)).message, "the rule is 4100 bytes long, more than 4096");
}

#[test]
fn a_rule_of_the_greatest_depth_and_length_is_accepted() {
    let deep = format!("{}true{}", "(".repeat(DEPTH_MAX - 1), ")".repeat(DEPTH_MAX - 1));
    assert!(Rule::parse(&deep, &names(Layer)).is_ok());
    let long = " ".repeat(LENGTH_MAX - 4) + "true";
    assert!(Rule::parse(&long, &names(Layer)).is_ok());
}

#[test]
fn a_withheld_series_is_refused_with_the_callers_reason() {
    let names = names(Layer).without(Series::Market(MarketSeries::Breadth), "breadth is switched off in [market]");
    let error = fault("breadth > 0", &names);
    assert_eq!(error.message, "`breadth` is not available");
    assert_eq!(error.help.as_deref(), Some("breadth is switched off in [market]"));
}

#[test]
fn positions_are_seen_by_exits_and_shifts_and_nobody_else() {
    for (place, sees) in [(Entry, false), (Exit, true), (Layer, false), (Gate, false), (Place::Shift, true)] {
        assert_eq!(Rule::parse("loss >= 2 * credit", &names(place)).is_ok(), sees, "{place:?}");
    }
}

#[test]
fn a_macro_factor_is_a_series_once_it_is_named() {
    assert_eq!(fault("reer > 1", &names(Layer)).message, "unknown name `reer`");
    let rule = Rule::parse("reer > 1", &names(Layer).factor("rates").factor("reer")).unwrap();
    assert_eq!(rule.series(), [Series::Market(MarketSeries::Factor(1))]);
}

#[test]
fn names_of_the_language_cannot_be_given_to_thresholds() {
    for (name, reason) in [
        ("vix", "`vix` is a series"),
        ("vx3", "`vx3` is a series"),
        ("profit", "`profit` is a series"),
        ("sma", "`sma` is a function"),
        ("and", "`and` is a word of the rule language"),
        ("true", "`true` is a word of the rule language"),
        ("", "a name is made of letters, digits and _, and does not begin with a digit"),
        ("2x", "a name is made of letters, digits and _, and does not begin with a digit"),
        ("a-b", "a name is made of letters, digits and _, and does not begin with a digit"),
    ] {
        assert_eq!(name_fault(name).as_deref(), Some(reason), "{name}");
    }
    for name in ["rsi_oversold", "_x", "vx9", "VIX"] {
        assert_eq!(name_fault(name), None, "{name}");
    }
}

#[test]
fn every_function_and_series_of_the_language_is_described() {
    let described: Vec<String> = Series::catalogue().map(|(name, ..)| name).collect();
    let language = "spx vix vix9d vix3m vvix skew25 vx1 vx2 vx3 vx4 vx5 vx6 vx7 vx8 breadth rate edr day weekday \
                    days_to_fomc days_to_cpi days_to_third_friday equity drawdown margin_used quick_ratio condor_risk \
                    condor_delta profit loss credit days_open days_to_expiry short_put_delta short_call_delta \
                    breakeven_distance";
    for name in language.split_whitespace() {
        assert!(described.iter().any(|known| known == name), "{name}");
    }
    assert_eq!(described.len(), language.split_whitespace().count());
    let functions = "rsi rsi_cutler macd macd_signal macd_histogram ema sma zscore stdev percentile high low change \
                     return realized divergence crossed_above crossed_below days_since abs min max";
    let known: Vec<&str> = FUNCTIONS.iter().map(|signature| signature.name).collect();
    assert_eq!(known, functions.split_whitespace().collect::<Vec<_>>());
}
