//! From outcomes to figures, each with its error.

pub mod compare;
pub mod figure;
pub mod outcome;
pub mod tail;

pub use figure::Figure;
pub use outcome::{Column, Component, ComponentKind, Outcomes, Values};
