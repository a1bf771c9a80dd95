//! Scenarios of a batch side by side: on the console and as `comparison.csv`.

use std::fmt::Write;

use comfy_table::Cell;
use sha2::{Digest, Sha256};

use super::console::{plain_table, right};
use super::{Report, format};
use crate::risk::Figure;

/// The measures compared: strategy, measure, level, heading on the console.
const MEASURES: [(&str, &str, Option<f64>, &str); 6] = [
    ("hedged", "mean_pnl", None, "mean P&L"),
    ("hedged", "probability_of_loss", None, "P(loss)"),
    ("hedged", "expected_shortfall", Some(0.99), "ES 99 %"),
    ("unhedged", "expected_shortfall", Some(0.99), "unhedged ES 99 %"),
    ("hedge", "expected_shortfall", Some(0.99), "hedge changes ES 99 %"),
    ("hedge", "hedge_cost", None, "hedge costs a year"),
];

/// The table of a batch, at most 80 columns wide; ends with a newline.
#[must_use]
pub fn text(reports: &[Report]) -> String {
    let mut table = plain_table();
    let mut header = vec![Cell::new("scenario")];
    header.extend(MEASURES.iter().map(|(_, _, _, heading)| right(heading)));
    table.set_header(header);
    for report in reports {
        let mut row = vec![Cell::new(&report.plan.name)];
        row.extend(MEASURES.iter().map(|measure| right(cell(figure(report, measure)))));
        table.add_row(row);
    }
    format!("{}\nUSD where no % stands; \u{00B1} is half the width of the 95 % interval.\n", table.trim_fmt())
}

/// `comparison.csv`: one row a scenario; each measure with its unit, its standard error and its interval.
#[must_use]
pub fn csv(reports: &[Report]) -> String {
    let mut text = String::from("scenario,digest,paths,horizon_days,seed");
    for (strategy, measure, level, _) in MEASURES {
        let level = level.map_or_else(String::new, |level| format!("_{level}"));
        for part in ["", "_standard_error", "_low", "_high"] {
            let _ = write!(text, ",{strategy}_{measure}{level}{part}");
        }
    }
    text.push_str("\r\n");
    for report in reports {
        let (plan, run) = (report.plan, &report.plan.run);
        let paths = report.result.outcomes.paths();
        let _ = write!(text, "{},{},{paths},{},{}", quoted(&plan.name), plan.digest, run.horizon_days, run.seed);
        for measure in &MEASURES {
            let figure = figure(report, measure);
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

fn figure<'a>(report: &Report<'a>, measure: &(&str, &str, Option<f64>, &str)) -> Option<&'a Figure> {
    let (strategy, name, level, _) = *measure;
    report.figure(strategy, name, level)
}

fn cell(figure: Option<&Figure>) -> String {
    let Some(figure) = figure else { return "-".into() };
    let shown = format::estimate(figure);
    let percent = if shown.unit == "%" { " %" } else { "" };
    match figure.low.zip(figure.high) {
        Some((low, high)) => {
            let half = format::estimate(&Figure { value: (high - low) / 2.0, low: None, high: None, ..figure.clone() });
            format!("{}{percent}\n\u{00B1}{}", shown.value, half.value)
        }
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
