//! What `convert`, `flamegraph` and `graph` have in common where the output is no capture and no NDJSON: a sink that
//! passes packets to a `trace_view::export`.

use crate::args::{FlamegraphArgs, GraphArgs};
use crate::failure::{Failure, Status};
use crate::kept::Kept;
use crate::messages::{self, Name};
use crate::output::{Content, Output, Target};
use crate::pipeline::{FileReport, Reading, Seen, Sink};
use crate::promise::{self, Written};
use capture_file::{Compression, Container, Packet, WriteError};
use std::path::{Path, PathBuf};
use trace_view::Incomplete;
use trace_view::export::Export;
use trace_view::export::flamegraph::Flamegraph;
use trace_view::export::graph::GraphPicture;

/// An export that writes into an output.
pub(crate) type Exporter = Box<dyn Export<Output>>;

/// `flamegraph`.
pub(crate) fn flamegraph(args: &FlamegraphArgs) -> Result<Status, Failure> {
    let mut reading = Reading::new(&args.read.select, args.read.revision, None)?;
    reading.read_ends()?;
    let target = Target::check(&args.output.output, args.output.force, Content::Text, &args.files)?;
    let title = args.title.clone().unwrap_or_else(|| {
        let names: Vec<String> = args.files.iter().map(|path| short_name(path)).collect();
        names.join(", ")
    });
    let title = mbuf_trace::Text(title.as_bytes()).to_string();
    let tree = args.stacks.tree();
    let compression = promise::check(&args.output.output, Written::Svg);
    run(&mut reading, &args.files, target, compression, |out| Ok(Box::new(Flamegraph::new(out, tree, title))))
}

/// `graph`.
pub(crate) fn graph(args: &GraphArgs) -> Result<Status, Failure> {
    let mut reading = Reading::new(&args.read.select, args.read.revision, None)?;
    reading.read_ends()?;
    let target = Target::check(&args.output.output, args.output.force, Content::Text, &args.files)?;
    let most = usize::from(args.nodes);
    let compression = promise::check(&args.output.output, Written::Svg);
    run(&mut reading, &args.files, target, compression, |out| Ok(Box::new(GraphPicture::new(out, most))))
}

/// A file's name without its folders.
fn short_name(path: &Path) -> String {
    let name = path.file_name().map_or(path, Path::new);
    Name(name).to_string()
}

/// Reads the files into an export, and tells what it could not hold.
pub(crate) fn run(
    reading: &mut Reading,
    files: &[PathBuf],
    target: Target,
    compression: Option<Compression>,
    begin: impl FnOnce(Output) -> Result<Exporter, WriteError>,
) -> Result<Status, Failure> {
    reading.progress = !target.is_terminal();
    let path = target.path().to_path_buf();
    let failed = |error| Failure::writer(&path, error);
    let exporter = begin(target.open(compression)?).map_err(failed)?;
    let mut sink = ExportSink {
        path: &path,
        exporter,
        packets: 0,
        kept: Kept::default(),
        incomplete: Incomplete::default(),
    };
    let status = reading.run(files, &mut sink)?;
    if status == Status::Unreadable && sink.packets == 0 {
        return Ok(status);
    }
    let (out, remarks) = sink.exporter.finish().map_err(failed)?;
    out.finish()?;
    if let Some(why) = sink.kept.why_no_trace() {
        messages::warning(&format_args!("{}: it shows nothing: {why}", Name(&path)));
    }
    if let Some(words) = sink.incomplete.words() {
        messages::warning(&format_args!("{}: {words}", Name(&path)));
    }
    for remark in &remarks {
        messages::warning(&format_args!("{}: {}", Name(&path), remark.text));
    }
    let lossy = remarks.iter().any(|remark| remark.is_loss);
    Ok(status.with_faults(lossy))
}

struct ExportSink<'p> {
    path: &'p Path,
    exporter: Exporter,
    packets: u64,
    kept: Kept,
    incomplete: Incomplete,
}

impl Sink for ExportSink<'_> {
    fn packet(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure> {
        self.packets = self.packets.saturating_add(1);
        let taken = self.exporter.packet(&packet.into(), seen.trace());
        taken.map_err(|error| Failure::writer(self.path, error))
    }

    fn end(&mut self, _path: &Path, file: &FileReport, _container: &Container) -> Result<(), Failure> {
        self.kept.add(file);
        self.incomplete.merge(&file.selected.incomplete);
        Ok(())
    }

    fn idle(&mut self) -> Result<(), Failure> {
        self.exporter.flush().map_err(|error| Failure::writer(self.path, error))
    }
}
