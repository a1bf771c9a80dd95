//! Integrates the affine system of [`super::characteristic`] by Taylor series of high order.
//!
//! With `R = 1 / (1 - z rho_J mu_v - mu_v B1)` the right-hand sides are polynomials, so the coefficients of the
//! solution's Taylor series follow from convolutions (Jorba and Zou 2005, "A software package for the numerical
//! integration of ODEs by means of high-order Taylor methods"):
//!
//! ```text
//! (n+1) B1[n+1] = sigma1^2/2 (B1*B1)[n] + c1 B1[n] + l1 Psi[n] + q [n=0]
//! R[n]          = mu_v R[0] (B1[1..]*R)[n]
//! ```
//!
//! The step follows from the last coefficients. Once `B1` has settled the rest is solved in closed form.

use super::characteristic::{Exponents, System};
use super::riccati::Riccati;
use crate::math::complex::{Complex64, real, size};

/// Order of the series.
const ORDER: usize = 22;
/// Size of the last terms kept, relative to the first.
const TOLERANCE: f64 = 2e-17;
/// Relative change a unit of time scale below which `B1` counts as settled.
const SETTLED: f64 = 1e-15;
/// Size of `B1` or `B2` in units of its start beyond which a real solution counts as blown up.
const BLOWN_UP: f64 = 1e8;
/// More steps than any admissible argument needs; beyond it the solution blows up.
const STEPS_MAX: usize = 20_000;

/// Longest step, in the unit of its piece, where series vanish.
const LONGEST: f64 = 1e9;

type Series = [Complex64; ORDER + 1];
const ZERO: Series = [Complex64::new(0.0, 0.0); ORDER + 1];

/// Solves the system from `B1 = start1`, `B2 = start2`, `A = 0` over `years`.
///
/// A solution that blows up before `years` comes back as NaN.
pub(super) fn integrate(system: &System, start1: Complex64, start2: Complex64, years: f64) -> Exponents {
    let mut now = Exponents { a: real(0.0), b1: start1, b2: start2 };
    let mut passed = 0.0;
    for _ in 0..STEPS_MAX {
        match advance(system, &now, start1) {
            Advance::Settled => return settle(system, &now, years - passed),
            Advance::Lost => break,
            Advance::Piece(piece) if passed + piece.span >= years => return piece.at(&now, years - passed),
            Advance::Piece(piece) => {
                now = piece.at(&now, piece.span);
                passed += piece.span;
            }
        }
    }
    LOST
}

/// The solution at every time up to a horizon: what its integration passes through on the way.
#[derive(Debug)]
pub struct Trajectory {
    system: System,
    /// Where each piece starts: years, and the solution there.
    starts: Vec<(f64, Exponents)>,
    pieces: Vec<Piece>,
    /// How the last start goes on.
    settled: bool,
}

impl Trajectory {
    /// Follows the solution from `B1 = start1`, `B2 = start2`, `A = 0` up to `horizon` years or as long as it lives.
    pub(super) fn new(system: System, start1: Complex64, start2: Complex64, horizon: f64) -> Self {
        let mut now = Exponents { a: real(0.0), b1: start1, b2: start2 };
        let mut path = Self { system, starts: vec![(0.0, now)], pieces: Vec::new(), settled: false };
        let mut passed = 0.0;
        while passed < horizon && path.pieces.len() < STEPS_MAX {
            match advance(&path.system, &now, start1) {
                Advance::Settled => {
                    path.settled = true;
                    break;
                }
                Advance::Lost => break,
                Advance::Piece(piece) => {
                    now = piece.at(&now, piece.span);
                    passed += piece.span;
                    path.pieces.push(*piece);
                    path.starts.push((passed, now));
                }
            }
        }
        path
    }

    /// The exponents after `years`, NaN beyond the end of the solution, and their derivatives by time.
    #[must_use]
    pub fn at(&self, years: f64) -> (Exponents, Exponents) {
        let index = self.starts.partition_point(|(start, _)| *start < years).saturating_sub(1);
        let (start, now) = &self.starts[index];
        let exponents = match self.pieces.get(index) {
            Some(piece) => piece.at(now, years - start),
            None if self.settled => settle(&self.system, now, years - start),
            None => LOST,
        };
        (exponents, self.system.rate(&exponents))
    }
}

const LOST: Exponents = {
    let nan = Complex64::new(f64::NAN, f64::NAN);
    Exponents { a: nan, b1: nan, b2: nan }
};

/// What one step of the integration finds.
enum Advance {
    /// `B1` no longer moves.
    Settled,
    /// The solution blows up.
    Lost,
    /// A stretch on which the series hold.
    Piece(Box<Piece>),
}

/// Taylor series that hold for `span` years, in time measured in `unit`.
#[derive(Debug, Clone, Copy)]
struct Piece {
    unit: f64,
    span: f64,
    b1: Series,
    b2: Series,
    /// Of `A'`.
    rate: Series,
}

impl Piece {
    /// The solution `years` after the start of the piece at `start`.
    fn at(&self, start: &Exponents, years: f64) -> Exponents {
        let step = years / self.unit;
        let integral =
            self.rate.iter().enumerate().rev().fold(real(0.0), |sum, (n, &c)| sum * step + c / (n + 1) as f64);
        Exponents { a: start.a + integral * years, b1: evaluate(&self.b1, step), b2: evaluate(&self.b2, step) }
    }
}

fn advance(system: &System, now: &Exponents, start1: Complex64) -> Advance {
    let unit = time_unit(system, now);
    let (b1, b2, psi) = expand(system, now, unit);
    // Against the scale of its own equation: near a blow-up of `B2` the common unit says nothing about `B1`.
    if size(b1[1]) <= SETTLED * size(b1[0]) * unit * own_rate(system, 0, now.b1) {
        return Advance::Settled;
    }
    let step = step_length(&b1).min(step_length(&b2)).min(step_length(&psi)).min(LONGEST);
    let blown_up = size(now.b1).max(size(now.b2)) > BLOWN_UP * size(start1).max(1.0) && start1.re > 0.0;
    if step.is_nan() || step <= 0.0 || blown_up {
        return Advance::Lost;
    }
    // A' = b1 B1 + b2 B2 + l0 Psi, term by term.
    let rate = std::array::from_fn(|n| {
        b1[n] * system.reversion[0] + b2[n] * system.reversion[1] + psi[n] * system.intensity[0]
    });
    Advance::Piece(Box::new(Piece { unit, span: step * unit, b1, b2, rate }))
}

/// A time scale of the solution near `now`, so that series in that unit have coefficients of moderate size.
fn time_unit(system: &System, now: &Exponents) -> f64 {
    1.0 / (own_rate(system, 0, now.b1) + own_rate(system, 1, now.b2) + 1e-3)
}

/// How fast an equation moves by itself near `b`.
fn own_rate(system: &System, i: usize, b: Complex64) -> f64 {
    size(system.linear[i]) + (system.square[i] * size(system.constant[i])).sqrt() + system.square[i] * size(b)
}

/// Taylor coefficients of `B1`, `B2` and `Psi` about `now`, in time measured in `unit`.
fn expand(system: &System, now: &Exponents, unit: f64) -> (Series, Series, Series) {
    let (mut b1, mut b2, mut r, mut psi) = (ZERO, ZERO, ZERO, ZERO);
    b1[0] = now.b1;
    b2[0] = now.b2;
    r[0] = real(1.0) / system.jump_denominator(now.b1);
    psi[0] = system.psi(now.b1);
    let jump = system.jump_m1 + 1.0;
    let scale = r[0] * system.mean_variance_jump;
    let [_, l1, l2] = system.intensity;
    for n in 0..ORDER {
        if n > 0 {
            let mut sum = real(0.0);
            for i in 1..=n {
                sum += b1[i] * r[n - i];
            }
            r[n] = scale * sum;
            psi[n] = jump * r[n];
        }
        let mut rate1 = square(&b1, n) * system.square[0] + system.linear[0] * b1[n] + psi[n] * l1;
        let mut rate2 =
            square(&b2, n) * system.square[1] + system.linear[1] * b2[n] + b1[n] * system.coupling + psi[n] * l2;
        if n == 0 {
            rate1 += system.constant[0];
            rate2 += system.constant[1];
        }
        let weight = unit / (n + 1) as f64;
        b1[n + 1] = rate1 * weight;
        b2[n + 1] = rate2 * weight;
    }
    (b1, b2, psi)
}

/// Coefficient `n` of the square of a series.
fn square(series: &Series, n: usize) -> Complex64 {
    let mut half = real(0.0);
    for i in 0..n.div_ceil(2) {
        half += series[i] * series[n - i];
    }
    let middle = if n.is_multiple_of(2) { series[n / 2] * series[n / 2] } else { real(0.0) };
    half + half + middle
}

/// The step at which the last terms of a series fall below the tolerance.
fn step_length(series: &Series) -> f64 {
    // A series whose first coefficients vanish, as where only the coupling moves `B2`, is measured by those that follow.
    let scale = TOLERANCE * series[..5].iter().map(|&c| size(c)).fold(0.0, f64::max);
    let limit = |n: usize| {
        let last = size(series[n]);
        if last < 1e-280 { f64::INFINITY } else { libm::exp(libm::log(scale / last) / n as f64) }
    };
    // The last coefficient of Psi is not filled; the two before speak for every series.
    limit(ORDER - 1).min(limit(ORDER - 2))
}

fn evaluate(series: &Series, t: f64) -> Complex64 {
    series.iter().rev().fold(real(0.0), |sum, &c| sum * t + c)
}

/// The rest of the way once `B1`, and with it `Psi`, no longer moves: `B2` has constant coefficients.
fn settle(system: &System, now: &Exponents, left: f64) -> Exponents {
    let psi = system.psi(now.b1);
    let constant = system.constant[1] + now.b1 * system.coupling + psi * system.intensity[2];
    let slow = Riccati::new(system.square[1], system.linear[1], constant).solve(now.b2, left, real(1.0), 0.0);
    let rate = now.b1 * system.reversion[0] + psi * system.intensity[0];
    Exponents { a: now.a + rate * left + slow.integral * system.reversion[1], b1: now.b1, b2: slow.value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Characteristic, Dynamics, Factor, JumpLaw, Law, RiskNeutral, Shared};

    fn coupled(intensity1: f64, mean_variance_jump: f64) -> Characteristic<RiskNeutral> {
        let shared = Shared {
            fast: Factor { reversion: 0.7, vol_of_variance: 0.8, rho: -0.8 },
            slow: Factor { reversion: 0.2, vol_of_variance: 0.9, rho: 0.4 },
            beta: 1.0,
            coupling: 4.0,
        };
        let jumps = JumpLaw { mean_log_jump: -0.09, log_jump_vol: 0.18, mean_variance_jump, jump_slope: 0.5 };
        let law = Law::new(shared, Dynamics::new([3.6, 2.5], [0.5, intensity1, 0.0], jumps)).unwrap();
        Characteristic::new(&law)
    }

    #[test]
    fn a_blow_up_of_the_slow_factor_is_not_taken_for_a_settled_fast_one() {
        // By Runge and Kutta the slow factor's exponent of p = 3 has a pole near t = 0.63; that of p = 2 has none.
        for characteristic in [coupled(28.0, 0.0), coupled(0.0, 0.0)] {
            let bound = characteristic.variance_moment_bound(1.82, 1.25, 2.0);
            assert!(bound > 2.0 && bound < 3.0, "{bound}");
        }
    }

    #[test]
    fn a_trajectory_passes_through_what_integration_finds_to_the_bit() {
        let characteristic = coupled(2.0, 0.05);
        for z in [Complex64::new(0.5, 0.3), Complex64::new(0.5, 40.0), Complex64::new(-2.0, 9.0)] {
            let system = characteristic.system(z);
            let path = Trajectory::new(system, real(0.0), real(0.0), 4.0);
            for years in [1e-3, 0.02, 0.3, 1.0, 3.99] {
                let (found, rate) = path.at(years);
                assert_eq!(found, integrate(&system, real(0.0), real(0.0), years), "{z} {years}");
                assert_eq!(rate, system.rate(&found));
            }
        }
    }
}
