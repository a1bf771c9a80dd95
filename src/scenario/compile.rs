//! From checked values to a plan, and the contradictions that only show between keys.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::value::{Error as ChoiceError, StrDeserializer};
use sha2::{Digest, Sha256};

use crate::calendar::Clock;
use crate::calendar::sessions::{is_session, next_session, previous_session};
use crate::path::factors::{Breadth, Vvix};
use crate::plan::{FollowedMarket, MarketPlan, Plan, RESULTS_VERSION, RunPlan, StopWhen, slug};
use crate::risk::Measure;
use crate::strategy::Rule;
use crate::strategy::rule::{BookSeries, MarketSeries, Names, Place as RulePlace, PositionSeries, Series};

use super::account::{check_account, margin};
use super::condors::condor;
use super::cost_keys::{check_costs, costs};
use super::crunch::crunch;
use super::fault::{Fault, Faults, grouped, nearest};
use super::history::Past;
use super::law::{NamedModel, read_model};
use super::layer::{check_columns, read_layer};
use super::merge::COMMAND_LINE;
use super::positions::{Held, position, sort};
use super::raw::{Place, SourceText, inside_string};
use super::shock::{check_shocks, shocks};
use super::signals;
use super::start::first_state;
use super::value::{Named, Slot, Table};

/// The series that rules can see in this version.
pub const SUPPLIED_SERIES: [Series; 36] = [
    Series::Market(MarketSeries::Spx),
    Series::Market(MarketSeries::Vix),
    Series::Market(MarketSeries::Vix9d),
    Series::Market(MarketSeries::Vix3m),
    Series::Market(MarketSeries::Vvix),
    Series::Market(MarketSeries::Skew25),
    Series::Market(MarketSeries::Vx(1)),
    Series::Market(MarketSeries::Vx(2)),
    Series::Market(MarketSeries::Vx(3)),
    Series::Market(MarketSeries::Vx(4)),
    Series::Market(MarketSeries::Vx(5)),
    Series::Market(MarketSeries::Vx(6)),
    Series::Market(MarketSeries::Vx(7)),
    Series::Market(MarketSeries::Vx(8)),
    Series::Market(MarketSeries::Breadth),
    Series::Market(MarketSeries::Rate),
    Series::Market(MarketSeries::Day),
    Series::Market(MarketSeries::Weekday),
    Series::Market(MarketSeries::Edr),
    Series::Market(MarketSeries::DaysToFomc),
    Series::Market(MarketSeries::DaysToCpi),
    Series::Market(MarketSeries::DaysToThirdFriday),
    Series::Book(BookSeries::Equity),
    Series::Book(BookSeries::Drawdown),
    Series::Book(BookSeries::CondorRisk),
    Series::Book(BookSeries::CondorDelta),
    Series::Book(BookSeries::MarginUsed),
    Series::Book(BookSeries::QuickRatio),
    Series::Position(PositionSeries::Profit),
    Series::Position(PositionSeries::Loss),
    Series::Position(PositionSeries::Credit),
    Series::Position(PositionSeries::DaysOpen),
    Series::Position(PositionSeries::DaysToExpiry),
    Series::Position(PositionSeries::ShortPutDelta),
    Series::Position(PositionSeries::ShortCallDelta),
    Series::Position(PositionSeries::BreakevenDistance),
];

/// What was read of the files that a scenario names.
pub(super) struct Files {
    /// `market.history`.
    pub(super) past: Option<Past>,
    /// `market.follow`.
    pub(super) followed: Option<FollowedMarket>,
}

/// The plan, or nothing where faults prevent it. What the model's preset fills in is written into `scenario`.
///
/// The resolved text and the digest are left for the caller, who has the whole of `scenario`.
pub(super) fn compile(
    scenario: &mut Table,
    Files { past, followed }: Files,
    sources: &[SourceText],
    faults: &mut Faults,
) -> Option<Plan> {
    let model = scenario.table_mut("model").and_then(|section| read_model(section, faults));
    check_costs(scenario, faults);
    check_account(scenario, faults);
    check_shocks(scenario, faults);
    check_names(scenario, faults);
    check_columns(scenario.list("layer"), faults);
    check_trades(scenario, faults);
    signals::check(scenario, faults);
    let names = signals::rule_names(scenario, &SUPPLIED_SERIES, faults);
    let factors = signals::factors(scenario, past.as_ref().map(|past| &past.market), faults);
    let mut rules = Rules { names, sources, faults };
    let condors: Vec<_> = scenario.list("condor").iter().map(|entry| condor(entry, &mut rules)).collect();
    let first = scenario.table("market").and_then(|market| market.date("date"));
    let positions = scenario.list("position").iter();
    let positions: Vec<_> = positions.map(|entry| position(entry, first, &mut rules)).collect();
    let layers: Vec<_> = scenario.list("layer").iter().map(|entry| read_layer(entry, &mut rules)).collect();
    let rules = condors.iter().flatten().flat_map(|condor| {
        let shifts = condor.shifts.iter().map(|shift| Some(&shift.when));
        [Some(&condor.enter), condor.exit.as_ref()].into_iter().chain(shifts)
    });
    let rules = rules.chain(positions.iter().flatten().map(Held::exit));
    let rules = rules.chain(layers.iter().flatten().flat_map(|layer| layer.rules().map(Some)));
    check_assigned_thresholds(scenario, sources, rules.flatten(), faults);
    let market = market(scenario, model.as_ref(), faults);
    let run = run(scenario.table("run"), faults);
    if !faults.is_empty() {
        return None;
    }
    let model = model?;
    let shocks = shocks(scenario, &model)?;
    let (held_condors, held_hedges) = sort(positions.into_iter().collect::<Option<_>>()?);
    Some(Plan {
        name: scenario.text("name")?.to_owned(),
        digest: String::new(),
        resolved: String::new(),
        run: run?,
        market: market?,
        model_name: model.name,
        model: model.model,
        clock: clock(scenario)?,
        equity: scenario.table("account")?.number("equity")?,
        margin: margin(scenario)?,
        costs: costs(scenario.table("costs")?)?,
        crunch: crunch(scenario)?,
        shocks,
        breadth: breadth(scenario.table("breadth")?)?,
        skill: scenario.table("breadth")?.number("skill")?,
        vvix: vvix(scenario.table("vvix")?)?,
        daily_range: signals::daily_range(scenario.table("edr")?)?,
        news: signals::news(scenario.table("calendar")?),
        factors: factors?,
        releases: signals::releases(scenario)?,
        remarks: past.as_ref().map(|past| past.remarks.clone()).unwrap_or_default(),
        history: past.map(|past| past.market),
        followed,
        condors: condors.into_iter().collect::<Option<_>>()?,
        held_condors,
        held_hedges,
        layers: layers.into_iter().collect::<Option<_>>()?,
    })
}

/// The first 12 hexadecimal digits of SHA-256 over the version of results, the resolved scenario and what counts of the
/// files that it names.
pub(super) fn digest(plan: &Plan) -> String {
    let mut hash = Sha256::new().chain_update(format!("results {RESULTS_VERSION}\n")).chain_update(&plan.resolved);
    if let Some(history) = &plan.history {
        hash = hash.chain_update("history\n").chain_update(&history.text);
    }
    if let Some(followed) = &plan.followed {
        hash = hash.chain_update("followed\n").chain_update(&followed.text);
    }
    let hash = hash.finalize();
    hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn run(section: Option<&Table>, faults: &mut Faults) -> Option<RunPlan> {
    let section = section?;
    let count = |name: &str| usize::try_from(section.whole(name)?).ok();
    let paths = count("paths");
    let stop_when = stop_when(section, paths, faults);
    Some(RunPlan {
        paths: paths?,
        horizon_days: count("horizon_days")?,
        seed: u64::try_from(section.whole("seed")?).ok()?,
        steps_per_day: count("steps_per_day")?,
        mark_accuracy: section.number("mark_accuracy")?,
        fill: choice(section, "fill")?,
        stop_when: stop_when?,
    })
}

/// `None` where a fault prevents it, `Some(None)` where the run has a fixed number of paths.
fn stop_when(run: &Table, paths: Option<usize>, faults: &mut Faults) -> Option<Option<StopWhen>> {
    if run.is_absent("stop_when") {
        return Some(None);
    }
    let section = run.table("stop_when")?;
    let measure = match section.text("measure")?.parse::<Measure>() {
        Ok(measure) => Some(measure),
        Err(error) => {
            let title = "`run.stop_when.measure` names no measure";
            faults.add(Fault::new(section.place("measure"), title, error.to_string()));
            None
        }
    };
    let max_paths = usize::try_from(section.whole("max_paths")?).ok()?;
    if let Some(paths) = paths.filter(|&paths| paths > max_paths) {
        let title = format!("`run.stop_when.max_paths` is {}", grouped(max_paths as i64));
        let label = format!("must be at least `run.paths`, {}", grouped(paths as i64));
        faults.add(Fault::new(section.place("max_paths"), title, label));
    }
    Some(Some(StopWhen { measure: measure?, relative_error: section.number("relative_error")?, max_paths }))
}

fn clock(scenario: &Table) -> Option<Clock> {
    Clock::new(scenario.table("clock")?.number("other_day")?).ok()
}

fn market(scenario: &Table, model: Option<&NamedModel>, faults: &mut Faults) -> Option<MarketPlan> {
    let section = scenario.table("market")?;
    let date = section.date("date");
    if let Some(date) = date.filter(|&date| !is_session(date)) {
        let near = format!("the nearest sessions are {} and {}", previous_session(date), next_session(date));
        let title = format!("`market.date` is {date}, when the exchange is closed");
        faults.add(
            Fault::new(section.place("date"), title, "must be a session of the New York Stock Exchange").help(near),
        );
    }
    let date = date.filter(|&date| is_session(date));
    let state = first_state(section, scenario.table("model")?, model, clock(scenario), date, faults);
    Some(MarketPlan {
        date: date?,
        spot: section.number("spot")?,
        rate: section.number("rate")?,
        dividend_yield: section.number("dividend_yield")?,
        vix: section.number("vix")?,
        state: state?,
    })
}

/// `None` where a fault prevents it, `Some(None)` where breadth is switched off.
fn breadth(section: &Table) -> Option<Option<Breadth>> {
    let breadth = Breadth {
        intercept: section.number("intercept")?,
        slope: section.number("slope")?,
        persistence: section.number("persistence")?,
        innovation: section.number("innovation")?,
        noise: section.number("noise")?,
    };
    Some(section.flag("enabled")?.then_some(breadth))
}

/// `None` where a fault prevents it, `Some(None)` where VVIX is switched off.
fn vvix(section: &Table) -> Option<Option<Vvix>> {
    let vvix = Vvix {
        intercept: section.number("intercept")?,
        level: section.number("level")?,
        excess: section.number("excess")?,
        persistence: section.number("persistence")?,
        innovation: section.number("innovation")?,
    };
    Some(section.flag("enabled")?.then_some(vvix))
}

/// A word that the key table allows, as the type that has it.
pub(super) fn choice<'a, T: Deserialize<'a>>(entry: &'a Table, name: &str) -> Option<T> {
    T::deserialize(StrDeserializer::<ChoiceError>::new(entry.text(name)?)).ok()
}

/// What rules are parsed with.
pub(super) struct Rules<'a> {
    names: Names,
    sources: &'a [SourceText],
    pub(super) faults: &'a mut Faults,
}

impl Rules<'_> {
    /// Faults point into the string as the file writes it.
    pub(super) fn parse(&mut self, entry: &Table, key: &str, place: RulePlace) -> Option<Rule> {
        let text = entry.text(key)?;
        match Rule::parse(text, &self.names.at(place)) {
            Ok(rule) => Some(rule),
            Err(error) => {
                let whole = entry.place(key);
                let source = &self.sources[whole.source].text;
                let at = inside_string(source, whole, error.span.start, error.span.end);
                let label = error.help.unwrap_or_default();
                self.faults.add(Fault::new(at, format!("rule `{key}`: {}", error.message), label));
                None
            }
        }
    }
}

/// A threshold that the command line assigns and no rule uses is misspelt.
fn check_assigned_thresholds<'a>(
    scenario: &Table,
    sources: &[SourceText],
    rules: impl Iterator<Item = &'a Rule>,
    faults: &mut Faults,
) {
    let used: Vec<&str> = rules.flat_map(Rule::thresholds).map(|(name, _)| name).collect();
    for Named { name, place, .. } in scenario.names("thresholds") {
        if sources[place.source].name != COMMAND_LINE || used.contains(&name.as_str()) {
            continue;
        }
        let title = format!("no rule uses `thresholds.{name}`");
        let fault = Fault::new(*place, title, "must be a threshold that a rule names");
        let near = nearest(name, used.iter().copied()).map(|name| format!("did you mean `thresholds.{name}`?"));
        faults.add(fault.maybe_help(near));
    }
}

/// Names tell condors, positions and layers apart, in files as slugs.
fn check_names(scenario: &Table, faults: &mut Faults) {
    let mut seen: BTreeMap<String, (&str, Place)> = BTreeMap::new();
    for entry in ["condor", "position", "layer"].into_iter().flat_map(|list| scenario.list(list)) {
        let Some(name) = entry.text("name") else { continue };
        let place = entry.place("name");
        match seen.get(&slug(name)) {
            Some((other, first)) if *other == name => {
                let fault =
                    Fault::new(place, format!("the name \"{name}\" is given twice"), "must be a name of its own");
                faults.add(fault.also(*first, "given here first"));
            }
            Some((other, first)) => {
                let title = format!("the names \"{other}\" and \"{name}\" are both `{}` in the output", slug(name));
                let fault = Fault::new(place, title, "must differ in letters or digits");
                faults.add(fault.also(*first, "the other name"));
            }
            None if slug(name).is_empty() => {
                let title = format!("the name \"{name}\" has no letter or digit");
                faults.add(Fault::new(place, title, "must have a letter from a to z or a digit"));
            }
            None => {
                seen.insert(slug(name), (name, place));
            }
        }
    }
}

fn check_trades(scenario: &Table, faults: &mut Faults) {
    let (condors, layers) = (scenario.list("condor"), scenario.list("layer"));
    let positions = scenario.list("position");
    let known = |list: &str| !matches!(scenario.slot(list), Slot::Faulty);
    let condors_known = known("condor") && known("position");
    let condors_are_none = condors.is_empty() && positions.is_empty() && condors_known;
    if condors_are_none && layers.is_empty() && known("layer") {
        let fault = Fault::new(
            scenario.place,
            "nothing is traded",
            "a scenario needs a [[condor]], a [[position]] or a [[layer]]",
        );
        faults.add(fault.help("`tailwing new FILE` writes a scenario that runs"));
    }
    for layer in layers.iter().filter(|layer| condors_are_none && layer.is_given("per_condor_risk")) {
        let title = "`per_condor_risk` sizes a layer by the risk of condors, and there are none";
        let fault = Fault::new(layer.place("per_condor_risk"), title, "must be left out where nothing is condor risk");
        faults.add(fault.help("without it the layer holds its contracts as they are"));
    }
    for layer in layers.iter().filter(|layer| condors_are_none && layer.is_given("premium_of_credit")) {
        let title = "`premium_of_credit` sizes a layer by the credit of condors, and there are none";
        let fault = Fault::new(layer.place("premium_of_credit"), title, "must be left out where nothing earns credit");
        faults.add(fault.help("`premium_of_equity` sizes it by equity"));
    }
    let spot = scenario.table("market").and_then(|section| section.number("spot"));
    for (condor, spot) in condors.iter().filter_map(|condor| Some((condor, spot?))) {
        let Some((put, width)) = condor.table("put").and_then(|put| Some((put, put.number("width")?))) else {
            continue;
        };
        if width >= spot {
            let title = format!("the put spread is {width} points wide, and the index stands at {spot}");
            faults.add(Fault::new(put.place("width"), title, "must leave a strike above 0"));
        }
    }
}
