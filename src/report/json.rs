//! `summary.json`: every figure for programs.
//!
//! Numbers are the shortest that read back to the same bits. Fields that do not apply are null; new versions only add
//! fields and records, or raise `schema_version`.

use serde::Serialize;
use serde_json::{Value, json};

use super::Report;
use crate::engine::ModelCheck;
use crate::error::{Error, Result};
use crate::risk::{Component, ComponentKind, Figure};

/// Raised when a field changes its meaning or goes.
pub(super) const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Summary<'a> {
    schema_version: u32,
    scenario: Scenario<'a>,
    paths: usize,
    horizon_days: usize,
    seed: u64,
    equity_usd: f64,
    cash_at_end_usd: f64,
    figures: &'a [Figure],
    components: Vec<Value>,
    warnings: &'a [String],
    notes: &'a [String],
    checks: Vec<Value>,
}

#[derive(Serialize)]
struct Scenario<'a> {
    name: &'a str,
    digest: &'a str,
}

/// The summary of one run.
///
/// # Errors
/// A figure is not a number, which JSON cannot say and no reader should meet.
pub fn summary(report: &Report) -> Result<Value> {
    let Report { plan, result } = *report;
    if let Some(figure) = result.figures.iter().find(|figure| !is_finite(figure)) {
        return Err(Error::Run(format!("the figure {} of {} is not a number", figure.measure, figure.strategy)));
    }
    let summary = Summary {
        schema_version: SCHEMA_VERSION,
        scenario: Scenario { name: &plan.name, digest: &plan.digest },
        paths: result.outcomes.paths(),
        horizon_days: plan.run.horizon_days,
        seed: plan.run.seed,
        equity_usd: plan.equity,
        cash_at_end_usd: result.cash_at_end_usd,
        figures: &result.figures,
        components: result.outcomes.components.iter().map(component).collect(),
        warnings: &result.warnings,
        notes: &result.notes,
        checks: result.checks.iter().map(check).collect(),
    };
    serde_json::to_value(&summary).map_err(|error| Error::Run(format!("cannot write the summary: {error}")))
}

/// JSON as files and pipes get it: indented, with a newline at the end.
#[must_use]
pub fn text(value: &Value) -> String {
    format!("{value:#}\n")
}

fn is_finite(figure: &Figure) -> bool {
    figure.value.is_finite()
        && [figure.standard_error, figure.low, figure.high, figure.level].into_iter().flatten().all(f64::is_finite)
}

/// Which column of `paths.parquet` a part of the P&L is.
fn component(component: &Component) -> Value {
    let kind = match component.kind {
        ComponentKind::Condor => "condor",
        ComponentKind::Layer => "layer",
        ComponentKind::HedgePosition => "hedge position",
        ComponentKind::CondorCost => "condor cost",
        ComponentKind::Financing => "financing",
        ComponentKind::HedgeCost => "hedge cost",
    };
    json!({ "name": component.name, "kind": kind, "column": component.column })
}

fn check(check: &ModelCheck) -> Value {
    let ModelCheck { name, value, standard_error, limit, unit, passed } = check;
    json!({
        "name": name, "value": value, "standard_error": standard_error, "limit": limit, "unit": unit, "passed": passed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn the_summary_holds_every_figure_and_reads_back_to_the_same_bits() {
        let (plan, result) = (fixture::plan(), fixture::result(1000));
        let text = text(&summary(&Report { plan: &plan, result: &result }).unwrap());
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["schema_version"], 1);
        assert_eq!(value["scenario"], json!({ "name": plan.name, "digest": plan.digest }));
        assert_eq!(value["paths"], 1000);
        assert_eq!(value["seed"], plan.run.seed);
        let figures: Vec<Figure> = serde_json::from_value(value["figures"].clone()).unwrap();
        assert_eq!(figures.len(), result.figures.len());
        for (read, written) in figures.iter().zip(&result.figures) {
            assert_eq!(read, written);
        }
        assert_eq!(value["figures"][0]["component"], Value::Null);
    }

    #[test]
    fn a_figure_that_is_not_a_number_is_an_error() {
        let (plan, mut result) = (fixture::plan(), fixture::result(100));
        result.figures[0].high = Some(f64::INFINITY);
        let error = summary(&Report { plan: &plan, result: &result }).unwrap_err();
        assert!(error.to_string().contains(&result.figures[0].measure));
    }
}
