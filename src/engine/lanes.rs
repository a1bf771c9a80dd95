//! Some paths of a batch by themselves: their values are gathered into a smaller batch, and scattered back.
//!
//! Nothing in a batch looks at a neighbouring path, so a path has the same bits in either.

/// Paths that are looked at in one step where on most of them nothing happens.
pub(super) const TOGETHER: usize = 8;

/// Which paths of a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lanes<'a> {
    /// Numbers in the batch, ascending.
    pub(super) chosen: &'a [usize],
    /// Paths of the batch.
    pub(super) all: usize,
}

impl Lanes<'_> {
    /// Copies the chosen paths of rows over all paths into rows over the chosen ones.
    pub(super) fn gather<T: Copy>(&self, from: &[T], to: &mut Vec<T>) {
        to.clear();
        for row in from.chunks_exact(self.all) {
            to.extend(self.chosen.iter().map(|&lane| row[lane]));
        }
    }

    /// Copies rows over the chosen paths into rows over all paths.
    pub(super) fn scatter<T: Copy>(&self, from: &[T], to: &mut [T]) {
        debug_assert_eq!(from.len() * self.all, to.len() * self.chosen.len(), "as many rows of either");
        for (from, to) in from.chunks_exact(self.chosen.len()).zip(to.chunks_exact_mut(self.all)) {
            from.iter().zip(self.chosen).for_each(|(&value, &lane)| to[lane] = value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gathered_and_changed_stands_where_it_was_taken_from() {
        let rows = [1, 2, 3, 4, 11, 12, 13, 14];
        let lanes = Lanes { chosen: &[1, 3], all: 4 };
        let mut few = Vec::new();
        lanes.gather(&rows, &mut few);
        assert_eq!(few, [2, 4, 12, 14]);
        few.iter_mut().for_each(|value| *value *= 10);
        let mut back = rows;
        lanes.scatter(&few, &mut back);
        assert_eq!(back, [1, 20, 3, 40, 11, 120, 13, 140]);
    }
}
