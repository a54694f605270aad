//! The items of a capture to lines of JSON.

use super::frame::{follows_from_events, is_said};
use super::model::{self, PacketFacts, TraceFacts};
use crate::hex::Hex;
use crate::members::Members;
use crate::recycle::recycle;
use capture_file::{Format, Item, Packet, PlainRecords};
use mbuf_trace::{Certainty, Event, SCHEMA, Trace};
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
    form: Form,
    /// Bytes of the blocks on the line.
    blocks: usize,
    packets: PacketMembers,
    /// The members of the packet that is written.
    members: Vec<u8>,
}

/// How the packets of a capture stand in it: what does not follow from that has to be said of each.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    format: Format,
    /// How the records of a pcap are written, where that is the plain way.
    records: Option<PlainRecords>,
}

/// Makes the members of packets' objects, of each on its own: from one to the next it keeps nothing but memory, and any
/// number of it can work side by side.
#[derive(Debug, Clone, Default)]
pub struct PacketMembers {
    events: Vec<Event<'static>>,
    scratch: Vec<u8>,
}

impl PacketMembers {
    /// Appends the members of a packet of a capture of this form. `trace` is what it was read as; none where it
    /// carries no trace.
    pub fn push(
        &mut self,
        form: Form,
        packet: &Packet<'_>,
        trace: Option<(&Trace<'_>, Certainty)>,
        out: &mut Vec<u8>,
    ) {
        let mut events = std::mem::take(&mut self.events);
        events.extend(trace.into_iter().flat_map(|(trace, _)| trace.events()));
        let all_said = events.iter().all(is_said);
        let follows = all_said
            && trace.is_some_and(|(trace, _)| follows_from_events(trace, &events, &mut self.scratch));
        let facts = PacketFacts {
            number: packet.number,
            time: packet.time,
            interface: packet.interface_name,
            interface_id: packet.interface,
            link_type: packet.link_type.0,
            captured_len: packet.captured_len,
            original_len: packet.original_len,
            trace: trace.map(|(trace, certainty)| TraceFacts { trace, certainty, events: &events, all_said }),
            bytes: (!follows).then_some(packet.data),
        };
        let mut members = Members::new(out);
        facts.members(&mut members, &mut self.scratch);
        let (head, tail) = packet.around_data();
        if form.format == Format::Pcap {
            let plain = form.records.zip(packet.time).and_then(|(records, time)| {
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
            form: Form { format: Format::Pcapng, records: None },
            blocks: 0,
            packets: PacketMembers { events: Vec::new(), scratch: Vec::new() },
            members: Vec::new(),
        }
    }

    /// How packets stand in the capture, as far as it has been written: the same from its first packet on.
    pub const fn form(&self) -> Form {
        self.form
    }

    /// Writes an item. `trace` is what a packet was read as; none where it carries no trace.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn write(&mut self, item: &Item<'_>, trace: Option<(&Trace<'_>, Certainty)>) -> io::Result<()> {
        match item {
            Item::Header(header) if header.pcap.is_some() => {
                self.form = Form { format: Format::Pcap, records: PlainRecords::of_header(header.raw) };
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
        let mut members = std::mem::take(&mut self.members);
        members.clear();
        self.packets.push(self.form, packet, trace, &mut members);
        let written = self.write_packet(&members);
        self.members = members;
        written
    }

    /// Writes a packet of which [`PacketMembers`] made these members, in the [form](Self::form) of this capture.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn write_packet(&mut self, members: &[u8]) -> io::Result<()> {
        if matches!(self.state, State::AfterPacket | State::After) {
            self.end_line()?;
        }
        match self.state {
            State::Container => self.out.write_all(b"]},")?,
            State::Before => self.out.write_all(b"],")?,
            State::AfterContainer => self.out.write_all(b",")?,
            _ => write!(self.out, "{{\"schema\":\"{SCHEMA}\",")?,
        }
        self.out.write_all(members)?;
        self.blocks = 0;
        self.state = State::AfterPacket;
        // Nothing but packets can follow in a pcap.
        if self.form.format == Format::Pcap { self.end_line() } else { Ok(()) }
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
