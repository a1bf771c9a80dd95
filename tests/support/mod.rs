//! What integration tests share: reference files and plans built in code.
#![allow(dead_code)]

use std::path::PathBuf;

use tailwing::book::Costs;
use tailwing::plan::Plan;
use tailwing::scenario::{Override, Source, load};

/// The folder of large reference files, or `None` with a line that says what is skipped.
pub fn reference(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TAILWING_REFERENCE").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("{test}: skipped, TAILWING_REFERENCE is not set");
    }
    folder
}
