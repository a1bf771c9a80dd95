//! `output/<name>-<digest>/`: everything a run leaves behind, complete or not at all.
//!
//! Files are written to a temporary folder beside, which takes the final name in one step. What was there before goes
//! only then. A run that fails or is interrupted leaves nothing, not even an output folder that it made itself.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Report, columns, html, json, manifest};
use crate::error::{Error, Result};
use crate::plan::{FOLLOWED_FILE, HISTORY_FILE};
use crate::threads::both;

/// Longest part of a scenario's name in a folder's name, characters.
///
/// File systems limit names to 255 bytes, and a character takes up to four.
const SLUG_MAX: usize = 50;

/// Attempts to swap a folder in while others write the same one.
const SWAPS_MAX: usize = 16;

/// A place for finished folders, with a temporary one that vanishes unless it is committed.
#[derive(Debug)]
pub struct Staging {
    // Dropped before the folders above it are removed.
    temporary: Option<TempDir>,
    out: PathBuf,
    created: Vec<PathBuf>,
}

impl Staging {
    /// Opens the output folder, making it where needed, so that a run cannot fail for it at its end.
    ///
    /// # Errors
    /// The folder cannot be made or written to.
    pub fn open(out: &Path) -> Result<Self> {
        if out.exists() && !out.is_dir() {
            return Err(Error::Usage(format!("--out {} is a file, but must be a folder", out.display())));
        }
        let created = out.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        let mut staging =
            Self { temporary: None, out: out.to_path_buf(), created: created.map(Path::to_path_buf).collect() };
        fs::create_dir_all(out).map_err(|error| io_error("make the output folder", out, error))?;
        let temporary = tempfile::Builder::new()
            .prefix(".tailwing-")
            .tempdir_in(out)
            .map_err(|error| io_error("write to the output folder", out, error))?;
        fs::create_dir(temporary.path().join("new")).map_err(|error| io_error("write to", out, error))?;
        staging.temporary = Some(temporary);
        Ok(staging)
    }

    /// Writes one file of the folder to be.
    ///
    /// # Errors
    /// The writer's own, or the system's.
    pub fn write(&self, name: &str, writer: impl FnOnce(&mut (dyn Write + Send)) -> Result<()>) -> Result<()> {
        let shown = self.out.join(name);
        let failed = |error| io_error("write", &shown, error);
        let mut file = BufWriter::new(File::create(self.path("new").join(name)).map_err(failed)?);
        writer(&mut file)?;
        file.flush().map_err(failed)
    }

    /// Gives the folder its final name, replacing one that is there; returns its path.
    ///
    /// # Errors
    /// The system refuses; what was there before is then still there.
    pub fn commit(mut self, name: &str) -> Result<PathBuf> {
        let target = self.out.join(name);
        swap(&self.path("new"), &target, &self.path("old"))
            .map_err(|error| io_error("replace the folder", &target, error))?;
        self.created.clear();
        Ok(target)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.temporary.as_ref().map_or_else(|| self.out.clone(), |folder| folder.path().to_path_buf()).join(name)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        self.temporary = None;
        for folder in &self.created {
            // Only what is empty goes: others may have written here meanwhile.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Writes everything a run leaves behind and returns its folder.
///
/// # Errors
/// Something cannot be written; nothing is left behind then.
pub fn write(report: &Report, staging: Staging) -> Result<PathBuf> {
    let outcomes = || staging.write("paths.parquet", |sink| columns::write(&report.result.outcomes, sink));
    let (texts, outcomes) = both(|| write_texts(report, &staging), outcomes);
    texts.and(outcomes)?;
    staging.commit(&name(&report.plan.name, &report.plan.digest))
}

/// Writes the files of a run that are text.
fn write_texts(report: &Report, staging: &Staging) -> Result<()> {
    write_text(staging, "scenario.toml", &report.plan.resolved)?;
    if let Some(history) = &report.plan.history {
        write_text(staging, HISTORY_FILE, &history.text)?;
    }
    if let Some(followed) = &report.plan.followed {
        write_text(staging, FOLLOWED_FILE, &followed.text)?;
    }
    write_text(staging, "summary.json", &json::text(&json::summary(report)?))?;
    write_text(staging, "manifest.json", &json::text(&manifest::manifest(report)))?;
    write_text(staging, "report.html", &html::page(report)?)
}

/// Writes a text as one file of a folder to be.
///
/// # Errors
/// The system refuses.
pub fn write_text(staging: &Staging, name: &str, text: &str) -> Result<()> {
    staging
        .write(name, |sink| sink.write_all(text.as_bytes()).map_err(|error| io_error("write", Path::new(name), error)))
}

/// A folder's name: the scenario's in lower case with hyphens for all that file systems or shells dislike, and the digest.
#[must_use]
pub fn name(scenario: &str, digest: &str) -> String {
    let mut slug = String::new();
    for c in scenario.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug: String = slug.chars().take(SLUG_MAX).collect();
    let slug = slug.trim_matches('-');
    if slug.is_empty() { format!("scenario-{digest}") } else { format!("{slug}-{digest}") }
}

fn swap(new: &Path, target: &Path, old: &Path) -> io::Result<()> {
    let mut last = None;
    for attempt in 0..SWAPS_MAX {
        let retired = old.with_extension(attempt.to_string());
        let replaced = match fs::rename(target, &retired) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        match fs::rename(new, target) {
            Ok(()) => return Ok(()),
            Err(error) if target.exists() => last = Some(error),
            Err(error) => {
                if replaced {
                    fs::rename(&retired, target)?;
                }
                return Err(error);
            }
        }
    }
    Err(last.unwrap_or_else(|| io::Error::other("another process keeps writing it")))
}

fn io_error(action: &str, path: &Path, source: io::Error) -> Error {
    Error::Io { action: action.into(), path: path.to_path_buf(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn entries(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_run_leaves_five_files_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let (plan, result) = (fixture::plan(), fixture::result(300));
        let report = Report { plan: &plan, result: &result };
        let out = root.path().join("deep").join("output");
        let folder = write(&report, Staging::open(&out).unwrap()).unwrap();
        assert_eq!(
            entries(&folder),
            ["manifest.json", "paths.parquet", "report.html", "scenario.toml", "summary.json"]
        );
        assert_eq!(entries(&out), [folder.file_name().unwrap().to_str().unwrap()]);
        assert_eq!(fs::read_to_string(folder.join("scenario.toml")).unwrap(), plan.resolved);
    }

    #[test]
    fn the_same_result_leaves_the_same_bytes_and_replaces_the_folder_whole() {
        let root = tempfile::tempdir().unwrap();
        let (plan, result) = (fixture::plan(), fixture::result(300));
        let report = Report { plan: &plan, result: &result };
        let folder = write(&report, Staging::open(root.path()).unwrap()).unwrap();
        let read = |name: &String| fs::read(folder.join(name)).unwrap();
        let first: Vec<Vec<u8>> = entries(&folder).iter().map(read).collect();
        fs::write(folder.join("stray.txt"), "left by hand").unwrap();
        assert_eq!(write(&report, Staging::open(root.path()).unwrap()).unwrap(), folder);
        assert_eq!(entries(&folder).iter().map(read).collect::<Vec<_>>(), first);
        assert_eq!(entries(root.path()).len(), 1);
    }

    #[test]
    fn a_failed_run_keeps_the_old_folder_and_leaves_nothing_new() {
        let root = tempfile::tempdir().unwrap();
        let (plan, mut result) = (fixture::plan(), fixture::result(300));
        let folder = write(&Report { plan: &plan, result: &result }, Staging::open(root.path()).unwrap()).unwrap();
        result.figures[0].value = f64::NAN;
        assert!(write(&Report { plan: &plan, result: &result }, Staging::open(root.path()).unwrap()).is_err());
        assert_eq!(entries(&folder).len(), 5);
        assert_eq!(entries(root.path()).len(), 1);
    }

    #[test]
    fn an_abandoned_run_removes_the_folders_it_made() {
        let root = tempfile::tempdir().unwrap();
        drop(Staging::open(&root.path().join("a").join("b")).unwrap());
        assert!(entries(root.path()).is_empty());
    }

    #[test]
    fn an_output_folder_that_is_a_file_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(Staging::open(&file), Err(Error::Usage(_))));
        assert!(matches!(Staging::open(&file.join("below")), Err(Error::Io { .. })));
        assert_eq!(entries(root.path()), ["file"]);
    }

    #[test]
    fn folder_names_are_safe_whatever_the_scenario_is_called() {
        assert_eq!(
            name("ten-lot condor under three futures layers", "0f"),
            "ten-lot-condor-under-three-futures-layers-0f"
        );
        assert_eq!(name("../../etc/passwd", "0f"), "etc-passwd-0f");
        assert_eq!(name("Größe 10 % \u{1F4A5}\n", "0f"), "größe-10-0f");
        assert_eq!(name("   ", "0f"), "scenario-0f");
        assert_eq!(name("...", "0f"), "scenario-0f");
        assert!(name(&"汉".repeat(1000), "0f").len() < 200);
    }
}
