//! Where scenarios come from: files, those that they extend, and the one that is built in.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

use super::fault::{Fault, Faults, nearest};
use super::merge::{Override, assign, merge};
use super::raw::{Item, Pair, RawTable, SourceText, parse};

/// The built-in scenario.
const BUILT_IN: &str = include_str!("../../scenarios/ten_lot_alvh.toml");
/// The name of the built-in scenario in messages.
const BUILT_IN_NAME: &str = "built-in scenario";
/// Largest scenario file, bytes.
const MOST_BYTES: u64 = 1 << 20;
/// Longest chain of files that extend one another.
const MOST_FILES: usize = 16;

/// What to load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    /// The scenario that runs when none is named: the text of `scenarios/ten_lot_alvh.toml`.
    BuiltIn,
    /// A file.
    Path(&'a Path),
}

/// All texts of a scenario, laid on one another.
#[derive(Debug)]
pub(super) struct Gathered {
    /// The scenario as written, without `extends`.
    pub(super) table: RawTable,
    /// Every text, in the order read.
    pub(super) sources: Vec<SourceText>,
    /// Everything wrong so far.
    pub(super) faults: Faults,
    /// What the closing line calls it.
    pub(super) subject: String,
    /// How many of the faults, the first ones, may hide keys: errors of TOML's syntax, and files that cannot be read.
    pub(super) hiding_faults: usize,
}

/// Reads a scenario, what it extends, and the assignments.
///
/// # Errors
/// [`Error::Scenario`] for a file that cannot be read as text; everything else becomes a fault.
pub(super) fn gather(source: Source<'_>, overrides: &[Override]) -> Result<Gathered> {
    let (text, subject) = match source {
        Source::BuiltIn => (BUILT_IN.to_owned(), BUILT_IN_NAME.to_owned()),
        Source::Path(path) => (read_text(path).map_err(|why| cannot_read(path, &why))?, path.display().to_string()),
    };
    let folder_of = |path: &Path| path.parent().unwrap_or(Path::new("")).to_owned();
    let folder = if let Source::Path(path) = source { folder_of(path) } else { PathBuf::new() };
    let mut sources = vec![SourceText { name: subject.clone(), text, folder }];
    let mut faults = Faults::default();
    let mut tables = vec![parse(0, &sources[0].text, &mut faults)];
    let mut files: Vec<PathBuf> = match source {
        Source::Path(path) => vec![path.to_owned()],
        Source::BuiltIn => Vec::new(),
    };
    while let Some(extends) = tables.last_mut().and_then(|table| table.remove("extends")) {
        match read_base(&extends, &files) {
            Ok((path, text)) => {
                sources.push(SourceText { name: path.display().to_string(), text, folder: folder_of(&path) });
                let source = sources.len() - 1;
                tables.push(parse(source, &sources[source].text, &mut faults));
                files.push(path);
            }
            Err(fault) => faults.add(*fault),
        }
    }
    let hiding_faults = faults.len();
    let mut table = RawTable::default();
    tables.into_iter().rev().for_each(|over| merge(&mut table, over));
    for assignment in overrides {
        sources.push(assignment.source());
        assign(&mut table, assignment, sources.len() - 1, &mut faults);
    }
    Ok(Gathered { table, sources, faults, subject, hiding_faults })
}

/// The file that `extends` names, beside the last of `files`.
fn read_base(extends: &Pair, files: &[PathBuf]) -> std::result::Result<(PathBuf, String), Box<Fault>> {
    let place = extends.value.place;
    let fault = |title: String, label: &str| Box::new(Fault::new(place, title, label));
    let Item::Text(name) = &extends.value.item else {
        let title = format!("`extends` is {}", extends.value.item.noun());
        return Err(fault(title, "must be the name of a scenario file in quotes"));
    };
    let Some(file) = files.last() else {
        return Err(fault("`extends` needs a file to start from".to_owned(), "the built-in scenario extends nothing"));
    };
    let path = file.parent().unwrap_or(Path::new("")).join(name);
    let same = |other: &PathBuf| match (other.canonicalize(), path.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    };
    if files.iter().any(same) {
        return Err(fault(
            format!("`extends` goes round in a circle: {name} is extended already"),
            "must be another file",
        ));
    }
    if files.len() >= MOST_FILES {
        return Err(fault(
            format!("more than {MOST_FILES} files extend one another"),
            "must not extend a further file",
        ));
    }
    match read_text(&path) {
        Ok(text) => Ok((path, text)),
        Err(why) => Err(Box::new(
            Fault::new(
                place,
                format!("cannot read {}: {why}", path.display()),
                "must be a scenario file beside this one",
            )
            .maybe_help(similar_file(&path).map(|name| format!("did you mean \"{name}\"?"))),
        )),
    }
}

/// A text file of the size of a scenario.
pub(super) fn read_text(path: &Path) -> std::result::Result<String, String> {
    read_text_up_to(path, MOST_BYTES, "1 MiB, which no scenario is")
}

/// A text file of sensible size.
pub(super) fn read_text_up_to(path: &Path, most: u64, limit: &str) -> std::result::Result<String, String> {
    if path.is_dir() {
        return Err("it is a folder".to_owned());
    }
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > most {
        return Err(format!("it is larger than {limit}"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|&&byte| byte == b'\n').count();
        format!("it is not UTF-8 text (line {line})")
    })
}

fn cannot_read(path: &Path, why: &str) -> Error {
    let mut faults = format!("error: cannot read the scenario {}: {why}\n", path.display());
    if let Some(name) = similar_file(path) {
        faults.push_str(&format!("help: did you mean {}?\n", path.with_file_name(name).display()));
    }
    Error::Scenario(faults)
}

/// A TOML file in the same folder with nearly that name.
pub(super) fn similar_file(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_str()?;
    let folder = match path.parent()? {
        folder if folder.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".toml") && name != wanted)
        .collect();
    names.sort();
    nearest(wanted, names.iter().map(String::as_str)).map(str::to_owned)
}
