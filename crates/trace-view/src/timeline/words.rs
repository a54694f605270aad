//! What an event says, in words.

use crate::counted::Counted;
use crate::hex::Hex;
use mbuf_trace::{Event, Kind, Origin, Text};
use std::fmt::Write as _;

/// Most characters of an event's words that are shown.
const LONGEST: usize = 400;
/// Bytes of an unknown record that are shown.
const UNKNOWN_BYTES: usize = 16;

/// Appends what the event says, escaped, without its position; cut where it is very long. Of a snapshot only
/// that it is one, and how long.
pub(super) fn words(event: &Event<'_>, buffer: &mut Vec<u8>, out: &mut String) {
    let start = out.len();
    buffer.clear();
    // Writing to a String cannot fail.
    let _ = match event.kind {
        Kind::Data => {
            let length = event.snapshot.map_or(event.payload.len(), |snapshot| snapshot.bytes.len());
            write!(out, "data, {}", Counted(length, "byte"))
        }
        Kind::Unknown => {
            let shown = event.payload.get(..UNKNOWN_BYTES);
            let more = if shown.is_some() && event.payload.len() > UNKNOWN_BYTES { "…" } else { "" };
            let bytes = Hex(shown.unwrap_or(event.payload));
            let count = Counted(event.payload.len(), "byte");
            let code = event.record_type.unwrap_or_default();
            match event.payload.is_empty() {
                true => write!(out, "unknown type {code:#06x}, {count}"),
                false => write!(out, "unknown type {code:#06x}, {count}: {bytes}{more}"),
            }
        }
        Kind::Position => Ok(()),
        Kind::Start => {
            event.write_text(buffer);
            let origin = event.origin.unwrap_or(Origin::UNSPECIFIED);
            match origin.name() {
                Some(name) if origin != Origin::UNSPECIFIED => {
                    write!(out, "start: {name} {}", Text(buffer))
                }
                Some(_) if buffer.is_empty() => write!(out, "start"),
                Some(_) => write!(out, "start: {}", Text(buffer)),
                None => write!(out, "start: origin {} {}", origin.0, Text(buffer)),
            }
        }
        Kind::Drop => {
            let _ = out.write_str("drop: ");
            reason(event, buffer, out);
            Ok(())
        }
        _ => {
            event.write_text(buffer);
            match buffer.is_empty() {
                true => write!(out, "\"\""),
                false => write!(out, "{}", Text(buffer)),
            }
        }
    };
    let said = out.get(start..).unwrap_or_default();
    if let Some((at, _)) = said.char_indices().nth(LONGEST) {
        out.truncate(start.saturating_add(at));
        let _ = write!(out, "… ({} in all)", Counted(event.payload.len(), "byte"));
    }
}

/// Appends why a packet was dropped: `no route to host (errno 65)`.
fn reason(event: &Event<'_>, buffer: &mut Vec<u8>, out: &mut String) {
    buffer.clear();
    event.write_text(buffer);
    let _ = write!(out, "{}", Text(buffer));
    if let Some(errno) = event.errno {
        let _ = write!(out, " (errno {errno})");
    }
}
