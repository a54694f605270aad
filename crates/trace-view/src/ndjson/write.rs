//! The items of a capture to lines of JSON.

use super::frame::follows_from_events;
use super::model::PacketFacts;
use super::pcap_record::Records;
use crate::hex::Hex;
use crate::json::Harmless;
use capture_file::{Format, Item, Packet};
use mbuf_trace::{Certainty, SCHEMA, Trace};
use serde::ser::{SerializeMap, Serializer as _};
use serde_json::Serializer;
use std::io::{self, Write};

/// Writes one line a packet. Pass it every item of a capture, in file order.
///
/// The line of a pcapng's packet stays open until the next packet, because blocks that follow belong to it.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    state: State,
    format: Format,
    /// How the records of a pcap are written, where that is the plain way.
    records: Option<Records>,
    /// Members of a line in the making.
    line: Vec<u8>,
    scratch: Vec<u8>,
}

/// What of the line has been written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing yet.
    Start,
    /// The container's description, up to its blocks.
    Container { blocks: u64 },
    /// The container's description as a whole.
    AfterContainer,
    /// A packet as a whole, but for the blocks after it.
    AfterPacket { blocks: u64 },
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
            line: Vec::new(),
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
                self.records = Records::of_header(header.raw);
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
        let separator = match &mut self.state {
            State::Container { blocks } | State::AfterPacket { blocks } => {
                *blocks = blocks.saturating_add(1);
                match (self.state, self.state.blocks()) {
                    (State::AfterPacket { .. }, 1) => ",\"after\":[",
                    _ => ",",
                }
            }
            State::Start | State::AfterContainer | State::AfterLine => {
                self.state = State::Container { blocks: 1 };
                write!(
                    self.out,
                    "{{\"schema\":\"{SCHEMA}\",\"container\":{{\"format\":\"{}\",\"blocks\":[",
                    Format::Pcapng
                )?;
                ""
            }
        };
        write!(self.out, "{separator}\"{}\"", Hex(raw))
    }

    fn packet(&mut self, packet: &Packet<'_>, trace: Option<(&Trace<'_>, Certainty)>) -> io::Result<()> {
        self.close_line()?;
        match self.state {
            State::Container { .. } => self.out.write_all(b"]},")?,
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
        self.line.clear();
        self.members(packet, &facts)?;
        // The serialiser wrote a whole object; its braces are this line's.
        let members = self.line.strip_prefix(b"{").and_then(|line| line.strip_suffix(b"}"));
        self.out.write_all(members.unwrap_or_default())?;
        if self.format == Format::Pcap {
            self.out.write_all(b"}\n")?;
            self.state = State::AfterLine;
        } else {
            self.state = State::AfterPacket { blocks: 0 };
        }
        Ok(())
    }

    fn members(&mut self, packet: &Packet<'_>, facts: &PacketFacts<'_>) -> io::Result<()> {
        let (head, tail) = packet.around_data();
        let mut serializer = Serializer::with_formatter(&mut self.line, Harmless);
        let mut map = serializer.serialize_map(None)?;
        facts.members(&mut map)?;
        if self.format == Format::Pcap {
            let plain = self
                .records
                .zip(packet.time)
                .and_then(|(records, time)| records.record(time, packet.captured_len, packet.original_len));
            if plain.is_none_or(|plain| plain != head) {
                map.serialize_entry("record", &Hex(head))?;
            }
        } else {
            map.serialize_entry("block", &[Hex(head), Hex(tail)])?;
        }
        map.end()?;
        Ok(())
    }

    /// Ends the line of a pcapng's packet.
    fn close_line(&mut self) -> io::Result<()> {
        if let State::AfterPacket { blocks } = self.state {
            self.out.write_all(if blocks > 0 { b"]}\n" } else { b"}\n" })?;
        }
        Ok(())
    }

    /// Hands everything written so far to the output.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Ends the last line and flushes.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn finish(mut self) -> io::Result<W> {
        match self.state {
            State::Container { .. } => self.out.write_all(b"]}}\n")?,
            State::AfterContainer => self.out.write_all(b"}\n")?,
            _ => self.close_line()?,
        }
        self.out.flush()?;
        Ok(self.out)
    }
}

impl State {
    const fn blocks(self) -> u64 {
        match self {
            Self::Container { blocks } | Self::AfterPacket { blocks } => blocks,
            _ => 0,
        }
    }
}
