//! What a run leaves behind fits together: every figure of `summary.json` follows from `paths.parquet`.

#![allow(clippy::print_stderr, reason = "a test says what it skips")]
#![allow(clippy::unwrap_used, reason = "a case that cannot be set up fails its test")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use assert_cmd::Command;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;

type Columns = BTreeMap<String, Vec<f64>>;

fn columns(file: &Path) -> Columns {
    let reader = SerializedFileReader::new(File::open(file).unwrap()).unwrap();
    let mut columns = Columns::new();
    for row in reader.get_row_iter(None).unwrap() {
        for (name, field) in row.unwrap().get_column_iter() {
            let value = match field {
                Field::Long(value) => *value as f64,
                Field::Int(value) => f64::from(*value),
                Field::Double(value) => *value,
                other => panic!("{name} is {other:?}"),
            };
            columns.entry(name.clone()).or_default().push(value);
        }
    }
    columns
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The smallest value that at least a share `level` of values do not exceed; `level` in thousandths.
fn quantile(values: &[f64], per_mille: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(per_mille * sorted.len()).div_ceil(1000) - 1]
}

/// `min over c of c + mean((loss - c)+) / (1 - level)` (Rockafellar and Uryasev 2002), which is attained at VaR.
fn expected_shortfall(losses: &[f64], per_mille: usize) -> f64 {
    let at = quantile(losses, per_mille);
    let excess: Vec<f64> = losses.iter().map(|loss| (loss - at).max(0.0)).collect();
    at + mean(&excess) * 1000.0 / (1000 - per_mille) as f64
}

/// A figure of one account, from its columns; `None` for the measures that only `recompute.py` knows.
fn recomputed(columns: &Columns, account: &str, figure: &Value, whole_days: u64) -> Option<f64> {
    let days = figure["horizon_days"].as_u64().unwrap();
    let pnl_name = if days == whole_days { format!("{account}_pnl_usd") } else { format!("{account}_pnl_{days}d_usd") };
    let pnl = &columns[&pnl_name];
    let losses: Vec<f64> = pnl.iter().map(|pnl| -pnl).collect();
    let per_mille = figure["level"].as_f64().map(|level| (level * 1000.0).round() as usize);
    let by_path = |values: &[f64]| per_mille.map_or_else(|| mean(values), |level| quantile(values, level));
    Some(match figure["measure"].as_str().unwrap() {
        "mean_pnl" => mean(pnl),
        "standard_deviation" => {
            let centre = mean(pnl);
            let squares: f64 = pnl.iter().map(|pnl| (pnl - centre) * (pnl - centre)).sum();
            (squares / (pnl.len() - 1) as f64).sqrt()
        }
        "probability_of_loss" => losses.iter().filter(|loss| **loss > 0.0).count() as f64 / losses.len() as f64,
        "value_at_risk" => quantile(&losses, per_mille.unwrap()),
        "expected_shortfall" => expected_shortfall(&losses, per_mille.unwrap()),
        "max_drawdown" => by_path(&columns[&format!("{account}_max_drawdown_usd")]),
        "worst_day" => {
            let worst: Vec<f64> = columns[&format!("{account}_worst_day_usd")].iter().map(|pnl| -pnl).collect();
            by_path(&worst)
        }
        _ => return None,
    })
}

#[test]
fn every_figure_of_the_summary_follows_from_the_paths() {
    let place = tempfile::tempdir().unwrap();
    let small = ["--quiet", "--json", "--paths", "1000", "--set", "run.horizon_days=22", "--out"];
    let output = Command::cargo_bin("tailwing").unwrap().args(small).arg(place.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let folder = fs::read_dir(place.path()).unwrap().next().unwrap().unwrap().path();
    let columns = columns(&folder.join("paths.parquet"));
    assert_eq!(columns["path"], (0..1000).map(f64::from).collect::<Vec<_>>());

    let whole_days = summary["horizon_days"].as_u64().unwrap();
    let named = |name: &str| {
        let components = summary["components"].as_array().unwrap();
        let component = components.iter().find(|component| component["name"] == name).unwrap();
        &columns[component["column"].as_str().unwrap()]
    };
    let mut recomputed_figures = 0;
    for figure in summary["figures"].as_array().unwrap().iter().filter(|figure| figure["condition"].is_null()) {
        let of = |account: &str| recomputed(&columns, account, figure, whole_days);
        let cost =
            || (mean(&columns["unhedged_pnl_usd"]) - mean(&columns["hedged_pnl_usd"])) * 252.0 / whole_days as f64;
        let measure = figure["measure"].as_str().unwrap();
        let expected = match (figure["component"].as_str(), figure["strategy"].as_str().unwrap()) {
            (Some(component), _) => (measure == "mean_pnl").then(|| mean(named(component))),
            (None, "hedge") => match measure {
                "hedge_cost" => Some(cost()),
                "hedge_cost_of_equity" => Some(cost() * 1e4 / 1e6),
                _ => of("hedged").zip(of("unhedged")).map(|(hedged, unhedged)| hedged - unhedged),
            },
            (None, account) => of(account),
        };
        let Some(expected) = expected else { continue };
        let value = figure["value"].as_f64().unwrap();
        // Sums in another order differ by a few units in the last place of the largest P&L.
        let tolerance = 1e-9 * expected.abs().max(1.0);
        assert!((value - expected).abs() <= tolerance, "{figure}: {expected}");
        recomputed_figures += 1;
    }
    assert!(recomputed_figures > 150, "{recomputed_figures}");
}

#[test]
fn pandas_recomputes_every_figure_of_hedged_unhedged_and_parted_accounts() {
    let python = std::process::Command::new("python3").args(["-c", "import pandas, pyarrow"]).output();
    if !python.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: no python3 with pandas and pyarrow");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    // A rule on equity gives the unhedged account condors of its own.
    for (name, more) in [("main", "run.seed=2"), ("parted", "condor.core.exit=drawdown > 0.02 or days_to_expiry <= 21")]
    {
        let small = ["--quiet", "--json", "--paths", "4000", "--set", "run.horizon_days=60", "--set", more, "--out"];
        let mut command = Command::cargo_bin("tailwing").unwrap();
        let output = command.args(small).arg(place.path().join(name)).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let folder = fs::read_dir(place.path().join(name)).unwrap().next().unwrap().unwrap().path();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recompute.py");
        let found = std::process::Command::new("python3").arg(script).arg(folder).output().unwrap();
        let [said, failed] = [&found.stdout, &found.stderr].map(|text| String::from_utf8_lossy(text));
        assert!(found.status.success(), "{said}{failed}");
    }
}

#[test]
fn the_parts_of_an_account_sum_to_it_on_every_path() {
    let place = tempfile::tempdir().unwrap();
    let small = ["--quiet", "--json", "--paths", "200", "--set", "run.horizon_days=40", "--out"];
    let output = Command::cargo_bin("tailwing").unwrap().args(small).arg(place.path()).output().unwrap();
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let folder = fs::read_dir(place.path()).unwrap().next().unwrap().unwrap().path();
    let columns = columns(&folder.join("paths.parquet"));
    for path in 0..200 {
        let (mut hedged, mut unhedged) = (0.0, 0.0);
        for component in summary["components"].as_array().unwrap() {
            let part = columns[component["column"].as_str().unwrap()][path];
            hedged += part;
            if component["kind"].as_str().unwrap().starts_with("condor") {
                unhedged += part;
            }
        }
        assert!((hedged - columns["hedged_pnl_usd"][path]).abs() < 0.005, "path {path}");
        assert!((unhedged - columns["unhedged_pnl_usd"][path]).abs() < 0.005, "path {path}");
    }
}
