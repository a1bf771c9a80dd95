//! `output/<name>-sweep-<digest>/`: everything a sweep leaves behind, complete or not at all.

use std::path::{Path, PathBuf};

use super::{SweepReport, page, programs, rows};
use crate::error::Result;
use crate::plan::HISTORY_FILE;
use crate::report::folder::{self, Staging, write_text};
use crate::report::{columns, json};

/// Name of the folder in which the finished settings of a sweep wait.
#[must_use]
pub fn part_name(name: &str, digest: &str) -> String {
    format!("{}.part", folder_name(name, digest))
}

/// Name of the folder of a finished sweep.
#[must_use]
pub fn folder_name(name: &str, digest: &str) -> String {
    folder::name(&format!("{name} sweep"), digest)
}

/// Writes everything a sweep leaves behind to a folder in `out`, and returns it.
///
/// # Errors
/// Something cannot be written; nothing is left behind then.
pub fn write(report: &SweepReport, out: &Path) -> Result<PathBuf> {
    let staging = Staging::open(out)?;
    write_text(&staging, "scenario.toml", &report.plan.resolved)?;
    if let Some(history) = &report.plan.history {
        write_text(&staging, HISTORY_FILE, &history.text)?;
    }
    write_text(&staging, "cases.csv", &programs::cases(report))?;
    write_text(&staging, "sweep.csv", &rows::csv(report))?;
    write_text(&staging, "summary.json", &json::text(&programs::summary(report)?))?;
    write_text(&staging, "manifest.json", &json::text(&programs::manifest(report)))?;
    write_text(&staging, "sweep.html", &page::page(report)?)?;
    staging.write("sweep.parquet", |sink| columns::write_rows("setting", &rows::columns(report), sink))?;
    staging.commit(&folder_name(&report.plan.name, report.digest))
}

/// The summary as `--json` prints it.
///
/// # Errors
/// A figure is not a number.
pub fn summary_text(report: &SweepReport) -> Result<String> {
    Ok(json::text(&programs::summary(report)?))
}
