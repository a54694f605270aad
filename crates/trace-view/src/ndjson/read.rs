//! Lines of JSON to the bytes of the capture that they came from.

use super::frame;
use super::model::{EventLine, Line};
use super::pcap_record::Records;
use crate::hex::decode;
use capture_file::{Resolution, Timestamp};
use mbuf_trace::{
    ByteOrder, Encoding, Event, EventHeader, FrameHeader, Kind, LINK_TYPE, Origin, Position, Revision,
    SCHEMA, Snapshot, Text,
};
use std::io::{self, BufRead, Read};

/// Most bytes of a line: the largest packet of a capture in hexadecimal, twice, and room for the rest.
const MAX_LINE: u64 = 72 << 20;

/// A capture that stands as NDJSON: gives the bytes of the pcap or pcapng that it was.
///
/// Lines that carry no container, as a program may write them, make a little-endian pcap of link type 147,
/// in nanoseconds where the first time has more than six digits behind the point.
#[derive(Debug)]
pub struct Capture<R> {
    input: R,
    line_number: u64,
    line: Vec<u8>,
    /// Bytes made and not yet given, from `given` on.
    bytes: Vec<u8>,
    given: usize,
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// With the way to write records that carry none.
    Pcap(Option<Records>),
    Pcapng,
}

/// Whether a file that begins so is NDJSON rather than a capture: it begins with a brace.
#[must_use]
pub fn is_recognised(first: &[u8]) -> bool {
    first.trim_ascii_start().starts_with(b"{")
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {kind}")]
struct LineError {
    line: u64,
    kind: Kinds,
}

#[derive(Debug, thiserror::Error)]
enum Kinds {
    #[error("longer than {MAX_LINE} bytes")]
    TooLong,
    #[error("no packet of schema {SCHEMA}: {0}")]
    Json(#[from] serde_json::Error),
    #[error("schema {0:?}; only {SCHEMA:?} can be read")]
    Schema(String),
    #[error("`{0}` is not hexadecimal digits in pairs")]
    Hex(&'static str),
    #[error("`{0}` is missing")]
    Missing(&'static str),
    #[error("`{0}` has an unknown value")]
    Unknown(&'static str),
    #[error("`time` is no RFC 3339 time")]
    Time,
    #[error("`time` does not fit into the pcap's seconds and fractions")]
    TimeRange,
    #[error("`packet` is missing")]
    NoPacket,
    #[error("the packet is longer than a capture can hold")]
    Length,
    #[error("the packet block's bytes do not fit its lengths")]
    Block,
    #[error("{0}")]
    Write(#[from] mbuf_trace::write::WriteError),
}

impl<R: BufRead> Capture<R> {
    /// Reads lines from `input`.
    pub const fn new(input: R) -> Self {
        Self { input, line_number: 0, line: Vec::new(), bytes: Vec::new(), given: 0, format: None }
    }

    /// Makes the bytes of the next line; false at the end.
    fn next_line(&mut self) -> io::Result<bool> {
        self.bytes.clear();
        self.given = 0;
        loop {
            self.line.clear();
            self.line_number = self.line_number.saturating_add(1);
            let read = (&mut self.input).take(MAX_LINE).read_until(b'\n', &mut self.line)?;
            if read == 0 {
                return Ok(false);
            }
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        let line = std::mem::take(&mut self.line);
        let converted = self.convert(&line);
        self.line = line;
        converted.map_err(|kind| {
            // What was made of a bad line is no part of the capture.
            self.bytes.clear();
            io::Error::new(io::ErrorKind::InvalidData, LineError { line: self.line_number, kind })
        })?;
        Ok(true)
    }

    fn convert(&mut self, line: &[u8]) -> Result<(), Kinds> {
        if line.len() as u64 >= MAX_LINE {
            return Err(Kinds::TooLong);
        }
        let line: Line = serde_json::from_slice(line)?;
        match &line.schema {
            Some(schema) if schema == SCHEMA => {}
            Some(schema) => return Err(Kinds::Schema(schema.chars().take(40).collect())),
            None => return Err(Kinds::Missing("schema")),
        }
        self.container(&line)?;
        if line.packet.is_none() {
            // Only a capture without packets has a line without one.
            return if line.container.is_some() { Ok(()) } else { Err(Kinds::NoPacket) };
        }
        let mut data = Vec::new();
        packet_bytes(&line, &mut data)?;
        match self.format {
            Some(Format::Pcapng) => self.block(&line, &data)?,
            Some(Format::Pcap(records)) => self.record(&line, records, &data)?,
            None => {}
        }
        for block in &line.after {
            decode(block, &mut self.bytes).ok_or(Kinds::Hex("after"))?;
        }
        Ok(())
    }

    /// File header and leading blocks, of the first line that has them.
    fn container(&mut self, line: &Line) -> Result<(), Kinds> {
        match &line.container {
            Some(container) if container.format == "pcap" => {
                let header = container.header.as_deref().ok_or(Kinds::Missing("header"))?;
                let mut bytes = Vec::new();
                decode(header, &mut bytes).ok_or(Kinds::Hex("header"))?;
                self.format = Some(Format::Pcap(Records::of_header(&bytes)));
                self.bytes.append(&mut bytes);
            }
            Some(container) if container.format == "pcapng" => {
                self.format = Some(Format::Pcapng);
                for block in &container.blocks {
                    decode(block, &mut self.bytes).ok_or(Kinds::Hex("blocks"))?;
                }
            }
            Some(_) => return Err(Kinds::Unknown("format")),
            None if self.format.is_none() => {
                let digits = line.time.as_deref().and_then(|time| time.split_once('.'));
                let fine = digits.is_some_and(|(_, digits)| digits.trim_end_matches('Z').len() > 6);
                let records = Records::little(if fine { Resolution::NANOS } else { Resolution::MICROS });
                self.bytes.extend(records.header(line.link_type.unwrap_or(LINK_TYPE)));
                self.format = Some(Format::Pcap(Some(records)));
            }
            None => {}
        }
        Ok(())
    }

    /// A pcap record: as it was, or made of time and lengths.
    fn record(&mut self, line: &Line, records: Option<Records>, data: &[u8]) -> Result<(), Kinds> {
        if let Some(record) = line.record.as_deref().filter(|_| lengths_hold(line, data)) {
            decode(record, &mut self.bytes).ok_or(Kinds::Hex("record"))?;
        } else {
            let time = line.time.as_deref().ok_or(Kinds::Missing("time"))?;
            let time = Timestamp::parse_rfc3339(time).map_err(|_| Kinds::Time)?;
            let (captured, original) = lengths(line, data)?;
            let records = records.ok_or(Kinds::Missing("record"))?;
            let record = records.record(time, captured, original).ok_or(Kinds::TimeRange)?;
            self.bytes.extend_from_slice(&record);
        }
        self.bytes.extend_from_slice(data);
        Ok(())
    }

    /// A pcapng block: as it was around the data; where the data has another length now, with its lengths
    /// set anew.
    fn block(&mut self, line: &Line, data: &[u8]) -> Result<(), Kinds> {
        let [head, tail] = line.block.as_ref().ok_or(Kinds::Missing("block"))?;
        let (mut before, mut after) = (Vec::new(), Vec::new());
        decode(head, &mut before).ok_or(Kinds::Hex("block"))?;
        decode(tail, &mut after).ok_or(Kinds::Hex("block"))?;
        if !lengths_hold(line, data) {
            resize_enhanced_packet(&mut before, &mut after, lengths(line, data)?).ok_or(Kinds::Block)?;
        }
        self.bytes.append(&mut before);
        self.bytes.extend_from_slice(data);
        self.bytes.append(&mut after);
        Ok(())
    }
}

impl<R: BufRead> Read for Capture<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given >= self.bytes.len() {
            if !self.next_line()? {
                return Ok(0);
            }
        }
        let mut rest = self.bytes.get(self.given..).unwrap_or_default();
        let read = rest.read(buffer)?;
        self.given = self.given.saturating_add(read);
        Ok(read)
    }
}

/// Whether the packet still has the length that its line says.
fn lengths_hold(line: &Line, data: &[u8]) -> bool {
    line.captured_len.is_none_or(|length| u64::from(length) == data.len() as u64)
}

/// Captured and original length. What an edit added to the packet, it added to both.
fn lengths(line: &Line, data: &[u8]) -> Result<(u32, u32), Kinds> {
    let captured = u32::try_from(data.len()).map_err(|_| Kinds::Length)?;
    let said = line.captured_len.unwrap_or(captured);
    let original = line.original_len.unwrap_or(said);
    let original = original.checked_add(captured).and_then(|sum| sum.checked_sub(said));
    Ok((captured, original.ok_or(Kinds::Length)?))
}

/// Sets total, captured and original length of an enhanced packet block, and its padding.
fn resize_enhanced_packet(
    head: &mut [u8],
    tail: &mut Vec<u8>,
    (captured, original): (u32, u32),
) -> Option<()> {
    const TOTAL: usize = 4;
    const CAPTURED: usize = 20;
    const ORIGINAL: usize = 24;
    let little = match head.get(..4)? {
        [6, 0, 0, 0] => true,
        [0, 0, 0, 6] => false,
        _ => return None,
    };
    let word = |value: u32| {
        if little { value.to_le_bytes() } else { value.to_be_bytes() }
    };
    let old = *head.get(CAPTURED..)?.first_chunk::<4>()?;
    let old = if little { u32::from_le_bytes(old) } else { u32::from_be_bytes(old) };
    let padding = |length: u32| usize::try_from(length.wrapping_neg() % 4).unwrap_or_default();
    tail.get(padding(old)..)?;
    tail.splice(..padding(old), std::iter::repeat_n(0, padding(captured)));
    let length = head.len().checked_add(tail.len())?.checked_add(usize::try_from(captured).ok()?)?;
    let total = word(u32::try_from(length).ok()?);
    for (at, value) in [(TOTAL, total), (CAPTURED, word(captured)), (ORIGINAL, word(original))] {
        *head.get_mut(at..)?.first_chunk_mut()? = value;
    }
    let end = tail.len().checked_sub(4)?;
    *tail.get_mut(end..)?.first_chunk_mut()? = total;
    Some(())
}

/// The packet's bytes: given, or written from its events.
fn packet_bytes(line: &Line, out: &mut Vec<u8>) -> Result<(), Kinds> {
    if let Some(bytes) = &line.bytes {
        return decode(bytes, out).ok_or(Kinds::Hex("bytes"));
    }
    let number = line.revision.ok_or(Kinds::Missing("bytes"))?;
    let revision = Revision::from_number(number).ok_or(Kinds::Unknown("revision"))?;
    let byte_order = match line.byte_order.as_deref() {
        None | Some("big") => ByteOrder::Big,
        Some("little") => ByteOrder::Little,
        Some(_) => return Err(Kinds::Unknown("byte_order")),
    };
    let header = FrameHeader {
        minor: 0,
        flags: line.flags.unwrap_or_default(),
        packet_id: line.packet_id,
        parent_id: line.parent_id,
        lost: line.lost,
    };
    let bytes = line.events.iter().map(event_bytes).collect::<Result<Vec<_>, _>>()?;
    let mut events = Vec::with_capacity(bytes.len());
    for (event, bytes) in line.events.iter().zip(&bytes) {
        events.push(to_event(event, bytes)?);
    }
    let oldest_first = match line.order.as_deref() {
        None | Some("newest_first") => false,
        Some("oldest_first") => true,
        Some(_) => return Err(Kinds::Unknown("order")),
    };
    if !oldest_first {
        events.reverse();
    }
    let encoding = Encoding { revision, byte_order };
    frame::write(encoding, Some(header), events.into_iter(), out)?;
    Ok(())
}

/// The bytes of a snapshot or an unknown record.
fn event_bytes(event: &EventLine) -> Result<Vec<u8>, Kinds> {
    let mut bytes = Vec::new();
    let digits = event.bytes.as_deref().unwrap_or_default();
    decode(digits, &mut bytes).ok_or(Kinds::Hex("bytes"))?;
    Ok(bytes)
}

fn to_event<'a>(line: &'a EventLine, bytes: &'a [u8]) -> Result<Event<'a>, Kinds> {
    let kind = Kind::from_name(&line.kind).ok_or(Kinds::Unknown("kind"))?;
    let text = |text: &'a Option<String>| text.as_ref().map(|text| Text(text.as_bytes()));
    let snapshot =
        Snapshot { link_type: line.link_type.unwrap_or(1), packet_length: line.packet_length, bytes };
    let event = Event {
        record_type: line.record_type,
        payload: if kind == Kind::Unknown { bytes } else { &[] },
        position: text(&line.file).zip(line.line).map(|(file, line)| Position { file, line }),
        function: text(&line.function),
        args: text(&line.args),
        text: text(&line.text),
        snapshot: (kind == Kind::Data).then_some(snapshot),
        origin: line.origin.map(Origin),
        errno: line.errno,
        header: line.vnet.map(|vnet| EventHeader {
            age: line.age,
            thread: line.thread,
            vnet,
            cpu: line.cpu,
            flags: line.event_flags,
        }),
        ..Event::new(kind)
    };
    Ok(event)
}
