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
mod progress;
mod run;

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
}

/// Runs the command with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // A reader that has gone away is no fault of the command.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match dispatch(arguments) {
        Ok(Done::Fine) => ExitCode::SUCCESS,
        Ok(Done::Breached) => ExitCode::from(3),
        Err(error) => {
            output::report_error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn dispatch(arguments: Arguments) -> Result<Done> {
    match arguments.command {
        None => run::run(&arguments.options, &[]),
        Some(Command::Run { scenarios, options }) => run::run(&options, &scenarios),
        Some(Command::Explain(options)) => explain::explain(&options),
        Some(Command::Compare { runs, out, json }) => compare::compare(&runs, out.as_deref(), json),
        Some(Command::Check { scenarios, set }) => inspect::check(&scenarios, &set),
        Some(Command::New { file }) => inspect::new(&file),
        Some(Command::Schema) => inspect::schema(),
        Some(Command::List { what }) => inspect::list(what),
    }
}

/// A fault of the command line.
fn usage(message: impl Into<String>) -> Error {
    Error::Usage(message.into())
}
