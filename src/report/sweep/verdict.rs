//! What a sweep says, in a few sentences that stand alike on the console and on the page.

use std::collections::BTreeMap;

use super::{SweepReport, shown};
use crate::report::format;
use crate::stats::Estimate;

/// The verdict of a sweep.
pub(super) struct SweepVerdict {
    pub(super) headline: String,
    pub(super) sentences: Vec<String>,
    pub(super) warnings: Vec<String>,
}

/// Largest difference between an account and the sum of its parts that is rounding, USD.
const IMBALANCE_MAX_USD: f64 = 0.005;

pub(super) fn verdict(report: &SweepReport) -> SweepVerdict {
    let Some(best) = report.found.best else {
        let headline = "No setting meets all demands.".to_owned();
        return SweepVerdict { headline, sentences: demands(report), warnings: warnings(report) };
    };
    let unit = report.goal_unit();
    let goal = &report.task.yardstick.goal;
    let value = report.score(best).map(|score| shown(&score.goal, unit).phrase()).unwrap_or_default();
    let headline = if report.is_reference(best) {
        format!("Nothing that was tried is better than the scenario as it stands: {goal} is {value}.")
    } else {
        format!("Least {goal}: {value}, with {}.", report.label(best))
    };
    let mut sentences = vec![tied(report)];
    sentences.extend(dropped(report));
    sentences.extend(against_reference(report));
    sentences.extend(fresh(report));
    sentences.extend(worlds(report));
    sentences.extend(demands(report));
    SweepVerdict { headline, sentences, warnings: warnings(report) }
}

fn count(number: usize) -> String {
    format::count(number as u64)
}

/// How many settings are as good as the best, as far as these paths can tell.
fn tied(report: &SweepReport) -> String {
    let contest = &report.found.contest;
    let compared = contest.verdicts.iter().flatten().count();
    let others = compared.saturating_sub(1);
    let tied = contest.verdicts.iter().flatten().filter(|verdict| verdict.tied).count().saturating_sub(1);
    let paths = count(report.task.paths);
    let rule = format!(
        "with so many compared, one is called worse only if it lies more than {:.2} standard errors of their difference behind",
        contest.critical
    );
    match (tied, others) {
        (_, 0) => "Nothing else was left to compare it with.".into(),
        (0, 1) => format!("The only other setting is worse beyond chance on {paths} paths."),
        (1, 1) => format!("The only other setting cannot be told from it on {paths} paths."),
        (tied, others) if tied == others => format!(
            "None of the other {} can be told from it on {paths} paths: between these the choice does not matter, or takes more \
             paths to make.",
            count(others)
        ),
        (0, others) => format!("Each of the other {} is worse beyond chance on {paths} paths; {rule}.", count(others)),
        (tied, others) => {
            format!("{} of the other {} cannot be told from it on {paths} paths; {rule}.", count(tied), count(others))
        }
    }
}

/// What halving threw away without proof.
fn dropped(report: &SweepReport) -> Option<String> {
    let rounds = &report.found.rounds;
    let dropped: usize = rounds.iter().map(|round| round.dropped_while_tied).sum();
    (rounds.len() > 1).then(|| {
        let (first, last) = (&rounds[0], &rounds[rounds.len() - 1]);
        format!(
            "In {} rounds {} settings on {} paths became {} on {}; {} were dropped that could not yet be told from the best.",
            rounds.len(),
            count(first.entered),
            count(first.paths),
            count(last.entered),
            count(last.paths),
            count(dropped)
        )
    })
}

fn against_reference(report: &SweepReport) -> Option<String> {
    let best = report.found.best.filter(|&best| !report.is_reference(best))?;
    let difference = report.score(best)?.differences.first()?;
    let reference = report.found.twin.unwrap_or(0);
    let also = if report.is_tied(reference) { "; it cannot be told from the best either" } else { "" };
    Some(format!("Against the scenario as it stands: {}{also}.", shown(difference, report.goal_unit()).phrase()))
}

/// What is left of the choice on paths that it was not made on.
fn fresh(report: &SweepReport) -> Option<String> {
    let fresh = report.found.fresh.as_ref()?;
    let unit = report.goal_unit();
    let value = shown(&fresh.best.goal, unit).phrase();
    let start = format!("On fresh paths (seed {}) it has {value}", fresh.seed);
    if report.found.best.is_some_and(|best| report.is_reference(best)) {
        return Some(format!("{start}."));
    }
    let difference = &fresh.best.differences[0];
    let left = shown(difference, unit).phrase();
    let told = if fresh.flattery.value < 0.0 {
        let kinder = shown(&fresh.flattery.scaled(-1.0), unit).phrase();
        format!("On the paths on which it was chosen its advantage was smaller, by {kinder}: they did not flatter it.")
    } else {
        format!("The paths on which it was chosen flattered it by {}.", shown(&fresh.flattery, unit).phrase())
    };
    let verdict = match sign(difference) {
        Some(true) => "that is better beyond chance",
        Some(false) => "that is worse beyond chance",
        None => "no difference that these paths can tell",
    };
    Some(format!("{start}, against the scenario as it stands {left}: {verdict}. {told}"))
}

/// Whether a difference lies below 0 (true) or above it (false) beyond chance.
fn sign(difference: &Estimate) -> Option<bool> {
    match (difference.interval.low, difference.interval.high) {
        (_, Some(high)) if high < 0.0 => Some(true),
        (Some(low), _) if low > 0.0 => Some(false),
        _ => None,
    }
}

fn worlds(report: &SweepReport) -> Option<String> {
    let tried = report.found.worlds.iter().filter_map(|world| world.outcome.as_ref().ok());
    let (tried, survived) = tried.fold((0, 0), |(n, s), outcome| (n + 1, s + usize::from(outcome.survives)));
    (tried > 0).then(|| format!("In {survived} of {tried} other worlds it cannot be told from the best there."))
}

fn demands(report: &SweepReport) -> Vec<String> {
    let yardstick = &report.task.yardstick;
    let demands = yardstick.demands.iter().enumerate();
    let missed = |place: usize| {
        let candidates = report.candidates().into_iter();
        let scores = candidates.filter_map(|candidate| report.score(candidate));
        scores.filter(|score| !yardstick.demands[place].admits(score.demands[place].value)).count()
    };
    let of = |(place, demand): (usize, &crate::risk::Demand)| match missed(place) {
        0 => format!("All settings meet {demand}."),
        missed => format!("{} of {} settings miss {demand}.", count(missed), count(report.candidates().len())),
    };
    demands.map(of).collect()
}

fn warnings(report: &SweepReport) -> Vec<String> {
    let mut warnings = Vec::new();
    let failed: Vec<_> = report
        .candidates()
        .into_iter()
        .filter_map(|candidate| Some((candidate, report.standing(candidate).score.as_ref().err()?)))
        .collect();
    if let Some((candidate, why)) = failed.first() {
        warnings.push(format!(
            "{} of {} settings could not be evaluated and are in no contest; {}: {why}",
            count(failed.len()),
            count(report.candidates().len()),
            report.label(*candidate)
        ));
    }
    let scores = report.found.standings.iter().filter_map(|standing| standing.score.as_ref().ok());
    let off = scores.map(|score| score.imbalance_usd).fold(0.0, f64::max);
    if off >= IMBALANCE_MAX_USD {
        warnings.push(format!("accounts differ from the sums of their parts by up to {off:.3} USD"));
    }
    warnings.extend(report.keys.iter().enumerate().filter(|(key, _)| is_inert(report, *key)).map(|(_, key)| {
        format!("{key} changed nothing: settings that differ in it alone have the same figures to the last bit")
    }));
    let best = report.found.best.and_then(|best| report.score(best));
    if best.is_some_and(|score| !score.entrant.tells_error) {
        warnings.push(format!(
            "{} paths are too few to tell the error of {}: no setting can be told from another",
            count(report.task.paths),
            report.task.yardstick.goal
        ));
    }
    warnings
}

/// Whether settings that differ in one key alone, if there are any, have the very same figures.
fn is_inert(report: &SweepReport, key: usize) -> bool {
    let others = |setting: usize| {
        let values = report.settings[setting].iter().enumerate().filter(|(place, _)| *place != key);
        values.map(|(_, value)| value.to_bits()).collect::<Vec<u64>>()
    };
    let mut alike: BTreeMap<Vec<u64>, Vec<usize>> = BTreeMap::new();
    (0..report.settings.len()).for_each(|setting| alike.entry(others(setting)).or_default().push(setting + 1));
    let groups = alike.values();
    let pairs = groups.flat_map(|group| group.windows(2)).filter(|pair| report.paths(pair[0]) == report.paths(pair[1]));
    let mut same = pairs.map(|pair| {
        let scores = report.score(pair[0]).zip(report.score(pair[1]));
        scores.is_some_and(|(a, b)| a.goal == b.goal && a.measures == b.measures)
    });
    same.next().is_some_and(|first| first && same.all(|same| same))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::sweep;
    use super::*;

    fn told(goals: &[f64]) -> SweepVerdict {
        let sweep = sweep(goals, 0);
        verdict(&sweep.report(&[Some(0.5), None]))
    }

    #[test]
    fn the_best_is_named_with_its_ties_its_advantage_and_what_is_left_of_it() {
        let found = told(&[50.0, 50.1, 80.0, -40.0]);
        assert_eq!(
            found.headline,
            "Least es(0.99): 50 USD (48 to 52), with first 0, layer.L1 <early>.hold.contracts 0."
        );
        let text = found.sentences.join(" ");
        assert!(text.contains("1 of the other 3 cannot be told from it on 1,000 paths"), "{text}");
        assert!(text.contains("Against the scenario as it stands: -50 USD (-51 to -49)."), "{text}");
        assert!(text.contains("On fresh paths (seed 11) it has 80 USD"), "{text}");
        assert!(text.contains("that is better beyond chance") && text.contains("flattered it by 3 USD"), "{text}");
        let mut kinder = sweep(&[50.0, 50.1, 80.0, -40.0], 0);
        kinder.found.fresh.as_mut().unwrap().flattery = crate::stats::Estimate::normal(-3.0, 2.0);
        let told = verdict(&kinder.report(&[Some(0.5), None])).sentences.join(" ");
        assert!(told.contains("its advantage was smaller, by 3 USD (-1 to 7): they did not flatter it."), "{told}");
        assert!(text.contains("1 of 5 settings miss cost <= 0.5 * equity."), "{text}");
        assert!(found.warnings.is_empty(), "{:?}", found.warnings);
    }

    #[test]
    fn where_no_setting_meets_the_demands_none_is_recommended() {
        let mut sweep = sweep(&[-50.0, -60.0], 0);
        let entrants: Vec<_> = sweep.found.standings.iter().flat_map(|s| &s.score).map(|s| s.entrant.clone()).collect();
        sweep.found.contest = crate::risk::contest(&entrants.iter().skip(1).collect::<Vec<_>>(), 0);
        (sweep.found.best, sweep.found.fresh, sweep.found.finalists) = (None, None, vec![1, 2]);
        let found = verdict(&sweep.report(&[None, None]));
        assert_eq!(found.headline, "No setting meets all demands.");
    }

    #[test]
    fn keys_that_change_nothing_and_settings_that_fail_are_warned_of() {
        let warnings = told(&[50.0, 50.0, 80.0, 80.0]).warnings.join(" ");
        assert!(warnings.contains("layer.L1 <early>.hold.contracts changed nothing"), "{warnings}");
        assert!(!warnings.contains("first changed nothing"), "{warnings}");
        let warnings = told(&[50.0, f64::NAN]).warnings.join(" ");
        assert!(warnings.contains("1 of 3 settings could not be evaluated"), "{warnings}");
        assert!(warnings.contains("a <reason>"), "{warnings}");
    }
}
