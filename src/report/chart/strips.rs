//! One path as strips over its days: SPX, VIX, which layers are on, P&L.

use super::canvas::Anchor;
use super::{Canvas, Scale};
use crate::engine::PathTrace;
use crate::report::format;

/// Pixels of a strip with a curve.
const STRIP: f64 = 76.0;

/// Pixels of one layer's line.
const LAYER: f64 = 20.0;

/// Pixels between strips.
const GAP: f64 = 24.0;

/// Draws a path; `layers` are the names of its layers.
#[must_use]
pub fn draw(trace: &PathTrace, layers: &[&str], width: f64) -> String {
    let has_layers = !layers.is_empty();
    let layer_strip = if has_layers { GAP + LAYER * layers.len() as f64 } else { 0.0 };
    let height = 3.0 * (STRIP + GAP) + layer_strip + 26.0;
    let [left, right] = [58.0, width - 10.0];
    let last = (trace.spot.len() - 1).max(1) as f64;
    let x = Scale::linear([0.0, last], [left, right]);
    let mut canvas = Canvas::new(width, height);
    let mut top = GAP - 6.0;
    let mut strip = |canvas: &mut Canvas, name: &str, curves: &[(&str, &[f64])], zero: bool| {
        let y = strip_scale(curves, zero, [top + STRIP, top]);
        canvas.text("label part", [left, top - 6.0], Anchor::Start, name);
        let (ticks, step) = y.ticks(3);
        for tick in ticks {
            let at = y.pixel(tick);
            canvas.line(if zero && tick == 0.0 { "zero" } else { "grid" }, [left, at], [right, at]);
            canvas.text("label", [left - 6.0, at + 4.0], Anchor::End, &format::typeset(&format::tick(tick, step)));
        }
        for (class, values) in curves {
            let points = values.iter().enumerate().map(|(day, value)| [x.pixel(day as f64), y.pixel(*value)]);
            canvas.path(&format!("curve {class}"), points);
        }
        top += STRIP + GAP;
    };
    strip(&mut canvas, "SPX", &[("plain", &trace.spot)], false);
    strip(&mut canvas, "VIX", &[("plain", &trace.vix)], false);
    let hedged: (&str, &[f64]) = ("hedged", &trace.hedged_pnl_usd);
    let unhedged: (&str, &[f64]) = ("unhedged", &trace.unhedged_pnl_usd);
    let has_hedge = has_layers || trace.hedged_pnl_usd != trace.unhedged_pnl_usd;
    let accounts = if has_hedge { vec![unhedged, hedged] } else { vec![hedged] };
    strip(&mut canvas, "P&L over cash, USD", &accounts, true);
    if has_layers {
        canvas.text("label part", [left, top - 6.0], Anchor::Start, "Layers on");
        for (number, name) in layers.iter().enumerate() {
            let middle = top + LAYER * (number as f64 + 0.5);
            canvas.line("grid", [left, middle], [right, middle]);
            canvas.text("label", [left - 6.0, middle + 4.0], Anchor::End, &short(name, number));
            for (from, to) in spells(&trace.layer_on[number]) {
                canvas.rectangle("bar on", [x.pixel(from as f64), middle - 5.0], [x.pixel(to as f64), middle + 5.0]);
            }
        }
        top += LAYER * layers.len() as f64 + 6.0;
    }
    draw_dates(&mut canvas, trace, &x, if has_hedge { top + 12.0 } else { top });
    canvas.finish(&format!("Path {}: SPX, VIX, P&L and layers day by day", trace.path))
}

/// The first word of a layer's name where that fits, or its number.
fn short(name: &str, number: usize) -> String {
    let word = name.split_whitespace().next().unwrap_or_default();
    if (1..=7).contains(&word.chars().count()) { word.into() } else { format!("layer {}", number + 1) }
}

fn strip_scale(curves: &[(&str, &[f64])], zero: bool, pixels: [f64; 2]) -> Scale {
    let start = if zero { [0.0, 0.0] } else { [f64::MAX, f64::MIN] };
    let values = curves.iter().flat_map(|(_, values)| values.iter());
    let [low, high] = values.fold(start, |[low, high], value| [low.min(*value), high.max(*value)]);
    let margin = 0.04 * (high - low);
    Scale::linear([low - margin, high + margin], pixels)
}

/// The stretches of days from a close with the layer on to the first close without it.
fn spells(on: &[bool]) -> Vec<(usize, usize)> {
    let mut spells: Vec<(usize, usize)> = Vec::new();
    for (day, _) in on.iter().enumerate().filter(|(_, on)| **on) {
        let end = (day + 1).min(on.len() - 1);
        match spells.last_mut().filter(|(_, to)| *to >= day) {
            Some((_, to)) => *to = end,
            None => spells.push((day, end)),
        }
    }
    spells
}

/// First, middle and last date.
fn draw_dates(canvas: &mut Canvas, trace: &PathTrace, x: &Scale, baseline: f64) {
    let last = trace.dates.len() - 1;
    for (day, anchor) in [(0, Anchor::Start), (last / 2, Anchor::Middle), (last, Anchor::End)] {
        canvas.text("label", [x.pixel(day as f64), baseline], anchor, &trace.dates[day].to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_run_to_the_close_that_ends_them() {
        assert_eq!(spells(&[false, true, true, false, true, false]), [(1, 3), (4, 5)]);
        assert_eq!(spells(&[true, true]), [(0, 1)]);
        assert_eq!(spells(&[false; 4]), []);
    }

    #[test]
    fn long_names_of_layers_become_numbers() {
        assert_eq!(short("L1 early warning", 0), "L1");
        assert_eq!(short("extraordinary", 2), "layer 3");
        assert_eq!(short("", 0), "layer 1");
    }
}
