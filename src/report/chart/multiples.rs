//! Small histograms of many runs over one axis, so that their shapes can be compared at a glance.

use super::canvas::Anchor;
use super::{Canvas, Scale};
use crate::report::format;

/// Bars of one histogram.
const BARS: usize = 48;

/// Share of paths beyond each end of the axis; the end bars hold them.
const BEYOND: f64 = 0.002;

/// An axis that holds all samples but a few paths.
#[must_use]
pub fn axis(samples: &[&[f64]]) -> [f64; 2] {
    let mut range = [0.0_f64, 0.0_f64];
    for sample in samples {
        let mut sorted = sample.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let beyond = (BEYOND * sorted.len() as f64) as usize;
        let ends = [sorted.get(beyond), sorted.get((sorted.len() - beyond).saturating_sub(1))];
        for value in ends.into_iter().flatten() {
            range = [range[0].min(*value), range[1].max(*value)];
        }
    }
    if range[1] > range[0] { range } else { [range[0] - 1.0, range[1] + 1.0] }
}

/// Draws one sample over a common axis; a loss may be marked.
#[must_use]
pub fn draw(pnl: &[f64], mark_loss_usd: Option<f64>, axis: [f64; 2], width: f64) -> String {
    let [top, bottom] = [6.0, 64.0];
    let x = Scale::linear(axis, [4.0, width - 4.0]);
    let mut counts = [0usize; BARS];
    for value in pnl {
        // A cast of a float saturates: what lies below falls into the first bar.
        counts[(((value - axis[0]) / (axis[1] - axis[0]) * BARS as f64) as usize).min(BARS - 1)] += 1;
    }
    let highest = counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let mut canvas = Canvas::new(width, bottom + 20.0);
    for (bar, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let edge = |bar: usize| x.pixel(axis[0] + (axis[1] - axis[0]) * bar as f64 / BARS as f64);
        let height = (bottom - top) * count as f64 / highest;
        canvas.rectangle("bar hedged", [edge(bar) + 0.3, bottom - height], [edge(bar + 1) - 0.3, bottom]);
    }
    canvas.line("axis", [4.0, bottom], [width - 4.0, bottom]);
    canvas.line("zero", [x.pixel(0.0), top], [x.pixel(0.0), bottom]);
    if let Some(loss) = mark_loss_usd {
        canvas.line("mark hedged", [x.pixel(-loss), top], [x.pixel(-loss), bottom]);
    }
    let (ticks, step) = x.ticks(4);
    for tick in ticks.into_iter().filter(|tick| (24.0..=width - 24.0).contains(&x.pixel(*tick))) {
        let text = format::typeset(&format::tick(tick, step));
        canvas.text("label", [x.pixel(tick), bottom + 15.0], Anchor::Middle, &text);
    }
    canvas.finish("Histogram of P&L")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_share_an_axis_and_none_or_equal_paths_can_be_drawn() {
        let (wide, narrow) = ([-5e5, 1e5, 2e5], [-10.0, 10.0]);
        assert_eq!(axis(&[&wide, &narrow]), [-5e5, 2e5]);
        for pnl in [&[][..], &[0.0; 5], &wide] {
            let drawing = draw(pnl, Some(4e5), axis(&[pnl]), 340.0);
            assert!(drawing.ends_with("</svg>") && !drawing.contains("NaN"), "{drawing}");
        }
    }
}
