//! Numerical methods; no word of finance.

pub mod complex;
pub mod correlate;
pub mod dispatch;
pub mod erf;
pub mod interpolate;
pub mod normal;
pub mod root;
pub mod rows;
pub mod vector;

pub use dispatch::InstructionSet;
pub use normal::{inverse_normal_cdf, normal_cdf};
pub use vector::{exp, ln};
