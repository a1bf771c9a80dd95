//! Normals, uniforms and Student's t from one block of random words, a fixed number of words each.
//!
//! ```text
//! u = (52 bits + 1/2) / 2^52,   t = (32 bits + 1/2) / 2^32,   v = (44 bits + 1/2) / 2^44
//! normals   sqrt(-2 ln u) (cos 2 pi t, sin 2 pi t)                            Box and Muller 1958
//! Student   sqrt(n (u^(-2/n) - 1)) cos 2 pi t, n degrees of freedom           Bailey 1994
//! uniform   v, independent of both
//! ```
//!
//! A fixed count keeps draws addressable: no rejection, so no draw ever shifts another. Normals reach 8.5 standard
//! deviations.

use super::stream::Address;
use crate::math::dispatch::dispatched;
use crate::math::vector::{cos_sin_turns, exp, ln_normal};

/// What one block of random words gives to one step of one path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Draw {
    /// Two independent standard normals.
    pub normals: [f64; 2],
    /// A uniform on (0, 1), independent of the normals.
    pub uniform: f64,
}

impl Draw {
    /// The draw of one block.
    #[inline(always)]
    #[must_use]
    pub fn at(address: Address, block: u32) -> Self {
        let words = address.words(block);
        let (cosine, sine) = direction(words);
        let radius = (-2.0 * ln_normal(radial_uniform(words))).sqrt();
        Self { normals: [radius * cosine, radius * sine], uniform: spare_uniform(words) }
    }
}

/// Student's t of one block.
#[inline(always)]
#[must_use]
pub fn student_t(address: Address, block: u32, degrees: f64) -> f64 {
    let words = address.words(block);
    let power = exp(-2.0 / degrees * ln_normal(radial_uniform(words)));
    (degrees * (power - 1.0)).sqrt() * direction(words).0
}

dispatched!(
    /// Draws of one block for consecutive paths, the first at `address`.
    ///
    /// # Shape
    /// All three outputs have one value a path.
    pub fn fill_draws(
        address: Address,
        block: u32,
        first_normals: &mut [f64],
        second_normals: &mut [f64],
        uniforms: &mut [f64],
    ) = fill_body
);

#[inline(always)]
fn fill_body(
    address: Address,
    block: u32,
    first_normals: &mut [f64],
    second_normals: &mut [f64],
    uniforms: &mut [f64],
) {
    let lanes = uniforms.len();
    assert!(first_normals.len() == lanes && second_normals.len() == lanes);
    for lane in 0..lanes {
        let draw = Draw::at(Address { path: address.path.wrapping_add(lane as u64), ..address }, block);
        first_normals[lane] = draw.normals[0];
        second_normals[lane] = draw.normals[1];
        uniforms[lane] = draw.uniform;
    }
}

/// 52 bits: between 2^-53 and 1 - 2^-53.
#[inline(always)]
fn radial_uniform(words: [u64; 4]) -> f64 {
    centred(words[0] << 20 | words[1] >> 12, 1.0 / (1_u64 << 53) as f64)
}

/// 44 bits, of which the normals use none.
#[inline(always)]
fn spare_uniform(words: [u64; 4]) -> f64 {
    centred((words[3] << 12 | words[1] & 0xFFF) << 8, 1.0 / (1_u64 << 45) as f64)
}

/// Cosine and sine of an angle of 32 bits.
#[inline(always)]
fn direction(words: [u64; 4]) -> (f64, f64) {
    cos_sin_turns(centred(words[2] << 20, 1.0 / (1_u64 << 33) as f64))
}

/// The cell of [0, 1) that begins at `bits / 2^52`, at its centre: exact.
#[inline(always)]
fn centred(bits: u64, half_cell: f64) -> f64 {
    const ONE_BITS: u64 = 0x3ff0_0000_0000_0000;
    f64::from_bits(ONE_BITS | bits) - (1.0 - half_cell)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{InstructionSet, normal_cdf};
    use crate::random::Purpose;

    const HOME: Address = Address { seed: 2026, path: 5, step: 11, purpose: Purpose::Diffusion };

    #[test]
    fn uniforms_stay_inside_the_open_interval() {
        let ends = [[0_u64; 4], [0xFFFF_FFFF; 4]];
        assert_eq!(radial_uniform(ends[0]), 0.5 * f64::EPSILON);
        assert_eq!(radial_uniform(ends[1]), 1.0 - 0.5 * f64::EPSILON);
        assert_eq!(spare_uniform(ends[0]), 0.5 / 17_592_186_044_416.0);
        assert_eq!(spare_uniform(ends[1]), 1.0 - 0.5 / 17_592_186_044_416.0);
    }

    #[test]
    fn lanes_are_single_draws_whatever_their_number_and_instruction_set() {
        for lanes in [1, 3, 64, 101] {
            for set in [InstructionSet::Baseline, InstructionSet::Avx2, InstructionSet::Best] {
                let (mut a, mut b, mut u) = (vec![0.0; lanes], vec![0.0; lanes], vec![0.0; lanes]);
                fill_draws(set, HOME, 3, &mut a, &mut b, &mut u);
                for lane in 0..lanes {
                    let single = Draw::at(Address { path: HOME.path + lane as u64, ..HOME }, 3);
                    assert_eq!([a[lane], b[lane], u[lane]], [single.normals[0], single.normals[1], single.uniform]);
                }
            }
        }
    }

    #[test]
    fn pinned_draws_do_not_move() {
        // Value-breaking when they change.
        let draw = Draw::at(HOME, 0);
        assert_eq!(draw.normals.map(f64::to_bits), [0xbfd1_99e9_3e90_985c, 0xbfd7_7110_6e8c_8ec6]);
        assert_eq!(draw.uniform.to_bits(), 0x3fca_259a_ce14_2400);
        assert_eq!(student_t(HOME, 0, 5.0).to_bits(), 0xbfd1_c997_a949_2e6d);
    }

    /// Counts in 50 equally likely cells; 95.35 is the 99.99 % quantile of chi-square with 49 degrees of freedom.
    fn assert_equidistributed(name: &str, probabilities: impl Iterator<Item = f64>) {
        let mut cells = [0.0_f64; 50];
        let mut n = 0.0;
        for p in probabilities {
            cells[((p * 50.0) as usize).min(49)] += 1.0;
            n += 1.0;
        }
        let expected = n / 50.0;
        let chi_square: f64 = cells.iter().map(|count| (count - expected) * (count - expected) / expected).sum();
        assert!(chi_square < 95.35, "{name}: chi-square {chi_square}");
    }

    #[test]
    fn draws_follow_their_laws_and_are_independent() {
        let draws: Vec<Draw> = (0..200_000).map(|path| Draw::at(Address { path, ..HOME }, 0)).collect();
        assert_equidistributed("first normal", draws.iter().map(|d| normal_cdf(d.normals[0])));
        assert_equidistributed("second normal", draws.iter().map(|d| normal_cdf(d.normals[1])));
        assert_equidistributed("uniform", draws.iter().map(|d| d.uniform));
        // The fractional part of a sum of independent uniforms is uniform again, whatever dependence would do to it.
        let sum = |d: &Draw| normal_cdf(d.normals[0]) + normal_cdf(d.normals[1]);
        assert_equidistributed("normals together", draws.iter().map(|d| sum(d) % 1.0));
        assert_equidistributed("all together", draws.iter().map(|d| (sum(d) + d.uniform) % 1.0));
    }

    #[test]
    fn student_t_has_its_own_distribution() {
        // P(T <= t) for five degrees of freedom, Abramowitz and Stegun 26.7.3 with theta = atan(t / sqrt 5).
        let cdf = |t: f64| {
            let theta = libm::atan(t / 5.0_f64.sqrt());
            let (sine, cosine) = (libm::sin(theta), libm::cos(theta));
            0.5 + (theta + sine * cosine * (1.0 + 2.0 / 3.0 * cosine * cosine)) / std::f64::consts::PI
        };
        let draws = (0..200_000).map(|path| student_t(Address { path, ..HOME }, 0, 5.0));
        assert_equidistributed("Student t", draws.map(cdf));
    }
}
