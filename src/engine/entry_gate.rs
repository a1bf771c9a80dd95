//! Who decides whether a condor is opened: nobody without margin, the account's margin, or a tape that lets all in and
//! remembers them.

use super::close::Close;
use crate::Result;
use crate::book::{Condor, OpenCondors};

/// Decides whether an account may open a condor that its programme wants.
pub(super) trait EntryGate {
    /// Whether nothing may be opened on a path today, whatever it is.
    fn is_shut(&self, _lane: usize) -> bool {
        false
    }

    /// Whether the condor is opened beside those that are open.
    ///
    /// # Errors
    /// A table of marks that cannot be built to the accuracy asked for.
    fn permits(&mut self, close: &Close<'_, '_>, open: &[OpenCondors], condor: &Condor) -> Result<bool>;
}

/// No margin: everything may be opened.
pub(super) struct NoMargin;

impl EntryGate for NoMargin {
    fn permits(&mut self, _close: &Close<'_, '_>, _open: &[OpenCondors], _condor: &Condor) -> Result<bool> {
        Ok(true)
    }
}
