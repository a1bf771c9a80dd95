//! The days before the first, as the rules of a run see them.

use super::news::{days_to, days_to_third_friday};
use crate::path::factors::realized_volatility;
use crate::plan::{PastMarket, Plan};
use crate::strategy::rule::{History, MarketSeries, Program};

/// The history of a plan for the series that a program asks for; empty where the plan has none.
#[must_use]
pub(super) fn history(plan: &Plan, program: &Program) -> History {
    let Some(past) = &plan.history else { return History::new(0) };
    program.market_series().into_iter().fold(History::new(past.dates.len()), |history, series| {
        match values(plan, past, series) {
            Some(values) => history.with(series, values),
            None => history,
        }
    })
}

/// A series by day: from the file, or where the calendar or other series decide it, from them.
fn values(plan: &Plan, past: &PastMarket, series: MarketSeries) -> Option<Vec<f64>> {
    let days = past.dates.len();
    let by_date = |value: &dyn Fn(jiff::civil::Date) -> f64| Some(past.dates.iter().map(|&date| value(date)).collect());
    match series {
        MarketSeries::Day => Some((0..days).map(|day| day as f64 - days as f64).collect()),
        MarketSeries::Weekday => by_date(&|date| f64::from(date.weekday().to_monday_one_offset())),
        MarketSeries::DaysToFomc => by_date(&|date| days_to(&plan.news.fomc, date)),
        MarketSeries::DaysToCpi => by_date(&|date| days_to(&plan.news.cpi, date)),
        MarketSeries::DaysToThirdFriday => by_date(&days_to_third_friday),
        MarketSeries::Edr => Some(daily_range(plan, past)),
        _ => past.series(series).map(<[f64]>::to_vec),
    }
}

fn daily_range(plan: &Plan, past: &PastMarket) -> Vec<f64> {
    let at = |series, day: usize| past.series(series).map_or(f64::NAN, |values| values[day]);
    let closes = past.series(MarketSeries::Spx).unwrap_or_default();
    (0..past.dates.len())
        .map(|day| {
            let realized = closes.get(..=day).map_or(f64::NAN, |closes| realized_volatility(closes.iter().copied()));
            plan.daily_range.of(at(MarketSeries::Vix, day), at(MarketSeries::Vix9d, day), realized)
        })
        .collect()
}
