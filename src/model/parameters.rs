//! The two-factor affine jump diffusion, its parameters under both measures, and what links them.
//!
//! ```text
//! dx1 = (b1 + g x2 - kappa1 x1) dt + sigma1 sqrt(x1) dW1 + Z dN
//! dx2 = (b2        - kappa2 x2) dt + sigma2 sqrt(x2) dW2
//! V   = x1 + beta x2                        spot variance
//! L   = l0 + l1 x1 + l2 x2                  jump intensity, a year
//! d ln S = (r - q - V/2 - L mbar + ERP) dt + sqrt(x1) dB1 + sqrt(beta x2) dB2 + J dN
//! d<B1,W1> = rho1 dt, d<B2,W2> = rho2 dt, all other pairs independent
//! ERP = eta_s V + L_P mbar_P - L_Q mbar_Q under P, nothing under Q
//! ```
//!
//! so the log drift under P is `r - q + (eta_s - 1/2) V - L_Q mbar_Q`: the compensator is the Q one in both measures.
//! An equivalent change of measure cannot touch `sigma`, `rho`, `beta`, and with the premia used here it leaves
//! `b1`, `b2` and `g` alone too: they are stored once, in [`Shared`]. SVCJ, Bates and Heston are special cases.

use std::marker::PhantomData;

use super::jumps::JumpLaw;
use super::measure::{Measure, Physical, RiskNeutral};
use crate::error::{DomainError, require};

/// One variance factor's measure-free part.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Factor {
    /// `b = kappa theta`, the constant part of the drift, variance a year.
    pub reversion: f64,
    /// `sigma`, volatility of variance.
    pub vol_of_variance: f64,
    /// `rho`, correlation of the factor with the part of the index that it drives.
    pub rho: f64,
}

/// What an equivalent change of measure leaves alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shared {
    /// The fast factor `x1`, the one that jumps.
    pub fast: Factor,
    /// The slow factor `x2`; all zero when switched off.
    pub slow: Factor,
    /// `beta`: how much of `x2` is spot variance.
    pub beta: f64,
    /// `g`: how strongly `x2` pulls the mean of `x1`.
    pub coupling: f64,
}

/// What a change of measure may change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dynamics<M: Measure> {
    /// `kappa1`, `kappa2`: speeds of mean reversion, a year.
    pub kappa: [f64; 2],
    /// `l0`, `l1`, `l2`: jump intensity a year, constant, per unit of `x1`, per unit of `x2`.
    pub intensity: [f64; 3],
    /// The law of one jump.
    pub jumps: JumpLaw,
    measure: PhantomData<M>,
}

impl<M: Measure> Dynamics<M> {
    /// Tags numbers with the measure they belong to.
    #[must_use]
    pub fn new(kappa: [f64; 2], intensity: [f64; 3], jumps: JumpLaw) -> Self {
        Self { kappa, intensity, jumps, measure: PhantomData }
    }
}

/// A model under one measure: all that a pricer (under Q) may see.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Law<M: Measure> {
    /// The measure-free part.
    pub shared: Shared,
    /// The tagged part.
    pub dynamics: Dynamics<M>,
}

/// Both variance factors at one moment. State has no measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State {
    /// Fast factor, annual variance.
    pub x1: f64,
    /// Slow factor, annual variance; zero in one-factor models.
    pub x2: f64,
}

impl<M: Measure> Law<M> {
    /// Checks domains and stability.
    ///
    /// # Errors
    /// The first parameter outside its domain. Stability asks `kappa1 > l1 mu_v`, `kappa2 > 0` and, with a feedback
    /// through `g` and `l2`, that means do not explode; they cannot, because `x2` does not depend on `x1`.
    pub fn new(shared: Shared, dynamics: Dynamics<M>) -> Result<Self, DomainError> {
        let kappa_allowed = "a number above 0 and at most 1000";
        require("kappa", dynamics.kappa[0], dynamics.kappa[0] > 0.0 && dynamics.kappa[0] <= 1000.0, kappa_allowed)?;
        validate_factor(&shared.fast, "")?;
        require("beta", shared.beta, (0.0..=100.0).contains(&shared.beta), "a number from 0 to 100")?;
        require("coupling", shared.coupling, (0.0..=1000.0).contains(&shared.coupling), "a number from 0 to 1000")?;
        for (name, value) in ["intensity", "intensity1", "intensity2"].into_iter().zip(dynamics.intensity) {
            require(name, value, (0.0..=1e6).contains(&value), "a number from 0 to 1,000,000")?;
        }
        dynamics.jumps.validated()?;
        let law = Self { shared, dynamics };
        if law.has_slow_factor() {
            require(
                "kappa2",
                dynamics.kappa[1],
                dynamics.kappa[1] > 0.0 && dynamics.kappa[1] <= 1000.0,
                kappa_allowed,
            )?;
            validate_factor(&shared.slow, "2")?;
        }
        let feedback = dynamics.intensity[1] * dynamics.jumps.mean_variance_jump;
        require(
            "intensity1 x mean_variance_jump",
            feedback,
            feedback < dynamics.kappa[0],
            "below kappa, or the variance explodes",
        )?;
        Ok(law)
    }

    /// Whether the second factor plays any part.
    #[must_use]
    pub fn has_slow_factor(&self) -> bool {
        self.shared.beta != 0.0 || self.shared.coupling != 0.0 || self.dynamics.intensity[2] != 0.0
    }

    /// Whether jumps can happen at all.
    #[must_use]
    pub fn has_jumps(&self) -> bool {
        self.dynamics.intensity.iter().any(|&l| l > 0.0)
    }

    /// `theta1`, `theta2`: the levels to which the factors revert, jumps and coupling apart.
    #[must_use]
    pub fn theta(&self) -> [f64; 2] {
        let slow = if self.dynamics.kappa[1] > 0.0 { self.shared.slow.reversion / self.dynamics.kappa[1] } else { 0.0 };
        [self.shared.fast.reversion / self.dynamics.kappa[0], slow]
    }

    /// Jump intensity a year in a state.
    #[must_use]
    pub fn intensity(&self, state: State) -> f64 {
        let [l0, l1, l2] = self.dynamics.intensity;
        l0 + l1 * state.x1 + l2 * state.x2
    }
}

fn validate_factor(factor: &Factor, suffix: &str) -> Result<(), DomainError> {
    let Factor { reversion, vol_of_variance, rho } = *factor;
    require(
        &format!("kappa{suffix} x theta{suffix}"),
        reversion,
        (0.0..=1000.0).contains(&reversion),
        "a number from 0 to 1000",
    )?;
    let vol_name = format!("vol_of_variance{suffix}");
    require(
        &vol_name,
        vol_of_variance,
        vol_of_variance > 0.0 && vol_of_variance <= 20.0,
        "a number above 0 and at most 20",
    )?;
    require(&format!("rho{suffix}"), rho, rho.abs() <= 1.0, "a number from -1 to 1")?;
    Ok(())
}

/// A model under both measures, with its equity premium.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Model {
    physical: Law<Physical>,
    risk_neutral: Law<RiskNeutral>,
    equity_premium: f64,
}

impl Model {
    /// Joins both measures over one set of shared parameters.
    ///
    /// `equity_premium` is `eta_s`: excess drift a year per unit of spot variance.
    ///
    /// # Errors
    /// A parameter outside its domain, or jumps that are possible under one measure only.
    pub fn new(
        shared: Shared,
        physical: Dynamics<Physical>,
        risk_neutral: Dynamics<RiskNeutral>,
        equity_premium: f64,
    ) -> Result<Self, DomainError> {
        require("equity_premium", equity_premium, equity_premium.abs() <= 100.0, "a number from -100 to 100")?;
        for i in 0..3 {
            let (p, q) = (physical.intensity[i], risk_neutral.intensity[i]);
            require(
                "intensity under the physical measure",
                p,
                (p > 0.0) == (q > 0.0),
                "above 0 exactly where it is above 0 under the risk-neutral measure",
            )?;
        }
        Ok(Self {
            physical: Law::new(shared, physical)?,
            risk_neutral: Law::new(shared, risk_neutral)?,
            equity_premium,
        })
    }

    /// The law that paths follow.
    #[must_use]
    pub fn physical(&self) -> &Law<Physical> {
        &self.physical
    }

    /// The law that marks use.
    #[must_use]
    pub fn risk_neutral(&self) -> &Law<RiskNeutral> {
        &self.risk_neutral
    }

    /// `eta_s`, the excess drift a year per unit of spot variance under P.
    #[must_use]
    pub fn equity_premium(&self) -> f64 {
        self.equity_premium
    }

    /// `mbar_Q`: with the intensity's coefficients under Q it compensates the index's jumps in the drift of both measures.
    #[must_use]
    pub fn compensator(&self) -> [f64; 3] {
        let mean_jump = self.risk_neutral.dynamics.jumps.mean_relative_jump();
        self.risk_neutral.dynamics.intensity.map(|l| l * mean_jump)
    }

    /// The same model with all premia set to zero: P becomes Q.
    #[must_use]
    pub fn without_premia(&self) -> Self {
        let Dynamics { kappa, intensity, jumps, .. } = self.risk_neutral.dynamics;
        let physical = Law { shared: self.risk_neutral.shared, dynamics: Dynamics::new(kappa, intensity, jumps) };
        Self { physical, risk_neutral: self.risk_neutral, equity_premium: 0.0 }
    }
}
