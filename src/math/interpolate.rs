//! Chebyshev interpolation: nodes, coefficients, values and conversion to powers.

use std::f64::consts::PI;

/// The `n` Chebyshev nodes of the first kind on [-1, 1], ascending.
#[must_use]
pub fn chebyshev_nodes(n: usize) -> Vec<f64> {
    (0..n).map(|i| -libm::cos(PI * (i as f64 + 0.5) / n as f64)).collect()
}

/// Matrix `[n][n]`, row-major, that takes values at [`chebyshev_nodes`] to coefficients of `T_0 ... T_{n-1}`.
#[must_use]
pub fn chebyshev_matrix(n: usize) -> Vec<f64> {
    let mut matrix = Vec::with_capacity(n * n);
    for degree in 0..n {
        let weight = if degree == 0 { 1.0 } else { 2.0 } / n as f64;
        for i in 0..n {
            // Node i is cos(pi - angle); T_degree there is cos(degree (pi - angle)).
            let angle = PI - PI * (i as f64 + 0.5) / n as f64;
            matrix.push(weight * libm::cos(degree as f64 * angle));
        }
    }
    matrix
}

/// Fills `out` with `T_0(x), T_1(x), ...`.
pub fn chebyshev_values(x: f64, out: &mut [f64]) {
    let (mut before, mut now) = (x, 1.0);
    for value in out {
        *value = now;
        (before, now) = (now, 2.0 * x * now - before);
    }
}

/// `T_0(x) ... T_7(x)` by products, without a chain of eight.
#[inline]
#[must_use]
pub fn chebyshev_eight(x: f32) -> [f32; 8] {
    let t2 = 2.0 * x * x - 1.0;
    let t3 = 2.0 * x * t2 - x;
    let t4 = 2.0 * t2 * t2 - 1.0;
    [1.0, x, t2, t3, t4, 2.0 * t2 * t3 - x, 2.0 * t3 * t3 - 1.0, 2.0 * t3 * t4 - x]
}

/// Turns coefficients of `T_0, T_1, ...` into coefficients of `1, x, x^2, ...` in place: at most eight.
pub fn chebyshev_to_powers(coefficients: &mut [f64]) {
    /// The powers in `T_0 ... T_7`.
    const POWERS: [[f64; 8]; 8] = [
        [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [-1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [0.0, -3.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0],
        [1.0, 0.0, -8.0, 0.0, 8.0, 0.0, 0.0, 0.0],
        [0.0, 5.0, 0.0, -20.0, 0.0, 16.0, 0.0, 0.0],
        [-1.0, 0.0, 18.0, 0.0, -48.0, 0.0, 32.0, 0.0],
        [0.0, -7.0, 0.0, 56.0, 0.0, -112.0, 0.0, 64.0],
    ];
    let mut powers = [0.0; 8];
    for (c, of) in coefficients.iter().zip(POWERS) {
        powers.iter_mut().zip(of).for_each(|(power, x)| *power += c * x);
    }
    let n = coefficients.len();
    coefficients.copy_from_slice(&powers[..n]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polynomial_comes_back_exactly_in_both_bases() {
        let polynomial = |x: f64| 1.0 - 2.0 * x + 0.5 * x * x * x - 3.0 * x * x * x * x;
        let n = 6;
        let (nodes, matrix) = (chebyshev_nodes(n), chebyshev_matrix(n));
        let mut coefficients: Vec<f64> =
            (0..n).map(|d| (0..n).map(|i| matrix[d * n + i] * polynomial(nodes[i])).sum()).collect();
        let mut basis = vec![0.0; n];
        for x in [-1.0, -0.3, 0.0, 0.77, 1.0] {
            chebyshev_values(x, &mut basis);
            let value: f64 = basis.iter().zip(&coefficients).map(|(t, c)| t * c).sum();
            assert!((value - polynomial(x)).abs() < 1e-14, "at {x}: {value}");
            let eight = chebyshev_eight(x as f32);
            assert!(basis.iter().zip(eight).all(|(t, e)| (t - f64::from(e)).abs() < 5e-6), "{basis:?} and {eight:?}");
        }
        chebyshev_to_powers(&mut coefficients);
        for (found, expected) in coefficients.iter().zip([1.0, -2.0, 0.0, 0.5, -3.0, 0.0]) {
            assert!((found - expected).abs() < 1e-14, "{found} against {expected}");
        }
    }
}
