//! When what is decided on a close is filled: at that close, or at the next.

use serde::{Deserialize, Serialize};

/// The close at which decisions are filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fill {
    /// The close on which they are taken.
    #[default]
    Close,
    /// The close after it.
    NextClose,
}

impl Fill {
    /// The day whose decisions are filled at the close of `day`; `None` on the first day where fills lag.
    #[must_use]
    pub fn decided_on(self, day: usize) -> Option<usize> {
        match self {
            Self::Close => Some(day),
            Self::NextClose => day.checked_sub(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_at_the_next_close_lag_a_day() {
        assert_eq!([0, 1, 7].map(|day| Fill::Close.decided_on(day)), [Some(0), Some(1), Some(7)]);
        assert_eq!([0, 1, 7].map(|day| Fill::NextClose.decided_on(day)), [None, Some(0), Some(6)]);
    }
}
