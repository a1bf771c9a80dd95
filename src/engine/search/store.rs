//! Where finished settings wait until a sweep is complete, so that one that was interrupted goes on from there.
//!
//! One file a setting, named by the digest of its plan, the number of paths and its place in the search; it appears whole or
//! not at all. Numbers are little-endian:
//!
//! ```text
//! "TWSCORE1"   f64 imbalance   u32 tells error, admitted
//! goal         measures        differences        demands        each: u32 count, then estimates
//! influences   u32 count, f32 each
//! estimate     f64 value, standard error, low, high; NaN for none
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::risk::Score;
use crate::risk::contest::Entrant;
use crate::stats::{Estimate, Interval};

const MAGIC: &[u8; 8] = b"TWSCORE1";

/// A folder of finished settings.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// Opens the folder, making it where needed.
    ///
    /// # Errors
    /// The system refuses.
    pub fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|error| failed("make the folder", folder, error))?;
        Ok(Self { folder: folder.to_path_buf() })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes the folder with everything in it, once it is not needed any more.
    ///
    /// # Errors
    /// The system refuses.
    pub fn remove(self) -> Result<()> {
        fs::remove_dir_all(&self.folder).map_err(|error| failed("remove", &self.folder, error))
    }

    /// Removes the folder if nothing was kept.
    pub fn remove_if_empty(self) {
        let _ = fs::remove_dir(&self.folder);
    }

    /// A finished setting; none where there is none, or one that is not whole.
    pub(super) fn read(&self, key: &str) -> Option<Score> {
        let bytes = fs::read(self.folder.join(key)).ok()?;
        let mut reader = Reader { rest: bytes.strip_prefix(MAGIC)? };
        let score = reader.score()?;
        reader.rest.is_empty().then_some(score)
    }

    /// Keeps a finished setting.
    ///
    /// # Errors
    /// The system refuses.
    pub(super) fn write(&self, key: &str, score: &Score) -> Result<()> {
        let (path, draft) = (self.folder.join(key), self.folder.join(format!("{key}.new")));
        fs::write(&draft, bytes(score))
            .and_then(|()| fs::rename(&draft, &path))
            .map_err(|error| failed("keep a finished setting in", &path, error))
    }
}

fn failed(action: &str, path: &Path, source: io::Error) -> Error {
    Error::Io { action: action.into(), path: path.to_path_buf(), source }
}

fn bytes(score: &Score) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    let Score { entrant, goal, measures, differences, demands, imbalance_usd } = score;
    bytes.extend(imbalance_usd.to_le_bytes());
    bytes.extend(u32::from(entrant.tells_error).to_le_bytes());
    bytes.extend(u32::from(entrant.admitted).to_le_bytes());
    for list in [std::slice::from_ref(goal), measures, differences, demands] {
        bytes.extend((list.len() as u32).to_le_bytes());
        for estimate in list {
            let Estimate { value, standard_error, interval: Interval { low, high } } = estimate;
            for number in [Some(*value), *standard_error, *low, *high] {
                bytes.extend(number.unwrap_or(f64::NAN).to_le_bytes());
            }
        }
    }
    bytes.extend((entrant.per_path.len() as u32).to_le_bytes());
    entrant.per_path.iter().for_each(|influence| bytes.extend(influence.to_le_bytes()));
    bytes.extend(entrant.value.to_le_bytes());
    bytes
}

/// Takes numbers off the front of some bytes.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*taken)
    }

    fn real(&mut self) -> Option<f64> {
        self.take().map(f64::from_le_bytes)
    }

    /// A length, which cannot exceed what is left.
    fn count(&mut self, bytes_each: usize) -> Option<usize> {
        let count = self.take().map(u32::from_le_bytes)? as usize;
        (count.checked_mul(bytes_each)? <= self.rest.len()).then_some(count)
    }

    fn estimates(&mut self) -> Option<Vec<Estimate>> {
        let count = self.count(32)?;
        (0..count).map(|_| self.estimate()).collect()
    }

    fn estimate(&mut self) -> Option<Estimate> {
        let value = self.real()?;
        let mut maybe = || self.real().map(|number| Some(number).filter(|number| !number.is_nan()));
        let (standard_error, low, high) = (maybe()?, maybe()?, maybe()?);
        Some(Estimate { value, standard_error, interval: Interval { low, high } })
    }

    fn score(&mut self) -> Option<Score> {
        let imbalance_usd = self.real()?;
        let flags = [self.take().map(u32::from_le_bytes)?, self.take().map(u32::from_le_bytes)?];
        let [mut goal, measures, differences, demands] =
            [self.estimates()?, self.estimates()?, self.estimates()?, self.estimates()?];
        let count = self.count(4)?;
        let per_path = (0..count).map(|_| self.take().map(f32::from_le_bytes)).collect::<Option<Vec<f32>>>()?;
        let entrant = Entrant { value: self.real()?, admitted: flags[1] != 0, per_path, tells_error: flags[0] != 0 };
        Some(Score { entrant, goal: goal.pop()?, measures, differences, demands, imbalance_usd })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score() -> Score {
        let per_path = vec![1.5, -0.25, f32::MIN_POSITIVE];
        Score {
            entrant: Entrant { value: 1.0 / 3.0, admitted: false, per_path, tells_error: true },
            goal: Estimate::normal(1.0 / 3.0, 0.1),
            measures: vec![Estimate::bare(-0.0), Estimate::normal(2.0, 0.5)],
            differences: vec![Estimate::bare(1e300)],
            demands: Vec::new(),
            imbalance_usd: 1e-9,
        }
    }

    #[test]
    fn what_is_kept_reads_back_to_the_same_bits() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(&root.path().join("part")).unwrap();
        assert_eq!(store.read("a"), None);
        store.write("a", &score()).unwrap();
        let read = store.read("a").unwrap();
        assert_eq!(bytes(&read), bytes(&score()));
        assert_eq!(read, score());
        let folder = store.folder().to_path_buf();
        store.remove().unwrap();
        assert!(!folder.exists());
    }

    #[test]
    fn a_file_that_is_not_whole_counts_as_none() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let whole = bytes(&score());
        for length in 0..whole.len() {
            fs::write(root.path().join("a"), &whole[..length]).unwrap();
            assert_eq!(store.read("a"), None, "{length}");
        }
        let mut longer = whole.clone();
        longer.push(0);
        fs::write(root.path().join("a"), longer).unwrap();
        assert_eq!(store.read("a"), None);
    }
}
