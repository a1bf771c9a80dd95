//! What a path tells of the accounts' exposure to the index: sums over its days from which slopes follow.
//!
//! ```text
//! x = S_d / S_(d-1) - 1,   y = P&L of day d:     sum x, sum x^2, sum x y over all days, and over the path's worst 5 % of days
//! ```

use super::market::MarketBatch;
use crate::math::InstructionSet;
use crate::math::dispatch::dispatched;
use crate::risk::{Column, Values};

/// The share of a path's days, by the index's return, that count as its worst.
const WORST_SHARE: f64 = 0.05;

/// Up to so many worst days are kept in order as days go by, for all paths at once; more are found path by path.
const KEPT_IN_ORDER: usize = 16;

/// The index along a batch: its daily returns and which days are among the worst of their path.
#[derive(Debug, Default)]
pub(super) struct IndexDays {
    lanes: usize,
    /// Returns from day 1 on, `[(day - 1) * lanes + lane]`.
    x: Vec<f64>,
    /// 1 on the worst days, 0 on others.
    is_worst: Vec<f64>,
    sums: [Vec<f64>; 4],
    worst_days: Vec<i32>,
    /// The lowest returns of each path in order, `[rank * lanes + lane]`, or the last of them alone.
    bounds: Vec<f64>,
    returns: Vec<f64>,
}

/// Sums of an account: `y` over the worst days, `x y` over all days and over the worst ones.
#[derive(Debug, Default)]
pub(super) struct Exposure {
    all_xy: Vec<f64>,
    worst_y: Vec<f64>,
    worst_xy: Vec<f64>,
}

impl IndexDays {
    /// Reads the paths of a batch.
    pub(super) fn read(&mut self, market: &MarketBatch) {
        let (days, lanes) = (market.path.days(), market.path.lanes());
        self.lanes = lanes;
        let spot = &market.path.spot;
        self.x.clear();
        self.x.extend(spot[lanes..].iter().zip(spot).map(|(today, yesterday)| today / yesterday - 1.0));
        self.is_worst.clear();
        self.is_worst.resize(self.x.len(), 0.0);
        self.worst_days.clear();
        self.worst_days.resize(lanes, 0);
        self.find_bounds(days - 1, ((WORST_SHARE * (days - 1) as f64).ceil() as usize).max(1));
        for sum in &mut self.sums {
            sum.clear();
            sum.resize(lanes, 0.0);
        }
        let Self { x, is_worst, bounds, sums: [sum, squares, worst_sum, worst_squares], worst_days, .. } = self;
        let bound = &bounds[bounds.len() - lanes..];
        for (x, is_worst) in x.chunks_exact(lanes).zip(is_worst.chunks_exact_mut(lanes)) {
            let set = InstructionSet::Best;
            add_index_day(set, x, bound, is_worst, worst_days, sum, squares, worst_sum, worst_squares);
        }
    }

    /// Finds the largest return that still counts among each path's `worst` ones: the last row of `bounds`.
    fn find_bounds(&mut self, days: usize, worst: usize) {
        let Self { x, bounds, returns, lanes, .. } = self;
        bounds.clear();
        if worst <= KEPT_IN_ORDER {
            bounds.resize(worst * *lanes, f64::INFINITY);
            for x in x.chunks_exact(*lanes) {
                returns.clear();
                returns.extend_from_slice(x);
                for lowest in bounds.chunks_exact_mut(*lanes) {
                    keep_lowest(InstructionSet::Best, lowest, returns);
                }
            }
            return;
        }
        for lane in 0..*lanes {
            returns.clear();
            returns.extend((0..days).map(|day| x[day * *lanes + lane]));
            let (_, &mut bound, _) = returns.select_nth_unstable_by(worst - 1, f64::total_cmp);
            bounds.push(bound);
        }
    }
}

dispatched!(
    /// Exchanges values where the second is lower.
    fn keep_lowest(lowest: &mut [f64], rest: &mut [f64]) {
        for (lowest, rest) in lowest.iter_mut().zip(rest) {
            let is_lower = *rest < *lowest;
            (*lowest, *rest) = if is_lower { (*rest, *lowest) } else { (*lowest, *rest) };
        }
    }
);

dispatched!(
    fn add_index_day(
        x: &[f64],
        bound: &[f64],
        is_worst: &mut [f64],
        worst_days: &mut [i32],
        sum: &mut [f64],
        squares: &mut [f64],
        worst_sum: &mut [f64],
        worst_squares: &mut [f64],
    ) {
        let sums = sum.iter_mut().zip(squares).zip(worst_sum.iter_mut().zip(worst_squares));
        let rows = x.iter().zip(bound).zip(is_worst.iter_mut().zip(worst_days));
        for (((x, bound), (is_worst, worst_days)), ((sum, squares), (worst_sum, worst_squares))) in rows.zip(sums) {
            let worst = x <= bound;
            *is_worst = if worst { 1.0 } else { 0.0 };
            *worst_days += i32::from(worst);
            *sum += x;
            *squares += x * x;
            *worst_sum += x * *is_worst;
            *worst_squares += x * x * *is_worst;
        }
    }
);

impl Exposure {
    /// Sums over an account whose P&L is `pnl_usd`, `[day * lanes + lane]`.
    pub(super) fn read(&mut self, index: &IndexDays, pnl_usd: &[f64]) {
        let lanes = index.lanes;
        let Self { all_xy, worst_y, worst_xy } = self;
        for sum in [&mut *all_xy, worst_y, worst_xy] {
            sum.clear();
            sum.resize(lanes, 0.0);
        }
        // What the first close's trades cost is a part of the first day's P&L.
        let nothing = vec![0.0; lanes];
        let before = std::iter::once(&nothing[..]).chain(pnl_usd[lanes..].chunks_exact(lanes));
        let days = pnl_usd[lanes..].chunks_exact(lanes).zip(before);
        let of_index = index.x.chunks_exact(lanes).zip(index.is_worst.chunks_exact(lanes));
        for ((today, before), (x, is_worst)) in days.zip(of_index) {
            add_day(InstructionSet::Best, today, before, x, is_worst, all_xy, worst_y, worst_xy);
        }
    }
}

dispatched!(
    fn add_day(
        today: &[f64],
        before: &[f64],
        x: &[f64],
        is_worst: &[f64],
        all_xy: &mut [f64],
        worst_y: &mut [f64],
        worst_xy: &mut [f64],
    ) {
        let rows = today.iter().zip(before).zip(x.iter().zip(is_worst));
        let sums = all_xy.iter_mut().zip(worst_y).zip(worst_xy);
        for (((today, before), (x, is_worst)), ((all_xy, worst_y), worst_xy)) in rows.zip(sums) {
            let y = today - before;
            *all_xy += x * y;
            *worst_y += y * is_worst;
            *worst_xy += x * y * is_worst;
        }
    }
);

/// Adds the columns of a batch.
pub(super) fn push_columns(index: &IndexDays, hedged: &Exposure, unhedged: &Exposure, columns: &mut Vec<Column>) {
    let mut real = |name: &str, values: &[f64]| {
        columns.push(Column { name: name.to_owned(), values: Values::Real(values.to_vec()) });
    };
    let [x, xx, worst_x, worst_xx] = &index.sums;
    real("index_return_sum", x);
    real("index_return_squares", xx);
    real("hedged_index_product_usd", &hedged.all_xy);
    real("unhedged_index_product_usd", &unhedged.all_xy);
    real("worst_days_index_return_sum", worst_x);
    real("worst_days_index_return_squares", worst_xx);
    real("worst_days_hedged_pnl_usd", &hedged.worst_y);
    real("worst_days_unhedged_pnl_usd", &unhedged.worst_y);
    real("worst_days_hedged_index_product_usd", &hedged.worst_xy);
    real("worst_days_unhedged_index_product_usd", &unhedged.worst_xy);
    columns.push(Column { name: "worst_days".into(), values: Values::Count(index.worst_days.clone()) });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_returns_are_found_in_order_and_path_by_path() {
        let (days, lanes) = (40, 5);
        let scattered = |n: usize| ((n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64 / 1e6 - 8.0;
        let x: Vec<f64> = (0..days * lanes).map(scattered).collect();
        for worst in [1, 2, KEPT_IN_ORDER, KEPT_IN_ORDER + 1, days] {
            let mut index = IndexDays { lanes, x: x.clone(), ..IndexDays::default() };
            index.find_bounds(days, worst);
            let found = &index.bounds[index.bounds.len() - lanes..];
            for (lane, &bound) in found.iter().enumerate() {
                let mut of_path: Vec<f64> = x.iter().skip(lane).step_by(lanes).copied().collect();
                of_path.sort_unstable_by(f64::total_cmp);
                assert_eq!(bound, of_path[worst - 1], "path {lane}, {worst} days");
            }
        }
    }
}
