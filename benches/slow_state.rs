//! The mean of the slow factor given VIX in the stationary real-world law of the default model, with its standard error.
//!
//! ```text
//! x2(v) = intercept at v of the regression of x2 on VIX, over the closes whose VIX is nearest to the knot v (in its log)
//! ```
//!
//! `cargo bench --bench slow_state` simulates centuries on the exchange calendar and prints the table of
//! `src/model/preset.rs`. Errors are from the scatter between independent replicates.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod support;

use jiff::civil::date;
use support::Table;
use tailwing::calendar::{Clock, Grid};
use tailwing::model::{Preset, State, VixMap};
use tailwing::path::{DayStep, Generator, PathBatch, Start, Workspace};
use tailwing::stats::{Moments, Paired};
use tailwing::units::{DAYS_PER_YEAR, VIX_WINDOW_DAYS};

const LOWEST_VIX: f64 = 9.0;
const HIGHEST_VIX: f64 = 90.0;
const KNOTS: usize = 30;
const LANES: usize = 64;
const BATCHES: u64 = 800;
const REPLICATES: usize = 40;
const YEARS: usize = 100;
const SESSIONS_A_YEAR: usize = 252;
/// The slow factor forgets 0.7 % of its start, the mean, in these years.
const BURN_IN_YEARS: usize = 5;
const SEED: u64 = 13;

fn main() {
    let grid = Grid::new(date(2000, 1, 3), YEARS * SESSIONS_A_YEAR).expect("a session");
    let model = Preset::Default.model();
    let clock = Clock::default();
    let map = |t| VixMap::new(model.risk_neutral(), clock.years(grid.window(t, VIX_WINDOW_DAYS))).expect("a window");
    let maps: Vec<VixMap> = (0..=grid.horizon_days()).map(map).collect();
    let generator = generator(&grid, clock);
    let (mut batch, mut workspace) = (PathBatch::new(), Workspace::default());
    let mut replicates = vec![[Paired::default(); KNOTS]; REPLICATES];
    for (number, replicate) in (0..BATCHES).zip((0..REPLICATES).cycle()) {
        generator.fill(number * LANES as u64, LANES, &mut batch, &mut workspace);
        add_pairs(&batch, &maps, &mut replicates[replicate]);
    }
    print(&replicates);
}

fn generator(grid: &Grid, clock: Clock) -> Generator {
    let model = Preset::Default.model();
    let step = |t| DayStep {
        variance_years: clock.years(grid.step(t)),
        calendar_years: f64::from(grid.step(t).calendar_days()) / DAYS_PER_YEAR,
    };
    let days: Vec<DayStep> = (0..grid.horizon_days()).map(step).collect();
    let [x1, x2] = model.physical().theta();
    let start = Start { spot: 100.0, rate: 0.0, dividend_yield: 0.0, state: State { x1, x2 } };
    Generator::new(&model, start, &days, 1, SEED).expect("the preset is valid")
}

/// Adds the pairs of VIX and slow factor after the burn-in to those of the knot nearest in the logarithm.
fn add_pairs(batch: &PathBatch, maps: &[VixMap], pairs: &mut [Paired; KNOTS]) {
    let knots_per_log = (KNOTS - 1) as f64 / libm::log(HIGHEST_VIX / LOWEST_VIX);
    let mut vix = vec![0.0; batch.lanes()];
    for day in BURN_IN_YEARS * SESSIONS_A_YEAR..batch.days() {
        let (x1, x2) = (&batch.x1[batch.row(day)], &batch.x2[batch.row(day)]);
        maps[day].fill(x1, x2, &mut vix);
        for (&vix, &x2) in vix.iter().zip(x2) {
            let nearest = (knots_per_log * libm::log(vix / LOWEST_VIX)).round();
            if (0.0..KNOTS as f64).contains(&nearest) {
                pairs[nearest as usize].push(vix, x2);
            }
        }
    }
}

fn knot_vix(knot: usize) -> f64 {
    let vix = LOWEST_VIX * libm::pow(HIGHEST_VIX / LOWEST_VIX, knot as f64 / (KNOTS - 1) as f64);
    (100.0 * vix).round() / 100.0
}

/// The regression's value at a knot.
fn at_knot(pairs: &Paired, knot: usize) -> f64 {
    pairs.y().mean() + pairs.slope().unwrap_or(0.0) * (knot_vix(knot) - pairs.x().mean())
}

fn print(replicates: &[[Paired; KNOTS]]) {
    let mut table = Table::new(&["VIX", "mean of x2", "standard error", "closes"]);
    for knot in 0..KNOTS {
        let mut all = Paired::default();
        replicates.iter().for_each(|pairs| all.merge(&pairs[knot]));
        let scatter: Moments = replicates.iter().map(|pairs| at_knot(&pairs[knot], knot)).collect();
        let error = scatter.standard_error().expect("many replicates");
        let (vix, value) = (knot_vix(knot), at_knot(&all, knot));
        println!("    ({vix:.2}, {value:.6}),");
        table.row(&[format!("{vix:.2}"), format!("{value:.6}"), format!("{error:.1e}"), all.x().count().to_string()]);
    }
    println!("\n{table}");
}
