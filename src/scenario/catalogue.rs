//! What a scenario can name: presets, models, and the series and functions of rules.

use crate::model::Preset;
use crate::strategy::rule::{FUNCTIONS, Series};

use super::compile::SUPPLIED_SERIES;

/// What to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Named sets of model parameters.
    Presets,
    /// Classes of models, and the keys of `[model]` that make them.
    Models,
    /// Series and functions that rules can use.
    Signals,
    /// Scenario files of named stresses.
    Stresses,
}

/// One thing with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What a scenario writes.
    pub name: String,
    /// One line about it.
    pub about: String,
}

/// Special cases of the two-factor class, each by what it leaves out.
const MODELS: [(&str, &str); 5] = [
    (
        "two factors",
        "vol_of_variance2, rho2, kappa2, theta2 with beta above 0 (a sum) or coupling above 0 (a moving mean)",
    ),
    ("jump intensity", "intensity + intensity1 x1 + intensity2 x2, a year"),
    ("SVCJ", "one factor: beta = 0, coupling = 0, intensity2 = 0; index and variance jump together"),
    ("Bates", "one factor; the index jumps alone: mean_variance_jump = 0"),
    ("Heston", "one factor without jumps: intensity = 0, intensity1 = 0"),
];

/// The folder of the named stresses.
const STRESS_FOLDER: &str = "scenarios/stress";
/// The named stresses: file and text, whose first line says what it is.
const STRESSES: [(&str, &str); 11] = [
    ("1987_10.toml", include_str!("../../scenarios/stress/1987_10.toml")),
    ("2007_02.toml", include_str!("../../scenarios/stress/2007_02.toml")),
    ("2008_09.toml", include_str!("../../scenarios/stress/2008_09.toml")),
    ("2010_05.toml", include_str!("../../scenarios/stress/2010_05.toml")),
    ("2011_08.toml", include_str!("../../scenarios/stress/2011_08.toml")),
    ("2015_08.toml", include_str!("../../scenarios/stress/2015_08.toml")),
    ("2018_02.toml", include_str!("../../scenarios/stress/2018_02.toml")),
    ("2020_03.toml", include_str!("../../scenarios/stress/2020_03.toml")),
    ("2022.toml", include_str!("../../scenarios/stress/2022.toml")),
    ("2024_08.toml", include_str!("../../scenarios/stress/2024_08.toml")),
    ("2025_04.toml", include_str!("../../scenarios/stress/2025_04.toml")),
];

/// Everything of a topic, in the order shown to users.
#[must_use]
pub fn list(topic: Topic) -> Vec<Entry> {
    let entry = |name: String, about: String| Entry { name, about };
    match topic {
        Topic::Presets => {
            Preset::ALL.iter().map(|preset| entry(preset.name().to_owned(), preset.description().to_owned())).collect()
        }
        Topic::Models => MODELS.iter().map(|(name, about)| entry((*name).to_owned(), (*about).to_owned())).collect(),
        Topic::Stresses => STRESSES
            .iter()
            .map(|(file, text)| {
                let about = text.lines().next().unwrap_or_default().trim_start_matches("# ");
                entry(format!("{STRESS_FOLDER}/{file}"), about.to_owned())
            })
            .collect(),
        Topic::Signals => Series::catalogue()
            .filter(|(_, series, _)| SUPPLIED_SERIES.contains(series))
            .map(|(name, _, meaning)| entry(name, meaning))
            .chain(FUNCTIONS.iter().map(|signature| entry(signature.to_string(), signature.meaning.to_owned())))
            .collect(),
    }
}
