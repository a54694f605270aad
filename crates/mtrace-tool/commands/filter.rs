//! `filter`: keep the packets that match, and everything else in the file, as it is.

use crate::args::{FilterArgs, Target as Kind};
use crate::failure::{Failure, Status};
use crate::messages::{self, Name};
use crate::output::{Content, Output, Target};
use crate::pipeline::{FileReport, Reading, Seen, Sink};
use capture_file::{Container, Format, Item, Packet};
use std::io::Write;
use std::path::Path;
use trace_filter::Filter;

pub(crate) fn run(args: &FilterArgs) -> Result<Status, Failure> {
    check_order(args)?;
    let mut reading = Reading::new(&args.read.select, args.read.revision, Some(&args.expression))?;
    let files = std::slice::from_ref(&args.file);
    let target = Target::check(&args.output.output, args.output.force, Content::Binary, files)?;
    reading.progress = !target.is_terminal();
    let (kind, compression) = Kind::of_name(&args.output.output);
    let mut sink = FilterSink { out: target.open(compression)?, kind, kept: 0 };
    let status = reading.run(files, &mut sink)?;
    if status == Status::Unreadable {
        return Ok(status);
    }
    let kept = sink.kept;
    sink.out.finish()?;
    Ok(if args.exit_status && kept == 0 { status.max(Status::Faults) } else { status })
}

/// A file where the expression should stand is a slip that a word mends.
fn check_order(args: &FilterArgs) -> Result<(), Failure> {
    let first = Path::new(&args.expression);
    if !first.is_file() || Filter::compile(&args.expression).is_ok() || args.file.is_file() {
        return Ok(());
    }
    let name = Name(first);
    Err(Failure::Usage(format!(
        "{name} is a file; the expression comes first: mtrace-tool filter EXPR {name}"
    )))
}

struct FilterSink {
    out: Output,
    /// What the output's name promises.
    kind: Option<Kind>,
    kept: u64,
}

impl FilterSink {
    fn write(&mut self, raw: &[u8]) -> Result<(), Failure> {
        self.out.write_all(raw).map_err(|error| Failure::output(self.out.path(), error))
    }
}

impl Sink for FilterSink {
    /// What is kept stays in the container that it was in, whatever name the output has.
    fn begin(&mut self, _path: &Path, container: &Container) -> Result<(), Failure> {
        let (is_pcapng, container) = match container.format {
            Format::Pcapng => (true, "pcapng"),
            Format::Pcap => (false, "pcap"),
        };
        let promised = match self.kind {
            Some(Kind::Pcapng) => is_pcapng,
            Some(Kind::Pcap) => !is_pcapng,
            Some(_) => false,
            None => true,
        };
        if !promised {
            let name = Name(self.out.path());
            messages::warning(&format_args!(
                "{name} will be {container}, as its input is; `mtrace-tool convert` writes what the name says"
            ));
        }
        Ok(())
    }

    fn packet(&mut self, packet: &Packet<'_>, _seen: &Seen<'_>) -> Result<(), Failure> {
        self.write(packet.raw)
    }

    fn other(&mut self, item: &Item<'_>) -> Result<(), Failure> {
        self.write(item.raw())
    }

    fn idle(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(|error| Failure::output(self.out.path(), error))
    }

    fn end(&mut self, _path: &Path, file: &FileReport, _container: &Container) -> Result<(), Failure> {
        self.kept = file.selected.packets;
        Ok(())
    }

    fn wants_rest(&self) -> bool {
        true
    }
}
