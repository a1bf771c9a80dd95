//! The influence of each path on a measure: what errors of differences between many settings are made of.
//!
//! To first order an estimate is the mean over paths of its influence function, so the error of any smooth function of
//! measures, and of its difference between two runs on the same paths, is the standard error of a mean:
//!
//! ```text
//! mean        x - mean                               p_loss    1{x < 0} - p
//! sd          ((x - mean)^2 - sd^2) / (2 sd)         ES        VaR - ES + (L - VaR)^+ / (1 - alpha)
//! quantile    s (1{L > VaR} - (1 - alpha))           s = 1 / density at VaR, from its order statistics
//! ```
//!
//! Reference: R. Serfling, Approximation Theorems of Mathematical Statistics (1980), chapter 6.

use super::figure::{Quantity, Strategy};
use super::measure::{Measure, usage};
use super::objective::Goal;
use super::outcome::Outcomes;
use super::summary::{LEVELS, SummaryTerms, TRADING_DAYS_PER_YEAR};
use super::tail::{LossTail, losses};
use crate::error::{Error, Result};
use crate::stats::{Level, Moments};

/// A value and what each path adds to its error; the influences have mean zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Influence {
    /// The estimate.
    pub value: f64,
    /// One influence a path, in path order.
    pub per_path: Vec<f64>,
}

impl Influence {
    /// The influence of a measure of one run.
    ///
    /// # Errors
    /// A measure whose influence is not known, such as a ratio; a run too small for the density at a quantile.
    pub fn of_measure(measure: &Measure, outcomes: &Outcomes, terms: &SummaryTerms) -> Result<Self> {
        let of = |strategy: Strategy| Self::of_account(measure, strategy, outcomes);
        match (measure.strategy, measure.quantity) {
            (_, Quantity::HedgeCost) => {
                let mean = Measure { quantity: Quantity::MeanPnl, level: None, strategy: Strategy::Hedge };
                let per_year = -TRADING_DAYS_PER_YEAR / f64::from(terms.horizon_days);
                Ok(Self::of_measure(&mean, outcomes, terms)?.scaled(per_year))
            }
            (Strategy::Hedge, _) => Ok(of(Strategy::Hedged)?.less(&of(Strategy::Unhedged)?)),
            (strategy, _) => of(strategy),
        }
    }

    /// The influence of a goal of one run.
    ///
    /// # Errors
    /// As for a measure.
    pub fn of_goal(goal: &Goal, outcomes: &Outcomes, terms: &SummaryTerms) -> Result<Self> {
        let of = |measure| Self::of_measure(measure, outcomes, terms);
        let parts = goal.measures().iter().map(of).collect::<Result<Vec<_>>>()?;
        let values: Vec<f64> = parts.iter().map(|part| part.value).collect();
        let dual = goal.at(&values, terms.equity_usd);
        let mut per_path = vec![0.0; outcomes.paths()];
        for (part, slope) in parts.iter().zip(&dual.slopes) {
            per_path.iter_mut().zip(&part.per_path).for_each(|(sum, influence)| *sum += slope * influence);
        }
        Ok(Self { value: dual.value, per_path })
    }

    /// The difference of two values on the same paths, this one less the other.
    ///
    /// # Panics
    /// The numbers of paths differ.
    #[must_use]
    pub fn less(&self, other: &Self) -> Self {
        assert_eq!(self.per_path.len(), other.per_path.len(), "values are paired by path");
        let per_path = self.per_path.iter().zip(&other.per_path).map(|(a, b)| a - b).collect();
        Self { value: self.value - other.value, per_path }
    }

    /// The standard error of the value; `None` for fewer than two paths.
    #[must_use]
    pub fn standard_error(&self) -> Option<f64> {
        Moments::of(&self.per_path).standard_error()
    }

    fn scaled(mut self, factor: f64) -> Self {
        self.value *= factor;
        self.per_path.iter_mut().for_each(|influence| *influence *= factor);
        self
    }

    fn of_account(measure: &Measure, strategy: Strategy, outcomes: &Outcomes) -> Result<Self> {
        let name = strategy.name();
        let column = |what: &str| {
            let column = format!("{name}_{what}");
            outcomes.real(&column).ok_or_else(|| Error::Run(format!("the run has no column {column}")))
        };
        match (measure.quantity, measure.level) {
            (Quantity::MeanPnl, _) => Ok(Self::of_mean(column("pnl_usd")?.to_vec())),
            (Quantity::StandardDeviation, _) => Ok(Self::of_deviation(column("pnl_usd")?)),
            (Quantity::ProbabilityOfLoss, _) => {
                let lost = column("pnl_usd")?.iter().map(|&pnl| f64::from(u8::from(pnl < 0.0)));
                Ok(Self::of_mean(lost.collect()))
            }
            (Quantity::ProbabilityOfRuin, _) => {
                let ruined = column("lowest_equity_usd")?.iter().map(|&equity| f64::from(u8::from(equity <= 0.0)));
                Ok(Self::of_mean(ruined.collect()))
            }
            (Quantity::ExpectedShortfall, Some(level)) => Ok(Self::of_shortfall(&losses(column("pnl_usd")?), level)),
            (Quantity::ValueAtRisk, Some(level)) => Self::of_quantile(&losses(column("pnl_usd")?), level),
            (Quantity::ConditionalDrawdown, Some(level)) => Ok(Self::of_shortfall(column("max_drawdown_usd")?, level)),
            (Quantity::MaxDrawdown, Some(level)) => Self::of_quantile(column("max_drawdown_usd")?, level),
            (Quantity::MaxDrawdown, None) => Ok(Self::of_mean(column("max_drawdown_usd")?.to_vec())),
            (Quantity::WorstDay, Some(level)) => Self::of_quantile(&losses(column("worst_day_usd")?), level),
            (Quantity::WorstDay, None) => Ok(Self::of_mean(losses(column("worst_day_usd")?))),
            _ => Err(usage(format!(
                "{measure} cannot be part of a goal; measures of goals are mean, sd, p_loss, p_ruin, var, es, drawdown, cdar, \
                 worst_day and cost"
            ))),
        }
    }

    fn of_mean(mut values: Vec<f64>) -> Self {
        let mean = Moments::of(&values).mean();
        values.iter_mut().for_each(|value| *value -= mean);
        Self { value: mean, per_path: values }
    }

    fn of_deviation(values: &[f64]) -> Self {
        let moments = Moments::of(values);
        let (mean, deviation) = (moments.mean(), moments.deviation_estimate().map_or(0.0, |estimate| estimate.value));
        let influence = |value: &f64| {
            if deviation > 0.0 {
                ((value - mean) * (value - mean) - deviation * deviation) / (2.0 * deviation)
            } else {
                0.0
            }
        };
        Self { value: deviation, per_path: values.iter().map(influence).collect() }
    }

    fn of_shortfall(losses: &[f64], level: Level) -> Self {
        let tail = LossTail::new(losses, LEVELS[0]);
        let (value, bound) = (tail.expected_shortfall(level).value, tail.quantile(level));
        let influence = |loss: &f64| bound - value + (loss - bound).max(0.0) / level.tail();
        Self { value, per_path: losses.iter().map(influence).collect() }
    }

    fn of_quantile(losses: &[f64], level: Level) -> Result<Self> {
        let tail = LossTail::new(losses, LEVELS[0]);
        let value = tail.quantile(level);
        let Some(sparsity) = tail.sparsity(level) else {
            return Err(Error::Run(format!(
                "{} paths are too few for the error of a quantile at {level}",
                losses.len()
            )));
        };
        let above = losses.iter().filter(|&&loss| loss > value).count() as f64 / losses.len() as f64;
        let influence = |loss: &f64| sparsity * (f64::from(u8::from(*loss > value)) - above);
        Ok(Self { value, per_path: losses.iter().map(influence).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::outcome::{Column, Values};
    use crate::risk::summarise;

    /// Two accounts whose P&L rises and falls together, some 4,000 paths of it.
    fn outcomes() -> Outcomes {
        let wave = |path: usize, step: f64| libm::sin(path as f64 * step) + 0.3 * libm::sin(path as f64 * 7.1 * step);
        let column = |name: &str, of: &dyn Fn(usize) -> f64| Column {
            name: name.into(),
            values: Values::Real((0..4_000).map(of).collect()),
        };
        let mut columns = Vec::new();
        for (name, shift) in [("hedged", 0.1), ("unhedged", 0.0)] {
            columns.push(column(&format!("{name}_pnl_usd"), &|p| 100.0 * wave(p, 0.37) + 20.0 * wave(p, 0.11 + shift)));
            columns.push(column(&format!("{name}_max_drawdown_usd"), &|p| 50.0 + 40.0 * wave(p, 0.53 + shift)));
            columns.push(column(&format!("{name}_worst_day_usd"), &|p| -30.0 + 9.0 * wave(p, 0.29 + shift)));
        }
        Outcomes { columns, ..Outcomes::default() }
    }

    #[test]
    fn values_and_errors_are_those_of_the_summary() {
        let outcomes = outcomes();
        let terms = SummaryTerms { horizon_days: 1, equity_usd: 1e6, cash_at_end_usd: 1e6 };
        let figures = summarise(&outcomes, &terms).figures;
        let measures =
            ["mean", "sd", "p_loss", "es(0.99)", "var(0.95)", "unhedged.es(0.975)", "drawdown", "drawdown(0.95)"];
        for text in
            measures.into_iter().chain(["worst_day(0.99)", "cost", "hedge.mean", "hedge.es(0.95)", "cdar(0.95)"])
        {
            let measure: Measure = text.parse().unwrap();
            let influence = Influence::of_measure(&measure, &outcomes, &terms).unwrap();
            let figure = measure.figure(&figures).unwrap();
            assert!((influence.value - figure.value).abs() <= 1e-9 * figure.value.abs().max(1.0), "{text}");
            let sum: f64 = influence.per_path.iter().sum();
            assert!(sum.abs() < 1e-6 * 4_000.0, "{text}: influences sum to {sum}");
            let (error, expected) = (influence.standard_error().unwrap(), figure.standard_error.unwrap());
            assert!((error / expected - 1.0).abs() < 0.12, "{text}: {error} against {expected}");
        }
    }

    #[test]
    fn a_goal_moves_with_its_measures() {
        let outcomes = outcomes();
        let terms = SummaryTerms { horizon_days: 252, equity_usd: 1e6, cash_at_end_usd: 1e6 };
        let goal: Goal = "es(0.99) + 2 * cost".parse().unwrap();
        let [es, cost] =
            ["es(0.99)", "cost"].map(|text| Influence::of_measure(&text.parse().unwrap(), &outcomes, &terms).unwrap());
        let both = Influence::of_goal(&goal, &outcomes, &terms).unwrap();
        assert!((both.value - es.value - 2.0 * cost.value).abs() < 1e-9);
        for path in [0, 17, 3_999] {
            assert!((both.per_path[path] - es.per_path[path] - 2.0 * cost.per_path[path]).abs() < 1e-9);
        }
        let omega: Goal = "omega".parse().unwrap();
        let message = Influence::of_goal(&omega, &outcomes, &terms).unwrap_err().to_string();
        assert!(message.starts_with("omega cannot be part of a goal"), "{message}");
    }
}
