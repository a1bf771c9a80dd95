//! Two runs against each other: the second's figures less the first's, paired by path where the paths are the same.
//!
//! Paths are the same if every path of both runs has the same move of the index and the same highest VIX, to the bit; of runs
//! with different numbers of paths the first so many are compared. Runs on different paths are independent samples, whose
//! errors add in squares.

use super::compare::{PairedTails, difference_of_deviations, difference_of_means};
use super::figure::{Figure, Quantity, Strategy};
use super::outcome::Outcomes;
use super::ratio::proportion;
use super::summary::LEVELS;
use super::tail::{LossTail, losses};
use crate::stats::{Estimate, Level, Moments};

/// The differences of two runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Versus {
    /// How many paths of both runs are the same; 0 where they are not paired.
    pub paired_paths: usize,
    /// Second less first, of the hedged account over the whole horizon.
    pub differences: Vec<Figure>,
}

/// The columns by which paths are recognised.
const IDENTITY: [&str; 2] = ["index_return", "highest_vix"];

/// The number of leading paths that two runs share: all of the shorter one, or 0.
#[must_use]
pub fn shared_paths(first: &Outcomes, second: &Outcomes) -> usize {
    let paths = first.paths().min(second.paths());
    let same = |name: &&str| {
        let columns = first.real(name).zip(second.real(name));
        columns.is_some_and(|(first, second)| {
            first.iter().zip(second).all(|(first, second)| first.to_bits() == second.to_bits())
        })
    };
    if IDENTITY.iter().all(same) { paths } else { 0 }
}

/// The hedged account of the second run against that of the first, over the same number of days.
///
/// # Panics
/// A run has no paths, or not the columns of every run.
#[must_use]
pub fn versus(first: &Outcomes, second: &Outcomes, horizon_days: u32) -> Versus {
    let paired_paths = shared_paths(first, second);
    let cut = |values: &[f64]| if paired_paths > 0 { values[..paired_paths].to_vec() } else { values.to_vec() };
    let read = |outcomes: &Outcomes, name: &str| {
        cut(outcomes.real(name).unwrap_or_else(|| panic!("outcomes have no column {name}")))
    };
    let sides = |name: &str| Sides::new(read(first, name), read(second, name), paired_paths > 0);
    let (pnl, fall) = (sides("hedged_pnl_usd"), sides("hedged_max_drawdown_usd"));
    let figure = |quantity, estimate: Estimate| Figure::new(Strategy::Hedged, quantity, horizon_days, &estimate);
    let (loss, drawdown) = (pnl.mapped(losses), fall);
    let mut differences = vec![figure(Quantity::MeanPnl, pnl.means())];
    differences.extend(pnl.deviations().map(|estimate| figure(Quantity::StandardDeviation, estimate)));
    differences.push(figure(Quantity::ProbabilityOfLoss, pnl.shares_below_zero()));
    for level in LEVELS {
        let [value_at_risk, shortfall] = loss.tails(level);
        differences.push(figure(Quantity::ValueAtRisk, value_at_risk).at_level(level));
        differences.push(figure(Quantity::ExpectedShortfall, shortfall).at_level(level));
    }
    differences.push(figure(Quantity::MaxDrawdown, drawdown.means()));
    for level in LEVELS {
        let [quantile, beyond] = drawdown.tails(level);
        differences.push(figure(Quantity::MaxDrawdown, quantile).at_level(level));
        differences.push(figure(Quantity::ConditionalDrawdown, beyond).at_level(level));
    }
    Versus { paired_paths, differences }
}

/// One quantity of both runs.
struct Sides {
    first: Vec<f64>,
    second: Vec<f64>,
    paired: bool,
}

impl Sides {
    fn new(first: Vec<f64>, second: Vec<f64>, paired: bool) -> Self {
        Self { first, second, paired }
    }

    fn mapped(&self, map: impl Fn(&[f64]) -> Vec<f64>) -> Self {
        Self::new(map(&self.first), map(&self.second), self.paired)
    }

    fn means(&self) -> Estimate {
        if self.paired {
            return difference_of_means(&self.second, &self.first);
        }
        let [first, second] = [&self.first, &self.second].map(|values| Moments::of(values).mean_estimate());
        independent(&second, &first)
    }

    fn deviations(&self) -> Option<Estimate> {
        if self.paired {
            return difference_of_deviations(&self.second, &self.first);
        }
        let [first, second] = [&self.first, &self.second].map(|values| Moments::of(values).deviation_estimate());
        Some(independent(&second?, &first?))
    }

    fn shares_below_zero(&self) -> Estimate {
        if self.paired {
            let indicators = |values: &[f64]| values.iter().map(|&pnl| f64::from(u8::from(pnl < 0.0))).collect();
            return self.mapped(indicators).means();
        }
        let share = |values: &[f64]| proportion(values.iter().filter(|&&pnl| pnl < 0.0).count(), values.len());
        independent(&share(&self.second), &share(&self.first))
    }

    /// Differences of VaR and of ES.
    fn tails(&self, level: Level) -> [Estimate; 2] {
        let [first, second] = [&self.first, &self.second].map(|losses| LossTail::new(losses, level));
        if self.paired {
            let pair = PairedTails::new((&self.second, &second), (&self.first, &first));
            return [pair.value_at_risk(level), pair.expected_shortfall(level)];
        }
        [
            independent(&second.value_at_risk(level), &first.value_at_risk(level)),
            independent(&second.expected_shortfall(level), &first.expected_shortfall(level)),
        ]
    }
}

/// The difference of estimates from independent samples.
fn independent(second: &Estimate, first: &Estimate) -> Estimate {
    let value = second.value - first.value;
    match (second.standard_error, first.standard_error) {
        (Some(second), Some(first)) => Estimate::normal(value, libm::hypot(second, first)),
        _ => Estimate::bare(value),
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::{Column, Values};
    use super::*;

    fn run(paths: usize, market: u64, shift: f64) -> Outcomes {
        let real = |name: &str, of: &dyn Fn(f64) -> f64| {
            let uniform = |path: u64| {
                let x = (path + 1 + market * 1_000_000).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                ((x ^ (x >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11) as f64 / (1u64 << 53) as f64
            };
            let values = (0..paths as u64).map(|path| of(uniform(path))).collect();
            Column { name: name.into(), values: Values::Real(values) }
        };
        let columns = vec![
            real("index_return", &|u| u - 0.5),
            real("highest_vix", &|u| 60.0 - 40.0 * u),
            real("hedged_pnl_usd", &|u| 1e5 * libm::log(u) + 9e4 + shift),
            real("hedged_max_drawdown_usd", &|u| -1e5 * libm::log(u)),
        ];
        Outcomes { columns, components: Vec::new() }
    }

    fn of(versus: &Versus, quantity: Quantity, level: Option<f64>) -> &Figure {
        let wanted = |figure: &&Figure| figure.measure == quantity.name() && figure.level == level;
        versus.differences.iter().find(wanted).unwrap()
    }

    #[test]
    fn runs_on_the_same_paths_are_paired_even_when_one_is_longer() {
        let versus = versus(&run(5_000, 1, 0.0), &run(8_000, 1, -2_000.0), 252);
        assert_eq!(versus.paired_paths, 5_000);
        let shortfall = of(&versus, Quantity::ExpectedShortfall, Some(0.99));
        assert!((shortfall.value - 2_000.0).abs() < 1e-6 && shortfall.standard_error.unwrap() < 1e-6, "{shortfall:?}");
        assert_eq!(of(&versus, Quantity::MaxDrawdown, None).value, 0.0);
    }

    #[test]
    fn runs_on_other_paths_are_independent_and_known_worse() {
        let [first, second, third] = [run(5_000, 1, 0.0), run(5_000, 2, 0.0), run(5_000, 1, 0.0)];
        assert_eq!((shared_paths(&first, &second), shared_paths(&first, &third)), (0, 5_000));
        let versus = versus(&first, &second, 252);
        let mean = of(&versus, Quantity::MeanPnl, None);
        let own = Moments::of(first.real("hedged_pnl_usd").unwrap()).standard_error().unwrap();
        let ratio = mean.standard_error.unwrap() / own / 2f64.sqrt();
        assert!((ratio - 1.0).abs() < 0.05, "{ratio}");
        assert!(mean.low.unwrap() < 0.0 && 0.0 < mean.high.unwrap());
    }
}
