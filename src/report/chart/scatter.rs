//! P&L against the move of the index: cells of a plane, larger where more paths lie, coloured by the highest VIX.

use super::canvas::Anchor;
use super::{Canvas, Scale, WIDE};
use crate::report::format;
use crate::risk::regime::regime_of;
use crate::risk::scatter::scatter;

/// Pixels that one label of the horizontal axis needs.
const LABEL_WIDTH: f64 = 72.0;

/// The smallest mark, as a share of its cell.
const SMALLEST: f64 = 0.35;

/// Draws all paths: the index's return as a fraction, P&L in USD, the highest VIX of each.
#[must_use]
pub fn draw(index_return: &[f64], pnl_usd: &[f64], highest_vix: &[f64], width: f64) -> String {
    let wide = width >= WIDE;
    let height = if wide { 340.0 } else { 270.0 };
    let cells = if wide { [56, 34] } else { [30, 26] };
    let [left, right, top, bottom] = [58.0, width - 8.0, 10.0, height - 42.0];
    let plane = scatter(index_return, pnl_usd, highest_vix, cells);
    let x = Scale::linear(plane.x.map(|x| 100.0 * x), [left, right]);
    let y = Scale::linear(plane.y, [bottom, top]);

    let mut canvas = Canvas::new(width, height);
    let (ticks, step) = y.ticks(6);
    for tick in ticks {
        let at = y.pixel(tick);
        canvas.line(if tick == 0.0 { "zero" } else { "grid" }, [left, at], [right, at]);
        canvas.text("label", [left - 6.0, at + 4.0], Anchor::End, &format::typeset(&format::tick(tick, step)));
    }
    let (ticks, step) = x.ticks((width / LABEL_WIDTH) as usize + 2);
    for tick in ticks {
        let at = x.pixel(tick);
        canvas.line(if tick == 0.0 { "zero" } else { "grid" }, [at, top], [at, bottom]);
        if at <= width - LABEL_WIDTH / 3.0 {
            let text = format!("{} %", format::typeset(&format::tick(tick, step)));
            canvas.text("label", [at, bottom + 17.0], Anchor::Middle, &text);
        }
    }
    canvas.text("label", [(left + right) / 2.0, bottom + 36.0], Anchor::Middle, "move of SPX; P&L over cash, USD");
    let most = plane.cells.iter().map(|cell| cell.count).max().unwrap_or(1) as f64;
    let size = [(right - left) / cells[0] as f64, (bottom - top) / cells[1] as f64];
    for cell in &plane.cells {
        let share = SMALLEST + (1.0 - SMALLEST) * libm::log1p(cell.count as f64) / libm::log1p(most);
        let centre = [left + (cell.column as f64 + 0.5) * size[0], bottom - (cell.row as f64 + 0.5) * size[1]];
        let half = size.map(|side| 0.5 * share * side);
        let corner = |sign: f64| [centre[0] + sign * half[0], centre[1] + sign * half[1]];
        canvas.rectangle(&format!("vix{}", regime_of(cell.mean)), corner(-1.0), corner(1.0));
    }
    canvas.finish("P&L of all paths against the move of the index, coloured by the highest VIX of the path")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_run_stays_a_small_drawing() {
        let index: Vec<f64> =
            (0..100_000u32).map(|i| f64::from(i.wrapping_mul(2_654_435_761) >> 12) / 1e6 - 0.5).collect();
        let pnl: Vec<f64> = (0..100_000u32).map(|i| f64::from(i.wrapping_mul(2_246_822_519) >> 12) - 5e5).collect();
        let vix: Vec<f64> = index.iter().map(|x| 30.0 - 40.0 * x).collect();
        let drawing = draw(&index, &pnl, &vix, WIDE);
        assert!(drawing.len() < 200_000, "{}", drawing.len());
        assert!(drawing.contains("vix0") && drawing.contains("vix3") && !drawing.contains("NaN"));
    }
}
