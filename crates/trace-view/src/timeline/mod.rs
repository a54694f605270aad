//! The way of one packet, as a terminal shows it.
//!
//! ```text
//! 3  2026-01-02T23:33:45.241661Z  10.0.0.1 → 10.0.0.2 ICMP echo request  (revision 3, 5 events)
//!      1  data, 98 bytes
//!      2  +if_transmit(vtnet0)          /usr/src/sys/net/if.c:3975
//!      3    IFQ_ENQUEUE                 /usr/src/sys/net/if.c:3982
//!      4  -if_transmit                  /usr/src/sys/net/if.c:3990
//!      5  data, 98 bytes, as in step 1
//! ```
//!
//! Whatever came from the capture is escaped; one event is one line.

mod event;
mod link;
mod palette;

pub use link::{LinkTemplate, LinkTemplateError};
pub use palette::Palette;

use capture_file::LinkType;
use event::{Columns, Line};
use mbuf_trace::{Certainty, Event, Kind, Link, Trace};
use std::io::{self, Write};
use trace_fields::{PacketView, SnapshotLink, summary};

/// Levels of indentation that are shown; deeper ones look like the last.
const DEEPEST: usize = 32;

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
}

/// Shows packets, one after another.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    options: Options,
    line: Line,
}

impl Timeline {
    /// A timeline shown this way.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options, line: Line::default() }
    }

    /// Writes one packet: a header line, a line an event, a line a fault.
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
        let colours = self.options.palette;
        write!(out, "{}{}{}  ", colours.number, packet.number, colours.reset)?;
        match packet.time {
            Some(time) => write!(out, "{}{time}{}  ", colours.time, colours.reset)?,
            None => write!(out, "{}no time{}  ", colours.time, colours.reset)?,
        }
        let Some((trace, certainty)) = trace else {
            return self.no_trace(out, packet);
        };

        let mut snapshots = trace.events_newest_first().filter_map(|event| event.snapshot);
        let newest = snapshots.find(|snapshot| !snapshot.bytes.is_empty());
        write!(out, "{}", colours.summary)?;
        match newest {
            Some(snapshot) => {
                write!(out, "{}", summary(snapshot.bytes, self.options.snapshot_link.of(&snapshot)))?;
            }
            None => write!(out, "no snapshot")?,
        }
        let guess = match certainty {
            Certainty::Guessed => ", a guess",
            _ => "",
        };
        writeln!(
            out,
            "{}  {}(revision {}{guess}, {}){}",
            colours.reset,
            colours.dim,
            trace.encoding(),
            Counted(trace.event_count(), "event"),
            colours.reset
        )?;
        self.events(out, trace)?;
        for fault in trace.faults() {
            let (colour, mark) = match fault.kind.is_malformed() {
                true => (colours.fault, "!"),
                false => (colours.note, "-"),
            };
            writeln!(out, "     {colour}{mark} {fault}{}", colours.reset)?;
        }
        Ok(())
    }

    /// A packet that carries no trace: of another link type, or nothing that can be read as one.
    fn no_trace(&self, out: &mut impl Write, packet: &PacketView<'_>) -> io::Result<()> {
        let colours = self.options.palette;
        let link = match packet.link_type {
            LinkType::ETHERNET => Some(Link::Ethernet),
            LinkType::RAW => Some(Link::Ip),
            _ => None,
        };
        match link {
            Some(link) => {
                writeln!(out, "{}  {}(no trace){}", summary(packet.data, link), colours.dim, colours.reset)
            }
            None => writeln!(
                out,
                "{}{}, {}: not mbuf_trace{}",
                colours.note,
                packet.link_type,
                Counted(packet.data.len(), "byte"),
                colours.reset
            ),
        }
    }

    fn events(&mut self, out: &mut impl Write, trace: &Trace<'_>) -> io::Result<()> {
        let wire_order = self.options.wire_order;
        let events = || {
            if wire_order { trace.events_in_wire_order() } else { trace.events() }
        };
        // Where the functions nest the other way round, a leave opens and an enter closes.
        let backwards = wire_order && trace.order() == mbuf_trace::Order::NewestFirst;
        let count = trace.event_count();

        let mut columns = Columns::default();
        let mut depth = Depth::new(backwards);
        for event in events() {
            let indent = depth.step(&event);
            columns.fit(self.line.words(&event, &self.options), indent, &event);
        }
        let snapshots = Snapshots::new(trace);
        let mut depth = Depth::new(backwards);
        for (index, event) in events().enumerate() {
            let indent = depth.step(&event);
            // Steps are numbered oldest first, whichever way they are shown.
            let step = if backwards { count.saturating_sub(index) } else { index.saturating_add(1) };
            let earlier = snapshots.earlier(&event);
            self.line.write(out, &event, step, indent, &columns, earlier, &self.options)?;
        }
        Ok(())
    }
}

/// Snapshots that later ones are compared with: the oldest few. Comparing all with all would take quadratic
/// time in hostile frames.
struct Snapshots<'a> {
    oldest: [Option<(usize, Event<'a>)>; 16],
}

impl<'a> Snapshots<'a> {
    fn new(trace: &Trace<'a>) -> Self {
        let mut found = trace.events().enumerate().filter(|(_, event)| event.snapshot.is_some());
        Self { oldest: std::array::from_fn(|_| found.next()) }
    }

    /// The step of the first snapshot with the same bytes, where it is an earlier one.
    fn earlier(&self, event: &Event<'_>) -> Option<usize> {
        let bytes = event.snapshot?.bytes;
        let same =
            |(_, first): &&(usize, Event<'_>)| first.snapshot.is_some_and(|first| first.bytes == bytes);
        let (at, first) = self.oldest.iter().flatten().find(same)?;
        (first.wire_index != event.wire_index).then(|| at.saturating_add(1))
    }
}

/// How deep in functions the next event is.
#[derive(Debug)]
struct Depth {
    opens: Kind,
    closes: Kind,
    depth: usize,
}

impl Depth {
    const fn new(backwards: bool) -> Self {
        let (opens, closes) = if backwards { (Kind::Leave, Kind::Enter) } else { (Kind::Enter, Kind::Leave) };
        Self { opens, closes, depth: 0 }
    }

    /// The depth at which this event stands. A close without its opening stands at the margin.
    fn step(&mut self, event: &Event<'_>) -> usize {
        if event.kind == self.closes {
            self.depth = self.depth.saturating_sub(1);
        }
        let here = self.depth.min(DEEPEST);
        if event.kind == self.opens {
            self.depth = self.depth.saturating_add(1);
        }
        here
    }
}

/// A number with its noun: `1 event`, `2 events`.
pub(crate) struct Counted(pub(crate) usize, pub(crate) &'static str);

impl std::fmt::Display for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.0, self.1)
    }
}
