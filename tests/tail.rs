//! Value at risk and expected shortfall against closed forms, and the coverage of their intervals by replication.
//!
//! The full table of reference values is found through `TAILWING_REFERENCE`, a folder that holds
//! `reference/public_var_es.json`.

#![allow(clippy::print_stderr, reason = "a test says what it skips")]

use std::f64::consts::{LN_10, TAU};

use tailwing::risk::compare::{PairedTails, difference_of_deviations, difference_of_means};
use tailwing::risk::extreme::shortfall_by_batches;
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

/// VaR, ES and ES by batches of 1,000 samples of `paths` losses; no batches where they would be too small.
fn replicate(law: Law, paths: usize, alpha: f64) -> (Vec<Estimate>, Vec<Estimate>, Vec<Estimate>) {
    let level = level(alpha);
    let mut random = SplitMix(0x7461_696c ^ paths as u64);
    let mut found = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..REPLICATIONS {
        let losses: Vec<f64> = (0..paths).map(|_| law.sample(&mut random)).collect();
        let tail = LossTail::new(&losses, level);
        let shortfall = tail.expected_shortfall(level);
        found.0.push(tail.value_at_risk(level));
        found.2.extend(shortfall_by_batches(&losses, shortfall.value, level));
        found.1.push(shortfall);
    }
    found
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
        let (vars, shortfalls, by_batches) = replicate(law, paths, alpha);
        // The interval of VaR promises its exact coverage, which exceeds 95 % because ranks are whole numbers.
        let ranks = QuantileRanks::new(paths, level(alpha));
        let binomial = tailwing::stats::Binomial::new(paths as u64, alpha);
        let promised = binomial.cdf(ranks.upper.expect("enough paths") as u64 - 1)
            - binomial.cdf(ranks.lower.expect("enough paths") as u64 - 1);
        let of_var = coverage(&vars, var);
        let of_es = coverage(&shortfalls, es);
        let of_batches = coverage(&by_batches, es);
        eprintln!(
            "{law:?}, {paths} paths, {alpha}: VaR {of_var:.3} (promised {promised:.3}), ES {of_es:.3}, by batches {}",
            if by_batches.is_empty() { "none".into() } else { format!("{of_batches:.3}") }
        );
        // Batches of paths/20 have a bias of their own that their scatter does not show.
        assert!(
            by_batches.is_empty() || (of_batches - 0.95).abs() < COVERAGE_TOLERANCE,
            "{law:?} {alpha}: {of_batches}"
        );
        assert!((of_var - promised).abs() < COVERAGE_TOLERANCE, "VaR of {law:?} at {alpha}: {of_var}");
        assert!((of_es - 0.95).abs() < COVERAGE_TOLERANCE, "ES of {law:?} at {alpha}: {of_es}");
    }
}

#[test]
fn standard_errors_are_near_their_closed_forms_and_near_the_scatter_of_estimates() {
    // n Var of VaR and of ES for the standard normal law at 99 %: alpha (1 - alpha) / f^2, and
    // [Var(L | L > VaR) + alpha (ES - VaR)^2] / (1 - alpha).
    let (paths, alpha) = (10_000, 0.99);
    let (var, es) = Law::Normal.risk(alpha);
    let density = libm::exp(-0.5 * var * var) / TAU.sqrt();
    let variance_beyond = 1.0 + es * var - es * es;
    let error_of_var = (alpha * (1.0 - alpha) / paths as f64).sqrt() / density;
    let error_of_es = ((variance_beyond + alpha * (es - var) * (es - var)) / (1.0 - alpha) / paths as f64).sqrt();
    let (vars, shortfalls, _) = replicate(Law::Normal, paths, alpha);
    for (name, estimates, closed_form) in [("VaR", &vars, error_of_var), ("ES", &shortfalls, error_of_es)] {
        let claims: Moments = estimates.iter().filter_map(|estimate| estimate.standard_error).collect();
        let claim = claims.mean() / closed_form;
        let scatter = scatter_over_claim(estimates);
        eprintln!("{name}: claimed over closed form {claim:.3}, scatter over claimed {scatter:.3}");
        // The scatter of 1,000 estimates is known to 2.2 %: four standard errors; the claim has a bias of order 1/100 paths.
        assert!((claim - 1.0).abs() < 0.05, "{name}: {claim}");
        assert!((scatter - 1.0).abs() < 0.09, "{name}: {scatter}");
    }
}

#[test]
fn intervals_of_paired_differences_cover_95_times_in_100_and_are_shorter_than_unpaired_ones() {
    let (paths, alpha) = (10_000, 0.99);
    let (var, es) = Law::Normal.risk(alpha);
    let level = level(alpha);
    // Hedged losses 0.5 z1 + 0.3 z2 - 0.1 against unhedged z1: normal too, correlation 0.857.
    let deviation = 0.34f64.sqrt();
    let truths = [deviation * var - 0.1 - var, deviation * es - 0.1 - es, -0.1, deviation - 1.0];
    let mut random = SplitMix(0x7061_6972);
    let mut found: [Vec<Estimate>; 4] = Default::default();
    let mut unpaired_error = Moments::default();
    for _ in 0..REPLICATIONS {
        let unhedged: Vec<f64> = (0..paths).map(|_| random.normal()).collect();
        let hedged: Vec<f64> = unhedged.iter().map(|loss| 0.5 * loss + 0.3 * random.normal() - 0.1).collect();
        let [hedged_tail, unhedged_tail] = [&hedged, &unhedged].map(|losses| LossTail::new(losses, level));
        let pair = PairedTails::new((&hedged, &hedged_tail), (&unhedged, &unhedged_tail));
        found[0].push(pair.value_at_risk(level));
        found[1].push(pair.expected_shortfall(level));
        found[2].push(difference_of_means(&hedged, &unhedged));
        found[3].push(difference_of_deviations(&hedged, &unhedged).expect("two paths"));
        let squares = [&hedged_tail, &unhedged_tail].map(|tail| {
            let error = tail.expected_shortfall(level).standard_error.expect("two paths");
            error * error
        });
        unpaired_error.push((squares[0] + squares[1]).sqrt());
    }
    for ((name, estimates), truth) in ["VaR", "ES", "mean", "deviation"].into_iter().zip(&found).zip(truths) {
        let (covered, scatter) = (coverage(estimates, truth), scatter_over_claim(estimates));
        eprintln!("difference of {name}: coverage {covered:.3}, scatter over claimed {scatter:.3}");
        assert!((covered - 0.95).abs() < COVERAGE_TOLERANCE, "{name}: {covered}");
        assert!((scatter - 1.0).abs() < 0.09, "{name}: {scatter}");
    }
    let paired: Moments = found[1].iter().filter_map(|estimate| estimate.standard_error).collect();
    assert!(paired.mean() < 0.8 * unpaired_error.mean());
}

#[test]
fn quantile_grids_have_the_closed_forms_of_their_laws() {
    // At F^-1((i - 1/2) / n), VaR is off by half a cell, and ES by what the midpoint misses of the last cells' mean:
    // below 1 / n for the exponential law and 0.2 n^-3/4 for the Pareto law of index 4, over 1 - alpha.
    let cells = 1_000_000;
    let grid = |quantile: fn(f64) -> f64| -> Vec<f64> {
        (0..cells).map(|i| quantile((f64::from(i) + 0.5) / f64::from(cells))).collect()
    };
    let exponential = grid(|u| -libm::log1p(-u));
    let pareto4 = grid(|u| libm::pow(1.0 - u, -0.25));
    for (losses, alpha, var, es, missed) in [
        (&exponential, 0.9, LN_10, LN_10 + 1.0, 1e-6),
        (&exponential, 0.99, 2.0 * LN_10, 2.0 * LN_10 + 1.0, 1e-6),
        (&pareto4, 0.95, 2.114_742_526_881_128, 2.819_656_702_508_171, 7e-6),
        (&pareto4, 0.99, 3.162_277_660_168_379_5, 4.216_370_213_557_839, 7e-6),
    ] {
        let tail = LossTail::new(losses, level(alpha));
        let found = (tail.value_at_risk(level(alpha)).value, tail.expected_shortfall(level(alpha)).value);
        let tolerance = missed / (1.0 - alpha);
        assert!((found.0 - var).abs() < tolerance && (found.1 - es).abs() < tolerance, "{alpha}: {found:?}");
    }
}

/// One million losses under a law of the reference table.
fn reference_sample(point: &serde_json::Value) -> Vec<f64> {
    let number = |key: &str| point[key].as_f64().unwrap_or_else(|| panic!("no {key} in {point}"));
    let mut random = SplitMix(0x7265_6600);
    let mut draw: Box<dyn FnMut() -> f64> = match point["dist"].as_str().unwrap_or_default() {
        "normal" => {
            let (mu, sigma) = (number("mu"), number("sigma"));
            Box::new(move || mu + sigma * random.normal())
        }
        "lognormal" => {
            let (mu, sigma) = (number("mu"), number("sigma"));
            Box::new(move || libm::exp(mu + sigma * random.normal()))
        }
        "student_t" => {
            let (mu, scale, nu) = (number("mu"), number("scale"), number("nu"));
            Box::new(move || {
                let pairs = (0..nu as u32 / 2).map(|_| -2.0 * libm::log(random.uniform())).sum::<f64>();
                let single = if nu as u32 % 2 == 1 { random.normal() } else { 0.0 };
                mu + scale * random.normal() / ((pairs + single * single) / nu).sqrt()
            })
        }
        "pareto" => {
            let (xm, index) = (number("xm"), number("alpha"));
            Box::new(move || xm * libm::pow(random.uniform(), -1.0 / index))
        }
        "exponential" => {
            let rate = number("rate");
            Box::new(move || -libm::log(random.uniform()) / rate)
        }
        "gpd_pot" => {
            let (u, xi, beta, beyond) = (number("u"), number("xi"), number("beta"), number("p_exceed"));
            Box::new(move || {
                if random.uniform() > beyond {
                    return u - 1.0;
                }
                u + beta / xi * (libm::pow(random.uniform(), -xi) - 1.0)
            })
        }
        law => panic!("a law that the test does not know: {law}"),
    };
    (0..1_000_000).map(|_| draw()).collect()
}

#[test]
fn samples_of_the_reference_laws_have_the_reference_risk_and_errors() {
    let Some(reference) = reference() else { return };
    let decimal = |point: &serde_json::Value, key: &str| point[key].as_str().and_then(|text| text.parse::<f64>().ok());
    let mut samples: Vec<(String, LossTail)> = Vec::new();
    for point in reference["points"].as_array().expect("points") {
        let mut law = point.clone();
        for key in ["level", "var", "es", "avar_var", "avar_es"] {
            law.as_object_mut().expect("a point").shift_remove(key);
        }
        let law = law.to_string();
        if !samples.iter().any(|(known, _)| *known == law) {
            samples.push((law.clone(), LossTail::new(&reference_sample(point), level(0.9))));
        }
        let tail = samples.iter().find(|(known, _)| *known == law).map(|(_, tail)| tail).expect("just added");
        let alpha = level(point["level"].as_f64().expect("a level"));
        let pairs = [
            ("VaR", tail.value_at_risk(alpha), decimal(point, "var"), decimal(point, "avar_var")),
            ("ES", tail.expected_shortfall(alpha), decimal(point, "es"), decimal(point, "avar_es")),
        ];
        for (name, estimate, truth, asymptotic) in pairs {
            let truth = truth.expect("a value");
            let claimed = estimate.standard_error.expect("enough paths");
            let closed_form = asymptotic.map_or(claimed, |variance| (variance / 1e6).sqrt());
            // 114 comparisons: 4.5 standard errors go wrong by chance once in 1,300 tables.
            assert!((estimate.value - truth).abs() < 4.5 * closed_form, "{name} of {point}: {estimate:?}");
            // Tails with an index of 4 or less have no fourth moment, so their error is known only roughly.
            assert!((claimed / closed_form - 1.0).abs() < 0.5, "{name} of {point}: {claimed} against {closed_form}");
        }
    }
    assert_eq!(samples.len(), 13);
}

#[test]
fn small_samples_and_ranks_agree_with_the_reference() {
    let Some(reference) = reference() else { return };
    let number = |point: &serde_json::Value, key: &str| point[key].as_f64().unwrap_or_else(|| panic!("no {key}"));
    for point in reference["toy_samples"].as_array().expect("samples") {
        let losses: Vec<f64> =
            point["sample"].as_array().expect("a sample").iter().filter_map(|x| x.as_f64()).collect();
        let alpha = level(number(point, "level"));
        let tail = LossTail::new(&losses, alpha);
        assert_eq!(tail.value_at_risk(alpha).value, number(point, "var"));
        assert!((tail.expected_shortfall(alpha).value - number(point, "es")).abs() < 1e-13);
    }
    for point in reference["order_stat_ci"].as_array().expect("ranks") {
        let (count, alpha) = (number(point, "N") as usize, level(number(point, "level")));
        let ranks = QuantileRanks::with_confidence(count, alpha, number(point, "conf"));
        assert_eq!(ranks.lower, Some(number(point, "lower_rank") as usize));
        assert_eq!(ranks.upper, Some(number(point, "upper_rank") as usize));
    }
}

/// The reference file, if it can be found.
fn reference() -> Option<serde_json::Value> {
    let Some(folder) = std::env::var_os("TAILWING_REFERENCE") else {
        eprintln!("skipped: TAILWING_REFERENCE is not set, so public_var_es.json cannot be read");
        return None;
    };
    let path = std::path::PathBuf::from(folder).join("reference/public_var_es.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}
