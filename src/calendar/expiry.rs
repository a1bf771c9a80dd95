//! When options on SPX and contracts on VIX expire, and which of them are listed.
//!
//! SPX options here are PM-settled (root SPXW). Listed on a day are the expiries after it that fall
//!
//! ```text
//! up to  35 calendar days ahead: on every session
//! up to  91 calendar days ahead: on Fridays, or the session before a closed Friday
//! up to 731 calendar days ahead: on the third Friday of a month, or the session before a closed one
//! ```
//!
//! which is the pattern of Cboe's listings since 2022 without their month ends.
//!
//! A VIX contract expires 30 days before the (holiday-adjusted) third Friday of the month after its own, or on the session
//! before if that day is closed (Cboe Futures Exchange, VX contract specifications). It settles in the morning, from
//! SPX options with 30 days left; on a grid of closes it settles at the close before.

use jiff::civil::{Date, Weekday};

use super::sessions::{
    add_days, days_between, is_session, nth_weekday, previous_session, session_on_or_before, sessions_between,
};
use crate::units::VIX_WINDOW_DAYS;

/// Calendar days ahead up to which SPX options expire on every session.
pub const DAILY_EXPIRY_DAYS: i64 = 35;
/// Calendar days ahead up to which SPX options expire every week.
pub const WEEKLY_EXPIRY_DAYS: i64 = 91;
/// Calendar days ahead up to which SPX options expire every month.
pub const MONTHLY_EXPIRY_DAYS: i64 = 731;
/// Months of VIX contracts that are listed at once.
pub const VIX_CONTRACTS_LISTED: usize = 9;

/// The listed SPX expiry nearest to `days` calendar days after `from`; the earlier of two equally near ones.
///
/// Beyond the last listed expiry, that one.
#[must_use]
pub fn nearest_spx_expiry(from: Date, days: u32) -> Date {
    let aimed_at = i64::from(days).clamp(1, MONTHLY_EXPIRY_DAYS);
    (0..=MONTHLY_EXPIRY_DAYS)
        .flat_map(|distance| [aimed_at - distance, aimed_at + distance])
        .map(|days_ahead| add_days(from, days_ahead))
        .find(|&day| is_spx_expiry(from, day))
        .unwrap_or_else(|| unreachable!("the next session is listed"))
}

/// The third Friday nearest to `days` calendar days after `from`, of those after it; the earlier of two equally near.
#[must_use]
pub fn nearest_third_friday(from: Date, days: u32) -> Date {
    nearest_monthly(from, days, |friday| friday)
}

/// The close at which options settle on a grid of closes that are settled on the morning of a session: the one before.
#[must_use]
pub fn close_before_morning(expiry: Date) -> Date {
    previous_session(expiry)
}

/// Of the closes before the mornings of third Fridays, and after `from`, the one nearest to `days` calendar days after it;
/// the earlier of two equally near.
#[must_use]
pub fn nearest_third_friday_morning(from: Date, days: u32) -> Date {
    nearest_monthly(from, days, close_before_morning)
}

/// The same of any close that goes with a third Friday.
fn nearest_monthly(from: Date, days: u32, close: impl Fn(Date) -> Date) -> Date {
    let aimed_at = add_days(from, i64::from(days).clamp(1, MONTHLY_EXPIRY_DAYS));
    let before = month_before(aimed_at.year(), aimed_at.month());
    let months = std::iter::successors(Some(before), |&(year, month)| Some(month_after(year, month)));
    let closes = months.map(|(year, month)| close(third_friday(year, month))).filter(|&close| close > from).take(3);
    closes
        .min_by_key(|&close| days_between(aimed_at, close).abs())
        .unwrap_or_else(|| unreachable!("third Fridays never end"))
}

/// Whether SPX options that expire on `expiry` are listed on `from`.
#[must_use]
pub fn is_spx_expiry(from: Date, expiry: Date) -> bool {
    if !is_session(expiry) {
        return false;
    }
    match days_between(from, expiry) {
        1..=DAILY_EXPIRY_DAYS => true,
        days if days > 0 && days <= WEEKLY_EXPIRY_DAYS => is_weekly_expiry(expiry),
        days if days > 0 && days <= MONTHLY_EXPIRY_DAYS => expiry == third_friday(expiry.year(), expiry.month()),
        _ => false,
    }
}

/// All SPX expiries listed on `from`, in order.
pub fn spx_expiries(from: Date) -> impl Iterator<Item = Date> {
    (1..=MONTHLY_EXPIRY_DAYS).map(move |days| add_days(from, days)).filter(move |&day| is_spx_expiry(from, day))
}

/// The third Friday of a month, or the session before it if it is closed.
#[must_use]
pub fn third_friday(year: i16, month: i8) -> Date {
    session_on_or_before(nth_weekday(year, month, 3, Weekday::Friday))
}

/// The expiry of the VIX futures and options of a month: the morning on which they settle.
#[must_use]
pub fn vix_expiry(year: i16, month: i8) -> Date {
    let (next_year, next_month) = month_after(year, month);
    session_on_or_before(add_days(third_friday(next_year, next_month), -VIX_WINDOW_DAYS))
}

/// One month's VIX futures and options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VixContract {
    /// The morning of settlement, after which the contract is gone.
    pub expiry: Date,
    /// The close at which it settles on a grid of closes: the session before `expiry`.
    pub settlement_close: Date,
}

impl VixContract {
    /// The contract of a month.
    #[must_use]
    pub fn of_month(year: i16, month: i8) -> Self {
        let expiry = vix_expiry(year, month);
        Self { expiry, settlement_close: previous_session(expiry) }
    }

    /// The contract of the month after.
    #[must_use]
    pub fn next(self) -> Self {
        let (year, month) = month_after(self.expiry.year(), self.expiry.month());
        Self::of_month(year, month)
    }

    /// The contract of the month before.
    #[must_use]
    pub fn previous(self) -> Self {
        let (year, month) = (self.expiry.year(), self.expiry.month());
        if month == 1 { Self::of_month(year - 1, 12) } else { Self::of_month(year, month - 1) }
    }

    /// The share of the nearer months in a position of constant maturity at the close of `date`, on which this contract is
    /// the next to settle: `dr / dt`.
    ///
    /// ```text
    /// dt = sessions from the expiry before this one, included, to this one, excluded
    /// dr = those of them after `date`
    /// ```
    ///
    /// # References
    /// S&P Dow Jones Indices, S&P VIX Futures Indices Methodology: contract rebalancing.
    #[must_use]
    pub fn nearer_share(self, date: Date) -> f64 {
        let dt = sessions_between(self.previous().settlement_close, self.settlement_close);
        f64::from(sessions_between(date, self.settlement_close)) / f64::from(dt)
    }

    /// The contract that is `VX month` at the close of `date` for a position that rolls `roll_days` calendar days before
    /// expiry: the `month`-th with more than `roll_days` days to its expiry and not yet settled at that close.
    ///
    /// # Panics
    /// `month` is 0.
    #[must_use]
    pub fn held(date: Date, month: u8, roll_days: u32) -> Self {
        assert!(month >= 1, "VX months count from 1");
        let mut contract = Self::of_month(date.year(), date.month());
        while contract.settlement_close <= date || days_between(date, contract.expiry) <= i64::from(roll_days) {
            contract = contract.next();
        }
        (1..month).fold(contract, |contract, _| contract.next())
    }

    /// The contracts listed at the close of `date`, the next to settle first.
    pub fn listed(date: Date) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(Self::held(date, 1, 0)), |contract| Some(contract.next())).take(VIX_CONTRACTS_LISTED)
    }
}

/// Whether a session is a Friday, or the last session before a closed Friday.
fn is_weekly_expiry(session: Date) -> bool {
    let friday = add_days(session, i64::from(Weekday::Friday.since(session.weekday())));
    session_on_or_before(friday) == session
}

fn month_before(year: i16, month: i8) -> (i16, i8) {
    if month == 1 { (year - 1, 12) } else { (year, month - 1) }
}

fn month_after(year: i16, month: i8) -> (i16, i8) {
    if month == 12 { (year + 1, 1) } else { (year, month + 1) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn what_settles_in_the_morning_of_a_third_friday_stands_at_the_close_before() {
        let nearest = nearest_third_friday_morning;
        assert_eq!(nearest(date(2026, 11, 18), 1), date(2026, 11, 19));
        // On that Thursday those options have settled: the next are four weeks away.
        assert_eq!([1, 30].map(|days| nearest(date(2026, 11, 19), days)), [date(2026, 12, 17); 2]);
        // The third Friday of June 2026 is a holiday: options expire on Thursday, and settle at Wednesday's close.
        assert_eq!(nearest(date(2026, 6, 1), 15), date(2026, 6, 17));
    }

    #[test]
    fn vix_expiries_of_2019_to_2027_are_known() {
        // Final settlement dates of VX, as day of month from January to December: past ones as they were, those of 2026
        // and 2027 by hand from the exchange's rule.
        let years = [
            (2019, [16, 13, 19, 17, 22, 19, 17, 21, 18, 16, 20, 18]),
            (2020, [22, 19, 18, 15, 20, 17, 22, 19, 16, 21, 18, 16]),
            (2021, [20, 17, 17, 21, 19, 16, 21, 18, 15, 20, 17, 22]),
            (2022, [19, 16, 15, 20, 18, 15, 20, 17, 21, 19, 16, 21]),
            (2023, [18, 15, 22, 19, 17, 21, 19, 16, 20, 18, 15, 20]),
            (2024, [17, 14, 20, 17, 22, 18, 17, 21, 18, 16, 20, 18]),
            (2025, [22, 19, 18, 16, 21, 18, 16, 20, 17, 22, 19, 17]),
            (2026, [21, 18, 18, 15, 19, 17, 22, 19, 16, 21, 18, 16]),
            (2027, [20, 17, 17, 21, 18, 16, 21, 18, 15, 20, 17, 22]),
        ];
        for (year, days) in years {
            for (month, day) in (1..=12).zip(days) {
                assert_eq!(vix_expiry(year, month), date(year, month, day), "{year}-{month}");
            }
        }
    }

    #[test]
    fn closed_days_move_vix_expiries_to_the_tuesday() {
        // A third Friday that is Good Friday (2008, 2014, 2019, 2025) or Juneteenth (2026), a Wednesday that is Juneteenth.
        for day in [
            date(2008, 2, 19),
            date(2014, 3, 18),
            date(2019, 3, 19),
            date(2025, 3, 18),
            date(2026, 5, 19),
            date(2024, 6, 18),
        ] {
            assert_eq!(vix_expiry(day.year(), day.month()), day);
            assert_eq!(day.weekday(), Weekday::Tuesday);
        }
    }

    #[test]
    fn every_vix_expiry_to_2100_is_a_session_29_to_31_days_before_a_third_friday() {
        for (year, month) in (1990..=2100).flat_map(|year| (1..=12).map(move |month| (year, month))) {
            let expiry = vix_expiry(year, month);
            let (next_year, next_month) = month_after(year, month);
            let days = days_between(expiry, third_friday(next_year, next_month));
            assert!(is_session(expiry) && (expiry.year(), expiry.month()) == (year, month), "{expiry}");
            assert!((30..=31).contains(&days), "{expiry}: {days}");
        }
    }

    #[test]
    fn third_fridays_move_to_the_session_before_when_closed() {
        assert_eq!(third_friday(2026, 11), date(2026, 11, 20));
        assert_eq!(third_friday(2025, 4), date(2025, 4, 17));
        assert_eq!(third_friday(2026, 6), date(2026, 6, 18));
        assert_eq!(third_friday(2001, 9), date(2001, 9, 21));
    }

    #[test]
    fn a_contract_leaves_the_list_at_the_close_at_which_it_settles() {
        let december = VixContract::of_month(2026, 12);
        assert_eq!((december.expiry, december.settlement_close), (date(2026, 12, 16), date(2026, 12, 15)));
        assert_eq!(VixContract::held(date(2026, 12, 14), 1, 0), december);
        assert_eq!(VixContract::held(date(2026, 12, 15), 1, 0), december.next());
        let listed: Vec<Date> = VixContract::listed(date(2026, 11, 20)).map(|contract| contract.expiry).collect();
        let expected =
            [(2026, 12), (2027, 1), (2027, 2), (2027, 3), (2027, 4), (2027, 5), (2027, 6), (2027, 7), (2027, 8)];
        assert_eq!(listed, expected.map(|(year, month)| vix_expiry(year, month)));
    }

    #[test]
    fn a_position_rolls_at_the_close_that_is_roll_days_before_expiry() {
        let [december, january] = [(2026, 12), (2027, 1)].map(|(year, month)| VixContract::of_month(year, month));
        assert_eq!(VixContract::held(date(2026, 12, 10), 1, 5), december);
        assert_eq!(VixContract::held(date(2026, 12, 11), 1, 5), january);
        assert_eq!(VixContract::held(date(2026, 12, 10), 2, 5), january);
        assert_eq!(VixContract::held(date(2026, 12, 11), 2, 5), january.next());
    }

    #[test]
    fn the_nearer_share_runs_from_all_to_nothing_over_a_roll_period() {
        // From Wednesday 18 November to Tuesday 15 December 2026, without Thanksgiving: 3 + 4 + 5 + 5 + 2 sessions.
        let (november, december) = (VixContract::of_month(2026, 11), VixContract::of_month(2026, 12));
        assert_eq!((november.settlement_close, december.expiry), (date(2026, 11, 17), date(2026, 12, 16)));
        assert_eq!((december.previous(), november.next()), (november, december));
        assert_eq!(VixContract::of_month(2026, 1).previous(), VixContract::of_month(2025, 12));
        for (day, remaining) in [
            (date(2026, 11, 17), 19.0), // the period begins: all in the nearer month
            (date(2026, 11, 18), 18.0),
            (date(2026, 11, 20), 16.0),
            (date(2026, 11, 25), 13.0),
            (date(2026, 11, 27), 12.0),
            (date(2026, 12, 14), 1.0),
            (date(2026, 12, 15), 0.0), // it ends: all in the next
        ] {
            assert_eq!(december.nearer_share(day), remaining / 19.0, "{day}");
        }
    }

    #[test]
    fn spx_expiries_thin_out_from_days_to_weeks_to_months() {
        let from = date(2026, 11, 20);
        let expiries: Vec<Date> = spx_expiries(from).collect();
        // Every session to 24 December (25 December is closed), then its Fridays to 19 February, then third Fridays.
        let daily = expiries.iter().take_while(|&&day| days_between(from, day) <= 35).count();
        assert_eq!(daily as u32, super::super::sessions::sessions_between(from, date(2026, 12, 25)));
        let rest: Vec<String> = expiries[daily..].iter().take(11).map(ToString::to_string).collect();
        // New Year's Day 2027 and Good Friday 2027 (26 March) are closed Fridays; the latter is beyond the weeklies.
        let expected = [
            "2026-12-31",
            "2027-01-08",
            "2027-01-15",
            "2027-01-22",
            "2027-01-29",
            "2027-02-05",
            "2027-02-12",
            "2027-02-19",
            "2027-03-19",
            "2027-04-16",
            "2027-05-21",
        ];
        assert_eq!(rest, expected);
        assert_eq!(expiries.last(), Some(&date(2028, 11, 17)));
    }

    #[test]
    fn the_nearest_third_friday_lies_ahead() {
        let friday = date(2026, 11, 20);
        for (days, expected) in [
            (0, date(2026, 12, 18)),
            (30, date(2026, 12, 18)),
            (42, date(2026, 12, 18)),
            (43, date(2027, 1, 15)),
            (90, date(2027, 2, 19)),
            (731, date(2028, 11, 17)),
        ] {
            assert_eq!(nearest_third_friday(friday, days), expected, "{days}");
        }
        assert_eq!(nearest_third_friday(date(2026, 11, 19), 1), friday);
    }

    #[test]
    fn the_nearest_expiry_is_the_earlier_of_two_equally_near() {
        let friday = date(2026, 11, 20);
        // Sunday lies as far from Friday as Monday from Saturday: 2 days ahead is nearest to Monday, 3 days ahead.
        assert_eq!(nearest_spx_expiry(friday, 2), date(2026, 11, 23));
        assert_eq!(nearest_spx_expiry(friday, 0), date(2026, 11, 23));
        // 45 days ahead is Monday 4 January: four days after Thursday 31 December, four before Friday 8 January.
        assert_eq!(nearest_spx_expiry(friday, 45), date(2026, 12, 31));
        assert_eq!(nearest_spx_expiry(friday, 46), date(2027, 1, 8));
        assert_eq!(nearest_spx_expiry(friday, 7), date(2026, 11, 27));
        assert_eq!(nearest_spx_expiry(friday, 6), date(2026, 11, 25));
        assert_eq!(nearest_spx_expiry(friday, 40_000), date(2028, 11, 17));
    }
}
