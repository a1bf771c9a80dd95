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

/// From the fit; between the knots the mean is interpolated linearly.
const DEFAULT_SLOW_STATE: [(f64, f64); 3] =
    [(13.0, 0.006_552_117_636_05), (18.0, 0.016_550_259_090_8), (35.0, 0.025_750_603_455_9)];

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
