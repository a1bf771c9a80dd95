//! Runs side by side: ranked, with the differences to the best of them, on the console and as `comparison.csv`.
//!
//! Runs are ranked by the expected shortfall at 99 % of their hedged accounts, the smallest first. Each is compared with the
//! first, path by path where both saw the same paths.

use std::fmt::Write;

use comfy_table::Cell;
use sha2::{Digest, Sha256};

use super::console::{plain_table, right, wrapped};
use super::entry::Entry;
use super::format;
use crate::risk::Figure;
use crate::risk::versus::{Versus, versus};

/// A figure that runs are compared by.
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

/// The differences to the first of the ranking, in the order of columns.
pub(super) const DIFFERENCES: [(&str, Option<f64>, &str, &str); 4] = [
    ("mean_pnl", None, "mean P&L", "mean_pnl_less_best_usd"),
    ("value_at_risk", Some(0.99), "VaR 99 %", "value_at_risk_99_less_best_usd"),
    ("expected_shortfall", Some(0.99), "ES 99 %", "expected_shortfall_99_less_best_usd"),
    ("max_drawdown", None, "mean drawdown", "mean_max_drawdown_less_best_usd"),
];

/// What the headings leave out.
const LEGEND: &str = "USD; below each figure the ends of its 95 % interval. Ranked by ES 99 % of the hedged account, the \
                      smallest loss first. ES 99 % of the hedged and the unhedged account and their difference; cost of the \
                      hedge a year.";

/// A run in the ranking, and how it differs from the first.
pub struct Ranked<'a> {
    /// The run.
    pub entry: Entry<'a>,
    /// Its place in the order in which runs were given, from 0.
    pub given: usize,
    /// Against the first of the ranking; none for that one, and for runs over another number of days.
    pub against_best: Option<Versus>,
}

/// Ranks runs by the expected shortfall of their hedged accounts, and compares each with the first.
#[must_use]
pub fn ranked<'a>(entries: &[Entry<'a>]) -> Vec<Ranked<'a>> {
    let shortfall = |entry: &Entry| {
        entry.figure("hedged", "expected_shortfall", Some(0.99)).map_or(f64::INFINITY, |figure| figure.value)
    };
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by(|&a, &b| shortfall(&entries[a]).total_cmp(&shortfall(&entries[b])).then(a.cmp(&b)));
    let best = entries[order[0]];
    order
        .iter()
        .enumerate()
        .map(|(rank, &given)| {
            let entry = entries[given];
            let comparable = rank > 0 && entry.horizon_days == best.horizon_days;
            let against_best = comparable.then(|| versus(best.outcomes, entry.outcomes, best.horizon_days as u32));
            Ranked { entry, given, against_best }
        })
        .collect()
}

impl Ranked<'_> {
    /// Whether and how the run is compared with the first, in words.
    #[must_use]
    pub fn pairing(&self, best: &Entry) -> String {
        let Some(versus) = &self.against_best else {
            return format!("not compared: {} trading days against {}", self.entry.horizon_days, best.horizon_days);
        };
        match (versus.paired_paths, self.entry.other_market(best)) {
            (0, names) if names.is_empty() => "other paths: the differences are those of independent samples".into(),
            (0, names) => {
                let names = names.join(", ");
                format!("other paths (not the same {names}): the differences are those of independent samples")
            }
            (paths, _) => format!("the same {} paths: the differences are paired", format::count(paths as u64)),
        }
    }

    /// A difference to the first.
    #[must_use]
    pub fn difference(&self, measure: &str, level: Option<f64>) -> Option<&Figure> {
        let wanted = |figure: &&Figure| figure.measure == measure && figure.level == level;
        self.against_best.as_ref()?.differences.iter().find(wanted)
    }
}

/// The table of runs, at most 80 columns wide; ends with a newline.
#[must_use]
pub fn text(entries: &[Entry]) -> String {
    let ranked = ranked(entries);
    let mut table = plain_table();
    let mut header = vec![Cell::new("scenario")];
    header.extend(COMPARED.iter().map(|compared| right(compared.heading)));
    table.set_header(header);
    for (rank, Ranked { entry, .. }) in ranked.iter().enumerate() {
        let equity = format::quantity(entry.equity_usd, "USD");
        let mut row = vec![Cell::new(format!("{}. {}\n{} days, {equity}", rank + 1, entry.name, entry.horizon_days))];
        row.extend(COMPARED.iter().map(|compared| {
            let figure = figure(entry, compared).filter(|_| compared.strategy == "hedged" || entry.has_hedge);
            right(cell(figure))
        }));
        table.add_row(row);
    }
    let mut text = format!("{}\n\n{}\n", table.trim_fmt(), wrapped(LEGEND, ""));
    if ranked.len() > 1 {
        text.push_str(&differences(&ranked));
    }
    text.push_str(&warnings(entries));
    text
}

/// The differences to the first of the ranking.
fn differences(ranked: &[Ranked]) -> String {
    let best = &ranked[0].entry;
    let mut table = plain_table();
    let mut header = vec![Cell::new(format!("less {}", best.name))];
    header.extend(DIFFERENCES.iter().map(|(.., heading, _)| right(heading)));
    table.set_header(header);
    let mut notes: Vec<(String, Vec<String>)> = Vec::new();
    for (rank, run) in ranked.iter().enumerate().skip(1) {
        let mut row = vec![Cell::new(format!("{}. {}", rank + 1, run.entry.name))];
        row.extend(DIFFERENCES.iter().map(|(measure, level, ..)| right(cell(run.difference(measure, *level)))));
        table.add_row(row);
        let (note, place) = (run.pairing(best), (rank + 1).to_string());
        match notes.iter_mut().find(|(known, _)| *known == note) {
            Some((_, places)) => places.push(place),
            None => notes.push((note, vec![place])),
        }
    }
    let mut text = format!("\n{}\n\n", table.trim_fmt());
    for (note, places) in notes {
        text.push_str(&wrapped(&format!("{}. {note}.", places.join("., ")), "  "));
        text.push('\n');
    }
    text
}

/// `comparison.csv`: one row a run in the order of the ranking; each measure with its unit, its standard error and its
/// interval, then the differences to the first and on how many common paths they rest (0: independent samples).
#[must_use]
pub fn csv(entries: &[Entry]) -> String {
    let mut text = String::from("scenario,digest,paths,horizon_days,seed");
    let columns = COMPARED.iter().map(|compared| compared.column);
    for column in columns.chain(DIFFERENCES.iter().map(|(.., column)| *column)) {
        let _ = write!(text, ",{column},{column}_standard_error,{column}_low,{column}_high");
    }
    text.push_str(",rank,paired_paths\r\n");
    for (rank, run) in ranked(entries).iter().enumerate() {
        let entry = &run.entry;
        let Entry { digest, horizon_days, seed, outcomes, .. } = entry;
        let _ = write!(text, "{},{digest},{},{horizon_days},{seed}", quoted(entry.name), outcomes.paths());
        let figures = COMPARED.iter().map(|compared| figure(entry, compared));
        for figure in figures.chain(DIFFERENCES.iter().map(|(measure, level, ..)| run.difference(measure, *level))) {
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
        let paired = run.against_best.as_ref().map_or_else(String::new, |versus| versus.paired_paths.to_string());
        let _ = write!(text, ",{},{paired}\r\n", rank + 1);
    }
    text
}

/// The name of a batch's folder: the same runs in the same order give the same name.
#[must_use]
pub fn folder_name(entries: &[Entry]) -> String {
    let digests: Vec<&str> = entries.iter().map(|entry| entry.digest).collect();
    let hash = Sha256::digest(digests.join("\n"));
    hash.iter().take(6).fold(String::from("comparison-"), |name, byte| format!("{name}{byte:02x}"))
}

/// Every warning once, with the runs that it concerns.
fn warnings(entries: &[Entry]) -> String {
    let mut seen: Vec<&String> = Vec::new();
    let mut text = String::new();
    for warning in entries.iter().flat_map(|entry| entry.warnings) {
        if seen.contains(&warning) {
            continue;
        }
        seen.push(warning);
        let concerned: Vec<&str> =
            entries.iter().filter(|entry| entry.warnings.contains(warning)).map(|entry| entry.name).collect();
        let whose = if concerned.len() == entries.len() { "all scenarios".into() } else { concerned.join(", ") };
        text.push_str(&wrapped(&format!("Warning, {whose}: {warning}"), "  "));
        text.push('\n');
    }
    text
}

fn figure<'a>(entry: &Entry<'a>, compared: &Compared) -> Option<&'a Figure> {
    entry.figure(compared.strategy, compared.measure, compared.level)
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
pub(super) fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Report, fixture};

    #[test]
    fn the_table_has_a_row_for_each_scenario_and_fits_a_terminal() {
        let (plan, result) = (fixture::plan(), fixture::result(2000));
        let mut other = plan.clone();
        other.name = "a stressed start with a long name of many words".into();
        let reports = [Report { plan: &plan, result: &result }, Report { plan: &other, result: &result }];
        let text = text(&reports.each_ref().map(Entry::from));
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
        assert_eq!(
            warnings(&reports.each_ref().map(Entry::from)),
            format!("Warning, all scenarios: both\nWarning, {}: one\n", plan.name)
        );
    }

    #[test]
    fn the_csv_keeps_every_bit_and_quotes_names() {
        let (mut plan, result) = (fixture::plan(), fixture::result(2000));
        plan.name = "a, \"b\"".into();
        let report = Report { plan: &plan, result: &result };
        let text = csv(&[Entry::from(&report)]);
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[1].starts_with("\"a, \"\"b\"\"\",0123456789ab,2000,252,7,"));
        let columns = lines[0].split(',').count();
        let fields: Vec<&str> = lines[1].rsplit(',').take(columns - 5).collect();
        let cost = result.figures.iter().find(|figure| figure.measure == "hedge_cost").unwrap();
        // The cost stands before four differences, the rank and the number of common paths.
        assert_eq!(fields[4 * 4 + 2 + 3].parse::<f64>().unwrap().to_bits(), cost.value.to_bits());
    }

    #[test]
    fn the_folder_of_a_batch_is_named_by_its_scenarios() {
        let (plan, result) = (fixture::plan(), fixture::result(10));
        let mut other = plan.clone();
        other.digest = "ba9876543210".into();
        let reports = [&plan, &other].map(|plan| Report { plan, result: &result });
        let [a, b] = reports.each_ref().map(Entry::from);
        assert_ne!(folder_name(&[a]), folder_name(&[a, b]));
        assert_ne!(folder_name(&[a, b]), folder_name(&[b, a]));
        assert_eq!(folder_name(&[a]).len(), "comparison-".len() + 12);
    }
    #[test]
    fn the_smallest_shortfall_comes_first_and_the_others_are_compared_with_it() {
        let (plan, result) = (fixture::plan(), fixture::result(2000));
        let mut worse = result.clone();
        for figure in worse.figures.iter_mut().filter(|figure| figure.measure == "expected_shortfall") {
            figure.value += 1e5;
        }
        let reports = [&worse, &result].map(|result| Report { plan: &plan, result });
        let entries = reports.each_ref().map(Entry::from);
        let ranked = ranked(&entries);
        assert_eq!(ranked.iter().map(|run| run.given).collect::<Vec<_>>(), [1, 0]);
        // The outcomes of the example have no columns by which paths are recognised, so they count as independent.
        assert_eq!(ranked[1].pairing(&entries[1]), "other paths: the differences are those of independent samples");
        assert_eq!(ranked[1].difference("mean_pnl", None).map(|figure| figure.value), Some(0.0));
        assert!(text(&entries).lines().all(|line| line.chars().count() <= 80), "{}", text(&entries));
    }
}
