//! The command line as a user types it.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Most threads that `--threads` takes.
const THREADS_MAX: i64 = 1024;

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
    /// Say everything that is wrong with scenarios, at once, and run nothing
    Check {
        /// Scenario files, or folders of them
        #[arg(value_name = "SCENARIO|DIR", required = true)]
        scenarios: Vec<PathBuf>,
        /// Replace a value of the scenario, as in --set thresholds.rsi_oversold=25
        #[arg(long, value_name = "KEY=VALUE", value_parser = NonEmptyStringValueParser::new())]
        set: Vec<String>,
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
}

/// What can be said about a run beside its scenarios.
#[derive(Debug, Args)]
pub(super) struct RunOptions {
    /// Number of paths, in place of the scenario's
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = NonEmptyStringValueParser::new())]
    pub(super) paths: Option<String>,
    /// Seed of all random numbers, in place of the scenario's
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = NonEmptyStringValueParser::new())]
    pub(super) seed: Option<String>,
    /// Threads to work on, one for each core by default; results do not depend on them
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..=THREADS_MAX))]
    pub(super) threads: Option<u16>,
    /// Folder that results are written to
    #[arg(long, value_name = "DIR", default_value = "output")]
    pub(super) out: PathBuf,
    /// Print summary.json to standard output, and nothing else there; an array for several scenarios
    #[arg(long)]
    pub(super) json: bool,
    /// Say nothing on standard error but errors
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// Replace a value of the scenario, as in --set thresholds.rsi_oversold=25; can be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = NonEmptyStringValueParser::new())]
    pub(super) set: Vec<String>,
    /// Exit with code 3 where this holds, as in --fail-if "es(0.99) > 150_000"; can be repeated
    #[arg(long, value_name = "EXPR", value_parser = NonEmptyStringValueParser::new())]
    pub(super) fail_if: Vec<String>,
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
        assert!(arguments.command.is_none() && arguments.options.json);
        assert_eq!(arguments.options.paths.as_deref(), Some("1_000"));
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
