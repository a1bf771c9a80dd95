//! Weak bias of the paths' scheme against exact prices, by recursion over transforms: no sampling.
//!
//! `cargo bench --bench bias [-- MODEL] > docs/bias.md`. Under P = Q let `f_k(x) = E exp(z ln(S_k/S_0) + w x_k)` for paths
//! that start at `x` and take `k` steps of the scheme; one more step in front gives
//!
//! ```text
//! f_{k+1}(x) = e^{-(1 + z mbar) Lambda} ( M_dt f_k + Lambda avg_s M_{s dt} J M_{(1-s) dt} f_k + Lambda^2/2 ... )(x)
//! ```
//!
//! with `M` the expectation over a diffusion step, `J` over a jump, `Lambda` the expected number of jumps. `f_k` is kept as
//! its ratio to the exact transform, which is 1 but for the bias: on a grid of both factors, interpolated by cubics. Lewis'
//! formula turns the transform of the index into options, Schuerger's that of the square of VIX into futures.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod support;

use std::f64::consts::PI;

use rayon::prelude::*;
use support::Table;
use tailwing::math::complex::{Complex64, I, exp, real};
use tailwing::math::normal_cdf;
use tailwing::model::vix::{Affine, integrated_means};
use tailwing::model::{Characteristic, Dynamics, Factor, JumpLaw, Law, Model, Physical, Preset, Shared, State, VixMap};
use tailwing::path::diffuse;
use tailwing::pricing::{European, VixFuture};
use tailwing::random::Draw;

const DAY: f64 = 1.0 / 252.0;
const WINDOW: f64 = 21.0 * DAY;
const LEVELS: [f64; 2] = [18.0, 35.0];
const STEPS_PER_DAY: [usize; 2] = [1, 4];

/// Days to expiry, log-moneyness of four options, and the argument at which their transform has died out.
const EXPIRIES: [(usize, [f64; 4], f64); 3] = [
    (1, [-0.03, -0.015, 0.0, 0.01], 700.0),
    (5, [-0.06, -0.03, 0.0, 0.02], 300.0),
    (21, [-0.12, -0.05, 0.0, 0.03], 120.0),
];
const PANELS: [f64; 14] = [0.0, 2.0, 6.0, 15.0, 30.0, 50.0, 80.0, 120.0, 170.0, 230.0, 300.0, 400.0, 530.0, 700.0];
/// Nodes and weights of Gauss and Legendre.
const GAUSS: [(f64, f64); 5] = [
    (-0.906_179_845_938_664, 0.236_926_885_056_189_1),
    (-0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
    (0.0, 0.568_888_888_888_888_9),
    (0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
    (0.906_179_845_938_664, 0.236_926_885_056_189_1),
];
/// Logarithm of a transform that counts as zero.
const NEGLIGIBLE: f64 = -25.0;
/// When a jump falls within a step: two nodes of Gauss and Legendre.
const JUMP_TIMES: [f64; 2] = [0.211_324_865_405_187_1, 0.788_675_134_594_812_9];

fn main() {
    let named = std::env::args().find_map(|argument| Preset::from_name(&argument));
    let mut options = Table::new(&["model", "VIX", "days", "worst strike", "one step a day", "four steps a day"]);
    let mut futures = Table::new(&["model", "VIX", "days", "VX", "one step a day", "four steps a day"]);
    for preset in Preset::ALL.into_iter().filter(|preset| named.is_none_or(|named| named == *preset)) {
        let world = World::new(preset);
        let runs = STEPS_PER_DAY.map(|steps| Scheme::new(&world, steps).errors());
        for (at, &level) in LEVELS.iter().enumerate() {
            for (expiry, (days, strikes, _)) in EXPIRIES.iter().enumerate() {
                let name = [preset.name().to_string(), format!("{level}"), days.to_string()];
                let errors = runs.each_ref().map(|run| &run[at][expiry]);
                let worst =
                    (0..4).max_by(|&a, &b| errors[0].volatility[a].abs().total_cmp(&errors[0].volatility[b].abs()));
                let worst = worst.unwrap();
                let figures = errors.map(|error| format!("{:+.4}", error.volatility[worst]));
                options.row(&cells(&name, format!("{:+}", strikes[worst]), figures));
                let vx = format!("{:.3}", world.vix_future(*days).price(world.states[at]));
                futures.row(&cells(&name, vx, errors.map(|error| format!("{:+.5}", error.vix))));
            }
        }
    }
    println!("{}", INTRODUCTION.trim_start());
    println!(
        "## SPX options\n\nError of implied volatility, volatility points, at the worst of four strikes (ln(K/F)).\n\n{options}"
    );
    println!("## VIX futures\n\nError of the mean of VIX, points.\n\n{futures}");
}

const INTRODUCTION: &str = "
# Bias of the simulation

Paths move in steps (`src/path/step.rs`): one a day by default, more with `steps_per_day`. A step has the exact conditional
mean and variance of each variance factor, and the discounted index is an exact martingale; the rest of its law is
approximate. These tables hold expectations over the simulated law, without premia, against exact prices of the same model
in the states that a scenario starts from at two levels of VIX. They are computed by recursion over transforms, not
sampled; a finer grid moves them by at most 0.0003 volatility points. Made by `cargo bench --bench bias`.
";

fn cells(name: &[String], middle: String, figures: [String; 2]) -> Vec<String> {
    name.iter().cloned().chain([middle]).chain(figures).collect()
}

/// A model without premia and its states at [`LEVELS`].
struct World {
    model: Model,
    map: VixMap,
    states: [State; 2],
}

impl World {
    fn new(preset: Preset) -> Self {
        let model = preset.model().without_premia();
        assert!(model.physical().shared.coupling == 0.0, "the factors' diffusions are taken as independent");
        let map = VixMap::new(model.risk_neutral(), WINDOW).unwrap();
        let states = LEVELS.map(|level| map.state_from_vix(level, preset.slow_state_given_vix()).unwrap());
        Self { model, map, states }
    }

    fn vix_future(&self, days: usize) -> VixFuture {
        VixFuture::new(self.model.risk_neutral(), days as f64 * DAY, &self.map).unwrap()
    }
}

/// Errors at one expiry from one state.
#[derive(Clone, Copy, Default)]
struct Errors {
    volatility: [f64; 4],
    vix: f64,
}

/// One factor's grid and the law of its steps of each length in use.
struct FactorGrid {
    /// `x = (scale sinh(spacing i))^2`.
    scale: f64,
    spacing: f64,
    points: Vec<f64>,
    steps: Vec<(f64, Vec<Vec<Outcome>>)>,
}

/// One outcome of a factor's step: probability, new value, mean and variance of its part of the log index.
#[derive(Clone, Copy)]
struct Outcome {
    weight: f64,
    value: f64,
    mean: f64,
    variance: f64,
}

/// The scheme at one step length.
struct Scheme<'w> {
    world: &'w World,
    steps_per_day: usize,
    dt: f64,
    fast: FactorGrid,
    slow: Option<FactorGrid>,
    /// Expected number of jumps in a step.
    hazard: Affine,
}

/// A matrix, rows first.
struct Operator {
    n: usize,
    cells: Vec<Complex64>,
}

impl<'w> Scheme<'w> {
    fn new(world: &'w World, steps_per_day: usize) -> Self {
        let law = world.model.physical();
        let dt = DAY / steps_per_day as f64;
        let shares = [1.0, JUMP_TIMES[0], JUMP_TIMES[1]];
        let Shared { fast, slow, beta, .. } = law.shared;
        let [kappa1, kappa2] = law.dynamics.kappa;
        let reach = 0.5 + 15.0 * law.dynamics.jumps.mean_variance_jump;
        let grid = |factor, kappa, n, reach| FactorGrid::new(factor, kappa, n, reach, &shares.map(|share| share * dt));
        assert!(beta == 1.0 || !law.has_slow_factor());
        let [mean1, mean2] = integrated_means(law, dt, true);
        let [l0, l1, l2] = law.dynamics.intensity;
        let hazard = Affine {
            a1: l1 * mean1.a1 + l2 * mean2.a1,
            a2: l1 * mean1.a2 + l2 * mean2.a2,
            b: l0 * dt + l1 * mean1.b + l2 * mean2.b,
        };
        let slow = law.has_slow_factor().then(|| grid(slow, kappa2, 36, 0.5));
        Self { world, steps_per_day, dt, fast: grid(fast, kappa1, 56, reach), slow, hazard }
    }

    /// Errors by level of VIX and expiry.
    fn errors(&self) -> [[Errors; 3]; 2] {
        let mut errors = [[Errors::default(); 3]; 2];
        self.add_option_errors(&mut errors);
        self.add_future_errors(&mut errors);
        errors
    }

    /// Lewis: put = ... - e^{k/2} / pi int Re[e^{-iuk} phi(u - i/2)] / (u^2 + 1/4) du.
    fn add_option_errors(&self, errors: &mut [[Errors; 3]; 2]) {
        let nodes: Vec<(f64, f64)> = PANELS
            .windows(2)
            .flat_map(|ends| {
                let half = 0.5 * (ends[1] - ends[0]);
                GAUSS.map(|(node, weight)| (ends[0] + half * (1.0 + node), half * weight))
            })
            .collect();
        let characteristic = Characteristic::new(self.world.model.risk_neutral());
        let differences: Vec<[[Complex64; 3]; 2]> = nodes
            .par_iter()
            .map(|&(u, _)| {
                let z = I * u + 0.5;
                let days = EXPIRIES.iter().filter(|(_, _, end)| u < *end).map(|(days, ..)| *days).max().unwrap();
                self.differences(z, days, &|years| {
                    let exponents = characteristic.index(z, years);
                    [exponents.a, exponents.b1, exponents.b2]
                })
            })
            .collect();
        for (level, state) in self.world.states.into_iter().enumerate() {
            for (expiry, (days, strikes, _)) in EXPIRIES.into_iter().enumerate() {
                let years = days as f64 * DAY;
                let pricer = European::new(self.world.model.risk_neutral(), years).unwrap();
                for (at, k) in strikes.into_iter().enumerate() {
                    let terms = nodes.iter().zip(&differences).map(|(&(u, weight), difference)| {
                        weight * (exp(-I * (u * k)) * difference[level][expiry]).re / (u * u + 0.25)
                    });
                    let error = -libm::exp(0.5 * k) / PI * terms.sum::<f64>();
                    let put = pricer.value(state, k).unwrap().put;
                    errors[level][expiry].volatility[at] =
                        100.0 * (implied_volatility(put + error, k, years) - implied_volatility(put, k, years));
                }
            }
        }
    }

    /// Schuerger: VX = 100 / sqrt(pi) int (1 - E e^{-v^2 X}) / v^2 dv with v = e^t.
    fn add_future_errors(&self, errors: &mut [[Errors; 3]; 2]) {
        let map = &self.world.map;
        let spacing = 0.25;
        let nodes: Vec<f64> = (-12..=18).map(|i| libm::exp(spacing * f64::from(i))).collect();
        let characteristic = Characteristic::new(self.world.model.risk_neutral());
        let differences: Vec<[[Complex64; 3]; 2]> = nodes
            .par_iter()
            .map(|&v| {
                let s = v * v;
                self.differences(real(0.0), 21, &|years| {
                    let exponents = characteristic.variance(real(s * map.a1), real(s * map.a2), years);
                    [exponents.a - s * map.b, exponents.b1, exponents.b2]
                })
            })
            .collect();
        for level in 0..2 {
            for expiry in 0..3 {
                let terms = nodes.iter().zip(&differences).map(|(v, difference)| difference[level][expiry].re / v);
                errors[level][expiry].vix = -100.0 / PI.sqrt() * spacing * terms.sum::<f64>();
            }
        }
    }

    /// Transform under the scheme less the exact one, by level and expiry up to `days`.
    fn differences(&self, z: Complex64, days: usize, exponents: &dyn Fn(f64) -> [Complex64; 3]) -> [[Complex64; 3]; 2] {
        let single = [0.0];
        let slow_points = self.slow.as_ref().map_or(&single[..], |slow| &slow.points);
        let columns = slow_points.len();
        let mut ratio = vec![real(1.0); self.fast.points.len() * columns];
        let mut before = exponents(0.0);
        let mut differences = [[real(0.0); 3]; 2];
        for step in 1..=days * self.steps_per_day {
            let after = exponents(step as f64 * self.dt);
            ratio = self.step(z, before, after, &ratio);
            before = after;
            for (expiry, _) in EXPIRIES.iter().enumerate().filter(|(_, e)| e.0 * self.steps_per_day == step) {
                for (level, state) in self.world.states.iter().enumerate() {
                    let here = self.interpolate(&ratio, *state);
                    let exact = exp(after[0] + after[1] * state.x1 + after[2] * state.x2);
                    differences[level][expiry] = (here - 1.0) * exact;
                }
            }
        }
        differences
    }

    /// One more step in front, on ratios to `exp(a + b1 x1 + b2 x2)`.
    fn step(&self, z: Complex64, before: [Complex64; 3], after: [Complex64; 3], ratio: &[Complex64]) -> Vec<Complex64> {
        let law = self.world.model.physical();
        let full = self.move_over(z, 0, before, after, ratio);
        let jumps: Vec<[Vec<Complex64>; 2]> = if law.has_jumps() {
            (0..2)
                .map(|early| {
                    // A share s of the step before the jump, 1 - s after it; the two nodes mirror each other.
                    let middle: [Complex64; 3] =
                        std::array::from_fn(|i| before[i] + (after[i] - before[i]) * JUMP_TIMES[1 - early]);
                    let later = self.move_over(z, 1 + (1 - early), before, middle, ratio);
                    let jump = self.fast.jump(&law.dynamics.jumps, z, middle[1]);
                    let columns = ratio.len() / self.fast.points.len();
                    let once = jump.on_rows(&later, columns);
                    let twice = jump.on_rows(&once, columns);
                    [once, twice].map(|jumped| self.move_over(z, 1 + early, middle, after, &jumped))
                })
                .collect()
        } else {
            Vec::new()
        };
        let mean_jump = law.dynamics.jumps.mean_relative_jump();
        let single = [0.0];
        let slow_points = self.slow.as_ref().map_or(&single[..], |slow| &slow.points);
        let mut next = Vec::with_capacity(ratio.len());
        for (i, &x1) in self.fast.points.iter().enumerate() {
            for (j, &x2) in slow_points.iter().enumerate() {
                let hazard = self.hazard.at(State { x1, x2 });
                let at = i * slow_points.len() + j;
                let of_jumps: Complex64 = jumps
                    .iter()
                    .map(|[once, twice]| (once[at] * hazard + twice[at] * (0.5 * hazard * hazard)) * 0.5)
                    .sum();
                let found = exp(-(z * mean_jump + 1.0) * hazard + (before[0] - after[0])) * (full[at] + of_jumps);
                // Where the transform has died out its ratio means nothing, and would grow from step to step.
                let alive = (after[1] * x1 + after[2] * x2).re > NEGLIGIBLE;
                next.push(if alive { found } else { real(1.0) });
            }
        }
        next
    }

    /// Expectation over a diffusion step of a length in use, from ratios to `before` to ratios to `after`.
    fn move_over(
        &self,
        z: Complex64,
        length: usize,
        before: [Complex64; 3],
        after: [Complex64; 3],
        ratio: &[Complex64],
    ) -> Vec<Complex64> {
        let columns = ratio.len() / self.fast.points.len();
        let moved = self.fast.operator(length, z, before[1], after[1]).on_rows(ratio, columns);
        match &self.slow {
            Some(slow) => slow.operator(length, z, before[2], after[2]).on_columns(&moved),
            None => moved,
        }
    }

    fn interpolate(&self, ratio: &[Complex64], state: State) -> Complex64 {
        let columns = ratio.len() / self.fast.points.len();
        let (i, fast) = self.fast.cubic(state.x1);
        let (j, slow) = self.slow.as_ref().map_or((0, [1.0, 0.0, 0.0, 0.0]), |slow| slow.cubic(state.x2));
        let mut sum = real(0.0);
        for (di, fast) in fast.into_iter().enumerate() {
            for (dj, slow) in slow.into_iter().enumerate().take(columns) {
                sum += ratio[(i + di) * columns + j + dj] * (fast * slow);
            }
        }
        sum
    }
}

impl FactorGrid {
    fn new(factor: Factor, kappa: f64, n: usize, reach: f64, lengths: &[f64]) -> Self {
        let shared = Shared { fast: factor, slow: Factor::default(), beta: 0.0, coupling: 0.0 };
        let dynamics = Dynamics::<Physical>::new([kappa, 0.0], [0.0; 3], JumpLaw::default());
        let law = Law::new(shared, dynamics).unwrap();
        let scale = factor.vol_of_variance * DAY.sqrt();
        let spacing = libm::asinh(reach.sqrt() / scale) / (n - 1) as f64;
        let root = |i: usize| scale * libm::sinh(spacing * i as f64);
        let points: Vec<f64> = (0..n).map(|i| root(i) * root(i)).collect();
        let steps = lengths.iter().map(|&dt| (dt, points.iter().map(|&x| outcomes(&law, dt, x)).collect())).collect();
        Self { scale, spacing, points, steps }
    }

    /// First of four points around `x`, and their weights in a cubic; the grid's end stands for what lies beyond.
    fn cubic(&self, x: f64) -> (usize, [f64; 4]) {
        let last = (self.points.len() - 1) as f64;
        let place = (libm::asinh(x.sqrt() / self.scale) / self.spacing).min(last);
        let first = (place.floor() - 1.0).clamp(0.0, last - 3.0);
        let t = place - first;
        let weights = [
            -(t - 1.0) * (t - 2.0) * (t - 3.0) / 6.0,
            t * (t - 2.0) * (t - 3.0) / 2.0,
            -t * (t - 1.0) * (t - 3.0) / 2.0,
            t * (t - 1.0) * (t - 2.0) / 6.0,
        ];
        (first as usize, weights)
    }

    /// Expectation of `e^{z (part of the log index) + before x'}` times a ratio, over `e^{after x}`.
    fn operator(&self, length: usize, z: Complex64, before: Complex64, after: Complex64) -> Operator {
        let mut operator = Operator::zero(self.points.len());
        for ((row, outcomes), &x) in self.steps[length].1.iter().enumerate().zip(&self.points) {
            for outcome in outcomes {
                let exponent = z * outcome.mean + z * z * (0.5 * outcome.variance) + before * outcome.value - after * x;
                operator.add(row, self.cubic(outcome.value), exp(exponent) * outcome.weight);
            }
        }
        operator
    }

    /// Expectation over one jump of `e^{z J + b Z}` times a ratio at `x + Z`.
    fn jump(&self, law: &JumpLaw, z: Complex64, b: Complex64) -> Operator {
        let mut operator = Operator::zero(self.points.len());
        let log_part = exp(z * law.mean_log_jump + z * z * (0.5 * law.log_jump_vol * law.log_jump_vol));
        // Density e^{-Z / mu_v} / mu_v times e^{(z rho_J + b) Z}: nodes on the scale on which the product dies.
        let rate = real(1.0) - (z * law.jump_slope + b) * law.mean_variance_jump;
        let rule: Vec<(f64, Complex64)> = if law.mean_variance_jump == 0.0 {
            vec![(0.0, real(1.0))]
        } else {
            exponential_rule()
                .into_iter()
                .map(|(t, weight)| {
                    let scaled = t / rate.re;
                    (law.mean_variance_jump * scaled, exp(-rate * scaled) * (weight / rate.re))
                })
                .collect()
        };
        for (row, &x) in self.points.iter().enumerate() {
            for &(jump, weight) in &rule {
                operator.add(row, self.cubic(x + jump), log_part * weight);
            }
        }
        operator
    }
}

impl Operator {
    fn zero(n: usize) -> Self {
        Self { n, cells: vec![real(0.0); n * n] }
    }

    fn add(&mut self, row: usize, (first, weights): (usize, [f64; 4]), value: Complex64) {
        for (at, weight) in weights.into_iter().enumerate() {
            self.cells[row * self.n + first + at] += value * weight;
        }
    }

    /// Applied to the first index.
    fn on_rows(&self, ratio: &[Complex64], columns: usize) -> Vec<Complex64> {
        let mut out = vec![real(0.0); ratio.len()];
        for row in 0..self.n {
            for (inner, &cell) in self.cells[row * self.n..(row + 1) * self.n].iter().enumerate() {
                if cell != real(0.0) {
                    for column in 0..columns {
                        out[row * columns + column] += cell * ratio[inner * columns + column];
                    }
                }
            }
        }
        out
    }

    /// Applied to the second index.
    fn on_columns(&self, ratio: &[Complex64]) -> Vec<Complex64> {
        let mut out = vec![real(0.0); ratio.len()];
        for (out, ratio) in out.chunks_exact_mut(self.n).zip(ratio.chunks_exact(self.n)) {
            for (row, out) in out.iter_mut().enumerate() {
                let cells = &self.cells[row * self.n..(row + 1) * self.n];
                *out = cells.iter().zip(ratio).map(|(cell, value)| cell * value).sum();
            }
        }
        out
    }
}

/// Outcomes of one factor's step: normals where its branch is quadratic, uniforms where it is exponential.
fn outcomes(law: &Law<Physical>, dt: f64, x: f64) -> Vec<Outcome> {
    let [kappa, _] = law.dynamics.kappa;
    let Factor { reversion, vol_of_variance: sigma, .. } = law.shared.fast;
    let reach = -libm::expm1(-kappa * dt) / kappa;
    let mean = reversion * reach + x * libm::exp(-kappa * dt);
    let variance = sigma * sigma * reach * (x * libm::exp(-kappa * dt) + 0.5 * reversion * reach);
    let psi = variance / (mean * mean);
    let outcome = |normal: f64, uniform: f64, weight: f64| {
        // The log index is linear in its normal given the factor.
        let at = |index: f64| {
            let squared_radius = normal * normal + index * index;
            let radius = squared_radius.sqrt();
            let direction = if radius > 0.0 { [normal / radius, index / radius] } else { [1.0, 0.0] };
            let draw = Draw { squared_radius, direction, uniform };
            let (spot, next) = diffuse(law, dt, 1.0, State { x1: x, x2: 0.0 }, draw, draw);
            (libm::log(spot), next.x1)
        };
        let ((low, value), (high, _)) = (at(-1.0), at(1.0));
        let deviation = 0.5 * (high - low);
        Outcome { weight, value, mean: 0.5 * (low + high), variance: deviation * deviation }
    };
    if psi <= 1.5 {
        let h = 0.4;
        let density = |z: f64| h * libm::exp(-0.5 * z * z) / (2.0 * PI).sqrt();
        (-20..=20).map(|i| h * f64::from(i)).map(|z| outcome(z, 0.5, density(z))).collect()
    } else {
        let positive = 2.0 / (1.0 + psi);
        let zero = outcome(0.0, 0.5 * (1.0 + positive), 1.0 - positive);
        let rest = exponential_rule()
            .into_iter()
            .map(|(t, weight)| (positive * libm::exp(-t), positive * weight * libm::exp(-t)))
            .map(|(uniform, weight)| outcome(0.0, uniform, weight));
        std::iter::once(zero).chain(rest).collect()
    }
}

/// Nodes and weights for integrals over `t > 0` of what falls like `e^-t`.
fn exponential_rule() -> Vec<(f64, f64)> {
    const EDGES: [f64; 11] = [0.0, 0.25, 0.75, 1.5, 3.0, 5.0, 8.0, 12.0, 17.0, 24.0, 34.0];
    EDGES
        .windows(2)
        .flat_map(|ends| {
            let half = 0.5 * (ends[1] - ends[0]);
            GAUSS.map(|(node, weight)| (ends[0] + half * (1.0 + node), half * weight))
        })
        .collect()
}

/// Put / F of Black's formula.
fn black_put(k: f64, volatility: f64, years: f64) -> f64 {
    let deviation = volatility * years.sqrt();
    let d1 = -k / deviation + 0.5 * deviation;
    libm::exp(k) * normal_cdf(deviation - d1) - normal_cdf(-d1)
}

fn implied_volatility(put: f64, k: f64, years: f64) -> f64 {
    let (mut low, mut high) = (1e-4, 5.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if black_put(k, middle, years) > put { high = middle } else { low = middle }
    }
    0.5 * (low + high)
}
