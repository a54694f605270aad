//! `drops`: where traces end.

use crate::args::DropsArgs;
use crate::ends;
use crate::failure::{Failure, Status};
use crate::look;
use crate::output::{Content, Target};
use crate::pipeline::{Reading, Seen, Sink};
use crate::promise::{self, Written};
use capture_file::{Container, Packet};
use mbuf_trace::Fate;
use std::path::{Path, PathBuf};
use trace_fields::SnapshotLink;
use trace_view::drops::Drops;
use trace_view::tally::{GroupBy, Moment};

pub(crate) fn run(args: &DropsArgs) -> Result<Status, Failure> {
    let mut reading = Reading::new(&args.read.select, args.read.revision, None)?;
    reading.read_ends()?;
    let by = args.by.iter().map(|name| super::print::field("--by", name)).collect::<Result<Vec<_>, _>>()?;
    for (functions, fate) in [(&args.normal, Fate::Delivered), (&args.not_normal, Fate::Dropped)] {
        functions.iter().for_each(|function| reading.ends.add(function, fate));
    }
    let inputs: Vec<PathBuf> =
        args.files.iter().cloned().chain(ends::path(args.read.select.ends.as_deref())).collect();
    let target = Target::check(&args.output.output, args.output.force, Content::Text, &inputs)?;
    reading.progress = !target.is_terminal();
    let mut sink = DropsSink {
        drops: Drops::new(GroupBy::new(by)),
        files: &args.files,
        file: None,
        snapshot_link: reading.snapshot_link,
    };
    let status = reading.run(&args.files, &mut sink)?;

    let look = look::look(&args.look, &args.output.output, &args.files);
    let top = look::rows(args.top, args.look.json);
    let report = sink.drops.report();
    let written = Written::Report { json: args.look.json };
    let mut out = target.open(promise::check(&args.output.output, written))?;
    let written = match args.look.json {
        true => report.write_json(&mut out, &look.files, top, args.all),
        false => report.write_text(&mut out, &look, top, args.all),
    };
    written.map_err(|error| Failure::output(out.path(), error))?;
    out.finish()?;
    Ok(status.with_faults(report.others() > 0))
}

struct DropsSink<'a> {
    drops: Drops,
    files: &'a [PathBuf],
    /// The place of the one that is read; those that cannot be are passed over.
    file: Option<usize>,
    snapshot_link: SnapshotLink,
}

impl Sink for DropsSink<'_> {
    fn begin(&mut self, path: &Path, _container: &Container) -> Result<(), Failure> {
        self.file = look::place(self.files, self.file, path);
        Ok(())
    }

    fn packet(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure> {
        let moment = Moment::of(self.file.unwrap_or(0), packet);
        self.drops.add(&seen.subject(packet, self.snapshot_link), moment);
        Ok(())
    }
}
