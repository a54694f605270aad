//! `print`: the way of each packet, or some of its fields.

mod families;
mod layout;
mod row;

use crate::args::{self, ColorWhen, PrintArgs};
use crate::environment;
use crate::failure::{Failure, Status};
use crate::format::{self, Format};
use crate::look;
use crate::messages::Name;
use crate::output::{self, Content, Output, Target};
use crate::pipeline::{FaultMessages, Reading, Seen, Wants};
use crate::promise::{self, Written};
use capture_file::{Container, Packet};
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use trace_fields::Field;
use trace_view::Counted;
use trace_view::timeline::{LinkTemplate, LinkTemplateError, Options, Palette, Style, Timeline};

pub(crate) fn run(args: &PrintArgs) -> Result<Status, Failure> {
    let mut reading = Reading::new(&args.read.select, args.read.revision, None)?;
    let fields = args.fields.iter().map(|name| field("-e", name)).collect::<Result<Vec<_>, _>>()?;
    if fields.is_empty() || fields.iter().any(|field| field.id.is_of_end()) {
        reading.read_ends()?;
    }
    if args.hex && args.style == args::Style::FunctionGraph && !args.look.json {
        return Err(Failure::Usage(
            "--hex: ftrace's layout has no place for bytes; use it without --style".to_owned(),
        ));
    }
    let layout = layout::Layout::new(args)?;
    let target = Target::check(&args.output.output, args.output.force, Content::Text, &args.files)?;
    reading.progress = !target.is_terminal();
    let (colours, links) = decoration(args);
    let links = if links && fields.is_empty() && !args.look.json { Some(link_template(args)?) } else { None };
    let timeline = Timeline::new(Options {
        wire_order: args.wire_order,
        palette: if colours { Palette::coloured() } else { Palette::default() },
        links,
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
    let json = args.look.json;
    let written = if fields.is_empty() { Written::Report { json } } else { Written::Text };
    let out = target.open(promise::check(&args.output.output, written))?;
    let several = args.files.len() > 1;
    if fields.is_empty() {
        let way = Way { several, json: args.look.json, timeline, before_traces: Some(0) };
        write(args, &reading, out, way)
    } else {
        write(args, &reading, out, row::Row::new(fields, layout, reading.snapshot_link))
    }
}

/// Writes packets as they come, or by families.
fn write(args: &PrintArgs, reading: &Reading, out: Output, format: impl Grouped) -> Result<Status, Failure> {
    let written = match args.by_family {
        true => families::run(reading, &args.files, out, format)?,
        false => format::run(reading, &args.files, out, format)?,
    };
    written.out.finish()?;
    Ok(written.status)
}

/// What packets of a family can be shown in, wherever they come from.
trait Grouped: Format {
    /// A file begins to be read.
    fn read_from(&mut self, out: &mut Output) -> io::Result<()>;

    /// The packets that are shown next are from this file.
    fn show_from(&mut self, out: &mut Output, path: &Path) -> io::Result<()>;

    /// The packets that are shown next are of this generation: so many of their ancestors are shown above.
    fn show_generation(&mut self, _generation: usize) {}
}

/// Whether there are colours and links: on a terminal that shows them, or as asked for.
fn decoration(args: &PrintArgs) -> (bool, bool) {
    let to_stdout = output::is_stdout(&args.output.output);
    let colours = look::colours(args.look.color, &args.output.output);
    let terminal = to_stdout && io::stdout().is_terminal();
    let able = terminal && environment::follows_links();
    (colours, colours && (able || args.look.color == ColorWhen::Always))
}

/// Where source positions point to: as the option says, or the variable.
fn link_template(args: &PrintArgs) -> Result<LinkTemplate, Failure> {
    if let Some(template) = &args.link_template {
        return Ok(template.clone());
    }
    let value = environment::value(environment::EDITOR_URL);
    let text = value.as_ref().map_or(Some("file://{path}"), |value| value.to_str());
    let wrong = |why: &dyn std::fmt::Display| {
        let shown = mbuf_trace::Text(value.as_deref().unwrap_or_default().as_encoded_bytes());
        Failure::Usage(format!("{}: `{shown}`: {why}", environment::EDITOR_URL))
    };
    text.ok_or_else(|| wrong(&"not UTF-8"))?.parse().map_err(|error: LinkTemplateError| wrong(&error))
}

/// The field of this name, given to this option.
pub(super) fn field(option: &str, name: &str) -> Result<&'static Field, Failure> {
    let names: Vec<&str> = name.split([',', ' ']).filter(|name| !name.is_empty()).collect();
    if names.len() > 1 && names.iter().copied().all(Field::is_name) {
        let each = names.iter().map(|name| format!(" {option} {name}")).collect::<String>();
        return Err(Failure::Usage(format!("{option} takes one field, and can be repeated:{each}")));
    }
    // As an expression, an unknown name gets its caret and its suggestion.
    Field::by_name(name).ok_or_else(|| match crate::pipeline::compile(name) {
        Err(failure) => failure,
        Ok(_) => Failure::Usage(format!("`{}` is no field", mbuf_trace::Text(name.as_bytes()))),
    })
}

/// The way of each packet.
#[derive(Clone)]
struct Way {
    /// Whether it has to be said which file a packet is from.
    several: bool,
    json: bool,
    timeline: Timeline,
    /// Packets that are no traces and were passed over because there was no trace yet: a whole file of them
    /// is not what was asked for.
    before_traces: Option<u64>,
}

impl Format for Way {
    fn begin(&mut self, out: &mut Output, path: &Path, _container: &Container) -> io::Result<()> {
        self.read_from(out)?;
        self.show_from(out, path)
    }

    fn packet(&mut self, out: &mut impl Write, packet: &Packet<'_>, seen: &Seen<'_>) -> io::Result<()> {
        if let Some(passed_over) = &mut self.before_traces {
            if seen.trace().is_none() {
                *passed_over = passed_over.saturating_add(1);
                return Ok(());
            }
            if let Some(packets) = self.before_traces.take().filter(|packets| *packets > 0) {
                writeln!(out, "({} before the first trace)", Counted(packets, "packet"))?;
            }
        }
        self.timeline.write(out, &packet.into(), seen.trace())
    }

    fn is_steady(&self) -> bool {
        self.before_traces.is_none() && self.timeline.has_begun()
    }

    /// The timeline shows them in their places.
    fn wants(&self) -> Wants {
        Wants { faults: FaultMessages::Count, ..Wants::default() }
    }
}

impl Grouped for Way {
    fn read_from(&mut self, _out: &mut Output) -> io::Result<()> {
        self.before_traces = (!self.json).then_some(0);
        Ok(())
    }

    fn show_from(&mut self, out: &mut Output, path: &Path) -> io::Result<()> {
        if !self.several {
            return Ok(());
        }
        if self.json {
            self.timeline.name_file(Name(path).to_string());
            return Ok(());
        }
        writeln!(out, "== {} ==", Name(path))
    }

    fn show_generation(&mut self, generation: usize) {
        /// Columns for each generation, and generations that have their own.
        const COLUMNS: usize = 2;
        const MOST: usize = 8;
        self.timeline.indent(generation.min(MOST).saturating_mul(COLUMNS));
    }
}
