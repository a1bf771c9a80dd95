//! A run as comparisons see it: fresh from the engine, or read back from the folder that it left.

use std::fs::{self, File};
use std::path::Path;

use parquet::column::reader::ColumnReader;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde::Deserialize;

use super::Report;
use crate::error::{Error, Result};
use crate::risk::{Column, Component, ComponentKind, Figure, Outcomes, Values};

/// A run that is compared.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The scenario's name.
    pub name: &'a str,
    /// Its digest.
    pub digest: &'a str,
    /// Trading days.
    pub horizon_days: usize,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Equity at the start, USD.
    pub equity_usd: f64,
    /// The resolved scenario.
    pub resolved: &'a str,
    /// Whether it has layers.
    pub has_hedge: bool,
    /// All figures.
    pub figures: &'a [Figure],
    /// What to know before trusting them.
    pub warnings: &'a [String],
    /// One row a path.
    pub outcomes: &'a Outcomes,
}

impl<'a> From<&Report<'a>> for Entry<'a> {
    fn from(report: &Report<'a>) -> Self {
        let Report { plan, result } = *report;
        Self {
            name: &plan.name,
            digest: &plan.digest,
            horizon_days: plan.run.horizon_days,
            seed: plan.run.seed,
            equity_usd: plan.equity,
            resolved: &plan.resolved,
            has_hedge: report.has_hedge(),
            figures: &result.figures,
            warnings: &result.warnings,
            outcomes: &result.outcomes,
        }
    }
}

impl<'a> Entry<'a> {
    /// The figure of a whole account over the whole horizon.
    #[must_use]
    pub fn figure(&self, strategy: &str, measure: &str, level: Option<f64>) -> Option<&'a Figure> {
        self.figures.iter().find(|figure| {
            (figure.strategy == strategy && figure.measure == measure && figure.level == level)
                && (figure.component.is_none() && figure.condition.is_none())
                && figure.horizon_days.is_none_or(|days| days as usize == self.horizon_days)
        })
    }

    /// The sections of the scenario that decide the market's paths and differ from those of another.
    #[must_use]
    pub fn other_market(&self, other: &Self) -> Vec<&'static str> {
        let differs = |name: &&str| section(self.resolved, name) != section(other.resolved, name);
        let mut names: Vec<&str> = ["market", "model", "clock"].into_iter().filter(differs).collect();
        if self.seed != other.seed {
            names.push("seed");
        }
        names
    }
}

/// The lines of a section of a resolved scenario and of the sections below it.
fn section<'a>(resolved: &'a str, name: &str) -> Vec<&'a str> {
    let (own, below) = (format!("[{name}]"), format!("[{name}."));
    let mut inside = false;
    let mut lines = Vec::new();
    for line in resolved.lines() {
        if line.starts_with('[') {
            inside = line == own || line.starts_with(&below);
        }
        if inside && !line.trim().is_empty() {
            lines.push(line);
        }
    }
    lines
}

/// A finished run, read from its folder.
#[derive(Debug, Clone)]
pub struct Archive {
    summary: SummaryFile,
    resolved: String,
    outcomes: Outcomes,
}

#[derive(Debug, Clone, Deserialize)]
struct SummaryFile {
    schema_version: u32,
    scenario: ScenarioName,
    horizon_days: usize,
    seed: u64,
    equity_usd: f64,
    figures: Vec<Figure>,
    components: Vec<PartFile>,
    warnings: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct ScenarioName {
    name: String,
    digest: String,
}

#[derive(Debug, Clone, Deserialize)]
struct PartFile {
    name: String,
    kind: String,
    column: String,
}

impl Archive {
    /// Reads the folder of a finished run.
    ///
    /// # Errors
    /// A file is missing or is not what a run of this version leaves behind.
    pub fn read(folder: &Path) -> Result<Self> {
        let text = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).map_err(|source| Error::Io { action: "read".into(), path, source })
        };
        let wrong = |name: &str, why: String| {
            Error::Usage(format!("{} is not what a run leaves behind: {why}", folder.join(name).display()))
        };
        let summary: SummaryFile =
            serde_json::from_str(&text("summary.json")?).map_err(|error| wrong("summary.json", error.to_string()))?;
        if summary.schema_version != super::json::SCHEMA_VERSION {
            return Err(wrong("summary.json", format!("its schema_version is {}", summary.schema_version)));
        }
        let resolved = text("scenario.toml")?;
        let path = folder.join("paths.parquet");
        let file = File::open(&path).map_err(|source| Error::Io { action: "read".into(), path, source })?;
        let columns = read_columns(file).map_err(|why| wrong("paths.parquet", why))?;
        let component = |part: &PartFile| {
            let kind = match part.kind.as_str() {
                "condor" => ComponentKind::Condor,
                "layer" => ComponentKind::Layer,
                "hedge position" => ComponentKind::HedgePosition,
                "condor cost" => ComponentKind::CondorCost,
                "financing" => ComponentKind::Financing,
                _ => ComponentKind::HedgeCost,
            };
            Component { name: part.name.clone(), kind, column: part.column.clone() }
        };
        let outcomes = Outcomes { columns, components: summary.components.iter().map(component).collect() };
        if outcomes.paths() == 0 {
            return Err(wrong("paths.parquet", "it has no paths".into()));
        }
        for name in ["hedged_pnl_usd", "hedged_max_drawdown_usd"] {
            if outcomes.real(name).is_none_or(|values| values.iter().any(|value| !value.is_finite())) {
                return Err(wrong("paths.parquet", format!("it has no usable column {name}")));
            }
        }
        Ok(Self { summary, resolved, outcomes })
    }

    /// The run as comparisons see it.
    #[must_use]
    pub fn entry(&self) -> Entry<'_> {
        let Self { summary, resolved, outcomes } = self;
        Entry {
            name: &summary.scenario.name,
            digest: &summary.scenario.digest,
            horizon_days: summary.horizon_days,
            seed: summary.seed,
            equity_usd: summary.equity_usd,
            resolved,
            has_hedge: outcomes.has_hedge(),
            figures: &summary.figures,
            warnings: &summary.warnings,
            outcomes,
        }
    }
}

/// The columns of a file of paths but the number of the path, which is the index.
fn read_columns(file: File) -> std::result::Result<Vec<Column>, String> {
    let failed = |error: parquet::errors::ParquetError| error.to_string();
    let reader = SerializedFileReader::new(file).map_err(failed)?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let mut columns: Vec<Option<Column>> = vec![None; schema.num_columns()];
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).map_err(failed)?;
        let rows = usize::try_from(group.metadata().num_rows()).map_err(|error| error.to_string())?;
        for (number, column) in columns.iter_mut().enumerate() {
            let name = schema.column(number).name().to_owned();
            let values = match group.get_column_reader(number).map_err(failed)? {
                ColumnReader::DoubleColumnReader(mut reader) => {
                    let mut values = Vec::with_capacity(rows);
                    reader.read_records(rows, None, None, &mut values).map_err(failed)?;
                    Values::Real(values)
                }
                ColumnReader::Int32ColumnReader(mut reader) => {
                    let mut values = Vec::with_capacity(rows);
                    reader.read_records(rows, None, None, &mut values).map_err(failed)?;
                    Values::Count(values)
                }
                _ => continue,
            };
            match (column.as_mut().map(|column| &mut column.values), values) {
                (None, values) => *column = Some(Column { name, values }),
                (Some(Values::Real(all)), Values::Real(more)) => all.extend(more),
                (Some(Values::Count(all)), Values::Count(more)) => all.extend(more),
                _ => return Err(format!("the column {name} changes its type")),
            }
        }
    }
    Ok(columns.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;
    use crate::report::folder::{Staging, write};

    #[test]
    fn what_a_run_leaves_behind_is_read_back_to_the_bit() {
        let root = tempfile::tempdir().unwrap();
        let (plan, result) = (fixture::plan(), fixture::result(300));
        let report = Report { plan: &plan, result: &result };
        let folder = write(&report, Staging::open(root.path()).unwrap()).unwrap();
        let archive = Archive::read(&folder).unwrap();
        let (read, fresh) = (archive.entry(), Entry::from(&report));
        assert_eq!(read.outcomes, fresh.outcomes);
        assert_eq!(read.figures, fresh.figures);
        assert_eq!((read.name, read.digest, read.seed), (fresh.name, fresh.digest, fresh.seed));
        assert!(read.other_market(&fresh).is_empty());
        fs::remove_file(folder.join("paths.parquet")).unwrap();
        assert!(Archive::read(&folder).is_err());
        fs::write(folder.join("paths.parquet"), "no parquet").unwrap();
        assert_eq!(Archive::read(&folder).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn sections_end_where_others_begin() {
        let text =
            "name = \"a\"\n[market]\nvix = 18\n\n[model]\nrho = 1\n[model.physical]\nkappa = 2\n[clock]\nx = 1\n";
        assert_eq!(section(text, "market"), ["[market]", "vix = 18"]);
        assert_eq!(section(text, "model"), ["[model]", "rho = 1", "[model.physical]", "kappa = 2"]);
        assert!(section(text, "costs").is_empty());
    }
}
