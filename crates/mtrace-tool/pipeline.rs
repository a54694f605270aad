//! The one way through: a capture's items, their traces, the selection, a sink. Every command is this with
//! another sink.

use crate::args::SelectArgs;
use crate::ends;
use crate::failure::{Failure, Status};
use crate::family::Selection;
use crate::hints;
use crate::input::{self, Input, Opened};
use crate::live::WhileWaiting;
use crate::messages::{self, Limited, Name};
use crate::selection::Range;
use crate::signals;
use capture_file::{
    Container, Format, Item, LinkType, Packet, ReadError, ReadErrorKind, Timestamp, WarningKind,
};
use mbuf_trace::{Detector, Encoding, Ends, Fault, Trace};
use std::path::{Path, PathBuf};
use trace_fields::{FieldId, SnapshotLink, Subject};
use trace_filter::{Filter, Scratch};
use trace_view::family::Members;
use trace_view::{Counted, Incomplete, PartOf};

/// What a packet turned out to be.
#[expect(clippy::large_enum_variant, reason = "one at a time, on the stack; a box would be one a packet")]
pub(crate) enum Seen<'a> {
    /// A trace, however damaged.
    Trace(Trace<'a>),
    /// On the trace's link type, but nothing that could be one.
    NoTrace(Fault),
    /// On another link type.
    OtherLink,
}

impl<'a> Seen<'a> {
    /// The trace, if it is one.
    pub(crate) fn trace(&self) -> Option<&Trace<'a>> {
        match self {
            Self::Trace(trace) => Some(trace),
            Self::NoTrace(_) | Self::OtherLink => None,
        }
    }

    /// Its id and its parent's, 0 where they are not known.
    pub(crate) fn ids(&self) -> (u64, u64) {
        let header = self.trace().and_then(Trace::frame_header);
        header.map_or((0, 0), |header| (header.packet_id, header.parent_id))
    }

    /// The packet with its trace, to ask for fields.
    pub(crate) fn subject<'s>(&'s self, packet: &'s Packet<'s>, link: SnapshotLink) -> Subject<'s>
    where
        'a: 's,
    {
        let subject = Subject::new(packet).with_snapshot_link(link);
        match self.trace() {
            Some(trace) => subject.with_trace(trace),
            None => subject,
        }
    }
}

/// What a command does with what comes through.
pub(crate) trait Sink {
    /// A new file begins.
    fn begin(&mut self, _path: &Path, _container: &Container) -> Result<(), Failure> {
        Ok(())
    }

    /// A selected packet.
    fn packet(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure>;

    /// Anything else in the file.
    fn other(&mut self, _item: &Item<'_>) -> Result<(), Failure> {
        Ok(())
    }

    /// A warning of the reader: odd, but no packet is lost.
    fn warning(&mut self, path: &Path, warning: &capture_file::Warning) -> Result<(), Failure> {
        messages::warning(&format_args!("{}: {warning}", Name(path)));
        Ok(())
    }

    /// Damage behind which the reading goes on; `--salvage` asks for it.
    fn gap(&mut self, _gap: &Gap) -> Result<(), Failure> {
        Ok(())
    }

    /// The input may keep us waiting: whatever is written so far should be seen.
    fn idle(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    /// The input may keep us waiting, and has given nothing of the next packet: who writes it writes whole packets.
    fn waits(&mut self) {}

    /// The file ended, well or not.
    fn end(&mut self, _path: &Path, _file: &FileReport, _container: &Container) -> Result<(), Failure> {
        Ok(())
    }

    /// Whether the reading should stop for now, and [`Sink::share`] go on with it. That the next item is yet to be read
    /// from the input makes it a good moment.
    fn breaks(&self, _needs_input: bool) -> bool {
        false
    }

    /// Reads on in its own way, as far as it likes.
    fn share(&mut self, _file: &mut FileReader<'_>) -> Result<(), Failure> {
        Ok(())
    }

    /// What it wants of the reading; the same all along.
    fn wants(&self) -> Wants {
        Wants::default()
    }
}

/// What a sink wants of the reading.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wants {
    /// How malformed packets are told.
    pub(crate) faults: FaultMessages,
    /// What follows the last selected packet, too.
    pub(crate) rest: bool,
    /// Captures that carry no trace, too: the command has something to say of them.
    pub(crate) other_links: bool,
    /// Packets that the filters do not keep, too: the sink asks [`Reading::keeps`] itself.
    pub(crate) unfiltered: bool,
}

/// Damage behind which the reading goes on.
#[derive(Debug)]
pub(crate) struct Gap {
    /// What is damaged, and where.
    pub(crate) damage: ReadError,
    /// Bytes from there to the next item.
    pub(crate) skipped: u64,
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { damage, skipped } = self;
        let next = damage.offset.saturating_add(*skipped);
        write!(f, "{damage}; {} skipped, going on at byte offset {next}", Counted(*skipped, "byte"))
    }
}

/// How malformed packets are told on standard error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum FaultMessages {
    /// The first few one by one, then how many more.
    #[default]
    Each,
    /// How many: the command shows them itself.
    Count,
    /// Not at all: the command says it all itself.
    None,
}

/// What was met in one file.
#[derive(Debug, Default)]
pub(crate) struct FileReport {
    /// The packets that the sink was given.
    pub(crate) selected: Counts,
    /// All packets in range, whether a filter kept them or not: damage may be why it did not.
    pub(crate) read: Counts,
    /// How many of them are of the families that are asked for.
    members: u64,
    /// Packets read on the trace's link type, in range or not.
    on_link: u64,
    /// The link type of the first packet on another one.
    other_link: Option<LinkType>,
    /// What ended the file early.
    pub(crate) damage: Option<ReadError>,
    /// How often the reading went on behind damage.
    pub(crate) gaps: u64,
    /// Whether names of interfaces were left out: fields and filters do not see them.
    names_left_out: bool,
    /// Whether a capture was appended that is not like the one before it.
    has_other_capture: bool,
    /// Whether a signal ended the reading of a file that goes on.
    is_interrupted: bool,
    /// Bytes that are part of nothing that was read: those of the gaps, and behind what ended the file.
    pub(crate) skipped: u64,
}

impl FileReport {
    /// Whether nothing of the file was missed.
    pub(crate) const fn is_complete(&self) -> bool {
        self.damage.is_none() && self.gaps == 0 && !self.names_left_out && !self.is_interrupted
    }
}

/// How many packets there were.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Of any kind.
    pub(crate) packets: u64,
    /// Those that are traces.
    pub(crate) traces: u64,
    /// Those that are malformed, or no traces at all.
    pub(crate) malformed: u64,
    /// Those that are nothing like traces.
    not_traces: u64,
    /// How many traces lack events, and how many of these the capture cut.
    pub(crate) incomplete: Incomplete,
}

impl Counts {
    fn add(&mut self, seen: &Seen<'_>) {
        let more = |count: &mut u64, by: bool| *count = count.saturating_add(u64::from(by));
        more(&mut self.packets, true);
        match seen {
            Seen::Trace(trace) => {
                more(&mut self.traces, true);
                more(&mut self.malformed, trace.is_malformed());
                self.incomplete.add(trace);
            }
            Seen::NoTrace(_) => {
                more(&mut self.malformed, true);
                more(&mut self.not_traces, true);
            }
            Seen::OtherLink => {}
        }
    }
}

/// Packets of all files, for where none of them was in the range.
#[derive(Debug, Default)]
struct Met {
    in_range: u64,
    /// Of the file that has most.
    packets: u64,
    times: Option<(Timestamp, Timestamp)>,
}

impl Met {
    fn add(&mut self, times: Option<(Timestamp, Timestamp)>) {
        self.times = match (self.times, times) {
            (Some((first, last)), Some((other_first, other_last))) => {
                Some((first.min(other_first), last.max(other_last)))
            }
            (known, other) => known.or(other),
        };
    }
}

/// What is read and how.
pub(crate) struct Reading {
    filters: Vec<Filter>,
    /// Ids of packets whose families are read; empty is everything.
    pub(crate) family: Vec<u64>,
    first: Option<u64>,
    last: Option<u64>,
    range: Option<Range>,
    forced: Option<Encoding>,
    link_type: LinkType,
    pub(crate) snapshot_link: SnapshotLink,
    /// Which functions tell what became of a packet.
    pub(crate) ends: Ends,
    /// Whether what the user says of them is in the list already.
    has_own_ends: bool,
    /// Whether the reading goes on behind damage.
    salvage: bool,
    /// Whether the end of a file is not the end.
    follow: bool,
    /// Whether a bar may show how far the reading is.
    pub(crate) progress: bool,
    /// What is called while a live input keeps us waiting.
    pub(crate) while_waiting: Option<WhileWaiting>,
}

impl Reading {
    /// Compiles the filters: that of `--filter`, and the command's own.
    pub(crate) fn new(
        select: &SelectArgs,
        forced: Option<Encoding>,
        expression: Option<&str>,
    ) -> Result<Self, Failure> {
        let expressions = select.filter.as_deref().into_iter().chain(expression);
        let filters = expressions.map(compile).collect::<Result<Vec<Filter>, _>>()?;
        let mut reading = Self {
            filters,
            family: select.family.clone(),
            first: select.first,
            last: select.last,
            range: select.range.clone(),
            forced,
            link_type: LinkType(select.linktype),
            snapshot_link: select.snapshot_link.into(),
            ends: ends::read(select.ends.as_deref())?,
            has_own_ends: select.ends.is_some(),
            salvage: select.salvage,
            follow: select.follow,
            progress: false,
            while_waiting: None,
        };
        if reading.filters.iter().flat_map(Filter::fields).any(FieldId::is_of_end) {
            reading.read_ends()?;
        }
        Ok(reading)
    }

    /// Reads the list of ends that the environment names, for commands that show what became of a packet. Others do not
    /// mind what is wrong with it.
    pub(crate) fn read_ends(&mut self) -> Result<(), Failure> {
        if !std::mem::replace(&mut self.has_own_ends, true) {
            self.ends = ends::read_by_variable()?;
        }
        Ok(())
    }

    /// Reads the files one after another. A file that cannot be opened, or is no capture, is told, and the next one read.
    /// Where there was none that could be, that is a failure: no output is written of nothing, least of all over an
    /// older one. An input that fails halfway is one, too: an output without the rest would look like a whole one.
    pub(crate) fn run(&self, files: &[PathBuf], sink: &mut dyn Sink) -> Result<Status, Failure> {
        if self.follow && files.len() > 1 {
            return Err(Failure::Usage("--follow takes one file: the first one has no end".to_owned()));
        }
        let selection = self.select(files)?;
        self.run_selected(files, &selection, sink)
    }

    /// The same with what is known of the files already.
    pub(crate) fn run_selected(
        &self,
        files: &[PathBuf],
        selection: &Selection,
        sink: &mut dyn Sink,
    ) -> Result<Status, Failure> {
        let mut status = Status::Done.with_faults(selection.is_lacking);
        let mut unreadable = 0_usize;
        let mut met = Met::default();
        for path in files {
            match self.file(path, selection, sink, &mut met) {
                Ok(of_file) => status = status.max(of_file),
                Err(failure) if failure.is_about_input() => {
                    messages::error(&format_args!("{failure}{}", hints::of_input(&failure)));
                    status = Status::Unreadable;
                    unreadable = unreadable.saturating_add(1);
                }
                Err(failure) => return Err(failure),
            }
        }
        if let Some(range) = self.range.as_ref().filter(|_| met.in_range == 0 && met.packets > 0)
            && let Some(why) = range.why_empty(met.packets, met.times)
        {
            messages::warning(&why);
        }
        if unreadable == files.len() { Err(Failure::NothingRead) } else { Ok(status) }
    }

    /// Reads one file.
    fn file(
        &self,
        path: &Path,
        selection: &Selection,
        sink: &mut dyn Sink,
        met: &mut Met,
    ) -> Result<Status, Failure> {
        let part = self.part_of(path, selection.members.as_ref())?;
        let mut file = self.begin(path, part)?;
        sink.begin(path, file.input.container())?;
        while !file.is_over {
            if let Err(failure) = file.read(sink).and_then(|()| sink.share(&mut file)) {
                file.tell_hidden();
                return Err(failure);
            }
        }
        met.in_range = met.in_range.saturating_add(file.report.read.packets);
        met.packets = met.packets.max(file.input.packets());
        met.add(file.times);
        file.end(sink)
    }

    fn begin<'a>(&'a self, path: &'a Path, part: Part<'a>) -> Result<FileReader<'a>, Failure> {
        let Opened { input, is_live } = self.open(path)?;
        Ok(FileReader {
            reading: self,
            path,
            part,
            input,
            is_live,
            // What ends by itself is read after a signal has ended what does not, and then ended by none.
            heeds_signals: !is_live && !signals::has_stopped(),
            detectors: Vec::new(),
            scratch: Scratch::default(),
            report: FileReport::default(),
            limited: Limited::default(),
            waiting: Waiting::default(),
            times: None,
            is_over: false,
        })
    }

    /// Reads the files ahead, without a word: whatever there is to say is said when they are read. Gives the packets of
    /// the selection, or without one all of them. What cannot be opened is passed over; gives how many files were read.
    pub(crate) fn look_ahead(
        &self,
        files: &[PathBuf],
        selection: Option<&Selection>,
        look: &mut dyn FnMut(&Packet<'_>, &Seen<'_>),
    ) -> Result<usize, Failure> {
        let mut read = 0_usize;
        for path in files {
            let part = selection.map(|selection| self.part_of(path, selection.members.as_ref()));
            let part = part.unwrap_or_else(|| Ok(Part::default()));
            let looked = part.and_then(|part| self.look_at(path, part, selection.is_none(), look));
            match looked {
                Err(failure) if failure.is_about_input() => {}
                looked => {
                    looked?;
                    read = read.saturating_add(1);
                }
            }
        }
        Ok(read)
    }

    fn look_at(
        &self,
        path: &Path,
        part: Part<'_>,
        unfiltered: bool,
        look: &mut dyn FnMut(&Packet<'_>, &Seen<'_>),
    ) -> Result<(), Failure> {
        let mut file = self.begin(path, part)?;
        file.read(&mut LookAhead { look, unfiltered })
    }

    fn open(&self, path: &Path) -> Result<Opened, Failure> {
        let mut opened = input::open(path, self.progress, self.follow, self.while_waiting.as_ref())?;
        if self.salvage {
            opened.input.expect_damage();
        }
        Ok(opened)
    }

    /// Whether one of the files may keep us waiting, and a signal is its end.
    pub(crate) fn is_live(&self, files: &[PathBuf]) -> bool {
        files.iter().any(|file| input::will_be_live(file, self.follow))
    }

    /// Whether the filters keep a packet.
    pub(crate) fn keeps(&self, scratch: &mut Scratch, packet: &Packet<'_>, seen: &Seen<'_>) -> bool {
        if self.filters.is_empty() {
            return true;
        }
        let subject = seen.subject(packet, self.snapshot_link);
        self.filters.iter().all(|filter| filter.matches(scratch, &subject))
    }

    /// The part of a file that is read, with `--first` and `--last` made into places.
    fn part_of<'a>(&self, path: &Path, members: Option<&'a Members>) -> Result<Part<'a>, Failure> {
        let mut part = Part { range: self.range.clone(), members, ..Part::default() };
        if let Some(first) = self.first {
            match members {
                // Known to be over without another packet.
                None => part.range = Some(Range::of_numbers(1, Some(first))),
                Some(_) => part.to = Some(first),
            }
        }
        let Some(last) = self.last else { return Ok(part) };
        input::require_file(path, "--last")?;
        if members.is_some() {
            let mut count = 0_u64;
            let all = Part { members, ..Part::default() };
            self.look_at(path, all, true, &mut |_, _| count = count.saturating_add(1))?;
            part.after = count.saturating_sub(last);
            return Ok(part);
        }
        let Opened { mut input, .. } = self.open(path)?;
        // Damage ends the count where it will end the reading.
        loop {
            let more = match input.next_item() {
                Ok(item) => item.is_some(),
                Err(error) if has_failed(&error) => return Err(failed(path, error)),
                Err(error) => (self.salvage || error.goes_on()) && input.salvage().is_some(),
            };
            if !more {
                break;
            }
        }
        part.range = Some(Range::of_numbers(input.packets().saturating_sub(last).saturating_add(1), None));
        Ok(part)
    }
}

/// Which packets of a file are read.
#[derive(Debug, Default)]
struct Part<'a> {
    range: Option<Range>,
    /// Those of some families only.
    members: Option<&'a Members>,
    /// Of these, what is behind so many,
    after: u64,
    /// and up to so many.
    to: Option<u64>,
}

impl Part<'_> {
    /// Whether a packet is in it; `met` counts the members that there were.
    fn takes(&self, seen: &Seen<'_>, met: &mut u64) -> bool {
        let Some(members) = self.members else { return true };
        let (id, parent_id) = seen.ids();
        if !members.contain(id, parent_id) {
            return false;
        }
        *met = met.saturating_add(1);
        *met > self.after
    }

    /// Whether no packet of this number or a later one is in it; `met` members were before.
    fn is_over(&self, number: u64, met: u64) -> bool {
        self.range.as_ref().is_some_and(|range| range.is_over(number)) || self.to.is_some_and(|to| met >= to)
    }
}

/// A sink that says nothing.
struct LookAhead<'l> {
    look: &'l mut dyn FnMut(&Packet<'_>, &Seen<'_>),
    unfiltered: bool,
}

impl Sink for LookAhead<'_> {
    fn packet(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure> {
        (self.look)(packet, seen);
        Ok(())
    }

    fn warning(&mut self, _path: &Path, _warning: &capture_file::Warning) -> Result<(), Failure> {
        Ok(())
    }

    fn wants(&self) -> Wants {
        let unfiltered = self.unfiltered;
        Wants { faults: FaultMessages::None, other_links: true, unfiltered, ..Wants::default() }
    }
}

/// Compiles an expression; its error shows where it is wrong.
pub(crate) fn compile(expression: &str) -> Result<Filter, Failure> {
    Filter::compile(expression).map_err(|error| Failure::Filter(error.render(messages::coloured())))
}

/// Whether it was the system that could not read, and not the capture that is damaged. What is wrong with NDJSON is told
/// as an error of reading, too, but not with a number of the system's.
fn has_failed(error: &ReadError) -> bool {
    matches!(&error.kind, ReadErrorKind::Io(source) if source.raw_os_error().is_some())
}

fn failed(path: &Path, source: ReadError) -> Failure {
    Failure::Read { path: path.to_path_buf(), source }
}

/// One file being read.
pub(crate) struct FileReader<'a> {
    reading: &'a Reading,
    path: &'a Path,
    part: Part<'a>,
    input: Input,
    /// Whether the input may keep us waiting for as long as it likes, and a signal is its end.
    is_live: bool,
    /// Whether a signal ends the reading of a file that goes on: where another input is live.
    heeds_signals: bool,
    /// One for each interface of the section.
    detectors: Vec<Detector>,
    scratch: Scratch,
    report: FileReport,
    limited: Limited,
    waiting: Waiting,
    /// The earliest and the latest time of a packet, in range or not, where there is a range.
    times: Option<(Timestamp, Timestamp)>,
    /// Whether there is nothing more to be read.
    pub(crate) is_over: bool,
}

/// Packets that are nothing like traces, until the first trace shows that the others are worth a word each.
#[derive(Debug, Default)]
struct Waiting {
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
    fn tell_hidden(&mut self) {
        self.limited.finish(self.path, "; `mtrace-tool check` shows all");
    }

    fn end(mut self, sink: &mut dyn Sink) -> Result<Status, Failure> {
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
