//! `tailwing compare`: finished runs, read from the folders that they left behind.

use std::path::{Path, PathBuf};

use super::{Done, output, usage};
use crate::error::Result;
use crate::report::entry::{Archive, Entry};
use crate::report::{comparison, comparison_page, json};

/// Ranks runs and says how each differs from the first.
///
/// # Errors
/// A folder is not one of a finished run, two are of the same run, or something cannot be written.
pub(super) fn compare(runs: &[PathBuf], out: Option<&Path>, as_json: bool) -> Result<Done> {
    let archives = runs.iter().map(|folder| Archive::read(folder)).collect::<Result<Vec<_>>>()?;
    let entries: Vec<Entry> = archives.iter().map(Archive::entry).collect();
    for (number, entry) in entries.iter().enumerate() {
        if let Some(twin) = entries[..number].iter().position(|other| other.digest == entry.digest) {
            let [first, second] = [&runs[twin], &runs[number]].map(|folder| folder.display().to_string());
            return Err(usage(format!("{first} and {second} are the same run, digest {}", entry.digest)));
        }
    }
    let text = if as_json { json::text(&comparison_page::json(&entries)) } else { comparison::text(&entries) };
    if let Some(out) = out {
        let written = comparison_page::write(&entries, out)?;
        output::talk(&format!("comparison: {}", written.join("comparison.html").display()));
    }
    output::print(&text)?;
    Ok(Done::Fine)
}
