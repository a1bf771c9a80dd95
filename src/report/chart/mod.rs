//! Charts as plain SVG: each is drawn for a wide page and for a phone, coloured by the page's style sheet.

pub mod bars;
pub mod canvas;
pub mod convergence;
pub mod fan;
pub mod frontier;
pub mod heatmap;
pub mod histogram;
pub mod multiples;
pub mod scale;
pub mod scatter;
pub mod strips;
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
    /// Losses to be marked.
    pub marks: &'a [Mark<'a>],
}

/// A loss to be marked on a drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark<'a> {
    /// A short name.
    pub name: &'a str,
    /// The loss, USD.
    pub loss_usd: f64,
    /// Its 95 % interval, USD.
    pub interval_usd: Option<[f64; 2]>,
}

/// One drawing in both widths; the style sheet shows one of them.
#[must_use]
pub fn both(draw: impl Fn(f64) -> String) -> String {
    format!("<div class=\"wide\">{}</div><div class=\"narrow\" aria-hidden=\"true\">{}</div>", draw(WIDE), draw(NARROW))
}
