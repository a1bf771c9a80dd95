//! The generalised Pareto law fitted to excesses over a threshold by maximum likelihood.
//!
//! ```text
//! P(Y > y) = (1 + xi y / beta)^(-1/xi);   with theta = xi / beta:  xi(theta) = mean ln(1 + theta y),
//! mean log-likelihood = -ln(xi / theta) - xi - 1
//! ```
//!
//! so one parameter is left to search (Grimshaw 1993). The estimates are normal with the usual errors for xi > -1/2 only
//! (Smith 1985); below, the law ends where its density is still large, and the likelihood says little.

/// The smallest shape at which errors of maximum likelihood hold.
pub const SHAPE_MIN: f64 = -0.5;

/// Points of the first search, on either side of zero.
const GRID: i32 = 40;

/// A fitted law.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pareto {
    /// `xi`: below 0 the law is bounded, 0 is the exponential law, from 1 on it has no mean.
    pub shape: f64,
    /// `beta`, in the unit of the excesses.
    pub scale: f64,
    /// Excesses behind it.
    pub count: usize,
}

impl Pareto {
    /// The law that fits positive excesses best; `None` where the likelihood has no maximum with a shape above `SHAPE_MIN`.
    #[must_use]
    pub fn fit(excesses: &[f64]) -> Option<Self> {
        let largest = excesses.iter().copied().fold(0.0, f64::max);
        let mean = excesses.iter().sum::<f64>() / excesses.len() as f64;
        if excesses.len() < 2 || largest <= 0.0 || !largest.is_finite() {
            return None;
        }
        let shape_at =
            |theta: f64| excesses.iter().map(|y| libm::log1p(theta * y)).sum::<f64>() / excesses.len() as f64;
        let likelihood = |theta: f64| {
            if theta.abs() * mean < 1e-9 {
                return -libm::log(mean) - 1.0;
            }
            let shape = shape_at(theta);
            if shape < SHAPE_MIN { f64::NEG_INFINITY } else { -libm::log(shape / theta) - shape - 1.0 }
        };
        // From where the law would end at the largest excess, through 0, to tails without a mean.
        let theta = |s: f64| if s < 0.0 { s / largest } else { s / (1.0 - s) / mean };
        let grid: Vec<f64> = (1 - GRID..GRID).map(|i| f64::from(i) / f64::from(GRID)).collect();
        let best = grid.iter().copied().max_by(|a, b| likelihood(theta(*a)).total_cmp(&likelihood(theta(*b))))?;
        let width = 1.0 / f64::from(GRID);
        let s = golden_section([best - width, (best + width).min(1.0 - 1e-9)], |s| likelihood(theta(s)));
        let theta = theta(s);
        let shape = shape_at(theta);
        // A maximum on the edge of what is allowed is none.
        if shape <= SHAPE_MIN + 1e-3 || !likelihood(theta).is_finite() {
            return None;
        }
        let scale = if theta.abs() * mean < 1e-9 { mean } else { shape / theta };
        Some(Self { shape, scale, count: excesses.len() })
    }

    /// The standard error of the shape, `(1 + xi) / sqrt n`.
    #[must_use]
    pub fn shape_error(&self) -> f64 {
        (1.0 + self.shape) / (self.count as f64).sqrt()
    }

    /// The mean of the excesses beyond their own quantile, which `1 - q` of them exceed, with its standard error.
    ///
    /// ```text
    /// VaR = beta/xi (p^-xi - 1),   ES = (VaR + beta) / (1 - xi),   p = 1 - q
    /// ```
    #[must_use]
    pub fn mean_beyond(&self, exceeded_by: f64) -> Option<(f64, f64)> {
        let of = |shape: f64, scale: f64| {
            let quantile = if shape.abs() < 1e-9 {
                -scale * libm::log(exceeded_by)
            } else {
                scale / shape * (libm::pow(exceeded_by, -shape) - 1.0)
            };
            (quantile + scale) / (1.0 - shape)
        };
        let Self { shape, scale, count } = *self;
        if shape >= 1.0 {
            return None;
        }
        let step = 1e-5;
        let by_shape = (of(shape + step, scale) - of(shape - step, scale)) / (2.0 * step);
        let by_scale = of(shape, scale) / scale;
        // The asymptotic covariance of (xi, beta) is (1 + xi) / n times [[1 + xi, -beta], [-beta, 2 beta^2]].
        let variance = by_shape * by_shape * (1.0 + shape) - 2.0 * by_shape * by_scale * scale
            + 2.0 * by_scale * by_scale * scale * scale;
        Some((of(shape, scale), (variance * (1.0 + shape) / count as f64).sqrt()))
    }
}

/// Where a function with one maximum between two bounds has it, to about 1e-9 of their distance.
fn golden_section([mut low, mut high]: [f64; 2], f: impl Fn(f64) -> f64) -> f64 {
    let ratio = 0.5 * (5f64.sqrt() - 1.0);
    let (mut left, mut right) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut at_left, mut at_right) = (f(left), f(right));
    for _ in 0..44 {
        if at_left >= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - ratio * (high - low);
            at_left = f(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + ratio * (high - low);
            at_right = f(right);
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Midpoints of equally likely cells.
    fn sample(shape: f64, scale: f64, n: u32) -> Vec<f64> {
        let p = |i: u32| (f64::from(i) + 0.5) / f64::from(n);
        let y =
            |p: f64| if shape == 0.0 { -scale * libm::log(p) } else { scale / shape * (libm::pow(p, -shape) - 1.0) };
        (0..n).map(|i| y(p(i))).collect()
    }

    #[test]
    fn the_law_of_a_sample_is_found() {
        for (shape, scale) in [(0.3, 2.0), (0.0, 500.0), (-0.3, 1e4), (0.6, 1.0)] {
            let fit = Pareto::fit(&sample(shape, scale, 20_000)).unwrap();
            // A grid of 20,000 cells misses the last half cell, an error far below that of a random sample (0.009).
            assert!((fit.shape - shape).abs() < 0.004, "{shape}: {fit:?}");
            assert!((fit.scale / scale - 1.0).abs() < 0.004, "{scale}: {fit:?}");
        }
    }

    #[test]
    fn means_beyond_a_quantile_have_their_closed_form() {
        let exponential = Pareto { shape: 0.0, scale: 3.0, count: 1000 };
        let (value, error) = exponential.mean_beyond(0.1).unwrap();
        assert!((value - 3.0 * (libm::log(10.0) + 1.0)).abs() < 1e-9 && error > 0.0);
        let heavy = Pareto { shape: 0.5, scale: 1.0, count: 1000 };
        // VaR = 2 (10 - 1) = 18 at p = 1 %, ES = (18 + 1) / 0.5.
        assert!((heavy.mean_beyond(0.01).unwrap().0 - 38.0).abs() < 1e-9);
        assert_eq!(Pareto { shape: 1.0, ..heavy }.mean_beyond(0.01), None);
    }

    #[test]
    fn losses_that_pile_up_at_their_bound_have_no_fit() {
        let uniform: Vec<f64> = (1..2000).map(f64::from).collect();
        assert_eq!(Pareto::fit(&uniform), None, "xi = -1");
        assert_eq!(Pareto::fit(&[]), None);
        assert_eq!(Pareto::fit(&[0.0, 0.0]), None);
    }
}
