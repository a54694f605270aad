//! The snapshots of traces as packets, for programs that know nothing of mbuf_trace.
//!
//! Each snapshot that differs from all earlier ones of its trace is a packet, on an interface named after the one that
//! the trace names last before it (the first one it names, for snapshots before that). Snapshots that begin with an
//! IP header have an interface of link type raw IP of the same name. Packets of one trace have the same
//! `epb_packetid`, the number of the trace's packet; comments tell the steps up to the snapshot. Where events have
//! times (revision 4), a packet has the time of its event, otherwise that of the trace.
//!
//! A pcap has one link type and no comments: it gets the Ethernet snapshots only.

use super::clock::age;
use super::interface;
use super::label::{self, Label};
use super::{Export, Remark};
use crate::counted::Counted;
use crate::timeline::{end, fit::cut};
use capture_file::{FreshPacket, FreshPcapng, LinkType, PlainRecords, Resolution, Timestamp, WriteError};
use mbuf_trace::{RecordedEvent, Snapshot, Text, Trace, link_type};
use std::collections::{HashMap, HashSet, VecDeque};
use std::io::Write;
use trace_fields::{PacketView, SnapshotLink};

/// Most steps that a packet's comments tell: the last ones.
const MAX_STEPS: usize = 32;
/// Most interfaces that are described; packets of further ones stand on one called [`OTHERS`].
const MAX_INTERFACES: usize = 4096;
const OTHERS: &str = "(others)";
/// The name of an interface that nobody names.
const NAMELESS: &str = "mbuf_trace";

/// Which packets are written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Only the newest snapshot of each trace.
    pub primary: bool,
    /// The traces themselves too, and packets of other link types.
    pub mixed: bool,
    /// What snapshots begin with where the format does not say it.
    pub snapshot_link: SnapshotLink,
}

/// Writes packets as traces come.
pub struct Packets<W: Write> {
    output: Output<W>,
    options: Options,
    interfaces: HashMap<(Role, String, u16), u32>,
    label: Label,
    counts: Counts,
}

enum Output<W: Write> {
    Pcapng(FreshPcapng<W>),
    Pcap(W),
}

/// What the packets of an interface are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Role {
    Snapshots,
    Traces,
    OtherPackets,
}

/// What is told at the end.
#[derive(Debug, Default)]
struct Counts {
    /// Snapshots that a pcap of Ethernet has no place for.
    no_ethernet: u64,
    /// Snapshots that begin with no header that has a link type.
    no_header: u64,
    /// Packets of other link types.
    other_links: u64,
    /// Traces without a snapshot.
    empty: u64,
    /// Packets whose time does not fit.
    times: u64,
    /// Packets on [`OTHERS`].
    others: u64,
}

/// A packet to be written.
struct Made<'a> {
    role: Role,
    name: &'a str,
    link_type: u16,
    /// Nanoseconds since the epoch; none where nobody knows.
    time: Option<i128>,
    original_len: u32,
    data: &'a [u8],
    comments: &'a [String],
    /// Number of the packet that it comes from.
    packet: u64,
}

impl<W: Write> Packets<W> {
    /// A pcapng onto `out`, which should be buffered.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn pcapng(out: W, options: Options) -> Result<Self, WriteError> {
        let comment = "Snapshots out of mbuf_trace traces, each a packet; the packets of one trace have the same \
                       packet id. Times are those of the events where these have any, otherwise those of the traces.";
        let application = concat!("mtrace-tool ", env!("CARGO_PKG_VERSION"));
        Ok(Self::new(Output::Pcapng(FreshPcapng::new(out, application, comment)?), options))
    }

    /// A pcap of Ethernet packets onto `out`, which should be buffered.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn pcap(mut out: W, options: Options) -> Result<Self, WriteError> {
        out.write_all(&PlainRecords::NANOS.file_header(LinkType::ETHERNET))?;
        Ok(Self::new(Output::Pcap(out), options))
    }

    fn new(output: Output<W>, options: Options) -> Self {
        let (interfaces, label) = (HashMap::new(), Label::default());
        Self { output, options, interfaces, label, counts: Counts::default() }
    }

    /// Writes the snapshots of a trace.
    fn snapshots(&mut self, packet: &PacketView<'_>, trace: &Trace<'_>) -> Result<(), WriteError> {
        let link = self.options.snapshot_link;
        let newest = |accept: &dyn Fn(&Snapshot<'_>) -> bool| {
            trace
                .events_newest_first()
                .find(|event| {
                    event.snapshot().is_some_and(|snapshot| !snapshot.bytes.is_empty() && accept(&snapshot))
                })
                .map(|event| event.record.index)
        };
        let has_header = |snapshot: &Snapshot<'_>| link.of(snapshot).link_type() != link_type::NO_HEADER;
        let primary = newest(&has_header).or_else(|| newest(&|_| true));
        if primary.is_none() {
            self.counts.empty = self.counts.empty.saturating_add(1);
            return Ok(());
        }
        let fallback = packet.interface_name.map(|name| label::bounded(Text(name)));
        let fallback = fallback.as_deref().filter(|name| !name.is_empty()).unwrap_or(NAMELESS);
        let mut name = trace
            .events()
            .map(RecordedEvent::read)
            .find_map(|event| interface::named(&event))
            .unwrap_or(fallback);
        let captured = packet.time.map(|time| time.nanoseconds().0);
        let mut seen: HashSet<(u16, &[u8])> = HashSet::new();
        let mut steps: VecDeque<String> = VecDeque::new();
        let mut label = std::mem::take(&mut self.label);
        for (event, step) in trace.events().map(RecordedEvent::read).zip(1_usize..) {
            if let Some(named) = interface::named(&event) {
                name = named;
            }
            if steps.len() == MAX_STEPS {
                steps.pop_front();
            }
            steps.push_back(format!("{step}  {}", label.line(&event)));
            let Some(snapshot) = event.snapshot.filter(|snapshot| !snapshot.bytes.is_empty()) else {
                continue;
            };
            let link_type = link.of(&snapshot).link_type();
            let is_wanted = match self.options.primary {
                true => primary == Some(event.wire_index),
                false => seen.insert((link_type, snapshot.bytes)),
            };
            if !is_wanted {
                continue;
            }
            if link_type == link_type::NO_HEADER {
                self.counts.no_header = self.counts.no_header.saturating_add(1);
                continue;
            }
            let comments = comments(packet, trace, step, &steps);
            self.write(&Made {
                role: Role::Snapshots,
                name,
                link_type,
                time: captured.map(|captured| captured.saturating_sub(i128::from(age(&event).unwrap_or(0)))),
                original_len: original_len(&snapshot),
                data: snapshot.bytes,
                comments: &comments,
                packet: packet.number,
            })?;
        }
        self.label = label;
        Ok(())
    }

    /// The packet itself.
    fn itself(&mut self, packet: &PacketView<'_>, role: Role) -> Result<(), WriteError> {
        let name = packet.interface_name.map(|name| label::bounded(Text(name))).unwrap_or_default();
        let name = if name.is_empty() && role == Role::Traces { NAMELESS } else { &name };
        self.write(&Made {
            role,
            name,
            link_type: packet.link_type.0,
            time: packet.time.map(|time| time.nanoseconds().0),
            original_len: packet.original_len,
            data: packet.data,
            comments: &[],
            packet: packet.number,
        })
    }

    fn write(&mut self, made: &Made<'_>) -> Result<(), WriteError> {
        let nanoseconds = made.time.and_then(|time| u64::try_from(time).ok());
        let interface = match self.output {
            Output::Pcapng(_) => self.interface(made)?,
            Output::Pcap(_) => 0,
        };
        let mut fits = nanoseconds.is_some();
        let nanoseconds = nanoseconds.unwrap_or(0);
        match &mut self.output {
            Output::Pcapng(writer) => writer.packet(&FreshPacket {
                interface,
                nanoseconds,
                original_len: made.original_len,
                data: made.data,
                comments: made.comments,
                packet_id: Some(made.packet),
            })?,
            Output::Pcap(_) if made.link_type != LinkType::ETHERNET.0 => {
                self.counts.no_ethernet = self.counts.no_ethernet.saturating_add(1);
                return Ok(());
            }
            Output::Pcap(out) => {
                let captured = u32::try_from(made.data.len()).unwrap_or(u32::MAX);
                let original = made.original_len.max(captured);
                let time = Timestamp::new(
                    i128::from(nanoseconds / 1_000_000_000),
                    nanoseconds % 1_000_000_000,
                    Resolution::NANOS,
                );
                let header = PlainRecords::NANOS.record_header(time, captured, original);
                fits &= header.is_some();
                let epoch = Timestamp::new(0, 0, Resolution::NANOS);
                let header = header.or_else(|| PlainRecords::NANOS.record_header(epoch, captured, original));
                out.write_all(&header.unwrap_or_default())?;
                out.write_all(made.data)?;
            }
        }
        self.counts.times = self.counts.times.saturating_add(u64::from(!fits));
        Ok(())
    }

    /// The number of the interface that a packet stands on.
    fn interface(&mut self, made: &Made<'_>) -> Result<u32, WriteError> {
        let Output::Pcapng(writer) = &mut self.output else { return Ok(0) };
        let key = (made.role, made.name.to_owned(), made.link_type);
        if let Some(interface) = self.interfaces.get(&key) {
            return Ok(*interface);
        }
        let key = if self.interfaces.len() < MAX_INTERFACES {
            key
        } else {
            self.counts.others = self.counts.others.saturating_add(1);
            (made.role, OTHERS.to_owned(), made.link_type)
        };
        if let Some(interface) = self.interfaces.get(&key) {
            return Ok(*interface);
        }
        let link_type = LinkType(made.link_type);
        let description = match made.role {
            Role::Snapshots => format!("snapshots of traces: {link_type}"),
            Role::Traces => "mbuf_trace traces".to_owned(),
            Role::OtherPackets => format!("packets of the input: {link_type}"),
        };
        let interface = writer.interface(link_type, &key.1, &description)?;
        self.interfaces.insert(key, interface);
        Ok(interface)
    }
}

/// What a packet's comments say: where it comes from, what became of it, and the steps up to it, a comment each.
fn comments(
    packet: &PacketView<'_>,
    trace: &Trace<'_>,
    step: usize,
    steps: &VecDeque<String>,
) -> Vec<String> {
    let mut about = format!("trace of packet {}, step {step} of {}", packet.number, trace.event_count());
    if let Some(header) = trace.frame_header() {
        for (what, id) in [("packet id", header.packet_id), ("parent id", header.parent_id)] {
            if id != 0 {
                about += &format!(", {what} {id}");
            }
        }
    }
    let mut comments = vec![about];
    let end = end::of_trace(trace);
    if !end.is_empty() {
        let end = format!("end of the trace: {end}");
        comments.push(cut(&end, Some(label::LONGEST)).into_owned());
    }
    let left_out = step.saturating_sub(steps.len());
    if left_out > 0 {
        comments.push(format!("({} before these)", Counted(left_out, "step")));
    }
    comments.extend(steps.iter().cloned());
    comments
}

/// Bytes of the packet when the snapshot was taken, whatever is left of it.
fn original_len(snapshot: &Snapshot<'_>) -> u32 {
    u32::try_from(snapshot.whole_len()).unwrap_or(u32::MAX)
}

impl<W: Write> Export<W> for Packets<W> {
    fn trace(&mut self, packet: &PacketView<'_>, trace: &Trace<'_>) -> Result<(), WriteError> {
        self.snapshots(packet, trace)?;
        if self.options.mixed { self.itself(packet, Role::Traces) } else { Ok(()) }
    }

    fn no_trace(&mut self, packet: &PacketView<'_>) -> Result<(), WriteError> {
        if self.options.mixed {
            return self.itself(packet, Role::OtherPackets);
        }
        self.counts.other_links = self.counts.other_links.saturating_add(1);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        match &mut self.output {
            Output::Pcapng(writer) => writer.flush(),
            Output::Pcap(out) => Ok(out.flush()?),
        }
    }

    fn finish(mut self: Box<Self>) -> Result<(W, Vec<Remark>), WriteError> {
        self.flush()?;
        let Counts { no_ethernet, no_header, other_links, empty, times, others } = self.counts;
        let table = [
            (
                no_ethernet,
                true,
                "snapshot",
                ["begins with no Ethernet header and is", "begin with no Ethernet header and are"],
                "left out: a pcap holds one link type, so write a pcapng",
            ),
            (
                other_links,
                true,
                "packet",
                ["that carries no trace is", "that carry no trace are"],
                "left out; `--to mixed` keeps what is no trace",
            ),
            (empty, false, "trace", ["holds no snapshot and adds", "hold no snapshot and add"], "no packet"),
            (
                times,
                true,
                "packet",
                ["stands", "stand"],
                "at 1970-01-01, because the file cannot hold such a time",
            ),
            (
                no_header,
                true,
                "snapshot",
                [
                    "begins with no header that has a link type and is",
                    "begin with no header that has a link type and are",
                ],
                "left out (ARP without Ethernet, payload)",
            ),
            (
                others,
                true,
                "packet",
                ["stands", "stand"],
                "on the interface `(others)`: there are more names than a file should have",
            ),
        ];
        let remarks = table.into_iter().filter(|(count, ..)| *count > 0);
        let mut remarks: Vec<Remark> = remarks
            .map(|(count, is_loss, noun, [singular, plural], rest)| {
                let verb = if count == 1 { singular } else { plural };
                Remark { text: format!("{} {verb} {rest}", Counted(count, noun)), is_loss }
            })
            .collect();
        let link_types: HashSet<u16> = self.interfaces.keys().map(|(.., link_type)| *link_type).collect();
        if link_types.len() > 1 && !self.options.mixed {
            remarks.push(Remark::note(
                "holds Ethernet and raw IP packets, which Wireshark reads and tcpdump does not; a .pcap holds the \
                 Ethernet ones for it"
                    .to_owned(),
            ));
        }
        let out = match self.output {
            Output::Pcapng(writer) => writer.finish()?,
            Output::Pcap(out) => out,
        };
        Ok((out, remarks))
    }
}
