//! Facts that the default world misses.

/// Facts outside their band, with the model's value.
#[rustfmt::skip]
pub const MISSES: &[(&str, f64)] = &[
];

/// Facts whose value lies so near the edge of its band that the Monte Carlo error hides on which side.
pub const ON_THE_EDGE: &[&str] = &[];
