//! One path in words: what the market did, when each layer came on and what it earned.

use crate::engine::{PathTrace, TraceDecline};
use crate::report::format;

/// What happened on a path, in whole sentences; `layers` are the names of its layers.
#[must_use]
pub fn narrative(trace: &PathTrace, layers: &[&str]) -> Vec<String> {
    let account = if layers.is_empty() { "The account" } else { "The account without the hedge" };
    let Some(decline) = trace.decline() else { return vec![format!("{account} never falls on this path.")] };
    let TraceDecline { peak, trough, depth_usd } = decline;
    let mut sentences = vec![format!(
        "{account} falls by {} from {} to {}, while SPX goes from {} to {} ({}) and VIX from {} to {}.",
        usd(depth_usd),
        trace.dates[peak],
        trace.dates[trough],
        number(trace.spot[peak]),
        number(trace.spot[trough]),
        percent(trace.spot[trough] / trace.spot[peak] - 1.0),
        format!("{:.1}", trace.vix[peak]),
        format!("{:.1}", trace.vix[trough]),
    )];
    if let Some((day, pnl)) = trace.worst_day() {
        sentences.push(format!(
            "Its worst day is {}: {}, with SPX {} and VIX from {:.1} to {:.1}.",
            trace.dates[day],
            usd(pnl),
            percent(trace.spot[day] / trace.spot[day - 1] - 1.0),
            trace.vix[day - 1],
            trace.vix[day],
        ));
    }
    sentences.extend(layers.iter().enumerate().map(|(number, name)| layer_story(trace, number, name, &decline)));
    sentences
}

fn layer_story(trace: &PathTrace, number: usize, name: &str, decline: &TraceDecline) -> String {
    let pnl = &trace.layer_pnl_usd[number];
    let earned = usd(pnl[decline.trough] - pnl[decline.peak]);
    let all = usd(pnl[pnl.len() - 1]);
    let Some(day) = trace.arrival(number, decline) else {
        return format!("{name} is not on in this decline; over the whole path it makes {all}.");
    };
    let fallen = trace.unhedged_pnl_usd[decline.peak] - trace.unhedged_pnl_usd[day];
    let share = format::percent((100.0 * fallen / decline.depth_usd).round() / 100.0);
    let when = match decline.trough - day {
        _ if day == decline.peak => "is on from the start of the decline".to_string(),
        0 => "comes on only at the trough".to_string(),
        1 => format!("comes on 1 day before the trough, after {share} of the fall,"),
        days => format!("comes on {days} trading days before the trough, after {share} of the fall,"),
    };
    format!("{name} {when} and makes {earned} in it; over the whole path {all}.")
}

fn usd(value: f64) -> String {
    format!("{} USD", format::rounded_usd(value))
}

fn number(value: f64) -> String {
    format::count(value.round() as u64)
}

fn percent(share: f64) -> String {
    format!("{:+.1} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_path_is_told_with_its_layers() {
        let told = narrative(&fixture::trace(), &["L1 early warning", "L3"]);
        assert_eq!(
            told,
            [
                "The account without the hedge falls by 200,000 USD from 2026-11-23 to 2026-11-27, while SPX goes from \
                 6,600 to 5,940 (-10.0 %) and VIX from 18.0 to 44.0.",
                "Its worst day is 2026-11-27: -120,000 USD, with SPX -7.0 % and VIX from 31.0 to 44.0.",
                "L1 early warning comes on 2 trading days before the trough, after 10 % of the fall, and makes 60,000 USD \
                 in it; over the whole path 55,000 USD.",
                "L3 is not on in this decline; over the whole path it makes 0 USD.",
            ]
        );
    }
}
