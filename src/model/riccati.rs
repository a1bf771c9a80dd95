//! The Riccati equation `B' = a B^2 + c B + f` with constant coefficients, and the integrals of its solution.
//!
//! With `beta = -c`, `d = sqrt(beta^2 - 4 a f)` (real part at least 0) and the stable root `r = 2 f / (beta + d)`:
//!
//! ```text
//! y0 = B(0) - r,   E = (1 - e^{-d t}) / d,   w = 1 - a y0 E
//! B(t)              = r + y0 e^{-d t} / w
//! int_0^t B         = r t - ln(w) / a
//! int 1/(c' - m B)  = t / (c' - m r) + m y0 / (c' - m r) * log1p(p E / (c' - m B(0) - p E)) / p
//!                     p = ((c' - m r) a - m d) y0
//! ```
//!
//! This is the "little trap" form of Heston's characteristic function (Albrecher et al. 2007), continuous in its
//! logarithms, without cancellation for small `f` and without the divisions by zero at `u = 0` and `u = -i`.

use crate::math::complex::{Complex64, decay_mean, exp, ln_1p, real, sqrt};

/// A Riccati equation with constant coefficients, its roots found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Riccati {
    /// Coefficient of the square.
    a: f64,
    /// Distance of the roots times `a`.
    d: Complex64,
    /// The root that solutions approach.
    stable: Complex64,
}

/// The solution at one time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Solution {
    /// `B(t)`.
    pub value: Complex64,
    /// Integral of `B` from 0 to `t`.
    pub integral: Complex64,
    /// Integral of `1 / (c' - m B)` less `t / (c' - m r)`, with `r` the stable root.
    pub excess: Complex64,
}

impl Riccati {
    /// The equation `B' = a B^2 + c B + f`.
    pub(super) fn new(a: f64, c: Complex64, f: Complex64) -> Self {
        let beta = -c;
        let d = sqrt(beta * beta - f * (4.0 * a));
        let aligned = beta.re * d.re + beta.im * d.im >= 0.0;
        let stable = if f == real(0.0) && aligned {
            real(0.0)
        } else if aligned || a == 0.0 {
            f * 2.0 / (beta + d)
        } else {
            (beta - d) / (2.0 * a)
        };
        Self { a, d, stable }
    }

    /// The root that solutions approach.
    pub(super) fn stable(&self) -> Complex64 {
        self.stable
    }

    /// Solves from `B(0) = start` over `t`, with `1 / (c' - m B)` integrated alongside.
    pub(super) fn solve(&self, start: Complex64, t: f64, c_jump: Complex64, m: f64) -> Solution {
        let decay = exp(-self.d * t);
        let e = decay_mean(self.d * t) * t;
        let y0 = start - self.stable;
        let lost = y0 * e * self.a;
        let value = self.stable + y0 * decay / (real(1.0) - lost);
        let log_w = ln_1p(-lost);
        let integral = self.stable * t - if self.a > 0.0 { log_w / self.a } else { -(y0 * e) };
        let settled_inverse = c_jump - self.stable * m;
        let settled = real(1.0) / settled_inverse;
        let excess = if m == 0.0 {
            real(0.0)
        } else {
            let p = (settled_inverse * self.a - self.d * m) * y0;
            let ratio = e / (c_jump - start * m - p * e);
            let log = ln_1p(p * ratio);
            let over_p = if p == real(0.0) { ratio } else { log / p };
            y0 * m * settled * over_p
        };
        Solution { value, integral, excess }
    }
}
