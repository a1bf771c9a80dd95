//! What a search keeps of one setting: its figures, how they differ from the reference's, and its influences on the goal.
//!
//! Differences are paired by path: `x - x_reference`, its error the standard error of the mean of the differences of influences.

use super::contest::Entrant;
use super::influence::{Influence, check_measure, estimate};
use super::measure::Measure;
use super::objective::{Demand, Goal};
use super::outcome::Outcomes;
use super::summary::SummaryTerms;
use crate::error::Result;
use crate::stats::Estimate;

/// One-sided standard errors by which a demand must be missed before a setting is given up for it on few paths.
const GIVEN_UP: f64 = 1.644_853_626_951_472_2;

/// What settings are measured by.
#[derive(Debug, Clone, PartialEq)]
pub struct Yardstick {
    /// What is made small.
    pub goal: Goal,
    /// What must hold.
    pub demands: Vec<Demand>,
    /// What is told of each setting besides.
    pub measures: Vec<Measure>,
}

/// One setting on some paths.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// The goal, with its influences; admitted if all demands hold.
    pub entrant: Entrant,
    /// The goal.
    pub goal: Estimate,
    /// In the order of the yardstick.
    pub measures: Vec<Estimate>,
    /// The goal and the measures, each less that of the reference on the same paths.
    pub differences: Vec<Estimate>,
    /// Left less right side of each demand.
    pub demands: Vec<Estimate>,
    /// Largest difference between an account and the sum of its parts, USD.
    pub imbalance_usd: f64,
}

/// The influences of the reference, with which settings are paired.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// The goal first, then the measures.
    influences: Vec<Influence>,
}

impl Score {
    /// The score without what compares it with others.
    #[must_use]
    pub fn without_influences(&self) -> Self {
        let Self { entrant, goal, measures, differences, demands, imbalance_usd } = self;
        Self {
            entrant: Entrant { per_path: Vec::new(), ..*entrant },
            goal: *goal,
            measures: measures.clone(),
            differences: differences.clone(),
            demands: demands.clone(),
            imbalance_usd: *imbalance_usd,
        }
    }
}

impl Yardstick {
    /// Checks that every measure can be paired.
    ///
    /// # Errors
    /// The first that cannot.
    pub fn check(&self) -> Result<()> {
        let of_demands = self.demands.iter().flat_map(|demand| demand.excess.measures());
        self.goal.measures().iter().chain(of_demands).chain(&self.measures).try_for_each(check_measure)
    }

    /// The influences of the reference.
    ///
    /// # Errors
    /// The run lacks a measure.
    pub fn baseline(&self, outcomes: &Outcomes, terms: &SummaryTerms) -> Result<Baseline> {
        Ok(Baseline { influences: self.influences(outcomes, terms)? })
    }

    /// Measures a setting.
    ///
    /// # Errors
    /// The run lacks a measure.
    ///
    /// # Panics
    /// The baseline is of another number of paths.
    pub fn score(
        &self,
        outcomes: &Outcomes,
        terms: &SummaryTerms,
        imbalance_usd: f64,
        baseline: &Baseline,
    ) -> Result<Score> {
        let influences = self.influences(outcomes, terms)?;
        let pairs = influences.iter().zip(&baseline.influences);
        let differences = pairs.map(|(own, reference)| own.less(reference).estimate()).collect();
        let excess = |demand: &Demand| Ok(Influence::of_goal(&demand.excess, outcomes, terms)?.estimate());
        let demands = self.demands.iter().map(excess).collect::<Result<Vec<Estimate>>>()?;
        let measures = self.measures.iter().map(|measure| estimate(measure, outcomes, terms));
        let measures = measures.collect::<Result<Vec<Estimate>>>()?;
        let goal = match self.goal.measures() {
            // A goal that is a measure has the measure's own interval.
            [measure] if self.goal.is_a_measure() => estimate(measure, outcomes, terms)?,
            _ => influences[0].estimate(),
        };
        let mut entrant = Entrant::new(&influences[0], true);
        entrant.admitted = self.demands.iter().zip(&demands).all(|(demand, excess)| demand.admits(excess.value));
        Ok(Score { entrant, goal, measures, differences, demands, imbalance_usd })
    }

    /// Whether a demand is missed by more than chance explains.
    #[must_use]
    pub fn is_given_up(&self, score: &Score) -> bool {
        self.demands.iter().zip(&score.demands).any(|(demand, excess)| {
            let slack = GIVEN_UP * excess.standard_error.unwrap_or(f64::INFINITY);
            !demand.admits(excess.value) && !demand.admits(excess.value - slack) && !demand.admits(excess.value + slack)
        })
    }

    fn influences(&self, outcomes: &Outcomes, terms: &SummaryTerms) -> Result<Vec<Influence>> {
        let goal = Influence::of_goal(&self.goal, outcomes, terms);
        let measures = self.measures.iter().map(|measure| Influence::of_measure(measure, outcomes, terms));
        std::iter::once(goal).chain(measures).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::outcome::{Column, Values};

    const TERMS: SummaryTerms = SummaryTerms { horizon_days: 252, equity_usd: 1e6, cash_at_end_usd: 1.04e6 };

    fn outcomes(shift: f64) -> Outcomes {
        let wave = |path: usize| 1_000.0 * libm::sin(path as f64 * 0.37) + 300.0 * libm::sin(path as f64 * 2.9);
        let column = |name: &str, values: Vec<f64>| Column { name: name.into(), values: Values::Real(values) };
        let unhedged: Vec<f64> = (0..3_000).map(wave).collect();
        let hedged = unhedged.iter().map(|pnl| pnl - shift).collect();
        let columns = vec![column("hedged_pnl_usd", hedged), column("unhedged_pnl_usd", unhedged)];
        Outcomes { columns, ..Outcomes::default() }
    }

    fn yardstick(demand: &str) -> Yardstick {
        Yardstick {
            goal: "es(0.99) + 2 * cost".parse().unwrap(),
            demands: vec![demand.parse().unwrap()],
            measures: vec!["mean".parse().unwrap(), "es(0.99)".parse().unwrap()],
        }
    }

    #[test]
    fn a_constant_shift_is_a_difference_without_error() {
        let yardstick = yardstick("cost <= 60");
        let baseline = yardstick.baseline(&outcomes(0.0), &TERMS).unwrap();
        let score = yardstick.score(&outcomes(50.0), &TERMS, 0.0, &baseline).unwrap();
        for (difference, expected) in score.differences.iter().zip([150.0, -50.0, 50.0]) {
            assert!((difference.value - expected).abs() < 1e-9, "{difference:?}");
            assert!(difference.standard_error.unwrap() < 1e-9, "{difference:?}");
        }
        assert!(score.entrant.admitted && (score.demands[0].value + 10.0).abs() < 1e-9);
        assert!(!yardstick.is_given_up(&score));
        let dear = yardstick.score(&outcomes(61.0), &TERMS, 0.0, &baseline).unwrap();
        assert!(!dear.entrant.admitted && yardstick.is_given_up(&dear));
    }

    #[test]
    fn a_demand_missed_within_its_error_is_not_given_up() {
        let yardstick = yardstick("mean >= 0");
        let baseline = yardstick.baseline(&outcomes(0.0), &TERMS).unwrap();
        // The standard error of the mean is about 739 / sqrt 3000 = 13.
        for (shift, given_up) in [(5.0, false), (60.0, true)] {
            let score = yardstick.score(&outcomes(shift), &TERMS, 0.0, &baseline).unwrap();
            assert!(!score.entrant.admitted);
            assert_eq!(yardstick.is_given_up(&score), given_up, "{shift}");
        }
    }

    #[test]
    fn measures_without_influence_are_refused_at_once() {
        let mut yardstick = yardstick("cost <= 1");
        assert!(yardstick.check().is_ok());
        yardstick.demands[0] = "beta <= 0.1".parse().unwrap();
        assert!(yardstick.check().unwrap_err().to_string().starts_with("beta cannot be part of a goal"));
    }
}
