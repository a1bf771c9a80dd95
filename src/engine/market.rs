//! The market along the paths of one batch: paths under P, and what rules and ledgers see of them, marked under Q.

use std::cell::OnceCell;

use super::context::Context;
use super::instrument::VxLeg;
use super::lanes::Lanes;
use crate::calendar::VixContract;
use crate::math::exp;
use crate::path::{CrunchBatch, Generator, PathBatch, Workspace as PathWorkspace};

/// Marks of one leg of an instrument, `[day * lanes + lane]`, points; a day gains `held` of today less `next` of the day
/// before.
#[derive(Debug, Default, Clone)]
pub(super) struct LegMarks {
    /// The contract held since the day before; the index with the day's dividends.
    pub(super) held: Vec<f64>,
    /// The contract held from today on; the index with the interest to the next day.
    pub(super) next: Vec<f64>,
    /// What a contract gained on each day, once somebody held one.
    days: Vec<OnceCell<LegDay>>,
}

/// What one contract held since yesterday made on each path, USD.
#[derive(Debug, Default, Clone)]
pub(super) struct LegDay {
    /// All of it.
    pub(super) gain: Vec<f64>,
    /// What it would have made had nothing happened.
    pub(super) carry: Vec<f64>,
}

impl LegMarks {
    /// What one contract has made since yesterday, at `multiplier` USD a point, the same for all who hold this leg.
    ///
    /// `carry` is asked for the carry, once a day.
    pub(super) fn day(&self, day: usize, lanes: usize, multiplier: f64, carry: impl FnOnce(&mut [f64])) -> &LegDay {
        self.days[day].get_or_init(|| {
            let (held, before) = (&self.held[day * lanes..], &self.next[(day - 1) * lanes..][..lanes]);
            let gain = held.iter().zip(before).map(|(held, before)| (held - before) * multiplier).collect();
            let mut made = LegDay { gain, carry: vec![0.0; lanes] };
            carry(&mut made.carry);
            made
        })
    }

    /// Forgets what contracts made along the batch before.
    fn restart(&mut self, days: usize) {
        self.days.clear();
        self.days.resize_with(days, OnceCell::new);
    }
}

/// The market of a batch; every array is `[day * lanes + lane]`.
#[derive(Debug, Default)]
pub(super) struct MarketBatch {
    /// Index and variance factors.
    pub(super) path: PathBatch,
    /// Logarithm of the index.
    pub(super) log_spot: Vec<f64>,
    /// VIX, points.
    pub(super) vix: Vec<f64>,
    /// Liquidity crunches; empty where the run has none.
    pub(super) crunch: CrunchBatch,
    /// One entry for each leg of the run's instruments.
    pub(super) legs: Vec<LegMarks>,
    workspace: PathWorkspace,
}

impl MarketBatch {
    /// Takes some paths of another batch.
    pub(super) fn take(&mut self, lanes: &Lanes<'_>, from: &Self) {
        self.path.resize(from.path.days(), lanes.chosen.len());
        let Self { path: PathBatch { spot, x1, x2, .. }, log_spot, vix, crunch, legs, .. } = self;
        let of = &from.path;
        for (from, to) in [(&of.spot, spot), (&of.x1, x1), (&of.x2, x2), (&from.log_spot, log_spot), (&from.vix, vix)] {
            lanes.gather(from, to);
        }
        lanes.gather(&from.crunch.on, &mut crunch.on);
        lanes.gather(&from.crunch.basis, &mut crunch.basis);
        legs.resize_with(from.legs.len(), LegMarks::default);
        for (to, from) in legs.iter_mut().zip(&from.legs) {
            lanes.gather(&from.held, &mut to.held);
            lanes.gather(&from.next, &mut to.next);
            to.restart(of.days());
        }
    }

    /// Simulates and marks the paths from `first_path` on.
    pub(super) fn fill(&mut self, context: &Context<'_>, first_path: u64, lanes: usize) {
        context.generator.fill(first_path, lanes, &mut self.path, &mut self.workspace);
        match &context.crunches {
            Some(crunches) => crunches.fill(first_path, &self.path, &mut self.crunch),
            None => self.crunch.clear(),
        }
        self.mark(context, lanes);
    }

    /// The same along the paths of another generator, without crunches.
    pub(super) fn fill_with(&mut self, generator: &Generator, context: &Context<'_>, first_path: u64, lanes: usize) {
        generator.fill(first_path, lanes, &mut self.path, &mut self.workspace);
        self.crunch.clear();
        self.mark(context, lanes);
    }

    /// Whether a path is in a crunch; `at` is its place in the columns.
    pub(super) fn is_in_crunch(&self, at: usize) -> bool {
        self.crunch.on.get(at) == Some(&true)
    }

    /// Brings model prices of a VX to the market's: those of all lanes at the close of `today`, in the basis of the close
    /// `basis_of`.
    pub(super) fn add_basis(
        &self,
        context: &Context<'_>,
        contract: VixContract,
        today: usize,
        basis_of: usize,
        prices: &mut [f64],
    ) {
        if let Some(share) = context.share_of_basis(contract, today).filter(|_| !self.crunch.basis.is_empty()) {
            multiply_by_basis(&self.crunch.basis[basis_of * prices.len()..], share, prices);
        }
    }

    /// Marks the paths.
    fn mark(&mut self, context: &Context<'_>, lanes: usize) {
        let size = (context.grid.horizon_days() + 1) * lanes;
        self.log_spot.clear();
        self.log_spot.extend_from_slice(&self.path.spot);
        crate::math::vector::ln_slice(&mut self.log_spot);
        self.vix.resize(size, 0.0);
        for (day, map) in context.vix_maps.iter().enumerate() {
            let row = day * lanes..(day + 1) * lanes;
            map.fill(&self.path.x1[row.clone()], &self.path.x2[row.clone()], &mut self.vix[row]);
        }
        self.legs.resize_with(context.legs.len(), LegMarks::default);
        for (marks, leg) in self.legs.iter_mut().zip(&context.legs) {
            marks.restart(context.grid.horizon_days() + 1);
            marks.held.resize(size, 0.0);
            marks.next.resize(size, 0.0);
            match &leg.vx {
                Some(vx) => {
                    fill_vx(context, &self.path, vx, marks);
                    if !self.crunch.basis.is_empty() {
                        leave_the_model(context, &self.crunch, vx, lanes, marks);
                    }
                }
                None => fill_index(context, &self.path, marks),
            }
        }
    }
}

fn fill_vx(context: &Context<'_>, path: &PathBatch, vx: &VxLeg, marks: &mut LegMarks) {
    for day in 0..=context.grid.horizon_days() {
        let row = path.row(day);
        let (x1, x2) = (&path.x1[row.clone()], &path.x2[row.clone()]);
        context.vx_table(vx.next[day]).futures(x1, x2, &mut marks.next[row.clone()]);
        match vx.held[day] {
            Some(key) => context.vx_table(key).futures(x1, x2, &mut marks.held[row]),
            None => marks.held[row.clone()].copy_from_slice(&marks.next[row]),
        }
    }
}

/// Brings the marks of a leg to the market's in crunches.
fn leave_the_model(context: &Context<'_>, crunch: &CrunchBatch, vx: &VxLeg, lanes: usize, marks: &mut LegMarks) {
    for day in 0..=context.grid.horizon_days() {
        let row = day * lanes..(day + 1) * lanes;
        let held = vx.contracts[day.saturating_sub(1)];
        for (contract, prices) in [(held, &mut marks.held), (vx.contracts[day], &mut marks.next)] {
            if let Some(share) = context.share_of_basis(contract, day) {
                multiply_by_basis(&crunch.basis[row.clone()], share, &mut prices[row.clone()]);
            }
        }
    }
}

/// Multiplies prices by `exp(share x basis)`, where there is a basis.
pub(super) fn multiply_by_basis(basis: &[f64], share: f64, prices: &mut [f64]) {
    for (price, &basis) in prices.iter_mut().zip(basis).filter(|(_, basis)| **basis != 0.0) {
        *price *= exp(share * basis);
    }
}

fn fill_index(context: &Context<'_>, path: &PathBatch, marks: &mut LegMarks) {
    for day in 0..=context.grid.horizon_days() {
        let row = path.row(day);
        let growth = [context.dividend_growth(day), context.cash_growth(day + 1)];
        for ([held, next], &spot) in marks.held[row.clone()]
            .iter_mut()
            .zip(&mut marks.next[row.clone()])
            .map(|(a, b)| [a, b])
            .zip(&path.spot[row])
        {
            *held = spot * growth[0];
            *next = spot * growth[1];
        }
    }
}
