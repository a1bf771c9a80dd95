//! One step against Andersen's printed algorithm, and its moments by integration over its law.

use super::*;
use crate::model::{Dynamics, Factor, JumpLaw, Preset, Shared};
use crate::path::coefficients::{Drift, check_moments};

const DAY: f64 = 1.0 / 252.0;

fn law(fast: Factor, slow: Factor, beta: f64, coupling: f64, kappa: [f64; 2]) -> Law<Physical> {
    let shared = Shared { fast, slow, beta, coupling };
    Law::new(shared, Dynamics::new(kappa, [0.0; 3], JumpLaw::default())).unwrap()
}

fn one_factor(theta: f64, kappa: f64, sigma: f64, rho: f64) -> Law<Physical> {
    let fast = Factor { reversion: kappa * theta, vol_of_variance: sigma, rho };
    law(fast, Factor::default(), 0.0, 0.0, [kappa, 0.0])
}

/// x1 reverts to x2 and has no level of its own; only x1 is spot variance.
fn central_tendency() -> Law<Physical> {
    let fast = Factor { reversion: 0.0, vol_of_variance: 0.9, rho: -0.8 };
    let slow = Factor { reversion: 0.02, vol_of_variance: 0.2, rho: 0.0 };
    law(fast, slow, 0.0, 6.0, [6.0, 0.8])
}

fn positive_rho() -> Law<Physical> {
    one_factor(0.04, 2.0, 1.1, 0.85)
}

/// Every law of these tests, with states on both branches.
fn cases() -> Vec<(Law<Physical>, Position)> {
    let laws = [
        *Preset::Heston.model().physical(),
        *Preset::Svcj.model().physical(),
        *Preset::Default.model().physical(),
        central_tendency(),
        positive_rho(),
    ];
    let at = |x1, x2| Position { spot: 100.0, x1, x2 };
    let states = [at(0.05, 0.03), at(1e-4, 0.015), at(0.0, 2e-5), at(0.3, 0.0)];
    laws.iter().flat_map(|law| states.map(|state| (*law, state))).collect()
}

fn no_drift() -> Drift {
    Drift { carry: 0.0, equity_premium: 0.0, compensator: [0.0; 3] }
}

/// A draw with given normals and uniform.
fn draw(first: f64, second: f64, uniform: f64) -> Draw {
    let squared_radius = first * first + second * second;
    let radius = squared_radius.sqrt();
    let direction = if radius > 0.0 { [first / radius, second / radius] } else { [1.0, 0.0] };
    Draw { squared_radius, direction, uniform }
}

/// Nodes and weights of a standard normal: the trapezoid rule, whose error is e^(-2 pi^2 / h^2) for what is smooth.
fn normal_rule() -> Vec<(f64, f64)> {
    let h = 0.4;
    (-22..=22)
        .map(|i| h * f64::from(i))
        .map(|z| (z, h * libm::exp(-0.5 * z * z) / (2.0 * std::f64::consts::PI).sqrt()))
        .collect()
}

/// Nodes and weights of a uniform: its part above `kink` at once, then e^(-t) kink by Gauss-Legendre panels in t.
fn uniform_rule(kink: f64) -> Vec<(f64, f64)> {
    const NODES: [(f64, f64); 5] = [
        (-0.906_179_845_938_664, 0.236_926_885_056_189_1),
        (-0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
        (0.0, 0.568_888_888_888_888_9),
        (0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
        (0.906_179_845_938_664, 0.236_926_885_056_189_1),
    ];
    let mut rule = vec![(0.5 * (1.0 + kink), 1.0 - kink)];
    for panel in 0..40 {
        for (node, weight) in NODES {
            let t = f64::from(panel) + 0.5 * (1.0 + node);
            rule.push((kink * libm::exp(-t), kink * 0.5 * weight * libm::exp(-t)));
        }
    }
    rule
}

/// Draws of one factor with their probabilities: normals on the quadratic branch, uniforms on the other.
fn factor_rule(moments: Moments) -> Vec<(f64, f64, f64)> {
    let psi = moments.variance / (moments.mean * moments.mean);
    if moments.mean == 0.0 || psi <= PSI_CRITICAL {
        normal_rule().into_iter().map(|(z, weight)| (z, 0.5, weight)).collect()
    } else {
        uniform_rule(2.0 / (1.0 + psi)).into_iter().map(|(u, weight)| (0.0, u, weight)).collect()
    }
}

/// `E[f(next position)]` over the law of one step.
fn expectation(law: &Law<Physical>, step: &StepCoefficients, from: Position, f: impl Fn(Position) -> f64) -> f64 {
    // The branches are chosen by the true moments, so that a planted error cannot move the nodes.
    let truth = StepCoefficients::new(law, &no_drift(), step.dt_years, 0.0);
    let slow_rule =
        if law.has_slow_factor() { factor_rule(truth.slow_moments(from.x2)) } else { vec![(0.0, 0.5, 1.0)] };
    let fast_rule = factor_rule(truth.fast_moments(from.x1, from.x2));
    let mut sum = 0.0;
    for &(z2, u2, weight2) in &slow_rule {
        let slow = law.has_slow_factor().then(|| draw(z2, 0.0, u2));
        for &(z1, u1, weight1) in &fast_rule {
            for (index_normal, index_weight) in normal_rule().into_iter().step_by(2) {
                let next = step.advance(from, 0.0, draw(z1, index_normal, u1), slow);
                sum += weight2 * weight1 * 2.0 * index_weight * f(next);
            }
        }
    }
    sum
}

/// Conditional mean and variance of both factors, from the formulas of a square-root process with expected values of
/// the slow factor integrated numerically: independent of how the coefficients are made.
fn true_moments(law: &Law<Physical>, from: Position, dt: f64) -> [Moments; 2] {
    let [kappa1, kappa2] = law.dynamics.kappa;
    let (fast, slow) = (law.shared.fast, law.shared.slow);
    let steps = 100;
    let h = dt / f64::from(steps);
    // d m = (b - kappa m + g m2) ds, d v = (sigma^2 m - 2 kappa v) ds, by the classical Runge-Kutta method.
    let rate = |[m1, v1, m2, v2]: [f64; 4]| {
        [
            fast.reversion - kappa1 * m1 + law.shared.coupling * m2,
            fast.vol_of_variance * fast.vol_of_variance * m1 - 2.0 * kappa1 * v1,
            slow.reversion - kappa2 * m2,
            slow.vol_of_variance * slow.vol_of_variance * m2 - 2.0 * kappa2 * v2,
        ]
    };
    let mut y = [from.x1, 0.0, from.x2, 0.0];
    for _ in 0..steps {
        let k1 = rate(y);
        let k2 = rate(std::array::from_fn(|i| y[i] + 0.5 * h * k1[i]));
        let k3 = rate(std::array::from_fn(|i| y[i] + 0.5 * h * k2[i]));
        let k4 = rate(std::array::from_fn(|i| y[i] + h * k3[i]));
        y = std::array::from_fn(|i| y[i] + h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]));
    }
    [Moments { mean: y[0], variance: y[1] }, Moments { mean: y[2], variance: y[3] }]
}

/// Largest deviation of one step's conditional moments from the truth, and of the index from a martingale.
fn deviation(law: &Law<Physical>, step: &StepCoefficients, from: Position) -> f64 {
    let [fast, slow] = true_moments(law, from, step.dt_years);
    let relative = |found: f64, truth: f64| if truth == 0.0 { found.abs() } else { (found / truth - 1.0).abs() };
    let mut worst = relative(expectation(law, step, from, |p| p.spot), from.spot);
    let of_factor = |value: fn(Position) -> f64, truth: Moments| {
        let mean = expectation(law, step, from, value);
        let variance = expectation(law, step, from, |p| (value(p) - truth.mean) * (value(p) - truth.mean));
        relative(mean, truth.mean).max(relative(variance, truth.variance))
    };
    worst = worst.max(of_factor(|p| p.x1, fast));
    if law.has_slow_factor() {
        worst = worst.max(of_factor(|p| p.x2, slow));
    }
    worst
}

/// What integration and rounding leave: Gauss-Legendre panels are good to 1e-12, the variance loses two digits.
const TOLERANCE: f64 = 2e-10;

#[test]
fn one_step_has_the_moments_of_the_process_and_the_index_is_a_martingale() {
    for (law, from) in cases() {
        for dt in [0.25 * DAY, DAY, 5.0 * DAY] {
            let step = StepCoefficients::new(&law, &no_drift(), dt, 0.0);
            let deviation = deviation(&law, &step, from);
            assert!(deviation < TOLERANCE, "{deviation:e} from {from:?} over {dt} under {law:?}");
        }
    }
}

#[test]
fn a_coefficient_off_by_a_thousandth_is_seen() {
    type Plant = fn(&mut StepCoefficients);
    let plants: [(&str, Plant); 13] = [
        ("mean constant", |s| s.fast.mean[0] *= 1.001),
        ("mean slope", |s| s.fast.mean[1] *= 1.001),
        ("variance constant", |s| s.fast.variance[0] *= 1.001),
        ("variance slope", |s| s.fast.variance[1] *= 1.001),
        ("tilt", |s| s.fast.tilt *= 1.001),
        ("index slope at the start", |s| s.fast.log_index[0] *= 1.001),
        ("index slope at the end", |s| s.fast.log_index[1] *= 1.001),
        ("index noise", |s| s.fast.noise *= 1.001),
        ("slow mean constant", |s| s.slow.mean[0] *= 1.001),
        ("slow variance slope", |s| s.slow.variance[1] *= 1.001),
        ("slow tilt", |s| s.slow.tilt *= 1.001),
        ("slow index slope at the end", |s| s.slow.log_index[1] *= 1.001),
        ("slow index noise", |s| s.slow.noise *= 1.001),
    ];
    let law = *Preset::Default.model().physical();
    // One state on each branch of the fast factor.
    let states = [0.002, 0.2].map(|x1| Position { spot: 100.0, x1, x2: 0.015 });
    for (name, plant) in plants {
        let mut step = StepCoefficients::new(&law, &no_drift(), DAY, 0.0);
        plant(&mut step);
        let deviation = states.map(|from| deviation(&law, &step, from)).into_iter().fold(0.0, f64::max);
        assert!(deviation > 10.0 * TOLERANCE, "{name}: {deviation:e}");
    }
}

/// Andersen (2008), equations 23, 26 to 33 and proposition 9, letter by letter; draws are `Z` or `U`, and `Z_X`.
fn andersen(law: &Law<Physical>, from: Position, dt: f64, z_v: f64, u: f64, z_x: f64) -> Position {
    let kappa = law.dynamics.kappa[0];
    let Factor { reversion, vol_of_variance: epsilon, rho } = law.shared.fast;
    let theta = reversion / kappa;
    let v = from.x1;
    let e = libm::exp(-kappa * dt);
    let m = theta + (v - theta) * e;
    let s2 = v * epsilon * epsilon * e / kappa * (1.0 - e)
        + theta * epsilon * epsilon / (2.0 * kappa) * (1.0 - e) * (1.0 - e);
    let psi = s2 / (m * m);
    let k1 = 0.5 * dt * (kappa * rho / epsilon - 0.5) - rho / epsilon;
    let k2 = 0.5 * dt * (kappa * rho / epsilon - 0.5) + rho / epsilon;
    let k3 = 0.5 * dt * (1.0 - rho * rho);
    let k4 = k3;
    let a_tilt = k2 + 0.5 * k4;
    let (next, k0) = if psi <= 1.5 {
        let b2 = 2.0 / psi - 1.0 + (2.0 / psi).sqrt() * (2.0 / psi - 1.0).sqrt();
        let a = m / (1.0 + b2);
        let next = a * (b2.sqrt() + z_v) * (b2.sqrt() + z_v);
        let k0 =
            -a_tilt * b2 * a / (1.0 - 2.0 * a_tilt * a) + 0.5 * libm::log(1.0 - 2.0 * a_tilt * a) - (k1 + 0.5 * k3) * v;
        (next, k0)
    } else {
        let p = (psi - 1.0) / (psi + 1.0);
        let beta = (1.0 - p) / m;
        // His uniform is 1 - u.
        let next = if u >= 1.0 - p { 0.0 } else { libm::log((1.0 - p) / u) / beta };
        let k0 = -libm::log(p + beta * (1.0 - p) / (beta - a_tilt)) - (k1 + 0.5 * k3) * v;
        (next, k0)
    };
    let ln_s = libm::log(from.spot) + k0 + k1 * v + k2 * next + (k3 * v + k4 * next).sqrt() * z_x;
    Position { spot: libm::exp(ln_s), x1: next, x2: 0.0 }
}

#[test]
fn one_factor_steps_are_those_of_the_printed_algorithm() {
    let (mut quadratic, mut exponential) = (0, 0);
    for law in [*Preset::Heston.model().physical(), one_factor(0.02, 3.0, 1.2, -0.9), positive_rho()] {
        for v in [0.0, 1e-4, 1e-3, 0.01, 0.06, 0.5] {
            for (z_v, u, z_x) in [(0.3, 0.2, -1.1), (-2.5, 0.999, 0.4), (4.0, 1e-4, 3.0), (-6.0, 1e-12, -5.0)] {
                for dt in [0.25 * DAY, DAY, 21.0 * DAY] {
                    let from = Position { spot: 4321.0, x1: v, x2: 0.0 };
                    let step = StepCoefficients::new(&law, &no_drift(), dt, 0.0);
                    let found = step.advance(from, 0.0, draw(z_v, z_x, u), None);
                    let printed = andersen(&law, from, dt, z_v, u, z_x);
                    let scale = step.fast_moments(v, 0.0).mean;
                    assert!((found.x1 - printed.x1).abs() <= 1e-12 * (printed.x1 + scale), "{found:?} {printed:?}");
                    assert!((found.spot / printed.spot - 1.0).abs() < 2e-12, "{found:?} {printed:?}");
                    let moments = step.fast_moments(v, 0.0);
                    let branch = moments.variance <= PSI_CRITICAL * moments.mean * moments.mean;
                    *(if branch { &mut quadratic } else { &mut exponential }) += 1;
                }
            }
        }
    }
    assert!(quadratic > 40 && exponential > 40, "{quadratic} and {exponential} steps on the branches");
}

#[test]
fn drift_premium_and_compensator_enter_the_log_index_as_stated() {
    let law = *Preset::Default.model().physical();
    let drift = Drift { carry: 0.03, equity_premium: 2.5, compensator: [-0.1, 0.2, -3.0] };
    let from = Position { spot: 100.0, x1: 0.04, x2: 0.02 };
    let with = StepCoefficients::new(&law, &drift, DAY, 3.0 / 365.0);
    let without = StepCoefficients::new(&law, &no_drift(), DAY, 0.0);
    let (fast, slow) = (draw(0.7, -0.2, 0.4), Some(draw(-1.0, 0.0, 0.3)));
    let moved = with.advance(from, with.log_drift(from.x1, from.x2), fast, slow);
    let still = without.advance(from, 0.0, fast, slow);
    assert_eq!((moved.x1, moved.x2), (still.x1, still.x2));
    let mean_variance = 0.5 * (from.x1 + moved.x1 + law.shared.beta * (from.x2 + moved.x2));
    // E int x dt = theta dt + (x - theta) (1 - e^(-kappa dt)) / kappa; x1 with the jumps that follow x2 by Simpson's rule.
    let [kappa1, kappa2] = law.dynamics.kappa;
    let [theta1, theta2] = law.theta();
    let integral =
        |x: f64, theta: f64, kappa: f64, dt: f64| theta * dt + (x - theta) * -libm::expm1(-kappa * dt) / kappa;
    let jumps = |t: f64| {
        let x2 = theta2 + (from.x2 - theta2) * libm::exp(-kappa2 * t);
        let later = -libm::expm1(-kappa1 * (DAY - t)) / kappa1;
        law.dynamics.jumps.mean_variance_jump * law.intensity(crate::model::State { x1: 0.0, x2 }) * later
    };
    let from_jumps = DAY / 6.0 * (jumps(0.0) + 4.0 * jumps(0.5 * DAY) + jumps(DAY));
    let x1 = integral(from.x1, theta1, kappa1, DAY) + from_jumps;
    let compensator = -0.1 * DAY + 0.2 * x1 - 3.0 * integral(from.x2, theta2, kappa2, DAY);
    let expected = 0.03 * 3.0 / 365.0 + 2.5 * DAY * mean_variance - compensator;
    assert!((libm::log(moved.spot / still.spot) - expected).abs() < 1e-12);
}

#[test]
fn a_factor_at_rest_stays_finite() {
    let law = central_tendency();
    let step = StepCoefficients::new(&law, &no_drift(), DAY, 0.0);
    // Without a slow factor's pull the fast one has mean 0: its slow factor would have to be 0 without drift.
    let mut still = step;
    (still.slow.mean[0], still.slow.variance[0], still.pull.mean[0], still.pull.variance[0]) = (0.0, 0.0, 0.0, 0.0);
    for uniform in [1e-13, 0.5, 1.0 - 1e-13] {
        for normal in [-8.0, 0.0, 8.0] {
            let nowhere = Position { spot: 100.0, x1: 0.0, x2: 0.0 };
            let (fast, slow) = (draw(normal, normal, uniform), Some(draw(normal, 0.0, uniform)));
            assert_eq!(still.advance(nowhere, 0.0, fast, slow), nowhere);
            let next = step.advance(nowhere, 0.0, fast, slow);
            assert!(next.spot > 0.0 && next.spot.is_finite() && next.x1 >= 0.0 && next.x1 < 1.0, "{next:?}");
            let tiny = Position { spot: 100.0, x1: 1e-310, x2: 1e-310 };
            let next = still.advance(tiny, 0.0, fast, slow);
            assert!(next.spot > 0.0 && next.spot.is_finite() && next.x1 >= 0.0 && next.x1 < 1.0, "{next:?}");
        }
    }
}

#[test]
fn a_step_of_no_length_moves_nothing() {
    for (law, from) in cases() {
        let step = StepCoefficients::new(&law, &no_drift(), 0.0, 0.0);
        let next = step.advance(from, 0.0, draw(2.0, -3.0, 0.1), law.has_slow_factor().then(|| draw(1.0, 0.0, 0.9)));
        assert!((next.spot / from.spot - 1.0).abs() < 1e-15, "{next:?}");
        assert!((next.x1 - from.x1).abs() <= 1e-15 * from.x1, "{next:?}");
    }
}

#[test]
fn steps_too_long_for_a_positive_correlation_are_refused() {
    let check = |law: &Law<Physical>, dt| check_moments(law, &StepCoefficients::new(law, &no_drift(), dt, 0.0));
    assert!(check(&positive_rho(), 21.0 * DAY).is_ok());
    let wild = one_factor(0.04, 1.0, 20.0, 0.9);
    assert!(check(&wild, DAY).is_ok());
    let error = check(&wild, 0.5).unwrap_err();
    assert_eq!(error.parameter, "rho");
    // Just inside the bound every state still has a finite, positive correction.
    let edge = one_factor(0.04, 1.0, 20.0, 0.9);
    let longest = (1..5000).map(|i| f64::from(i) * 1e-4).take_while(|&dt| check(&edge, dt).is_ok()).last().unwrap();
    let step = StepCoefficients::new(&edge, &no_drift(), longest, 0.0);
    for exponent in -60..30 {
        let from = Position { spot: 1.0, x1: libm::exp(0.25 * f64::from(exponent)), x2: 0.0 };
        let next = step.advance(from, 0.0, draw(0.0, 0.0, 0.5), None);
        assert!(next.spot > 0.0 && next.spot.is_finite(), "{from:?} {next:?}");
    }
    for rho in [-1.0, -0.5, 0.0] {
        assert!(check(&one_factor(0.04, 1.0, 20.0, rho), 1.0).is_ok());
    }
}
