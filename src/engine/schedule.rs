//! What the calendar decides before any path exists: when entries fall due, which expiries and contracts are in play.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::calendar::expiry::{close_before_morning, nearest_third_friday, nearest_third_friday_morning, third_friday};
use crate::calendar::grid::window_after;
use crate::calendar::sessions::session_on_or_after;
use crate::calendar::{Grid, TimeLeft, VixContract, nearest_spx_expiry};
use crate::plan::Plan;
use crate::strategy::condor::Settlement;
use crate::strategy::{CondorProgramme, Every, Expiry};
use crate::units::VIX_WINDOW_DAYS;

/// The entries of one condor programme, by day.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EntrySchedule {
    /// Whether an entry falls due.
    pub(super) due: Vec<bool>,
    /// Number of the expiry that an entry of the day takes.
    pub(super) expiry: Vec<u16>,
    /// Number of the expiry that each shift of the programme moves to, by day.
    pub(super) shift_expiry: Vec<Vec<u16>>,
}

/// All SPX expiries that the programmes can hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Expiries {
    /// The closes at which they settle, ascending.
    pub(super) dates: Vec<Date>,
    /// Day of the run on which each expires; `None` beyond the horizon.
    pub(super) day: Vec<Option<usize>>,
}

impl Expiries {
    /// The expiries that condors of some plans can take, and those of what they hold at the start.
    #[must_use]
    pub(super) fn in_play(grid: &Grid, plans: &[&Plan]) -> Self {
        let chosen = plans.iter().flat_map(|plan| &plan.condors).flat_map(|programme| chosen_expiries(grid, programme));
        let held = plans.iter().flat_map(|plan| &plan.held_condors).map(|position| position.expiry);
        let mut dates: Vec<Date> = chosen.flatten().chain(held).collect();
        dates.sort_unstable();
        dates.dedup();
        let day = dates.iter().map(|&date| grid.index_of(date)).collect();
        Self { dates, day }
    }

    /// The number of an expiry in play.
    #[must_use]
    pub(super) fn number(&self, date: Date) -> u16 {
        self.dates.partition_point(|&other| other < date) as u16
    }
}

/// When each programme may enter, and which expiries its entries and shifts take.
///
/// No entry falls due on the last day.
#[must_use]
pub(super) fn schedule_entries(grid: &Grid, expiries: &Expiries, programmes: &[CondorProgramme]) -> Vec<EntrySchedule> {
    let schedule = |programme: &CondorProgramme| {
        let numbers = |dates: Vec<Date>| dates.into_iter().map(|date| expiries.number(date)).collect();
        let mut chosen = chosen_expiries(grid, programme).into_iter().map(numbers);
        EntrySchedule {
            due: due_days(grid, programme.every, programme.settlement),
            expiry: chosen.next().unwrap_or_default(),
            shift_expiry: chosen.collect(),
        }
    };
    programmes.iter().map(schedule).collect()
}

/// The expiries of a programme's entries and of each of its shifts, by day.
fn chosen_expiries(grid: &Grid, programme: &CondorProgramme) -> Vec<Vec<Date>> {
    let choose = match (programme.expiry, programme.settlement) {
        (Expiry::Listed, _) => nearest_spx_expiry,
        (Expiry::ThirdFriday, Settlement::Pm) => nearest_third_friday,
        (Expiry::ThirdFriday, Settlement::Am) => nearest_third_friday_morning,
    };
    let aims = std::iter::once(programme.days).chain(programme.shifts.iter().map(|shift| shift.to_days));
    aims.map(|days| grid.dates().iter().map(|&date| choose(date, days)).collect()).collect()
}

/// The days on which an entry falls due.
fn due_days(grid: &Grid, every: Every, settlement: Settlement) -> Vec<bool> {
    let last = grid.horizon_days();
    let mut due = vec![false; last + 1];
    let first = grid.date(0);
    match every {
        Every::Day | Every::Flat => due[..last].fill(true),
        Every::Week => mark_anniversaries(grid, &mut due, |n| first.checked_add((7 * n).days()).ok()),
        Every::ThirdFriday => {
            for (due, &date) in due[..last].iter_mut().zip(grid.dates()) {
                let friday = third_friday(date.year(), date.month());
                *due = date == if settlement == Settlement::Am { close_before_morning(friday) } else { friday };
            }
        }
        Every::Month => mark_anniversaries(grid, &mut due, |n| first.checked_add(n.months()).ok()),
    }
    due
}

/// Marks the first day and every later session on or after an anniversary.
fn mark_anniversaries(grid: &Grid, due: &mut [bool], anniversary: impl Fn(i64) -> Option<Date>) {
    let last = grid.horizon_days();
    for day in (0..).map_while(|n| grid.index_of(session_on_or_after(anniversary(n)?))) {
        if day < last {
            due[day] = true;
        }
    }
}

/// The VX contract that an instrument holds, by day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct VxInstrument {
    /// Which VX, 1 for the front month.
    pub(super) month: u8,
    /// Calendar days before expiry at which it rolls.
    pub(super) roll_days: u32,
}

impl VxInstrument {
    /// The contract held after the close of each day.
    #[must_use]
    pub(super) fn contracts(self, grid: &Grid) -> Vec<VixContract> {
        (0..=grid.horizon_days()).map(|day| VixContract::held(grid.date(day), self.month, self.roll_days)).collect()
    }
}

/// What decides the mark of a VX in any state: time to its settlement, and the window that VIX then looks ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct VxKey {
    /// From the day's close to the close at which the contract settles.
    pub(super) time_left: TimeLeft,
    /// The 30 days from its expiry.
    pub(super) window: TimeLeft,
}

impl VxKey {
    /// The key of a contract on a day.
    #[must_use]
    pub(super) fn new(grid: &Grid, day: usize, contract: VixContract) -> Self {
        Self {
            time_left: grid.time_left(day, contract.settlement_close),
            window: window_after(contract.expiry, VIX_WINDOW_DAYS),
        }
    }
}

/// Numbers keys in the order in which they are first asked for.
#[derive(Debug)]
pub(super) struct Numbering<K> {
    numbers: BTreeMap<K, usize>,
    keys: Vec<K>,
}

impl<K> Default for Numbering<K> {
    fn default() -> Self {
        Self { numbers: BTreeMap::new(), keys: Vec::new() }
    }
}

impl<K: Ord + Copy> Numbering<K> {
    /// The number of a key, a new one if it is new.
    pub(super) fn number(&mut self, key: K) -> usize {
        let next = self.keys.len();
        *self.numbers.entry(key).or_insert_with(|| {
            self.keys.push(key);
            next
        })
    }

    /// All keys, by number.
    #[must_use]
    pub(super) fn into_keys(self) -> Vec<K> {
        self.keys
    }
}
