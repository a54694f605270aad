//! A profile a trace, in [speedscope](https://www.speedscope.app/)'s own format.
//!
//! Calls are frames; any other event is a frame that lasts until the next. Without a clock, an event is as wide as
//! another and the unit is `none`; with one, times are nanoseconds since the trace's oldest event. A call without a leave
//! ends with the last event in it, and so does the trace's last event: what follows, up to the capture, the packet only
//! lay somewhere.

use super::calls::{Move, walk};
use super::clock::Clock;
use super::label::Label;
use super::names::Names;
use super::{Export, Remark};
use crate::counted::Counted;
use crate::json;
use capture_file::WriteError;
use mbuf_trace::{Event, Kind, Trace};
use serde::Serialize;
use std::io::{self, Write};
use trace_fields::{PacketView, SnapshotLink};

/// Most memory for different frames, in bytes; what comes beyond is called [`OTHERS`]. With the program and its buffers,
/// less than 64 MiB.
const MAX_BYTES: usize = 48 << 20;

/// The name of frames that did not fit: frame 0.
const OTHERS: &str = "(others)";

/// Writes the profiles as packets come, and the names of the frames at the end.
#[derive(Debug)]
pub struct Speedscope<W> {
    out: W,
    snapshot_link: SnapshotLink,
    profiles: u64,
    frames: Frames,
}

/// The frames of all profiles.
#[derive(Debug, Default)]
struct Frames {
    /// Name, file and line of each, as the JSON of it.
    names: Names,
    scratch: Vec<u8>,
    label: Label,
    /// Events called [`OTHERS`].
    beyond: u64,
}

#[derive(Serialize)]
struct Frame<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

impl<W: Write> Speedscope<W> {
    /// Profiles onto `out`, which should be buffered.
    pub fn new(out: W, snapshot_link: SnapshotLink) -> Self {
        let mut frames = Frames::default();
        frames.names.number(&format!("{{\"name\":\"{OTHERS}\"}}"));
        Self { out, snapshot_link, profiles: 0, frames }
    }

    fn begin(&mut self) -> io::Result<()> {
        let version = env!("CARGO_PKG_VERSION");
        write!(
            self.out,
            "{{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\
             \"exporter\":\"mtrace-tool {version}\",\"name\":\"mbuf_trace\",\"activeProfileIndex\":0,\"profiles\":["
        )
    }

    fn profile(&mut self, packet: &PacketView<'_>, trace: &Trace<'_>) -> io::Result<()> {
        match self.profiles {
            0 => self.begin()?,
            _ => self.out.write_all(b",")?,
        }
        self.profiles = self.profiles.saturating_add(1);
        let mut clock = Clock::of(trace);
        let (unit, order) =
            if clock.span().is_some() { ("nanoseconds", "") } else { ("none", ", in order, without times") };
        let what = super::label::packet(trace, self.snapshot_link);
        self.out.write_all(b"\n{\"type\":\"evented\",\"name\":")?;
        json::write(&mut self.out, &format!("packet {}: {what}{order}", packet.number))?;
        write!(self.out, ",\"unit\":\"{unit}\",\"startValue\":0,\"events\":[")?;
        let mut events = Events { out: &mut self.out, open: Vec::new(), leaf: None, begun: false };
        let frames = &mut self.frames;
        let steps: Vec<Event<'_>> = trace.events_with_drops().collect();
        walk(trace.ends(), &steps, |step| {
            match step {
                Move::Open { event, step } => {
                    // Of what began before the trace only the leave is known: another line, a later time.
                    let is_enter = event.kind == Kind::Enter;
                    let at = if is_enter { clock.at(event, step) } else { 0 };
                    let frame = frames.frame(event, is_enter)?;
                    events.open(frame, at)
                }
                Move::Close { event, is_own, step, .. } => {
                    let at = match event.filter(|_| is_own) {
                        Some(event) => clock.at(event, step),
                        None => clock.last_seen(),
                    };
                    events.close(at)
                }
                Move::Within { event, step } => {
                    let at = clock.at(event, step);
                    events.leaf(frames.frame(event, true)?, at)
                }
            }
        })?;
        events.end_leaf(clock.last_seen())?;
        let end = clock.end(trace.event_count());
        write!(self.out, "],\"endValue\":{end}}}")
    }
}

impl Frames {
    /// The number of an event's frame.
    fn frame(&mut self, event: &Event<'_>, with_position: bool) -> io::Result<u32> {
        let position = event.position.filter(|_| with_position);
        let frame = Frame {
            name: self.label.name(event),
            file: position.map(|position| super::label::bounded(position.file)),
            line: position.map(|position| position.line),
        };
        self.scratch.clear();
        json::write(&mut self.scratch, &frame)?;
        let text = std::str::from_utf8(&self.scratch).unwrap_or_default();
        if self.names.bytes() < MAX_BYTES {
            return Ok(self.names.number(text));
        }
        Ok(self.names.known(text).unwrap_or_else(|| {
            self.beyond = self.beyond.saturating_add(1);
            0
        }))
    }
}

/// The list of openings and closings of a profile.
struct Events<'w, W> {
    out: &'w mut W,
    open: Vec<u32>,
    /// The event that lasts until the next.
    leaf: Option<u32>,
    begun: bool,
}

impl<W: Write> Events<'_, W> {
    fn write(&mut self, what: char, frame: u32, at: u64) -> io::Result<()> {
        let comma = if std::mem::replace(&mut self.begun, true) { "," } else { "" };
        write!(self.out, "{comma}{{\"type\":\"{what}\",\"frame\":{frame},\"at\":{at}}}")
    }

    fn end_leaf(&mut self, at: u64) -> io::Result<()> {
        self.leaf.take().map_or(Ok(()), |frame| self.write('C', frame, at))
    }

    fn open(&mut self, frame: u32, at: u64) -> io::Result<()> {
        self.end_leaf(at)?;
        self.open.push(frame);
        self.write('O', frame, at)
    }

    fn close(&mut self, at: u64) -> io::Result<()> {
        self.end_leaf(at)?;
        self.open.pop().map_or(Ok(()), |frame| self.write('C', frame, at))
    }

    fn leaf(&mut self, frame: u32, at: u64) -> io::Result<()> {
        self.end_leaf(at)?;
        self.leaf = Some(frame);
        self.write('O', frame, at)
    }
}

impl<W: Write> Export<W> for Speedscope<W> {
    fn trace(&mut self, packet: &PacketView<'_>, trace: &Trace<'_>) -> Result<(), WriteError> {
        match trace.event_count() {
            0 => Ok(()),
            _ => Ok(self.profile(packet, trace)?),
        }
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        Ok(self.out.flush()?)
    }

    fn finish(mut self: Box<Self>) -> Result<(W, Vec<Remark>), WriteError> {
        let mut remarks = Vec::new();
        if self.profiles == 0 {
            self.begin()?;
            remarks.push(Remark::note(
                "there is no trace with events, and speedscope opens no empty file".to_owned(),
            ));
        }
        self.out.write_all(b"],\n\"shared\":{\"frames\":[")?;
        for (index, frame) in self.frames.names.iter().enumerate() {
            let comma = if index > 0 { ",\n" } else { "" };
            write!(self.out, "{comma}{frame}")?;
        }
        self.out.write_all(b"]}}\n")?;
        self.out.flush()?;
        if self.frames.beyond > 0 {
            let (beyond, limit) = (self.frames.beyond, MAX_BYTES >> 20);
            remarks.push(Remark::loss(format!(
                "{} called {OTHERS}: different names took {limit} MiB, the most that is held of them",
                Counted(beyond, "event")
            )));
        }
        Ok((self.out, remarks))
    }
}
