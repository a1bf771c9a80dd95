//! Latin hypercubes: points that meet every strip of every axis once.
//!
//! ```text
//! x_ij = (p_j(i) + u_ij) / n      p_j a random order of 0 ... n-1, u_ij uniform on (0, 1)
//! ```
//!
//! Reference: M. McKay, R. Beckman and W. Conover, Technometrics 21 (1979).

use rand::Rng;

use super::stream::{Address, Purpose};

/// `[point][axis]`, `count` points in the unit cube of `axes` dimensions; a function of the seed.
#[must_use]
pub fn latin_hypercube(count: usize, axes: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut points = vec![vec![0.0; axes]; count];
    for axis in 0..axes {
        let mut stream = Address { seed, path: axis as u64, step: 0, purpose: Purpose::Design }.stream();
        // Sorting by random words gives every order the same chance; ties of 64 bits fall back on the index.
        let mut order: Vec<(u64, usize)> = (0..count).map(|point| (stream.next_u64(), point)).collect();
        order.sort_unstable();
        for (strip, &(_, point)) in order.iter().enumerate() {
            let jitter = (stream.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
            points[point][axis] = (strip as f64 + jitter) / count as f64;
        }
    }
    points
}

/// The seed of paths that have nothing to do with those of `seed`, and that every scenario can name.
#[must_use]
pub fn derived_seed(seed: u64) -> u64 {
    let word = Address { seed, path: u64::MAX, step: 0, purpose: Purpose::Design }.stream().next_u64();
    // Nine digits are enough, and people can type them.
    word % 1_000_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_strip_of_each_axis_holds_one_point() {
        let points = latin_hypercube(50, 3, 11);
        for axis in 0..3 {
            let mut strips: Vec<usize> = points.iter().map(|point| (point[axis] * 50.0) as usize).collect();
            strips.sort_unstable();
            assert_eq!(strips, (0..50).collect::<Vec<_>>());
        }
        assert_eq!(points, latin_hypercube(50, 3, 11));
        assert_ne!(points, latin_hypercube(50, 3, 12));
    }
}
