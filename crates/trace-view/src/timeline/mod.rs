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
mod dump;
pub(crate) mod end;
pub(crate) mod fit;
mod fold;
mod graph;
mod indented;
mod json;
mod link;
mod palette;
mod snapshots;
mod steps;
mod time;
mod way;
mod words;

pub use link::{LinkTemplate, LinkTemplateError};
pub use palette::Palette;

use crate::{push, role};
use capture_file::LinkType;
use context::Context;
use fit::{cut, width, wrapped};
use indented::Indented;
use mbuf_trace::{
    ByteOrder, Certainty, Encoding, End, Event, Fate, Link, Order, Position, RecordedEvent, Snapshot, Text,
    Trace,
};
use std::fmt::Write as _;
use std::io::{self, Write};
use steps::{Buffers, Said, Steps};
use trace_fields::{PacketView, SnapshotLink, Summary, recycle, summary};
use way::Way;

/// Fewer columns are no line to fit anything into.
const NARROWEST: usize = 40;

/// Bytes of a packet's page that are kept before they go to the output.
const FULL: usize = 1 << 16;

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
///
/// From one packet to the next it keeps memory, the file's name, and whether anything has been written: the function
/// graph has a heading above the first packet, and an empty line between two. So a clone that is made when the first
/// packet is written can show any others.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    options: Options,
    memory: Memory,
    /// Whether a packet has been written.
    begun: bool,
    /// The file that packets are from, if that has to be said.
    file: Option<String>,
    /// Columns to the left of the packets that follow.
    left: usize,
}

/// Memory that is used again for the next packet.
#[derive(Debug, Clone, Default)]
struct Memory {
    events: Vec<Event<'static>>,
    steps: Buffers,
    said: Said,
    /// What is shown of the packet, before it is written.
    page: String,
}

impl Timeline {
    /// A timeline shown this way.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options, ..Self::default() }
    }

    /// The packets that follow are from this file: said with each of them in JSON, where each stands for itself.
    pub fn name_file(&mut self, file: String) {
        self.file = Some(file);
    }

    /// The packets that follow stand so many columns further to the right than those of a new timeline. JSON has no
    /// columns.
    pub fn indent(&mut self, columns: usize) {
        let width = self.options.width.map(|width| width.saturating_add(self.left).saturating_sub(columns));
        (self.options.width, self.left) = (width, columns);
    }

    /// Whether a packet has been written: what a layout has above all packets is written with the first.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.begun
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
        trace: Option<&Trace<'_>>,
    ) -> io::Result<()> {
        match self.left {
            0 => self.packet(out, packet, trace),
            _ if self.options.style == Style::Json => self.packet(out, packet, trace),
            left => self.packet(&mut Indented::new(out, left), packet, trace),
        }
    }

    fn packet(
        &mut self,
        out: &mut impl Write,
        packet: &PacketView<'_>,
        trace: Option<&Trace<'_>>,
    ) -> io::Result<()> {
        let begun = std::mem::replace(&mut self.begun, true);
        let Self { options, memory, .. } = self;
        memory.page.clear();
        if options.style == Style::FunctionGraph {
            memory.page.push_str(if begun { "\n" } else { graph::HEADING });
            memory.page.push_str("# ");
        }
        match trace {
            _ if options.style == Style::Json => self.json(out, packet, trace)?,
            Some(trace) => self.trace(out, packet, trace)?,
            None => self.no_trace(packet),
        }
        out.write_all(self.memory.page.as_bytes())
    }

    fn json(
        &mut self,
        out: &mut impl Write,
        packet: &PacketView<'_>,
        trace: Option<&Trace<'_>>,
    ) -> io::Result<()> {
        let mut events = std::mem::take(&mut self.memory.events);
        events.extend(trace.into_iter().flat_map(Trace::events).map(RecordedEvent::read));
        let way = trace.map(|trace| Way::new(trace, &events, false));
        let (file, options) = (self.file.as_deref(), &self.options);
        crate::json::write(out, &json::Explained { packet, way: way.as_ref(), file, options })?;
        self.memory.events = recycle(events);
        out.write_all(b"\n")
    }

    fn trace(&mut self, out: &mut impl Write, packet: &PacketView<'_>, trace: &Trace<'_>) -> io::Result<()> {
        let Self { options, memory: Memory { events: memory, steps, said, page }, .. } = self;
        let is_graph = options.style == Style::FunctionGraph;
        let mut events = std::mem::take(memory);
        events.extend(trace.events().map(RecordedEvent::read));
        let backwards = options.is_backwards(trace) && !is_graph;
        if backwards {
            events.reverse();
        }
        let way = Way::new(trace, &events, backwards);
        said.context = way.events.iter().find_map(Context::of).filter(|_| !is_graph);
        heading(page, options, packet, &way, said);
        match is_graph {
            true => graph::Graph::new(&way, options, page).write(out)?,
            false => Steps::new(&way, options, said, steps, page).write(out)?,
        }
        let colours = &options.palette;
        let line = &mut said.packet;
        for fault in trace.faults() {
            let (colour, mark) = match fault.kind.is_malformed() {
                true => (colours.fault, "! "),
                false => (colours.note, "- "),
            };
            line.clear();
            let _ = write!(line, "{fault}");
            below(page, options, colour, mark, line);
            spill(page, out)?;
        }
        let end = End::of(trace, way.oldest_first());
        let colour = if end.fate == Fate::Dropped { colours.drop } else { colours.dim };
        line.clear();
        end::words(&end, options, line);
        if !line.is_empty() {
            below(page, options, colour, "", line);
        }
        *memory = recycle(events);
        Ok(())
    }

    /// A packet that carries no trace: of another link type, or nothing that can be read as one.
    fn no_trace(&mut self, packet: &PacketView<'_>) {
        let Self { options, memory: Memory { said: Said { packet: text, .. }, page, .. }, .. } = self;
        let colours = &options.palette;
        text.clear();
        let length = usize::try_from(packet.original_len).unwrap_or(usize::MAX);
        let whole = |link| summary(packet.data, link).of_length(length);
        // Writing to a String cannot fail.
        let (colour, _) = match packet.link_type {
            LinkType::ETHERNET => (colours.reset, write!(text, "{}  (no trace)", whole(Link::Ethernet))),
            LinkType::RAW => (colours.reset, write!(text, "{}  (no trace)", whole(Link::Ip))),
            _ => {
                let _ = write!(text, "{}, ", packet.link_type);
                push::counted(packet.data.len(), "byte", text);
                (colours.note, text.write_str(": not mbuf_trace"))
            }
        };
        let (_, front) = number_and_time(page, options, packet);
        let room = options.width().map(|width| width.saturating_sub(front));
        colour.push(page);
        page.push_str(&cut(text, room));
        colours.reset.push(page);
        page.push('\n');
    }
}

/// Hands the page to the output where it is full: what a packet says is many times as long as itself.
fn spill(page: &mut String, out: &mut impl Write) -> io::Result<()> {
    if page.len() >= FULL {
        out.write_all(page.as_bytes())?;
        page.clear();
    }
    Ok(())
}

/// Begins the line of a packet. Gives the columns of its number, and all that are taken.
fn number_and_time(page: &mut String, options: &Options, packet: &PacketView<'_>) -> (usize, usize) {
    let colours = &options.palette;
    colours.number.push(page);
    let start = page.len();
    push::number(packet.number, page);
    // Digits, letters and signs of ASCII, one column each.
    let number = page.len().saturating_sub(start);
    colours.reset.push(page);
    page.push_str("  ");
    colours.time.push(page);
    let start = page.len();
    match packet.time {
        // Writing to a String cannot fail.
        Some(time) => drop(write!(page, "{time}")),
        None => page.push_str("no time"),
    }
    let time = page.len().saturating_sub(start);
    colours.reset.push(page);
    page.push_str("  ");
    (number, mark(options).len().saturating_add(number).saturating_add(time).saturating_add(4))
}

/// The packet in a line, or in two where it does not fit.
fn heading(
    page: &mut String,
    options: &Options,
    packet: &PacketView<'_>,
    way: &Way<'_, '_>,
    said: &mut Said,
) {
    let colours = &options.palette;
    said.newest.clear();
    said.newest_step = 0;
    match newest_snapshot(way) {
        Some((step, snapshot)) => {
            // Writing to a String cannot fail.
            let _ = role::summary_of(&snapshot, options.snapshot_link).write(&mut said.newest);
            said.newest_step = step;
        }
        None => said.newest.push_str("no snapshot"),
    }
    said.packet.clone_from(&said.newest);
    said.title.clear();
    if let Some(asked) = turned_from(way, options.snapshot_link) {
        said.packet.clear();
        // Writing to a String cannot fail.
        let _ = asked.write(&mut said.packet);
        let _ = write!(said.title, "{}, turned into ", said.packet);
    }
    said.title.push_str(&said.newest);
    let (number, front) = number_and_time(page, options, packet);
    let start = page.len();
    colours.summary.push(page);
    page.push_str(&said.title);
    colours.reset.push(page);
    page.push_str("  ");
    colours.dim.push(page);
    let about_start = page.len();
    about(way, page);
    let without_kin = page.len();
    kin(way, page);
    let without_place = page.len();
    if let Some(context) = said.context.filter(|context| !context.all().is_empty()) {
        let _ = write!(page, ", {}", context.all());
    }
    page.push(')');
    let Some(columns) = options.width() else {
        colours.reset.push(page);
        page.push('\n');
        return;
    };
    let with_place = page.get(about_start..).unwrap_or_default().to_owned();
    let all = front.saturating_add(width(&said.title)).saturating_add(width(&with_place)).saturating_add(2);
    if all <= columns {
        colours.reset.push(page);
        page.push('\n');
        return;
    }
    // In two lines, or three: whose child it is may not be cut off.
    let with_kin = format!("{})", page.get(about_start..without_place).unwrap_or_default());
    let without = format!("{})", page.get(about_start..without_kin).unwrap_or_default());
    let kin = page.get(without_kin..without_place).and_then(|kin| kin.strip_prefix(", ")).unwrap_or_default();
    let kin = format!("({kin})");
    page.truncate(start);
    let room = columns.saturating_sub(front);
    let fits = width(&with_place) <= room;
    said.context = said.context.filter(|_| fits);
    let kin_fits = fits || width(&with_kin) <= room;
    let about = if fits {
        &with_place
    } else if kin_fits {
        &with_kin
    } else {
        &without
    };
    colours.dim.push(page);
    page.push_str(&cut(about, Some(room)));
    colours.reset.push(page);
    page.push('\n');
    let left = number.saturating_add(2);
    let room = columns.saturating_sub(left).saturating_sub(mark(options).len());
    page.push_str(mark(options));
    push::spaces(left, page);
    colours.summary.push(page);
    page.push_str(&cut(&said.title, Some(room)));
    colours.reset.push(page);
    page.push('\n');
    for line in wrapped(&kin, Some(room).filter(|_| !kin_fits)).iter().filter(|_| !kin_fits) {
        page.push_str(mark(options));
        push::spaces(left, page);
        colours.dim.push(page);
        page.push_str(line);
        colours.reset.push(page);
        page.push('\n');
    }
}

/// What begins the lines that are no calls, as in ftrace's own output.
fn mark(options: &Options) -> &'static str {
    if options.style == Style::FunctionGraph { "# " } else { "" }
}

/// A line below the steps; over several lines where it does not fit, for nothing of it may be lost.
fn below(page: &mut String, options: &Options, colour: palette::Colour, mark: &str, text: &str) {
    const LEFT: usize = 5;
    let front = self::mark(options);
    let left = LEFT.saturating_sub(front.len()).saturating_add(mark.len());
    let room = options.width().map(|width| width.saturating_sub(left).saturating_sub(front.len()));
    let mut line = |mark: &str, line: &str| {
        page.push_str(front);
        push::spaces(left.saturating_sub(mark.len()), page);
        colour.push(page);
        page.push_str(mark);
        page.push_str(line);
        options.palette.reset.push(page);
        page.push('\n');
    };
    if room.is_none_or(|room| width(text) <= room) {
        return line(mark, text);
    }
    for (index, part) in wrapped(text, room).iter().enumerate() {
        line(if index == 0 { mark } else { "" }, part);
    }
}

/// Appends what there is to say of the trace as a whole: `(revision 4, 19 events in 30.700 µs`.
fn about(way: &Way<'_, '_>, out: &mut String) {
    let Encoding { revision, byte_order } = way.trace.encoding();
    out.push_str("(revision ");
    push::number(revision.number(), out);
    out.push_str(if byte_order == ByteOrder::Little { "le" } else { "" });
    out.push_str(if way.trace.certainty() == Certainty::Guessed { ", a guess, " } else { ", " });
    push::counted(way.trace.event_count(), "event", out);
    let is_incomplete = way.trace.is_incomplete();
    if is_incomplete {
        out.push_str(", ");
        end::lacks(way.trace, out);
    }
    if let Some(span) = way.clock.span() {
        out.push_str(if is_incomplete { ", in " } else { " in " });
        span.push(out);
    }
}

/// Appends which packet it is and which it was made of, as far as that is known: `, id 901, child of 900`.
fn kin(way: &Way<'_, '_>, out: &mut String) {
    let Some(header) = way.trace.frame_header() else { return };
    for (what, id) in [(", id ", header.packet_id), (", child of ", header.parent_id)] {
        if id != 0 {
            out.push_str(what);
            push::number(id, out);
        }
    }
}

/// What says what the packet is: its newest snapshot that has any bytes, and its step.
fn newest_snapshot<'a>(way: &Way<'_, 'a>) -> Option<(usize, Snapshot<'a>)> {
    let steps = (1..=way.events.len()).rev();
    let mut snapshots =
        steps.zip(way.newest_first()).filter_map(|(step, event)| Some((step, event.snapshot?)));
    snapshots.find(|(_, snapshot)| !snapshot.bytes.is_empty())
}

/// What the packet was when it was turned into its own answer.
fn turned_from<'a>(way: &Way<'_, 'a>, link: SnapshotLink) -> Option<Summary<'a>> {
    let (_, newest) = newest_snapshot(way)?;
    let mut snapshots = way.oldest_first().filter_map(|event| event.snapshot);
    role::turned_from(&snapshots.find(|snapshot| !snapshot.bytes.is_empty())?, &newest, link)
}
