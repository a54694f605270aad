//! `filter`: keep the packets that match, and everything else in the file, as it is.

use crate::args::FilterArgs;
use crate::failure::{Failure, Status};
use crate::output::{Content, Output, Target};
use crate::pipeline::{FileReport, Reading, Seen, Sink};
use capture_file::{Container, Item, Packet};
use std::io::Write;
use std::path::Path;

pub(crate) fn run(args: &FilterArgs) -> Result<Status, Failure> {
    let mut reading = Reading::new(&args.read.select, args.read.revision, Some(&args.expression))?;
    let files = std::slice::from_ref(&args.file);
    let target = Target::check(&args.output.output, args.output.force, Content::Binary, files)?;
    reading.progress = !target.is_terminal();
    let (_, compression) = crate::args::Target::of_name(&args.output.output);
    let mut sink = FilterSink { out: target.open(compression)?, kept: 0 };
    let status = reading.run(files, &mut sink)?;
    if status == Status::Unreadable {
        return Ok(status);
    }
    let kept = sink.kept;
    sink.out.finish()?;
    Ok(if args.exit_status && kept == 0 { status.max(Status::Faults) } else { status })
}

struct FilterSink {
    out: Output,
    kept: u64,
}

impl FilterSink {
    fn write(&mut self, raw: &[u8]) -> Result<(), Failure> {
        self.out.write_all(raw).map_err(|error| Failure::output(self.out.path(), error))
    }
}

impl Sink for FilterSink {
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
