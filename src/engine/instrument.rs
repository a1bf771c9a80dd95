//! What layers hold of futures and of the index: the contracts of each instrument by day, which the calendar decides.
//!
//! An instrument has legs. A leg holds one contract at a time and has a share of the instrument's contracts:
//!
//! ```text
//! VX by month            one leg
//! the index              one leg
//! constant maturity      months m to n in n - m + 1 legs: dr/dt of a month's part in the nearest, the rest in the last
//! ```
//!
//! A contract keeps its leg from the day it enters as the last month to the day it leaves as the nearest.

use std::ops::Range;

use super::schedule::{Numbering, VxInstrument, VxKey};
use crate::book::Contract;
use crate::calendar::{Grid, VixContract};
use crate::plan::Plan;
use crate::strategy::Layer;
use crate::strategy::layer::{Hold, VxHold};
use crate::units::{MINI_VX_MULTIPLIER, VX_MULTIPLIER};

/// What an instrument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// VIX futures.
    Vx,
    /// Mini VIX futures.
    MiniVx,
    /// The index.
    Index,
}

impl Kind {
    /// USD a point of one contract.
    #[must_use]
    pub(super) fn multiplier(self) -> f64 {
        match self {
            Self::Vx => VX_MULTIPLIER,
            Self::MiniVx => MINI_VX_MULTIPLIER,
            Self::Index => 1.0,
        }
    }
}

/// An instrument and the layers that hold it.
#[derive(Debug, Clone)]
pub(super) struct Instrument {
    /// What it is.
    pub(super) kind: Kind,
    /// Layers, lowest first.
    pub(super) layers: Vec<usize>,
    /// Its legs in the world's list.
    pub(super) legs: Range<usize>,
    /// Whether positions are whole contracts.
    pub(super) whole: bool,
}

/// One contract at a time, by day.
#[derive(Debug, Clone)]
pub(super) struct Leg {
    /// What is held from each day on, where it is a VX.
    pub(super) vx: Option<VxLeg>,
    /// What happens to the contract on each day.
    pub(super) change: Vec<Contract>,
    /// Share of the instrument's contracts that are held from each day on.
    pub(super) share: Vec<f64>,
}

/// The VX contracts of a leg.
#[derive(Debug, Clone)]
pub(super) struct VxLeg {
    /// Contract held from each day on.
    pub(super) contracts: Vec<VixContract>,
    /// Which VX it is by order of expiry, 1 for the front month.
    pub(super) months: Vec<u8>,
    /// Its table of marks.
    pub(super) next: Vec<usize>,
    /// Table of the contract held since the day before, where it is another one.
    pub(super) held: Vec<Option<usize>>,
}

/// What a layer holds, in parts of contracts or in whole ones, and its legs in the list of all.
pub(super) type Held = (Hold, bool, Range<usize>);

/// Lists the legs of all futures and indices that layers of some plans hold, and the keys of all VX marks they need.
pub(super) fn list_legs(grid: &Grid, plans: &[&Plan], keys: &mut Numbering<VxKey>) -> (Vec<Leg>, Vec<Held>) {
    let (mut legs, mut holds) = (Vec::new(), Vec::<Held>::new());
    for layer in plans.iter().flat_map(|plan| &plan.layers) {
        if find(&holds, layer).is_some() {
            continue;
        }
        let first = legs.len();
        match &layer.hold {
            Hold::Vx(vx) => legs.extend(vx_legs(grid, *vx, keys)),
            Hold::Index => legs.push(index_leg(grid)),
            Hold::VixOption(_) => continue,
        }
        holds.push((layer.hold.clone(), layer.fractional, first..legs.len()));
    }
    (legs, holds)
}

fn find<'a>(holds: &'a [Held], layer: &Layer) -> Option<&'a Range<usize>> {
    let found = holds.iter().find(|(hold, fractional, _)| (hold, *fractional) == (&layer.hold, layer.fractional));
    found.map(|(.., legs)| legs)
}

/// The futures and indices that the layers of a plan hold.
pub(super) fn list_instruments(holds: &[Held], plan: &Plan) -> Vec<Instrument> {
    let mut instruments = Vec::<Instrument>::new();
    for (number, layer) in plan.layers.iter().enumerate() {
        let kind = match &layer.hold {
            Hold::Vx(VxHold { mini: true, .. }) => Kind::MiniVx,
            Hold::Vx(_) => Kind::Vx,
            Hold::Index => Kind::Index,
            Hold::VixOption(_) => continue,
        };
        let Some(legs) = find(holds, layer) else { unreachable!("the legs of every layer are listed") };
        match instruments.iter_mut().find(|known| known.legs == *legs) {
            Some(known) => known.layers.push(number),
            None => {
                let (layers, legs) = (vec![number], legs.clone());
                instruments.push(Instrument { kind, layers, legs, whole: !layer.fractional });
            }
        }
    }
    instruments
}

fn index_leg(grid: &Grid) -> Leg {
    let days = grid.horizon_days() + 1;
    Leg { vx: None, change: vec![Contract::Same; days], share: vec![1.0; days] }
}

fn vx_legs(grid: &Grid, hold: VxHold, keys: &mut Numbering<VxKey>) -> Vec<Leg> {
    let VxHold { month, last_month: Some(last_month), .. } = hold else {
        let contracts = by_month(grid, hold);
        let share = vec![1.0; contracts.len()];
        let months = vec![hold.month; contracts.len()];
        return vec![vx_leg(grid, contracts, months, share, keys)];
    };
    let count = usize::from(last_month - month) + 1;
    let fronts = VxInstrument { month: 1, roll_days: 0 }.contracts(grid);
    // The contract of each leg, by its rank behind the front month: ranks rise by one when a front month settles.
    let mut settled = 0;
    let mut legs = vec![(Vec::new(), Vec::new(), Vec::new()); count];
    for day in 0..fronts.len() {
        settled += usize::from(day > 0 && fronts[day] != fronts[day - 1]);
        let nearer = fronts[day].nearer_share(grid.date(day));
        for rank in 0..count {
            let leg: &mut (Vec<VixContract>, Vec<u8>, Vec<f64>) = &mut legs[(settled + rank) % count];
            let (contracts, months_of_leg, shares) = leg;
            months_of_leg.push(month + rank as u8);
            contracts.push((1..usize::from(month) + rank).fold(fronts[day], |contract, _| contract.next()));
            let months = match rank {
                0 => nearer,
                _ if rank == count - 1 => 1.0 - nearer,
                _ => 1.0,
            };
            shares.push(months / (count - 1) as f64);
        }
    }
    let leg = |(contracts, months, shares)| vx_leg(grid, contracts, months, shares, keys);
    legs.into_iter().map(leg).collect()
}

/// The contract of one month, held after the close of each day.
fn by_month(grid: &Grid, hold: VxHold) -> Vec<VixContract> {
    let month = VxInstrument { month: hold.month, roll_days: hold.roll_days };
    let contracts = month.contracts(grid);
    let Some(every) = hold.roll_every else { return contracts };
    // Move every so many days, and where the contract comes within the last days of its life.
    let first = VxInstrument { month: 1, ..month }.contracts(grid);
    let mut kept = contracts[0];
    let days = contracts.into_iter().zip(first).enumerate();
    days.map(|(day, (contract, first))| {
        if day % every as usize == 0 || kept.expiry < first.expiry {
            kept = contract;
        }
        kept
    })
    .collect()
}

fn vx_leg(
    grid: &Grid,
    contracts: Vec<VixContract>,
    months: Vec<u8>,
    share: Vec<f64>,
    keys: &mut Numbering<VxKey>,
) -> Leg {
    let mut held = vec![None];
    let mut change = vec![Contract::Same];
    for day in 1..=grid.horizon_days() {
        let old = contracts[day - 1];
        let settled = old.settlement_close <= grid.date(day);
        let rolled = old != contracts[day];
        held.push(rolled.then(|| keys.number(VxKey::new(grid, day, old))));
        change.push(match (rolled, settled) {
            (false, _) => Contract::Same,
            (true, true) => Contract::Settled,
            (true, false) => Contract::Rolled,
        });
    }
    let next = contracts.iter().enumerate();
    let next = next.map(|(day, &contract)| keys.number(VxKey::new(grid, day, contract))).collect();
    Leg { vx: Some(VxLeg { months, next, held, contracts }), change, share }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const FRONT: VxHold = VxHold { month: 1, last_month: None, mini: false, roll_days: 0, roll_every: None };

    fn legs(hold: VxHold) -> (Grid, Vec<Leg>) {
        let grid = Grid::new(date(2026, 11, 20), 63).unwrap();
        let legs = vx_legs(&grid, hold, &mut Numbering::default());
        (grid, legs)
    }

    fn month(leg: &Leg, day: usize) -> i8 {
        leg.vx.as_ref().unwrap().contracts[day].expiry.month()
    }

    #[test]
    fn constant_maturity_moves_day_by_day_from_the_nearest_month_to_the_last() {
        let (grid, legs) = legs(VxHold { last_month: Some(2), ..FRONT });
        // On 20 November 16 of 19 sessions of December's roll period lie ahead.
        assert_eq!([month(&legs[0], 0), month(&legs[1], 0)], [12, 1]);
        assert_eq!([legs[0].share[0], legs[1].share[0]], [16.0 / 19.0, 1.0 - 16.0 / 19.0]);
        // December settles on the 15th: its leg goes on with February, from nothing.
        let settlement = grid.index_of(date(2026, 12, 15)).unwrap();
        assert_eq!(legs[0].change[settlement], Contract::Settled);
        assert_eq!([month(&legs[0], settlement), month(&legs[1], settlement)], [2, 1]);
        assert_eq!([legs[0].share[settlement], legs[1].share[settlement]], [0.0, 1.0]);
        for day in 0..=grid.horizon_days() {
            assert!((legs[0].share[day] + legs[1].share[day] - 1.0).abs() < 1e-15);
        }
    }

    #[test]
    fn the_middle_months_of_a_longer_maturity_are_held_in_full() {
        let (_, legs) = legs(VxHold { month: 4, last_month: Some(7), ..FRONT });
        let shares: Vec<f64> = legs.iter().map(|leg| 3.0 * leg.share[0]).collect();
        assert_eq!(shares, [16.0 / 19.0, 1.0, 1.0, 1.0 - 16.0 / 19.0]);
        assert_eq!(legs.iter().map(|leg| month(leg, 0)).collect::<Vec<_>>(), [3, 4, 5, 6]);
        // A leg is left by a contract without a position: nothing rolls from one contract to the next within it.
        for leg in &legs {
            for day in (1..leg.share.len()).filter(|&day| leg.change[day] != Contract::Same) {
                assert_eq!((leg.change[day], leg.share[day]), (Contract::Rolled, 0.0));
            }
        }
    }

    #[test]
    fn a_month_that_rolls_every_n_days_is_kept_meanwhile() {
        let (grid, legs) = legs(VxHold { month: 2, roll_every: Some(10), ..FRONT });
        let day = |of_month: i8| grid.index_of(date(2026, 12, of_month)).unwrap();
        // December settles on the 15th, the 16th day; the position stays in January until day 20.
        assert_eq!([month(&legs[0], day(15)), month(&legs[0], 19), month(&legs[0], 20)], [1, 1, 2]);
        assert_eq!(day(15), 16);
        assert_eq!(legs[0].change[20], Contract::Rolled);
        // A front month cannot be kept beyond its settlement.
        let (_, legs) = self::legs(VxHold { roll_every: Some(60), ..FRONT });
        assert_eq!([month(&legs[0], 15), month(&legs[0], 16)], [12, 1]);
        assert_eq!(legs[0].change[16], Contract::Settled);
    }
}
