//! Values under the risk-neutral measure, exact and tabulated. Only [`crate::model::RiskNeutral`] laws get in.

pub mod black;
mod contour;
pub mod european;
mod fan;
mod option_cell;
mod option_grid;
pub mod option_table;
pub mod skew_table;
pub mod smile;
pub mod vix_future;
pub mod vix_option;
pub mod vx_table;

pub use european::{European, OptionValue};
pub use option_table::{Located, OptionTable};
pub use skew_table::SkewTable;
pub use vix_future::VixFuture;
pub use vix_option::{VixOption, vvix};
pub use vx_table::VxTable;
