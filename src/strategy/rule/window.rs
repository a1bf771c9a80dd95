//! Extremes, means and deviations of the last n days, at a cost that does not grow with n.
//!
//! Nothing that was added is ever subtracted. Days are grouped in blocks of n, and the window that ends at place j of
//! a block is the rest of the block before, joined to the first j + 1 days of this one. The parts come from running
//! forwards through this block and once backwards through the last one, so a value enters and leaves exactly, and
//! one that is not ready spoils exactly the windows that hold it.
//!
//! References: M. van Herk, Pattern Recognition Letters 13 (1992) 517 (windows); T. F. Chan, G. H. Golub,
//! R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.

use super::expression::ready;
use super::kernel::zip;

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
