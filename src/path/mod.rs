//! Simulated histories under P.

pub mod factors;
