//! One scenario under many settings: what `tailwing sweep` evaluates.
//!
//! Every setting is the scenario with some of its numbers replaced, exactly as `--set` replaces them, so a setting of a sweep
//! and a run with these values have the same plan and the same digest.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::axes::{Axis, Design};
use super::merge::Override;
use super::numbers::{NumberKey, find, numbers};
use super::source::{Source, read_text_up_to};
use super::{load, load_table};
use crate::error::{Error, Result};
use crate::plan::{Plan, RESULTS_VERSION};

/// Largest table of cases, bytes.
const CASES_MOST_BYTES: u64 = 16 << 20;

/// Which settings a sweep has.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    /// Every combination of the values of some keys; of the scenario's section `[sweep]` where there are no keys here.
    Grid(Vec<Axis>),
    /// So many points of a Latin hypercube over the ranges of the keys.
    Hypercube(Vec<Axis>, usize),
    /// The rows of a CSV file.
    Cases(PathBuf),
}

/// A scenario and the settings under which it is evaluated.
#[derive(Debug)]
pub struct Variants<'a> {
    source: Source<'a>,
    overrides: Vec<Override>,
    /// The settings.
    pub design: Design,
    /// The scenario as it stands.
    pub reference: Plan,
    /// What it gives each key of the design; none where it says nothing.
    pub reference_values: Vec<Option<f64>>,
}

impl<'a> Variants<'a> {
    /// Reads a scenario and decides on its settings.
    ///
    /// # Errors
    /// Whatever is wrong with the scenario, the keys or their values.
    pub fn new(source: Source<'a>, overrides: Vec<Override>, choice: Choice) -> Result<Self> {
        let (reference, scenario) = load_table(source, &overrides)?;
        let numbers = numbers(&scenario);
        let axes = |axes: Vec<Axis>| if axes.is_empty() { scenario.axes("sweep").to_vec() } else { axes };
        let design = match choice {
            Choice::Grid(over) => Design::grid(&axes(over))?,
            Choice::Hypercube(over, count) => {
                let is_whole = |key: &str| find(key, &numbers).is_ok_and(|number| number.whole);
                Design::hypercube(&axes(over), count, reference.run.seed, is_whole)?
            }
            Choice::Cases(file) => Design::cases(&file.display().to_string(), &read_cases(&file)?)?,
        };
        let found = design.keys.iter().map(|key| number_key(key, &numbers)).collect::<Result<Vec<_>>>()?;
        for (column, _) in found.iter().enumerate().filter(|(_, number)| number.whole) {
            if let Some(setting) = design.settings.iter().find(|setting| setting[column].fract() != 0.0) {
                return Err(Error::Usage(format!(
                    "`{}` takes whole numbers only, and cannot be {}",
                    design.keys[column], setting[column]
                )));
            }
        }
        let reference_values = found.iter().map(|number| number.value).collect();
        Ok(Self { source, overrides, design, reference, reference_values })
    }

    /// The plan of a setting, or of the scenario as it stands, with further assignments.
    ///
    /// # Errors
    /// What is wrong with the values.
    pub fn plan(&self, setting: Option<usize>, more: &[Override]) -> Result<Plan> {
        let mut overrides = self.overrides.clone();
        overrides.extend_from_slice(more);
        if let Some(setting) = setting {
            overrides.extend(self.design.overrides(&self.design.settings[setting]));
        }
        load(self.source, &overrides)
    }

    /// The first 12 hexadecimal digits of SHA-256 over everything that decides a sweep; `task` is what is asked of it.
    #[must_use]
    pub fn digest(&self, task: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("sweep, results {RESULTS_VERSION}\n{}\n{task}\n", self.reference.digest));
        self.design.keys.iter().for_each(|key| hash.update(format!("{key}\n")));
        self.design.settings.iter().flatten().for_each(|value| hash.update(value.to_bits().to_le_bytes()));
        hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }
}

fn number_key<'n>(key: &str, numbers: &'n [NumberKey]) -> Result<&'n NumberKey> {
    find(key, numbers).map_err(|(problem, close)| {
        let hint = close.map_or_else(
            || "a threshold goes by its name, any other number by its path, as in layer.NAME.hold.contracts".to_owned(),
            |close| format!("did you mean `{close}`?"),
        );
        Error::Usage(format!("{problem}; {hint}"))
    })
}

fn read_cases(file: &Path) -> Result<String> {
    read_text_up_to(file, CASES_MOST_BYTES, "16 MiB, which no table of cases is")
        .map_err(|why| Error::Usage(format!("cannot read --cases {}: {why}", file.display())))
}
