//! `tailwing sweep`: many settings of a scenario on the same paths, and which of them are really different.

use std::path::Path;
use std::time::Instant;

use super::arguments::SweepOptions;
use super::progress::{self, SweepBar};
use super::{Done, output, usage};
use crate::engine::search::{Plans, Store, Task, Wanted, search};
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::report::sweep::{SweepReport, console, folder};
use crate::report::{folder as folders, format};
use crate::risk::{Demand, Goal, Measure, Yardstick};
use crate::scenario::{Axis, Choice, Override, Source, Variants, World, worlds};

/// What is made small where nothing else is asked for: the measure by which comparisons rank.
const GOAL: &str = "es(0.99)";
/// What is told of every setting.
const MEASURES: [&str; 5] = ["es(0.99)", "mean", "p_loss", "var(0.99)", "drawdown(0.95)"];
/// What is told where there are layers.
const OF_LAYERS: &str = "cost";
/// What is told where there is margin.
const OF_MARGIN: &str = "p_margin_call";

/// Evaluates settings, leaves a folder behind and prints what it says.
///
/// # Errors
/// Whatever is wrong with the options, the scenario or a setting, before anything runs; or the sweep failed.
pub(super) fn sweep(options: &SweepOptions) -> Result<Done> {
    let source = options.scenario.as_deref().map_or(Source::BuiltIn, Source::Path);
    let variants = Variants::new(source, options.common.overrides()?, choice(options)?)?;
    let yardstick = yardstick(options, &variants.reference)?;
    let worlds = if options.fragility { worlds(&variants.reference) } else { Vec::new() };
    let settings = Settings { variants: &variants, worlds: &worlds };
    settings.check()?;
    if !options.common.quiet {
        variants.reference.remarks.iter().for_each(|remark| output::talk(remark));
        if variants.reference.run.stop_when.is_some() {
            output::talk("run.stop_when is left aside: every setting of a sweep has the same number of paths");
        }
    }
    let reference = &variants.reference;
    let task = Task {
        yardstick,
        halving: options.minimise.is_some(),
        paths: reference.run.paths,
        seed: reference.run.seed,
        threads: options.common.threads(),
    };
    let words = asked(options);
    // What is told of each setting is part of what is kept of it.
    let told = task.yardstick.measures.iter().map(ToString::to_string);
    let digest = variants.digest(&words.iter().cloned().chain(told).collect::<Vec<_>>().join("\n"));
    progress::listen()?;
    let is_new = !options.out.exists();
    // A folder that cannot be written to fails now and not after hours.
    drop(folders::Staging::open(&options.out)?);
    let part = options.out.join(folder::part_name(&reference.name, &digest));
    let store = Store::open(&part)?;
    let started = Instant::now();
    let bar = SweepBar::new(options.common.quiet);
    let found = search(&settings, &task, &store, &bar);
    bar.finished();
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            let error = keep(error, store, &part);
            if is_new {
                // Only an empty folder goes.
                let _ = std::fs::remove_dir(&options.out);
            }
            return Err(error);
        }
    };
    let report = SweepReport {
        plan: reference,
        digest: &digest,
        keys: &variants.design.keys,
        settings: &variants.design.settings,
        reference_values: &variants.reference_values,
        task: &task,
        options: &words,
        found: &found,
    };
    let written = folder::write(&report, &options.out)?;
    store.remove()?;
    if !options.common.quiet {
        let seconds = started.elapsed().as_secs_f64();
        let count = format::count(report.settings.len() as u64);
        output::talk(&format!("{count} settings in {seconds:.1} s: {}", written.join("sweep.html").display()));
    }
    let text = if options.common.json { folder::summary_text(&report)? } else { console::text(&report) };
    output::print(&text)?;
    Ok(Done::Fine)
}

/// Says where finished settings are kept, or clears away a folder that holds none.
fn keep(error: Error, store: Store, part: &Path) -> Error {
    store.remove_if_empty();
    match error {
        Error::Paused(what) if part.exists() => Error::Paused(format!(
            "{what}; what is finished is kept in {}, and the same command goes on from there",
            part.display()
        )),
        other => other,
    }
}

/// Which settings the options ask for.
fn choice(options: &SweepOptions) -> Result<Choice> {
    let over = options.over.iter().map(|text| Axis::parse(text)).collect::<Result<Vec<_>>>()?;
    Ok(match (&options.cases, options.hypercube) {
        (Some(file), _) => Choice::Cases(file.clone()),
        (None, Some(points)) => Choice::Hypercube(over, usize::try_from(points).unwrap_or(usize::MAX)),
        (None, None) => Choice::Grid(over),
    })
}

/// What settings are measured by.
fn yardstick(options: &SweepOptions, plan: &Plan) -> Result<Yardstick> {
    let goal: Goal =
        options.minimise.as_deref().unwrap_or(GOAL).parse().map_err(|error| usage(format!("--minimise {error}")))?;
    let demand = |text: &String| text.parse::<Demand>().map_err(|error| usage(format!("--subject-to {error}")));
    let demands = options.subject_to.iter().map(demand).collect::<Result<Vec<_>>>()?;
    let mut names = MEASURES.to_vec();
    let has_margin = plan.margin.regime != crate::book::Regime::None;
    names.extend((!plan.layers.is_empty()).then_some(OF_LAYERS));
    names.extend(has_margin.then_some(OF_MARGIN));
    let mut measures = names.into_iter().map(str::parse).collect::<Result<Vec<Measure>>>()?;
    let named = demands.iter().flat_map(|demand| demand.excess.measures()).chain(goal.measures());
    for measure in named {
        if !measures.contains(measure) {
            measures.push(*measure);
        }
    }
    let yardstick = Yardstick { goal, demands, measures };
    yardstick.check()?;
    let of_margin = |measure: &&Measure| measure.needs_margin();
    match yardstick.measures.iter().find(of_margin).filter(|_| !has_margin) {
        Some(measure) => {
            Err(usage(format!("{measure} needs margin, and `account.margin` of the scenario is \"none\"")))
        }
        None if yardstick.goal.measures().is_empty() => {
            Err(usage(format!("--minimise {}: it names no measure, so every setting is equally good", yardstick.goal)))
        }
        None => Ok(yardstick),
    }
}

/// The options that decide what a sweep finds, beside its scenario and its settings.
fn asked(options: &SweepOptions) -> Vec<String> {
    let mut words = Vec::new();
    let mut add = |option: &str, value: &str| words.extend([option.to_owned(), value.to_owned()]);
    options.minimise.iter().for_each(|goal| add("--minimise", goal));
    options.subject_to.iter().for_each(|demand| add("--subject-to", demand));
    words.extend(options.fragility.then(|| "--fragility".to_owned()));
    words
}

/// The plans of all settings in all worlds.
struct Settings<'a> {
    variants: &'a Variants<'a>,
    worlds: &'a [World],
}

impl Settings<'_> {
    /// Makes every plan once, so that a value that cannot be is known before anything runs.
    fn check(&self) -> Result<()> {
        let seed = self.variants.reference.run.seed;
        (1..=self.settings()).try_for_each(|candidate| self.plan(Wanted { candidate, seed, world: None }).map(|_| ()))
    }
}

impl Plans for Settings<'_> {
    fn settings(&self) -> usize {
        self.variants.design.settings.len()
    }

    fn worlds(&self) -> Vec<String> {
        self.worlds.iter().map(|world| world.name.clone()).collect()
    }

    fn plan(&self, wanted: Wanted) -> Result<Plan> {
        let mut more = Vec::new();
        if wanted.seed != self.variants.reference.run.seed {
            more.push(Override::option("--seed", "run.seed", &wanted.seed.to_string()));
        }
        more.extend(wanted.world.iter().flat_map(|&world| self.worlds[world].overrides.iter().cloned()));
        self.variants.plan(wanted.candidate.checked_sub(1), &more)
    }
}
