//! Charts as plain SVG: each is drawn for a wide page and for a phone, coloured by the page's style sheet.

pub mod bars;
pub mod canvas;
pub mod frontier;
pub mod heatmap;
pub mod histogram;
pub mod scale;
pub mod tail;

pub use canvas::Canvas;
pub use scale::Scale;

/// Width of a chart on a desktop or on paper, pixels.
pub const WIDE: f64 = 720.0;

/// Width of a chart on a phone, pixels.
pub const NARROW: f64 = 340.0;

/// A sample with the name of the class that colours it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Series<'a> {
    /// `hedged` or `unhedged`.
    pub class: &'a str,
    /// P&L, USD, one a path.
    pub pnl_usd: &'a [f64],
    /// Losses to be marked, with a short name.
    pub marks_usd: &'a [(&'a str, f64)],
}

/// One drawing in both widths; the style sheet shows one of them.
#[must_use]
pub fn both(draw: impl Fn(f64) -> String) -> String {
    format!("<div class=\"wide\">{}</div><div class=\"narrow\" aria-hidden=\"true\">{}</div>", draw(WIDE), draw(NARROW))
}
