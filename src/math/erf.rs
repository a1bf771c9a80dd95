//! Scaled complementary error functions, `erfcx(x) = e^{x^2} erfc(x)`, of real and of complex arguments.
//!
//! ```text
//! x < 5:   e^{x^2} erfc(x), with x^2 carried in two parts
//! x >= 5:  (1/sqrt(pi)) / (x + (1/2)/(x + 1/(x + (3/2)/(x + ...))))       Laplace's continued fraction
//! complex: Weideman (1994), "Computation of the complex error function", SIAM J. Numer. Anal. 31(5)
//! ```

use std::f64::consts::PI;

use super::complex::{Complex64, real};
use super::dispatch::{InstructionSet, dispatched};

/// Where the continued fraction takes over.
const FRACTION_FROM: f64 = 5.0;
/// Levels of the continued fraction; 1e-17 at 5.
const LEVELS: u32 = 60;
/// Terms of Weideman's expansion.
const TERMS: usize = 44;

/// `e^{x^2} erfc(x)` for real `x`; infinite below about -26.6.
///
/// # Accuracy
/// About 1e-15 relative for `x >= 0`.
#[must_use]
pub fn erfcx(x: f64) -> f64 {
    if x < FRACTION_FROM {
        // x^2 = high^2 + (x - high)(x + high) with high^2 exact.
        let high = f64::from_bits(x.to_bits() & !0x7ff_ffff);
        return libm::exp(high * high) * libm::exp((x - high) * (x + high)) * libm::erfc(x);
    }
    let tail = (1..=LEVELS).rev().fold(x, |tail, n| x + 0.5 * f64::from(n) / tail);
    1.0 / (tail * PI.sqrt())
}

/// `e^{z^2} erfc(z)` for complex `z` with real part at least 0.
#[derive(Debug, Clone)]
pub struct ComplexErfcx {
    scale: f64,
    /// Highest power first.
    coefficients: Vec<f64>,
}

impl Default for ComplexErfcx {
    fn default() -> Self {
        Self::new()
    }
}

impl ComplexErfcx {
    /// Finds the coefficients of the expansion.
    #[must_use]
    pub fn new() -> Self {
        Self::with_terms(TERMS)
    }

    /// As [`Self::new`] with another number of terms: about 1e-7 for 18 and 1e-13 for 44.
    #[must_use]
    pub fn with_terms(terms: usize) -> Self {
        let scale = (terms as f64 / std::f64::consts::SQRT_2).sqrt();
        let nodes = 2 * terms;
        // Fourier coefficients of e^{-t^2} (scale^2 + t^2) with t = scale tan(theta / 2); even in theta.
        let samples: Vec<(f64, f64)> = (0..nodes)
            .map(|k| {
                let theta = k as f64 * PI / nodes as f64;
                let t = scale * libm::tan(0.5 * theta);
                (theta, libm::exp(-t * t) * (scale * scale + t * t))
            })
            .collect();
        let coefficient = |n: usize| {
            let sum: f64 = samples.iter().skip(1).map(|(theta, f)| 2.0 * f * libm::cos(n as f64 * theta)).sum();
            (samples[0].1 + sum) / (2 * nodes) as f64
        };
        Self { scale, coefficients: (1..=terms).rev().map(coefficient).collect() }
    }

    /// `e^{z^2} erfc(z)`.
    ///
    /// # Accuracy
    /// About 1e-13.
    #[must_use]
    pub fn value(&self, z: Complex64) -> Complex64 {
        // w(iz) = erfcx(z), and i (iz) = -z.
        let below = real(self.scale) + z;
        let ratio = (real(self.scale) - z) / below;
        let sum = self.coefficients.iter().fold(real(0.0), |sum, &c| sum * ratio + c);
        (sum * 2.0 / below + 1.0 / PI.sqrt()) / below
    }

    /// Replaces each `(re, im)` by the parts of its value.
    ///
    /// # Shape
    /// Two slices of one length.
    pub fn values(&self, re: &mut [f64], im: &mut [f64]) {
        values_kernel(InstructionSet::Best, self, re, im);
    }
}

dispatched!(
    fn values_kernel(function: &ComplexErfcx, re: &mut [f64], im: &mut [f64]) = values_body
);

/// Arguments whose sums run side by side.
const LANES: usize = 8;

#[inline(always)]
fn values_body(function: &ComplexErfcx, re: &mut [f64], im: &mut [f64]) {
    assert_eq!(re.len(), im.len(), "two slices of one length");
    let (re, re_rest) = re.as_chunks_mut::<LANES>();
    let (im, im_rest) = im.as_chunks_mut::<LANES>();
    for (re, im) in re.iter_mut().zip(im) {
        (*re, *im) = function.lanes(re, im);
    }
    let (mut last_re, mut last_im) = ([0.0; LANES], [0.0; LANES]);
    last_re[..re_rest.len()].copy_from_slice(re_rest);
    last_im[..im_rest.len()].copy_from_slice(im_rest);
    let (last_re, last_im) = function.lanes(&last_re, &last_im);
    re_rest.copy_from_slice(&last_re[..re_rest.len()]);
    im_rest.copy_from_slice(&last_im[..im_rest.len()]);
}

impl ComplexErfcx {
    #[inline(always)]
    fn lanes(&self, re: &[f64; LANES], im: &[f64; LANES]) -> ([f64; LANES], [f64; LANES]) {
        // One over the sum of scale and argument, and the ratio of their difference and sum.
        let (mut a, mut b, mut p, mut q) = ([0.0; LANES], [0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for i in 0..LANES {
            let (x, y) = (self.scale + re[i], im[i]);
            let norm = 1.0 / (x * x + y * y);
            (a[i], b[i]) = (x * norm, -y * norm);
            let (c, d) = (self.scale - re[i], -y);
            (p[i], q[i]) = (c * a[i] - d * b[i], c * b[i] + d * a[i]);
        }
        let (mut u, mut v) = ([0.0; LANES], [0.0; LANES]);
        for &coefficient in &self.coefficients {
            for i in 0..LANES {
                (u[i], v[i]) = (u[i] * p[i] - v[i] * q[i] + coefficient, u[i] * q[i] + v[i] * p[i]);
            }
        }
        let root = 1.0 / PI.sqrt();
        let (mut out_re, mut out_im) = ([0.0; LANES], [0.0; LANES]);
        for i in 0..LANES {
            let (x, y) = (2.0 * (u[i] * a[i] - v[i] * b[i]) + root, 2.0 * (u[i] * b[i] + v[i] * a[i]));
            (out_re[i], out_im[i]) = (x * a[i] - y * b[i], x * b[i] + y * a[i]);
        }
        (out_re, out_im)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::complex::size;

    #[test]
    fn real_values_agree_with_tables() {
        // By mpmath with 30 digits.
        for (x, expected) in [
            (0.0, 1.0),
            (0.5, 0.615_690_344_192_925_9),
            (1.0, 0.427_583_576_155_807),
            (4.9, 0.112_879_090_559_758_76),
            (5.0, 0.110_704_637_733_068_63),
            (20.0, 0.028_174_348_741_051_32),
            (1e6, 5.641_895_835_474_742e-7),
            (-1.0, 5.008_980_080_762_284),
        ] {
            assert!((erfcx(x) / expected - 1.0).abs() < 2e-15, "{x}: {:e}", erfcx(x));
        }
    }

    #[test]
    fn complex_values_meet_the_real_ones_and_the_defining_equation() {
        let function = ComplexErfcx::new();
        for x in [0.0, 0.1, 0.7, 1.5, 4.0, 9.0, 60.0] {
            assert!(size(function.value(real(x)) - erfcx(x)) < 2e-13, "{x}");
        }
        // f' = 2 z f - 2 / sqrt(pi), by central differences of order six.
        for z in [Complex64::new(0.5, 0.4), Complex64::new(2.0, -2.0), Complex64::new(0.1, 3.0)] {
            let h = 0.02;
            let d = |n: f64| function.value(z + n * h) - function.value(z - n * h);
            let slope = (d(1.0) * 45.0 - d(2.0) * 9.0 + d(3.0)) / (60.0 * h);
            let expected = function.value(z) * z * 2.0 - 2.0 / PI.sqrt();
            assert!(size(slope - expected) < 1e-9, "{z}: {slope} {expected}");
        }
        let (mut re, mut im) = ([0.5, 2.0, 0.1, 30.0], [0.4, -2.0, 3.0, 1.0]);
        let expected: Vec<Complex64> =
            re.iter().zip(im).map(|(&re, im)| function.value(Complex64::new(re, im))).collect();
        ComplexErfcx::with_terms(18).values(&mut re, &mut im);
        for ((&re, &im), expected) in re.iter().zip(&im).zip(expected) {
            assert!(size(Complex64::new(re, im) - expected) < 1e-7, "{expected}");
        }
        let z = Complex64::new(1.0, 1.0);
        assert!(size(function.value(z).conj() - function.value(z.conj())) < 1e-16);
    }
}
