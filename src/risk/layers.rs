//! What each layer does: how often it is on and for nothing, and on the worst unhedged paths whether it came in time.
//!
//! The worst paths are those on which the unhedged account loses at least its VaR at 99 %. There the deepest decline of the
//! unhedged equity is looked at, from its peak to its trough. A layer is **on before the trough** if it is on at some close
//! from the peak to the last one before the trough, and **late** if more than half of the fall had happened when it came on,
//! or if it was not on before the trough at all. A spell is a stretch of closes with the layer on; it **fired for nothing** if
//! the layer's P&L over it, at marks and before costs, is not positive.

use super::attribution::TailWeights;
use super::figure::{Figure, Quantity, Strategy};
use super::outcome::{Component, ComponentKind, Outcomes};
use super::ratio::{proportion, ratio_of_means};
use crate::stats::{Estimate, Level, Moments};

/// The level that says which paths are the worst.
pub const WORST: Level = Level::per_mille(990);

/// The share of the fall that may have happened when a layer comes on in time.
const IN_TIME: f64 = 0.5;

/// Adds the figures of all layers that have the columns for them.
pub(super) fn layer_figures(outcomes: &Outcomes, worst: &TailWeights, horizon_days: u32, figures: &mut Vec<Figure>) {
    let worst: Vec<usize> = worst.worst().collect();
    let figure = |quantity, estimate: &Estimate| Figure::new(Strategy::Hedge, quantity, horizon_days, estimate);
    let (Some(depth), Some(trough)) =
        (outcomes.real("unhedged_max_drawdown_usd"), outcomes.count("unhedged_trough_day"))
    else {
        return;
    };
    let depth: Vec<f64> = worst.iter().map(|&path| depth[path]).collect();
    let mut earned = vec![0.0; worst.len()];
    for component in outcomes.components.iter().filter(|component| component.kind == ComponentKind::Layer) {
        let Some(layer) = LayerColumns::read(outcomes, component) else { continue };
        let of_layer = |quantity, estimate: Option<Estimate>| {
            estimate.map(|estimate| figure(quantity, &estimate).of_component(&component.name))
        };
        figures.extend(layer.how_often(horizon_days).into_iter().filter_map(|(q, e)| of_layer(q, e)));
        let of_worst = layer.on_the_worst(&worst, trough, &depth);
        figures.extend(of_worst.into_iter().filter_map(|(q, e)| Some(of_layer(q, e)?.at_level(WORST))));
        for (earned, &path) in earned.iter_mut().zip(&worst) {
            *earned += layer.decline_pnl[path];
        }
    }
    if let Some(paid) = ratio_of_means(&earned, &depth) {
        figures.push(figure(Quantity::ShareOfDeclinePaid, &paid).at_level(WORST));
    }
}

struct LayerColumns<'a> {
    pnl: &'a [f64],
    days_on: &'a [i32],
    spells: &'a [i32],
    for_nothing: &'a [i32],
    decline_day_on: &'a [i32],
    decline_fall: &'a [f64],
    decline_pnl: &'a [f64],
}

type Found = (Quantity, Option<Estimate>);

impl<'a> LayerColumns<'a> {
    fn read(outcomes: &'a Outcomes, component: &Component) -> Option<Self> {
        let stem = component.column.strip_suffix("_pnl_usd")?;
        let count = |what: &str| outcomes.count(&format!("{stem}_{what}"));
        let real = |what: &str| outcomes.real(&format!("{stem}_{what}"));
        Some(Self {
            pnl: real("pnl_usd")?,
            days_on: count("days_on")?,
            spells: count("spells")?,
            for_nothing: count("spells_for_nothing")?,
            decline_day_on: count("decline_day_on")?,
            decline_fall: real("decline_fall_usd")?,
            decline_pnl: real("decline_pnl_usd")?,
        })
    }

    fn how_often(&self, horizon_days: u32) -> Vec<Found> {
        let real = |counts: &[i32]| counts.iter().map(|&count| f64::from(count)).collect::<Vec<f64>>();
        let (days_on, spells, for_nothing) = (real(self.days_on), real(self.spells), real(self.for_nothing));
        let ever = self.spells.iter().filter(|&&spells| spells > 0).count();
        let share = Moments::of(&days_on).mean_estimate().scaled(1.0 / f64::from(horizon_days));
        vec![
            (Quantity::ProbabilityOn, Some(proportion(ever, spells.len()))),
            (Quantity::ShareOfDaysOn, Some(share)),
            (Quantity::PnlPerDayOn, ratio_of_means(self.pnl, &days_on)),
            (Quantity::FiredForNothing, ratio_of_means(&for_nothing, &spells)),
        ]
    }

    fn on_the_worst(&self, worst: &[usize], trough: &[i32], depth: &[f64]) -> Vec<Found> {
        let before = |path: usize| self.decline_day_on[path] >= 0 && self.decline_day_on[path] < trough[path];
        let leads: Moments = worst
            .iter()
            .filter(|&&path| before(path))
            .map(|&path| f64::from(trough[path] - self.decline_day_on[path]))
            .collect();
        let in_time = |(path, depth): (&usize, &f64)| before(*path) && self.decline_fall[*path] <= IN_TIME * depth;
        let late = worst.iter().zip(depth).filter(|pair| !in_time((pair.0, pair.1))).count();
        let earned: Vec<f64> = worst.iter().map(|&path| self.decline_pnl[path]).collect();
        vec![
            (Quantity::OnBeforeTrough, Some(proportion(leads.count() as usize, worst.len()))),
            (Quantity::OnLate, Some(proportion(late, worst.len()))),
            (Quantity::DaysBeforeTrough, (leads.count() > 0).then(|| leads.mean_estimate())),
            (Quantity::ShareOfDeclinePaid, ratio_of_means(&earned, depth)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::{Column, Values};
    use super::super::tail::{LossTail, losses};
    use super::*;

    /// 200 paths whose last three lose most: on one of these the layer comes on in time and pays half, on the others late.
    fn outcomes() -> Outcomes {
        let real = |name: &str, value: &dyn Fn(usize) -> f64| Column {
            name: name.into(),
            values: Values::Real((0..200).map(value).collect()),
        };
        let count = |name: &str, value: &dyn Fn(usize) -> i32| Column {
            name: name.into(),
            values: Values::Count((0..200).map(value).collect()),
        };
        let columns = vec![
            real("unhedged_pnl_usd", &|path| if path < 197 { 10.0 } else { -100.0 }),
            real("unhedged_max_drawdown_usd", &|_| 100.0),
            count("unhedged_trough_day", &|_| 40),
            real("layer_a_pnl_usd", &|path| if path < 100 { 0.0 } else { -3.0 }),
            count("layer_a_days_on", &|path| if path < 100 { 0 } else { 6 }),
            count("layer_a_spells", &|path| if path < 100 { 0 } else { 2 }),
            count("layer_a_spells_for_nothing", &|path| i32::from(path >= 100)),
            count("layer_a_decline_day_on", &|path| if path == 198 { 30 } else { 36 }),
            real("layer_a_decline_fall_usd", &|path| if path == 198 { 50.0 } else { 51.0 }),
            real("layer_a_decline_pnl_usd", &|path| if path == 198 { 50.0 } else { 10.0 }),
        ];
        let component = Component { name: "A".into(), kind: ComponentKind::Layer, column: "layer_a_pnl_usd".into() };
        Outcomes { columns, components: vec![component] }
    }

    #[test]
    fn figures_of_a_hand_worked_layer_are_right() {
        let outcomes = outcomes();
        let lost = losses(outcomes.real("unhedged_pnl_usd").unwrap());
        let weights = TailWeights::new(&lost, &LossTail::new(&lost, WORST), WORST);
        let mut figures = Vec::new();
        layer_figures(&outcomes, &weights, 60, &mut figures);
        let value = |quantity: Quantity| {
            let of = |figure: &&Figure| figure.measure == quantity.name() && figure.component.as_deref() == Some("A");
            figures.iter().find(of).unwrap().value
        };
        assert_eq!(value(Quantity::ProbabilityOn), 0.5);
        assert_eq!(value(Quantity::ShareOfDaysOn), 0.05);
        assert_eq!(value(Quantity::PnlPerDayOn), -0.5);
        assert_eq!(value(Quantity::FiredForNothing), 0.5);
        assert_eq!(value(Quantity::OnBeforeTrough), 1.0);
        assert_eq!(value(Quantity::OnLate), 2.0 / 3.0);
        assert_eq!(value(Quantity::DaysBeforeTrough), 6.0);
        assert!((value(Quantity::ShareOfDeclinePaid) - 70.0 / 300.0).abs() < 1e-15);
    }
}
