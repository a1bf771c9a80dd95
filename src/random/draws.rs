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

/// Paths that move side by side.
pub const LANES: usize = 64;

/// One number for each of [`LANES`] paths.
pub type Lanes = [f64; LANES];

/// What one block of random words gives to one step of one path.
///
/// The normals are kept in polar form, because a user who takes the root of something else can take it of the product.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Draw {
    /// Sum of the squares of two independent standard normals.
    pub squared_radius: f64,
    /// Cosine and sine of their angle.
    pub direction: [f64; 2],
    /// A uniform on (0, 1), independent of the normals.
    pub uniform: f64,
}

impl Draw {
    /// The draw of one block.
    #[inline(always)]
    #[must_use]
    pub fn at(address: Address, block: u32) -> Self {
        let [radial, turns, uniform] = uniforms(address.words(block));
        let (cosine, sine) = cos_sin_turns(turns);
        Self { squared_radius: -2.0 * ln_normal(radial), direction: [cosine, sine], uniform }
    }

    /// The two normals.
    #[inline(always)]
    #[must_use]
    pub fn normals(self) -> [f64; 2] {
        let radius = self.squared_radius.sqrt();
        self.direction.map(|share| radius * share)
    }
}

/// Student's t of one block, with `degrees` degrees of freedom.
#[inline(always)]
#[must_use]
pub fn student_t(address: Address, block: u32, degrees: f64) -> f64 {
    let [radial, turns, _] = uniforms(address.words(block));
    student_radius(ln_normal(radial), degrees) * cos_sin_turns(turns).0
}

#[inline(always)]
fn student_radius(ln_uniform: f64, degrees: f64) -> f64 {
    (degrees * (exp(-2.0 / degrees * ln_uniform) - 1.0)).sqrt()
}

/// [`Draw`]s of consecutive paths side by side.
#[derive(Debug, Clone)]
pub struct DrawLanes {
    /// Sum of the squares of the two normals.
    pub squared_radius: Lanes,
    /// Cosine of their angle.
    pub cosine: Lanes,
    /// Sine of their angle.
    pub sine: Lanes,
    /// A uniform on (0, 1).
    pub uniform: Lanes,
}

impl Default for DrawLanes {
    fn default() -> Self {
        Self { squared_radius: [0.0; LANES], cosine: [0.0; LANES], sine: [0.0; LANES], uniform: [0.0; LANES] }
    }
}

impl DrawLanes {
    /// The draw of one lane.
    #[inline(always)]
    #[must_use]
    pub fn lane(&self, lane: usize) -> Draw {
        Draw {
            squared_radius: self.squared_radius[lane],
            direction: [self.cosine[lane], self.sine[lane]],
            uniform: self.uniform[lane],
        }
    }
}

dispatched!(
    /// Draws of one block for [`LANES`] consecutive paths, the first at `address`.
    pub fn fill_draws(address: Address, block: u32, draws: &mut DrawLanes) = fill_body
);

dispatched!(
    /// Student's t of one block for [`LANES`] consecutive paths, the first at `address`.
    pub fn fill_student_t(address: Address, block: u32, degrees: f64, values: &mut Lanes) = fill_student_body
);

#[inline(always)]
fn fill_student_body(address: Address, block: u32, degrees: f64, values: &mut Lanes) {
    let mut turns = [0.0; LANES];
    for lane in 0..LANES {
        let address = Address { path: address.path.wrapping_add(lane as u64), ..address };
        [values[lane], turns[lane], _] = uniforms(address.words(block));
    }
    for lane in 0..LANES {
        values[lane] = student_radius(ln_normal(values[lane]), degrees);
    }
    for lane in 0..LANES {
        values[lane] *= cos_sin_turns(turns[lane]).0;
    }
}

/// Several short loops: each keeps many lanes in flight, where one long loop would wait for its own results.
#[inline(always)]
fn fill_body(address: Address, block: u32, draws: &mut DrawLanes) {
    let DrawLanes { squared_radius, cosine, sine, uniform } = draws;
    for lane in 0..LANES {
        let address = Address { path: address.path.wrapping_add(lane as u64), ..address };
        [squared_radius[lane], cosine[lane], uniform[lane]] = uniforms(address.words(block));
    }
    for radius in squared_radius {
        *radius = -2.0 * ln_normal(*radius);
    }
    for lane in 0..LANES {
        (cosine[lane], sine[lane]) = cos_sin_turns(cosine[lane]);
    }
}

/// The uniforms of radius, angle and spare, of 52, 32 and 44 bits.
#[inline(always)]
fn uniforms(words: [u64; 4]) -> [f64; 3] {
    [
        centred(words[0] << 20 | words[1] >> 12, 1.0 / (1_u64 << 53) as f64),
        centred(words[2] << 20, 1.0 / (1_u64 << 33) as f64),
        centred((words[3] << 12 | words[1] & 0xFFF) << 8, 1.0 / (1_u64 << 45) as f64),
    ]
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
        let [radial, turns, spare] = ends.map(uniforms)[0];
        assert_eq!([radial, turns, spare], [2.0_f64.powi(-53), 2.0_f64.powi(-33), 2.0_f64.powi(-45)]);
        let [radial, turns, spare] = uniforms(ends[1]);
        assert_eq!([1.0 - radial, 1.0 - turns, 1.0 - spare], [2.0_f64.powi(-53), 2.0_f64.powi(-33), 2.0_f64.powi(-45)]);
    }

    #[test]
    fn lanes_are_single_draws_under_every_instruction_set() {
        for set in [InstructionSet::Baseline, InstructionSet::Avx2, InstructionSet::Best] {
            let mut draws = DrawLanes::default();
            let mut students = [0.0; LANES];
            fill_draws(set, HOME, 3, &mut draws);
            fill_student_t(set, HOME, 3, 5.0, &mut students);
            for lane in 0..LANES {
                let address = Address { path: HOME.path + lane as u64, ..HOME };
                assert_eq!(students[lane], student_t(address, 3, 5.0));
                assert_eq!(draws.lane(lane), Draw::at(address, 3));
            }
        }
    }

    #[test]
    fn pinned_draws_do_not_move() {
        // Value-breaking when they change.
        let draw = Draw::at(HOME, 0);
        assert_eq!(draw.normals().map(f64::to_bits), [0xbfd1_99e9_3e90_985c, 0xbfd7_7110_6e8c_8ec6]);
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
        assert_equidistributed("first normal", draws.iter().map(|d| normal_cdf(d.normals()[0])));
        assert_equidistributed("second normal", draws.iter().map(|d| normal_cdf(d.normals()[1])));
        assert_equidistributed("uniform", draws.iter().map(|d| d.uniform));
        // The fractional part of a sum of independent uniforms is uniform again, whatever dependence would do to it.
        let sum = |d: &Draw| normal_cdf(d.normals()[0]) + normal_cdf(d.normals()[1]);
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
