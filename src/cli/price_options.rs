//! The options of `tailwing price`, one for each input.

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Arg, ArgAction, ArgMatches, Args, FromArgMatches, value_parser};

use super::arguments::THREADS_MAX;
use crate::scenario::NUMBERS;

/// What `--help` says behind the options.
pub(super) const HELP: &str = "\
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
