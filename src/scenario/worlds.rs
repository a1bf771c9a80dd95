//! Other worlds for the same scenario: whether what holds in one market model holds in others as well.
//!
//! Each world is the scenario with a few assignments more. The first day's VIX stays as it is, so every model starts from the
//! variance that gives it.

use super::merge::Override;
use crate::model::Preset;
use crate::plan::Plan;

/// How much larger jumps are in the world of heavier ones, in the index and in variance.
const HEAVIER: f64 = 1.5;
/// How many times more jumps follow the weakest breadth where it foretells them.
const SKILL: f64 = 3.0;

/// A scenario's world changed in one respect.
#[derive(Debug, Clone, PartialEq)]
pub struct World {
    /// What it is called.
    pub name: String,
    /// What is assigned.
    pub overrides: Vec<Override>,
}

/// The worlds under which a recommendation for `plan` is tried.
#[must_use]
pub fn worlds(plan: &Plan) -> Vec<World> {
    let set = |key: &str, value: &str| Override::option("--fragility", key, value);
    let mut worlds: Vec<World> = [Preset::Default, Preset::Svcj, Preset::Bates, Preset::Heston]
        .into_iter()
        .filter(|preset| preset.name() != plan.model_name)
        .map(|preset| World {
            name: format!("model {}", preset.name()),
            overrides: vec![set("model.preset", preset.name())],
        })
        .collect();
    if plan.model.risk_neutral().has_jumps() {
        worlds.push(World { name: format!("jumps {HEAVIER} times as large"), overrides: heavier_jumps(plan) });
    }
    if plan.breadth.is_some() {
        let (name, skill) = if plan.skill > 0.0 {
            ("breadth foretells nothing".to_owned(), 0.0)
        } else {
            (format!("{} times the jumps after the weakest breadth", 1.0 + SKILL), SKILL)
        };
        worlds.push(World { name, overrides: vec![set("breadth.skill", &skill.to_string())] });
    }
    let (name, enabled) =
        if plan.crunch.enabled { ("no liquidity crunches", "false") } else { ("liquidity crunches", "true") };
    worlds.push(World { name: name.to_owned(), overrides: vec![set("crunch.enabled", enabled)] });
    worlds
}

/// Jumps of the same frequency, larger under both measures, so that options are priced for them too.
fn heavier_jumps(plan: &Plan) -> Vec<Override> {
    let [physical, risk_neutral] = [plan.model.physical().dynamics.jumps, plan.model.risk_neutral().dynamics.jumps];
    let mut overrides = Vec::new();
    for (measure, jumps) in [("physical", physical), ("risk_neutral", risk_neutral)] {
        for (key, value) in [
            ("mean_log_jump", jumps.mean_log_jump),
            ("log_jump_vol", jumps.log_jump_vol),
            ("mean_variance_jump", jumps.mean_variance_jump),
        ] {
            let key = format!("model.{measure}.{key}");
            overrides.push(Override::option("--fragility", &key, &(HEAVIER * value).to_string()));
        }
    }
    overrides
}
