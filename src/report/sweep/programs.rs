//! `summary.json` and `manifest.json` of a sweep.

use serde_json::{Value, json};

use super::{SweepReport, heading, rows};
use crate::engine::search::{Candidate, WorldFound};
use crate::error::{Error, Result};

use crate::report::comparison::quoted;
use crate::report::json::SCHEMA_VERSION;
use crate::report::manifest;
use crate::risk::Score;
use crate::stats::Estimate;

/// Everything a sweep found, for programs.
///
/// # Errors
/// A goal or a measure is not a number.
pub(super) fn summary(report: &SweepReport) -> Result<Value> {
    let (task, found) = (report.task, report.found);
    let yardstick = &task.yardstick;
    for (candidate, standing) in found.standings.iter().enumerate() {
        let Ok(score) = &standing.score else { continue };
        let all = std::iter::once(&score.goal).chain(&score.measures).chain(&score.demands);
        if all.into_iter().any(|estimate| !estimate.value.is_finite()) {
            let what = report.label(candidate);
            return Err(Error::Run(format!("{} or a demand of {what} is not a number", yardstick.goal)));
        }
    }
    Ok(json!({
        "schema_version": SCHEMA_VERSION,
        "kind": "sweep",
        "scenario": { "name": report.plan.name, "digest": report.plan.digest },
        "digest": report.digest,
        "paths": task.paths,
        "horizon_days": report.plan.run.horizon_days,
        "seed": task.seed,
        "equity_usd": report.plan.equity,
        "keys": report.keys,
        "goal": { "expression": yardstick.goal.to_string(), "unit": report.goal_unit() },
        "demands": yardstick.demands.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "measures": yardstick.measures.iter().map(|measure| json!({
            "measure": measure.to_string(), "name": heading(measure), "unit": measure.quantity.unit(),
            "column": rows::column(measure),
        })).collect::<Vec<_>>(),
        "rounds": found.rounds.iter().map(|round| json!({
            "paths": round.paths, "settings": round.entered, "dropped_while_tied": round.dropped_while_tied,
        })).collect::<Vec<_>>(),
        "best": found.best,
        "reference": found.twin.unwrap_or(0),
        "tied": report.candidates().into_iter().filter(|&candidate| report.is_tied(candidate)).collect::<Vec<_>>(),
        "compared": found.contest.verdicts.iter().flatten().count(),
        "rivals": found.contest.rivals,
        "critical_standard_errors": found.contest.critical,
        "fresh": found.fresh.as_ref().map(|fresh| json!({
            "seed": fresh.seed,
            "best": score(&fresh.best),
            "reference": score(&fresh.reference),
            "flattery": estimate(&fresh.flattery),
        })),
        "worlds": found.worlds.iter().map(world).collect::<Vec<_>>(),
        "settings": (0..=report.settings.len()).map(|candidate| setting(report, candidate)).collect::<Vec<_>>(),
    }))
}

fn setting(report: &SweepReport, candidate: Candidate) -> Value {
    let standing = report.standing(candidate);
    let mut value = json!({
        "setting": candidate,
        "values": report.values(candidate),
        "paths": report.paths(candidate),
        "round": standing.round + 1,
        "tied": report.is_tied(candidate),
        "behind_best": report.verdict(candidate).map(|verdict| estimate(&verdict.behind_best)),
    });
    match &standing.score {
        Ok(found) => {
            if let (Value::Object(value), Value::Object(more)) = (&mut value, score(found)) {
                value.extend(more);
            }
        }
        Err(why) => value["failure"] = json!(why),
    }
    value
}

/// Goal, measures, differences to the reference and demands, in the order of the yardstick.
fn score(score: &Score) -> Value {
    let list = |estimates: &[Estimate]| estimates.iter().map(estimate).collect::<Vec<_>>();
    json!({
        "goal": estimate(&score.goal),
        "goal_less_reference": estimate(&score.differences[0]),
        "measures": list(&score.measures),
        "measures_less_reference": list(&score.differences[1..]),
        "demand_excesses": list(&score.demands),
        "admitted": score.entrant.admitted,
    })
}

fn world(world: &WorldFound) -> Value {
    match &world.outcome {
        Ok(outcome) => json!({
            "name": world.name,
            "best": outcome.best,
            "tied": outcome.tied,
            "survives": outcome.survives,
            "recommended": score(&outcome.recommended),
            "behind_best": outcome.behind_best.as_ref().map(estimate),
        }),
        Err(why) => json!({ "name": world.name, "failure": why }),
    }
}

fn estimate(estimate: &Estimate) -> Value {
    json!({
        "value": estimate.value, "standard_error": estimate.standard_error,
        "low": estimate.interval.low, "high": estimate.interval.high,
    })
}

/// What made a sweep and how to repeat it; no times, no hosts, no paths.
#[must_use]
pub(super) fn manifest(report: &SweepReport) -> Value {
    let plan = report.plan;
    let start = "tailwing sweep scenario.toml --cases cases.csv".to_owned();
    let words = std::iter::once(start).chain(report.options.iter().map(|option| shell_word(option)));
    let command = words.collect::<Vec<_>>().join(" ");
    let mut manifest = manifest::of_plan(plan, report.task.paths, &command);
    manifest["digest"] = json!(report.digest);
    manifest["settings"] = json!(report.settings.len());
    manifest
}

/// A word as a shell takes it.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// The settings, as `--cases` reads them.
#[must_use]
pub(super) fn cases(report: &SweepReport) -> String {
    let mut text = report.keys.iter().map(|key| quoted(key)).collect::<Vec<_>>().join(",");
    text.push_str("\r\n");
    for setting in report.settings {
        text.push_str(&setting.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    text
}
