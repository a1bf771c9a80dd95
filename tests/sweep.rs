//! Sweeps: settings that equal separate runs, a planted best setting, ties, interruption, bad input, files.

#![allow(clippy::unwrap_used, reason = "a case that cannot be set up fails its test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use assert_cmd::Command;
use serde_json::Value;
use tailwing::engine::search::{Found, Plans, Store, Task, Wanted, Watch, search};
use tailwing::engine::sweep::SweepCost;
use tailwing::engine::{self, Progress, Silent};
use tailwing::plan::Plan;
use tailwing::report::sweep::{SweepReport, folder};
use tailwing::risk::{Measure, Yardstick};
use tailwing::scenario::{self, Axis, Choice, Override, Source, Variants};
use tailwing::{Error, Result};

/// Options that make a run small and its tables cheap.
const SMALL: [&str; 4] = ["run.paths=256", "run.horizon_days=12", "run.mark_accuracy=1e-4", "market.vix=26"];

fn small() -> Vec<Override> {
    SMALL.iter().map(|text| Override::set(text).unwrap()).collect()
}

fn axes(texts: &[&str]) -> Choice {
    Choice::Grid(texts.iter().map(|text| Axis::parse(text).unwrap()).collect())
}

fn yardstick(goal: &str, measures: &[&str]) -> Yardstick {
    let measures = measures.iter().map(|measure| measure.parse().unwrap()).collect();
    Yardstick { goal: goal.parse().unwrap(), demands: Vec::new(), measures }
}

/// The plans of a design, in its own world.
struct Design<'a>(&'a Variants<'a>);

impl Plans for Design<'_> {
    fn settings(&self) -> usize {
        self.0.design.settings.len()
    }

    fn worlds(&self) -> Vec<String> {
        Vec::new()
    }

    fn plan(&self, wanted: Wanted) -> Result<Plan> {
        let seed = Override::option("--seed", "run.seed", &wanted.seed.to_string());
        self.0.plan(wanted.candidate.checked_sub(1), &[seed])
    }
}

/// Watches a search, and stops it once so many settings are finished.
#[derive(Default)]
struct Watcher {
    stop_after: Option<usize>,
    settled: AtomicUsize,
}

impl Progress for Watcher {
    fn start(&self, _paths: u64) {}
    fn advance(&self, _paths: u64) {}
    fn finish(&self) {}
    fn interrupted(&self) -> bool {
        self.stop_after.is_some_and(|most| self.settled.load(Ordering::Relaxed) >= most)
    }
}

impl Watch for Watcher {
    fn round(&self, _what: &str, _settings: usize, _paths: usize) {
        self.settled.store(0, Ordering::Relaxed);
    }
    fn settled(&self, settings: usize) {
        self.settled.store(settings, Ordering::Relaxed);
    }
    fn cost(&self, _cost: &SweepCost) {}
}

fn task(variants: &Variants, yardstick: Yardstick) -> Task {
    let run = &variants.reference.run;
    Task { yardstick, halving: false, paths: run.paths, seed: run.seed, threads: Some(2) }
}

fn found(variants: &Variants, yardstick: Yardstick) -> Found {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    search(&Design(variants), &task(variants, yardstick), &store, &Watcher::default()).unwrap()
}

#[test]
fn each_of_25_settings_of_two_thresholds_equals_a_run_of_its_own_to_the_bit() {
    let over = ["rsi_oversold=20,25,30,35,40", "macd_spike=1.0,1.5,2.0,2.5,3.0"];
    let variants = Variants::new(Source::BuiltIn, small(), axes(&over)).unwrap();
    let measures = ["es(0.95)", "mean", "sd", "p_loss", "var(0.95)", "drawdown(0.95)", "cost", "p_margin_call"];
    let found = found(&variants, yardstick("es(0.95)", &measures));
    assert_eq!((found.standings.len(), variants.design.settings.len()), (26, 25));
    for (setting, values) in variants.design.settings.iter().enumerate() {
        let mut overrides = small();
        let set = |key: &str, value: f64| Override::set(&format!("thresholds.{key}={value}")).unwrap();
        overrides.extend([set("rsi_oversold", values[0]), set("macd_spike", values[1])]);
        let plan = scenario::load(Source::BuiltIn, &overrides).unwrap();
        assert_eq!(plan.digest, variants.plan(Some(setting), &[]).unwrap().digest);
        let run = engine::run(&plan, Some(1), &Silent).unwrap();
        let score = found.standings[setting + 1].score.as_ref().unwrap();
        for (measure, estimate) in measures.iter().zip(&score.measures) {
            let figure = measure.parse::<Measure>().unwrap().figure(&run.figures).unwrap();
            let own = [Some(estimate.value), estimate.standard_error, estimate.interval.low, estimate.interval.high];
            let bits = |numbers: [Option<f64>; 4]| numbers.map(|number| number.map(f64::to_bits));
            let theirs = [Some(figure.value), figure.standard_error, figure.low, figure.high];
            assert_eq!(bits(own), bits(theirs), "{measure} of {values:?}: {own:?} {theirs:?}");
        }
    }
    // 30 and 2.0 are what the scenario says.
    assert_eq!(found.twin, Some(13));
    assert_eq!(found.standings[13], found.standings[0]);
}

/// A market without premia in which VIX is forced up on day 10: long VX from the close of `start` to that of day 11. Carried
/// longer, it only costs the roll; from day 10 on it comes too late.
const PLANTED: &str = r#"
extends = "base.toml"
name = "planted"
shock = [{ name = "jump", day = 10, spot = -0.06, vix = 15.0 }]

[run]
paths = 512
horizon_days = 14
mark_accuracy = 1e-4

[thresholds]
start = 2
never = 500

[[condor]]
name = "core"
enter = "false"

[[layer]]
name = "planted"
hold = { vx = 1, contracts = 5 }
enter = "day >= start and day < 11 or vix > never"
exit = "day >= 11"
"#;

fn planted(place: &Path) -> PathBuf {
    fs::write(place.join("base.toml"), scenario::new_text()).unwrap();
    let text = PLANTED.replace("extends = \"base.toml\"\n", "extends = \"base.toml\"\nlayer = []\n");
    // A file that empties a list cannot fill it, so a third one does.
    let (head, layers) = text.split_once("[[condor]]").unwrap();
    fs::write(place.join("emptied.toml"), head.replace("name = \"planted\"\n", "")).unwrap();
    let file = place.join("planted.toml");
    fs::write(&file, format!("extends = \"emptied.toml\"\nname = \"planted\"\n[[condor]]{layers}")).unwrap();
    file
}

#[test]
fn the_planted_best_threshold_is_found_and_stands_alone() {
    let place = tempfile::tempdir().unwrap();
    let file = planted(place.path());
    let variants = Variants::new(Source::Path(&file), Vec::new(), axes(&["start=2,5,9,10,13"])).unwrap();
    let found = found(&variants, yardstick("-mean", &["mean"]));
    // Day 9 is the last close before the jump: it pays the least carry of those that earn it.
    assert_eq!(found.best, Some(3), "{:?}", found.standings);
    let goal = |candidate: usize| found.standings[candidate].score.as_ref().unwrap().goal.value;
    assert!(goal(4) > goal(3) + 10_000.0 && goal(5) > goal(3) + 10_000.0, "{} {} {}", goal(3), goal(4), goal(5));
    let tied: Vec<usize> = found
        .finalists
        .iter()
        .zip(&found.contest.verdicts)
        .filter(|(_, verdict)| verdict.as_ref().unwrap().tied)
        .map(|(candidate, _)| *candidate)
        .collect();
    assert!(tied.contains(&3) && !tied.contains(&4) && !tied.contains(&5), "{tied:?}");
    let fresh = found.fresh.unwrap();
    assert_ne!(fresh.seed, variants.reference.run.seed);
    assert!(fresh.best.goal.value < -10_000.0);
}

#[test]
fn where_thresholds_do_not_matter_all_settings_are_tied() {
    let place = tempfile::tempdir().unwrap();
    let file = planted(place.path());
    let variants = Variants::new(Source::Path(&file), Vec::new(), axes(&["never=400..900 step 50"])).unwrap();
    let found = found(&variants, yardstick("es(0.95)", &["mean"]));
    let verdicts: Vec<_> = found.contest.verdicts.iter().map(|verdict| verdict.as_ref().unwrap()).collect();
    assert_eq!(verdicts.len(), 11);
    assert!(verdicts.iter().all(|verdict| verdict.tied && verdict.behind_best.value == 0.0));
}

/// Every file of a folder with its bytes.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn an_interrupted_sweep_goes_on_and_leaves_the_bytes_of_one_that_was_not() {
    let variants = Variants::new(Source::BuiltIn, small(), axes(&["vix_extreme=21..90 step 1"])).unwrap();
    let task = task(&variants, yardstick("es(0.95)", &["es(0.95)", "cost"]));
    let root = tempfile::tempdir().unwrap();
    let write = |found: &Found, name: &str| {
        let report = SweepReport {
            plan: &variants.reference,
            digest: "0123456789ab",
            keys: &variants.design.keys,
            settings: &variants.design.settings,
            reference_values: &variants.reference_values,
            task: &task,
            options: &[],
            found,
        };
        contents(&folder::write(&report, &root.path().join(name)).unwrap())
    };
    let whole = Store::open(&root.path().join("whole.part")).unwrap();
    let expected = write(&search(&Design(&variants), &task, &whole, &Watcher::default()).unwrap(), "whole");

    let part = root.path().join("broken.part");
    let store = Store::open(&part).unwrap();
    let impatient = Watcher { stop_after: Some(1), ..Watcher::default() };
    let stopped = search(&Design(&variants), &task, &store, &impatient).unwrap_err();
    assert_eq!(stopped.exit_code(), 130);
    assert!(matches!(stopped, Error::Paused(_)), "{stopped}");
    // Settings are finished a pass over the paths at a time, of which there are two here; one of the 70 is the reference.
    let kept = contents(&part);
    assert!(!kept.is_empty() && kept.len() < 70, "{}", kept.len());
    let words = format!("interrupted in sweep: {} of 71 settings are finished; not finished: ", kept.len());
    assert!(stopped.to_string().starts_with(&words), "{stopped}");
    // One file was written by a process that died in the middle of it.
    let (name, bytes) = kept.last().unwrap();
    fs::write(part.join(name), &bytes[..bytes.len() / 2]).unwrap();
    let resumed = search(&Design(&variants), &task, &store, &Watcher::default()).unwrap();
    assert_eq!(write(&resumed, "broken"), expected);
}

fn command(place: &Path, arguments: &[&str]) -> Output {
    let small = SMALL.iter().flat_map(|text| ["--set", text]);
    let mut command = Command::cargo_bin("tailwing").unwrap();
    command.current_dir(place).arg("sweep").args(arguments).args(small).output().unwrap()
}

fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn one_command_leaves_seven_files_and_the_same_bytes_for_any_number_of_threads_and_from_its_cases() {
    let place = tempfile::tempdir().unwrap();
    let over = ["--over", "rsi_oversold=30,40", "--over", "layer.L3 extreme.hold.contracts=0,8"];
    let goal = ["--minimise", "es(0.95) + 2 * cost", "--subject-to", "cost <= 0.5 * equity"];
    let run = |threads: &str| {
        let output = command(place.path(), &[&over[..], &goal, &["--threads", threads, "--out", threads]].concat());
        let (code, out, err) = told(&output);
        assert_eq!(code, 0, "{err}");
        assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
        assert!(out.contains("es(0.95) + 2 * cost") && err.contains("sweep.html"), "{out}{err}");
        let [folder] = &fs::read_dir(place.path().join(threads)).unwrap().collect::<Vec<_>>()[..] else { panic!() };
        contents(&folder.as_ref().unwrap().path())
    };
    let (one, two) = (run("1"), run("2"));
    let names: Vec<&str> = one.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["cases.csv", "manifest.json", "scenario.toml", "summary.json", "sweep.csv", "sweep.html", "sweep.parquet"]
    );
    assert_eq!(one, two);
    let of = |name: &str| String::from_utf8(one.iter().find(|(file, _)| file == name).unwrap().1.clone()).unwrap();
    assert_eq!(of("sweep.csv").lines().count(), 6);
    let summary: Value = serde_json::from_str(&of("summary.json")).unwrap();
    assert_eq!(summary["settings"].as_array().unwrap().len(), 5);
    assert!(summary["fresh"]["seed"].as_u64().unwrap() != summary["seed"].as_u64().unwrap());
    let page = of("sweep.html");
    for needle in ["http:", "https:", "<script", "style=", "src=", "url(", "@import", "NaN", "inf"] {
        assert!(!page.replace("info", "").contains(needle), "{needle}");
    }

    // The manifest's command repeats it from what lies in the folder.
    fs::create_dir(place.path().join("again")).unwrap();
    for name in ["cases.csv", "scenario.toml"] {
        fs::write(place.path().join("again").join(name), of(name)).unwrap();
    }
    let manifest: Value = serde_json::from_str(&of("manifest.json")).unwrap();
    let repeat = manifest["command"].as_str().unwrap();
    assert!(repeat.starts_with("tailwing sweep scenario.toml --cases cases.csv --minimise '"), "{repeat}");
    let mut again = Command::cargo_bin("tailwing").unwrap();
    again.current_dir(place.path().join("again")).args(["sweep", "scenario.toml", "--cases", "cases.csv"]);
    let (code, _, err) = told(&again.args(goal).output().unwrap());
    assert_eq!(code, 0, "{err}");
    let [folder] = &fs::read_dir(place.path().join("again/output")).unwrap().collect::<Vec<_>>()[..] else { panic!() };
    assert_eq!(contents(&folder.as_ref().unwrap().path()), one);
}

#[cfg(unix)]
#[test]
fn an_interrupt_is_exit_code_130_and_leaves_nothing_where_nothing_is_finished() {
    let place = tempfile::tempdir().unwrap();
    let child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("tailwing"))
        .current_dir(place.path())
        .args(["sweep", "--over", "vix_extreme=25,30,35", "--paths", "1_000_000", "--quiet"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The folder of finished settings appears when the handler is in place and the work begins.
    let part = || fs::read_dir(place.path().join("output")).is_ok_and(|mut entries| entries.next().is_some());
    while !part() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let (code, out, err) = told(&child.wait_with_output().unwrap());
    assert_eq!((code, out.as_str()), (130, ""), "{err}");
    assert!(err.contains("0 of 4 settings are finished; not finished: 0 to 3"), "{err}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn halving_looks_at_many_settings_on_few_paths_and_at_few_on_all() {
    let place = tempfile::tempdir().unwrap();
    let arguments = ["--over", "vix_extreme=20,40", "--over", "rsi_oversold=20,40", "--hypercube", "9"];
    let goal = ["--minimise", "es(0.95)", "--paths", "4096", "--json", "--set", "run.horizon_days=3"];
    let mut command = Command::cargo_bin("tailwing").unwrap();
    command.current_dir(place.path()).args(["sweep", "--set", "run.mark_accuracy=1e-4"]).args(arguments).args(goal);
    let (code, out, err) = told(&command.output().unwrap());
    assert_eq!(code, 0, "{err}");
    let summary: Value = serde_json::from_str(&out).unwrap();
    let rounds: Vec<(u64, u64)> = summary["rounds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|round| (round["paths"].as_u64().unwrap(), round["settings"].as_u64().unwrap()))
        .collect();
    assert_eq!(rounds[0], (2048, 10));
    assert!(rounds[1].0 == 4096 && (5..=6).contains(&rounds[1].1), "{rounds:?}");
    let on_all = summary["settings"].as_array().unwrap().iter().filter(|setting| setting["paths"] == 4096).count();
    assert_eq!(on_all as u64, rounds[1].1);
}

#[test]
fn other_worlds_say_whether_the_recommendation_survives() {
    let place = tempfile::tempdir().unwrap();
    let output = command(place.path(), &["--over", "vix_extreme=25,35", "--fragility", "--json", "--quiet"]);
    let (code, out, err) = told(&output);
    assert_eq!((code, err.as_str()), (0, ""));
    let summary: Value = serde_json::from_str(&out).unwrap();
    let worlds = summary["worlds"].as_array().unwrap();
    let names: Vec<&str> = worlds.iter().map(|world| world["name"].as_str().unwrap()).collect();
    for wanted in ["model svcj", "model bates", "model heston", "jumps 1.5 times as large", "liquidity crunches"] {
        assert!(names.contains(&wanted), "{names:?}");
    }
    for world in worlds {
        assert!(world["failure"].is_string() || world["survives"].is_boolean(), "{world}");
    }
    assert!(worlds.iter().filter(|world| world["survives"].is_boolean()).count() >= 4, "{worlds:?}");
}

#[test]
fn wrong_sweeps_are_told_what_is_right_and_leave_nothing() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("cases.csv"), "rsi_oversold\n20\nlow\n").unwrap();
    fs::write(place.path().join("bad.toml"), "[sweep]\nrsi_oversol = [1, 2]\n").unwrap();
    let files = ["bad.toml", "cases.csv"];
    for (arguments, message) in [
        (&[][..], "nothing is varied: write a section [sweep], or --over KEY=20,25,30"),
        (&["--over", "rsi_oversol=1,2"], "`rsi_oversol` is no number of the scenario; did you mean `rsi_oversold`?"),
        (&["--over", "layer.L3 extreme.hold.contract=1"], "did you mean `layer.L3 extreme.hold.contracts`?"),
        (&["--over", "layer.L3 extreme.enter=1"], "`layer.L3 extreme.enter` is no number of the scenario"),
        (&["--over", "run.paths=1,2"], "`run.paths` says how much is simulated"),
        (&["--over", "layer.L3 extreme.hold.vx=1.5"], "takes whole numbers only, and cannot be 1.5"),
        (&["--over", "layer.L3 extreme.hold.vx=9"], "layer.L3 extreme.hold.vx"),
        (&["--over", "macd_spike=1,x"], "--over macd_spike=1,x: `x` is no number; write KEY=20,25,30"),
        (&["--over", "macd_spike=3..1 step 1"], "the range from 3 to 1 in steps of 1 is empty"),
        (
            &["--over", "macd_spike=1..1000 step 1", "--over", "vix_extreme=1..10_000 step 1"],
            "the sweep has 10,000,000 settings, more than 10,000; --hypercube N takes N of them",
        ),
        (&["--over", "macd_spike=1,2", "--hypercube", "0"], "a hypercube needs at least one point"),
        (&["--over", "macd_spike=1,2", "--hypercube", "20000"], "the sweep has 20,000 settings, more than 10,000"),
        (&["--cases", "cases.csv"], "cases.csv:3: `low` is no number"),
        (&["--cases", "missing.csv"], "cannot read --cases missing.csv"),
        (&["--cases", "cases.csv", "--over", "macd_spike=1"], "cannot be used with"),
        (&["--over", "macd_spike=1", "--minimise", "costs"], "--minimise `costs` is no measure; did you mean `cost`?"),
        (&["--over", "macd_spike=1", "--minimise", "omega"], "omega cannot be part of a goal"),
        (&["--over", "macd_spike=1", "--minimise", "3"], "it names no measure"),
        (&["--over", "macd_spike=1", "--subject-to", "cost"], "--subject-to `cost` compares nothing"),
        (
            &["--over", "macd_spike=1", "--minimise", "p_margin_call", "--set", "account.margin=none"],
            "p_margin_call needs margin",
        ),
        (&["bad.toml"], "`rsi_oversol` is no number of the scenario"),
    ] {
        let (code, out, err) = told(&command(place.path(), arguments));
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(err.contains(message), "{arguments:?}: {err}");
        let mut left: Vec<_> = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, files, "{arguments:?}");
    }
}

#[test]
fn what_a_file_sweeps_decides_nothing_about_its_runs() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("base.toml"), scenario::new_text()).unwrap();
    let file = place.path().join("swept.toml");
    let sweep =
        "[sweep]\nvix_extreme = { from = 25, to = 40, step = 5 }\n\"layer.L3 extreme.hold.contracts\" = [4, 8]\n";
    fs::write(&file, format!("extends = \"base.toml\"\n{sweep}")).unwrap();
    let [bare, swept] = [place.path().join("base.toml"), file.clone()];
    let digest = |path: &Path| scenario::load(Source::Path(path), &[]).unwrap().digest;
    assert_eq!(digest(&bare), digest(&swept));
    let variants = Variants::new(Source::Path(&file), Vec::new(), Choice::Grid(Vec::new())).unwrap();
    assert_eq!(variants.design.settings.len(), 8);
    assert_eq!(variants.reference_values, [Some(30.0), Some(10.0)]);
}
