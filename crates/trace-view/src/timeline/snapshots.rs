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

    /// The step of the first snapshot with the same bytes, where it is an earlier one.
    pub(super) fn earlier(&self, event: &Event<'_>) -> Option<usize> {
        let bytes = event.snapshot?.bytes;
        let same =
            |(_, first): &&(usize, Event<'_>)| first.snapshot.is_some_and(|first| first.bytes == bytes);
        let (at, first) = self.oldest.iter().flatten().find(same)?;
        (first.wire_index != event.wire_index).then(|| at.saturating_add(1))
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
