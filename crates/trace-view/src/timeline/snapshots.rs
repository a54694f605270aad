//! What there is to say of a snapshot beside those before it.

use super::way::Way;
use crate::changes::{Change, Differences, Packet, Scratch};
use crate::role;
use mbuf_trace::Snapshot;
use trace_fields::{SnapshotLink, Summary};

/// Snapshots that later ones are looked for among: the oldest few. Comparing all with all would take quadratic
/// time in hostile frames.
const OLDEST: usize = 16;

/// The snapshots of a trace.
pub(super) struct Snapshots<'s, 'a> {
    way: &'s Way<'s, 'a>,
    /// Steps of the oldest.
    oldest: [Option<usize>; OLDEST],
    link: SnapshotLink,
}

impl<'s, 'a> Snapshots<'s, 'a> {
    pub(super) fn new(way: &'s Way<'s, 'a>, link: SnapshotLink) -> Self {
        let mut found = way.oldest_first().enumerate().filter(|(_, event)| event.snapshot.is_some());
        let oldest = std::array::from_fn(|_| found.next().map(|(place, _)| place.saturating_add(1)));
        Self { way, oldest, link }
    }

    /// The step of the first snapshot with the same bytes, where it is an earlier one. Where the kernel or the capture cut
    /// one, nobody knows.
    pub(super) fn earlier(&self, step: usize, snapshot: &Snapshot<'_>) -> Option<usize> {
        let mut before = self.oldest.iter().copied().flatten().take_while(|first| *first < step);
        before.find(|first| {
            let first = self.way.step(*first).and_then(|event| event.snapshot);
            first.is_some_and(|first| snapshot.has_bytes_of(&first) == Some(true))
        })
    }

    /// The snapshot as what is compared.
    pub(super) fn packet(&self, snapshot: &Snapshot<'a>) -> Packet<'a> {
        Packet {
            bytes: snapshot.bytes,
            link: self.link.of(snapshot),
            length: snapshot.whole_len(),
            is_length_known: snapshot.packet_length.is_some(),
        }
    }

    /// Finds what has changed since the snapshot before.
    pub(super) fn since(
        &self,
        before: &Snapshot<'a>,
        now: &Snapshot<'a>,
        found: &mut Differences<'a>,
        scratch: &mut Scratch,
    ) {
        found.find(self.packet(before), self.packet(now), scratch);
    }

    /// The snapshot as a packet in a line.
    pub(super) fn summary(&self, snapshot: &Snapshot<'a>) -> Summary<'a> {
        role::summary_of(snapshot, self.link)
    }
}

/// Whether a difference is worth a line of its own: of a field that others say in parts, the parts are enough, and
/// checksums that only follow stand together.
pub(super) const fn is_worth_a_line(change: &Change<'_>) -> bool {
    !matches!(change, Change::Field(field) if field.in_parts || field.follows)
}

/// Whether a difference is that of a checksum that only follows others.
pub(super) const fn only_follows(change: &Change<'_>) -> bool {
    matches!(change, Change::Field(field) if field.follows && !field.in_parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mbuf_trace::{Encoding, Event, RecordedEvent, Revision, Trace};

    #[test]
    fn a_cut_snapshot_repeats_nothing_for_sure() {
        // Newest first: four bytes, then eight of which the capture kept four, the same.
        let steps = |frame: &[u8], length: usize| {
            let trace = Trace::parse(frame, length, Encoding::new(Revision::Three));
            let events: Vec<_> = trace.events().map(RecordedEvent::read).collect();
            let way = Way::new(&trace, &events, false);
            let snapshots = Snapshots::new(&way, SnapshotLink::Auto);
            let earlier =
                |(event, step): (&Event<'_>, usize)| snapshots.earlier(step, &event.snapshot.unwrap());
            events.iter().zip(1..).map(earlier).collect::<Vec<_>>()
        };
        let cut = *b"\0\x02\0\x04\0\0abcd\0\x08\0\0abcdefgh";
        assert_eq!(steps(&cut[..cut.len() - 4], cut.len()), [None, None]);
        let whole = *b"\0\x02\0\x04\0\0abcd\0\x04\0\0abcd";
        assert_eq!(steps(&whole, whole.len()), [None, Some(1)]);
    }
}
