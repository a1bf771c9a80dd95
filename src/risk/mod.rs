//! From outcomes to figures, each with its error.

mod account;
pub mod compare;
pub mod figure;
pub mod limit;
pub mod measure;
pub mod objective;
pub mod outcome;
pub mod summary;
pub mod tail;
pub mod warning;

pub use figure::{Figure, Quantity, Strategy};
pub use limit::{Comparison, Limit};
pub use measure::Measure;
pub use objective::{Demand, Goal};
pub use outcome::{Column, Component, ComponentKind, Outcomes, Values};
pub use summary::{LEVELS, SHORT_HORIZONS, Summary, SummaryTerms, summarise};
pub use tail::LossTail;
pub use warning::Warning;
