//! The law of one jump: `Z ~ Exp(mean mu_v)` in the first variance factor, `J | Z ~ N(mu_J + rho_J Z, delta^2)` in the log index.

use crate::error::{DomainError, require};

/// The law of one simultaneous jump of index and variance (Duffie, Pan and Singleton 2000, "SVCJ").
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct JumpLaw {
    /// `mu_J`: mean log jump of the index when the variance does not jump.
    pub mean_log_jump: f64,
    /// `delta`: standard deviation of the log jump given the variance jump.
    pub log_jump_vol: f64,
    /// `mu_v`: mean jump of the first variance factor, annual variance.
    pub mean_variance_jump: f64,
    /// `rho_J`: change of the mean log jump per unit of variance jump.
    pub jump_slope: f64,
}

impl JumpLaw {
    /// Checks every parameter, `rho_J mu_v < 1` included.
    ///
    /// # Errors
    /// The first parameter outside its domain.
    pub fn validated(self) -> Result<Self, DomainError> {
        let Self { mean_log_jump, log_jump_vol, mean_variance_jump, jump_slope } = self;
        require("mean_log_jump", mean_log_jump, mean_log_jump.abs() <= 5.0, "a number from -5 to 5")?;
        require("log_jump_vol", log_jump_vol, (0.0..=5.0).contains(&log_jump_vol), "a number from 0 to 5")?;
        require(
            "mean_variance_jump",
            mean_variance_jump,
            (0.0..=10.0).contains(&mean_variance_jump),
            "a number from 0 to 10",
        )?;
        require("jump_slope", jump_slope, jump_slope.is_finite(), "a finite number")?;
        let product = jump_slope * mean_variance_jump;
        require(
            "jump_slope x mean_variance_jump",
            product,
            product < 1.0,
            "below 1, or the mean jump of the index is infinite",
        )?;
        Ok(self)
    }

    /// `mbar = E[e^J] - 1`, the mean relative jump of the index.
    #[must_use]
    pub fn mean_relative_jump(&self) -> f64 {
        let exponent = self.mean_log_jump + 0.5 * self.log_jump_vol * self.log_jump_vol;
        let slope = self.jump_slope * self.mean_variance_jump;
        // expm1(x) / (1 - s) + s / (1 - s) keeps the digits of small jumps.
        (libm::expm1(exponent) + slope) / (1.0 - slope)
    }

    /// `E[J] = mu_J + rho_J mu_v`, the mean log jump of the index.
    #[must_use]
    pub fn mean_log(&self) -> f64 {
        self.mean_log_jump + self.jump_slope * self.mean_variance_jump
    }
}
