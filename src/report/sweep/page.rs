//! `sweep.html`: a sweep for people, under the same policy as a report.

use minijinja::{Value, context};

use super::verdict::{SweepVerdict, verdict};
use super::{SweepReport, heading, pictures, shown};
use crate::engine::search::{Candidate, WorldOutcome};
use crate::error::Result;
use crate::report::format;
use crate::report::html::{STYLE, pieces, render, signs, style_hash};
use crate::risk::Score;
use crate::stats::Estimate;

const TEMPLATE: &str = include_str!("sweep.html");

/// Most settings in the table; the CSV has all.
const ROWS_MAX: usize = 500;

/// The sweep as one HTML page.
///
/// # Errors
/// The template does not fit its data, which is a fault of this program.
pub(super) fn page(report: &SweepReport) -> Result<String> {
    let SweepVerdict { headline, sentences, warnings } = verdict(report);
    let signed = |texts: Vec<String>| texts.iter().map(|text| signs(text)).collect::<Vec<_>>();
    let order = report.ranking();
    let (task, found) = (report.task, report.found);
    render(
        "sweep.html",
        TEMPLATE,
        context! {
            style => STYLE,
            style_hash => style_hash(),
            version => env!("CARGO_PKG_VERSION"),
            title => format!("Sweep of {}", report.plan.name),
            is_broad => true,
            digest => report.digest,
            facts => facts(report),
            goal => task.yardstick.goal.to_string(),
            demands => task.yardstick.demands.iter().map(ToString::to_string).collect::<Vec<_>>(),
            headline => signs(&headline),
            sentences => signed(sentences),
            warnings => signed(warnings).iter().map(|text| pieces(text)).collect::<Vec<_>>(),
            maps => pictures::maps(report),
            lines => pictures::lines(report),
            frontiers => pictures::frontiers(report),
            left_out => pictures::left_out(report),
            fresh => fresh(report),
            rounds => if found.rounds.len() > 1 { rounds(report) } else { Vec::new() },
            worlds => worlds(report),
            has_demands => !task.yardstick.demands.is_empty(),
            headings => headings(report),
            rows => order.iter().take(ROWS_MAX).map(|&candidate| row(report, candidate)).collect::<Vec<_>>(),
            more => order.len().saturating_sub(ROWS_MAX),
            critical => format!("{:.2}", found.contest.critical),
            compared => format::count(found.contest.rivals as u64 + 1),
            resolved => report.plan.resolved.as_str(),
        },
    )
}

fn facts(report: &SweepReport) -> Vec<Vec<String>> {
    let plan = report.plan;
    let count = |number: usize| format::count(number as u64);
    let facts = [
        ("Settings", count(report.settings.len())),
        ("Keys", count(report.keys.len())),
        ("Paths", count(report.task.paths)),
        ("Trading days", count(plan.run.horizon_days)),
        ("Model", plan.model_name.clone()),
        ("Equity", format::quantity(plan.equity, "USD")),
        ("Seed", report.task.seed.to_string()),
        ("Digest", report.digest.to_owned()),
    ];
    facts.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect()
}

/// An estimate above its interval.
fn cell(estimate: &Estimate, unit: &str) -> Vec<String> {
    let shown = shown(estimate, unit);
    let value = if shown.unit == "%" { format!("{}\u{a0}%", shown.value) } else { shown.value.clone() };
    vec![format::typeset(&value), format::typeset(&shown.range().unwrap_or_default())]
}

/// The choice on its own paths and on others.
fn fresh(report: &SweepReport) -> Vec<Value> {
    let Some((fresh, best)) = report.found.fresh.as_ref().zip(report.found.best) else { return Vec::new() };
    let unit = report.goal_unit();
    let row = |what: String, best: &Score, reference: &Score| {
        context! {
            what,
            cells => vec![cell(&best.goal, unit), cell(&reference.goal, unit), cell(&best.differences[0], unit)],
        }
    };
    let chosen = report.score(best).zip(report.score(0));
    let on = |seed: u64, what: &str| format!("{what} (seed {seed})");
    let first = chosen.map(|(best, reference)| row(on(report.task.seed, "paths of the choice"), best, reference));
    let second = row(on(fresh.seed, "fresh paths"), &fresh.best, &fresh.reference);
    let flattery = context! {
        what => "flattered by the choice",
        cells => vec![Vec::new(), Vec::new(), cell(&fresh.flattery, unit)],
    };
    first.into_iter().chain([second, flattery]).collect()
}

fn rounds(report: &SweepReport) -> Vec<Vec<String>> {
    let count = |number: usize| format::count(number as u64);
    let rounds = report.found.rounds.iter().enumerate();
    rounds
        .map(|(number, round)| {
            vec![(number + 1).to_string(), count(round.entered), count(round.paths), count(round.dropped_while_tied)]
        })
        .collect()
}

fn worlds(report: &SweepReport) -> Vec<Value> {
    let unit = report.goal_unit();
    let told = |outcome: &WorldOutcome| {
        let against = &outcome.recommended.differences[0];
        let behind = outcome.behind_best.as_ref().map_or_else(Vec::new, |behind| cell(behind, unit));
        context! {
            best => outcome.best.map_or_else(|| "none meets all demands".into(), |best| report.label(best)),
            cells => vec![cell(&outcome.recommended.goal, unit), cell(against, unit), behind],
            verdict => if outcome.survives {
                "survives"
            } else if outcome.recommended.entrant.admitted {
                "does not survive"
            } else {
                "misses a demand"
            },
            tied => format::count(outcome.tied as u64),
        }
    };
    let world = |world: &crate::engine::search::WorldFound| match &world.outcome {
        Ok(outcome) => context! { name => world.name.as_str(), told => told(outcome), failure => "" },
        Err(why) => context! { name => world.name.as_str(), failure => why },
    };
    report.found.worlds.iter().map(world).collect()
}

fn headings(report: &SweepReport) -> Vec<String> {
    let yardstick = &report.task.yardstick;
    let fixed = [yardstick.goal.to_string(), "against reference".into(), "behind the best".into()];
    let goal = yardstick.goal.to_string();
    let measures = yardstick.measures.iter().filter(|measure| measure.to_string() != goal);
    fixed.into_iter().chain(measures.map(heading)).collect()
}

fn row(report: &SweepReport, candidate: Candidate) -> Value {
    let yardstick = &report.task.yardstick;
    let values: Vec<String> =
        report.values(candidate).iter().map(|value| value.map_or_else(String::new, |v| v.to_string())).collect();
    let label = if candidate == 0 { "the scenario as it stands".to_owned() } else { pairs(report, &values) };
    let mut marks = Vec::new();
    if report.found.best == Some(candidate) {
        marks.push("best");
    } else if report.is_tied(candidate) {
        marks.push("tied");
    }
    if candidate > 0 && report.is_reference(candidate) {
        marks.push("reference");
    }
    let unit = report.goal_unit();
    let goal = yardstick.goal.to_string();
    let score = match &report.standing(candidate).score {
        Ok(score) => score,
        Err(why) => return context! { label, class => report.class(candidate), marks, fewer => (), failure => why },
    };
    if !score.entrant.admitted {
        marks.push("misses a demand");
    }
    let behind = report.verdict(candidate).map_or_else(Vec::new, |verdict| cell(&verdict.behind_best, unit));
    let mut cells = vec![cell(&score.goal, unit), cell(&score.differences[0], unit), behind];
    let measures = yardstick.measures.iter().zip(&score.measures);
    let measures = measures.filter(|(measure, _)| measure.to_string() != goal);
    cells.extend(measures.map(|(measure, estimate)| cell(estimate, measure.quantity.unit())));
    let paths = report.paths(candidate);
    let fewer = (paths < report.task.paths).then(|| format::count(paths as u64));
    context! { label, class => report.class(candidate), marks, cells, fewer, failure => "" }
}

/// Keys with their values.
fn pairs(report: &SweepReport, values: &[String]) -> String {
    report.keys.iter().zip(values).map(|(key, value)| format!("{key} {value}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::fixture::sweep;
    use super::*;

    #[test]
    fn names_of_users_cannot_break_out_and_nothing_is_fetched() {
        let sweep = sweep(&[50.0, 50.1, f64::NAN, -40.0], 1);
        let page = page(&sweep.report(&[Some(0.5), None, Some(1.0)])).unwrap();
        assert!(page.contains("layer.L1 &lt;early&gt;") && !page.contains("<early>"));
        assert!(page.contains("a &lt;reason&gt;") && page.contains("misses a demand"));
        for needle in ["http:", "https:", "<script", "style=", "src=", "url(", "@import", "NaN"] {
            assert!(!page.contains(needle), "{needle}");
        }
    }

    #[test]
    fn a_sweep_of_thousands_stays_a_page_of_two_megabytes() {
        let goals: Vec<f64> = (0..3_000).map(|setting| 50.0 + f64::from(setting)).collect();
        let sweep = sweep(&goals, 1);
        let page = page(&sweep.report(&[None, None, None])).unwrap();
        assert!(page.len() < 2_000_000, "{}", page.len());
        assert!(page.contains("2501 more are in sweep.csv"));
    }
}
