//! What a run says, in plain words: how bad the tail is, what the hedge does to it and what that costs.
//!
//! A difference is called one only where its 95 % interval lies on one side of zero. A run whose tail is a handful of paths
//! gets no verdict.

use super::{Report, format};
use crate::risk::Figure;
use crate::risk::tail::{TAIL_PATHS_MIN, tail_paths};
use crate::stats::Level;

/// The confidence level at which the tail is described.
const LEVEL: Level = Level::per_mille(990);

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
    let hedged = report.has_hedge();
    let tail = report.figure("hedge", "expected_shortfall", Some(LEVEL.value()));
    let behind = tail_paths(report.result.outcomes.paths(), LEVEL);
    let headline = match tail.map(direction) {
        _ if behind < TAIL_PATHS_MIN => "Too few paths for a verdict.",
        _ if !hedged => "No hedge in this scenario.",
        Some(Direction::Down) => "The hedge makes the worst losses smaller.",
        Some(Direction::Up) => "The hedge makes the worst losses larger.",
        Some(Direction::Unclear) => "The hedge makes no measurable difference to the worst losses.",
        None => "The run is complete.",
    };
    let mut sentences = vec![];
    if behind < TAIL_PATHS_MIN {
        let are = if behind == 1 { "1 path stands" } else { &format!("{behind} paths stand") };
        sentences.push(format!("Only {are} behind what is said of the worst {}.", format::percent(LEVEL.tail())));
    }
    sentences.extend(worst_losses(report, if hedged { "the hedged account" } else { "the account" }));
    if hedged {
        sentences.extend(tail.map(|tail| tail_effect(report, tail)));
        sentences.extend(paid_on_the_worst(report));
        sentences.extend(cost(report));
    }
    sentences.extend(ordinary_outcome(report));
    sentences.extend(on_the_way(report));
    sentences.extend(ruin(report));
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
    let figure = report.figure("hedged", "expected_shortfall", Some(LEVEL.value()))?;
    let share = format::percent((1000.0 * figure.value / report.plan.equity).round() / 1000.0);
    let days = report.plan.run.horizon_days;
    let days = if days == 1 { "1 trading day".into() } else { format!("{} trading days", format::count(days as u64)) };
    Some(format!(
        "On the worst {} of paths {account} loses {} on average over {days}, {share} of its equity.",
        format::percent(LEVEL.tail()),
        format::estimate(figure).phrase(),
    ))
}

fn tail_effect(report: &Report, figure: &Figure) -> String {
    let share = format::percent(LEVEL.tail());
    let alone = report.figure("unhedged", "expected_shortfall", Some(LEVEL.value()));
    let alone = alone.map_or_else(String::new, |alone| format!(" ({})", format::estimate(alone).with_unit()));
    match direction(figure) {
        Direction::Down => {
            format!("The unhedged account loses more on its own worst {share}{alone}, by {}.", size(figure))
        }
        Direction::Up => {
            format!("The unhedged account loses less on its own worst {share}{alone}, by {}.", size(figure))
        }
        Direction::Unclear => {
            format!("The hedge changes the loss on the worst {share} by {}: nothing measurable.", signed(figure))
        }
    }
}

/// What the hedge does where it is meant to pay: on the paths on which the unhedged account loses most.
fn paid_on_the_worst(report: &Report) -> Option<String> {
    let earned = report.figure("hedge", "pnl_on_unhedged_worst", Some(LEVEL.value()))?;
    let paid = report.figure("hedge", "share_of_loss_paid", Some(LEVEL.value()))?;
    let there = "Where the unhedged account loses most, the hedge";
    Some(match direction(earned) {
        Direction::Up => {
            format!("{there} earns {} and pays {} of the loss.", size(earned), format::estimate(paid).phrase())
        }
        Direction::Down => format!("{there} loses too: {}.", size(earned)),
        Direction::Unclear => format!("{there} makes {}: nothing measurable.", signed(earned)),
    })
}

fn cost(report: &Report) -> Option<String> {
    let figure = report.figure("hedge", "hedge_cost", None)?;
    let of_equity = report.figure("hedge", "hedge_cost_of_equity", None);
    let share = of_equity.map_or_else(String::new, |share| {
        format!(", {} basis points of equity", format::estimate(&positive(share)).value)
    });
    let saved = report.figure("hedge", "shortfall_saved_per_dollar", Some(LEVEL.value()));
    let saved = saved.filter(|saved| direction(saved) == Direction::Down || direction(saved) == Direction::Up);
    let bought = saved.map_or_else(String::new, |saved| {
        let what = if saved.value > 0.0 { "takes" } else { "adds" };
        let way = if saved.value > 0.0 { "off" } else { "to" };
        let dollars = size(saved);
        format!(" A dollar of cost {what} {dollars} dollars {way} the expected shortfall.")
    });
    Some(match direction(figure) {
        Direction::Up => format!("On average the hedge costs {}{share}.{bought}", size(figure)),
        Direction::Down => format!("On average the hedge earns {}{share}.", size(figure)),
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

/// How deep the account falls before the end, and whether it is called.
fn on_the_way(report: &Report) -> Option<String> {
    let fall = report.figure("hedged", "max_drawdown", Some(LEVEL.value()))?;
    let share = format::percent(LEVEL.tail());
    let fall = format!("On {share} of paths equity falls by more than {} from its highest close", size(fall));
    Some(match report.figure("hedged", "probability_of_margin_call", None) {
        Some(call) if call.value > 0.0 => format!("{fall}; {} of paths have a margin call.", signed(call)),
        Some(_) => format!("{fall}; no path has a margin call."),
        None => format!("{fall}."),
    })
}

/// Said only where it happens.
fn ruin(report: &Report) -> Option<String> {
    let of = |strategy| report.figure(strategy, "probability_of_ruin", None).filter(|figure| figure.value > 0.0);
    let hedged = of("hedged")?;
    let account = if report.has_hedge() { "the hedged account" } else { "the account" };
    Some(format!(
        "On {} of paths {account} is ruined: its equity falls to zero or below.",
        format::estimate(hedged).phrase()
    ))
}

/// A figure whose sign the words around it carry.
fn size(figure: &Figure) -> String {
    signed(&positive(figure))
}

fn positive(figure: &Figure) -> Figure {
    if figure.value >= 0.0 {
        return figure.clone();
    }
    Figure {
        value: -figure.value,
        low: figure.high.map(|high| -high),
        high: figure.low.map(|low| -low),
        ..figure.clone()
    }
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
            figure.strategy == "hedge" && figure.measure == "expected_shortfall" && figure.level == Some(LEVEL.value())
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
        assert!(sentence.starts_with("The unhedged account loses more on its own worst 1 % ("), "{sentence}");
        assert!(sentence.ends_with(" USD), by 20,000 USD (10,000 to 30,000)."), "{sentence}");
    }

    #[test]
    fn a_scenario_without_layers_says_so() {
        let (mut plan, mut result) = (fixture::plan(), fixture::result(2000));
        plan.layers.clear();
        result.outcomes.components.truncate(1);
        let verdict = verdict(&Report { plan: &plan, result: &result });
        assert_eq!(verdict.headline, "No hedge in this scenario.");
        assert!(verdict.sentences.iter().all(|sentence| !sentence.contains("hedge")));
    }
    #[test]
    fn the_hedge_is_judged_where_the_unhedged_account_loses_most() {
        let (plan, result) = (fixture::plan(), fixture::result(5000));
        let verdict = verdict(&Report { plan: &plan, result: &result });
        // The layer of the example pays 40 % of a loss, less what it costs.
        let paid = verdict.sentences.iter().find(|sentence| sentence.starts_with("Where the unhedged")).unwrap();
        assert!(paid.contains("the hedge earns ") && paid.contains("and pays 3"), "{paid}");
    }

    #[test]
    fn a_handful_of_paths_gets_no_verdict() {
        let (plan, result) = (fixture::plan(), fixture::result(60));
        let verdict = verdict(&Report { plan: &plan, result: &result });
        assert_eq!(verdict.headline, "Too few paths for a verdict.");
        assert!(verdict.sentences[0].starts_with("Only 1 path stands behind"), "{:?}", verdict.sentences);
    }

    #[test]
    fn the_way_down_and_margin_calls_are_told() {
        let (plan, mut result) = (fixture::plan(), fixture::result(2000));
        let told = |result: &crate::engine::RunResult| verdict(&Report { plan: &plan, result }).sentences.join(" ");
        let fall = "On 1 % of paths equity falls by more than ";
        assert!(told(&result).contains(fall) && !told(&result).contains("margin call"), "{}", told(&result));
        let loss = result.figures.iter().find(|figure| figure.measure == "probability_of_loss").unwrap().clone();
        result.figures.push(Figure { measure: "probability_of_margin_call".into(), value: 0.0, ..loss });
        assert!(told(&result).contains("from its highest close; no path has a margin call."));
        result.figures.last_mut().unwrap().value = 0.25;
        assert!(told(&result).contains("of paths have a margin call."), "{}", told(&result));
    }

    #[test]
    fn ruin_is_told_where_it_happens() {
        let (plan, mut result) = (fixture::plan(), fixture::result(2000));
        let of = |result: &crate::engine::RunResult| verdict(&Report { plan: &plan, result }).sentences.join(" ");
        assert!(!of(&result).contains("ruined"));
        let loss = result.figures.iter().find(|figure| figure.measure == "probability_of_loss").unwrap().clone();
        let ruin = Figure { measure: "probability_of_ruin".into(), value: 0.01, ..loss };
        result.figures.push(ruin);
        assert!(of(&result).contains("of paths the hedged account is ruined"));
    }
}
