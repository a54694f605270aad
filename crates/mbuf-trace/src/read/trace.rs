//! The view of one packet's trace.

use super::detect::Certainty;
use super::ending;
use super::frame_header::FrameHeader;
use super::records::Record;
use super::time_order::{Events, Frame, Snapshots, Walk};
use crate::end::Ends;
use crate::event::write_path;
use crate::fault::Fault;
use crate::generated::{FaultKind, layout, record_type};
use crate::revision::{Encoding, Order, Revision};
use alloc::vec::Vec;

/// One packet's trace: a view of its bytes. Made once by [`Trace::parse`], which cannot fail; what is wrong
/// with the frame is in [`Trace::faults`], and everything that can be read is given.
#[derive(Debug, Clone)]
pub struct Trace<'a> {
    frame: Frame<'a>,
    header: Option<FrameHeader>,
    certainty: Certainty,
    ends: &'a Ends,
    /// Faults of the framing; those of single records come from the records.
    faults: [Option<Fault>; 5],
}

impl<'a> Trace<'a> {
    /// Reads a packet as a frame of this encoding. `original_len` is the packet's length before the capture
    /// cut it; a frame that the capture cut is no malformed one.
    ///
    /// To find out the encoding, see [`Detector`](super::Detector).
    #[must_use]
    pub fn parse(packet: &'a [u8], original_len: usize, encoding: Encoding) -> Self {
        Self::parse_with(packet, original_len, encoding, Certainty::Forced, Ends::built_in())
    }

    /// The same where it is known how the encoding was found, and with another list of functions that tell what became of
    /// the packet: for who reads a packet more than once.
    #[must_use]
    pub fn parse_with(
        packet: &'a [u8],
        original_len: usize,
        encoding: Encoding,
        certainty: Certainty,
        ends: &'a Ends,
    ) -> Self {
        let frame = Frame::empty(packet, original_len, encoding);
        let mut trace = Self { frame, header: None, certainty, ends, faults: [None; 5] };
        let cut = trace.is_cut();
        if cut {
            trace.note(Fault::new(FaultKind::CutByCapture, packet.len(), original_len, packet.len()));
        }
        if packet.len() < layout::frame::LEN {
            if !cut {
                trace.note(Fault::new(FaultKind::NoCount, 0, layout::frame::LEN, packet.len()));
            }
            return trace;
        }
        if encoding.is_reversed() {
            trace.note(Fault::new(FaultKind::LittleEndian, 0, 0, 0));
        }
        let ending = ending::of(packet, encoding, cut, &mut trace.frame.starts);
        trace.frame.end_at(&ending);
        ending.faults.into_iter().flatten().for_each(|fault| trace.note(fault));
        if encoding.revision == Revision::Four {
            trace.read_frame_header();
        }
        trace
    }

    /// How sure the revision is.
    #[must_use]
    pub const fn certainty(&self) -> Certainty {
        self.certainty
    }

    /// The same trace with another list of functions that tell what became of the packet.
    #[must_use]
    pub const fn with_ends(mut self, ends: &'a Ends) -> Self {
        self.ends = ends;
        self
    }

    /// The list of functions that tell what became of the packet.
    #[must_use]
    pub const fn ends(&self) -> &'a Ends {
        self.ends
    }

    /// Keeps a fault. The places are enough: cut, byte order, two where the records end, the frame header.
    fn note(&mut self, fault: Fault) {
        if let Some(place) = self.faults.iter_mut().find(|place| place.is_none()) {
            *place = Some(fault);
        }
    }

    fn read_frame_header(&mut self) {
        let Some(first) = self.wire_records().next() else {
            // What there is of a cut frame header is no event.
            self.frame.partial = false;
            return;
        };
        let offset = first.offset.saturating_add(layout::typed_record::LEN);
        let parsed = if first.record_type == Some(record_type::REV4_FRAME_HEADER) {
            self.frame.first_event = 1;
            FrameHeader::parse(first.payload, offset)
        } else {
            let expected = usize::from(record_type::REV4_FRAME_HEADER);
            let found = usize::from(first.record_type.unwrap_or_default());
            Err(Fault::new(FaultKind::BadMagic, first.offset, expected, found).in_record(0))
        };
        match parsed {
            Ok(header) => self.header = Some(header),
            Err(fault) => {
                self.note(fault);
                if fault.kind == FaultKind::UnsupportedMajor {
                    self.frame.whole = 0;
                    self.frame.partial = false;
                }
            }
        }
    }

    /// The packet's bytes.
    #[must_use]
    pub const fn packet(&self) -> &'a [u8] {
        self.frame.packet
    }

    /// Revision and byte order that it was read as.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.frame.encoding
    }

    /// The revision it was read as.
    #[must_use]
    pub const fn revision(&self) -> Revision {
        self.frame.encoding.revision
    }

    /// How the records lie on the wire.
    #[must_use]
    pub fn order(&self) -> Order {
        self.header.map_or(Order::NewestFirst, |header| header.order())
    }

    /// The frame header of revision 4.
    #[must_use]
    pub const fn frame_header(&self) -> Option<FrameHeader> {
        self.header
    }

    /// How many records the frame announces; a claim, not a fact.
    #[must_use]
    pub const fn announced(&self) -> u32 {
        self.frame.announced
    }

    /// The whole records in wire order, the frame header of revision 4 included.
    pub fn wire_records(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let whole = usize::try_from(self.frame.whole).unwrap_or(usize::MAX);
        self.frame.records().take(whole)
    }

    /// The events, oldest first: what a person wants to see.
    #[must_use]
    #[inline]
    pub fn events(&self) -> Events<'a> {
        Events(Walk::new(self.frame, self.order()))
    }

    /// The snapshots of the events, oldest first, without a look at the other records' payloads.
    #[must_use]
    pub fn snapshots(&self) -> Snapshots<'a> {
        Snapshots(Walk::new(self.frame, self.order()))
    }

    /// The events, newest first: as revisions 1 to 3 have them on the wire.
    #[must_use]
    pub fn events_newest_first(&self) -> Events<'a> {
        let reversed = match self.order() {
            Order::NewestFirst => Order::OldestFirst,
            Order::OldestFirst => Order::NewestFirst,
        };
        Events(Walk::new(self.frame, reversed))
    }

    /// The events as their records lie on the wire.
    #[must_use]
    pub fn events_in_wire_order(&self) -> Events<'a> {
        Events(Walk::new(self.frame, Order::OldestFirst))
    }

    /// How many events there are.
    #[must_use]
    pub fn event_count(&self) -> usize {
        usize::try_from(self.frame.events()).unwrap_or(usize::MAX)
    }

    /// Everything that is wrong with the frame, and the note that the capture cut it: first the frame's own,
    /// then the records', in wire order.
    #[must_use]
    pub fn faults(&self) -> Faults<'a> {
        Faults { frame: self.faults.into_iter().flatten(), records: self.typed_events() }
    }

    /// The events that can be at fault: only those of revision 4 have anything that could be wrong.
    fn typed_events(&self) -> Option<Events<'a>> {
        (self.revision() == Revision::Four).then(|| self.events_in_wire_order())
    }

    /// Whether anything is wrong with the frame. That the capture cut it is not.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        self.faults().any(|fault| fault.kind.is_malformed())
    }

    /// Whether the capture cut the frame.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.frame.missing > 0
    }

    /// How many events could not be recorded, as the frame header says it.
    #[must_use]
    pub fn lost(&self) -> u32 {
        self.header.map_or(0, |header| header.lost)
    }

    /// Whether the trace is known to lack events: some were lost, the frame header says so, or records are missing at the
    /// end of the frame.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.lost() > 0 || self.header.is_some_and(|header| header.incomplete()) || self.lacks_records()
    }

    /// Whether records are missing at the end of the frame, because the capture cut it or because it is damaged.
    #[must_use]
    pub fn lacks_records(&self) -> bool {
        let is_lack = |fault: &Fault| {
            use FaultKind::{LengthWrapped, RecordCut, RecordHeaderCut, RecordsMissing, UnsupportedMajor};
            matches!(
                fault.kind,
                LengthWrapped | RecordCut | RecordHeaderCut | RecordsMissing | UnsupportedMajor
            )
        };
        self.is_cut() || self.faults.iter().flatten().any(is_lack)
    }

    /// Bytes that belong to no event: behind the last record, or from the first that is not whole.
    #[must_use]
    pub fn unread(&self) -> &'a [u8] {
        let frame = &self.frame;
        if frame.partial || self.revision() == Revision::One && frame.whole == frame.announced {
            return &[];
        }
        frame.packet.get(frame.end..).unwrap_or_default()
    }

    /// Appends `mbuf_trace.path`: the functions [on the path](crate::Event::on_path) of the events, oldest first,
    /// joined by ` > `. Gives false, and appends nothing, where there is none.
    pub fn write_path(&self, out: &mut Vec<u8>) -> bool {
        write_path(self.events().filter_map(|event| event.read().on_path()), out)
    }
}

/// The faults of a trace. See [`Trace::faults`].
#[derive(Debug, Clone)]
pub struct Faults<'a> {
    frame: core::iter::Flatten<core::array::IntoIter<Option<Fault>, 5>>,
    records: Option<Events<'a>>,
}

impl Iterator for Faults<'_> {
    type Item = Fault;

    fn next(&mut self) -> Option<Fault> {
        self.frame.next().or_else(|| self.records.as_mut()?.find_map(|event| event.fault()))
    }
}
