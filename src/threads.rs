//! Two things at once on threads of the standard library, for whoever comes after the engine and its pool.

use std::panic::resume_unwind;
use std::thread;

/// What both give; the first runs on a thread of its own.
pub fn both<A: Send, B>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        match first.join() {
            Ok(first) => (first, second),
            Err(panic) => resume_unwind(panic),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_see_what_is_around_them() {
        let numbers = [1, 2, 3];
        assert_eq!(both(|| numbers.iter().sum::<i32>(), || numbers.len()), (6, 3));
    }

    #[test]
    #[should_panic(expected = "of the first")]
    fn a_panic_comes_through() {
        both(|| panic!("of the first"), || ());
    }
}
