//! Where words go: data to standard output, talk to standard error.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};

use crate::error::{Error, Result};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Prints data; a reader that has gone away has had enough, which is not an error.
///
/// # Errors
/// Standard output cannot be written to.
pub(super) fn print(text: &str) -> Result<()> {
    write(text).map(|_| ())
}

/// As [`print`]; false where the reader has gone away.
///
/// # Errors
/// As [`print`].
pub(super) fn write(text: &str) -> Result<bool> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => {
            Err(Error::Io { action: "write to".into(), path: PathBuf::from("standard output"), source: error })
        }
        Ok(()) => Ok(true),
    }
}

/// Says something about the work; a standard error that is closed is no reason to fail.
pub(super) fn talk(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Says that something deserves attention.
pub(super) fn warn(text: &str) {
    talk(&format!("{WARNING}warning:{WARNING:#} {text}"));
}

/// Says why the command failed.
pub(super) fn report_error(error: &Error) {
    match error {
        // A report of faults brings its own headings.
        Error::Scenario(report) => talk(report.trim_end()),
        other => talk(&format!("{ERROR}error:{ERROR:#} {other}")),
    }
}

/// Whether somebody watches standard error.
pub(super) fn is_watched() -> bool {
    io::stderr().is_terminal()
}
