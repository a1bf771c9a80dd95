//! Trading sessions, expiries and the two clocks.

pub mod clock;
pub mod expiry;
pub mod grid;
pub mod releases;
pub mod sessions;

pub use clock::{Clock, TimeLeft};
pub use expiry::{VixContract, nearest_spx_expiry};
pub use grid::{Grid, GridError};
pub use releases::{News, Schedule};
