//! The table of figures: one row a measure, for the hedged account, the unhedged one and their difference.

use super::{Report, format};
use crate::risk::Figure;

/// The strategies of a table's columns, as in figures.
pub const STRATEGIES: [&str; 3] = ["hedged", "unhedged", "hedge"];

/// One measure on every strategy.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<'a> {
    /// The measure in words.
    pub label: String,
    /// As in figures.
    pub measure: &'a str,
    /// As in figures.
    pub level: Option<f64>,
    /// Trading days from the start, none for the whole horizon.
    pub days: Option<u32>,
    /// In the order of [`STRATEGIES`].
    pub figures: [Option<&'a Figure>; 3],
}

/// The figures of whole accounts: those of the whole horizon first, and else in the order in which they first appear.
#[must_use]
pub fn rows<'a>(report: &Report<'a>) -> Vec<Row<'a>> {
    let mut rows: Vec<Row> = Vec::new();
    for figure in report.result.figures.iter().filter(|figure| figure.component.is_none() && figure.condition.is_none())
    {
        let Some(column) = STRATEGIES.iter().position(|strategy| *strategy == figure.strategy) else { continue };
        let days = if report.is_whole_horizon(figure) { None } else { figure.horizon_days };
        let same = |row: &Row| row.days == days && row.measure == figure.measure && row.level == figure.level;
        let at = rows.iter().position(same).unwrap_or_else(|| {
            let (measure, level) = (figure.measure.as_str(), figure.level);
            rows.push(Row { label: label(measure, level, days), measure, level, days, figures: [None; 3] });
            rows.len() - 1
        });
        rows[at].figures[column] = Some(figure);
    }
    rows.sort_by_key(|row| row.days);
    rows
}

/// A measure in words, as in `Expected shortfall 99 %, first 5 days`.
#[must_use]
pub fn label(measure: &str, level: Option<f64>, horizon_days: Option<u32>) -> String {
    let mut label = match measure {
        "mean_pnl" => "Mean P&L".to_string(),
        "value_at_risk" => "Value at risk".to_string(),
        "probability_of_loss" => "Probability of a loss".to_string(),
        "standard_deviation" => "Standard deviation of P&L".to_string(),
        "max_drawdown" | "worst_day" if level.is_none() => {
            format!("Mean {}", measure.replace("max", "maximum").replace('_', " "))
        }
        "max_drawdown" => "Maximum drawdown".to_string(),
        "conditional_drawdown" => "Conditional drawdown at risk".to_string(),
        "drawdown_duration" if level.is_none() => "Mean longest time below a peak".to_string(),
        "drawdown_duration" => "Longest time below a peak".to_string(),
        "probability_of_ruin" => "Probability of ruin (equity of 0 or less)".to_string(),
        "expected_shortfall_by_batches" => "Expected shortfall, error by batches,".to_string(),
        "expected_shortfall_by_pareto" => "Expected shortfall, Pareto tail,".to_string(),
        "tail_shape" => "Shape of a Pareto tail beyond".to_string(),
        "omega" => "Omega (mean gain over mean loss)".to_string(),
        "sortino" => "Sortino ratio over the run".to_string(),
        "beta" => "Beta to SPX, all days".to_string(),
        "beta_on_worst_days" => "Beta to SPX, worst 5 % of days".to_string(),
        "hedge_cost_of_equity" => "Hedge cost, share of equity".to_string(),
        "pnl_on_unhedged_worst" => "P&L of the hedge on the worst unhedged paths,".to_string(),
        "share_of_loss_paid" => "Share of the loss paid on the worst unhedged paths,".to_string(),
        "shortfall_saved_per_dollar" => "Expected shortfall saved for a dollar of cost,".to_string(),
        "share_of_decline_paid" => "Share of the decline that layers pay, worst unhedged paths,".to_string(),
        "carry_pnl" => "Carry of the layers".to_string(),
        "trigger_pnl" => "Trigger profit of the layers".to_string(),
        "roll_pnl" => "Rolls of the layers".to_string(),
        "carry_in_shortfall" => "Part of carry in expected shortfall".to_string(),
        "trigger_in_shortfall" => "Part of trigger profit in expected shortfall".to_string(),
        "roll_in_shortfall" => "Part of rolls in expected shortfall".to_string(),
        other => capitalised(&other.replace('_', " ")),
    };
    if let Some(level) = level {
        label.push(' ');
        label.push_str(&format::percent(level));
    }
    match horizon_days {
        Some(1) => label.push_str(", first day"),
        Some(days) => label.push_str(&format!(", first {days} days")),
        None => {}
    }
    label
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn every_figure_of_a_whole_account_has_one_place_in_the_table() {
        let (plan, result) = (fixture::plan(), fixture::result(2000));
        let rows = rows(&Report { plan: &plan, result: &result });
        let placed: usize = rows.iter().map(|row| row.figures.iter().flatten().count()).sum();
        assert_eq!(
            placed,
            result.figures.iter().filter(|figure| figure.component.is_none() && figure.condition.is_none()).count()
        );
        for (i, row) in rows.iter().enumerate() {
            assert!(rows[..i].iter().all(|other| other.label != row.label), "{} appears twice", row.label);
        }
    }

    #[test]
    fn labels_are_words() {
        assert_eq!(label("expected_shortfall", Some(0.975), None), "Expected shortfall 97.5 %");
        assert_eq!(label("mean_pnl", None, Some(1)), "Mean P&L, first day");
        assert_eq!(label("value_at_risk", Some(0.99), Some(5)), "Value at risk 99 %, first 5 days");
        assert_eq!(label("", None, None), "");
    }
}
