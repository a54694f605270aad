//! A whole trace from one revision to another.

use super::error::WriteError;
use super::frame::FrameWriter;
use super::loss::{Loss, Losses};
use crate::fault::Fault;
use crate::generated::layout::frame_header;
use crate::read::Trace;
use crate::revision::{Encoding, Order, Revision};
use alloc::vec::Vec;

/// Why a trace cannot be converted. The packet should then be kept as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// The frame is malformed, or the capture cut it; another revision could not say how.
    #[error("{0}")]
    Damaged(Fault),
    /// It has a record of unknown type, which would mean something else in the other revision, or cannot be
    /// in it.
    #[error("a record of unknown type cannot be in revision {0}")]
    UnknownRecord(Revision),
    /// The other revision cannot hold it.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Appends the trace to `out` in another encoding, and tells what that could not say. In the encoding that
/// the trace already has, its bytes are copied. On an error, nothing is appended.
///
/// Records keep their order on the wire, except that revisions 1 to 3 know only newest first. A drop that they tell in words
/// becomes the event that revision 4 has for it.
///
/// # Errors
///
/// Where the trace is damaged, has a record of unknown type that cannot be in the other revision, or an event
/// that is too long for a record there.
pub fn convert(trace: &Trace<'_>, to: Encoding, out: &mut Vec<u8>) -> Result<Losses, ConvertError> {
    if trace.encoding() == to {
        out.extend_from_slice(trace.packet());
        return Ok(Losses::default());
    }
    if let Some(fault) = trace.faults().next() {
        return Err(ConvertError::Damaged(fault));
    }
    let start = out.len();
    let written = match write(trace, to, out) {
        Ok(losses) if losses.iter().any(|(loss, _)| loss == Loss::UnknownRecord) => {
            Err(ConvertError::UnknownRecord(to.revision))
        }
        other => other.map_err(ConvertError::Write),
    };
    if written.is_err() {
        out.truncate(start);
    }
    written
}

fn write(trace: &Trace<'_>, to: Encoding, out: &mut Vec<u8>) -> Result<Losses, WriteError> {
    let mut writer = FrameWriter::new(out, to, trace.frame_header());
    let keep_order = to.revision == Revision::Four || trace.order() == Order::NewestFirst;
    let events = if keep_order { trace.events_in_wire_order() } else { trace.events_newest_first() };
    for event in events {
        let event = event.read();
        let is_typed = to.revision == Revision::Four;
        writer.push(&if is_typed { event.with_drop_in_words(trace.revision()) } else { event })?;
    }
    let mut losses = writer.finish();
    losses.add_if(has_later_fields(trace), Loss::FrameHeaderBytes);
    Ok(losses)
}

/// Whether a later minor revision put something behind the frame header's known fields.
fn has_later_fields(trace: &Trace<'_>) -> bool {
    let header = trace.frame_header().and_then(|_| trace.wire_records().next());
    header.is_some_and(|record| record.payload.len() > frame_header::LEN)
}
