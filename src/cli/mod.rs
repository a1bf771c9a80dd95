//! The command: arguments in, figures on standard output, talk on standard error, an exit code.
//!
//! ```text
//! 0 done   1 the run failed   2 the command line or a scenario is wrong   3 a --fail-if limit was breached   130 interrupted
//! ```

mod arguments;
mod compare;
mod explain;
mod inspect;
mod output;
mod price;
mod price_options;
mod progress;
mod run;
mod sweep;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::error::{Error, Result};
use arguments::{Arguments, Command};

/// How a command ends when nothing fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    /// All is well.
    Fine,
    /// A `--fail-if` limit was breached.
    Breached,
    /// Some rows of a table have an error.
    Faulty,
}

/// Runs the command with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => {
            let _ = error.print();
            return ExitCode::from(2);
        }
        Err(help) => return print_help(&help),
    };
    match dispatch(arguments) {
        Ok(Done::Fine) => ExitCode::SUCCESS,
        Ok(Done::Breached) => ExitCode::from(3),
        Ok(Done::Faulty) => ExitCode::from(2),
        Err(error) => {
            output::report_error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Prints help or the version; a reader that has gone away is no fault of the command, a full disk is.
fn print_help(help: &clap::Error) -> ExitCode {
    let printed = help.print().and_then(|()| io::stdout().flush());
    match printed {
        Err(source) if source.kind() != ErrorKind::BrokenPipe => {
            output::report_error(&Error::Io { action: "write to".into(), path: "standard output".into(), source });
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

fn dispatch(arguments: Arguments) -> Result<Done> {
    match arguments.command {
        None => run::run(&arguments.options, &[]),
        Some(Command::Run { scenarios, options }) => run::run(&options, &scenarios),
        Some(Command::Sweep(options)) => sweep::sweep(&options),
        Some(Command::Explain(options)) => explain::explain(&options),
        Some(Command::Compare { runs, out, json }) => compare::compare(&runs, out.as_deref(), json),
        Some(Command::Check { scenarios, set }) => inspect::check(&scenarios, &set),
        Some(Command::Price { options }) => price::price(&options),
        Some(Command::New { file }) => inspect::new(&file),
        Some(Command::Schema) => inspect::schema(),
        Some(Command::List { what }) => inspect::list(what),
    }
}

/// A fault of the command line.
fn usage(message: impl Into<String>) -> Error {
    Error::Usage(message.into())
}
