//! Conditions on measures as users write them, such as `es(0.99) > 150_000`.
//!
//! ```text
//! limit = measure ( "<" | "<=" | ">" | ">=" ) number
//! ```

use std::fmt;
use std::str::FromStr;

use super::figure::Figure;
use super::measure::{Measure, number, usage};
use crate::error::Error;

/// A condition on a measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// What is compared.
    pub measure: Measure,
    /// How.
    pub comparison: Comparison,
    /// With which number, in the unit of the measure.
    pub bound: f64,
}

impl Limit {
    /// Whether the condition holds for the estimate itself, its error left aside.
    ///
    /// # Errors
    /// The figures do not hold the measure.
    pub fn holds(&self, figures: &[Figure]) -> Result<bool, Error> {
        Ok(self.comparison.holds(self.measure.figure(figures)?.value, self.bound))
    }
}

impl FromStr for Limit {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let is_sign = |character: char| "<>=!".contains(character);
        let Some(start) = text.find(is_sign) else {
            return Err(usage(format!("`{text}` compares nothing; write for instance `es(0.99) > 150_000`")));
        };
        let (measure, rest) = text.split_at(start);
        let bound = rest.trim_start_matches(is_sign);
        let sign = &rest[..rest.len() - bound.len()];
        let Some(comparison) = Comparison::ALL.into_iter().find(|comparison| comparison.sign() == sign) else {
            return Err(usage(format!("`{sign}` in `{text}` is no comparison; use <, <=, > or >=")));
        };
        let bound = number(bound.trim())
            .ok_or_else(|| usage(format!("`{}` in `{text}` is no number such as 150_000", bound.trim())))?;
        Ok(Self { measure: measure.parse()?, comparison, bound })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.measure, self.comparison.sign(), self.bound)
    }
}

/// How a measure may compare with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

impl Comparison {
    pub(super) const ALL: [Self; 4] = [Self::Below, Self::AtMost, Self::Above, Self::AtLeast];

    /// The sign.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
        }
    }

    /// Whether the comparison holds.
    #[must_use]
    pub fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Below => value < bound,
            Self::AtMost => value <= bound,
            Self::Above => value > bound,
            Self::AtLeast => value >= bound,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::figure::{Quantity, Strategy};
    use super::super::summary::LEVELS;
    use super::*;
    use crate::stats::Estimate;

    fn figures() -> Vec<Figure> {
        let es = |strategy, days, value| {
            Figure::new(strategy, Quantity::ExpectedShortfall, days, &Estimate::bare(value)).at_level(LEVELS[2])
        };
        let mean = |days, value| Figure::new(Strategy::Hedged, Quantity::MeanPnl, days, &Estimate::bare(value));
        vec![
            es(Strategy::Hedged, 252, 160_000.0),
            es(Strategy::Hedged, 21, 50_000.0),
            es(Strategy::Unhedged, 252, 200_000.0),
            mean(252, 1_000.0).of_component("core"),
            mean(252, 700.0),
        ]
    }

    #[test]
    fn limits_compare_their_measure_with_a_number() {
        let figures = figures();
        for (text, holds) in [
            ("es(0.99) > 150_000", true),
            ("es(0.99)>160000", false),
            ("es(0.99) >= 1.6e5", true),
            ("mean < -100", false),
            ("mean <= 700", true),
            ("unhedged.es(0.99) < 200_000.5", true),
        ] {
            assert_eq!(text.parse::<Limit>().unwrap().holds(&figures).unwrap(), holds, "{text}");
        }
        assert_eq!("es(0.990)>150_000".parse::<Limit>().unwrap().to_string(), "es(0.99) > 150000");
    }

    #[test]
    fn wrong_limits_are_told_what_is_right() {
        for (text, message) in [
            ("es(0.99)", "`es(0.99)` compares nothing; write for instance `es(0.99) > 150_000`"),
            ("es(0.99) > much", "`much` in `es(0.99) > much` is no number such as 150_000"),
            ("es(0.99) > _1", "`_1` in `es(0.99) > _1` is no number such as 150_000"),
            ("es(0.99) > inf", "`inf` in `es(0.99) > inf` is no number such as 150_000"),
            ("es(0.99) => 1", "`=>` in `es(0.99) => 1` is no comparison; use <, <=, > or >="),
            ("es > 1", "`es` needs a level, as in `es(0.99)`"),
        ] {
            assert_eq!(text.parse::<Limit>().unwrap_err().to_string(), message);
        }
    }
}
