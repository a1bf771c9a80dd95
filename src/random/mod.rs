//! Random numbers that are functions of an address: seed, path, step, purpose and block.

pub mod draws;
pub mod hypercube;
pub mod philox;
pub mod stream;

pub use draws::{Draw, DrawLanes, LANES, Lanes, fill_draws, fill_student_t, student_t};
pub use hypercube::{derived_seed, latin_hypercube};
pub use stream::{Address, Purpose, Stream};
