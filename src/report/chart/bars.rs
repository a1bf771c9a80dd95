//! Parts of a whole as horizontal bars with the 95 % interval of each.

use super::canvas::Anchor;
use super::{Canvas, Scale};
use crate::report::format;
use crate::risk::Figure;

/// Pixels of one part: its name above its bar.
const ROW_HEIGHT: f64 = 40.0;

/// Pixels that one label of the axis needs.
const LABEL_WIDTH: f64 = 72.0;

/// Draws one bar for each named figure, positive to the right of zero; `of_losses` says that positive is bad.
#[must_use]
pub fn draw(title: &str, unit: &str, of_losses: bool, parts: &[(&str, &Figure)], width: f64) -> String {
    let bottom = 6.0 + ROW_HEIGHT * parts.len() as f64;
    let mut canvas = Canvas::new(width, bottom + 42.0);
    let ends = parts.iter().flat_map(|(_, figure)| [Some(figure.value), figure.low, figure.high]).flatten();
    let [low, high] =
        ends.filter(|value| value.is_finite()).fold([0.0, 0.0], |[a, b]: [f64; 2], value| [a.min(value), b.max(value)]);
    let margin = 0.03 * (high - low);
    let x = Scale::linear([low - margin, high + margin], [6.0, width - 6.0]);

    let (ticks, step) = x.ticks((width / LABEL_WIDTH) as usize);
    for tick in ticks {
        let at = x.pixel(tick);
        canvas.line(if tick == 0.0 { "zero" } else { "grid" }, [at, 4.0], [at, bottom]);
        if (LABEL_WIDTH / 3.0..=width - LABEL_WIDTH / 3.0).contains(&at) {
            canvas.text("label", [at, bottom + 17.0], Anchor::Middle, &format::typeset(&format::tick(tick, step)));
        }
    }
    canvas.text("label", [width / 2.0, bottom + 36.0], Anchor::Middle, unit);
    for (row, (name, figure)) in parts.iter().enumerate() {
        let top = 6.0 + ROW_HEIGHT * row as f64;
        let class = if (figure.value < 0.0) != of_losses { "bar loss" } else { "bar gain" };
        canvas.rectangle(class, [x.pixel(0.0), top + 18.0], [x.pixel(figure.value), top + 32.0]);
        if let Some((low, high)) = figure.low.zip(figure.high) {
            canvas.line("whisker", [x.pixel(low), top + 25.0], [x.pixel(high), top + 25.0]);
        }
        let text = format!("{name}: {}", format::typeset(&format::estimate(figure).value));
        canvas.text("label part", [8.0, top + 13.0], Anchor::Start, &text);
    }
    canvas.finish(title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn each_part_has_a_bar_and_a_name() {
        let result = fixture::result(100);
        let parts: Vec<(&str, &Figure)> = result
            .figures
            .iter()
            .filter(|figure| figure.measure == "mean_pnl")
            .filter_map(|figure| Some((figure.component.as_deref()?, figure)))
            .collect();
        let svg = draw("Mean by part", "USD", false, &parts, 340.0);
        assert_eq!(svg.matches("<rect").count(), parts.len());
        for (name, figure) in parts {
            assert!(svg.contains(&format!(">{name}: {}<", format::typeset(&format::estimate(figure).value))), "{svg}");
        }
        assert!(draw("Nothing", "USD", true, &[], 340.0).ends_with("</svg>"));
    }
}
