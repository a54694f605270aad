//! `diff`: how fates, ends and paths of two captures differ.

use crate::args::DiffArgs;
use crate::failure::{Failure, Status};
use crate::input;
use crate::kept::Kept;
use crate::look;
use crate::messages::{self, Name};
use crate::output::{Content, Target};
use crate::pipeline::{FileReport, Reading, Seen, Sink};
use crate::promise::{self, Written};
use capture_file::{Container, Packet};
use std::path::{Path, PathBuf};
use trace_fields::SnapshotLink;
use trace_view::diff::{Difference, Options, Side};
use trace_view::paths::Steps;
use trace_view::tally::Moment;

pub(crate) fn run(args: &DiffArgs) -> Result<Status, Failure> {
    let mut reading = Reading::new(&args.read.select, args.read.revision, None)?;
    reading.read_ends()?;
    let files = [args.before.clone(), args.after.clone()];
    if files.iter().all(|file| input::is_standard(file)) {
        return Err(Failure::Usage("only one of the captures can be standard input".to_owned()));
    }
    let target = Target::check(&args.output.output, args.output.force, Content::Text, &files)?;
    reading.progress = !target.is_terminal();
    // Both are tried, so that both are told of; half a comparison is none.
    let (first, second) = (read(args, &reading, &files[0]), read(args, &reading, &files[1]));
    let ((first, of_first), (second, of_second)) = (first?, second?);
    let status = of_first.max(of_second);

    let options = Options {
        significance: args.significance,
        lines: args.lines,
        only_significant: args.only_significant,
    };
    let found = Difference::new(&first, &second, options);
    let look = look::look(&args.look, &args.output.output, &files);
    let top = look::rows(args.top, args.look.json);
    let written = Written::Report { json: args.look.json };
    let mut out = target.open(promise::check(&args.output.output, written))?;
    let written = match args.look.json {
        true => found.write_json(&mut out, &look.files, top),
        false => found.write_text(&mut out, &look, top),
    };
    written.map_err(|error| Failure::output(out.path(), error))?;
    out.finish()?;
    Ok(status.with_faults(found.differs() || found.is_uncertain() || !found.is_comparable()))
}

fn read(args: &DiffArgs, reading: &Reading, file: &PathBuf) -> Result<(Side, Status), Failure> {
    let steps = match (args.steps, args.lines) {
        (false, _) => Steps::Functions,
        (true, false) => Steps::EventsWithoutLines,
        (true, true) => Steps::Events,
    };
    let (side, snapshot_link) = (Side::new(steps), reading.snapshot_link);
    let mut sink = DiffSink { side, kept: Kept::default(), snapshot_link };
    let status = reading.run(std::slice::from_ref(file), &mut sink)?;
    if let Some(why) = sink.kept.why_no_trace() {
        messages::warning(&format_args!("{}: {why}", Name(file)));
    }
    Ok((sink.side, status))
}

/// One of the captures being read.
struct DiffSink {
    side: Side,
    kept: Kept,
    snapshot_link: SnapshotLink,
}

impl Sink for DiffSink {
    fn packet(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure> {
        self.side.add(&seen.subject(packet, self.snapshot_link), Moment::of(0, packet));
        Ok(())
    }

    fn end(&mut self, _path: &Path, file: &FileReport, _container: &Container) -> Result<(), Failure> {
        self.kept.add(file);
        Ok(())
    }
}
