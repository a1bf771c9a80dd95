//! The operations of nodes, a row over the lanes at a time.
//!
//! A window of n days costs the same whatever n is, and never subtracts what it added: days are grouped in blocks of
//! n, and the window that ends at place j of a block is the rest of the block before, joined to the first j + 1 days
//! of this one. The joined parts are made by running forwards through this block and once backwards through the last
//! one, so a value enters and leaves exactly, and one that is not ready spoils exactly the windows that hold it.
//! References: M. van Herk, Pattern Recognition Letters 13 (1992) 517 (windows); T. F. Chan, G. H. Golub,
//! R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
//!
//! `row` counts the days that a node has been given, from 0; state is not read before it has been written.

use super::expression::{Arithmetic, Comparison, greatest, least, ready};
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

/// Extreme of the last `n` days by `pick`.
#[inline(always)]
pub(super) fn extreme(
    n: usize,
    row: usize,
    x: &[f64],
    state: &mut [f64],
    out: &mut [f64],
    pick: impl Fn(f64, f64) -> f64,
) {
    let lanes = x.len();
    let place = row % n;
    let (forward, block) = state.split_at_mut(lanes);
    if place == 0 {
        forward.copy_from_slice(x);
    } else {
        forward.iter_mut().zip(x).for_each(|(forward, &x)| *forward = pick(*forward, x));
    }
    if place + 1 == n {
        out.copy_from_slice(forward);
    } else if row < n {
        out.fill(f64::NAN);
    } else {
        zip(forward, &block[(place + 1) * lanes..][..lanes], out, &pick);
    }
    block[place * lanes..][..lanes].copy_from_slice(x);
    if place + 1 == n {
        for at in (0..place).rev() {
            let (earlier, later) = block[at * lanes..].split_at_mut(lanes);
            earlier.iter_mut().zip(&*later).for_each(|(earlier, &later)| *earlier = pick(*earlier, later));
        }
    }
}

/// Mean of the last `n` days.
#[inline(always)]
pub(super) fn mean(n: usize, row: usize, x: &[f64], state: &mut [f64], out: &mut [f64]) {
    let lanes = x.len();
    let place = row % n;
    let (forward, block) = state.split_at_mut(lanes);
    if place == 0 {
        forward.copy_from_slice(x);
    } else {
        let weight = 1.0 / (place + 1) as f64;
        forward.iter_mut().zip(x).for_each(|(forward, &x)| *forward += (x - *forward) * weight);
    }
    if place + 1 == n {
        out.copy_from_slice(forward);
    } else if row < n {
        out.fill(f64::NAN);
    } else {
        let weight = (place + 1) as f64 / n as f64;
        zip(forward, &block[(place + 1) * lanes..][..lanes], out, |new, old| old + (new - old) * weight);
    }
    block[place * lanes..][..lanes].copy_from_slice(x);
    if place + 1 == n {
        for at in (0..place).rev() {
            let weight = 1.0 / (n - at) as f64;
            let (earlier, later) = block[at * lanes..].split_at_mut(lanes);
            earlier
                .iter_mut()
                .zip(&*later)
                .for_each(|(earlier, &later)| *earlier = later + (*earlier - later) * weight);
        }
    }
}

/// A function of today, the mean and the sum of squared deviations of the last `n` days.
#[inline(always)]
pub(super) fn moments(
    n: usize,
    row: usize,
    x: &[f64],
    state: &mut [f64],
    out: &mut [f64],
    f: impl Fn(f64, f64, f64) -> f64,
) {
    let lanes = x.len();
    let place = row % n;
    let (forward, block) = state.split_at_mut(2 * lanes);
    let (mean, squares) = forward.split_at_mut(lanes);
    let (block_mean, block_squares) = block.split_at_mut(n * lanes);
    // Welford's step through this block.
    if place == 0 {
        mean.copy_from_slice(x);
        squares.fill(0.0);
    } else {
        let weight = 1.0 / (place + 1) as f64;
        for ((mean, squares), &x) in mean.iter_mut().zip(&mut *squares).zip(x) {
            let off = x - *mean;
            *mean += off * weight;
            *squares += off * (x - *mean);
        }
    }
    if place + 1 == n {
        for (((out, &mean), &squares), &x) in out.iter_mut().zip(&*mean).zip(&*squares).zip(x) {
            *out = f(x, mean, squares);
        }
    } else if row < n {
        out.fill(f64::NAN);
    } else {
        // The rest of the block before, joined to this one.
        let old_mean = &block_mean[(place + 1) * lanes..][..lanes];
        let old_squares = &block_squares[(place + 1) * lanes..][..lanes];
        let weight = (place + 1) as f64 / n as f64;
        let spread = weight * (n - place - 1) as f64;
        let old = old_mean.iter().zip(old_squares);
        for ((((out, &mean), &squares), &x), (&old_mean, &old_squares)) in
            out.iter_mut().zip(&*mean).zip(&*squares).zip(x).zip(old)
        {
            let apart = mean - old_mean;
            *out = f(x, old_mean + apart * weight, old_squares + squares + apart * apart * spread);
        }
    }
    block_mean[place * lanes..][..lanes].copy_from_slice(x);
    if place + 1 == n {
        backwards(n, lanes, block_mean, block_squares);
    }
}

/// Welford's steps backwards through a block that is full: place j then holds the moments of places j to the last.
#[inline(always)]
fn backwards(n: usize, lanes: usize, means: &mut [f64], squares: &mut [f64]) {
    squares[(n - 1) * lanes..][..lanes].fill(0.0);
    for at in (0..n - 1).rev() {
        let weight = 1.0 / (n - at) as f64;
        let (mean, later_mean) = means[at * lanes..].split_at_mut(lanes);
        let (square, later_square) = squares[at * lanes..].split_at_mut(lanes);
        let later = later_mean.iter().zip(&*later_square);
        for ((mean, square), (&later_mean, &later_square)) in mean.iter_mut().zip(square).zip(later) {
            let x = *mean;
            let off = x - later_mean;
            *mean = later_mean + off * weight;
            *square = later_square + off * (x - *mean);
        }
    }
}

/// Sample standard deviation from the sum of squared deviations.
#[inline(always)]
pub(super) fn deviation(n: usize) -> impl Fn(f64, f64, f64) -> f64 {
    let freedom = n as f64 - 1.0;
    move |_, _, squares| (squares / freedom).sqrt()
}

/// Distance from the mean in standard deviations; not ready where there is no deviation.
#[inline(always)]
pub(super) fn score(n: usize) -> impl Fn(f64, f64, f64) -> f64 {
    let freedom = n as f64 - 1.0;
    move |x, mean, squares| ready((x - mean) / (squares / freedom).sqrt())
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
