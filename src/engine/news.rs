//! Scheduled news on the days of a run: how far off it is, and which days move the market.

use jiff::civil::Date;

use crate::calendar::sessions::days_between;
use crate::calendar::{Grid, Schedule, expiry};
use crate::path::ReleaseDays;
use crate::plan::Plan;

/// Calendar days to the next release of a schedule, 0 on its day.
#[must_use]
pub(super) fn days_to(schedule: &Schedule, day: Date) -> f64 {
    days_between(day, schedule.next(day)) as f64
}

/// Calendar days to the next third Friday (the session before, if it is closed), 0 on its day.
#[must_use]
pub(super) fn days_to_third_friday(day: Date) -> f64 {
    let this = expiry::third_friday(day.year(), day.month());
    let next = || {
        let (year, month) = if day.month() == 12 { (day.year() + 1, 1) } else { (day.year(), day.month() + 1) };
        expiry::third_friday(year, month)
    };
    days_between(day, if this >= day { this } else { next() }) as f64
}

/// The releases of a plan with the days of a run on which they come; one on a day without a session comes on none.
#[must_use]
pub(super) fn release_days(plan: &Plan, grid: &Grid) -> Vec<ReleaseDays> {
    let releases = plan.releases.iter().zip(0..);
    releases
        .map(|(news, rank)| {
            let comes = |&day: &Date| news.enabled && news.schedule.next(day) == day;
            ReleaseDays { release: news.release, days: grid.dates().iter().map(comes).collect(), rank }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::calendar::News;

    #[test]
    fn days_count_down_to_the_news_and_begin_again_after_it() {
        let fomc = Schedule::new(News::Fomc, Vec::new());
        for (day, left) in [(date(2026, 12, 8), 1.0), (date(2026, 12, 9), 0.0), (date(2026, 12, 10), 48.0)] {
            assert_eq!(days_to(&fomc, day), left, "{day}");
        }
        for (day, left) in [(date(2026, 12, 17), 1.0), (date(2026, 12, 18), 0.0), (date(2026, 12, 21), 25.0)] {
            assert_eq!(days_to_third_friday(day), left, "{day}");
        }
    }
}
