//! The delta at which both short strikes of a condor lie, so that it brings a given credit.
//!
//! In `z = -N^-1(delta)`, which measures how far out of the money the short strikes lie, the logarithm of the premium
//! falls nearly along a straight line: false position finds the root in a few steps.

use crate::math::{inverse_normal_cdf, ln, normal_cdf};

/// The nearest and the furthest short strikes that are tried, as deltas.
pub const DELTAS: [f64; 2] = [0.5, 0.001];
/// Where the search begins: a delta of 8 %.
const FIRST_Z: f64 = 1.4;
/// How far the search reaches out from one try to the next, until the root lies between two.
const REACH: f64 = 0.7;
/// Accuracy of the premium, relative: listed strikes are coarser.
const TOLERANCE: f64 = 1e-3;

/// A place and how far the premium lies above its target there, as a logarithm.
type Point = (f64, f64);

/// The delta of short strikes at which `premium` is `target`, both in index points; `None` where no delta from 0.5 to
/// 0.001 gives it.
pub fn delta_of_premium(target: f64, premium: impl Fn(f64) -> Option<f64>) -> Option<f64> {
    let [nearest, furthest] = DELTAS.map(|delta| -inverse_normal_cdf(delta));
    // A premium of nothing, or less by the error of a mark, is far too little.
    let excess = |z: f64| Some(ln(premium(normal_cdf(-z))?.max(1e-3 * target)) - ln(target));
    let mut inner: Point = (FIRST_Z, excess(FIRST_Z)?);
    let outwards = inner.1 > 0.0;
    loop {
        let z = (if outwards { inner.0 + REACH } else { inner.0 - REACH }).clamp(nearest, furthest);
        if z == inner.0 {
            return None;
        }
        let outer = (z, excess(z)?);
        if (outer.1 > 0.0) != outwards {
            let [near, far] = if outwards { [inner, outer] } else { [outer, inner] };
            return Some(normal_cdf(-root_between(near, far, &excess)?));
        }
        inner = outer;
    }
}

/// False position with the Illinois rule; too much premium at `near`, too little at `far`.
fn root_between(mut near: Point, mut far: Point, excess: &impl Fn(f64) -> Option<f64>) -> Option<f64> {
    let mut near_moved = None;
    for _ in 0..40 {
        let z = (near.0 * far.1 - far.0 * near.1) / (far.1 - near.1);
        let value = excess(z)?;
        if value.abs() < TOLERANCE {
            return Some(z);
        }
        if value > 0.0 {
            near = (z, value);
            if near_moved == Some(true) {
                far.1 *= 0.5;
            }
            near_moved = Some(true);
        } else {
            far = (z, value);
            if near_moved == Some(false) {
                near.1 *= 0.5;
            }
            near_moved = Some(false);
        }
    }
    Some(0.5 * (near.0 + far.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A premium that falls like that of spreads: faster the further out.
    fn premium(delta: f64) -> Option<f64> {
        let z = -inverse_normal_cdf(delta);
        Some(40.0 * libm::exp(-1.1 * z - 0.35 * z * z))
    }

    #[test]
    fn the_delta_found_brings_the_premium_asked_for() {
        for target in [0.2, 0.7, 1.6, 12.0, 39.0] {
            let delta = delta_of_premium(target, premium).unwrap();
            let found = premium(delta).unwrap();
            assert!((found / target - 1.0).abs() < 1.1 * TOLERANCE, "{target}: {found} at {delta}");
        }
    }

    #[test]
    fn premiums_out_of_reach_have_no_delta() {
        assert_eq!(delta_of_premium(41.0, premium), None);
        assert_eq!(delta_of_premium(1e-3, premium), None);
        assert_eq!(delta_of_premium(1.0, |_| None), None);
        assert_eq!(delta_of_premium(1.0, |_| Some(0.0)), None);
    }
}
