//! Which SPX strikes are listed.
//!
//! ```text
//! up to 91 days to expiry:  multiples of  5 within 15 % of spot, of  25 beyond
//! above 91 days:            multiples of 25 within 30 % of spot, of 100 beyond
//! ```
//!
//! A simplification of Cboe's listings, which follow demand. A finer strike is always listed where a coarser one would be.

/// Calendar days to expiry up to which strikes are dense.
pub const DENSE_STRIKE_DAYS: u32 = 91;

/// Strikes of one expiry: `fine` apart near the money, `coarse` apart elsewhere.
struct Spacing {
    fine: f64,
    coarse: f64,
    /// Largest |strike / spot - 1| of the fine strikes.
    fine_within: f64,
}

/// The listed strike nearest to `target` for options with `days` calendar days to expiry; the lower of two equally near.
///
/// All in index points; `target` and `spot` must be finite and positive.
#[must_use]
pub fn nearest_listed_strike(target: f64, spot: f64, days: u32) -> f64 {
    assert!(target > 0.0 && target.is_finite() && spot > 0.0 && spot.is_finite(), "target {target}, spot {spot}");
    let Spacing { fine, coarse, fine_within } = spacing(days);
    let lowest_fine = (spot * (1.0 - fine_within) / fine).ceil() * fine;
    let highest_fine = (spot * (1.0 + fine_within) / fine).floor() * fine;
    let coarse_strike = nearest_multiple(target, coarse).max(coarse);
    let fine_strike = nearest_multiple(target, fine).min(highest_fine).max(lowest_fine);
    let [lower, upper] = [coarse_strike.min(fine_strike), coarse_strike.max(fine_strike)];
    if upper - target < target - lower { upper } else { lower }
}

/// Index points between strikes near the money of options with `days` calendar days to expiry.
#[must_use]
pub fn listed_spacing(days: u32) -> f64 {
    spacing(days).fine
}

/// The multiple of `spacing` nearest to `target`, the lower of two.
fn nearest_multiple(target: f64, spacing: f64) -> f64 {
    (target / spacing - 0.5).ceil() * spacing
}

fn spacing(days: u32) -> Spacing {
    if days <= DENSE_STRIKE_DAYS {
        Spacing { fine: 5.0, coarse: 25.0, fine_within: 0.15 }
    } else {
        Spacing { fine: 25.0, coarse: 100.0, fine_within: 0.30 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_strikes_are_5_apart_and_far_ones_25() {
        for (target, expected) in
            [(6603.0, 6605.0), (6602.4, 6600.0), (6602.5, 6600.0), (5500.0, 5500.0), (5211.0, 5200.0), (7801.0, 7800.0)]
        {
            assert_eq!(nearest_listed_strike(target, 6600.0, 45), expected, "{target}");
        }
    }

    #[test]
    fn strikes_of_long_expiries_are_25_and_100_apart() {
        for (target, expected) in
            [(6611.0, 6600.0), (6613.0, 6625.0), (4541.0, 4500.0), (9000.0, 9000.0), (8651.0, 8700.0)]
        {
            assert_eq!(nearest_listed_strike(target, 6600.0, 92), expected, "{target}");
        }
    }

    #[test]
    fn the_edge_of_the_dense_strikes_belongs_to_them() {
        // 15 % below 6803 is 5782.55 and above it 7823.45: dense from 5785 to 7820, then 5775 and 7825.
        for (target, expected) in
            [(5786.0, 5785.0), (5781.0, 5785.0), (5780.0, 5775.0), (5763.0, 5775.0), (5762.0, 5750.0), (7824.0, 7825.0)]
        {
            assert_eq!(nearest_listed_strike(target, 6803.0, 91), expected, "{target}");
        }
    }

    #[test]
    fn no_listed_strike_lies_nearer_than_the_one_found() {
        let listed = |spot: f64| {
            (1..4000u32)
                .map(|n| 5.0 * f64::from(n))
                .filter(move |&strike| (strike / spot - 1.0).abs() <= 0.15 || strike % 25.0 == 0.0)
        };
        for spot in [403.7, 2999.0, 6612.35] {
            for step in 1..400u32 {
                let target = spot * f64::from(step) / 200.0;
                let found = nearest_listed_strike(target, spot, 30);
                let distance = |strike: f64| (strike - target).abs();
                assert!(listed(spot).any(|strike| strike == found), "{found} is not listed");
                assert!(listed(spot).all(|strike| distance(strike) >= distance(found)), "{target}: {found}");
            }
        }
    }
}
