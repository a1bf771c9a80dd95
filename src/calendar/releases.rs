//! When scheduled news comes out: FOMC decisions, consumer prices (CPI), producer prices (PPI).
//!
//! ```text
//! FOMC   as published to January 2028; then eight Wednesdays a year: the last of January, April, July and October, the
//!        third of March, June and September, the second of December
//! CPI    the first session from Tuesday to Thursday on or after the 10th of the month
//! PPI    the session after the CPI
//! ```
//!
//! The rule of the FOMC gives every published decision of 2026 and all but June of 2027. The Bureau of Labor Statistics
//! publishes its days a year ahead and follows no rule: the one above gives half of the CPI days of 2023 and 2024 and is
//! never more than two days off. Who needs the days themselves lists them: an own list holds from the month of its first
//! day to that of its last, and the rule before and after.
//!
//! Sources: federalreserve.gov, meeting calendars and their archive (schedules to 2027 of August 2024 and September 2025);
//! bls.gov, archived schedules of news releases.

use jiff::civil::{Date, Weekday, date};

use super::sessions::{is_session, next_session, nth_weekday};

/// What comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum News {
    /// A decision of the Federal Open Market Committee.
    Fomc,
    /// The consumer price index.
    Cpi,
    /// The producer price index.
    Ppi,
}

/// The days of one kind of news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    news: News,
    /// Ascending.
    own: Vec<Date>,
}

impl Schedule {
    /// The schedule by the module's rule, with `own` days for as long as there are some.
    ///
    /// # Panics
    /// `own` does not ascend.
    #[must_use]
    pub fn new(news: News, own: Vec<Date>) -> Self {
        assert!(own.is_sorted_by(|a, b| a < b), "days in their order, each once");
        Self { news, own }
    }

    /// The first release on or after `day`.
    #[must_use]
    pub fn next(&self, day: Date) -> Date {
        let mut month = (day.year(), day.month());
        loop {
            if let Some(release) = self.in_month(month, day) {
                return release;
            }
            month = month_after(month.0, month.1);
        }
    }

    /// The first release of a month on or after `day`.
    fn in_month(&self, (year, month): (i16, i8), day: Date) -> Option<Date> {
        let of = |date: &Date| (date.year(), date.month());
        let listed = self.own.first().is_some_and(|first| of(first) <= (year, month))
            && self.own.last().is_some_and(|last| (year, month) <= of(last));
        if listed {
            return self.own.iter().copied().find(|own| of(own) == (year, month) && *own >= day);
        }
        let by_rule = match self.news {
            News::Fomc => decision(year, month),
            News::Cpi => Some(prices(year, month)),
            News::Ppi => Some(next_session(prices(year, month))),
        };
        by_rule.filter(|&release| release >= day)
    }
}

/// The scheduled FOMC decision of a month, if it has one.
fn decision(year: i16, month: i8) -> Option<Date> {
    if (FIRST_YEAR..FIRST_YEAR + DECISIONS.len() as i16).contains(&year) {
        let of_year = DECISIONS[usize::try_from(year - FIRST_YEAR).ok()?];
        return of_year.iter().find(|(m, _)| *m == month).map(|&(month, day)| date(year, month, day));
    }
    let wednesday = match month {
        1 | 4 | 7 | 10 => -1,
        3 | 6 | 9 => 3,
        12 => 2,
        _ => return None,
    };
    Some(nth_weekday(year, month, wednesday, Weekday::Wednesday))
}

fn prices(year: i16, month: i8) -> Date {
    let mut day = date(year, month, 10);
    while !(matches!(day.weekday(), Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday) && is_session(day)) {
        day = super::sessions::add_days(day, 1);
    }
    day
}

fn month_after(year: i16, month: i8) -> (i16, i8) {
    if month == 12 { (year + 1, 1) } else { (year, month + 1) }
}

/// The year of the first row of [`DECISIONS`].
const FIRST_YEAR: i16 = 1994;

/// Last days of the scheduled meetings of each year, month and day; unscheduled meetings are left out.
///
/// That of March 2020 was brought forward to Sunday, the 15th; the day here is the one that had been announced.
#[rustfmt::skip]
const DECISIONS: [[(i8, i8); 8]; 34] = [
    [(2, 4), (3, 22), (5, 17), (7, 6), (8, 16), (9, 27), (11, 15), (12, 20)], // 1994
    [(2, 1), (3, 28), (5, 23), (7, 6), (8, 22), (9, 26), (11, 15), (12, 19)],
    [(1, 31), (3, 26), (5, 21), (7, 3), (8, 20), (9, 24), (11, 13), (12, 17)],
    [(2, 5), (3, 25), (5, 20), (7, 2), (8, 19), (9, 30), (11, 12), (12, 16)],
    [(2, 4), (3, 31), (5, 19), (7, 1), (8, 18), (9, 29), (11, 17), (12, 22)],
    [(2, 3), (3, 30), (5, 18), (6, 30), (8, 24), (10, 5), (11, 16), (12, 21)],
    [(2, 2), (3, 21), (5, 16), (6, 28), (8, 22), (10, 3), (11, 15), (12, 19)], // 2000
    [(1, 31), (3, 20), (5, 15), (6, 27), (8, 21), (10, 2), (11, 6), (12, 11)],
    [(1, 30), (3, 19), (5, 7), (6, 26), (8, 13), (9, 24), (11, 6), (12, 10)],
    [(1, 29), (3, 18), (5, 6), (6, 25), (8, 12), (9, 16), (10, 28), (12, 9)],
    [(1, 28), (3, 16), (5, 4), (6, 30), (8, 10), (9, 21), (11, 10), (12, 14)],
    [(2, 2), (3, 22), (5, 3), (6, 30), (8, 9), (9, 20), (11, 1), (12, 13)], // 2005
    [(1, 31), (3, 28), (5, 10), (6, 29), (8, 8), (9, 20), (10, 25), (12, 12)],
    [(1, 31), (3, 21), (5, 9), (6, 28), (8, 7), (9, 18), (10, 31), (12, 11)],
    [(1, 30), (3, 18), (4, 30), (6, 25), (8, 5), (9, 16), (10, 29), (12, 16)],
    [(1, 28), (3, 18), (4, 29), (6, 24), (8, 12), (9, 23), (11, 4), (12, 16)],
    [(1, 27), (3, 16), (4, 28), (6, 23), (8, 10), (9, 21), (11, 3), (12, 14)], // 2010
    [(1, 26), (3, 15), (4, 27), (6, 22), (8, 9), (9, 21), (11, 2), (12, 13)],
    [(1, 25), (3, 13), (4, 25), (6, 20), (8, 1), (9, 13), (10, 24), (12, 12)],
    [(1, 30), (3, 20), (5, 1), (6, 19), (7, 31), (9, 18), (10, 30), (12, 18)],
    [(1, 29), (3, 19), (4, 30), (6, 18), (7, 30), (9, 17), (10, 29), (12, 17)],
    [(1, 28), (3, 18), (4, 29), (6, 17), (7, 29), (9, 17), (10, 28), (12, 16)], // 2015
    [(1, 27), (3, 16), (4, 27), (6, 15), (7, 27), (9, 21), (11, 2), (12, 14)],
    [(2, 1), (3, 15), (5, 3), (6, 14), (7, 26), (9, 20), (11, 1), (12, 13)],
    [(1, 31), (3, 21), (5, 2), (6, 13), (8, 1), (9, 26), (11, 8), (12, 19)],
    [(1, 30), (3, 20), (5, 1), (6, 19), (7, 31), (9, 18), (10, 30), (12, 11)],
    [(1, 29), (3, 18), (4, 29), (6, 10), (7, 29), (9, 16), (11, 5), (12, 16)], // 2020
    [(1, 27), (3, 17), (4, 28), (6, 16), (7, 28), (9, 22), (11, 3), (12, 15)],
    [(1, 26), (3, 16), (5, 4), (6, 15), (7, 27), (9, 21), (11, 2), (12, 14)],
    [(2, 1), (3, 22), (5, 3), (6, 14), (7, 26), (9, 20), (11, 1), (12, 13)],
    [(1, 31), (3, 20), (5, 1), (6, 12), (7, 31), (9, 18), (11, 7), (12, 18)],
    [(1, 29), (3, 19), (5, 7), (6, 18), (7, 30), (9, 17), (10, 29), (12, 10)], // 2025
    [(1, 28), (3, 18), (4, 29), (6, 17), (7, 29), (9, 16), (10, 28), (12, 9)],
    [(1, 27), (3, 17), (4, 28), (6, 9), (7, 28), (9, 15), (10, 27), (12, 8)],
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::sessions::days_between;

    fn days(news: News, from: Date, count: usize) -> Vec<Date> {
        let schedule = Schedule::new(news, Vec::new());
        let first = schedule.next(from);
        std::iter::successors(Some(first), |&day| Some(schedule.next(day.tomorrow().unwrap()))).take(count).collect()
    }

    #[test]
    fn decisions_are_sessions_eight_a_year_and_their_rule_gives_what_is_published() {
        for (year, of_year) in (FIRST_YEAR..).zip(DECISIONS) {
            let found = days(News::Fomc, date(year, 1, 1), 8);
            let listed: Vec<Date> = of_year.iter().map(|&(month, day)| date(year, month, day)).collect();
            assert_eq!(found, listed, "{year}");
            assert!(listed.iter().all(|&day| is_session(day)), "{year}");
        }
        // The one decision of 2028 that is published, and the pattern after it.
        let beyond = days(News::Fomc, date(2028, 1, 1), 8);
        let expected = [(1, 26), (3, 15), (4, 26), (6, 21), (7, 26), (9, 20), (10, 25), (12, 13)];
        assert_eq!(beyond, expected.map(|(month, day)| date(2028, month, day)));
    }

    #[test]
    fn prices_come_out_within_two_days_of_their_rule() {
        // Days of the CPI of 2023 and 2024, by month.
        let known = [
            (2023, [12, 14, 14, 12, 10, 13, 12, 10, 13, 12, 14, 12]),
            (2024, [11, 13, 12, 10, 15, 12, 11, 14, 11, 10, 13, 11]),
        ];
        let mut exact = 0;
        for (year, known) in known {
            for (rule, (month, day)) in days(News::Cpi, date(year, 1, 1), 12).into_iter().zip((1..=12).zip(known)) {
                let off = days_between(rule, date(year, month, day)).abs();
                assert!(off <= 2, "{rule} {day}");
                exact += u32::from(off == 0);
            }
        }
        assert_eq!(exact, 11);
        assert_eq!(days(News::Ppi, date(2024, 10, 1), 1), [date(2024, 10, 11)]);
    }

    #[test]
    fn own_days_hold_from_the_month_of_the_first_to_that_of_the_last() {
        let schedule = Schedule::new(News::Cpi, vec![date(2026, 11, 10), date(2026, 12, 18)]);
        assert_eq!(schedule.next(date(2026, 10, 1)), date(2026, 10, 13));
        assert_eq!(schedule.next(date(2026, 10, 14)), date(2026, 11, 10));
        assert_eq!(schedule.next(date(2026, 11, 11)), date(2026, 12, 18));
        assert_eq!(schedule.next(date(2026, 12, 18)), date(2026, 12, 18));
        assert_eq!(schedule.next(date(2026, 12, 19)), date(2027, 1, 12));
    }
}
