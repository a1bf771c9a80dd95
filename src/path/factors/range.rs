//! The expected daily range of the index (EDR), a fraction of it.
//!
//! ```text
//! EDR = multiple / (100 sqrt 252) (w0 VIX + w9 VIX9D + wr RV20),   w0 = 1 - w9 - wr
//! RV20 = 100 sqrt(252) s,   s the sample standard deviation of the last twenty log returns
//! ```

use crate::math::ln;

/// Log returns behind the realised volatility.
pub const REALIZED_DAYS: usize = 20;

/// What the expected daily range is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DailyRange {
    /// Multiple of the daily volatility.
    pub multiple: f64,
    /// Weight of VIX9D.
    pub vix9d_weight: f64,
    /// Weight of the realised volatility of twenty days.
    pub realized_weight: f64,
}

impl Default for DailyRange {
    fn default() -> Self {
        Self { multiple: 1.0, vix9d_weight: 0.0, realized_weight: 0.0 }
    }
}

impl DailyRange {
    /// The range, a fraction of the index, from VIX, VIX9D and realised volatility, all in points.
    ///
    /// A part without weight is not looked at, so it may be unknown.
    #[must_use]
    pub fn of(&self, vix: f64, vix9d: f64, realized: f64) -> f64 {
        let mut volatility = 0.0;
        for (weight, points) in [
            (1.0 - self.vix9d_weight - self.realized_weight, vix),
            (self.vix9d_weight, vix9d),
            (self.realized_weight, realized),
        ] {
            if weight > 0.0 {
                volatility += weight * points;
            }
        }
        self.multiple * volatility / (100.0 * super::ROOT_TRADING_DAYS)
    }
}

/// Realised volatility, points, of the last [`REALIZED_DAYS`] log returns of closes in their order; NaN where a close is
/// missing or there are too few.
#[must_use]
pub fn realized_volatility(closes: impl ExactSizeIterator<Item = f64>) -> f64 {
    let skipped = closes.len().checked_sub(REALIZED_DAYS + 1);
    let Some(skipped) = skipped else { return f64::NAN };
    let mut returns = [0.0; REALIZED_DAYS];
    let mut before = f64::NAN;
    for (at, close) in closes.skip(skipped).enumerate() {
        if at > 0 {
            returns[at - 1] = if close > 0.0 && before > 0.0 { ln(close / before) } else { f64::NAN };
        }
        before = close;
    }
    let n = REALIZED_DAYS as f64;
    let mean = returns.iter().sum::<f64>() / n;
    let squares: f64 = returns.iter().map(|x| (x - mean) * (x - mean)).sum();
    100.0 * super::ROOT_TRADING_DAYS * (squares / (n - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vix_of_14_9_is_a_range_of_0_94_percent() {
        let range = DailyRange::default().of(14.9, f64::NAN, f64::NAN);
        assert!((range - 0.009_386).abs() < 1e-6, "{range}");
    }

    #[test]
    fn the_blend_weighs_what_it_says() {
        let range = DailyRange { multiple: 1.5, vix9d_weight: 0.25, realized_weight: 0.5 };
        let expected = 1.5 * (0.25 * 20.0 + 0.25 * 16.0 + 0.5 * 12.0) / 100.0 / 252.0_f64.sqrt();
        assert!((range.of(20.0, 16.0, 12.0) - expected).abs() < 1e-15);
        assert!(range.of(20.0, 16.0, f64::NAN).is_nan());
    }

    #[test]
    fn realized_volatility_is_the_sample_deviation_of_twenty_returns() {
        // Returns of +1 % and -1 % in turn: mean 0, sample deviation 0.01 sqrt(20/19).
        let mut closes = vec![f64::NAN, 100.0];
        for day in 0..REALIZED_DAYS {
            let step = if day % 2 == 0 { 0.01 } else { -0.01 };
            closes.push(closes[closes.len() - 1] * libm::exp(step));
        }
        let found = realized_volatility(closes.iter().copied());
        let expected = 100.0 * 252.0_f64.sqrt() * 0.01 * (20.0_f64 / 19.0).sqrt();
        assert!((found - expected).abs() < 1e-10, "{found} {expected}");
        assert!(realized_volatility(closes[2..].iter().copied()).is_nan(), "twenty closes are nineteen returns");
        assert!(realized_volatility(std::iter::repeat_n(f64::NAN, 30)).is_nan());
    }
}
