//! `paths`: the ways that packets took, how many took each, and where they part.

use crate::args::PathsArgs;
use crate::failure::{Failure, Status};
use crate::input;
use crate::look;
use crate::output::{Content, Target};
use crate::pipeline::{FaultMessages, Reading, Seen, Sink, Wants};
use crate::promise::{self, Written};
use crate::selection::Range;
use capture_file::{Container, Packet};
use std::io::Write;
use std::path::{Path, PathBuf};
use trace_fields::SnapshotLink;
use trace_view::paths::{Paths, Steps};
use trace_view::tally::{GroupBy, Moment};
use trace_view::timeline::{Options, Timeline};

pub(crate) fn run(args: &PathsArgs) -> Result<Status, Failure> {
    let mut reading = Reading::new(&args.read.select, args.read.revision, None)?;
    let by = args.by.iter().map(|name| super::print::field("--by", name)).collect::<Result<Vec<_>, _>>()?;
    if by.iter().any(|field| field.id.is_of_end()) {
        reading.read_ends()?;
    }
    let target = Target::check(&args.output.output, args.output.force, Content::Text, &args.files)?;
    if args.show.is_some() {
        for file in &args.files {
            input::require_file(file, "--show")?;
        }
    }
    reading.progress = !target.is_terminal();
    let steps = if args.steps { Steps::Events } else { Steps::Functions };
    let mut sink = PathsSink {
        paths: Paths::new(steps, GroupBy::new(by)),
        files: &args.files,
        file: None,
        snapshot_link: reading.snapshot_link,
    };
    let status = reading.run(&args.files, &mut sink)?;

    let look = look::look(&args.look, &args.output.output, &args.files);
    let report = sink.paths.report();
    let mut example = None;
    if let Some(id) = args.show {
        let Some(moment) = report.example(id) else {
            let message = format!("there is no path {id}; the last one is {}", report.paths());
            return Err(Failure::Usage(message));
        };
        example = Some(example_of(args, moment, &look)?);
    }
    let top = look::rows(args.top, args.look.json);
    let written = Written::Report { json: args.look.json };
    let mut out = target.open(promise::check(&args.output.output, written))?;
    let written = match (args.show, &example) {
        (Some(id), Some(example)) => report
            .write_path(&mut out, &look, id)
            .and_then(|()| out.write_all(b"\n"))
            .and_then(|()| out.write_all(example)),
        _ if args.look.json => report.write_json(&mut out, &look.files, top),
        _ => report.write_text(&mut out, &look, top),
    };
    written.map_err(|error| Failure::output(out.path(), error))?;
    out.finish()?;
    Ok(status.with_faults(report.others() > 0))
}

/// Reads a file again for one packet, and shows its way.
fn example_of(args: &PathsArgs, moment: Moment, look: &trace_view::tally::Look) -> Result<Vec<u8>, Failure> {
    let mut select = args.read.select.clone();
    (select.filter, select.first, select.last) = (None, None, None);
    select.family.clear();
    select.range = Some(Range::of_numbers(moment.packet, Some(moment.packet)));
    let mut reading = Reading::new(&select, args.read.revision, None)?;
    reading.read_ends()?;
    // As `print` shows it.
    let options = Options {
        palette: look.palette,
        snapshot_link: reading.snapshot_link,
        width: look.width,
        strip_prefix: look.strip_prefix.clone(),
        fold: true,
        ..Options::default()
    };
    let mut sink = ExampleSink { timeline: Timeline::new(options), shown: Vec::new() };
    if let Some(file) = args.files.get(moment.file) {
        reading.run(std::slice::from_ref(file), &mut sink)?;
    }
    Ok(sink.shown)
}

struct PathsSink<'a> {
    paths: Paths,
    files: &'a [PathBuf],
    /// The place of the one that is read; those that cannot be are passed over.
    file: Option<usize>,
    snapshot_link: SnapshotLink,
}

impl Sink for PathsSink<'_> {
    fn begin(&mut self, path: &Path, _container: &Container) -> Result<(), Failure> {
        self.file = look::place(self.files, self.file, path);
        Ok(())
    }

    fn packet(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure> {
        let moment = Moment::of(self.file.unwrap_or(0), packet);
        self.paths.add(&seen.subject(packet, self.snapshot_link), moment);
        Ok(())
    }
}

/// The timeline of the packets that it is given.
struct ExampleSink {
    timeline: Timeline,
    shown: Vec<u8>,
}

impl Sink for ExampleSink {
    fn packet(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure> {
        let written = self.timeline.write(&mut self.shown, &packet.into(), seen.trace());
        written.map_err(|error| Failure::output("-", error))
    }

    /// They were told when the file was read first.
    fn wants(&self) -> Wants {
        Wants { faults: FaultMessages::None, ..Wants::default() }
    }
}
