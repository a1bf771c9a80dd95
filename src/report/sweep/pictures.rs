//! The drawings of a sweep: heatmaps over two keys, the goal along each key, and frontiers of two measures.

use minijinja::{Value, context};

use super::{SweepReport, heading};
use crate::engine::search::Candidate;
use crate::report::chart::frontier::{Point, frontier};
use crate::report::chart::heatmap::{Cell, Heatmap, heatmap};
use crate::report::chart::{self, NARROW, WIDE};
use crate::stats::Estimate;

/// Most values of a key that a heatmap shows.
const MAP_VALUES_MAX: usize = 24;
/// Most pairs of keys that are drawn.
const PAIRS_MAX: usize = 6;
/// Width of a drawing beside another, pixels.
const BESIDE: f64 = 500.0;
/// Most points of a drawing.
const POINTS_MAX: usize = 300;
/// Measures that have a heatmap where two keys are varied.
const MAPPED: [&str; 4] = ["es(0.99)", "mean", "cost", "p_margin_call"];

/// A figure of each candidate: its name with the unit, the factor to that unit, and where it comes from.
struct Shown<'a> {
    name: String,
    scale: f64,
    of: Box<dyn Fn(Candidate) -> Option<Estimate> + 'a>,
}

fn goal<'a>(report: &'a SweepReport<'a>) -> Shown<'a> {
    let unit = report.goal_unit();
    let (scale, unit) = scaled(unit);
    let name = named(&report.task.yardstick.goal.to_string(), unit);
    Shown { name, scale, of: Box::new(|candidate| Some(report.score(candidate)?.goal)) }
}

/// A measure that the sweep tells; none where it does not.
fn measure<'a>(report: &'a SweepReport<'a>, wanted: &str) -> Option<Shown<'a>> {
    let measure = report.task.yardstick.measures.iter().find(|measure| measure.to_string() == wanted)?;
    let (scale, unit) = scaled(measure.quantity.unit());
    let wanted = wanted.to_owned();
    let of = move |candidate| report.measured(candidate, &wanted).copied();
    Some(Shown { name: named(&heading(measure), unit), scale, of: Box::new(of) })
}

fn scaled(unit: &str) -> (f64, &str) {
    match unit {
        "probability" | "share" => (100.0, "%"),
        "number" | "ratio" => (1.0, ""),
        "USD a year" => (1.0, "USD"),
        unit => (1.0, unit),
    }
}

fn named(name: &str, unit: &str) -> String {
    if unit.is_empty() { name.to_owned() } else { format!("{name}, {unit}") }
}

/// Heatmaps: of several figures where two keys vary, of the goal for each pair where more do.
pub(super) fn maps(report: &SweepReport) -> Vec<Value> {
    let varying: Vec<(usize, Vec<f64>)> =
        (0..report.keys.len()).map(|key| (key, values(report, key))).filter(|(_, values)| values.len() > 1).collect();
    let pairs: Vec<_> = varying
        .iter()
        .enumerate()
        .flat_map(|(place, first)| varying[place + 1..].iter().map(move |second| (first, second)))
        .filter(|(first, second)| first.1.len() <= MAP_VALUES_MAX && second.1.len() <= MAP_VALUES_MAX)
        .take(PAIRS_MAX)
        .collect();
    let mut maps = Vec::new();
    for (up, across) in pairs {
        let mut figures = vec![goal(report)];
        if varying.len() == 2 {
            let goal = report.task.yardstick.goal.to_string();
            figures.extend(MAPPED.iter().filter(|name| **name != goal).filter_map(|name| measure(report, name)));
        }
        maps.extend(figures.iter().filter_map(|figure| map(report, figure, across, up)));
    }
    maps
}

/// The values that a key takes, ascending.
fn values(report: &SweepReport, key: usize) -> Vec<f64> {
    let mut values: Vec<f64> = report.settings.iter().map(|setting| setting[key]).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    values
}

fn map(report: &SweepReport, figure: &Shown, across: &(usize, Vec<f64>), up: &(usize, Vec<f64>)) -> Option<Value> {
    let mut cells: Vec<Vec<Option<(Candidate, f64)>>> = vec![vec![None; across.1.len()]; up.1.len()];
    let place = |values: &[f64], value: f64| values.iter().position(|known| *known == value);
    // Of the settings that share both values the one with the least goal is shown.
    for &candidate in report.ranking().iter().rev().filter(|&&candidate| candidate > 0) {
        let setting = &report.settings[candidate - 1];
        let at = (place(&up.1, setting[up.0])?, place(&across.1, setting[across.0])?);
        let value = (figure.of)(candidate).map(|estimate| figure.scale * estimate.value);
        cells[at.0][at.1] = value.map(|value| (candidate, value));
    }
    let filled: Vec<f64> = cells.iter().flatten().flatten().map(|(_, value)| *value).collect();
    let is_flat = filled.windows(2).all(|pair| pair[0] == pair[1]);
    if is_flat || 2 * filled.len() < across.1.len() * up.1.len() {
        return None;
    }
    let cell = |(candidate, value): (Candidate, f64)| Cell {
        value,
        tied: report.is_tied(candidate),
        best: report.found.best == Some(candidate),
        reference: report.is_reference(candidate),
        missed: report.score(candidate).is_some_and(|score| !score.entrant.admitted),
    };
    let cells: Vec<Vec<Option<Cell>>> =
        cells.into_iter().map(|row| row.into_iter().map(|found| found.map(cell)).collect()).collect();
    let (across, up) = ((report.keys[across.0].as_str(), &across.1[..]), (report.keys[up.0].as_str(), &up.1[..]));
    let map = Heatmap { title: &figure.name, across, up, cells: &cells };
    let others = report.keys.len() > 2;
    let chart = both(|width| heatmap(&map, width));
    Some(context! { title => figure.name.as_str(), across => across.0, up => up.0, others, chart })
}

/// The goal along each key.
pub(super) fn lines(report: &SweepReport) -> Vec<Value> {
    let goal = goal(report);
    let line = |key: usize| {
        let at = |candidate: Candidate| report.values(candidate)[key].map(Estimate::bare);
        let across = Shown { name: report.keys[key].clone(), scale: 1.0, of: Box::new(at) };
        let chart = chart(report, &goal.name, &across, &goal)?;
        Some(context! { title => report.keys[key].as_str(), chart })
    };
    (0..report.keys.len()).filter(|&key| values(report, key).len() > 1).filter_map(line).collect()
}

/// What the hedge costs against what it leaves of the risk.
pub(super) fn frontiers(report: &SweepReport) -> Vec<Value> {
    let pairs = [("cost", "es(0.99)"), ("cost", "p_margin_call")];
    let frontier = |(across, up): (&str, &str)| {
        let (across, up) = (measure(report, across)?, measure(report, up)?);
        let title = format!("{} against {}", up.name, across.name);
        Some(context! { chart => chart(report, &title, &across, &up)?, title })
    };
    pairs.into_iter().filter_map(frontier).collect()
}

fn chart(report: &SweepReport, title: &str, across: &Shown, up: &Shown) -> Option<String> {
    let point = |&candidate: &Candidate| {
        let (x, y) = ((across.of)(candidate)?, (up.of)(candidate)?);
        let ends = |estimate: &Estimate, scale: f64| {
            let [low, high] = [estimate.interval.low, estimate.interval.high];
            [low, high].map(|end| scale * end.unwrap_or(estimate.value))
        };
        Some(Point {
            across: across.scale * x.value,
            across_interval: ends(&x, across.scale),
            up: up.scale * y.value,
            up_interval: ends(&y, up.scale),
            class: report.class(candidate),
        })
    };
    let points: Vec<Point> = report.ranking().iter().filter_map(point).take(POINTS_MAX).collect();
    // Points that share a figure say nothing about how the two go together.
    let differ = |of: fn(&Point) -> f64| points.windows(2).any(|pair| of(&pair[0]) != of(&pair[1]));
    let worth_drawing = differ(|point| point.across) && differ(|point| point.up);
    worth_drawing.then(|| both(|width| frontier(title, [&across.name, &up.name], &points, width)))
}

/// A drawing of which two stand side by side on a wide page.
fn both(draw: impl Fn(f64) -> String) -> String {
    chart::both(|width| draw(if width >= WIDE { BESIDE } else { NARROW }))
}

/// How many settings the drawings leave out.
pub(super) fn left_out(report: &SweepReport) -> usize {
    report.candidates().len().saturating_sub(POINTS_MAX)
}
