//! Accumulators that merge, order statistics and intervals.

pub mod batch;
pub mod binomial;
pub mod histogram;
pub mod interval;
pub mod level;
pub mod magnitudes;
pub mod moments;
pub mod paired;
pub mod pareto;
pub mod quantile;

pub use batch::batch_standard_error;
pub use binomial::Binomial;
pub use histogram::Histogram;
pub use interval::{Estimate, Interval, Z_95, wilson};
pub use level::Level;
pub use magnitudes::Magnitudes;
pub use moments::Moments;
pub use paired::Paired;
pub use pareto::Pareto;
pub use quantile::{QuantileRanks, UpperTail};
