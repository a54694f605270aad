//! One record to one event.

use super::records::Record;
use crate::event::{Event, EventHeader, Position};
use crate::fault::Fault;
use crate::generated::{FaultKind, Kind, Origin, layout, layout::event_header, record_type};
use crate::revision::Revision;
use crate::snapshot::Snapshot;
use crate::text::Text;
use nom::Parser;
use nom::bytes::complete::take;
use nom::combinator::rest;
use nom::number::complete::{be_u16, be_u32, be_u64};

/// Takes a record apart. A record that cannot be read is [`Kind::Unknown`] and says why.
pub(super) fn from_record<'a>(record: &Record<'a>, revision: Revision) -> Event<'a> {
    let event = match (revision, record.record_type) {
        (Revision::One, _) => string(Kind::String, record),
        (Revision::Two, Some(record_type::REV2_DATA)) => data(record),
        (Revision::Two, Some(record_type::REV2_STATIC)) => string(Kind::Static, record),
        (Revision::Two, Some(record_type::REV2_DYNAMIC)) => string(Kind::Dynamic, record),
        (Revision::Three, Some(record_type::REV3_DATA)) => data(record),
        (Revision::Three, Some(record_type::REV3_STRING)) => string(Kind::String, record),
        (Revision::Four, Some(record_type::REV4_PLAIN_DATA)) => data(record),
        (Revision::Four, Some(record_type::REV4_PLAIN_STRING)) => string(Kind::String, record),
        (Revision::Four, Some(code)) => typed(code, record),
        _ => Event::new(Kind::Unknown),
    };
    Event {
        wire_index: record.index,
        offset: record.offset,
        is_read: true,
        record_type: record.record_type,
        payload: record.payload,
        missing: record.missing,
        ..event
    }
}

/// The snapshot behind the strings of revision 1.
pub(super) fn rev1_snapshot(bytes: &[u8], missing: usize, index: u32, offset: usize) -> Event<'_> {
    Event {
        wire_index: index,
        offset,
        is_read: true,
        payload: bytes,
        missing,
        snapshot: Some(Snapshot { missing, ..Snapshot::ethernet(bytes) }),
        ..Event::new(Kind::Data)
    }
}

fn data<'a>(record: &Record<'a>) -> Event<'a> {
    let snapshot = Snapshot { missing: record.missing, ..Snapshot::ethernet(record.payload) };
    Event { snapshot: Some(snapshot), ..Event::new(Kind::Data) }
}

/// A string of revisions 1 to 3: its length counts one trailing NUL, which is not part of the text.
fn string<'a>(kind: Kind, record: &Record<'a>) -> Event<'a> {
    let text = Text(record.payload.strip_suffix(b"\0").unwrap_or(record.payload));
    if record.missing > 0 {
        // What a cut left of a call or a line number would be taken for another one.
        return Event { text: Some(text), ..Event::new(kind) };
    }
    Event::from_text(kind, text)
}

/// A revision 4 event: header, file, function, body.
fn typed<'a>(code: u16, record: &Record<'a>) -> Event<'a> {
    let fault = |kind, needed| Event {
        // What the capture cut off is no fault of the record.
        fault: (record.missing == 0)
            .then(|| Fault::new(kind, record.offset, needed, record.payload.len()).in_record(record.index)),
        ..Event::new(Kind::Unknown)
    };
    let kind = match code {
        record_type::REV4_FRAME_HEADER => return fault(FaultKind::RepeatedFrameHeader, 0),
        record_type::REV4_START => Kind::Start,
        record_type::REV4_STATIC => Kind::Static,
        record_type::REV4_DYNAMIC => Kind::Dynamic,
        record_type::REV4_POSITION => Kind::Position,
        record_type::REV4_FUNCTION => Kind::Function,
        record_type::REV4_ENTER => Kind::Enter,
        record_type::REV4_LEAVE => Kind::Leave,
        record_type::REV4_DATA => Kind::Data,
        record_type::REV4_DROP => Kind::Drop,
        _ => return Event::new(Kind::Unknown),
    };
    let Some((body, head)) = header(record.payload) else {
        return fault(FaultKind::EventHeaderCut, header_len(record.payload));
    };
    let event = Event { kind, ..head };
    let read = match kind {
        Kind::Static | Kind::Dynamic if record.missing == 0 && is_bare(&event) => {
            Some(Event { header: event.header, ..Event::from_text(kind, Text(body)) })
        }
        Kind::Function | Kind::Enter | Kind::Leave => {
            Some(Event { args: (!body.is_empty()).then_some(Text(body)), ..event })
        }
        Kind::Position => Some(event),
        Kind::Data => snapshot(body).map(|snapshot| Event {
            snapshot: Some(Snapshot { missing: record.missing, ..snapshot }),
            ..event
        }),
        Kind::Start => code_and_text(body).map(|(origin, label)| Event {
            origin: Some(Origin(origin)),
            text: Some(label),
            ..event
        }),
        Kind::Drop => code_and_text(body).map(|(errno, reason)| Event {
            errno: (errno != 0).then_some(errno),
            text: Some(reason),
            ..event
        }),
        _ => Some(Event { text: Some(Text(body)), ..event }),
    };
    read.unwrap_or_else(|| {
        let fixed = match kind {
            Kind::Data => layout::snapshot::LEN,
            Kind::Start => layout::start::LEN,
            _ => layout::drop::LEN,
        };
        let before = record.payload.len().saturating_sub(body.len());
        fault(FaultKind::EventBodyCut, before.saturating_add(fixed))
    })
}

/// Whether the header says neither where nor in which function; then the text may.
fn is_bare(event: &Event<'_>) -> bool {
    event.position.is_none() && event.function.is_none()
}

/// Event header, file and function; what is left is the body.
fn header(payload: &[u8]) -> Option<(&[u8], Event<'_>)> {
    let fixed = (be_u64::<_, ()>, be_u32, be_u32, be_u16, be_u16, be_u32, be_u16, be_u16).parse(payload);
    let (names, (age, thread, vnet, cpu, flags, line, file_length, function_length)) = fixed.ok()?;
    let (body, (file, function)) =
        (take::<_, _, ()>(file_length), take(function_length)).parse(names).ok()?;
    let event = Event {
        position: (line != event_header::LINE_NONE).then_some(Position { file: Text(file), line }),
        function: (!function.is_empty()).then_some(Text(function)),
        header: Some(EventHeader {
            age: (age != event_header::AGE_NONE).then_some(age),
            thread: (thread != event_header::THREAD_NONE).then_some(thread),
            vnet,
            cpu: (cpu != event_header::CPU_NONE).then_some(cpu),
            flags,
        }),
        ..Event::new(Kind::Unknown)
    };
    Some((body, event))
}

/// Bytes that the event header of this payload takes with its names.
fn header_len(payload: &[u8]) -> usize {
    let length = |range| -> usize {
        let bytes = payload.get::<core::ops::Range<usize>>(range).unwrap_or_default();
        be_u16::<_, ()>.parse(bytes).map_or(0, |(_, length)| usize::from(length))
    };
    event_header::LEN
        .saturating_add(length(event_header::FILE_LENGTH))
        .saturating_add(length(event_header::FUNCTION_LENGTH))
}

fn snapshot(body: &[u8]) -> Option<Snapshot<'_>> {
    let (_, (link_type, _reserved, length, bytes)) =
        (be_u16::<_, ()>, be_u16, be_u32, rest).parse(body).ok()?;
    Some(Snapshot { link_type, packet_length: Some(length), bytes, missing: 0 })
}

/// The body of a start and of a drop: a code, then text.
fn code_and_text(body: &[u8]) -> Option<(u16, Text<'_>)> {
    let (_, (code, text)) = (be_u16::<_, ()>, rest).parse(body).ok()?;
    Some((code, Text(text)))
}
