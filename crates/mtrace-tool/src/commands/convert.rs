//! `convert`: another container, revision or format.

use super::export::Exporter;
use crate::args::{ConvertArgs, Target as Format};
use crate::failure::{Failure, Status};
use crate::format;
use crate::joined::AsTheyStand;
use crate::messages::{self, Limited, Name};
use crate::output::{Content, Output, Target};
use crate::pipeline::{Reading, Seen, Sink, Wants};
use crate::promise::{self, Written, is_picture};
use capture_file::{
    Container, Item, Packet, PcapResolution, PcapWriter, PcapngWriter, WriteError, rewrite_packet,
};
use mbuf_trace::write::{Losses, convert};
use mbuf_trace::{Encoding, Trace};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use trace_fields::SnapshotLink;
use trace_view::export::chrome::Chrome;
use trace_view::export::csv::{self, Csv};
use trace_view::export::dot::Dot;
use trace_view::export::folded::Folded;
use trace_view::export::packets::{self, Packets};
use trace_view::export::speedscope::Speedscope;
use trace_view::ndjson::{self, Lines};
use trace_view::timeline::{Options, Timeline};

pub(crate) fn run(args: &ConvertArgs) -> Result<Status, Failure> {
    let mut reading = Reading::new(&args.select, args.from_revision, None)?;
    let (by_name, compression) = Format::of_name(&args.output.output);
    let format = args.to.or(by_name);
    if format.is_none() && is_picture(&args.output.output) {
        let message = "`convert` draws no pictures: use `mtrace-tool flamegraph` or `mtrace-tool graph`";
        return Err(Failure::Usage(message.to_owned()));
    }
    if format.is_none() && args.revision.is_none() {
        let message =
            "what to convert to? Name the output .pcap, .pcapng, .ndjson or .csv, or say --to or --revision";
        return Err(Failure::Usage(message.to_owned()));
    }
    check_options(args, format)?;
    let is_capture =
        matches!(format, None | Some(Format::Pcap | Format::Pcapng | Format::Ethernet | Format::Mixed));
    let content = if is_capture { Content::Binary } else { Content::Text };
    if !matches!(format, None | Some(Format::Pcap | Format::Pcapng)) {
        reading.read_ends()?;
    }
    let files = std::slice::from_ref(&args.file);
    let target = Target::check(&args.output.output, args.output.force, content, files)?;
    if let Some(to) = args.to {
        promise::check(&args.output.output, Written::Format(to));
    }
    let to_pcap = by_name == Some(Format::Pcap);
    if let Some(begin) = format.and_then(|format| exporter(args, format, to_pcap, reading.snapshot_link)) {
        return super::export::run(&mut reading, files, target, compression, begin);
    }
    reading.progress = !target.is_terminal();
    match format {
        Some(Format::Ndjson) if args.revision.is_none() => {
            return side_by_side(&reading, files, target.open(compression)?, Lines::new());
        }
        Some(Format::Text) => {
            let timeline =
                Timeline::new(Options { snapshot_link: reading.snapshot_link, ..Options::default() });
            return side_by_side(&reading, files, target.open(compression)?, Text(timeline));
        }
        _ => {}
    }
    let mut sink = ConvertSink {
        path: target.path().to_path_buf(),
        format,
        revision: args.revision,
        writer: Writer::NotYet(target.open(compression)?),
        kept: 0,
        losses: Losses::default(),
        limited: Limited::default(),
        frame: Vec::new(),
        record: Vec::new(),
    };
    let status = reading.run(files, &mut sink)?;
    if status == Status::Unreadable {
        return Ok(status);
    }
    sink.finish(&args.file, status)
}

/// Writes what needs nothing but each packet.
fn side_by_side(
    reading: &Reading,
    files: &[PathBuf],
    out: Output,
    format: impl format::Format,
) -> Result<Status, Failure> {
    let written = format::run(reading, files, out, format)?;
    written.out.finish()?;
    Ok(written.status)
}

impl format::Format for Lines {
    fn packet(&mut self, out: &mut impl Write, packet: &Packet<'_>, seen: &Seen<'_>) -> io::Result<()> {
        Self::packet(self, out, packet, seen.trace())
    }

    fn other(&mut self, out: &mut Output, item: &Item<'_>) -> io::Result<()> {
        self.write(out, item, None)
    }

    fn pause(&mut self, out: &mut Output) -> io::Result<()> {
        self.end_packet(out)
    }

    fn finish(&mut self, out: &mut Output) -> io::Result<()> {
        self.end(out)
    }

    fn is_steady(&self) -> bool {
        self.is_behind_a_packet()
    }

    fn wants(&self) -> Wants {
        Wants { rest: true, ..Wants::default() }
    }
}

/// The timeline of each packet, without colours.
#[derive(Clone)]
struct Text(Timeline);

impl format::Format for Text {
    fn packet(&mut self, out: &mut impl Write, packet: &Packet<'_>, seen: &Seen<'_>) -> io::Result<()> {
        self.0.write(out, &packet.into(), seen.trace())
    }

    fn is_steady(&self) -> bool {
        self.0.has_begun()
    }
}

/// Refuses options that mean nothing for the format.
fn check_options(args: &ConvertArgs, format: Option<Format>) -> Result<(), Failure> {
    let refuse = |message: &str| Err(Failure::Usage(message.to_owned()));
    let has_revision = matches!(format, None | Some(Format::Pcap | Format::Pcapng | Format::Ndjson));
    if args.revision.is_some() && !has_revision {
        return refuse("only captures and NDJSON have a revision to be written in; leave out --revision");
    }
    if args.primary && !matches!(format, Some(Format::Ethernet | Format::Mixed)) {
        return refuse("--primary chooses among snapshots: it goes with `--to ethernet` and `--to mixed`");
    }
    if args.bom && format != Some(Format::Csv) {
        return refuse("--bom goes with `--to csv`");
    }
    if (args.stacks.stacks.is_some() || args.stacks.weight.is_some()) && format != Some(Format::Folded) {
        return refuse("--stacks and --weight go with `--to folded`");
    }
    let by_name = Format::of_name(&args.output.output).0;
    if format == Some(Format::Mixed) && by_name == Some(Format::Pcap) {
        return refuse(
            "a pcap holds one link type, and `--to mixed` writes several: name the output .pcapng",
        );
    }
    Ok(())
}

/// Begins the export that a format stands for; none for captures, NDJSON and text.
fn exporter(
    args: &ConvertArgs,
    format: Format,
    to_pcap: bool,
    snapshot_link: SnapshotLink,
) -> Option<impl FnOnce(Output) -> Result<Exporter, WriteError> + use<>> {
    if matches!(format, Format::Pcap | Format::Pcapng | Format::Ndjson | Format::Text) {
        return None;
    }
    let packets = packets::Options { primary: args.primary, mixed: format == Format::Mixed, snapshot_link };
    let tree = args.stacks.tree();
    let mark = if args.bom { csv::BYTE_ORDER_MARK } else { "" };
    Some(move |mut out: Output| {
        Ok(match format {
            Format::Ethernet if to_pcap => Box::new(Packets::pcap(out, packets)?) as Exporter,
            Format::Csv => {
                out.write_all(mark.as_bytes())?;
                Box::new(Csv::new(out, snapshot_link))
            }
            Format::Folded => Box::new(Folded::new(out, tree)),
            Format::Speedscope => Box::new(Speedscope::new(out, snapshot_link)),
            Format::Chrome => Box::new(Chrome::new(out, snapshot_link)),
            Format::Dot => Box::new(Dot::new(out)),
            _ => Box::new(Packets::pcapng(out, packets)?),
        })
    })
}

/// What writes the items.
enum Writer {
    /// The input's container is not known yet.
    NotYet(Output),
    /// The same container: items go through as they are.
    Verbatim(Output, AsTheyStand),
    Pcap(PcapWriter<Output>),
    Pcapng(PcapngWriter<Output>),
    Ndjson(ndjson::Writer<Output>),
    /// Taken apart.
    Finished,
}

struct ConvertSink {
    path: PathBuf,
    format: Option<Format>,
    revision: Option<Encoding>,
    writer: Writer,
    /// Packets that could not be converted.
    kept: u64,
    losses: Losses,
    limited: Limited,
    /// A trace in its new revision.
    frame: Vec<u8>,
    /// A packet's record or block with that in it.
    record: Vec<u8>,
}

impl ConvertSink {
    fn write(&mut self, item: &Item<'_>, trace: Option<&Trace<'_>>) -> Result<(), Failure> {
        let written = match &mut self.writer {
            Writer::NotYet(out) => out.write_all(item.raw()).map_err(WriteError::Io),
            Writer::Verbatim(out, items) => match item {
                Item::Packet(packet) => items.packet(out, packet),
                item => items.other(out, item),
            }
            .map_err(WriteError::Io),
            Writer::Pcap(writer) => writer.write(item),
            Writer::Pcapng(writer) => writer.write(item),
            Writer::Ndjson(writer) => writer.write(item, trace).map_err(WriteError::Io),
            Writer::Finished => Ok(()),
        };
        written.map_err(|error| Failure::writer(&self.path, error))
    }

    /// Puts the trace in its new revision into `frame`; false where it stays as it is.
    fn convert(&mut self, packet: &Packet<'_>, trace: &Trace<'_>, to: Encoding) -> bool {
        self.frame.clear();
        match convert(trace, to, &mut self.frame) {
            Ok(losses) => {
                self.losses.merge(&losses);
                true
            }
            Err(error) => {
                self.keep(packet, &error);
                false
            }
        }
    }

    /// Notes that a packet is written as it was.
    fn keep(&mut self, packet: &Packet<'_>, why: &dyn std::fmt::Display) {
        self.kept = self.kept.saturating_add(1);
        self.limited.warn(&format_args!("packet {} is kept as it was: {why}", packet.number));
    }

    /// Ends the output, and tells what it could not hold.
    fn finish(mut self, input: &Path, status: Status) -> Result<Status, Failure> {
        let failed = |error| Failure::writer(&self.path, error);
        let mut appended = None;
        let (out, container_losses) = match std::mem::replace(&mut self.writer, Writer::Finished) {
            Writer::NotYet(out) => (out, None),
            Writer::Verbatim(out, items) => {
                appended = Some(items);
                (out, None)
            }
            Writer::Pcap(writer) => {
                writer.finish().map(|(out, losses)| (out, Some(losses))).map_err(failed)?
            }
            Writer::Pcapng(writer) => {
                writer.finish().map(|(out, losses)| (out, Some(losses))).map_err(failed)?
            }
            Writer::Ndjson(writer) => (writer.finish().map_err(WriteError::Io).map_err(failed)?, None),
            Writer::Finished => return Ok(status),
        };
        out.finish()?;
        self.limited.finish(input, "");
        let name = Name(&self.path);
        if let Some(losses) = container_losses.filter(|losses| !losses.is_empty()) {
            for line in losses.to_string().lines() {
                messages::warning(&format_args!("{name}: not in this format: {line}"));
            }
        }
        if !self.losses.is_empty() {
            messages::warning(&format_args!("{name}: not in this revision: {}", self.losses));
        }
        let status = appended.map_or(status, |items| items.tell(&self.path, status));
        Ok(status.with_faults(self.kept > 0))
    }
}

impl Sink for ConvertSink {
    fn begin(&mut self, _path: &Path, container: &Container) -> Result<(), Failure> {
        use capture_file::Format as From;
        let Writer::NotYet(out) = std::mem::replace(&mut self.writer, Writer::Finished) else {
            return Ok(());
        };
        self.writer = match (self.format, container.format) {
            (None, _) | (Some(Format::Pcap), From::Pcap) | (Some(Format::Pcapng), From::Pcapng) => {
                Writer::Verbatim(out, AsTheyStand::default())
            }
            (Some(Format::Pcap), From::Pcapng) => Writer::Pcap(PcapWriter::new(out, PcapResolution::Auto)),
            (Some(Format::Pcapng), From::Pcap) => Writer::Pcapng(PcapngWriter::new(out)),
            // All other formats have gone another way.
            (Some(_), _) => Writer::Ndjson(ndjson::Writer::new(out)),
        };
        Ok(())
    }

    fn packet(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure> {
        let trace = seen.trace();
        if let (Some(to), Some(trace)) = (self.revision, trace)
            && self.convert(packet, trace, to)
        {
            // What the trace grew or shrank by, the packet on the wire did.
            let grown = self.frame.len().saturating_sub(packet.data.len());
            let shrunk = packet.data.len().saturating_sub(self.frame.len());
            let original = u64::from(packet.original_len) + grown as u64;
            let original = u32::try_from(original.saturating_sub(shrunk as u64)).unwrap_or(u32::MAX);
            let (frame, mut record) = (std::mem::take(&mut self.frame), std::mem::take(&mut self.record));
            let rewritten = rewrite_packet(packet, &frame, original, &mut record);
            let done = match rewritten {
                Ok(packet) => {
                    let trace = Trace::parse(packet.data, packet.data.len(), to);
                    self.write(&Item::Packet(packet), Some(&trace))
                }
                Err(error) => {
                    self.keep(packet, &error);
                    self.write(&Item::Packet(packet.clone()), Some(trace))
                }
            };
            (self.frame, self.record) = (frame, record);
            return done;
        }
        self.write(&Item::Packet(packet.clone()), trace)
    }

    fn other(&mut self, item: &Item<'_>) -> Result<(), Failure> {
        self.write(item, None)
    }

    fn idle(&mut self) -> Result<(), Failure> {
        let flushed = match &mut self.writer {
            Writer::NotYet(out) | Writer::Verbatim(out, _) => out.flush().map_err(WriteError::Io),
            Writer::Pcap(writer) => writer.flush(),
            Writer::Pcapng(writer) => writer.flush(),
            Writer::Ndjson(writer) => writer.flush().map_err(WriteError::Io),
            Writer::Finished => Ok(()),
        };
        flushed.map_err(|error| Failure::writer(&self.path, error))
    }

    fn wants(&self) -> Wants {
        // Containers can be exchanged whatever the packets are.
        let other_links = self.revision.is_none() && self.format != Some(Format::Ndjson);
        Wants { rest: true, other_links, ..Wants::default() }
    }
}
