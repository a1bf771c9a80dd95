//! The rule language from outside: what it computes, what it refuses, that it cannot look ahead.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod evaluation;
mod fuzz;
mod history;
mod indicators;
mod malformed;

use tailwing::strategy::rule::{
    BookSeries, MarketSeries, MarketTable, Names, Place, PositionSeries, Program, Rule, RuleId, Series, Truth, Value,
    Workspace,
};

/// The series of these tests: all kinds, not all series.
const SUPPLIED: [Series; 13] = [
    Series::Market(MarketSeries::Spx),
    Series::Market(MarketSeries::Vix),
    Series::Market(MarketSeries::Vvix),
    Series::Market(MarketSeries::Vx(1)),
    Series::Market(MarketSeries::Breadth),
    Series::Market(MarketSeries::Weekday),
    Series::Book(BookSeries::Equity),
    Series::Book(BookSeries::Drawdown),
    Series::Book(BookSeries::CondorRisk),
    Series::Position(PositionSeries::Profit),
    Series::Position(PositionSeries::Loss),
    Series::Position(PositionSeries::Credit),
    Series::Position(PositionSeries::DaysToExpiry),
];

fn names(place: Place) -> Names {
    Names::new(place, &SUPPLIED)
        .threshold("rsi_oversold", 30.0)
        .threshold("window", 20.0)
        .threshold("half_day", 0.5)
        .threshold("vix_extreme", 30.0)
}

fn parse(text: &str) -> Rule {
    Rule::parse(text, &names(Place::Exit)).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The truth of a rule on each day of one path on which the named series have these values.
fn truths(rule: &str, series: &[(MarketSeries, &[f64])]) -> Vec<Truth> {
    let days = series[0].1.len();
    let program = Program::compile(&[&parse(rule)]);
    let mut workspace = Workspace::new(&program, days, 1);
    let table =
        series.iter().fold(MarketTable::new(days, 1), |table, (series, values)| table.per_path(*series, values));
    program.evaluate_market(&table, &mut workspace);
    (0..days).map(|day| program.truth(RuleId(0), day, &workspace)[0]).collect()
}

/// The value of an expression on each day of one path of `vix`.
fn numbers(expression: &str, vix: &[f64]) -> Vec<f64> {
    numbers_of(expression, &[(MarketSeries::Vix, vix)])
}

fn numbers_of(expression: &str, series: &[(MarketSeries, &[f64])]) -> Vec<f64> {
    let days = series[0].1.len();
    let program = Program::compile(&[&parse(&format!("{expression} > 0"))]).traced();
    let mut workspace = Workspace::new(&program, days, 1);
    let table =
        series.iter().fold(MarketTable::new(days, 1), |table, (series, values)| table.per_path(*series, values));
    program.evaluate_market(&table, &mut workspace);
    let node = program.nodes().find(|node| node.label == expression).unwrap_or_else(|| panic!("no node {expression}"));
    let value = |day| match program.value(node.id, day, 0, &workspace) {
        Value::Number(value) => value,
        Value::Truth(_) => panic!("{expression} is a truth value"),
    };
    (0..days).map(value).collect()
}
