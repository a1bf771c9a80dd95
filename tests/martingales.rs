//! Along paths with P = Q, what the pricing measure says of prices: the discounted index, index options and VIX options
//! are martingales, VIX futures are martingales undiscounted, and VIX has the law of the closed forms.
//!
//! Each test allows four standard errors and the bias of a daily step (`docs/bias.md`).

#![allow(clippy::disallowed_methods)]

mod support;

use std::f64::consts::PI;

use support::{fair, is_zero, mean, plan, settlement_map, simulate_paths};
use tailwing::calendar::{Grid, VixContract, nearest_spx_expiry};
use tailwing::math::complex::Complex64;
use tailwing::model::{Characteristic, State, VixMap};
use tailwing::path::PathBatch;
use tailwing::plan::Plan;
use tailwing::pricing::{OptionTable, VixFuture};
use tailwing::units::DAYS_PER_YEAR;

const PATHS: usize = 40_000;
const DAYS: usize = 60;
const MODELS: [&str; 4] = ["default", "svcj", "bates", "heston"];

/// Bias of daily steps over 60 days, fraction of spot for options and VIX points for futures and options on VIX.
const OPTION_BIAS: f64 = 60.0 * 2e-7;
const VIX_BIAS: f64 = 60.0 * 2e-5;

struct World {
    plan: Plan,
    grid: Grid,
    path: PathBatch,
}

impl World {
    fn new(model: &str) -> Self {
        let preset = format!("model.preset=\"{model}\"");
        let plan = fair(plan(&[&preset]));
        let grid = Grid::new(plan.market.date, DAYS).expect("a session");
        let path = simulate_paths(&plan, &grid, PATHS);
        Self { plan, grid, path }
    }

    fn calendar_years(&self, day: usize) -> f64 {
        f64::from(self.grid.calendar_days(day)) / DAYS_PER_YEAR
    }

    /// `value` at the close of a day less `expected`, on every path.
    fn excess(&self, day: usize, expected: f64, value: impl Fn(f64, State) -> f64) -> Vec<f64> {
        let at = |lane: usize| value(self.path.spot[self.path.row(day)][lane], self.path.state(day, lane)) - expected;
        (0..PATHS).map(at).collect()
    }
}

#[test]
fn the_discounted_index_is_a_martingale_and_a_missing_jump_compensator_is_seen() {
    for model in MODELS {
        let world = World::new(model);
        let market = &world.plan.market;
        for day in [1, 21, DAYS] {
            let discount = (-(market.rate - market.dividend_yield) * world.calendar_years(day)).exp();
            let excess = world.excess(day, 1.0, |spot, _| discount * spot / market.spot);
            assert!(is_zero(&excess, 0.0), "{model}, day {day}: {:?}", mean(&excess));
        }
        let law = world.plan.model.risk_neutral();
        let jump = law.dynamics.jumps.mean_relative_jump();
        if jump == 0.0 {
            continue;
        }
        // The same index with the compensator of its jumps taken out of the drift.
        let discount = (-(market.rate - market.dividend_yield) * world.calendar_years(DAYS)).exp();
        let wrong: Vec<f64> = (0..PATHS)
            .map(|lane| {
                let step = |day: usize| {
                    law.intensity(world.path.state(day, lane)) * world.plan.clock.years(world.grid.step(day))
                };
                let compensator = jump * (0..DAYS).map(step).sum::<f64>();
                discount * world.path.spot[world.path.row(DAYS)][lane] / market.spot * compensator.exp() - 1.0
            })
            .collect();
        assert!(!is_zero(&wrong, 0.0), "{model}: a missing compensator goes unseen: {:?}", mean(&wrong));
    }
}

#[test]
fn discounted_index_options_are_martingales() {
    for model in MODELS {
        let world = World::new(model);
        let market = &world.plan.market;
        let expiry = nearest_spx_expiry(market.date, 60);
        let price = |day: usize, strike: f64| {
            let left = world.grid.time_left(day, expiry);
            let years = f64::from(left.calendar_days()) / DAYS_PER_YEAR;
            let table = OptionTable::build(world.plan.model.risk_neutral(), world.plan.clock.years(left), 1e-6);
            let table = table.expect("a table");
            let carry = (market.rate - market.dividend_yield) * years;
            move |spot: f64, state: State| {
                let forward = spot * carry.exp();
                let put = table.put(&table.locate(state), (strike / forward).ln()) * forward;
                put * (-market.rate * years).exp() / market.spot
            }
        };
        for strike in [0.9, 0.97, 1.0, 1.04].map(|moneyness| moneyness * market.spot) {
            let today = price(0, strike)(market.spot, market.state);
            let last = world.grid.index_of(expiry).expect("an expiry within the horizon");
            for day in [5, 21, last] {
                let discount = (-market.rate * world.calendar_years(day)).exp();
                let later = price(day, strike);
                let excess = world.excess(day, today, |spot, state| discount * later(spot, state));
                assert!(is_zero(&excess, OPTION_BIAS), "{model}, strike {strike}, day {day}: {:?}", mean(&excess));
            }
        }
    }
}

#[test]
fn vix_futures_of_four_tenors_are_martingales() {
    for model in MODELS {
        let world = World::new(model);
        for month in [1, 2, 4, 7] {
            let contract = VixContract::held(world.plan.market.date, month, 0);
            let map = settlement_map(&world.plan, contract);
            let settles = world.grid.index_of(contract.settlement_close).unwrap_or(DAYS).min(DAYS);
            let mark = |day: usize| {
                let years = world.plan.clock.years(world.grid.time_left(day, contract.settlement_close));
                VixFuture::new(world.plan.model.risk_neutral(), years, &map).expect("a pricer")
            };
            let today = mark(0).price(world.plan.market.state);
            for day in [settles.min(10), settles] {
                let later = mark(day);
                let excess = world.excess(day, today, |_, state| later.price(state));
                assert!(is_zero(&excess, VIX_BIAS), "{model}, VX{month}, day {day}: {:?}", mean(&excess));
            }
        }
    }
}

#[test]
fn vix_options_are_martingales() {
    for model in MODELS {
        let world = World::new(model);
        for month in [1, 2] {
            let contract = VixContract::held(world.plan.market.date, month, 0);
            let map = settlement_map(&world.plan, contract);
            let day = world.grid.index_of(contract.settlement_close).expect("a settlement within the horizon");
            let years = world.plan.clock.years(world.grid.time_left(0, contract.settlement_close));
            let density = SquareDensity::new(&world.plan, &map, years);
            let future = VixFuture::new(world.plan.model.risk_neutral(), years, &map).expect("a pricer");
            let exact = future.price(world.plan.market.state);
            let parity = density.mean(|vix| vix) - exact;
            assert!(parity.abs() < 2e-3, "{model}: the density's future is off by {parity}");
            for strike in [18.0, 22.0, 30.0] {
                let today = density.mean(|vix| (vix - strike).max(0.0));
                let excess = world.excess(day, today, |_, state| (map.vix(state) - strike).max(0.0));
                let bias = VIX_BIAS + parity.abs();
                assert!(is_zero(&excess, bias), "{model}, VX{month}, strike {strike}: {:?}", mean(&excess));
            }
        }
    }
}

#[test]
fn vix_has_the_law_of_its_laplace_transform() {
    for model in MODELS {
        let world = World::new(model);
        let map = VixMap::new(world.plan.model.risk_neutral(), 30.0 / 365.0).expect("a map");
        let law = Characteristic::new(world.plan.model.risk_neutral());
        for day in [5, 21, DAYS] {
            let years: f64 = (0..day).map(|step| world.plan.clock.years(world.grid.step(step))).sum();
            for s in [1.0, 10.0, 50.0] {
                let exponents = law.variance(real(s * map.a1), real(s * map.a2), years);
                let exact = exponents.at(world.plan.market.state).re.exp();
                let excess = world.excess(day, exact, |_, state| (-s * (map.a1 * state.x1 + map.a2 * state.x2)).exp());
                assert!(is_zero(&excess, 60.0 * 1e-6 * s), "{model}, day {day}, s {s}: {:?}", mean(&excess));
            }
        }
    }
}

fn real(re: f64) -> Complex64 {
    Complex64 { re, im: 0.0 }
}

/// The density of `(VIX / 100)^2` at a settlement by a cosine expansion of its characteristic function.
struct SquareDensity {
    /// VIX in points and the probability of its cell.
    cells: Vec<(f64, f64)>,
}

impl SquareDensity {
    fn new(plan: &Plan, map: &VixMap, years: f64) -> Self {
        const TERMS: usize = 4096;
        const CELLS: usize = 8192;
        let (low, high) = (map.b, map.b + 2.5);
        let law = Characteristic::new(plan.model.risk_neutral());
        let weights: Vec<f64> = (0..TERMS)
            .map(|k| {
                let frequency = k as f64 * PI / (high - low);
                let s = |a: f64| Complex64 { re: 0.0, im: -frequency * a };
                let log = law.variance(s(map.a1), s(map.a2), years).at(plan.market.state);
                let term = 2.0 / (high - low) * log.re.exp() * log.im.cos();
                if k == 0 { 0.5 * term } else { term }
            })
            .collect();
        // Cells are finer near the floor, where the density is steep; each gets its exact share of the expansion.
        let edge = |cell: usize| (cell as f64 / CELLS as f64).powi(3) * (high - low);
        let below = |x: f64| {
            let term = |(k, weight): (usize, &f64)| {
                let frequency = k as f64 * PI / (high - low);
                if k == 0 { weight * x } else { weight * (frequency * x).sin() / frequency }
            };
            weights.iter().enumerate().map(term).sum::<f64>()
        };
        let mut last = 0.0;
        let cells = (0..CELLS)
            .map(|cell| {
                let next = below(edge(cell + 1));
                let probability = next - std::mem::replace(&mut last, next);
                (100.0 * (low + 0.5 * (edge(cell) + edge(cell + 1))).sqrt(), probability)
            })
            .collect();
        Self { cells }
    }

    fn mean(&self, value: impl Fn(f64) -> f64) -> f64 {
        self.cells.iter().map(|&(vix, probability)| value(vix) * probability).sum()
    }
}
