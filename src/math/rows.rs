//! Sums of products over rows of values, one value a path: the arithmetic of ledgers, compiled for the widest registers.
//!
//! ```text
//! sum + x a,      sum + (x a + y),      sum + (x y) a          in this order of operations, value by value
//! ```

use super::dispatch::{InstructionSet, dispatched};

/// Adds `x a` to each sum.
///
/// # Shape
/// Rows of one length; of longer ones the rest is left alone.
pub fn add_scaled(sums: &mut [f64], x: &[f64], a: f64) {
    scaled(InstructionSet::Best, sums, x, a);
}

/// Adds `x a + y` to each sum.
///
/// # Shape
/// As for [`add_scaled`].
pub fn add_scaled_sum(sums: &mut [f64], x: &[f64], a: f64, y: &[f64]) {
    scaled_sum(InstructionSet::Best, sums, x, a, y);
}

/// Adds `(x y) a` to each sum.
///
/// # Shape
/// As for [`add_scaled`].
pub fn add_scaled_product(sums: &mut [f64], x: &[f64], y: &[f64], a: f64) {
    scaled_product(InstructionSet::Best, sums, x, y, a);
}

dispatched!(
    fn scaled(sums: &mut [f64], x: &[f64], a: f64) = scaled_body
);
dispatched!(
    fn scaled_sum(sums: &mut [f64], x: &[f64], a: f64, y: &[f64]) = scaled_sum_body
);
dispatched!(
    fn scaled_product(sums: &mut [f64], x: &[f64], y: &[f64], a: f64) = scaled_product_body
);

#[inline(always)]
fn scaled_body(sums: &mut [f64], x: &[f64], a: f64) {
    sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += x * a);
}

#[inline(always)]
fn scaled_sum_body(sums: &mut [f64], x: &[f64], a: f64, y: &[f64]) {
    sums.iter_mut().zip(x).zip(y).for_each(|((sum, x), y)| *sum += x * a + y);
}

#[inline(always)]
fn scaled_product_body(sums: &mut [f64], x: &[f64], y: &[f64], a: f64) {
    sums.iter_mut().zip(x).zip(y).for_each(|((sum, x), y)| *sum += x * y * a);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instruction_set_gives_the_bits_of_the_plain_order_of_operations() {
        let row =
            |seed: f64| -> Vec<f64> { (0..67).map(|n| seed * f64::from(n * n % 29) - 0.1 * f64::from(n)).collect() };
        let (start, x, y, a) = (row(0.3), row(1.7), row(-0.9), 0.97);
        for set in [InstructionSet::Best, InstructionSet::Avx2, InstructionSet::Baseline] {
            let [mut one, mut two, mut three] = [start.clone(), start.clone(), start.clone()];
            scaled(set, &mut one, &x, a);
            scaled_sum(set, &mut two, &x, a, &y);
            scaled_product(set, &mut three, &x, &y, a);
            for n in 0..start.len() {
                assert_eq!(one[n].to_bits(), (start[n] + x[n] * a).to_bits(), "{set:?}");
                assert_eq!(two[n].to_bits(), (start[n] + (x[n] * a + y[n])).to_bits(), "{set:?}");
                assert_eq!(three[n].to_bits(), (start[n] + (x[n] * y[n]) * a).to_bits(), "{set:?}");
            }
        }
    }
}
