//! Two figures of every setting against each other, with their errors.

use super::canvas::Anchor;
use super::{Canvas, Scale};
use crate::report::format::{tick, typeset};

/// Room left, right, above and below the drawing, pixels.
const MARGIN: [f64; 4] = [64.0, 14.0, 10.0, 42.0];
/// Height over width.
const ASPECT: f64 = 0.55;
/// Half the side of a point, pixels.
const POINT: f64 = 3.0;

/// One setting: both figures with their 95 % intervals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Along the bottom.
    pub across: f64,
    /// Its interval.
    pub across_interval: [f64; 2],
    /// Up the side.
    pub up: f64,
    /// Its interval.
    pub up_interval: [f64; 2],
    /// `best`, `tied`, `reference` or `setting`.
    pub class: &'static str,
}

/// Draws the points so wide, the marked ones on top.
#[must_use]
pub fn frontier(title: &str, axes: [&str; 2], points: &[Point], width: f64) -> String {
    let height = width * ASPECT + MARGIN[3];
    let mut canvas = Canvas::new(width, height);
    let range = |ends: fn(&Point) -> [f64; 2]| {
        let all = points.iter().map(ends);
        let [low, high] = all.fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], [low, high]| [a.min(low), b.max(high)]);
        let pad = 0.04 * (high - low).max(f64::MIN_POSITIVE);
        [low - pad, high + pad]
    };
    let x = Scale::linear(range(|point| point.across_interval), [MARGIN[0], width - MARGIN[1]]);
    let y = Scale::linear(range(|point| point.up_interval), [height - MARGIN[3], MARGIN[2]]);
    let (across, step) = x.ticks(if width < 500.0 { 3 } else { 7 });
    for value in across {
        let at = x.pixel(value);
        canvas.line("grid", [at, MARGIN[2]], [at, height - MARGIN[3]]);
        canvas.text("label", [at, height - MARGIN[3] + 16.0], Anchor::Middle, &typeset(&tick(value, step)));
    }
    let (up, step) = y.ticks(6);
    for value in up {
        let at = y.pixel(value);
        canvas.line("grid", [MARGIN[0], at], [width - MARGIN[1], at]);
        canvas.text("label", [MARGIN[0] - 6.0, at + 4.0], Anchor::End, &typeset(&tick(value, step)));
    }
    for class in ["setting", "tied", "reference", "best"] {
        for point in points.iter().filter(|point| point.class == class) {
            let [at_x, at_y] = [x.pixel(point.across), y.pixel(point.up)];
            let whisker = format!("whisker {class}");
            canvas.line(&whisker, [x.pixel(point.across_interval[0]), at_y], [x.pixel(point.across_interval[1]), at_y]);
            canvas.line(&whisker, [at_x, y.pixel(point.up_interval[0])], [at_x, y.pixel(point.up_interval[1])]);
            let half = if ["best", "reference"].contains(&class) { POINT + 1.5 } else { POINT };
            canvas.rectangle(&format!("point {class}"), [at_x - half, at_y - half], [at_x + half, at_y + half]);
        }
    }
    canvas.text("label", [(MARGIN[0] + width - MARGIN[1]) / 2.0, height - 8.0], Anchor::Middle, axes[0]);
    canvas.finish(&format!("{title}: {} against {}", axes[1], axes[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_is_a_point_with_two_whiskers_inside_the_drawing() {
        let point = |across: f64, up: f64, class| Point {
            across,
            across_interval: [across - 1.0, across + 1.0],
            up,
            up_interval: [up - 5.0, up + 5.0],
            class,
        };
        let points = [point(1.0, 10.0, "best"), point(2.0, 30.0, "setting"), point(3.0, 20.0, "tied")];
        let svg = frontier("Frontier", ["cost", "ES"], &points, 400.0);
        assert_eq!((svg.matches("class=\"point").count(), svg.matches("class=\"whisker").count()), (3, 6));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        let one = frontier("Frontier", ["cost", "ES"], &points[..1], 400.0);
        assert!(!one.contains("NaN"), "{one}");
    }
}
