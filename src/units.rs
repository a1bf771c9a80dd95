//! Constants that tie units together.

/// Calendar days in a year of discounting and dividends (ACT/365).
pub const DAYS_PER_YEAR: f64 = 365.0;
/// Trading days in a year, by which VIX becomes an expected daily range.
pub const TRADING_DAYS_PER_YEAR: f64 = 252.0;
/// USD a point of an SPX option.
pub const SPX_OPTION_MULTIPLIER: f64 = 100.0;
/// USD a point of a VX future.
pub const VX_MULTIPLIER: f64 = 1000.0;
/// Calendar days over which VIX looks ahead.
pub const VIX_WINDOW_DAYS: i64 = 30;
/// Calendar days over which VIX9D looks ahead.
pub const VIX9D_WINDOW_DAYS: i64 = 9;
/// Calendar days over which VIX3M looks ahead.
pub const VIX3M_WINDOW_DAYS: i64 = 93;
