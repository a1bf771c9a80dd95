//! Numerical methods; no word of finance.

pub mod complex;
pub mod root;
