//! What a finished sweep leaves behind: `sweep.html`, `sweep.csv`, `sweep.parquet` and `summary.json`.

pub mod console;
pub mod folder;
mod page;
mod pictures;
mod programs;
mod rows;
mod verdict;

#[cfg(test)]
mod fixture;

use crate::engine::search::{Candidate, Found, Standing, Task};
use crate::plan::Plan;
use crate::report::format;
use crate::risk::{Figure, Measure, Quantity, Score, Strategy};
use crate::stats::Estimate;

/// A finished sweep: what was asked and what came out.
#[derive(Debug, Clone, Copy)]
pub struct SweepReport<'a> {
    /// The scenario as it stands.
    pub plan: &'a Plan,
    /// The digest of everything that decides the sweep.
    pub digest: &'a str,
    /// The keys that are varied.
    pub keys: &'a [String],
    /// `[setting][key]`.
    pub settings: &'a [Vec<f64>],
    /// What the scenario as it stands gives the keys.
    pub reference_values: &'a [Option<f64>],
    /// What was asked.
    pub task: &'a Task,
    /// The options that ask it, for the command that repeats the sweep.
    pub options: &'a [String],
    /// What came out.
    pub found: &'a Found,
}

impl<'a> SweepReport<'a> {
    /// The values of a candidate's keys.
    fn values(&self, candidate: Candidate) -> Vec<Option<f64>> {
        match candidate.checked_sub(1) {
            Some(setting) => self.settings[setting].iter().copied().map(Some).collect(),
            None => self.reference_values.to_vec(),
        }
    }

    /// A candidate in words.
    fn label(&self, candidate: Candidate) -> String {
        let Some(setting) = candidate.checked_sub(1) else { return "the scenario as it stands".into() };
        let pairs = self.keys.iter().zip(&self.settings[setting]);
        pairs.map(|(key, value)| format!("{key} {value}")).collect::<Vec<_>>().join(", ")
    }

    /// The candidates that are shown, the reference last where it is one of its own.
    fn candidates(&self) -> Vec<Candidate> {
        let own = if self.found.twin.is_none() { vec![0] } else { Vec::new() };
        (1..=self.settings.len()).chain(own).collect()
    }

    /// Whether a candidate is the scenario as it stands.
    fn is_reference(&self, candidate: Candidate) -> bool {
        candidate == 0 || self.found.twin == Some(candidate)
    }

    fn standing(&self, candidate: Candidate) -> &'a Standing {
        &self.found.standings[candidate]
    }

    fn score(&self, candidate: Candidate) -> Option<&'a Score> {
        self.standing(candidate).score.as_ref().ok()
    }

    /// Paths on which a candidate was last looked at.
    fn paths(&self, candidate: Candidate) -> usize {
        self.found.rounds[self.standing(candidate).round].paths
    }

    /// How a candidate compares with the best, if it was in the last round and meets all demands.
    fn verdict(&self, candidate: Candidate) -> Option<&'a crate::risk::Verdict> {
        let place = self.found.finalists.iter().position(|&finalist| finalist == candidate)?;
        self.found.contest.verdicts[place].as_ref()
    }

    fn is_tied(&self, candidate: Candidate) -> bool {
        self.verdict(candidate).is_some_and(|verdict| verdict.tied)
    }

    /// `best`, `tied`, `reference` or `setting`.
    fn class(&self, candidate: Candidate) -> &'static str {
        if self.found.best == Some(candidate) {
            "best"
        } else if self.is_reference(candidate) {
            "reference"
        } else if self.is_tied(candidate) {
            "tied"
        } else {
            "setting"
        }
    }

    /// The estimate of a measure that is told of each setting.
    fn measured(&self, candidate: Candidate, measure: &str) -> Option<&'a Estimate> {
        let place = self.task.yardstick.measures.iter().position(|known| known.to_string() == measure)?;
        Some(&self.score(candidate)?.measures[place])
    }

    /// The unit of the goal.
    fn goal_unit(&self) -> &'static str {
        let goal = &self.task.yardstick.goal;
        match goal.measures() {
            [measure] if goal.is_a_measure() => measure.quantity.unit(),
            measures if measures.iter().all(|measure| measure.quantity.unit().starts_with("USD")) => "USD",
            _ => "number",
        }
    }

    /// Candidates in the order of tables: the last round first, by the goal, then earlier rounds.
    fn ranking(&self) -> Vec<Candidate> {
        let mut order = self.candidates();
        let goal = |candidate: Candidate| self.score(candidate).map_or(f64::INFINITY, |score| score.goal.value);
        let missed = |candidate: Candidate| self.score(candidate).is_none_or(|score| !score.entrant.admitted);
        order.sort_by(|&a, &b| {
            let last = self.standing(b).round.cmp(&self.standing(a).round);
            last.then(missed(a).cmp(&missed(b))).then(goal(a).total_cmp(&goal(b))).then(a.cmp(&b))
        });
        order
    }
}

/// An estimate as people read it.
fn shown(estimate: &Estimate, unit: &str) -> format::Estimate {
    let figure = Figure::new(Strategy::Hedged, Quantity::MeanPnl, 0, estimate);
    format::estimate(&Figure { unit: unit.to_owned(), ..figure })
}

/// A measure as the heading of a column for people.
fn heading(measure: &Measure) -> String {
    let name = match measure.quantity {
        Quantity::MeanPnl => "mean P&L",
        Quantity::StandardDeviation => "standard deviation",
        Quantity::ProbabilityOfLoss => "P(loss)",
        Quantity::ProbabilityOfRuin => "P(ruin)",
        Quantity::ExpectedShortfall => "ES",
        Quantity::ValueAtRisk => "VaR",
        Quantity::MaxDrawdown => "drawdown",
        Quantity::ConditionalDrawdown => "worst drawdowns",
        Quantity::HedgeCost => "hedge cost a year",
        Quantity::ProbabilityOfMarginCall => "P(margin call)",
        Quantity::MarginUse => "margin use",
        Quantity::ExcessLiquidity => "excess liquidity",
        Quantity::WorstDay => "worst day",
        _ => return measure.to_string(),
    };
    let name = match measure.level {
        Some(level) => format!("{name} {}", format::percent(level.value())),
        None => name.to_owned(),
    };
    match measure.strategy {
        Strategy::Unhedged => format!("{name}, unhedged"),
        Strategy::Hedge if measure.quantity != Quantity::HedgeCost => format!("{name}, by the hedge"),
        _ => name,
    }
}
