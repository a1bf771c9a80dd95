//! Margin of VX futures: a share of what a contract stands for, by month, more of it in stress.
//!
//! ```text
//! maintenance = |contracts| x price x multiplier x rate(month) x stress(VIX)
//! stress(VIX) = 1 up to `calm_vix`, rising linearly to `stress_multiple` at `stress_vix`, flat above
//! ```
//!
//! Exchanges and brokers set such rates; they change them within days when volatility rises, which is what the stress says.

use crate::units::VX_MULTIPLIER;

/// Maintenance margin of VX futures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VxMargin {
    /// Share of the notional: front month, second month, all further ones.
    pub rates: [f64; 3],
    /// VIX up to which the rates are as they are.
    pub calm_vix: f64,
    /// VIX from which they are highest.
    pub stress_vix: f64,
    /// How many times higher they then are.
    pub stress_multiple: f64,
}

impl Default for VxMargin {
    fn default() -> Self {
        Self { rates: [0.42, 0.30, 0.20], calm_vix: 20.0, stress_vix: 40.0, stress_multiple: 1.75 }
    }
}

impl VxMargin {
    /// Maintenance margin, USD, of a net position in the contract that expires as number `month`, 1 for the front one.
    ///
    /// `price` and `vix` are in VIX points. Long and short positions tie up the same.
    #[must_use]
    pub fn maintenance(&self, contracts: f64, month: u8, price: f64, vix: f64) -> f64 {
        let rate = self.rates[usize::from(month.clamp(1, 3)) - 1];
        contracts.abs() * price * VX_MULTIPLIER * (rate * self.stress(vix))
    }

    fn stress(&self, vix: f64) -> f64 {
        let share = ((vix - self.calm_vix) / (self.stress_vix - self.calm_vix)).clamp(0.0, 1.0);
        1.0 + (self.stress_multiple - 1.0) * share
    }
}
