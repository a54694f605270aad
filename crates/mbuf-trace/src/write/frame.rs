//! The framing: count, then records one behind the other.

use super::error::WriteError;
use super::event::{self, Body};
use super::loss::{Loss, Losses};
use crate::event::Event;
use crate::generated::{Kind, layout::frame_header as header, record_type};
use crate::read::FrameHeader;
use crate::revision::{ByteOrder, Encoding, Revision};
use alloc::vec::Vec;

/// Appends one frame to a buffer. Takes the events in wire order: newest first, unless the frame header of
/// revision 4 says otherwise.
///
/// ```
/// use mbuf_trace::{Encoding, Event, Kind, Revision, Text, write::FrameWriter};
///
/// let mut frame = Vec::new();
/// let mut writer = FrameWriter::new(&mut frame, Encoding::new(Revision::Three), None);
/// writer.push(&Event { function: Some(Text(b"ip_input")), ..Event::new(Kind::Enter) })?;
/// assert!(writer.finish().is_empty(), "nothing was lost");
/// assert_eq!(frame, b"\0\x01\0\x0a\0\x01+ip_input\0");
/// # Ok::<(), mbuf_trace::write::WriteError>(())
/// ```
#[derive(Debug)]
pub struct FrameWriter<'out, 'event> {
    out: &'out mut Vec<u8>,
    encoding: Encoding,
    /// Where the count stands in `out`.
    start: usize,
    count: u16,
    losses: Losses,
    /// The snapshot of revision 1, which comes last.
    snapshot: Option<&'event [u8]>,
}

impl<'out, 'event> FrameWriter<'out, 'event> {
    /// Begins a frame. `header` is written in revision 4 (with its defaults where there is none); in earlier
    /// ones, what it says is lost.
    pub fn new(out: &'out mut Vec<u8>, encoding: Encoding, header: Option<FrameHeader>) -> Self {
        let start = out.len();
        out.extend_from_slice(&[0, 0]);
        let mut writer = Self { out, encoding, start, count: 0, losses: Losses::default(), snapshot: None };
        let header = header.unwrap_or_default();
        if encoding.revision == Revision::Four {
            // It always fits: the frame's first record, and of a fixed length.
            let _ = writer.record(Some(record_type::REV4_FRAME_HEADER), |out| {
                frame_header(&header, out);
                Ok(())
            });
        } else {
            writer.losses.add_if(header.packet_id != 0, Loss::PacketId);
            writer.losses.add_if(header.parent_id != 0, Loss::ParentId);
            writer.losses.add_if(header.lost != 0, Loss::LostEvents);
            let order = crate::frame_flag::OLDEST_FIRST;
            writer.losses.add_if(header.flags & !order != 0, Loss::FrameFlags);
        }
        writer
    }

    /// Appends one event. On an error, nothing of it stays in the buffer.
    ///
    /// # Errors
    ///
    /// Where the event or the frame is too long for its 16-bit length or count.
    pub fn push(&mut self, event: &Event<'event>) -> Result<(), WriteError> {
        match event::encode(event, self.encoding.revision, &mut self.losses) {
            Body::Nothing => Ok(()),
            Body::Rev1Snapshot(bytes) => {
                self.losses.add_if(self.snapshot.is_some(), Loss::Snapshot);
                self.snapshot = Some(bytes);
                Ok(())
            }
            Body::Record(code, payload) => {
                let earlier = self.snapshot.is_some() && event.kind != Kind::Data;
                self.losses.add_if(earlier, Loss::SnapshotOrder);
                let revision = self.encoding.revision;
                let mut reads_back = true;
                self.record(code, |out| {
                    let start = out.len();
                    payload.append(event, out)?;
                    let written = out.get(start..).unwrap_or_default();
                    reads_back = payload.reads_back(event, revision, written);
                    Ok(())
                })?;
                self.losses.add_if(!reads_back, Loss::Reading);
                Ok(())
            }
        }
    }

    /// Ends the frame, and tells what it could not say.
    #[must_use]
    pub fn finish(self) -> Losses {
        if let Some(snapshot) = self.snapshot {
            self.out.extend_from_slice(snapshot);
        }
        let count = self.u16(self.count);
        put(self.out, self.start, count);
        self.losses
    }

    /// One record: header, then what `payload` appends.
    fn record(
        &mut self,
        code: Option<u16>,
        payload: impl FnOnce(&mut Vec<u8>) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        let start = self.out.len();
        let appended = self.append_record(code, payload);
        if appended.is_err() {
            self.out.truncate(start);
        }
        appended
    }

    fn append_record(
        &mut self,
        code: Option<u16>,
        payload: impl FnOnce(&mut Vec<u8>) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        let count = self.count.checked_add(1).ok_or(WriteError::TooManyRecords)?;
        let start = self.out.len();
        self.out.extend_from_slice(&[0, 0]);
        if let Some(code) = code {
            let code = self.u16(code);
            self.out.extend_from_slice(&code);
        }
        let before = self.out.len();
        payload(self.out)?;
        let length = self.out.len().saturating_sub(before);
        let length = u16::try_from(length).map_err(|_| WriteError::PayloadTooLong { length })?;
        let length = self.u16(length);
        put(self.out, start, length);
        self.count = count;
        Ok(())
    }

    fn u16(&self, value: u16) -> [u8; 2] {
        match self.encoding.byte_order {
            ByteOrder::Big => value.to_be_bytes(),
            ByteOrder::Little => value.to_le_bytes(),
        }
    }
}

/// Puts two bytes where two were kept free.
fn put(out: &mut [u8], at: usize, bytes: [u8; 2]) {
    if let Some(place) = out.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *place = bytes;
    }
}

/// Payload of the frame header record.
fn frame_header(frame: &FrameHeader, out: &mut Vec<u8>) {
    out.extend_from_slice(&header::MAGIC_VALUE.to_be_bytes());
    out.extend_from_slice(&[header::MAJOR_VALUE, header::MINOR_VALUE]);
    out.extend_from_slice(&frame.flags.to_be_bytes());
    out.extend_from_slice(&frame.packet_id.to_be_bytes());
    out.extend_from_slice(&frame.parent_id.to_be_bytes());
    out.extend_from_slice(&frame.lost.to_be_bytes());
}
