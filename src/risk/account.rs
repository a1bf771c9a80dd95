//! The outcomes of one strategy, and the figures that it has by itself.

use super::compare::PairedTails;
use super::figure::{Figure, Quantity, Strategy};
use super::outcome::Outcomes;
use super::summary::{LEVELS, SHORT_HORIZONS};
use super::tail::{LossTail, losses};
use crate::stats::{Estimate, Level, Moments, wilson};

/// What the paths of one strategy left behind.
pub(super) struct Account<'a> {
    pub(super) strategy: Strategy,
    pub(super) pnl: &'a [f64],
    horizon_days: u32,
    /// The whole horizon first, then the shorter ones.
    pub(super) by_horizon: Vec<(u32, Losses)>,
    /// Quantities of a path that have a mean and quantiles.
    pub(super) by_path: [(Quantity, Losses); 2],
}

impl<'a> Account<'a> {
    pub(super) fn read(outcomes: &'a Outcomes, strategy: Strategy, horizon_days: u32) -> Self {
        let name = strategy.name();
        let pnl = column(outcomes, &format!("{name}_pnl_usd"));
        let shorter = SHORT_HORIZONS.into_iter().filter(|&days| days < horizon_days).map(|days| {
            let pnl = column(outcomes, &format!("{name}_pnl_{days}d_usd"));
            (days, Losses::new(losses(pnl)))
        });
        let by_horizon = std::iter::once((horizon_days, Losses::new(losses(pnl)))).chain(shorter).collect();
        let drawdown = column(outcomes, &format!("{name}_max_drawdown_usd")).to_vec();
        let worst_day = losses(column(outcomes, &format!("{name}_worst_day_usd")));
        let by_path = [(Quantity::MaxDrawdown, Losses::new(drawdown)), (Quantity::WorstDay, Losses::new(worst_day))];
        Self { strategy, pnl, horizon_days, by_horizon, by_path }
    }

    pub(super) fn figures(&self, figures: &mut Vec<Figure>) {
        let mut add = |quantity, estimate: &Estimate| {
            figures.push(Figure::new(self.strategy, quantity, self.horizon_days, estimate));
        };
        let moments = Moments::of(self.pnl);
        add(Quantity::MeanPnl, &moments.mean_estimate());
        if let Some(deviation) = moments.deviation_estimate() {
            add(Quantity::StandardDeviation, &deviation);
        }
        add(Quantity::ProbabilityOfLoss, &probability_of_loss(self.pnl));
        for (horizon_days, Losses { tail, .. }) in &self.by_horizon {
            for level in LEVELS {
                let add =
                    |quantity, estimate| Figure::new(self.strategy, quantity, *horizon_days, &estimate).at_level(level);
                figures.push(add(Quantity::ValueAtRisk, tail.value_at_risk(level)));
                figures.push(add(Quantity::ExpectedShortfall, tail.expected_shortfall(level)));
            }
        }
        for (quantity, Losses { values, tail }) in &self.by_path {
            let moments = Moments::of(values);
            let figure = |estimate| Figure::new(self.strategy, *quantity, self.horizon_days, &estimate);
            figures.push(figure(moments.mean_estimate()));
            figures.extend(LEVELS.map(|level| figure(tail.value_at_risk(level)).at_level(level)));
        }
    }
}

/// Losses in path order, and their tail.
pub(super) struct Losses {
    pub(super) values: Vec<f64>,
    pub(super) tail: LossTail,
}

impl Losses {
    fn new(values: Vec<f64>) -> Self {
        let tail = LossTail::new(&values, LEVELS[0]);
        Self { values, tail }
    }

    /// The share of paths that lose exactly VaR.
    pub(super) fn atom_at_value_at_risk(&self, level: Level) -> f64 {
        let value_at_risk = self.tail.quantile(level);
        let ties = self.values.iter().filter(|&&loss| loss == value_at_risk).count();
        ties as f64 / self.values.len() as f64
    }

    pub(super) fn paired<'a>(&'a self, other: &'a Self) -> PairedTails<'a> {
        PairedTails::new((&self.values, &self.tail), (&other.values, &other.tail))
    }
}

fn probability_of_loss(pnl: &[f64]) -> Estimate {
    let lost = pnl.iter().filter(|&&pnl| pnl < 0.0).count();
    let n = pnl.len() as f64;
    let value = lost as f64 / n;
    Estimate { value, standard_error: Some((value * (1.0 - value) / n).sqrt()), interval: wilson(lost, pnl.len()) }
}

/// A column that the engine promises.
pub(super) fn column<'a>(outcomes: &'a Outcomes, name: &str) -> &'a [f64] {
    outcomes.real(name).unwrap_or_else(|| panic!("outcomes have no column {name}"))
}
