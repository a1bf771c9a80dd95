//! The simulated world of the default model against the market, for the report.
//!
//! Values are those of 1,024 simulated histories of 1990 to 2026; the market's bands are 95 % block-bootstrap bands. How they
//! are measured, and all 192 facts, are in `docs/model-limits.md`; `tests/believable` pins them.

/// One fact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fact {
    /// Its name in `tests/believable`.
    pub id: &'static str,
    /// What it is, with its unit.
    pub what: &'static str,
    /// The market's value and the band around it.
    pub market: [f64; 3],
    /// The model's value.
    pub model: f64,
    /// Decimals that are shown.
    pub decimals: usize,
}

impl Fact {
    /// Whether the model's value lies in the market's band.
    #[must_use]
    pub fn holds(&self) -> bool {
        let [_, low, high] = self.market;
        (low..=high).contains(&self.model)
    }
}

const fn fact(id: &'static str, what: &'static str, market: [f64; 3], model: f64, decimals: usize) -> Fact {
    Fact { id, what, market, model, decimals }
}

/// The facts that matter most to condors and their hedge.
#[rustfmt::skip]
pub const FACTS: &[Fact] = &[
    fact("ret_d_sd_ann", "SPX, SD of daily log returns, a year", [0.1802, 0.1547, 0.2124], 0.16647, 3),
    fact("ret_d_kurt", "SPX, kurtosis of daily log returns", [13.86, 6.328, 18.74], 11.86957, 1),
    fact("ret_d_q1", "SPX, 1 % quantile of daily log returns", [-0.03155, -0.03964, -0.02739], -0.02963, 4),
    fact("ret_d_q0.1", "SPX, 0.1 % quantile of daily log returns", [-0.06937, -0.09219, -0.04356], -0.06028, 4),
    fact("ret_m_q1", "SPX, 1 % quantile of log returns over 21 days", [-0.1313, -0.1799, -0.09761], -0.14156, 3),
    fact("vix_mean", "VIX, mean", [19.45, 17.57, 21.11], 18.37401, 1),
    fact("vix_median", "VIX, median", [17.61, 15.93, 19.43], 17.12873, 1),
    fact("vix_share_gt20", "VIX above 20, share of days", [0.3717, 0.2529, 0.4696], 0.32598, 3),
    fact("vix_share_gt30", "VIX above 30, share of days", [0.07973, 0.04084, 0.1214], 0.05895, 3),
    fact("vix_share_gt40", "VIX above 40, share of days", [0.02249, 0.004774, 0.04978], 0.01317, 3),
    fact("vix_acf21", "VIX, autocorrelation at 21 days", [0.7616, 0.6556, 0.8289], 0.68802, 2),
    fact("vix_acf252", "VIX, autocorrelation at 252 days", [0.2493, 0.1224, 0.3882], 0.14021, 2),
    fact("vrp_mean", "VIX less the volatility that follows, points", [4.092, 3.484, 4.726], 3.86335, 1),
    fact("spike30_halflife_median", "Spikes of VIX above 30, median half-life, days", [5.5, 4.0, 8.5], 6.61182, 1),
    fact("vix_over_vix3m_mean", "VIX/VIX3M, mean", [0.8946, 0.8799, 0.9073], 0.87999, 3),
    fact("vix_over_vix3m_share_gt1", "VIX/VIX3M above 1, share of days", [0.07651, 0.05383, 0.1049], 0.0944, 3),
    fact("corr_r_dvix", "SPX return and VIX change, correlation", [-0.787, -0.8118, -0.7504], -0.78566, 2),
    fact("vvix_mean", "VVIX, mean", [93.92, 89.63, 99.09], 95.20777, 1),
    fact("vvix_sd", "VVIX, SD", [16.26, 13.53, 18.89], 15.49547, 1),
    fact("vxbeta_dte_1_7", "VX change a VIX point, 1-7 days to expiry", [0.698, 0.6634, 0.7749], 0.93537, 2),
    fact("vxbeta_dte_16_35", "VX change a VIX point, 16-35 days to expiry", [0.4947, 0.4541, 0.5579], 0.66837, 2),
    fact("vxbeta_dte_36_60", "VX change a VIX point, 36-60 days to expiry", [0.4088, 0.3541, 0.4709], 0.4954, 2),
    fact("vxbeta_dte_95_125", "VX change a VIX point, 95-125 days to expiry", [0.2479, 0.2306, 0.2797], 0.24385, 2),
    fact("vx_on_r_beta_dte_1_7", "VX points a log return of 1 of SPX, 1-7 days to expiry", [-103.4, -113.1, -93.94], -96.34719, 1),
    fact("vx_on_r_beta_dte_16_35", "VX points a log return of 1 of SPX, 16-35 days to expiry", [-70.4, -81.56, -63.96], -75.93973, 1),
    fact("vx_on_r_beta_dte_95_125", "VX points a log return of 1 of SPX, 95-125 days to expiry", [-37.36, -43.43, -34.1], -39.32208, 1),
];
