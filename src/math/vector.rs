//! Branch-free `exp`, `ln`, `tanh`, sine and cosine that the compiler can vectorise, with the same bits everywhere.
//!
//! ```text
//! exp(x) = 2^k e^r,              k = round(x / ln 2),  |r| <= ln 2 / 2,  e^r by a polynomial of degree 11
//! ln(2^e m) = e ln 2 + ln m,     m in [sqrt 1/2, sqrt 2),  ln m = 2 atanh(s),  s = (m - 1) / (m + 1)
//! ```
//!
//! The polynomials of `ln`, sine and cosine are those of FreeBSD's msun (Sun Microsystems 1993); that of `exp` is
//! Chebyshev interpolation. The scalar forms are `#[inline(always)]`, to be used inside kernels; the slice forms
//! dispatch by themselves.

use super::dispatch::{InstructionSet, dispatched};

/// High part of ln 2: 33 bits, so that its product with an exponent is exact.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
/// ln 2 less its high part.
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// 1.5 x 2^52: adding it rounds to an integer, which then sits in the low bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
/// [`ROUNDER`] plus the exponent bias, so that the low bits hold a biased exponent.
const BIASED_ROUNDER: f64 = ROUNDER + 1023.0;
/// Bits of 2^52: or-ing a smaller integer into it gives 2^52 plus that integer.
const TWO_52_BITS: u64 = 0x4330_0000_0000_0000;
/// 2^52.
const TWO_52: f64 = 4_503_599_627_370_496.0;

/// `(e^r - 1 - r) / r^2` for `|r| <= ln 2 / 2`: interpolation at ten Chebyshev nodes, error below 0.15 x 2^-53 of e^r.
const EXP: [f64; 10] = [
    0.500_000_000_000_000_1,
    0.166_666_666_666_666_69,
    0.041_666_666_666_624_13,
    0.008_333_333_333_330_062,
    0.001_388_888_891_721_371_7,
    0.000_198_412_698_630_536_18,
    2.480_152_129_595_437_6e-5,
    2.755_726_845_999_706_4e-6,
    2.762_008_844_540_974_6e-7,
    2.510_038_549_551_032e-8,
];

/// `e^x`: 0 below -745.14, infinity above 709.79, NaN for NaN.
///
/// # Accuracy
/// Within 1 ulp for normal results; subnormal results are rounded once more.
#[inline(always)]
#[must_use]
pub fn exp(x: f64) -> f64 {
    // Bounds past which the result is 0 or infinity anyway; written so that NaN passes.
    let x = if x < -746.0 { -746.0 } else { x };
    let x = if x > 710.0 { 710.0 } else { x };
    let k = (x * std::f64::consts::LOG2_E + ROUNDER) - ROUNDER;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let r2 = r * r;
    let r4 = r2 * r2;
    let low = (EXP[0] + r * EXP[1]) + r2 * (EXP[2] + r * EXP[3]);
    let high = (EXP[4] + r * EXP[5]) + r2 * (EXP[6] + r * EXP[7]) + r4 * (EXP[8] + r * EXP[9]);
    let power = 1.0 + (r + r2 * (low + r4 * high));
    // Two factors, because 2^k itself may not be a normal number.
    let half = 0.5 * k + BIASED_ROUNDER;
    let rest = k - (half - BIASED_ROUNDER) + BIASED_ROUNDER;
    power * f64::from_bits(half.to_bits() << 52) * f64::from_bits(rest.to_bits() << 52)
}

/// `ln x`: minus infinity for 0, NaN below 0 and for NaN, infinity for infinity; subnormal numbers are covered.
///
/// # Accuracy
/// Within 1 ulp.
#[inline(always)]
#[must_use]
pub fn ln(x: f64) -> f64 {
    let subnormal = x < f64::MIN_POSITIVE;
    let scaled = if subnormal { x * 18_014_398_509_481_984.0 } else { x };
    let shift = if subnormal { -54.0 } else { 0.0 };
    let value = ln_shifted(scaled, shift);
    let value = if x < f64::INFINITY { value } else { x };
    let value = if x == 0.0 { f64::NEG_INFINITY } else { value };
    if x < 0.0 { f64::NAN } else { value }
}

/// `ln x` for a positive normal number; anything else gives a meaningless number, without harm.
///
/// # Accuracy
/// The same bits as [`ln`], in fewer operations.
#[inline(always)]
#[must_use]
pub fn ln_normal(x: f64) -> f64 {
    ln_shifted(x, 0.0)
}

#[inline(always)]
fn ln_shifted(x: f64, shift: f64) -> f64 {
    // Move the bits so that the mantissa's cut lies at sqrt 1/2, not at 1.
    let moved = x.to_bits().wrapping_add(0x3ff0_0000_0000_0000 - 0x3fe6_a09e_667f_3bcd);
    let m = f64::from_bits((moved & 0x000f_ffff_ffff_ffff) + 0x3fe6_a09e_667f_3bcd);
    let e = (f64::from_bits(TWO_52_BITS | (moved >> 52)) - (TWO_52 + 1023.0)) + shift;

    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let odd = w * (0.399_999_999_994_094_2 + w * (0.222_221_984_321_497_84 + w * 0.153_138_376_992_093_73));
    let even = z
        * (0.666_666_666_666_673_5
            + w * (0.285_714_287_436_623_9 + w * (0.181_835_721_616_180_5 + w * 0.147_981_986_051_165_86)));
    let half_square = 0.5 * f * f;
    e * LN_2_HIGH - ((half_square - (s * (half_square + (odd + even)) + e * LN_2_LOW)) - f)
}

/// `(cos 2 pi t, sin 2 pi t)` for `0 <= t <= 1`.
///
/// # Accuracy
/// Within 2.3e-16 absolute.
#[inline(always)]
#[must_use]
pub fn cos_sin_turns(t: f64) -> (f64, f64) {
    let rounded = 4.0 * t + ROUNDER;
    let quadrant = rounded.to_bits();
    let y = (t - 0.25 * (rounded - ROUNDER)) * std::f64::consts::TAU;

    let z = y * y;
    let w = z * z;
    let sine_tail = (-0.166_666_666_666_666_32 + z * 0.008_333_333_333_322_49)
        + w * ((-0.000_198_412_698_298_579_5 + z * 2.755_731_370_707_007e-6)
            + w * (-2.505_076_025_340_686_3e-8 + z * 1.589_690_995_211_55e-10));
    let cosine_tail = (0.041_666_666_666_666_6 + z * -0.001_388_888_888_887_411)
        + w * ((2.480_158_728_947_673e-5 + z * -2.755_731_435_139_066_3e-7)
            + w * (2.087_572_321_298_175e-9 + z * -1.135_964_755_778_819_5e-11));
    let sine = y + y * z * sine_tail;
    let cosine = 1.0 - (0.5 * z - w * cosine_tail);

    let odd = quadrant & 1 == 1;
    let (c, s) = if odd { (sine, cosine) } else { (cosine, sine) };
    let cosine_sign = (quadrant.wrapping_add(1) & 2) << 62;
    let sine_sign = (quadrant & 2) << 62;
    (f64::from_bits(c.to_bits() ^ cosine_sign), f64::from_bits(s.to_bits() ^ sine_sign))
}

/// `tanh x`.
///
/// # Accuracy
/// Within 4.5e-16 absolute (not relative near zero).
#[inline(always)]
#[must_use]
pub fn tanh(x: f64) -> f64 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// Replaces each value by its exponential.
pub fn exp_slice(values: &mut [f64]) {
    exp_kernel(InstructionSet::Best, values);
}

/// Replaces each value by its natural logarithm.
pub fn ln_slice(values: &mut [f64]) {
    ln_kernel(InstructionSet::Best, values);
}

dispatched!(
    fn exp_kernel(values: &mut [f64]) = exp_body
);
dispatched!(
    fn ln_kernel(values: &mut [f64]) = ln_body
);

#[inline(always)]
fn exp_body(values: &mut [f64]) {
    for value in values {
        *value = exp(*value);
    }
}

#[inline(always)]
fn ln_body(values: &mut [f64]) {
    for value in values {
        *value = ln(*value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distance in units in the last place of `right`.
    fn ulps(left: f64, right: f64) -> f64 {
        if left == right || (left.is_nan() && right.is_nan()) {
            return 0.0;
        }
        let ulp = f64::from_bits(right.abs().to_bits() + 1) - right.abs();
        (left - right).abs() / ulp
    }

    /// Points that cover [low, high] and hit no pattern of the bits.
    fn points(low: f64, high: f64) -> impl Iterator<Item = f64> {
        (0..200_000).map(move |i| low + (high - low) * ((f64::from(i) * 0.618_033_988_749_894_9) % 1.0))
    }

    fn worst(range: (f64, f64), ours: impl Fn(f64) -> f64, theirs: impl Fn(f64) -> f64) -> f64 {
        points(range.0, range.1).map(|x| ulps(ours(x), theirs(x))).fold(0.0, f64::max)
    }

    // libm is itself within 1 ulp of the truth, so two ulps between the two are one of ours.
    #[test]
    fn exp_is_within_an_ulp_or_two_of_libm_over_the_whole_domain() {
        for range in [(-745.1, 709.7), (-40.0, 1.0), (-1.0, 1.0), (-1e-3, 1e-3)] {
            let error = worst(range, exp, libm::exp);
            assert!(error <= 2.0, "{error} ulp on {range:?}");
        }
    }

    #[test]
    fn ln_is_within_an_ulp_or_two_of_libm_over_the_whole_domain() {
        for range in [(1e-300, 1e300), (0.0, 4.0), (0.9, 1.1), (0.999_9, 1.000_1), (1e-320, 1e-308)] {
            let error = worst(range, ln, libm::log);
            assert!(error <= 2.0, "{error} ulp on {range:?}");
        }
        for exponent in -1074..1024 {
            let x = libm::ldexp(1.37, exponent);
            assert!(ulps(ln(x), libm::log(x)) <= 2.0, "{x:e}");
        }
    }

    #[test]
    fn ends_of_the_domain_are_those_of_the_functions() {
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-746.0), 0.0);
        assert_eq!(exp(f64::NEG_INFINITY), 0.0);
        assert_eq!(exp(-745.0), f64::from_bits(1));
        assert!(exp(709.78).is_finite());
        assert_eq!(exp(709.8), f64::INFINITY);
        assert_eq!(exp(f64::INFINITY), f64::INFINITY);
        assert!(exp(f64::NAN).is_nan());
        assert_eq!(ln(1.0), 0.0);
        assert_eq!(ln(0.0), f64::NEG_INFINITY);
        assert_eq!(ln(f64::INFINITY), f64::INFINITY);
        assert!(ln(-1.0).is_nan() && ln(f64::NAN).is_nan());
        assert!(ulps(ln(f64::from_bits(1)), libm::log(f64::from_bits(1))) <= 1.0);
    }

    #[test]
    fn sine_and_cosine_of_turns_agree_with_libm() {
        for t in points(0.0, 1.0).chain([0.0, 0.125, 0.25, 0.375, 0.5, 0.75, 0.875, 1.0]) {
            let (cosine, sine) = cos_sin_turns(t);
            // libm at the argument reduced to an eighth of a turn, where 2 pi r has no error to speak of.
            let quarter = (4.0 * t).round();
            let y = std::f64::consts::TAU * (t - 0.25 * quarter);
            let (c, s) = (libm::cos(y), libm::sin(y));
            let expected = [(c, s), (-s, c), (-c, -s), (s, -c)][quarter as usize % 4];
            assert!((cosine - expected.0).abs() < 2.3e-16, "cos at {t}");
            assert!((sine - expected.1).abs() < 2.3e-16, "sin at {t}");
            assert!((cosine * cosine + sine * sine - 1.0).abs() < 4.5e-16, "norm at {t}");
        }
        assert_eq!(cos_sin_turns(0.25), (0.0, 1.0));
        assert_eq!(cos_sin_turns(0.5), (-1.0, 0.0));
    }

    #[test]
    fn tanh_agrees_with_libm() {
        for x in points(-40.0, 40.0).chain(points(-2.0, 2.0)) {
            assert!((tanh(x) - libm::tanh(x)).abs() < 4.5e-16, "at {x}");
        }
        assert_eq!(tanh(f64::INFINITY), 1.0);
        assert_eq!(tanh(f64::NEG_INFINITY), -1.0);
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let inputs: Vec<f64> = points(-750.0, 712.0).chain(points(-1.0, 1.0)).collect();
        for kernel in [exp_kernel, ln_kernel] {
            let run = |set| {
                let mut values = inputs.clone();
                kernel(set, &mut values);
                values.into_iter().map(f64::to_bits).collect::<Vec<_>>()
            };
            let baseline = run(InstructionSet::Baseline);
            assert!(baseline == run(InstructionSet::Avx2));
            assert!(baseline == run(InstructionSet::Best));
        }
    }

    #[test]
    fn slices_give_the_bits_of_the_scalar_forms() {
        let inputs: Vec<f64> = points(1e-3, 9.0).take(1003).collect();
        let (mut exps, mut logs) = (inputs.clone(), inputs.clone());
        exp_slice(&mut exps);
        ln_slice(&mut logs);
        for (i, x) in inputs.into_iter().enumerate() {
            assert_eq!(exps[i].to_bits(), exp(x).to_bits());
            assert_eq!(logs[i].to_bits(), ln(x).to_bits());
            assert_eq!(logs[i].to_bits(), ln_normal(x).to_bits());
        }
    }
}
