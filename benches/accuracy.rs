//! How far exact prices are from other ways to the same value, and what they cost: the tables of `docs/methods.md`.
//!
//! `cargo bench --bench accuracy`

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

#[path = "../tests/support/cos.rs"]
mod cos;
mod support;

use std::hint::black_box;
use std::time::Instant;

use support::{Table, median_seconds};
use tailwing::engine::price::price;
use tailwing::model::vix::means;
use tailwing::model::{Law, Preset, RiskNeutral, State, VixMap};
use tailwing::pricing::{Discounting, European, Query, VixFuture, VixOption, Want, black, smile, vvix};

const DAYS: [f64; 5] = [1.0, 7.0, 30.0, 180.0, 730.0];
const LOG_MONEYNESS: [f64; 9] = [-0.5, -0.2, -0.08, -0.02, 0.0, 0.02, 0.06, 0.15, 0.4];
const MONTH: f64 = 30.0 / 365.0;
/// Rows of a table that is timed.
const ROWS: usize = 10_000;

fn main() {
    let mut errors = Table::new(&[
        "model",
        "SPX options against a cosine expansion, of the forward",
        "VIX calls of all strikes against the mean of VIX^2, relative",
        "implied volatility back to its price, relative",
    ]);
    let mut costs = Table::new(&[
        "model",
        "SPX option with its slopes",
        "one more of the expiry",
        "VX",
        "VIX option",
        "VVIX",
        "25-delta skew",
    ]);
    let mut batches = Table::new(&["model", "SPX options, ms", "VX, ms", "VIX options, ms"]);
    for preset in Preset::ALL {
        let model = preset.model();
        let law = model.risk_neutral();
        errors.row(&error_row(preset, law));
        costs.row(&cost_row(preset, law));
        batches.row(&batch_row(preset, law));
    }
    println!(
        "Largest differences from another way to the same value, over five expiries from a day to two years:\n\n{errors}"
    );
    println!("Microseconds each, one thread, 30 days:\n\n{costs}");
    println!("Milliseconds for {ROWS} questions of one law, each with an expiry of its own, all cores:\n\n{batches}");
}

fn states(law: &Law<RiskNeutral>) -> Vec<State> {
    let slow = if law.has_slow_factor() { 1.0 } else { 0.0 };
    let pairs = [(0.0, 0.004), (0.001, 0.0165), (0.1, 0.026), (1.5, 0.1)];
    pairs.iter().map(|&(x1, x2)| State { x1, x2: slow * x2 }).collect()
}

fn error_row(preset: Preset, law: &Law<RiskNeutral>) -> Vec<String> {
    let (mut options, mut squares, mut inverted) = (0.0f64, 0.0f64, 0.0f64);
    let map = VixMap::new(law, MONTH).unwrap();
    for years in DAYS.map(|days| days / 365.0) {
        let pricer = European::new(law, years).unwrap();
        let vix_options = VixOption::new(law, years, &map).unwrap();
        for state in states(law) {
            let values = LOG_MONEYNESS.map(|k| pricer.value(state, k).unwrap());
            if let Some(others) = cos::puts(law, years, state, &LOG_MONEYNESS) {
                options =
                    values.iter().zip(others).map(|(value, other)| (value.put - other).abs()).fold(options, f64::max);
            }
            for (value, k) in values.iter().zip(LOG_MONEYNESS) {
                let out = if k < 0.0 { value.put } else { value.call };
                if out > 1e-9 {
                    let deviation = black::implied_deviation(out, k).unwrap();
                    let (put, call) = black::black(k, deviation);
                    inverted = inverted.max((if k < 0.0 { put } else { call } / out - 1.0).abs());
                }
            }
            squares = squares.max(mean_square_error(law, years, &map, &vix_options, state));
        }
    }
    vec![preset.name().to_string(), format!("{options:.0e}"), format!("{squares:.0e}"), format!("{inverted:.0e}")]
}

fn mean_square_error(law: &Law<RiskNeutral>, years: f64, map: &VixMap, options: &VixOption, state: State) -> f64 {
    let [fast, slow] = means(law, years);
    let expected = 1e4 * (map.a1 * fast.at(state) + map.a2 * slow.at(state) + map.b);
    let (floor, future, h) = (map.floor(), options.future().price(state), 0.015);
    let above: f64 = (-1000..570)
        .map(|i| libm::exp(h * f64::from(i)))
        .map(|over| 2.0 * h * over * options.put_call(state, floor + over).unwrap().1)
        .sum();
    ((above + 2.0 * (future * floor - 0.5 * floor * floor)) / expected - 1.0).abs()
}

fn cost_row(preset: Preset, law: &Law<RiskNeutral>) -> Vec<String> {
    let state = states(law)[1];
    let map = VixMap::new(law, MONTH).unwrap();
    let pricer = European::new(law, MONTH).unwrap();
    let micros = |work: &dyn Fn() -> f64| {
        format!(
            "{:.0}",
            1e6 * median_seconds(31, || {
                black_box(work());
            })
        )
    };
    vec![
        preset.name().to_string(),
        micros(&|| European::new(law, MONTH).unwrap().value(state, black_box(-0.05)).unwrap().put),
        micros(&|| pricer.value(state, black_box(-0.05)).unwrap().put),
        micros(&|| VixFuture::new(law, MONTH, &map).unwrap().price(state)),
        micros(&|| VixOption::new(law, MONTH, &map).unwrap().put_call(state, black_box(22.0)).unwrap().1),
        micros(&|| vvix(law, MONTH, &map, state).unwrap()),
        micros(&|| smile::skew25(&European::new(law, MONTH).unwrap(), state).unwrap()),
    ]
}

fn batch_row(preset: Preset, law: &Law<RiskNeutral>) -> Vec<String> {
    let map = VixMap::new(law, MONTH).unwrap();
    let state = states(law)[1];
    let market = Discounting { spot: 100.0, rate: 0.04, dividend_yield: 0.015, years: 0.1 };
    let milliseconds = |want: &dyn Fn(usize) -> Want| {
        let years = |i: usize| 0.003 + 2.0 * i as f64 / ROWS as f64;
        let queries: Vec<Query> =
            (0..ROWS).map(|i| Query { law: *law, state, years: years(i), want: want(i) }).collect();
        let start = Instant::now();
        black_box(price(&queries, None).unwrap());
        format!("{:.0}", 1e3 * start.elapsed().as_secs_f64())
    };
    vec![
        preset.name().to_string(),
        milliseconds(&|i| Want::Option { is_call: i % 2 == 0, strike: 80.0 + (i % 40) as f64, market }),
        milliseconds(&|_| Want::VixFuture { map }),
        milliseconds(&|i| Want::VixOption { is_call: true, strike: 12.0 + (i % 40) as f64, discount: 1.0, map }),
    ]
}
