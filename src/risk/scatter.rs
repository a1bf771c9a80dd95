//! Many points as few cells: how many paths lie in each cell of a plane, and the mean of a third value there.

use crate::stats::{Level, UpperTail};

/// Share of points beyond each end of an axis; the cells at the edge hold them.
const BEYOND: Level = Level::per_mille(999);

/// A plane of equal cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter {
    /// From the left edge to the right one.
    pub x: [f64; 2],
    /// From the lower edge to the upper one.
    pub y: [f64; 2],
    /// The cells that hold points, row after row from the lower edge.
    pub cells: Vec<ScatterCell>,
}

/// A cell that holds points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScatterCell {
    /// From 0 at the left.
    pub column: usize,
    /// From 0 at the lower edge.
    pub row: usize,
    /// Points inside.
    pub count: usize,
    /// Mean of the third value over them.
    pub mean: f64,
}

/// Sorts points into cells.
///
/// # Panics
/// There are no points, the three lengths differ, or a value is not finite.
#[must_use]
pub fn scatter(x: &[f64], y: &[f64], third: &[f64], [columns, rows]: [usize; 2]) -> Scatter {
    assert!(x.len() == y.len() && y.len() == third.len(), "points have three values each");
    let ranges = [x, y].map(range);
    let mut sums = vec![(0usize, 0.0); columns * rows];
    let place = |value: f64, [low, high]: [f64; 2], cells: usize| {
        // A cast of a float saturates: what lies below falls into the first cell.
        (((value - low) / (high - low) * cells as f64) as usize).min(cells - 1)
    };
    for ((&x, &y), &third) in x.iter().zip(y).zip(third) {
        let (count, sum) = &mut sums[place(y, ranges[1], rows) * columns + place(x, ranges[0], columns)];
        *count += 1;
        *sum += third;
    }
    let cells = sums.into_iter().enumerate().filter(|(_, (count, _))| *count > 0);
    let cell = |(index, (count, sum)): (usize, (usize, f64))| ScatterCell {
        column: index % columns,
        row: index / columns,
        count,
        mean: sum / count as f64,
    };
    Scatter { x: ranges[0], y: ranges[1], cells: cells.map(cell).collect() }
}

/// All but a few values; never empty.
fn range(values: &[f64]) -> [f64; 2] {
    let highest = UpperTail::new(values.to_vec(), BEYOND).quantile(BEYOND);
    let lowest = -UpperTail::new(values.iter().map(|value| -value).collect(), BEYOND).quantile(BEYOND);
    if highest > lowest { [lowest, highest] } else { [lowest - 1.0, lowest + 1.0] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_in_a_cell_and_means_are_kept() {
        let x: Vec<f64> = (0..5000u32).map(|i| f64::from(i * 31 % 997)).collect();
        let y: Vec<f64> = x.iter().map(|x| 3.0 - x).collect();
        let found = scatter(&x, &y, &x, [20, 10]);
        assert_eq!(found.cells.iter().map(|cell| cell.count).sum::<usize>(), 5000);
        let sum: f64 = found.cells.iter().map(|cell| cell.mean * cell.count as f64).sum();
        assert!((sum - x.iter().sum::<f64>()).abs() < 1e-6);
        // A falling line: the leftmost cell lies at the top.
        assert!(found.cells.iter().filter(|cell| cell.column == 0).all(|cell| cell.row == 9));
    }

    #[test]
    fn equal_points_have_a_plane_around_them() {
        let found = scatter(&[1.0; 3], &[2.0; 3], &[5.0; 3], [4, 4]);
        assert_eq!((found.cells.len(), found.cells[0].count, found.cells[0].mean), (1, 3, 5.0));
    }
}
