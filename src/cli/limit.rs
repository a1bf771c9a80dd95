//! `--fail-if "es(0.99) > 150_000"`: a measure, a comparison, a number.

use super::usage;
use crate::error::Result;
use crate::report::{Report, format};
use crate::risk::Measure;

/// How a measure is compared, longest sign first.
const COMPARISONS: [(&str, fn(f64, f64) -> bool); 4] =
    [(">=", |a, b| a >= b), ("<=", |a, b| a <= b), (">", |a, b| a > b), ("<", |a, b| a < b)];

/// A condition under which a run counts as failed.
#[derive(Debug, Clone)]
pub(super) struct Limit {
    text: String,
    measure: Measure,
    holds: fn(f64, f64) -> bool,
    bound: f64,
}

impl Limit {
    /// Reads a condition.
    ///
    /// # Errors
    /// It is not of the form `MEASURE > NUMBER`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let failed = |why: &str| {
            usage(format!("--fail-if \"{text}\": {why}; write for example \"es(0.99) > 150_000\" or \"p_loss >= 0.3\""))
        };
        let found = text.char_indices().find_map(|(at, _)| {
            COMPARISONS.into_iter().find(|(sign, _)| text[at..].starts_with(sign)).map(|(sign, holds)| (at, sign, holds))
        });
        let (at, sign, holds) = found.ok_or_else(|| failed("there is no comparison (>, >=, < or <=)"))?;
        let measure = Measure::parse(text[..at].trim()).map_err(|why| failed(&why.to_string()))?;
        let number = text[at + sign.len()..].trim();
        let bound = parse_number(number).ok_or_else(|| failed(&format!("`{number}` is not a number")))?;
        Ok(Self { text: text.trim().into(), measure, holds, bound })
    }

    /// How a run breaches the limit, in words; nothing where it does not.
    ///
    /// # Errors
    /// The run has no such figure.
    pub(super) fn breach(&self, report: &Report) -> Result<Option<String>> {
        let figure = self.measure.find(&report.result.figures, report.plan.run.horizon_days);
        let figure = figure.ok_or_else(|| {
            usage(format!("--fail-if \"{}\": {} has no such figure", self.text, report.plan.name))
        })?;
        let found = || format!("{} breached: {}", self.text, format::estimate(figure).phrase());
        Ok((self.holds)(figure.value, self.bound).then(found))
    }
}

/// A finite number; underscores may separate its digits.
fn parse_number(text: &str) -> Option<f64> {
    let digits = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let mut before = None;
    let mut letters = text.chars().peekable();
    let mut plain = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '_' if digits(before) && digits(letters.peek().copied()) => {}
            '0'..='9' | '.' | '-' | '+' | 'e' | 'E' => plain.push(letter),
            _ => return None,
        }
        before = Some(letter);
    }
    plain.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_have_underscores_between_digits_only() {
        assert_eq!(parse_number("150_000"), Some(150_000.0));
        assert_eq!(parse_number("-1.5e3"), Some(-1500.0));
        for wrong in ["", "_1", "1_", "1__0", "1_.5", "nan", "inf", "1e999", "12 000", "x"] {
            assert_eq!(parse_number(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_condition_is_a_measure_a_comparison_and_a_number() {
        for right in ["es(0.99) > 150_000", "unhedged.var(0.975)>=1e5", "mean < 0", "p_loss <= 0.5"] {
            assert!(Limit::parse(right).is_ok(), "{right}");
        }
        for wrong in ["", "es(0.99)", "es(0.99) >", "> 5", "es(0.99) > x", "es(0.99) = 5", "nonsense > 5", "es > 5 > 3"] {
            assert_eq!(Limit::parse(wrong).unwrap_err().exit_code(), 2, "{wrong}");
        }
    }
}
