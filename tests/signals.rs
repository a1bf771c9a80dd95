//! What rules see beyond index and variance, through whole runs: histories, factors, releases, news, skill.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;

use support::plan;
use tailwing::engine::{RunResult, Silent, run};
use tailwing::plan::Plan;
use tailwing::scenario::{Override, Source, load};
use tailwing::strategy::rule::MarketSeries;

/// The layers of the built-in scenario without condors, which these tests do not look at and which cost time.
const LEAN: [&str; 3] = [
    "condor=[]",
    "layer=[]",
    "layer=[{name = \"L1 early warning\", hold = {vx = 1, contracts = 1}, enter = \"false\", exit = \"false\"}, \
     {name = \"L2 confirmed expansion\", hold = {vx = 1, contracts = 2}, \
     enter = \"zscore(macd_histogram(vvix, 12, 26, 9), 60) > 2\", exit = \"macd_histogram(vvix, 12, 26, 9) < 0\"}]",
];

/// A small run without condors, with assignments laid on it.
fn lean(assignments: &[&str]) -> Plan {
    plan(&[&LEAN, assignments].concat())
}

/// A small run in a folder with a history.
fn with_history(history: &[u8], more: &str) -> tailwing::Result<Plan> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("past.csv"), history).unwrap();
    load_in(folder.path(), &format!("[market]\nhistory = \"past.csv\"\n{more}"))
}

fn load_in(folder: &Path, text: &str) -> tailwing::Result<Plan> {
    let base = folder.join("base.toml");
    let overrides: Vec<Override> = LEAN.iter().map(|text| Override::set(text).unwrap()).collect();
    fs::write(&base, load(Source::BuiltIn, &overrides).unwrap().resolved).unwrap();
    let path = folder.join("scenario.toml");
    fs::write(&path, format!("extends = \"base.toml\"\n{text}")).unwrap();
    load(Source::Path(&path), &["run.paths=64", "run.horizon_days=40"].map(|text| Override::set(text).unwrap()))
}

fn outcome(plan: &Plan) -> RunResult {
    run(plan, Some(2), &Silent).unwrap_or_else(|error| panic!("{error}"))
}

fn days_on(result: &RunResult, layer: &str) -> i32 {
    result.outcomes.count(&format!("layer_{layer}_days_on")).unwrap().iter().sum()
}

/// VIX on the sessions before 20 November 2026, falling day by day, so that its RSI is 0.
fn falling_vix(sessions: usize) -> String {
    let mut day = jiff::civil::date(2026, 11, 20);
    let mut rows = Vec::new();
    for k in 0..sessions {
        day = tailwing::calendar::sessions::previous_session(day);
        rows.push(format!("{day},{}\n", 18.1 + 0.1 * k as f64));
    }
    rows.reverse();
    format!("date,vix\n{}", rows.concat())
}

#[test]
fn indicators_begin_with_the_history() {
    let rule =
        "[[layer]]\nname = \"L1 early warning\"\nenter = \"rsi_cutler(vix, 14) < 1 and day == 0\"\nexit = \"false\"\n";
    let known = outcome(&with_history(falling_vix(14).as_bytes(), rule).unwrap());
    assert_eq!(days_on(&known, "l1_early_warning"), 64 * 40, "on from the first close on every path");
    for short in [falling_vix(13), falling_vix(1)] {
        let unknown = outcome(&with_history(short.as_bytes(), rule).unwrap());
        assert_eq!(days_on(&unknown, "l1_early_warning"), 0);
    }
}

#[test]
fn a_late_rule_is_warned_of_by_what_the_history_lacks() {
    let late = |plan: &Plan| -> Vec<String> {
        outcome(plan).warnings.into_iter().filter(|warning| warning.contains("has no value before")).collect()
    };
    let none = lean(&["run.paths=64", "run.horizon_days=95"]);
    assert_eq!(late(&none).len(), 1);
    assert!(late(&none)[0].contains("`market.history` names a file"));
    // VIX alone does not help a rule on VVIX.
    let vix = with_history(falling_vix(100).as_bytes(), "").unwrap();
    assert!(late(&vix)[0].contains("before close 93 of 40: the history lacks a series"), "{:?}", late(&vix));
    let both = falling_vix(92).replace("date,vix", "date,vvix");
    assert!(late(&with_history(both.as_bytes(), "").unwrap()).is_empty());
    let short = falling_vix(30).replace("date,vix", "date,vvix");
    assert!(late(&with_history(short.as_bytes(), "").unwrap())[0].contains("before close 63 of 40"));
}

#[test]
fn the_digest_covers_what_counts_of_the_file_and_nothing_else() {
    let base = with_history(b"date,vix,spx\n2026-11-18,19.5,6580\n2026-11-19,19,6590\n", "").unwrap();
    let same: [&[u8]; 5] = [
        b"DATE,spx,VIX\r\n11/18/2026,6580.0,19.50\r\n11/19/2026,6590,1.9e1\r\n",
        b"date,vix,spx\n2026-11-18,19.5,6580\n\n2026-11-19,19,6590\n2026-11-21,1,2\n",
        b"date,vix,spx\n2026-11-15,1,2\n2026-11-18,19.5,6580\n2026-11-19,19,6590\n2026-11-23,7,8\n",
        b"\xef\xbb\xbfdate, vix, spx\n2026-11-18, 19.5, 6580\n2026-11-19, 19, 6590",
        b"date,vix,spx\n1984-12-31,19,100\n2026-11-18,19.5,6580\n2026-11-19,19,6590\n",
    ];
    for text in same {
        let plan = with_history(text, "").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((&plan.digest, &plan.history), (&base.digest, &base.history), "{}", String::from_utf8_lossy(text));
    }
    let other: [&[u8]; 3] = [
        b"date,vix,spx\n2026-11-18,19.5,6580\n2026-11-19,19.01,6590\n",
        b"date,vix,spx\n2026-11-17,,6580\n2026-11-18,19.5,6580\n2026-11-19,19,6590\n",
        b"date,vix,vix3m\n2026-11-18,19.5,6580\n2026-11-19,19,6590\n",
    ];
    for text in other {
        assert_ne!(with_history(text, "").unwrap().digest, base.digest, "{}", String::from_utf8_lossy(text));
    }
    assert!(base.remarks.is_empty());
}

#[test]
fn a_file_of_cboe_is_read_as_it_is_and_what_is_left_out_is_said() {
    let text =
        b"DATE,OPEN,HIGH,LOW,CLOSE\n11/13/2026,17.1,17.9,16.8,17.5\n11/14/2026,1,1,1,1\n11/17/2026,1,1,1,18.25\n\
                 11/20/2026,1,1,1,18.1\n11/23/2026,9,9,9,99\n";
    let plan = with_history(text, "").unwrap();
    let past = plan.history.as_ref().unwrap();
    let vix = past.series(MarketSeries::Vix).unwrap();
    assert_eq!(past.dates.first().unwrap().to_string(), "2026-11-13");
    assert_eq!((vix.len(), vix[0], vix[2]), (5, 17.5, 18.25));
    assert!([1, 3, 4].into_iter().all(|day| vix[day].is_nan()));
    assert_eq!(past.first(MarketSeries::Vix), Some(18.1));
    let said = [
        "history past.csv: left out 1 row on days when the exchange was closed",
        "history past.csv: left out 1 row after the first day, 2026-11-20",
        "history past.csv: 3 of 5 sessions are missing",
        "history past.csv: it ends on 2026-11-17, 2 sessions before the first day, 2026-11-20",
    ];
    assert_eq!(plan.remarks, said);
    // As it stands in the folder of a run it means the same, and nothing is left to say but what is missing.
    let again = with_history(past.text.as_bytes(), "").unwrap();
    assert_eq!((&again.digest, again.remarks.len()), (&plan.digest, 2));
}

#[test]
fn a_file_that_is_no_history_is_refused_with_its_place() {
    let long = vec![b'1'; (16 << 20) + 1];
    let cases: [(&[u8], &str, &str); 13] = [
        (b"", "the history is empty", "past.csv:1:1"),
        (b"\n \n", "the history is empty", "past.csv:1:1"),
        (b"date\n2026-11-19\n", "these columns are no history", "past.csv:1:1"),
        (b"vix,spx\n18,6600\n", "these columns are no history", "past.csv:1:1"),
        (b"date,close,vix\n", "the column `vix` stands twice", "past.csv:1:12"),
        (b"date,open\n", "`open` is no series of a history", "past.csv:1:6"),
        (b"date,equity\n", "`equity` is no series of a history", "past.csv:1:6"),
        (b"date,vix\n2026-11-19,18,19\n", "this line has 3 fields", "past.csv:2:1"),
        (b"date,vix\n19.11.2026,18\n", "`19.11.2026` is no day", "past.csv:2:1"),
        (b"date,vix\n2026-11-19,18\n2026-11-19,18\n", "2026-11-19 stands after 2026-11-19", "past.csv:3:1"),
        (b"date,vix\n2026-11-19,1e400\n", "`1e400` is no value", "past.csv:2:12"),
        (
            b"date,vix\n2026-11-20,18\n2026-11-23,18\n",
            "has no session before the first day, 2026-11-20",
            "scenario.toml:3:11",
        ),
        (&long, "it is larger than 16 MiB", "scenario.toml:3:11"),
    ];
    for (text, title, place) in cases {
        let error = with_history(text, "").expect_err(title);
        let message = error.to_string();
        assert!(message.contains(title) && message.contains(place), "{message}");
        assert!(message.contains("has 1 fault;"), "{message}");
        assert_eq!(error.exit_code(), 2);
    }
    let binary = with_history(b"date,vix\n\xff\xfe", "").unwrap_err().to_string();
    assert!(binary.contains("it is not UTF-8 text (line 2)"), "{binary}");
    let many = format!("date,vix\n{}", "x,1\n".repeat(5000));
    let message = with_history(many.as_bytes(), "").unwrap_err().to_string();
    assert!(message.contains("4995 more faults in this file") && message.contains("has 5 faults;"), "{message}");
    let folder = tempfile::tempdir().unwrap();
    let absent = load_in(folder.path(), "[market]\nhistory = \"past.csv\"\n").unwrap_err().to_string();
    assert!(absent.contains("cannot read the history") && absent.contains("past.csv: No such file"), "{absent}");
}

#[test]
fn the_first_day_of_a_history_starts_vvix_breadth_and_factors() {
    let factor = "[[factor]]\nname = \"reer\"\nlevel = 100.0\nreversion = 1.0\nvolatility = 1.0\n";
    let rules = "[[layer]]\nname = \"L1 early warning\"\nenter = \"day == 0 and abs(vvix - 123.5) < 1e-9 and breadth == 7 and \
                 reer == 104\"\nexit = \"false\"\n";
    let history = b"date,vix,vvix,breadth,reer\n2026-11-19,18,90,6.5,103\n2026-11-20,99,123.5,7,104\n";
    let started = outcome(&with_history(history, &format!("{factor}{rules}")).unwrap());
    assert_eq!(days_on(&started, "l1_early_warning"), 64 * 40);
    let own = format!("{factor}start = 99.0\n{}", rules.replace("reer == 104", "reer == 99"));
    assert_eq!(days_on(&outcome(&with_history(history, &own).unwrap()), "l1_early_warning"), 64 * 40);
}

#[test]
fn calendar_facts_and_the_range_are_what_they_say() {
    // 20 November 2026 is a third Friday; CPI by rule on 10 December, FOMC on 9 December, own days before both.
    let on_first_day = [
        ("days_to_third_friday == 0 and days_to_cpi == 20 and days_to_fomc == 19 and weekday == 5", ""),
        ("days_to_cpi == 4 and days_to_fomc == 5", "calendar.cpi=[2026-11-24]|calendar.fomc=[2026-11-25, 2026-12-24]"),
        ("abs(edr - 0.18 / 15.874507866387544) < 1e-12", ""),
        ("abs(edr - 2.5 * 0.18 / 15.874507866387544) < 1e-12", "edr.multiple=2.5"),
        ("abs(edr - (0.5 * vix + 0.5 * vix9d) / 1587.4507866387544) < 1e-12", "edr.vix9d_weight=0.5"),
        ("vix9d > 10 and vix9d < 25 and skew25 > 2 and skew25 < 15", ""),
        ("cpi_surprise == 0", ""),
    ];
    for (rule, assignments) in on_first_day {
        let enter = format!("layer.L1 early warning.enter=day == 0 and {rule}");
        let release = "release=[{name = \"cpi_surprise\", schedule = \"cpi\", deviation = 0.2}]";
        let fixed = ["run.paths=64", "run.horizon_days=20", "layer.L1 early warning.exit=false", release, &enter];
        let all: Vec<&str> = fixed.into_iter().chain(assignments.split('|').filter(|text| !text.is_empty())).collect();
        assert_eq!(days_on(&outcome(&lean(&all)), "l1_early_warning"), 64 * 20, "{rule}");
    }
    // Twenty returns exist at the close of day 20 and not before.
    let realized = ["edr.realized_weight=0.5", "layer.L1 early warning.exit=false", "run.paths=64"];
    for (horizon, on) in [(20, 0), (21, 64)] {
        let own = [format!("run.horizon_days={horizon}"), "layer.L1 early warning.enter=edr > 0".to_owned()];
        let all: Vec<&str> = realized.into_iter().chain(own.iter().map(String::as_str)).collect();
        assert_eq!(days_on(&outcome(&lean(&all)), "l1_early_warning"), on, "{horizon}");
    }
}

#[test]
fn a_surprise_is_seen_on_its_day_and_moves_the_market_then() {
    let release = "release=[{name = \"shock\", schedule = \"cpi\", deviation = 1.0, index_move = 10.0}]";
    let base =
        ["run.paths=64", "run.horizon_days=10", "calendar.cpi=[2026-11-24]", "layer.L1 early warning.exit=false"];
    let with = |rule: &str, release: &str| {
        let enter = format!("layer.L1 early warning.enter={rule}");
        let all: Vec<&str> = base.into_iter().chain([release, enter.as_str()]).collect();
        outcome(&lean(&all))
    };
    // The second close after the first: on from then on, 8 closes, on every path.
    assert_eq!(days_on(&with("shock != 0 and day == 2", release), "l1_early_warning"), 64 * 8);
    assert_eq!(days_on(&with("shock != 0 and day != 2", release), "l1_early_warning"), 0);
    // An index that moves by 10 % a standard deviation shows it.
    let agrees = "day == 2 and (shock > 0.5 and return(spx, 1) > 0.02 or shock < -0.5 and return(spx, 1) < -0.02)";
    let shared = days_on(&with(agrees, release), "l1_early_warning") / 8;
    assert!(shared > 30, "{shared} of some 40 paths with a surprise beyond half a standard deviation");
    let notes = with("vix > 30", release).notes;
    assert!(notes.iter().any(|note| note.starts_with("surprises of releases (shock) move the market")), "{notes:?}");
    // Switched off it moves nothing, to the bit.
    let off = release.replace("deviation", "enabled = false, deviation");
    let (off, none) = (with("vix > 30", &off), with("vix > 30", "release=[]"));
    assert_eq!(off.outcomes, none.outcomes);
}

#[test]
fn factors_move_no_path_and_repaired_correlations_are_said() {
    let factors = "factor=[{name = \"a\", level = 0, reversion = 1, volatility = 1, correlation = {index = 0.9, b = 0.9}}, \
                   {name = \"b\", level = 0, reversion = 1, volatility = 1, correlation = {index = -0.9}}]";
    let base = ["run.paths=64", "run.horizon_days=20"];
    let impossible: Vec<Override> = base.iter().chain([&factors]).map(|text| Override::set(text).unwrap()).collect();
    let message = load(Source::BuiltIn, &impossible).unwrap_err().to_string();
    assert!(message.contains("no factors can have these correlations together"), "{message}");
    let repaired = [base[0], base[1], factors, "correlation.repair=true"];
    let result = outcome(&lean(&repaired));
    let said = "correlations of macro factors were not possible together";
    assert!(result.warnings.iter().any(|warning| warning.starts_with(said)), "{:?}", result.warnings);
    assert_eq!(result.outcomes, outcome(&lean(&base)).outcomes, "no rule asks for them");
    let asked =
        [&repaired[..], &["layer.L1 early warning.enter=a > 0.02", "layer.L1 early warning.exit=b > 0.02"]].concat();
    assert!(days_on(&outcome(&lean(&asked)), "l1_early_warning") > 0);
}

#[test]
fn skill_makes_jumps_more_frequent_and_the_index_poorer() {
    let base = ["run.paths=2048", "run.horizon_days=60", "layer=[]"];
    let mean = |skill: &str| {
        let result = outcome(&plan(&[base[0], base[1], base[2], skill]));
        let returns = result.outcomes.real("index_return").unwrap();
        let vix = result.outcomes.real("highest_vix").unwrap();
        [returns, vix].map(|values| values.iter().sum::<f64>() / values.len() as f64)
    };
    let [without, with] = ["breadth.skill=0", "breadth.skill=20"].map(mean);
    assert!(with[0] < without[0] - 0.005 && with[1] > without[1] + 1.0, "{without:?} {with:?}");
}
