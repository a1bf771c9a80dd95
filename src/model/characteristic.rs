//! The affine transform of the two-factor class: `E exp(z ln(S_T/F))` and `E exp(-s1 x1(T) - s2 x2(T))`.
//!
//! Both are `exp(A + B1 x1 + B2 x2)` where, in time to maturity and with `z = iu`,
//!
//! ```text
//! B1' = sigma1^2 B1^2 / 2 + (z rho1 sigma1 - kappa1) B1 + (z^2 - z)/2 + l1 Psi
//! B2' = sigma2^2 B2^2 / 2 + (z rho2 sigma2 sqrt(beta) - kappa2) B2 + beta (z^2 - z)/2 + g B1 + l2 Psi
//! A'  = b1 B1 + b2 B2 + l0 Psi
//! Psi = exp(z mu_J + delta^2 z^2 / 2) / (1 - z rho_J mu_v - mu_v B1) - 1 - z mbar
//! ```
//!
//! from `(0, 0, 0)` for the index and from `(0, -s1, -s2)` at `z = 0` for the variances (Duffie, Pan and Singleton
//! 2000). Without coupling (`g = l1 = l2 = 0`) the solution is closed; else the system is integrated by Taylor series.

use super::measure::{Measure, RiskNeutral};
use super::parameters::{Law, State};
use super::riccati::Riccati;
use super::series::{Trajectory, integrate};
use crate::math::complex::{Complex64, exp_m1, real};

/// The exponents of the transform: its logarithm is `a + b1 x1 + b2 x2`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exponents {
    /// Constant part.
    pub a: Complex64,
    /// Coefficient of the fast factor.
    pub b1: Complex64,
    /// Coefficient of the slow factor; zero where there is none.
    pub b2: Complex64,
}

impl Exponents {
    /// The logarithm of the transform in a state.
    #[must_use]
    pub fn at(&self, state: State) -> Complex64 {
        self.a + self.b1 * state.x1 + self.b2 * state.x2
    }
}

/// The affine transform of a law.
#[derive(Debug, Clone, Copy)]
pub struct Characteristic<M: Measure> {
    law: Law<M>,
    mean_relative_jump: f64,
}

/// Largest moment asked for; of a variance that hardly moves every one exists.
const MOMENT_MAX: f64 = 1e12;

/// The coefficients of the system of the module's head for one argument `z`.
#[derive(Debug, Clone, Copy)]
pub(super) struct System {
    /// `sigma_i^2 / 2`.
    pub square: [f64; 2],
    /// Coefficients of `B1` and `B2` in their own equations.
    pub linear: [Complex64; 2],
    /// `(z^2 - z)/2` and `beta (z^2 - z)/2`.
    pub constant: [Complex64; 2],
    /// `g`.
    pub coupling: f64,
    /// `l0`, `l1`, `l2`.
    pub intensity: [f64; 3],
    /// `b1`, `b2`.
    pub reversion: [f64; 2],
    /// `exp(z mu_J + delta^2 z^2 / 2) - 1`.
    pub jump_m1: Complex64,
    /// `z rho_J mu_v`.
    pub jump_slope: Complex64,
    /// `mu_v`.
    pub mean_variance_jump: f64,
    /// `z mbar`.
    pub compensator: Complex64,
}

impl<M: Measure> Characteristic<M> {
    /// The transform of a law.
    #[must_use]
    pub fn new(law: &Law<M>) -> Self {
        Self { law: *law, mean_relative_jump: law.dynamics.jumps.mean_relative_jump() }
    }

    /// Exponents of `E exp(-s1 x1(T) - s2 x2(T))` for `T = years`.
    ///
    /// Finite for every `s` with real parts at least 0. Beyond that it is the analytic continuation as far as the
    /// solution does not blow up; where it does, parts are NaN or infinite.
    #[must_use]
    pub fn variance(&self, s1: Complex64, s2: Complex64, years: f64) -> Exponents {
        let s2 = if self.law.has_slow_factor() { s2 } else { real(0.0) };
        self.solve(&self.system(real(0.0)), -s1, -s2, years)
    }

    /// The largest `p`, to within 2 % from below, for which `E exp(p (a1 x1(T) + a2 x2(T)))` is finite.
    ///
    /// Without coupling `p a1 < 1 / max(mu_v, c_T + mu_v e^{-kappa T})` with `c_T = sigma^2 (1 - e^{-kappa T}) / (2 kappa)`,
    /// and `p a2 < 1 / c_T` of the slow factor; coupling only lowers that, to where the real equations blow up.
    #[must_use]
    pub fn variance_moment_bound(&self, a1: f64, a2: f64, years: f64) -> f64 {
        let system = self.system(real(0.0));
        let scale = |i: usize, jump: f64| {
            let kappa = self.law.dynamics.kappa[i];
            let decayed = -libm::expm1(-kappa * years);
            (system.square[i] * decayed / kappa + jump * (1.0 - decayed)).max(jump)
        };
        let jump = if self.law.has_jumps() { system.mean_variance_jump } else { 0.0 };
        let mut size = a1 * scale(0, jump);
        if self.law.has_slow_factor() {
            size = size.max(a2 * scale(1, 0.0));
        }
        let uncoupled = (0.99 / size).min(MOMENT_MAX);
        if self.is_closed_form() {
            return uncoupled;
        }
        // Exponents of moments rise from 0 with `p`. Past a blow-up an integration can come back, from below.
        let rising = |p: f64, from: [f64; 3]| {
            let exponents = integrate(&system, real(p * a1), real(p * a2), years);
            let now = [exponents.a.re, exponents.b1.re, exponents.b2.re];
            let rises = now.iter().zip(from).all(|(now, from)| now.is_finite() && *now >= from * (1.0 - 1e-9));
            rises.then_some(now)
        };
        let quarters = [0.25, 0.5, 0.75, 1.0];
        if quarters.iter().try_fold([0.0; 3], |from, share| rising(share * uncoupled, from)).is_some() {
            return uncoupled;
        }
        let (mut low, mut high) = (uncoupled, uncoupled);
        let mut at_low = None;
        while at_low.is_none() && low > 1e-12 {
            high = low;
            low *= 0.25;
            at_low = rising(low, [0.0; 3]);
        }
        let mut at_low = at_low.unwrap_or_default();
        while high > 1.02 * low {
            let middle = (low * high).sqrt();
            match rising(middle, at_low) {
                Some(now) => (low, at_low) = (middle, now),
                None => high = middle,
            }
        }
        low
    }

    /// [`Self::variance`] of a law without closed form for every time up to a horizon, to the same bits.
    #[must_use]
    pub fn variance_until(&self, s1: Complex64, s2: Complex64, horizon: f64) -> Trajectory {
        let s2 = if self.law.has_slow_factor() { s2 } else { real(0.0) };
        Trajectory::new(self.system(real(0.0)), -s1, -s2, horizon)
    }

    /// Whether the exponents have a closed form.
    #[must_use]
    pub fn is_closed_form(&self) -> bool {
        let [_, l1, l2] = self.law.dynamics.intensity;
        self.law.shared.coupling == 0.0 && l1 == 0.0 && l2 == 0.0
    }

    pub(super) fn system(&self, z: Complex64) -> System {
        let Law { shared, dynamics } = &self.law;
        let jumps = &dynamics.jumps;
        let curvature = (z * z - z) * 0.5;
        let slow_pull = shared.slow.rho * shared.slow.vol_of_variance * shared.beta.sqrt();
        System {
            square: [shared.fast.vol_of_variance, shared.slow.vol_of_variance].map(|sigma| 0.5 * sigma * sigma),
            linear: [
                z * (shared.fast.rho * shared.fast.vol_of_variance) - dynamics.kappa[0],
                z * slow_pull - dynamics.kappa[1],
            ],
            constant: [curvature, curvature * shared.beta],
            coupling: shared.coupling,
            intensity: dynamics.intensity,
            reversion: [shared.fast.reversion, shared.slow.reversion],
            jump_m1: exp_m1(z * jumps.mean_log_jump + z * z * (0.5 * jumps.log_jump_vol * jumps.log_jump_vol)),
            jump_slope: z * (jumps.jump_slope * jumps.mean_variance_jump),
            mean_variance_jump: jumps.mean_variance_jump,
            compensator: z * self.mean_relative_jump,
        }
    }

    fn solve(&self, system: &System, start1: Complex64, start2: Complex64, years: f64) -> Exponents {
        if self.is_closed_form() {
            system.closed_form(start1, start2, years, self.law.has_slow_factor())
        } else {
            integrate(system, start1, start2, years)
        }
    }
}

impl Characteristic<RiskNeutral> {
    /// Exponents of `E exp(z ln(S_T/F))` for `T = years` and complex `z = iu`.
    ///
    /// Finite for real parts of `z` from 0 to 1; beyond that strip it is the analytic continuation.
    #[must_use]
    pub fn index(&self, z: Complex64, years: f64) -> Exponents {
        self.solve(&self.system(z), real(0.0), real(0.0), years)
    }

    /// As [`Self::index`], with the derivatives of the exponents by the time to maturity.
    #[must_use]
    pub fn index_and_rate(&self, z: Complex64, years: f64) -> (Exponents, Exponents) {
        let system = self.system(z);
        let exponents = self.solve(&system, real(0.0), real(0.0), years);
        (exponents, system.rate(&exponents))
    }

    /// [`Self::index`] of a law without closed form for every time up to a horizon, to the same bits.
    #[must_use]
    pub fn index_until(&self, z: Complex64, horizon: f64) -> Trajectory {
        Trajectory::new(self.system(z), real(0.0), real(0.0), horizon)
    }
}

impl System {
    /// `1 - z rho_J mu_v - mu_v B1`.
    pub(super) fn jump_denominator(&self, b1: Complex64) -> Complex64 {
        real(1.0) - self.jump_slope - b1 * self.mean_variance_jump
    }

    /// `Psi`, exact to rounding for small arguments.
    pub(super) fn psi(&self, b1: Complex64) -> Complex64 {
        (self.jump_m1 + self.jump_slope + b1 * self.mean_variance_jump) / self.jump_denominator(b1) - self.compensator
    }

    /// The right-hand sides of the system.
    pub(super) fn rate(&self, now: &Exponents) -> Exponents {
        let psi = self.psi(now.b1);
        let [l0, l1, l2] = self.intensity;
        let own = |i: usize, b: Complex64| b * b * self.square[i] + self.linear[i] * b + self.constant[i];
        Exponents {
            a: now.b1 * self.reversion[0] + now.b2 * self.reversion[1] + psi * l0,
            b1: own(0, now.b1) + psi * l1,
            b2: own(1, now.b2) + now.b1 * self.coupling + psi * l2,
        }
    }

    fn closed_form(&self, start1: Complex64, start2: Complex64, years: f64, slow: bool) -> Exponents {
        let c = real(1.0) - self.jump_slope;
        let fast = Riccati::new(self.square[0], self.linear[0], self.constant[0]);
        let b1 = fast.solve(start1, years, c, self.mean_variance_jump);
        let mut a = b1.integral * self.reversion[0];
        if self.intensity[0] > 0.0 {
            // Integral of Psi: its settled level times t, and the excess of 1 / (c - mu_v B1) over its own.
            let settled = self.psi(fast.stable());
            a += (settled * years + (self.jump_m1 + 1.0) * b1.excess) * self.intensity[0];
        }
        let mut b2 = real(0.0);
        if slow {
            let slow = Riccati::new(self.square[1], self.linear[1], self.constant[1]);
            let solution = slow.solve(start2, years, real(1.0), 0.0);
            a += solution.integral * self.reversion[1];
            b2 = solution.value;
        }
        Exponents { a, b1: b1.value, b2 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::complex::size;
    use crate::model::{Dynamics, Factor, JumpLaw, Shared};

    /// A small deterministic generator of parameters; not for statistics.
    struct Draws(u64);

    impl Draws {
        fn between(&mut self, low: f64, high: f64) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            low + (high - low) * ((self.0 >> 11) as f64 / (1u64 << 53) as f64)
        }
    }

    fn random_law(draws: &mut Draws, coupled: bool) -> Law<RiskNeutral> {
        let factor = |draws: &mut Draws| Factor {
            reversion: draws.between(0.001, 0.2),
            vol_of_variance: draws.between(0.05, 1.5),
            rho: draws.between(-0.95, 0.3),
        };
        let shared = Shared {
            fast: factor(draws),
            slow: factor(draws),
            beta: draws.between(0.0, 1.5),
            coupling: if coupled { draws.between(0.0, 6.0) } else { 0.0 },
        };
        let jumps = JumpLaw {
            mean_log_jump: draws.between(-0.2, 0.1),
            log_jump_vol: draws.between(0.02, 0.2),
            mean_variance_jump: draws.between(0.0, 0.5),
            jump_slope: draws.between(-0.6, 0.6),
        };
        let kappa = [draws.between(2.5, 20.0), draws.between(0.2, 5.0)];
        let feedback = if coupled { draws.between(0.0, 4.0) } else { 0.0 };
        let slow_feedback = if coupled { draws.between(0.0, 10.0) } else { 0.0 };
        let intensity = [draws.between(0.0, 3.0), feedback, slow_feedback];
        Law::new(shared, Dynamics::new(kappa, intensity, jumps)).unwrap()
    }

    fn worst(a: &Exponents, b: &Exponents) -> f64 {
        let one = |x: Complex64, y: Complex64| size(x - y) / size(y).max(1e-6);
        one(a.a, b.a).max(one(a.b1, b.b1)).max(one(a.b2, b.b2))
    }

    #[test]
    fn series_and_closed_form_agree_on_lines_and_on_rotated_contours() {
        let mut draws = Draws(1);
        for trial in 0..300 {
            let law = random_law(&mut draws, false);
            let characteristic = Characteristic::new(&law);
            let years = [0.25 / 365.0, 1.0 / 365.0, 21.0 / 365.0, 0.5, 2.0][trial % 5];
            for modulus in [1e-6, 0.3, 4.0, 30.0, 300.0, 3000.0] {
                for angle in [-0.35, -0.1, 0.0, 0.1, 0.35] {
                    let u = Complex64::new(modulus * libm::cos(angle), modulus * libm::sin(angle) - 0.5);
                    let z = Complex64::new(-u.im, u.re);
                    let system = characteristic.system(z);
                    let closed = characteristic.index(z, years);
                    let series = integrate(&system, real(0.0), real(0.0), years);
                    let error = worst(&series, &closed);
                    assert!(
                        error < 1e-12,
                        "trial {trial}, years {years}, u {u}: {error:e}\n{closed:?}\n{series:?}\n{law:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_index_is_a_martingale_under_every_coupling() {
        let mut draws = Draws(2);
        for _ in 0..50 {
            let characteristic = Characteristic::new(&random_law(&mut draws, true));
            for years in [0.003, 0.1, 1.0] {
                for z in [real(1.0), real(0.0)] {
                    let Exponents { a, b1, b2 } = characteristic.index(z, years);
                    assert!(size(a) < 1e-13 && size(b1) < 1e-13 && size(b2) < 1e-13, "{z}: {a} {b1} {b2}");
                }
            }
        }
    }

    #[test]
    fn coupled_series_agree_with_runge_kutta_and_with_themselves_in_two_parts() {
        let mut draws = Draws(3);
        for trial in 0..20 {
            let characteristic = Characteristic::new(&random_law(&mut draws, true));
            let (years, steps) = ([0.01, 0.1, 0.5][trial % 3], 20_000);
            for z in [Complex64::new(0.5, 3.0), Complex64::new(0.5, 30.0), Complex64::new(-0.5, 8.0)] {
                let system = characteristic.system(z);
                let whole = characteristic.index(z, years);
                let mut now = Exponents { a: real(0.0), b1: real(0.0), b2: real(0.0) };
                let h = years / f64::from(steps);
                let moved = |from: &Exponents, rate: &Exponents, by: f64| Exponents {
                    a: from.a + rate.a * by,
                    b1: from.b1 + rate.b1 * by,
                    b2: from.b2 + rate.b2 * by,
                };
                for _ in 0..steps {
                    let k1 = system.rate(&now);
                    let k2 = system.rate(&moved(&now, &k1, 0.5 * h));
                    let k3 = system.rate(&moved(&now, &k2, 0.5 * h));
                    let k4 = system.rate(&moved(&now, &k3, h));
                    for (k, weight) in [(k1, 1.0), (k2, 2.0), (k3, 2.0), (k4, 1.0)] {
                        now = moved(&now, &k, weight * h / 6.0);
                    }
                }
                // Steps of at most 2.5e-5 years against rates of some hundreds: (h rate)^4 and 20,000 roundings.
                assert!(worst(&now, &whole) < 1e-9, "trial {trial}, z {z}: {now:?} {whole:?}");
                let first = integrate(&system, real(0.0), real(0.0), 0.37 * years);
                let second = integrate(&system, first.b1, first.b2, 0.63 * years);
                let joined = Exponents { a: first.a + second.a, ..second };
                assert!(worst(&joined, &whole) < 1e-12, "trial {trial}, z {z}: {joined:?} {whole:?}");
            }
        }
    }
}
