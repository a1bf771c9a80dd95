//! A drawing in SVG: a few shapes, each with a class that the style sheet colours.

use std::fmt::Write;

/// Where a text hangs on its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The text begins there.
    Start,
    /// It is centred there.
    Middle,
    /// It ends there.
    End,
}

/// A drawing that grows shape by shape; later ones lie on top. Coordinates are pixels from the upper left.
#[derive(Debug, Clone)]
pub struct Canvas {
    width: f64,
    height: f64,
    body: String,
}

impl Canvas {
    /// An empty drawing.
    #[must_use]
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new() }
    }

    /// A straight line.
    pub fn line(&mut self, class: &str, from: [f64; 2], to: [f64; 2]) {
        let [[x1, y1], [x2, y2]] = [from, to];
        let _ = write!(self.body, r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#);
    }

    /// A rectangle between two corners.
    pub fn rectangle(&mut self, class: &str, corner: [f64; 2], opposite: [f64; 2]) {
        let [x, y] = [corner[0].min(opposite[0]), corner[1].min(opposite[1])];
        let [width, height] = [(corner[0] - opposite[0]).abs(), (corner[1] - opposite[1]).abs()];
        let _ = write!(
            self.body,
            r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}"/>"#
        );
    }

    /// A line through points.
    pub fn path(&mut self, class: &str, points: impl IntoIterator<Item = [f64; 2]>) {
        let mut data = String::new();
        for [x, y] in points {
            let _ = write!(data, "{}{x:.1} {y:.1}", if data.is_empty() { 'M' } else { 'L' });
        }
        if !data.is_empty() {
            let _ = write!(self.body, r#"<path class="{class}" d="{data}"/>"#);
        }
    }

    /// The area between two lines of points.
    pub fn area(
        &mut self,
        class: &str,
        upper: impl Iterator<Item = [f64; 2]>,
        lower: impl DoubleEndedIterator<Item = [f64; 2]>,
    ) {
        let mut data = String::new();
        for [x, y] in upper.chain(lower.rev()) {
            let _ = write!(data, "{}{x:.1} {y:.1}", if data.is_empty() { 'M' } else { 'L' });
        }
        let _ = write!(self.body, r#"<path class="{class}" d="{data}Z"/>"#);
    }

    /// A text on its baseline.
    pub fn text(&mut self, class: &str, at: [f64; 2], anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let ([x, y], text) = (at, escaped(text));
        let _ =
            write!(self.body, r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#);
    }

    /// The finished drawing, with what a screen reader says about it.
    #[must_use]
    pub fn finish(self, title: &str) -> String {
        let Self { width, height, body } = self;
        format!(r#"<svg viewBox="0 0 {width:.0} {height:.0}" role="img" aria-label="{}">{body}</svg>"#, escaped(title))
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_users_cannot_break_out_of_a_drawing() {
        let mut canvas = Canvas::new(10.0, 10.0);
        canvas.text("label", [1.0, 2.0], Anchor::Start, "</text><script>&\"");
        let svg = canvas.finish("a \"b\" <c>");
        assert!(svg.contains("&lt;/text&gt;&lt;script&gt;&amp;&quot;"));
        assert!(svg.contains("aria-label=\"a &quot;b&quot; &lt;c&gt;\""));
    }

    #[test]
    fn coordinates_are_short() {
        let mut canvas = Canvas::new(10.0, 10.0);
        canvas.path("tail", [[1.0 / 3.0, 2.0], [1e-12, 5.0]]);
        canvas.path("tail", []);
        assert!(canvas.finish("t").contains(r#"<path class="tail" d="M0.3 2.0L0.0 5.0"/></svg>"#));
    }
}
