//! How the P&L of all paths spreads day by day.

/// The probabilities of the quantiles kept.
pub const BANDS: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/// Quantiles of the P&L over cash of both accounts on some days of a run.
///
/// For pictures: they come from counts in cells and are good to a fraction of a per cent of the value.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profile {
    /// Trading days from the start, ascending; the first is 0 and the last the horizon.
    pub days: Vec<u32>,
    /// Quantiles at [`BANDS`], USD, one row a day.
    pub hedged_usd: Vec<[f64; BANDS.len()]>,
    /// The same without the hedge.
    pub unhedged_usd: Vec<[f64; BANDS.len()]>,
}
