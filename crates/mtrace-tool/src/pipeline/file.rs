//! One file on its way to a sink: its items, their traces, what is wrong with them.

use super::Reading;
use super::part::Part;
use super::report::FileReport;
use super::sink::{FaultMessages, Gap, Seen, Sink};
use crate::failure::{Failure, Status};
use crate::input::Input;
use crate::messages::{self, Limited, Name};
use crate::signals;
use capture_file::{Format, Item, Packet, ReadError, ReadErrorKind, Timestamp, WarningKind};
use mbuf_trace::{Detector, Fault, Trace};
use std::path::Path;
use trace_filter::Scratch;
use trace_view::{Counted, PartOf};

/// One file being read.
pub(crate) struct FileReader<'a> {
    pub(super) reading: &'a Reading,
    pub(super) path: &'a Path,
    pub(super) part: Part<'a>,
    pub(super) input: Input,
    /// Whether the input may keep us waiting for as long as it likes, and a signal is its end.
    pub(super) is_live: bool,
    /// Whether a signal ends the reading of a file that goes on: where another input is live.
    pub(super) heeds_signals: bool,
    /// One for each interface of the section.
    pub(super) detectors: Vec<Detector>,
    pub(super) scratch: Scratch,
    pub(super) report: FileReport,
    pub(super) limited: Limited,
    pub(super) waiting: Waiting,
    /// The earliest and the latest time of a packet, in range or not, where there is a range.
    pub(super) times: Option<(Timestamp, Timestamp)>,
    /// Whether there is nothing more to be read.
    pub(crate) is_over: bool,
}

/// Packets that are nothing like traces, until the first trace shows that the others are worth a word each.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    first: Option<u64>,
    last: u64,
}

impl FileReader<'_> {
    /// Reads until the file is over, or the sink breaks.
    pub(crate) fn read(&mut self, sink: &mut dyn Sink) -> Result<(), Failure> {
        while !self.is_over {
            let needs_input = self.input.needs_input();
            if sink.breaks(needs_input) {
                break;
            }
            if self.is_live && needs_input {
                sink.idle()?;
                if !self.input.has_begun_next() {
                    sink.waits();
                }
            }
            // A live input ends with what was written until then.
            if self.heeds_signals && signals::has_stopped() {
                self.report.is_interrupted = true;
                self.is_over = true;
                continue;
            }
            let next = self.input.next_item();
            let item = match next {
                Ok(Some(item)) => item,
                Ok(None) => {
                    self.is_over = true;
                    continue;
                }
                Err(error) if has_failed(&error) => return Err(failed(self.path, error)),
                // The rest of it has not been written yet: there is nothing after it to look for.
                Err(damage) if signals::has_stopped() && damage.is_end_of_input() => {
                    self.report.damage = Some(damage);
                    self.is_over = true;
                    continue;
                }
                Err(damage) => {
                    self.is_over = !self.salvage(damage, sink)?;
                    continue;
                }
            };
            let Item::Packet(packet) = item else {
                if matches!(item, Item::Header(header) if !header.is_continuation()) {
                    self.detectors.clear();
                }
                sink.other(&item)?;
                for warning in self.input.take_warnings() {
                    self.report.names_left_out |= warning.kind.leaves_out();
                    self.report.has_other_capture |= matches!(warning.kind, WarningKind::OtherCapture(_));
                    sink.warning(self.path, &warning)?;
                }
                continue;
            };
            let number = packet.number;
            if let (Some(_), Some(time)) = (&self.part.range, packet.time) {
                let (first, last) = self.times.unwrap_or((time, time));
                self.times = Some((first.min(time), last.max(time)));
            }
            let mut one = OnePacket {
                reading: self.reading,
                path: self.path,
                part: &self.part,
                detectors: &mut self.detectors,
                scratch: &mut self.scratch,
                report: &mut self.report,
                limited: &mut self.limited,
                waiting: &mut self.waiting,
            };
            one.read(&packet, sink)?;
            // Not waiting for the next packet to know that it is one too many.
            let is_over = self.part.is_over(number.saturating_add(1), self.report.members);
            self.is_over = is_over && !(sink.wants().rest && self.input.container().format == Format::Pcapng);
        }
        Ok(())
    }

    /// Looks for more behind damage, where that is asked for; false where there is none.
    fn salvage(&mut self, damage: ReadError, sink: &mut dyn Sink) -> Result<bool, Failure> {
        if !self.reading.salvage && !damage.goes_on() {
            self.report.damage = Some(damage);
            return Ok(false);
        }
        let begin = self.input.offset();
        let found = self.input.salvage();
        let searched = self.input.offset().saturating_sub(begin);
        let skipped = searched.saturating_add(damage.omitted());
        self.report.skipped = self.report.skipped.saturating_add(skipped);
        if found.is_none() {
            self.report.damage = Some(damage);
            return Ok(false);
        }
        self.report.gaps = self.report.gaps.saturating_add(1);
        let gap = Gap { damage, skipped };
        if sink.wants().faults != FaultMessages::None {
            self.limited.warn(&format_args!("{}: {gap}", Name(self.path)));
        }
        sink.gap(&gap)?;
        Ok(true)
    }

    /// Says how many messages were not shown.
    pub(super) fn tell_hidden(&mut self) {
        self.limited.finish(self.path, "; `mtrace-tool check` shows all");
    }

    pub(super) fn end(mut self, sink: &mut dyn Sink) -> Result<Status, Failure> {
        let name = Name(self.path);
        self.tell_hidden();
        let more = self.input.more_appended();
        if more > 0 {
            let captures = Counted(more, "more capture");
            let begin = if more == 1 { "begins" } else { "begin" };
            messages::warning(&format_args!("{name}: {captures} {begin} in it"));
        }
        if self.report.is_interrupted {
            messages::warning(&format_args!("{name} was not read to its end: a signal ended the input"));
        }
        if let Some(damage) = &self.report.damage
            && damage.is_end_of_input()
            && signals::has_stopped()
        {
            let offset = damage.offset;
            let what = match &damage.kind {
                ReadErrorKind::CutOff { part, available, .. } => {
                    format!("{} of a {part} that is not whole yet", Counted(*available, "byte"))
                }
                ReadErrorKind::Compressed { compression, .. } => {
                    format!("the {compression} stream is not whole yet")
                }
                _ => "the last line is not whole yet".to_owned(),
            };
            messages::warning(&format_args!("{name}: {what} at byte offset {offset}"));
        } else if let Some(damage) = &self.report.damage {
            let (read, more) = match (self.reading.salvage, damage.leaves_more()) {
                (true, _) => ("everything else", ""),
                (false, true) => ("everything before it", "; --salvage looks for more behind it"),
                (false, false) => ("everything before it", ""),
            };
            messages::warning(&format_args!("{name}: {damage}; {read} was read{more}"));
        }
        sink.end(self.path, &self.report, self.input.container())?;
        let report = &self.report;
        if report.on_link == 0
            && let Some(link_type) = report.other_link
            && !sink.wants().other_links
        {
            return Err(Failure::OtherLinkType { path: self.path.to_path_buf(), link_type });
        }
        let read = &report.read;
        if read.not_traces > 0 && read.traces == 0 && sink.wants().faults != FaultMessages::None {
            let none = PartOf(0, read.packets, "packet", ["is", "are"]);
            messages::warning(&format_args!("{name}: {none} mbuf_trace"));
        } else if read.malformed > 0 && sink.wants().faults == FaultMessages::Count {
            let some = PartOf(read.malformed, read.packets, "packet", ["is", "are"]);
            messages::warning(&format_args!("{name}: {some} malformed"));
        }
        Ok(Status::Done.with_faults(!report.is_complete() || report.has_other_capture || read.malformed > 0))
    }
}

/// What is needed for one packet, while the reader's buffer is borrowed by it.
struct OnePacket<'a> {
    reading: &'a Reading,
    path: &'a Path,
    part: &'a Part<'a>,
    detectors: &'a mut Vec<Detector>,
    scratch: &'a mut Scratch,
    report: &'a mut FileReport,
    limited: &'a mut Limited,
    waiting: &'a mut Waiting,
}

impl<'a> OnePacket<'a> {
    fn read(&mut self, packet: &Packet<'_>, sink: &mut dyn Sink) -> Result<(), Failure> {
        // Packets out of range are looked at too: they may make the revision of later ones certain.
        let seen = self.see(packet);
        let Part { range, .. } = self.part;
        let is_over = self.part.is_over(packet.number, self.report.members);
        if is_over || range.as_ref().is_some_and(|range| !range.contains(packet)) {
            return Ok(());
        }
        self.report.read.add(&seen);
        match &seen {
            Seen::Trace(trace) => self.trace(packet, trace, sink),
            Seen::NoTrace(fault) => self.no_trace(packet, fault, sink),
            Seen::OtherLink => {}
        }
        if !self.part.takes(&seen, &mut self.report.members) {
            return Ok(());
        }
        if !sink.wants().unfiltered && !self.reading.keeps(self.scratch, packet, &seen) {
            return Ok(());
        }
        self.report.selected.add(&seen);
        sink.packet(packet, &seen)
    }

    fn see<'p>(&mut self, packet: &Packet<'p>) -> Seen<'p>
    where
        'a: 'p,
    {
        if packet.link_type != self.reading.link_type {
            self.report.other_link.get_or_insert(packet.link_type);
            return Seen::OtherLink;
        }
        self.report.on_link = self.report.on_link.saturating_add(1);
        let interface = usize::try_from(packet.interface).unwrap_or(usize::MAX);
        if self.detectors.len() <= interface {
            // The reader bounds the number of interfaces.
            self.detectors.resize_with(interface.saturating_add(1), || {
                self.reading.forced.map_or_else(Detector::default, Detector::forced)
            });
        }
        let original_len = usize::try_from(packet.original_len).unwrap_or(usize::MAX);
        let mut unbound = self.reading.forced.map_or_else(Detector::default, Detector::forced);
        let detector = self.detectors.get_mut(interface).unwrap_or(&mut unbound);
        match detector.read(packet.data, original_len) {
            Ok(trace) => Seen::Trace(trace.with_ends(&self.reading.ends)),
            Err(fault) => Seen::NoTrace(fault),
        }
    }

    fn trace(&mut self, packet: &Packet<'_>, trace: &Trace<'_>, sink: &mut dyn Sink) {
        self.tell_waiting(sink);
        for fault in trace.faults().filter(|fault| fault.kind.is_malformed()) {
            self.warn(packet, &fault, sink);
        }
    }

    fn no_trace(&mut self, packet: &Packet<'_>, fault: &Fault, sink: &mut dyn Sink) {
        if self.report.read.traces > 0 {
            self.warn(packet, fault, sink);
            return;
        }
        self.waiting.first.get_or_insert(packet.number);
        self.waiting.last = packet.number;
    }

    /// Now that there is a trace, those before it that were none are worth a word.
    fn tell_waiting(&mut self, sink: &mut dyn Sink) {
        let Some(first) = self.waiting.first.take() else { return };
        if sink.wants().faults != FaultMessages::Each {
            return;
        }
        let (name, last) = (Name(self.path), self.waiting.last);
        match first == last {
            true => self.limited.warn(&format_args!("{name}: packet {first} is not mbuf_trace")),
            false => self.limited.warn(&format_args!("{name}: packets {first} to {last} are not mbuf_trace")),
        }
    }

    fn warn(&mut self, packet: &Packet<'_>, fault: &Fault, sink: &mut dyn Sink) {
        if sink.wants().faults == FaultMessages::Each {
            let (name, number, offset) = (Name(self.path), packet.number, packet.offset);
            self.limited.warn(&format_args!("{name}: packet {number} at byte {offset}: {fault}"));
        }
    }
}

/// Whether it was the system that could not read, and not the capture that is damaged. What is wrong with NDJSON is told
/// as an error of reading, too, but not with a number of the system's.
pub(super) fn has_failed(error: &ReadError) -> bool {
    matches!(&error.kind, ReadErrorKind::Io(source) if source.raw_os_error().is_some())
}

pub(super) fn failed(path: &Path, source: ReadError) -> Failure {
    Failure::Read { path: path.to_path_buf(), source }
}
