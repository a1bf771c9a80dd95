//! Long histories of the default world on the calendar of the data: 1990 to 2026, after five years to forget the start.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::{Date, date};
use tailwing::calendar::grid::window_after;
use tailwing::calendar::sessions::days_between;
use tailwing::calendar::{Clock, Grid, TimeLeft, VixContract};
use tailwing::model::{Law, Model, Preset, RiskNeutral, State, VixMap};
use tailwing::path::factors::{Vvix, VvixStart};
use tailwing::path::{DayStep, Generator, PathBatch, Start, Workspace};
use tailwing::pricing::VxTable;
use tailwing::units::{DAYS_PER_YEAR, VIX_WINDOW_DAYS, VIX3M_WINDOW_DAYS};

/// Contracts priced a day, the next to expire first.
pub(crate) const CONTRACTS: usize = 8;
const LANES: usize = 16;
const SEED: u64 = 1990;
const FIRST_DAY: Date = date(1985, 1, 2);
const LAST_DAY: Date = date(2026, 7, 23);
const VX_DAYS: (Date, Date) = (date(2008, 4, 30), date(2026, 4, 17));
/// Averages of the years of the data; only the mean return depends on them.
const RATE: f64 = 0.03;
const DIVIDEND_YIELD: f64 = 0.02;

/// What all histories share: days, generator, maps to VIX, marks of futures.
pub(crate) struct World {
    grid: Grid,
    generator: Generator,
    vix_maps: Vec<VixMap>,
    vix3m_maps: Vec<VixMap>,
    /// By day, the next to expire first; empty outside the days of the futures' facts.
    contracts: Vec<Vec<Contract>>,
    marks: Vec<VxTable>,
}

/// A VX on one day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contract {
    pub(crate) expiry: Date,
    pub(crate) days_to_expiry: i64,
    mark: usize,
}

/// Closes of one history, by day.
#[derive(Debug, Default, Clone)]
pub(crate) struct History {
    pub(crate) log_spot: Vec<f64>,
    pub(crate) vix: Vec<f64>,
    pub(crate) vix3m: Vec<f64>,
    pub(crate) vvix: Vec<f64>,
    /// Prices of the day's contracts.
    pub(crate) vx: Vec<Vec<f64>>,
}

impl World {
    pub(crate) fn new() -> Self {
        let model = Preset::Default.model();
        let clock = Clock::default();
        let grid = grid();
        let law = model.risk_neutral();
        let maps = |days| (0..=grid.horizon_days()).map(|t| vix_map(law, clock.years(grid.window(t, days)))).collect();
        let (contracts, marks) = contracts(&grid, law, clock);
        let (vix_maps, vix3m_maps) = (maps(VIX_WINDOW_DAYS), maps(VIX3M_WINDOW_DAYS));
        Self { generator: generator(&model, &grid, clock), grid, vix_maps, vix3m_maps, contracts, marks }
    }

    /// The days from `first` to `last`, both sessions.
    pub(crate) fn days(&self, first: Date, last: Date) -> Range<usize> {
        let index = |day| self.grid.index_of(day).unwrap_or_else(|| panic!("{day} is a session"));
        index(first)..index(last) + 1
    }

    pub(crate) fn contracts(&self, day: usize) -> &[Contract] {
        &self.contracts[day]
    }

    /// Simulates `count` histories, a batch after the other, and gives what `look` makes of each.
    pub(crate) fn map_histories<T: Send>(&self, count: usize, look: impl Fn(&History) -> T + Sync) -> Vec<T> {
        let batches: Vec<u64> = (0..count.div_ceil(LANES) as u64).collect();
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(batches.len());
        let shares = batches.chunks(batches.len().div_ceil(threads));
        let work = |share: &[u64]| -> Vec<T> { share.iter().flat_map(|&batch| self.map_batch(batch, &look)).collect() };
        let mut all: Vec<T> = std::thread::scope(|scope| {
            let running: Vec<_> = shares.map(|share| scope.spawn(move || work(share))).collect();
            running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        all.truncate(count);
        all
    }

    fn map_batch<T>(&self, number: u64, look: &impl Fn(&History) -> T) -> Vec<T> {
        let first_path = number * LANES as u64;
        let (mut batch, mut workspace) = (PathBatch::new(), Workspace::default());
        self.generator.fill(first_path, LANES, &mut batch, &mut workspace);
        let index = |maps: &[VixMap]| -> Vec<f64> {
            (0..batch.x1.len()).map(|i| maps[i / LANES].vix(State { x1: batch.x1[i], x2: batch.x2[i] })).collect()
        };
        let (vix, vix3m) = (index(&self.vix_maps), index(&self.vix3m_maps));
        let mut vvix = vec![0.0; vix.len()];
        Vvix::default().fill(SEED, first_path, LANES, VvixStart::default(), &vix, &mut vvix);
        let column = |values: &[f64], lane: usize| values.iter().skip(lane).step_by(LANES).copied().collect();
        let history = |lane: usize| History {
            log_spot: batch.spot.iter().skip(lane).step_by(LANES).map(|&spot| libm::log(spot)).collect(),
            vix: column(&vix, lane),
            vix3m: column(&vix3m, lane),
            vvix: column(&vvix, lane),
            vx: (0..batch.days()).map(|day| self.futures(day, batch.state(day, lane))).collect(),
        };
        (0..LANES).map(|lane| look(&history(lane))).collect()
    }

    fn futures(&self, day: usize, state: State) -> Vec<f64> {
        self.contracts[day].iter().map(|contract| self.marks[contract.mark].future(state)).collect()
    }
}

fn grid() -> Grid {
    let mut horizon = days_between(FIRST_DAY, LAST_DAY) as usize * 251 / 365;
    loop {
        let grid = Grid::new(FIRST_DAY, horizon).unwrap();
        if grid.date(horizon) >= LAST_DAY {
            return grid;
        }
        horizon += 1;
    }
}

fn generator(model: &Model, grid: &Grid, clock: Clock) -> Generator {
    let step = |t| DayStep {
        variance_years: clock.years(grid.step(t)),
        calendar_years: f64::from(grid.step(t).calendar_days()) / DAYS_PER_YEAR,
    };
    let days: Vec<DayStep> = (0..grid.horizon_days()).map(step).collect();
    let start = Start { spot: 100.0, rate: RATE, dividend_yield: DIVIDEND_YIELD, state: mean_state(model) };
    Generator::new(model, start, &days, 1, SEED).unwrap()
}

/// The stationary means under P of both factors, for an intensity that does not depend on the fast one.
pub(crate) fn mean_state(model: &Model) -> State {
    let law = model.physical();
    assert_eq!(law.dynamics.intensity[1], 0.0);
    let x2 = law.theta()[1];
    let jumps = law.intensity(State { x1: 0.0, x2 }) * law.dynamics.jumps.mean_variance_jump;
    State { x1: law.theta()[0] + jumps / law.dynamics.kappa[0], x2 }
}

fn vix_map(law: &Law<RiskNeutral>, years: f64) -> VixMap {
    VixMap::new(law, years).unwrap()
}

/// The contracts of each day and the marks that they share: one table for each time left and window of VIX.
fn contracts(grid: &Grid, law: &Law<RiskNeutral>, clock: Clock) -> (Vec<Vec<Contract>>, Vec<VxTable>) {
    let mut numbers: BTreeMap<(TimeLeft, TimeLeft), usize> = BTreeMap::new();
    let mut tables = Vec::new();
    let first = VixContract::of_month(VX_DAYS.0.year(), VX_DAYS.0.month());
    let mut listed: Vec<VixContract> = std::iter::successors(Some(first), |last| Some(last.next())).take(12).collect();
    let mut of_day = |day: usize| -> Vec<Contract> {
        let today = grid.date(day);
        if !(VX_DAYS.0..=VX_DAYS.1).contains(&today) {
            return Vec::new();
        }
        while listed[0].expiry <= today {
            listed.remove(0);
            listed.push(listed[listed.len() - 1].next());
        }
        let number = |contract: &VixContract| {
            let key = (grid.time_left(day, contract.settlement_close), window_after(contract.expiry, VIX_WINDOW_DAYS));
            let mark = *numbers.entry(key).or_insert_with(|| {
                tables.push(VxTable::build(law, clock.years(key.0), &vix_map(law, clock.years(key.1))).unwrap());
                tables.len() - 1
            });
            Contract { expiry: contract.expiry, days_to_expiry: days_between(today, contract.expiry), mark }
        };
        listed[..CONTRACTS].iter().map(number).collect()
    };
    let by_day = (0..=grid.horizon_days()).map(&mut of_day).collect();
    (by_day, tables)
}
