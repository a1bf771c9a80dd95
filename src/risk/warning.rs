//! What a reader of the figures should know before trusting them.

use std::fmt;

use super::figure::Strategy;
use crate::stats::Level;

/// Tail paths below which a figure carries a warning.
pub const FEW_TAIL_PATHS: usize = 100;

/// A reason to doubt a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Warning {
    /// Too few paths stand behind the expected shortfall of a level, the highest of them named.
    FewTailPaths {
        /// The level.
        level: Level,
        /// Paths that it averages.
        tail_paths: usize,
    },
    /// Many paths lose exactly the value at risk, as positions at their bound do.
    AtomAtValueAtRisk {
        /// Whose losses.
        strategy: Strategy,
        /// The level.
        level: Level,
        /// The share of all paths.
        share: f64,
    },
    /// Some paths had days that could not be marked, and count with their worst case.
    UnmarkedPaths {
        /// How many paths.
        paths: usize,
        /// How many of their days.
        days: u64,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::FewTailPaths { level, tail_paths } => {
                let are = if tail_paths == 1 { "path" } else { "paths" };
                let needed = (FEW_TAIL_PATHS as f64 / level.tail()).ceil();
                write!(
                    f,
                    "expected shortfall at {level} rests on {tail_paths} {are}; \
                     `--paths {needed}` puts {FEW_TAIL_PATHS} behind it"
                )
            }
            Self::AtomAtValueAtRisk { strategy, level, share } => write!(
                f,
                "{:.1} % of {} paths lose exactly the value at risk at {level}, as positions at a bound do; \
                 that its error is small there says nothing of how often the bound is reached",
                100.0 * share,
                strategy.name()
            ),
            Self::UnmarkedPaths { paths, days } => {
                write!(f, "{days} days on {paths} paths could not be marked and count with their worst case")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_say_what_to_do_or_what_it_means() {
        let few = Warning::FewTailPaths { level: Level::per_mille(995), tail_paths: 50 };
        let expected = "expected shortfall at 0.995 rests on 50 paths; `--paths 20000` puts 100 behind it";
        assert_eq!(few.to_string(), expected);
        let atom =
            Warning::AtomAtValueAtRisk { strategy: Strategy::Unhedged, level: Level::per_mille(990), share: 0.031 };
        assert!(atom.to_string().starts_with("3.1 % of unhedged paths lose exactly the value at risk at 0.99"));
    }
}
