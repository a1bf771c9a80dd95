//! Values under the risk-neutral measure, exact and tabulated. Only [`crate::model::RiskNeutral`] laws get in.

pub mod black;
mod chunk;
mod contour;
pub mod european;
mod fan;
mod fit;
mod jumps_alone;
mod lazy;
mod option_cell;
mod option_grid;
pub mod option_table;
pub mod query;
pub mod sensitivity;
pub mod skew_index;
pub mod skew_table;
pub mod smile;
pub mod strip;
mod surface;
pub mod vix_future;
pub mod vix_option;
mod vix_option_grid;
mod vix_option_samples;
pub mod vix_option_table;
mod vix_surface;
pub mod vx_table;

pub use european::{European, IndexTransform, OptionValue};
pub use option_table::{Located, OptionTable, Reading};
pub use query::{Discounting, Query, Want};
pub use sensitivity::Sensitivities;
pub use skew_table::SkewTable;
pub use vix_future::{VarianceTransform, VixFuture};
pub use vix_option::{VixOption, vvix};
pub use vix_option_table::{VixLocated, VixOptionTable};
pub use vx_table::VxTable;
