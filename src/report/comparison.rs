//! Scenarios of a batch side by side: on the console and as `comparison.csv`.

use std::fmt::Write;

use comfy_table::Cell;
use sha2::{Digest, Sha256};

use super::console::{plain_table, right, wrapped};
use super::{Report, format};
use crate::risk::Figure;

/// A figure that scenarios are compared by.
struct Compared {
    strategy: &'static str,
    measure: &'static str,
    level: Option<f64>,
    heading: &'static str,
    column: &'static str,
}

const fn compared(
    strategy: &'static str,
    measure: &'static str,
    level: Option<f64>,
    heading: &'static str,
    column: &'static str,
) -> Compared {
    Compared { strategy, measure, level, heading, column }
}

/// The figures compared, in the order of columns.
const COMPARED: [Compared; 6] = [
    compared("hedged", "mean_pnl", None, "mean P&L", "hedged_mean_pnl_usd"),
    compared("hedged", "probability_of_loss", None, "P(loss)", "hedged_probability_of_loss"),
    compared("hedged", "expected_shortfall", Some(0.99), "ES 99 %", "hedged_expected_shortfall_99_usd"),
    compared("unhedged", "expected_shortfall", Some(0.99), "unhedged", "unhedged_expected_shortfall_99_usd"),
    compared("hedge", "expected_shortfall", Some(0.99), "difference", "hedge_expected_shortfall_99_usd"),
    compared("hedge", "hedge_cost", None, "cost", "hedge_cost_usd_a_year"),
];

/// What the headings leave out.
const LEGEND: &str = "USD; below each figure the ends of its 95 % interval. ES 99 % of the hedged and the unhedged \
                      account and their difference; cost of the hedge a year.";

/// The table of a batch, at most 80 columns wide; ends with a newline.
#[must_use]
pub fn text(reports: &[Report]) -> String {
    let mut table = plain_table();
    let mut header = vec![Cell::new("scenario")];
    header.extend(COMPARED.iter().map(|compared| right(compared.heading)));
    table.set_header(header);
    for report in reports {
        let plan = report.plan;
        let equity = format::quantity(plan.equity, "USD");
        let mut row = vec![Cell::new(format!("{}\n{} days, {equity}", plan.name, plan.run.horizon_days))];
        row.extend(COMPARED.iter().map(|compared| right(cell(figure(report, compared)))));
        table.add_row(row);
    }
    let mut text = format!("{}\n\n{}\n", table.trim_fmt(), wrapped(LEGEND, ""));
    text.push_str(&warnings(reports));
    text
}

/// `comparison.csv`: one row a scenario; each measure with its unit, its standard error and its interval.
#[must_use]
pub fn csv(reports: &[Report]) -> String {
    let mut text = String::from("scenario,digest,paths,horizon_days,seed");
    for Compared { column, .. } in COMPARED {
        let _ = write!(text, ",{column},{column}_standard_error,{column}_low,{column}_high");
    }
    text.push_str("\r\n");
    for report in reports {
        let (plan, run) = (report.plan, &report.plan.run);
        let paths = report.result.outcomes.paths();
        let _ = write!(text, "{},{},{paths},{},{}", quoted(&plan.name), plan.digest, run.horizon_days, run.seed);
        for compared in &COMPARED {
            let figure = figure(report, compared);
            let parts = [
                figure.map(|figure| figure.value),
                figure.and_then(|figure| figure.standard_error),
                figure.and_then(|figure| figure.low),
                figure.and_then(|figure| figure.high),
            ];
            for part in parts {
                text.push(',');
                text.push_str(&part.map_or_else(String::new, |number| number.to_string()));
            }
        }
        text.push_str("\r\n");
    }
    text
}

/// The name of a batch's folder: the same scenarios in the same order give the same name.
#[must_use]
pub fn folder_name(reports: &[Report]) -> String {
    let digests: Vec<&str> = reports.iter().map(|report| report.plan.digest.as_str()).collect();
    let hash = Sha256::digest(digests.join("\n"));
    hash.iter().take(6).fold(String::from("comparison-"), |name, byte| format!("{name}{byte:02x}"))
}

/// Every warning once, with the scenarios that it concerns.
fn warnings(reports: &[Report]) -> String {
    let mut seen: Vec<&String> = Vec::new();
    let mut text = String::new();
    for warning in reports.iter().flat_map(|report| &report.result.warnings) {
        if seen.contains(&warning) {
            continue;
        }
        seen.push(warning);
        let concerned: Vec<&str> = reports
            .iter()
            .filter(|report| report.result.warnings.contains(warning))
            .map(|report| report.plan.name.as_str())
            .collect();
        let whose = if concerned.len() == reports.len() { "all scenarios".into() } else { concerned.join(", ") };
        text.push_str(&wrapped(&format!("Warning, {whose}: {warning}"), "  "));
        text.push('\n');
    }
    text
}

fn figure<'a>(report: &Report<'a>, compared: &Compared) -> Option<&'a Figure> {
    report.figure(compared.strategy, compared.measure, compared.level)
}

fn cell(figure: Option<&Figure>) -> String {
    let Some(figure) = figure else { return "-".into() };
    let shown = format::estimate(figure);
    let percent = if shown.unit == "%" { " %" } else { "" };
    match shown.interval {
        Some([low, high]) => format!("{}{percent}\n{low}\n{high}", shown.value),
        None => format!("{}{percent}", shown.value),
    }
}

/// A field of a CSV file after RFC 4180.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn the_table_has_a_row_for_each_scenario_and_fits_a_terminal() {
        let (plan, result) = (fixture::plan(), fixture::result(2000));
        let mut other = plan.clone();
        other.name = "a stressed start with a long name of many words".into();
        let reports = [Report { plan: &plan, result: &result }, Report { plan: &other, result: &result }];
        let text = text(&reports);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.contains("stressed") && text.contains("ten-lot"), "{text}");
        let shortfall = reports[0].figure("hedged", "expected_shortfall", Some(0.99)).unwrap();
        assert_eq!(text.matches(&format::estimate(shortfall).value).count(), 2, "{text}");
    }

    #[test]
    fn a_warning_is_told_once_with_the_scenarios_that_it_concerns() {
        let (plan, mut result) = (fixture::plan(), fixture::result(2000));
        let mut other = result.clone();
        (result.warnings, other.warnings) = (vec!["both".into(), "one".into()], vec!["both".into()]);
        let reports = [Report { plan: &plan, result: &result }, Report { plan: &plan, result: &other }];
        assert_eq!(warnings(&reports), format!("Warning, all scenarios: both\nWarning, {}: one\n", plan.name));
    }

    #[test]
    fn the_csv_keeps_every_bit_and_quotes_names() {
        let (mut plan, result) = (fixture::plan(), fixture::result(2000));
        plan.name = "a, \"b\"".into();
        let text = csv(&[Report { plan: &plan, result: &result }]);
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[1].starts_with("\"a, \"\"b\"\"\",0123456789ab,2000,252,7,"));
        let columns = lines[0].split(',').count();
        let fields: Vec<&str> = lines[1].rsplit(',').take(columns - 5).collect();
        let cost = result.figures.iter().find(|figure| figure.measure == "hedge_cost").unwrap();
        assert_eq!(fields[3].parse::<f64>().unwrap().to_bits(), cost.value.to_bits());
    }

    #[test]
    fn the_folder_of_a_batch_is_named_by_its_scenarios() {
        let (plan, result) = (fixture::plan(), fixture::result(10));
        let mut other = plan.clone();
        other.digest = "ba9876543210".into();
        let [a, b] = [&plan, &other].map(|plan| Report { plan, result: &result });
        assert_ne!(folder_name(&[a]), folder_name(&[a, b]));
        assert_ne!(folder_name(&[a, b]), folder_name(&[b, a]));
        assert_eq!(folder_name(&[a]).len(), "comparison-".len() + 12);
    }
}
