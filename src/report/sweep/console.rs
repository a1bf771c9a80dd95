//! What a finished sweep says on a terminal of 80 columns.

use std::fmt::Write;

use comfy_table::Cell;

use super::verdict::{SweepVerdict, verdict};
use super::{SweepReport, heading, shown};
use crate::report::console::{plain_table, right, wrapped};
use crate::report::format;

/// Settings shown; the page and the CSV have all.
const ROWS: usize = 12;
/// Measures shown beside the goal.
const MEASURES: usize = 3;

/// The verdict and the first settings of the ranking; ends with a newline.
#[must_use]
pub fn text(report: &SweepReport) -> String {
    let SweepVerdict { headline, sentences, warnings } = verdict(report);
    let mut text = String::new();
    let size = format!(
        "{} settings on the same {} paths of {} trading days, model {}, digest {}",
        format::count(report.settings.len() as u64),
        format::count(report.task.paths as u64),
        format::count(report.plan.run.horizon_days as u64),
        report.plan.model_name,
        report.digest
    );
    let _ = writeln!(text, "{}\n{}\n", wrapped(&report.plan.name, ""), wrapped(&size, ""));
    let _ = writeln!(text, "{}", wrapped(&headline, ""));
    for sentence in &sentences {
        let _ = writeln!(text, "{}", wrapped(&format!("* {sentence}"), "  "));
    }
    let _ = writeln!(text, "\n{}", ranking(report));
    for warning in &warnings {
        let _ = writeln!(text, "{}", wrapped(&format!("Warning: {warning}"), "  "));
    }
    text
}

fn ranking(report: &SweepReport) -> String {
    let measures = report.task.yardstick.measures.iter().enumerate();
    let goal = report.task.yardstick.goal.to_string();
    let measures: Vec<_> = measures.filter(|(_, measure)| measure.to_string() != goal).take(MEASURES).collect();
    let mut table = plain_table();
    let mut header = vec![Cell::new("setting"), right(&goal), right("less as it stands")];
    header.extend(measures.iter().map(|(_, measure)| right(heading(measure))));
    table.set_header(header);
    let order = report.ranking();
    for &candidate in order.iter().take(ROWS) {
        let mark = match report.class(candidate) {
            "best" => " (best)",
            "tied" => " (tied)",
            "reference" if report.is_tied(candidate) => " (tied)",
            _ => "",
        };
        let name = if candidate == 0 { "as it stands".to_owned() } else { report.label(candidate).replace(", ", "\n") };
        let mut row = vec![Cell::new(format!("{name}{mark}"))];
        match report.score(candidate) {
            Some(score) => {
                row.push(right(cell(&score.goal, report.goal_unit())));
                row.push(right(cell(&score.differences[0], report.goal_unit())));
                let of = |&(place, measure): &(usize, &crate::risk::Measure)| {
                    right(cell(&score.measures[place], measure.quantity.unit()))
                };
                row.extend(measures.iter().map(of));
            }
            None => row.push(right("failed")),
        }
        table.add_row(row);
    }
    let left = order.len().saturating_sub(ROWS);
    let more = if left > 0 { format!("\n{left} more in sweep.html and sweep.csv\n") } else { String::new() };
    format!("{}\n{more}", table.trim_fmt())
}

fn cell(estimate: &crate::stats::Estimate, unit: &str) -> String {
    let shown = shown(estimate, unit);
    let value = if shown.unit == "%" { shown.with_unit() } else { shown.value.clone() };
    format!("{value}\n{}", shown.range().unwrap_or_default())
}
