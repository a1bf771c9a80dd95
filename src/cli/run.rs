//! `tailwing run`: load everything, simulate, leave folders behind, print what they say.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;

use super::arguments::RunOptions;
use super::progress::{self, Bar};
use super::{Done, output, usage};
use crate::engine::{self, RunResult};
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::report::entry::Entry;
use crate::report::{Report, comparison, comparison_page, console, folder, format, json};
use crate::risk::Limit;
use crate::scenario::{self, Override, Source};

/// Longest scenario name before the progress bar, characters.
const LABEL_MAX: usize = 24;

/// Runs scenarios and prints their figures.
///
/// # Errors
/// Whatever is wrong with the options or the scenarios, before anything runs; or the run failed.
pub(super) fn run(options: &RunOptions, scenarios: &[PathBuf]) -> Result<Done> {
    let limits = options.fail_if.iter().map(|text| limit(text)).collect::<Result<Vec<_>>>()?;
    let overrides = options.common.overrides()?;
    let plans = load(scenarios, &overrides, options.common.quiet)?;
    progress::listen()?;
    let mut results = Vec::with_capacity(plans.len());
    for (number, plan) in plans.iter().enumerate() {
        let place = if plans.len() > 1 { format!("{}/{} ", number + 1, plans.len()) } else { String::new() };
        results.push(simulate(plan, options, &place)?);
    }
    let reports: Vec<Report> = plans.iter().zip(&results).map(|(plan, result)| Report { plan, result }).collect();
    if reports.len() > 1 {
        write_comparison(&reports, options)?;
    }
    print(&reports, options.common.json)?;
    judge(&reports, &limits)
}

/// The plans of all scenarios, or everything that is wrong with any of them; the same plan is run once.
fn load(scenarios: &[PathBuf], overrides: &[Override], quiet: bool) -> Result<Vec<Plan>> {
    if scenarios.is_empty() {
        return Ok(vec![scenario::load(Source::BuiltIn, overrides)?]);
    }
    let mut plans: Vec<(PathBuf, Plan)> = Vec::new();
    let mut faults = Vec::new();
    for path in files(scenarios)? {
        match scenario::load(Source::Path(&path), overrides) {
            Ok(plan) => match plans.iter().find(|(_, other)| other.digest == plan.digest) {
                Some((twin, _)) if !quiet => {
                    output::talk(&format!("{} means the same as {}: run once", path.display(), twin.display()));
                }
                Some(_) => {}
                None => plans.push((path, plan)),
            },
            Err(Error::Scenario(report)) => faults.push(report),
            Err(error) => return Err(error),
        }
    }
    if faults.is_empty() { Ok(plans.into_iter().map(|(_, plan)| plan).collect()) } else { Err(joined(&faults)) }
}

/// One error for the faults of several files.
pub(super) fn joined(faults: &[String]) -> Error {
    Error::Scenario(faults.iter().map(|report| report.trim_end()).collect::<Vec<_>>().join("\n\n"))
}

/// The scenario files that arguments mean: a folder stands for its `*.toml` files, sorted.
pub(super) fn files(scenarios: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in scenarios {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let inside = toml_files(path).map_err(|source| Error::Io {
            action: "read the folder".into(),
            path: path.clone(),
            source,
        })?;
        if inside.is_empty() {
            return Err(usage(format!("{} holds no scenarios (*.toml)", path.display())));
        }
        files.extend(inside);
    }
    let mut seen = Vec::new();
    files.retain(|file| {
        let identity = fs::canonicalize(file).unwrap_or_else(|_| file.clone());
        let new = !seen.contains(&identity);
        seen.push(identity);
        new
    });
    Ok(files)
}

fn toml_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_file() && !hidden && path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Runs one plan and leaves its folder behind.
fn simulate(plan: &Plan, options: &RunOptions, place: &str) -> Result<RunResult> {
    let staging = folder::Staging::open(&options.out)?;
    let started = Instant::now();
    let bar = Bar::new(&format!("{place}{} ", shortened(&plan.name)), options.common.quiet);
    let result = engine::run(plan, options.common.threads(), &bar);
    drop(bar);
    let result = result?;
    progress::check_interrupt()?;
    let written = folder::write(&Report { plan, result: &result }, staging)?;
    if !options.common.quiet {
        let seconds = started.elapsed().as_secs_f64();
        let paths = format::count(result.outcomes.paths() as u64);
        output::talk(&format!("{place}{paths} paths in {seconds:.1} s: {}", written.join("report.html").display()));
    }
    Ok(result)
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= LABEL_MAX {
        return name.to_string();
    }
    let start: String = name.chars().take(LABEL_MAX - 1).collect();
    format!("{}\u{2026}", start.trim_end())
}

fn write_comparison(reports: &[Report], options: &RunOptions) -> Result<()> {
    let entries: Vec<Entry> = reports.iter().map(Entry::from).collect();
    let written = comparison_page::write(&entries, &options.out)?;
    if !options.common.quiet {
        output::talk(&format!("comparison: {}", written.join("comparison.html").display()));
    }
    Ok(())
}

fn print(reports: &[Report], as_json: bool) -> Result<()> {
    let text = match (reports, as_json) {
        ([report], true) => json::text(&json::summary(report)?),
        (reports, true) => json::text(&Value::Array(reports.iter().map(json::summary).collect::<Result<_>>()?)),
        ([report], false) => console::text(report),
        (reports, false) => comparison::text(&reports.iter().map(Entry::from).collect::<Vec<_>>()),
    };
    output::print(&text)
}

/// A `--fail-if` condition.
fn limit(text: &str) -> Result<Limit> {
    text.parse().map_err(|error| usage(format!("--fail-if {error}")))
}

/// Says which limits are breached, of which scenario.
fn judge(reports: &[Report], limits: &[Limit]) -> Result<Done> {
    let mut done = Done::Fine;
    for Report { plan, result } in reports {
        for limit in limits {
            if limit.holds(&result.figures)? {
                let found = format::estimate(limit.measure.figure(&result.figures)?).phrase();
                output::warn(&format!("{}: {} is {found}, which breaches {limit}", plan.name, limit.measure));
                done = Done::Breached;
            }
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_means_its_scenarios_in_order_and_each_file_once() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.toml", "a.toml", "notes.txt"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let first = folder.path().join("b.toml");
        let again = folder.path().join(".").join("a.toml");
        let found = files(&[first.clone(), folder.path().to_path_buf(), again]).unwrap();
        assert_eq!(found, [first, folder.path().join("a.toml")]);
    }

    #[test]
    fn a_folder_without_scenarios_is_an_error_of_the_command_line() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(files(&[folder.path().to_path_buf()]).unwrap_err().exit_code(), 2);
    }
}
