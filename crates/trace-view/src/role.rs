//! What a packet was before it was turned into its own answer.

use mbuf_trace::Snapshot;
use trace_fields::{SnapshotLink, Summary, summary};

/// A snapshot in a line.
pub(crate) fn summary_of<'a>(snapshot: &Snapshot<'a>, link: SnapshotLink) -> Summary<'a> {
    summary(snapshot.bytes, link.of(snapshot)).of_length(snapshot.whole_len())
}

/// What the packet was at its oldest snapshot, if its newest answers that: the first and the last that have bytes.
pub(crate) fn turned_from<'a>(
    oldest: &Snapshot<'a>,
    newest: &Snapshot<'_>,
    link: SnapshotLink,
) -> Option<Summary<'a>> {
    if oldest.bytes == newest.bytes {
        return None;
    }
    let asked = summary_of(oldest, link);
    summary_of(newest, link).answers(&asked).then_some(asked)
}
