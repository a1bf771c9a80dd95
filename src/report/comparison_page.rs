//! `comparison.html`: runs side by side for people, under the same policy as a report.

use std::path::{Path, PathBuf};

use minijinja::{Value, context};

use super::chart::{self, multiples};
use super::comparison::{self, DIFFERENCES, Ranked, ranked};
use super::entry::Entry;
use super::folder::{Staging, write_text};
use super::{format, html};
use crate::error::Result;
use crate::risk::Figure;

const TEMPLATE: &str = include_str!("comparison.html");

/// The comparison as one HTML page.
///
/// # Errors
/// The template does not fit its data, which is a fault of this program.
pub fn page(entries: &[Entry]) -> Result<String> {
    let ranked = ranked(entries);
    let best = ranked[0].entry;
    let samples: Vec<&[f64]> =
        ranked.iter().map(|run| run.entry.outcomes.real("hedged_pnl_usd").unwrap_or_default()).collect();
    let axis = multiples::axis(&samples);
    let rows: Vec<Value> = ranked.iter().enumerate().map(|(rank, run)| row(rank, run, axis)).collect();
    let against: Vec<Value> = ranked.iter().enumerate().skip(1).map(|(rank, run)| against(rank, run, &best)).collect();
    html::render(
        "comparison.html",
        TEMPLATE,
        context! {
            style => html::STYLE,
            style_hash => html::style_hash(),
            version => env!("CARGO_PKG_VERSION"),
            count => entries.len(),
            best => best.name,
            rows,
            against,
            headings => DIFFERENCES.iter().map(|(.., heading, _)| *heading).collect::<Vec<_>>(),
        },
    )
}

/// Writes `comparison.html` and `comparison.csv` to a folder of their own inside `out`, and returns it.
///
/// # Errors
/// Something cannot be written; nothing is left behind then.
pub fn write(entries: &[Entry], out: &Path) -> Result<PathBuf> {
    let staging = Staging::open(out)?;
    write_text(&staging, "comparison.csv", &comparison::csv(entries))?;
    write_text(&staging, "comparison.html", &page(entries)?)?;
    staging.commit(&comparison::folder_name(entries))
}

/// The ranking and the differences for programs.
#[must_use]
pub fn json(entries: &[Entry]) -> serde_json::Value {
    let ranked = ranked(entries);
    let best = ranked[0].entry;
    let run = |(rank, run): (usize, &Ranked)| {
        let differences = run.against_best.as_ref().map(|versus| &versus.differences);
        let paired = run.against_best.as_ref().map(|versus| versus.paired_paths);
        serde_json::json!({
            "rank": rank + 1,
            "scenario": { "name": run.entry.name, "digest": run.entry.digest },
            "paths": run.entry.outcomes.paths(),
            "paired_paths": paired,
            "pairing": (rank > 0).then(|| run.pairing(&best)),
            "differences": differences,
        })
    };
    ranked.iter().enumerate().map(run).collect()
}

fn row(rank: usize, run: &Ranked, axis: [f64; 2]) -> Value {
    let entry = &run.entry;
    let of = |strategy: &str, measure: &str, level| cell(entry.figure(strategy, measure, level));
    let of_hedge = |strategy: &str, measure: &str, level| {
        if entry.has_hedge { of(strategy, measure, level) } else { Vec::new() }
    };
    let pnl = entry.outcomes.real("hedged_pnl_usd").unwrap_or_default();
    let shortfall = entry.figure("hedged", "expected_shortfall", Some(0.99)).map(|figure| figure.value);
    context! {
        rank => rank + 1,
        name => entry.name,
        digest => entry.digest,
        facts => format!(
            "{} paths of {} trading days, {}",
            format::count(entry.outcomes.paths() as u64),
            format::count(entry.horizon_days as u64),
            format::quantity(entry.equity_usd, "USD")
        ),
        chart => multiples::draw(pnl, shortfall, axis, chart::NARROW),
        cells => vec![
            of("hedged", "mean_pnl", None),
            of("hedged", "probability_of_loss", None),
            of("hedged", "expected_shortfall", Some(0.99)),
            of_hedge("unhedged", "expected_shortfall", Some(0.99)),
            of_hedge("hedge", "expected_shortfall", Some(0.99)),
            of_hedge("hedge", "hedge_cost", None),
        ],
    }
}

fn against(rank: usize, run: &Ranked, best: &Entry) -> Value {
    let cells: Vec<Vec<String>> =
        DIFFERENCES.iter().map(|(measure, level, ..)| cell(run.difference(measure, *level))).collect();
    let shortfall = run.difference("expected_shortfall", Some(0.99));
    let verdict = match shortfall.map(|figure| (figure.low, figure.high)) {
        Some((Some(low), _)) if low > 0.0 => "worse",
        Some((_, Some(high))) if high < 0.0 => "better",
        Some((Some(_), Some(_))) => "no measurable difference",
        _ => "not known",
    };
    context! { rank => rank + 1, name => run.entry.name, cells, verdict, pairing => run.pairing(best) }
}

fn cell(figure: Option<&Figure>) -> Vec<String> {
    figure.map_or_else(Vec::new, |figure| {
        let shown = format::estimate(figure);
        let value = if shown.unit == "%" { format!("{}\u{a0}%", shown.value) } else { shown.value.clone() };
        vec![format::typeset(&value), format::typeset(&shown.range().unwrap_or_default())]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Report, fixture};

    #[test]
    fn runs_are_listed_by_rank_with_their_differences_and_nothing_is_fetched() {
        let (plan, result) = (fixture::plan(), fixture::result(2000));
        let mut other = plan.clone();
        other.name = "a <second> one".into();
        let reports = [&plan, &other].map(|plan| Report { plan, result: &result });
        let page = page(&reports.each_ref().map(Entry::from)).unwrap();
        assert!(page.contains("a &lt;second&gt; one") && page.contains("no measurable difference"));
        assert_eq!(page.matches("<svg").count(), 2);
        for needle in ["http:", "https:", "<script", "style=", "src=", "url(", "@import"] {
            assert!(!page.contains(needle), "{needle}");
        }
    }
}
