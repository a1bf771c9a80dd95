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

/// Through the states of the fit at a VIX of 13, 18 and 35, whose VIX futures curves it was made to match; elsewhere in
/// the shape of the mean given VIX over 4.9 million simulated years of closes (`benches/slow_state.rs`).
///
/// The simulated mean itself is 0.0062, 0.0151 and 0.0310 at those three, with standard errors below 1e-4; its ratio to
/// the fit's states is interpolated in ln VIX, is 1 up to 10.5 and stays what it is above 35. It is highest at a VIX of 30: most closes far above
/// follow a jump, which only the fast factor takes part in.
const DEFAULT_SLOW_STATE: [(f64, f64); 30] = [
    (9.00, 0.000_821),
    (9.74, 0.001_671),
    (10.55, 0.002_677),
    (11.42, 0.003_929),
    (12.36, 0.005_431),
    (13.00, 0.006_552_117_636_05),
    (14.49, 0.009_227),
    (15.69, 0.011_587),
    (16.99, 0.014_316),
    (18.00, 0.016_550_259_090_8),
    (19.91, 0.019_941),
    (21.56, 0.022_718),
    (23.34, 0.025_409),
    (25.26, 0.027_753),
    (27.35, 0.029_371),
    (29.61, 0.029_777),
    (32.06, 0.028_641),
    (35.00, 0.025_750_603_455_9),
    (37.58, 0.023_765),
    (40.68, 0.021_842),
    (44.05, 0.020_583),
    (47.68, 0.020_121),
    (51.63, 0.020_073),
    (55.89, 0.020_296),
    (60.51, 0.020_622),
    (65.51, 0.021_013),
    (70.92, 0.021_220),
    (76.79, 0.021_704),
    (83.13, 0.022_538),
    (90.00, 0.022_057),
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
            assert!(state.x2 < 0.98 * x2_max, "{vix}: {} of {x2_max}", state.x2);
        }
    }
}
