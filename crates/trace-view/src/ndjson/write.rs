//! The items of a capture to lines of JSON.

use super::frame::follows_from_events;
use super::model::PacketFacts;
use crate::hex::Hex;
use crate::json::Harmless;
use capture_file::{Format, Item, Packet, PlainRecords};
use mbuf_trace::{Certainty, SCHEMA, Trace};
use serde::ser::{SerializeMap, Serializer as _};
use serde_json::Serializer;
use std::io::{self, Write};

/// Most bytes of blocks on one line, unless there is but one: more begin another line, so that it can be read again.
const MAX_BLOCKS: usize = 256 << 10;

/// Writes one line a packet. Pass it every item of a capture, in file order.
///
/// The line of a pcapng's packet stays open until the next packet or [`flush`](Self::flush): blocks that come before
/// that stand in it, others in the next line.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    state: State,
    format: Format,
    /// How the records of a pcap are written, where that is the plain way.
    records: Option<PlainRecords>,
    /// Bytes of the blocks on the line.
    blocks: usize,
    scratch: Vec<u8>,
}

/// What of the line has been written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing yet.
    Start,
    /// The container's description, up to its blocks.
    Container,
    /// The container's description as a whole.
    AfterContainer,
    /// Blocks that came behind a whole line.
    Before,
    /// A packet as a whole.
    AfterPacket,
    /// A packet, and blocks after it.
    After,
    /// A whole line.
    AfterLine,
}

impl<W: Write> Writer<W> {
    /// A writer onto `out`, which should be buffered.
    pub const fn new(out: W) -> Self {
        Self {
            out,
            state: State::Start,
            format: Format::Pcapng,
            records: None,
            blocks: 0,
            scratch: Vec::new(),
        }
    }

    /// Writes an item. `trace` is what a packet was read as; none where it carries no trace.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn write(&mut self, item: &Item<'_>, trace: Option<(&Trace<'_>, Certainty)>) -> io::Result<()> {
        match item {
            Item::Header(header) if header.pcap.is_some() => {
                self.format = Format::Pcap;
                self.records = PlainRecords::of_header(header.raw);
                write!(
                    self.out,
                    "{{\"schema\":\"{SCHEMA}\",\"container\":{{\"format\":\"{}\",\"header\":\"{}\"}}",
                    Format::Pcap,
                    Hex(header.raw)
                )?;
                self.state = State::AfterContainer;
                Ok(())
            }
            Item::Packet(packet) => self.packet(packet, trace),
            Item::Header(_) | Item::Interface(_) | Item::Other(_) => self.block(item.raw()),
        }
    }

    /// A pcapng block that is no packet.
    fn block(&mut self, raw: &[u8]) -> io::Result<()> {
        self.blocks = self.blocks.saturating_add(raw.len());
        if self.blocks > MAX_BLOCKS {
            self.end_line()?;
            self.blocks = raw.len();
        }
        match self.state {
            State::Start => {
                let format = Format::Pcapng;
                write!(
                    self.out,
                    "{{\"schema\":\"{SCHEMA}\",\"container\":{{\"format\":\"{format}\",\"blocks\":["
                )?;
                self.state = State::Container;
            }
            State::AfterLine => {
                write!(self.out, "{{\"schema\":\"{SCHEMA}\",\"before\":[")?;
                self.state = State::Before;
            }
            State::AfterContainer => {
                self.out.write_all(b",\"before\":[")?;
                self.state = State::Before;
            }
            State::AfterPacket => {
                self.out.write_all(b",\"after\":[")?;
                self.state = State::After;
            }
            State::Container | State::Before | State::After => self.out.write_all(b",")?,
        }
        write!(self.out, "\"{}\"", Hex(raw))
    }

    fn packet(&mut self, packet: &Packet<'_>, trace: Option<(&Trace<'_>, Certainty)>) -> io::Result<()> {
        if matches!(self.state, State::AfterPacket | State::After) {
            self.end_line()?;
        }
        match self.state {
            State::Container => self.out.write_all(b"]},")?,
            State::Before => self.out.write_all(b"],")?,
            State::AfterContainer => self.out.write_all(b",")?,
            _ => write!(self.out, "{{\"schema\":\"{SCHEMA}\",")?,
        }
        let follows = trace.is_some_and(|(trace, _)| follows_from_events(trace, &mut self.scratch));
        let facts = PacketFacts {
            number: packet.number,
            time: packet.time,
            interface: packet.interface_name,
            interface_id: packet.interface,
            link_type: packet.link_type.0,
            captured_len: packet.captured_len,
            original_len: packet.original_len,
            trace,
            bytes: (!follows).then_some(packet.data),
        };
        self.members(packet, &facts)?;
        self.blocks = 0;
        self.state = State::AfterPacket;
        // Nothing but packets can follow in a pcap.
        if self.format == Format::Pcap { self.end_line() } else { Ok(()) }
    }

    /// The members of a packet's object. The braces are the line's.
    fn members(&mut self, packet: &Packet<'_>, facts: &PacketFacts<'_>) -> io::Result<()> {
        let (head, tail) = packet.around_data();
        let mut serializer =
            Serializer::with_formatter(WithoutFirst { out: &mut self.out, begun: false }, Harmless);
        let mut map = serializer.serialize_map(None)?;
        facts.members(&mut map)?;
        if self.format == Format::Pcap {
            let plain = self.records.zip(packet.time).and_then(|(records, time)| {
                records.record_header(time, packet.captured_len, packet.original_len)
            });
            if plain.is_none_or(|plain| plain != head) {
                map.serialize_entry("record", &Hex(head))?;
            }
        } else {
            map.serialize_entry("block", &[Hex(head), Hex(tail)])?;
        }
        // The map is not ended: its closing brace would come too early.
        Ok(())
    }

    /// Ends the line that has been begun, if one has.
    fn end_line(&mut self) -> io::Result<()> {
        self.out.write_all(match self.state {
            State::Start | State::AfterLine => return Ok(()),
            State::Container => b"]}}\n",
            State::Before | State::After => b"]}\n",
            State::AfterContainer | State::AfterPacket => b"}\n",
        })?;
        self.blocks = 0;
        self.state = State::AfterLine;
        Ok(())
    }

    /// Ends the line of a packet, and hands everything written so far to the output: for when the next item may
    /// be long in coming.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn flush(&mut self) -> io::Result<()> {
        if matches!(self.state, State::AfterPacket | State::After) {
            self.end_line()?;
        }
        self.out.flush()
    }

    /// Ends the last line and flushes.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.end_line()?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Keeps back the first byte: an object's opening brace.
struct WithoutFirst<'a, W> {
    out: &'a mut W,
    begun: bool,
}

impl<W: Write> Write for WithoutFirst<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.begun && !bytes.is_empty() {
            self.begun = true;
            return Ok(1);
        }
        self.out.write(bytes)
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let kept = if self.begun { bytes } else { bytes.get(1..).unwrap_or_default() };
        self.begun |= !bytes.is_empty();
        self.out.write_all(kept)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
