//! Truth values of three kinds: what needs a value that is not ready is unknown.
//!
//! ```text
//! and      false < unknown < true, the lesser      false and unknown = false
//! or       the greater                             true or unknown = true
//! not      not unknown = unknown
//! ```
//!
//! Reference: S. C. Kleene, "Introduction to Metamathematics", 1952, section 64 (the strong connectives).

/// False, unknown or true. A rule holds only when it is true.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Truth(u8);

impl Truth {
    /// Does not hold.
    pub const FALSE: Self = Self(0);
    /// Needs a value that is not ready.
    pub const UNKNOWN: Self = Self(1);
    /// Holds.
    pub const TRUE: Self = Self(2);

    /// Whether it is true; what is unknown does not hold.
    #[inline(always)]
    #[must_use]
    pub const fn holds(self) -> bool {
        self.0 == Self::TRUE.0
    }

    /// True or false.
    #[inline(always)]
    pub(super) const fn known(holds: bool) -> Self {
        Self((holds as u8) << 1)
    }

    /// `value` where `ready`, else unknown.
    #[inline(always)]
    pub(super) const fn known_if(ready: bool, holds: bool) -> Self {
        if ready { Self::known(holds) } else { Self::UNKNOWN }
    }

    #[inline(always)]
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }

    #[inline(always)]
    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }

    #[inline(always)]
    pub(super) const fn not(self) -> Self {
        Self(Self::TRUE.0 - self.0)
    }
}

impl std::fmt::Debug for Truth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match *self {
            Self::FALSE => "false",
            Self::TRUE => "true",
            _ => "unknown",
        })
    }
}
