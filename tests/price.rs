//! `tailwing price` as a user meets it: single values, tables, and how it takes nonsense; and reference values through it.

#![allow(clippy::unwrap_used, reason = "a case that cannot be set up fails its test")]
#![allow(clippy::print_stderr, reason = "a test says what it skips")]

use std::fmt::Write as _;
use std::process::Output;
use std::time::Instant;

use assert_cmd::Command;
use serde_json::Value;

fn run(arguments: &[&str], input: &str) -> Output {
    Command::cargo_bin("tailwing").unwrap().arg("price").args(arguments).write_stdin(input).output().unwrap()
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

/// The number on the first line of a single value.
fn value(arguments: &[&str]) -> f64 {
    let output = run(arguments, "");
    assert_eq!(code(&output), 0, "{arguments:?}: {}", stderr(&output));
    let line = stdout(&output).lines().next().unwrap().to_owned();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Value and error of each row of a table's answer.
fn rows(output: &Output) -> Vec<(Option<f64>, String)> {
    let text = stdout(output);
    let cells = |line: &str| {
        let (before, error) = match line.strip_suffix('"') {
            Some(quoted) => quoted.split_once(",\"").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap(),
            None => line.rsplit_once(',').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap(),
        };
        let value = before.rsplit_once(',').unwrap().1.to_owned();
        ((!value.is_empty()).then(|| value.parse().unwrap()), error)
    };
    text.lines().skip(1).map(cells).collect()
}

const BATES: &str =
    "kappa=4 theta=0.03 vol-of-variance=0.55 rho=-0.75 intensity=0.6 mean-log-jump=-0.08 log-jump-vol=0.09";

/// Options from `name=value` words.
fn with<'a>(first: &[&'a str], words: &'a str) -> Vec<&'a str> {
    let mut arguments = first.to_vec();
    for word in words.split(' ') {
        let (name, value) = word.split_once('=').unwrap();
        arguments.push(Box::leak(format!("--{name}").into_boxed_str()));
        arguments.push(value);
    }
    arguments
}

#[test]
fn a_value_comes_from_parameters_a_preset_a_file_or_a_scenario() {
    let by_hand = value(&with(&with(&["put"], BATES), "spot=5000 rate=0.04 variance=0.02 strike=4800 years=30/365"));
    let market = "spot=5000 rate=0.04 variance=0.02 strike=4800 years=30/365";
    assert_eq!(by_hand.to_bits(), value(&with(&["put", "--model", "bates"], market)).to_bits());
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let parameters = "kappa = 4\ntheta = 0.03\nvol_of_variance = 0.55\nrho = -0.75\n[risk_neutral]\nintensity = 0.6\n\
                      mean_log_jump = -0.08\nlog_jump_vol = 0.09\n[market]\nspot = 5000\nrate = 0.04\nvariance = 0.02\n";
    std::fs::write(path("bates.toml"), parameters).unwrap();
    let file = path("bates.toml");
    assert_eq!(by_hand.to_bits(), value(&with(&["put", "--model", &file], "strike=4800 years=30/365")).to_bits());
    std::fs::write(path("changed.toml"), "preset = \"bates\"\nrho = -0.5\n").unwrap();
    let file = path("changed.toml");
    let changed = value(&with(&["put", "--model", &file], market));
    assert_eq!(changed.to_bits(), value(&with(&["put", "--model", "bates", "--rho", "-0.5"], market)).to_bits());
    assert!((changed - by_hand).abs() > 0.01);
    // A scenario brings its market: VIX is what it says, and so is the index.
    let written = Command::cargo_bin("tailwing").unwrap().args(["new", &path("s.toml")]).output().unwrap();
    assert_eq!(code(&written), 0);
    let scenario = path("s.toml");
    assert!((value(&["vix", "--model", &scenario]) - 18.0).abs() < 1e-10);
    let at_the_money = value(&with(&["call", "--model", &scenario], "strike=6600 years=0.1"));
    assert!(at_the_money > 80.0 && at_the_money < 250.0, "{at_the_money}");
}

#[test]
fn a_single_option_comes_with_its_sensitivities_and_json_says_the_same() {
    let arguments = with(&["call", "--model", "default"], "spot=5000 rate=0.04 vix=18 strike=5100 years=30/365");
    let text = stdout(&run(&arguments, ""));
    for name in ["implied_vol", "delta", "gamma", "vega", "vega_variance2", "theta"] {
        assert!(text.lines().any(|line| line.split_whitespace().next() == Some(name)), "{name}: {text}");
    }
    let mut with_json = arguments.clone();
    with_json.push("--json");
    let json: Value = serde_json::from_str(&stdout(&run(&with_json, ""))).unwrap();
    assert_eq!(json["value"].as_f64().unwrap().to_bits(), value(&arguments).to_bits());
    assert_eq!(json["unit"], "index points");
    let number = |name: &str| json["sensitivities"][name]["value"].as_f64().unwrap();
    // The model's own volatility is that of its price, and the other way round.
    let again = format!("spot=5000 rate=0.04 strike=5100 years=30/365 price={}", json["value"]);
    let inverted = value(&with(&["implied_vol"], Box::leak(again.into_boxed_str())));
    assert!((inverted - number("implied_vol")).abs() < 1e-12);
    let own = with(&["implied_vol", "--model", "default"], "spot=5000 rate=0.04 vix=18 strike=5100 years=30/365");
    assert!((value(&own) - inverted).abs() < 1e-12);
    assert!(number("delta") > 0.0 && number("delta") < 0.5 && number("theta") < 0.0);
    assert!(json["inputs"]["variance"].as_f64().unwrap() > 0.0);
}

#[test]
fn every_kind_has_a_value_and_the_indices_follow_their_windows() {
    let state = "variance=0.0012 variance2=0.0165";
    let of = |kind: &'static str, more: &str| {
        let words = format!("{state} {more}").trim().to_owned();
        value(&with(&[kind, "--model", "default"], Box::leak(words.into_boxed_str())))
    };
    let [vix9d, vix, vix3m] =
        ["9/365", "30/365", "93/365"].map(|window| of("vix", &format!("vix-window-years={window}")));
    assert_eq!(vix.to_bits(), of("vix", "").to_bits());
    assert!(vix9d < vix && vix < vix3m, "{vix9d} {vix} {vix3m}");
    let future = of("vix_future", "years=60/365");
    let (call, put) = (of("vix_call", "years=60/365 strike=22"), of("vix_put", "years=60/365 strike=22"));
    assert!((call - put - (future - 22.0)).abs() < 1e-9);
    let discounted = of("vix_call", "years=60/365 strike=22 rate=0.05 discount-years=0.5");
    assert!((discounted - call * libm::exp(-0.025)).abs() < 1e-12);
    assert!(of("vvix", "") > 50.0 && of("skew25", "") > 0.0 && of("skew_index", "") > 100.0);
    let (call, put) = (
        of("call", "spot=100 strike=90 years=0.5 rate=0.03 dividend-yield=0.01"),
        of("put", "spot=100 strike=90 years=0.5 rate=0.03 dividend-yield=0.01"),
    );
    let forward = 100.0 * libm::exp(-0.005) - 90.0 * libm::exp(-0.015);
    assert!((call - put - forward).abs() < 1e-11);
}

#[test]
fn nonsense_is_refused_with_the_name_the_value_and_the_domain() {
    let bates = format!("{BATES} spot=100 variance=0.02 strike=100 years=0.1");
    let changed = |name: &str, other: &str| {
        let kept: Vec<&str> = bates.split(' ').filter(|word| !word.starts_with(&format!("{name}="))).collect();
        format!("{} {name}={other}", kept.join(" "))
    };
    for (name, other, told) in [
        ("kappa", "0", "kappa is 0"),
        ("kappa", "-1", "kappa is -1"),
        ("kappa", "NaN", "kappa is NaN"),
        ("theta", "-0.01", "theta is -0.01"),
        ("rho", "-1.2", "rho is -1.2, but must be a number from -1 to 1"),
        ("vol-of-variance", "0", "vol_of_variance is 0"),
        ("variance", "-0.01", "variance is -0.01"),
        ("variance", "inf", "variance is inf"),
        ("strike", "0", "strike is 0"),
        ("strike", "-100", "strike is -100"),
        ("years", "0", "years is 0"),
        ("years", "1e9", "years is 1000000000"),
        ("spot", "0", "spot is 0"),
        ("intensity", "-1", "intensity is -1"),
        ("log-jump-vol", "-0.1", "log_jump_vol is -0.1"),
        ("mean-variance-jump", "-0.1", "mean_variance_jump is -0.1"),
        ("kappa", "four", "kappa is `four`, which is not a number"),
    ] {
        let words = changed(name, other);
        let output = run(&with(&["call"], Box::leak(words.into_boxed_str())), "");
        assert_eq!((code(&output), stdout(&output).as_str()), (2, ""), "{name} = {other}");
        assert!(stderr(&output).contains(told), "{name} = {other}: {}", stderr(&output));
    }
    let product = format!("{bates} mean-variance-jump=0.5 jump-slope=2");
    let output = run(&with(&["call"], &product), "");
    assert!(
        code(&output) == 2 && stderr(&output).contains("jump_slope x mean_variance_jump is 1"),
        "{}",
        stderr(&output)
    );
    for (arguments, told) in [
        (&["call"][..], "spot, years, strike, kappa, theta, vol_of_variance, rho, variance are missing"),
        (&["vix", "--model", "svcj", "--vix", "5"], "vix is 5, but must be at least 11.6"),
        (&["vix", "--model", "svcj", "--vix", "20", "--variance", "0.1"], "vix and variance"),
        (&["vix_futures", "--model", "svcj"], "did you mean `vix_future`?"),
        (&["vix", "--model", "svcjj"], "did you mean `svcj`?"),
        (&["vix", "--model", "default", "--variance", "0.1"], "variance2 is missing"),
        (&["vix", "--model", "svcj", "--variance", "0.1", "--variance2", "0.1"], "beta"),
        (&[], "--batch"),
        (&["call", "--batch", "-"], "not both"),
        (&["--batch", "-", "--spot", "100"], "--spot"),
        (&["--batch", "-", "--json"], "--json"),
        (&["--batch", "missing.csv"], "missing.csv"),
        (&["--batch", "/"], "folder"),
        (&["--batch", "-"], "empty"),
        (&["implied_vol", "--spot", "100", "--strike", "90", "--years", "1", "--price", "100"], "price is 100"),
        (
            &["implied_vol", "--spot", "100", "--strike", "90", "--years", "1", "--price", "10", "--option", "call"],
            "above 10",
        ),
        (&["implied_vol", "--spot", "100", "--strike", "90", "--years", "1", "--price", "-1"], "price is -1"),
    ] {
        let output = run(arguments, "");
        assert_eq!((code(&output), stdout(&output).as_str()), (2, ""), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(told), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn a_file_of_parameters_is_told_all_its_faults() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.toml");
    std::fs::write(&path, "kapa = 4\ntheta = \"much\"\npreset = \"svj\"\n").unwrap();
    let output = run(&["vix", "--model", path.to_str().unwrap()], "");
    assert_eq!(code(&output), 2);
    for words in ["kapa", "did you mean `kappa`?", "`theta` is text", "no such preset", "3 faults"] {
        assert!(stderr(&output).contains(words), "{words}: {}", stderr(&output));
    }
}

#[test]
fn a_table_is_answered_row_by_row_and_bad_rows_stop_nothing() {
    let table = "\u{feff}id,kind,variance,years,strike,spot\r\n\
                 1,put,0.02,30/365,95,100\r\n\
                 \r\n\
                 2,vix,0.02,,,\r\n\
                 \"3, quoted\",put,-1,30/365,95,100\r\n\
                 4,putt,0.02,30/365,95,100\r\n\
                 5,put,0.02\r\n\
                 6,\"put,0.02,1,95,100\r\n\
                 7,call,0.02,x,95,100\r\n\
                 8,call, 0.02 ,0.1,95,100";
    let output = run(&["--batch", "-", "--model", "svcj", "--threads", "2"], table);
    assert_eq!(code(&output), 2);
    let text = stdout(&output);
    assert!(text.starts_with("id,kind,variance,years,strike,spot,value,error\n1,put,0.02,30/365,95,100,"), "{text}");
    let answers = rows(&output);
    let told = ["", "", "variance is -1", "did you mean `put`?", "3 cells", "not closed", "years is `x`", ""];
    assert_eq!(answers.len(), told.len(), "{text}");
    for ((value, error), told) in answers.iter().zip(told) {
        assert_eq!(value.is_some(), told.is_empty(), "{text}");
        assert!(error.contains(told), "{error} {told}");
    }
    assert!(text.contains("\"3, quoted\",put,-1"));
    assert!(stderr(&output).contains("5 of 8 rows have an error"), "{}", stderr(&output));
    let alone = value(&with(&["put", "--model", "svcj"], "variance=0.02 years=30/365 strike=95 spot=100"));
    assert_eq!(answers[0].0.unwrap().to_bits(), alone.to_bits());
    let digits = text.lines().nth(1).unwrap().split(',').nth(6).unwrap();
    assert_eq!(digits.replace('.', "").trim_start_matches('0').len(), 17, "{digits}");
}

#[test]
fn a_table_with_a_wrong_heading_is_refused_whole() {
    for (table, told) in [
        ("kind,sport\nvix,1\n", "did you mean `spot`?"),
        ("kind,spot,spot\n", "twice"),
        ("spot,strike\n", "no column `kind`"),
        ("\n\n", "empty"),
    ] {
        let output = run(&["--batch", "-"], table);
        assert_eq!((code(&output), stdout(&output).as_str()), (2, ""), "{table}");
        assert!(stderr(&output).contains(told), "{table}: {}", stderr(&output));
    }
    let output = run(&["--batch", "-"], "kind,spot\n");
    assert_eq!((code(&output), stdout(&output).as_str()), (0, "kind,spot,value,error\n"));
}

/// A pseudo-random number from `low` to `high`.
fn between(state: &mut u64, low: f64, high: f64) -> f64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    low + (high - low) * ((*state >> 11) as f64 / (1u64 << 53) as f64)
}

/// Ten thousand rows take under two seconds in a release build on two idle cores; this allows for less.
const SLOWEST_SECONDS: f64 = 20.0;

#[test]
fn ten_thousand_rows_of_other_laws_and_of_one_two_factor_law_are_quick() {
    let mut draws = 1;
    let mut table =
        "kind,spot,variance,years,strike,kappa,theta,vol_of_variance,rho,intensity,mean_log_jump,log_jump_vol\n"
            .to_owned();
    for i in 0..10_000 {
        let mut draw = |low, high| between(&mut draws, low, high);
        let (variance, years, strike) = (draw(0.005, 0.3), draw(0.003, 2.0), draw(70.0, 130.0));
        let (kappa, theta, sigma, rho) = (draw(0.5, 10.0), draw(0.01, 0.1), draw(0.1, 1.2), draw(-0.9, 0.2));
        let (intensity, mean, vol) = (draw(0.0, 3.0), draw(-0.1, 0.05), draw(0.02, 0.15));
        let kind = if i % 2 == 0 { "call" } else { "put" };
        writeln!(
            table,
            "{kind},100,{variance},{years},{strike},{kappa},{theta},{sigma},{rho},{intensity},{mean},{vol}"
        )
        .unwrap();
    }
    let start = Instant::now();
    let output = run(&["--batch", "-"], &table);
    let one = start.elapsed().as_secs_f64();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(rows(&output).len(), 10_000);
    let mut table = "kind,spot,variance,variance2,years,strike\n".to_owned();
    for i in 0..10_000 {
        let mut draw = |low, high| between(&mut draws, low, high);
        let (x1, x2, years, strike) = (draw(0.0, 0.1), draw(0.005, 0.05), draw(0.003, 2.0), draw(70.0, 130.0));
        let kind = if i % 2 == 0 { "call" } else { "put" };
        writeln!(table, "{kind},100,{x1},{x2},{years},{strike}").unwrap();
    }
    let start = Instant::now();
    let output = run(&["--batch", "-", "--model", "default"], &table);
    let two = start.elapsed().as_secs_f64();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    eprintln!("10,000 rows: {one:.2} s of one factor, each of another law; {two:.2} s of two factors, one law");
    assert!(one < SLOWEST_SECONDS && two < SLOWEST_SECONDS, "{one} {two}");
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_ends_the_table_and_a_full_disk_is_told() {
    use std::process::Stdio;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let rows = "vix,0.02\n".repeat(200_000);
    std::fs::write(&path, format!("kind,variance\n{rows}")).unwrap();
    let command = || {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("tailwing"));
        command.args(["price", "--model", "svcj", "--batch"]).arg(&path).stderr(Stdio::piped());
        command
    };
    let mut child = command().stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), stderr(&output).as_str()), (0, ""));
    let full = || Stdio::from(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let output = command().stdout(full()).output().unwrap();
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    for word in ["--help", "--version"] {
        let output = std::process::Command::new(assert_cmd::cargo::cargo_bin!("tailwing"))
            .arg(word)
            .stdout(full())
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(code(&output), 1, "{word}");
        assert!(stderr(&output).contains("standard output"), "{word}: {}", stderr(&output));
    }
}

/// A reference file, or `None` with a word about it.
fn reference(name: &str) -> Option<Value> {
    let Ok(root) = std::env::var("TAILWING_REFERENCE") else {
        eprintln!("TAILWING_REFERENCE is not set: {name} is skipped");
        return None;
    };
    Some(serde_json::from_str(&std::fs::read_to_string(format!("{root}/reference/{name}")).unwrap()).unwrap())
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn number(value: &Value) -> f64 {
    text(value).parse().unwrap()
}

/// The parameters of a reference set as cells, in the order of `LAW`.
fn law(set: &Value) -> String {
    let names = ["kappa", "theta", "sigma", "rho", "lam", "mu_j", "delta_j", "mu_v", "rho_j"];
    names.map(|name| set.get(name).map_or(String::new(), text)).join(",")
}

const LAW: &str = "kappa,theta,vol_of_variance,rho,intensity,mean_log_jump,log_jump_vol,mean_variance_jump,jump_slope";

/// A table and what it should answer, with tolerances.
#[derive(Default)]
struct Questions {
    table: String,
    expected: Vec<(f64, f64)>,
}

impl Questions {
    fn new(heading: &str) -> Self {
        Self { table: format!("{heading}\n"), expected: Vec::new() }
    }

    fn ask(&mut self, row: &str, expected: f64, tolerance: f64) {
        writeln!(self.table, "{row}").unwrap();
        self.expected.push((expected, tolerance));
    }

    fn check(&self, arguments: &[&str], count: usize) {
        assert_eq!(self.expected.len(), count);
        let output = run(&[&["--batch", "-"], arguments].concat(), &self.table);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let answers = rows(&output);
        assert_eq!(answers.len(), count);
        for (((found, error), (expected, tolerance)), row) in
            answers.iter().zip(&self.expected).zip(self.table.lines().skip(1))
        {
            let found = found.unwrap_or_else(|| panic!("{row}: {error}"));
            assert!((found - expected).abs() <= *tolerance, "{row}: {found} {expected}");
        }
    }
}

#[test]
fn reference_options_come_out_of_a_table() {
    let Some(json) = reference("public_options.json") else { return };
    let market = ["S0", "r", "q"].map(|name| text(&json["market"][name]));
    let spot: f64 = market[0].parse().unwrap();
    let mut questions = Questions::new(&format!("kind,spot,rate,dividend_yield,variance,years,strike,{LAW}"));
    for point in json["points"].as_array().unwrap() {
        let law = law(&json["sets"][point["set"].as_str().unwrap()]);
        let terms = format!("{},{}/365,{}", text(&point["v0"]), text(&point["T_days"]), text(&point["strike"]));
        for kind in ["call", "put"] {
            let expected = number(&point[kind]);
            let relative = if expected > 1e-6 * spot { 1e-6 * expected } else { f64::INFINITY };
            questions.ask(&format!("{kind},{},{terms},{law}", market.join(",")), expected, (1e-8 * spot).min(relative));
        }
    }
    questions.check(&[], 2000);
}

#[test]
fn reference_vix_values_and_skews_come_out_of_a_table() {
    let (Some(json), Some(skews)) = (reference("public_vix.json"), reference("public_skew.json")) else { return };
    let mut questions = Questions::new(&format!("kind,rate,variance,years,strike,vix_window_years,{LAW}"));
    let rate = text(&json["r"]);
    for data in json["data"].as_array().unwrap() {
        let law = law(&json["sets"][data["set"].as_str().unwrap()]);
        let points = |name: &str| data[name].as_array().unwrap().clone();
        for point in points("levels") {
            questions.ask(&format!("vix,{rate},{},,,,{law}", text(&point["v0"])), number(&point["vix"]), 1e-10);
        }
        for point in points("futures") {
            let row = format!("vix_future,{rate},{},{}/365,,30/365,{law}", text(&point["v0"]), text(&point["T_days"]));
            questions.ask(&row, number(&point["future"]), 1e-8);
        }
        for point in points("options") {
            let terms = format!("{},{}/365,{}", text(&point["v0"]), text(&point["T_days"]), text(&point["strike"]));
            for (kind, rate, name) in [
                ("vix_call", rate.as_str(), "call"),
                ("vix_put", rate.as_str(), "put"),
                ("vix_call", "", "call_undisc"),
                ("vix_put", "0", "put_undisc"),
            ] {
                questions.ask(&format!("{kind},{rate},{terms},,{law}"), number(&point[name]), 1e-7);
            }
        }
        for point in points("vvix") {
            questions.ask(
                &format!("vvix,{rate},{},30/365,,,{law}", text(&point["v0"])),
                number(&point["vvix_30d"]),
                1e-8,
            );
        }
    }
    for point in skews["points"].as_array().unwrap() {
        let law = law(&skews["sets"][point["set"].as_str().unwrap()]);
        let row = format!("skew25,{rate},{},{}/365,,,{law}", text(&point["v0"]), text(&point["T_days"]));
        questions.ask(&row, number(&point["skew25"]), 1e-9);
    }
    questions.check(&[], 28 + 96 + 4 * 267 + 16 + 16);
}

#[test]
fn published_values_and_those_of_the_default_model_come_out_of_a_table() {
    let (Some(json), Some(default)) = (reference("public_published.json"), reference("default_params.json")) else {
        return;
    };
    let mut questions = Questions::new(&format!("kind,spot,rate,dividend_yield,variance,years,strike,{LAW}"));
    for point in json["heston"].as_array().unwrap() {
        let cell = |name: &str| point.get(name).map_or(String::new(), text);
        let law = law(&point["params"]);
        if let Some(expected) = point.get("recomputed_vix_future") {
            questions.ask(&format!("vix_future,,,,{},{},,{law}", cell("v0"), cell("T")), number(expected), 1e-8);
            continue;
        }
        let spot = point.get("S").map_or_else(
            || {
                let drift = (number(&point["r"]) - number(&point["q"])) * number(&point["T"]);
                (number(&point["forward"]) * libm::exp(-drift)).to_string()
            },
            text,
        );
        let terms = format!("{spot},{},{},{},{},{}", cell("r"), cell("q"), cell("v0"), cell("T"), cell("K"));
        for kind in ["call", "put"] {
            let expected = number(&point[format!("recomputed_{kind}")]);
            questions.ask(&format!("{kind},{terms},{law}"), expected, 1e-8 * spot.parse::<f64>().unwrap());
        }
    }
    let count = questions.expected.len();
    assert!(count > 40, "{count}");
    questions.check(&[], count);

    let mut questions = Questions::new("kind,spot,rate,dividend_yield,variance,variance2,years,strike,price");
    let part = |section: &str, name: &str| text(&default["reference"][section][name]);
    let market = ["S0", "r", "q"].map(|name| part("market", name)).join(",");
    let state = ["x1", "x2"].map(|name| part("state", name)).join(",");
    for value in default["reference"]["values"].as_array().unwrap() {
        let (kind, accuracy) = (value["kind"].as_str().unwrap(), number(&value["accuracy"]));
        let years = format!("{}/365", text(&value["days"]));
        let strike = value.get("strike").filter(|strike| !strike.is_null()).map_or(String::new(), text);
        let kind = match kind {
            "spx_put" => "put",
            "spx_call" => "call",
            "vix_index" => "vix",
            "vx_future" => "vix_future",
            "vix_call_undiscounted" => "vix_call",
            other => panic!("{other}"),
        };
        let market = if kind.starts_with("vix") { ",,".to_owned() } else { market.clone() };
        let expected = number(&value["price"]);
        questions.ask(&format!("{kind},{market},{state},{years},{strike},"), expected, accuracy);
        if let Some(volatility) = value.get("iv") {
            let row = format!("implied_vol,{market},{state},{years},{strike},");
            questions.ask(&row, number(volatility), 2e-8);
            questions.ask(&format!("{row}{expected}"), number(volatility), 2e-8);
        }
    }
    let count = questions.expected.len();
    assert!(count > 12, "{count}");
    questions.check(&["--model", "default"], count);
}
