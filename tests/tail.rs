//! Value at risk and expected shortfall against closed forms, and the coverage of their intervals by replication.
//!
//! The full table of reference values is found through `TAILWING_REFERENCE`, a folder that holds
//! `reference/public_var_es.json`.

#![allow(clippy::print_stderr, reason = "a test says what it skips")]

use std::f64::consts::TAU;

use tailwing::risk::compare::{PairedTails, difference_of_deviations, difference_of_means};
use tailwing::risk::tail::LossTail;
use tailwing::stats::{Estimate, Level, Moments, QuantileRanks};

const REPLICATIONS: usize = 1_000;

/// Coverage of a 95 % interval may stray from 0.95 by four standard errors of a share of 1,000 replications.
const COVERAGE_TOLERANCE: f64 = 4.0 * 0.006_892;

/// A law of losses with its own VaR and ES.
#[derive(Debug, Clone, Copy)]
enum Law {
    Normal,
    /// Student's t with four degrees of freedom.
    Student4,
    /// A condor: loses 100 on 3 % of paths, -20 on 80 %, and anything in between on the rest.
    Bounded,
}

impl Law {
    fn sample(self, random: &mut SplitMix) -> f64 {
        match self {
            Self::Normal => random.normal(),
            Self::Student4 => {
                let chi_square = -2.0 * libm::log(random.uniform() * random.uniform());
                random.normal() / (chi_square / 4.0).sqrt()
            }
            Self::Bounded => {
                let u = random.uniform();
                (-20.0 + 120.0 * (u - 0.80) / 0.17).clamp(-20.0, 100.0)
            }
        }
    }

    /// VaR and ES.
    fn risk(self, level: f64) -> (f64, f64) {
        let tail = 1.0 - level;
        match self {
            // z and phi(z) / (1 - alpha).
            Self::Normal => match level {
                0.95 => (1.644_853_626_951_472_7, 2.062_712_807_507_426_4),
                0.99 => (2.326_347_874_040_841, 2.665_214_220_345_806_7),
                _ => panic!("no such level"),
            },
            // The quantile has a closed form; f(t) (4 + t^2) / (3 (1 - alpha)).
            Self::Student4 => {
                let root = (4.0 * level * tail).sqrt();
                let t = 2.0 * (libm::cos(libm::acos(root) / 3.0) / root - 1.0).sqrt();
                let density = 0.375 * libm::pow(1.0 + t * t / 4.0, -2.5);
                (t, density / tail * (4.0 + t * t) / 3.0)
            }
            // Uniform up to the atom of 3 %.
            Self::Bounded => {
                let var = (-20.0 + 120.0 * (level - 0.80) / 0.17).min(100.0);
                let between = (tail - 0.03).max(0.0);
                (var, (between * 0.5 * (var + 100.0) + tail.min(0.03) * 100.0) / tail)
            }
        }
    }
}

/// Steele, Lea and Flood (2014): enough randomness for a test, from a seed, on every machine.
struct SplitMix(u64);

impl SplitMix {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1u64 << 53) as f64 + 2f64.powi(-54)
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * libm::log(self.uniform())).sqrt() * libm::cos(TAU * self.uniform())
    }
}

fn level(value: f64) -> Level {
    Level::new(value).expect("a level")
}

fn covers(estimate: &Estimate, truth: f64) -> bool {
    estimate.interval.low.is_none_or(|low| low <= truth) && estimate.interval.high.is_none_or(|high| truth <= high)
}

fn coverage(estimates: &[Estimate], truth: f64) -> f64 {
    estimates.iter().filter(|estimate| covers(estimate, truth)).count() as f64 / estimates.len() as f64
}

/// The scatter of the estimates over the standard error that they claim, in the mean.
fn scatter_over_claim(estimates: &[Estimate]) -> f64 {
    let values: Moments = estimates.iter().map(|estimate| estimate.value).collect();
    let claims: Moments = estimates.iter().filter_map(|estimate| estimate.standard_error).collect();
    values.standard_deviation().expect("replications") / claims.mean()
}

/// VaR and ES of 1,000 samples of `paths` losses.
fn replicate(law: Law, paths: usize, alpha: f64) -> (Vec<Estimate>, Vec<Estimate>) {
    let level = level(alpha);
    let mut random = SplitMix(0x7461_696c ^ paths as u64);
    (0..REPLICATIONS)
        .map(|_| {
            let losses: Vec<f64> = (0..paths).map(|_| law.sample(&mut random)).collect();
            let tail = LossTail::new(&losses, level);
            (tail.value_at_risk(level), tail.expected_shortfall(level))
        })
        .unzip()
}

#[test]
fn intervals_cover_the_truth_95_times_in_100() {
    for (law, paths, alpha) in [
        (Law::Normal, 1_000, 0.95),
        (Law::Normal, 10_000, 0.95),
        (Law::Normal, 10_000, 0.99),
        (Law::Student4, 10_000, 0.95),
        (Law::Student4, 10_000, 0.99),
        (Law::Bounded, 10_000, 0.95),
    ] {
        let (var, es) = law.risk(alpha);
        let (vars, shortfalls) = replicate(law, paths, alpha);
        // The interval of VaR promises its exact coverage, which exceeds 95 % because ranks are whole numbers.
        let ranks = QuantileRanks::new(paths, level(alpha));
        let binomial = tailwing::stats::Binomial::new(paths as u64, alpha);
        let promised = binomial.cdf(ranks.upper.expect("enough paths") as u64 - 1)
            - binomial.cdf(ranks.lower.expect("enough paths") as u64 - 1);
        let of_var = coverage(&vars, var);
        let of_es = coverage(&shortfalls, es);
        eprintln!("{law:?}, {paths} paths, {alpha}: VaR {of_var:.3} (promised {promised:.3}), ES {of_es:.3}");
        assert!((of_var - promised).abs() < COVERAGE_TOLERANCE, "VaR of {law:?} at {alpha}: {of_var}");
        assert!((of_es - 0.95).abs() < COVERAGE_TOLERANCE, "ES of {law:?} at {alpha}: {of_es}");
    }
}
