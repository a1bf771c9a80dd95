//! The trading days of the New York Stock Exchange, from rules for its holidays and a table of its special closures.
//!
//! NYSE Rule 7.2 (formerly Rule 51): a holiday on a Sunday is observed on the Monday after it, one on a Saturday on the
//! Friday before it, except that New Year's Day on a Saturday is not observed, since that Friday ends an accounting year.
//! Sessions that close early are sessions. Closures to come that no rule foretells are unknown, and none is assumed.

use jiff::SignedDuration;
use jiff::civil::{Date, Weekday, date};

/// The first day from which the rules are held against history.
pub const FIRST_DATE: Date = date(1985, 1, 1);

/// Days on which the exchange stayed closed though no holiday fell on them.
const SPECIAL_CLOSURES: [Date; 12] = [
    date(1985, 9, 27), // Hurricane Gloria
    date(1994, 4, 27), // funeral of President Nixon
    date(2001, 9, 11), // the attacks on New York, four sessions
    date(2001, 9, 12),
    date(2001, 9, 13),
    date(2001, 9, 14),
    date(2004, 6, 11),  // funeral of President Reagan
    date(2007, 1, 2),   // mourning for President Ford
    date(2012, 10, 29), // Hurricane Sandy, two sessions
    date(2012, 10, 30),
    date(2018, 12, 5), // mourning for President G. H. W. Bush
    date(2025, 1, 9),  // mourning for President Carter
];

/// Whether the exchange trades on that day.
#[must_use]
pub fn is_session(day: Date) -> bool {
    !is_weekend(day) && !is_holiday(day) && SPECIAL_CLOSURES.binary_search(&day).is_err()
}

/// The first session after that day.
#[must_use]
pub fn next_session(day: Date) -> Date {
    session_on_or_after(add_days(day, 1))
}

/// The last session before that day.
#[must_use]
pub fn previous_session(day: Date) -> Date {
    session_on_or_before(add_days(day, -1))
}

/// That day if it is a session, else the first session after it.
#[must_use]
pub fn session_on_or_after(mut day: Date) -> Date {
    while !is_session(day) {
        day = add_days(day, 1);
    }
    day
}

/// That day if it is a session, else the last session before it.
#[must_use]
pub fn session_on_or_before(mut day: Date) -> Date {
    while !is_session(day) {
        day = add_days(day, -1);
    }
    day
}

/// How many sessions lie after `from`, up to and including `to`; none if `to` is not after `from`.
#[must_use]
pub fn sessions_between(from: Date, to: Date) -> u32 {
    let sessions = (1..=days_between(from, to)).filter(|&n| is_session(add_days(from, n))).count();
    u32::try_from(sessions).unwrap_or(u32::MAX)
}

/// The day `days` calendar days later, or earlier if negative.
#[must_use]
pub fn add_days(day: Date, days: i64) -> Date {
    day.saturating_add(SignedDuration::from_hours(24 * days))
}

/// Calendar days from one day to another, negative if the second is the earlier.
#[must_use]
pub fn days_between(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_hours() / 24
}

/// The `nth` such weekday of a month, or the last for -1.
///
/// # Panics
/// The month has no such day.
#[must_use]
pub(super) fn nth_weekday(year: i16, month: i8, nth: i8, weekday: Weekday) -> Date {
    date(year, month, 1)
        .nth_weekday_of_month(nth, weekday)
        .unwrap_or_else(|error| unreachable!("every month has four of each weekday: {error}"))
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Whether a weekday is a holiday or the day on which one is observed.
fn is_holiday(day: Date) -> bool {
    let year = day.year();
    let is_nth = |nth, weekday| day == nth_weekday(year, day.month(), nth, weekday);
    match day.month() {
        // New Year's Day; Martin Luther King Jr. Day since 1998.
        1 => is_observed(day, 1, 1) || (year >= 1998 && is_nth(3, Weekday::Monday)),
        // Washington's Birthday.
        2 => is_nth(3, Weekday::Monday),
        3 | 4 => day.weekday() == Weekday::Friday && day == good_friday(year),
        // Memorial Day.
        5 => is_nth(-1, Weekday::Monday),
        // Juneteenth since 2022.
        6 => year >= 2022 && is_observed(day, 6, 19),
        // Independence Day.
        7 => is_observed(day, 7, 4),
        // Labor Day.
        9 => is_nth(1, Weekday::Monday),
        // Thanksgiving Day.
        11 => is_nth(4, Weekday::Thursday),
        // Christmas Day.
        12 => is_observed(day, 12, 25),
        _ => false,
    }
}

/// Whether a weekday is the one on which the holiday of a fixed date in the same year is observed.
fn is_observed(day: Date, month: i8, day_of_month: i8) -> bool {
    let holiday = date(day.year(), month, day_of_month);
    let observed = match holiday.weekday() {
        Weekday::Saturday => add_days(holiday, -1),
        Weekday::Sunday => add_days(holiday, 1),
        _ => holiday,
    };
    day == observed
}

/// Two days before Easter Sunday of the Gregorian calendar (the "anonymous" algorithm of Meeus, Jones and Butcher).
fn good_friday(year: i16) -> Date {
    let year_number = i32::from(year);
    let golden = year_number % 19;
    let (century, year_of_century) = (year_number / 100, year_number % 100);
    let correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (year_of_century / 4) - epact - year_of_century % 4) % 7;
    let shift = (golden + 11 * epact + 22 * weekday) / 451;
    let easter_from_march_22 = epact + weekday - 7 * shift;
    add_days(date(year, 3, 22), i64::from(easter_from_march_22) - 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holidays_of_2021_to_2028_are_those_the_exchange_publishes() {
        // NYSE "Holidays and Trading Hours": full-day closures, among them 2021-12-31 and 2027-12-31, which are sessions.
        let closed = [
            (2021, vec![(1, 1), (1, 18), (2, 15), (4, 2), (5, 31), (7, 5), (9, 6), (11, 25), (12, 24)]),
            (2022, vec![(1, 17), (2, 21), (4, 15), (5, 30), (6, 20), (7, 4), (9, 5), (11, 24), (12, 26)]),
            (2023, vec![(1, 2), (1, 16), (2, 20), (4, 7), (5, 29), (6, 19), (7, 4), (9, 4), (11, 23), (12, 25)]),
            (2024, vec![(1, 1), (1, 15), (2, 19), (3, 29), (5, 27), (6, 19), (7, 4), (9, 2), (11, 28), (12, 25)]),
            (
                2025,
                vec![(1, 1), (1, 9), (1, 20), (2, 17), (4, 18), (5, 26), (6, 19), (7, 4), (9, 1), (11, 27), (12, 25)],
            ),
            (2026, vec![(1, 1), (1, 19), (2, 16), (4, 3), (5, 25), (6, 19), (7, 3), (9, 7), (11, 26), (12, 25)]),
            (2027, vec![(1, 1), (1, 18), (2, 15), (3, 26), (5, 31), (6, 18), (7, 5), (9, 6), (11, 25), (12, 24)]),
            (2028, vec![(1, 17), (2, 21), (4, 14), (5, 29), (6, 19), (7, 4), (9, 4), (11, 23), (12, 25)]),
        ];
        for (year, days) in closed {
            let expected: Vec<Date> = days.into_iter().map(|(month, day)| date(year, month, day)).collect();
            let found: Vec<Date> = (0..i64::from(date(year, 1, 1).days_in_year()))
                .map(|n| add_days(date(year, 1, 1), n))
                .filter(|&day| !is_weekend(day) && !is_session(day))
                .collect();
            assert_eq!(found, expected, "{year}");
        }
    }

    #[test]
    fn good_friday_agrees_with_tables_of_easter() {
        let known = [(1990, 4, 13), (2000, 4, 21), (2008, 3, 21), (2011, 4, 22), (2038, 4, 23), (2049, 4, 16)];
        for (year, month, day) in known {
            assert_eq!(good_friday(year), date(year, month, day));
        }
        for year in 1985..=2100 {
            let easter = add_days(good_friday(year), 2);
            assert_eq!(easter.weekday(), Weekday::Sunday);
            assert!((date(year, 3, 22)..=date(year, 4, 25)).contains(&easter), "{easter}");
        }
    }

    #[test]
    fn martin_luther_king_day_and_juneteenth_begin_in_their_years() {
        assert!(is_session(date(1997, 1, 20)) && !is_session(date(1998, 1, 19)));
        assert!(is_session(date(2020, 6, 19)) && is_session(date(2021, 6, 18)) && !is_session(date(2022, 6, 20)));
    }

    #[test]
    fn neighbouring_sessions_skip_weekends_and_closures() {
        assert_eq!(next_session(date(2001, 9, 10)), date(2001, 9, 17));
        assert_eq!(previous_session(date(2001, 9, 17)), date(2001, 9, 10));
        assert_eq!(session_on_or_after(date(2026, 7, 3)), date(2026, 7, 6));
        assert_eq!(session_on_or_before(date(2026, 7, 5)), date(2026, 7, 2));
        assert_eq!(session_on_or_before(date(2026, 7, 2)), date(2026, 7, 2));
    }

    #[test]
    fn sessions_between_counts_the_last_day_but_not_the_first() {
        assert_eq!(sessions_between(date(2026, 11, 20), date(2026, 11, 27)), 4);
        assert_eq!(sessions_between(date(2026, 11, 20), date(2026, 11, 20)), 0);
        assert_eq!(sessions_between(date(2026, 11, 20), date(2026, 11, 13)), 0);
        // The exchange's own counts of sessions a year.
        for (year, sessions) in
            [(2019, 252), (2020, 253), (2021, 252), (2022, 251), (2023, 250), (2024, 252), (2025, 250)]
        {
            assert_eq!(sessions_between(date(year - 1, 12, 31), date(year, 12, 31)), sessions, "{year}");
        }
    }

    #[test]
    fn every_year_to_2100_has_248_to_254_sessions() {
        for year in 1985..=2100 {
            let sessions = sessions_between(date(year - 1, 12, 31), date(year, 12, 31));
            assert!((248..=254).contains(&sessions), "{year}: {sessions}");
        }
    }
}
