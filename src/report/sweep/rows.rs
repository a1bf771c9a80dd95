//! `sweep.csv` and `sweep.parquet`: one row a setting, in the order of the design, the reference as setting 0 before them.
//!
//! Columns: `setting`; a column a key; `paths` and `round` of the last look at it; `admitted`, `compared`, `tied`, `best` and
//! `reference` as 0 or 1; then estimates, each with `_standard_error`, `_low` and `_high`: the goal, the goal less the
//! reference's, the goal less the best's, each measure, each measure less the reference's, and each demand's left less right
//! side. What is not known is an empty field, and NaN in Parquet. A setting that could not be evaluated has its reason in `failure`,
//! in the CSV alone.

use std::fmt::Write;

use super::SweepReport;
use crate::engine::search::Candidate;
use crate::report::comparison::quoted;
use crate::risk::{Column, Measure, Outcomes, Strategy, Values};
use crate::stats::Estimate;

/// A column of estimates.
struct Estimates<'a> {
    name: String,
    of: Box<dyn Fn(Candidate) -> Option<Estimate> + 'a>,
}

/// Flags of a candidate, in the order of columns.
const FLAGS: [&str; 5] = ["admitted", "compared", "tied", "best", "reference"];

/// The parts of an estimate, in the order of columns.
const PARTS: [&str; 4] = ["", "_standard_error", "_low", "_high"];

/// The name of a measure in columns, as in `hedged_expected_shortfall_99_usd`.
pub(super) fn column(measure: &Measure) -> String {
    let mut name = match measure.strategy {
        Strategy::Hedge => measure.quantity.name().to_owned(),
        strategy => format!("{}_{}", strategy.name(), measure.quantity.name()),
    };
    if measure.strategy == Strategy::Hedge && !name.starts_with("hedge") {
        name = format!("hedge_{name}");
    }
    if let Some(level) = measure.level {
        let _ = write!(name, "_{}", trimmed(100.0 * level.value()).replace('.', "_"));
    }
    match measure.quantity.unit() {
        "USD" => name + "_usd",
        "USD a year" => name + "_usd_a_year",
        "trading days" => name + "_days",
        _ => name,
    }
}

/// A percentage with at most one decimal.
fn trimmed(percent: f64) -> String {
    format!("{percent:.1}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn estimates<'a>(report: &'a SweepReport<'a>) -> Vec<Estimates<'a>> {
    let yardstick = &report.task.yardstick;
    let mut columns: Vec<Estimates> = Vec::new();
    let mut add =
        |name: String, of: Box<dyn Fn(Candidate) -> Option<Estimate> + 'a>| columns.push(Estimates { name, of });
    add("goal".into(), Box::new(|candidate| Some(report.score(candidate)?.goal)));
    add("goal_less_reference".into(), Box::new(|candidate| Some(report.score(candidate)?.differences[0])));
    add("goal_less_best".into(), Box::new(|candidate| Some(report.verdict(candidate)?.behind_best)));
    for (place, measure) in yardstick.measures.iter().enumerate() {
        let name = column(measure);
        add(name.clone(), Box::new(move |candidate| Some(report.score(candidate)?.measures[place])));
        let difference = move |candidate| Some(report.score(candidate)?.differences[place + 1]);
        add(format!("{name}_less_reference"), Box::new(difference));
    }
    for place in 0..yardstick.demands.len() {
        let excess = move |candidate| Some(report.score(candidate)?.demands[place]);
        add(format!("demand_{}_excess", place + 1), Box::new(excess));
    }
    columns
}

fn parts(estimate: Option<Estimate>) -> [Option<f64>; 4] {
    let Some(estimate) = estimate else { return [None; 4] };
    [Some(estimate.value), estimate.standard_error, estimate.interval.low, estimate.interval.high]
}

fn flags(report: &SweepReport, candidate: Candidate) -> [bool; 5] {
    let admitted = report.score(candidate).is_some_and(|score| score.entrant.admitted);
    let compared = report.verdict(candidate).is_some();
    let best = report.found.best == Some(candidate);
    [admitted, compared, report.is_tied(candidate), best, report.is_reference(candidate)]
}

/// The table as CSV after RFC 4180.
#[must_use]
pub(super) fn csv(report: &SweepReport) -> String {
    let columns = estimates(report);
    let mut text = String::from("setting");
    report.keys.iter().for_each(|key| text.push_str(&format!(",{}", quoted(key))));
    text.push_str(",paths,round");
    FLAGS.iter().for_each(|flag| text.push_str(&format!(",{flag}")));
    for column in &columns {
        PARTS.iter().for_each(|part| text.push_str(&format!(",{}{part}", column.name)));
    }
    text.push_str(",failure\r\n");
    let field = |number: Option<f64>| number.map_or_else(String::new, |number| number.to_string());
    for candidate in 0..=report.settings.len() {
        let _ = write!(text, "{candidate}");
        report.values(candidate).into_iter().for_each(|value| text.push_str(&format!(",{}", field(value))));
        let _ = write!(text, ",{},{}", report.paths(candidate), report.standing(candidate).round + 1);
        flags(report, candidate).iter().for_each(|flag| text.push_str(&format!(",{}", u8::from(*flag))));
        for column in &columns {
            parts((column.of)(candidate)).iter().for_each(|part| text.push_str(&format!(",{}", field(*part))));
        }
        let failure = report.standing(candidate).score.as_ref().err().map(String::as_str).unwrap_or_default();
        let _ = write!(text, ",{}\r\n", quoted(failure));
    }
    text
}

/// The same as columns; the setting's number is the index.
#[must_use]
pub(super) fn columns(report: &SweepReport) -> Outcomes {
    let all = || 0..=report.settings.len();
    let mut columns: Vec<Column> = Vec::new();
    let mut real = |name: String, of: &dyn Fn(Candidate) -> Option<f64>| {
        let values = all().map(|candidate| of(candidate).unwrap_or(f64::NAN)).collect();
        columns.push(Column { name, values: Values::Real(values) });
    };
    for (place, key) in report.keys.iter().enumerate() {
        real(key.clone(), &|candidate| report.values(candidate)[place]);
    }
    for column in estimates(report) {
        for (part, suffix) in PARTS.iter().enumerate() {
            real(format!("{}{suffix}", column.name), &|candidate| parts((column.of)(candidate))[part]);
        }
    }
    let mut count = |name: &str, of: &dyn Fn(Candidate) -> usize| {
        let values = all().map(|candidate| i32::try_from(of(candidate)).unwrap_or(i32::MAX)).collect();
        columns.push(Column { name: name.into(), values: Values::Count(values) });
    };
    count("paths", &|candidate| report.paths(candidate));
    count("round", &|candidate| report.standing(candidate).round + 1);
    for (place, flag) in FLAGS.iter().enumerate() {
        count(flag, &|candidate| usize::from(flags(report, candidate)[place]));
    }
    Outcomes { columns, components: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_have_columns_with_their_level_and_unit() {
        for (measure, name) in [
            ("es(0.99)", "hedged_expected_shortfall_99_usd"),
            ("unhedged.var(0.975)", "unhedged_value_at_risk_97_5_usd"),
            ("cost", "hedge_cost_usd_a_year"),
            ("hedge.mean", "hedge_mean_pnl_usd"),
            ("p_loss", "hedged_probability_of_loss"),
        ] {
            assert_eq!(column(&measure.parse().unwrap()), name);
        }
    }
}
