//! The JSON objects, as they are written: they borrow from the packet.

use super::frame::is_said;
use crate::hex::Hex;
use mbuf_trace::{Certainty, Event, Kind, Text, Trace};
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use std::cell::RefCell;
use std::fmt::{self, Write as _};

/// What stands about a packet beside its events.
pub(super) struct PacketFacts<'a> {
    pub(super) number: u64,
    pub(super) time: Option<capture_file::Timestamp>,
    pub(super) interface: Option<&'a [u8]>,
    pub(super) interface_id: u32,
    pub(super) link_type: u16,
    pub(super) captured_len: u32,
    pub(super) original_len: u32,
    pub(super) trace: Option<(&'a Trace<'a>, Certainty)>,
    /// The packet's bytes, where they do not follow from the events.
    pub(super) bytes: Option<&'a [u8]>,
}

impl PacketFacts<'_> {
    /// Adds the members to an object.
    pub(super) fn members<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("packet", &self.number)?;
        map.serialize_entry("time", &self.time.map(|time| Shown(time.to_string())))?;
        map.serialize_entry("interface", &self.interface.map(Lossy))?;
        map.serialize_entry("interface_id", &self.interface_id)?;
        map.serialize_entry("link_type", &self.link_type)?;
        map.serialize_entry("captured_len", &self.captured_len)?;
        map.serialize_entry("original_len", &self.original_len)?;
        match self.trace {
            Some((trace, certainty)) => trace_members(trace, certainty, map)?,
            None => {
                for member in ["revision", "order", "path"] {
                    map.serialize_entry(member, &None::<()>)?;
                }
                map.serialize_entry("events", &[(); 0])?;
            }
        }
        if let Some(bytes) = self.bytes {
            map.serialize_entry("bytes", &Hex(bytes))?;
        }
        Ok(())
    }
}

fn trace_members<M: SerializeMap>(
    trace: &Trace<'_>,
    certainty: Certainty,
    map: &mut M,
) -> Result<(), M::Error> {
    map.serialize_entry("revision", &trace.revision().number())?;
    if trace.encoding().byte_order == mbuf_trace::ByteOrder::Little {
        map.serialize_entry("byte_order", "little")?;
    }
    if certainty == Certainty::Guessed {
        map.serialize_entry("revision_guessed", &true)?;
    }
    map.serialize_entry("order", trace.order().name())?;
    if let Some(header) = trace.frame_header() {
        map.serialize_entry("flags", &header.flags)?;
        map.serialize_entry("packet_id", &header.packet_id)?;
        map.serialize_entry("parent_id", &header.parent_id)?;
        map.serialize_entry("lost", &header.lost)?;
    }
    map.serialize_entry("path", &Path(trace))?;
    map.serialize_entry("events", &Events(trace))?;
    if trace.faults().next().is_some() {
        map.serialize_entry("faults", &Faults(trace))?;
    }
    Ok(())
}

/// A string that is ASCII by its making.
struct Shown(String);

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// A string in which bytes that are not UTF-8 become the replacement character, without a copy of it.
struct Lossy<'a>(&'a [u8]);

impl fmt::Display for Lossy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_char(char::REPLACEMENT_CHARACTER)?;
            }
        }
        Ok(())
    }
}

impl Serialize for Lossy<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `mbuf_trace.path`; bytes that are not UTF-8 as the replacement character.
struct Path<'a>(&'a Trace<'a>);

impl Serialize for Path<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.clear();
            self.0.write_path(scratch);
            Lossy(scratch).serialize(serializer)
        })
    }
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

/// The events, oldest first.
struct Events<'a>(&'a Trace<'a>);

impl Serialize for Events<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for event in self.0.events() {
            list.serialize_element(&EventFacts(&event))?;
        }
        list.end()
    }
}

struct EventFacts<'a>(&'a Event<'a>);

thread_local! {
    /// Words that are put together of several parts of an event or a trace.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Serialize for EventFacts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let event = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", event.kind.name())?;
        map.serialize_entry("wire_index", &event.wire_index)?;
        if let Some(record_type) = event.record_type {
            map.serialize_entry("record_type", &record_type)?;
        }
        match (event.kind, event.snapshot) {
            (_, Some(snapshot)) => {
                place(event, &mut map)?;
                map.serialize_entry("link_type", &snapshot.recognised_link_type())?;
                if let Some(length) = snapshot.packet_length {
                    map.serialize_entry("packet_length", &length)?;
                }
                map.serialize_entry("bytes", &Hex(snapshot.bytes))?;
            }
            (Kind::Unknown, None) => map.serialize_entry("bytes", &Hex(event.payload))?,
            _ if is_said(event) => words(event, &mut map)?,
            // Words that are not UTF-8: the payload as it is.
            _ => map.serialize_entry("bytes", &Hex(event.payload))?,
        }
        if let Some(header) = event.header {
            if let Some(age) = header.age {
                map.serialize_entry("age", &age)?;
            }
            if let Some(thread) = header.thread {
                map.serialize_entry("thread", &thread)?;
            }
            map.serialize_entry("vnet", &header.vnet)?;
            if let Some(cpu) = header.cpu {
                map.serialize_entry("cpu", &cpu)?;
            }
            if header.flags != 0 {
                map.serialize_entry("event_flags", &header.flags)?;
            }
        }
        map.end()
    }
}

/// Position and function. A text that is not UTF-8 is not there.
fn place<M: SerializeMap>(event: &Event<'_>, map: &mut M) -> Result<(), M::Error> {
    if let Some(position) = event.position
        && let Some(file) = position.file.to_str()
    {
        map.serialize_entry("file", file)?;
        map.serialize_entry("line", &position.line)?;
    }
    if let Some(function) = event.function.and_then(Text::to_str) {
        map.serialize_entry("function", function)?;
    }
    Ok(())
}

fn words<M: SerializeMap>(event: &Event<'_>, map: &mut M) -> Result<(), M::Error> {
    place(event, map)?;
    if let Some(args) = event.args.and_then(Text::to_str) {
        map.serialize_entry("args", args)?;
    }
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.clear();
        match std::str::from_utf8(scratch_text(event, scratch)) {
            Ok(text) if event.kind != Kind::Position => map.serialize_entry("text", text),
            _ => Ok(()),
        }
    })?;
    if let Some(origin) = event.origin {
        map.serialize_entry("origin", &origin.0)?;
    }
    if let Some(errno) = event.errno {
        map.serialize_entry("errno", &errno)?;
    }
    Ok(())
}

/// The event's words: its own where it has them, otherwise put together.
fn scratch_text<'a>(event: &Event<'a>, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    match event.text {
        Some(text) => text.as_bytes(),
        None => {
            event.write_text(scratch);
            scratch
        }
    }
}
