//! Beta to the index: the slope of daily P&L on the index's daily return, over all days of all paths together.
//!
//! ```text
//! beta = sum (x - X)(y - Y) / sum (x - X)^2 / equity,      X, Y: means over all days counted
//! ```
//!
//! Days of a path depend on each other, so the error is that of clusters: each path is one (Liang and Zeger 1986).

use super::outcome::Outcomes;
use super::ratio::first_order;
use crate::stats::Estimate;

/// Sums over the days of each path, from which the slope follows.
#[derive(Debug, Clone, Copy)]
pub(super) struct DaySums<'a> {
    x: &'a [f64],
    xx: &'a [f64],
    days: Days<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Days<'a> {
    All(f64),
    Counted(&'a [i32]),
}

impl Days<'_> {
    fn of(self, path: usize) -> f64 {
        match self {
            Self::All(days) => days,
            Self::Counted(days) => f64::from(days[path]),
        }
    }
}

/// A slope and its influence, path by path.
pub(super) struct Slope {
    value: f64,
    influence: Vec<f64>,
}

impl<'a> DaySums<'a> {
    /// The sums over all days.
    pub(super) fn all(outcomes: &'a Outcomes, horizon_days: u32) -> Option<Self> {
        Some(Self {
            x: outcomes.real("index_return_sum")?,
            xx: outcomes.real("index_return_squares")?,
            days: Days::All(f64::from(horizon_days)),
        })
    }

    /// The sums over the worst days of each path.
    pub(super) fn worst(outcomes: &'a Outcomes) -> Option<Self> {
        Some(Self {
            x: outcomes.real("worst_days_index_return_sum")?,
            xx: outcomes.real("worst_days_index_return_squares")?,
            days: Days::Counted(outcomes.count("worst_days")?),
        })
    }

    /// The slope on sums of `y` and of `x y`; `None` where the index does not move.
    pub(super) fn slope(&self, y: &[f64], xy: &[f64], equity: f64) -> Option<Slope> {
        let paths = 0..self.x.len();
        let days: f64 = paths.clone().map(|path| self.days.of(path)).sum();
        let [x_sum, xx_sum, y_sum, xy_sum] = [self.x, self.xx, y, xy].map(|values| values.iter().sum::<f64>());
        let (x_mean, y_mean) = (x_sum / days, y_sum / days);
        let square = xx_sum - days * x_mean * x_mean;
        // Rounding leaves about 1e-16 of the sum where all days are the same.
        if square <= 1e-12 * xx_sum {
            return None;
        }
        let slope = (xy_sum - days * x_mean * y_mean) / square;
        let of_path = |path: usize| {
            let n = self.days.of(path);
            let cross = xy[path] - x_mean * y[path] - y_mean * self.x[path] + n * x_mean * y_mean;
            let own = self.xx[path] - 2.0 * x_mean * self.x[path] + n * x_mean * x_mean;
            (cross - slope * own) / square * self.x.len() as f64 / equity
        };
        Some(Slope { value: slope / equity, influence: paths.map(of_path).collect() })
    }
}

impl Slope {
    /// The slope with its error.
    pub(super) fn estimate(&self) -> Estimate {
        first_order(self.value, self.influence.clone())
    }

    /// This slope less another on the same paths.
    pub(super) fn less(&self, other: &Self) -> Estimate {
        let influence = self.influence.iter().zip(&other.influence).map(|(own, other)| own - other).collect();
        first_order(self.value - other.value, influence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_of_a_line_is_found_without_error() {
        // Two paths of three days; y = 4 + 50 x.
        let x = [[0.01, -0.02, 0.03], [0.0, 0.05, -0.01]];
        let sums = |of: &dyn Fn(f64) -> f64| x.map(|days| days.into_iter().map(of).sum::<f64>());
        let (x_sums, xx) = (sums(&|x| x), sums(&|x| x * x));
        let sums_of_days = DaySums { x: &x_sums, xx: &xx, days: Days::All(3.0) };
        let (y, xy) = (sums(&|x| 4.0 + 50.0 * x), sums(&|x| x * (4.0 + 50.0 * x)));
        let slope = sums_of_days.slope(&y, &xy, 100.0).unwrap();
        assert!((slope.value - 0.5).abs() < 1e-14);
        assert!(slope.estimate().standard_error.unwrap() < 1e-14);
        assert_eq!(slope.less(&slope).value, 0.0);
    }

    #[test]
    fn an_index_that_stands_still_has_no_slope() {
        let still = DaySums { x: &[0.0], xx: &[0.0], days: Days::Counted(&[3]) };
        assert!(still.slope(&[1.0], &[0.0], 1.0).is_none());
    }
}
