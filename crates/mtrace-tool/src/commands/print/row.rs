//! Some fields of each packet, in a line or a JSON object.

use super::Grouped;
use super::layout::{Layout, Line, Occurrence, Quotes};
use crate::format::Format;
use crate::messages::Name;
use crate::output::Output;
use crate::pipeline::Seen;
use capture_file::{Container, Packet};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;
use trace_fields::{Field, FieldType, Scratch, SnapshotLink, Subject, Value};
use trace_view::export::csv::{BYTE_ORDER_MARK, is_formula};
use trace_view::json;

/// What names the file, as a column and as a key. No field has this name.
const FILE: &str = "file";

/// Some fields of each packet.
#[derive(Clone)]
pub(super) struct Row {
    fields: Vec<&'static Field>,
    layout: Layout,
    snapshot_link: SnapshotLink,
    scratch: Scratch,
    /// Whether what comes before all packets is written.
    begun: bool,
    /// The file that packets are from.
    file: String,
    /// A cell in the making, and a value of it.
    cell: String,
    value: String,
}

impl Row {
    pub(super) fn new(mut fields: Vec<&'static Field>, layout: Layout, snapshot_link: SnapshotLink) -> Self {
        if matches!(layout, Layout::Json { .. }) {
            // An object has each key once.
            let mut seen = Vec::new();
            fields.retain(|field| {
                !seen.contains(&field.id) && {
                    seen.push(field.id);
                    true
                }
            });
        }
        Self {
            fields,
            layout,
            snapshot_link,
            scratch: Scratch::default(),
            begun: false,
            file: String::new(),
            cell: String::new(),
            value: String::new(),
        }
    }
}

impl Format for Row {
    fn begin(&mut self, out: &mut Output, path: &Path, _container: &Container) -> io::Result<()> {
        self.read_from(out)?;
        self.show_from(out, path)
    }

    fn packet(&mut self, out: &mut impl Write, packet: &Packet<'_>, seen: &Seen<'_>) -> io::Result<()> {
        let Self { fields, layout, snapshot_link, scratch, file, cell, value, .. } = self;
        let subject = seen.subject(packet, *snapshot_link);
        match layout {
            Layout::Json { file: named } => {
                object(out, fields, named.then_some(file.as_str()), &subject, scratch)
            }
            Layout::Line(line) => {
                let mut separator = "";
                let mut buffer = [0; 4];
                if line.file {
                    cell.clear();
                    cell.push_str(file);
                    write_cell(out, line, cell, true)?;
                    separator = line.separator.encode_utf8(&mut buffer);
                }
                for field in fields {
                    out.write_all(separator.as_bytes())?;
                    separator = line.separator.encode_utf8(&mut buffer);
                    gather(line, field, &subject, scratch, cell, value);
                    write_cell(out, line, cell, field.ty == FieldType::String)?;
                }
                out.write_all(b"\n")
            }
        }
    }
}

impl Grouped for Row {
    fn read_from(&mut self, out: &mut Output) -> io::Result<()> {
        let Layout::Line(line) = &self.layout else { return Ok(()) };
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        if line.byte_order_mark {
            out.write_all(BYTE_ORDER_MARK.as_bytes())?;
        }
        if line.header {
            let names = line.file.then_some(FILE).into_iter();
            for (index, name) in names.chain(self.fields.iter().map(|field| field.name)).enumerate() {
                if index > 0 {
                    write!(out, "{}", line.separator)?;
                }
                out.write_all(name.as_bytes())?;
            }
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    fn show_from(&mut self, _out: &mut Output, path: &Path) -> io::Result<()> {
        self.file = Name(path).to_string();
        Ok(())
    }
}

/// Puts the values of a field into a cell.
fn gather(
    line: &Line,
    field: &'static Field,
    subject: &Subject<'_>,
    scratch: &mut Scratch,
    cell: &mut String,
    shown: &mut String,
) {
    cell.clear();
    let mut is_first = true;
    let _ = subject.visit(field.id, scratch, &mut |value| {
        match line.occurrence {
            Occurrence::Last => cell.clear(),
            Occurrence::All if !is_first => cell.push(line.aggregator),
            Occurrence::First | Occurrence::All => {}
        }
        is_first = false;
        // Writing to a string cannot fail.
        if line.is_table && line.occurrence == Occurrence::All {
            shown.clear();
            let _ = field.show(value).write(shown);
            for letter in shown.chars() {
                if letter == line.aggregator {
                    cell.push('\\');
                }
                cell.push(letter);
            }
        } else {
            let _ = field.show(value).write(cell);
        }
        match line.occurrence {
            Occurrence::First => ControlFlow::Break(()),
            Occurrence::Last | Occurrence::All => ControlFlow::Continue(()),
        }
    });
}

/// Writes a cell; words of a capture may not become a formula.
fn write_cell(out: &mut impl Write, line: &Line, cell: &mut String, are_words: bool) -> io::Result<()> {
    if are_words && line.is_table && is_formula(cell.as_bytes()) {
        cell.insert(0, '\'');
    }
    let needs_quotes =
        || cell.contains([line.separator, '"', '\r', '\n']) || cell.starts_with(' ') || cell.ends_with(' ');
    let quote = match line.quotes {
        Quotes::Each(quote) if !cell.is_empty() => quote,
        Quotes::Needed if needs_quotes() => '"',
        _ => return out.write_all(cell.as_bytes()),
    };
    write!(out, "{quote}")?;
    for (index, part) in cell.split(quote).enumerate() {
        if index > 0 {
            write!(out, "{quote}{quote}")?;
        }
        out.write_all(part.as_bytes())?;
    }
    write!(out, "{quote}")
}

/// Writes a packet as an object: `{"ip.src":["10.0.0.1"],"ip.ttl":[64,63]}`.
fn object(
    out: &mut impl Write,
    fields: &[&'static Field],
    file: Option<&str>,
    subject: &Subject<'_>,
    scratch: &mut Scratch,
) -> io::Result<()> {
    out.write_all(b"{")?;
    let mut comma: &[u8] = b"";
    if let Some(file) = file {
        json::write(out, &FILE)?;
        out.write_all(b":")?;
        json::write(out, &file)?;
        comma = b",";
    }
    for field in fields {
        out.write_all(comma)?;
        comma = b",";
        json::write(out, &field.name)?;
        out.write_all(b":[")?;
        let mut between: &[u8] = b"";
        let mut result = Ok(());
        let _ = subject.visit(field.id, scratch, &mut |value| {
            result = out.write_all(between).and_then(|()| write_value(out, field, value));
            between = b",";
            if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        result?;
        out.write_all(b"]")?;
    }
    out.write_all(b"}\n")
}

/// Writes a value with the type that JSON has for it.
fn write_value(out: &mut impl Write, field: &'static Field, value: Value<'_>) -> io::Result<()> {
    match value {
        Value::Bool(value) => json::write(out, &value),
        // That it is there is all there is to say.
        Value::Protocol(_) => json::write(out, &true),
        Value::Uint(number) => json::write(out, &number),
        Value::Text(text) => json::write(out, &String::from_utf8_lossy(text.as_bytes())),
        Value::Time(time) if field.ty == FieldType::AbsoluteTime => json::write(out, &time.to_string()),
        _ => {
            let mut shown = String::new();
            // Writing to a string cannot fail.
            let _ = field.show(value).write(&mut shown);
            json::write(out, &shown)
        }
    }
}
