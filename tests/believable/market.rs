//! The same statistics on the market's own closes: they must give the market's values.
//!
//! Needs the closes and the full list of facts, so only runs where `TAILWING_REFERENCE` is set.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use tailwing::calendar::sessions::is_session;

use crate::facts::FACTS;
use crate::figures::Figures;
use crate::sample::logarithms;

fn reference(what: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TAILWING_REFERENCE").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: TAILWING_REFERENCE is not set, so {what} cannot be checked");
    }
    folder
}

/// The column of that number of a file of daily values whose first column is the date, sessions only.
fn column(file: &Path, number: usize) -> BTreeMap<Date, f64> {
    let text = std::fs::read_to_string(file).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[0].parse().unwrap(), cells[number].parse().unwrap())
    };
    text.lines().skip(1).map(row).filter(|&(date, _): &(Date, f64)| is_session(date)).collect()
}

#[test]
fn the_table_is_that_of_the_full_list_of_facts() {
    let Some(folder) = reference("the table of facts") else { return };
    let text = std::fs::read_to_string(folder.join("facts.json")).unwrap();
    let all: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let mut found = 0;
    for fact in FACTS {
        let Some(full) = all.iter().find(|full| full["id"] == fact.id) else { continue };
        found += 1;
        for (key, value) in [("value", fact.market), ("lo", fact.low), ("hi", fact.high)] {
            let exact = full[key].as_f64().unwrap();
            assert!((value - exact).abs() <= 5.1e-4 * exact.abs(), "{} {key}: {value} for {exact}", fact.id);
        }
    }
    // The shares of large moves of VIX are the only ones not in the list: resampled from the closes in the same way.
    assert_eq!(found, FACTS.len() - 2);
}

#[test]
fn the_statistics_of_the_market_s_closes_are_the_market_s_values() {
    let Some(folder) = reference("statistics of the market's closes") else { return };
    let vix = column(&folder.join("data/vix_daily_ohlc.csv"), 4);
    let index = column(&folder.join("data/spx_daily_close.csv"), 1);
    let mut exact = Figures::default();
    exact.add_vix(&vix.values().copied().collect::<Vec<_>>());
    // The closes of the index end years before the facts: their statistics must lie in the bands.
    let both: Vec<(f64, f64)> = vix.iter().filter_map(|(date, &vix)| Some((*index.get(date)?, vix))).collect();
    let (index, vix): (Vec<f64>, Vec<f64>) = both.into_iter().unzip();
    let mut near = Figures::default();
    near.add_index(&logarithms(&index));
    near.add_index_and_vix(&logarithms(&index), &vix);
    let mut faults = Vec::new();
    for fact in FACTS {
        if let Some(&value) = exact.0.get(fact.id) {
            println!("{}: {} for {}", fact.id, value, fact.market);
            // A few doubtful rows of the closes move these by up to half a percent; one spike more or less by more.
            let tolerance = if fact.id.starts_with("spike30") { 0.1 } else { 5e-3 };
            if (value - fact.market).abs() > tolerance * fact.market.abs() {
                faults.push(format!("{}: {value} for {}", fact.id, fact.market));
            }
        }
        if let Some(&value) = near.0.get(fact.id) {
            println!("{}: {} for {}", fact.id, value, fact.market);
            if !fact.holds(value) {
                faults.push(format!("{}: {value} outside {} to {}", fact.id, fact.low, fact.high));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
