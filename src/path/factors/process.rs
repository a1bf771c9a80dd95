//! Macro factors: series that revert to a level, whose noise is correlated with the market's and with each other's.
//!
//! ```text
//! f' = level + (f - level) e^(-k dt) + volatility sqrt((1 - e^(-2 k dt)) / (2 k)) (L e)        k reversion, dt 1/252 year
//! ```
//!
//! The exact step of an Ornstein-Uhlenbeck process. `e` holds the index's shock of the day, the shock of VIX that the
//! index does not explain, and one normal of its own for each factor; `L` is the root of their correlations, so that
//! what correlates with the market does so by construction and the paths stay as they are.

use std::ops::Range;

use super::for_lanes;
use crate::math::InstructionSet;
use crate::random::{Address, DrawLanes, LANES, Lanes, Purpose, fill_draws};

/// Trading days a year.
const TRADING_DAYS: f64 = 252.0;
/// The market's shocks, which stand before the factors' in the matrix of correlations.
pub const MARKET_SHOCKS: usize = 2;

/// The law of one macro factor, in its own units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MacroFactor {
    /// Value on day 0.
    pub start: f64,
    /// Level to which it reverts.
    pub level: f64,
    /// Speed of reversion, a year; 0 for a random walk.
    pub reversion: f64,
    /// Standard deviation a square-root year.
    pub volatility: f64,
}

/// Several macro factors with their correlations.
#[derive(Debug, Clone, PartialEq)]
pub struct MacroFactors {
    list: Vec<MacroFactor>,
    /// Lower-triangular root over index, VIX and factors, `[row * size + column]`.
    root: Vec<f64>,
}

impl MacroFactors {
    /// Factors whose `root` belongs to the correlations of index, VIX and the factors in their order.
    #[must_use]
    pub fn new(list: Vec<MacroFactor>, root: Vec<f64>) -> Self {
        let size = list.len() + MARKET_SHOCKS;
        assert_eq!(root.len(), size * size, "a root over the market's shocks and the factors'");
        Self { list, root }
    }

    /// The laws, in order.
    #[must_use]
    pub fn list(&self) -> &[MacroFactor] {
        &self.list
    }

    /// Fills every factor along consecutive paths.
    ///
    /// # Shape
    /// Shocks and each column of `out` hold `[day * lanes + lane]`, day 0 included, where shocks are not looked at; lane 0
    /// is the path `first_path`; one column a factor.
    pub fn fill(
        &self,
        seed: u64,
        first_path: u64,
        lanes: usize,
        [index, vix]: [&[f64]; MARKET_SHOCKS],
        out: &mut [Vec<f64>],
    ) {
        assert!(out.len() == self.list.len() && index.len() == vix.len(), "one column a factor");
        for_lanes(first_path, lanes, index.len(), |path, rows| {
            let address = Address { seed, path, step: 0, purpose: Purpose::Factor };
            self.fill_lanes(address, &rows, [index, vix], out);
        });
    }

    fn fill_lanes(&self, address: Address, rows: &[Range<usize>], shocks: [&[f64]; 2], out: &mut [Vec<f64>]) {
        let size = self.list.len() + MARKET_SHOCKS;
        let steps: Vec<Step> = self.list.iter().map(Step::new).collect();
        let mut draws = DrawLanes::default();
        let mut noise: Vec<Lanes> = vec![[0.0; LANES]; size];
        for (day, row) in rows.iter().enumerate() {
            if day == 0 {
                out.iter_mut().zip(&self.list).for_each(|(out, factor)| out[row.clone()].fill(factor.start));
                continue;
            }
            for (noise, shocks) in noise.iter_mut().zip(shocks) {
                noise[..row.len()].copy_from_slice(&shocks[row.clone()]);
            }
            for (rank, noise) in noise[MARKET_SHOCKS..].iter_mut().enumerate() {
                fill_draws(InstructionSet::Best, Address { step: day as u32, ..address }, rank as u32, &mut draws);
                *noise = std::array::from_fn(|lane| draws.lane(lane).normals()[0]);
            }
            let before = rows[day - 1].clone();
            for (rank, (out, step)) in out.iter_mut().zip(&steps).enumerate() {
                let weights = &self.root[(rank + MARKET_SHOCKS) * size..][..rank + MARKET_SHOCKS + 1];
                for lane in 0..row.len() {
                    let shock: f64 = weights.iter().zip(&noise).map(|(weight, noise)| weight * noise[lane]).sum();
                    let off = out[before.start + lane] - step.level;
                    out[row.start + lane] = step.level + step.decay * off + step.deviation * shock;
                }
            }
        }
    }
}

/// The step of one factor over a trading day.
struct Step {
    level: f64,
    decay: f64,
    deviation: f64,
}

impl Step {
    fn new(factor: &MacroFactor) -> Self {
        let k = factor.reversion / TRADING_DAYS;
        let spread = if k > 0.0 { -libm::expm1(-2.0 * k) / (2.0 * k) } else { 1.0 };
        let deviation = factor.volatility * (spread / TRADING_DAYS).sqrt();
        Self { level: factor.level, decay: libm::exp(-k), deviation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::correlate::Correlations;

    fn factors() -> MacroFactors {
        let mut correlations = Correlations::none(4);
        for (row, column, value) in [(2, 0, -0.4), (2, 1, 0.3), (3, 0, 0.2), (3, 2, 0.5)] {
            correlations.set(row, column, value);
        }
        let list = vec![
            MacroFactor { start: 1.0, level: 2.0, reversion: 3.0, volatility: 0.8 },
            MacroFactor { start: 100.0, level: 90.0, reversion: 0.0, volatility: 5.0 },
        ];
        MacroFactors::new(list, correlations.root().unwrap())
    }

    /// Shocks that are standard normal and independent, from another stream.
    fn shocks(seed: u64, size: usize) -> [Vec<f64>; 2] {
        let pairs = (0..size as u64).map(|path| {
            crate::random::Draw::at(Address { seed, path, step: 0, purpose: Purpose::Resampling }, 0).normals()
        });
        let (a, b) = pairs.map(|[a, b]| (a, b)).unzip();
        [a, b]
    }

    fn fill(lanes: usize, days: usize, first_path: u64, shocks: &[Vec<f64>; 2]) -> Vec<Vec<f64>> {
        let mut out = vec![vec![f64::NAN; lanes * days]; 2];
        factors().fill(3, first_path, lanes, [&shocks[0], &shocks[1]], &mut out);
        out
    }

    #[test]
    fn factors_have_the_moments_of_their_law_and_their_correlations() {
        let lanes = 40_000;
        let shocks = shocks(9, 3 * lanes);
        let out = fill(lanes, 3, 0, &shocks);
        // Innovations of the second day, standardised by hand.
        let k = 3.0 / 252.0;
        let deviation = 0.8 * ((1.0 - libm::exp(-2.0 * k)) / (2.0 * k) / 252.0).sqrt();
        let first: Vec<f64> = (0..lanes)
            .map(|lane| {
                let [before, after] = [1, 2].map(|day| out[0][day * lanes + lane]);
                (after - 2.0 - (before - 2.0) * libm::exp(-k)) / deviation
            })
            .collect();
        let second: Vec<f64> = (0..lanes)
            .map(|lane| (out[1][2 * lanes + lane] - out[1][lanes + lane]) / (5.0 / 252.0_f64.sqrt()))
            .collect();
        let today = |column: &[f64]| column[2 * lanes..].to_vec();
        let mean = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>() / lanes as f64;
        let ones = vec![1.0; lanes];
        // Four standard errors of a mean of squares of normals, sqrt 2 each.
        let allowed = 4.0 * (2.0 / lanes as f64).sqrt();
        let [index, vix] = [today(&shocks[0]), today(&shocks[1])];
        for (x, y, expected) in [
            (&first, &ones, 0.0),
            (&second, &ones, 0.0),
            (&first, &first, 1.0),
            (&second, &second, 1.0),
            (&first, &index, -0.4),
            (&first, &vix, 0.3),
            (&second, &index, 0.2),
            (&second, &vix, 0.0),
            (&second, &first, 0.5),
        ] {
            let found = mean(x, y);
            assert!((found - expected).abs() < allowed, "{found} {expected}");
        }
        assert!(out[0][..lanes].iter().all(|&start| start == 1.0));
    }

    #[test]
    fn a_path_alone_is_the_path_among_others() {
        let (lanes, days) = (70, 5);
        let shocks = shocks(4, lanes * days);
        let all = fill(lanes, days, 20, &shocks);
        for lane in [0, 63, 69] {
            let own = shocks.each_ref().map(|column| column.iter().skip(lane).step_by(lanes).copied().collect());
            let alone = fill(1, days, 20 + lane as u64, &own);
            for (alone, all) in alone.iter().zip(&all) {
                assert_eq!(*alone, all.iter().skip(lane).step_by(lanes).copied().collect::<Vec<f64>>());
            }
        }
    }
}
