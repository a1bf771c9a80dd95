//! The values that an engine hands to a program: market by day, book of a day, open positions, history.

use super::series::{BookSeries, MarketSeries, PositionSeries};

/// Market series of a batch of paths.
///
/// # Shape
/// `[day * lanes + lane]` for values of each path, `[day]` for values that all paths share.
#[derive(Debug, Clone)]
pub struct MarketTable<'a> {
    pub(super) days: usize,
    pub(super) lanes: usize,
    rows: Vec<Option<Rows<'a>>>,
}

#[derive(Debug, Clone, Copy)]
enum Rows<'a> {
    PerPath(&'a [f64]),
    Common(&'a [f64]),
}

impl<'a> MarketTable<'a> {
    /// An empty table for `lanes` paths of `days` days.
    #[must_use]
    pub fn new(days: usize, lanes: usize) -> Self {
        Self { days, lanes, rows: Vec::new() }
    }

    /// Adds a series that each path has for itself.
    #[must_use]
    pub fn per_path(mut self, series: MarketSeries, values: &'a [f64]) -> Self {
        assert_eq!(values.len(), self.days * self.lanes, "{series:?}: one value a day and path");
        put(&mut self.rows, series.rank(), Rows::PerPath(values));
        self
    }

    /// Adds a series that is the same on every path, such as the weekday.
    #[must_use]
    pub fn common(mut self, series: MarketSeries, values: &'a [f64]) -> Self {
        assert_eq!(values.len(), self.days, "{series:?}: one value a day");
        put(&mut self.rows, series.rank(), Rows::Common(values));
        self
    }

    /// Copies a day; lanes beyond the paths are not ready.
    pub(super) fn copy(&self, series: MarketSeries, day: usize, out: &mut [f64]) {
        match self.rows.get(series.rank()).copied().flatten() {
            Some(Rows::PerPath(values)) => pad(&values[day * self.lanes..][..self.lanes], out),
            Some(Rows::Common(values)) => out.fill(values[day]),
            None => panic!("a rule needs {series:?}, which the table lacks"),
        }
    }
}

/// The book of one day.
///
/// # Shape
/// One value a path.
#[derive(Debug, Clone)]
pub struct BookTable<'a> {
    pub(super) lanes: usize,
    rows: [Option<&'a [f64]>; BookSeries::COUNT],
}

impl<'a> BookTable<'a> {
    /// An empty table for `lanes` paths.
    #[must_use]
    pub fn new(lanes: usize) -> Self {
        Self { lanes, rows: [None; BookSeries::COUNT] }
    }

    /// Adds a series.
    #[must_use]
    pub fn with(mut self, series: BookSeries, values: &'a [f64]) -> Self {
        assert_eq!(values.len(), self.lanes, "{series:?}: one value a path");
        self.rows[series as usize] = Some(values);
        self
    }

    /// Copies the day; lanes beyond the paths are not ready.
    pub(super) fn copy(&self, series: BookSeries, out: &mut [f64]) {
        match self.rows[series as usize] {
            Some(values) => pad(values, out),
            None => panic!("a rule needs {series:?}, which the table lacks"),
        }
    }
}

/// Open positions of one day, in any order and number.
///
/// # Shape
/// One value a position.
#[derive(Debug, Clone, Default)]
pub struct PositionTable<'a> {
    rows: [Option<&'a [f64]>; PositionSeries::COUNT],
}

impl<'a> PositionTable<'a> {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a series.
    #[must_use]
    pub fn with(mut self, series: PositionSeries, values: &'a [f64]) -> Self {
        self.rows[series as usize] = Some(values);
        self
    }

    pub(super) fn copy(&self, series: PositionSeries, out: &mut [f64]) {
        match self.rows[series as usize] {
            Some(values) => out.copy_from_slice(values),
            None => panic!("a rule needs {series:?}, which the table lacks"),
        }
    }
}

/// Days before the first day, the same for every path, oldest first.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub(super) days: usize,
    rows: Vec<Option<Vec<f64>>>,
}

impl History {
    /// An empty history of `days` days that end on the day before the first.
    #[must_use]
    pub fn new(days: usize) -> Self {
        Self { days, rows: Vec::new() }
    }

    /// Adds a series; NaN marks a day without a value, and a series that is not added has none at all.
    #[must_use]
    pub fn with(mut self, series: MarketSeries, values: Vec<f64>) -> Self {
        assert_eq!(values.len(), self.days, "{series:?}: one value a day");
        put(&mut self.rows, series.rank(), values);
        self
    }

    /// Days in a row, the last one included, on which a series has a value.
    #[must_use]
    pub fn days_ready(&self, series: MarketSeries) -> usize {
        let values = self.rows.get(series.rank()).and_then(Option::as_ref);
        values.map_or(0, |values| values.iter().rev().take_while(|value| !value.is_nan()).count())
    }

    pub(super) fn value(&self, series: MarketSeries, day: usize) -> f64 {
        self.rows.get(series.rank()).and_then(Option::as_ref).map_or(f64::NAN, |values| values[day])
    }
}

fn put<T>(rows: &mut Vec<Option<T>>, at: usize, values: T) {
    if rows.len() <= at {
        rows.resize_with(at + 1, || None);
    }
    rows[at] = Some(values);
}

fn pad(values: &[f64], out: &mut [f64]) {
    let (paths, beyond) = out.split_at_mut(values.len());
    paths.copy_from_slice(values);
    beyond.fill(f64::NAN);
}
