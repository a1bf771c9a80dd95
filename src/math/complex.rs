//! Complex exponential, logarithm and square root whose bits are the same on every machine.
//!
//! `num-complex` supplies the type and its arithmetic; the transcendental parts go through `libm`.

pub use num_complex::Complex64;

use super::InstructionSet;
use super::dispatch::dispatched;
use super::vector;

/// The imaginary unit.
pub const I: Complex64 = Complex64::new(0.0, 1.0);

/// A real number as a complex one.
#[must_use]
pub const fn real(x: f64) -> Complex64 {
    Complex64::new(x, 0.0)
}

/// `e^z`.
#[must_use]
pub fn exp(z: Complex64) -> Complex64 {
    let (sin, cos) = libm::sincos(z.im);
    let modulus = libm::exp(z.re);
    Complex64::new(modulus * cos, modulus * sin)
}

/// Replaces each `(re, im)` by the parts of its exponential.
///
/// # Accuracy
/// Relative to the modulus: 1e-15 plus 2e-16 times the imaginary part, from its reduction to one turn.
///
/// # Shape
/// Two slices of one length.
pub fn exp_slices(re: &mut [f64], im: &mut [f64]) {
    exp_kernel(InstructionSet::Best, re, im);
}

dispatched!(
    fn exp_kernel(re: &mut [f64], im: &mut [f64]) = exp_body
);

#[inline(always)]
fn exp_body(re: &mut [f64], im: &mut [f64]) {
    assert_eq!(re.len(), im.len(), "two slices of one length");
    for (re, im) in re.iter_mut().zip(im) {
        // 1.5 x 2^52: adding it rounds to an integer.
        const ROUNDER: f64 = 6_755_399_441_055_744.0;
        let turns = *im * (1.0 / std::f64::consts::TAU);
        let (cos, sin) = vector::cos_sin_turns(turns - ((turns + ROUNDER) - ROUNDER));
        let modulus = vector::exp(*re);
        (*re, *im) = (modulus * cos, modulus * sin);
    }
}

/// `e^z - 1`, exact to rounding near zero.
#[must_use]
pub fn exp_m1(z: Complex64) -> Complex64 {
    let (sin, cos) = libm::sincos(z.im);
    let half = libm::sin(0.5 * z.im);
    let growth = libm::expm1(z.re);
    // e^x cos y - 1 = (e^x - 1) cos y - 2 sin^2(y / 2)
    Complex64::new(growth * cos - 2.0 * half * half, (growth + 1.0) * sin)
}

/// Principal logarithm of `1 + z`, exact to rounding near zero.
#[must_use]
pub fn ln_1p(z: Complex64) -> Complex64 {
    let modulus = if z.re.abs() < 0.5 && z.im.abs() < 0.5 {
        0.5 * libm::log1p(2.0 * z.re + (z.re * z.re + z.im * z.im))
    } else {
        libm::log(libm::hypot(1.0 + z.re, z.im))
    };
    Complex64::new(modulus, libm::atan2(z.im, 1.0 + z.re))
}

/// Principal logarithm.
#[must_use]
pub fn ln(z: Complex64) -> Complex64 {
    Complex64::new(libm::log(libm::hypot(z.re, z.im)), libm::atan2(z.im, z.re))
}

/// Principal square root, real part at least 0.
#[must_use]
pub fn sqrt(z: Complex64) -> Complex64 {
    if z.re == 0.0 && z.im == 0.0 {
        return real(0.0);
    }
    let modulus = libm::hypot(z.re, z.im);
    let major = (0.5 * (modulus + z.re.abs())).sqrt();
    let minor = 0.5 * z.im.abs() / major;
    let (re, im) = if z.re >= 0.0 { (major, minor) } else { (minor, major) };
    Complex64::new(re, im.copysign(z.im))
}

/// `(1 - e^-z) / z`, 1 at zero.
#[must_use]
pub fn decay_mean(z: Complex64) -> Complex64 {
    if z.re == 0.0 && z.im == 0.0 { real(1.0) } else { -exp_m1(-z) / z }
}

/// The larger of the absolute parts: a cheap size, within a factor of the square root of 2 of the modulus.
#[must_use]
pub fn size(z: Complex64) -> f64 {
    z.re.abs().max(z.im.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: Complex64, b: Complex64, tolerance: f64) {
        assert!(size(a - b) <= tolerance * size(b).max(1e-300), "{a} against {b}");
    }

    #[test]
    fn exponential_and_logarithm_undo_each_other_and_keep_small_arguments() {
        for (re, im) in [(0.3, 0.2), (-2.0, 3.0), (5.0, -1.5), (1e-9, -2e-9), (-0.4, 1e-12)] {
            let z = Complex64::new(re, im);
            close(ln(exp(z)), z, if size(z) < 1e-6 { 1e-6 } else { 1e-15 });
            close(ln_1p(exp_m1(z)), z, 1e-15);
        }
        close(exp_m1(Complex64::new(1e-20, 1e-20)), Complex64::new(1e-20, 1e-20), 1e-15);
    }

    #[test]
    fn slices_of_exponentials_agree_with_the_scalar_form() {
        let inputs: Vec<Complex64> =
            (0..1001).map(|i| Complex64::new(0.1 * f64::from(i) - 60.0, 7.3 * f64::from(i) - 3000.0)).collect();
        let (mut re, mut im): (Vec<f64>, Vec<f64>) = inputs.iter().map(|z| (z.re, z.im)).unzip();
        exp_slices(&mut re, &mut im);
        for ((z, re), im) in inputs.into_iter().zip(re).zip(im) {
            let bound = (1e-15 + 2e-16 * z.im.abs()) * libm::exp(z.re);
            assert!(size(exp(z) - Complex64::new(re, im)) <= bound, "at {z}");
        }
    }

    #[test]
    fn square_root_squares_back_on_both_sides_of_the_cut() {
        for (re, im) in [(4.0, 0.0), (-4.0, 1e-30), (-4.0, -1e-30), (0.0, 2.0), (1e-200, -1e-200), (-3.0, 5.0)] {
            let z = Complex64::new(re, im);
            let root = sqrt(z);
            assert!(root.re >= 0.0);
            close(root * root, z, 4e-16);
        }
    }

    #[test]
    fn decay_mean_is_smooth_through_zero() {
        close(decay_mean(real(0.0)), real(1.0), 0.0);
        close(decay_mean(real(1e-9)), real(1.0 - 0.5e-9), 3e-16);
        close(decay_mean(real(2.0)), real(0.432_332_358_381_693_6), 1e-15);
    }
}
