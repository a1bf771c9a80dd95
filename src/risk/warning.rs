//! What a reader of the figures should know before trusting them.

use std::fmt;

use super::figure::Strategy;
use crate::stats::Level;

/// Tail paths below which a figure carries a warning.
pub const FEW_TAIL_PATHS: usize = 100;

/// Paths below which every figure of a run carries a warning.
pub const FEW_PATHS: usize = 1_000;

/// The relative error of expected shortfall that the advice on more paths aims at.
const AIM: f64 = 0.02;

/// A reason to doubt a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Warning {
    /// The run has few paths.
    FewPaths {
        /// How many.
        paths: usize,
    },
    /// The expected shortfall of the highest level rests on few paths, or is known badly.
    FewTailPaths {
        /// The level.
        level: Level,
        /// Paths that it averages.
        tail_paths: usize,
        /// All paths.
        paths: usize,
        /// Its standard error over itself, where it is known.
        relative_error: Option<f64>,
    },
    /// Many paths lose exactly the value at risk, as positions at their bound do.
    AtomAtValueAtRisk {
        /// Whose losses; none where there is but one account.
        strategy: Option<Strategy>,
        /// The level.
        level: Level,
        /// The share of all paths.
        share: f64,
    },
    /// Equity falls to zero or below on some paths.
    Ruin {
        /// Whose; none where there is but one account.
        strategy: Option<Strategy>,
        /// On how many paths.
        paths: usize,
        /// Of how many.
        of: usize,
    },
    /// Some paths had days that could not be marked, and count with their worst case.
    UnmarkedPaths {
        /// How many paths.
        paths: usize,
        /// How many of their days.
        days: u64,
    },
}

/// `hedged paths`, or `paths` where there is but one account.
fn whose(strategy: Option<Strategy>) -> String {
    strategy.map_or_else(String::new, |strategy| format!("{} ", strategy.name()))
}

/// A level as people say it: `99.5 %`.
fn percent(level: Level) -> String {
    format!("{} %", (1000.0 * level.value()).round() / 10.0)
}

/// A number of paths rounded up to one significant digit.
fn round_up(paths: f64) -> f64 {
    let magnitude = libm::pow(10.0, libm::floor(libm::log10(paths)));
    (paths / magnitude).ceil() * magnitude
}

/// A whole number with underscores between groups of three digits, as options take it.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let start = digits.len() % 3;
    let groups = digits.as_bytes()[start..].chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    std::iter::once(digits[..start].to_owned())
        .filter(|group| !group.is_empty())
        .chain(groups)
        .collect::<Vec<_>>()
        .join("_")
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::FewPaths { paths } => write!(
                f,
                "{paths} {} for a first look only: no figure of this run is fit to decide on; `--paths {}` is the usual size",
                if paths == 1 { "path is" } else { "paths are" },
                grouped(1e5),
            ),
            Self::FewTailPaths { level, tail_paths, paths, relative_error } => {
                let are = if tail_paths == 1 { "path" } else { "paths" };
                write!(f, "expected shortfall at {} rests on {tail_paths} {are}", percent(level))?;
                match relative_error {
                    Some(error) if error > AIM => {
                        let needed = round_up(paths as f64 * (error / AIM) * (error / AIM));
                        let percent = 100.0 * error;
                        write!(
                            f,
                            " and has a standard error of {percent:.1} %; `--paths {}` brings it under {:.0} %",
                            grouped(needed),
                            100.0 * AIM
                        )
                    }
                    _ => {
                        let needed = (FEW_TAIL_PATHS as f64 / level.tail()).ceil();
                        write!(f, "; `--paths {}` puts {FEW_TAIL_PATHS} behind it", grouped(needed))
                    }
                }
            }
            Self::AtomAtValueAtRisk { strategy, level, share } => write!(
                f,
                "{:.1} % of {}paths lose exactly the value at risk at {}, as positions at a bound do; \
                 that its error is small there says nothing of how often the bound is reached",
                100.0 * share,
                whose(strategy),
                percent(level)
            ),
            Self::Ruin { strategy, paths, of } => write!(
                f,
                "equity falls to zero or below on {} of {} {}paths; what an account loses beyond its equity is a debt",
                grouped(paths as f64).replace('_', ","),
                grouped(of as f64).replace('_', ","),
                whose(strategy)
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
        let few = |relative_error| {
            let level = Level::per_mille(995);
            Warning::FewTailPaths { level, tail_paths: 50, paths: 10_000, relative_error }.to_string()
        };
        let expected = "expected shortfall at 99.5 % rests on 50 paths; `--paths 20_000` puts 100 behind it";
        assert_eq!(few(None), expected);
        assert_eq!(few(Some(0.019)), expected);
        // 10,000 paths at 7 %: (7 / 2)^2 times as many.
        let expected = "expected shortfall at 99.5 % rests on 50 paths and has a standard error of 7.0 %; \
                        `--paths 200_000` brings it under 2 %";
        assert_eq!(few(Some(0.07)), expected);
        let ruin = Warning::Ruin { strategy: None, paths: 12, of: 100_000 };
        assert!(ruin.to_string().starts_with("equity falls to zero or below on 12 of 100,000 paths"), "{ruin}");
        let level = Level::per_mille(990);
        let atom = Warning::AtomAtValueAtRisk { strategy: Some(Strategy::Unhedged), level, share: 0.031 };
        assert!(atom.to_string().starts_with("3.1 % of unhedged paths lose exactly the value at risk at 99 %"));
    }
}
