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

#[cfg(test)]
mod tests {
    use super::super::outcome::{Column, Component, Values};
    use super::super::summary::SummaryTerms;
    use super::*;

    /// A thousand paths of a layer and a future held at the start, both split; the condors lose on every fiftieth.
    fn outcomes() -> Outcomes {
        let real = |name: &str, value: &dyn Fn(f64) -> f64| Column {
            name: name.to_owned(),
            values: Values::Real((0..1000).map(|path| value(f64::from(path))).collect()),
        };
        let condor = |path: f64| if path % 50.0 == 7.0 { -100_000.0 - path } else { 5_000.0 + path };
        let layer = |path: f64| -2_000.0 + 3.0 * path;
        let future = |path: f64| 500.0 - path;
        let columns = vec![
            real("hedged_pnl_usd", &|path| condor(path) + layer(path) + future(path)),
            real("hedged_max_drawdown_usd", &|_| 0.0),
            real("hedged_worst_day_usd", &|_| 0.0),
            real("layer_l1_pnl_usd", &layer),
            real("layer_l1_carry_pnl_usd", &|_| -2_500.0),
            real("layer_l1_trigger_pnl_usd", &|path| layer(path) + 2_500.0),
            real("layer_l1_roll_pnl_usd", &|_| -30.0),
            real("position_vx_pnl_usd", &future),
            real("position_vx_carry_pnl_usd", &|_| -100.0),
            real("position_vx_trigger_pnl_usd", &|path| future(path) + 100.0),
        ];
        let component =
            |name: &str, kind, column: &str| Component { name: name.to_owned(), kind, column: column.to_owned() };
        let components = vec![
            component("L1", ComponentKind::Layer, "layer_l1_pnl_usd"),
            component("VX", ComponentKind::HedgePosition, "position_vx_pnl_usd"),
        ];
        Outcomes { columns, components }
    }

    #[test]
    fn splits_sum_to_their_part_in_the_mean_and_in_the_tail() {
        let outcomes = outcomes();
        let terms = SummaryTerms { horizon_days: 1, equity_usd: 1e6, cash_at_end_usd: 1e6 };
        let hedged = Account::read(&outcomes, Strategy::Hedged, &terms);
        let mut figures = Vec::new();
        split_figures(&outcomes, &hedged, 1, &mut figures);
        let value = |quantity: Quantity, name: Option<&str>, level: Option<f64>| {
            let of = |figure: &&Figure| {
                (figure.measure == quantity.name() && figure.level == level) && figure.component.as_deref() == name
            };
            figures.iter().find(of).unwrap_or_else(|| panic!("{quantity:?} {name:?} {level:?}")).value
        };
        assert_eq!(value(Quantity::CarryPnl, Some("L1"), None), -2_500.0);
        assert_eq!(value(Quantity::CarryPnl, None, None), -2_600.0);
        assert_eq!(value(Quantity::RollPnl, None, None), -30.0);
        assert!((value(Quantity::TriggerPnl, Some("VX"), None) - (600.0 - 499.5)).abs() < 1e-9);
        for level in LEVELS {
            let weights = hedged.weights(level);
            let level = Some(level.value());
            for (name, column) in [("L1", "layer_l1_pnl_usd"), ("VX", "position_vx_pnl_usd")] {
                let whole = weights.share_of(outcomes.real(column).unwrap()).value;
                let [carry, trigger] = [Quantity::CarryInShortfall, Quantity::TriggerInShortfall]
                    .map(|quantity| value(quantity, Some(name), level));
                assert!((carry + trigger - whole).abs() < 1e-9 * whole.abs().max(1.0), "{name} {level:?}");
            }
            let all = value(Quantity::CarryInShortfall, None, level);
            assert!((all - 2_600.0).abs() < 1e-9, "{all}");
        }
        // A future held at the start never rolls.
        assert!(!figures.iter().any(|f| f.measure == "roll_pnl" && f.component.as_deref() == Some("VX")));
    }
}
