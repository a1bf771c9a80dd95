//! The progress bar, and the wish to stop.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::output;
use crate::engine::Progress;
use crate::error::{Error, Result};
use crate::report::format;

/// Redraws a second.
const REFRESH_HZ: u8 = 10;

/// Set by the first interrupt; every run of the process stops at its next batch.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Turns Ctrl-C and requests to terminate into a wish to stop.
///
/// # Errors
/// The system refuses the handler.
pub(super) fn listen() -> Result<()> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed))
        .map_err(|error| Error::Run(format!("cannot listen for interrupts: {error}")))
}

/// Fails once the user has interrupted.
///
/// # Errors
/// [`Error::Interrupted`].
pub(super) fn check_interrupt() -> Result<()> {
    if INTERRUPTED.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
}

/// A bar on standard error; silent where nobody watches it.
#[derive(Debug)]
pub(super) struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// A bar that begins with `label`, or one that is never drawn.
    pub(super) fn new(label: &str, quiet: bool) -> Self {
        let bar = if quiet || !output::is_watched() {
            ProgressBar::hidden()
        } else {
            ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(REFRESH_HZ))
        };
        Self { bar: bar.with_style(style()).with_prefix(label.to_string()) }
    }
}

impl Progress for Bar {
    fn start(&self, paths: u64) {
        self.bar.set_length(paths);
        self.bar.reset();
    }

    fn advance(&self, paths: u64) {
        self.bar.inc(paths);
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn interrupted(&self) -> bool {
        INTERRUPTED.load(Ordering::Relaxed)
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn style() -> ProgressStyle {
    let rate = |state: &ProgressState, text: &mut dyn Write| {
        let _ = write!(text, "{} paths/s", format::count(state.per_sec() as u64));
    };
    ProgressStyle::with_template("{prefix}{wide_bar} {human_pos}/{human_len}  {rate}  {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rate", rate)
        .progress_chars("━╸ ")
}
