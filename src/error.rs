//! What can go wrong for a user, and the exit code that says so.
//!
//! `assert!` is for programmers, [`Error`] is for users.

use std::fmt;
use std::path::PathBuf;

/// A shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything a user can be told went wrong.
#[derive(Debug)]
pub enum Error {
    /// A scenario file is wrong: the rendered report of all its faults, with terminal styles, which `Display` leaves out.
    Scenario(String),
    /// The command line is wrong.
    Usage(String),
    /// A model parameter, state or contract term lies outside its domain.
    Domain(DomainError),
    /// A file could not be read or written.
    Io {
        /// What was being done, as in "write the report".
        action: String,
        /// The file concerned.
        path: PathBuf,
        /// The system's own words.
        source: std::io::Error,
    },
    /// The run itself failed.
    Run(String),
    /// The user interrupted the run.
    Interrupted,
    /// The user interrupted something that can go on later: what is finished and what is not.
    Paused(String),
}

impl Error {
    /// The process exit code: 1 the run failed, 2 the command line or a scenario is wrong, 130 interrupted.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Scenario(_) | Self::Usage(_) | Self::Domain(_) => 2,
            Self::Io { .. } | Self::Run(_) => 1,
            Self::Interrupted | Self::Paused(_) => 130,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scenario(report) => write!(f, "{}", anstream::adapter::strip_str(report.trim_end())),
            Self::Usage(message) | Self::Run(message) | Self::Paused(message) => f.write_str(message),
            Self::Domain(error) => error.fmt(f),
            Self::Io { action, path, source } => write!(f, "cannot {action} {}: {source}", path.display()),
            Self::Interrupted => f.write_str("interrupted; nothing was written"),
        }
    }
}

impl std::error::Error for Error {}

impl From<DomainError> for Error {
    fn from(error: DomainError) -> Self {
        Self::Domain(error)
    }
}

/// A number outside the domain of its parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct DomainError {
    /// The parameter's name as users write it, for instance `kappa`.
    pub parameter: String,
    /// What was found.
    pub value: f64,
    /// What is allowed, as in "a number above 0".
    pub allowed: String,
}

impl DomainError {
    /// An error that names the parameter, its value and its domain.
    pub fn new(parameter: impl Into<String>, value: f64, allowed: impl Into<String>) -> Self {
        Self { parameter: parameter.into(), value, allowed: allowed.into() }
    }
}

impl fmt::Display for DomainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, but must be {}", self.parameter, self.value, self.allowed)
    }
}

impl std::error::Error for DomainError {}

/// Checks that a number is finite and inside a domain; NaN falls on the error side.
///
/// # Errors
/// [`DomainError`] with the parameter's name, the value and `allowed`.
pub fn require(parameter: &str, value: f64, inside: bool, allowed: &str) -> std::result::Result<f64, DomainError> {
    if value.is_finite() && inside { Ok(value) } else { Err(DomainError::new(parameter, value, allowed)) }
}
