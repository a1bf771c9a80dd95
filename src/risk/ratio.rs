//! Figures that are ratios or roots of means, with first-order errors.
//!
//! To first order an estimate moves by the mean of its influence function over paths:
//!
//! ```text
//! A / B               (a - R b) / B                              R = A / B
//! Sortino m / s       (x - m) / s - m (min(x, 0)^2 - s^2) / (2 s^3)
//! drag                w / W - 1 - (ln w - mean ln w)             ln W - mean ln w,  W = mean w
//! ```

use crate::stats::{Estimate, Moments};

/// The mean of `numerator` over the mean of `denominator`, paired by path; `None` where that is not above 0.
#[must_use]
pub fn ratio_of_means(numerator: &[f64], denominator: &[f64]) -> Option<Estimate> {
    let [top, bottom] = [numerator, denominator].map(|values| Moments::of(values).mean());
    (bottom > 0.0).then(|| {
        let ratio = top / bottom;
        let influence = numerator.iter().zip(denominator).map(|(a, b)| (a - ratio * b) / bottom).collect();
        first_order(ratio, influence)
    })
}

/// Mean gain over mean loss (Keating and Shadwick 2002, at a threshold of 0); `None` where nothing is lost.
#[must_use]
pub fn omega(pnl: &[f64]) -> Option<Estimate> {
    let part = |sign: f64| -> Vec<f64> { pnl.iter().map(|pnl| (sign * pnl).max(0.0)).collect() };
    ratio_of_means(&part(1.0), &part(-1.0))
}

/// Mean P&L over the root of the mean squared loss (Sortino and van der Meer 1991, target 0); `None` where nothing is lost.
#[must_use]
pub fn sortino(pnl: &[f64]) -> Option<Estimate> {
    let squared = |pnl: f64| pnl.min(0.0) * pnl.min(0.0);
    let mean = Moments::of(pnl).mean();
    let square = pnl.iter().map(|&pnl| squared(pnl)).sum::<f64>() / pnl.len() as f64;
    (square > 0.0).then(|| {
        let root = square.sqrt();
        let of = |&pnl: &f64| (pnl - mean) / root - mean * (squared(pnl) - square) / (2.0 * square * root);
        first_order(mean / root, pnl.iter().map(of).collect())
    })
}

/// The logarithm of the mean of `wealth` less the mean of its logarithm; `None` where wealth is zero or less on some path.
#[must_use]
pub fn drag(wealth: &[f64]) -> Option<Estimate> {
    if wealth.iter().any(|&wealth| wealth <= 0.0) {
        return None;
    }
    let logs: Vec<f64> = wealth.iter().map(|&wealth| libm::log(wealth)).collect();
    let [mean, mean_log] = [wealth, &logs].map(|values| Moments::of(values).mean());
    let influence = wealth.iter().zip(&logs).map(|(wealth, log)| wealth / mean - 1.0 - (log - mean_log)).collect();
    Some(first_order(libm::log(mean) - mean_log, influence))
}

/// The share of `paths` that are counted, with Wilson's interval.
#[must_use]
pub fn proportion(counted: usize, paths: usize) -> Estimate {
    let n = paths as f64;
    let value = counted as f64 / n;
    let standard_error = Some((value * (1.0 - value) / n).sqrt());
    Estimate { value, standard_error, interval: crate::stats::wilson(counted, paths) }
}

/// An estimate whose error is that of the mean of its influences; bare for fewer than two paths.
pub(super) fn first_order(value: f64, influence: Vec<f64>) -> Estimate {
    let error = Moments::of(&influence).standard_error();
    error.map_or_else(|| Estimate::bare(value), |error| Estimate::normal(value, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_worked_ratios_are_right() {
        let pnl = [30.0, -10.0, 20.0, -20.0];
        assert!((omega(&pnl).unwrap().value - 50.0 / 30.0).abs() < 1e-15);
        assert!((sortino(&pnl).unwrap().value - 5.0 / 125f64.sqrt()).abs() < 1e-15);
        assert_eq!((omega(&[1.0, 2.0]), sortino(&[0.0])), (None, None));
        let expected = libm::log(1.25) - 0.5 * libm::log(1.5);
        assert!((drag(&[1.5, 1.0]).unwrap().value - expected).abs() < 1e-15);
        assert_eq!(drag(&[1.0, 0.0]), None);
        assert_eq!(proportion(1, 4).value, 0.25);
    }

    #[test]
    fn the_errors_agree_with_those_of_leaving_one_path_out() {
        let pnl: Vec<f64> = (0..400u32).map(|i| f64::from(i * 7919 % 997) - 300.0).collect();
        let wealth: Vec<f64> = pnl.iter().map(|pnl| 1.0 + pnl / 1e4).collect();
        for (estimator, values) in [(omega as fn(&[f64]) -> Option<Estimate>, &pnl), (sortino, &pnl), (drag, &wealth)] {
            let n = values.len() as f64;
            let left_out: Moments = (0..values.len())
                .map(|out| {
                    let rest: Vec<f64> =
                        values.iter().enumerate().filter(|(i, _)| *i != out).map(|(_, v)| *v).collect();
                    estimator(&rest).unwrap().value
                })
                .collect();
            let jackknife = (n - 1.0) / n.sqrt() * left_out.variance().unwrap().sqrt();
            let claimed = estimator(values).unwrap().standard_error.unwrap();
            // The jackknife and the influence function differ by terms of order 1 / n.
            assert!((claimed / jackknife - 1.0).abs() < 0.02, "{claimed} against {jackknife}");
        }
    }
}
