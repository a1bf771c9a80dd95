//! The verdict and the main figures on a terminal of 80 columns.

use std::fmt::Write;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, TableStyle};

use super::table::{Row, rows};
use super::verdict::verdict;
use super::{Report, format};

/// Columns of a terminal that nobody has widened.
const WIDTH: u16 = 80;

/// The measures shown here, in this order; the report has all.
const MEASURES: [&str; 6] =
    ["mean_pnl", "probability_of_loss", "value_at_risk", "expected_shortfall", "max_drawdown", "hedge_cost"];

/// The names of [`super::table::STRATEGIES`] for people.
const COLUMNS: [&str; 3] = ["hedged", "unhedged", "difference"];

/// What a finished run says on a terminal; ends with a newline.
#[must_use]
pub fn text(report: &Report) -> String {
    let (plan, verdict) = (report.plan, verdict(report));
    let mut text = String::new();
    let size = format!(
        "{} paths of {} trading days, model {}, digest {}",
        format::count(report.result.outcomes.paths() as u64),
        format::count(plan.run.horizon_days as u64),
        plan.model_name,
        plan.digest
    );
    let _ = writeln!(text, "{}\n{}\n", wrapped(&plan.name, ""), wrapped(&size, ""));
    let _ = writeln!(text, "{}", wrapped(&verdict.headline, ""));
    for sentence in &verdict.sentences {
        let _ = writeln!(text, "{}", wrapped(&format!("* {sentence}"), "  "));
    }
    let _ = writeln!(text, "\n{}", figures(report));
    for warning in &report.result.warnings {
        let _ = writeln!(text, "{}", wrapped(&format!("Warning: {warning}"), "  "));
    }
    for check in report.result.checks.iter().filter(|check| !check.passed) {
        let found = format::quantity(check.value, &check.unit);
        let _ = writeln!(text, "{}", wrapped(&format!("Check failed: {} is {found}", check.name), "  "));
    }
    text
}

/// A table without lines whose columns fit the terminal.
pub(crate) fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table
}

pub(crate) fn right(text: impl ToString) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn figures(report: &Report) -> String {
    let all = rows(report);
    let mut table = plain_table();
    table.set_header([Cell::new(""), Cell::new(""), right("USD"), right("95 % interval")]);
    let shown = MEASURES.iter().flat_map(|measure| all.iter().filter(move |row| row.measure == *measure));
    for row in shown.filter(|row| row.days.is_none() && (row.measure != "max_drawdown" || row.level.is_none())) {
        add(&mut table, row, report.has_hedge());
    }
    if table.row_count() == 0 { String::new() } else { format!("{}\n", table.trim_fmt()) }
}

fn add(table: &mut Table, row: &Row, hedged: bool) {
    let columns = if hedged { 3 } else { 1 };
    let alone = row.figures.iter().flatten().count() == 1;
    let mut label = row.label.clone();
    for (name, figure) in COLUMNS.iter().zip(row.figures).take(columns) {
        let Some(figure) = figure else { continue };
        let shown = format::estimate(figure);
        let value = match shown.unit.as_str() {
            "USD" => shown.value.clone(),
            // A column cannot be wide enough for every unit.
            unit if alone => {
                label = format!("{label}, {unit}");
                shown.value.clone()
            }
            _ => shown.with_unit(),
        };
        // Where nothing is hedged there is one account, which needs no name.
        let name = if alone || !hedged { "" } else { name };
        table.add_row([Cell::new(&label), Cell::new(name), right(value), right(shown.range().unwrap_or_default())]);
        label.clear();
    }
}

/// Breaks a text between words; lines after the first are indented.
pub(crate) fn wrapped(text: &str, indent: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > usize::from(WIDTH) && !line.trim().is_empty() {
            lines.push(std::mem::replace(&mut line, indent.to_string()));
        }
        if !line.trim().is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn nothing_is_wider_than_a_terminal_and_no_number_has_many_digits() {
        let (mut plan, result) = (fixture::plan(), fixture::result(2000));
        for name in
            ["short", "a much longer name of a scenario that somebody wrote in a hurry, with commas and all of it"]
        {
            plan.name = name.into();
            let text = text(&Report { plan: &plan, result: &result });
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
            assert!(text.lines().all(|line| !line.ends_with(' ')), "{text}");
            let longest = text.split(|c: char| !c.is_ascii_digit() && c != '.').map(str::len).max();
            assert!(longest <= Some(12), "{text}");
        }
    }

    #[test]
    fn figures_stand_beside_their_intervals() {
        let (plan, result) = (fixture::plan(), fixture::result(2000));
        let report = Report { plan: &plan, result: &result };
        let text = text(&report);
        let shown = format::estimate(report.figure("hedged", "expected_shortfall", Some(0.99)).unwrap());
        let line = text.lines().find(|line| line.contains("Expected shortfall 99 %")).unwrap();
        let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words, format!("Expected shortfall 99 % hedged {} {}", shown.value, shown.range().unwrap()));
        assert!(text.contains("Warning: "), "{text}");
    }

    #[test]
    fn an_account_without_layers_is_not_called_hedged() {
        let (mut plan, result) = (fixture::plan(), fixture::result(2000));
        assert!(figures(&Report { plan: &plan, result: &result }).contains(" hedged "));
        plan.layers.clear();
        let table = figures(&Report { plan: &plan, result: &result });
        assert!(table.contains("Mean P&L") && !table.contains("hedged"), "{table}");
    }

    #[test]
    fn a_failed_check_is_named() {
        let (plan, mut result) = (fixture::plan(), fixture::result(2000));
        result.checks[1].passed = false;
        let text = text(&Report { plan: &plan, result: &result });
        assert!(text.contains("Check failed: largest error of the tables of marks is 3.1e-6 of spot"));
    }
}
