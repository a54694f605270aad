//! A trace's frame from its events: the same bytes, or the packet has to carry them.

use mbuf_trace::write::{FrameWriter, WriteError};
use mbuf_trace::{Encoding, Event, FrameHeader, Kind, Text, Trace};

/// Appends the frame of events in wire order.
pub(super) fn write<'a>(
    encoding: Encoding,
    header: Option<FrameHeader>,
    events: impl Iterator<Item = Event<'a>>,
    out: &mut Vec<u8>,
) -> Result<(), WriteError> {
    let mut writer = FrameWriter::new(out, encoding, header)?;
    for event in events {
        writer.push(&event)?;
    }
    // A loss shows in the bytes, which are compared.
    let _ = writer.finish();
    Ok(())
}

/// Whether the frame that is written from what JSON says of the trace is the packet, to the byte.
pub(super) fn follows_from_events(trace: &Trace<'_>, scratch: &mut Vec<u8>) -> bool {
    scratch.clear();
    if !trace.events_in_wire_order().all(|event| said_by(&event) != SaidBy::Payload) {
        return false;
    }
    let events = trace.events_in_wire_order().map(|event| Event {
        offset: 0,
        payload: if event.kind == Kind::Unknown { event.payload } else { &[] },
        ..event
    });
    write(trace.encoding(), trace.frame_header(), events, scratch).is_ok() && scratch == trace.packet()
}

/// What of an event's record JSON has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SaidBy {
    /// Its words.
    Words,
    /// The bytes of its snapshot, or of a record of unknown type.
    Bytes,
    /// Its payload as it is: its words are no UTF-8.
    Payload,
}

pub(super) fn said_by(event: &Event<'_>) -> SaidBy {
    let is_utf8 = |text: Option<Text<'_>>| text.is_none_or(|text| text.to_str().is_some());
    let words = [event.text, event.args, event.function, event.position.map(|position| position.file)];
    match event.kind {
        Kind::Data | Kind::Unknown => SaidBy::Bytes,
        _ if words.into_iter().all(is_utf8) => SaidBy::Words,
        _ => SaidBy::Payload,
    }
}
