//! How P&L spreads day by day: bands of the hedged account, and the edges of the same bands without the hedge.

use super::canvas::Anchor;
use super::{Canvas, Scale, WIDE};
use crate::report::format;
use crate::risk::profile::{BANDS, Profile};

/// Pixels that one label of the horizontal axis needs.
const LABEL_WIDTH: f64 = 72.0;

/// Which quantiles bound the bands, the widest first.
const PAIRS: [[usize; 2]; 3] = [[0, 6], [1, 5], [2, 4]];

/// Which quantile is the middle.
const MEDIAN: usize = 3;

/// Draws the bands of all days; the unhedged account is left out where there is no hedge.
#[must_use]
pub fn draw(profile: &Profile, has_hedge: bool, width: f64) -> String {
    let height = if width >= WIDE { 320.0 } else { 260.0 };
    let [left, right, top, bottom] = [58.0, width - 8.0, 10.0, height - 42.0];
    let shown = |rows: &[[f64; BANDS.len()]]| rows.iter().flatten().copied().collect::<Vec<f64>>();
    let mut all = shown(&profile.hedged_usd);
    if has_hedge {
        all.extend(shown(&profile.unhedged_usd));
    }
    let [low, high] = all.iter().fold([0.0_f64, 0.0], |[low, high], value| [low.min(*value), high.max(*value)]);
    let margin = 0.03 * (high - low);
    let y = Scale::linear([low - margin, high + margin], [bottom, top]);
    let last = profile.days.last().copied().unwrap_or(1);
    let x = Scale::linear([0.0, f64::from(last)], [left, right]);

    let mut canvas = Canvas::new(width, height);
    let (ticks, step) = y.ticks(6);
    for tick in ticks {
        let at = y.pixel(tick);
        canvas.line(if tick == 0.0 { "zero" } else { "grid" }, [left, at], [right, at]);
        canvas.text("label", [left - 6.0, at + 4.0], Anchor::End, &format::typeset(&format::tick(tick, step)));
    }
    let (ticks, step) = x.ticks((width / LABEL_WIDTH) as usize);
    for tick in ticks.into_iter().filter(|tick| x.pixel(*tick) <= width - LABEL_WIDTH / 3.0) {
        canvas.text("label", [x.pixel(tick), bottom + 17.0], Anchor::Middle, &format::tick(tick, step));
    }
    canvas.text("label", [(left + right) / 2.0, bottom + 36.0], Anchor::Middle, "trading days; P&L over cash, USD");

    let line = |rows: &[[f64; BANDS.len()]], band: usize| -> Vec<[f64; 2]> {
        let points = profile.days.iter().zip(rows);
        points.map(|(day, row)| [x.pixel(f64::from(*day)), y.pixel(row[band])]).collect()
    };
    for [below, above] in PAIRS {
        let [below, above] = [below, above].map(|band| line(&profile.hedged_usd, band));
        canvas.area("fan hedged", above.into_iter(), below.into_iter());
    }
    canvas.path("curve hedged", line(&profile.hedged_usd, MEDIAN));
    if has_hedge {
        for band in [0, 6] {
            canvas.path("curve thin unhedged", line(&profile.unhedged_usd, band));
        }
        canvas.path("curve unhedged", line(&profile.unhedged_usd, MEDIAN));
    }
    canvas.finish("How the P&L of all paths spreads day by day, with the hedge and without")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_drawn_for_the_hedged_account_and_edges_for_the_other() {
        let row = |day: f64| BANDS.map(|band| 1e5 * day * (band - 0.4));
        let profile = Profile {
            days: vec![0, 10, 20],
            hedged_usd: vec![row(0.0), row(10.0), row(20.0)],
            unhedged_usd: vec![row(0.0), row(15.0), row(30.0)],
        };
        let both = draw(&profile, true, WIDE);
        assert_eq!((both.matches("fan hedged").count(), both.matches("unhedged").count()), (3, 3));
        assert!(!draw(&profile, false, WIDE).contains("unhedged"));
        assert!(!both.contains("NaN"));
    }
}
