//! What trading costs: fees a contract and half-spreads that widen with VIX.
//!
//! ```text
//! stress(VIX)       = 1 up to `calm_vix`, rising linearly to `stress_multiple` at `stress_vix`, flat above
//! condor half-spread = (h1 + (h45 - h1) sqrt-interpolated in days) x stress      index points, whole package
//! VX half-spread     = h x stress                                                VIX points
//! VIX option         = h x stress, at most the price where one is sold           VIX points
//! index              = h x stress                                                index points
//! ```

use serde::Serialize;

/// Fees and half-spreads.
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
    /// Half-spread of VX in a calm market, VIX points.
    pub vx_half_spread: f64,
    /// USD a mini VX contract and side.
    pub mini_vx_fee: f64,
    /// USD a VIX option and side; nothing for one that settles.
    pub vix_option_fee: f64,
    /// Half-spread of a VIX option in a calm market, VIX points.
    pub vix_option_half_spread: f64,
    /// Half-spread of the index in a calm market, index points.
    pub index_half_spread: f64,
    /// VIX up to which spreads are calm.
    pub calm_vix: f64,
    /// VIX from which spreads are at their widest.
    pub stress_vix: f64,
    /// How many times wider they then are.
    pub stress_multiple: f64,
}

impl Default for Costs {
    fn default() -> Self {
        Self {
            option_fee: 1.35,
            vx_fee: 3.25,
            condor_half_spread_1d: 0.05,
            condor_half_spread_45d: 0.22,
            vx_half_spread: 0.025,
            mini_vx_fee: 0.5,
            vix_option_fee: 1.35,
            vix_option_half_spread: 0.05,
            index_half_spread: 0.125,
            calm_vix: 20.0,
            stress_vix: 40.0,
            stress_multiple: 4.0,
        }
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
            mini_vx_fee: 0.0,
            vix_option_fee: 0.0,
            vix_option_half_spread: 0.0,
            index_half_spread: 0.0,
            ..Self::default()
        }
    }

    /// How many times wider than calm spreads are.
    #[must_use]
    pub fn stress(&self, vix: f64) -> f64 {
        let share = ((vix - self.calm_vix) / (self.stress_vix - self.calm_vix)).clamp(0.0, 1.0);
        1.0 + (self.stress_multiple - 1.0) * share
    }

    /// Half-spread of a condor package, index points.
    #[must_use]
    pub fn condor_half_spread(&self, days_to_expiry: f64, vix: f64) -> f64 {
        let share = ((days_to_expiry.max(1.0).sqrt() - 1.0) / (45f64.sqrt() - 1.0)).max(0.0);
        let calm = self.condor_half_spread_1d + (self.condor_half_spread_45d - self.condor_half_spread_1d) * share;
        calm * self.stress(vix)
    }

    /// Half-spread of VX, VIX points.
    #[must_use]
    pub fn vx_half_spread(&self, vix: f64) -> f64 {
        self.vx_half_spread * self.stress(vix)
    }

    /// Half-spread of a VIX option that is bought or sold at `price`, VIX points: nobody sells below nothing.
    #[must_use]
    pub fn vix_option_half_spread(&self, price: f64, sold: bool, vix: f64) -> f64 {
        let half_spread = self.vix_option_half_spread * self.stress(vix);
        if sold { half_spread.min(price) } else { half_spread }
    }

    /// Half-spread of the index, index points.
    #[must_use]
    pub fn index_half_spread(&self, vix: f64) -> f64 {
        self.index_half_spread * self.stress(vix)
    }
}
