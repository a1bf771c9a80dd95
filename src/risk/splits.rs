//! What the profit of layers, and of VX and VIX options held at the start, came from: carry, trigger profit, rolls.
//!
//! ```text
//! profit at marks = carry + trigger profit          rolls: costs, which stand on a line of their own
//! ```
//!
//! on every path, so the means sum to the mean, and the Euler shares of expected shortfall to the share. Columns read:
//! `<stem>_carry_pnl_usd`, `<stem>_trigger_pnl_usd` and, of layers, `<stem>_roll_pnl_usd`.

use super::account::Account;
use super::figure::{Figure, Quantity, Strategy};
use super::outcome::{ComponentKind, Outcomes};
use super::summary::LEVELS;
use crate::stats::Moments;

/// The splits: their columns, the mean, the share of expected shortfall.
const SPLITS: [(&str, Quantity, Quantity); 3] = [
    ("carry", Quantity::CarryPnl, Quantity::CarryInShortfall),
    ("trigger", Quantity::TriggerPnl, Quantity::TriggerInShortfall),
    ("roll", Quantity::RollPnl, Quantity::RollInShortfall),
];

/// Adds the splits of each layer and position, and of all together; shortfall is that of the hedged account.
pub(super) fn split_figures(outcomes: &Outcomes, hedged: &Account, horizon_days: u32, figures: &mut Vec<Figure>) {
    let of_hedge = |kind| matches!(kind, ComponentKind::Layer | ComponentKind::HedgePosition);
    let parts: Vec<(&str, &str)> = outcomes
        .components
        .iter()
        .filter(|component| of_hedge(component.kind))
        .filter_map(|component| Some((component.name.as_str(), component.column.strip_suffix("_pnl_usd")?)))
        .collect();
    for (column, mean, in_shortfall) in SPLITS {
        let mut all: Vec<f64> = Vec::new();
        let mut add = |name: Option<&str>, pnl: &[f64]| {
            let named = |figure: Figure| match name {
                Some(name) => figure.of_component(name),
                None => figure,
            };
            let estimate = Moments::of(pnl).mean_estimate();
            figures.push(named(Figure::new(Strategy::Hedge, mean, horizon_days, &estimate)));
            for level in LEVELS {
                let share = hedged.weights(level).share_of(pnl);
                let figure = Figure::new(Strategy::Hedged, in_shortfall, horizon_days, &share);
                figures.push(named(figure.at_level(level)));
            }
        };
        for (name, stem) in &parts {
            let Some(pnl) = outcomes.real(&format!("{stem}_{column}_pnl_usd")) else { continue };
            add(Some(name), pnl);
            all.resize(pnl.len(), 0.0);
            all.iter_mut().zip(pnl).for_each(|(all, pnl)| *all += pnl);
        }
        if !all.is_empty() {
            add(None, &all);
        }
    }
}
