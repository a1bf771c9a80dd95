//! What rules see beyond index and variance: the names that they can use, macro factors, releases, days of news.

use crate::calendar::{News, Schedule};
use crate::math::correlate::Correlations;
use crate::path::Release;
use crate::path::factors::{DailyRange, MARKET_SHOCKS, MacroFactor, MacroFactors};
use crate::plan::{FactorPlan, NewsPlan, PastMarket, ReleasePlan};
use crate::strategy::rule::{BookSeries, MarketSeries, Names, Place as RulePlace, Series, name_fault};

use super::fault::{Fault, Faults, listed, nearest, shown};
use super::raw::Place;
use super::value::{Named, Table};

/// Largest move of the index, percent, and of VIX, points, that one standard deviation of a surprise may make.
const MOVE_MAX: f64 = 20.0;
/// Macro factors at most, and releases.
const ENTRIES_MAX: usize = 64;
/// The market's shocks in the matrix of correlations: they are uncorrelated by construction.
const MARKET: [&str; MARKET_SHOCKS] = ["index", "vix"];

/// Contradictions between keys of breadth, range and releases.
pub(super) fn check(scenario: &Table, faults: &mut Faults) {
    for list in ["factor", "release"] {
        if let Some(beyond) = scenario.list(list).get(ENTRIES_MAX) {
            let title = format!("there are {} [[{list}]]", scenario.list(list).len());
            faults.add(Fault::new(beyond.place, title, format!("must be at most {ENTRIES_MAX}")));
        }
    }
    check_skill(scenario, faults);
    if let Some(section) = scenario.table("edr")
        && let (Some(vix9d), Some(realized)) = (section.number("vix9d_weight"), section.number("realized_weight"))
        && vix9d + realized > 1.0
    {
        let title = format!("`edr.vix9d_weight` and `edr.realized_weight` add up to {}", shown(vix9d + realized));
        faults.add(Fault::new(section.place("realized_weight"), title, "must leave no less than 0 for VIX"));
    }
    for release in scenario.list("release") {
        let (Some(name), Some(deviation)) = (release.text("name"), release.number("deviation")) else { continue };
        for (key, what) in [("index_move", "the index by % percent"), ("vix_move", "VIX by % points")] {
            let Some(size) = release.number(key).map(|per_unit| (per_unit * deviation).abs()) else { continue };
            if size > MOVE_MAX {
                let what = what.replace('%', &shown(size));
                let title = format!("one standard deviation of `{name}` moves {what}");
                let most = shown((MOVE_MAX / deviation * 1e4).floor() / 1e4);
                let label = format!("must be a number from -{most} to {most}, which moves it by {MOVE_MAX}");
                faults.add(Fault::new(release.place(key), title, label));
            }
        }
    }
}

/// Breadth that is off, or that has no part that lasts, cannot lead anything.
fn check_skill(scenario: &Table, faults: &mut Faults) {
    let Some(breadth) = scenario.table("breadth") else { return };
    if breadth.number("skill").is_none_or(|skill| skill == 0.0) {
        return;
    }
    let reason = if breadth.flag("enabled") == Some(false) {
        Some(("breadth is switched off", "enabled"))
    } else if breadth.number("innovation") == Some(0.0) {
        Some(("no part of breadth lasts", "innovation"))
    } else {
        None
    };
    if let Some((title, key)) = reason {
        let title = format!("`breadth.skill` has nothing to work on: {title}");
        let mut fault = Fault::new(breadth.place("skill"), title, "must be 0");
        if breadth.is_given(key) {
            fault = fault.also(breadth.place(key), "said here");
        }
        faults.add(fault);
    }
}

/// The names that rules can use.
pub(super) fn rule_names(scenario: &Table, supplied: &[Series], faults: &mut Faults) -> Names {
    let mut names = Names::new(RulePlace::Layer, supplied);
    for Named { name, number, place } in scenario.names("thresholds") {
        if let Some(problem) = name_fault(name) {
            faults.add(Fault::new(*place, format!("`thresholds.{name}` cannot be used in rules"), problem));
        }
        names = names.threshold(name, *number);
    }
    for (section, series) in [("breadth", MarketSeries::Breadth), ("vvix", MarketSeries::Vvix)] {
        if scenario.table(section).and_then(|table| table.flag("enabled")) == Some(false) {
            let reason = format!("{section} is switched off: [{section}] enabled = false");
            names = names.without(Series::Market(series), reason);
        }
    }
    if scenario.table("account").and_then(|section| section.text("margin")) == Some("none") {
        for series in [BookSeries::MarginUsed, BookSeries::QuickRatio] {
            names = names.without(Series::Book(series), "nothing is margined: [account] margin = \"none\"");
        }
    }
    let mut seen: Vec<(&str, Place)> = Vec::new();
    for (list, entry) in user_series(scenario) {
        let Some(name) = entry.text("name") else { continue };
        let place = entry.place("name");
        let thresholds = scenario.names("thresholds").iter().map(|named| (named.name.as_str(), named.place));
        let taken = seen.iter().copied().chain(thresholds).find(|(other, _)| *other == name);
        if let Some(problem) = name_fault(name).or_else(|| MARKET.contains(&name).then(|| market_word(name))) {
            faults.add(Fault::new(place, format!("the {list} \"{name}\" cannot be named in rules"), problem));
        } else if let Some((_, other)) = taken {
            let fault = Fault::new(place, format!("the name \"{name}\" is given twice"), "must be a name of its own");
            faults.add(fault.also(other, "given here first"));
        }
        if entry.flag("enabled") == Some(false) {
            let reason = format!("{name} is switched off: enabled = false in its [[{list}]]");
            names = names.without(Series::Market(MarketSeries::Factor(seen.len() as u16)), reason);
        }
        names = names.factor(name);
        seen.push((name, place));
    }
    names
}

fn market_word(name: &str) -> String {
    format!("`{name}` stands for the market's own moves in correlations")
}

/// Macro factors and then releases: the series that a scenario adds, in the order of their numbers.
pub(super) fn user_series(scenario: &Table) -> impl Iterator<Item = (&'static str, &Table)> {
    ["factor", "release"].into_iter().flat_map(|list| scenario.list(list).iter().map(move |entry| (list, entry)))
}

/// Macro factors with possible correlations; `None` where a fault prevents it.
pub(super) fn factors(scenario: &Table, past: Option<&PastMarket>, faults: &mut Faults) -> Option<FactorPlan> {
    let entries = scenario.list("factor");
    if entries.len() > ENTRIES_MAX {
        return None;
    }
    let names: Vec<String> = entries.iter().filter_map(|entry| entry.text("name").map(str::to_owned)).collect();
    let correlations = correlations(entries, &names, faults);
    let list: Option<Vec<MacroFactor>> = entries
        .iter()
        .enumerate()
        .map(|(rank, entry)| {
            let level = entry.number("level")?;
            let known = past.and_then(|past| past.first(MarketSeries::Factor(rank as u16)));
            Some(MacroFactor {
                start: entry.number("start").or(known).unwrap_or(level),
                level,
                reversion: entry.number("reversion")?,
                volatility: entry.number("volatility")?,
            })
        })
        .collect();
    let (correlations, list) = (correlations?, list?);
    if names.len() < entries.len() {
        return None;
    }
    let repair = scenario.table("correlation").and_then(|section| section.flag("repair")).unwrap_or(false);
    let plan = |root, repaired| {
        Some(FactorPlan { names: names.clone(), laws: MacroFactors::new(list.clone(), root), repaired })
    };
    if let Some(root) = correlations.root() {
        return plan(root, None);
    }
    if repair {
        let nearest = correlations.nearest(&[(0, 1)]);
        let root = nearest.root().unwrap_or_else(|| unreachable!("a repaired matrix has a root"));
        return plan(root, Some(change(&correlations, &nearest, &names)));
    }
    let place = entries.iter().find(|entry| entry.is_given("correlation")).map(|entry| entry.place("correlation"));
    let title = "no factors can have these correlations together";
    let label =
        format!("their matrix has the eigenvalue {:.4}, which must be 0 or above", correlations.least_eigenvalue());
    let fault = Fault::new(place.unwrap_or(scenario.place), title, label);
    faults.add(fault.help("`repair = true` in [correlation] takes the nearest possible ones"));
    None
}

/// The matrix over index, VIX and factors; factors that are switched off correlate with nothing.
fn correlations(entries: &[Table], names: &[String], faults: &mut Faults) -> Option<Correlations> {
    let before = faults.len();
    let own = names.iter().map(String::as_str).filter(|name| !MARKET.contains(name));
    let known: Vec<&str> = MARKET.into_iter().chain(own).collect();
    let mut matrix = Correlations::none(entries.len() + MARKET_SHOCKS);
    let mut given: Vec<((usize, usize), f64, Place)> = Vec::new();
    let on = |rank: usize| rank < MARKET_SHOCKS || entries[rank - MARKET_SHOCKS].flag("enabled") != Some(false);
    for (rank, entry) in entries.iter().enumerate().map(|(at, entry)| (at + MARKET_SHOCKS, entry)) {
        for Named { name, number, place } in entry.names("correlation") {
            let own = entry.text("name").unwrap_or_default();
            let of_factor = || names.iter().position(|known| known == name).map(|at| at + MARKET_SHOCKS);
            let Some(other) = MARKET.iter().position(|known| known == name).or_else(of_factor) else {
                let title = format!("`{own}` cannot correlate with `{name}`");
                let label = format!("must be one of {}", listed(known.iter().copied().filter(|known| *known != own)));
                let near = nearest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
                faults.add(Fault::new(*place, title, label).maybe_help(near));
                continue;
            };
            if other == rank {
                faults.add(Fault::new(*place, format!("`{own}` correlates with itself"), "must be left out: it is 1"));
                continue;
            }
            if !(-1.0..=1.0).contains(number) {
                let title = format!("the correlation of `{own}` and `{name}` is {}", shown(*number));
                faults.add(Fault::new(*place, title, "must be a number from -1 to 1"));
                continue;
            }
            let pair = (rank.max(other), rank.min(other));
            #[allow(clippy::float_cmp)] // the same number written twice
            let other_value = given.iter().find(|(known, value, _)| *known == pair && value != number);
            if let Some((_, value, first)) = other_value {
                let title = format!("the correlation of `{own}` and `{name}` is {number} here and {value} elsewhere");
                faults.add(Fault::new(*place, title, "must be said once").also(*first, "said here first"));
                continue;
            }
            given.push((pair, *number, *place));
            if on(pair.0) && on(pair.1) {
                matrix.set(pair.0, pair.1, *number);
            }
        }
    }
    (faults.len() == before).then_some(matrix)
}

/// What a repair changed most, in plain words.
fn change(asked: &Correlations, taken: &Correlations, names: &[String]) -> String {
    let pairs = (0..asked.size()).flat_map(|row| (0..row).map(move |column| (row, column)));
    let moved = |&(row, column): &(usize, usize)| (asked.get(row, column) - taken.get(row, column)).abs();
    let most = pairs.max_by(|a, b| moved(a).total_cmp(&moved(b)));
    let name = |at: usize| if at < MARKET_SHOCKS { MARKET[at] } else { &names[at - MARKET_SHOCKS] };
    most.map_or_else(String::new, |(row, column)| {
        format!(
            "correlations of macro factors were not possible together and were moved to the nearest possible ones; most that \
             of {} and {}, from {} to {:.4}",
            name(row),
            name(column),
            asked.get(row, column),
            taken.get(row, column)
        )
    })
}

/// The expected daily range.
pub(super) fn daily_range(section: &Table) -> Option<DailyRange> {
    Some(DailyRange {
        multiple: section.number("multiple")?,
        vix9d_weight: section.number("vix9d_weight")?,
        realized_weight: section.number("realized_weight")?,
    })
}

/// Days of news, own ones first.
pub(super) fn news(section: &Table) -> NewsPlan {
    let schedule = |news, key: &str| Schedule::new(news, section.dates(key).to_vec());
    NewsPlan { fomc: schedule(News::Fomc, "fomc"), cpi: schedule(News::Cpi, "cpi"), ppi: schedule(News::Ppi, "ppi") }
}

/// Scheduled releases; `None` where a fault prevents it.
pub(super) fn releases(scenario: &Table) -> Option<Vec<ReleasePlan>> {
    let NewsPlan { fomc, cpi, ppi } = news(scenario.table("calendar")?);
    let release = |entry: &Table| {
        Some(ReleasePlan {
            name: entry.text("name")?.to_owned(),
            enabled: entry.flag("enabled")?,
            release: Release {
                deviation: entry.number("deviation")?,
                index_move: entry.number("index_move")? / 100.0,
                vix_move: entry.number("vix_move")?,
            },
            schedule: match entry.text("schedule")? {
                "fomc" => fomc.clone(),
                "cpi" => cpi.clone(),
                _ => ppi.clone(),
            },
        })
    };
    scenario.list("release").iter().map(release).collect()
}
