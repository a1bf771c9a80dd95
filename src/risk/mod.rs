//! From outcomes to figures, each with its error.

mod account;
pub mod attribution;
pub mod compare;
pub mod convergence;
mod exposure;
pub mod extreme;
pub mod figure;
mod hedge;
pub mod layers;
pub mod limit;
mod margin;
pub mod measure;
pub mod outcome;
pub mod profile;
pub mod ratio;
pub mod regime;
pub mod scatter;
mod splits;
pub mod summary;
pub mod tail;
pub mod versus;
pub mod warning;

pub use figure::{Figure, Quantity, Strategy};
pub use limit::{Comparison, Limit};
pub use measure::Measure;
pub use outcome::{Column, Component, ComponentKind, Outcomes, Values};
pub use profile::{BANDS, Profile};
pub use summary::{LEVELS, SHORT_HORIZONS, Summary, SummaryTerms, summarise};
pub use tail::LossTail;
pub use warning::Warning;
