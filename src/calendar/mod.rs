//! Trading sessions, expiries and the two clocks.

pub mod clock;

pub use clock::{Clock, TimeLeft};
