//! Root of a continuous function in a bracket, by the ITP method.
//!
//! Oliveira and Takahashi (2020), "An enhancement of the bisection method average performance preserving minmax
//! optimality", ACM TOMS 47(1): superlinear like the secant method, never worse than bisection plus one step.

/// Finds `x` in `[lower, upper]` with `f(x) = 0`, to within `tolerance` in `x`.
///
/// Returns `None` if `f` has the same sign at both ends or is NaN there.
pub fn bracketed(mut f: impl FnMut(f64) -> f64, lower: f64, upper: f64, tolerance: f64) -> Option<f64> {
    let (mut a, mut b) = (lower, upper);
    let (mut ya, mut yb) = (f(a), f(b));
    if ya == 0.0 {
        return Some(a);
    }
    if yb == 0.0 {
        return Some(b);
    }
    if !(ya < 0.0 && yb > 0.0 || ya > 0.0 && yb < 0.0) {
        return None;
    }
    let sign = if ya < 0.0 { 1.0 } else { -1.0 };
    ya *= sign;
    yb *= sign;
    let truncation = 0.2 / (b - a);
    let bisections = libm::ceil(libm::log2(((b - a) / (2.0 * tolerance)).max(1.0)));
    let mut reach = tolerance * libm::exp2(bisections + 1.0);
    while b - a > 2.0 * tolerance {
        let middle = 0.5 * (a + b);
        if middle <= a || middle >= b {
            break;
        }
        // Interpolate, truncate towards the middle, project into what bisection could still reach.
        let secant = (yb * a - ya * b) / (yb - ya);
        let towards = if middle >= secant { 1.0 } else { -1.0 };
        let push = (truncation * (b - a) * (b - a)).min((middle - secant).abs());
        let pushed = secant + towards * push;
        let radius = (reach - 0.5 * (b - a)).max(0.0);
        let x = if (pushed - middle).abs() <= radius { pushed } else { middle - towards * radius };
        let y = sign * f(x);
        if y > 0.0 {
            b = x;
            yb = y;
        } else if y < 0.0 {
            a = x;
            ya = y;
        } else {
            return Some(x);
        }
        reach *= 0.5;
    }
    Some(0.5 * (a + b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_of_smooth_kinked_and_steep_functions_are_found() {
        let root = bracketed(|x| x * x - 2.0, 0.0, 2.0, 1e-14).unwrap();
        assert!((root - 2f64.sqrt()).abs() < 2e-14);
        let root = bracketed(|x| 1.0 - libm::exp(30.0 * (x - 0.7)), 0.0, 1.0, 1e-13).unwrap();
        assert!((root - 0.7).abs() < 2e-13);
        let root = bracketed(|x| if x < 0.25 { -1.0 } else { 5.0 }, 0.0, 1.0, 1e-12).unwrap();
        assert!((root - 0.25).abs() < 2e-12);
    }

    #[test]
    fn a_function_without_a_change_of_sign_has_no_root() {
        assert_eq!(bracketed(|x| x * x + 1.0, -1.0, 1.0, 1e-12), None);
        assert_eq!(bracketed(|_| f64::NAN, -1.0, 1.0, 1e-12), None);
    }

    #[test]
    fn no_more_evaluations_than_bisection_plus_a_few() {
        let mut count = 0;
        let steep = |x: f64| {
            count += 1;
            x * x * x * x * x * x * x * x * x - 1e-9
        };
        bracketed(steep, 0.0, 1.0, 1e-10).unwrap();
        assert!(count <= 38, "{count} evaluations");
    }
}
