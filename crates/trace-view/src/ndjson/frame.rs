//! A trace's frame from its events: the same bytes, or the packet has to carry them.

use super::MAX_BYTES;
use mbuf_trace::layout::frame::COUNT;
use mbuf_trace::write::{FrameWriter, WriteError};
use mbuf_trace::{ByteOrder, Encoding, Event, FrameHeader, Kind, Order, Revision, Text, Trace};

/// Appends the frame of events in wire order.
fn write<'a>(
    encoding: Encoding,
    header: Option<FrameHeader>,
    events: impl Iterator<Item = Event<'a>>,
    out: &mut Vec<u8>,
) -> Result<(), WriteError> {
    let mut writer = FrameWriter::new(out, encoding, header);
    for event in events {
        writer.push(&event)?;
    }
    // A loss shows in the bytes, which are compared.
    let _ = writer.finish();
    Ok(())
}

/// Makes a frame of events that come one at a time, oldest first: of each, only the record is kept.
pub(super) struct Frame {
    encoding: Encoding,
    header: FrameHeader,
    /// The frame without events: each record is written behind it.
    empty: Vec<u8>,
    scratch: Vec<u8>,
    /// The records, oldest first, and where each ends.
    records: Vec<u8>,
    ends: Vec<usize>,
    /// The bytes behind the strings of revision 1.
    snapshot: Option<Vec<u8>>,
}

/// Why a frame cannot be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    #[error("the events take more than {MAX_BYTES} bytes, the most that a line may hold")]
    TooLong,
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl Frame {
    /// A frame without events.
    pub(super) fn new(encoding: Encoding, header: FrameHeader) -> Result<Self, FrameError> {
        let mut empty = Vec::new();
        write(encoding, Some(header), std::iter::empty(), &mut empty)?;
        let (scratch, records, ends) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { encoding, header, empty, scratch, records, ends, snapshot: None })
    }

    /// Takes the next event.
    pub(super) fn push(&mut self, event: &Event<'_>) -> Result<(), FrameError> {
        self.scratch.clear();
        write(self.encoding, Some(self.header), std::iter::once(*event), &mut self.scratch)?;
        let record = self.scratch.get(self.empty.len()..).unwrap_or_default();
        if self.records.len().saturating_add(record.len()) > MAX_BYTES {
            return Err(FrameError::TooLong);
        }
        if self.encoding.revision == Revision::One && event.kind == Kind::Data {
            // The last on the wire, where the newest comes first.
            self.snapshot.get_or_insert_with(|| record.to_vec());
        } else if !record.is_empty() {
            self.records.extend_from_slice(record);
            self.ends.push(self.records.len());
        }
        Ok(())
    }

    /// The frame, its records in wire order.
    pub(super) fn finish(self, oldest_first: bool) -> Result<Vec<u8>, FrameError> {
        let Self { encoding, mut empty, records, ends, snapshot, .. } = self;
        let little = encoding.byte_order == ByteOrder::Little;
        let count = empty.get_mut(COUNT).and_then(<[u8]>::first_chunk_mut);
        let count = count.ok_or(WriteError::TooManyRecords)?;
        let before = if little { u16::from_le_bytes(*count) } else { u16::from_be_bytes(*count) };
        let all = u16::try_from(ends.len()).ok().and_then(|events| before.checked_add(events));
        let all = all.ok_or(WriteError::TooManyRecords)?;
        *count = if little { all.to_le_bytes() } else { all.to_be_bytes() };
        let mut frame = empty;
        frame.reserve(records.len());
        if oldest_first {
            frame.extend_from_slice(&records);
        } else {
            let starts = ends.iter().rev().skip(1).copied().chain([0]);
            for (start, end) in starts.zip(ends.iter().rev()) {
                frame.extend_from_slice(records.get(start..*end).unwrap_or_default());
            }
        }
        frame.extend_from_slice(&snapshot.unwrap_or_default());
        Ok(frame)
    }
}

/// Whether the frame that is written from these events of the trace, oldest first, is the packet, to the byte. JSON has
/// to say everything about them.
pub(super) fn follows_from_events(trace: &Trace<'_>, events: &[Event<'_>], scratch: &mut Vec<u8>) -> bool {
    scratch.clear();
    let (encoding, header) = (trace.encoding(), trace.frame_header());
    let written = match trace.order() {
        Order::OldestFirst => write(encoding, header, events.iter().copied().map(as_said), scratch),
        Order::NewestFirst => write(encoding, header, events.iter().rev().copied().map(as_said), scratch),
    };
    written.is_ok() && scratch == trace.packet()
}

/// An event as JSON says it.
fn as_said(event: Event<'_>) -> Event<'_> {
    let payload = if event.kind == Kind::Unknown { event.payload } else { &[] };
    Event { is_read: false, payload, ..event }
}

/// Whether JSON says everything about an event: its words are UTF-8.
pub(super) fn is_said(event: &Event<'_>) -> bool {
    let words = [event.text, event.args, event.function, event.position.map(|position| position.file)];
    words.into_iter().flatten().all(|text: Text<'_>| text.to_str().is_some())
}
