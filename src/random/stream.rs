//! Addresses of random numbers, and a stream of words behind an address for the draws that are rare.
//!
//! ```text
//! key     = seed                                      64 bits
//! counter = path (64 bits), step (32 bits), purpose (8 bits), block (24 bits)
//! ```
//!
//! A block of four words is a pure function of its address. So any path can be replayed alone, a draw added for one
//! purpose moves no other, and every strategy sees the same market.

use std::convert::Infallible;

use rand::TryRng;
use rand::rand_core::utils::fill_bytes_via_next_word;

use super::philox::philox_words;

/// What a random number is for. The codes are part of the meaning of a seed and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Purpose {
    /// Variance factors and index between jumps.
    Diffusion = 1,
    /// Gaps between jumps and their sizes.
    Jumps = 2,
    /// Synthetic breadth.
    Breadth = 3,
    /// The observation factor of VVIX.
    Vvix = 4,
    /// Signals whose skill the user sets.
    Signal = 5,
    /// Resampling for error bars.
    Resampling = 6,
    /// Choice of points at which marks are certified.
    Certificate = 7,
    /// Macro factors.
    Factor = 10,
    /// Surprises of scheduled releases.
    Release = 11,
    /// Liquidity crunches.
    Crunch = 12,
    /// Settings of a sweep.
    Design = 32,
}

/// Where a block of random words lives, the block's number apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address {
    /// Seed of the run.
    pub seed: u64,
    /// Index of the path.
    pub path: u64,
    /// Index of the step, or of whatever the purpose counts.
    pub step: u32,
    /// What the numbers are for.
    pub purpose: Purpose,
}

impl Address {
    /// The four 32-bit words of a block.
    #[inline(always)]
    pub(crate) fn words(self, block: u32) -> [u64; 4] {
        debug_assert!(block < 1 << 24, "a block's number has 24 bits");
        let tag = (self.purpose as u64) << 24 | u64::from(block);
        let counter = [self.path & 0xFFFF_FFFF, self.path >> 32, u64::from(self.step), tag];
        philox_words(counter, [self.seed as u32, (self.seed >> 32) as u32])
    }

    /// The blocks in their order, as a generator for `rand_distr`.
    #[must_use]
    pub fn stream(self) -> Stream {
        Stream { address: self, words: [0; 4], used: 4, next_block: 0 }
    }
}

/// The words behind one address, one after the other.
#[derive(Debug, Clone)]
pub struct Stream {
    address: Address,
    words: [u64; 4],
    used: usize,
    next_block: u32,
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        if self.used == self.words.len() {
            assert!(self.next_block < 1 << 24, "the stream of {:?} is exhausted", self.address);
            self.words = self.address.words(self.next_block);
            self.next_block += 1;
            self.used = 0;
        }
        let word = self.words[self.used];
        self.used += 1;
        Ok(word as u32)
    }

    /// Two words, the low one first.
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let low = u64::from(self.try_next_u32()?);
        let high = u64::from(self.try_next_u32()?);
        Ok(high << 32 | low)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        fill_bytes_via_next_word(bytes, || self.try_next_u32())
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    const HOME: Address = Address { seed: 0x0123_4567_89ab_cdef, path: 42, step: 7, purpose: Purpose::Diffusion };

    #[test]
    fn a_stream_is_its_blocks_in_order() {
        let mut stream = HOME.stream();
        for block in 0..3 {
            for word in HOME.words(block) {
                assert_eq!(u64::from(stream.next_u32()), word);
            }
        }
    }

    #[test]
    fn wide_words_and_bytes_are_the_same_words() {
        let (mut words, mut wide, mut bytes) = (HOME.stream(), HOME.stream(), HOME.stream());
        let mut buffer = [0; 16];
        bytes.fill_bytes(&mut buffer);
        for chunk in buffer.chunks(8) {
            let (low, high) = (words.next_u32(), words.next_u32());
            assert_eq!(wide.next_u64(), u64::from(high) << 32 | u64::from(low));
            assert_eq!(chunk[..4], low.to_le_bytes());
            assert_eq!(chunk[4..], high.to_le_bytes());
        }
    }

    #[test]
    fn every_part_of_an_address_matters() {
        let mut blocks = std::collections::HashSet::new();
        let purposes = [
            Purpose::Diffusion,
            Purpose::Jumps,
            Purpose::Breadth,
            Purpose::Vvix,
            Purpose::Signal,
            Purpose::Resampling,
            Purpose::Certificate,
            Purpose::Factor,
            Purpose::Release,
            Purpose::Crunch,
            Purpose::Design,
        ];
        for purpose in purposes {
            for (seed, path, step, block) in [
                (0, 0, 0, 0),
                (1, 0, 0, 0),
                (1 << 32, 0, 0, 0),
                (0, 1, 0, 0),
                (0, 1 << 32, 0, 0),
                (0, 0, 1, 0),
                (0, 0, 0, 1),
            ] {
                assert!(blocks.insert(Address { seed, path, step, purpose }.words(block)), "{purpose:?}");
            }
        }
    }

    #[test]
    fn pinned_words_do_not_move() {
        // Value-breaking when they change: every seed would mean another market.
        let first = HOME.words(0);
        let direct = rand_philox::philox4x32_10([42, 0, 7, 1 << 24], [0x89ab_cdef, 0x0123_4567]);
        assert_eq!(first, direct.map(u64::from));
    }
}
