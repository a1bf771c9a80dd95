//! From outcomes to figures, each with its error.

mod account;
pub mod attribution;
pub mod compare;
pub mod contest;
pub mod convergence;
mod exposure;
pub mod extreme;
pub mod figure;
pub mod influence;
pub mod layers;
pub mod limit;
mod margin;
pub mod measure;
pub mod objective;
pub mod outcome;
pub mod profile;
pub mod ratio;
pub mod regime;
pub mod scatter;
pub mod score;
pub mod summary;
pub mod tail;
pub mod versus;
pub mod warning;

pub use contest::{Contest, Entrant, Verdict, contest};
pub use figure::{Figure, Quantity, Strategy};
pub use influence::Influence;
pub use limit::{Comparison, Limit};
pub use measure::Measure;
pub use objective::{Demand, Goal};
pub use outcome::{Column, Component, ComponentKind, Outcomes, Values};
pub use profile::{BANDS, Profile};
pub use score::{Baseline, Score, Yardstick};
pub use summary::{LEVELS, SHORT_HORIZONS, Summary, SummaryTerms, summarise};
pub use tail::LossTail;
pub use warning::Warning;
