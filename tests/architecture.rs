//! The rules of the crate's layout, read off its source.

#![allow(clippy::unwrap_used, reason = "a case that cannot be set up fails its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Layers from the highest to the lowest; a module names only modules of lower lines. Siblings never see each other.
const LAYERS: [&[&str]; 12] = [
    &["cli"],
    &["report"],
    &["engine", "scenario"],
    &["plan"],
    &["strategy"],
    &["book", "risk"],
    &["pricing", "path"],
    &["model", "instrument"],
    &["random", "calendar"],
    &["stats"],
    &["math"],
    &["error", "units", "threads"],
];

/// Crates and the only modules that may name them.
const HOMES: [(&str, &[&str]); 20] = [
    ("rand", &["random"]),
    ("rand_distr", &["random"]),
    ("rayon", &["engine"]),
    ("nalgebra", &["math"]),
    ("multiversion", &["math", "path", "pricing", "strategy"]),
    ("clap", &["cli"]),
    ("ctrlc", &["cli"]),
    ("indicatif", &["cli"]),
    ("anstream", &["cli", "error"]),
    ("anstyle", &["cli"]),
    ("comfy_table", &["report"]),
    ("minijinja", &["report"]),
    ("parquet", &["report"]),
    ("tempfile", &["report"]),
    ("serde_json", &["report", "scenario", "cli"]),
    ("sha2", &["report", "scenario"]),
    ("toml", &["scenario"]),
    ("annotate_snippets", &["scenario"]),
    ("strsim", &["scenario", "strategy", "risk"]),
    ("jiff", &["calendar", "instrument", "plan", "engine", "scenario"]),
];

/// Longest file without its tests, lines.
const LINES_MAX: usize = 450;

/// A source file, with its tests and without.
struct Source {
    path: PathBuf,
    /// `path` relative to `src`, in components without `.rs`, as in `["report", "chart", "mod"]`.
    place: Vec<String>,
    /// The whole file.
    text: String,
    /// What is compiled into the library: no comments, no contents of strings, no tests.
    code: String,
}

impl Source {
    fn module(&self) -> &str {
        &self.place[0]
    }

    /// How many `super` lead from this file's module to the crate's root.
    fn depth(&self) -> usize {
        self.place.len() - usize::from(self.place.last().is_some_and(|name| name == "mod"))
    }
}

#[test]
fn modules_name_only_lower_layers() {
    let line_of = |module: &str| LAYERS.iter().position(|line| line.contains(&module));
    let mut faults = Vec::new();
    for source in library() {
        let Some(own) = line_of(source.module()) else { continue };
        for named in named_modules(&source) {
            let Some(other) = line_of(&named) else { continue };
            if named != source.module() && other <= own {
                faults.push(format!("{} names {named}", source.path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn crates_are_named_only_in_their_homes() {
    let mut faults = Vec::new();
    for source in library() {
        let named = words_before(&source.code, "::");
        for (name, homes) in HOMES {
            if named.contains(name) && !homes.contains(&source.module()) {
                faults.push(format!("{} names the crate {name}", source.path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn only_the_command_prints() {
    let mut faults = Vec::new();
    for source in library().into_iter().filter(|source| source.module() != "cli") {
        for name in words_before(&source.code, "!") {
            if ["print", "println", "eprint", "eprintln", "dbg"].contains(&name.as_str()) {
                faults.push(format!("{} uses {name}!", source.path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn nothing_unwraps_and_nothing_is_left_to_do() {
    let mut faults = Vec::new();
    for source in library() {
        for needle in [".unwrap()", ".expect(", "todo!(", "unimplemented!("] {
            if source.code.contains(needle) {
                faults.push(format!("{} has {needle}", source.path.display()));
            }
        }
        for needle in ["TODO", "FIXME", "#[ignore"] {
            if source.text.contains(needle) {
                faults.push(format!("{} has {needle}", source.path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn files_stay_short_and_say_what_they_are() {
    let mut faults = Vec::new();
    for source in sources() {
        let lines = without_tests(&source.text).lines().count();
        if lines > LINES_MAX {
            faults.push(format!("{} has {lines} lines", source.path.display()));
        }
        if !source.text.starts_with("//! ") {
            faults.push(format!("{} does not begin by saying what it is", source.path.display()));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_module_has_a_layer_and_a_place_on_the_map() {
    let root = fs::read_to_string(source_folder().join("lib.rs")).unwrap();
    let map: String = root.lines().filter(|line| line.starts_with("//!")).collect::<Vec<_>>().join("\n");
    let on_map = words(&map);
    let layered: BTreeSet<&str> = LAYERS.iter().flat_map(|line| line.iter().copied()).collect();
    let declared: BTreeSet<&str> =
        root.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(declared, layered);
    let missing: Vec<&&str> = declared.iter().filter(|module| !on_map.contains(**module)).collect();
    assert!(missing.is_empty(), "the map in lib.rs lacks {missing:?}");
}

/// What makes the rules above worth having: each finds a planted offence.
#[test]
fn offences_are_found() {
    let source = |place: &[&str], text: &str| Source {
        path: place.iter().collect(),
        place: place.iter().map(ToString::to_string).collect(),
        text: text.into(),
        code: library_code(text),
    };
    let named = |place: &[&str], text: &str| named_modules(&source(place, text));
    let set = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<String>>();
    assert_eq!(named(&["path", "step"], "use crate::pricing::Table;"), set(&["pricing"]));
    assert_eq!(named(&["path", "step"], "fn f() -> crate::cli::X {}"), set(&["cli"]));
    assert_eq!(
        named(&["path", "step"], "use crate::{error::E, plan::{A, B},\n engine};"),
        set(&["error", "plan", "engine"])
    );
    assert_eq!(named(&["path", "step"], "use super::super::engine::run;"), set(&["engine"]));
    assert_eq!(named(&["report", "chart", "mod"], "use super::format; use super::super::cli;"), set(&["cli"]));
    assert_eq!(named(&["report", "chart", "bars"], "use super::super::format;"), set(&[]));
    assert_eq!(named(&["path", "mod"], "// crate::cli\nlet a = \"crate::cli\"; /* crate::cli */"), set(&[]));
    assert_eq!(named(&["path", "mod"], "fn f() {}\n#[cfg(test)]\nmod tests {\n use crate::cli; }"), set(&[]));
    assert_eq!(
        named(&["path", "mod"], "let a = r#\"\" crate::cli \"#; let b = '\"'; crate::engine::run();"),
        set(&["engine"])
    );
    assert!(
        words_before("let x = rayon::join(); ctor::y(); my_rand::z();", "::").is_superset(&set(&["rayon", "my_rand"]))
    );
    assert!(!words_before("my_rand::z()", "::").contains("rand"));
    assert!(library_code("/* a */ x.unwrap() // .expect(").contains(".unwrap()"));
    assert!(!library_code("/* a */ x.unwrap() // .expect(").contains(".expect("));
}

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file under `src`.
fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    collect(&source_folder(), &mut paths);
    assert!(paths.len() > 20, "the source has moved");
    let sources = paths.into_iter().map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        let inside = path.strip_prefix(source_folder()).unwrap().with_extension("");
        let place = inside.components().map(|part| part.as_os_str().to_str().unwrap().to_string()).collect();
        let code = library_code(&text);
        Source { path, place, text, code }
    });
    sources.collect()
}

/// The files that are part of the library, without those that only tests have.
fn library() -> Vec<Source> {
    let mut sources = sources();
    let mut tests_only = Vec::new();
    for source in &sources {
        let mut lines = source.text.lines();
        while let Some(line) = lines.next() {
            if line.trim() == "#[cfg(test)]" {
                let module = lines.next().and_then(|line| line.trim().strip_prefix("mod ")?.strip_suffix(';'));
                let folder = match source.place.last().map(String::as_str) {
                    Some("mod") => source.path.parent().unwrap().to_path_buf(),
                    _ => source.path.with_extension(""),
                };
                tests_only.extend(module.map(|module| folder.join(module).with_extension("rs")));
            }
        }
    }
    sources.retain(|source| source.place.len() > 1 || !["lib", "main"].contains(&source.module()));
    sources.retain(|source| !tests_only.contains(&source.path));
    sources
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// The code before a file's tests, with comments and the contents of strings taken out.
fn library_code(text: &str) -> String {
    let mut rest = without_tests(text);
    let mut code = String::with_capacity(rest.len());
    while let Some(first) = rest.chars().next() {
        let skipped = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |at| at + 2),
            '"' => string_length(rest),
            'r' if raw_string_length(rest).is_some() && !ends_in_word(&code) => raw_string_length(rest).unwrap(),
            '\'' => character_length(rest),
            _ => 0,
        };
        if skipped > 0 {
            code.push(' ');
            rest = &rest[skipped..];
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    code
}

/// Tests come last in a file.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap()
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn raw_string_length(text: &str) -> Option<usize> {
    let hashes = text[1..].chars().take_while(|letter| *letter == '#').count();
    let inside = text[1 + hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(2 + hashes + inside.find(&end).map_or(inside.len(), |at| at + end.len()))
}

/// The length of a character literal, 0 for a lifetime.
fn character_length(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1);
    match (letters.next(), letters.next()) {
        (Some((_, '\\')), Some(_)) => letters.find(|(_, letter)| *letter == '\'').map_or(0, |(at, _)| at + 1),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

fn ends_in_word(code: &str) -> bool {
    code.chars().next_back().is_some_and(is_word)
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|letter| !is_word(letter)).filter(|word| !word.is_empty()).map(Into::into).collect()
}

/// Every word that stands directly before `suffix` and does not continue a path.
fn words_before(code: &str, suffix: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices(suffix) {
        let word: Vec<char> = code[..at].chars().rev().take_while(|letter| is_word(*letter)).collect();
        let word: String = word.into_iter().rev().collect();
        if !word.is_empty() && !code[..at - word.len()].ends_with("::") {
            found.insert(word);
        }
    }
    found
}

/// The top-level modules that a file names through `crate` or through enough `super`.
fn named_modules(source: &Source) -> BTreeSet<String> {
    let up = "super::".repeat(source.depth());
    let mut found = BTreeSet::new();
    for prefix in ["crate::", up.as_str()] {
        for (at, _) in source.code.match_indices(prefix) {
            let before = &source.code[..at];
            if !ends_in_word(before) && !before.ends_with("::") {
                found.extend(heads(&source.code[at + prefix.len()..]));
            }
        }
    }
    let root: BTreeMap<&str, &str> = [("Error", "error"), ("Result", "error")].into();
    found.into_iter().map(|name| root.get(name.as_str()).map_or(name.clone(), ToString::to_string)).collect()
}

/// The first names of what follows a path's prefix: one word, or those of a group in braces.
fn heads(text: &str) -> Vec<String> {
    let word = |text: &str| text.trim_start().chars().take_while(|letter| is_word(*letter)).collect::<String>();
    let Some(group) = text.strip_prefix('{') else { return vec![word(text)] };
    let (mut depth, mut start, mut heads) = (0, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => {
                heads.push(word(&group[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                heads.push(word(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}
