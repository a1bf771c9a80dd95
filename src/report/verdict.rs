//! What a run says, in plain words: how bad the tail is, what the hedge does to it and what that costs.
//!
//! A difference is called one only where its 95 % interval lies on one side of zero.

use super::{Report, format};
use crate::risk::Figure;

/// The confidence level at which the tail is described.
const LEVEL: f64 = 0.99;

/// A headline and the sentences behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// A few words.
    pub headline: String,
    /// Whole sentences with figures and their 95 % intervals.
    pub sentences: Vec<String>,
}

/// The verdict on a run.
#[must_use]
pub fn verdict(report: &Report) -> Verdict {
    let hedged = !report.plan.layers.is_empty();
    let tail = report.figure("hedge", "expected_shortfall", Some(LEVEL));
    let headline = match tail.map(direction) {
        _ if !hedged => "No hedge in this scenario.",
        Some(Direction::Down) => "The hedge makes the worst losses smaller.",
        Some(Direction::Up) => "The hedge makes the worst losses larger.",
        Some(Direction::Unclear) => "The hedge makes no measurable difference to the worst losses.",
        None => "The run is complete.",
    };
    let mut sentences = vec![];
    sentences.extend(worst_losses(report, if hedged { "the hedged account" } else { "the account" }));
    if hedged {
        sentences.extend(tail.map(tail_effect));
        sentences.extend(cost(report));
    }
    sentences.extend(ordinary_outcome(report));
    Verdict { headline: headline.into(), sentences }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Down,
    Up,
    Unclear,
}

fn direction(figure: &Figure) -> Direction {
    match (figure.low, figure.high) {
        (_, Some(high)) if high < 0.0 => Direction::Down,
        (Some(low), _) if low > 0.0 => Direction::Up,
        _ => Direction::Unclear,
    }
}

fn worst_losses(report: &Report, account: &str) -> Option<String> {
    let figure = report.figure("hedged", "expected_shortfall", Some(LEVEL))?;
    let share = format::percent((1000.0 * figure.value / report.plan.equity).round() / 1000.0);
    let days = report.plan.run.horizon_days;
    let days = if days == 1 { "1 trading day".into() } else { format!("{} trading days", format::count(days as u64)) };
    Some(format!(
        "On the worst {} of paths {account} loses {} on average over {days}, {share} of its equity.",
        format::percent(1.0 - LEVEL),
        format::estimate(figure).phrase(),
    ))
}

fn tail_effect(figure: &Figure) -> String {
    let share = format::percent(1.0 - LEVEL);
    match direction(figure) {
        Direction::Down => format!("The unhedged account loses more on its own worst {share}, by {}.", size(figure)),
        Direction::Up => format!("The unhedged account loses less on its own worst {share}, by {}.", size(figure)),
        Direction::Unclear => {
            format!("The hedge changes the loss on the worst {share} by {}: nothing measurable.", signed(figure))
        }
    }
}

fn cost(report: &Report) -> Option<String> {
    let figure = report.figure("hedge", "hedge_cost", None)?;
    Some(match direction(figure) {
        Direction::Up => format!("On average the hedge costs {}.", size(figure)),
        Direction::Down => format!("On average the hedge earns {}.", size(figure)),
        Direction::Unclear => format!("On average the hedge costs {}: nothing measurable.", signed(figure)),
    })
}

fn ordinary_outcome(report: &Report) -> Option<String> {
    let mean = report.figure("hedged", "mean_pnl", None)?;
    let loss = report.figure("hedged", "probability_of_loss", None)?;
    Some(format!(
        "Mean P&L over cash is {}; {} of paths lose money.",
        format::estimate(mean).phrase(),
        format::estimate(loss).phrase(),
    ))
}

/// A figure whose sign the words around it carry.
fn size(figure: &Figure) -> String {
    if figure.value >= 0.0 {
        return signed(figure);
    }
    let positive = Figure {
        value: -figure.value,
        low: figure.high.map(|high| -high),
        high: figure.low.map(|low| -low),
        ..figure.clone()
    };
    signed(&positive)
}

fn signed(figure: &Figure) -> String {
    format::estimate(figure).phrase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn told(low: f64, high: f64) -> Verdict {
        let (plan, mut result) = (fixture::plan(), fixture::result(2000));
        for figure in result.figures.iter_mut().filter(|figure| {
            figure.strategy == "hedge" && figure.measure == "expected_shortfall" && figure.level == Some(LEVEL)
        }) {
            (figure.value, figure.low, figure.high) = ((low + high) / 2.0, Some(low), Some(high));
            figure.standard_error = Some((high - low) / 3.92);
        }
        verdict(&Report { plan: &plan, result: &result })
    }

    #[test]
    fn a_hedge_is_praised_or_blamed_only_when_its_interval_excludes_zero() {
        assert_eq!(told(-30_000.0, -10_000.0).headline, "The hedge makes the worst losses smaller.");
        assert_eq!(told(10_000.0, 30_000.0).headline, "The hedge makes the worst losses larger.");
        assert!(told(-10_000.0, 30_000.0).headline.contains("no measurable difference"));
    }

    #[test]
    fn signs_are_carried_by_words() {
        let verdict = told(-30_000.0, -10_000.0);
        let sentence = &verdict.sentences[1];
        assert_eq!(sentence, "The unhedged account loses more on its own worst 1 %, by 20,000 USD (10,000 to 30,000).");
    }

    #[test]
    fn a_scenario_without_layers_says_so() {
        let (mut plan, result) = (fixture::plan(), fixture::result(2000));
        plan.layers.clear();
        let verdict = verdict(&Report { plan: &plan, result: &result });
        assert_eq!(verdict.headline, "No hedge in this scenario.");
        assert!(verdict.sentences.iter().all(|sentence| !sentence.contains("hedge")));
    }
}
