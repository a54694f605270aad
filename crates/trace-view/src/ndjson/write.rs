//! The items of a capture to lines of JSON.

use super::frame::{follows_from_events, is_said};
use super::model::{self, PacketFacts, TraceFacts};
use crate::hex::Hex;
use crate::members::Members;
use capture_file::{Appended, Format, Item, Packet, PlainRecords};
use mbuf_trace::{Event, RecordedEvent, SCHEMA, Trace};
use std::io::{self, Write};
use trace_fields::recycle;

/// Most bytes of blocks on one line, unless there is but one: more begin another line, so that it can be read again.
const MAX_BLOCKS: usize = 256 << 10;

/// Writes one line a packet onto an output. Pass it every item of a capture, in file order.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    lines: Lines,
}

impl<W: Write> Writer<W> {
    /// A writer onto `out`, which should be buffered.
    pub const fn new(out: W) -> Self {
        Self { out, lines: Lines::new() }
    }

    /// Writes an item. `trace` is what a packet was read as; none where it carries no trace.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn write(&mut self, item: &Item<'_>, trace: Option<&Trace<'_>>) -> io::Result<()> {
        self.lines.write(&mut self.out, item, trace)
    }

    /// Ends the line of a packet, and hands everything written so far to the output: for when the next item may
    /// be long in coming.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn flush(&mut self) -> io::Result<()> {
        self.lines.end_packet(&mut self.out)?;
        self.out.flush()
    }

    /// Ends the last line and flushes.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.lines.end(&mut self.out)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// The lines of a capture, written wherever its items are: what a [`Writer`] is without its output.
///
/// The line of a pcapng's packet stays open until the next packet or [`end_packet`](Self::end_packet): blocks that
/// come before that stand in it, others in the next line.
#[derive(Debug, Clone)]
pub struct Lines {
    state: State,
    format: Format,
    /// How the records of a pcap are written, where that is the plain way.
    records: Option<PlainRecords>,
    /// Bytes of the blocks on the line.
    blocks: usize,
    events: Vec<Event<'static>>,
    scratch: Vec<u8>,
    /// The members of the packet that is written.
    members: Vec<u8>,
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

impl Default for Lines {
    fn default() -> Self {
        Self::new()
    }
}

impl Lines {
    /// Nothing written yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            state: State::Start,
            format: Format::Pcapng,
            records: None,
            blocks: 0,
            events: Vec::new(),
            scratch: Vec::new(),
            members: Vec::new(),
        }
    }

    /// Whether what was written last is a packet. As long as packets follow, all of them leave it the same, and copies
    /// of it can write them side by side.
    #[must_use]
    pub fn is_behind_a_packet(&self) -> bool {
        match self.format {
            Format::Pcap => self.state == State::AfterLine,
            Format::Pcapng => self.state == State::AfterPacket,
        }
    }

    /// Writes an item. `trace` is what a packet was read as; none where it carries no trace.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn write(
        &mut self,
        out: &mut impl Write,
        item: &Item<'_>,
        trace: Option<&Trace<'_>>,
    ) -> io::Result<()> {
        if let Item::Header(header) = item
            && let Some(appended) = header.appended
        {
            if appended == Appended::Alike {
                return Ok(());
            }
            // Another container begins, on a line of its own.
            self.end(out)?;
            (self.format, self.state) = (Format::Pcapng, State::Start);
        }
        match item {
            Item::Header(header) if header.pcap.is_some() => {
                self.format = Format::Pcap;
                self.records = PlainRecords::of_header(header.raw);
                write!(
                    out,
                    "{{\"schema\":\"{SCHEMA}\",\"container\":{{\"format\":\"{}\",\"header\":\"{}\"}}",
                    Format::Pcap,
                    Hex(header.raw)
                )?;
                self.state = State::AfterContainer;
                Ok(())
            }
            Item::Packet(packet) => self.packet(out, packet, trace),
            Item::Header(_) | Item::Interface(_) | Item::Other(_) => self.block(out, item.raw()),
        }
    }

    /// A pcapng block that is no packet.
    fn block(&mut self, out: &mut impl Write, raw: &[u8]) -> io::Result<()> {
        self.blocks = self.blocks.saturating_add(raw.len());
        if self.blocks > MAX_BLOCKS {
            self.end(out)?;
            self.blocks = raw.len();
        }
        match self.state {
            State::Start => {
                let format = Format::Pcapng;
                write!(
                    out,
                    "{{\"schema\":\"{SCHEMA}\",\"container\":{{\"format\":\"{format}\",\"blocks\":["
                )?;
                self.state = State::Container;
            }
            State::AfterLine => {
                write!(out, "{{\"schema\":\"{SCHEMA}\",\"before\":[")?;
                self.state = State::Before;
            }
            State::AfterContainer => {
                out.write_all(b",\"before\":[")?;
                self.state = State::Before;
            }
            State::AfterPacket => {
                out.write_all(b",\"after\":[")?;
                self.state = State::After;
            }
            State::Container | State::Before | State::After => out.write_all(b",")?,
        }
        write!(out, "\"{}\"", Hex(raw))
    }

    /// Writes a packet, as [`write`](Self::write) does.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn packet(
        &mut self,
        out: &mut impl Write,
        packet: &Packet<'_>,
        trace: Option<&Trace<'_>>,
    ) -> io::Result<()> {
        self.end_packet(out)?;
        match self.state {
            State::Container => out.write_all(b"]},")?,
            State::Before => out.write_all(b"],")?,
            State::AfterContainer => out.write_all(b",")?,
            _ => write!(out, "{{\"schema\":\"{SCHEMA}\",")?,
        }
        self.members.clear();
        self.gather_members(packet, trace);
        out.write_all(&self.members)?;
        self.blocks = 0;
        self.state = State::AfterPacket;
        // Nothing but packets can follow in a pcap.
        if self.format == Format::Pcap { self.end(out) } else { Ok(()) }
    }

    /// Appends the members of a packet's object. The braces are the line's.
    fn gather_members(&mut self, packet: &Packet<'_>, trace: Option<&Trace<'_>>) {
        let mut events = std::mem::take(&mut self.events);
        events.extend(trace.into_iter().flat_map(Trace::events).map(RecordedEvent::read));
        let all_said = events.iter().all(is_said);
        let follows =
            all_said && trace.is_some_and(|trace| follows_from_events(trace, &events, &mut self.scratch));
        let facts = PacketFacts {
            number: packet.number,
            time: packet.time,
            interface: packet.interface_name,
            interface_id: packet.interface,
            link_type: packet.link_type.0,
            captured_len: packet.captured_len,
            original_len: packet.original_len,
            trace: trace.map(|trace| TraceFacts { trace, events: &events, all_said }),
            bytes: (!follows).then_some(packet.data),
        };
        let mut members = Members::new(&mut self.members);
        facts.members(&mut members, &mut self.scratch);
        let (head, tail) = packet.around_data();
        if self.format == Format::Pcap {
            let plain = self.records.zip(packet.time).and_then(|(records, time)| {
                records.record_header(time, packet.captured_len, packet.original_len)
            });
            if plain.is_none_or(|plain| plain != head) {
                members.hex("record", head);
            }
        } else {
            model::block(&mut members, head, tail);
        }
        self.events = recycle(events);
    }

    /// Ends the line of a packet, if that is the last thing written: for when the next item may be long in coming.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn end_packet(&mut self, out: &mut impl Write) -> io::Result<()> {
        if matches!(self.state, State::AfterPacket | State::After) { self.end(out) } else { Ok(()) }
    }

    /// Ends the line that has been begun, if one has.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn end(&mut self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(match self.state {
            State::Start | State::AfterLine => return Ok(()),
            State::Container => b"]}}\n",
            State::Before | State::After => b"]}\n",
            State::AfterContainer | State::AfterPacket => b"}\n",
        })?;
        self.blocks = 0;
        self.state = State::AfterLine;
        Ok(())
    }
}
