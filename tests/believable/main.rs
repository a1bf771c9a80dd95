//! Is the default world believable? Long histories under P, a close a day, held against what the market did.
//!
//! Each of [`HISTORIES`] independent histories has the length and the calendar of the data, so that statistics that
//! depend on the length of a sample compare. The centre of a statistic over histories must lie in the market's 95 % band.
//! Where it does not, the fact is pinned below with the model's value and listed in `docs/model-limits.md`: a fact that
//! leaves its band fails the test, and so does one that comes back or moves beyond its Monte Carlo error.
//!
//! `cargo test --test believable -- --nocapture` prints all facts with the model's values.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tests print the facts, and say what they skip")]
#![allow(clippy::unwrap_used, reason = "a case that cannot be set up fails its test")]

mod facts;
mod figures;
mod market;
mod pinned;
mod sample;
mod world;

use facts::{Centre, FACTS, Fact};
use figures::Figures;
use pinned::{MISSES, ON_THE_EDGE};
use tailwing::stats::{Moments, batch_standard_error};
use world::World;

const HISTORIES: usize = 1024;
/// Histories that must have a statistic: some have no VIX above 40.
const HISTORIES_MIN: usize = 800;
/// Standard errors that chance may explain: 1 of 16,000 facts lies further off.
const CHANCE: f64 = 4.0;
/// Batches for the standard error of a median.
const ERROR_BATCHES: usize = 16;

/// The model's value of a fact.
#[derive(Debug, Clone, Copy)]
struct Value {
    centre: f64,
    standard_error: f64,
}

#[test]
fn the_default_world_is_in_the_bands_of_the_market_but_for_the_pinned_misses() {
    let world = World::new();
    let histories = world.map_histories(HISTORIES, |history| Figures::of(&world, history));
    let mut faults = Vec::new();
    for fact in FACTS {
        let value = value(fact, &histories);
        let verdict = verdict(fact, value);
        println!("{}", line(fact, value, &verdict));
        faults.extend(verdict.err().map(|fault| format!("{}: {fault}", fact.id)));
    }
    for shown in tailwing::report::facts::FACTS {
        let fact = FACTS.iter().find(|fact| fact.id == shown.id).unwrap_or_else(|| panic!("{} is no fact", shown.id));
        let value = value(fact, &histories);
        if shown.market != [fact.market, fact.low, fact.high] {
            faults.push(format!("{}: the report has another band", shown.id));
        }
        if (shown.model - value.centre).abs() > CHANCE * value.standard_error {
            faults.push(format!("{}: the report says {}, the model {}", shown.id, shown.model, value.centre));
        }
    }
    assert!(faults.is_empty(), "{} facts:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_pinned_fact_exists_once_and_lies_outside_its_band() {
    let known = |id: &str| FACTS.iter().find(|fact| fact.id == id).unwrap_or_else(|| panic!("{id} is no fact"));
    for &(id, model) in MISSES {
        assert!(!known(id).holds(model), "{id}");
        assert!(!ON_THE_EDGE.contains(&id), "{id}");
    }
    for &id in ON_THE_EDGE {
        known(id);
    }
    let mut ids: Vec<&str> = FACTS.iter().map(|fact| fact.id).collect();
    let pinned: Vec<&str> = MISSES.iter().map(|miss| miss.0).collect();
    for list in [&mut ids, &mut pinned.clone(), &mut ON_THE_EDGE.to_vec()] {
        list.sort_unstable();
        assert!(list.windows(2).all(|pair| pair[0] != pair[1]));
    }
}

#[test]
fn the_limits_of_the_model_are_documented_with_every_pinned_miss() {
    let document = include_str!("../../docs/model-limits.md");
    let rows: Vec<String> = FACTS.iter().filter_map(|fact| Some(row(fact, pinned_value(fact)?))).collect();
    let missing: Vec<&String> = rows.iter().filter(|row| !document.lines().any(|line| line == *row)).collect();
    assert!(missing.is_empty(), "docs/model-limits.md lacks rows; all are\n{}", rows.join("\n"));
    let text = document.split_whitespace().collect::<Vec<_>>().join(" ");
    let inside = FACTS.len() - MISSES.len() - ON_THE_EDGE.len();
    let counts = [
        format!("**{inside} of {} facts**", FACTS.len()),
        format!("{} lie outside", MISSES.len()),
        format!("{} lie so near", ON_THE_EDGE.len()),
    ];
    for count in counts {
        assert!(text.contains(&count), "docs/model-limits.md should say `{count}`");
    }
    let label = |id: &str| FACTS.iter().find(|fact| fact.id == id).map(|fact| fact.label).unwrap();
    for id in ON_THE_EDGE {
        assert!(text.contains(label(id)), "docs/model-limits.md lacks `{}`", label(id));
    }
}

/// The centre over histories, with its standard error.
fn value(fact: &Fact, histories: &[Figures]) -> Value {
    let values: Vec<f64> = histories.iter().filter_map(|figures| figures.0.get(fact.id).copied()).collect();
    assert!(values.len() >= HISTORIES_MIN, "{} exists in {} histories", fact.id, values.len());
    let median = |values: &[f64]| sample::median(values.iter().copied()).unwrap();
    let (centre, standard_error) = match fact.centre {
        Centre::Mean => {
            let moments: Moments = values.iter().copied().collect();
            (moments.mean(), moments.standard_error())
        }
        Centre::Median => (median(&values), batch_standard_error(&values, ERROR_BATCHES, median)),
    };
    Value { centre, standard_error: standard_error.unwrap() }
}

/// Whether the value is what the lists say: the word for it, or what is wrong.
fn verdict(fact: &Fact, value: Value) -> Result<&'static str, String> {
    let Value { centre, standard_error } = value;
    let chance = CHANCE * standard_error;
    if ON_THE_EDGE.contains(&fact.id) {
        let from_edge = (centre - fact.low).abs().min((centre - fact.high).abs());
        return if from_edge <= chance { Ok("edge") } else { Err(format!("is off the edge of its band: {centre}")) };
    }
    match (pinned_value(fact), fact.holds(centre)) {
        (None, true) => Ok("in"),
        (None, false) => Err(format!("left its band: {centre} (+- {standard_error:.2e})")),
        (Some(_), true) => Err(format!("is pinned as a miss but back in its band: {centre}")),
        (Some(pinned), false) if (centre - pinned).abs() <= chance => Ok("miss"),
        (Some(pinned), false) => Err(format!("moved from its pinned {pinned} to {centre} (+- {standard_error:.2e})")),
    }
}

fn pinned_value(fact: &Fact) -> Option<f64> {
    MISSES.iter().find(|miss| miss.0 == fact.id).map(|miss| miss.1)
}

fn line(fact: &Fact, value: Value, verdict: &Result<&'static str, String>) -> String {
    let word = verdict.as_ref().map_or("FAULT", |word| word);
    let Fact { id, label, market, low, high, .. } = fact;
    let Value { centre, standard_error } = value;
    format!("{word:5} {label}: market {market} [{low}, {high}], model {centre:.5} +- {standard_error:.1e} ({id})")
}

/// A miss as a row of the document.
fn row(fact: &Fact, model: f64) -> String {
    let Fact { label, market, low, high, .. } = fact;
    let beyond = if model < *low { model - low } else { model - high };
    format!("| {label} | {market} | {low} to {high} | {model} | {} |", two_digits(beyond))
}

/// Two significant digits, with its sign.
fn two_digits(x: f64) -> String {
    let decimals = (1 - libm::floor(libm::log10(x.abs())) as i32).max(0) as usize;
    format!("{x:+.decimals$}")
}
