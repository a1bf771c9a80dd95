//! The facts' statistics of one history, under the facts' names.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::date;

use crate::sample::{
    autocorrelation, changes, correlation, deviation, highest_ahead, logarithms, macd_z_score, mean, median, pairs,
    quantile, relative_strength, share, sorted, spikes,
};
use crate::world::{History, World};

const DAYS_PER_YEAR: f64 = 252.0;

/// Values of facts by name; a statistic that a history does not have is absent.
#[derive(Debug, Default)]
pub(crate) struct Figures(pub BTreeMap<String, f64>);

impl Figures {
    /// All statistics of a simulated history.
    pub(crate) fn of(world: &World, history: &History) -> Self {
        let all = world.days(date(1990, 1, 2), date(2026, 7, 23));
        let (log_spot, vix) = (&history.log_spot[all.clone()], &history.vix[all]);
        let mut figures = Self::default();
        figures.add_index(log_spot);
        figures.add_vix(vix);
        figures.add_index_and_vix(log_spot, vix);
        let vix3m_days = world.days(date(2009, 9, 18), date(2026, 7, 22));
        figures.add_vix3m(&history.vix[vix3m_days.clone()], &history.vix3m[vix3m_days]);
        let vvix_days = world.days(date(2007, 1, 3), date(2026, 7, 22));
        figures.add_vvix(&history.vix[vvix_days.clone()], &history.vvix[vvix_days]);
        let trigger_days = world.days(date(1990, 5, 24), date(2026, 7, 23));
        figures.add_vix_triggers(&history.vix, trigger_days);
        figures.add_vvix_trigger(history, world.days(date(2007, 3, 30), date(2026, 7, 23)));
        figures.add_vx_levels(world, history);
        figures.add_vx_moves(world, history);
        figures
    }

    fn set(&mut self, name: impl Into<String>, value: Option<f64>) {
        let name = name.into();
        if let Some(value) = value {
            assert!(value.is_finite(), "{name} is {value}");
            self.0.insert(name, value);
        }
    }

    /// Returns over a day, a week and a month, their clustering and the fall of the next month.
    pub(crate) fn add_index(&mut self, log_spot: &[f64]) {
        for (name, days) in [("d", 1), ("w", 5), ("m", 21)] {
            let returns: Vec<f64> = log_spot.windows(days + 1).map(|window| window[days] - window[0]).collect();
            let per_year = DAYS_PER_YEAR / days as f64;
            self.set(format!("ret_{name}_mean_ann"), mean(returns.iter().copied()).map(|mean| mean * per_year));
            self.set(format!("ret_{name}_sd_ann"), deviation(returns.iter().copied()).map(|sd| sd * per_year.sqrt()));
            self.add_shape(&format!("ret_{name}"), &returns, &[0.1, 1.0, 5.0, 95.0, 99.0, 99.9]);
        }
        let sizes: Vec<f64> = changes(log_spot).into_iter().map(f64::abs).collect();
        for lag in [1, 5, 21, 63] {
            self.set(format!("absret_acf{lag}"), autocorrelation(&sizes, lag));
        }
        let lowest = |window: &[f64]| window[1..].iter().fold(0.0, |low: f64, log| low.min(log - window[0]));
        let falls: Vec<f64> = log_spot.windows(22).map(lowest).collect();
        self.set("trig|VIX_gt30|dd21_pct|uncond", mean(falls.iter().map(|fall| 100.0 * fall)));
        self.set("trig|VIX_gt30|p_dd21_lt_-5pct|uncond", share(falls.iter().map(|&fall| fall < -0.05)));
    }

    /// Level, memory, moves and spikes of VIX, and what follows a level.
    pub(crate) fn add_vix(&mut self, vix: &[f64]) {
        let ordered = sorted(vix.iter().copied());
        self.set("vix_mean", mean(vix.iter().copied()));
        self.set("vix_median", quantile(&ordered, 0.5));
        self.set("vix_sd", deviation(vix.iter().copied()));
        self.set("vix_min", ordered.first().copied());
        self.set("vix_max", ordered.last().copied());
        self.add_quantiles("vix", &ordered, &[1.0, 5.0, 25.0, 75.0, 95.0, 99.0]);
        for level in [20, 30, 40] {
            self.set(format!("vix_share_gt{level}"), share(vix.iter().map(|&vix| vix > f64::from(level))));
        }
        for lag in [1, 5, 21, 63, 252] {
            self.set(format!("vix_acf{lag}"), autocorrelation(vix, lag));
        }
        let moves = changes(&logarithms(vix));
        self.set("dlvix_sd", deviation(moves.iter().copied()));
        self.add_shape("dlvix", &moves, &[1.0, 5.0, 95.0, 99.0]);
        self.set("dlvix_share_gt5", share(moves.iter().map(|change| change.abs() > 0.05)));
        self.set("dlvix_share_gt10", share(moves.iter().map(|change| change.abs() > 0.1)));
        for level in [30, 40] {
            let found = spikes(vix, f64::from(level));
            let half_lives = || found.iter().filter_map(|spike| spike.half_life).map(|days| days as f64);
            self.set(format!("spike{level}_per_year"), Some(found.len() as f64 * DAYS_PER_YEAR / vix.len() as f64));
            self.set(format!("spike{level}_peak_median"), median(found.iter().map(|spike| spike.peak)));
            self.set(format!("spike{level}_halflife_median"), median(half_lives()));
            self.set(format!("spike{level}_halflife_mean"), mean(half_lives()));
        }
        self.add_vix_ahead(vix);
    }

    fn add_vix_ahead(&mut self, vix: &[f64]) {
        let (month, quarter) = (highest_ahead(vix, 21), highest_ahead(vix, 63));
        for (name, low, high) in [("12_15", 12.0, 15.0), ("15_20", 15.0, 20.0), ("20_30", 20.0, 30.0)] {
            let given = |ahead: &[f64]| -> Vec<f64> {
                sorted(vix.iter().zip(ahead).filter(|(vix, _)| (low..high).contains(*vix)).map(|(_, &ahead)| ahead))
            };
            let (month, quarter) = (given(&month), given(&quarter));
            for percent in [50, 75, 95] {
                let value = quantile(&month, f64::from(percent) / 100.0);
                self.set(format!("maxvix21_q{percent}_given_{name}"), value);
            }
            self.set(format!("maxvix21_p_gt20_given_{name}"), share(month.iter().map(|&vix| vix > 20.0)));
            self.set(format!("maxvix21_p_gt30_given_{name}"), share(month.iter().map(|&vix| vix > 30.0)));
            self.set(format!("maxvix63_p_gt30_given_{name}"), share(quarter.iter().map(|&vix| vix > 30.0)));
        }
        for (name, low, high) in VIX_BINS {
            let ratios = vix.iter().zip(&vix[21..]).filter(|(vix, _)| (low..high).contains(*vix));
            self.set(format!("vix_fwd21_ratio_mean_given_{name}"), mean(ratios.map(|(now, later)| later / now)));
        }
    }

    /// The day's moves of both, and VIX against the volatility that follows.
    pub(crate) fn add_index_and_vix(&mut self, log_spot: &[f64], vix: &[f64]) {
        let (returns, points) = (changes(log_spot), changes(vix));
        let both = || returns.iter().copied().zip(points.iter().copied());
        self.set("corr_r_dvix", correlation(&returns, &points));
        self.set("corr_r_dlvix", correlation(&returns, &changes(&logarithms(vix))));
        self.set("beta_dvix_on_r", pairs(both()).slope());
        self.set("dvix_when_r_lt_-2pct", mean(both().filter(|pair| pair.0 < -0.02).map(|pair| pair.1)));
        let realised = |month: &[f64]| 100.0 * (DAYS_PER_YEAR * month.iter().map(|r| r * r).sum::<f64>() / 21.0).sqrt();
        let following: Vec<f64> = returns.windows(21).map(realised).collect();
        let premia: Vec<f64> = vix.iter().zip(&following).map(|(vix, realised)| vix - realised).collect();
        self.set("rv21_mean", mean(following));
        self.set("vrp_mean", mean(premia.iter().copied()));
        self.set("vrp_median", median(premia.iter().copied()));
        self.set("vrp_sd", deviation(premia.iter().copied()));
        self.set("vrp_share_neg", share(premia.iter().map(|&premium| premium < 0.0)));
        let months: Vec<f64> = log_spot.windows(22).map(|window| window[21] - window[0]).collect();
        for (name, low, high) in VIX_BINS {
            let given = vix.iter().zip(&months).filter(|(vix, _)| (low..high).contains(*vix)).map(|(_, &month)| month);
            self.set(format!("sd_fr21_given_{name}"), deviation(given).map(|sd| sd * 12f64.sqrt()));
        }
    }

    fn add_vix3m(&mut self, vix: &[f64], vix3m: &[f64]) {
        let ratios: Vec<f64> = vix.iter().zip(vix3m).map(|(vix, vix3m)| vix / vix3m).collect();
        self.set("vix_over_vix3m_mean", mean(ratios.iter().copied()));
        self.set("vix_over_vix3m_sd", deviation(ratios.iter().copied()));
        self.set("vix_over_vix3m_share_gt1", share(ratios.iter().map(|&ratio| ratio > 1.0)));
        self.add_quantiles("vix_over_vix3m", &sorted(ratios.iter().copied()), &[5.0, 25.0, 75.0, 95.0]);
        self.add_given_vix("vix_over_vix3m_mean", vix, &ratios);
        self.set("corr_ratio_vix", correlation(&ratios, vix));
        self.set("vix3m_mean", mean(vix3m.iter().copied()));
        self.set("vix3m_sd", deviation(vix3m.iter().copied()));
    }

    fn add_vvix(&mut self, vix: &[f64], vvix: &[f64]) {
        let ordered = sorted(vvix.iter().copied());
        self.set("vvix_mean", mean(vvix.iter().copied()));
        self.set("vvix_median", quantile(&ordered, 0.5));
        self.set("vvix_sd", deviation(vvix.iter().copied()));
        self.add_quantiles("vvix", &ordered, &[5.0, 95.0]);
        for lag in [1, 21] {
            self.set(format!("vvix_acf{lag}"), autocorrelation(vvix, lag));
        }
        self.set("vvix_corr_vix", correlation(vvix, vix));
        let moves = changes(&logarithms(vvix));
        self.set("dlvvix_sd", deviation(moves.iter().copied()));
        self.set("corr_dlvvix_dlvix", correlation(&moves, &changes(&logarithms(vix))));
    }

    fn add_vix_triggers(&mut self, vix: &[f64], days: Range<usize>) {
        let wilder = &relative_strength(vix, 14, true)[days.clone()];
        let cutler = &relative_strength(vix, 14, false)[days.clone()];
        let vix = &vix[days];
        self.set("trig|VIX_RSI14_lt30|freq", share(wilder.iter().map(|&rsi| rsi < 30.0)));
        self.set("trig|VIX_RSI14_Wilder_lt40|freq", share(wilder.iter().map(|&rsi| rsi < 40.0)));
        self.set("trig|VIX_RSI14_Cutler(SMA)_lt30|freq", share(cutler.iter().map(|&rsi| rsi < 30.0)));
        let change = |on: &dyn Fn(usize) -> bool| change_ahead(vix, on);
        self.set("trig|VIX_RSI14_Wilder_lt40|dvix21|cond", change(&|t| wilder[t] < 40.0));
        self.set("trig|VIX_gt30|dvix21|cond", change(&|t| vix[t] > 30.0));
    }

    fn add_vvix_trigger(&mut self, history: &History, days: Range<usize>) {
        let scores = &macd_z_score(&history.vvix, 60)[days.clone()];
        self.set("trig|VVIX_MACDhist_z60_gt2|freq", share(scores.iter().map(|&score| score > 2.0)));
        let change = change_ahead(&history.vix[days], |t| scores[t] > 2.0);
        self.set("trig|VVIX_MACDhist_z60_gt2|dvix21|cond", change);
    }

    /// The curve of VIX futures against VIX.
    fn add_vx_levels(&mut self, world: &World, history: &History) {
        let days = world.days(date(2008, 5, 1), date(2026, 4, 17));
        let vix = &history.vix[days.clone()];
        let vx = |month: usize| -> Vec<f64> { history.vx[days.clone()].iter().map(|curve| curve[month - 1]).collect() };
        let ratio =
            |above: &[f64], below: &[f64]| -> Vec<f64> { above.iter().zip(below).map(|(a, b)| a / b).collect() };
        let [vx1, vx2, vx4, vx7] = [1, 2, 4, 7].map(vx);
        for (month, prices) in [(1, &vx1), (2, &vx2), (4, &vx4), (7, &vx7)] {
            let over_vix = ratio(prices, vix);
            self.set(format!("vx{month}_mean"), mean(prices.iter().copied()));
            self.set(format!("vx{month}_sd"), deviation(prices.iter().copied()));
            self.set(format!("vx{month}_over_vix_mean"), mean(over_vix.iter().copied()));
            self.set(format!("vx{month}_over_vix_sd"), deviation(over_vix.iter().copied()));
            self.add_given_vix(&format!("vx{month}_over_vix"), vix, &over_vix);
        }
        self.set("vx_contango_share_12", share(vx1.iter().zip(&vx2).map(|(first, second)| first < second)));
        self.set("vx1_above_vix_share", share(vx1.iter().zip(vix).map(|(vx1, vix)| vx1 > vix)));
        self.set("vx2_over_vx1_mean", mean(ratio(&vx2, &vx1)));
        self.set("vx7_over_vx4_mean", mean(ratio(&vx7, &vx4)));
    }

    /// One contract's change from one close to the next, by days to expiry and by month.
    fn add_vx_moves(&mut self, world: &World, history: &History) {
        let days = world.days(date(2008, 5, 1), date(2026, 4, 17));
        let moves: Vec<VxMove> = days.clone().flat_map(|day| vx_moves(world, history, day)).collect();
        for (name, low, high) in TENORS {
            let of_tenor = || moves.iter().filter(|m| (low..=high).contains(&m.days_to_expiry));
            self.set(format!("vxbeta_dte_{name}"), pairs(of_tenor().map(|m| (m.vix, m.points))).slope());
            self.set(format!("vx_on_r_beta_dte_{name}"), pairs(of_tenor().map(|m| (m.index, m.points))).slope());
            let in_falls = mean(of_tenor().filter(|m| m.index < -0.02).map(|m| m.points));
            self.set(format!("vx_on_r_mean_when_r_lt_-2pct_dte_{name}"), in_falls);
            self.set(format!("vx_dlog_sd_dte_{name}"), deviation(of_tenor().map(|m| m.log)));
        }
        let of_month = |month: usize| -> Vec<&VxMove> { moves.iter().filter(|m| m.rank == month - 1).collect() };
        let [vx1, vx4, vx7] = [1, 4, 7].map(of_month);
        let correlate = |x: &[&VxMove], y: &[&VxMove], of_x: fn(&VxMove) -> f64, of_y: fn(&VxMove) -> f64| {
            pairs(x.iter().zip(y).map(|(x, y)| (of_x(x), of_y(y)))).correlation()
        };
        self.set("corr_dvx1_dvx4", correlate(&vx1, &vx4, |m| m.points, |m| m.points));
        self.set("corr_dvx1_dvx7", correlate(&vx1, &vx7, |m| m.points, |m| m.points));
        for (month, vx) in [(1, &vx1), (4, &vx4), (7, &vx7)] {
            self.set(format!("corr_dvix_dvx{month}"), correlate(vx, vx, |m| m.vix, |m| m.points));
            self.set(format!("corr_r_dvx{month}"), correlate(vx, vx, |m| m.index, |m| m.points));
        }
        self.set("vx_on_r_beta_dte_spot", pairs(vx1.iter().map(|m| (m.index, m.vix))).slope());
        let held = days.filter_map(|day| vx_moves(world, history, day).find(|m| m.days_to_expiry_before >= 8));
        self.set("vxroll_pnl_pts_ann", mean(held.map(|m| m.points)).map(|points| points * DAYS_PER_YEAR));
    }

    fn add_shape(&mut self, name: &str, values: &[f64], percents: &[f64]) {
        let moments: tailwing::stats::Moments = values.iter().copied().collect();
        self.set(format!("{name}_skew"), moments.skewness());
        self.set(format!("{name}_kurt"), moments.kurtosis());
        self.add_quantiles(name, &sorted(values.iter().copied()), percents);
    }

    fn add_quantiles(&mut self, name: &str, ordered: &[f64], percents: &[f64]) {
        for percent in percents {
            self.set(format!("{name}_q{percent}"), quantile(ordered, percent / 100.0));
        }
    }

    fn add_given_vix(&mut self, name: &str, vix: &[f64], values: &[f64]) {
        for (low, high) in [(10, 14), (14, 18), (18, 25), (25, 35), (35, 200)] {
            let bin = f64::from(low)..f64::from(high);
            let given = vix.iter().zip(values).filter(|(vix, _)| bin.contains(*vix)).map(|(_, &value)| value);
            self.set(format!("{name}_given_{low}_{high}"), mean(given));
        }
    }
}

const VIX_BINS: [(&str, f64, f64); 5] = [
    ("12_15", 12.0, 15.0),
    ("15_20", 15.0, 20.0),
    ("20_30", 20.0, 30.0),
    ("30_40", 30.0, 40.0),
    ("40+", 40.0, f64::INFINITY),
];

/// Calendar days to expiry, at the close that ends the move.
const TENORS: [(&str, i64, i64); 6] =
    [("1_7", 1, 7), ("8_15", 8, 15), ("16_35", 16, 35), ("36_60", 36, 60), ("95_125", 95, 125), ("200_240", 200, 240)];

/// One contract over one day, with what VIX and the index did.
#[derive(Debug, Clone, Copy)]
struct VxMove {
    rank: usize,
    days_to_expiry: i64,
    days_to_expiry_before: i64,
    points: f64,
    log: f64,
    vix: f64,
    index: f64,
}

/// The moves that end on a day, of the contracts that were priced the day before too.
fn vx_moves(world: &World, history: &History, day: usize) -> impl Iterator<Item = VxMove> {
    let (today, before) = (world.contracts(day), world.contracts(day - 1));
    let gone = before.iter().position(|contract| contract.expiry == today[0].expiry).unwrap_or(before.len());
    let vix = history.vix[day] - history.vix[day - 1];
    let index = history.log_spot[day] - history.log_spot[day - 1];
    before[gone..].iter().enumerate().map(move |(rank, contract)| {
        let (from, to) = (history.vx[day - 1][rank + gone], history.vx[day][rank]);
        VxMove {
            rank,
            days_to_expiry: today[rank].days_to_expiry,
            days_to_expiry_before: contract.days_to_expiry,
            points: to - from,
            log: libm::log(to / from),
            vix,
            index,
        }
    })
}

/// Mean change of VIX over 21 days from the days on which a trigger is on.
fn change_ahead(vix: &[f64], on: impl Fn(usize) -> bool) -> Option<f64> {
    mean((0..vix.len().saturating_sub(21)).filter(|&t| on(t)).map(|t| vix[t + 21] - vix[t]))
}
