//! Scenario files: what is wrong with bad ones, to the letter, and what good ones mean.

#![allow(clippy::unwrap_used)] // helpers of tests may panic as tests do

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value as Json;
use tailwing::plan::Plan;
use tailwing::scenario::{Override, Source, Topic, json_schema, list, load, new_text};
use tailwing::strategy::condor::{LongStrike, ShortStrike};
use tailwing::strategy::layer::VxHold;
use tailwing::strategy::{Every, Hold, Level, Resize, Wing};

const BUILT_IN: &str = "scenarios/ten_lot_alvh.toml";

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == extension));
    files.sort();
    files
}

fn load_file(path: impl AsRef<Path>) -> tailwing::Result<Plan> {
    load(Source::Path(path.as_ref()), &[])
}

fn load_text(text: &str) -> tailwing::Result<Plan> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scenario.toml");
    fs::write(&path, text).unwrap();
    load_file(path)
}

/// The scenario as a run leaves it, with the history beside it.
fn load_resolved(plan: &Plan) -> tailwing::Result<Plan> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scenario.toml");
    fs::write(&path, &plan.resolved).unwrap();
    if let Some(followed) = &plan.followed {
        fs::write(folder.path().join("followed.csv"), &followed.text).unwrap();
    }
    if let Some(history) = &plan.history {
        fs::write(folder.path().join("history.csv"), &history.text).unwrap();
    }
    load_file(path)
}

fn set(assignments: &[&str]) -> tailwing::Result<Plan> {
    let overrides: Vec<Override> = assignments.iter().map(|text| Override::set(text).unwrap()).collect();
    load(Source::BuiltIn, &overrides)
}

/// Everything of a plan but its digest and its text.
fn meaning(plan: &Plan) -> String {
    format!("{:?}", Plan { digest: String::new(), resolved: String::new(), ..plan.clone() })
}

#[test]
fn every_bad_file_gives_its_exact_message() {
    let bad = files("tests/bad_scenarios", "toml");
    assert!(bad.len() >= 12);
    for path in bad {
        let error = load_file(&path).expect_err(path.to_str().unwrap());
        assert_eq!(error.exit_code(), 2);
        let expected = fs::read_to_string(path.with_extension("txt")).unwrap();
        assert_eq!(format!("{error}\n"), expected, "{}", path.display());
    }
}

#[test]
fn files_that_are_no_text_are_refused_with_their_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let cases = [
        (folder.path().join("absent.toml"), "No such file"),
        (folder.path().to_owned(), "it is a folder"),
        (file("latin.toml", b"name = \"x\"\n# caf\xe9\n"), "it is not UTF-8 text (line 2)"),
        (file("huge.toml", &vec![b'#'; (1 << 20) + 1]), "it is larger than 1 MiB"),
    ];
    for (path, reason) in cases {
        let error = load_file(&path).unwrap_err();
        let message = error.to_string();
        assert!(message.contains(reason) && message.contains(path.to_str().unwrap()), "{message}");
        assert_eq!(error.exit_code(), 2);
    }
}

#[test]
fn hostile_text_is_refused_and_never_panics() {
    let deep_list = format!("name = {}{}", "[".repeat(50_000), "]".repeat(50_000));
    let deep_table = format!("name{} = 1", ".a".repeat(50_000));
    let many = (0..20_000).map(|i| format!("key{i} = {i}\n")).collect::<String>();
    let rule = format!("name = \"x\"\n[[layer]]\nenter = \"{}\"\n", "(".repeat(100_000));
    for text in ["\0", "\u{feff}", "\r\r\n", "=", "[[[[", "\"\"\"", &deep_list, &deep_table, &many, &rule] {
        assert_eq!(load_text(text).unwrap_err().exit_code(), 2);
    }
}

#[test]
fn a_report_names_all_faults_but_shows_no_more_than_fifty() {
    let many: String = (0..1000).map(|i| format!("key{i} = {i}\n")).collect();
    let message = load_text(&many).unwrap_err().to_string();
    assert_eq!(message.matches("error: unknown key").count() + message.matches("is missing").count(), 49);
    assert!(message.ends_with("has 1003 faults, of which 50 are shown; nothing was run"), "{message}");
}

#[test]
fn the_built_in_scenario_is_the_shipped_file() {
    let built_in = load(Source::BuiltIn, &[]).unwrap();
    let file = load_file(BUILT_IN).unwrap();
    assert_eq!((built_in.digest, built_in.resolved), (file.digest, file.resolved));
    assert_eq!(built_in.run.paths, 100_000);
    assert_eq!(built_in.condors[0].every, Every::Month);
    assert_eq!(built_in.layers[2].amount, 10.0);
    assert_eq!((built_in.layers[2].level, built_in.layers[2].resize), (Level::Total, Resize::Daily));
}

#[test]
fn every_shipped_scenario_gives_its_digest_again_from_its_resolved_text() {
    let shipped = files("scenarios", "toml");
    assert!(shipped.len() >= 6);
    let mut digests = Vec::new();
    for path in shipped {
        let plan = load_file(&path).unwrap_or_else(|error| panic!("{error}"));
        let again = load_resolved(&plan).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((&plan.resolved, &plan.digest), (&again.resolved, &again.digest), "{}", path.display());
        assert_eq!(meaning(&plan), meaning(&again), "{}", path.display());
        assert!(plan.digest.len() == 12 && plan.digest.bytes().all(|b| b.is_ascii_hexdigit()));
        digests.push(plan.digest);
    }
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), files("scenarios", "toml").len());
}

#[test]
fn changed_models_give_their_digest_again_from_their_resolved_text() {
    let custom = [
        "model.preset=custom",
        "model.vol_of_variance=0.6",
        "model.rho=-0.7",
        "model.risk_neutral.kappa=3.3",
        "model.risk_neutral.theta=0.037",
    ];
    let changed = ["model.risk_neutral.kappa=6.1", "model.physical.kappa2=1.7", "model.slow_variance=0.01"];
    for assignments in [&custom[..], &changed[..]] {
        let plan = set(assignments).unwrap_or_else(|error| panic!("{error}"));
        let again = load_text(&plan.resolved).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((&plan.resolved, &plan.digest), (&again.resolved, &again.digest));
        assert_eq!(meaning(&plan), meaning(&again));
    }
    assert_eq!(set(&custom).unwrap().model_name, "custom");
    assert_eq!(set(&changed).unwrap().model_name, "default (changed)");
}

#[test]
fn a_changed_preset_keeps_every_other_number_of_its_own() {
    let plain = set(&[]).unwrap();
    let changed = set(&["model.risk_neutral.kappa=6.1"]).unwrap();
    let (old, new) = (plain.model.risk_neutral(), changed.model.risk_neutral());
    assert_eq!(new.dynamics.kappa, [6.1, old.dynamics.kappa[1]]);
    assert_eq!(changed.model.physical().dynamics, plain.model.physical().dynamics);
    // theta stays, so the product that both measures share moves with kappa.
    let theta = old.theta()[0];
    assert_eq!(new.shared.fast.reversion, 6.1 * theta);
    assert_eq!(new.shared.slow, old.shared.slow);
}

#[test]
fn a_custom_model_has_no_premium_that_it_does_not_state() {
    let keys = "vol_of_variance = 0.6\nrho = -0.7\n[model.risk_neutral]\nkappa = 3.0\ntheta = 0.04\nintensity = 0.2\n";
    let text = format!(
        "name = \"x\"\n[market]\ndate = 2026-11-20\nspot = 6600\nvix = 20\nrate = 0.03\ndividend_yield = 0.01\n\
         [model]\n{keys}[[layer]]\nname = \"a\"\nhold = {{ vx = 1, contracts = 1 }}\nenter = \"true\"\nexit = \"false\"\n"
    );
    let plan = load_text(&text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(plan.model_name, "custom");
    assert_eq!(plan.model, plan.model.without_premia());
}

#[test]
fn numbers_may_be_grouped_or_in_scientific_notation() {
    for paths in ["2_000", "2e3", "2000.0", "0x7d0", "+2000"] {
        assert_eq!(set(&[&format!("run.paths={paths}")]).unwrap().run.paths, 2000, "{paths}");
    }
    for spot in ["5_000", "5e3", "5000"] {
        assert_eq!(set(&[&format!("market.spot={spot}")]).unwrap().market.spot, 5000.0, "{spot}");
    }
    let plan = set(&["run.seed=9223372036854775807"]).unwrap();
    assert_eq!(plan.run.seed, 9_223_372_036_854_775_807);
}

#[test]
fn assignments_reach_every_part_by_name_and_the_last_one_wins() {
    let plan = set(&[
        "layer.L3 extreme.hold.contracts=4",
        "layer.\"L1 early warning\".roll_days=7",
        "condor.core.put.width=50",
        "condor.core.enter=vix < fear",
        "thresholds.fear=33",
        "breadth.noise=0.3",
        "run.seed=1",
        "run.seed=2",
        "name=a name without quotes",
    ])
    .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(plan.layers[2].amount, 4.0);
    assert!(matches!(plan.layers[0].hold, Hold::Vx(VxHold { roll_days: 7, .. })));
    let put = Wing { short: Some(ShortStrike::Delta(0.16)), long: Some(LongStrike::Width(50.0)) };
    assert_eq!(plan.condors[0].put, Some(put));
    assert_eq!(plan.condors[0].enter.text(), "vix < fear");
    assert_eq!(plan.breadth.unwrap().noise, 0.3);
    assert_eq!((plan.run.seed, plan.name.as_str()), (2, "a name without quotes"));
    let texts = set(&["name=5", "condor.core.enter=true", "condor.core.every=\"day\""]).unwrap();
    assert_eq!((texts.name.as_str(), texts.condors[0].enter.text(), texts.condors[0].every), ("5", "true", Every::Day));
    assert!(set(&["layer=[]"]).unwrap().layers.is_empty());
    assert_ne!(plan.digest, set(&[]).unwrap().digest);
}

#[test]
fn options_are_assignments_under_their_own_name() {
    let plan = load(Source::BuiltIn, &[Override::option("--paths", "run.paths", "64")]).unwrap();
    assert_eq!(plan.run.paths, 64);
    let error = load(Source::BuiltIn, &[Override::option("--paths", "run.paths", "0")]).unwrap_err();
    let expected = "\
error: `run.paths` is 0
 --> command line:1:9
  |
1 | --paths 0
  |         ^ must be a whole number from 1 to 10,000,000

error: built-in scenario has 1 fault; nothing was run";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn faults_of_assignments_point_into_the_command_line() {
    let renamed = set(&["condor.core.name=other"]).unwrap_err().to_string();
    assert!(renamed.contains("an assignment cannot rename `core`"), "{renamed}");
    let error = set(&["layer.L3 extrme.hold.contracts=4", "condor.core.enter=vix <", "brdth.noise=0.3"]).unwrap_err();
    let expected = "\
error: there is no layer named `L3 extrme`
 --> command line:1:7
  |
1 | --set layer.L3 extrme.hold.contracts=4
  |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ known are `L1 early warning`, `L2 confirmed expansion` and `L3 extreme`
  |
  = help: did you mean `layer.L3 extreme`?

error: rule `enter`: the rule ends where a number, a name or `(` should follow
 --> command line:1:30
  |
1 | --set condor.core.enter=vix <
  |                              ^

error: unknown key `brdth`
 --> command line:1:7
  |
1 | --set brdth.noise=0.3
  |       ^^^^^^^^^^^ not a key of a scenario
  |
  = help: did you mean `breadth`?

error: built-in scenario has 3 faults; nothing was run";
    assert_eq!(error.to_string(), expected);
    assert_eq!(Override::set("market.vix").unwrap_err().exit_code(), 2);
}

#[test]
fn a_scenario_takes_from_what_it_extends_all_that_it_does_not_say() {
    let base = load_file(BUILT_IN).unwrap();
    let over = load_file("scenarios/over_hedged.toml").unwrap();
    assert_eq!(over.layers.len(), 3);
    for (mine, theirs) in over.layers.iter().zip(&base.layers) {
        assert!(mine.amount > theirs.amount);
        assert_eq!((mine.enter.text(), &mine.hold), (theirs.enter.text(), &theirs.hold));
    }
    assert!(load_file("scenarios/unhedged.toml").unwrap().layers.is_empty());
    assert_eq!(load_file("scenarios/bates.toml").unwrap().model_name, "bates");
}

#[test]
fn a_preset_drops_the_numbers_of_the_one_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let resolved = set(&["model.rho=-0.5"]).unwrap().resolved;
    fs::write(folder.path().join("base.toml"), resolved).unwrap();
    let child = folder.path().join("child.toml");
    fs::write(&child, "extends = \"base.toml\"\n[model]\npreset = \"svcj\"\n").unwrap();
    assert_eq!(load_file(&child).unwrap().model_name, "svcj");
    let stressed = Path::new("scenarios/stressed_start.toml");
    let vx2 = load(Source::Path(stressed), &[Override::set("market.vx2=31").unwrap()]);
    assert!(vx2.unwrap().resolved.contains("vx2 = 31.0"));
}

#[test]
fn each_way_to_fix_the_slow_state_gives_the_vix_of_the_scenario_back() {
    use tailwing::calendar::grid::window_after;
    use tailwing::model::VixMap;
    for extra in [&[][..], &["market.vix3m=20.5"], &["market.vx2=19.9"], &["model.slow_variance=0.01"]] {
        let plan = set(extra).unwrap_or_else(|error| panic!("{error}"));
        let map = |days| {
            let years = plan.clock.years(window_after(plan.market.date, days));
            VixMap::new(plan.model.risk_neutral(), years).unwrap().vix(plan.market.state)
        };
        assert!((map(30) - 18.0).abs() < 1e-12 * 18.0, "{extra:?}");
        if extra == ["market.vix3m=20.5"] {
            assert!((map(93) - 20.5).abs() < 1e-12 * 20.5);
        }
    }
    // From the lowest VIX of the model upwards, VIX alone always finds a state.
    for tenths in 84..1500 {
        assert!(set(&[&format!("market.vix={}", f64::from(tenths) / 10.0)]).is_ok(), "{tenths}");
    }
}

#[test]
fn the_commented_scenario_is_the_built_in_one_and_says_what_each_key_is() {
    let text = new_text();
    let plan = load_text(&text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(plan.digest, load(Source::BuiltIn, &[]).unwrap().digest);
    // With every default live, it still is the same scenario.
    let mut entry = false;
    let mut adds = |line: &str| {
        entry = line.starts_with("#> [[") || entry && line.starts_with('#');
        entry || is_example(line)
    };
    let live: String = text.lines().filter(|line| !adds(line)).map(|l| format!("{}\n", l.replace("#> ", ""))).collect();
    assert_eq!(load_text(&live).unwrap_or_else(|error| panic!("{error}")).digest, plan.digest);
    // Taken at its word, every example of an entry runs as well.
    let with_entries: String = text
        .split_inclusive("\n\n")
        .map(|block| if block.contains("#> [[") { block.replace("#> ", "") } else { block.to_owned() })
        .collect();
    let entries = load_text(&with_entries).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((entries.factors.names.len(), entries.releases.len()), (1, 1));
    for key in ["seed", "equity", "stress_multiple", "vix3m", "roll_days", "per_condor_risk", "preset", "deviation"] {
        let explained = |line: &str| line.contains(&format!("{key} = ")) && line.contains("  # ");
        assert!(text.lines().any(|l| explained(l) || l.starts_with(&format!("# {key}: "))), "{key} is not explained");
    }
}

/// Lines that add something, instead of saying a default.
fn is_example(line: &str) -> bool {
    let keys = ["description", "extends", "stop_when", "fomc", "cpi", "ppi", "repair"];
    let of_market = ["vix3m", "vx2", "slow_variance", "history", "follow"];
    let of_costs = ["vx_half_spread_far", "vix_option_half_spread_far", "condor_depth", "vx_depth", "vix_option_depth"];
    let of_condors = ["max_risk", "collateral", "credit", "credit_share", "shift_forward", "shift_back"];
    let of_layers =
        ["weight", "max_change", "premium_of_equity", "premium_of_credit", "cells", "roll_every", "refresh"];
    keys.iter()
        .chain(&of_costs)
        .chain(&of_market)
        .chain(&of_condors)
        .chain(&of_layers)
        .any(|key| line.starts_with(&format!("#> {key} = ")))
}

#[test]
fn the_schema_accepts_what_ships_and_refuses_what_is_unknown() {
    let schema = json_schema();
    for path in files("scenarios", "toml") {
        let text = fs::read_to_string(&path).unwrap();
        let scenario: Json = serde_json::to_value(toml::from_str::<toml::Value>(&text).unwrap()).unwrap();
        assert_eq!(violations(&schema, &scenario, ""), Vec::<String>::new(), "{}", path.display());
        let resolved = load_file(&path).unwrap().resolved;
        let scenario: Json = serde_json::to_value(toml::from_str::<toml::Value>(&resolved).unwrap()).unwrap();
        assert_eq!(violations(&schema, &scenario, ""), Vec::<String>::new(), "{}", path.display());
    }
    for bad in ["out_of_range", "unknown_keys", "missing", "choices"] {
        let text = fs::read_to_string(format!("tests/bad_scenarios/{bad}.toml"))
            .unwrap()
            .replace("99999999999999999999", "99")
            .replace("1e400", "400");
        let scenario: Json = serde_json::to_value(toml::from_str::<toml::Value>(&text).unwrap()).unwrap();
        assert_ne!(violations(&schema, &scenario, ""), Vec::<String>::new(), "{bad}");
    }
}

/// The part of JSON Schema that the schema uses.
fn violations(schema: &Json, value: &Json, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            found.push(format!("{path}: {what}"));
        }
    };
    for (word, rule) in schema.as_object().unwrap() {
        match (word.as_str(), value) {
            ("$schema" | "title" | "description" | "default" | "format" | "propertyNames", _) => {}
            ("type", _) => expect(has_type(value, rule.as_str().unwrap()), "type"),
            ("enum", _) => expect(rule.as_array().unwrap().contains(value), "enum"),
            ("minimum", Json::Number(n)) => expect(n.as_f64() >= rule.as_f64(), "minimum"),
            ("maximum", Json::Number(n)) => expect(n.as_f64() <= rule.as_f64(), "maximum"),
            ("exclusiveMinimum", Json::Number(n)) => expect(n.as_f64() > rule.as_f64(), "exclusiveMinimum"),
            ("minLength", Json::String(s)) => expect(s.len() as u64 >= rule.as_u64().unwrap(), "minLength"),
            ("maxLength", Json::String(s)) => expect(s.chars().count() as u64 <= rule.as_u64().unwrap(), "maxLength"),
            ("required", Json::Object(map)) => {
                let names = rule.as_array().unwrap().iter();
                names.for_each(|name| expect(map.contains_key(name.as_str().unwrap()), &format!("required {name}")));
            }
            ("anyOf", _) => {
                let any = rule.as_array().unwrap().iter().any(|schema| violations(schema, value, path).is_empty());
                expect(any, "anyOf");
            }
            ("properties", Json::Object(map)) => {
                for (key, inner) in map {
                    if let Some(schema) = rule.get(key) {
                        violations(schema, inner, &format!("{path}.{key}")).iter().for_each(|v| expect(false, v));
                    }
                }
            }
            ("additionalProperties", Json::Object(map)) => {
                let known = &schema["properties"];
                for (key, inner) in map.iter().filter(|(key, _)| known.get(key.as_str()).is_none()) {
                    expect(rule.is_object() && violations(rule, inner, key).is_empty(), &format!("unknown {key}"));
                }
            }
            ("minItems", Json::Array(items)) => expect(items.len() as u64 >= rule.as_u64().unwrap(), "minItems"),
            ("uniqueItems", Json::Array(items)) => {
                let twice = items.iter().enumerate().any(|(at, item)| items[..at].contains(item));
                expect(!twice || *rule != Json::Bool(true), "uniqueItems");
            }
            ("items", Json::Array(items)) => {
                items.iter().for_each(|item| violations(rule, item, path).iter().for_each(|v| expect(false, v)));
            }
            (word, value) => expect(false, &format!("{word} does not fit {value}")),
        }
    }
    found
}

/// Dates become objects on the way through serde, and text on the way through an editor.
fn has_type(value: &Json, name: &str) -> bool {
    match name {
        "string" => value.is_string() || value.get("$__toml_private_datetime").is_some(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.trunc() == n),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        _ => false,
    }
}

#[test]
fn lists_name_what_scenarios_can_use() {
    let names = |topic| list(topic).into_iter().map(|entry| entry.name).collect::<Vec<_>>();
    assert_eq!(names(Topic::Presets), ["default", "svcj", "bates", "heston"]);
    assert!(names(Topic::Signals).contains(&"vix3m".to_owned()));
    assert!(names(Topic::Signals).contains(&"rsi_cutler(x, n)".to_owned()));
    assert!(list(Topic::Models).iter().all(|entry| !entry.about.is_empty()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Pieces of shipped scenarios, cut, doubled, swapped and overwritten: a plan or a report, never a panic.
    #[test]
    fn no_mutation_of_a_shipped_scenario_panics(
        file in 0usize..64,
        edits in proptest::collection::vec((any::<u16>(), any::<u16>(), 0usize..PIECES.len()), 1..5),
    ) {
        let paths = files("scenarios", "toml");
        let mut text = fs::read_to_string(&paths[file % paths.len()]).unwrap().replace("extends = \"ten_lot_alvh.toml\"", "");
        for (from, length, piece) in edits {
            let at = |position: usize, text: &str| text.floor_char_boundary(position % (text.len() + 1));
            let start = at(usize::from(from), &text);
            let end = at(start + usize::from(length) % 40, &text).max(start);
            text.replace_range(start..end, PIECES[piece]);
        }
        match load_text(&text) {
            Ok(plan) => prop_assert_eq!(plan.digest, load_text(&plan.resolved).unwrap().digest),
            Err(error) => prop_assert!(error.exit_code() == 2 && error.to_string().contains("nothing was run")),
        }
    }
}

const PIECES: [&str; 32] = [
    "",
    "\n",
    "\"",
    "'",
    "\"\"\"",
    "[",
    "]",
    "[[layer]]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "#",
    "\\",
    "\\u00",
    "0",
    "-1",
    "1e308",
    "nan",
    "-inf",
    "99999999999999999999",
    "2026-02-30",
    "true",
    "é→",
    "\0",
    "\t",
    " and ",
    "(",
    "name = \"core\"\n",
    "vix",
    "\r",
];

#[test]
fn what_an_assignment_cannot_do_is_said() {
    for (assignment, fault) in [
        ("thresholds.rsi_oversld=25", "no rule uses `thresholds.rsi_oversld`"),
        ("extends=\"calm_start.toml\"", "`extends` cannot be assigned"),
        ("model.risk_neutral.theta=0", "`model.risk_neutral.theta` is 0"),
    ] {
        let message = set(&[assignment]).expect_err(assignment).to_string();
        assert!(message.contains(fault), "{message}");
    }
    let message = set(&["thresholds.rsi_oversld=25"]).expect_err("a misspelt name").to_string();
    assert!(message.contains("did you mean `thresholds.rsi_oversold`?"), "{message}");
}
