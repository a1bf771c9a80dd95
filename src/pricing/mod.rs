//! Values under the risk-neutral measure, exact and tabulated. Only [`crate::model::RiskNeutral`] laws get in.

mod contour;
pub mod european;

pub use european::{European, OptionValue};
