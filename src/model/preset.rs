//! The named models and where their numbers come from.
//!
//! `default` and `svcj` were fitted in 2026 jointly to SPX and VIX option smiles and VIX futures curves of three days
//! (2022-06-10, 2023-02-15, 2023-09-14; risk-neutral) and to daily facts of SPX and VIX since 1990 (real-world).
//! `bates` and `heston` are illustrative; Heston's risk-neutral variance is that of Brenner, Shu and Zhang (2007).

use super::jumps::JumpLaw;
use super::parameters::{Dynamics, Factor, Model, Shared};

/// A named set of model parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Two factors, jumps whose intensity follows the slow one.
    Default,
    /// One factor, simultaneous jumps in index and variance.
    Svcj,
    /// One factor, jumps in the index only.
    Bates,
    /// One factor, no jumps.
    Heston,
}

impl Preset {
    /// Every preset, in the order shown to users.
    pub const ALL: [Self; 4] = [Self::Default, Self::Svcj, Self::Bates, Self::Heston];

    /// The name in scenario files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Svcj => "svcj",
            Self::Bates => "bates",
            Self::Heston => "heston",
        }
    }

    /// One line for people.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Default => {
                "two variance factors, index and variance jumps whose intensity follows the slow factor; fitted"
            }
            Self::Svcj => "one variance factor, index and variance jump together; fitted",
            Self::Bates => "one variance factor, only the index jumps; illustrative",
            Self::Heston => "one variance factor, no jumps; illustrative",
        }
    }

    /// The preset of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// The parameters under both measures.
    #[must_use]
    pub fn model(self) -> Model {
        let model = match self {
            Self::Default => default_model(),
            Self::Svcj => svcj_model(),
            Self::Bates => bates_model(),
            Self::Heston => heston_model(),
        };
        model.unwrap_or_else(|error| unreachable!("preset {} is valid: {error}", self.name()))
    }

    /// Mean of the slow state given VIX in the stationary real-world law, as knots (VIX, x2); none for one factor.
    #[must_use]
    pub fn slow_state_given_vix(self) -> Option<&'static [(f64, f64)]> {
        match self {
            Self::Default => Some(&DEFAULT_SLOW_STATE),
            _ => None,
        }
    }
}

/// From 4.9 million simulated years of closes (`benches/slow_state.rs`); between the knots the mean is interpolated
/// linearly, which errs by up to 2e-4 (second differences).
///
/// Standard errors are at most 1e-5 up to a VIX of 25, 6e-5 up to 56, 4e-4 up to 77, and 7e-4 and 2e-3 at the last two.
/// The mean is highest at a VIX of 31: most closes far above follow a jump, which only the fast factor takes part in.
const DEFAULT_SLOW_STATE: [(f64, f64); 30] = [
    (9.00, 0.000_821),
    (9.74, 0.001_671),
    (10.55, 0.002_677),
    (11.42, 0.003_845),
    (12.36, 0.005_205),
    (13.39, 0.006_804),
    (14.49, 0.008_627),
    (15.69, 0.010_742),
    (16.99, 0.013_160),
    (18.39, 0.015_879),
    (19.91, 0.018_914),
    (21.56, 0.022_217),
    (23.34, 0.025_642),
    (25.26, 0.028_927),
    (27.35, 0.031_659),
    (29.61, 0.033_231),
    (32.06, 0.033_135),
    (34.71, 0.031_316),
    (37.58, 0.028_653),
    (40.68, 0.026_334),
    (44.05, 0.024_816),
    (47.68, 0.024_260),
    (51.63, 0.024_202),
    (55.89, 0.024_470),
    (60.51, 0.024_864),
    (65.51, 0.025_335),
    (70.92, 0.025_585),
    (76.79, 0.026_168),
    (83.13, 0.027_174),
    (90.00, 0.026_594),
];

type Checked = Result<Model, crate::error::DomainError>;

fn one_factor(reversion: f64, vol_of_variance: f64, rho: f64) -> Shared {
    let fast = Factor { reversion, vol_of_variance, rho };
    Shared { fast, slow: Factor::default(), beta: 0.0, coupling: 0.0 }
}

fn default_model() -> Checked {
    let shared = Shared {
        fast: Factor { reversion: 0.077_115, vol_of_variance: 1.16, rho: -0.95 },
        slow: Factor { reversion: 0.014_85, vol_of_variance: 0.143, rho: -0.95 },
        beta: 1.0,
        coupling: 0.0,
    };
    let intensity = [0.058, 0.0, 9.15];
    let physical =
        JumpLaw { mean_log_jump: -0.0516, log_jump_vol: 0.01, mean_variance_jump: 0.0863, jump_slope: -0.296 };
    let risk_neutral =
        JumpLaw { mean_log_jump: 0.0, log_jump_vol: 0.01, mean_variance_jump: 0.495, jump_slope: -0.296 };
    Model::new(
        shared,
        Dynamics::new([7.95, 0.99], intensity, physical),
        Dynamics::new([5.42, 0.347], intensity, risk_neutral),
        2.217_997_668_32,
    )
}

fn svcj_model() -> Checked {
    let intensity = [0.0625, 0.0, 0.0];
    let physical =
        JumpLaw { mean_log_jump: 0.0097, log_jump_vol: 0.098, mean_variance_jump: 0.0756, jump_slope: -0.568 };
    let risk_neutral =
        JumpLaw { mean_log_jump: 0.0, log_jump_vol: 0.098, mean_variance_jump: 0.495, jump_slope: -0.568 };
    Model::new(
        one_factor(0.106_08, 0.571, -0.834),
        Dynamics::new([4.16, 0.0], intensity, physical),
        Dynamics::new([1.94, 0.0], intensity, risk_neutral),
        2.185_570_781_32,
    )
}

fn bates_model() -> Checked {
    let intensity = [0.6, 0.0, 0.0];
    let physical = JumpLaw { mean_log_jump: -0.03, log_jump_vol: 0.05, ..JumpLaw::default() };
    let risk_neutral = JumpLaw { mean_log_jump: -0.08, log_jump_vol: 0.09, ..JumpLaw::default() };
    Model::new(
        one_factor(0.12, 0.55, -0.75),
        Dynamics::new([5.0, 0.0], intensity, physical),
        Dynamics::new([4.0, 0.0], intensity, risk_neutral),
        1.5,
    )
}

fn heston_model() -> Checked {
    let none = JumpLaw::default();
    Model::new(
        one_factor(0.181_868_495, 0.5885, -0.75),
        Dynamics::new([7.5, 0.0], [0.0; 3], none),
        Dynamics::new([5.5805, 0.0], [0.0; 3], none),
        2.5,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::VixMap;

    #[test]
    fn the_mean_slow_state_leaves_the_fast_factor_something_at_every_vix() {
        let map = VixMap::new(Preset::Default.model().risk_neutral(), 30.0 / 365.0).unwrap();
        assert!(DEFAULT_SLOW_STATE.windows(2).all(|knots| knots[0].0 < knots[1].0));
        for tenths in 90..=1000 {
            let vix = f64::from(tenths) / 10.0;
            let state = map.state_from_vix(vix, Preset::Default.slow_state_given_vix()).unwrap();
            let x2_max = map.extremes(vix)[1].x2;
            assert!(state.x2 < 0.96 * x2_max, "{vix}: {} of {x2_max}", state.x2);
        }
    }
}
