//! The calendar's sessions against the days on which the S&P 500 and VIX closed, 1985 to 2026.
//!
//! The histories are found through `TAILWING_REFERENCE`, a folder that holds `data/spx_daily_close.csv` and
//! `data/vix_daily_ohlc.csv`.

#![allow(clippy::print_stderr, reason = "a test says what it skips")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::civil::{Date, date};
use tailwing::calendar::sessions::{add_days, is_session};

/// Days with a VIX row on which the exchange was closed: President Reagan's funeral, and the holidays since 2022 on which
/// Cboe trades futures for half a day and computes VIX.
const VIX_ROWS_WITHOUT_SESSION: &str = "2004-06-11 \
    2022-05-30 2022-06-20 2022-07-04 2022-09-05 2022-11-24 2023-01-16 2023-02-20 2023-05-29 \
    2023-06-19 2023-07-04 2023-09-04 2023-11-23 2024-01-15 2024-02-19 2024-05-27 2024-06-19 \
    2024-07-04 2024-09-02 2024-11-28 2025-01-09 2025-01-20 2025-02-17 2025-05-26 2025-06-19 \
    2025-07-04 2025-09-01 2025-11-27 2026-01-19 2026-02-16 2026-05-25 2026-06-19 2026-07-03";

/// Sessions without a VIX row in the file.
const VIX_ROWS_MISSING: [Date; 4] = [date(1991, 3, 1), date(1997, 1, 31), date(1997, 11, 26), date(1999, 12, 31)];

#[test]
fn every_close_of_the_index_since_1985_falls_on_a_session_and_every_session_has_one() {
    let Some(closes) = dates_of("spx_daily_close.csv") else { return };
    assert_same_days(&closes, &sessions(date(1985, 1, 2), *closes.last().expect("the file has rows")));
}

#[test]
fn every_close_of_vix_since_1990_falls_on_a_session_but_for_named_exceptions() {
    let Some(mut closes) = dates_of("vix_daily_ohlc.csv") else { return };
    closes.retain(|day| !VIX_ROWS_WITHOUT_SESSION.contains(&day.to_string()));
    let mut sessions = sessions(date(1990, 1, 2), *closes.last().expect("the file has rows"));
    sessions.retain(|day| !VIX_ROWS_MISSING.contains(day));
    assert_same_days(&closes, &sessions);
}

fn sessions(first: Date, last: Date) -> BTreeSet<Date> {
    (0..).map(|n| add_days(first, n)).take_while(|&day| day <= last).filter(|&day| is_session(day)).collect()
}

fn assert_same_days(closes: &BTreeSet<Date>, sessions: &BTreeSet<Date>) {
    let first = *sessions.first().expect("there are sessions");
    let closes: BTreeSet<Date> = closes.range(first..).copied().collect();
    let unexpected: Vec<_> = closes.difference(sessions).collect();
    let missing: Vec<_> = sessions.difference(&closes).collect();
    assert!(
        unexpected.is_empty() && missing.is_empty(),
        "closes without a session {unexpected:?}, sessions without a close {missing:?}"
    );
    assert!(sessions.len() > 9_000);
}

fn dates_of(file: &str) -> Option<BTreeSet<Date>> {
    let Some(folder) = std::env::var_os("TAILWING_REFERENCE") else {
        eprintln!("skipped: TAILWING_REFERENCE is not set, so {file} cannot be read");
        return None;
    };
    let path = PathBuf::from(folder).join("data").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let date_of = |line: &str| line.split(',').next().and_then(|day| day.parse().ok());
    Some(text.lines().skip(1).map(|line| date_of(line).unwrap_or_else(|| panic!("no date in {line:?}"))).collect())
}
