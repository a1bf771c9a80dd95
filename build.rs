//! Notes the commit that the program is built from, where it is built from a checkout.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    for input in ["build.rs", "src", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={input}");
    }
    if let Some(commit) = commit() {
        println!("cargo::rustc-env=TAILWING_COMMIT={commit}");
    }
}

/// The commit, with `-dirty` after it when tracked files differ; nothing outside a checkout of this package.
fn commit() -> Option<String> {
    let root = env::var_os("CARGO_MANIFEST_DIR")?;
    let top = git(&["rev-parse", "--show-toplevel"])?;
    if Path::new(&top).canonicalize().ok()? != Path::new(&root).canonicalize().ok()? {
        return None;
    }
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]).filter(|log| Path::new(log).exists()) {
        println!("cargo::rerun-if-changed={log}");
    }
    git(&["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_string())
}
