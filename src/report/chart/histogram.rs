//! The distribution of P&L, hedged over unhedged, with VaR and ES marked.

use super::canvas::Anchor;
use super::{Canvas, Mark, Scale, Series, WIDE};
use crate::report::format;

/// Share of paths beyond each end of the axis; the end bars hold them.
const BEYOND: f64 = 0.001;

/// Pixels that one label of the horizontal axis needs.
const LABEL_WIDTH: f64 = 72.0;

/// Pixels between the labels of marks.
const MARK_HEIGHT: f64 = 16.0;

/// Draws a histogram of each sample over a common axis; the first is filled, the others are outlines.
#[must_use]
pub fn draw(series: &[Series], width: f64) -> String {
    let marks: usize = series.iter().map(|series| series.marks.len()).sum();
    let top = 10.0 + MARK_HEIGHT * marks as f64;
    let height = if width >= WIDE { 300.0 } else { 250.0 } + MARK_HEIGHT * marks as f64;
    let bottom = height - 42.0;
    let mut canvas = Canvas::new(width, height);
    let x = Scale::linear(range(series), [6.0, width - 6.0]);
    let edges: Vec<f64> = bin_edges(range(series), if width >= WIDE { 72 } else { 40 });
    let shares: Vec<Vec<f64>> = series.iter().map(|series| shares(series.pnl_usd, &edges)).collect();
    let highest = shares.iter().flatten().copied().fold(0.0, f64::max);
    let y = Scale::linear([0.0, highest.max(1e-12)], [bottom, top]);

    draw_axis(&mut canvas, &x, [top, bottom], width);
    for (i, (series, shares)) in series.iter().zip(&shares).enumerate() {
        let corners = edges.windows(2).zip(shares).map(|(edge, share)| ([edge[0], edge[1]], *share));
        if i == 0 {
            for ([left, right], share) in corners.filter(|(_, share)| *share > 0.0) {
                let class = format!("bar {}", series.class);
                canvas.rectangle(&class, [x.pixel(left) + 0.5, y.pixel(share)], [x.pixel(right) - 0.5, bottom]);
            }
        } else {
            let steps = corners.flat_map(|([left, right], share)| [[left, share], [right, share]]);
            let outline = steps.map(|[at, share]| [x.pixel(at), y.pixel(share)]);
            canvas.path(&format!("outline {}", series.class), outline);
        }
    }
    draw_marks(&mut canvas, &x, series, bottom, width);
    canvas.finish("Histogram of the P&L of all paths, with value at risk and expected shortfall marked")
}

/// The axis holds all but a few paths, zero and every mark.
fn range(series: &[Series]) -> [f64; 2] {
    let mut range = [0.0_f64, 0.0_f64];
    for series in series {
        let mut sorted = series.pnl_usd.to_vec();
        sorted.sort_by(f64::total_cmp);
        let beyond = (BEYOND * sorted.len() as f64) as usize;
        let ends = [sorted.get(beyond), sorted.get((sorted.len() - beyond).saturating_sub(1))];
        let marks = series.marks.iter().map(|mark| -mark.loss_usd);
        for value in ends.into_iter().flatten().copied().chain(marks).filter(|value| value.is_finite()) {
            range = [range[0].min(value), range[1].max(value)];
        }
    }
    let margin = 0.02 * (range[1] - range[0]);
    [range[0] - margin, range[1] + margin]
}

fn bin_edges([low, high]: [f64; 2], bins: usize) -> Vec<f64> {
    (0..=bins).map(|i| low + (high - low) * i as f64 / bins as f64).collect()
}

/// The share of paths in each bin; the end bins hold what lies beyond.
fn shares(pnl: &[f64], edges: &[f64]) -> Vec<f64> {
    let bins = edges.len() - 1;
    let (low, width) = (edges[0], (edges[bins] - edges[0]) / bins as f64);
    let mut counts = vec![0usize; bins];
    for value in pnl {
        // A cast of a float saturates: what lies below falls into the first bin.
        let bin = ((value - low) / width) as usize;
        counts[bin.min(bins - 1)] += 1;
    }
    counts.into_iter().map(|count| count as f64 / pnl.len().max(1) as f64).collect()
}

fn draw_axis(canvas: &mut Canvas, x: &Scale, [top, bottom]: [f64; 2], width: f64) {
    let (ticks, step) = x.ticks((width / LABEL_WIDTH) as usize);
    for tick in ticks {
        let at = x.pixel(tick);
        canvas.line(if tick == 0.0 { "zero" } else { "grid" }, [at, top], [at, bottom]);
        if (LABEL_WIDTH / 3.0..=width - LABEL_WIDTH / 3.0).contains(&at) {
            canvas.text("label", [at, bottom + 17.0], Anchor::Middle, &format::typeset(&format::tick(tick, step)));
        }
    }
    canvas.line("axis", [x.pixel(f64::MIN), bottom], [x.pixel(f64::MAX), bottom]);
    canvas.text("label", [width / 2.0, bottom + 36.0], Anchor::Middle, "P&L over cash, USD");
}

/// Dashed lines with a label each, on lines of their own so that none covers another.
fn draw_marks(canvas: &mut Canvas, x: &Scale, series: &[Series], bottom: f64, width: f64) {
    let mut row = 0.0;
    for series in series {
        for Mark { name, loss_usd, interval_usd } in series.marks {
            let (at, y) = (x.pixel(-loss_usd), 12.0 + MARK_HEIGHT * row);
            if let Some(ends) = interval_usd {
                let [low, high] = ends.map(|end| x.pixel(-end));
                canvas.rectangle(&format!("band {}", series.class), [low, y - 8.0], [high, bottom]);
            }
            canvas.line(&format!("mark {}", series.class), [at, y - 8.0], [at, bottom]);
            let (anchor, shift) = if at > width / 2.0 { (Anchor::End, -5.0) } else { (Anchor::Start, 5.0) };
            canvas.text(&format!("label {}", series.class), [at + shift, y], anchor, name);
            row += 1.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_in_some_bar() {
        let pnl = [-1e9, -5.0, -0.5, 0.0, 0.5, 9.999, 10.0, 1e9, f64::NAN];
        let shares = shares(&pnl, &bin_edges([-10.0, 10.0], 4));
        assert_eq!(shares.iter().map(|share| (share * 9.0).round() as i32).collect::<Vec<_>>(), [2, 2, 2, 3]);
    }

    #[test]
    fn one_path_or_none_or_equal_ones_can_be_drawn() {
        for pnl in [&[][..], &[3.0], &[-7.0; 50], &[0.0; 3]] {
            let mark = Mark { name: "ES 99 %", loss_usd: 7.0, interval_usd: Some([6.0, 9.0]) };
            let series = [Series { class: "hedged", pnl_usd: pnl, marks: &[mark] }];
            for width in [720.0, 340.0] {
                let svg = draw(&series, width);
                assert!(svg.ends_with("</svg>") && !svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            }
        }
    }
}
