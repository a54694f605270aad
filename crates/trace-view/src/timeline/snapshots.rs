//! What there is to say of a snapshot beside those before it.

use crate::changes::{Change, Differences, Packet, compare};
use mbuf_trace::{Event, Snapshot, Trace};
use trace_fields::SnapshotLink;

/// Snapshots that later ones are looked for among: the oldest few. Comparing all with all would take quadratic
/// time in hostile frames.
const OLDEST: usize = 16;

/// The snapshots of a trace.
pub(super) struct Snapshots<'a> {
    oldest: [Option<(usize, Event<'a>)>; OLDEST],
    link: SnapshotLink,
}

impl<'a> Snapshots<'a> {
    pub(super) fn new(trace: &Trace<'a>, link: SnapshotLink) -> Self {
        let mut found = trace.events().enumerate().filter(|(_, event)| event.snapshot.is_some());
        Self { oldest: std::array::from_fn(|_| found.next()), link }
    }

    /// The step of the first snapshot with the same bytes, where it is an earlier one. Where the capture cut one,
    /// nobody knows.
    pub(super) fn earlier(&self, event: &Event<'_>) -> Option<usize> {
        let snapshot = event.snapshot?;
        let mut before =
            self.oldest.iter().flatten().take_while(|(_, first)| first.wire_index != event.wire_index);
        let same = |(_, first): &&(usize, Event<'_>)| {
            first.snapshot.is_some_and(|first| snapshot.has_bytes_of(&first) == Some(true))
        };
        before.find(same).map(|(at, _)| at.saturating_add(1))
    }

    /// The snapshot as what is compared.
    pub(super) fn packet(&self, snapshot: &Snapshot<'a>) -> Packet<'a> {
        Packet { bytes: snapshot.bytes, link: self.link.of(snapshot) }
    }

    /// What has changed since the snapshot before.
    pub(super) fn since(&self, before: &Snapshot<'a>, now: &Snapshot<'a>) -> Differences {
        compare(self.packet(before), self.packet(now))
    }
}

/// The differences that are worth a line each, and the checksums that only follow them. Of a field that others
/// say in parts, the parts are enough.
pub(super) fn worth_saying(differences: &Differences) -> (Vec<&Change>, Vec<&Change>) {
    let told = differences.changes.iter().filter(|change| match change {
        Change::Field(field) => !field.in_parts,
        _ => true,
    });
    told.partition(|change| !matches!(change, Change::Field(field) if field.follows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mbuf_trace::{Encoding, Revision};

    #[test]
    fn a_cut_snapshot_repeats_nothing_for_sure() {
        // Newest first: four bytes, then eight of which the capture kept four, the same.
        let frame = *b"\0\x02\0\x04\0\0abcd\0\x08\0\0abcdefgh";
        let steps = |kept: usize| {
            let trace = Trace::parse(&frame[..kept], frame.len(), Encoding::new(Revision::Three));
            let snapshots = Snapshots::new(&trace, SnapshotLink::Auto);
            trace.events().map(|event| snapshots.earlier(&event)).collect::<Vec<_>>()
        };
        assert_eq!(steps(frame.len() - 4), [None, None]);

        let whole = *b"\0\x02\0\x04\0\0abcd\0\x04\0\0abcd";
        let trace = Trace::parse(&whole, whole.len(), Encoding::new(Revision::Three));
        let snapshots = Snapshots::new(&trace, SnapshotLink::Auto);
        assert_eq!(
            trace.events().map(|event| snapshots.earlier(&event)).collect::<Vec<_>>(),
            [None, Some(1)]
        );
    }
}
