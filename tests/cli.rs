//! The command as a user meets it: exit codes, streams, what is left behind, and how it takes nonsense.

#![allow(clippy::unwrap_used, reason = "a case that cannot be set up fails its test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use assert_cmd::Command;
use serde_json::Value;

/// Options that make a run small.
const SMALL: [&str; 4] = ["--paths", "64", "--set", "run.horizon_days=5"];

/// A folder to work in and the command that works there.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("tailwing").unwrap();
        command.current_dir(self.folder.path()).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// The names in a folder, sorted; empty where there is none.
    fn names(&self, folder: &str) -> Vec<String> {
        names(&self.path(folder))
    }
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("the command was not killed")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn with_small(arguments: &[&'static str]) -> Vec<&'static str> {
    [arguments, &SMALL].concat()
}

#[test]
fn a_run_prints_figures_on_standard_output_and_talk_on_standard_error() {
    let place = Place::new();
    let output = place.run(&SMALL);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("Expected shortfall 99 %"));
    assert!(stdout(&output).lines().all(|line| line.chars().count() <= 80));
    assert!(stderr(&output).contains("report.html") && !stdout(&output).contains("report.html"));
    assert!(!stderr(&output).contains('\u{1b}') && !stdout(&output).contains('\u{1b}'));
    let [folder] = &place.names("output")[..] else { panic!("{:?}", place.names("output")) };
    assert_eq!(
        place.names(&format!("output/{folder}")),
        ["manifest.json", "paths.parquet", "report.html", "scenario.toml", "summary.json"]
    );
}

#[test]
fn json_is_the_summary_and_nothing_else_and_quiet_says_nothing() {
    let place = Place::new();
    let output = place.run(&with_small(&["run", "--json", "--quiet"]));
    assert_eq!((code(&output), stderr(&output).as_str()), (0, ""));
    let folder = &place.names("output")[0];
    assert_eq!(stdout(&output), fs::read_to_string(place.path(&format!("output/{folder}/summary.json"))).unwrap());
    let summary: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((&summary["schema_version"], &summary["paths"]), (&Value::from(1), &Value::from(64)));
    let digest = summary["scenario"]["digest"].as_str().unwrap();
    assert!(folder.ends_with(digest) && digest.len() == 12, "{folder}");
}

#[test]
fn several_scenarios_make_a_batch_with_a_comparison() {
    let place = Place::new();
    fs::create_dir(place.path("batch")).unwrap();
    assert_eq!(code(&place.run(&["new", "batch/a.toml"])), 0);
    // The same name as the first, another meaning, and a third file that means the same as the second.
    place.write("batch/b.toml", "extends = \"a.toml\"\n[market]\nvix = 30.0\n");
    place.write("batch/c.toml", "extends = \"a.toml\"\n[market]\nvix = 30.0 # once more\n");
    place.write("batch/notes.txt", "no scenario");
    let output = place.run(&with_small(&["run", "batch", "batch/a.toml"]));
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stderr(&output).contains("batch/c.toml means the same as batch/b.toml: run once"), "{}", stderr(&output));
    let left = place.names("output");
    let [comparison] = &left.iter().filter(|name| name.starts_with("comparison-")).collect::<Vec<_>>()[..] else {
        panic!("{left:?}");
    };
    assert_eq!(left.len(), 3, "{left:?}");
    let csv = fs::read_to_string(place.path(&format!("output/{comparison}/comparison.csv"))).unwrap();
    assert_eq!(csv.lines().count(), 3);

    let json: Value = serde_json::from_str(&stdout(&place.run(&with_small(&["run", "batch", "--json"])))).unwrap();
    assert_eq!(json.as_array().map(Vec::len), Some(2));
    assert_eq!(place.names("output"), left);
}

#[test]
fn finished_runs_are_compared_by_their_folders_and_paired_on_the_same_paths() {
    let place = Place::new();
    fs::create_dir(place.path("batch")).unwrap();
    assert_eq!(code(&place.run(&["new", "batch/a.toml"])), 0);
    // The same market and seed with other condors, and another seed.
    place.write("batch/b.toml", "extends = \"a.toml\"\nname = \"five lots\"\n[thresholds]\nvix_extreme = 25\n");
    place.write("batch/c.toml", "extends = \"a.toml\"\nname = \"other seed\"\n[run]\nseed = 5\n");
    let run = ["run", "batch", "--quiet", "--paths", "640", "--set", "run.horizon_days=30"];
    assert_eq!(code(&place.run(&run)), 0);
    let runs: Vec<String> = place.names("output").into_iter().filter(|name| !name.starts_with("comparison")).collect();
    let folders: Vec<String> = runs.iter().map(|name| format!("output/{name}")).collect();
    let of = |name: &str| folders.iter().find(|folder| folder.contains(name)).unwrap().as_str();
    let others: Vec<&str> = folders.iter().map(String::as_str).collect();
    let output = place.run(&[&["compare"], &others[..], &["--json"]].concat());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let ranking: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(ranking.as_array().map(Vec::len), Some(3));
    for other in &ranking.as_array().unwrap()[1..] {
        // Two of the three runs saw the same paths; whichever leads, the run with the other seed is paired with none.
        let alone = other["scenario"]["name"] == "other seed" || ranking[0]["scenario"]["name"] == "other seed";
        assert_eq!(other["paired_paths"], if alone { 0 } else { 640 }, "{other}");
        assert!(!alone || other["pairing"].as_str().unwrap().contains("not the same seed"), "{other}");
    }
    let output = place.run(&["compare", of("five-lots"), of("other-seed"), "--out", "side"]);
    assert!(stdout(&output).lines().all(|line| line.chars().count() <= 80), "{}", stdout(&output));
    let side = place.names("side");
    assert_eq!(place.names(&format!("side/{}", side[0])), ["comparison.csv", "comparison.html"]);

    assert_eq!(code(&place.run(&["compare", of("five-lots")])), 2);
    let output = place.run(&["compare", of("five-lots"), of("five-lots")]);
    assert!(code(&output) == 2 && stderr(&output).contains("are the same run"), "{}", stderr(&output));
    assert_ne!(code(&place.run(&["compare", of("five-lots"), "batch"])), 0);
}

#[test]
fn a_run_stops_when_its_measure_is_known_and_its_paths_are_those_of_a_longer_run() {
    let place = Place::new();
    assert_eq!(code(&place.run(&["new", "a.toml"])), 0);
    let stop = |error: &str, most: &str| {
        let stop = format!("{{ measure = \"es(0.95)\", relative_error = {error}, max_paths = {most} }}");
        format!("extends = \"a.toml\"\n[run]\npaths = 500\nhorizon_days = 10\nstop_when = {stop}\n")
    };
    let summary = |text: &str| -> Value {
        place.write("b.toml", text);
        let output = place.run(&["run", "b.toml", "--json", "--quiet"]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        serde_json::from_str(&stdout(&output)).unwrap()
    };
    let enough = summary(&stop("0.06", "100_000"));
    let paths = enough["paths"].as_u64().unwrap();
    assert!(paths > 500 && (paths / 500).is_power_of_two() && paths % 500 == 0, "{paths}");
    let fixed = format!("extends = \"a.toml\"\n[run]\npaths = {paths}\nhorizon_days = 10\n");
    assert_eq!(summary(&fixed)["figures"], enough["figures"]);

    let cut = summary(&stop("0.0001", "1_300"));
    assert_eq!(cut["paths"], 1_300);
    assert!(
        cut["warnings"].to_string().contains("run.stop_when: after the largest number of paths"),
        "{}",
        cut["warnings"]
    );

    place.write("b.toml", &stop("0.01", "400"));
    let output = place.run(&["run", "b.toml"]);
    assert!(code(&output) == 2 && stderr(&output).contains("must be at least `run.paths`, 500"), "{}", stderr(&output));
    place.write("b.toml", &stop("0.01", "4000").replace("es(0.95)", "fear"));
    let output = place.run(&["check", "b.toml"]);
    assert!(code(&output) == 2 && stderr(&output).contains("`fear` is no measure"), "{}", stderr(&output));
}

#[test]
fn a_breached_limit_is_exit_code_3_and_the_results_are_there() {
    let place = Place::new();
    let output = place.run(&with_small(&["--fail-if", "p_loss >= 0", "--fail-if", "mean > 1e12"]));
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    assert!(stderr(&output).contains("which breaches p_loss >= 0") && !stderr(&output).contains("mean >"));
    assert_eq!(place.names("output").len(), 1);
    assert_eq!(code(&place.run(&with_small(&["--quiet", "--fail-if", "p_loss < 0"]))), 0);
}

#[test]
fn a_wrong_command_line_is_exit_code_2_says_so_and_leaves_nothing() {
    let place = Place::new();
    place.write("file", "");
    fs::create_dir(place.path("empty")).unwrap();
    for (arguments, words) in [
        (&["--threads", "0"][..], "--threads"),
        (&["--threads", "100000"], "--threads"),
        (&["--paths", "0"], "paths"),
        (&["--paths", "-5"], "-5"),
        (&["--paths", "many"], "paths"),
        (&["--paths", "1e300"], "paths"),
        (&["--paths", "99999999999999999999"], "paths"),
        (&["--paths", ""], "--paths"),
        (&["--seed", "-1"], "-1"),
        (&["--seed", "0.5"], "seed"),
        (&["--set", "nonsense"], "KEY=VALUE"),
        (&["--set", "market.vixx=20"], "vixx"),
        (&["--set", "market.vix=\n"], "vix"),
        (&["--set", "=1"], "KEY=VALUE"),
        (&["--fail-if", "es(0.99)"], "--fail-if"),
        (&["--fail-if", "es(0.42) > 1"], "0.42"),
        (&["--fail-if", "profit > 1"], "profit"),
        (&["--frobnicate"], "--frobnicate"),
        (&["frobnicate"], "frobnicate"),
        (&["sweep"], "sweep"),
        (&["list", "unicorns"], "unicorns"),
        (&["--out", "file"], "file"),
        (&["run", "missing.toml"], "missing.toml"),
        (&["run", "empty"], "empty"),
        (&["check"], "SCENARIO"),
        (&["check", "missing.toml"], "missing.toml"),
        (&["new"], "FILE"),
        (&["new", "file"], "exists already"),
    ] {
        let output = place.run(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(words), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{arguments:?}");
        assert_eq!(place.names("."), ["empty", "file"], "{arguments:?}");
    }
}

#[test]
fn faults_of_all_files_are_told_together_and_nothing_runs() {
    let place = Place::new();
    place.write("first.toml", "[market]\nvixx = 18\n");
    place.write("second.toml", "[run]\npaths = \"many\"\n");
    for command in ["run", "check"] {
        let output = place.run(&[command, "first.toml", "second.toml"]);
        assert_eq!((code(&output), stdout(&output).as_str()), (2, ""));
        let told = stderr(&output);
        assert!(told.contains("first.toml") && told.contains("vixx") && told.contains("second.toml"), "{told}");
    }
    assert_eq!(place.names("."), ["first.toml", "second.toml"]);
}

#[test]
fn a_new_scenario_is_right_and_is_never_overwritten() {
    let place = Place::new();
    assert_eq!(code(&place.run(&["new", "my.toml"])), 0);
    let text = fs::read_to_string(place.path("my.toml")).unwrap();
    let checked = place.run(&["check", "my.toml"]);
    assert_eq!(code(&checked), 0, "{}", stderr(&checked));
    assert!(stdout(&checked).starts_with("my.toml: fine, digest "));
    assert_eq!(code(&place.run(&["new", "my.toml"])), 2);
    assert_eq!(fs::read_to_string(place.path("my.toml")).unwrap(), text);
    assert_eq!(code(&place.run(&["new", "missing/my.toml"])), 1);
}

#[test]
fn the_schema_is_json_and_lists_name_what_exists() {
    let place = Place::new();
    let schema: Value = serde_json::from_str(&stdout(&place.run(&["schema"]))).unwrap();
    assert!(schema["properties"]["market"].is_object());
    let models = stdout(&place.run(&["list", "models"]));
    assert_eq!(models.lines().count(), 4);
    assert!(models.starts_with("default "));
    let signals = stdout(&place.run(&["list", "signals"]));
    assert!(signals.contains("rsi_cutler(") && signals.contains("vvix") && signals.contains("quick_ratio"));
}

#[test]
fn names_with_slashes_and_foreign_letters_stay_inside_the_output_folder() {
    let place = Place::new();
    let output = place.run(&with_small(&["--quiet", "--set", "name=../../Größe \u{1F4A5}/x", "--out", "deep/er"]));
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(place.names("."), ["deep"]);
    let left = place.names("deep/er");
    assert!(left.len() == 1 && left[0].starts_with("größe-x-"), "{left:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let place = Place::new();
    for arguments in [&["schema"][..], &["list", "signals"], &["--help"], &with_small(&["--json", "--quiet"])] {
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("tailwing"))
            .current_dir(place.folder.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((code(&output), stderr(&output).as_str()), (0, ""), "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_is_exit_code_130_and_leaves_nothing() {
    let place = Place::new();
    let child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("tailwing"))
        .current_dir(place.folder.path())
        .args(["--paths", "10_000_000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The output folder appears when the handler is in place and the work begins.
    while !place.path("output").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), stdout(&output).as_str()), (130, ""), "{}", stderr(&output));
    assert!(stderr(&output).contains("interrupted"));
    assert!(place.names(".").is_empty(), "{:?}", place.names("."));
}

#[cfg(unix)]
#[test]
fn an_output_folder_that_cannot_be_written_is_exit_code_1() {
    let place = Place::new();
    // Not even root can make folders in /proc.
    let output = place.run(&with_small(&["--out", "/proc/tailwing"]));
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("/proc/tailwing"));
}

#[test]
fn a_path_is_explained_as_text_and_as_json() {
    let place = Place::new();
    let small = ["--paths", "20", "--set", "run.horizon_days=12"];
    let told = place.run(&[&["explain", "--path", "7"][..], &small].concat());
    assert_eq!(code(&told), 0, "{told:?}");
    let text = stdout(&told);
    assert!(text.starts_with("path 7 of ten-lot condor"), "{text}");
    assert_eq!(text.matches("  day ").count(), 13);
    assert!(text.contains("core: open -10 condor"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
    let worst = place.run(&[&["explain", "--worst", "2", "--json", "--quiet"][..], &small].concat());
    let stories: Value = serde_json::from_slice(&worst.stdout).unwrap();
    let pnl: Vec<f64> = stories.as_array().unwrap().iter().map(|story| story["pnl_usd"].as_f64().unwrap()).collect();
    assert!(pnl.len() == 2 && pnl[0] <= pnl[1], "{pnl:?}");
    assert!(place.names(".").is_empty(), "explaining leaves nothing behind");
    for wrong in
        [&["explain", "--path", "20"][..], &["explain", "--worst", "21"], &["explain"], &["explain", "--worst", "0"]]
    {
        assert_eq!(code(&place.run(&[wrong, &small].concat())), 2, "{wrong:?}");
    }
}
