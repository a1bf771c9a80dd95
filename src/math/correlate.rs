//! Correlation matrices: whether one is possible, its lower-triangular root, and the possible one nearest to it.
//!
//! ```text
//! C = L L'                                    L lower-triangular; rows of L weigh independent normals
//! Y <- project(X - D), D <- Y - (X - D), X <- Y with ones on the diagonal and zeros where there must be some
//! ```
//!
//! `project` sets negative eigenvalues to zero. The iteration ends at the matrix nearest in the Frobenius norm: N. J.
//! Higham, "Computing the nearest correlation matrix", IMA Journal of Numerical Analysis 22 (2002) 329, with Dykstra's
//! correction `D`; fixed entries after N. J. Higham and N. Strabic, Linear Algebra and its Applications 501 (2016) 1.

use nalgebra::{DMatrix, SymmetricEigen};

/// Eigenvalues down to this count as zero.
const ZERO: f64 = 1e-10;
/// Least eigenvalue of a repaired matrix.
const LEAST_EIGENVALUE: f64 = 1e-8;
/// Change of an entry at which the repair ends.
const SETTLED: f64 = 1e-12;
/// Steps of the repair at most; it converges linearly, and the last step is made valid in any case.
const STEPS_MAX: usize = 2000;
/// Entries of a repaired matrix are rounded to this, so that they are the same on every machine.
const GRAIN: f64 = 1e-9;

/// A symmetric matrix with ones on its diagonal, not necessarily a possible one.
#[derive(Debug, Clone, PartialEq)]
pub struct Correlations {
    size: usize,
    /// `[row * size + column]`.
    entries: Vec<f64>,
}

impl Correlations {
    /// No correlation at all.
    #[must_use]
    pub fn none(size: usize) -> Self {
        let entries = (0..size * size).map(|at| if at / size == at % size { 1.0 } else { 0.0 }).collect();
        Self { size, entries }
    }

    /// Rows, and columns.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// One entry.
    #[must_use]
    pub fn get(&self, row: usize, column: usize) -> f64 {
        self.entries[row * self.size + column]
    }

    /// Sets an entry and its mirror image.
    pub fn set(&mut self, row: usize, column: usize, value: f64) {
        assert!(row != column && value.abs() <= 1.0, "a correlation of two things lies from -1 to 1");
        self.put(row, column, value);
    }

    fn put(&mut self, row: usize, column: usize, value: f64) {
        self.entries[row * self.size + column] = value;
        self.entries[column * self.size + row] = value;
    }

    /// The least eigenvalue: below zero no random numbers have these correlations.
    #[must_use]
    pub fn least_eigenvalue(&self) -> f64 {
        self.eigen().eigenvalues.iter().fold(f64::INFINITY, |least, &value| least.min(value))
    }

    /// The lower-triangular root, `[row * size + column]`; `None` where the matrix is not possible.
    #[must_use]
    pub fn root(&self) -> Option<Vec<f64>> {
        let n = self.size;
        let mut root = vec![0.0; n * n];
        for row in 0..n {
            for column in 0..=row {
                let dot: f64 = (0..column).map(|k| root[row * n + k] * root[column * n + k]).sum();
                let rest = self.get(row, column) - dot;
                root[row * n + column] = if row == column {
                    if rest < -ZERO {
                        return None;
                    }
                    if rest > ZERO { rest.sqrt() } else { 0.0 }
                } else {
                    let pivot = root[column * n + column];
                    // What depends wholly on the rows before leaves nothing over, or contradicts them.
                    if pivot == 0.0 && rest.abs() > ZERO.sqrt() {
                        return None;
                    }
                    if pivot == 0.0 { 0.0 } else { rest / pivot }
                };
            }
        }
        Some(root)
    }

    /// The nearest possible matrix in which the pairs `apart` are uncorrelated.
    #[must_use]
    pub fn nearest(&self, apart: &[(usize, usize)]) -> Self {
        let mut x = self.clone();
        let mut correction = vec![0.0; x.entries.len()];
        for _ in 0..STEPS_MAX {
            let shifted: Vec<f64> = x.entries.iter().zip(&correction).map(|(x, d)| x - d).collect();
            let mut next = Self { size: self.size, entries: shifted.clone() }.projected();
            correction = next.entries.iter().zip(&shifted).map(|(y, s)| y - s).collect();
            next.restore(apart);
            let moved = x.entries.iter().zip(&next.entries).fold(0.0_f64, |most, (a, b)| most.max((a - b).abs()));
            x = next;
            if moved < SETTLED {
                break;
            }
        }
        x.made_valid()
    }

    /// Negative eigenvalues set to zero.
    fn projected(&self) -> Self {
        let (n, eigen) = (self.size, self.eigen());
        let mut projected = Self { size: n, entries: vec![0.0; n * n] };
        // Plain loops: a library's product may fuse its operations on one machine and not on another.
        for (k, &value) in eigen.eigenvalues.iter().enumerate().filter(|(_, value)| **value > 0.0) {
            for row in 0..n {
                for column in 0..n {
                    let (a, b) = (eigen.eigenvectors[(row, k)], eigen.eigenvectors[(column, k)]);
                    projected.entries[row * n + column] += value * a * b;
                }
            }
        }
        projected
    }

    fn restore(&mut self, apart: &[(usize, usize)]) {
        for at in 0..self.size {
            self.entries[at * self.size + at] = 1.0;
        }
        apart.iter().for_each(|&(row, column)| self.put(row, column, 0.0));
    }

    /// Draws the matrix towards no correlation at all until its least eigenvalue is safely positive.
    fn made_valid(&self) -> Self {
        let least = self.least_eigenvalue();
        // The eigenvalues of (1 - w) C + w I are (1 - w) e + w.
        let weight = if least < LEAST_EIGENVALUE { (LEAST_EIGENVALUE - least) / (1.0 - least) } else { 0.0 };
        let mut valid = self.clone();
        for row in 0..self.size {
            for column in 0..row {
                let drawn = self.get(row, column) * (1.0 - weight);
                valid.put(row, column, (drawn / GRAIN).round() * GRAIN);
            }
        }
        valid
    }

    fn eigen(&self) -> SymmetricEigen<f64, nalgebra::Dyn> {
        SymmetricEigen::new(DMatrix::from_row_slice(self.size, self.size, &self.entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(size: usize, pairs: &[(usize, usize, f64)]) -> Correlations {
        let mut matrix = Correlations::none(size);
        pairs.iter().for_each(|&(row, column, value)| matrix.set(row, column, value));
        matrix
    }

    /// `L L'` less the matrix, at most.
    fn off(matrix: &Correlations) -> f64 {
        let (n, root) = (matrix.size(), matrix.root().unwrap());
        let product = |row: usize, column: usize| (0..n).map(|k| root[row * n + k] * root[column * n + k]).sum::<f64>();
        (0..n * n).map(|at| (product(at / n, at % n) - matrix.get(at / n, at % n)).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn a_possible_matrix_has_a_root_also_where_it_is_singular() {
        for pairs in [
            vec![(1, 0, 0.3), (2, 0, -0.5), (2, 1, 0.2)],
            vec![(1, 0, 1.0), (2, 0, 0.4), (2, 1, 0.4)],
            vec![(1, 0, -1.0), (2, 0, 1.0), (2, 1, -1.0)],
        ] {
            assert!(off(&matrix(3, &pairs)) < 1e-12, "{pairs:?}");
        }
    }

    #[test]
    fn an_impossible_matrix_has_none() {
        for pairs in [vec![(1, 0, 0.9), (2, 0, 0.9), (2, 1, -0.9)], vec![(1, 0, 1.0), (2, 0, 0.4), (2, 1, 0.5)]] {
            let matrix = matrix(3, &pairs);
            assert!(matrix.root().is_none() && matrix.least_eigenvalue() < 0.0, "{pairs:?}");
        }
    }

    #[test]
    fn the_nearest_matrix_is_that_of_the_published_example() {
        // Higham 2002, section 4: the tridiagonal matrix of ones. By symmetry the nearest one has a = c12 = c23, and
        // its determinant (1 - b) (1 + b - 2 a^2) is zero, so b = c13 = 2 a^2 - 1; then 4 a^3 - a - 1 = 0 minimises the
        // distance 4 (1 - a)^2 + 2 b^2. The paper prints 0.7607 and 0.1573.
        let nearest = matrix(3, &[(1, 0, 1.0), (2, 1, 1.0)]).nearest(&[]);
        let near = crate::math::root::bracketed(|a| 4.0 * a * a * a - a - 1.0, 0.5, 1.0, 1e-15).unwrap();
        let far = 2.0 * near * near - 1.0;
        assert_eq!(((near * 1e4).round(), (far * 1e4).round()), (7607.0, 1573.0));
        for (row, column, value) in [(1, 0, near), (2, 1, near), (2, 0, far)] {
            assert!((nearest.get(row, column) - value).abs() < 1e-7, "{} {value}", nearest.get(row, column));
        }
        assert!(off(&nearest) < 1e-9);
    }

    #[test]
    fn a_possible_matrix_is_its_own_nearest() {
        let possible = matrix(3, &[(1, 0, 0.3), (2, 0, -0.5), (2, 1, 0.2)]);
        let nearest = possible.nearest(&[]);
        assert!(possible.entries.iter().zip(&nearest.entries).all(|(a, b)| (a - b).abs() < 1e-9));
    }

    #[test]
    fn pairs_kept_apart_stay_so_and_nothing_nearer_is_possible() {
        let asked = matrix(4, &[(2, 0, 0.8), (2, 1, 0.8), (3, 0, -0.7), (3, 2, 0.9)]);
        let nearest = asked.nearest(&[(1, 0)]);
        assert_eq!(nearest.get(1, 0), 0.0);
        assert!(nearest.root().is_some() && nearest.least_eigenvalue() > 0.0);
        let distance = |c: &Correlations| asked.entries.iter().zip(&c.entries).map(|(a, b)| (a - b) * (a - b)).sum();
        let best: f64 = distance(&nearest);
        // Steps in every direction from it either leave the possible matrices or lead away.
        for step in [1e-3, -1e-3] {
            for (row, column) in [(2, 0), (2, 1), (3, 0), (3, 1), (3, 2)] {
                let mut other = nearest.clone();
                other.set(row, column, nearest.get(row, column) + step);
                let other_distance: f64 = distance(&other);
                assert!(other.least_eigenvalue() < 0.0 || other_distance > best, "{row} {column} {step}");
            }
        }
    }
}
