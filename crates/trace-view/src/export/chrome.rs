//! A slice a call, in the trace event format that Perfetto and `chrome://tracing` open.
//!
//! Traces whose events have times make one process: each trace is a slice of its own, on the first lane (thread) that
//! is free when it begins. Times are microseconds since a day before the first of them; `base_time` in `otherData`
//! says since when. So there is room for those that were captured later and are earlier, as the clock was set back;
//! Perfetto reads no negative times. Traces of a quite different time make a process with a base of its own, which
//! its name tells. Traces without a clock make another process, one behind the other, in which a microsecond stands for
//! an event; its name says so. Those that find no place at their times stand there, too, and that is told.
//!
//! A call without a leave ends with the last event in it: what follows is the trace's, and no call's.
//!
//! An arrow (flow) leads from a trace to those that name it as their parent, where both have times.

use super::calls::{Move, walk};
use super::clock::Clock;
use super::kinship::Kinship;
use super::label::{self, Label};
use super::{Export, Remark};
use crate::counted::Counted;
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
const ROOM: i128 = DAY;
/// Nanoseconds from a base on that doubles of microseconds hold to the last digit.
const SPAN: i128 = 50 * DAY;
const DAY: i128 = 86_400_000_000_000;
/// Most processes of traces with a clock.
const MAX_TIMES: usize = 16;

/// Writes the events as packets come.
#[derive(Debug)]
pub struct Chrome<W> {
    out: W,
    snapshot_link: SnapshotLink,
    begun: bool,
    /// Processes of traces with a clock.
    times: Vec<Times>,
    /// Traces with a clock that found no place at their times.
    displaced: u64,
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
    /// [`NOT_RECORDED`], of a call that began before the trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    enter: Option<&'a str>,
    /// [`NOT_RECORDED`], of a call that ends with the last event in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    leave: Option<&'a str>,
}

/// What is said of a call's beginning or end that no event tells of.
const NOT_RECORDED: &str = "not recorded";

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

/// A process of traces with a clock.
#[derive(Debug)]
struct Times {
    pid: u32,
    /// Nanoseconds since the epoch from which times count.
    base: i128,
    /// When each lane is free again.
    lanes: Vec<i128>,
}

impl Times {
    /// The lane that is free, or a new one, which is told; none where there are too many.
    fn lane(&mut self, start: i128, end: i128) -> Option<(usize, bool)> {
        if let Some(lane) = self.lanes.iter().position(|free| *free <= start) {
            if let Some(free) = self.lanes.get_mut(lane) {
                *free = end;
            }
            return Some((lane.saturating_add(1), false));
        }
        (self.lanes.len() < MAX_LANES).then(|| {
            self.lanes.push(end);
            (self.lanes.len(), true)
        })
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
            times: Vec::new(),
            displaced: 0,
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

    /// Finds a place for a trace at its times, if there is one.
    fn timed_track(&mut self, start: i128, end: i128) -> io::Result<Option<Track>> {
        let is_within = |base: i128| start >= base && end.saturating_sub(base) <= SPAN;
        let at = match self.times.iter().position(|times| is_within(times.base)) {
            Some(at) => at,
            None if self.times.len() >= MAX_TIMES => return Ok(None),
            None => {
                let base = start.saturating_sub(start.rem_euclid(1_000_000_000)).saturating_sub(ROOM);
                // The number behind the first is that of the traces without times.
                let further = u32::try_from(self.times.len()).unwrap_or(u32::MAX);
                let (pid, name) = match further {
                    0 => (TIMED, "traces, at their times".to_owned()),
                    _ => (
                        ORDERED.saturating_add(further),
                        format!("traces, at their times since {}", instant(base)),
                    ),
                };
                self.metadata("process_name", pid, None, &name)?;
                self.times.push(Times { pid, base, lanes: Vec::new() });
                self.times.len().saturating_sub(1)
            }
        };
        let Some(times) = self.times.get_mut(at) else { return Ok(None) };
        let (pid, base) = (times.pid, times.base);
        let Some((tid, is_new)) = times.lane(start, end) else { return Ok(None) };
        if is_new {
            self.metadata("thread_name", pid, Some(tid), &format!("lane {tid}"))?;
        }
        Ok(Some(Track { pid, tid, start: start.saturating_sub(base), tick: 1 }))
    }

    /// Finds a place for a trace that lasts this long.
    fn track(&mut self, packet: &PacketView<'_>, clock: Clock, events: usize) -> io::Result<Track> {
        let begin = clock.span().zip(packet.time).map(|(span, time)| {
            let end = time.nanoseconds().0;
            (end.saturating_sub(i128::from(span)), end)
        });
        if let Some((start, end)) = begin {
            if let Some(track) = self.timed_track(start, end)? {
                return Ok(track);
            }
            self.displaced = self.displaced.saturating_add(1);
        }
        if self.next == 0 {
            self.metadata(
                "process_name",
                ORDERED,
                None,
                "traces in order, not at times: 1 µs stands for 1 event",
            )?;
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

    /// An arrow from a trace to one that was made of it, unless it would lead back in time, or to quite another one.
    fn arrow(&mut self, parent: Kin, child: Kin) -> io::Result<()> {
        if parent.track.pid != child.track.pid || parent.track.start > child.track.start {
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
    fn slices(&mut self, packet: &PacketView<'_>, trace: &Trace<'_>) -> io::Result<()> {
        let mut clock = Clock::of(trace);
        let track = self.track(packet, clock, trace.event_count())?;
        if track.pid == ORDERED {
            clock = Clock::ordinal();
        }
        let name = format!("packet {}: {}", packet.number, label::packet(trace, self.snapshot_link));
        let guess = if trace.certainty() == Certainty::Guessed { ", a guess" } else { "" };
        let about = Args {
            packet: Some(packet.number),
            captured: packet.time.map(|time| time.to_string()),
            revision: Some(format!("{}{guess}", trace.encoding())),
            ..Args::default()
        };
        self.slice("B", &name, "trace", track, 0, Some(about))?;
        let mut label = std::mem::take(&mut self.label);
        let events: Vec<Event<'_>> = trace.events_with_drops().collect();
        let walked = walk(trace.ends(), &events, |step| match step {
            Move::Open { event, step } => {
                let is_enter = event.kind == Kind::Enter;
                let at = if is_enter { clock.at(event, step) } else { 0 };
                let args = if is_enter {
                    args_of(event)
                } else {
                    Args { enter: Some(NOT_RECORDED), ..Args::default() }
                };
                let args = Some(args);
                self.slice("B", label.name(event), "call", track, at, args)
            }
            Move::Close { function, event, is_own, step } => {
                let (at, args) = match event.filter(|_| is_own) {
                    Some(event) => (clock.at(event, step), args_of(event)),
                    None => (clock.last_seen(), Args { leave: Some(NOT_RECORDED), ..Args::default() }),
                };
                let name = label.name(&Event { function, ..Event::new(Kind::Leave) });
                self.slice("E", name, "call", track, at, Some(args))
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
        let Some(header) = trace.frame_header().filter(|_| track.pid != ORDERED) else { return Ok(()) };
        let kin = Kin { track, end: track.at(end).0 };
        for (parent, child) in self.kinship.add(header.packet_id, header.parent_id, kin) {
            self.arrow(parent, child)?;
        }
        Ok(())
    }
}

/// The instant so many nanoseconds after the epoch.
fn instant(nanoseconds: i128) -> Timestamp {
    let (seconds, nanos) = (nanoseconds.div_euclid(1_000_000_000), nanoseconds.rem_euclid(1_000_000_000));
    Timestamp::new(seconds, u64::try_from(nanos).unwrap_or(0), Resolution::NANOS)
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
    fn trace(&mut self, packet: &PacketView<'_>, trace: &Trace<'_>) -> Result<(), WriteError> {
        Ok(self.slices(packet, trace)?)
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        Ok(self.out.flush()?)
    }

    fn finish(mut self: Box<Self>) -> Result<(W, Vec<Remark>), WriteError> {
        if !self.begun {
            self.out.write_all(b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")?;
        }
        write!(self.out, "\n],\"otherData\":{{\"writer\":\"mtrace-tool {}\"", env!("CARGO_PKG_VERSION"))?;
        if let Some(times) = self.times.first() {
            write!(self.out, ",\"base_time\":\"{}\"", instant(times.base))?;
        }
        self.out.write_all(b"}}\n")?;
        self.out.flush()?;
        let mut remarks = Vec::new();
        if self.displaced > 0 {
            let traces = Counted(self.displaced, "trace");
            remarks.push(Remark::loss(format!(
                "{traces} in order, not at times: over {MAX_LANES} traces at once, or over {MAX_TIMES} different times"
            )));
        }
        Ok((self.out, remarks))
    }
}
