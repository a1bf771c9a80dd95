//! The accounts given how high VIX went: mean and expected shortfall of the paths whose highest close lies in a range.

use super::figure::{Figure, Quantity, Strategy};
use super::outcome::Outcomes;
use super::ratio::proportion;
use super::tail::{LossTail, losses, tail_paths};
use crate::stats::{Estimate, Level, Moments};

/// The level at which the worst paths of a range are averaged: ranges hold fewer paths than the run.
pub const REGIME_LEVEL: Level = Level::per_mille(950);

/// Bounds between the ranges, VIX points.
pub const REGIME_BOUNDS: [f64; 4] = [20.0, 30.0, 40.0, 60.0];

/// The number of the range in which a highest VIX lies.
#[must_use]
pub fn regime_of(highest_vix: f64) -> usize {
    REGIME_BOUNDS.iter().filter(|&&bound| highest_vix >= bound).count()
}

/// A range in words, for instance `highest VIX 20 to 30`.
#[must_use]
pub fn regime_name(regime: usize) -> String {
    let [first, .., last] = REGIME_BOUNDS;
    match (regime.checked_sub(1).and_then(|below| REGIME_BOUNDS.get(below)), REGIME_BOUNDS.get(regime)) {
        (Some(low), Some(high)) => format!("highest VIX {low} to {high}"),
        (None, _) => format!("highest VIX below {first}"),
        (_, None) => format!("highest VIX from {last}"),
    }
}

/// Adds the figures of one strategy in every range that some path lies in.
pub(super) fn regime_figures(
    outcomes: &Outcomes,
    strategy: Strategy,
    pnl: &[f64],
    horizon_days: u32,
    figures: &mut Vec<Figure>,
) {
    let Some(highest) = outcomes.real("highest_vix") else { return };
    for regime in 0..=REGIME_BOUNDS.len() {
        let inside = highest.iter().zip(pnl).filter(|(vix, _)| regime_of(**vix) == regime);
        let chosen: Vec<f64> = inside.map(|(_, pnl)| *pnl).collect();
        if chosen.is_empty() {
            continue;
        }
        let name = regime_name(regime);
        let mut add = |quantity, level: Option<Level>, estimate: &Estimate| {
            let figure = Figure::new(strategy, quantity, horizon_days, estimate).under(&name);
            figures.push(Figure { level: level.map(Level::value), ..figure });
        };
        add(Quantity::ProbabilityOfCondition, None, &proportion(chosen.len(), pnl.len()));
        add(Quantity::MeanPnl, None, &Moments::of(&chosen).mean_estimate());
        if tail_paths(chosen.len(), REGIME_LEVEL) > 1 {
            let tail = LossTail::new(&losses(&chosen), REGIME_LEVEL);
            add(Quantity::ExpectedShortfall, Some(REGIME_LEVEL), &tail.expected_shortfall(REGIME_LEVEL));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::{Column, Values};
    use super::*;

    #[test]
    fn ranges_touch_and_have_names() {
        assert_eq!([19.99, 20.0, 39.9, 40.0, 80.0].map(regime_of), [0, 1, 2, 3, 4]);
        let names: Vec<String> = (0..=4).map(regime_name).collect();
        assert_eq!(names[0], "highest VIX below 20");
        assert_eq!(names[2], "highest VIX 30 to 40");
        assert_eq!(names[4], "highest VIX from 60");
    }

    #[test]
    fn the_ranges_hold_all_paths_and_their_means_make_the_mean() {
        let highest: Vec<f64> = (0..1000).map(|path| 15.0 + f64::from(path) / 20.0).collect();
        let pnl: Vec<f64> = highest.iter().map(|vix| 1000.0 - vix * vix).collect();
        let outcomes = Outcomes {
            columns: vec![Column { name: "highest_vix".into(), values: Values::Real(highest) }],
            components: Vec::new(),
        };
        let mut figures = Vec::new();
        regime_figures(&outcomes, Strategy::Hedged, &pnl, 252, &mut figures);
        let of = |quantity: Quantity| figures.iter().filter(move |figure| figure.measure == quantity.name());
        let shares: Vec<f64> = of(Quantity::ProbabilityOfCondition).map(|figure| figure.value).collect();
        let mean: f64 = of(Quantity::MeanPnl).zip(&shares).map(|(figure, share)| figure.value * share).sum();
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((mean - Moments::of(&pnl).mean()).abs() < 1e-9);
    }
}
