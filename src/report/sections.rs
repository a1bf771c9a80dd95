//! The tables of the report beside that of all figures: hedged against unhedged, layers, ranges of VIX, worst paths.

use minijinja::{Value, context};

use super::narrative::narrative;
use super::{Report, chart, format};
use crate::risk::Figure;
use crate::risk::layers::WORST;
use crate::risk::regime::{REGIME_BOUNDS, REGIME_LEVEL, regime_name};

/// A cell of a table: the estimate and its interval.
type Cell = Vec<String>;

fn cell(figure: Option<&Figure>) -> Cell {
    figure.map_or_else(Cell::new, |figure| {
        let shown = format::estimate(figure);
        let value = match (shown.unit.as_str(), figure.standard_error) {
            ("%", _) => shown.with_unit(),
            ("USD", None) => format::rounded_usd(figure.value),
            _ => shown.value.clone(),
        };
        vec![format::typeset(&value), format::typeset(&shown.range().unwrap_or_default())]
    })
}

fn find<'a>(report: &Report<'a>, wanted: impl Fn(&Figure) -> bool) -> Option<&'a Figure> {
    report.result.figures.iter().find(|figure| wanted(figure) && report.is_whole_horizon(figure))
}

/// What each layer does: one row a layer, one column a question.
#[must_use]
pub fn layers(report: &Report) -> Vec<Value> {
    let of = |name: &str, measure: &str, level: Option<f64>| {
        cell(find(report, |figure| {
            (figure.strategy == "hedge" && figure.component.as_deref() == Some(name))
                && (figure.measure == measure && figure.level == level)
        }))
    };
    let worst = Some(WORST.value());
    let row = |name: &str| {
        let cells = vec![
            of(name, "probability_on", None),
            of(name, "share_of_days_on", None),
            of(name, "mean_pnl", None),
            of(name, "fired_for_nothing", None),
            of(name, "on_before_trough", worst),
            of(name, "days_before_trough", worst),
            of(name, "on_late", worst),
            of(name, "share_of_decline_paid", worst),
        ];
        cells.iter().any(|cell| !cell.is_empty()).then(|| context! { name, cells })
    };
    report.plan.layers.iter().filter_map(|layer| row(&layer.name)).collect()
}

/// The headings of [`layers`].
pub const LAYER_HEADINGS: [&str; 8] = [
    "Paths on which it comes on",
    "Days on",
    "Mean P&L, USD",
    "Spells for nothing",
    "On before the trough",
    "Days before it",
    "Late",
    "Paid of the decline",
];

/// What the profit of layers and held positions came from: one row each, and one for all of several.
#[must_use]
pub fn splits(report: &Report) -> Vec<Value> {
    let of = |name: Option<&str>, measure: &str, level: Option<f64>| {
        cell(find(report, |figure| {
            figure.component.as_deref() == name && figure.measure == measure && figure.level == level
        }))
    };
    let worst = Some(WORST.value());
    let row = |name: Option<&str>| {
        let means = ["carry_pnl", "trigger_pnl", "roll_pnl"].map(|measure| of(name, measure, None));
        let shortfall = ["carry_in_shortfall", "trigger_in_shortfall", "roll_in_shortfall"];
        let cells: Vec<Cell> = means.into_iter().chain(shortfall.map(|measure| of(name, measure, worst))).collect();
        let name = name.unwrap_or("all");
        cells.iter().any(|cell| !cell.is_empty()).then(|| context! { name, cells })
    };
    let parts = report.result.outcomes.components.iter().filter(|part| part.kind.is_hedge());
    let mut rows: Vec<Value> = parts.filter_map(|part| row(Some(&part.name))).collect();
    if rows.len() > 1 {
        rows.extend(row(None));
    }
    rows
}

/// The headings of [`splits`].
pub const SPLIT_HEADINGS: [&str; 6] = [
    "Carry",
    "Trigger profit",
    "Rolls",
    "Carry, loss on the worst 1 %",
    "Trigger, loss on the worst 1 %",
    "Rolls, loss on the worst 1 %",
];

/// The accounts given the highest VIX: one row a range.
#[must_use]
pub fn regimes(report: &Report) -> Vec<Value> {
    let strategies: &[&str] = if report.has_hedge() { &["hedged", "unhedged"] } else { &["hedged"] };
    let of = |strategy: &str, name: &str, measure: &str, level: Option<f64>| {
        cell(find(report, |figure| {
            (figure.strategy == strategy && figure.condition.as_deref() == Some(name))
                && (figure.measure == measure && figure.level == level)
        }))
    };
    let row = |regime: usize| {
        let name = regime_name(regime);
        let share = of("hedged", &name, "probability_of_condition", None);
        let means = strategies.iter().map(|strategy| of(strategy, &name, "mean_pnl", None));
        let level = Some(REGIME_LEVEL.value());
        let shortfalls = strategies.iter().map(|strategy| of(strategy, &name, "expected_shortfall", level));
        let cells: Vec<Cell> = std::iter::once(share.clone()).chain(means).chain(shortfalls).collect();
        let range = name.trim_start_matches("highest VIX ").to_string();
        (!share.is_empty()).then(|| context! { name => range, class => format!("vix{regime}"), cells })
    };
    (0..=REGIME_BOUNDS.len()).filter_map(row).collect()
}

/// The headings of [`regimes`].
#[must_use]
pub fn regime_headings(has_hedge: bool) -> Vec<String> {
    let of = |what: &str| -> Vec<String> {
        if has_hedge { vec![format!("{what}, hedged"), format!("{what}, unhedged")] } else { vec![what.into()] }
    };
    let shortfall = format!("ES {}", format::percent(REGIME_LEVEL.value()));
    std::iter::once("Share of paths".to_string()).chain(of("Mean P&L")).chain(of(&shortfall)).collect()
}

/// How accounts fare against their margin, in sentences; none where nothing is margined.
#[must_use]
pub fn margin(report: &Report) -> Vec<String> {
    let calls = |strategy: &str| report.figure(strategy, "probability_of_margin_call", None);
    let Some(hedged) = calls("hedged") else { return Vec::new() };
    let account = if report.has_hedge() { "The hedged account" } else { "The account" };
    let mut told = vec![format!("{account} gets a margin call on {} of paths.", format::estimate(hedged).phrase())];
    if let Some(unhedged) = calls("unhedged").filter(|_| report.has_hedge()) {
        told.push(format!("Without the hedge it is {} of paths.", format::estimate(unhedged).phrase()));
    }
    told.iter().map(|sentence| super::html::signs(sentence)).collect()
}

/// The worst paths: a heading, the story and the strips of each.
#[must_use]
pub fn worst_paths(report: &Report) -> Vec<Value> {
    let layers: Vec<&str> = report.plan.layers.iter().map(|layer| layer.name.as_str()).collect();
    let last = |values: &[f64]| values.last().map_or_else(String::new, |value| usd(*value));
    let told = report.result.worst_paths.iter().map(|trace| {
        let accounts = if report.has_hedge() {
            format!("{} with the hedge, {} without", last(&trace.hedged_pnl_usd), last(&trace.unhedged_pnl_usd))
        } else {
            last(&trace.hedged_pnl_usd)
        };
        context! {
            title => format!("Path {}: {accounts}", format::count(trace.path)),
            story => narrative(trace, &layers).iter().map(|sentence| super::html::signs(sentence)).collect::<Vec<_>>(),
            chart => chart::both(|width| chart::strips::draw(trace, &layers, width)),
        }
    });
    told.collect()
}

fn usd(value: f64) -> String {
    format!("{} USD", format::typeset(&format::rounded_usd(value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn the_worst_paths_are_told_and_drawn_in_both_widths() {
        let (plan, mut result) = (fixture::plan(), fixture::result(500));
        let mut trace = fixture::trace();
        trace.layer_on.truncate(1);
        trace.layer_pnl_usd.truncate(1);
        result.worst_paths = vec![trace];
        let told = worst_paths(&Report { plan: &plan, result: &result });
        let title = told[0].get_attr("title").unwrap().to_string();
        assert_eq!(title, "Path 41,233: \u{2212}130,000 USD with the hedge, \u{2212}190,000 USD without");
        assert_eq!(told[0].get_attr("chart").unwrap().to_string().matches("<svg").count(), 2);
    }

    #[test]
    fn margin_is_told_where_there_is_one() {
        let (plan, mut result) = (fixture::plan(), fixture::result(2000));
        assert!(margin(&Report { plan: &plan, result: &result }).is_empty());
        let known = result.figures.iter().find(|figure| figure.measure == "probability_of_loss").unwrap().clone();
        result.figures.push(Figure { measure: "probability_of_margin_call".into(), ..known });
        let told = margin(&Report { plan: &plan, result: &result });
        assert!(told.len() == 1 && told[0].starts_with("The hedged account gets a margin call on "), "{told:?}");
    }

    #[test]
    fn headings_say_whose_figures_they_are() {
        assert_eq!(regime_headings(false), ["Share of paths", "Mean P&L", "ES 95 %"]);
        assert_eq!(regime_headings(true).len(), 5);
    }
}
