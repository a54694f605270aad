//! A slice a call, in the trace event format that Perfetto and `chrome://tracing` open.
//!
//! Traces whose events have times make one process: each trace is a slice of its own, on the first lane (thread) that
//! is free when it begins. Times are microseconds since a minute before the first of them; `base_time` in `otherData`
//! says since when. Traces without a clock make another process, one behind the other, in which a microsecond stands for
//! an event; its name says so.
//!
//! An arrow (flow) leads from a trace to those that name it as their parent, where both have times.

use super::calls::{Move, walk};
use super::clock::Clock;
use super::kinship::Kinship;
use super::label::{self, Label};
use super::{Export, Remark};
use crate::json;
use capture_file::{Resolution, Timestamp, WriteError};
use mbuf_trace::{Certainty, Event, Kind, Snapshot, Trace};
use serde::Serialize;
use std::fmt;
use std::io::{self, Write};
use trace_fields::{PacketView, SnapshotLink};

/// Process of the traces with a clock.
const TIMED: u32 = 1;
/// Process of those without.
const ORDERED: u32 = 2;
/// Most traces that are shown side by side.
const MAX_LANES: usize = 256;
/// Nanoseconds between the base of the times and the first trace: room for traces that began earlier and were
/// captured later.
const ROOM: i128 = 60_000_000_000;

/// Writes the events as packets come.
#[derive(Debug)]
pub struct Chrome<W> {
    out: W,
    snapshot_link: SnapshotLink,
    begun: bool,
    /// Nanoseconds since the epoch from which times count.
    base: Option<i128>,
    /// When each lane is free again.
    lanes: Vec<i128>,
    /// Where the next trace without a clock begins.
    next: i128,
    kinship: Kinship<Kin>,
    /// Arrows so far, which is the id of the last.
    arrows: u64,
    label: Label,
}

/// One event of the format.
#[derive(Default, Serialize)]
struct Entry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cat: Option<&'a str>,
    ph: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<Micros>,
    pid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    tid: Option<usize>,
    /// Scope of an instant: its thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'a str>,
    /// What the two ends of an arrow have in common.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    /// Where an arrow ends: at the slice around it, not at the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    bp: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<Args<'a>>,
}

#[derive(Default, Serialize)]
struct Args<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    captured: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vnet: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
    /// Of a snapshot that was cut, how many bytes the packet had.
    #[serde(skip_serializing_if = "Option::is_none")]
    packet_length: Option<usize>,
}

/// Nanoseconds, written as microseconds to the last digit.
#[derive(Clone, Copy)]
struct Micros(i128);

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, nanos) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        write!(f, "{sign}{}.{:03}", nanos / 1000, nanos % 1000)
    }
}

impl Serialize for Micros {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A number that a double holds without loss for 104 days.
        self.to_string().parse::<f64>().unwrap_or_default().serialize(serializer)
    }
}

/// Where a trace stands.
#[derive(Debug, Clone, Copy)]
struct Track {
    pid: u32,
    tid: usize,
    /// Its beginning, in nanoseconds.
    start: i128,
    /// Nanoseconds that a tick of its clock takes.
    tick: i128,
}

/// A trace that others may come from.
#[derive(Debug, Clone, Copy)]
struct Kin {
    track: Track,
    /// Its end, in nanoseconds.
    end: i128,
}

impl Track {
    fn at(self, ticks: u64) -> Micros {
        Micros(self.start.saturating_add(i128::from(ticks).saturating_mul(self.tick)))
    }
}

impl<W: Write> Chrome<W> {
    /// Events onto `out`, which should be buffered.
    pub fn new(out: W, snapshot_link: SnapshotLink) -> Self {
        Self {
            out,
            snapshot_link,
            begun: false,
            base: None,
            lanes: Vec::new(),
            next: 0,
            kinship: Kinship::default(),
            arrows: 0,
            label: Label::default(),
        }
    }

    fn entry(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        let before: &[u8] = if std::mem::replace(&mut self.begun, true) {
            b",\n"
        } else {
            b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"
        };
        self.out.write_all(before)?;
        json::write(&mut self.out, entry)
    }

    fn metadata(&mut self, what: &str, pid: u32, tid: Option<usize>, name: &str) -> io::Result<()> {
        let args = Args { name: Some(name), ..Args::default() };
        let entry = Entry { name: Some(what), ph: "M", pid, tid, args: Some(args), ..Entry::default() };
        self.entry(&entry)
    }

    /// Finds a place for a trace that lasts this long.
    fn track(&mut self, packet: &PacketView<'_>, clock: Clock, events: usize) -> io::Result<Track> {
        let begin = clock.span().zip(packet.time).map(|(span, time)| {
            let end = time.nanoseconds().0;
            (end.saturating_sub(i128::from(span)), end)
        });
        if let Some((start, end)) = begin {
            let base = match self.base {
                Some(base) => base,
                None => {
                    self.metadata("process_name", TIMED, None, "traces, at their times")?;
                    start.saturating_sub(start.rem_euclid(1_000_000_000)).saturating_sub(ROOM)
                }
            };
            self.base = Some(base);
            let lane = self.lanes.iter().position(|free| *free <= start);
            if start >= base && (lane.is_some() || self.lanes.len() < MAX_LANES) {
                let tid = match lane {
                    Some(lane) => lane.saturating_add(1),
                    None => {
                        self.lanes.push(end);
                        let tid = self.lanes.len();
                        self.metadata("thread_name", TIMED, Some(tid), &format!("lane {tid}"))?;
                        tid
                    }
                };
                if let Some(free) = self.lanes.get_mut(tid.saturating_sub(1)) {
                    *free = end;
                }
                return Ok(Track { pid: TIMED, tid, start: start.saturating_sub(base), tick: 1 });
            }
        }
        if self.next == 0 {
            self.metadata("process_name", ORDERED, None, "traces without times: 1 µs stands for 1 event")?;
            self.metadata("thread_name", ORDERED, Some(1), "one behind the other")?;
        }
        let start = self.next;
        let width = i128::try_from(events).unwrap_or(0).saturating_add(1).saturating_mul(1000);
        self.next = start.saturating_add(width);
        // Where a clock was there and no lane, its nanoseconds would not fit.
        Ok(Track { pid: ORDERED, tid: 1, start, tick: 1000 })
    }

    fn slice(
        &mut self,
        ph: &str,
        name: &str,
        cat: &str,
        track: Track,
        at: u64,
        args: Option<Args<'_>>,
    ) -> io::Result<()> {
        let s = (ph == "i").then_some("t");
        let (ts, tid) = (Some(track.at(at)), Some(track.tid));
        let (name, cat) = (Some(name), Some(cat));
        self.entry(&Entry { name, cat, ph, ts, pid: track.pid, tid, s, args, ..Entry::default() })
    }

    /// An arrow from a trace to one that was made of it, unless it would lead back in time.
    fn arrow(&mut self, parent: Kin, child: Kin) -> io::Result<()> {
        if parent.track.start > child.track.start {
            return Ok(());
        }
        self.arrows = self.arrows.saturating_add(1);
        let leaves = child.track.start.min(parent.end);
        for (ph, kin, at) in [("s", parent, leaves), ("f", child, child.track.start)] {
            self.entry(&Entry {
                name: Some("made of"),
                cat: Some("parent"),
                ph,
                ts: Some(Micros(at)),
                pid: kin.track.pid,
                tid: Some(kin.track.tid),
                id: Some(self.arrows),
                bp: (ph == "f").then_some("e"),
                ..Entry::default()
            })?;
        }
        Ok(())
    }

    /// Writes the slices of a trace.
    fn slices(&mut self, packet: &PacketView<'_>, trace: &Trace<'_>, certainty: Certainty) -> io::Result<()> {
        let mut clock = Clock::of(trace);
        let track = self.track(packet, clock, trace.event_count())?;
        if track.pid == ORDERED {
            clock = Clock::ordinal();
        }
        let name = format!("packet {}: {}", packet.number, label::packet(trace, self.snapshot_link));
        let guess = if certainty == Certainty::Guessed { ", a guess" } else { "" };
        let about = Args {
            packet: Some(packet.number),
            captured: packet.time.map(|time| time.to_string()),
            revision: Some(format!("{}{guess}", trace.encoding())),
            ..Args::default()
        };
        self.slice("B", &name, "trace", track, 0, Some(about))?;
        let mut label = std::mem::take(&mut self.label);
        let events: Vec<Event<'_>> = trace.events_with_drops().collect();
        let walked = walk(&events, |step| match step {
            Move::Open { event, step } => {
                let is_enter = event.kind == Kind::Enter;
                let at = if is_enter { clock.at(event, step) } else { 0 };
                let args = is_enter.then(|| args_of(event));
                self.slice("B", label.name(event), "call", track, at, args)
            }
            Move::Close { function, event, is_own, step } => {
                let at = match event {
                    Some(event) => clock.at(event, step),
                    None => clock.end(step),
                };
                let name = label.name(&Event { function, ..Event::new(Kind::Leave) });
                self.slice("E", name, "call", track, at, event.filter(|_| is_own).map(args_of))
            }
            Move::Within { event, step } => {
                let at = clock.at(event, step);
                self.slice("i", label.name(event), event.kind.name(), track, at, Some(args_of(event)))
            }
        });
        self.label = label;
        walked?;
        let end = clock.end(trace.event_count());
        self.slice("E", &name, "trace", track, end, None)?;
        let Some(header) = trace.frame_header().filter(|_| track.pid == TIMED) else { return Ok(()) };
        let kin = Kin { track, end: track.at(end).0 };
        for (parent, child) in self.kinship.add(header.packet_id, header.parent_id, kin) {
            self.arrow(parent, child)?;
        }
        Ok(())
    }
}

/// What is known of an event beside its name.
fn args_of(event: &Event<'_>) -> Args<'static> {
    let header = event.header;
    Args {
        args: event.args.map(label::bounded),
        at: event.position.map(|position| format!("{}:{}", label::bounded(position.file), position.line)),
        vnet: header.map(|header| header.vnet).filter(|vnet| *vnet != 0),
        cpu: header.and_then(|header| header.cpu),
        thread: header.and_then(|header| header.thread),
        bytes: event.snapshot.map(|snapshot| snapshot.bytes.len()),
        packet_length: event.snapshot.filter(Snapshot::is_cut).map(|snapshot| snapshot.whole_len()),
        ..Args::default()
    }
}

impl<W: Write> Export<W> for Chrome<W> {
    fn trace(
        &mut self,
        packet: &PacketView<'_>,
        trace: &Trace<'_>,
        certainty: Certainty,
    ) -> Result<(), WriteError> {
        Ok(self.slices(packet, trace, certainty)?)
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        Ok(self.out.flush()?)
    }

    fn finish(mut self: Box<Self>) -> Result<(W, Vec<Remark>), WriteError> {
        if !self.begun {
            self.out.write_all(b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")?;
        }
        write!(self.out, "\n],\"otherData\":{{\"writer\":\"mtrace-tool {}\"", env!("CARGO_PKG_VERSION"))?;
        if let Some(base) = self.base {
            let (seconds, nanos) = (base.div_euclid(1_000_000_000), base.rem_euclid(1_000_000_000));
            let base = Timestamp::new(seconds, u64::try_from(nanos).unwrap_or(0), Resolution::NANOS);
            write!(self.out, ",\"base_time\":\"{base}\"")?;
        }
        self.out.write_all(b"}}\n")?;
        self.out.flush()?;
        Ok((self.out, Vec::new()))
    }
}
