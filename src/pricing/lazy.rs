//! Values at numbered places, each made when a sum first comes to need it, whichever thread that is.

use std::sync::OnceLock;

/// Rows of cells. What a cell holds is a function of its place alone, so it does not matter who fills it.
#[derive(Debug)]
pub(super) struct Lazy<T> {
    rows: Box<[Row<T>]>,
}

/// A row is allotted when the first of its cells is asked for.
type Row<T> = OnceLock<Box<[OnceLock<T>]>>;

impl<T> Lazy<T> {
    /// Empty rows.
    pub(super) fn new(rows: usize) -> Self {
        Self { rows: (0..rows).map(|_| OnceLock::new()).collect() }
    }

    /// The value of a cell of a row that has `count` cells.
    pub(super) fn get(&self, row: usize, count: usize, cell: usize, make: impl FnOnce() -> T) -> &T {
        let cells = self.rows[row].get_or_init(|| (0..count).map(|_| OnceLock::new()).collect());
        cells[cell].get_or_init(make)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_made_once() {
        let cells = Lazy::new(2);
        assert_eq!(*cells.get(1, 3, 2, || 7), 7);
        assert_eq!(*cells.get(1, 3, 2, || unreachable!("made already")), 7);
        assert_eq!(*cells.get(0, 3, 2, || 8), 8);
    }
}
