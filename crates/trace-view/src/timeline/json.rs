//! A packet as JSON that explains it: what the timeline says, for programs. Unlike NDJSON it is not the
//! packet, and nothing leads back; text that is not UTF-8 has U+FFFD in it.

use super::context::Context;
use super::snapshots::Snapshots;
use super::way::Way;
use super::{Options, newest_snapshot, turned_from};
use crate::changes::{self, Differences};
use crate::hex::Hex;
use crate::push;
use mbuf_trace::{Calls, Certainty, Errno, Event, Fate, Snapshot, Text};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use trace_fields::PacketView;

/// One packet; the object that `print --json` has for it.
pub(super) struct Explained<'s, 'a> {
    pub(super) packet: &'s PacketView<'s>,
    pub(super) way: Option<&'s Way<'s, 'a>>,
    /// The file that it is from, where there is more than one.
    pub(super) file: Option<&'s str>,
    pub(super) options: &'s Options,
}

/// Name and version of what `print --json` gives. Keys may be added to it; one that changes its meaning changes
/// the number.
const SCHEMA: &str = "mbuf_trace.print/1";

fn lossy(text: Text<'_>) -> Cow<'_, str> {
    String::from_utf8_lossy(text.0)
}

impl Serialize for Explained<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schema", SCHEMA)?;
        if let Some(file) = self.file {
            map.serialize_entry("file", file)?;
        }
        map.serialize_entry("packet", &self.packet.number)?;
        if let Some(time) = self.packet.time {
            map.serialize_entry("time", &Shown(time))?;
        }
        let Some(way) = self.way else {
            map.serialize_entry("link_type", &self.packet.link_type.0)?;
            return map.end();
        };
        let snapshots = Snapshots::new(way, self.options.snapshot_link);
        if let Some((_, newest)) = newest_snapshot(way) {
            map.serialize_entry("summary", &Shown(snapshots.summary(&newest)))?;
        }
        if let Some(asked) = turned_from(way, self.options.snapshot_link) {
            map.serialize_entry("turned_from", &Shown(asked))?;
        }
        map.serialize_entry("revision", &way.trace.revision().number())?;
        if way.trace.certainty() == Certainty::Guessed {
            map.serialize_entry("revision_guessed", &true)?;
        }
        if way.trace.lost() > 0 {
            map.serialize_entry("lost", &way.trace.lost())?;
        }
        if way.trace.is_incomplete() {
            map.serialize_entry("incomplete", &true)?;
        }
        if let Some(header) = way.trace.frame_header() {
            for (key, id) in [("packet_id", header.packet_id), ("parent_id", header.parent_id)] {
                if id != 0 {
                    map.serialize_entry(key, &id)?;
                }
            }
        }
        map.serialize_entry("steps", &Steps { way, snapshots, hex: self.options.hex })?;
        let faults: Vec<Fault> = way.trace.faults().map(Fault::from).collect();
        if !faults.is_empty() {
            map.serialize_entry("faults", &faults)?;
        }
        map.serialize_entry("end", &End::from(mbuf_trace::End::of(way.trace, way.oldest_first())))?;
        map.end()
    }
}

/// A string that is what this shows.
struct Shown<T>(T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// All events, oldest first, one at a time.
struct Steps<'s, 'a> {
    way: &'s Way<'s, 'a>,
    snapshots: Snapshots<'s, 'a>,
    hex: bool,
}

/// Memory that is used again for the next step.
#[derive(Default)]
struct Memory<'a> {
    text: Vec<u8>,
    differences: Differences<'a>,
    comparison: changes::Scratch,
}

impl Serialize for Steps<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut calls = Calls::new(self.way.trace.ends());
        let mut before: Option<Snapshot<'_>> = None;
        let memory = RefCell::default();
        let mut list = serializer.serialize_seq(Some(self.way.events.len()))?;
        for (event, step) in self.way.oldest_first().zip(1_usize..) {
            let depth = calls.take(event).depth;
            let before = event.snapshot.and_then(|now| before.replace(now));
            list.serialize_element(&Step { event, step, depth, before, all: self, memory: &memory })?;
        }
        list.end()
    }
}

struct Step<'s, 'a> {
    event: &'s Event<'a>,
    step: usize,
    depth: usize,
    before: Option<Snapshot<'a>>,
    all: &'s Steps<'s, 'a>,
    memory: &'s RefCell<Memory<'a>>,
}

impl Serialize for Step<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { event, all: Steps { way, snapshots, hex }, .. } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("step", &self.step)?;
        map.serialize_entry("depth", &self.depth)?;
        map.serialize_entry("kind", event.kind.name())?;
        let Memory { text, differences, comparison } = &mut *self.memory.borrow_mut();
        if let Some(words) = push::words(event, text) {
            map.serialize_entry("text", &lossy(Text(words)))?;
        }
        if let Some(origin) = event.origin {
            match origin.name() {
                Some(name) => map.serialize_entry("origin", name)?,
                None => map.serialize_entry("origin", &origin.0)?,
            }
        }
        if let Some(function) = event.function {
            map.serialize_entry("function", &lossy(function))?;
        }
        if let Some(position) = event.position {
            map.serialize_entry("file", &lossy(position.file))?;
            map.serialize_entry("line", &position.line)?;
        }
        if let Some(since) = way.clock.time(event) {
            map.serialize_entry("since_ns", &since.nanos())?;
        }
        if let Some(context) = Context::of(event) {
            context.entries(&mut map)?;
        }
        if let Some(errno) = event.errno {
            map.serialize_entry("errno", &errno)?;
            if let Some(name) = Errno(errno).name() {
                map.serialize_entry("errno_name", name)?;
            }
        }
        if let Some(now) = event.snapshot {
            map.serialize_entry("length", &now.bytes.len())?;
            if let Some(length) = now.packet_length {
                map.serialize_entry("packet_length", &length)?;
            }
            map.serialize_entry("summary", &Shown(snapshots.summary(&now)))?;
            if let Some(step) = snapshots.earlier(self.step, &now) {
                map.serialize_entry("same_as_step", &step)?;
            } else if *hex {
                map.serialize_entry("bytes", &Hex(now.bytes))?;
            }
            if let Some(before) = self.before {
                snapshots.since(&before, &now, differences, comparison);
                map.serialize_entry("changes", &differences.changes)?;
            }
        }
        map.end()
    }
}

#[derive(Serialize)]
struct Fault {
    fault: &'static str,
    malformed: bool,
    text: String,
}

impl From<mbuf_trace::Fault> for Fault {
    fn from(fault: mbuf_trace::Fault) -> Self {
        Self { fault: fault.kind.name(), malformed: fault.kind.is_malformed(), text: fault.to_string() }
    }
}

#[derive(Serialize)]
struct End<'a> {
    fate: &'static str,
    dropped: bool,
    /// Whether no event says that the packet was dropped.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    inferred: bool,
    /// Whether the newest events may be missing: the place is only where the packet was last seen.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    missing: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    returned: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errno: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errno_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    freed_after_ns: Option<u64>,
}

impl<'a> From<mbuf_trace::End<'a>> for End<'a> {
    fn from(end: mbuf_trace::End<'a>) -> Self {
        Self {
            fate: end.fate.name(),
            dropped: end.fate == Fate::Dropped,
            inferred: end.fate == Fate::Dropped && !end.is_recorded,
            missing: !end.is_known(),
            function: end.function.filter(|function| !function.is_empty()).map(lossy),
            returned: end.returned.map(lossy),
            file: end.position.map(|position| lossy(position.file)),
            line: end.position.map(|position| position.line),
            reason: end.reason.filter(|reason| !reason.is_empty()).map(lossy),
            errno: end.errno,
            errno_name: end.errno.and_then(|errno| Errno(errno).name()),
            freed_after_ns: end.freed_after,
        }
    }
}
