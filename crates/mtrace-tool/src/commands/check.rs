//! `check`: every malformed packet, where it lies and what is wrong with it.

use crate::args::CheckArgs;
use crate::failure::{Failure, Status};
use crate::messages::Name;
use crate::output::{Content, Output, Target};
use crate::pipeline::{Counts, FaultMessages, FileReport, Gap, Reading, Seen, Sink, Wants};
use capture_file::{Container, Packet, Warning, WarningKind};
use mbuf_trace::{Fault, Trace};
use std::io::Write;
use std::path::{Path, PathBuf};
use trace_view::{Counted, PartOf};

pub(crate) fn run(args: &CheckArgs) -> Result<Status, Failure> {
    let mut reading = Reading::new(&args.read.select, args.read.revision, None)?;
    let target = Target::check(Path::new("-"), false, Content::Text, &args.files)?;
    reading.progress = !target.is_terminal();
    let mut sink = CheckSink { out: target.open(None)?, path: PathBuf::new() };
    let status = reading.run(&args.files, &mut sink)?;
    sink.out.finish()?;
    Ok(status)
}

struct CheckSink {
    out: Output,
    path: PathBuf,
}

impl CheckSink {
    fn line(&mut self, text: &std::fmt::Arguments<'_>) -> Result<(), Failure> {
        writeln!(self.out, "{}: {text}", Name(&self.path))
            .map_err(|error| Failure::output(self.out.path(), error))
    }

    fn fault(&mut self, packet: &Packet<'_>, fault: &Fault) -> Result<(), Failure> {
        let note = if fault.kind.is_malformed() { "" } else { "note: " };
        self.line(&format_args!("packet {} at byte {}: {note}{fault}", packet.number, packet.offset))
    }

    /// What the kernel did not record.
    fn lacks(&mut self, packet: &Packet<'_>, trace: &Trace<'_>) -> Result<(), Failure> {
        let (number, offset) = (packet.number, packet.offset);
        let is_marked = trace.frame_header().is_some_and(|header| header.incomplete());
        match trace.lost() {
            0 if is_marked => self
                .line(&format_args!("packet {number} at byte {offset}: note: incomplete, the kernel says")),
            0 => Ok(()),
            lost => {
                let lost = Counted(lost, "event");
                self.line(&format_args!("packet {number} at byte {offset}: note: {lost} lost by the kernel"))
            }
        }
    }
}

impl Sink for CheckSink {
    fn begin(&mut self, path: &Path, _container: &Container) -> Result<(), Failure> {
        self.path = path.to_path_buf();
        Ok(())
    }

    fn packet(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure> {
        match seen {
            Seen::Trace(trace) => {
                trace.faults().try_for_each(|fault| self.fault(packet, &fault))?;
                self.lacks(packet, trace)
            }
            Seen::NoTrace(fault) => self.fault(packet, fault),
            Seen::OtherLink => Ok(()),
        }
    }

    fn warning(&mut self, _path: &Path, warning: &Warning) -> Result<(), Failure> {
        let is_fault = warning.kind.leaves_out() || matches!(warning.kind, WarningKind::OtherCapture(_));
        let note = if is_fault { "" } else { "note: " };
        self.line(&format_args!("{note}{warning}"))
    }

    fn gap(&mut self, gap: &Gap) -> Result<(), Failure> {
        self.line(&format_args!("{gap}"))
    }

    fn idle(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(|error| Failure::output(self.out.path(), error))
    }

    fn end(&mut self, _path: &Path, file: &FileReport, _container: &Container) -> Result<(), Failure> {
        if let Some(damage) = &file.damage {
            self.line(&format_args!("{damage}"))?;
        }
        if file.gaps > 0 {
            let (skipped, gaps) = (Counted(file.skipped, "byte"), Counted(file.gaps, "time"));
            self.line(&format_args!("{skipped} skipped, and {gaps} gone on behind damage"))?;
        }
        let unmatched = file.read.malformed.saturating_sub(file.selected.malformed);
        if unmatched > 0 {
            let unmatched = Counted(unmatched, "malformed packet");
            self.line(&format_args!("{unmatched} did not match the filter"))?;
        }
        let Counts { packets, traces, malformed, incomplete, .. } = &file.selected;
        let cut = incomplete.cut;
        let traces = PartOf(*traces, *packets, "packet", ["is", "are"]);
        self.line(&format_args!("{traces} mbuf_trace, {malformed} malformed, {cut} cut by the capture"))?;
        match incomplete.words() {
            Some(words) => self.line(&format_args!("{words}")),
            None => Ok(()),
        }
    }

    fn wants(&self) -> Wants {
        Wants { faults: FaultMessages::None, ..Wants::default() }
    }
}
