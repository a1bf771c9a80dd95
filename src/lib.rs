//! Monte Carlo risk of short SPX iron condors hedged by layers of VIX futures and options.

pub mod book;
pub mod calendar;
pub mod cli;
pub mod engine;
pub mod error;
pub mod instrument;
pub mod math;
pub mod model;
pub mod path;
pub mod plan;
pub mod pricing;
pub mod random;
pub mod report;
pub mod risk;
pub mod scenario;
pub mod stats;
pub mod strategy;
pub mod units;

pub use error::{Error, Result};
