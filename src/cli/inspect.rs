//! The commands that run nothing: check, new, schema, list.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::arguments::Listing;
use super::run::{files, joined};
use super::{Done, output, usage};
use crate::error::{Error, Result};
use crate::model::Preset;
use crate::report::json;
use crate::scenario::{self, Override, SUPPLIED_SERIES, Source, Topic};
use crate::strategy::rule::{FUNCTIONS, Series};

/// Series that a scenario adds.
const OWN_SERIES: [(&str, &str); 2] = [
    ("NAME of a [[factor]]", "the macro factor, in its own units"),
    ("NAME of a [[release]]", "the surprise of the day, in its own units; 0 on days without a release"),
];

/// Says what is wrong with scenarios, all of it, or that they are right.
///
/// # Errors
/// The faults of all files.
pub(super) fn check(scenarios: &[PathBuf], set: &[String]) -> Result<Done> {
    let overrides = set.iter().map(|text| Override::set(text)).collect::<Result<Vec<_>>>()?;
    let mut faults = Vec::new();
    for path in files(scenarios)? {
        match scenario::load(Source::Path(&path), &overrides) {
            Ok(plan) => {
                plan.remarks.iter().for_each(|remark| output::talk(remark));
                output::print(&format!("{}: fine, digest {}\n", path.display(), plan.digest))?;
            }
            Err(Error::Scenario(report)) => faults.push(report),
            Err(error) => return Err(error),
        }
    }
    if faults.is_empty() { Ok(Done::Fine) } else { Err(joined(&faults)) }
}

/// Writes a commented scenario that runs to a file that does not exist yet.
///
/// # Errors
/// The file exists or cannot be written.
pub(super) fn new(file: &Path) -> Result<Done> {
    let failed = |source: std::io::Error| match source.kind() {
        ErrorKind::AlreadyExists => usage(format!("{} exists already and is left as it is", file.display())),
        _ => Error::Io { action: "write".into(), path: file.to_path_buf(), source },
    };
    let mut made = File::create_new(file).map_err(failed)?;
    made.write_all(scenario::new_text().as_bytes()).map_err(failed)?;
    output::talk(&format!("{} is ready: edit it, then tailwing run {}", file.display(), file.display()));
    Ok(Done::Fine)
}

/// Prints the JSON Schema of scenario files.
///
/// # Errors
/// Standard output cannot be written to.
pub(super) fn schema() -> Result<Done> {
    output::print(&json::text(&scenario::json_schema()))?;
    Ok(Done::Fine)
}

/// Prints what scenario files can refer to, one a line: name, then what it is.
///
/// # Errors
/// Standard output cannot be written to.
pub(super) fn list(what: Listing) -> Result<Done> {
    let lines: Vec<(String, String)> = match what {
        Listing::Models => {
            Preset::ALL.iter().map(|preset| (preset.name().into(), preset.description().into())).collect()
        }
        Listing::Signals => {
            let supplied = Series::catalogue().filter(|(_, series, _)| SUPPLIED_SERIES.contains(series));
            let functions = FUNCTIONS.iter().map(|function| (function.to_string(), function.meaning.to_string()));
            let own = OWN_SERIES.map(|(name, meaning)| (name.to_string(), meaning.to_string()));
            supplied.map(|(name, _, meaning)| (name, meaning)).chain(own).chain(functions).collect()
        }
        Listing::Stresses => {
            scenario::list(Topic::Stresses).into_iter().map(|entry| (entry.name, entry.about)).collect()
        }
    };
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let text: String = lines.iter().map(|(name, meaning)| format!("{name:width$}  {meaning}\n")).collect();
    output::print(&text)?;
    Ok(Done::Fine)
}
