//! One path day by day, as text.

use std::fmt::Write as _;

use crate::book::{Entry, Holding, Indicator, Verdict};
use crate::engine::explain::{DayStory, Of, PathStory, RuleVerdict};
use crate::plan::Plan;

/// Columns that a line fills before it is broken.
const LINE_WIDTH: usize = 100;
/// Columns before what is said under a heading.
const INDENT: usize = 13;

/// The story of a path; with `changes_only`, of the days on which something was traded or a rule changed its mind.
#[must_use]
pub fn text(plan: &Plan, story: &PathStory, changes_only: bool) -> String {
    let mut text = format!("path {} of {}: hedged P&L over cash {} USD\n", story.path, plan.name, usd(story.pnl_usd));
    for (index, day) in story.days.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| &story.days[index]);
        if !changes_only || is_eventful(day, before) {
            write_day(&mut text, day, before);
        }
    }
    text
}

/// Whether more than the market moved.
fn is_eventful(day: &DayStory, before: Option<&DayStory>) -> bool {
    let traded = day.fills.iter().any(|fill| !fill.is.is_variation());
    traded || before.is_none_or(|before| before.rules != day.rules)
}

fn write_day(text: &mut String, day: &DayStory, before: Option<&DayStory>) {
    let move_of_index =
        before.map_or(String::new(), |before| format!(" ({:+.2} %)", 100.0 * (day.spx / before.spx - 1.0)));
    let _ = writeln!(text, "\n{}  day {}  SPX {:.2}{move_of_index}  VIX {:.2}", day.date, day.day, day.spx, day.vix);
    write_list(text, "indicators", day.indicators.iter().map(indicator));
    write_list(text, "rules", day.rules.iter().map(verdict));
    write_list(text, "positions", day.verdicts.iter().map(of_position));
    write_list(text, "fills", day.fills.iter().map(fill));
    write_list(text, "holds", day.holdings.iter().map(holding));
    write_list(text, "P&L today", before.into_iter().flat_map(|before| gains(day, before)));
    let parts = day.pnl_usd.iter().filter(|part| part.usd != 0.0);
    let parts = parts.map(|part| format!("{} {}", part.component, usd(part.usd)));
    let total: f64 = day.pnl_usd.iter().map(|part| part.usd).sum();
    write_list(text, "P&L so far", parts.chain([format!("all {} USD", usd(total))]));
    let account = [("cash", day.cash_usd), ("equity", day.equity_usd)];
    write_list(text, "account", account.into_iter().map(|(name, value)| format!("{name} {} USD", usd(value))));
}

/// What each part that moved has made since the close before, and all together.
fn gains(day: &DayStory, before: &DayStory) -> Vec<String> {
    let gains = day.pnl_usd.iter().zip(&before.pnl_usd);
    let gains: Vec<(&str, f64)> = gains.map(|(now, then)| (now.component.as_str(), now.usd - then.usd)).collect();
    let total: f64 = gains.iter().map(|(_, usd)| usd).sum();
    let moved = gains.iter().filter(|(_, gain)| gain.abs() >= 0.005);
    let moved = moved.map(|(name, gain)| format!("{name} {}", usd(*gain)));
    moved.chain([format!("all {} USD", usd(total))]).collect()
}

/// Writes items under a heading, as many a line as fit; nothing where there are none.
fn write_list(text: &mut String, heading: &str, items: impl Iterator<Item = String>) {
    let mut column = 0;
    for item in items {
        let width = item.chars().count();
        if column > 0 && column + 2 + width <= LINE_WIDTH {
            let _ = write!(text, "; {item}");
            column += 2 + width;
            continue;
        }
        if column == 0 {
            let _ = write!(text, "  {heading:<width$}", width = INDENT - 2);
        } else {
            let _ = write!(text, ";\n{:INDENT$}", "");
        }
        column = INDENT;
        for (number, piece) in pieces(&item).into_iter().enumerate() {
            let width = piece.chars().count();
            if number > 0 && column + width > LINE_WIDTH {
                text.truncate(text.trim_end().len());
                let _ = write!(text, "\n{:width$}", "", width = INDENT + 2);
                column = INDENT + 2;
            }
            text.push_str(piece);
            column += width;
        }
    }
    if column > 0 {
        text.push('\n');
    }
}

/// An item cut after its commas, those between the arguments of a function apart, where it is too long for a line.
fn pieces(item: &str) -> Vec<&str> {
    if INDENT + item.chars().count() <= LINE_WIDTH {
        return vec![item];
    }
    let (mut pieces, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, letter) in item.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ' ' if depth <= 1 && item[start..at].ends_with(',') => {
                pieces.push(&item[start..=at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&item[start..]);
    pieces
}

fn indicator(indicator: &Indicator) -> String {
    let value = indicator.value.map_or("not ready".to_owned(), |value| format!("{value:.4}"));
    format!("{} {value}", indicator.expression)
}

fn verdict(verdict: &RuleVerdict) -> String {
    format!("{} {}: {}", verdict.owner, verdict.role, answer(verdict.holds))
}

fn answer(holds: Option<bool>) -> &'static str {
    match holds {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not ready",
    }
}

/// What a rule says of one position, with what it saw of it.
fn of_position(verdict: &Of<Verdict>) -> String {
    let Of { component, is: Verdict { what, role, holds, saw, .. } } = verdict;
    let saw: Vec<String> = saw.iter().map(indicator).collect();
    let saw = if saw.is_empty() { String::new() } else { format!(" ({})", saw.join(", ")) };
    format!("{component}: {what} {role}: {}{saw}", answer(*holds))
}

fn fill(fill: &Of<Entry>) -> String {
    let Of { component, is: Entry { action, what, quantity, price, cash_usd, spread_usd, fees_usd, .. } } = fill;
    let costs = if spread_usd + fees_usd > 0.0 {
        format!(", spread {spread_usd:.2}, fees {fees_usd:.2}")
    } else {
        String::new()
    };
    format!("{component}: {} {quantity:+} {what} at {price:.4}, {} USD{costs}", action.name(), usd(*cash_usd))
}

fn holding(holding: &Of<Holding>) -> String {
    let Of { component, is: Holding { what, quantity, price, value_usd, credit, .. } } = holding;
    let credit = credit.map_or(String::new(), |credit| {
        if credit < 0.0 { format!(", paid {:.4}", -credit) } else { format!(", credit {credit:.4}") }
    });
    format!("{component}: {quantity:+} {what} at {price:.4}{credit}, worth {} USD", usd(*value_usd))
}

/// An amount to the cent, thousands apart, signed where negative.
fn usd(amount: f64) -> String {
    let cents = (amount.abs() * 100.0).round();
    let whole = super::format::count((cents / 100.0).floor() as u64);
    let sign = if amount < 0.0 && cents > 0.0 { "-" } else { "" };
    format!("{sign}{whole}.{:02}", cents as u64 % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_to_the_cent() {
        for (amount, shown) in [(0.0, "0.00"), (-0.001, "0.00"), (-1234.5, "-1,234.50"), (999.999, "1,000.00")] {
            assert_eq!(usd(amount), shown);
        }
    }

    #[test]
    fn long_lists_are_broken_between_items() {
        let mut text = String::new();
        write_list(&mut text, "rules", (0..4).map(|n| format!("{n}{}", "x".repeat(40))));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("  rules      0x") && lines[0].ends_with(';'), "{text}");
        assert!(lines[1].starts_with("             2x"), "{text}");
        write_list(&mut text, "fills", std::iter::empty());
        assert_eq!(text.lines().count(), 2);
    }
}
