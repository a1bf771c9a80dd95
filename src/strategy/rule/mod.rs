//! The rule language.

/// A parsed and checked rule.
#[derive(Debug, Clone)]
pub struct Rule {}
