//! `filter`: keep the packets that match, and everything else in the file, as it is.

use crate::args::{FilterArgs, Target as Kind};
use crate::failure::{Failure, Status};
use crate::format::{self, Format};
use crate::joined::AsTheyStand;
use crate::messages::{self, Name};
use crate::output::{Content, Output, Target};
use crate::pipeline::{Reading, Seen, Wants};
use capture_file::{Container, Item, Packet};
use std::io::{self, Write};
use std::path::Path;
use trace_filter::Filter;

pub(crate) fn run(args: &FilterArgs) -> Result<Status, Failure> {
    check_order(args)?;
    let mut reading = Reading::new(&args.read.select, args.read.revision, Some(&args.expression))?;
    let files = std::slice::from_ref(&args.file);
    let target = Target::check(&args.output.output, args.output.force, Content::Binary, files)?;
    reading.progress = !target.is_terminal();
    let (kind, compression) = Kind::of_name(&args.output.output);
    let items = AsTheyStand::default();
    let raw = Raw { kind, items: items.clone() };
    let written = format::run(&reading, files, target.open(compression)?, raw)?;
    let status = written.status;
    if status == Status::Unreadable {
        return Ok(status);
    }
    written.out.finish()?;
    let status = items.tell(&args.output.output, status);
    Ok(status.with_faults(args.exit_status && written.packets == 0))
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

/// Packets and everything else as they are.
#[derive(Clone)]
struct Raw {
    /// What the output's name promises.
    kind: Option<Kind>,
    items: AsTheyStand,
}

impl Format for Raw {
    /// What is kept stays in the container that it was in, whatever name the output has.
    fn begin(&mut self, out: &mut Output, _path: &Path, container: &Container) -> io::Result<()> {
        let (is_pcapng, container) = match container.format {
            capture_file::Format::Pcapng => (true, "pcapng"),
            capture_file::Format::Pcap => (false, "pcap"),
        };
        let promised = match self.kind {
            Some(Kind::Pcapng) => is_pcapng,
            Some(Kind::Pcap) => !is_pcapng,
            Some(_) => false,
            None => true,
        };
        if !promised {
            let name = Name(out.path());
            messages::warning(&format_args!(
                "{name} will be {container}, as its input is; `mtrace-tool convert` writes what the name says"
            ));
        }
        Ok(())
    }

    fn packet(&mut self, out: &mut impl Write, packet: &Packet<'_>, _seen: &Seen<'_>) -> io::Result<()> {
        self.items.packet(out, packet)
    }

    fn other(&mut self, out: &mut Output, item: &Item<'_>) -> io::Result<()> {
        self.items.other(out, item)
    }

    fn wants(&self) -> Wants {
        Wants { rest: true, ..Wants::default() }
    }
}
