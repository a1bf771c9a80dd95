//! Statistics of one series or two, as the facts define them; `None` where a sample is too small.

use tailwing::stats::{Moments, Paired};

/// The quantile at `p`, interpolated between order statistics (type 7 of Hyndman and Fan 1996).
pub(crate) fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let position = p * sorted.len().checked_sub(1)? as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    Some(sorted[below] + (position - below as f64) * (sorted[above] - sorted[below]))
}

pub(crate) fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    quantile(&sorted(values), 0.5)
}

pub(crate) fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let moments: Moments = values.into_iter().collect();
    (moments.count() > 0).then_some(moments.mean())
}

pub(crate) fn share(values: impl IntoIterator<Item = bool>) -> Option<f64> {
    mean(values.into_iter().map(f64::from))
}

pub(crate) fn deviation(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    values.into_iter().collect::<Moments>().standard_deviation()
}

pub(crate) fn pairs(values: impl IntoIterator<Item = (f64, f64)>) -> Paired {
    let mut paired = Paired::default();
    for (x, y) in values {
        paired.push(x, y);
    }
    paired
}

pub(crate) fn correlation(x: &[f64], y: &[f64]) -> Option<f64> {
    pairs(x.iter().copied().zip(y.iter().copied())).correlation()
}

/// The correlation of each value with the one `lag` days later.
pub(crate) fn autocorrelation(values: &[f64], lag: usize) -> Option<f64> {
    correlation(values, values.get(lag..)?)
}

/// Changes from each value to the next.
pub(crate) fn changes(values: &[f64]) -> Vec<f64> {
    values.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// Logarithms of positive values.
pub(crate) fn logarithms(values: &[f64]) -> Vec<f64> {
    values.iter().map(|&value| libm::log(value)).collect()
}

/// The highest of the `days` values after each that has so many.
pub(crate) fn highest_ahead(values: &[f64], days: usize) -> Vec<f64> {
    let ahead = values.get(1..).unwrap_or_default();
    ahead.windows(days).map(|window| window.iter().copied().fold(f64::NEG_INFINITY, f64::max)).collect()
}

/// Exponential average with weight `2 / (days + 1)`, from the first value.
pub(crate) fn exponential_average(values: &[f64], days: usize) -> Vec<f64> {
    let weight = 2.0 / (days as f64 + 1.0);
    let mut average = values.first().copied().unwrap_or_default();
    let step = |&value: &f64| {
        average += weight * (value - average);
        average
    };
    values.iter().map(step).collect()
}

/// `rsi = 100 up / (up + down)` from averages of rises and falls over `days`; 50 without moves or days.
///
/// `Wilder` averages with weight `1 / days` after a plain mean of the first moves, else the mean is always plain.
pub(crate) fn relative_strength(values: &[f64], days: usize, wilder: bool) -> Vec<f64> {
    let moves = changes(values);
    let (mut up, mut down) = (0.0, 0.0);
    let mut strength = vec![50.0; values.len()];
    for t in days..values.len() {
        if wilder && t > days {
            let last = moves[t - 1];
            up += (last.max(0.0) - up) / days as f64;
            down += ((-last).max(0.0) - down) / days as f64;
        } else {
            let window = &moves[t - days..t];
            up = window.iter().map(|change| change.max(0.0)).sum::<f64>() / days as f64;
            down = window.iter().map(|change| (-change).max(0.0)).sum::<f64>() / days as f64;
        }
        if up + down > 0.0 {
            strength[t] = 100.0 * up / (up + down);
        }
    }
    strength
}

/// Standard deviations of the MACD histogram (12, 26, 9) above its mean of `days` days; 0 before there are so many.
pub(crate) fn macd_z_score(values: &[f64], days: usize) -> Vec<f64> {
    let (fast, slow) = (exponential_average(values, 12), exponential_average(values, 26));
    let macd: Vec<f64> = fast.iter().zip(&slow).map(|(fast, slow)| fast - slow).collect();
    let signal = exponential_average(&macd, 9);
    let histogram: Vec<f64> = macd.iter().zip(&signal).map(|(macd, signal)| macd - signal).collect();
    let score = |t: usize| {
        let moments: Moments = histogram[(t + 1).saturating_sub(days)..=t].iter().copied().collect();
        let deviation = moments.standard_deviation().filter(|&deviation| deviation > 0.0 && t + 1 >= days);
        deviation.map_or(0.0, |deviation| (histogram[t] - moments.mean()) / deviation)
    };
    (0..values.len()).map(score).collect()
}

/// A rise above a level after 63 days without a close above it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spike {
    /// Highest close of the 21 days from the first above the level.
    pub(crate) peak: f64,
    /// Days from the peak to the first close at or below the middle of peak and base, the base being the median of the
    /// 63 days before; `None` if the series ends before.
    pub(crate) half_life: Option<usize>,
}

/// All spikes above a level.
pub(crate) fn spikes(values: &[f64], level: f64) -> Vec<Spike> {
    const QUIET: usize = 63;
    const TO_PEAK: usize = 21;
    let mut found = Vec::new();
    let mut last_above = None;
    for start in (0..values.len()).filter(|&t| values[t] > level) {
        let quiet = start - last_above.replace(start).unwrap_or_default() > QUIET;
        let Some(base) = median(values[start.saturating_sub(QUIET)..start].iter().copied()).filter(|_| quiet) else {
            continue;
        };
        let window = &values[start..values.len().min(start + TO_PEAK)];
        let top = (0..window.len()).rev().max_by(|&a, &b| window[a].total_cmp(&window[b])).unwrap_or_default();
        let peak = window[top];
        let half_life = values[start + top..].iter().position(|&value| value <= 0.5 * (peak + base));
        found.push(Spike { peak, half_life });
    }
    found
}

#[test]
fn a_spike_has_its_peak_and_the_days_to_half_of_it() {
    let mut values = vec![20.0; 70];
    values.extend([31.0, 44.0, 44.0, 40.0, 33.0, 32.0, 31.0, 25.0]);
    assert_eq!(spikes(&values, 30.0), [Spike { peak: 44.0, half_life: Some(4) }]);
    assert_eq!(spikes(&values, 43.0), [Spike { peak: 44.0, half_life: Some(4) }]);
    assert_eq!(spikes(&values[20..], 30.0), []);
    assert_eq!(spikes(&values[..73], 30.0), [Spike { peak: 44.0, half_life: None }]);
}

#[test]
fn samples_of_a_few_numbers_have_their_statistics() {
    assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), Some(3.0));
    assert!((autocorrelation(&[1.0, -1.0, 1.0, -1.0, 1.0], 2).unwrap() - 1.0).abs() < 1e-15);
    assert_eq!(highest_ahead(&[9.0, 1.0, 3.0, 2.0], 2), [3.0, 3.0]);
    assert_eq!(relative_strength(&[1.0, 2.0, 4.0, 3.0, 3.0], 2, false), [50.0, 50.0, 100.0, 200.0 / 3.0, 0.0]);
    assert_eq!(relative_strength(&[1.0, 2.0, 4.0, 3.0, 3.0], 2, true)[2..], [100.0, 60.0, 60.0]);
    assert_eq!(exponential_average(&[1.0, 3.0, 3.0], 3), [1.0, 2.0, 2.5]);
    let mut rising = vec![5.0; 80];
    rising.push(6.0);
    let scores = macd_z_score(&rising, 60);
    assert_eq!(scores[79], 0.0);
    assert!((scores[80] - 59.0 / 60f64.sqrt()).abs() < 1e-12, "one value apart from 59 equal ones");
}
