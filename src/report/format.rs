//! Numbers as people read them: no more digits than their error supports, with thousands separators.
//!
//! ```text
//! error = m 10^k, 1 <= m < 10:    step = 10^(k-1) for m < 3.55, else 10^k
//! ```
//!
//! so an estimate and its interval show one or two digits of the standard error (the rule of the Particle Data Group).
//! Numbers without an error show four significant digits, amounts of money at least whole dollars.

use crate::risk::Figure;

/// Decimals never exceeded in fixed notation.
const DECIMALS_MAX: i32 = 6;

/// A figure as text, all parts in the same unit and with the same digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// The estimate.
    pub value: String,
    /// Both ends of its 95 % interval.
    pub interval: Option<[String; 2]>,
    /// The unit as shown; empty where the unit says nothing.
    pub unit: String,
}

impl Estimate {
    /// The estimate with its unit, as in `12,300 USD` or `4.5 %`.
    #[must_use]
    pub fn with_unit(&self) -> String {
        join(&self.value, &self.unit)
    }

    /// The interval, as in `11,800 to 12,800`.
    #[must_use]
    pub fn range(&self) -> Option<String> {
        self.interval.as_ref().map(|[low, high]| format!("{low} to {high}"))
    }

    /// Estimate, unit and interval in one phrase.
    #[must_use]
    pub fn phrase(&self) -> String {
        match self.range() {
            Some(range) => format!("{} ({range})", self.with_unit()),
            None => self.with_unit(),
        }
    }
}

/// A figure rounded to what its error supports.
#[must_use]
pub fn estimate(figure: &Figure) -> Estimate {
    let (scale, unit) = shown_unit(&figure.unit);
    // A share that is 0 in the sample has an interval, but no standard error.
    let error = figure.standard_error.filter(|error| *error > 0.0).or_else(|| Some((figure.high? - figure.low?) / 4.0));
    let error = error.map_or(0.0, |error| error * scale);
    let step = step(figure.value * scale, error, is_money(&figure.unit));
    let text = |value: f64| rounded(value * scale, step);
    Estimate {
        value: text(figure.value),
        interval: figure.low.zip(figure.high).map(|(low, high)| [text(low), text(high)]),
        unit: unit.into(),
    }
}

/// A number without an error, with its unit.
#[must_use]
pub fn quantity(value: f64, unit: &str) -> String {
    let (scale, shown) = shown_unit(unit);
    join(&rounded(value * scale, step(value * scale, 0.0, is_money(unit))), shown)
}

/// An amount in USD to three or four digits, as in `-61,300`.
#[must_use]
pub fn rounded_usd(value: f64) -> String {
    let step = if value == 0.0 { 1.0 } else { power_of_ten(exponent(value) - 2).max(1.0) };
    rounded(value, step)
}

/// A whole number with thousands separators.
#[must_use]
pub fn count(value: u64) -> String {
    grouped(&value.to_string())
}

/// A confidence level or share as a percentage, as in `97.5 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{} %", trimmed(share * 100.0, 3))
}

/// A short amount for the labels of an axis, as in `-250k`; `step` is the distance of the labels.
#[must_use]
pub fn tick(value: f64, step: f64) -> String {
    let (divisor, suffix) = match step.abs() {
        s if s >= 1e9 => (1e9, "bn"),
        s if s >= 1e6 => (1e6, "M"),
        s if s >= 1e3 => (1e3, "k"),
        _ => (1.0, ""),
    };
    let number = trimmed(value / divisor, 6);
    if number == "0" { number } else { format!("{number}{suffix}") }
}

/// A number in few letters that tells differences of `step` apart, as in `199.3k`.
#[must_use]
pub fn short(value: f64, step: f64) -> String {
    let (divisor, suffix) = match value.abs() {
        v if v >= 1e7 => (1e6, "M"),
        v if v >= 1e4 => (1e3, "k"),
        _ => (1.0, ""),
    };
    let step = step.abs() / divisor;
    let decimals = if step > 0.0 { (-exponent(step)).clamp(0, 4) as usize } else { 0 };
    let number = trimmed(value / divisor, decimals);
    if number == "0" || number == "-0" { "0".into() } else { format!("{number}{suffix}") }
}

/// A number with a true minus sign, for print and screen.
#[must_use]
pub fn typeset(number: &str) -> String {
    number.replace('-', "\u{2212}")
}

fn is_money(unit: &str) -> bool {
    unit.starts_with("USD")
}

/// What a unit is multiplied by and called when shown.
fn shown_unit(unit: &str) -> (f64, &str) {
    match unit {
        "probability" | "share" => (100.0, "%"),
        "share a year" => (100.0, "% a year"),
        "ratio" | "number" => (1.0, ""),
        other => (1.0, other),
    }
}

fn join(number: &str, unit: &str) -> String {
    if unit.is_empty() { number.into() } else { format!("{number} {unit}") }
}

/// The power of ten to which a number is rounded.
fn step(value: f64, error: f64, money: bool) -> f64 {
    let step = if error > 0.0 && error.is_finite() {
        let digits = exponent(error);
        power_of_ten(if error < 3.55 * power_of_ten(digits) { digits - 1 } else { digits })
    } else if value.is_finite() && value != 0.0 {
        power_of_ten(exponent(value) - 3).min(1.0)
    } else {
        1.0
    };
    if money { step.max(1.0) } else { step }
}

/// `floor(log10 |value|)` of a positive finite number.
fn exponent(value: f64) -> i32 {
    // The exponent of scientific notation is exact, a logarithm is not.
    let text = format!("{:e}", value.abs());
    text.rsplit('e').next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

fn power_of_ten(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().unwrap_or(1.0)
}

fn rounded(value: f64, step: f64) -> String {
    if !value.is_finite() {
        return "not a number".into();
    }
    let decimals = -exponent(step);
    if decimals > DECIMALS_MAX || value.abs() >= 1e15 {
        return format!("{value:.1e}");
    }
    if decimals > 0 {
        return grouped(&format!("{value:.*}", decimals as usize));
    }
    grouped(&format!("{:.0}", (value / step).round() * step))
}

fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    grouped(text)
}

/// Thousands separators into a number in fixed notation; minus zero becomes zero.
fn grouped(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let mut text = String::new();
    if digits.bytes().any(|digit| digit.is_ascii_digit() && digit != b'0') {
        text.push_str(sign);
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_numbers_tell_their_steps_apart() {
        for (value, step, text) in [
            (199_293.75, 200.0, "199.3k"),
            (199_293.75, 2_000.0, "199k"),
            (-5_823.77, 50.0, "-5,824"),
            (0.123_4, 0.01, "0.12"),
            (12_345_678.0, 1e5, "12.3M"),
            (-1e-9, 0.1, "0"),
            (3.0, 0.0, "3"),
        ] {
            assert_eq!(short(value, step), text);
        }
    }

    fn figure(unit: &str, value: f64, error: Option<f64>) -> Figure {
        Figure {
            strategy: "hedged".into(),
            component: None,
            condition: None,
            measure: "mean_pnl".into(),
            level: None,
            horizon_days: None,
            unit: unit.into(),
            value,
            standard_error: error,
            low: error.map(|error| value - 1.96 * error),
            high: error.map(|error| value + 1.96 * error),
        }
    }

    #[test]
    fn an_estimate_shows_one_or_two_digits_of_its_error() {
        let shown = estimate(&figure("USD", 182_412.345, Some(3_712.0)));
        assert_eq!(shown.phrase(), "182,000 USD (175,000 to 190,000)");
        let shown = estimate(&figure("probability", 0.234_567, Some(0.001_31)));
        assert_eq!(shown.phrase(), "23.46 % (23.20 to 23.71)");
        let shown = estimate(&figure("USD a year", -12_345.678, Some(9.3)));
        assert_eq!(shown.phrase(), "-12,346 USD a year (-12,364 to -12,327)");
        let shown = estimate(&figure("USD", 1_234_567.0, Some(87_000.0)));
        assert_eq!(shown.phrase(), "1,230,000 USD (1,060,000 to 1,410,000)");
    }

    #[test]
    fn a_number_without_an_error_shows_four_digits_and_money_whole_dollars() {
        assert_eq!(quantity(1.0 / 3.0, "VIX points"), "0.3333 VIX points");
        assert_eq!(quantity(3.456_789e-7, "of spot"), "3.5e-7 of spot");
        assert_eq!(quantity(1_234_567.891, "USD"), "1,234,568 USD");
        assert_eq!(quantity(0.1 + 0.2, "ratio"), "0.3000");
        assert_eq!(quantity(0.0, "USD"), "0 USD");
    }

    #[test]
    fn odd_numbers_have_short_texts_too() {
        assert_eq!(quantity(f64::NAN, "USD"), "not a number USD");
        assert_eq!(quantity(-0.2, "USD"), "0 USD");
        assert_eq!(quantity(1e300, "USD"), "1.0e300 USD");
        assert_eq!(quantity(f64::MIN_POSITIVE, "ratio"), "2.2e-308");
        assert_eq!(estimate(&figure("USD", 5.0, Some(0.0))).value, "5");
        assert_eq!(estimate(&figure("USD", 5.0, Some(f64::NAN))).value, "5");
    }

    #[test]
    fn levels_ticks_and_counts_are_short() {
        assert_eq!(percent(0.975), "97.5 %");
        assert_eq!(percent(0.99), "99 %");
        assert_eq!(percent(0.999_9), "99.99 %");
        assert_eq!(tick(-250_000.0, 50_000.0), "-250k");
        assert_eq!(tick(0.0, 50_000.0), "0");
        assert_eq!(tick(1_500_000.0, 500_000.0), "1,500k");
        assert_eq!(tick(2_000_000.0, 1_000_000.0), "2M");
        assert_eq!(count(100_000), "100,000");
        assert_eq!(count(12), "12");
    }
}
