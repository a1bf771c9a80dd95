//! Numerical methods; no word of finance.

pub mod dispatch;
pub mod normal;
pub mod vector;

pub use dispatch::InstructionSet;
pub use normal::{inverse_normal_cdf, normal_cdf};
pub use vector::{exp, ln};
