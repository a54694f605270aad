//! What an event says, in words.

use crate::hex::Hex;
use crate::push::{self, Page};
use mbuf_trace::{Event, Kind, Origin, Snapshot, Text};

/// Most characters of an event's words that are shown.
const LONGEST: usize = 400;
/// Bytes of an unknown record that are shown.
const UNKNOWN_BYTES: usize = 16;

/// Appends what the event says, escaped, without its position; cut where it is very long. Of a snapshot only
/// that it is one, and how long.
pub(super) fn words(event: &Event<'_>, scratch: &mut Vec<u8>, out: &mut impl Page) {
    let start = out.as_bytes().len();
    match event.kind {
        Kind::Data => {
            push::data(&event.snapshot.unwrap_or(Snapshot::ethernet(event.payload)), out);
        }
        Kind::Unknown => unknown(event, out),
        Kind::Position => {}
        Kind::Start => {
            let label = Text(push::words(event, scratch).unwrap_or_default());
            let origin = event.origin.unwrap_or(Origin::UNSPECIFIED);
            // Writing to a page cannot fail.
            let _ = match origin.name() {
                Some(name) if origin != Origin::UNSPECIFIED => write!(out, "start: {name} {label}"),
                Some(_) if label.is_empty() => write!(out, "start"),
                Some(_) => write!(out, "start: {label}"),
                None => write!(out, "start: origin {} {label}", origin.0),
            };
        }
        Kind::Drop => {
            out.push_str("drop: ");
            push::text(Text(push::words(event, scratch).unwrap_or_default()), out);
            if let Some(errno) = event.errno {
                let _ = write!(out, " ({})", push::ErrorName(errno));
            }
        }
        _ => match push::words(event, scratch).unwrap_or_default() {
            [] => out.push_str("\"\""),
            words => push::text(Text(words), out),
        },
    }
    let said = out.as_bytes().get(start..).unwrap_or_default();
    // Nothing has more letters than bytes.
    let long = if said.len() > LONGEST { std::str::from_utf8(said).ok() } else { None };
    if let Some((at, _)) = long.and_then(|said| said.char_indices().nth(LONGEST)) {
        out.truncate(start.saturating_add(at));
        out.push_str("… (");
        push::counted(event.payload.len(), "byte", out);
        out.push_str(" in all)");
    }
}

/// Appends what can be said of a record that nobody can read.
fn unknown(event: &Event<'_>, out: &mut impl Page) {
    out.push_str(match (event.missing, event.fault) {
        (1.., _) => "cut record of type",
        (_, Some(_)) => "unreadable record of type",
        (_, None) => "unknown type",
    });
    let _ = write!(out, " {:#06x}, ", event.record_type.unwrap_or_default());
    push::counted(event.payload.len(), "byte", out);
    if !event.payload.is_empty() {
        let more = if event.payload.len() > UNKNOWN_BYTES { "…" } else { "" };
        let _ = write!(out, ": {}{more}", Hex(event.payload.get(..UNKNOWN_BYTES).unwrap_or(event.payload)));
    }
}
