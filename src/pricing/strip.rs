//! Cboe's rule: the variance that a strip of listed options of one expiry pays for, and the VIX of two expiries.
//!
//! ```text
//! F       = K* + e^{rT} (C - P) at the strike K* where |C - P| is least;  K0 = the largest strike up to F
//! sigma^2 = (2/T) sum dK / K^2 e^{rT} Q(K) - (F/K0 - 1)^2 / T
//! VIX     = 100 sqrt( [ T1 s1 (N2 - N) / (N2 - N1) + T2 s2 (N - N1) / (N2 - N1) ] N365 / N )
//! ```
//!
//! `Q` is the middle of bid and ask of the option out of the money, of both at `K0`; going out from `K0`, options without a
//! bid are left out, and all behind two of them in a row; `dK` is half the distance of the neighbours that are in (Cboe
//! 2019, "VIX white paper"). The model's own VIX is the log contract that this sum approaches as strikes fill the line.

use crate::error::{DomainError, require};

/// Bids and asks of both options of a strike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StripQuote {
    /// Strike, index points.
    pub strike: f64,
    /// Bid and ask of the call.
    pub call: [f64; 2],
    /// Bid and ask of the put.
    pub put: [f64; 2],
}

/// What a strip pays for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StripVariance {
    /// The forward.
    pub forward: f64,
    /// Annual variance.
    pub variance: f64,
    /// Strikes that count.
    pub strikes: usize,
}

/// The variance of a strip that expires in `years`.
///
/// # Errors
/// Fewer than three quotes, strikes that do not ascend from above 0, no strike up to the forward or none that counts.
pub fn strip_variance(quotes: &[StripQuote], years: f64, rate: f64) -> Result<StripVariance, DomainError> {
    require("years", years, years > 0.0, "a number of years above 0")?;
    require("quotes", quotes.len() as f64, quotes.len() >= 3, "at least 3")?;
    let ascending = quotes[0].strike > 0.0 && quotes.windows(2).all(|pair| pair[0].strike < pair[1].strike);
    require("strike", quotes[0].strike, ascending, "above 0, and below all that follow")?;
    let growth = libm::exp(rate * years);
    let gap = |quote: &StripQuote| middle(quote.call) - middle(quote.put);
    let least = quotes.iter().min_by(|a, b| gap(a).abs().total_cmp(&gap(b).abs())).unwrap_or(&quotes[0]);
    let forward = least.strike + growth * gap(least);
    let below = quotes.iter().rposition(|quote| quote.strike <= forward);
    let centre = below.ok_or_else(|| DomainError::new("forward", forward, "at least the lowest strike"))?;
    let puts = out_from(quotes[..centre].iter().rev().map(|quote| (quote.strike, quote.put)));
    let calls = out_from(quotes[centre + 1..].iter().map(|quote| (quote.strike, quote.call)));
    let both = 0.5 * (middle(quotes[centre].put) + middle(quotes[centre].call));
    let mut strip: Vec<(f64, f64)> = puts.into_iter().rev().chain([(quotes[centre].strike, both)]).collect();
    strip.extend(calls);
    require("strikes that count", strip.len() as f64, strip.len() >= 3, "at least 3")?;
    let last = strip.len() - 1;
    let sum: f64 = (0..=last)
        .map(|i| {
            let (low, high) = (i.saturating_sub(1), (i + 1).min(last));
            let span = (strip[high].0 - strip[low].0) / (high - low) as f64;
            span / (strip[i].0 * strip[i].0) * growth * strip[i].1
        })
        .sum();
    let off = forward / quotes[centre].strike - 1.0;
    Ok(StripVariance { forward, variance: (2.0 * sum - off * off) / years, strikes: strip.len() })
}

/// VIX from the variances of two expiries, each with its years and its length in one unit of time, of which VIX looks
/// `window` ahead and a year has `year`.
#[must_use]
pub fn vix_of_strips(near: [f64; 3], next: [f64; 3], window: f64, year: f64) -> f64 {
    let ([variance1, years1, length1], [variance2, years2, length2]) = (near, next);
    let share = (length2 - window) / (length2 - length1);
    100.0 * ((years1 * variance1 * share + years2 * variance2 * (1.0 - share)) * year / window).sqrt()
}

fn middle([bid, ask]: [f64; 2]) -> f64 {
    0.5 * (bid + ask)
}

/// Strikes and prices of options with a bid, up to two without one in a row.
fn out_from(options: impl Iterator<Item = (f64, [f64; 2])>) -> Vec<(f64, f64)> {
    let mut taken = Vec::new();
    let mut without = 0;
    for (strike, quote) in options {
        without = if quote[0] > 0.0 { 0 } else { without + 1 };
        match without {
            0 => taken.push((strike, middle(quote))),
            1 => {}
            _ => break,
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Preset, State, VixMap};
    use crate::pricing::European;

    /// The model's own options on strikes `step` of the forward apart, without a spread.
    fn strip_of(preset: Preset, years: f64, state: State, step: f64) -> Vec<StripQuote> {
        let pricer = European::new(preset.model().risk_neutral(), years).unwrap();
        let count = (2.5 / step) as usize;
        (1..count)
            .map(|i| {
                let strike = step * i as f64;
                let value = pricer.value(state, libm::log(strike)).unwrap();
                StripQuote { strike, call: [value.call; 2], put: [value.put; 2] }
            })
            .collect()
    }

    #[test]
    fn a_dense_strip_of_the_models_own_options_pays_its_vix() {
        let years = 30.0 / 365.0;
        for preset in Preset::ALL {
            let law = *preset.model().risk_neutral();
            let state = State { x1: 0.01, x2: if law.has_slow_factor() { 0.015 } else { 0.0 } };
            let vix = VixMap::new(&law, years).unwrap().vix(state);
            let found = |step: f64| {
                let strip = strip_variance(&strip_of(preset, years, state, step), years, 0.0).unwrap();
                assert!((strip.forward - 1.0).abs() < 1e-12);
                100.0 * strip.variance.sqrt()
            };
            // The trapezoidal sum errs by the step squared, and what lies beyond 2.5 forwards is nearly worthless.
            let (coarse, fine) = (found(4e-3) - vix, found(1e-3) - vix);
            assert!(fine.abs() < 2e-3, "{preset:?}: {fine}");
            assert!(fine.abs() < 0.2 * coarse.abs() + 1e-4, "{preset:?}: {coarse} {fine}");
        }
    }

    #[test]
    fn options_behind_two_without_a_bid_do_not_count() {
        let quote =
            |strike: f64, call: f64, put: f64| StripQuote { strike, call: [call, call + 0.2], put: [put, put + 0.2] };
        let quotes = [
            quote(70.0, 30.0, 0.3),
            quote(75.0, 25.0, 0.0),
            quote(80.0, 20.0, 0.0),
            quote(85.0, 15.0, 0.1),
            quote(90.0, 10.2, 0.0),
            quote(95.0, 6.0, 1.0),
            quote(100.0, 3.0, 3.0),
            quote(105.0, 1.0, 6.0),
        ];
        let strip = strip_variance(&quotes, 0.1, 0.0).unwrap();
        // 85, 95, 100 and 105: 90 is left out, and so is everything behind 80.
        assert_eq!((strip.strikes, strip.forward), (4, 100.0));
    }

    #[test]
    fn strips_without_an_answer_are_refused() {
        let quote = StripQuote { strike: 100.0, call: [3.0, 3.2], put: [3.0, 3.2] };
        assert_eq!(strip_variance(&[quote; 2], 0.1, 0.0).unwrap_err().parameter, "quotes");
        assert_eq!(strip_variance(&[quote; 3], 0.1, 0.0).unwrap_err().parameter, "strike");
        assert_eq!(strip_variance(&[quote; 3], 0.0, 0.0).unwrap_err().parameter, "years");
        let up = |by: f64| StripQuote { strike: 100.0 + by, call: [0.0, 0.1], put: [5.0, 5.2] };
        assert!(strip_variance(&[up(0.0), up(1.0), up(2.0)], 0.1, 0.0).is_err());
    }
}
