//! `print`: the way of each packet, or some of its fields.

use crate::args::{self, ColorWhen, PrintArgs};
use crate::failure::{Failure, Status};
use crate::look;
use crate::messages::Name;
use crate::output::{Content, Output, Target};
use crate::pipeline::{FaultMessages, Reading, Seen, Sink};
use capture_file::{Container, Packet};
use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::Path;
use trace_fields::{Field, Scratch, Subject};
use trace_view::timeline::{Options, Palette, Style, Timeline};

pub(crate) fn run(args: &PrintArgs) -> Result<Status, Failure> {
    let mut reading = Reading::new(&args.read.select, args.read.revision, None)?;
    let fields = args.fields.iter().map(|name| field(name)).collect::<Result<Vec<_>, _>>()?;
    if args.hex && args.style == args::Style::FunctionGraph && !args.look.json {
        return Err(Failure::Usage(
            "--hex: ftrace's layout has no place for bytes; use it without --style".to_owned(),
        ));
    }
    let target = Target::check(&args.output.output, args.output.force, Content::Text, &args.files)?;
    reading.progress = !target.is_terminal();
    let (colours, links) = decoration(args);
    let timeline = Timeline::new(Options {
        wire_order: args.wire_order,
        palette: if colours { Palette::coloured() } else { Palette::default() },
        links: links.then(|| args.link_template.clone()),
        snapshot_link: reading.snapshot_link,
        width: look::width(&args.look, &args.output.output),
        strip_prefix: args.look.strip_prefix.clone(),
        fold: !args.no_fold,
        hex: args.hex,
        style: match args.style {
            _ if args.look.json => Style::Json,
            args::Style::Timeline => Style::Timeline,
            args::Style::FunctionGraph => Style::FunctionGraph,
        },
    });
    let mut sink = PrintSink {
        out: target.open(None)?,
        several: args.files.len() > 1 && fields.is_empty(),
        json: args.look.json,
        fields,
        timeline,
        scratch: Scratch::default(),
        reading: &reading,
        before_traces: Some(0),
    };
    let status = reading.run(&args.files, &mut sink)?;
    sink.out.finish()?;
    Ok(status)
}

/// Whether there are colours and links: on a terminal that shows them, or as asked for.
fn decoration(args: &PrintArgs) -> (bool, bool) {
    let to_stdout = crate::input::is_standard(&args.output.output);
    let colours = look::colours(args.look.color, &args.output.output);
    let terminal = to_stdout && io::stdout().is_terminal();
    let able = terminal && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout);
    (colours, colours && (able || args.look.color == ColorWhen::Always))
}

/// The field of this name.
pub(super) fn field(name: &str) -> Result<&'static Field, Failure> {
    // As an expression, an unknown name gets its caret and its suggestion.
    Field::by_name(name).ok_or_else(|| match crate::pipeline::compile(name) {
        Err(failure) => failure,
        Ok(_) => Failure::Usage(format!("`{}` is no field", mbuf_trace::Text(name.as_bytes()))),
    })
}

struct PrintSink<'a> {
    out: Output,
    /// Whether it has to be said which file a packet is from.
    several: bool,
    json: bool,
    fields: Vec<&'static Field>,
    timeline: Timeline,
    scratch: Scratch,
    reading: &'a Reading,
    /// Packets that are no traces and were passed over because there was no trace yet: a whole file of them
    /// is not what was asked for.
    before_traces: Option<u64>,
}

impl PrintSink<'_> {
    /// Says what was not shown.
    fn passed_over(&mut self, packets: Option<u64>) -> Result<(), Failure> {
        let Some(packets) = packets else { return Ok(()) };
        writeln!(self.out, "({packets} packets before the first trace)")
            .map_err(|error| Failure::output(self.out.path(), error))
    }

    fn packet_fields(&mut self, subject: &Subject<'_>) -> io::Result<()> {
        for (index, field) in self.fields.iter().enumerate() {
            if index > 0 {
                self.out.write_all(b"\t")?;
            }
            let mut separator = "";
            let mut result = Ok(());
            let _ = subject.visit(field.id, &mut self.scratch, &mut |value| {
                result = write!(self.out, "{separator}{}", field.show(value));
                separator = ",";
                if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            result?;
        }
        self.out.write_all(b"\n")
    }
}

impl Sink for PrintSink<'_> {
    fn begin(&mut self, path: &Path, _container: &Container) -> Result<(), Failure> {
        self.before_traces = Some(0);
        if !self.several {
            return Ok(());
        }
        if self.json {
            self.timeline.name_file(Name(path).to_string());
            return Ok(());
        }
        writeln!(self.out, "== {} ==", Name(path)).map_err(|error| Failure::output(self.out.path(), error))
    }

    fn packet(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure> {
        let written = if self.json {
            self.timeline.write(&mut self.out, &packet.into(), seen.trace())
        } else if self.fields.is_empty() {
            match (&mut self.before_traces, seen) {
                (Some(passed_over), Seen::OtherLink | Seen::NoTrace(_)) => {
                    *passed_over = passed_over.saturating_add(1);
                    return Ok(());
                }
                (before, _) => {
                    let passed_over = before.take().filter(|passed_over| *passed_over > 0);
                    self.passed_over(passed_over)?;
                }
            }
            self.timeline.write(&mut self.out, &packet.into(), seen.trace())
        } else {
            let subject = Subject::new(packet).with_snapshot_link(self.reading.snapshot_link);
            match seen.trace() {
                Some((trace, certainty)) => self.packet_fields(&subject.with_trace(trace, certainty)),
                None => self.packet_fields(&subject),
            }
        };
        written.map_err(|error| Failure::output(self.out.path(), error))
    }

    fn idle(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(|error| Failure::output(self.out.path(), error))
    }

    fn faults(&self) -> FaultMessages {
        // The timeline shows them in their places.
        if self.fields.is_empty() { FaultMessages::Count } else { FaultMessages::Each }
    }
}
