//! The progress bar, and the wish to stop.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::output;
use crate::engine::Progress;
use crate::engine::search::Watch;
use crate::engine::sweep::SweepCost;
use crate::error::{Error, Result};
use crate::report::format;
use crate::risk::LossTail;
use crate::stats::Level;

/// Redraws a second.
const REFRESH_HZ: u8 = 10;

/// How often the running tail is looked at.
const TAIL_EVERY: Duration = Duration::from_secs(1);

/// The level of the running tail.
const TAIL_LEVEL: Level = Level::per_mille(990);

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
    tail: Mutex<RunningTail>,
}

/// The P&L of the paths that are done, for a first look at the tail.
#[derive(Debug, Default)]
struct RunningTail {
    losses_usd: Vec<f64>,
    shown: Option<Instant>,
}

impl Bar {
    /// A bar that begins with `label`, or one that is never drawn.
    pub(super) fn new(label: &str, quiet: bool) -> Self {
        let bar = if quiet || !output::is_watched() {
            ProgressBar::hidden()
        } else {
            ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(REFRESH_HZ))
        };
        Self { bar: bar.with_style(style()).with_prefix(label.to_string()), tail: Mutex::default() }
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

    fn hear_pnl(&self, pnl_usd: &[f64]) {
        if self.bar.is_hidden() {
            return;
        }
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.losses_usd.extend(pnl_usd.iter().map(|pnl| -pnl));
        if tail.shown.is_none_or(|shown| shown.elapsed() >= TAIL_EVERY) {
            tail.shown = Some(Instant::now());
            self.bar.set_message(tail_message(&tail.losses_usd));
        }
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

/// The progress of a sweep: a bar for the paths of all settings of a round, and how many settings are finished.
#[derive(Debug)]
pub(super) struct SweepBar {
    bar: ProgressBar,
    settings: AtomicUsize,
    /// What the largest round cost.
    cost: Mutex<Option<SweepCost>>,
    quiet: bool,
}

impl SweepBar {
    /// A bar, or one that is never drawn.
    pub(super) fn new(quiet: bool) -> Self {
        let bar = if quiet || !output::is_watched() {
            ProgressBar::hidden()
        } else {
            ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(REFRESH_HZ))
        };
        Self { bar: bar.with_style(style()), settings: AtomicUsize::new(0), cost: Mutex::default(), quiet }
    }

    /// Clears the bar away, and says what the largest round cost.
    pub(super) fn finished(&self) {
        self.bar.finish_and_clear();
        let cost = self.cost.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cost) = cost.as_ref().filter(|_| !self.quiet) {
            output::talk(&cost_sentence(cost));
        }
    }
}

impl Progress for SweepBar {
    fn start(&self, _paths: u64) {}

    fn advance(&self, paths: u64) {
        self.bar.inc(paths);
    }

    fn finish(&self) {}

    fn interrupted(&self) -> bool {
        INTERRUPTED.load(Ordering::Relaxed)
    }
}

impl Watch for SweepBar {
    fn round(&self, what: &str, settings: usize, paths: usize) {
        self.settings.store(settings, Ordering::Relaxed);
        self.bar.set_length(settings as u64 * paths as u64);
        self.bar.reset();
        self.bar.set_prefix(format!("{what}, {} paths each ", format::count(paths as u64)));
        self.settled(0);
    }

    fn settled(&self, settings: usize) {
        let all = format::count(self.settings.load(Ordering::Relaxed) as u64);
        self.bar.set_message(format!("{} of {all} settings", format::count(settings as u64)));
    }

    fn cost(&self, cost: &SweepCost) {
        let mut largest = self.cost.lock().unwrap_or_else(PoisonError::into_inner);
        if largest.as_ref().is_none_or(|largest| largest.settings < cost.settings) {
            *largest = Some(*cost);
        }
    }
}

/// What evaluating settings together cost.
fn cost_sentence(cost: &SweepCost) -> String {
    format!(
        "{} settings: {:.0} ns a path-step and core for paths, marks and condors, made {} time{}, and {:.1} ns more for each \
         setting",
        format::count(cost.settings as u64),
        cost.base_ns,
        cost.passes,
        if cost.passes == 1 { "" } else { "s" },
        cost.setting_ns
    )
}

/// Expected shortfall of the paths so far, and its standard error as a part of it.
fn tail_message(losses_usd: &[f64]) -> String {
    let shortfall = LossTail::new(losses_usd, TAIL_LEVEL).expected_shortfall(TAIL_LEVEL);
    let value = format::rounded_usd(shortfall.value);
    match shortfall.standard_error {
        Some(error) => format!("ES 99 % {value} \u{b1} {:.1} %", 100.0 * (error / shortfall.value).abs()),
        None => String::new(),
    }
}

fn style() -> ProgressStyle {
    let rate = |state: &ProgressState, text: &mut dyn Write| {
        let _ = write!(text, "{} paths/s", format::count(state.per_sec() as u64));
    };
    ProgressStyle::with_template("{prefix}{wide_bar} {human_pos}/{human_len}  {rate}  {eta} left  {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rate", rate)
        .progress_chars("━╸ ")
}
