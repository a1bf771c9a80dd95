//! Factors that rules see and the index-variance model lacks: synthetic breadth and an observation factor of VVIX.

/// Synthetic market breadth, as fitted to NYSE data of 1996-2026.
///
/// ```text
/// NA = (A - D) / (A + D) = tanh(intercept + slope z + b + u)      z = SPX return / (VIX of the day before / 100 / sqrt 252)
/// b_t = persistence b_{t-1} + N(0, innovation^2),   u ~ N(0, noise^2)
/// ```
///
/// The advance-decline line is the running sum of NA. It has random numbers of its own and predicts nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Breadth {
    /// Constant part.
    pub intercept: f64,
    /// Response to the standardised return of the day.
    pub slope: f64,
    /// Daily autocorrelation of the persistent part.
    pub persistence: f64,
    /// Standard deviation of its innovations.
    pub innovation: f64,
    /// Standard deviation of the part that does not last.
    pub noise: f64,
}

impl Default for Breadth {
    fn default() -> Self {
        Self { intercept: 0.0145, slope: 0.427, persistence: 0.93, innovation: 0.0188, noise: 0.20 }
    }
}

/// The observed VVIX, as fitted to 2009-2026 (the model's own VVIX falls when VIX is high, against the data).
///
/// ```text
/// ln VVIX = intercept + level ln VIX + excess (ln VIX - EMA63 ln VIX) + x
/// x_t = persistence x_{t-1} + e,   e of standard deviation `innovation` and the shape of Student's t5
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vvix {
    /// Constant part.
    pub intercept: f64,
    /// Response to the level of ln VIX.
    pub level: f64,
    /// Response to ln VIX above its 63-day average.
    pub excess: f64,
    /// Daily autocorrelation of the observation factor.
    pub persistence: f64,
    /// Standard deviation of its innovations.
    pub innovation: f64,
}

impl Default for Vvix {
    fn default() -> Self {
        Self { intercept: 3.993, level: 0.193, excess: 0.343, persistence: 0.970, innovation: 0.028 }
    }
}
