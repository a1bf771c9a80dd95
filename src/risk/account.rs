//! The outcomes of one strategy, and the figures that it has by itself.

use super::attribution::TailWeights;
use super::compare::PairedTails;
use super::exposure::{DaySums, Slope};
use super::extreme::shortfall_by_batches;
use super::figure::{Figure, Quantity, Strategy};
use super::outcome::Outcomes;
use super::ratio::{drag, omega, proportion, ratio_of_means, sortino};
use super::summary::{LEVELS, SHORT_HORIZONS, SummaryTerms, TRADING_DAYS_PER_YEAR};
use super::tail::{LossTail, losses};
use crate::stats::{Estimate, Level, Moments};

/// What the paths of one strategy left behind.
pub(super) struct Account<'a> {
    pub(super) strategy: Strategy,
    pub(super) pnl: &'a [f64],
    outcomes: &'a Outcomes,
    terms: &'a SummaryTerms,
    /// The whole horizon first, then the shorter ones.
    pub(super) by_horizon: Vec<(u32, Losses)>,
    /// Quantities of a path that have a mean and quantiles.
    pub(super) by_path: Vec<(Quantity, Losses)>,
}

impl<'a> Account<'a> {
    pub(super) fn read(outcomes: &'a Outcomes, strategy: Strategy, terms: &'a SummaryTerms) -> Self {
        let name = strategy.name();
        let horizon_days = terms.horizon_days;
        let pnl = column(outcomes, &format!("{name}_pnl_usd"));
        let shorter = SHORT_HORIZONS.into_iter().filter(|&days| days < horizon_days).map(|days| {
            let pnl = column(outcomes, &format!("{name}_pnl_{days}d_usd"));
            (days, Losses::new(losses(pnl)))
        });
        let by_horizon = std::iter::once((horizon_days, Losses::new(losses(pnl)))).chain(shorter).collect();
        let drawdown = column(outcomes, &format!("{name}_max_drawdown_usd")).to_vec();
        let worst_day = losses(column(outcomes, &format!("{name}_worst_day_usd")));
        let mut by_path =
            vec![(Quantity::MaxDrawdown, Losses::new(drawdown)), (Quantity::WorstDay, Losses::new(worst_day))];
        if let Some(days) = outcomes.count(&format!("{name}_longest_drawdown_days")) {
            let days = days.iter().map(|&days| f64::from(days)).collect();
            by_path.push((Quantity::DrawdownDuration, Losses::new(days)));
        }
        Self { strategy, pnl, outcomes, terms, by_horizon, by_path }
    }

    pub(super) fn figures(&self, figures: &mut Vec<Figure>) {
        let moments = Moments::of(self.pnl);
        let lost = self.pnl.iter().filter(|&&pnl| pnl < 0.0).count();
        self.add(figures, Quantity::MeanPnl, Some(moments.mean_estimate()));
        self.add(figures, Quantity::StandardDeviation, moments.deviation_estimate());
        self.add(figures, Quantity::ProbabilityOfLoss, Some(proportion(lost, self.pnl.len())));
        self.add(figures, Quantity::ProbabilityOfRuin, self.ruin().map(|ruined| proportion(ruined, self.pnl.len())));
        self.tail_figures(figures);
        self.ratios(figures);
    }

    /// Paths on which the account is ruined, or on which equity is zero or less at some close, where the run says so.
    pub(super) fn ruin(&self) -> Option<usize> {
        if let Some(ruined) = self.outcomes.count(&format!("{}_ruined", self.strategy.name())) {
            return Some(ruined.iter().filter(|&&ruined| ruined > 0).count());
        }
        let lowest = self.outcomes.real(&format!("{}_lowest_equity_usd", self.strategy.name()))?;
        Some(lowest.iter().filter(|&&equity| equity <= 0.0).count())
    }

    /// Slopes on the index: over all days, and over the worst days of each path.
    pub(super) fn slopes(&self) -> [(Quantity, Option<Slope>); 2] {
        let real = |name: &str| self.outcomes.real(name);
        let name = self.strategy.name();
        let equity = self.terms.equity_usd;
        let all = || {
            let sums = DaySums::all(self.outcomes, self.terms.horizon_days)?;
            sums.slope(self.pnl, real(&format!("{name}_index_product_usd"))?, equity)
        };
        let worst = || {
            let y = real(&format!("worst_days_{name}_pnl_usd"))?;
            DaySums::worst(self.outcomes)?.slope(y, real(&format!("worst_days_{name}_index_product_usd"))?, equity)
        };
        [(Quantity::Beta, all()), (Quantity::BetaOnWorstDays, worst())]
    }

    /// The weights of the tail of the whole run.
    pub(super) fn weights(&self, level: Level) -> TailWeights {
        let Losses { values, tail } = &self.by_horizon[0].1;
        TailWeights::new(values, tail, level)
    }

    fn add(&self, figures: &mut Vec<Figure>, quantity: Quantity, estimate: Option<Estimate>) {
        figures.extend(estimate.map(|e| Figure::new(self.strategy, quantity, self.terms.horizon_days, &e)));
    }

    fn tail_figures(&self, figures: &mut Vec<Figure>) {
        let figure = |quantity, days, estimate: &Estimate, level| {
            Figure::new(self.strategy, quantity, days, estimate).at_level(level)
        };
        for (days, Losses { tail, .. }) in &self.by_horizon {
            for level in LEVELS {
                figures.push(figure(Quantity::ValueAtRisk, *days, &tail.value_at_risk(level), level));
                figures.push(figure(Quantity::ExpectedShortfall, *days, &tail.expected_shortfall(level), level));
            }
        }
        let days = self.terms.horizon_days;
        let Losses { values, tail } = &self.by_horizon[0].1;
        for level in LEVELS {
            let by_batches = shortfall_by_batches(values, tail.expected_shortfall(level).value, level);
            figures.extend(by_batches.map(|e| figure(Quantity::ExpectedShortfallByBatches, days, &e, level)));
        }
        for (quantity, Losses { values, tail }) in &self.by_path {
            self.add(figures, *quantity, Some(Moments::of(values).mean_estimate()));
            figures.extend(LEVELS.map(|level| figure(*quantity, days, &tail.value_at_risk(level), level)));
            if *quantity == Quantity::MaxDrawdown {
                let deepest =
                    |level| figure(Quantity::ConditionalDrawdown, days, &tail.expected_shortfall(level), level);
                figures.extend(LEVELS.map(deepest));
            }
        }
    }

    fn ratios(&self, figures: &mut Vec<Figure>) {
        let per_year = TRADING_DAYS_PER_YEAR / f64::from(self.terms.horizon_days);
        let wealth: Vec<f64> = self.pnl.iter().map(|pnl| 1.0 + pnl / self.terms.cash_at_end_usd).collect();
        self.add(figures, Quantity::Omega, omega(self.pnl));
        self.add(figures, Quantity::Sortino, sortino(self.pnl));
        let risk = self.outcomes.real("max_condor_risk_usd");
        let on_risk = risk.and_then(|risk| ratio_of_means(self.pnl, risk)).map(|ratio| ratio.scaled(per_year));
        self.add(figures, Quantity::ReturnOnCondorRisk, on_risk);
        let margin = self.outcomes.real(&format!("{}_worst_margin_use", self.strategy.name()));
        let of_equity: Vec<f64> = self.pnl.iter().map(|pnl| pnl / self.terms.equity_usd).collect();
        let on_margin =
            margin.and_then(|margin| ratio_of_means(&of_equity, margin)).map(|ratio| ratio.scaled(per_year));
        self.add(figures, Quantity::ReturnOnMargin, on_margin);
        self.add(figures, Quantity::VolatilityDrag, drag(&wealth).map(|drag| drag.scaled(per_year)));
        for (quantity, slope) in self.slopes() {
            self.add(figures, quantity, slope.map(|slope| slope.estimate()));
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

/// A column that the engine promises.
pub(super) fn column<'a>(outcomes: &'a Outcomes, name: &str) -> &'a [f64] {
    outcomes.real(name).unwrap_or_else(|| panic!("outcomes have no column {name}"))
}
