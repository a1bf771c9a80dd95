//! What is held, what it costs and what it is worth.

pub mod cost;

pub use cost::Costs;
