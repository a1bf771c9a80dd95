//! Factors that rules see and the index-variance model lacks: synthetic breadth, an observation factor of VVIX, macro
//! factors, the expected daily range.
//!
//! Breadth and VVIX have random numbers of their own, one block a path and day, and both are functions of closes and of VIX, which
//! come from outside: a history and a simulated path are treated alike.

mod process;
mod range;

pub use process::{MARKET_SHOCKS, MacroFactor, MacroFactors};
pub use range::{DailyRange, REALIZED_DAYS, realized_volatility};

use std::ops::Range;

use crate::math::InstructionSet;
use crate::math::dispatch::dispatched;
use crate::math::vector::{exp_slice, ln, tanh};
use crate::random::{Address, DrawLanes, LANES, Lanes, Purpose, fill_draws, fill_student_t};

/// Square root of 252, trading days a year.
const ROOT_TRADING_DAYS: f64 = 15.874_507_866_387_544;
/// Weight of the newest value in a 63-day exponential average, 2 / (63 + 1).
const NEWEST_OF_63: f64 = 2.0 / 64.0;
/// Degrees of freedom of the innovations of VVIX.
const DEGREES: f64 = 5.0;
/// Standard deviation of Student's t with five degrees of freedom, sqrt(5/3).
const STUDENT_DEVIATION: f64 = 1.290_994_448_735_805_6;

/// Synthetic market breadth, as fitted to NYSE data of 1996-2026.
///
/// ```text
/// NA = (A - D) / (A + D) = tanh(intercept + slope z + b + u)      z = SPX return / (VIX of the day before / 100 / sqrt 252)
/// b_t = persistence b_{t-1} + N(0, innovation^2),   u ~ N(0, noise^2)
/// ```
///
/// The advance-decline line is the running sum of NA. It predicts nothing, unless [`super::lead::Lead`] makes the
/// persistent part `b` lead jumps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Breadth {
    /// Constant part.
    pub intercept: f64,
    /// Response to the standardised return of the day.
    pub slope: f64,
    /// Daily autocorrelation of the persistent part.
    pub persistence: f64,
    /// Standard deviation of its innovations.
    pub innovation: f64,
    /// Standard deviation of the part that does not last.
    pub noise: f64,
}

impl Breadth {
    /// Fills the advance-decline line of consecutive paths: the running sum of NA, 0 on day 0.
    ///
    /// The return is the relative change of the index; the persistent part starts in its stationary law.
    ///
    /// # Shape
    /// `spot`, `vix` (points) and `line` hold `[day * lanes + lane]`, day 0 included; lane 0 is the path `first_path`.
    pub fn fill_line(&self, seed: u64, first_path: u64, lanes: usize, spot: &[f64], vix: &[f64], line: &mut [f64]) {
        assert!(spot.len() == vix.len() && spot.len() == line.len(), "columns of one batch");
        for_lanes(first_path, lanes, spot.len(), |path, rows| {
            self.fill_lanes(Address { seed, path, step: 0, purpose: Purpose::Breadth }, &rows, spot, vix, line);
        });
    }

    fn fill_lanes(&self, address: Address, rows: &[Range<usize>], spot: &[f64], vix: &[f64], line: &mut [f64]) {
        let mut draws = DrawLanes::default();
        let mut state = BreadthLanes { persistent: [0.0; LANES], line: [0.0; LANES] };
        for (day, row) in rows.iter().enumerate() {
            fill_draws(InstructionSet::Best, Address { step: day as u32, ..address }, 0, &mut draws);
            self.move_persistent(day == 0, &draws, &mut state.persistent);
            if day > 0 {
                let before = rows[day - 1].clone();
                let day = [&spot[before.clone()], &spot[row.clone()], &vix[before]];
                breadth_day(InstructionSet::Best, self, &draws, day, &mut state);
            }
            line[row.clone()].copy_from_slice(&state.line[..row.len()]);
        }
    }

    /// Moves the persistent part over a day by the first normal of that day's draws, or starts it in its stationary law.
    pub(super) fn move_persistent(&self, start: bool, draws: &DrawLanes, persistent: &mut Lanes) {
        if start {
            let deviation = self.persistent_deviation();
            *persistent = std::array::from_fn(|lane| deviation * draws.lane(lane).normals()[0]);
        } else {
            persistent_day(InstructionSet::Best, self, draws, persistent);
        }
    }

    /// Standard deviation of the persistent part in its stationary law.
    #[must_use]
    pub fn persistent_deviation(&self) -> f64 {
        self.innovation / (1.0 - self.persistence * self.persistence).sqrt()
    }
}

impl Default for Breadth {
    fn default() -> Self {
        Self { intercept: 0.0145, slope: 0.427, persistence: 0.93, innovation: 0.0188, noise: 0.20 }
    }
}

/// The observed VVIX, as fitted to 2009-2026 (the model's own VVIX falls when VIX is high, against the data).
///
/// ```text
/// ln VVIX = intercept + level ln VIX + excess (ln VIX - EMA63 ln VIX) + x
/// x_t = persistence x_{t-1} + e,   e of standard deviation `innovation` and the shape of Student's t5
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vvix {
    /// Constant part.
    pub intercept: f64,
    /// Response to the level of ln VIX.
    pub level: f64,
    /// Response to ln VIX above its 63-day average.
    pub excess: f64,
    /// Daily autocorrelation of the observation factor.
    pub persistence: f64,
    /// Standard deviation of its innovations.
    pub innovation: f64,
}

/// What VVIX starts from, known on day 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct VvixStart<'a> {
    /// Closes of VIX before day 0, oldest first, that start its average; without any it starts at day 0's VIX.
    pub past_vix: &'a [f64],
    /// VVIX of day 0, points, which sets the observation factor; without it the factor starts at 0.
    pub observed: Option<f64>,
}

impl Vvix {
    /// Fills the observed VVIX, points, of consecutive paths.
    ///
    /// # Shape
    /// `vix` (points) and `vvix` hold `[day * lanes + lane]`, day 0 included; lane 0 is the path `first_path`.
    pub fn fill(&self, seed: u64, first_path: u64, lanes: usize, start: VvixStart<'_>, vix: &[f64], vvix: &mut [f64]) {
        assert_eq!(vix.len(), vvix.len(), "columns of one batch");
        for_lanes(first_path, lanes, vix.len(), |path, rows| {
            self.fill_lanes(Address { seed, path, step: 0, purpose: Purpose::Vvix }, &rows, start, vix, vvix);
        });
        exp_slice(vvix);
    }

    /// Fills ln VVIX.
    fn fill_lanes(
        &self,
        address: Address,
        rows: &[Range<usize>],
        start: VvixStart<'_>,
        vix: &[f64],
        ln_vvix: &mut [f64],
    ) {
        let past = start.past_vix.iter().map(|&vix| ln(vix));
        let average = past.reduce(|average, ln_vix| average + NEWEST_OF_63 * (ln_vix - average));
        let mut innovations = [0.0; LANES];
        let mut state = VvixLanes { average: [0.0; LANES], factor: [0.0; LANES] };
        for (day, row) in rows.iter().enumerate() {
            let today = &vix[row.clone()];
            if day == 0 {
                for (lane, &vix) in today.iter().enumerate() {
                    state.average[lane] = average.unwrap_or(ln(vix));
                }
            } else {
                let address = Address { step: day as u32, ..address };
                fill_student_t(InstructionSet::Best, address, 0, DEGREES, &mut innovations);
            }
            vvix_day(InstructionSet::Best, self, &innovations, today, &mut state, &mut ln_vvix[row.clone()]);
            if let (0, Some(observed)) = (day, start.observed) {
                for (lane, value) in ln_vvix[row.clone()].iter_mut().enumerate() {
                    state.factor[lane] = ln(observed) - *value;
                    *value = ln(observed);
                }
            }
        }
    }
}

impl Default for Vvix {
    fn default() -> Self {
        Self { intercept: 3.993, level: 0.193, excess: 0.343, persistence: 0.970, innovation: 0.028 }
    }
}

/// Calls `fill` for each group of up to [`LANES`] lanes with its first path and its row on each day.
fn for_lanes(first_path: u64, lanes: usize, values: usize, mut fill: impl FnMut(u64, Vec<Range<usize>>)) {
    assert!(lanes > 0 && values.is_multiple_of(lanes), "a column holds days x lanes values");
    for first in (0..lanes).step_by(LANES) {
        let end = lanes.min(first + LANES);
        let rows = (0..values / lanes).map(|day| day * lanes + first..day * lanes + end).collect();
        fill(first_path.wrapping_add(first as u64), rows);
    }
}

#[derive(Debug)]
struct BreadthLanes {
    persistent: Lanes,
    line: Lanes,
}

#[derive(Debug)]
struct VvixLanes {
    average: Lanes,
    factor: Lanes,
}

dispatched!(
    /// Moves the persistent part of breadth over a day.
    fn persistent_day(breadth: &Breadth, draws: &DrawLanes, persistent: &mut Lanes) = persistent_body
);

dispatched!(
    /// Moves breadth over a day, its persistent part having moved; `closes` are spot of the day before, spot, and VIX of the day before.
    fn breadth_day(breadth: &Breadth, draws: &DrawLanes, closes: [&[f64]; 3], state: &mut BreadthLanes) =
        breadth_body
);

dispatched!(
    /// Moves the observation factor over a day and fills ln VVIX.
    fn vvix_day(model: &Vvix, innovations: &Lanes, vix: &[f64], state: &mut VvixLanes, ln_vvix: &mut [f64]) =
        vvix_body
);

#[inline(always)]
fn persistent_body(breadth: &Breadth, draws: &DrawLanes, persistent: &mut Lanes) {
    for lane in 0..LANES {
        persistent[lane] = breadth.persistence * persistent[lane] + breadth.innovation * draws.lane(lane).normals()[0];
    }
}

#[inline(always)]
fn breadth_body(breadth: &Breadth, draws: &DrawLanes, closes: [&[f64]; 3], state: &mut BreadthLanes) {
    let [spot_before, spot, vix_before] = closes;
    let lanes = spot.len().min(LANES);
    let (spot_before, spot, vix_before) = (&spot_before[..lanes], &spot[..lanes], &vix_before[..lanes]);
    for lane in 0..lanes {
        let daily_volatility = vix_before[lane] / (100.0 * ROOT_TRADING_DAYS);
        let standardised = (spot[lane] / spot_before[lane] - 1.0) / daily_volatility;
        let [_, noise] = draws.lane(lane).normals();
        let persistent = state.persistent[lane];
        state.line[lane] += tanh(breadth.intercept + breadth.slope * standardised + persistent + breadth.noise * noise);
    }
}

#[inline(always)]
fn vvix_body(model: &Vvix, innovations: &Lanes, vix: &[f64], state: &mut VvixLanes, ln_vvix: &mut [f64]) {
    let lanes = vix.len().min(LANES);
    let (vix, ln_vvix) = (&vix[..lanes], &mut ln_vvix[..lanes]);
    let scale = model.innovation / STUDENT_DEVIATION;
    for lane in 0..lanes {
        let ln_vix = ln(vix[lane]);
        state.average[lane] += NEWEST_OF_63 * (ln_vix - state.average[lane]);
        state.factor[lane] = model.persistence * state.factor[lane] + scale * innovations[lane];
        ln_vvix[lane] =
            model.intercept + model.level * ln_vix + model.excess * (ln_vix - state.average[lane]) + state.factor[lane];
    }
}

#[cfg(test)]
mod tests;
