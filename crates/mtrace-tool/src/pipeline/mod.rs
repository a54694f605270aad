//! The one way through: a capture's items, their traces, the selection, a sink. Every command is this with
//! another sink.

mod file;
mod part;
mod report;
mod sink;

pub(crate) use file::FileReader;
pub(crate) use report::{Counts, FileReport};
pub(crate) use sink::{FaultMessages, Gap, Seen, Sink, Wants};

use crate::args::SelectArgs;
use crate::ends;
use crate::failure::{Failure, Status};
use crate::family::Selection;
use crate::hints;
use crate::input::{self, Opened};
use crate::live::WhileWaiting;
use crate::messages::{self, Limited};
use crate::selection::Range;
use crate::signals;
use capture_file::{LinkType, Packet};
use file::{Waiting, failed, has_failed};
use mbuf_trace::{Encoding, Ends};
use part::Part;
use report::Met;
use std::path::{Path, PathBuf};
use trace_fields::{FieldId, SnapshotLink};
use trace_filter::{Filter, Scratch};
use trace_view::family::Members;

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

/// Compiles an expression; its error shows where it is wrong.
pub(crate) fn compile(expression: &str) -> Result<Filter, Failure> {
    Filter::compile(expression).map_err(|error| Failure::Filter(error.render(messages::coloured())))
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
