//! The part of a file that is read.

use super::sink::Seen;
use crate::selection::Range;
use trace_view::family::Members;

/// Which packets of a file are read.
#[derive(Debug, Default)]
pub(super) struct Part<'a> {
    pub(super) range: Option<Range>,
    /// Those of some families only.
    pub(super) members: Option<&'a Members>,
    /// Of these, what is behind so many,
    pub(super) after: u64,
    /// and up to so many.
    pub(super) to: Option<u64>,
}

impl Part<'_> {
    /// Whether a packet is in it; `met` counts the members that there were.
    pub(super) fn takes(&self, seen: &Seen<'_>, met: &mut u64) -> bool {
        let Some(members) = self.members else { return true };
        let (id, parent_id) = seen.ids();
        if !members.contain(id, parent_id) {
            return false;
        }
        *met = met.saturating_add(1);
        *met > self.after
    }

    /// Whether no packet of this number or a later one is in it; `met` members were before.
    pub(super) fn is_over(&self, number: u64, met: u64) -> bool {
        self.range.as_ref().is_some_and(|range| range.is_over(number)) || self.to.is_some_and(|to| met >= to)
    }
}
