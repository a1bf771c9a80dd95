//! The rule language: what a trader writes, checked before anything runs.

mod check;
mod error;
mod evaluate;
mod expression;
mod function;
mod kernel;
mod lower;
mod names;
mod node;
mod position;
mod program;
mod series;
mod syntax;
mod table;
mod token;
mod truth;
mod window;
mod workspace;

pub use error::RuleError;
pub use evaluate::BookNodes;
pub use function::{FUNCTIONS, Function, PERIOD_MAX, Signature};
pub use names::{Names, Place, name_fault};
pub use node::{Class, NodeId};
pub use program::{NodeView, Program, RuleId};
pub use series::{BookSeries, MarketSeries, PositionSeries, Series, VX_MONTHS};
pub use syntax::{DEPTH_MAX, LENGTH_MAX};
pub use table::{BookTable, History, MarketTable, PositionTable};
pub use truth::Truth;
pub use workspace::{Value, Workspace};

use expression::Expression;

/// A parsed and checked rule: an expression that is true or false on every day.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    text: String,
    expression: Expression,
}

impl Rule {
    /// Reads a rule, gives its names their meaning and checks it.
    ///
    /// # Errors
    /// The first fault, with the bytes of `text` that it concerns.
    pub fn parse(text: &str, names: &Names) -> Result<Self, RuleError> {
        let expression = check::check(&syntax::parse(text)?, names)?;
        Ok(Self { text: text.to_owned(), expression })
    }

    /// A rule that always holds.
    #[must_use]
    pub fn always() -> Self {
        Self { text: "true".to_owned(), expression: Expression::Truth(true) }
    }

    /// A rule that never holds.
    #[must_use]
    pub fn never() -> Self {
        Self { text: "false".to_owned(), expression: Expression::Truth(false) }
    }

    /// The rule as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The thresholds that it names, in the order of its text, and their values.
    #[must_use]
    pub fn thresholds(&self) -> Vec<(&str, f64)> {
        let mut found = Vec::new();
        self.expression.walk(&mut |inner| {
            if let Expression::Threshold { name, value } = inner
                && !found.contains(&(name.as_str(), *value))
            {
                found.push((name.as_str(), *value));
            }
        });
        found
    }

    /// The series that it names, in the order of its text.
    #[must_use]
    pub fn series(&self) -> Vec<Series> {
        let mut found = Vec::new();
        self.expression.walk(&mut |inner| {
            if let Expression::Series { series, .. } = inner
                && !found.contains(series)
            {
                found.push(*series);
            }
        });
        found
    }
}

impl std::fmt::Display for Rule {
    /// Writes the rule in one way: single spaces, no needless brackets, thresholds by name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.expression.fmt(f)
    }
}
