//! The closes of a run, one a session, and the time between any of them and any later day.
//!
//! Step `t` leads from close `t` to close `t + 1`; close 0 is the first day's. Sessions are counted up to three years
//! beyond the horizon once, so that the time left to an expiry is a look-up.

use std::fmt;

use jiff::civil::Date;

use super::clock::TimeLeft;
use super::sessions::{
    FIRST_DATE, add_days, days_between, is_session, next_session, previous_session, sessions_between,
};
use crate::error::Error;

/// The last day on which a grid may start.
pub const LAST_START: Date = jiff::civil::date(2100, 12, 31);
/// The longest horizon, sessions: a hundred years.
pub const HORIZON_DAYS_MAX: usize = 25_200;
/// Calendar days beyond the horizon for which sessions are counted in advance.
const LOOK_AHEAD_DAYS: i64 = 3 * 366;

/// Sessions 0 to `horizon_days` from a first day.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    dates: Vec<Date>,
    /// `sessions_after[d]`: sessions after the first day, up to and including the `d`-th calendar day after it.
    sessions_after: Vec<u32>,
    /// `calendar_days[t]`: calendar days from the first day to close `t`.
    calendar_days: Vec<u32>,
}

impl Grid {
    /// The closes of `horizon_days` sessions after the close of `first`.
    ///
    /// # Errors
    /// `first` is not a session or lies before 1985 or after 2100; the horizon is 0 or beyond a hundred years.
    pub fn new(first: Date, horizon_days: usize) -> Result<Self, GridError> {
        if !(FIRST_DATE..=LAST_START).contains(&first) {
            return Err(GridError::OutOfRange { date: first });
        }
        if !is_session(first) {
            return Err(GridError::NotASession {
                date: first,
                before: previous_session(first),
                after: next_session(first),
            });
        }
        if !(1..=HORIZON_DAYS_MAX).contains(&horizon_days) {
            return Err(GridError::Horizon { horizon_days });
        }
        let mut grid = Self { dates: vec![first], sessions_after: vec![0], calendar_days: vec![0] };
        let mut days_left = LOOK_AHEAD_DAYS;
        let mut day = first;
        let mut sessions = 0;
        while days_left > 0 {
            day = add_days(day, 1);
            let open = is_session(day);
            sessions += u32::from(open);
            grid.sessions_after.push(sessions);
            if grid.dates.len() > horizon_days {
                days_left -= 1;
            } else if open {
                grid.dates.push(day);
                grid.calendar_days.push(calendar_days(first, day));
            }
        }
        Ok(grid)
    }

    /// The last close: the number of sessions simulated.
    #[must_use]
    pub fn horizon_days(&self) -> usize {
        self.dates.len() - 1
    }

    /// All closes, 0 to the horizon.
    #[must_use]
    pub fn dates(&self) -> &[Date] {
        &self.dates
    }

    /// The day of close `t`.
    #[must_use]
    pub fn date(&self, t: usize) -> Date {
        self.dates[t]
    }

    /// The close that falls on that day, if one does.
    #[must_use]
    pub fn index_of(&self, date: Date) -> Option<usize> {
        self.dates.binary_search(&date).ok()
    }

    /// Calendar days from the first day to close `t`: what discounting and interest run on.
    #[must_use]
    pub fn calendar_days(&self, t: usize) -> u32 {
        self.calendar_days[t]
    }

    /// The time from close `t` to close `t + 1`.
    #[must_use]
    pub fn step(&self, t: usize) -> TimeLeft {
        time(1, self.calendar_days[t + 1] - self.calendar_days[t])
    }

    /// The time from close `t` to the end of `date`, which may lie beyond the horizon.
    ///
    /// # Panics
    /// `date` lies before close `t`.
    #[must_use]
    pub fn time_left(&self, t: usize, date: Date) -> TimeLeft {
        let days = calendar_days(self.dates[t], date);
        let end = (self.calendar_days[t] + days) as usize;
        match self.sessions_after.get(end) {
            Some(sessions) => time(sessions - t as u32, days),
            None => time(sessions_between(self.dates[t], date), days),
        }
    }

    /// The time covered by the `days` calendar days after close `t`, as VIX and VIX3M look ahead.
    #[must_use]
    pub fn window(&self, t: usize, days: i64) -> TimeLeft {
        self.time_left(t, add_days(self.dates[t], days))
    }
}

/// The time covered by the `days` calendar days after the close of any day.
#[must_use]
pub fn window_after(date: Date, days: i64) -> TimeLeft {
    let end = add_days(date, days);
    time(sessions_between(date, end), calendar_days(date, end))
}

/// Calendar days to a day that must not be earlier.
fn calendar_days(from: Date, to: Date) -> u32 {
    u32::try_from(days_between(from, to)).unwrap_or_else(|_| panic!("{to} lies before {from}"))
}

fn time(sessions: u32, calendar_days: u32) -> TimeLeft {
    let narrow = |days: u32| u16::try_from(days).unwrap_or_else(|_| panic!("{days} days exceed the range of TimeLeft"));
    TimeLeft { sessions: narrow(sessions), other_days: narrow(calendar_days - sessions) }
}

/// Why no grid can start there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GridError {
    /// The exchange is closed on the first day.
    NotASession {
        /// The day asked for.
        date: Date,
        /// The session before it.
        before: Date,
        /// The session after it.
        after: Date,
    },
    /// The calendar does not know that year.
    OutOfRange {
        /// The day asked for.
        date: Date,
    },
    /// No sessions, or more than a hundred years of them.
    Horizon {
        /// What was asked for.
        horizon_days: usize,
    },
}

impl fmt::Display for GridError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotASession { date, before, after } => write!(
                f,
                "{date} ({:?}) is no session of the New York Stock Exchange; the nearest are {before} and {after}",
                date.weekday()
            ),
            Self::OutOfRange { date } => {
                write!(f, "the first day is {date}, but must lie between {FIRST_DATE} and {LAST_START}")
            }
            Self::Horizon { horizon_days } => {
                write!(f, "the horizon is {horizon_days} sessions, but must be from 1 to {HORIZON_DAYS_MAX}")
            }
        }
    }
}

impl std::error::Error for GridError {}

impl From<GridError> for Error {
    fn from(error: GridError) -> Self {
        Self::Usage(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::calendar::sessions::session_on_or_after;

    #[test]
    fn closes_are_consecutive_sessions_and_find_their_index() {
        let grid = Grid::new(date(2026, 11, 20), 252).unwrap();
        assert_eq!(grid.horizon_days(), 252);
        assert_eq!(grid.dates().len(), 253);
        assert_eq!(grid.date(1), date(2026, 11, 23));
        for t in 0..252 {
            assert_eq!(next_session(grid.date(t)), grid.date(t + 1));
            assert_eq!(grid.index_of(grid.date(t)), Some(t));
        }
        assert_eq!(grid.index_of(date(2026, 11, 26)), None);
        assert_eq!(grid.index_of(next_session(grid.date(252))), None);
    }

    #[test]
    fn steps_over_nights_weekends_and_holidays_have_their_other_days() {
        // From the Tuesday before Thanksgiving to the Monday after it.
        let grid = Grid::new(date(2026, 11, 24), 5).unwrap();
        let other_days: Vec<u16> = (0..4).map(|t| grid.step(t).other_days).collect();
        assert_eq!(other_days, [0, 1, 2, 0]);
        assert!((0..4).all(|t| grid.step(t).sessions == 1));
        assert_eq!((0..=4).map(|t| grid.calendar_days(t)).collect::<Vec<_>>(), [0, 1, 3, 6, 7]);
    }

    #[test]
    fn time_left_adds_up_along_the_grid_and_beyond_it() {
        let grid = Grid::new(date(2026, 11, 20), 30).unwrap();
        let far = date(2028, 11, 17);
        // The last two lie beyond the days counted in advance.
        for end in [grid.date(30), date(2027, 3, 21), far, date(2031, 1, 15), date(2040, 6, 1)] {
            for t in 0..=30 {
                let left = grid.time_left(t, end);
                assert_eq!(u32::from(left.sessions), sessions_between(grid.date(t), end), "{t} {end}");
                assert_eq!(i64::from(left.calendar_days()), days_between(grid.date(t), end), "{t} {end}");
            }
        }
        assert_eq!(grid.time_left(7, grid.date(7)), TimeLeft { sessions: 0, other_days: 0 });
    }

    #[test]
    fn vix_windows_span_their_calendar_days() {
        let grid = Grid::new(date(2026, 11, 20), 30).unwrap();
        for t in 0..=30 {
            for days in [30, 93] {
                let window = grid.window(t, days);
                assert_eq!(i64::from(window.calendar_days()), days);
                assert_eq!(window, window_after(grid.date(t), days));
            }
        }
        // Four sessions in the week of Thanksgiving and three weeks of five, to the Sunday.
        assert_eq!(grid.window(0, 30), TimeLeft { sessions: 19, other_days: 11 });
    }

    #[test]
    fn grids_start_anywhere_from_1990_to_2100() {
        for year in 1990..=2100 {
            let first = session_on_or_after(date(year, 1, 1));
            let grid = Grid::new(first, 252).unwrap();
            let years_apart = days_between(first, grid.date(252));
            assert!((361..=372).contains(&years_apart), "{year}: {years_apart}");
        }
    }

    #[test]
    fn a_closed_first_day_is_refused_with_its_neighbours() {
        let error = Grid::new(date(2026, 11, 26), 10).unwrap_err();
        assert_eq!(
            error.to_string(),
            "2026-11-26 (Thursday) is no session of the New York Stock Exchange; the nearest are 2026-11-25 and 2026-11-27"
        );
    }

    #[test]
    fn days_and_horizons_out_of_range_are_refused() {
        for first in [date(1984, 12, 31), date(2101, 1, 3)] {
            assert_eq!(Grid::new(first, 10), Err(GridError::OutOfRange { date: first }));
        }
        for horizon_days in [0, HORIZON_DAYS_MAX + 1] {
            assert_eq!(Grid::new(date(2026, 11, 20), horizon_days), Err(GridError::Horizon { horizon_days }));
        }
        assert!(Grid::new(date(2100, 12, 31), HORIZON_DAYS_MAX).is_ok());
    }
}
