//! Values under the risk-neutral measure, exact and tabulated. Only [`crate::model::RiskNeutral`] laws get in.

mod contour;
pub mod european;
pub mod vix_future;

pub use european::{European, OptionValue};
pub use vix_future::VixFuture;
