//! Scheduled releases: a surprise on its day moves the index and the fast variance at once.
//!
//! ```text
//! s ~ N(0, d^2)                                            the surprise, in the release's own units
//! S' = S e^(b s - b^2 d^2 / 2)                             b: log index a unit
//! x1' = x1 e^(g s - g^2 d^2 / 2),  g = 2 m VIX / (1e4 a1 x1)   m: VIX points a unit, (VIX/100)^2 = a1 x1 + a2 x2 + b
//! ```
//!
//! after the day's diffusion and jumps. Both factors have mean one given the state, so the discounted index stays the
//! martingale that it was and the expected variance factors stay as they were; `g` is what moves VIX by `m` points a
//! unit to first order, and `|g| d` is at most 1/2, which binds where little of VIX is fast variance. Under P alone:
//! marks do not know the calendar of news, so its variance comes on top of what options are priced at.

use super::lanes::Positions;
use crate::math::vector::exp;
use crate::model::{State, VixMap};
use crate::random::{Address, Draw, Purpose};

/// Largest standard deviation of the log of the fast factor on a release.
const RESPONSE_MAX: f64 = 0.5;

/// How one kind of release moves the market.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Release {
    /// Standard deviation of the surprise, in its own units.
    pub deviation: f64,
    /// Log return of the index a unit of surprise.
    pub index_move: f64,
    /// VIX points a unit of surprise.
    pub vix_move: f64,
}

/// One kind of release and the days of a run on which it comes.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseDays {
    /// What it does.
    pub release: Release,
    /// By day, day 0 included, whose news is in its close already.
    pub days: Vec<bool>,
    /// Which release of the scenario it is: its random numbers go by this.
    pub rank: u32,
}

impl ReleaseDays {
    /// The surprise on a day of a path: 0 on days without a release, and on day 0.
    #[must_use]
    pub fn surprise(&self, seed: u64, path: u64, day: usize) -> f64 {
        if day == 0 || !self.days[day] {
            return 0.0;
        }
        let address = Address { seed, path, step: day as u32, purpose: Purpose::Release };
        self.release.deviation * Draw::at(address, self.rank).normals()[0]
    }

    /// Fills the surprises of consecutive paths.
    ///
    /// # Shape
    /// `[day * lanes + lane]`, day 0 included; lane 0 is the path `first_path`.
    pub fn fill(&self, seed: u64, first_path: u64, lanes: usize, out: &mut [f64]) {
        assert_eq!(out.len(), self.days.len() * lanes, "one value a day and path");
        for (day, row) in out.chunks_exact_mut(lanes).enumerate() {
            for (lane, out) in row.iter_mut().enumerate() {
                *out = self.surprise(seed, first_path.wrapping_add(lane as u64), day);
            }
        }
    }

    /// Moves the first `busy` lanes by the surprises of a day; `map` is that day's VIX.
    pub(super) fn apply(
        &self,
        seed: u64,
        first_path: u64,
        day: usize,
        map: &VixMap,
        busy: usize,
        lanes: &mut Positions,
    ) {
        if !self.days[day] {
            return;
        }
        let Release { deviation, index_move, .. } = self.release;
        for lane in 0..busy {
            let surprise = self.surprise(seed, first_path.wrapping_add(lane as u64), day);
            let mean_one =
                |response: f64| exp(response * surprise - 0.5 * (response * deviation) * (response * deviation));
            let state = State { x1: lanes.x1[lane], x2: lanes.x2[lane] };
            lanes.spot[lane] *= mean_one(index_move);
            lanes.x1[lane] *= mean_one(self.release.response(map, state));
        }
    }
}

impl Release {
    /// `g`: log of the fast factor a unit of surprise.
    pub(super) fn response(&self, map: &VixMap, state: State) -> f64 {
        let wanted = 2e-4 * self.vix_move * map.vix(state);
        let most = RESPONSE_MAX / self.deviation;
        let fast = map.a1 * state.x1;
        // Without fast variance the quotient is infinite, or not a number where nothing is wanted of it.
        if fast > 0.0 { (wanted / fast).clamp(-most, most) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Preset;
    use crate::path::step::Position;
    use crate::random::LANES;

    const CPI: Release = Release { deviation: 0.17, index_move: -0.033, vix_move: 3.6 };

    #[test]
    fn a_surprise_moves_index_and_vix_as_stated_and_nothing_on_average() {
        let map = VixMap::new(Preset::Default.model().risk_neutral(), 30.0 / 365.0).unwrap();
        let start = Position { spot: 6600.0, x1: 0.012, x2: 0.016 };
        let days = ReleaseDays { release: CPI, days: vec![false, true], rank: 0 };
        let vix = |position: Position| map.vix(State { x1: position.x1, x2: position.x2 });
        let (mut sums, mut count) = ([0.0; 2], 0.0);
        for group in 0..800_u64 {
            let mut lanes = Positions::all(start);
            days.apply(7, group * LANES as u64, 1, &map, LANES, &mut lanes);
            for lane in 0..LANES {
                let surprise = days.surprise(7, group * LANES as u64 + lane as u64, 1);
                let moved = lanes.lane(lane);
                sums[0] += moved.spot / start.spot - 1.0;
                sums[1] += moved.x1 / start.x1 - 1.0;
                count += 1.0;
                // To first order, for surprises of less than half a standard deviation.
                if surprise.abs() < 0.08 {
                    let index = libm::log(moved.spot / start.spot) + 0.033 * surprise;
                    assert!(index.abs() < 2e-5, "{index}");
                    let response = CPI.response(&map, State { x1: start.x1, x2: start.x2 }) * 0.17;
                    let unsurprised = Position { x1: start.x1 * libm::exp(-0.5 * response * response), ..start };
                    let points = vix(moved) - vix(unsurprised) - 3.6 * surprise;
                    assert!(points.abs() < 0.2 * 3.6 * surprise.abs(), "{points} at {surprise}");
                }
            }
        }
        let deviations = [0.033 * 0.17, CPI.response(&map, State { x1: 0.012, x2: 0.016 }) * 0.17];
        for (sum, deviation) in sums.into_iter().zip(deviations) {
            // Four standard errors, log-normal.
            let allowed = 4.0 * (libm::expm1(deviation * deviation) / count).sqrt();
            assert!((sum / count).abs() < allowed, "{} {allowed}", sum / count);
        }
    }

    #[test]
    fn the_response_is_bounded_and_leaves_a_factor_of_zero_alone() {
        let map = VixMap::new(Preset::Default.model().risk_neutral(), 30.0 / 365.0).unwrap();
        assert_eq!(CPI.response(&map, State { x1: 0.0, x2: 0.016 }), 0.0);
        let little = CPI.response(&map, State { x1: 1e-9, x2: 0.016 });
        assert!((little * CPI.deviation - RESPONSE_MAX).abs() < 1e-12);
    }

    #[test]
    fn nothing_is_released_on_the_first_day() {
        let days = ReleaseDays { release: CPI, days: vec![true, false, true], rank: 0 };
        let mut out = vec![f64::NAN; 6];
        days.fill(1, 0, 2, &mut out);
        assert_eq!(out[..4], [0.0; 4]);
        assert!(out[4] != 0.0 && out[4] != out[5]);
    }
}
