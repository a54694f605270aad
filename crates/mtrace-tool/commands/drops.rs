//! `drops`: where traces end.

use crate::args::DropsArgs;
use crate::environment;
use crate::failure::{Failure, Status};
use crate::input;
use crate::look;
use crate::messages::Name;
use crate::output::{Content, Target};
use crate::pipeline::{Reading, Seen, Sink};
use crate::promise::{self, Written};
use capture_file::{Container, Packet};
use std::io::Read;
use std::path::{Path, PathBuf};
use trace_fields::SnapshotLink;
use trace_view::drops::{Drops, Fate, NormalEnds};
use trace_view::tally::{GroupBy, Moment};

/// Bytes of a list of ends; a longer one is no such list.
const LONGEST_LIST: u64 = 1 << 20;

pub(crate) fn run(args: &DropsArgs) -> Result<Status, Failure> {
    let mut reading = Reading::new(&args.read.select, args.read.revision, None)?;
    let by = args.by.iter().map(|name| super::print::field("--by", name)).collect::<Result<Vec<_>, _>>()?;
    let variable = environment::value(environment::ENDS).filter(|_| args.ends.is_none()).map(PathBuf::from);
    let ends = args.ends.as_ref().or(variable.as_ref());
    let normal = normal_ends(args, ends).map_err(|failure| match variable {
        Some(_) => environment::named_by(environment::ENDS, failure),
        None => failure,
    })?;
    let inputs: Vec<PathBuf> = args.files.iter().chain(ends).cloned().collect();
    let target = Target::check(&args.output.output, args.output.force, Content::Text, &inputs)?;
    reading.progress = !target.is_terminal();
    let mut sink = DropsSink {
        drops: Drops::new(normal, GroupBy::new(by)),
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

/// The built-in list, the user's file, then the options.
fn normal_ends(args: &DropsArgs, list: Option<&PathBuf>) -> Result<NormalEnds, Failure> {
    let mut ends = NormalEnds::default();
    if let Some(path) = list {
        let mut text = String::new();
        let failed = |source| Failure::Input { path: path.clone(), source };
        input::file(path)?.take(LONGEST_LIST.saturating_add(1)).read_to_string(&mut text).map_err(failed)?;
        if text.len() as u64 > LONGEST_LIST {
            return Err(Failure::Usage(format!("{}: longer than 1 MiB, so no list of ends", Name(path))));
        }
        ends.add_lines(&text).map_err(|error| Failure::Usage(format!("{}: {error}", Name(path))))?;
    }
    for function in &args.normal {
        ends.add(function, Fate::Delivered);
    }
    for function in &args.not_normal {
        ends.add(function, Fate::Dropped);
    }
    Ok(ends)
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
