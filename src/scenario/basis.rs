//! The model that `tailwing price --model` names: a preset, a scenario, or a TOML file of parameters.
//!
//! A file of parameters holds the names of the columns, at its top or under `[model]`, `[model.risk_neutral]`, `[market]` and
//! the like, and may start from `preset = "NAME"`. A scenario gives its risk-neutral law, its market and its first state, and
//! as window of VIX the thirty days from its first one on its own clock, by which that state was found.

use std::path::Path;

use crate::calendar::grid::window_after;
use crate::error::{Error, Result};
use crate::model::{Law, Preset, RiskNeutral};
use crate::plan::Plan;
use crate::units::VIX_WINDOW_DAYS;

use super::Source;
use super::fault::{Fault, Faults, listed, nearest};
use super::inputs::{Inputs, NUMBERS, quoted};
use super::raw::{Item, Pair, RawTable, SourceText, parse};
use super::source::{read_text, similar_file};

/// What holds where inputs say nothing.
#[derive(Debug, Clone, Default)]
pub struct Basis {
    /// Numbers.
    pub inputs: Inputs,
    /// Knots `(VIX, x2)` of the slow factor that goes with a VIX.
    pub(super) knots: Option<&'static [(f64, f64)]>,
}

/// Sections whose keys are read as if they stood at the top.
const SECTIONS: [&str; 4] = ["model", "risk_neutral", "market", "state"];
/// Keys of models and scenarios that prices do not depend on.
const PASSED_OVER: [&str; 4] = ["name", "description", "physical", "equity_premium"];
/// Keys that only scenarios have.
const OF_SCENARIOS: [&str; 10] =
    ["run", "condor", "layer", "account", "clock", "costs", "thresholds", "extends", "breadth", "vvix"];

impl Basis {
    /// The model of that name or in that file.
    ///
    /// # Errors
    /// Neither a preset nor a file, or faults of the file.
    pub fn named(name: &str) -> Result<Self> {
        if let Some(preset) = Preset::from_name(name) {
            return Ok(Self::of_preset(preset));
        }
        let path = Path::new(name);
        if !path.exists() {
            let presets = Preset::ALL.map(Preset::name);
            let near = nearest(name, presets).map(str::to_owned).or_else(|| similar_file(path));
            let meant = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            let message = format!("{} is neither a preset ({}) nor a file{meant}", quoted(name), listed(presets));
            return Err(Error::Usage(message));
        }
        let text = read_text(path).map_err(|why| Error::Usage(format!("cannot read {}: {why}", path.display())))?;
        let mut faults = Faults::default();
        let table = parse(0, &text, &mut faults);
        if faults.is_empty() && is_scenario(&table) {
            return Ok(Self::of_plan(&super::load(Source::Path(path), &[])?));
        }
        let mut basis = Self::default();
        basis.read_preset(&table, &mut faults);
        basis.read_table(&table, &mut faults);
        if faults.is_empty() {
            return Ok(basis);
        }
        let sources = [SourceText { name: name.to_owned(), text, folder: Default::default() }];
        Err(Error::Scenario(faults.render(name, &sources)))
    }

    fn of_preset(preset: Preset) -> Self {
        let mut basis = Self { knots: preset.slow_state_given_vix(), ..Self::default() };
        basis.take_law(preset.model().risk_neutral());
        basis
    }

    fn of_plan(plan: &Plan) -> Self {
        let mut basis = Self::default();
        let law = plan.model.risk_neutral();
        basis.take_law(law);
        let window = plan.clock.years(window_after(plan.market.date, VIX_WINDOW_DAYS));
        let slow = law.has_slow_factor().then_some(("variance2", plan.market.state.x2));
        let market = [
            ("spot", plan.market.spot),
            ("rate", plan.market.rate),
            ("dividend_yield", plan.market.dividend_yield),
            ("variance", plan.market.state.x1),
            ("vix_window_years", window),
        ];
        market.into_iter().chain(slow).for_each(|(name, number)| basis.inputs.set(name, number));
        basis
    }

    fn take_law(&mut self, law: &Law<RiskNeutral>) {
        let Law { shared, dynamics } = law;
        let [theta, theta2] = law.theta();
        let jumps = &dynamics.jumps;
        let one = [
            ("kappa", dynamics.kappa[0]),
            ("theta", theta),
            ("vol_of_variance", shared.fast.vol_of_variance),
            ("rho", shared.fast.rho),
            ("intensity", dynamics.intensity[0]),
            ("mean_log_jump", jumps.mean_log_jump),
            ("log_jump_vol", jumps.log_jump_vol),
            ("mean_variance_jump", jumps.mean_variance_jump),
            ("jump_slope", jumps.jump_slope),
            ("intensity1", dynamics.intensity[1]),
        ];
        let two = [
            ("kappa2", dynamics.kappa[1]),
            ("theta2", theta2),
            ("vol_of_variance2", shared.slow.vol_of_variance),
            ("rho2", shared.slow.rho),
            ("beta", shared.beta),
            ("coupling", shared.coupling),
            ("intensity2", dynamics.intensity[2]),
        ];
        let second = two.into_iter().filter(|_| law.has_slow_factor());
        one.into_iter().chain(second).for_each(|(name, number)| self.inputs.set(name, number));
    }

    fn read_preset(&mut self, table: &RawTable, faults: &mut Faults) {
        let inner = table
            .get("model")
            .and_then(|raw| if let Item::Table(table) = &raw.item { table.get("preset") } else { None });
        let Some(raw) = table.get("preset").or(inner) else { return };
        let preset = if let Item::Text(name) = &raw.item { Preset::from_name(name) } else { None };
        match preset {
            Some(preset) => *self = Self::of_preset(preset),
            None => {
                let allowed = listed(Preset::ALL.map(Preset::name));
                faults.add(Fault::new(raw.place, "there is no such preset", format!("must be one of {allowed}")));
            }
        }
    }

    fn read_table(&mut self, table: &RawTable, faults: &mut Faults) {
        for Pair { key, place, value } in &table.pairs {
            match (key.as_str(), &value.item) {
                ("preset", _) => {}
                (key, _) if PASSED_OVER.contains(&key) => {}
                (key, Item::Table(inner)) if SECTIONS.contains(&key) => self.read_table(inner, faults),
                (key, item) if NUMBERS.iter().any(|(name, _)| *name == key) => match number(item) {
                    Some(number) => self.inputs.set(key, number),
                    None => {
                        let title = format!("`{key}` is {}", item.noun());
                        faults.add(Fault::new(value.place, title, "must be a number"));
                    }
                },
                (key, _) => {
                    let names = NUMBERS.iter().map(|(name, _)| *name).chain(SECTIONS);
                    let near = nearest(key, names).map(|near| format!("did you mean `{near}`?"));
                    let fault =
                        Fault::new(*place, format!("unknown key `{key}`"), "no parameter of a model or a price");
                    faults.add(fault.maybe_help(near));
                }
            }
        }
    }
}

fn number(item: &Item) -> Option<f64> {
    match item {
        Item::Integer(Some(whole)) => Some(*whole as f64),
        Item::Float(number) => Some(*number),
        _ => None,
    }
}

fn is_scenario(table: &RawTable) -> bool {
    let dated = |table: &RawTable| matches!(table.get("market").map(|raw| &raw.item), Some(Item::Table(market)) if market.get("date").is_some());
    OF_SCENARIOS.iter().any(|key| table.get(key).is_some()) || dated(table)
}
