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

use super::compare::difference_of_means;
use super::figure::{Quantity, Strategy};
use super::measure::{Measure, usage};
use super::objective::Goal;
use super::outcome::Outcomes;
use super::ratio::proportion;
use super::summary::{LEVELS, SummaryTerms, TRADING_DAYS_PER_YEAR};
use super::tail::{LossTail, losses};
use crate::error::{Error, Result};
use crate::stats::{Estimate, Level, Moments};

/// A value and what each path adds to its error; the influences have mean zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Influence {
    /// The estimate.
    pub value: f64,
    /// One influence a path, in path order.
    pub per_path: Vec<f64>,
    /// Whether the paths are enough to tell an error from.
    pub tells_error: bool,
}

impl Influence {
    /// The influence of a measure of one run.
    ///
    /// # Errors
    /// A measure whose influence is not known, such as a ratio; one that the run does not have.
    pub fn of_measure(measure: &Measure, outcomes: &Outcomes, terms: &SummaryTerms) -> Result<Self> {
        let of = |strategy: Strategy| Ok::<_, Error>(Functional::of(measure, strategy, outcomes)?.influence());
        match (measure.strategy, measure.quantity) {
            (_, Quantity::HedgeCost) => {
                let mean = Measure { quantity: Quantity::MeanPnl, level: None, strategy: Strategy::Hedge };
                Ok(Self::of_measure(&mean, outcomes, terms)?.scaled(cost_per_year(terms)))
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
        Ok(Self { value: dual.value, per_path, tells_error: parts.iter().all(|part| part.tells_error) })
    }

    /// The difference of two values on the same paths, this one less the other.
    ///
    /// # Panics
    /// The numbers of paths differ.
    #[must_use]
    pub fn less(&self, other: &Self) -> Self {
        assert_eq!(self.per_path.len(), other.per_path.len(), "values are paired by path");
        let per_path = self.per_path.iter().zip(&other.per_path).map(|(a, b)| a - b).collect();
        let tells_error = self.tells_error && other.tells_error;
        Self { value: self.value - other.value, per_path, tells_error }
    }

    /// The value with its normal interval; bare where the paths are too few.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        let error = Moments::of(&self.per_path).standard_error().filter(|_| self.tells_error);
        error.map_or_else(|| Estimate::bare(self.value), |error| Estimate::normal(self.value, error))
    }

    fn scaled(mut self, factor: f64) -> Self {
        // Adding 0 turns -0 into 0.
        self.value = self.value * factor + 0.0;
        self.per_path.iter_mut().for_each(|influence| *influence *= factor);
        self
    }
}

/// What turns a mean P&L of the hedge into its cost a year.
fn cost_per_year(terms: &SummaryTerms) -> f64 {
    -TRADING_DAYS_PER_YEAR / f64::from(terms.horizon_days)
}

/// The estimate of a measure of one run, the same as in its summary.
///
/// # Errors
/// A measure whose influence is not known, such as a ratio; one that the run does not have.
pub fn estimate(measure: &Measure, outcomes: &Outcomes, terms: &SummaryTerms) -> Result<Estimate> {
    match (measure.strategy, measure.quantity) {
        (_, Quantity::HedgeCost) => {
            let pnl = |strategy: Strategy| column(outcomes, strategy, "pnl_usd");
            let mean = difference_of_means(pnl(Strategy::Hedged)?, pnl(Strategy::Unhedged)?);
            Ok(mean.scaled(cost_per_year(terms)))
        }
        (Strategy::Hedge, _) => Ok(Influence::of_measure(measure, outcomes, terms)?.estimate()),
        (strategy, _) => Ok(Functional::of(measure, strategy, outcomes)?.estimate()),
    }
}

/// A functional of the law of one number a path.
enum Functional {
    Mean(Vec<f64>),
    /// Ones and zeros.
    Share(Vec<f64>),
    Deviation(Vec<f64>),
    /// Of losses.
    Shortfall(Vec<f64>, Level),
    /// Of values of which large ones are bad once they have this sign.
    Quantile(Vec<f64>, Level, f64),
}

impl Functional {
    /// What a measure of one account is of its outcomes.
    ///
    /// # Errors
    /// A measure whose influence is not known, such as a ratio; one that the run does not have.
    fn of(measure: &Measure, strategy: Strategy, outcomes: &Outcomes) -> Result<Self> {
        let real = |what: &str| column(outcomes, strategy, what).map(<[f64]>::to_vec);
        let count = |what: &str| {
            let name = format!("{}_{what}", strategy.name());
            outcomes.count(&name).ok_or_else(|| missing(measure))
        };
        let flags = |counts: &[i32]| counts.iter().map(|&n| indicator(n > 0)).collect();
        let plain = |values: Vec<f64>| match measure.level {
            Some(level) => Self::Quantile(values, level, 1.0),
            None => Self::Mean(values),
        };
        Ok(match (measure.quantity, measure.level) {
            (Quantity::MeanPnl, _) => Self::Mean(real("pnl_usd")?),
            (Quantity::StandardDeviation, _) => Self::Deviation(real("pnl_usd")?),
            (Quantity::ProbabilityOfLoss, _) => {
                Self::Share(real("pnl_usd")?.iter().map(|&pnl| indicator(pnl < 0.0)).collect())
            }
            (Quantity::ProbabilityOfRuin, _) => match count("ruined") {
                Ok(ruined) => Self::Share(flags(ruined)),
                Err(_) => Self::Share(real("lowest_equity_usd")?.iter().map(|&e| indicator(e <= 0.0)).collect()),
            },
            (Quantity::ExpectedShortfall, Some(level)) => Self::Shortfall(losses(&real("pnl_usd")?), level),
            (Quantity::ValueAtRisk, Some(level)) => Self::Quantile(losses(&real("pnl_usd")?), level, 1.0),
            (Quantity::ConditionalDrawdown, Some(level)) => Self::Shortfall(real("max_drawdown_usd")?, level),
            (Quantity::MaxDrawdown, _) => plain(real("max_drawdown_usd")?),
            (Quantity::WorstDay, _) => plain(losses(&real("worst_day_usd")?)),
            (Quantity::DrawdownDuration, _) => {
                plain(count("longest_drawdown_days")?.iter().map(|&days| f64::from(days)).collect())
            }
            (Quantity::ProbabilityOfMarginCall, _) => Self::Share(flags(count("margin_calls")?)),
            (Quantity::MarginUse, _) => plain(real("worst_margin_use").map_err(|_| missing(measure))?),
            (Quantity::ExcessLiquidity, level) => {
                let excess = real("lowest_excess_usd").map_err(|_| missing(measure))?;
                level.map_or(Self::Mean(excess.clone()), |level| Self::Quantile(excess, level, -1.0))
            }
            _ => return Err(not_in_goals(measure)),
        })
    }

    fn estimate(&self) -> Estimate {
        match self {
            Self::Mean(values) => Moments::of(values).mean_estimate(),
            Self::Share(flags) => proportion(flags.iter().filter(|&&flag| flag > 0.0).count(), flags.len()),
            Self::Deviation(values) => Moments::of(values).deviation_estimate().unwrap_or_else(|| Estimate::bare(0.0)),
            Self::Shortfall(losses, level) => LossTail::new(losses, LEVELS[0]).expected_shortfall(*level),
            Self::Quantile(values, level, sign) => {
                let bad: Vec<f64> = values.iter().map(|value| sign * value).collect();
                let estimate = LossTail::new(&bad, LEVELS[0]).value_at_risk(*level);
                if *sign < 0.0 { estimate.scaled(*sign) } else { estimate }
            }
        }
    }

    fn influence(self) -> Influence {
        match self {
            Self::Mean(values) | Self::Share(values) => of_mean(values),
            Self::Deviation(values) => of_deviation(&values),
            Self::Shortfall(losses, level) => of_shortfall(&losses, level),
            Self::Quantile(values, level, sign) => of_quantile(&values, level, sign),
        }
    }
}

/// Whether a measure can be part of a goal.
///
/// # Errors
/// It cannot, and which can.
pub fn check_measure(measure: &Measure) -> Result<()> {
    match measure.quantity {
        Quantity::MeanPnl
        | Quantity::StandardDeviation
        | Quantity::ProbabilityOfLoss
        | Quantity::ProbabilityOfRuin
        | Quantity::ExpectedShortfall
        | Quantity::ValueAtRisk
        | Quantity::ConditionalDrawdown
        | Quantity::MaxDrawdown
        | Quantity::WorstDay
        | Quantity::DrawdownDuration
        | Quantity::ProbabilityOfMarginCall
        | Quantity::MarginUse
        | Quantity::ExcessLiquidity
        | Quantity::HedgeCost => Ok(()),
        _ => Err(not_in_goals(measure)),
    }
}

fn not_in_goals(measure: &Measure) -> Error {
    usage(format!(
        "{measure} cannot be part of a goal; measures of goals are mean, sd, p_loss, p_ruin, p_margin_call, var, es, \
         drawdown, cdar, drawdown_days, worst_day, margin_use, excess and cost"
    ))
}

fn missing(measure: &Measure) -> Error {
    usage(format!("the run has no {measure}: `account.margin` is \"none\""))
}

fn column<'a>(outcomes: &'a Outcomes, strategy: Strategy, what: &str) -> Result<&'a [f64]> {
    let name = format!("{}_{what}", strategy.name());
    outcomes.real(&name).ok_or_else(|| Error::Run(format!("the run has no column {name}")))
}

fn indicator(flag: bool) -> f64 {
    f64::from(u8::from(flag))
}

fn of_mean(mut values: Vec<f64>) -> Influence {
    let mean = Moments::of(&values).mean();
    values.iter_mut().for_each(|value| *value -= mean);
    Influence { value: mean, per_path: values, tells_error: true }
}

fn of_deviation(values: &[f64]) -> Influence {
    let moments = Moments::of(values);
    let (mean, deviation) = (moments.mean(), moments.standard_deviation().unwrap_or(0.0));
    // The mean of the squares, which is not the unbiased variance: the influences have mean zero.
    let square = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / values.len() as f64;
    let influence = |value: &f64| {
        if deviation > 0.0 { ((value - mean) * (value - mean) - square) / (2.0 * deviation) } else { 0.0 }
    };
    Influence { value: deviation, per_path: values.iter().map(influence).collect(), tells_error: values.len() > 1 }
}

fn of_shortfall(losses: &[f64], level: Level) -> Influence {
    let tail = LossTail::new(losses, LEVELS[0]);
    let (value, bound) = (tail.expected_shortfall(level).value, tail.quantile(level));
    let influence = |loss: &f64| bound - value + (loss - bound).max(0.0) / level.tail();
    let per_path = losses.iter().map(influence).collect();
    Influence { value, per_path, tells_error: tail.tells_error(level) }
}

fn of_quantile(values: &[f64], level: Level, sign: f64) -> Influence {
    let bad: Vec<f64> = values.iter().map(|value| sign * value).collect();
    let tail = LossTail::new(&bad, LEVELS[0]);
    let (value, sparsity) = (tail.quantile(level), tail.sparsity(level));
    let above = bad.iter().filter(|&&bad| bad > value).count() as f64 / bad.len() as f64;
    let slope = sign * sparsity.unwrap_or(0.0);
    let per_path = bad.iter().map(|bad| slope * (indicator(*bad > value) - above)).collect();
    Influence { value: sign * value, per_path, tells_error: sparsity.is_some() }
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
            let shown = estimate(&measure, &outcomes, &terms).unwrap();
            if measure.strategy != Strategy::Hedge || measure.quantity == Quantity::HedgeCost {
                assert_eq!(shown.value, figure.value, "{text}");
                assert_eq!((shown.interval.low, shown.interval.high), (figure.low, figure.high), "{text}");
            }
            let sum: f64 = influence.per_path.iter().sum();
            assert!(sum.abs() < 1e-6 * 4_000.0, "{text}: influences sum to {sum}");
            let (error, expected) = (influence.estimate().standard_error.unwrap(), figure.standard_error.unwrap());
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
