//! What a finished sweep says on a terminal of 80 columns.

use std::fmt::Write;

use comfy_table::Cell;

use super::verdict::{SweepVerdict, verdict};
use super::{SweepReport, heading, shown};
use crate::engine::search::Candidate;
use crate::report::console::{plain_table, right, wrapped};
use crate::report::format;
use crate::stats::Estimate;

/// Settings shown; the page and the CSV have all.
const ROWS: usize = 12;
/// Most keys that have a column.
const KEYS_MAX: usize = 4;
/// What may be shown beside the goal: the first that the sweep has and that is not the goal.
const SHOWN: [&str; 2] = ["cost", "mean"];

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
    let yardstick = &report.task.yardstick;
    let goal = yardstick.goal.to_string();
    let place = |name: &str| yardstick.measures.iter().position(|measure| measure.to_string() == name);
    let beside = SHOWN.iter().filter(|name| **name != goal).find_map(|name| place(name));
    let mut table = plain_table();
    let keys = shown_keys(report);
    let mut header: Vec<Cell> = keys.iter().map(|&key| Cell::new(last_part(&report.keys[key]))).collect();
    if keys.is_empty() {
        header.push(Cell::new("setting"));
    }
    header.extend([Cell::new(""), right(&goal), right("against reference")]);
    header.extend(beside.map(|place| right(heading(&yardstick.measures[place]))));
    table.set_header(header);
    let order = report.ranking();
    for &candidate in order.iter().take(ROWS) {
        let values = report.values(candidate);
        let text = |&key: &usize| Cell::new(values[key].map_or_else(|| "-".into(), |value| value.to_string()));
        let mut row: Vec<Cell> = keys.iter().map(text).collect();
        if keys.is_empty() {
            row.push(Cell::new(candidate));
        }
        row.push(Cell::new(marks(report, candidate)));
        match report.score(candidate) {
            Some(score) => {
                row.push(right(cell(&score.goal, report.goal_unit())));
                row.push(right(cell(&score.differences[0], report.goal_unit())));
                let of = |place: usize| right(cell(&score.measures[place], yardstick.measures[place].quantity.unit()));
                row.extend(beside.map(of));
            }
            None => row.push(right("failed")),
        }
        table.add_row(row);
    }
    let left = order.len().saturating_sub(ROWS);
    let more = if left > 0 { format!("\n{left} more in sweep.html and sweep.csv\n") } else { String::new() };
    format!("{}\n{more}", table.trim_fmt())
}

/// The keys that vary; none where they are too many for the terminal, which then shows the numbers of settings.
fn shown_keys(report: &SweepReport) -> Vec<usize> {
    let varies = |key: &usize| {
        let first = report.settings.first().map(|setting| setting[*key]);
        report.settings.iter().any(|setting| Some(setting[*key]) != first)
    };
    let keys: Vec<usize> = (0..report.keys.len()).filter(varies).collect();
    if keys.len() > KEYS_MAX { Vec::new() } else { keys }
}

/// A key without the sections before it.
fn last_part(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

fn marks(report: &SweepReport, candidate: Candidate) -> String {
    let mut marks = Vec::new();
    if report.found.best == Some(candidate) {
        marks.push("best");
    } else if report.is_tied(candidate) {
        marks.push("tied");
    }
    if report.is_reference(candidate) {
        marks.push("reference");
    }
    marks.join("\n")
}

fn cell(estimate: &Estimate, unit: &str) -> String {
    let shown = shown(estimate, unit);
    let value = if shown.unit == "%" { shown.with_unit() } else { shown.value.clone() };
    match shown.range() {
        Some(range) => format!("{value}\n{range}"),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::sweep;
    use super::*;

    #[test]
    fn no_line_is_wider_than_a_terminal_however_many_keys_there_are() {
        for more_keys in [0, 1, 2, 9] {
            let sweep = sweep(&[90.0, 95.0, f64::NAN, -70.0, 120.0], more_keys);
            let reference = vec![None; sweep.keys.len()];
            let text = text(&sweep.report(&reference));
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
            assert!(text.contains("best") && text.contains("failed"), "{text}");
            let header = text.lines().find(|line| line.contains("es(0.99)") && line.contains("against")).unwrap();
            assert_eq!(header.contains("setting"), more_keys > 2, "{header}");
        }
    }
}
