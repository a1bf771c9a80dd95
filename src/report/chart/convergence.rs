//! How expected shortfall settles with the number of paths: the estimate and its 95 % interval.

use super::canvas::Anchor;
use super::{Canvas, Scale, WIDE};
use crate::report::format;
use crate::stats::Estimate;

/// One account: the class that colours it, and its estimates by number of paths.
pub type Settling<'a> = (&'a str, &'a [(usize, Estimate)]);

/// Draws the estimates of all accounts over the same axes; the number of paths is on a logarithmic scale.
#[must_use]
pub fn draw(accounts: &[Settling<'_>], width: f64) -> String {
    let height = if width >= WIDE { 280.0 } else { 240.0 };
    let [left, right, top, bottom] = [62.0, width - 14.0, 10.0, height - 42.0];
    let points = || accounts.iter().flat_map(|(_, points)| *points);
    let ends = points().flat_map(|(_, e)| [Some(e.value), e.interval.low, e.interval.high]).flatten();
    let [low, high] = ends.fold([f64::MAX, f64::MIN], |[low, high], end| [low.min(end), high.max(end)]);
    let paths = points().map(|(paths, _)| *paths as f64);
    let [first, last] = paths.fold([f64::MAX, 1.0], |[first, last]: [f64; 2], n| [first.min(n), last.max(n)]);
    let margin = 0.05 * (high - low).max(1.0);
    let y = Scale::linear([low - margin, high + margin], [bottom, top]);
    let x = Scale::logarithmic([first, last.max(first * 1.01)], [left, right]);

    let mut canvas = Canvas::new(width, height);
    let (ticks, step) = y.ticks(5);
    for tick in ticks {
        let at = y.pixel(tick);
        canvas.line("grid", [left, at], [right, at]);
        canvas.text("label", [left - 6.0, at + 4.0], Anchor::End, &format::typeset(&format::tick(tick, step)));
    }
    for tick in x.round_values() {
        let at = x.pixel(tick);
        canvas.line("grid", [at, top], [at, bottom]);
        let anchor = if at > width - 40.0 { Anchor::End } else { Anchor::Middle };
        canvas.text("label", [at, bottom + 17.0], anchor, &format::count(tick.round() as u64));
    }
    canvas.line("axis", [left, bottom], [right, bottom]);
    canvas.text("label", [(left + right) / 2.0, bottom + 36.0], Anchor::Middle, "paths; expected shortfall 99 %, USD");
    for (class, points) in accounts {
        let line = |of: &dyn Fn(&Estimate) -> Option<f64>| -> Vec<[f64; 2]> {
            let known = points.iter().filter_map(|(paths, e)| Some((*paths as f64, of(e)?)));
            known.map(|(paths, value)| [x.pixel(paths), y.pixel(value)]).collect()
        };
        let (upper, lower) = (line(&|e| e.interval.high), line(&|e| e.interval.low));
        canvas.area(&format!("band {class}"), upper.into_iter(), lower.into_iter());
        canvas.path(&format!("curve {class}"), line(&|e| Some(e.value)));
    }
    canvas.finish("Expected shortfall of the first so many paths, with its 95 % interval")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_without_error_leave_the_band_but_not_the_curve() {
        let points =
            [(500, Estimate::bare(90e3)), (5_000, Estimate::normal(95e3, 4e3)), (50_000, Estimate::normal(97e3, 1e3))];
        let drawing = draw(&[("hedged", &points)], WIDE);
        assert!(drawing.contains("10,000") && drawing.contains("curve hedged") && !drawing.contains("NaN"));
    }
}
