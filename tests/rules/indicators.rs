//! Indicators against independent implementations, published tables and values worked by hand.

use std::path::PathBuf;

use ta::Next;
use ta::indicators::{ExponentialMovingAverage, MovingAverageConvergenceDivergence};
use tailwing::strategy::rule::MarketSeries;

use super::{numbers, numbers_of, truths};

/// The first 41 closes of VIX, from 2 January 1990 (Cboe): enough for every warm-up of the short tests.
const VIX_1990: [f64; 41] = [
    17.24, 18.19, 19.22, 20.11, 20.26, 22.20, 22.44, 20.05, 24.64, 26.34, 24.18, 24.16, 24.34, 22.50, 26.70, 24.72,
    25.39, 25.63, 26.28, 26.44, 27.25, 25.36, 24.87, 24.32, 24.54, 24.69, 24.29, 23.77, 23.69, 24.38, 23.76, 22.05,
    19.71, 20.78, 22.78, 23.89, 22.54, 23.69, 23.56, 22.69, 21.99,
];

/// The VIX history, if the reference folder is at hand.
fn real_vix() -> Option<Vec<f64>> {
    let Some(folder) = std::env::var_os("TAILWING_REFERENCE") else {
        eprintln!("skipped: TAILWING_REFERENCE does not name the folder with data/vix_daily_ohlc.csv");
        return None;
    };
    let text = std::fs::read_to_string(PathBuf::from(folder).join("data/vix_daily_ohlc.csv")).unwrap();
    Some(text.lines().skip(1).map(|line| line.rsplit(',').next().unwrap().parse().unwrap()).collect())
}

/// Equal to 1e-10, and not ready on the same days.
fn assert_close(found: &[f64], wanted: &[f64], what: &str) {
    assert_eq!(found.len(), wanted.len());
    for (day, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        let same = (found.is_nan() && wanted.is_nan()) || (found - wanted).abs() <= 1e-10 * wanted.abs().max(1.0);
        assert!(same, "{what} on day {day}: found {found}, wanted {wanted}");
    }
}

/// Wilder's RSI as his book tells it: separate sums for the first average, then (n - 1) old + 1 new over n.
fn plain_rsi(x: &[f64], n: usize) -> Vec<f64> {
    let mut rsi = vec![f64::NAN; x.len()];
    let (mut up, mut down) = (0.0, 0.0);
    for day in 1..x.len() {
        let rise = if x[day] > x[day - 1] { x[day] - x[day - 1] } else { 0.0 };
        let fall = if x[day] < x[day - 1] { x[day - 1] - x[day] } else { 0.0 };
        if day <= n {
            up += rise;
            down += fall;
            if day == n {
                up /= n as f64;
                down /= n as f64;
            }
        } else {
            up = (up * (n as f64 - 1.0) + rise) / n as f64;
            down = (down * (n as f64 - 1.0) + fall) / n as f64;
        }
        if day >= n {
            rsi[day] = match (up == 0.0, down == 0.0) {
                (true, true) => 50.0,
                (false, true) => 100.0,
                _ => 100.0 - 100.0 / (1.0 + up / down),
            };
        }
    }
    rsi
}

fn plain_cutler(x: &[f64], n: usize) -> Vec<f64> {
    let over = |window: &[f64]| {
        let moves = window.windows(2).map(|pair| pair[1] - pair[0]);
        let (up, down) = moves.fold((0.0, 0.0), |(up, down), m| (up + m.max(0.0), down + (-m).max(0.0)));
        if up + down == 0.0 { 50.0 } else { 100.0 * up / (up + down) }
    };
    windowed(x, n + 1, over)
}

/// `f` of the last `n` values, not ready before there are as many.
fn windowed(x: &[f64], n: usize, f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    (1..=x.len()).map(|end| if end < n { f64::NAN } else { f(&x[end - n..end]) }).collect()
}

fn plain_ema(x: &[f64], n: usize) -> Vec<f64> {
    let weight = 2.0 / (n as f64 + 1.0);
    let mut averages = vec![x[0]];
    for &x in &x[1..] {
        averages.push(weight * x + (1.0 - weight) * averages.last().unwrap());
    }
    averages
}

fn after(days: usize, x: Vec<f64>) -> Vec<f64> {
    x.into_iter().enumerate().map(|(day, x)| if day + 1 < days { f64::NAN } else { x }).collect()
}

fn plain_mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn plain_deviation(x: &[f64]) -> f64 {
    let mean = plain_mean(x);
    (x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (x.len() - 1) as f64).sqrt()
}

/// Every indicator of one series against a plain implementation.
fn check_all(x: &[f64]) {
    for n in [2, 3, 14] {
        assert_close(&numbers(&format!("rsi(vix, {n})"), x), &plain_rsi(x, n), "rsi");
        assert_close(&numbers(&format!("rsi_cutler(vix, {n})"), x), &plain_cutler(x, n), "rsi_cutler");
    }
    let subtract = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<_>>();
    let macd = subtract(&plain_ema(x, 12), &plain_ema(x, 26));
    let signal = plain_ema(&macd, 9);
    assert_close(&numbers("macd(vix, 12, 26)", x), &after(26, macd.clone()), "macd");
    assert_close(&numbers("macd_signal(vix, 12, 26, 9)", x), &after(34, signal.clone()), "macd_signal");
    let histogram = after(34, subtract(&macd, &signal));
    assert_close(&numbers("macd_histogram(vix, 12, 26, 9)", x), &histogram, "macd_histogram");
    for n in [1, 2, 7, 20] {
        let text = |function: &str| format!("{function}(vix, {n})");
        assert_close(&numbers(&text("ema"), x), &after(n, plain_ema(x, n)), "ema");
        assert_close(&numbers(&text("sma"), x), &windowed(x, n, plain_mean), "sma");
        let high = |x: &[f64]| x.iter().copied().fold(f64::MIN, f64::max);
        let low = |x: &[f64]| x.iter().copied().fold(f64::MAX, f64::min);
        assert_close(&numbers(&text("high"), x), &windowed(x, n, high), "high");
        assert_close(&numbers(&text("low"), x), &windowed(x, n, low), "low");
        assert_close(&numbers(&text("change"), x), &windowed(x, n + 1, |x| x[n] - x[0]), "change");
        assert_close(&numbers(&text("return"), x), &windowed(x, n + 1, |x| x[n] / x[0] - 1.0), "return");
        let below = |x: &[f64]| {
            let rank = |before: &f64| if *before < x[n] { 2 } else { i32::from(*before == x[n]) };
            100.0 * f64::from(x[..n].iter().map(rank).sum::<i32>()) / (2 * n) as f64
        };
        assert_close(&numbers(&text("percentile"), x), &windowed(x, n + 1, below), "percentile");
        if n > 1 {
            assert_close(&numbers(&text("stdev"), x), &windowed(x, n, plain_deviation), "stdev");
            let volatility = |x: &[f64]| {
                let returns: Vec<f64> = x.windows(2).map(|pair| libm::log(pair[1]) - libm::log(pair[0])).collect();
                100.0 * 252.0_f64.sqrt() * plain_deviation(&returns)
            };
            assert_close(&numbers(&text("realized"), x), &windowed(x, n + 1, volatility), "realized");
        }
    }
    let score = |x: &[f64]| (x[19] - plain_mean(x)) / plain_deviation(x);
    assert_close(&numbers("zscore(vix, 20)", x), &windowed(x, 20, score), "zscore");
}

#[test]
fn every_indicator_agrees_with_a_plain_one_on_a_short_history() {
    check_all(&VIX_1990);
}

#[test]
fn every_indicator_agrees_with_a_plain_one_on_the_whole_vix_history() {
    if let Some(vix) = real_vix() {
        check_all(&vix);
    }
}

#[test]
fn macd_agrees_with_the_ta_crate() {
    let vix = real_vix().unwrap_or_else(|| VIX_1990.to_vec());
    let mut theirs = MovingAverageConvergenceDivergence::new(12, 26, 9).unwrap();
    let wanted: Vec<_> = vix.iter().map(|&x| theirs.next(x)).collect();
    let column =
        |f: fn(&ta::indicators::MovingAverageConvergenceDivergenceOutput) -> f64| wanted.iter().map(f).collect();
    assert_close(&numbers("macd(vix, 12, 26)", &vix), &after(26, column(|o| o.macd)), "macd");
    assert_close(&numbers("macd_signal(vix, 12, 26, 9)", &vix), &after(34, column(|o| o.signal)), "signal");
    assert_close(&numbers("macd_histogram(vix, 12, 26, 9)", &vix), &after(34, column(|o| o.histogram)), "histogram");
}

/// Wilder's 1/14 is the weight of an exponential average of 27 days. The `ta` crate begins it otherwise, which is
/// forgotten as (13/14)^k: below 1e-12 of the first average after 400 days.
#[test]
fn wilders_rsi_agrees_with_exponential_averages_of_the_ta_crate_once_the_start_is_forgotten() {
    let Some(vix) = real_vix() else { return };
    let mut up = ExponentialMovingAverage::new(27).unwrap();
    let mut down = ExponentialMovingAverage::new(27).unwrap();
    let moves = vix.windows(2).map(|pair| pair[1] - pair[0]);
    let theirs: Vec<f64> = moves
        .map(|m| {
            let (up, down) = (up.next(m.max(0.0)), down.next((-m).max(0.0)));
            100.0 * up / (up + down)
        })
        .collect();
    assert_close(&numbers("rsi(vix, 14)", &vix)[401..], &theirs[400..], "rsi");
}

/// Closes and RSI(14) of the worked example of StockCharts' ChartSchool, printed to two decimals.
#[test]
fn rsi_reproduces_a_printed_table() {
    let closes = [
        44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931, 46.0328,
        45.6140, 46.2820, 46.2820, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122, 46.2521, 45.7137, 46.4515,
        45.7835, 45.3548, 44.0288, 44.1783, 44.2181, 44.5672, 43.4205, 42.6628, 43.1314,
    ];
    let printed = [
        70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93, 63.26, 56.06, 62.38, 54.71, 50.42, 39.99, 41.46, 41.87, 45.46,
        37.30, 33.08, 37.77,
    ];
    let rsi = numbers("rsi(vix, 14)", &closes);
    assert!(rsi[..14].iter().all(|x| x.is_nan()));
    for (found, printed) in rsi[14..].iter().zip(printed) {
        assert!((found - printed).abs() <= 0.005 + 1e-9, "found {found}, printed {printed}");
    }
}

#[test]
fn strength_without_falls_is_100_and_without_moves_50() {
    for function in ["rsi", "rsi_cutler"] {
        let last = |x: &[f64]| *numbers(&format!("{function}(vix, 3)"), x).last().unwrap();
        assert_eq!(last(&[1.0, 2.0, 3.5, 3.5]), 100.0, "{function}");
        assert_eq!(last(&[3.0, 2.0, 1.0, 0.5]), 0.0, "{function}");
        assert_eq!(last(&[7.3, 7.3, 7.3, 7.3]), 50.0, "{function}");
        assert_eq!(last(&[1.0, 3.0, 2.0, 2.0]), 200.0 / 3.0, "{function}");
    }
}

#[test]
fn windows_of_a_constant_are_exact() {
    let x = [17.3; 50];
    for day in 19..50 {
        assert_eq!(numbers("sma(vix, 20)", &x)[day], 17.3);
        assert_eq!(numbers("stdev(vix, 20)", &x)[day], 0.0);
        assert!(numbers("zscore(vix, 20)", &x)[day].is_nan(), "there is no score without deviation");
    }
}

/// Off a level of 1e9 a sum of squares would lose every digit of a deviation of 1.
#[test]
fn a_deviation_far_below_the_level_keeps_its_digits() {
    let x: Vec<f64> = VIX_1990.iter().map(|x| x + 1e9).collect();
    let level_lost: Vec<f64> = x.iter().map(|x| x - 1e9).collect();
    let found = numbers("stdev(vix, 20)", &x);
    let wanted = windowed(&level_lost, 20, plain_deviation);
    for (found, wanted) in found[19..].iter().zip(&wanted[19..]) {
        // The mean near 1e9 is rounded to 1e-7; its square is what enters.
        assert!((found - wanted).abs() < 1e-6 * wanted, "{found} {wanted}");
    }
}

#[test]
fn hand_worked_values() {
    let x = [10.0, 12.0, 9.0, 9.0, 15.0];
    let nan = f64::NAN;
    for (text, wanted) in [
        ("sma(vix, 3)", [nan, nan, 31.0 / 3.0, 10.0, 11.0]),
        ("ema(vix, 3)", [nan, nan, 10.0, 9.5, 12.25]),
        ("stdev(vix, 2)", [nan, 2.0_f64.sqrt(), 4.5_f64.sqrt(), 0.0, 18.0_f64.sqrt()]),
        ("zscore(vix, 2)", [nan, 0.5_f64.sqrt(), -0.5_f64.sqrt(), nan, 0.5_f64.sqrt()]),
        ("high(vix, 3)", [nan, nan, 12.0, 12.0, 15.0]),
        ("low(vix, 2)", [nan, 10.0, 9.0, 9.0, 9.0]),
        ("change(vix, 2)", [nan, nan, -1.0, -3.0, 6.0]),
        ("return(vix, 1)", [nan, 0.2, -0.25, 0.0, 2.0 / 3.0]),
        ("percentile(vix, 2)", [nan, nan, 0.0, 25.0, 100.0]),
        ("days_since(vix < 10)", [nan, nan, 0.0, 0.0, 1.0]),
        ("abs(vix - 11)", [1.0, 1.0, 2.0, 2.0, 4.0]),
        ("min(vix, 10, 11)", [10.0, 10.0, 9.0, 9.0, 10.0]),
        ("max(vix, 10, 11)", [11.0, 12.0, 11.0, 11.0, 15.0]),
        ("2 + 3 * -vix / 4 - 1", [-6.5, -8.0, -5.75, -5.75, -10.25]),
        ("10 - vix - 1", [-1.0, -3.0, 0.0, 0.0, -6.0]),
        ("100 / (vix - 9)", [100.0, 100.0 / 3.0, nan, nan, 100.0 / 6.0]),
    ] {
        assert_close(&numbers(text, &x), &wanted, text);
    }
}

#[test]
fn crossings_need_yesterday_on_the_other_side_or_on_the_line() {
    let vix = [31.0, 29.0, 30.0, 31.0, 32.0, 30.0, 29.0, 31.0];
    let on = |rule: &str| truths(rule, &[(MarketSeries::Vix, &vix)]).iter().map(|t| t.holds()).collect::<Vec<_>>();
    assert_eq!(on("crossed_above(vix, 30)"), [false, false, false, true, false, false, false, true]);
    assert_eq!(on("crossed_below(vix, 30)"), [false, true, false, false, false, false, true, false]);
}

#[test]
fn divergence_needs_price_near_its_high_and_breadth_lower_than_n_days_ago() {
    let price = [100.0, 101.0, 102.0, 101.5, 99.0, 102.0, 103.0];
    let breadth = [5.0, 6.0, 6.5, 4.0, 7.0, 6.0, 7.0];
    let on = |rule: &str| {
        let series: [(MarketSeries, &[f64]); 2] = [(MarketSeries::Spx, &price), (MarketSeries::Breadth, &breadth)];
        truths(rule, &series).iter().map(|truth| truth.holds()).collect::<Vec<_>>()
    };
    // Day 3 is within 1 % of the high of 102 and breadth fell from 6 to 4; day 4 is too far off; on day 5 breadth
    // fell from 6.5 to 6... against day 3 it rose.
    assert_eq!(on("divergence(spx, breadth, 2)"), [false, false, false, true, false, false, false]);
    assert_eq!(on("divergence(spx, breadth, 3)"), [false, false, false, true, false, true, false]);
    assert_eq!(on("divergence(spx, breadth, 2, 0)"), [false; 7]);
    assert_eq!(on("divergence(spx, breadth, 3, 0)"), [false, false, false, false, false, true, false]);
    assert_eq!(on("divergence(spx, breadth, 2, 0.5)"), [false, false, false, true, false, false, false]);
}

/// Times a year that a rule turns on.
fn turns_on_a_year(rule: &str, vix: &[f64]) -> f64 {
    let on = truths(rule, &[(MarketSeries::Vix, vix)]);
    let turns = on.windows(2).filter(|pair| pair[1].holds() && !pair[0].holds()).count();
    turns as f64 * 252.0 / vix.len() as f64
}

#[test]
fn oversold_vix_is_as_rare_as_the_record_says() {
    let Some(vix) = real_vix() else { return };
    // 1990 to 2026: Wilder's below 30 about 0.3 times a year, below 40 eleven times, Cutler's below 30 eight times.
    let wilder_30 = turns_on_a_year("rsi(vix, 14) < 30", &vix);
    let wilder_40 = turns_on_a_year("rsi(vix, 14) < 40", &vix);
    let cutler_30 = turns_on_a_year("rsi_cutler(vix, 14) < 30", &vix);
    assert!((wilder_30 - 0.33).abs() < 0.01, "{wilder_30}");
    assert!((wilder_40 - 10.67).abs() < 0.05, "{wilder_40}");
    assert!((cutler_30 - 7.94).abs() < 0.05, "{cutler_30}");
}

#[test]
fn indicators_of_several_series_do_not_mix() {
    let (vix, vvix) = ([10.0, 12.0, 14.0], [90.0, 80.0, 70.0]);
    let series: [(MarketSeries, &[f64]); 2] = [(MarketSeries::Vix, &vix), (MarketSeries::Vvix, &vvix)];
    assert_close(&numbers_of("sma(vvix, 2) - sma(vix, 2)", &series), &[f64::NAN, 74.0, 62.0], "difference");
}
