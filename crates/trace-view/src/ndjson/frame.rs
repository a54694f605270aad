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
    if !trace.events_in_wire_order().all(|event| is_said(&event)) {
        return false;
    }
    let events = trace.events_in_wire_order().map(|event| Event {
        offset: 0,
        payload: if event.kind == Kind::Unknown { event.payload } else { &[] },
        ..event
    });
    write(trace.encoding(), trace.frame_header(), events, scratch).is_ok() && scratch == trace.packet()
}

/// Whether JSON says everything about an event: its words are UTF-8.
pub(super) fn is_said(event: &Event<'_>) -> bool {
    let words = [event.text, event.args, event.function, event.position.map(|position| position.file)];
    words.into_iter().flatten().all(|text: Text<'_>| text.to_str().is_some())
}
