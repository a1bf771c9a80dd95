//! What the hedge does: the differences that it makes, what it costs, what it earns where it is meant to.
//!
//! Figures of the `hedge` are differences hedged less unhedged of the same measure, paired by path, so a negative
//! expected shortfall of the hedge is a gain. What the hedge costs a year is
//!
//! ```text
//! - mean(hedged P&L - unhedged P&L) x 252 / horizon
//! ```
//!

use super::account::Account;
use super::compare::{difference_of_deviations, difference_of_means};
use super::figure::{Figure, Quantity, Strategy};
use super::outcome::Outcomes;
use super::summary::{LEVELS, SummaryTerms, TRADING_DAYS_PER_YEAR};
use crate::stats::Estimate;

/// What the hedge and its parts earn on the worst paths of the unhedged account, and how much of the loss that pays.
pub(super) fn worst_figures(
    outcomes: &Outcomes,
    accounts: [&Account; 2],
    terms: &SummaryTerms,
    figures: &mut Vec<Figure>,
) {
    if !outcomes.has_hedge() {
        return;
    }
    let [hedged, unhedged] = accounts.map(|account| account.pnl);
    let hedge: Vec<f64> = hedged.iter().zip(unhedged).map(|(hedged, unhedged)| hedged - unhedged).collect();
    for level in LEVELS {
        let weights = accounts[1].weights(level);
        let figure = |quantity, estimate: &Estimate| {
            Figure::new(Strategy::Hedge, quantity, terms.horizon_days, estimate).at_level(level)
        };
        let earned = weights.share_of(&hedge).scaled(-1.0);
        figures.push(figure(Quantity::PnlOnUnhedgedWorst, &earned));
        for (component, pnl) in outcomes.parts(Strategy::Hedge) {
            let part = weights.share_of(&pnl).scaled(-1.0);
            figures.push(figure(Quantity::PnlOnUnhedgedWorst, &part).of_component(&component.name));
        }
        let loss = weights.share_of(unhedged).value;
        if loss > 0.0 {
            // The share r moves by what the hedge earns above r times the loss, over the mean loss.
            let ratio = earned.value / loss;
            let above: Vec<f64> = hedge.iter().zip(unhedged).map(|(hedge, pnl)| hedge + ratio * pnl).collect();
            let error = weights.share_of(&above).standard_error.map(|error| error / loss);
            let paid = error.map_or_else(|| Estimate::bare(ratio), |error| Estimate::normal(ratio, error));
            figures.push(figure(Quantity::ShareOfLossPaid, &paid));
        }
    }
}

/// The paired differences, and what the hedge costs.
pub(super) fn hedge_figures(hedged: &Account, unhedged: &Account, terms: &SummaryTerms, figures: &mut Vec<Figure>) {
    let figure =
        |quantity, horizon_days, estimate: Estimate| Figure::new(Strategy::Hedge, quantity, horizon_days, &estimate);
    let horizon_days = terms.horizon_days;
    let mean = difference_of_means(hedged.pnl, unhedged.pnl);
    let cost = mean.scaled(-TRADING_DAYS_PER_YEAR / f64::from(horizon_days));
    figures.push(figure(Quantity::MeanPnl, horizon_days, mean));
    figures.push(figure(Quantity::HedgeCost, horizon_days, cost));
    figures.push(figure(Quantity::HedgeCostOfEquity, horizon_days, cost.scaled(1e4 / terms.equity_usd)));
    if let Some(difference) = difference_of_deviations(hedged.pnl, unhedged.pnl) {
        figures.push(figure(Quantity::StandardDeviation, horizon_days, difference));
    }
    let [hedged_losses, unhedged_losses] = [hedged.pnl, unhedged.pnl].map(loss_indicators);
    let more_often = difference_of_means(&hedged_losses, &unhedged_losses);
    figures.push(figure(Quantity::ProbabilityOfLoss, horizon_days, more_often));
    for ((days, hedged), (_, unhedged)) in hedged.by_horizon.iter().zip(&unhedged.by_horizon) {
        let pair = hedged.paired(unhedged);
        for level in LEVELS {
            figures.push(figure(Quantity::ValueAtRisk, *days, pair.value_at_risk(level)).at_level(level));
            figures.push(figure(Quantity::ExpectedShortfall, *days, pair.expected_shortfall(level)).at_level(level));
        }
    }
    for ((quantity, hedged), (_, unhedged)) in hedged.by_path.iter().zip(&unhedged.by_path) {
        let pair = hedged.paired(unhedged);
        figures.push(figure(*quantity, horizon_days, difference_of_means(&hedged.values, &unhedged.values)));
        figures.extend(LEVELS.map(|level| figure(*quantity, horizon_days, pair.value_at_risk(level)).at_level(level)));
        if *quantity == Quantity::MaxDrawdown {
            let deepest = |level| figure(Quantity::ConditionalDrawdown, horizon_days, pair.expected_shortfall(level));
            figures.extend(LEVELS.map(|level| deepest(level).at_level(level)));
        }
    }
    for ((quantity, hedged), (_, unhedged)) in hedged.slopes().into_iter().zip(unhedged.slopes()) {
        let difference = hedged.zip(unhedged).map(|(hedged, unhedged)| hedged.less(&unhedged));
        figures.extend(difference.map(|difference| figure(quantity, horizon_days, difference)));
    }
    let cost: Vec<f64> = unhedged.pnl.iter().zip(hedged.pnl).map(|(unhedged, hedged)| unhedged - hedged).collect();
    let pair = hedged.by_horizon[0].1.paired(&unhedged.by_horizon[0].1);
    for level in LEVELS {
        let saved = pair.shortfall_saved_per(level, &cost);
        figures
            .extend(saved.map(|saved| figure(Quantity::ShortfallSavedPerDollar, horizon_days, saved).at_level(level)));
    }
}

fn loss_indicators(pnl: &[f64]) -> Vec<f64> {
    pnl.iter().map(|&pnl| if pnl < 0.0 { 1.0 } else { 0.0 }).collect()
}
