//! The way of one packet, as a terminal shows it.
//!
//! ```text
//! 3  2026-01-02T23:33:45.241661Z  10.0.0.1 → 10.0.0.2 ICMP echo request  (revision 3, 5 events)
//!     1  data, 84 bytes: 10.0.0.1 → 10.0.0.2 ICMP echo request
//!     2  +ip_output                    sys/netinet/ip_output.c:321
//!     3    IFQ_ENQUEUE ×12             sys/net/if.c:3982
//!    15  data, 98 bytes
//!          +eth header, 14 bytes, eth.dst 58:9c:fc:10:7f:99, eth.src 00:a0:98:27:8d:55
//!    16  -ip_output                    sys/netinet/ip_output.c:834
//!        ends in ip_output             sys/netinet/ip_output.c:834
//! ```
//!
//! Whatever came from the capture is escaped; one event is one line, and what changed between two snapshots
//! stands below the later one.

mod context;
mod depth;
mod dump;
mod end;
pub(crate) mod fit;
mod fold;
mod graph;
mod json;
mod link;
mod palette;
mod snapshots;
mod steps;
mod time;
mod words;

pub use link::{LinkTemplate, LinkTemplateError};
pub use palette::Palette;

use crate::counted::Counted;
use capture_file::LinkType;
use context::Context;
use fit::{cut, width, wrapped};
use mbuf_trace::{Certainty, Event, Link, Order, Position, Text, Trace};
use std::io::{self, Write};
use steps::{Buffers, Said, Steps};
use time::Clock;
use trace_fields::{PacketView, SnapshotLink, summary};

/// Fewer columns are no line to fit anything into.
const NARROWEST: usize = 40;

/// How packets are shown.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The events as they lie on the wire, instead of oldest first.
    pub wire_order: bool,
    /// Colours, or none.
    pub palette: Palette,
    /// Where source positions point to, on terminals that follow links.
    pub links: Option<LinkTemplate>,
    /// What snapshots begin with where the format does not say it.
    pub snapshot_link: SnapshotLink,
    /// Columns that a line may take; what is longer is cut, with a mark. Without, nothing is.
    pub width: Option<usize>,
    /// What is left out where names of source files begin with it: `/usr/src/`.
    pub strip_prefix: String,
    /// Steps that repeat are shown once, with a count.
    pub fold: bool,
    /// The bytes of each snapshot, too.
    pub hex: bool,
    /// How the steps are laid out.
    pub style: Style,
}

/// How the steps of a packet are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// A line a step, with its position.
    #[default]
    Timeline,
    /// As ftrace's function_graph tracer lays out calls, with durations where there are times.
    FunctionGraph,
    /// One JSON object a packet, on a line.
    Json,
}

impl Options {
    fn width(&self) -> Option<usize> {
        self.width.map(|width| width.max(NARROWEST))
    }

    /// The events in the order that was asked for.
    fn events<'a>(&self, trace: &Trace<'a>) -> impl Iterator<Item = Event<'a>> + use<'a> {
        if self.wire_order { trace.events_in_wire_order() } else { trace.events() }
    }

    /// Whether that order is newest first.
    fn is_backwards(&self, trace: &Trace<'_>) -> bool {
        self.wire_order && trace.order() == Order::NewestFirst
    }

    /// The position without the prefix.
    fn short<'a>(&self, position: Position<'a>) -> Position<'a> {
        let file = position.file.as_bytes();
        let short = file.strip_prefix(self.strip_prefix.as_bytes()).filter(|short| !short.is_empty());
        Position { file: Text(short.unwrap_or(file)), line: position.line }
    }
}

/// Shows packets, one after another.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    options: Options,
    buffers: Buffers,
    /// Whether a packet has been written.
    begun: bool,
    /// The file that packets are from, if that has to be said.
    file: Option<String>,
}

impl Timeline {
    /// A timeline shown this way.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options, buffers: Buffers::default(), begun: false, file: None }
    }

    /// The packets that follow are from this file: said with each of them in JSON, where each stands for itself.
    pub fn name_file(&mut self, file: String) {
        self.file = Some(file);
    }

    /// Writes one packet: its line, a line an event, a line a difference, a line a fault, and how it ended.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn write(
        &mut self,
        out: &mut impl Write,
        packet: &PacketView<'_>,
        trace: Option<(&Trace<'_>, Certainty)>,
    ) -> io::Result<()> {
        let begun = std::mem::replace(&mut self.begun, true);
        if self.options.style == Style::Json {
            let explained =
                json::Explained { packet, trace, file: self.file.as_deref(), options: &self.options };
            crate::json::write(out, &explained)?;
            return writeln!(out);
        }
        let is_graph = self.options.style == Style::FunctionGraph;
        if is_graph {
            out.write_all(if begun { b"\n" } else { graph::HEADING.as_bytes() })?;
            write!(out, "# ")?;
        }
        let Some((trace, certainty)) = trace else {
            return self.no_trace(out, packet);
        };
        let mut clock = Clock::default();
        trace.events().for_each(|event| clock.see(&event));
        let context = self.options.events(trace).find_map(|event| Context::of(&event));
        let about = about(trace, certainty, &clock);
        let said = self.heading(out, packet, trace, &about, context.filter(|_| !is_graph))?;
        match is_graph {
            true => graph::Graph::new(out, trace, &self.options).write(trace)?,
            false => Steps::new(trace, &self.options, clock, said, &mut self.buffers).write(out)?,
        }
        let colours = self.options.palette;
        for fault in trace.faults() {
            let (colour, mark) = match fault.kind.is_malformed() {
                true => (colours.fault, "! "),
                false => (colours.note, "- "),
            };
            self.below(out, colour, mark, &fault.to_string())?;
        }
        if let Some(end) = end::of(trace) {
            let colour = if end.dropped { colours.drop } else { colours.dim };
            self.below(out, colour, "", &end.words(&self.options))?;
        }
        Ok(())
    }

    /// The packet in a line, or in two where it does not fit.
    fn heading(
        &self,
        out: &mut impl Write,
        packet: &PacketView<'_>,
        trace: &Trace<'_>,
        about: &str,
        context: Option<Context>,
    ) -> io::Result<Said> {
        let colours = self.options.palette;
        let number = packet.number.to_string();
        let time = packet.time.map_or_else(|| "no time".to_owned(), |time| time.to_string());
        let mut snapshots = trace.events_newest_first().filter_map(|event| event.snapshot);
        let said = match snapshots.find(|snapshot| !snapshot.bytes.is_empty()) {
            Some(snapshot) => summary(snapshot.bytes, self.options.snapshot_link.of(&snapshot))
                .of_length(snapshot.whole_len())
                .to_string(),
            None => "no snapshot".to_owned(),
        };
        let place = context.map(|context| context.all().to_string()).unwrap_or_default();
        let comma = if place.is_empty() { "" } else { ", " };
        let with_place = format!("({about}{comma}{place})");
        let without = format!("({about})");

        let reset = colours.reset;
        write!(out, "{}{number}{reset}  {}{time}{reset}  ", colours.number, colours.time)?;
        let front =
            self.mark().len().saturating_add(width(&number)).saturating_add(width(&time)).saturating_add(4);
        let all = front.saturating_add(width(&said)).saturating_add(width(&with_place)).saturating_add(2);
        let Some(columns) = self.options.width().filter(|width| *width < all) else {
            writeln!(out, "{}{said}{reset}  {}{with_place}{reset}", colours.summary, colours.dim)?;
            return Ok(Said { context, packet: said });
        };
        let room = columns.saturating_sub(front);
        let fits = width(&with_place) <= room;
        let about = if fits { &with_place } else { &without };
        writeln!(out, "{}{}{reset}", colours.dim, cut(about, Some(room)))?;
        let left = width(&number).saturating_add(2);
        let room = columns.saturating_sub(left).saturating_sub(self.mark().len());
        let shown = cut(&said, Some(room));
        writeln!(out, "{}{:left$}{}{shown}{reset}", self.mark(), "", colours.summary)?;
        Ok(Said { context: context.filter(|_| fits), packet: said })
    }

    /// What begins the lines that are no calls, as in ftrace's own output.
    fn mark(&self) -> &'static str {
        if self.options.style == Style::FunctionGraph { "# " } else { "" }
    }

    /// A line below the steps; over several lines where it does not fit, for nothing of it may be lost.
    fn below(&self, out: &mut impl Write, colour: palette::Colour, mark: &str, text: &str) -> io::Result<()> {
        const LEFT: usize = 5;
        let front = self.mark();
        let left = LEFT.saturating_sub(front.len()).saturating_add(mark.len());
        let room = self.options.width().map(|width| width.saturating_sub(left).saturating_sub(front.len()));
        for (index, line) in wrapped(text, room).iter().enumerate() {
            let mark = if index == 0 { mark } else { "" };
            let pad = left.saturating_sub(mark.len());
            writeln!(out, "{front}{:pad$}{colour}{mark}{line}{}", "", self.options.palette.reset)?;
        }
        Ok(())
    }

    /// A packet that carries no trace: of another link type, or nothing that can be read as one.
    fn no_trace(&self, out: &mut impl Write, packet: &PacketView<'_>) -> io::Result<()> {
        let colours = self.options.palette;
        let reset = colours.reset;
        let number = packet.number.to_string();
        let time = packet.time.map_or_else(|| "no time".to_owned(), |time| time.to_string());
        write!(out, "{}{number}{reset}  {}{time}{reset}  ", colours.number, colours.time)?;
        let (colour, text) = match packet.link_type {
            LinkType::ETHERNET => {
                (colours.reset, format!("{}  (no trace)", summary(packet.data, Link::Ethernet)))
            }
            LinkType::RAW => (colours.reset, format!("{}  (no trace)", summary(packet.data, Link::Ip))),
            _ => {
                let length = Counted(packet.data.len(), "byte");
                (colours.note, format!("{}, {length}: not mbuf_trace", packet.link_type))
            }
        };
        let front =
            self.mark().len().saturating_add(width(&number)).saturating_add(width(&time)).saturating_add(4);
        let room = self.options.width().map(|width| width.saturating_sub(front));
        writeln!(out, "{colour}{}{reset}", cut(&text, room))
    }
}

/// What there is to say of the trace as a whole: `revision 4, 19 events in 30.700 µs`.
fn about(trace: &Trace<'_>, certainty: Certainty, clock: &Clock) -> String {
    let guess = if certainty == Certainty::Guessed { ", a guess" } else { "" };
    let events = Counted(trace.event_count(), "event");
    let span = clock.span().map(|span| format!(" in {span}")).unwrap_or_default();
    format!("revision {}{guess}, {events}{span}", trace.encoding())
}

/// What the packet is, by its newest snapshot that has any bytes.
fn said(trace: &Trace<'_>, options: &Options) -> Option<String> {
    let mut snapshots = trace.events_newest_first().filter_map(|event| event.snapshot);
    let newest = snapshots.find(|snapshot| !snapshot.bytes.is_empty())?;
    Some(summary(newest.bytes, options.snapshot_link.of(&newest)).of_length(newest.whole_len()).to_string())
}
