//! Sums of products over rows of values, one value a path: the arithmetic of ledgers, compiled for the widest registers.
//!
//! ```text
//! sum + x a,      sum + (x a + y),      sum + (x y) a          in this order of operations, value by value
//! max(sum, |x| a),        x != y,       x y != z
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

/// Raises each value to `|x| a` where that is more.
///
/// # Shape
/// As for [`add_scaled`].
pub fn raise_to_sizes(largest: &mut [f64], x: &[f64], a: f64) {
    sizes(InstructionSet::Best, largest, x, a);
}

/// Whether any value is not zero.
#[must_use]
pub fn any(x: &[f64]) -> bool {
    let mut found = [false];
    nonzero(InstructionSet::Best, x, &mut found);
    found[0]
}

/// Flags the places where `x` differs from `y`, or, with `all`, where `x` is not zero as well.
///
/// # Shape
/// As for [`add_scaled`].
pub fn flag_differences(x: &[f64], y: &[f64], all: bool, flags: &mut [bool]) {
    differences(InstructionSet::Best, x, y, all, flags);
}

/// Flags the places where `x y` is not `z`.
///
/// # Shape
/// As for [`add_scaled`].
pub fn flag_other_products(x: &[f64], y: &[f64], z: &[f64], flags: &mut [bool]) {
    other_products(InstructionSet::Best, x, y, z, flags);
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

dispatched!(
    fn sizes(largest: &mut [f64], x: &[f64], a: f64) = sizes_body
);
dispatched!(
    fn nonzero(x: &[f64], found: &mut [bool; 1]) = nonzero_body
);
dispatched!(
    fn differences(x: &[f64], y: &[f64], all: bool, flags: &mut [bool]) = differences_body
);
dispatched!(
    fn other_products(x: &[f64], y: &[f64], z: &[f64], flags: &mut [bool]) = other_products_body
);

#[inline(always)]
fn sizes_body(largest: &mut [f64], x: &[f64], a: f64) {
    for (largest, x) in largest.iter_mut().zip(x) {
        let size = x.abs() * a;
        *largest = if size > *largest { size } else { *largest };
    }
}

#[inline(always)]
fn nonzero_body(x: &[f64], found: &mut [bool; 1]) {
    found[0] = x.iter().fold(false, |found, &x| found | (x != 0.0));
}

#[inline(always)]
fn differences_body(x: &[f64], y: &[f64], all: bool, flags: &mut [bool]) {
    flags.iter_mut().zip(x).zip(y).for_each(|((flag, x), y)| *flag = (x != y) | (all & (*x != 0.0)));
}

#[inline(always)]
fn other_products_body(x: &[f64], y: &[f64], z: &[f64], flags: &mut [bool]) {
    flags.iter_mut().zip(x).zip(y).zip(z).for_each(|(((flag, x), y), z)| *flag = x * y != *z);
}

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
