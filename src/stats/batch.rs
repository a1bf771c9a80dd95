//! The error of any estimator from its scatter between batches: slower to settle than a formula, but free of its assumptions.
//!
//! ```text
//! se = sd(estimates of b equal, consecutive batches) / sqrt b
//! ```

use super::moments::Moments;

/// The standard error of `estimate` on all values, from `batches` consecutive batches; `None` if they have no two values each.
///
/// Values left over at the end are not used. For values that depend on each other within batches, but not between them.
///
/// # Accuracy
/// Its own relative error is about `1 / sqrt(2 (batches - 1))`.
#[must_use]
pub fn batch_standard_error(values: &[f64], batches: usize, estimate: impl Fn(&[f64]) -> f64) -> Option<f64> {
    let size = values.len().checked_div(batches)?;
    if size < 2 || batches < 2 {
        return None;
    }
    let estimates: Moments = values.chunks_exact(size).take(batches).map(estimate).collect();
    estimates.standard_error()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_of_constant_means_have_their_scatter() {
        // Batch means 0, 1, 2, 3: variance 5/3 over 4 batches.
        let values = [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 99.0];
        let error = batch_standard_error(&values, 4, |batch| batch.iter().sum::<f64>() / 2.0).unwrap();
        assert!((error - (5.0f64 / 12.0).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn too_few_values_or_batches_give_none() {
        let first = |batch: &[f64]| batch[0];
        for (values, batches) in [(10, 0), (10, 1), (10, 6), (0, 2)] {
            assert_eq!(batch_standard_error(&vec![1.0; values], batches, first), None);
        }
    }
}
