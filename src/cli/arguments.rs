//! The command line as a user types it.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::price_options::{HELP as PRICE_HELP, PriceOptions};
use crate::error::Result;
use crate::scenario::Override;

/// Most threads that `--threads` takes.
pub(super) const THREADS_MAX: i64 = 1024;
/// Most paths that `explain --worst` tells.
const WORST_MAX: i64 = 100;

/// Monte Carlo risk of short SPX iron condors hedged by layers of VIX futures.
///
/// With nothing else, runs the built-in scenario.
#[derive(Debug, Parser)]
#[command(name = "tailwing", version, args_conflicts_with_subcommands = true, after_help = EXIT_CODES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) options: RunOptions,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 the run failed, 2 the command line or a scenario is wrong, \
                          3 a --fail-if limit was breached, 130 interrupted.";

const SWEEP_HELP: &str = "\
Settings: every combination of the values of all keys, at most 10,000. A key is the name of a threshold, or the path of any
number as for --set: \"layer.L3 extreme.hold.contracts=0,4,8,12\". Without --over and --cases the section [sweep] of the
scenario says what is varied. The scenario as it stands is the reference with which every setting is compared.

Measures of goals and demands: mean, sd, p_loss, p_ruin, p_margin_call, var(0.99), es(0.99), drawdown(0.95), cdar(0.95),
drawdown_days, worst_day, margin_use, excess, cost; of the unhedged account with unhedged. before them; equity is USD at the start.

An interrupted sweep keeps its finished settings; the same command goes on from there.

Exit codes: 0 done, 1 the sweep failed, 2 the command line or the scenario is wrong, 130 interrupted.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run scenarios; several, or a folder of them, make a batch with a comparison
    #[command(after_help = EXIT_CODES)]
    Run {
        /// Scenario files, or folders whose *.toml files are taken in the order of their names; none: the built-in one
        #[arg(value_name = "SCENARIO|DIR")]
        scenarios: Vec<PathBuf>,
        #[command(flatten)]
        options: RunOptions,
    },
    /// Vary numbers of a scenario on the same paths: which settings are best, and which are really different
    #[command(after_help = SWEEP_HELP)]
    Sweep(SweepOptions),
    /// Tell paths of a run day by day: what was seen, which rules held, what was traded, what it made
    Explain(ExplainOptions),
    /// Compare finished runs by their folders: ranked, with paired differences where they saw the same paths
    Compare {
        /// Folders that runs left behind
        #[arg(value_name = "RUN", required = true, num_args = 2..)]
        runs: Vec<PathBuf>,
        /// Write comparison.html and comparison.csv to a folder in this one
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Print JSON to standard output, and nothing else there
        #[arg(long)]
        json: bool,
    },
    /// Say everything that is wrong with scenarios, at once, and run nothing
    Check {
        /// Scenario files, or folders of them
        #[arg(value_name = "SCENARIO|DIR", required = true)]
        scenarios: Vec<PathBuf>,
        /// Replace a value of the scenario, as in --set thresholds.rsi_oversold=25
        #[arg(long, value_name = "KEY=VALUE", value_parser = NonEmptyStringValueParser::new())]
        set: Vec<String>,
    },
    /// One exact value of a model, or one a line of a CSV table, for checking against other software
    #[command(after_help = PRICE_HELP)]
    Price {
        #[command(flatten)]
        options: PriceOptions,
    },
    /// Write a commented scenario that runs
    New {
        /// The file to be made; one that exists is never overwritten
        file: PathBuf,
    },
    /// Print the JSON Schema of scenario files, for completion in editors
    Schema,
    /// Name what scenario files can refer to
    List {
        /// What to list
        what: Listing,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Listing {
    /// Named market models, for `preset` in [model]
    #[value(alias = "presets")]
    Models,
    /// Series and functions of the rule language
    Signals,
    /// Named stresses, which are scenario files
    Stresses,
}

/// What can be said about a simulation beside its scenario.
#[derive(Debug, Args)]
pub(super) struct CommonOptions {
    /// Number of paths, in place of the scenario's
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = NonEmptyStringValueParser::new())]
    pub(super) paths: Option<String>,
    /// Seed of all random numbers, in place of the scenario's
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = NonEmptyStringValueParser::new())]
    pub(super) seed: Option<String>,
    /// Threads to work on, one for each core by default; results do not depend on them
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..=THREADS_MAX))]
    pub(super) threads: Option<u16>,
    /// Print JSON to standard output, and nothing else there: the summary, or an array for several
    #[arg(long)]
    pub(super) json: bool,
    /// Say nothing on standard error but errors
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// Replace a value of the scenario, as in --set thresholds.rsi_oversold=25; can be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = NonEmptyStringValueParser::new())]
    pub(super) set: Vec<String>,
}

impl CommonOptions {
    /// The options that replace values of the scenario, in an order that does not depend on how they were typed.
    pub(super) fn overrides(&self) -> Result<Vec<Override>> {
        let mut overrides = self.set.iter().map(|text| Override::set(text)).collect::<Result<Vec<_>>>()?;
        for (option, key, value) in [("--paths", "run.paths", &self.paths), ("--seed", "run.seed", &self.seed)] {
            overrides.extend(value.iter().map(|value| Override::option(option, key, value)));
        }
        Ok(overrides)
    }

    /// Threads to work on; `None` for all cores.
    pub(super) fn threads(&self) -> Option<usize> {
        self.threads.map(usize::from)
    }
}

/// What can be said about a run beside its scenarios.
#[derive(Debug, Args)]
pub(super) struct RunOptions {
    #[command(flatten)]
    pub(super) common: CommonOptions,
    /// Folder that results are written to
    #[arg(long, value_name = "DIR", default_value = "output")]
    pub(super) out: PathBuf,
    /// Exit with code 3 where this holds, as in --fail-if "es(0.99) > 150_000"; can be repeated
    #[arg(long, value_name = "EXPR", value_parser = NonEmptyStringValueParser::new())]
    pub(super) fail_if: Vec<String>,
}

/// Which settings to evaluate, and what is asked of them.
#[derive(Debug, Args)]
pub(super) struct SweepOptions {
    /// The scenario file; none: the built-in one
    pub(super) scenario: Option<PathBuf>,
    /// Vary a key, as in --over rsi_oversold=20,25,30 or --over "vix_extreme=25..40 step 5"; can be repeated
    #[arg(long, value_name = "KEY=VALUES", value_parser = NonEmptyStringValueParser::new())]
    pub(super) over: Vec<String>,
    /// Take so many points of a Latin hypercube over the ranges of the keys in place of every combination
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64))]
    pub(super) hypercube: Option<u64>,
    /// Take the settings from a CSV file: a header of keys, then a row a setting
    #[arg(long, value_name = "FILE", conflicts_with_all = ["over", "hypercube"])]
    pub(super) cases: Option<PathBuf>,
    /// Search for the setting with the least of this, as in "es(0.99) + 2 * cost": all settings on few paths, the better
    /// half on twice as many, the last few on all; without it, all settings on all paths, ranked by es(0.99)
    #[arg(long, visible_alias = "minimize", value_name = "GOAL", value_parser = NonEmptyStringValueParser::new())]
    pub(super) minimise: Option<String>,
    /// Admit only settings for which this holds, as in "cost <= 0.015 * equity"; can be repeated
    #[arg(long, value_name = "DEMAND", value_parser = NonEmptyStringValueParser::new())]
    pub(super) subject_to: Vec<String>,
    /// Try the last settings again in other worlds: other models, heavier jumps, other skill of the signals, liquidity
    /// crunches
    #[arg(long)]
    pub(super) fragility: bool,
    /// Folder that results are written to
    #[arg(long, value_name = "DIR", default_value = "output")]
    pub(super) out: PathBuf,
    #[command(flatten)]
    pub(super) common: CommonOptions,
}

/// Which paths to tell, and how.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub(super) struct ExplainOptions {
    /// The scenario file; none: the built-in one
    pub(super) scenario: Option<PathBuf>,
    /// Number of the path, from 0, as in paths.parquet
    #[arg(long, value_name = "N", group = "which")]
    pub(super) path: Option<u64>,
    /// Run the scenario and tell the K paths on which the hedged account lost most
    #[arg(long, value_name = "K", group = "which", value_parser = clap::value_parser!(u16).range(1..=WORST_MAX))]
    pub(super) worst: Option<u16>,
    /// Only days on which something was traded or a rule began or ceased to hold
    #[arg(long)]
    pub(super) changes: bool,
    #[command(flatten)]
    pub(super) common: CommonOptions,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn options_of_a_run_work_without_the_word_run() {
        let arguments = Arguments::try_parse_from(["tailwing", "--paths", "1_000", "--json"]).unwrap();
        assert!(arguments.command.is_none() && arguments.options.common.json);
        assert_eq!(arguments.options.common.paths.as_deref(), Some("1_000"));
        assert!(Arguments::try_parse_from(["tailwing", "--json", "schema"]).is_err());
    }

    #[test]
    fn no_threads_and_far_too_many_are_refused() {
        for threads in ["0", "1025", "-1", "two", ""] {
            let refused = Arguments::try_parse_from(["tailwing", "run", "--threads", threads]);
            assert_eq!(refused.unwrap_err().exit_code(), 2, "{threads}");
        }
    }
}
