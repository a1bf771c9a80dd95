//! Joins the outcomes of batches into columns over all paths, in path order.

use std::ops::Range;

use super::account::Account;
use super::batch::BatchWorker;
use super::components::Components;
use super::context::Context;
use super::margin_desk::MarginTrack;
use super::observe::AccountTrack;
use crate::book::Regime;
use crate::plan::{Plan, slug};
use crate::risk::summary::SHORT_HORIZONS;
use crate::risk::{Column, Outcomes, Values};

/// The columns of one batch, and what it says about itself.
#[derive(Debug)]
pub(super) struct BatchOutcome {
    /// In file order.
    pub(super) columns: Vec<Column>,
    /// Largest difference between an account and the sum of its parts, USD.
    pub(super) imbalance_usd: f64,
}

impl BatchOutcome {
    /// Takes a finished batch's outcomes out of its worker.
    #[must_use]
    pub(super) fn take(worker: &BatchWorker, context: &Context<'_>, lanes: usize) -> Self {
        let (plan, components) = (context.plan, &context.components);
        let mut columns = Vec::new();
        let mut real = |name: &str, values: &[f64]| {
            columns.push(Column { name: name.to_owned(), values: Values::Real(values[..lanes].to_vec()) });
        };
        let accounts: [(&str, &AccountTrack); 2] =
            [("hedged", &worker.hedged().track), ("unhedged", &worker.unhedged().track)];
        for (name, track) in accounts {
            real(&format!("{name}_pnl_usd"), &track.pnl);
        }
        let shorter = |(_, horizon): &(usize, u32)| (*horizon as usize) < plan.run.horizon_days;
        for (index, horizon) in SHORT_HORIZONS.into_iter().enumerate().filter(shorter) {
            for (name, track) in accounts {
                real(&format!("{name}_pnl_{horizon}d_usd"), &track.early[index]);
            }
        }
        let mut part_pnl = |name: &str, account: &Account, part: usize| {
            let pnl: Vec<f64> = (0..lanes).map(|lane| account.part_pnl(context, part, lane)).collect();
            real(name, &pnl);
        };
        for (part, component) in components.list().iter().enumerate() {
            part_pnl(&component.column, worker.hedged(), part);
        }
        // The condors of both accounts may differ where the hedge decides over them, or an account is halted.
        if context.coupled || plan.margin.regime != Regime::None {
            for part in components.condor_side() {
                part_pnl(&format!("unhedged_{}", components.list()[part].column), worker.unhedged(), part);
            }
        }
        if let Some(hedge) = &worker.hedged().hedge {
            let held = plan.held_hedges.iter().enumerate();
            let held = held.map(|(number, held)| ("position", &held.name, components.held_hedge(number)));
            let layers = plan.layers.iter().enumerate();
            let layers = layers.map(|(number, layer)| ("layer", &layer.name, components.layer(number)));
            for (number, (kind, name, component)) in layers.chain(held).enumerate() {
                let pnl = |of: &dyn Fn(usize) -> f64| (0..lanes).map(of).collect::<Vec<f64>>();
                let (ledger, attribution) = (&worker.hedged().ledger, &hedge.attribution);
                let carry = pnl(&|lane| attribution.carry_pnl(number, lane));
                let whole = |lane| ledger.component_pnl(component, lane);
                let trigger = pnl(&|lane| whole(lane) - carry[lane]);
                let roll = pnl(&|lane| attribution.roll_pnl(number, lane));
                let rolls = (kind == "layer").then_some(("roll", roll));
                for (part, values) in [("carry", carry), ("trigger", trigger)].into_iter().chain(rolls) {
                    real(&format!("{kind}_{}_{part}_pnl_usd", slug(name)), &values);
                }
            }
        }
        for (name, track) in accounts {
            real(&format!("{name}_max_drawdown_usd"), &track.max_drawdown);
            real(&format!("{name}_worst_day_usd"), &track.worst_day);
            real(&format!("{name}_lowest_equity_usd"), &track.lowest_equity);
        }
        for (name, track) in margin_tracks(worker) {
            real(&format!("{name}_worst_margin_use"), &track.worst_use);
            real(&format!("{name}_lowest_excess_usd"), &track.lowest_excess);
            real(&format!("{name}_lowest_quick_ratio"), &track.lowest_quick);
            if plan.margin.credit.limit > 0.0 {
                real(&format!("{name}_most_drawn_usd"), &track.most_drawn);
            }
        }
        real("max_condor_risk_usd", &worker.hedged().counts.max_condor_risk);
        real("max_vx_contracts", &worker.hedged().counts.max_contracts);
        real("highest_vix", &worker.highest_vix);
        let spot = &worker.market().path.spot;
        let last = plan.run.horizon_days * lanes;
        let index_return: Vec<f64> = (0..lanes).map(|lane| spot[last + lane] / spot[lane] - 1.0).collect();
        real("index_return", &index_return);
        push_counts(&mut columns, worker, plan, lanes);
        worker.study.push_columns(context, &mut columns);
        let imbalance = worker.hedged().imbalance.iter().chain(&worker.unhedged().imbalance);
        Self { columns, imbalance_usd: imbalance.fold(0.0, |largest, &off| off.max(largest)) }
    }
}

/// How both accounts fared against their margin, where something is margined.
fn margin_tracks(worker: &BatchWorker) -> impl Iterator<Item = (&'static str, &MarginTrack)> {
    let accounts = [("hedged", worker.hedged()), ("unhedged", worker.unhedged())];
    accounts.into_iter().filter_map(|(name, account)| Some((name, &account.margin.as_ref()?.track)))
}

fn push_counts(columns: &mut Vec<Column>, worker: &BatchWorker, plan: &Plan, lanes: usize) {
    let mut count = |name: String, values: &[i32]| {
        columns.push(Column { name, values: Values::Count(values.to_vec()) });
    };
    for (name, track) in [("hedged", &worker.hedged().track), ("unhedged", &worker.unhedged().track)] {
        count(format!("{name}_longest_drawdown_days"), &track.longest_drawdown);
    }
    count("condors_opened".into(), &worker.hedged().counts.condors_opened);
    if plan.condors.iter().any(|condor| !condor.shifts.is_empty()) {
        count("condors_shifted".into(), &worker.hedged().counts.condors_shifted);
    }
    count("condors_expired".into(), &worker.hedged().counts.condors_expired);
    for (number, layer) in plan.layers.iter().enumerate() {
        let days = &worker.hedged().counts.layer_days[number * lanes..][..lanes];
        count(format!("layer_{}_days_on", slug(&layer.name)), days);
    }
    for (name, track) in margin_tracks(worker) {
        count(format!("{name}_margin_calls"), &track.calls);
        count(format!("{name}_days_in_call"), &track.days_in_call);
        count(format!("{name}_ruined"), &track.ruined);
    }
    if plan.crunches().is_some() {
        let on = worker.market().crunch.on.chunks_exact(lanes);
        let days = on.fold(vec![0; lanes], |mut days: Vec<i32>, on| {
            days.iter_mut().zip(on).for_each(|(days, &on)| *days += i32::from(on));
            days
        });
        count("crunch_days".into(), &days);
    }
    count("unmarked_days".into(), &worker.hedged().counts.unmarked_days);
}

/// Adds the paths of a later part of the same run.
pub(super) fn append(outcomes: &mut Outcomes, more: Outcomes) {
    for (column, more) in outcomes.columns.iter_mut().zip(more.columns) {
        match (&mut column.values, more.values) {
            (Values::Real(values), Values::Real(more)) => values.extend(more),
            (Values::Count(values), Values::Count(more)) => values.extend(more),
            _ => unreachable!("parts of a run have the same columns"),
        }
    }
}

/// Whether a column says nothing of the hedged account: all settings that hold the same condors have the same.
fn is_common(name: &str) -> bool {
    let beginnings = ["unhedged_", "worst_days_unhedged_", "worst_days_index_", "index_", "highest_vix"];
    name == "worst_days" || beginnings.iter().any(|beginning| name.starts_with(beginning))
}

/// Outcomes of a setting over a range of paths, whose batches come in any order.
#[derive(Debug)]
pub(super) struct OutcomeStore {
    paths: Range<usize>,
    /// In file order; those that another store holds have no values.
    columns: Vec<Column>,
    /// Whether columns are left to the store of another setting with the same condors.
    leaves_common: bool,
    imbalance_usd: f64,
}

impl OutcomeStore {
    /// Room for those paths.
    #[must_use]
    pub(super) fn new(paths: Range<usize>, leaves_common: bool) -> Self {
        Self { paths, columns: Vec::new(), leaves_common, imbalance_usd: 0.0 }
    }

    /// Writes a batch down whose first path has that number.
    pub(super) fn put(&mut self, first: usize, batch: BatchOutcome) {
        self.imbalance_usd = self.imbalance_usd.max(batch.imbalance_usd);
        if self.columns.is_empty() {
            let room = |column: &Column| {
                let paths = if self.leaves_common && is_common(&column.name) { 0 } else { self.paths.len() };
                let values = match column.values {
                    Values::Real(_) => Values::Real(vec![0.0; paths]),
                    Values::Count(_) => Values::Count(vec![0; paths]),
                };
                Column { name: column.name.clone(), values }
            };
            self.columns.extend(batch.columns.iter().map(room));
        }
        let at = first - self.paths.start;
        for (column, batch) in self.columns.iter_mut().zip(batch.columns) {
            match (&mut column.values, batch.values) {
                (Values::Real(all), _) if all.is_empty() => {}
                (Values::Count(all), _) if all.is_empty() => {}
                (Values::Real(all), Values::Real(batch)) => all[at..][..batch.len()].copy_from_slice(&batch),
                (Values::Count(all), Values::Count(batch)) => all[at..][..batch.len()].copy_from_slice(&batch),
                _ => unreachable!("batches of a plan have the same columns"),
            }
        }
    }

    /// The columns that other settings with the same condors leave to this store.
    #[must_use]
    pub(super) fn common(&self) -> Vec<Column> {
        self.columns.iter().filter(|column| is_common(&column.name)).cloned().collect()
    }

    /// The outcomes, and the largest difference between an account and the sum of its parts, USD.
    #[must_use]
    pub(super) fn finish(mut self, common: &[Column], components: &Components) -> (Outcomes, f64) {
        if self.leaves_common {
            for column in &mut self.columns {
                if let Some(common) = common.iter().find(|common| common.name == column.name) {
                    column.values = common.values.clone();
                }
            }
        }
        (Outcomes { columns: self.columns, components: components.list().to_vec() }, self.imbalance_usd)
    }
}
