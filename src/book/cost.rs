//! What trading costs: fees a contract, half-spreads that widen in stress, and what size adds to them.
//!
//! ```text
//! s           = 0 up to `calm_vix`, rising linearly to 1 at `stress_vix`, at the level VIX + `vix_rise_weight` x rise of the day
//! spreads     x 1 + (`stress_multiple` - 1) s,    depth x 1 - (1 - `depth_in_stress`) s,    in a crunch times its own
//! condor      h1 at 1 day to expiry, h45 at 45, linear in the root of days            index points, whole package
//! n of 4 legs of the package, `one_leg_share` of it for one, evenly more for each other
//! VX          h up to 45 days to expiry, linear to `vx_half_spread_far` at 180        VIX points; VIX options likewise
//! size        half-spread x (1 + sqrt(contracts / depth))
//! ```
//!
//! The root is the law of market impact that is found in all markets (Bouchaud, Bonart, Donier and Gould, Trades, Quotes
//! and Prices, 2018, chapter 12). Several legs traded as a package cross a smaller part of their spreads than each by itself:
//! brokers reckon with 75 % of the half-spread of one leg and 56 % of those of four, so one leg costs 0.75 / 0.56 / 4 of them.

use serde::Serialize;

/// Fees, half-spreads and depths.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Costs {
    /// USD an SPX option contract and side; nothing for one that expires or settles.
    pub option_fee: f64,
    /// USD a VX contract and side.
    pub vx_fee: f64,
    /// Half-spread of a whole condor with one day to expiry in a calm market, index points.
    pub condor_half_spread_1d: f64,
    /// Half-spread of a whole condor with 45 days to expiry in a calm market, index points.
    pub condor_half_spread_45d: f64,
    /// Half-spread of one leg traded by itself, a share of the package's of four.
    pub one_leg_share: f64,
    /// Half-spread of VX in a calm market, VIX points.
    pub vx_half_spread: f64,
    /// The same with [`FAR_DAYS`] or more to expiry; none: as near ones.
    pub vx_half_spread_far: Option<f64>,
    /// USD a mini VX contract and side.
    pub mini_vx_fee: f64,
    /// USD a VIX option and side; nothing for one that settles.
    pub vix_option_fee: f64,
    /// Half-spread of a VIX option in a calm market, VIX points.
    pub vix_option_half_spread: f64,
    /// The same with [`FAR_DAYS`] or more to expiry; none: as near ones.
    pub vix_option_half_spread_far: Option<f64>,
    /// Half-spread of the index in a calm market, index points.
    pub index_half_spread: f64,
    /// Level up to which spreads are calm, VIX points.
    pub calm_vix: f64,
    /// Level from which spreads are at their widest, VIX points.
    pub stress_vix: f64,
    /// How many times wider they then are.
    pub stress_multiple: f64,
    /// Points of the level that a point counts as by which VIX has risen since the close before.
    pub vix_rise_weight: f64,
    /// Condors that a calm market takes for another half-spread; none: any number at the half-spread.
    pub condor_depth: Option<f64>,
    /// The same of VX contracts; a mini contract counts a tenth.
    pub vx_depth: Option<f64>,
    /// The same of VIX options.
    pub vix_option_depth: Option<f64>,
    /// Share of the depth that stress leaves.
    pub depth_in_stress: f64,
}

/// Calendar days to expiry up to which the half-spread of VX and VIX options is the near one.
pub const NEAR_DAYS: f64 = 45.0;
/// Calendar days to expiry from which it is the far one.
pub const FAR_DAYS: f64 = 180.0;

impl Default for Costs {
    fn default() -> Self {
        Self {
            option_fee: 1.35,
            vx_fee: 3.25,
            condor_half_spread_1d: 0.05,
            condor_half_spread_45d: 0.22,
            one_leg_share: 0.335,
            vx_half_spread: 0.025,
            vx_half_spread_far: None,
            mini_vx_fee: 0.5,
            vix_option_fee: 1.35,
            vix_option_half_spread: 0.05,
            vix_option_half_spread_far: None,
            index_half_spread: 0.125,
            calm_vix: 20.0,
            stress_vix: 40.0,
            stress_multiple: 4.0,
            vix_rise_weight: 0.0,
            condor_depth: None,
            vx_depth: None,
            vix_option_depth: None,
            depth_in_stress: 0.25,
        }
    }
}

/// How liquid a market is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strain {
    /// How many times wider than calm spreads are.
    pub spreads: f64,
    /// What is left of calm depth, a share.
    pub depth: f64,
}

impl Strain {
    /// The same market with spreads so many times wider and such a share of its depth.
    #[must_use]
    pub fn times(self, spreads: f64, depth: f64) -> Self {
        Self { spreads: self.spreads * spreads, depth: self.depth * depth }
    }

    /// How many times its half-spread a trade of `contracts` pays.
    fn impact(self, contracts: f64, depth: Option<f64>) -> f64 {
        depth.map_or(1.0, |depth| 1.0 + (contracts / (depth * self.depth)).sqrt())
    }
}

impl Costs {
    /// No fees, fills at marks.
    #[must_use]
    pub fn free() -> Self {
        Self {
            option_fee: 0.0,
            vx_fee: 0.0,
            condor_half_spread_1d: 0.0,
            condor_half_spread_45d: 0.0,
            vx_half_spread: 0.0,
            vx_half_spread_far: None,
            mini_vx_fee: 0.0,
            vix_option_fee: 0.0,
            vix_option_half_spread: 0.0,
            vix_option_half_spread_far: None,
            index_half_spread: 0.0,
            ..Self::default()
        }
    }

    /// How liquid a market is in which VIX has risen by `rise` points since the close before.
    #[must_use]
    pub fn strain(&self, vix: f64, rise: f64) -> Strain {
        let level = vix + self.vix_rise_weight * rise.max(0.0);
        let share = ((level - self.calm_vix) / (self.stress_vix - self.calm_vix)).clamp(0.0, 1.0);
        Strain {
            spreads: 1.0 + (self.stress_multiple - 1.0) * share,
            depth: 1.0 - (1.0 - self.depth_in_stress) * share,
        }
    }

    /// What some legs cost of a package of four.
    fn share_of_package(&self, legs: usize) -> f64 {
        1.0 - (1.0 - self.one_leg_share) * ((4.0 - legs as f64) / 3.0)
    }

    /// Half-spread of `legs` of a condor in an order of `lots`, index points.
    #[must_use]
    pub fn condor_half_spread(&self, legs: usize, lots: f64, days_to_expiry: f64, strain: Strain) -> f64 {
        let share = ((days_to_expiry.max(1.0).sqrt() - 1.0) / (45f64.sqrt() - 1.0)).max(0.0);
        let calm = self.condor_half_spread_1d + (self.condor_half_spread_45d - self.condor_half_spread_1d) * share;
        calm * strain.spreads * self.share_of_package(legs) * strain.impact(lots, self.condor_depth)
    }

    /// Half-spread of VX in an order of so many contracts, VIX points.
    #[must_use]
    pub fn vx_half_spread(&self, contracts: f64, days_to_expiry: f64, strain: Strain) -> f64 {
        let calm = by_expiry(self.vx_half_spread, self.vx_half_spread_far, days_to_expiry);
        calm * strain.spreads * strain.impact(contracts, self.vx_depth)
    }

    /// Half-spread of `contracts` packages of VIX options, VIX points: each option, bought or sold at its price, pays its
    /// own, two together less; nobody sells below nothing.
    #[must_use]
    pub fn vix_option_half_spread(
        &self,
        options: &[(f64, bool)],
        contracts: f64,
        days_to_expiry: f64,
        strain: Strain,
    ) -> f64 {
        let calm = by_expiry(self.vix_option_half_spread, self.vix_option_half_spread_far, days_to_expiry);
        let together = self.share_of_package(options.len()) / (options.len() as f64 * self.share_of_package(1));
        let half_spread = calm * strain.spreads * together * strain.impact(contracts, self.vix_option_depth);
        options.iter().map(|&(price, sold)| if sold { half_spread.min(price) } else { half_spread }).sum()
    }

    /// Half-spread of the index, index points.
    #[must_use]
    pub fn index_half_spread(&self, strain: Strain) -> f64 {
        self.index_half_spread * strain.spreads
    }
}

/// A half-spread between its near and its far value.
fn by_expiry(near: f64, far: Option<f64>, days: f64) -> f64 {
    let share = ((days - NEAR_DAYS) / (FAR_DAYS - NEAR_DAYS)).clamp(0.0, 1.0);
    far.map_or(near, |far| near + (far - near) * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALM: Strain = Strain { spreads: 1.0, depth: 1.0 };

    fn close(value: f64, expected: f64) -> bool {
        (value - expected).abs() < 1e-12
    }

    #[test]
    fn spreads_widen_and_depth_shrinks_with_the_level_of_vix_and_its_rise() {
        let costs = Costs { vix_rise_weight: 0.5, ..Costs::default() };
        for (vix, rise, spreads, depth) in [
            (15.0, 0.0, 1.0, 1.0),
            (20.0, -8.0, 1.0, 1.0),
            (30.0, -3.0, 2.5, 0.625),
            (20.0, 20.0, 2.5, 0.625),
            (40.0, 0.0, 4.0, 0.25),
            (60.0, 30.0, 4.0, 0.25),
        ] {
            let strain = costs.strain(vix, rise);
            assert!(close(strain.spreads, spreads) && close(strain.depth, depth), "{vix} {rise}: {strain:?}");
        }
        assert_eq!(Costs::default().strain(20.0, 20.0), CALM, "by default a rise counts for nothing by itself");
        assert_eq!(CALM.times(3.0, 0.5), Strain { spreads: 3.0, depth: 0.5 });
    }

    #[test]
    fn legs_traded_together_cross_a_smaller_part_of_their_spreads() {
        let costs = Costs { condor_half_spread_45d: 0.4, ..Costs::default() };
        let half_spread = |legs| costs.condor_half_spread(legs, 10.0, 45.0, CALM);
        assert!(close(half_spread(4), 0.4) && close(half_spread(1), 0.134));
        // Two cost more than half of four, and less than one twice.
        assert!(close(half_spread(2), 0.4 * (0.335 + 0.665 / 3.0)));
        let apart = Costs { one_leg_share: 0.25, ..costs };
        assert!(close(apart.condor_half_spread(3, 10.0, 45.0, CALM), 0.3));
        assert!(close(costs.condor_half_spread(4, 1.0, 1.0, CALM), 0.05));
    }

    #[test]
    fn a_trade_of_the_whole_depth_pays_another_half_spread() {
        let costs = Costs {
            condor_depth: Some(200.0),
            vx_depth: Some(800.0),
            vix_option_depth: Some(1000.0),
            ..Costs::default()
        };
        let stress = costs.strain(40.0, 0.0);
        assert!(close(costs.condor_half_spread(4, 200.0, 45.0, CALM), 2.0 * 0.22));
        assert!(close(costs.condor_half_spread(4, 50.0, 45.0, CALM), 1.5 * 0.22));
        // Four times the spread, on a quarter of the depth.
        assert!(close(costs.condor_half_spread(4, 50.0, 45.0, stress), 4.0 * 2.0 * 0.22));
        assert!(close(costs.vx_half_spread(8.0, 20.0, CALM), 1.1 * 0.025));
        assert!(close(costs.vix_option_half_spread(&[(2.0, false)], 10.0, 30.0, CALM), 1.1 * 0.05));
    }

    #[test]
    fn far_contracts_have_wider_spreads_where_they_are_given() {
        let costs =
            Costs { vx_half_spread_far: Some(0.05), vix_option_half_spread_far: Some(0.11), ..Costs::default() };
        for (days, vx, option) in [(10.0, 0.025, 0.05), (45.0, 0.025, 0.05), (112.5, 0.0375, 0.08), (300.0, 0.05, 0.11)]
        {
            assert!(close(costs.vx_half_spread(3.0, days, CALM), vx), "{days}");
            assert!(close(costs.vix_option_half_spread(&[(2.0, true)], 3.0, days, CALM), option), "{days}");
            assert!(close(Costs::default().vx_half_spread(3.0, days, CALM), 0.025), "{days}");
        }
    }
}
