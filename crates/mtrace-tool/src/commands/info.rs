//! `info`: what a capture is.

use crate::args::InfoArgs;
use crate::failure::{Failure, Status};
use crate::messages::Name;
use crate::output::{Content, Output, Target};
use crate::pipeline::{FaultMessages, FileReport, Gap, Reading, Seen, Sink, Wants};
use capture_file::{
    Container, Header, Interface, InterfaceBlock, InterfaceStatistics, Item, OPT_COMMENT, Packet,
    SHB_HARDWARE, SHB_OS, SHB_USERAPPL, Timestamp, Warning,
};
use mbuf_trace::{Certainty, Encoding, Text, Trace};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use trace_view::{Counted, json};

/// Interfaces that are listed one by one; of the others only the number.
const MOST_INTERFACES: usize = 1000;
/// Bytes of function names that are remembered; what more functions there are is counted together.
const MOST_NAME_BYTES: usize = 4 << 20;
/// Bytes of an interface's name, or of another text of the file's, that are shown.
const LONGEST_NAME: usize = 1000;
/// Sections that are described one by one, and comments of each; of the others only the number.
const MOST_SECTIONS: usize = 100;
const MOST_COMMENTS: usize = 10;
/// Places of damage that are listed one by one; of the others only the number.
const MOST_GAPS: usize = 1000;
/// Functions that the text form shows.
const SHOWN_FUNCTIONS: usize = 20;

pub(crate) fn run(args: &InfoArgs) -> Result<Status, Failure> {
    let mut reading = Reading::new(&args.read.select, args.read.revision, None)?;
    let target = Target::check(Path::new("-"), false, Content::Text, &args.files)?;
    reading.progress = !target.is_terminal();
    let mut sink = InfoSink {
        out: target.open(None)?,
        json: args.json,
        link_type: args.read.select.linktype,
        path: PathBuf::new(),
        facts: Facts::default(),
        leaves_out: false,
    };
    let status = reading.run(&args.files, &mut sink)?;
    sink.out.finish()?;
    Ok(status.with_faults(sink.leaves_out))
}

struct InfoSink {
    out: Output,
    json: bool,
    link_type: u16,
    path: PathBuf,
    facts: Facts,
    /// Whether there was no memory for some of what is listed, of any file.
    leaves_out: bool,
}

/// What is gathered of one file.
#[derive(Default)]
struct Facts {
    interfaces: Vec<InterfaceFacts>,
    more_interfaces: u64,
    /// Where the interfaces of the current section begin in `interfaces`.
    section_at: usize,
    events: u64,
    revisions: BTreeMap<Encoding, u64>,
    guessed: u64,
    first_time: Option<Timestamp>,
    last_time: Option<Timestamp>,
    functions: HashMap<Box<[u8]>, u64>,
    function_bytes: usize,
    other_functions: u64,
    /// Packets that are earlier than the one before them, and the number of the first.
    out_of_order: u64,
    first_out_of_order: Option<u64>,
    previous_time: Option<Timestamp>,
    /// Packets that were lost before others, as those say, and the number of the first that says so.
    dropped: u64,
    first_after_drop: Option<u64>,
    /// Sections begun so far.
    sections: u64,
    section_headers: Vec<SectionFacts>,
    comments: Comments,
    warnings: Vec<Warning>,
    gaps: Vec<GapJson>,
}

/// What a section's header says of where it was captured.
#[derive(Serialize)]
struct SectionFacts {
    section: u64,
    hardware: Option<String>,
    os: Option<String>,
    application: Option<String>,
    comments: Vec<String>,
}

/// How many comments there are.
#[derive(Debug, Default, Serialize)]
struct Comments {
    sections: u64,
    interfaces: u64,
    packets: u64,
}

/// What the last statistics of an interface say.
#[derive(Serialize)]
struct StatisticsJson {
    received: Option<u64>,
    accepted_by_filter: Option<u64>,
    dropped_by_os: Option<u64>,
    dropped_by_interface: Option<u64>,
    delivered: Option<u64>,
}

impl From<InterfaceStatistics> for StatisticsJson {
    fn from(statistics: InterfaceStatistics) -> Self {
        let InterfaceStatistics { received, accepted_by_filter, delivered, .. } = statistics;
        let InterfaceStatistics { dropped_by_os, dropped_by_interface, .. } = statistics;
        Self { received, accepted_by_filter, dropped_by_os, dropped_by_interface, delivered }
    }
}

impl std::fmt::Display for StatisticsJson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts = [
            (self.received, "received"),
            (self.accepted_by_filter, "accepted by the filter"),
            (self.dropped_by_os, "dropped by the kernel"),
            (self.dropped_by_interface, "dropped by the interface"),
            (self.delivered, "delivered"),
        ];
        let mut is_first = true;
        for (count, what) in counts.into_iter().filter_map(|(count, what)| Some((count?, what))) {
            let comma = if std::mem::take(&mut is_first) { "" } else { ", " };
            write!(f, "{comma}{count} {what}")?;
        }
        if is_first { f.write_str("none given") } else { Ok(()) }
    }
}

/// A text of the file's, as far as it is shown.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..LONGEST_NAME).unwrap_or(bytes)).into_owned()
}

/// Damage behind which the reading went on.
#[derive(Serialize)]
struct GapJson {
    /// Number of the next packet that was read.
    before_packet: u64,
    offset: u64,
    skipped: u64,
    problem: String,
}

#[derive(Serialize)]
struct InterfaceFacts {
    section: u64,
    id: u32,
    name: Option<String>,
    link_type: u16,
    snaplen: u32,
    resolution: String,
    packets: u64,
    statistics: Option<StatisticsJson>,
}

impl Facts {
    /// The header of a section.
    fn section(&mut self, header: &Header<'_>, section: u64) {
        let mut facts =
            SectionFacts { section, hardware: None, os: None, application: None, comments: Vec::new() };
        for option in header.options().map_while(Result::ok) {
            let place = match option.code {
                OPT_COMMENT => {
                    self.comments.sections = self.comments.sections.saturating_add(1);
                    if facts.comments.len() < MOST_COMMENTS {
                        facts.comments.push(text(option.value));
                    }
                    continue;
                }
                SHB_HARDWARE => &mut facts.hardware,
                SHB_OS => &mut facts.os,
                SHB_USERAPPL => &mut facts.application,
                _ => continue,
            };
            place.get_or_insert_with(|| text(option.value));
        }
        let says = facts.hardware.is_some() || facts.os.is_some() || facts.application.is_some();
        if (says || !facts.comments.is_empty()) && self.section_headers.len() < MOST_SECTIONS {
            self.section_headers.push(facts);
        }
    }

    fn interface_block(&mut self, block: &InterfaceBlock<'_>) {
        let comments = block.options().map_while(Result::ok).filter(|option| option.code == OPT_COMMENT);
        self.comments.interfaces = self.comments.interfaces.saturating_add(comments.count() as u64);
        self.interface(block.info);
    }

    /// The interface of the current section that has this number.
    fn interface_mut(&mut self, id: u32) -> Option<&mut InterfaceFacts> {
        let at = usize::try_from(id).ok().and_then(|id| self.section_at.checked_add(id))?;
        self.interfaces.get_mut(at)
    }

    /// What the blocks of a pcapng say beside their packets' bytes.
    fn options(&mut self, packet: &Packet<'_>) {
        if !packet.is_block() {
            return;
        }
        self.comments.packets = self.comments.packets.saturating_add(packet.comments().count() as u64);
        if let Some(dropped) = packet.drop_count().filter(|dropped| *dropped > 0) {
            self.dropped = self.dropped.saturating_add(dropped);
            self.first_after_drop.get_or_insert(packet.number);
        }
    }

    /// How long it took from the earliest packet to the latest.
    fn duration(&self) -> Option<Timestamp> {
        self.last_time.zip(self.first_time).map(|(last, first)| last.since(&first))
    }

    fn interface(&mut self, interface: &Interface) {
        if self.interfaces.len() >= MOST_INTERFACES {
            self.more_interfaces = self.more_interfaces.saturating_add(1);
            return;
        }
        // A name longer than this is no name; a thousand of those would be a lot of memory.
        let name = interface.name.as_deref().map(|name| name.get(..LONGEST_NAME).unwrap_or(name));
        let name = name.map(|name| String::from_utf8_lossy(name).into_owned());
        self.interfaces.push(InterfaceFacts {
            section: interface.section,
            id: interface.id,
            name,
            link_type: interface.link_type.0,
            snaplen: interface.snaplen,
            resolution: interface.resolution.to_string(),
            packets: 0,
            statistics: None,
        });
    }

    fn packet(&mut self, packet: &Packet<'_>) {
        if let Some(interface) = self.interface_mut(packet.interface) {
            interface.packets = interface.packets.saturating_add(1);
        }
        self.options(packet);
        let Some(time) = packet.time else { return };
        if self.previous_time.replace(time).is_some_and(|previous| time < previous) {
            self.out_of_order = self.out_of_order.saturating_add(1);
            self.first_out_of_order.get_or_insert(packet.number);
        }
        if self.first_time.is_none_or(|first| time < first) {
            self.first_time = Some(time);
        }
        if self.last_time.is_none_or(|last| time > last) {
            self.last_time = Some(time);
        }
    }

    fn trace(&mut self, trace: &Trace<'_>) {
        let revision = self.revisions.entry(trace.encoding()).or_default();
        *revision = revision.saturating_add(1);
        self.guessed = self.guessed.saturating_add(u64::from(trace.certainty() == Certainty::Guessed));
        for event in trace.events_in_wire_order() {
            self.events = self.events.saturating_add(1);
            if let Some(function) = event.read().on_path() {
                self.function(function);
            }
        }
    }

    fn function(&mut self, function: Text<'_>) {
        let name = function.as_bytes();
        if let Some(count) = self.functions.get_mut(name) {
            *count = count.saturating_add(1);
        } else if self.function_bytes.saturating_add(name.len()) <= MOST_NAME_BYTES {
            // A name costs more than its letters: a table entry and an allocation.
            self.function_bytes = self.function_bytes.saturating_add(name.len()).saturating_add(64);
            self.functions.insert(name.into(), 1);
        } else {
            self.other_functions = self.other_functions.saturating_add(1);
        }
    }

    /// Functions with their counts, most frequent first.
    fn functions(&self) -> Vec<(Text<'_>, u64)> {
        let mut functions: Vec<_> = self.functions.iter().map(|(name, count)| (Text(name), *count)).collect();
        functions.sort_by(|(name, count), (other_name, other_count)| {
            other_count.cmp(count).then_with(|| name.cmp(other_name))
        });
        functions
    }

    /// Whether there was no memory for some of what is listed.
    fn leaves_out(&self) -> bool {
        self.other_functions > 0 || self.more_interfaces > 0
    }

    fn byte_order(container: &Container) -> &'static str {
        match (container.mixed_byte_orders, container.byte_order) {
            (true, _) => "mixed",
            (false, capture_file::ByteOrder::Big) => "big",
            (false, capture_file::ByteOrder::Little) => "little",
        }
    }

    fn problems(&self, file: &FileReport) -> Vec<String> {
        let warnings = self.warnings.iter().map(ToString::to_string);
        warnings.chain(file.damage.as_ref().map(ToString::to_string)).collect()
    }
}

/// What an object like [`InfoJson`] is.
const SCHEMA: &str = "mbuf_trace.info/1";

/// The JSON form. Its names are an interface: if one changes its meaning, the number in [`SCHEMA`] does, too.
#[derive(Serialize)]
struct InfoJson<'a> {
    schema: &'static str,
    file: String,
    container: String,
    compression: Option<String>,
    byte_order: &'static str,
    sections: u64,
    interfaces: &'a [InterfaceFacts],
    more_interfaces: u64,
    packets: u64,
    traces: u64,
    malformed: u64,
    truncated: u64,
    incomplete: u64,
    lost_events: u64,
    events: u64,
    revisions: BTreeMap<String, u64>,
    revisions_guessed: u64,
    first_time: Option<String>,
    last_time: Option<String>,
    duration: Option<String>,
    out_of_order: u64,
    first_out_of_order: Option<u64>,
    dropped_between_packets: u64,
    first_after_drop: Option<u64>,
    section_headers: &'a [SectionFacts],
    comments: &'a Comments,
    functions: BTreeMap<String, u64>,
    other_functions: u64,
    complete: bool,
    salvaged: u64,
    skipped_bytes: u64,
    gaps: &'a [GapJson],
    problems: Vec<String>,
}

impl InfoSink {
    fn write_json(&mut self, file: &FileReport, container: &Container) -> io::Result<()> {
        let facts = &self.facts;
        let mut functions = BTreeMap::new();
        for (name, count) in facts.functions() {
            // Names that differ only in bytes that are not UTF-8 are shown as one.
            let shown: &mut u64 =
                functions.entry(String::from_utf8_lossy(name.as_bytes()).into_owned()).or_default();
            *shown = shown.saturating_add(count);
        }
        let info = InfoJson {
            schema: SCHEMA,
            file: self.path.to_string_lossy().into_owned(),
            container: container.format.to_string(),
            compression: container.compression.map(|compression| compression.to_string()),
            byte_order: Facts::byte_order(container),
            sections: container.sections,
            interfaces: &facts.interfaces,
            more_interfaces: facts.more_interfaces,
            packets: file.selected.packets,
            traces: file.selected.traces,
            malformed: file.selected.malformed,
            truncated: file.selected.incomplete.cut,
            incomplete: file.selected.incomplete.traces,
            lost_events: file.selected.incomplete.lost,
            events: facts.events,
            revisions: facts
                .revisions
                .iter()
                .map(|(encoding, count)| (encoding.to_string(), *count))
                .collect(),
            revisions_guessed: facts.guessed,
            first_time: facts.first_time.map(|time| time.to_string()),
            last_time: facts.last_time.map(|time| time.to_string()),
            duration: facts.duration().map(|duration| duration.epoch().to_string()),
            out_of_order: facts.out_of_order,
            first_out_of_order: facts.first_out_of_order,
            dropped_between_packets: facts.dropped,
            first_after_drop: facts.first_after_drop,
            section_headers: &facts.section_headers,
            comments: &facts.comments,
            functions,
            other_functions: facts.other_functions,
            complete: file.is_complete() && !facts.leaves_out(),
            salvaged: file.gaps,
            skipped_bytes: file.skipped,
            gaps: &facts.gaps,
            problems: facts.problems(file),
        };
        json::write(&mut self.out, &info)?;
        writeln!(self.out)
    }

    fn write_text(&mut self, file: &FileReport, container: &Container) -> io::Result<()> {
        let (facts, out) = (&self.facts, &mut self.out);
        let mut row = |name: &str, value: &dyn std::fmt::Display| writeln!(out, "{name:<12} {value}");
        row("file", &Name(&self.path))?;
        let compression =
            container.compression.map(|compression| format!(", {compression}")).unwrap_or_default();
        let endian = Facts::byte_order(container);
        let format = container.format;
        row("container", &format_args!("{format}, {endian}-endian{compression}"))?;
        if container.sections > 1 {
            row("sections", &container.sections)?;
        }
        for section in &facts.section_headers {
            let number =
                if container.sections > 1 { format!("section {}: ", section.section) } else { String::new() };
            let facts =
                [("hardware", &section.hardware), ("os", &section.os), ("application", &section.application)];
            for (name, value) in facts.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
                row(name, &format_args!("{number}{}", Text(value.as_bytes())))?;
            }
            for comment in &section.comments {
                row("comment", &format_args!("{number}{}", Text(comment.as_bytes())))?;
            }
        }
        for interface in &facts.interfaces {
            let link = capture_file::LinkType(interface.link_type);
            let name = interface.name.as_deref().map(|name| format!("{} ", Text(name.as_bytes())));
            let (name, id) = (name.unwrap_or_default(), interface.id);
            let trace = if interface.link_type == self.link_type { "" } else { ", no traces" };
            let (resolution, packets) = (&interface.resolution, Counted(interface.packets, "packet"));
            row("interface", &format_args!("{id}: {name}{link}, {packets}, ticks of {resolution}{trace}"))?;
            if let Some(statistics) = &interface.statistics {
                row("statistics", &format_args!("{id}: {statistics}"))?;
            }
        }
        if facts.more_interfaces > 0 {
            row("interfaces", &format_args!("{} more", facts.more_interfaces))?;
        }
        row("packets", &file.selected.packets)?;
        row("traces", &file.selected.traces)?;
        for (revision, count) in &facts.revisions {
            row("revision", &format_args!("{revision}: {}", Counted(*count, "trace")))?;
        }
        if facts.guessed > 0 {
            let guessed = Counted(facts.guessed, "trace");
            row("guessed", &format_args!("the revision of {guessed}; --revision settles it"))?;
        }
        row("events", &facts.events)?;
        if let (Some(first), Some(last)) = (facts.first_time, facts.last_time) {
            row("first", &first)?;
            row("last", &last)?;
        }
        if let Some(duration) = facts.duration() {
            row("duration", &format_args!("{} s", duration.epoch()))?;
        }
        if let Some(first) = facts.first_out_of_order {
            let are = match facts.out_of_order {
                1 => "1 packet is earlier than the one before it".to_owned(),
                count => format!("{count} packets are earlier than the one before them"),
            };
            row("order", &format_args!("{are}, first packet {first}"))?;
        }
        if let Some(first) = facts.first_after_drop {
            let dropped = Counted(facts.dropped, "packet");
            row("dropped", &format_args!("{dropped} between others, first before packet {first}"))?;
        }
        let Comments { sections, interfaces, packets } = &facts.comments;
        let (sections, interfaces, packets) = (*sections, *interfaces, *packets);
        if sections.saturating_add(interfaces).saturating_add(packets) > 0 {
            row(
                "comments",
                &format_args!("{packets} of packets, {interfaces} of interfaces, {sections} of sections"),
            )?;
        }
        row("malformed", &file.selected.malformed)?;
        row("cut", &format_args!("{} by the capture", file.selected.incomplete.cut))?;
        if let Some(words) = file.selected.incomplete.words() {
            row("incomplete", &words)?;
        }
        for problem in facts.problems(file) {
            row("problem", &problem)?;
        }
        if file.gaps > 0 {
            let (gaps, skipped) = (Counted(file.gaps, "time"), Counted(file.skipped, "byte"));
            row("salvaged", &format_args!("gone on behind damage {gaps}, {skipped} skipped"))?;
        }
        let functions = facts.functions();
        for (index, (function, count)) in functions.iter().take(SHOWN_FUNCTIONS).enumerate() {
            let heading = if index == 0 { "functions" } else { "" };
            row(heading, &format_args!("{count:>8} {function}"))?;
        }
        let more = functions.len().saturating_sub(SHOWN_FUNCTIONS);
        if more > 0 {
            row("", &format_args!("{}; --json has them", Counted(more, "more function")))?;
        }
        if facts.other_functions > 0 {
            let others = Counted(facts.other_functions, "event");
            row("", &format_args!("{others} of functions that there was no room for"))?;
        }
        Ok(())
    }
}

impl Sink for InfoSink {
    fn begin(&mut self, path: &Path, _container: &Container) -> Result<(), Failure> {
        let is_first = self.path.as_os_str().is_empty();
        self.path = path.to_path_buf();
        self.facts = Facts::default();
        if is_first || self.json {
            return Ok(());
        }
        writeln!(self.out).map_err(|error| Failure::output(self.out.path(), error))
    }

    fn packet(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure> {
        self.facts.packet(packet);
        if let Some(trace) = seen.trace() {
            self.facts.trace(trace);
        }
        Ok(())
    }

    fn other(&mut self, item: &Item<'_>) -> Result<(), Failure> {
        match item {
            Item::Header(header) if header.is_continuation() => {}
            Item::Header(header) => {
                let section = self.facts.sections;
                self.facts.sections = section.saturating_add(1);
                self.facts.section(header, section);
                self.facts.section_at = self.facts.interfaces.len();
                if let Some(interface) = header.interface {
                    self.facts.interface(interface);
                }
            }
            Item::Interface(block) => self.facts.interface_block(block),
            Item::Other(block) => {
                if let Some(statistics) = block.interface_statistics()
                    && let Some(interface) = self.facts.interface_mut(statistics.interface)
                {
                    interface.statistics = Some(statistics.into());
                }
            }
            Item::Packet(_) => {}
        }
        Ok(())
    }

    fn warning(&mut self, _path: &Path, warning: &Warning) -> Result<(), Failure> {
        const MOST: usize = 100;
        if self.facts.warnings.len() < MOST {
            self.facts.warnings.push(warning.clone());
        }
        Ok(())
    }

    fn gap(&mut self, gap: &Gap) -> Result<(), Failure> {
        if self.facts.gaps.len() < MOST_GAPS {
            self.facts.gaps.push(GapJson {
                before_packet: gap.damage.packet,
                offset: gap.damage.offset,
                skipped: gap.skipped,
                problem: gap.damage.kind.to_string(),
            });
        }
        Ok(())
    }

    fn end(&mut self, _path: &Path, file: &FileReport, container: &Container) -> Result<(), Failure> {
        self.leaves_out |= self.facts.leaves_out();
        let written =
            if self.json { self.write_json(file, container) } else { self.write_text(file, container) };
        written.map_err(|error| Failure::output(self.out.path(), error))
    }

    fn wants(&self) -> Wants {
        Wants { faults: FaultMessages::Count, other_links: true, ..Wants::default() }
    }
}
