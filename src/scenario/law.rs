//! The section `[model]`: a preset, a preset with changes, or every number.
//!
//! A key that is given replaces the preset's number and moves no other; since `kappa theta` is shared by both measures, it
//! follows from the risk-neutral `kappa` and `theta` as they then stand. Under the physical measure what is not given is the
//! preset's, or, in a custom model, the risk-neutral value, so that a premium is only where it is stated.

use crate::error::DomainError;
use crate::model::{Dynamics, Factor, JumpLaw, Law, Measure, Model, Physical, Preset, RiskNeutral, Shared};

use super::fault::{Fault, Faults, shown};
use super::keys::CUSTOM;
use super::value::{Slot, Table, Value};

/// The keys of one measure other than theta.
const DYNAMICS: [&str; 9] = [
    "kappa",
    "kappa2",
    "intensity",
    "intensity1",
    "intensity2",
    "mean_log_jump",
    "log_jump_vol",
    "mean_variance_jump",
    "jump_slope",
];
/// What a custom model must say.
const REQUIRED: [&str; 4] = ["vol_of_variance", "rho", "kappa", "theta"];
/// What a custom model with a second factor must say.
const REQUIRED_SLOW: [&str; 3] = ["vol_of_variance2", "kappa2", "theta2"];

/// A model as a scenario names it.
#[derive(Debug, Clone)]
pub(super) struct NamedModel {
    /// The preset that it starts from.
    pub(super) preset: Option<Preset>,
    /// `default`, `default (changed)`, `custom`, ...
    pub(super) name: String,
    pub(super) model: Model,
}

/// Fills in what the section does not say and builds the model; `None` where a fault prevents it.
pub(super) fn read_model(section: &mut Table, faults: &mut Faults) -> Option<NamedModel> {
    let preset = match section.slot("preset") {
        Slot::Faulty => return None,
        Slot::Good(Value::Text(name), _) => Preset::from_name(name),
        _ if spells_out(section) => None,
        _ => Some(Preset::Default),
    };
    let place = section.slot("preset").place();
    let name = preset.map_or(CUSTOM, Preset::name);
    section.set("preset", Value::text(name), place);
    match preset {
        Some(preset) => fill_from(section, preset),
        None => fill_custom(section, faults)?,
    }
    let model = build(section, preset, faults)?;
    require_a_level(section, faults)?;
    let name = match preset {
        Some(preset) if preset.model() != model => format!("{name} (changed)"),
        _ => name.to_owned(),
    };
    Some(NamedModel { preset, name, model })
}

/// A variance that reverts to nothing dies out, and its marks have no bounded cost.
fn require_a_level(section: &Table, faults: &mut Faults) -> Option<()> {
    const LOWEST: f64 = 1e-4;
    let risk_neutral = section.table("risk_neutral")?;
    let theta = risk_neutral.number("theta")?;
    if theta >= LOWEST || section.number("coupling")? > 0.0 {
        return Some(());
    }
    let title = format!("`model.risk_neutral.theta` is {theta}");
    let label = format!("must be at least {LOWEST} where `model.coupling` is 0");
    faults.add(Fault::new(risk_neutral.place("theta"), title, label));
    None
}

/// Without a preset, a risk-neutral law means that the model is custom.
fn spells_out(section: &Table) -> bool {
    section.table("risk_neutral").is_some_and(|table| table.keys.iter().any(|key| table.is_given(key.name)))
}

fn fill_from(section: &mut Table, preset: Preset) {
    let model = preset.model();
    let Shared { fast, slow, beta, coupling } = model.risk_neutral().shared;
    for (name, number) in [
        ("vol_of_variance", fast.vol_of_variance),
        ("rho", fast.rho),
        ("equity_premium", model.equity_premium()),
        ("vol_of_variance2", slow.vol_of_variance),
        ("rho2", slow.rho),
        ("beta", beta),
        ("coupling", coupling),
    ] {
        fill(section, name, number);
    }
    if let Some(table) = section.table_mut("risk_neutral") {
        fill_dynamics(table, &model.risk_neutral().dynamics);
        let [theta, theta2] = model.risk_neutral().theta();
        fill(table, "theta", theta);
        fill(table, "theta2", theta2);
    }
    if let Some(table) = section.table_mut("physical") {
        fill_dynamics(table, &model.physical().dynamics);
    }
}

fn fill_dynamics<M: Measure>(table: &mut Table, dynamics: &Dynamics<M>) {
    let JumpLaw { mean_log_jump, log_jump_vol, mean_variance_jump, jump_slope } = dynamics.jumps;
    let [kappa, kappa2] = dynamics.kappa;
    let [l0, l1, l2] = dynamics.intensity;
    let numbers = [kappa, kappa2, l0, l1, l2, mean_log_jump, log_jump_vol, mean_variance_jump, jump_slope];
    for (name, number) in DYNAMICS.into_iter().zip(numbers) {
        fill(table, name, number);
    }
}

fn fill_custom(section: &mut Table, faults: &mut Faults) -> Option<()> {
    let before = faults.len();
    let intensity2 = section.table("risk_neutral").and_then(|table| table.number("intensity2"));
    let has_slow =
        [section.number("beta"), section.number("coupling"), intensity2].into_iter().flatten().any(|x| x > 0.0);
    let required: Vec<&str> = if has_slow { [&REQUIRED[..], &REQUIRED_SLOW].concat() } else { REQUIRED.to_vec() };
    require(section, "model", &required, faults);
    require(section.table("risk_neutral")?, "model.risk_neutral", &required, faults);
    if faults.len() > before {
        return None;
    }
    for name in ["equity_premium", "vol_of_variance2", "rho2", "beta", "coupling"] {
        fill(section, name, 0.0);
    }
    let risk_neutral = section.table_mut("risk_neutral")?;
    for name in DYNAMICS.into_iter().chain(["theta2"]) {
        fill(risk_neutral, name, 0.0);
    }
    let values = DYNAMICS.map(|name| risk_neutral.number(name));
    let physical = section.table_mut("physical")?;
    for (name, value) in DYNAMICS.into_iter().zip(values) {
        fill(physical, name, value?);
    }
    Some(())
}

fn require(table: &Table, path: &str, names: &[&str], faults: &mut Faults) {
    let missing = table.keys.iter().filter(|key| names.contains(&key.name) && table.is_absent(key.name));
    for key in missing {
        let fault = Fault::new(
            table.place,
            format!("`{path}.{}` is missing", key.name),
            format!("a custom model must say `{}`", key.name),
        );
        faults.add(fault.help(format!("{}; or start from a preset: `preset = \"default\"` in [model]", key.about)));
    }
}

fn fill(table: &mut Table, name: &str, number: f64) {
    if table.is_absent(name) {
        table.set(name, Value::Number(number), None);
    }
}

fn build(section: &Table, preset: Option<Preset>, faults: &mut Faults) -> Option<Model> {
    let (risk_neutral, physical) = (section.table("risk_neutral")?, section.table("physical")?);
    let factor = |suffix: &str, index: usize| {
        Some(Factor {
            reversion: reversion(risk_neutral, suffix, index, preset)?,
            vol_of_variance: section.number(&format!("vol_of_variance{suffix}"))?,
            rho: section.number(&format!("rho{suffix}"))?,
        })
    };
    let shared = Shared {
        fast: factor("", 0)?,
        slow: factor("2", 1)?,
        beta: section.number("beta")?,
        coupling: section.number("coupling")?,
    };
    let q = dynamics::<RiskNeutral>(risk_neutral)?;
    let p = dynamics::<Physical>(physical)?;
    let mut refuse = |error: DomainError, table: &Table| faults.add(domain_fault(&error, section, table));
    let q_error = Law::new(shared, q).err();
    let p_error = Law::new(shared, p).err().filter(|error| Some(error) != q_error.as_ref());
    let good = q_error.is_none() && p_error.is_none();
    q_error.into_iter().for_each(|error| refuse(error, risk_neutral));
    p_error.into_iter().for_each(|error| refuse(error, physical));
    match Model::new(shared, p, q, section.number("equity_premium")?) {
        Ok(model) => Some(model),
        Err(error) => {
            if good {
                refuse(error, physical);
            }
            None
        }
    }
}

/// `kappa theta`. Where both are the preset's it is the preset's own number, to the last bit.
fn reversion(risk_neutral: &Table, suffix: &str, index: usize, preset: Option<Preset>) -> Option<f64> {
    let kappa = risk_neutral.number(&format!("kappa{suffix}"))?;
    let theta = risk_neutral.number(&format!("theta{suffix}"))?;
    let own = preset.map(|preset| *preset.model().risk_neutral()).filter(|law| {
        #[allow(clippy::float_cmp)] // the very number that the resolved file wrote out
        let same = law.dynamics.kappa[index] == kappa && law.theta()[index] == theta;
        same
    });
    Some(match own {
        Some(law) => [law.shared.fast, law.shared.slow][index].reversion,
        None => kappa * theta,
    })
}

fn dynamics<M: Measure>(table: &Table) -> Option<Dynamics<M>> {
    let jumps = JumpLaw {
        mean_log_jump: table.number("mean_log_jump")?,
        log_jump_vol: table.number("log_jump_vol")?,
        mean_variance_jump: table.number("mean_variance_jump")?,
        jump_slope: table.number("jump_slope")?,
    };
    let intensity = [table.number("intensity")?, table.number("intensity1")?, table.number("intensity2")?];
    Some(Dynamics::new([table.number("kappa")?, table.number("kappa2")?], intensity, jumps))
}

/// The fault of a combination of numbers, at the first of them that the scenario gives.
fn domain_fault(error: &DomainError, section: &Table, table: &Table) -> Fault {
    let words = || error.parameter.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let given = |table: &Table| {
        words()
            .find(|word| table.keys.iter().any(|key| key.name == *word) && table.is_given(word))
            .map(|word| table.place(word))
    };
    let place = given(table).or_else(|| given(section)).unwrap_or(table.place);
    Fault::new(
        place,
        format!("the model is not possible: {} is {}", error.parameter, shown((error.value * 1e6).round() / 1e6)),
        format!("must be {}", error.allowed),
    )
}
