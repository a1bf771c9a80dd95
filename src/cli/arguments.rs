//! The command line as a user types it.

use std::path::PathBuf;

use std::sync::LazyLock;

use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, FromArgMatches, Parser, Subcommand, ValueEnum, value_parser};

use crate::scenario::NUMBERS;

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

const PRICE_HELP: &str = "\
Kinds: call, put (SPX, index points); vix, vix_future, vix_call, vix_put (VIX points); vvix; skew25; skew_index (Cboe's
SKEW); implied_vol (of --price, or of the model without it). Numbers can be written as 30/365. The model's parameters are
those of the pricing measure.

A table has a column `kind` and any of the inputs above, with _ in place of - (option too, but not vix); empty cells are
taken from --model or switch that part off. The answer is the same rows with `value` and `error`; where a row has an
error, the others are answered and the exit code is 2.

Examples:
  tailwing price put --model svcj --spot 5000 --vix 18 --strike 4700 --years 30/365
  tailwing price vix_future --model default --variance 0.00125 --variance2 0.01655 --years 60/365
  tailwing price implied_vol --spot 5000 --strike 5000 --years 0.25 --price 180
  tailwing price --batch questions.csv --model my.toml > answers.csv";

/// What `tailwing price` is told.
#[derive(Debug, Clone, Default)]
pub(super) struct PriceOptions {
    /// Name of a kind of value.
    pub(super) kind: Option<String>,
    /// Names of inputs and what they are given as.
    pub(super) inputs: Vec<(&'static str, String)>,
    pub(super) option: Option<String>,
    pub(super) vix: Option<String>,
    pub(super) model: Option<String>,
    pub(super) batch: Option<PathBuf>,
    pub(super) threads: Option<u16>,
    pub(super) json: bool,
}

/// Names of the numbers as options.
static DASHED: LazyLock<Vec<String>> =
    LazyLock::new(|| NUMBERS.iter().map(|(name, _)| name.replace('_', "-")).collect());

/// The options follow the table of inputs, so they are not derived.
impl Args for PriceOptions {
    fn augment_args(command: clap::Command) -> clap::Command {
        let word = |name: &'static str, value: &'static str, help: &'static str| {
            Arg::new(name).long(name).value_name(value).help(help).allow_negative_numbers(true)
        };
        let mut command = command
            .arg(Arg::new("kind").value_name("KIND").help("What is wanted, such as call or vix_future"))
            .arg(word(
                "model",
                "NAME|FILE",
                "Where inputs come from that are not given: a preset, a TOML file of them, a scenario",
            ))
            .arg(
                word("batch", "FILE.csv", "Answer a table of questions instead, one a line; - is standard input")
                    .value_parser(value_parser!(PathBuf)),
            )
            .arg(
                word("threads", "N", "Threads to work on, one for each core by default")
                    .value_parser(value_parser!(u16).range(1..=THREADS_MAX)),
            )
            .arg(Arg::new("json").long("json").help("Print JSON").action(ArgAction::SetTrue));
        for ((name, about), dashed) in NUMBERS.iter().zip(DASHED.iter()) {
            let number = Arg::new(*name).long(dashed.as_str()).value_name("NUMBER").help(*about);
            let number = if dashed == name { number } else { number.alias(*name) };
            command = command.arg(number.allow_hyphen_values(true).help_heading("Inputs"));
        }
        let vix = word("vix", "NUMBER", "VIX now, in place of variance").help_heading("Inputs");
        command
            .arg(vix.allow_hyphen_values(true))
            .arg(word("option", "call|put", "What price is the price of, for implied_vol").help_heading("Inputs"))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for PriceOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut options = Self::default();
        options.update_from_arg_matches(matches)?;
        Ok(options)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let word = |name: &str| matches.get_one::<String>(name).cloned();
        let given = NUMBERS.iter().filter_map(|(name, _)| Some((*name, word(name)?)));
        *self = Self {
            kind: word("kind"),
            inputs: given.collect(),
            option: word("option"),
            vix: word("vix"),
            model: word("model"),
            batch: matches.get_one("batch").cloned(),
            threads: matches.get_one("threads").copied(),
            json: matches.get_flag("json"),
        };
        Ok(())
    }
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
