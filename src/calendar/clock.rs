//! Variance time: a trading day counts 1, any other day `w`, and a year is 1 on average.
//!
//! ```text
//! years(n, m) = (n + w m) / (251.5 + 113.5 w)      n sessions, m other days
//! ```
//!
//! One clock runs the dynamics, every option's time to expiry and the window of VIX. Discounting and dividends use
//! calendar days / 365 instead.

use crate::error::{DomainError, require};

/// Sessions and other days between two closes: the key under which marks are tabulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeLeft {
    /// NYSE sessions after the first close, up to and including the last.
    pub sessions: u16,
    /// Weekend days and holidays in between.
    pub other_days: u16,
}

impl TimeLeft {
    /// All calendar days.
    #[must_use]
    pub fn calendar_days(self) -> u32 {
        u32::from(self.sessions) + u32::from(self.other_days)
    }
}

/// The weight of days without trading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    other_day: f64,
}

impl Default for Clock {
    /// `w = 0.3`, which halves the error of short SPX smiles against `w = 1`.
    fn default() -> Self {
        Self { other_day: 0.3 }
    }
}

impl Clock {
    /// A clock whose non-trading days count `other_day` of a trading day.
    ///
    /// # Errors
    /// A weight outside 0 to 1.
    pub fn new(other_day: f64) -> Result<Self, DomainError> {
        require("other_day", other_day, (0.0..=1.0).contains(&other_day), "a number from 0 to 1")?;
        Ok(Self { other_day })
    }

    /// The weight of a day without trading.
    #[must_use]
    pub fn other_day(self) -> f64 {
        self.other_day
    }

    /// Years of variance time.
    #[must_use]
    pub fn years(self, time: TimeLeft) -> f64 {
        (f64::from(time.sessions) + self.other_day * f64::from(time.other_days)) / (251.5 + 113.5 * self.other_day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_average_year_is_one_and_weekends_count_their_weight() {
        let two_years = TimeLeft { sessions: 503, other_days: 227 };
        for weight in [0.0, 0.3, 1.0] {
            let clock = Clock::new(weight).unwrap();
            assert!((clock.years(two_years) - 2.0).abs() < 1e-15, "{weight}");
        }
        let over_weekend = TimeLeft { sessions: 1, other_days: 2 };
        assert!((Clock::default().years(over_weekend) - 1.6 / 285.55).abs() < 1e-17);
        assert_eq!(over_weekend.calendar_days(), 3);
    }

    #[test]
    fn weights_outside_0_to_1_are_refused() {
        for wrong in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(Clock::new(wrong).is_err(), "{wrong}");
        }
    }
}
