//! Philox4x32-10: a block of random words as a pure function of a counter and a key.
//!
//! ```text
//! (c0, c1, c2, c3) <- (hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0))     ten rounds
//! (k0, k1) <- (k0 + W0, k1 + W1)                                                          between rounds
//! ```
//!
//! Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

const MULTIPLIERS: [u64; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: u32 = 10;
const LOW: u64 = 0xFFFF_FFFF;

/// Four random 32-bit words for a counter and a key.
#[must_use]
pub fn philox4x32_10(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    philox_words(counter.map(u64::from), key).map(|word| word as u32)
}

/// The same block with each 32-bit word in a `u64`, the form in which a loop over lanes vectorises.
#[inline(always)]
pub(crate) fn philox_words(counter: [u64; 4], key: [u32; 2]) -> [u64; 4] {
    let [mut c0, mut c1, mut c2, mut c3] = counter;
    let [mut k0, mut k1] = key;
    for _ in 0..ROUNDS {
        // Only low halves are ever used; masking them where they are multiplied costs nothing, since the vector
        // instruction for 32 x 32 bits ignores high halves.
        let product0 = MULTIPLIERS[0] * (c0 & LOW);
        let product1 = MULTIPLIERS[1] * (c2 & LOW);
        c0 = (product1 >> 32) ^ c1 ^ u64::from(k0);
        c1 = product1;
        c2 = (product0 >> 32) ^ c3 ^ u64::from(k1);
        c3 = product0;
        k0 = k0.wrapping_add(WEYL[0]);
        k1 = k1.wrapping_add(WEYL[1]);
    }
    [c0, c1, c2, c3].map(|word| word & LOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_answers_of_random123_come_out() {
        // kat_vectors of Random123 1.14, "philox4x32 10".
        let cases = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (counter, key, expected) in cases {
            assert_eq!(philox4x32_10(counter, key), expected);
        }
    }

    #[test]
    fn an_independent_implementation_agrees() {
        for i in 0..10_000_u32 {
            let counter = [i, i.wrapping_mul(0x85eb_ca6b), !i, i.rotate_left(13)];
            let key = [i ^ 0xdead_beef, i.wrapping_mul(7)];
            assert_eq!(philox4x32_10(counter, key), rand_philox::philox4x32_10(counter, key));
        }
    }
}
