//! What margin did to an account: how often it was called, how much it tied up, what selling cost.
//!
//! Columns read, for `hedged` and `unhedged`: `<strategy>_margin_calls`, `<strategy>_days_in_call`,
//! `<strategy>_worst_margin_use` (maintenance margin over equity), `<strategy>_lowest_excess_usd` (equity less maintenance
//! margin), `<strategy>_lowest_quick_ratio`, `<strategy>_most_drawn_usd` where there is a credit line,
//! `condor_liquidation_pnl_usd` and `hedge_liquidation_pnl_usd`, and the former with `unhedged_` before it. Where they
//! are missing, nothing is margined, and there are no figures.

use super::account::column;
use super::compare::{PairedTails, difference_of_means};
use super::figure::{Figure, Quantity, Strategy};
use super::outcome::Outcomes;
use super::summary::LEVELS;
use super::tail::LossTail;
use crate::stats::{Estimate, Moments, wilson};

/// One quantity of each path of an account.
struct Row {
    quantity: Quantity,
    values: Vec<f64>,
    /// Whether the row has quantiles, and the sign that makes large values bad.
    badness: Option<f64>,
}

/// Adds the figures of a strategy: of an account by itself, or the difference of both path by path.
pub(super) fn margin_figures(outcomes: &Outcomes, strategy: Strategy, horizon_days: u32, figures: &mut Vec<Figure>) {
    if outcomes.count("hedged_margin_calls").is_none() {
        return;
    }
    let figure = |quantity, estimate: Estimate| Figure::new(strategy, quantity, horizon_days, &estimate);
    if strategy == Strategy::Hedge {
        for (hedged, unhedged) in rows(outcomes, Strategy::Hedged).iter().zip(&rows(outcomes, Strategy::Unhedged)) {
            figures.push(figure(hedged.quantity, difference_of_means(&hedged.values, &unhedged.values)));
            let Some(sign) = hedged.badness else { continue };
            let [first, second] = [hedged, unhedged].map(|row| bad(row, sign));
            let tails = [&first, &second].map(|values| LossTail::new(values, LEVELS[0]));
            let pair = PairedTails::new((&first, &tails[0]), (&second, &tails[1]));
            for level in LEVELS {
                figures.push(figure(hedged.quantity, pair.value_at_risk(level).scaled(sign)).at_level(level));
            }
        }
        return;
    }
    for row in rows(outcomes, strategy) {
        let moments = Moments::of(&row.values);
        let is_share = row.quantity == Quantity::ProbabilityOfMarginCall;
        let estimate = if is_share { share(&row.values) } else { moments.mean_estimate() };
        figures.push(figure(row.quantity, estimate));
        let Some(sign) = row.badness else { continue };
        let tail = LossTail::new(&bad(&row, sign), LEVELS[0]);
        figures
            .extend(LEVELS.map(|level| figure(row.quantity, tail.value_at_risk(level).scaled(sign)).at_level(level)));
    }
}

fn bad(row: &Row, sign: f64) -> Vec<f64> {
    row.values.iter().map(|value| sign * value).collect()
}

fn share(flags: &[f64]) -> Estimate {
    let (hits, paths) = (flags.iter().filter(|&&flag| flag > 0.0).count(), flags.len());
    let value = hits as f64 / paths as f64;
    let standard_error = Some((value * (1.0 - value) / paths as f64).sqrt());
    Estimate { value, standard_error, interval: wilson(hits, paths) }
}

fn rows(outcomes: &Outcomes, strategy: Strategy) -> Vec<Row> {
    let name = strategy.name();
    let count = |suffix: &str| {
        let name = format!("{name}_{suffix}");
        outcomes.count(&name).unwrap_or_else(|| panic!("outcomes have no column {name}"))
    };
    let flags = |suffix: &str| count(suffix).iter().map(|&n| if n > 0 { 1.0 } else { 0.0 }).collect();
    let real = |suffix: &str| column(outcomes, &format!("{name}_{suffix}")).to_vec();
    let sales = match strategy {
        Strategy::Unhedged => vec![column(outcomes, "unhedged_condor_liquidation_pnl_usd")],
        _ => ["condor", "hedge"].map(|side| column(outcomes, &format!("{side}_liquidation_pnl_usd"))).to_vec(),
    };
    let cost = (0..outcomes.paths()).map(|path| -sales.iter().map(|line| line[path]).sum::<f64>()).collect();
    let row = |quantity, values, badness| Row { quantity, values, badness };
    let drawn = outcomes.real(&format!("{name}_most_drawn_usd"));
    let drawn = drawn.map(|drawn| row(Quantity::MostDrawn, drawn.to_vec(), Some(1.0)));
    let rows = vec![
        row(Quantity::ProbabilityOfMarginCall, flags("margin_calls"), None),
        row(Quantity::MarginUse, real("worst_margin_use"), Some(1.0)),
        row(Quantity::ExcessLiquidity, real("lowest_excess_usd"), Some(-1.0)),
        row(Quantity::QuickRatio, real("lowest_quick_ratio"), Some(-1.0)),
        row(Quantity::DaysInCall, count("days_in_call").iter().map(|&n| f64::from(n)).collect(), None),
        row(Quantity::LiquidationCost, cost, None),
    ];
    rows.into_iter().chain(drawn).collect()
}

#[cfg(test)]
mod tests {
    use super::super::outcome::{Column, Values};
    use super::*;

    /// A thousand paths: the unhedged account is called on 50 of them, the hedged one on 20.
    fn outcomes() -> Outcomes {
        let count = |name: &str, value: &dyn Fn(i32) -> i32| Column {
            name: name.to_owned(),
            values: Values::Count((0..1000).map(value).collect()),
        };
        let real = |name: &str, value: &dyn Fn(i32) -> f64| Column {
            name: name.to_owned(),
            values: Values::Real((0..1000).map(value).collect()),
        };
        let cost = |calls: i32| move |path: i32| if path < calls { -2_000.0 } else { 0.0 };
        let columns = vec![
            count("hedged_margin_calls", &|path| i32::from(path < 20)),
            count("unhedged_margin_calls", &|path| if path < 50 { 2 } else { 0 }),
            count("hedged_days_in_call", &|path| i32::from(path < 20)),
            count("unhedged_days_in_call", &|path| if path < 50 { 2 } else { 0 }),
            real("hedged_worst_margin_use", &|path| f64::from(path) / 1000.0),
            real("unhedged_worst_margin_use", &|path| f64::from(path) / 500.0),
            real("hedged_lowest_excess_usd", &|path| 1000.0 * f64::from(path)),
            real("unhedged_lowest_excess_usd", &|path| 1000.0 * f64::from(path) - 10_000.0),
            real("hedged_lowest_quick_ratio", &|path| 1.0 + f64::from(path) / 100.0),
            real("unhedged_lowest_quick_ratio", &|path| 2.0 + f64::from(path) / 100.0),
            real("hedged_most_drawn_usd", &|path| 10.0 * f64::from(path)),
            real("unhedged_most_drawn_usd", &|_| 0.0),
            real("condor_liquidation_pnl_usd", &cost(20)),
            real("hedge_liquidation_pnl_usd", &cost(10)),
            real("unhedged_condor_liquidation_pnl_usd", &cost(50)),
        ];
        Outcomes { columns, components: Vec::new() }
    }

    #[test]
    fn figures_of_hand_worked_outcomes_are_right() {
        let mut figures = Vec::new();
        for strategy in Strategy::ALL {
            margin_figures(&outcomes(), strategy, 252, &mut figures);
        }
        let find = |strategy: &str, quantity: Quantity, level: Option<f64>| {
            let mut found = figures.iter().filter(|figure| {
                figure.strategy == strategy && figure.measure == quantity.name() && figure.level == level
            });
            let figure = found.next().unwrap_or_else(|| panic!("no {strategy} {quantity:?} {level:?}"));
            assert!(found.next().is_none());
            figure
        };
        let value = |strategy, quantity, level| find(strategy, quantity, level).value;
        assert_eq!(value("hedged", Quantity::ProbabilityOfMarginCall, None), 0.02);
        assert_eq!(value("unhedged", Quantity::ProbabilityOfMarginCall, None), 0.05);
        assert!((value("hedge", Quantity::ProbabilityOfMarginCall, None) + 0.03).abs() < 1e-12);
        assert!((value("unhedged", Quantity::DaysInCall, None) - 0.1).abs() < 1e-12);
        assert!((value("hedged", Quantity::LiquidationCost, None) - 60.0).abs() < 1e-9);
        assert!((value("hedge", Quantity::LiquidationCost, None) + 40.0).abs() < 1e-9);
        // The 950th smallest of 0, 0.001, ... is 0.949; the 950th largest of 0, 1,000, ... is 50,000.
        assert_eq!(value("hedged", Quantity::MarginUse, Some(0.95)), 0.949);
        assert_eq!(value("hedged", Quantity::ExcessLiquidity, Some(0.95)), 50_000.0);
        assert!((value("hedge", Quantity::ExcessLiquidity, Some(0.95)) - 10_000.0).abs() < 1e-9);
        // The 950th largest ratio is 1.5 and 2.5, the 950th smallest draw 9,490.
        assert!((value("hedged", Quantity::QuickRatio, Some(0.95)) - 1.5).abs() < 1e-12);
        assert!((value("hedge", Quantity::QuickRatio, None) + 1.0).abs() < 1e-12);
        assert_eq!(value("hedged", Quantity::MostDrawn, Some(0.95)), 9_490.0);
        assert_eq!(value("unhedged", Quantity::MostDrawn, None), 0.0);
        for figure in &figures {
            assert!(figure.low.is_none_or(|low| low <= figure.value), "{figure:?}");
            assert!(figure.high.is_none_or(|high| figure.value <= high), "{figure:?}");
        }
    }

    #[test]
    fn without_margin_there_are_no_figures() {
        let mut figures = Vec::new();
        margin_figures(&Outcomes::default(), Strategy::Hedged, 252, &mut figures);
        assert!(figures.is_empty());
    }
}
