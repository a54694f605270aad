//! One record to one event: first what kind of record it is, and, where somebody asks, what it says.

use super::records::Record;
use crate::event::{Event, EventHeader};
use crate::fault::Fault;
use crate::generated::{FaultKind, Kind, Origin, layout, layout::event_header, record_type};
use crate::position::Position;
use crate::revision::Revision;
use crate::snapshot::Snapshot;
use crate::text::Text;
use nom::Parser;
use nom::bytes::complete::take;
use nom::combinator::rest;
use nom::number::complete::{be_u16, be_u32, be_u64};

/// An event as a trace holds it: its record, and what kind of record that is. [`read`](Self::read) gives what it says.
///
/// It is small, and costs next to nothing: what takes time is the text of an event, and that is only looked at where
/// somebody asks for it.
///
/// ```
/// use mbuf_trace::{Detector, Kind};
///
/// let packet = b"\x00\x02\x00\x06\x00\x00packet\x00\x0e\x00\x01if.c:7: +send\x00";
/// let trace = Detector::default().read(packet, packet.len()).expect("a trace");
/// for event in trace.events() {
///     match event.snapshot() {
///         Some(snapshot) => assert_eq!(snapshot.bytes, b"packet"),
///         None => assert_eq!(event.read().kind, Kind::Enter),
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedEvent<'a> {
    /// The record. That of the snapshot behind the strings of revision 1 is the snapshot alone, which has no header: it
    /// begins at `offset` itself.
    pub record: Record<'a>,
    form: Form,
}

/// What a record holds, as its revision and type tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A packet and nothing else.
    Packet,
    /// A text of revisions 1 to 3, of this kind where it turns out to be free text.
    String(Kind),
    /// An event header of revision 4 and what belongs to an event of this kind.
    Typed(Kind),
    /// A frame header, which is no event.
    FrameHeader,
    /// Nobody knows.
    Unknown,
}

impl Form {
    #[inline]
    const fn of(record_type: Option<u16>, revision: Revision) -> Self {
        let Some(code) = record_type else { return Self::String(Kind::String) };
        match (revision, code) {
            (Revision::Two, record_type::REV2_DATA)
            | (Revision::Three, record_type::REV3_DATA)
            | (Revision::Four, record_type::REV4_PLAIN_DATA) => Self::Packet,
            (Revision::Two, record_type::REV2_STATIC) => Self::String(Kind::Static),
            (Revision::Two, record_type::REV2_DYNAMIC) => Self::String(Kind::Dynamic),
            (Revision::Three, record_type::REV3_STRING)
            | (Revision::Four, record_type::REV4_PLAIN_STRING) => Self::String(Kind::String),
            (Revision::Four, _) => Self::of_revision_4(code),
            _ => Self::Unknown,
        }
    }

    const fn of_revision_4(code: u16) -> Self {
        Self::Typed(match code {
            record_type::REV4_FRAME_HEADER => return Self::FrameHeader,
            record_type::REV4_START => Kind::Start,
            record_type::REV4_STATIC => Kind::Static,
            record_type::REV4_DYNAMIC => Kind::Dynamic,
            record_type::REV4_POSITION => Kind::Position,
            record_type::REV4_FUNCTION => Kind::Function,
            record_type::REV4_ENTER => Kind::Enter,
            record_type::REV4_LEAVE => Kind::Leave,
            record_type::REV4_DATA => Kind::Data,
            record_type::REV4_DROP => Kind::Drop,
            _ => return Self::Unknown,
        })
    }
}

impl<'a> RecordedEvent<'a> {
    /// The event of a record, its type being one of this revision.
    #[inline]
    pub(super) const fn new(record: Record<'a>, revision: Revision) -> Self {
        Self { record, form: Form::of(record.record_type, revision) }
    }

    /// The snapshot behind the strings of revision 1.
    pub(super) const fn rev1_snapshot(bytes: &'a [u8], missing: usize, index: u32, offset: usize) -> Self {
        let record = Record { index, offset, record_type: None, payload: bytes, missing };
        Self { record, form: Form::Packet }
    }

    /// What the record says, its text taken apart. A record that cannot be read is [`Kind::Unknown`] and says why.
    #[must_use]
    pub fn read(self) -> Event<'a> {
        let record = &self.record;
        match self.form {
            Form::Packet => Event { snapshot: Some(plain_snapshot(record)), ..bare(Kind::Data, record) },
            Form::String(kind) => string(bare(kind, record)),
            Form::Typed(kind) => typed(kind, bare(Kind::Unknown, record)),
            Form::FrameHeader => faulty(bare(Kind::Unknown, record), FaultKind::RepeatedFrameHeader, 0),
            Form::Unknown => bare(Kind::Unknown, record),
        }
    }

    /// The packet's bytes, of an event that is [`Kind::Data`].
    #[must_use]
    #[inline]
    pub fn snapshot(&self) -> Option<Snapshot<'a>> {
        match self.form {
            Form::Packet => Some(plain_snapshot(&self.record)),
            Form::Typed(Kind::Data) => self.read().snapshot,
            _ => None,
        }
    }

    /// What only revision 4 tells.
    #[must_use]
    #[inline]
    pub fn header(&self) -> Option<EventHeader> {
        match self.form {
            Form::Typed(_) => self.read().header,
            _ => None,
        }
    }

    /// What is wrong with the record: only those of revision 4 have anything that could be.
    #[must_use]
    #[inline]
    pub fn fault(&self) -> Option<Fault> {
        match self.form {
            Form::Typed(_) | Form::FrameHeader => self.read().fault,
            _ => None,
        }
    }
}

/// An event of which only the record is known.
#[inline]
const fn bare<'a>(kind: Kind, record: &Record<'a>) -> Event<'a> {
    Event {
        wire_index: record.index,
        offset: record.offset,
        is_read: true,
        record_type: record.record_type,
        payload: record.payload,
        missing: record.missing,
        ..Event::new(kind)
    }
}

/// The Ethernet snapshot that a payload is.
const fn plain_snapshot<'a>(record: &Record<'a>) -> Snapshot<'a> {
    Snapshot { missing: record.missing, ..Snapshot::ethernet(record.payload) }
}

/// A string of revisions 1 to 3: its length counts one trailing NUL, which is not part of the text.
#[inline]
fn string(event: Event<'_>) -> Event<'_> {
    let text = Text(event.payload.strip_suffix(b"\0").unwrap_or(event.payload));
    match event.missing {
        0 => event.with_text(text),
        // What a cut left of a call or a line number would be taken for another one.
        _ => Event { text: Some(text), ..event },
    }
}

/// A revision 4 event: header, file, function, body.
fn typed(kind: Kind, event: Event<'_>) -> Event<'_> {
    let Some((body, head)) = header(event.payload) else {
        return faulty(event, FaultKind::EventHeaderCut, header_len(event.payload));
    };
    let Head { position, function, header } = head;
    let known = Event { kind, position, function, header: Some(header), ..event };
    match kind {
        Kind::Data => match snapshot(body) {
            Some(snapshot) => {
                Event { snapshot: Some(Snapshot { missing: event.missing, ..snapshot }), ..known }
            }
            None => with_cut_body(event, body, layout::snapshot::LEN),
        },
        Kind::Start => match code_and_text(body) {
            Some((origin, label)) => Event { origin: Some(Origin(origin)), text: Some(label), ..known },
            None => with_cut_body(event, body, layout::start::LEN),
        },
        Kind::Drop => match code_and_text(body) {
            Some((errno, reason)) => {
                Event { errno: (errno != 0).then_some(errno), text: Some(reason), ..known }
            }
            None => with_cut_body(event, body, layout::drop::LEN),
        },
        Kind::Function | Kind::Enter | Kind::Leave => {
            Event { args: (!body.is_empty()).then_some(Text(body)), ..known }
        }
        Kind::Position => known,
        // Where the header says neither where nor in which function, the text may.
        _ if event.missing == 0 && position.is_none() && function.is_none() => known.with_text(Text(body)),
        _ => Event { text: Some(Text(body)), ..known },
    }
}

/// The event with what is wrong with its record. What the capture cut off is no fault of it.
fn faulty(event: Event<'_>, kind: FaultKind, needed: usize) -> Event<'_> {
    let fault = Fault::new(kind, event.offset, needed, event.payload.len()).in_record(event.wire_index);
    Event { fault: (event.missing == 0).then_some(fault), ..event }
}

/// The event with the fault that its body ends before the `fixed` first bytes of it do.
fn with_cut_body<'a>(event: Event<'a>, body: &[u8], fixed: usize) -> Event<'a> {
    let before = event.payload.len().saturating_sub(body.len());
    faulty(event, FaultKind::EventBodyCut, before.saturating_add(fixed))
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
