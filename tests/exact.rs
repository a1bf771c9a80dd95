//! A hundred random models over the whole domain: no NaN, parity, bounds and order, and two methods that agree.

#![allow(clippy::unwrap_used, reason = "a case that cannot be set up fails its test")]
#![allow(clippy::print_stderr, reason = "a test says how much it compared")]

#[path = "support/cos.rs"]
mod cos;

use tailwing::model::vix::means;
use tailwing::model::{Dynamics, Factor, JumpLaw, Law, RiskNeutral, Shared, State, VixMap};
use tailwing::pricing::{European, VixFuture, VixOption, smile, vvix};

const LAWS: usize = 100;
const YEARS: [f64; 6] = [0.25 / 365.0, 1.0 / 365.0, 7.0 / 365.0, 30.0 / 365.0, 0.5, 2.0];
const LOG_MONEYNESS: [f64; 11] = [-0.8, -0.3, -0.12, -0.05, -0.01, 0.0, 0.01, 0.04, 0.1, 0.25, 0.7];

/// A fixed sequence of numbers.
struct Draws(u64);

impl Draws {
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        low + (high - low) * ((self.0 >> 11) as f64 / (1u64 << 53) as f64)
    }

    fn chance(&mut self, share: f64) -> bool {
        self.between(0.0, 1.0) < share
    }
}

/// Kappa 0.2-40, theta 0.005-0.2, sigma 0.05-1.5, rho -0.95-0.3, intensity 0-20, jumps of both signs.
fn random_law(draws: &mut Draws, two_factors: bool) -> Law<RiskNeutral> {
    let kappa = libm::exp(draws.between(libm::log(0.2), libm::log(40.0)));
    let fast = Factor {
        reversion: kappa * draws.between(0.005, 0.2),
        vol_of_variance: draws.between(0.05, 1.5),
        rho: draws.between(-0.95, 0.3),
    };
    let mean_variance_jump = if draws.chance(0.5) { 0.0 } else { draws.between(0.0, 0.5) };
    let slope_max = if mean_variance_jump > 0.0 { (0.98 / mean_variance_jump).min(2.0) } else { 2.0 };
    let jumps = JumpLaw {
        mean_log_jump: draws.between(-0.2, 0.15),
        log_jump_vol: draws.between(0.005, 0.2),
        mean_variance_jump,
        // Now and then rho_J mu_v is as near 1 as 0.98.
        jump_slope: if draws.chance(0.2) { slope_max } else { draws.between(-0.6, 0.5 * slope_max) },
    };
    let intensity = if draws.chance(0.2) { 0.0 } else { draws.between(0.0, 20.0) };
    let none = Shared { fast, slow: Factor::default(), beta: 0.0, coupling: 0.0 };
    if !two_factors {
        return Law::new(none, Dynamics::new([kappa, 0.0], [intensity, 0.0, 0.0], jumps)).unwrap();
    }
    let kappa2 = draws.between(0.1, 5.0);
    let slow = Factor {
        reversion: kappa2 * draws.between(0.005, 0.1),
        vol_of_variance: draws.between(0.05, 0.8),
        rho: draws.between(-0.95, 0.3),
    };
    let coupling = if draws.chance(0.5) { 0.0 } else { draws.between(0.1, 6.0) };
    let beta = if coupling > 0.0 && draws.chance(0.3) { 0.0 } else { draws.between(0.2, 1.5) };
    let feedback = if draws.chance(0.5) { 0.0 } else { 0.8 * kappa / mean_variance_jump.max(0.1) };
    let intensity2 = if draws.chance(0.5) { 0.0 } else { draws.between(0.0, 20.0) };
    let dynamics = Dynamics::new([kappa, kappa2], [intensity, feedback, intensity2], jumps);
    Law::new(Shared { slow, beta, coupling, ..none }, dynamics).unwrap()
}

/// States from no variance at all to a VIX far above any that was.
fn random_state(draws: &mut Draws, trial: usize, two_factors: bool) -> State {
    let x1 = [0.0, 0.005, 0.04, 0.3, 2.2][trial % 5];
    State { x1, x2: if two_factors && !trial.is_multiple_of(4) { draws.between(0.0, 0.2) } else { 0.0 } }
}

#[test]
fn index_options_keep_parity_bounds_and_order_and_agree_with_a_cosine_expansion() {
    let mut draws = Draws(3);
    let (mut compared, mut worst) = (0, 0.0f64);
    for trial in 0..LAWS {
        let two_factors = trial % 4 == 3;
        let law = random_law(&mut draws, two_factors);
        let (state, years) = (random_state(&mut draws, trial, two_factors), YEARS[trial % YEARS.len()]);
        let pricer = European::new(&law, years).unwrap();
        let values = LOG_MONEYNESS.map(|k| pricer.value(state, k).unwrap());
        let context = format!("trial {trial}, {years} years, {state:?}, {law:?}");
        for (value, k) in values.iter().zip(LOG_MONEYNESS) {
            assert!((value.call - value.put + libm::expm1(k)).abs() < 1e-15, "{k}: {context}");
            assert!(
                value.put >= 0.0 && value.put <= libm::exp(k) && value.call >= 0.0 && value.call <= 1.0,
                "{context}"
            );
            assert!(value.put >= libm::expm1(k) - 1e-15 && value.call >= -libm::expm1(k) - 1e-15, "{context}");
            let slopes =
                [value.put_delta, value.call_delta, value.gamma, value.vega[0], value.vega[1], value.time_slope];
            assert!(slopes.iter().all(|slope| slope.is_finite()), "{k}: {value:?} {context}");
            assert!((-1e-9..=1.0 + 1e-9).contains(&value.call_delta), "{k}: {value:?} {context}");
        }
        for pair in values.windows(2) {
            assert!(pair[1].put >= pair[0].put - 1e-12 && pair[1].call <= pair[0].call + 1e-12, "{context}");
        }
        let Some(others) = cos::puts(&law, years, state, &LOG_MONEYNESS) else { continue };
        for ((value, other), k) in values.iter().zip(others).zip(LOG_MONEYNESS) {
            let error = (value.put - other).abs();
            worst = worst.max(error);
            // Some 1e5 terms of the expansion round, and its interval leaves out a tail.
            assert!(error < 1e-9, "{k}: {} {other}: {context}", value.put);
            compared += 1;
        }
    }
    eprintln!("{compared} puts agree with the cosine expansion within {worst:.1e}");
    assert!(compared > LAWS * LOG_MONEYNESS.len() * 7 / 10, "{compared}");
}

#[test]
fn volatility_products_keep_parity_bounds_and_order_and_replicate_the_mean_square() {
    let mut draws = Draws(5);
    for trial in 0..LAWS {
        let two_factors = trial % 5 == 4;
        let law = random_law(&mut draws, two_factors);
        let (state, years) = (random_state(&mut draws, trial, two_factors), YEARS[1 + trial % (YEARS.len() - 1)]);
        let map = VixMap::new(&law, 30.0 / 365.0).unwrap();
        let pricer = VixOption::new(&law, years, &map).unwrap();
        let future = VixFuture::new(&law, years, &map).unwrap().price(state);
        let context = format!("trial {trial}, {years} years, {state:?}, {law:?}");
        let [fast, slow] = means(&law, years);
        let mean_square = 1e4 * (map.a1 * fast.at(state) + map.a2 * slow.at(state) + map.b);
        assert!(future >= map.floor() && future * future <= mean_square * (1.0 + 1e-12), "{future}: {context}");
        let index = vvix(&law, years, &map, state).unwrap();
        assert!(index.is_finite() && index > 0.0, "{index}: {context}");
        // VIX^2 = 2 int (VIX - K)^+ dK: calls of every strike know the mean that the affine map gives by itself.
        let floor = map.floor();
        let h = 0.03;
        let (mut above, mut before) = (0.0, future - floor);
        for i in -430..295 {
            let over = libm::exp(h * f64::from(i));
            let (put, call) = pricer.put_call(state, floor + over).unwrap();
            assert!((call - put - (future - floor - over)).abs() < 1e-9 * (1.0 + over), "parity, {over}: {context}");
            assert!(put >= 0.0 && call >= 0.0 && call <= before + 1e-9, "{over}: {call} {before} {context}");
            before = call;
            above += 2.0 * h * over * call;
        }
        let below = 2.0 * (future * floor - 0.5 * floor * floor);
        let error = ((above + below) / mean_square - 1.0).abs();
        assert!(error < 1e-6, "{error}: {} {mean_square} {context}", above + below);
    }
}

#[test]
fn smiles_invert_back_to_the_prices_they_come_from() {
    let mut draws = Draws(8);
    for trial in 0..LAWS {
        let law = random_law(&mut draws, false);
        let state = State { x1: draws.between(0.005, 0.5), x2: 0.0 };
        let years = YEARS[2 + trial % 4];
        let pricer = European::new(&law, years).unwrap();
        for k in [-0.1, -0.02, 0.0, 0.03, 0.1] {
            let value = pricer.value(state, k).unwrap();
            let out = if k < 0.0 { value.put } else { value.call };
            // Nearly worthless, or nearly worth its upper bound: what the price says of the volatility is rounding.
            if out < 1e-9 || out > 0.999 * libm::exp(k.min(0.0)) {
                continue;
            }
            let volatility = smile::implied_volatility(&pricer, state, k).unwrap();
            let (put, call) = tailwing::pricing::black::black(k, volatility * years.sqrt());
            let again = if k < 0.0 { put } else { call };
            assert!((again / out - 1.0).abs() < 1e-12, "{trial} {k}: {again} {out}");
        }
    }
}
