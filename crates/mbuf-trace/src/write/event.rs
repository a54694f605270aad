//! One event to one record.

use super::error::WriteError;
use super::loss::{Loss, Losses};
use crate::event::{Event, EventHeader};
use crate::generated::{Kind, Origin, layout::event_header, record_type};
use crate::revision::Revision;
use crate::text::Text;
use alloc::vec::Vec;

/// What an event becomes in a revision.
pub(super) enum Body<'a> {
    /// Nothing: the revision has no place for it.
    Nothing,
    /// The bytes behind the strings of revision 1.
    Rev1Snapshot(&'a [u8]),
    /// A record: its type, and how to write its payload.
    Record(Option<u16>, Payload<'a>),
}

/// How a payload is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Payload<'a> {
    /// These bytes.
    Verbatim(&'a [u8]),
    /// The event's whole text and a NUL.
    String,
    /// This text and a NUL.
    Text(&'a [u8]),
    /// Event header and body of revision 4, as the event's kind has them.
    Typed,
    /// Event header of revision 4 without position and function, and this text.
    Bare(&'a [u8]),
}

/// Decides what an event becomes, and counts what that cannot say.
pub(super) fn encode<'a>(event: &Event<'a>, revision: Revision, losses: &mut Losses) -> Body<'a> {
    match revision {
        Revision::Four => to_rev4(event, losses),
        Revision::One | Revision::Two | Revision::Three => to_older(event, revision, losses),
    }
}

fn to_older<'a>(event: &Event<'a>, revision: Revision, losses: &mut Losses) -> Body<'a> {
    count_header(event, losses);
    match event.kind {
        Kind::Unknown => return unknown(event, revision, losses),
        Kind::Data => {
            let snapshot = event.snapshot.unwrap_or(crate::Snapshot::ethernet(&[]));
            let plain = crate::Snapshot::ethernet(snapshot.bytes);
            losses.add_if(plain.link() != snapshot.link(), Loss::LinkType);
            let whole = snapshot.packet_length.and_then(|length| usize::try_from(length).ok());
            losses.add_if(whole.is_some_and(|length| length != snapshot.bytes.len()), Loss::PacketLength);
            losses.add_if(event.position.is_some(), Loss::Position);
            losses.add_if(event.function.is_some(), Loss::Function);
            let code = match revision {
                Revision::One => return Body::Rev1Snapshot(snapshot.bytes),
                Revision::Two => record_type::REV2_DATA,
                _ => record_type::REV3_DATA,
            };
            return Body::Record(Some(code), Payload::Verbatim(snapshot.bytes));
        }
        Kind::Start if event.text.is_none_or(Text::is_empty) => {
            losses.add(Loss::BareStart);
            return Body::Nothing;
        }
        Kind::Start | Kind::Drop => {
            losses.add(Loss::EventKind);
            losses.add_if(event.function.is_some(), Loss::Function);
        }
        Kind::Function | Kind::Enter | Kind::Leave => {}
        _ => losses.add_if(event.function.is_some(), Loss::Function),
    }
    let code = match revision {
        Revision::One => None,
        Revision::Two if is_dynamic(event) => Some(record_type::REV2_DYNAMIC),
        Revision::Two => Some(record_type::REV2_STATIC),
        _ => Some(record_type::REV3_STRING),
    };
    losses.add_if(revision != Revision::Two && tells_storage(event), Loss::Storage);
    let recorded = recorded_string(event).map(Payload::Verbatim);
    let payload = recorded.or_else(|| bare_text(event).map(Payload::Text)).unwrap_or(Payload::String);
    Body::Record(code, payload)
}

fn to_rev4<'a>(event: &Event<'a>, losses: &mut Losses) -> Body<'a> {
    let recorded = recorded_string(event);
    let code = match event.kind {
        Kind::Unknown => return unknown(event, Revision::Four, losses),
        Kind::Data => {
            let bytes = event.snapshot.map_or(&[][..], |snapshot| snapshot.bytes);
            let length =
                event_header::LEN.saturating_add(crate::layout::snapshot::LEN).saturating_add(bytes.len());
            if event.header.is_none() && length > crate::MAX_PAYLOAD {
                // What an earlier revision just held, the longer header of this one does not: types 0 and 1
                // keep their meaning for this.
                return Body::Record(Some(record_type::REV4_PLAIN_DATA), Payload::Verbatim(bytes));
            }
            record_type::REV4_DATA
        }
        Kind::String => {
            let payload = recorded.map_or(Payload::String, Payload::Verbatim);
            return Body::Record(Some(record_type::REV4_PLAIN_STRING), payload);
        }
        _ if let Some(string) = recorded
            && !is_lossless(event, string) =>
        {
            let fits = string.len().saturating_add(event_header::LEN) <= crate::MAX_PAYLOAD;
            if tells_storage(event) && fits {
                return bare(event, string, losses);
            }
            losses.add_if(tells_storage(event), Loss::Storage);
            return Body::Record(Some(record_type::REV4_PLAIN_STRING), Payload::Verbatim(string));
        }
        Kind::Start => record_type::REV4_START,
        Kind::Static => record_type::REV4_STATIC,
        Kind::Dynamic => record_type::REV4_DYNAMIC,
        Kind::Position => record_type::REV4_POSITION,
        Kind::Function => record_type::REV4_FUNCTION,
        Kind::Enter => record_type::REV4_ENTER,
        Kind::Leave => record_type::REV4_LEAVE,
        Kind::Drop => record_type::REV4_DROP,
    };
    Body::Record(Some(code), Payload::Typed)
}

/// Whether the string that was written of an event, read again, says the same. A start and a drop never do, which is
/// counted.
fn reads_back(event: &Event<'_>, string: &[u8]) -> bool {
    let text = string.strip_suffix(b"\0").unwrap_or(string);
    let free = match event.kind {
        Kind::Start | Kind::Drop => return true,
        kind @ (Kind::String | Kind::Static | Kind::Dynamic) => kind,
        _ => Kind::String,
    };
    let read = Event::from_text(free, Text(text));
    let is_call = matches!(event.kind, Kind::Function | Kind::Enter | Kind::Leave);
    let same_call = !is_call || (read.function, read.args) == (event.function, event.args);
    let same_text = is_call || read.text.unwrap_or_default() == event.text.unwrap_or_default();
    (read.kind, read.position) == (event.kind, event.position) && same_call && same_text
}

/// A string of revision 2 that would not come back from a typed event: its text, as it was.
fn bare<'a>(event: &Event<'a>, string: &'a [u8], losses: &mut Losses) -> Body<'a> {
    let text = string.strip_suffix(b"\0");
    losses.add_if(text.is_none(), Loss::OddString);
    let code = if is_dynamic(event) { record_type::REV4_DYNAMIC } else { record_type::REV4_STATIC };
    Body::Record(Some(code), Payload::Bare(text.unwrap_or(string)))
}

/// A record that nobody could read stays what it is, unless its type has a meaning in the other revision.
fn unknown<'a>(event: &Event<'a>, revision: Revision, losses: &mut Losses) -> Body<'a> {
    let Some(code) = event.record_type.filter(|_| revision != Revision::One) else {
        losses.add(Loss::UnknownRecord);
        return Body::Nothing;
    };
    if record_type::is_declared(revision.number(), code) {
        losses.add(Loss::UnknownRecord);
        return Body::Nothing;
    }
    Body::Record(Some(code), Payload::Verbatim(event.payload))
}

/// What of an event header an older revision has no place for.
fn count_header(event: &Event<'_>, losses: &mut Losses) {
    let Some(header) = event.header else { return };
    losses.add_if(header.age.is_some(), Loss::Age);
    losses.add_if(header.thread.is_some(), Loss::Thread);
    losses.add_if(header.vnet != event_header::VNET_NONE, Loss::Vnet);
    losses.add_if(header.cpu.is_some(), Loss::Cpu);
    losses.add_if(header.flags != 0, Loss::EventFlags);
    // A file without a line is no position.
    let file_length = event.payload.get(event_header::FILE_LENGTH).unwrap_or_default();
    let has_file = event.is_read && file_length.iter().any(|byte| *byte != 0);
    losses.add_if(event.position.is_none() && has_file, Loss::Position);
}

/// The payload of a string that was read from revision 1 to 3, or from the records that revision 4 shares
/// with revision 3.
fn recorded_string<'a>(event: &Event<'a>) -> Option<&'a [u8]> {
    let read = event.header.is_none() && event.is_read;
    (read && !matches!(event.kind, Kind::Data | Kind::Unknown)).then_some(event.payload)
}

/// The text of a string that was read from revision 4 and whose header says neither where nor in which
/// function: the text may, and not in the words that it would be written in.
fn bare_text<'a>(event: &Event<'a>) -> Option<&'a [u8]> {
    let is_string = matches!(event.record_type, Some(record_type::REV4_STATIC | record_type::REV4_DYNAMIC));
    let read = is_string && event.header.is_some() && event.is_read;
    let (header, text) = event.payload.split_at_checked(event_header::LEN).filter(|_| read)?;
    let names = [event_header::LINE, event_header::FILE_LENGTH, event_header::FUNCTION_LENGTH];
    let is_bare =
        names.into_iter().all(|name| header.get(name).is_some_and(|name| name.iter().all(|b| *b == 0)));
    is_bare.then_some(text)
}

/// Whether the event's record says that its string was dynamic.
fn is_dynamic(event: &Event<'_>) -> bool {
    event.kind == Kind::Dynamic
        || matches!(event.record_type, Some(record_type::REV2_DYNAMIC | record_type::REV4_DYNAMIC))
}

/// Whether the event's record says how its string was stored at all.
fn tells_storage(event: &Event<'_>) -> bool {
    use record_type::{REV2_DYNAMIC, REV2_STATIC, REV4_DYNAMIC, REV4_STATIC};
    matches!(event.kind, Kind::Static | Kind::Dynamic)
        || matches!(event.record_type, Some(REV2_STATIC | REV2_DYNAMIC | REV4_STATIC | REV4_DYNAMIC))
}

/// Whether a typed event of revision 4 says all that a recorded string does, to the byte: going back gives
/// the same string.
fn is_lossless(event: &Event<'_>, string: &[u8]) -> bool {
    let fits = string.len().saturating_add(event_header::LEN) <= crate::MAX_PAYLOAD;
    let is_typed =
        matches!(event.kind, Kind::Position | Kind::Function | Kind::Enter | Kind::Leave | Kind::Drop);
    // `f()` would come back as `f`.
    let args_survive = event.args.is_none_or(|args| !args.is_empty());
    fits && is_typed && args_survive && !is_dynamic(event) && is_canonical(event, string)
}

/// Whether the parts of the event, put together again, are the string.
fn is_canonical(event: &Event<'_>, string: &[u8]) -> bool {
    let mut written = Vec::with_capacity(string.len());
    write_as_text(event, &mut written);
    written.push(0);
    written == string
}

impl Payload<'_> {
    /// Whether the payload that was written in this revision says the same when it is read again.
    pub(super) fn reads_back(self, event: &Event<'_>, revision: Revision, written: &[u8]) -> bool {
        let is_string = matches!(self, Self::String) && revision != Revision::Four;
        !is_string || reads_back(event, written)
    }

    /// Appends the payload.
    pub(super) fn append(self, event: &Event<'_>, out: &mut Vec<u8>) -> Result<(), WriteError> {
        match self {
            Self::Verbatim(bytes) => out.extend_from_slice(bytes),
            Self::String => {
                write_as_text(event, out);
                out.push(0);
            }
            Self::Text(text) => {
                out.extend_from_slice(text);
                out.push(0);
            }
            Self::Bare(text) => {
                write_header(event.header, 0, b"", b"", out)?;
                out.extend_from_slice(text);
            }
            Self::Typed => {
                let (line, file) = event.position.map_or((0, Text(b"")), |at| (at.line, at.file));
                write_header(event.header, line, file.0, event.function.unwrap_or_default().0, out)?;
                write_body(event, out);
            }
        }
        Ok(())
    }
}

/// The words of an event as an older revision has them; a start and a drop say what they are.
fn write_as_text(event: &Event<'_>, out: &mut Vec<u8>) {
    let word = match event.kind {
        Kind::Start => "start: ",
        Kind::Drop => "drop: ",
        _ => {
            event.write_data(out);
            return;
        }
    };
    if let Some(position) = event.position {
        let place = Event { position: Some(position), ..Event::new(Kind::Position) };
        place.write_data(out);
        out.extend_from_slice(b": ");
    }
    out.extend_from_slice(word.as_bytes());
    match event.origin.map(|origin| (origin.0, origin.name())) {
        None => {}
        Some((_, Some(name))) => out.extend_from_slice(alloc::format!("{name} ").as_bytes()),
        Some((code, None)) => out.extend_from_slice(alloc::format!("origin {code} ").as_bytes()),
    }
    event.write_text(out);
    if let Some(errno) = event.errno {
        out.extend_from_slice(alloc::format!(" (errno {errno})").as_bytes());
    }
}

/// The event header of revision 4.
fn write_header(
    header: Option<EventHeader>,
    line: u32,
    file: &[u8],
    function: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), WriteError> {
    let header = header.unwrap_or_default();
    let length =
        |name: &[u8]| u16::try_from(name.len()).map_err(|_| WriteError::NameTooLong { length: name.len() });
    out.extend_from_slice(&header.age.unwrap_or(event_header::AGE_NONE).to_be_bytes());
    out.extend_from_slice(&header.thread.unwrap_or(event_header::THREAD_NONE).to_be_bytes());
    out.extend_from_slice(&header.vnet.to_be_bytes());
    out.extend_from_slice(&header.cpu.unwrap_or(event_header::CPU_NONE).to_be_bytes());
    out.extend_from_slice(&header.flags.to_be_bytes());
    out.extend_from_slice(&line.to_be_bytes());
    out.extend_from_slice(&length(file)?.to_be_bytes());
    out.extend_from_slice(&length(function)?.to_be_bytes());
    out.extend_from_slice(file);
    out.extend_from_slice(function);
    Ok(())
}

/// The body of revision 4, as the kind has it.
fn write_body(event: &Event<'_>, out: &mut Vec<u8>) {
    match event.kind {
        Kind::Data => {
            let snapshot = event.snapshot.unwrap_or(crate::Snapshot::ethernet(&[]));
            let length = u32::try_from(snapshot.bytes.len()).unwrap_or(u32::MAX);
            out.extend_from_slice(&snapshot.recognised_link_type().to_be_bytes());
            out.extend_from_slice(&[0, 0]);
            out.extend_from_slice(&snapshot.packet_length.unwrap_or(length).to_be_bytes());
            out.extend_from_slice(snapshot.bytes);
        }
        Kind::Function | Kind::Enter | Kind::Leave => {
            out.extend_from_slice(event.args.unwrap_or_default().0);
        }
        Kind::Position => {}
        Kind::Start => {
            out.extend_from_slice(&event.origin.unwrap_or(Origin::UNSPECIFIED).0.to_be_bytes());
            event.write_text(out);
        }
        Kind::Drop => {
            out.extend_from_slice(&event.errno.unwrap_or_default().to_be_bytes());
            event.write_text(out);
        }
        Kind::String | Kind::Static | Kind::Dynamic | Kind::Unknown => {
            event.write_text(out);
        }
    }
}
