//! What a line says of a packet, as it is written.

use super::frame::is_said;
use crate::members::{Members, hex_string};
use crate::push;
use mbuf_trace::event::write_path;
use mbuf_trace::{Certainty, Event, Kind, Text, Trace};
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};
use std::fmt;

/// What stands about a packet beside its events.
pub(super) struct PacketFacts<'a> {
    pub(super) number: u64,
    pub(super) time: Option<capture_file::Timestamp>,
    pub(super) interface: Option<&'a [u8]>,
    pub(super) interface_id: u32,
    pub(super) link_type: u16,
    pub(super) captured_len: u32,
    pub(super) original_len: u32,
    pub(super) trace: Option<TraceFacts<'a>>,
    /// The packet's bytes, where they do not follow from the events.
    pub(super) bytes: Option<&'a [u8]>,
}

/// What a packet was read as.
pub(super) struct TraceFacts<'a> {
    pub(super) trace: &'a Trace<'a>,
    /// Its events, oldest first.
    pub(super) events: &'a [Event<'a>],
    /// Whether JSON says everything about all of them.
    pub(super) all_said: bool,
}

impl PacketFacts<'_> {
    /// Adds the members to an object.
    pub(super) fn members(&self, members: &mut Members<'_>, scratch: &mut Vec<u8>) {
        members.number("packet", self.number);
        match self.time {
            Some(time) => members.shown("time", time),
            None => members.null("time"),
        }
        match self.interface {
            Some(name) => members.text("interface", name),
            None => members.null("interface"),
        }
        members.number("interface_id", self.interface_id);
        members.number("link_type", self.link_type);
        members.number("captured_len", self.captured_len);
        members.number("original_len", self.original_len);
        match &self.trace {
            Some(facts) => facts.members(members, scratch),
            None => {
                for member in ["revision", "order", "path"] {
                    members.null(member);
                }
                members.key("events").extend_from_slice(b"[]");
            }
        }
        if let Some(bytes) = self.bytes {
            members.hex("bytes", bytes);
        }
    }
}

impl TraceFacts<'_> {
    fn members(&self, members: &mut Members<'_>, scratch: &mut Vec<u8>) {
        let trace = self.trace;
        members.number("revision", trace.revision().number());
        if trace.encoding().byte_order == mbuf_trace::ByteOrder::Little {
            members.shown("byte_order", "little");
        }
        if self.trace.certainty() == Certainty::Guessed {
            members.value("revision_guessed", &true);
        }
        members.shown("order", trace.order().name());
        if let Some(header) = trace.frame_header() {
            members.number("flags", header.flags);
            members.number("packet_id", header.packet_id);
            members.number("parent_id", header.parent_id);
            members.number("lost", header.lost);
        }
        scratch.clear();
        write_path(self.events.iter().filter_map(Event::on_path), scratch);
        members.text("path", scratch);
        let out = members.key("events");
        out.push(b'[');
        for (place, event) in self.events.iter().enumerate() {
            out.extend_from_slice(if place == 0 { b"{" } else { b",{" });
            event_members(event, self.all_said || is_said(event), &mut Members::new(out), scratch);
            out.push(b'}');
        }
        out.push(b']');
        if trace.faults().next().is_some() {
            members.value("faults", &Faults(trace));
        }
    }
}

/// Adds what an event says to its object. Words that are not UTF-8 are not said, but given as bytes.
fn event_members(event: &Event<'_>, is_said: bool, members: &mut Members<'_>, scratch: &mut Vec<u8>) {
    members.shown("kind", event.kind.name());
    members.number("wire_index", event.wire_index);
    if let Some(record_type) = event.record_type {
        members.number("record_type", record_type);
    }
    match (event.kind, event.snapshot) {
        (_, Some(snapshot)) => {
            place(event, members);
            members.number("link_type", snapshot.recognised_link_type());
            if let Some(length) = snapshot.packet_length {
                members.number("packet_length", length);
            }
            members.hex("bytes", snapshot.bytes);
        }
        (Kind::Unknown, None) => members.hex("bytes", event.payload),
        _ if is_said => words(event, members, scratch),
        // Words that are not UTF-8: the payload as it is.
        _ => members.hex("bytes", event.payload),
    }
    if let Some(header) = event.header {
        if let Some(age) = header.age {
            members.number("age", age);
        }
        if let Some(thread) = header.thread {
            members.number("thread", thread);
        }
        members.number("vnet", header.vnet);
        if let Some(cpu) = header.cpu {
            members.number("cpu", cpu);
        }
        if header.flags != 0 {
            members.number("event_flags", header.flags);
        }
    }
}

/// Position and function. A text that is not UTF-8 is not there.
fn place(event: &Event<'_>, members: &mut Members<'_>) {
    if let Some(position) = event.position
        && let Some(file) = position.file.to_str()
    {
        members.text("file", file.as_bytes());
        members.number("line", position.line);
    }
    if let Some(function) = event.function.and_then(Text::to_str) {
        members.text("function", function.as_bytes());
    }
}

fn words(event: &Event<'_>, members: &mut Members<'_>, scratch: &mut Vec<u8>) {
    place(event, members);
    if let Some(args) = event.args.and_then(Text::to_str) {
        members.text("args", args.as_bytes());
    }
    if event.kind != Kind::Position {
        members.text("text", push::words(event, scratch).unwrap_or_default());
    }
    if let Some(origin) = event.origin {
        members.number("origin", origin.0);
    }
    if let Some(errno) = event.errno {
        members.number("errno", errno);
    }
}

/// The parts of a pcapng block around a packet's bytes.
pub(super) fn block(members: &mut Members<'_>, head: &[u8], tail: &[u8]) {
    let out = members.key("block");
    out.push(b'[');
    hex_string(head, out);
    out.push(b',');
    hex_string(tail, out);
    out.push(b']');
}

struct Faults<'a>(&'a Trace<'a>);

impl Serialize for Faults<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for fault in self.0.faults() {
            list.serialize_element(&FaultFacts {
                fault: fault.kind.name(),
                offset: fault.offset,
                text: &fault,
            })?;
        }
        list.end()
    }
}

#[derive(Serialize)]
struct FaultFacts<'a> {
    fault: &'static str,
    offset: usize,
    #[serde(serialize_with = "display")]
    text: &'a mbuf_trace::Fault,
}

fn display<S: Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
