//! The factors against their recursions, written out.

use super::*;
use crate::random::{Draw, student_t};

const DAYS: usize = 90;
const LANES_HERE: usize = 70;

/// Closes and VIX that move: any numbers do.
fn market() -> (Vec<f64>, Vec<f64>) {
    (0..DAYS * LANES_HERE)
        .map(|at| {
            let (day, lane) = ((at / LANES_HERE) as f64, (at % LANES_HERE) as f64);
            let wave = libm::sin(0.7 * day + lane);
            (4000.0 + 40.0 * wave, 18.0 + 6.0 * libm::cos(0.1 * day + 0.3 * lane))
        })
        .unzip()
}

fn line(breadth: Breadth, first_path: u64, lanes: usize, spot: &[f64], vix: &[f64]) -> Vec<f64> {
    let mut line = vec![f64::NAN; spot.len()];
    breadth.fill_line(4, first_path, lanes, spot, vix, &mut line);
    line
}

fn vvix(first_path: u64, lanes: usize, start: VvixStart<'_>, vix: &[f64]) -> Vec<f64> {
    let mut vvix = vec![f64::NAN; vix.len()];
    Vvix::default().fill(4, first_path, lanes, start, vix, &mut vvix);
    vvix
}

fn column(values: &[f64], lane: usize) -> Vec<f64> {
    values.iter().skip(lane).step_by(LANES_HERE).copied().collect()
}

#[test]
fn breadth_is_the_stated_recursion() {
    let (spot, vix) = market();
    let model = Breadth::default();
    let found = line(model, 10, LANES_HERE, &spot, &vix);
    for lane in [0, 33, 69] {
        let (spot, vix, found) = (column(&spot, lane), column(&vix, lane), column(&found, lane));
        let draw = |day: usize| {
            let address = Address { seed: 4, path: 10 + lane as u64, step: day as u32, purpose: Purpose::Breadth };
            Draw::at(address, 0).normals()
        };
        let mut b = draw(0)[0] * model.innovation / (1.0 - model.persistence * model.persistence).sqrt();
        let mut sum = 0.0;
        assert_eq!(found[0], 0.0);
        for day in 1..DAYS {
            let z = (spot[day] / spot[day - 1] - 1.0) / (vix[day - 1] / 100.0 / 252.0_f64.sqrt());
            let [first, second] = draw(day);
            b = model.persistence * b + model.innovation * first;
            sum += libm::tanh(model.intercept + model.slope * z + b + model.noise * second);
            assert!((found[day] - sum).abs() < 1e-12, "day {day}: {} {sum}", found[day]);
        }
    }
}

#[test]
fn vvix_is_the_stated_recursion() {
    let (_, vix) = market();
    let model = Vvix::default();
    let past = [22.0, 25.0, 19.0];
    for start in [
        VvixStart::default(),
        VvixStart { past_vix: &past, observed: None },
        VvixStart { past_vix: &past, observed: Some(101.0) },
    ] {
        let found = vvix(10, LANES_HERE, start, &vix);
        for lane in [0, 69] {
            let (vix, found) = (column(&vix, lane), column(&found, lane));
            let mut closes = start.past_vix.to_vec();
            let mut x = 0.0;
            for day in 0..DAYS {
                closes.push(vix[day]);
                let first = if start.past_vix.is_empty() { vix[0] } else { closes[0] };
                let average = closes
                    .iter()
                    .fold(libm::log(first), |average, &vix| average + 2.0 / 64.0 * (libm::log(vix) - average));
                let address = Address { seed: 4, path: 10 + lane as u64, step: day as u32, purpose: Purpose::Vvix };
                let innovation = 0.028 / (5.0_f64 / 3.0).sqrt() * student_t(address, 0, 5.0);
                let fit = 3.993 + 0.193 * libm::log(vix[day]) + 0.343 * (libm::log(vix[day]) - average);
                x = match (day, start.observed) {
                    (0, Some(observed)) => libm::log(observed) - fit,
                    (0, None) => 0.0,
                    _ => model.persistence * x + innovation,
                };
                assert!((found[day] / libm::exp(fit + x) - 1.0).abs() < 1e-12, "day {day}: {}", found[day]);
            }
            assert!(start.observed.is_none_or(|observed| (found[0] / observed - 1.0).abs() < 1e-14));
        }
    }
}

#[test]
fn a_path_alone_is_the_path_among_others() {
    let (spot, vix) = market();
    let lines = line(Breadth::default(), 10, LANES_HERE, &spot, &vix);
    let all = vvix(10, LANES_HERE, VvixStart::default(), &vix);
    for lane in [0, 63, 64, 69] {
        let (spot, vix_here) = (column(&spot, lane), column(&vix, lane));
        let path = 10 + lane as u64;
        assert_eq!(line(Breadth::default(), path, 1, &spot, &vix_here), column(&lines, lane));
        assert_eq!(vvix(path, 1, VvixStart::default(), &vix_here), column(&all, lane));
    }
}

#[test]
fn breadth_without_a_market_has_its_stationary_spread() {
    // A flat market: NA = tanh(intercept + b + u), b and u independent, b stationary from the first day.
    let lanes = 20_000;
    let (spot, vix) = (vec![4000.0; 3 * lanes], vec![18.0; 3 * lanes]);
    let model = Breadth { intercept: 0.0, ..Breadth::default() };
    let found = line(model, 0, lanes, &spot, &vix);
    for day in 1..3 {
        let moves = (0..lanes).map(|lane| found[day * lanes + lane] - found[(day - 1) * lanes + lane]);
        let squares: f64 = moves
            .map(|na| {
                let s = libm::atanh(na);
                s * s
            })
            .sum::<f64>()
            / lanes as f64;
        let expected = model.noise * model.noise
            + model.innovation * model.innovation / (1.0 - model.persistence * model.persistence);
        // The square of a normal has a relative standard deviation of sqrt 2.
        let error = expected * (2.0 / lanes as f64).sqrt();
        assert!((squares - expected).abs() < 4.0 * error, "day {day}: {squares} {expected}");
    }
}
