//! Cost of evaluating rules, nanoseconds a path-step.
//!
//! Five rules are those of the hedge layers of the built-in scenario; the parts are timed alone as well. Prints one
//! line each; the fastest of several runs counts, since everything else on the machine only adds.
#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::time::Instant;

use tailwing::strategy::rule::{MarketSeries, MarketTable, Names, Place, Program, Rule, RuleId, Series, Workspace};

const LANES: usize = 64;
const DAYS: usize = 252;
const RUNS: usize = 400;

const LAYERS: [&str; 5] = [
    "rsi_cutler(vix, 14) < 30 or divergence(spx, breadth, 20)",
    "rsi_cutler(vix, 14) > 60",
    "zscore(macd_histogram(vvix, 12, 26, 9), 60) > 2",
    "macd_histogram(vvix, 12, 26, 9) < 0",
    "vix > 30 and not vix < sma(vix, 20)",
];

const SINGLE: [&str; 16] = [
    "vix > 30",
    "vix > vvix",
    "rsi(vix, 14) < 30",
    "rsi_cutler(vix, 14) < 30",
    "macd_histogram(vvix, 12, 26, 9) < 0",
    "ema(vix, 20) > 20",
    "sma(vix, 20) > 20",
    "stdev(vix, 20) > 1",
    "zscore(vix, 60) > 2",
    "high(spx, 50) > 6000",
    "change(vix, 5) > 0",
    "realized(spx, 20) > 20",
    "divergence(spx, breadth, 20)",
    "crossed_above(vix, 30)",
    "percentile(vix, 252) > 90",
    "days_since(vix > 30) < 10",
];

fn main() {
    let market = Market::new();
    println!("{} paths x {DAYS} days, nanoseconds a path-step", LANES);
    println!("{:>8.2}  five rules of the layers together", market.cost(&LAYERS));
    for rule in SINGLE {
        println!("{:>8.2}  {rule}", market.cost(&[rule]));
    }
}

/// Series that wander as the market's do.
struct Market {
    series: [(MarketSeries, Vec<f64>); 4],
}

impl Market {
    fn new() -> Self {
        let mut bits = 1_u64;
        let mut noise = move || {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (bits >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        };
        let mut walk = |start: f64, step: f64| {
            let mut values = vec![start; LANES * DAYS];
            for at in LANES..values.len() {
                values[at] = start + 0.97 * (values[at - LANES] - start) + step * noise();
            }
            values
        };
        let series = [
            (MarketSeries::Spx, walk(6600.0, 150.0)),
            (MarketSeries::Vix, walk(18.0, 3.0)),
            (MarketSeries::Vvix, walk(95.0, 12.0)),
            (MarketSeries::Breadth, walk(0.0, 0.6)),
        ];
        Self { series }
    }

    fn cost(&self, rules: &[&str]) -> f64 {
        let supplied: Vec<Series> = self.series.iter().map(|(series, _)| Series::Market(*series)).collect();
        let names = Names::new(Place::Layer, &supplied);
        let rules: Vec<Rule> = rules.iter().map(|text| Rule::parse(text, &names).expect("a rule")).collect();
        let program = Program::compile(&rules.iter().collect::<Vec<_>>());
        let mut workspace = Workspace::new(&program, DAYS, LANES);
        let table = self.series.iter().fold(MarketTable::new(DAYS, LANES), |t, (series, v)| t.per_path(*series, v));
        let mut fastest = f64::INFINITY;
        for _ in 0..RUNS {
            let start = Instant::now();
            program.evaluate_market(black_box(&table), &mut workspace);
            for rule in 0..rules.len() {
                black_box(program.truth(RuleId(rule), DAYS - 1, &workspace));
            }
            fastest = fastest.min(start.elapsed().as_secs_f64());
        }
        fastest * 1e9 / (LANES * DAYS) as f64
    }
}
