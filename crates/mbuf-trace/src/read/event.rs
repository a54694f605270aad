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
    // Filled where it lies: an event is large, and most of it stays empty.
    let mut event = Event {
        wire_index: record.index,
        offset: record.offset,
        is_read: true,
        record_type: record.record_type,
        payload: record.payload,
        missing: record.missing,
        ..Event::new(Kind::Unknown)
    };
    match (revision, record.record_type) {
        (Revision::One, _) => string(Kind::String, &mut event),
        (Revision::Two, Some(record_type::REV2_DATA)) => data(&mut event),
        (Revision::Two, Some(record_type::REV2_STATIC)) => string(Kind::Static, &mut event),
        (Revision::Two, Some(record_type::REV2_DYNAMIC)) => string(Kind::Dynamic, &mut event),
        (Revision::Three, Some(record_type::REV3_DATA)) => data(&mut event),
        (Revision::Three, Some(record_type::REV3_STRING)) => string(Kind::String, &mut event),
        (Revision::Four, Some(record_type::REV4_PLAIN_DATA)) => data(&mut event),
        (Revision::Four, Some(record_type::REV4_PLAIN_STRING)) => string(Kind::String, &mut event),
        (Revision::Four, Some(code)) => typed(code, &mut event),
        _ => {}
    }
    event
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

fn data(event: &mut Event<'_>) {
    event.kind = Kind::Data;
    event.snapshot = Some(Snapshot { missing: event.missing, ..Snapshot::ethernet(event.payload) });
}

/// A string of revisions 1 to 3: its length counts one trailing NUL, which is not part of the text.
fn string(kind: Kind, event: &mut Event<'_>) {
    let text = Text(event.payload.strip_suffix(b"\0").unwrap_or(event.payload));
    if event.missing > 0 {
        // What a cut left of a call or a line number would be taken for another one.
        event.kind = kind;
        event.text = Some(text);
        return;
    }
    event.read_text(kind, text);
}

/// A revision 4 event: header, file, function, body.
fn typed(code: u16, event: &mut Event<'_>) {
    let kind = match code {
        record_type::REV4_FRAME_HEADER => return note(event, FaultKind::RepeatedFrameHeader, 0),
        record_type::REV4_START => Kind::Start,
        record_type::REV4_STATIC => Kind::Static,
        record_type::REV4_DYNAMIC => Kind::Dynamic,
        record_type::REV4_POSITION => Kind::Position,
        record_type::REV4_FUNCTION => Kind::Function,
        record_type::REV4_ENTER => Kind::Enter,
        record_type::REV4_LEAVE => Kind::Leave,
        record_type::REV4_DATA => Kind::Data,
        record_type::REV4_DROP => Kind::Drop,
        _ => return,
    };
    let Some((body, head)) = header(event.payload) else {
        return note(event, FaultKind::EventHeaderCut, header_len(event.payload));
    };
    match kind {
        Kind::Data => {
            let Some(snapshot) = snapshot(body) else {
                return note_cut_body(event, body, layout::snapshot::LEN);
            };
            event.snapshot = Some(Snapshot { missing: event.missing, ..snapshot });
        }
        Kind::Start => {
            let Some((origin, label)) = code_and_text(body) else {
                return note_cut_body(event, body, layout::start::LEN);
            };
            event.origin = Some(Origin(origin));
            event.text = Some(label);
        }
        Kind::Drop => {
            let Some((errno, reason)) = code_and_text(body) else {
                return note_cut_body(event, body, layout::drop::LEN);
            };
            event.errno = (errno != 0).then_some(errno);
            event.text = Some(reason);
        }
        Kind::Function | Kind::Enter | Kind::Leave => {
            event.args = (!body.is_empty()).then_some(Text(body));
        }
        Kind::Position => {}
        // Where the header says neither where nor in which function, the text may.
        _ if event.missing == 0 && head.position.is_none() && head.function.is_none() => {
            event.read_text(kind, Text(body));
            event.header = Some(head.header);
            return;
        }
        _ => event.text = Some(Text(body)),
    }
    event.kind = kind;
    event.position = head.position;
    event.function = head.function;
    event.header = Some(head.header);
}

/// Keeps what is wrong with the record. What the capture cut off is no fault of it.
fn note(event: &mut Event<'_>, kind: FaultKind, needed: usize) {
    if event.missing == 0 {
        let fault = Fault::new(kind, event.offset, needed, event.payload.len());
        event.fault = Some(fault.in_record(event.wire_index));
    }
}

/// Notes that the body ends before its `fixed` first bytes do.
fn note_cut_body(event: &mut Event<'_>, body: &[u8], fixed: usize) {
    let before = event.payload.len().saturating_sub(body.len());
    note(event, FaultKind::EventBodyCut, before.saturating_add(fixed));
}

/// What every event of revision 4 begins with.
struct Head<'a> {
    position: Option<Position<'a>>,
    function: Option<Text<'a>>,
    header: EventHeader,
}

/// Event header, file and function; what is left is the body.
fn header(payload: &[u8]) -> Option<(&[u8], Head<'_>)> {
    let fixed = (be_u64::<_, ()>, be_u32, be_u32, be_u16, be_u16, be_u32, be_u16, be_u16).parse(payload);
    let (names, (age, thread, vnet, cpu, flags, line, file_length, function_length)) = fixed.ok()?;
    let (body, (file, function)) =
        (take::<_, _, ()>(file_length), take(function_length)).parse(names).ok()?;
    let head = Head {
        position: (line != event_header::LINE_NONE).then_some(Position { file: Text(file), line }),
        function: (!function.is_empty()).then_some(Text(function)),
        header: EventHeader {
            age: (age != event_header::AGE_NONE).then_some(age),
            thread: (thread != event_header::THREAD_NONE).then_some(thread),
            vnet,
            cpu: (cpu != event_header::CPU_NONE).then_some(cpu),
            flags,
        },
    };
    Some((body, head))
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
