//! VX and VIX options held at the start: what the calendar decides about them, and what they tie up.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::schedule::{Numbering, VxKey};
use super::vix_option_marks::VixOptionMarks;
use crate::calendar::{Grid, VixContract};
use crate::instrument::OptionKind;
use crate::plan::{HeldVix, Plan};

/// One position over the days of a run.
#[derive(Debug, Clone)]
pub(super) struct HeldHedgeTerms {
    /// Day on which it settles; `None` beyond the horizon.
    pub(super) settles: Option<usize>,
    /// Where its marks are read.
    pub(super) marks: HeldMarks,
    /// Which VX its month is by order of expiry, by day, 1 for the front one.
    pub(super) months: Vec<u8>,
}

/// Where the marks of a position are read.
#[derive(Debug, Clone)]
pub(super) enum HeldMarks {
    /// Off a VX table a day, up to the settlement.
    Future(Vec<usize>),
    /// Off the tables of that contract of VIX options.
    Option {
        /// Put or call.
        kind: OptionKind,
        /// VIX points.
        strike: f64,
        /// Number of the contract.
        contract: u16,
    },
}

/// The VX that some plans hold at the start, and the numbers of the marks that each needs, by day.
pub(super) fn future_tables(
    grid: &Grid,
    plans: &[&Plan],
    keys: &mut Numbering<VxKey>,
) -> BTreeMap<VixContract, Vec<usize>> {
    let held = plans.iter().flat_map(|plan| &plan.held_hedges);
    let futures = held.filter(|held| matches!(held.of, HeldVix::Future { .. })).map(|held| held.contract);
    let tables = futures.map(|contract| {
        let last = grid.index_of(contract.settlement_close).unwrap_or(grid.horizon_days());
        (contract, (0..=last).map(|day| keys.number(VxKey::new(grid, day, contract))).collect())
    });
    tables.collect()
}

/// Lists what is held at the start.
pub(super) fn list_held_hedges(
    grid: &Grid,
    plan: &Plan,
    options: &VixOptionMarks,
    futures: &BTreeMap<VixContract, Vec<usize>>,
) -> Vec<HeldHedgeTerms> {
    let terms = plan.held_hedges.iter().map(|held| HeldHedgeTerms {
        settles: grid.index_of(held.contract.settlement_close),
        marks: match held.of {
            HeldVix::Future { .. } => HeldMarks::Future(futures[&held.contract].clone()),
            HeldVix::Option { kind, strike } => {
                HeldMarks::Option { kind, strike, contract: options.number(held.contract) }
            }
        },
        months: grid.dates().iter().map(|&date| month_of(date, held.contract)).collect(),
    });
    terms.collect()
}

/// The options held at the start, those of one expiry together.
pub(super) fn option_groups(plan: &Plan) -> Vec<Vec<usize>> {
    let mut groups = BTreeMap::<VixContract, Vec<usize>>::new();
    for (number, held) in plan.held_hedges.iter().enumerate() {
        if let HeldVix::Option { .. } = held.of {
            groups.entry(held.contract).or_default().push(number);
        }
    }
    groups.into_values().collect()
}

/// The contract's rank by expiry on a day; 1 from its settlement on.
fn month_of(date: Date, contract: VixContract) -> u8 {
    VixContract::listed(date).take_while(|listed| listed.expiry < contract.expiry).count() as u8 + 1
}
