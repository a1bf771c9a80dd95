//! Weak bias of the paths' scheme against closed forms, as the Markdown of `docs/bias.md`.
//!
//! `cargo bench --bench bias [-- PATHS [MODEL]] > docs/bias.md`. Without premia (P = Q) simulated means must be exact prices. What
//! is left is the scheme's bias and the sampling error, which is printed beside it; controls whose means the scheme has
//! exactly (the index, the square of VIX) narrow it. The means of the factors need no sampling.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod support;

use rayon::prelude::*;
use support::Table;
use tailwing::math::{exp, normal_cdf};
use tailwing::model::vix::means;
use tailwing::model::{Model, Preset, State, VixMap};
use tailwing::path::{DayStep, Generator, PathBatch, Start, Workspace};
use tailwing::pricing::{European, VixFuture};

const DAY: f64 = 1.0 / 252.0;
const WINDOW: f64 = 21.0 / 252.0;
const SPOT: f64 = 5000.0;
const LEVELS: [f64; 2] = [18.0, 35.0];
const STEPS_PER_DAY: [usize; 2] = [1, 4];
const BATCH: usize = 256;

/// Days to expiry and log-moneyness of four options.
const EXPIRIES: [(usize, [f64; 4]); 3] =
    [(1, [-0.03, -0.015, 0.0, 0.01]), (5, [-0.06, -0.03, 0.0, 0.02]), (21, [-0.12, -0.05, 0.0, 0.03])];

fn main() {
    let paths = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1 << 24);
    println!("{}", INTRODUCTION.trim_start());
    println!("Sampled with {paths} paths, seed 1.\n");

    let mut options = Table::new(&["model", "VIX", "days", "strike", "one step a day", "four steps a day"]);
    let mut futures = Table::new(&["model", "VIX", "days", "VX", "one step a day", "four steps a day"]);
    let mut factors = Table::new(&["model", "VIX", "days", "one step a day", "four steps a day"]);
    let chosen = |preset: &Preset| {
        let named = std::env::args().filter_map(|argument| Preset::from_name(&argument)).next();
        named.is_none_or(|named| named == *preset)
    };
    for preset in Preset::ALL.into_iter().filter(chosen) {
        for level in LEVELS {
            let case = Case::new(preset, level);
            let runs = STEPS_PER_DAY.map(|steps| case.run(steps, paths));
            for (at, (days, strikes)) in EXPIRIES.iter().enumerate() {
                let name = [preset.name().to_string(), format!("{level}"), days.to_string()];
                let errors: Vec<[Error; 4]> =
                    runs.iter().map(|run| std::array::from_fn(|k| case.option_error(&run[at], *days, k))).collect();
                // The strike at which one step a day errs most.
                let worst = (0..4).max_by(|&a, &b| errors[0][a].size().total_cmp(&errors[0][b].size())).unwrap();
                let strike = format!("{:+}", strikes[worst]);
                options.row(&cells(&name, &[strike, errors[0][worst].points(), errors[1][worst].points()]));
                let exact = case.vix_future(*days);
                let errors: Vec<Error> = runs.iter().map(|run| run[at].vix.error(exact)).collect();
                futures.row(&cells(&name, &[format!("{exact:.3}"), errors[0].points(), errors[1].points()]));
                let means = STEPS_PER_DAY.map(|steps| format!("{:+.1e}", case.mean_error(*days, steps)));
                factors.row(&cells(&name, &means));
            }
        }
    }
    println!(
        "## SPX options\n\nError of implied volatility, volatility points, at the worst of four strikes (log-moneyness).\n\n{options}"
    );
    println!("## VIX futures\n\nError of the mean of VIX, points.\n\n{futures}");
    println!(
        "## Mean of the fast factor\n\nRelative error, without sampling: zero but where the intensity follows a factor.\n\n{factors}"
    );
}

const INTRODUCTION: &str = "
# Bias of the simulation

Paths move in steps (see `src/path/step.rs`): one a day by default, more with `steps_per_day`. A step has the exact
conditional mean and variance of each variance factor, and the discounted index is an exact martingale; the rest of its
law is approximate. These tables hold simulated means without premia against exact prices of the same model. Each error
stands with its standard error; what is below two of them is not told from zero. Made by `cargo bench --bench bias`.
";

fn cells(name: &[String], rest: &[String]) -> Vec<String> {
    name.iter().chain(rest).cloned().collect()
}

struct Case {
    model: Model,
    map: VixMap,
    state: State,
}

/// Sums at one expiry.
#[derive(Clone, Copy, Default)]
struct Sums {
    options: [Controlled; 4],
    vix: Controlled,
}

impl Case {
    fn new(preset: Preset, level: f64) -> Self {
        let model = preset.model().without_premia();
        let map = VixMap::new(model.risk_neutral(), WINDOW).unwrap();
        let state = map.state_from_vix(level, preset.slow_state_given_vix()).unwrap();
        Self { model, map, state }
    }

    fn run(&self, steps_per_day: usize, paths: usize) -> [Sums; 3] {
        let start = Start { spot: SPOT, rate: 0.0, dividend_yield: 0.0, state: self.state };
        let days = [DayStep { variance_years: DAY, calendar_years: DAY }; 21];
        let generator = Generator::new(&self.model, start, &days, steps_per_day, 1).unwrap();
        let controls = EXPIRIES.map(|(days, _)| self.map.square(self.scheme_means(days, steps_per_day)));
        let batches: Vec<[Sums; 3]> = (0..paths.div_ceil(BATCH))
            .into_par_iter()
            .map_init(
                || (PathBatch::new(), Workspace::default()),
                |(batch, workspace), number| {
                    generator.fill((number * BATCH) as u64, BATCH, batch, workspace);
                    self.sums(batch, &controls)
                },
            )
            .collect();
        batches.iter().fold([Sums::default(); 3], |mut total, batch| {
            for (total, sums) in total.iter_mut().zip(batch) {
                total.vix.merge(&sums.vix);
                for (total, option) in total.options.iter_mut().zip(&sums.options) {
                    total.merge(option);
                }
            }
            total
        })
    }

    fn sums(&self, batch: &PathBatch, controls: &[f64; 3]) -> [Sums; 3] {
        let mut sums = [Sums::default(); 3];
        for ((sums, (days, strikes)), control) in sums.iter_mut().zip(EXPIRIES).zip(controls) {
            let strikes = strikes.map(|k| exp(k));
            for at in batch.row(days) {
                let relative = batch.spot[at] / SPOT;
                for (option, strike) in sums.options.iter_mut().zip(strikes) {
                    option.add((strike - relative).max(0.0), relative - 1.0);
                }
                let square = self.map.square(State { x1: batch.x1[at], x2: batch.x2[at] });
                sums.vix.add(100.0 * square.sqrt(), square - control);
            }
        }
        sums
    }

    /// Error in volatility points.
    fn option_error(&self, sums: &Sums, days: usize, strike: usize) -> Error {
        let years = days as f64 * DAY;
        let k = EXPIRIES.iter().find(|(d, _)| *d == days).unwrap().1[strike];
        let exact = European::new(self.model.risk_neutral(), years).unwrap().value(self.state, k).unwrap().put;
        let error = sums.options[strike].error(exact);
        let step = 1e-4;
        let volatility = implied_volatility(exact, k, years);
        let vega = (black_put(k, volatility + step, years) - black_put(k, volatility - step, years)) / (2.0 * step);
        Error { mean: 100.0 * error.mean / vega, deviation: 100.0 * error.deviation / vega }
    }

    fn vix_future(&self, days: usize) -> f64 {
        VixFuture::new(self.model.risk_neutral(), days as f64 * DAY, &self.map).unwrap().price(self.state)
    }

    /// Means of the factors under the scheme, which freezes the intensity over a step.
    fn scheme_means(&self, days: usize, steps_per_day: usize) -> State {
        let law = self.model.risk_neutral();
        let dt = DAY / steps_per_day as f64;
        let [reach1, reach2] = law.dynamics.kappa.map(|k| if k > 0.0 { -libm::expm1(-k * dt) / k } else { dt });
        let mut state = self.state;
        for _ in 0..days * steps_per_day {
            let jumps = law.intensity(state) * law.dynamics.jumps.mean_variance_jump;
            let x1 = state.x1 + (law.shared.fast.reversion - law.dynamics.kappa[0] * state.x1 + jumps) * reach1;
            let x2 = state.x2 + (law.shared.slow.reversion - law.dynamics.kappa[1] * state.x2) * reach2;
            state = State { x1, x2: if law.has_slow_factor() { x2 } else { 0.0 } };
        }
        state
    }

    fn mean_error(&self, days: usize, steps_per_day: usize) -> f64 {
        let exact = means(self.model.risk_neutral(), days as f64 * DAY)[0].at(self.state);
        self.scheme_means(days, steps_per_day).x1 / exact - 1.0
    }
}

/// Sums of a sample and of a control of mean zero.
#[derive(Clone, Copy, Default)]
struct Controlled {
    n: f64,
    y: f64,
    c: f64,
    yy: f64,
    yc: f64,
    cc: f64,
}

impl Controlled {
    fn add(&mut self, y: f64, c: f64) {
        self.merge(&Self { n: 1.0, y, c, yy: y * y, yc: y * c, cc: c * c });
    }

    fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.y += other.y;
        self.c += other.c;
        self.yy += other.yy;
        self.yc += other.yc;
        self.cc += other.cc;
    }

    /// Mean less `exact`, the control regressed out.
    fn error(&self, exact: f64) -> Error {
        let (y, c) = (self.y / self.n, self.c / self.n);
        let covariance = self.yc / self.n - y * c;
        let variance = self.cc / self.n - c * c;
        let slope = covariance / variance;
        let left = (self.yy / self.n - y * y) - slope * covariance;
        Error { mean: y - slope * c - exact, deviation: (left.max(0.0) / self.n).sqrt() }
    }
}

/// An error of a mean with its standard error.
#[derive(Clone, Copy)]
struct Error {
    mean: f64,
    deviation: f64,
}

impl Error {
    fn size(&self) -> f64 {
        self.mean.abs()
    }

    fn points(&self) -> String {
        format!("{:+.4} ± {:.4}", self.mean, self.deviation)
    }
}

/// Put / F of Black's formula.
fn black_put(k: f64, volatility: f64, years: f64) -> f64 {
    let deviation = volatility * years.sqrt();
    let d1 = -k / deviation + 0.5 * deviation;
    exp(k) * normal_cdf(deviation - d1) - normal_cdf(-d1)
}

fn implied_volatility(put: f64, k: f64, years: f64) -> f64 {
    let (mut low, mut high) = (1e-4, 5.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if black_put(k, middle, years) > put { high = middle } else { low = middle }
    }
    0.5 * (low + high)
}
