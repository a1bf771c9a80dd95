//! The operations of nodes, a row over the lanes at a time.
//!
//! `row` counts the days that a node has been given, from 0; state is not read before it has been written.

use super::expression::{Arithmetic, Comparison, greatest, least};
use super::truth::Truth;

/// A row of numbers, or one number for all lanes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Input<'a> {
    Row(&'a [f64]),
    Constant(f64),
}

/// Sets every lane of `out` to a function of the same lane of the row.
#[inline(always)]
pub(super) fn map<A: Copy, B>(x: &[A], out: &mut [B], f: impl Fn(A) -> B) {
    for (out, &x) in out.iter_mut().zip(x) {
        *out = f(x);
    }
}

/// Sets every lane of `out` to a function of the same lanes of two rows.
#[inline(always)]
pub(super) fn zip<A: Copy, B>(a: &[A], b: &[A], out: &mut [B], f: impl Fn(A, A) -> B) {
    for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
        *out = f(a, b);
    }
}

#[inline(always)]
fn zip_inputs<B>(a: Input<'_>, b: Input<'_>, out: &mut [B], f: impl Fn(f64, f64) -> B) {
    match (a, b) {
        (Input::Row(a), Input::Row(b)) => zip(a, b, out, f),
        (Input::Row(a), Input::Constant(b)) => map(a, out, |a| f(a, b)),
        (Input::Constant(a), Input::Row(b)) => map(b, out, |b| f(a, b)),
        (Input::Constant(a), Input::Constant(b)) => out.iter_mut().for_each(|out| *out = f(a, b)),
    }
}

#[inline(always)]
pub(super) fn arithmetic(operation: Arithmetic, a: Input<'_>, b: Input<'_>, out: &mut [f64]) {
    // One loop for each operation, so that none decides inside the loop.
    match operation {
        Arithmetic::Add => zip_inputs(a, b, out, |a, b| Arithmetic::Add.apply(a, b)),
        Arithmetic::Subtract => zip_inputs(a, b, out, |a, b| Arithmetic::Subtract.apply(a, b)),
        Arithmetic::Multiply => zip_inputs(a, b, out, |a, b| Arithmetic::Multiply.apply(a, b)),
        Arithmetic::Divide => zip_inputs(a, b, out, |a, b| Arithmetic::Divide.apply(a, b)),
        Arithmetic::Least => zip_inputs(a, b, out, least),
        Arithmetic::Greatest => zip_inputs(a, b, out, greatest),
    }
}

#[inline(always)]
pub(super) fn compare(comparison: Comparison, a: Input<'_>, b: Input<'_>, out: &mut [Truth]) {
    match comparison {
        Comparison::Less => compare_by(Comparison::Less, a, b, out),
        Comparison::LessOrEqual => compare_by(Comparison::LessOrEqual, a, b, out),
        Comparison::Greater => compare_by(Comparison::Greater, a, b, out),
        Comparison::GreaterOrEqual => compare_by(Comparison::GreaterOrEqual, a, b, out),
        Comparison::Equal => compare_by(Comparison::Equal, a, b, out),
        Comparison::NotEqual => compare_by(Comparison::NotEqual, a, b, out),
    }
}

#[inline(always)]
fn compare_by(comparison: Comparison, a: Input<'_>, b: Input<'_>, out: &mut [Truth]) {
    zip_inputs(a, b, out, |a, b| Truth::known_if(!a.is_nan() & !b.is_nan(), comparison.holds(a, b)));
}

/// Relative strength, 0 to 100, from averages of rises and falls.
#[inline(always)]
pub(super) fn strength(up: &[f64], down: &[f64], out: &mut [f64]) {
    zip(up, down, out, |up, down| {
        let moved = up + down;
        // The ratio first: without falls it is exactly 1.
        let strength = 100.0 * (up / moved);
        if moved == 0.0 { 50.0 } else { strength }
    });
}

/// Today and the value of `n` days ago, joined by `f`.
#[inline(always)]
pub(super) fn lagged(n: usize, row: usize, x: &[f64], state: &mut [f64], out: &mut [f64], f: impl Fn(f64, f64) -> f64) {
    let before = &mut state[row % n * x.len()..][..x.len()];
    if row < n {
        out.fill(f64::NAN);
    } else {
        zip(x, before, out, f);
    }
    before.copy_from_slice(x);
}

/// Exponential average of weight `2 / (n + 1)`, which begins at the first value that is ready.
#[inline(always)]
pub(super) fn ema(n: usize, row: usize, x: &[f64], average: &mut [f64], out: &mut [f64]) {
    if row == 0 {
        average.fill(f64::NAN);
    }
    let weight = 2.0 / (n as f64 + 1.0);
    for ((out, &x), average) in out.iter_mut().zip(x).zip(average) {
        let moved = *average + weight * (x - *average);
        *average = if average.is_nan() { x } else { moved };
        *out = *average;
    }
}

/// Wilder's average: the mean of the first `n` values, then weight `1 / n`.
///
/// The mean grows by weights 1, 1/2, 1/3 .. 1/n, and goes on with 1/n.
#[inline(always)]
pub(super) fn wilder(n: usize, row: usize, x: &[f64], state: &mut [f64], out: &mut [f64]) {
    let (average, seen) = state.split_at_mut(x.len());
    if row == 0 {
        average.fill(0.0);
        seen.fill(0.0);
    }
    let n = n as f64;
    for (((out, &x), average), seen) in out.iter_mut().zip(x).zip(average).zip(seen) {
        let ready = !x.is_nan();
        let counted = *seen + 1.0;
        let moved = *average + (x - *average) / counted.min(n);
        *seen = if ready { counted } else { 0.0 };
        *average = if ready { moved } else { 0.0 };
        *out = if *seen >= n { *average } else { f64::NAN };
    }
}

/// The value once it has been ready for `n` days without a gap.
#[inline(always)]
pub(super) fn settled(n: usize, row: usize, x: &[f64], seen: &mut [f64], out: &mut [f64]) {
    if row == 0 {
        seen.fill(0.0);
    }
    let n = n as f64;
    for ((out, &x), seen) in out.iter_mut().zip(x).zip(seen) {
        *seen = if x.is_nan() { 0.0 } else { *seen + 1.0 };
        *out = if *seen >= n { x } else { f64::NAN };
    }
}

/// Percent of the `n` days before today that lie below today, ties counting half.
#[inline(always)]
pub(super) fn percentile(n: usize, row: usize, x: &[f64], state: &mut [f64], out: &mut [f64]) {
    let lanes = x.len();
    let (seen, days) = state.split_at_mut(lanes);
    if row == 0 {
        seen.fill(0.0);
    }
    out.fill(0.0);
    for before in days.chunks_exact(lanes) {
        for ((below, &x), &before) in out.iter_mut().zip(x).zip(before) {
            *below += if before < x { 1.0 } else { 0.0 };
            *below += if before == x { 0.5 } else { 0.0 };
        }
    }
    let n_days = n as f64;
    for ((out, &x), seen) in out.iter_mut().zip(x).zip(seen) {
        let ready = !x.is_nan();
        *out = if ready & (*seen >= n_days) { *out * 100.0 / n_days } else { f64::NAN };
        *seen = if ready { *seen + 1.0 } else { 0.0 };
    }
    days[row % n * lanes..][..lanes].copy_from_slice(x);
}

/// Days since the condition was last true, 0 today; not ready before it has been.
#[inline(always)]
pub(super) fn days_since(row: usize, condition: &[Truth], count: &mut [f64], out: &mut [f64]) {
    if row == 0 {
        count.fill(f64::NAN);
    }
    for ((out, &condition), count) in out.iter_mut().zip(condition).zip(count) {
        *count = if condition.holds() { 0.0 } else { *count + 1.0 };
        *out = *count;
    }
}

/// The truth of the day before, unknown on the first.
#[inline(always)]
pub(super) fn yesterday(row: usize, x: &[Truth], before: &mut [Truth], out: &mut [Truth]) {
    if row == 0 {
        before.fill(Truth::UNKNOWN);
    }
    out.copy_from_slice(before);
    before.copy_from_slice(x);
}
