//! What is wrong with a rule, and where in its text.

use std::fmt;
use std::ops::Range;

/// One fault of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// Bytes of the rule's text that the message is about.
    pub span: Range<usize>,
    /// What is wrong, in one line.
    pub message: String,
    /// What to write instead, where that can be said.
    pub help: Option<String>,
}

impl RuleError {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for RuleError {}
