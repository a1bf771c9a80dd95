//! What a rule can name where it stands: series that the caller supplies, macro factors, thresholds.

use std::collections::BTreeMap;

use super::function::Function;
use super::series::{MarketSeries, Series};

/// Where a rule stands, which decides what it can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The entry of a condor programme.
    Entry,
    /// The exit of a position.
    Exit,
    /// The entry or exit of a hedge layer.
    Layer,
    /// A gate of a tier.
    Gate,
    /// The time shift of a position.
    Shift,
}

impl Place {
    fn sees_positions(self) -> bool {
        matches!(self, Self::Exit | Self::Shift)
    }

    fn described(self) -> &'static str {
        match self {
            Self::Entry => "an entry",
            Self::Exit => "an exit",
            Self::Layer => "a layer",
            Self::Gate => "a gate",
            Self::Shift => "a shift",
        }
    }
}

/// The names that a rule can use.
#[derive(Debug, Clone)]
pub struct Names {
    place: Place,
    supplied: Vec<Series>,
    withheld: Vec<(Series, String)>,
    factors: Vec<String>,
    thresholds: BTreeMap<String, f64>,
}

/// What a name turned out to be.
pub(super) enum Meaning {
    Series(Series),
    Threshold(f64),
    /// A series that cannot be used here: message and help.
    Closed(String, String),
    Unknown,
}

impl Names {
    /// Names for a rule that stands in `place`, where the caller supplies the series `supplied`.
    #[must_use]
    pub fn new(place: Place, supplied: &[Series]) -> Self {
        let supplied = supplied.to_vec();
        Self { place, supplied, withheld: Vec::new(), factors: Vec::new(), thresholds: BTreeMap::new() }
    }

    /// The same names for a rule that stands elsewhere.
    #[must_use]
    pub fn at(&self, place: Place) -> Self {
        Self { place, ..self.clone() }
    }

    /// Adds or changes a named number. See [`name_fault`] for names that cannot be used.
    #[must_use]
    pub fn threshold(mut self, name: impl Into<String>, value: f64) -> Self {
        self.thresholds.insert(name.into(), value);
        self
    }

    /// Adds a macro factor; the first is [`MarketSeries::Factor`] 0.
    #[must_use]
    pub fn factor(mut self, name: impl Into<String>) -> Self {
        self.factors.push(name.into());
        self
    }

    /// Withholds a series, with the reason that users are told, as in "breadth is switched off".
    #[must_use]
    pub fn without(mut self, series: Series, reason: impl Into<String>) -> Self {
        self.withheld.push((series, reason.into()));
        self
    }

    pub(super) fn meaning(&self, name: &str) -> Meaning {
        if let Some(rank) = self.factors.iter().position(|factor| factor == name) {
            let Ok(rank) = u16::try_from(rank) else { return Meaning::Unknown };
            let series = Series::Market(MarketSeries::Factor(rank));
            return self.closed(name, series).unwrap_or(Meaning::Series(series));
        }
        let Some(series) = Series::named(name) else {
            return self.thresholds.get(name).map_or(Meaning::Unknown, |&value| Meaning::Threshold(value));
        };
        if matches!(series, Series::Position(_)) && !self.place.sees_positions() {
            let message =
                format!("`{name}` belongs to an open position and cannot be used in {}", self.place.described());
            return Meaning::Closed(message, "positions are seen by exits and shifts alone".to_owned());
        }
        if let Some(closed) = self.closed(name, series) {
            return closed;
        }
        if self.supplied.contains(&series) {
            return Meaning::Series(series);
        }
        let help = format!("what can be used here: {}", self.usable().join(", "));
        Meaning::Closed(format!("this version knows `{name}` but does not supply it yet"), help)
    }

    /// What is said of a series that is withheld.
    fn closed(&self, name: &str, series: Series) -> Option<Meaning> {
        let (_, reason) = self.withheld.iter().find(|(withheld, _)| *withheld == series)?;
        Some(Meaning::Closed(format!("`{name}` is not available"), reason.clone()))
    }

    /// Names of the series that a rule in this place can use.
    #[must_use]
    pub fn usable(&self) -> Vec<String> {
        let here = |series: &Series| {
            self.supplied.contains(series)
                && self.withheld.iter().all(|(withheld, _)| withheld != series)
                && (self.place.sees_positions() || !matches!(series, Series::Position(_)))
        };
        let fixed = Series::catalogue().filter(|(_, series, _)| here(series)).map(|(name, ..)| name);
        fixed.chain(self.factors.iter().cloned()).collect()
    }

    pub(super) fn thresholds(&self) -> impl Iterator<Item = &str> {
        self.thresholds.keys().map(String::as_str)
    }
}

/// Why a threshold or macro factor cannot have this name, if it cannot.
#[must_use]
pub fn name_fault(name: &str) -> Option<String> {
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(letters) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Some("a name is made of letters, digits and _, and does not begin with a digit".to_owned());
    }
    if ["and", "or", "not", "true", "false"].contains(&name) {
        return Some(format!("`{name}` is a word of the rule language"));
    }
    if Series::named(name).is_some() {
        return Some(format!("`{name}` is a series"));
    }
    Function::named(name).map(|_| format!("`{name}` is a function"))
}
