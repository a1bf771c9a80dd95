//! The tail of losses on a logarithmic scale: how likely is a loss of at least so much.

use super::canvas::Anchor;
use super::{Canvas, Scale, Series, WIDE};
use crate::report::format;

/// Pixels that one label of the horizontal axis needs.
const LABEL_WIDTH: f64 = 72.0;

/// Points of a curve, evenly spread over the logarithm of the rank.
const POINTS: usize = 160;

/// Draws the share of paths that lose at least so much, one curve a sample; `axis` says what is lost.
#[must_use]
pub fn draw(series: &[Series], axis: &str, width: f64) -> String {
    let height = if width >= WIDE { 300.0 } else { 250.0 };
    let [left, right, top, bottom] = [62.0, width - 8.0, 10.0, height - 42.0];
    let losses: Vec<Vec<f64>> = series.iter().map(|series| descending_losses(series.pnl_usd)).collect();
    let paths = series.iter().map(|series| series.pnl_usd.len()).max().unwrap_or(0).max(2);
    let largest = losses.iter().filter_map(|losses| losses.first()).copied().fold(1.0, f64::max);
    let x = Scale::linear([0.0, largest * 1.02], [left, right]);
    let y = Scale::logarithmic([1.0 / paths as f64, 1.0], [bottom, top]);

    let mut canvas = Canvas::new(width, height);
    for decade in y.decades() {
        let at = y.pixel(decade);
        canvas.line("grid", [left, at], [right, at]);
        canvas.text("label", [left - 6.0, at + 4.0], Anchor::End, &format::percent(decade));
    }
    let (ticks, step) = x.ticks((width / LABEL_WIDTH) as usize);
    for tick in ticks.into_iter().filter(|tick| x.pixel(*tick) <= width - LABEL_WIDTH / 3.0) {
        canvas.text(
            "label",
            [x.pixel(tick), bottom + 17.0],
            Anchor::Middle,
            &format::typeset(&format::tick(tick, step)),
        );
    }
    canvas.line("axis", [left, bottom], [right, bottom]);
    canvas.text("label", [(left + right) / 2.0, bottom + 36.0], Anchor::Middle, &format!("{axis} of at least, USD"));
    for (series, losses) in series.iter().zip(&losses) {
        let share = |rank: usize| (rank + 1) as f64 / paths as f64;
        let points = ranks(losses.len()).into_iter().rev().map(|rank| [x.pixel(losses[rank]), y.pixel(share(rank))]);
        canvas.path(&format!("curve {}", series.class), points);
    }
    canvas.finish(&format!("Share of paths with a {axis} of at least a given amount, on a logarithmic scale"))
}

/// Positive losses, the largest first.
fn descending_losses(pnl: &[f64]) -> Vec<f64> {
    let mut losses: Vec<f64> = pnl.iter().map(|pnl| -pnl).filter(|loss| *loss > 0.0 && loss.is_finite()).collect();
    losses.sort_by(|a, b| b.total_cmp(a));
    losses
}

/// Ranks from 0 to `count - 1`, dense where losses are rare.
fn ranks(count: usize) -> Vec<usize> {
    if count == 0 {
        return Vec::new();
    }
    let last = (count - 1) as f64;
    let mut ranks: Vec<usize> =
        (0..=POINTS).map(|i| (libm::pow(last + 1.0, i as f64 / POINTS as f64) - 1.0).round() as usize).collect();
    ranks.dedup();
    ranks.into_iter().filter(|rank| *rank < count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_begin_at_the_worst_path_and_end_at_the_last() {
        for count in [1, 2, 17, 100_000] {
            let ranks = ranks(count);
            assert_eq!((ranks[0], *ranks.last().unwrap()), (0, count - 1));
            assert!(ranks.windows(2).all(|pair| pair[0] < pair[1]) && ranks.len() <= POINTS + 1);
        }
        assert!(ranks(0).is_empty());
    }

    #[test]
    fn samples_without_losses_can_be_drawn() {
        for pnl in [&[][..], &[3.0], &[0.0; 3], &[-5.0], &[-5.0, -5.0]] {
            let svg = draw(&[Series { class: "hedged", pnl_usd: pnl, marks: &[] }], "loss", 340.0);
            assert!(svg.ends_with("</svg>") && !svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
