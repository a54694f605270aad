//! Lines of JSON to the bytes of the capture that they came from.

use super::frame::{Frame, FrameError};
use super::line::{Blocks, EventLine, Line, NoString, Word, each_event};
use super::{MAX_BYTES, MAX_LINE};
use capture_file::{LinkType, Omission, PlainRecords, Timestamp, resize_enhanced_packet};
use mbuf_trace::{
    ByteOrder, Encoding, Event, EventHeader, FrameHeader, Kind, LINK_TYPE, Origin, Position, Revision,
    SCHEMA, Snapshot, Text, link_type,
};
use std::borrow::Cow;
use std::io::{self, BufRead, Read};

/// A capture that stands as NDJSON: gives the bytes of the pcap or pcapng that it was.
///
/// A line that cannot be read is an error with an [`Omission`] in it, and the next read goes on with the next line.
///
/// Lines that carry no container, as a program may write them, make a little-endian pcap of link type 147,
/// in nanoseconds where the first time has more than six digits behind the point.
#[derive(Debug)]
pub struct Capture<R> {
    input: R,
    line_number: u64,
    line: Vec<u8>,
    /// Where the next line begins in the input.
    offset: u64,
    /// Whether what comes next is the rest of a line that is too long.
    in_line: bool,
    /// Bytes made and not yet given, from `given` on.
    bytes: Vec<u8>,
    given: usize,
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// With the way to write records that carry none.
    Pcap(Option<PlainRecords>),
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
    #[error("longer than {MAX_LINE} bytes, the most that is read of a line")]
    TooLong,
    #[error("holds more than {MAX_BYTES} bytes of a capture, the most that a line may")]
    TooMuch,
    #[error("no packet of schema {SCHEMA}: {0}")]
    Json(#[from] serde_json::Error),
    #[error("schema {0:?}; only {SCHEMA:?} can be read")]
    Schema(String),
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
    #[error("`before` and `after` are blocks of a pcapng, and this is a pcap")]
    Blocks,
    #[error("the packet is longer than a capture can hold")]
    Length,
    #[error("the packet block's bytes do not fit its lengths")]
    Block,
    #[error(transparent)]
    Frame(#[from] FrameError),
}

impl<R: BufRead> Capture<R> {
    /// Reads lines from `input`.
    pub const fn new(input: R) -> Self {
        Self {
            input,
            line_number: 0,
            line: Vec::new(),
            offset: 0,
            in_line: false,
            bytes: Vec::new(),
            given: 0,
            format: None,
        }
    }

    /// Makes the bytes of the next line; false at the end.
    fn next_line(&mut self) -> io::Result<bool> {
        self.bytes.clear();
        self.given = 0;
        let (mut begin, mut is_rest);
        loop {
            self.line.clear();
            (begin, is_rest) = (self.offset, self.in_line);
            let read = (&mut self.input)
                .take((MAX_LINE as u64).saturating_add(1))
                .read_until(b'\n', &mut self.line)?;
            self.line_number = self.line_number.saturating_add(u64::from(!is_rest));
            self.offset = self.offset.saturating_add(read as u64);
            self.in_line = read > MAX_LINE && !self.line.ends_with(b"\n");
            if read == 0 {
                return Ok(false);
            }
            if is_rest || !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        let line = std::mem::take(&mut self.line);
        let converted = if is_rest { Err(Kinds::TooLong) } else { self.convert(&line) };
        self.line = line;
        let line_ends = self.line.ends_with(b"\n");
        converted.map_err(|kind| {
            // What was made of a bad line is no part of the capture.
            self.bytes.clear();
            let ends_input = matches!(&kind, Kinds::Json(error) if error.is_eof()) && !line_ends;
            let reason = Box::new(LineError { line: self.line_number, kind });
            let length = self.offset.saturating_sub(begin);
            io::Error::new(io::ErrorKind::InvalidData, Omission { offset: begin, length, ends_input, reason })
        })?;
        Ok(true)
    }

    fn convert(&mut self, text: &[u8]) -> Result<(), Kinds> {
        if text.len() > MAX_LINE {
            return Err(Kinds::TooLong);
        }
        let line = Line::parse(text)?;
        match line.schema.as_ref().map(Word::as_str) {
            Some(SCHEMA) => {}
            Some(schema) => return Err(Kinds::Schema(schema.chars().take(40).collect())),
            None => return Err(Kinds::Missing("schema")),
        }
        self.container(&line)?;
        self.blocks(&line.before)?;
        if line.packet.is_some() {
            let data = packet_bytes(&line, text)?;
            match self.format {
                Some(Format::Pcapng) => self.block(&line, &data)?,
                Some(Format::Pcap(records)) => self.record(&line, records, &data)?,
                None => {}
            }
        } else if line.container.is_none() && line.before.0.is_empty() {
            return Err(Kinds::NoPacket);
        }
        self.blocks(&line.after)?;
        if self.bytes.len() > MAX_BYTES { Err(Kinds::TooMuch) } else { Ok(()) }
    }

    /// File header and leading blocks, of a line that has them: the first, or that of a capture appended to another.
    fn container(&mut self, line: &Line<'_>) -> Result<(), Kinds> {
        match line.container.as_ref().map(|container| (container.0.format.as_str(), &container.0)) {
            Some(("pcap", container)) => {
                let header = container.header.as_ref().ok_or(Kinds::Missing("header"))?;
                self.format = Some(Format::Pcap(PlainRecords::of_header(&header.0)));
                self.bytes.extend_from_slice(&header.0);
            }
            Some(("pcapng", container)) => {
                self.format = Some(Format::Pcapng);
                self.blocks(&container.blocks)?;
            }
            Some(_) => return Err(Kinds::Unknown("format")),
            None if self.format.is_none() => {
                let digits = line.time.as_ref().and_then(|time| time.as_str().split_once('.'));
                let fine = digits.is_some_and(|(_, digits)| digits.trim_end_matches('Z').len() > 6);
                let records = if fine { PlainRecords::NANOS } else { PlainRecords::MICROS };
                let link_type = LinkType(line.link_type.map_or(LINK_TYPE, |link_type| link_type.0));
                self.bytes.extend_from_slice(&records.file_header(link_type));
                self.format = Some(Format::Pcap(Some(records)));
            }
            None => {}
        }
        Ok(())
    }

    /// Blocks that are no packets.
    fn blocks(&mut self, blocks: &Blocks) -> Result<(), Kinds> {
        if !blocks.0.is_empty() && self.format != Some(Format::Pcapng) {
            return Err(Kinds::Blocks);
        }
        self.bytes.extend_from_slice(&blocks.0);
        Ok(())
    }

    /// A pcap record: as it was, or made of time and lengths.
    fn record(&mut self, line: &Line<'_>, records: Option<PlainRecords>, data: &[u8]) -> Result<(), Kinds> {
        if let Some(record) = line.record.as_ref().filter(|_| lengths_hold(line, data)) {
            self.bytes.extend_from_slice(&record.0);
        } else {
            let time = line.time.as_ref().ok_or(Kinds::Missing("time"))?;
            let time = Timestamp::parse_rfc3339(time.as_str()).map_err(|_| Kinds::Time)?;
            let (captured, original) = lengths(line, data)?;
            let records = records.ok_or(Kinds::Missing("record"))?;
            let record = records.record_header(time, captured, original).ok_or(Kinds::TimeRange)?;
            self.bytes.extend_from_slice(&record);
        }
        self.bytes.extend_from_slice(data);
        Ok(())
    }

    /// A pcapng block: as it was around the data; where the data has another length now, with its lengths
    /// set anew.
    fn block(&mut self, line: &Line<'_>, data: &[u8]) -> Result<(), Kinds> {
        let NoString([head, tail]) = line.block.as_ref().ok_or(Kinds::Missing("block"))?;
        let (mut head, mut tail) = (head.0.clone(), tail.0.clone());
        if !lengths_hold(line, data) {
            let (captured, original) = lengths(line, data)?;
            resize_enhanced_packet(&mut head, &mut tail, captured, original).ok_or(Kinds::Block)?;
        }
        for part in [&head, data, &tail] {
            self.bytes.extend_from_slice(part);
        }
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
fn lengths_hold(line: &Line<'_>, data: &[u8]) -> bool {
    line.captured_len.is_none_or(|length| u64::from(length.0) == data.len() as u64)
}

/// Captured and original length. What an edit added to the packet, it added to both.
fn lengths(line: &Line<'_>, data: &[u8]) -> Result<(u32, u32), Kinds> {
    let captured = u32::try_from(data.len()).map_err(|_| Kinds::Length)?;
    let said = line.captured_len.map_or(captured, |length| length.0);
    let original = line.original_len.map_or(said, |length| length.0);
    // The sum may be more than a length can be.
    let sum = u64::from(original).saturating_add(u64::from(captured));
    let original = sum.checked_sub(u64::from(said)).and_then(|original| u32::try_from(original).ok());
    Ok((captured, original.ok_or(Kinds::Length)?))
}

/// The packet's bytes: given, or written from its events.
fn packet_bytes<'a>(line: &'a Line<'_>, text: &[u8]) -> Result<Cow<'a, [u8]>, Kinds> {
    if let Some(bytes) = &line.bytes {
        return Ok(Cow::Borrowed(&bytes.0));
    }
    let number = line.revision.ok_or(Kinds::Missing("bytes"))?.0;
    let revision = Revision::from_number(number).ok_or(Kinds::Unknown("revision"))?;
    let byte_order = match line.byte_order.as_ref().map(Word::as_str) {
        None | Some("big") => ByteOrder::Big,
        Some("little") => ByteOrder::Little,
        Some(_) => return Err(Kinds::Unknown("byte_order")),
    };
    let oldest_first = match line.order.as_ref().map(Word::as_str) {
        None | Some("newest_first") => false,
        Some("oldest_first") => true,
        Some(_) => return Err(Kinds::Unknown("order")),
    };
    let header = FrameHeader {
        minor: 0,
        flags: line.flags.map_or(0, |flags| flags.0),
        packet_id: line.packet_id.0,
        parent_id: line.parent_id.0,
        lost: line.lost.0,
    };
    let mut frame = Frame::new(Encoding { revision, byte_order }, header)?;
    if !each_event(text, |event| Ok::<_, Kinds>(frame.push(&to_event(event)?)?))? {
        return Err(Kinds::Missing("events"));
    }
    Ok(Cow::Owned(frame.finish(oldest_first)?))
}

fn to_event<'a>(line: &'a EventLine<'_>) -> Result<Event<'a>, Kinds> {
    let kind = line.kind().ok_or(Kinds::Unknown("kind"))?;
    let text = |text: &'a Option<Word<'_>>| text.as_ref().map(|text| Text(text.as_str().as_bytes()));
    let snapshot = Snapshot {
        link_type: line.link_type.map_or(link_type::ETHERNET, |link_type| link_type.0),
        packet_length: line.packet_length.map(|length| length.0),
        bytes: &line.bytes.0,
        missing: 0,
    };
    let event = Event {
        record_type: line.record_type.map(|code| code.0),
        payload: if kind == Kind::Unknown { &line.bytes.0 } else { &[] },
        position: text(&line.file).zip(line.line).map(|(file, line)| Position { file, line: line.0 }),
        function: text(&line.function),
        args: text(&line.args),
        text: text(&line.text),
        snapshot: (kind == Kind::Data).then_some(snapshot),
        origin: line.origin.map(|origin| Origin(origin.0)),
        errno: line.errno.map(|errno| errno.0),
        header: line.vnet.map(|vnet| EventHeader {
            age: line.age.map(|age| age.0),
            thread: line.thread.map(|thread| thread.0),
            vnet: vnet.0,
            cpu: line.cpu.map(|cpu| cpu.0),
            flags: line.event_flags.0,
        }),
        ..Event::new(kind)
    };
    Ok(event)
}
