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

/// Whether any flag is set: without a branch a flag, for mostly none is.
pub(super) fn any(flags: &[bool]) -> bool {
    flags.iter().fold(false, |any, &flag| any | flag)
}

/// Visits the paths whose flag is set.
#[inline(always)]
pub(super) fn for_each_flagged(flags: &[bool], mut visit: impl FnMut(usize)) {
    let (whole, end) = flags.as_chunks::<TOGETHER>();
    for (chunk, flags) in whole.iter().enumerate().filter(|(_, flags)| **flags != [false; TOGETHER]) {
        (0..TOGETHER).filter(|&n| flags[n]).for_each(|n| visit(chunk * TOGETHER + n));
    }
    let behind = flags.len() - end.len();
    (0..end.len()).filter(|&n| end[n]).for_each(|n| visit(behind + n));
}

/// Visits the paths on which two rows of flags differ.
#[inline(always)]
pub(super) fn for_each_change(now: &[bool], before: &[bool], mut visit: impl FnMut(usize)) {
    let ((now, now_end), (before, before_end)) = (now.as_chunks::<TOGETHER>(), before.as_chunks::<TOGETHER>());
    for (chunk, (now, before)) in now.iter().zip(before).enumerate().filter(|(_, (now, before))| now != before) {
        (0..TOGETHER).filter(|&n| now[n] != before[n]).for_each(|n| visit(chunk * TOGETHER + n));
    }
    let behind = now.len() * TOGETHER;
    (0..now_end.len()).filter(|&n| now_end[n] != before_end[n]).for_each(|n| visit(behind + n));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_by_their_flags() {
        let mut flags = vec![false; 2 * TOGETHER + 3];
        let visited = |flags: &[bool]| {
            let mut lanes = Vec::new();
            for_each_flagged(flags, |lane| lanes.push(lane));
            lanes
        };
        assert!(!any(&flags) && visited(&flags).is_empty());
        let set = [0, TOGETHER - 1, 2 * TOGETHER + 2];
        set.iter().for_each(|&lane| flags[lane] = true);
        assert!(any(&flags));
        assert_eq!(visited(&flags), set);
    }

    #[test]
    fn rows_differ_where_they_do() {
        let before: Vec<bool> = (0..3 * TOGETHER + 2).map(|lane| lane % 3 == 0).collect();
        let changed = |now: &[bool]| {
            let mut lanes = Vec::new();
            for_each_change(now, &before, |lane| lanes.push(lane));
            lanes
        };
        assert!(changed(&before).is_empty());
        let mut now = before.clone();
        let set = [TOGETHER, TOGETHER + 1, 3 * TOGETHER + 1];
        set.iter().for_each(|&lane| now[lane] = !now[lane]);
        assert_eq!(changed(&now), set);
    }

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
