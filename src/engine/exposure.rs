//! What a path tells of the accounts' exposure to the index: sums over its days from which slopes follow.
//!
//! ```text
//! x = S_d / S_(d-1) - 1,   y = P&L of day d:     sum x, sum x^2, sum x y over all days, and over the path's worst 5 % of days
//! ```

use super::market::MarketBatch;
use crate::risk::{Column, Values};

/// The share of a path's days, by the index's return, that count as its worst.
const WORST_SHARE: f64 = 0.05;

/// Sums over some days of each path.
#[derive(Debug, Default)]
struct Sums {
    x: Vec<f64>,
    xx: Vec<f64>,
    /// The hedged account, then the unhedged one.
    y: [Vec<f64>; 2],
    xy: [Vec<f64>; 2],
}

impl Sums {
    fn all(&mut self) -> impl Iterator<Item = &mut Vec<f64>> {
        let Self { x, xx, y, xy } = self;
        [x, xx].into_iter().chain(y).chain(xy)
    }
}

/// The running sums of a batch.
#[derive(Debug, Default)]
pub(super) struct Exposure {
    all: Sums,
    worst: Sums,
    worst_days: Vec<i32>,
    /// The largest return that still counts among a path's worst.
    bound: Vec<f64>,
    returns: Vec<f64>,
    /// P&L at the close before.
    before: [Vec<f64>; 2],
}

impl Exposure {
    /// Starts a batch whose market is known.
    pub(super) fn begin(&mut self, market: &MarketBatch) {
        let (days, lanes) = (market.path.days(), market.path.lanes());
        let Self { all, worst, before, .. } = self;
        for values in all.all().chain(worst.all()).chain(before) {
            values.clear();
            values.resize(lanes, 0.0);
        }
        self.worst_days.clear();
        self.worst_days.resize(lanes, 0);
        self.bound.clear();
        let spot = &market.path.spot;
        let worst = ((WORST_SHARE * (days - 1) as f64).ceil() as usize).max(1);
        for lane in 0..lanes {
            self.returns.clear();
            self.returns.extend((1..days).map(|day| spot[day * lanes + lane] / spot[(day - 1) * lanes + lane] - 1.0));
            let (_, bound, _) = self.returns.select_nth_unstable_by(worst - 1, f64::total_cmp);
            self.bound.push(*bound);
        }
    }

    /// Adds a day; `pnl` is that of the hedged and of the unhedged account at its close.
    pub(super) fn observe(&mut self, day: usize, market: &MarketBatch, pnl: [&[f64]; 2]) {
        if day == 0 {
            return;
        }
        let lanes = market.path.lanes();
        let [today, yesterday] = [day, day - 1].map(|day| &market.path.spot[day * lanes..][..lanes]);
        for lane in 0..lanes {
            let x = today[lane] / yesterday[lane] - 1.0;
            let y = [0, 1].map(|account| pnl[account][lane] - self.before[account][lane]);
            let worst = x <= self.bound[lane];
            self.all.x[lane] += x;
            self.all.xx[lane] += x * x;
            self.all.xy[0][lane] += x * y[0];
            self.all.xy[1][lane] += x * y[1];
            if worst {
                self.worst_days[lane] += 1;
                self.worst.x[lane] += x;
                self.worst.xx[lane] += x * x;
                for account in 0..2 {
                    self.worst.y[account][lane] += y[account];
                    self.worst.xy[account][lane] += x * y[account];
                }
            }
        }
        for (before, pnl) in self.before.iter_mut().zip(pnl) {
            before.copy_from_slice(pnl);
        }
    }

    /// Adds the columns of the batch.
    pub(super) fn push_columns(&self, columns: &mut Vec<Column>) {
        let mut real = |name: &str, values: &[f64]| {
            columns.push(Column { name: name.to_owned(), values: Values::Real(values.to_vec()) });
        };
        let Self { all, worst, .. } = self;
        real("index_return_sum", &all.x);
        real("index_return_squares", &all.xx);
        real("hedged_index_product_usd", &all.xy[0]);
        real("unhedged_index_product_usd", &all.xy[1]);
        real("worst_days_index_return_sum", &worst.x);
        real("worst_days_index_return_squares", &worst.xx);
        real("worst_days_hedged_pnl_usd", &worst.y[0]);
        real("worst_days_unhedged_pnl_usd", &worst.y[1]);
        real("worst_days_hedged_index_product_usd", &worst.xy[0]);
        real("worst_days_unhedged_index_product_usd", &worst.xy[1]);
        columns.push(Column { name: "worst_days".into(), values: Values::Count(self.worst_days.clone()) });
    }
}
