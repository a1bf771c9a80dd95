//! Monte Carlo risk of short SPX iron condors hedged by layers of VIX futures and options.
//!
//! The way of a run: scenario file, [`plan`], batches of paths, marks, orders, ledger, one row of outcomes a path, figures,
//! report. The modules from the highest layer to the lowest; each names only lower lines, and modules on one line do not
//! see each other (`tests/architecture.rs` holds them to it):
//!
//! ```text
//! cli                     the command: arguments, progress, exit codes
//! report                  what figures look like: console, JSON, Parquet, HTML; computes no statistic
//! engine   scenario       batches in parallel, joined in order  |  files, their faults, what they mean
//! plan                    what a scenario means: typed, valid, immutable, with a digest
//! strategy                rules: what is visible now leads to orders; cannot see the next step
//! book     risk           what is held and what it costs  |  from outcomes to figures with errors
//! pricing  path           values under Q  |  paths under P
//! model    instrument     what a market can do  |  contracts: terms, no prices
//! random   calendar       addressed random streams  |  sessions, expiries, clocks
//! stats                   accumulators and estimators
//! math                    numerical kernels; no word of finance
//! error    units   threads
//! ```

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
pub mod threads;
pub mod units;

pub use error::{Error, Result};
