//! One figure over two keys: a coloured cell a setting, with its value in it.

use super::Canvas;
use super::canvas::Anchor;
use crate::report::format;

/// Shades from low to high, classes `heat0` on.
const SHADES: usize = 9;
/// Height of a cell, pixels.
const CELL_HEIGHT: f64 = 30.0;
/// Width of a digit, pixels.
const DIGIT_WIDTH: f64 = 7.6;
/// Least distance of labels along the bottom, pixels.
const LABEL_WIDTH: f64 = 34.0;
/// Room for the labels on the left and below, pixels.
const MARGIN: [f64; 2] = [70.0, 48.0];

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// The figure.
    pub value: f64,
    /// Whether it is tied with the best.
    pub tied: bool,
    /// Whether it is the best.
    pub best: bool,
    /// Whether it is the scenario as it stands.
    pub reference: bool,
    /// Whether it misses a demand.
    pub missed: bool,
}

/// What a heatmap shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Heatmap<'a> {
    /// The figure, with its unit.
    pub title: &'a str,
    /// The key along the bottom and its values.
    pub across: (&'a str, &'a [f64]),
    /// The key up the side and its values.
    pub up: (&'a str, &'a [f64]),
    /// `[up][across]`; none where no setting has both values.
    pub cells: &'a [Vec<Option<Cell>>],
}

/// Draws it so wide; cells that are tied with the best have a frame, the best a thick one.
#[must_use]
pub fn heatmap(map: &Heatmap<'_>, width: f64) -> String {
    let rows = map.up.1.len();
    let height = CELL_HEIGHT * rows as f64 + MARGIN[1];
    let mut canvas = Canvas::new(width, height);
    let cell_width = (width - MARGIN[0]) / map.across.1.len().max(1) as f64;
    let values = || map.cells.iter().flatten().flatten().map(|cell| cell.value);
    let (low, high) = values().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let span = if high > low { high - low } else { 1.0 };
    let corner =
        |row: usize, column: usize| [MARGIN[0] + column as f64 * cell_width, (rows - 1 - row) as f64 * CELL_HEIGHT];
    let mut frames = Vec::new();
    for (row, cells) in map.cells.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            let Some(cell) = cell else { continue };
            let shade = (((cell.value - low) / span * SHADES as f64) as usize).min(SHADES - 1);
            let at = corner(row, column);
            canvas.rectangle(&format!("heat heat{shade}"), at, [at[0] + cell_width, at[1] + CELL_HEIGHT]);
            let text = format::typeset(&format::short(cell.value, span / 20.0));
            if DIGIT_WIDTH * text.chars().count() as f64 + 6.0 <= cell_width {
                let middle = [at[0] + cell_width / 2.0, at[1] + CELL_HEIGHT / 2.0 + 4.0];
                let class = if shade >= SHADES / 2 { "heatvalue dark" } else { "heatvalue" };
                canvas.text(class, middle, Anchor::Middle, &text);
            }
            if cell.missed {
                canvas.line("missed", [at[0], at[1] + CELL_HEIGHT], [at[0] + cell_width, at[1]]);
            }
            if cell.reference {
                let [x, y] = [at[0] + cell_width - 8.0, at[1] + 8.0];
                canvas.rectangle("dot", [x - 3.5, y - 3.5], [x + 3.5, y + 3.5]);
            }
            if cell.tied || cell.best {
                frames.push((at, cell.best));
            }
        }
    }
    for (at, best) in frames {
        let class = if best { "frame best" } else { "frame" };
        canvas.rectangle(class, [at[0] + 1.5, at[1] + 1.5], [at[0] + cell_width - 1.5, at[1] + CELL_HEIGHT - 1.5]);
    }
    label_axes(&mut canvas, map, cell_width, height, width);
    canvas.finish(&format!("{}, by {} and {}", map.title, map.across.0, map.up.0))
}

fn label_axes(canvas: &mut Canvas, map: &Heatmap<'_>, cell_width: f64, height: f64, width: f64) {
    let rows = map.up.1.len();
    for (row, value) in map.up.1.iter().enumerate() {
        let y = (rows - 1 - row) as f64 * CELL_HEIGHT + CELL_HEIGHT / 2.0 + 4.0;
        canvas.text("label", [MARGIN[0] - 6.0, y], Anchor::End, &value.to_string());
    }
    // As many labels as fit.
    let every = (LABEL_WIDTH / cell_width).ceil().max(1.0) as usize;
    for (column, value) in map.across.1.iter().enumerate().step_by(every) {
        let x = MARGIN[0] + (column as f64 + 0.5) * cell_width;
        canvas.text("label", [x, height - MARGIN[1] + 16.0], Anchor::Middle, &value.to_string());
    }
    canvas.text("label", [(MARGIN[0] + width) / 2.0, height - 8.0], Anchor::Middle, map.across.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_cell_and_the_best_a_frame() {
        let cell =
            |value: f64, tied: bool, best: bool| Some(Cell { value, tied, best, reference: best, missed: !tied });
        let cells = vec![vec![cell(1.0, true, true), cell(2.0, true, false)], vec![cell(9.0, false, false), None]];
        let map = Heatmap { title: "ES", across: ("a", &[1.0, 2.0]), up: ("b", &[0.5, 1.5]), cells: &cells };
        let svg = heatmap(&map, 360.0);
        assert_eq!(svg.matches("class=\"heat ").count(), 3);
        assert_eq!((svg.matches("frame best").count(), svg.matches("\"frame\"").count()), (1, 1));
        assert_eq!((svg.matches("\"missed\"").count(), svg.matches("\"dot\"").count()), (1, 1));
        assert!(svg.contains("heat0") && svg.contains("heat8") && svg.contains(">1.5<"));
    }
}
