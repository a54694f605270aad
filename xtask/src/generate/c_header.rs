//! The C header for those who emit traces: a kernel, or a program in its place.
//!
//! What does not depend on the specification's tables is written by hand, in `c_header.template.h`; constants,
//! structures and a function for each record type are put into it here. Layouts of the frame header and the
//! event header become structures, as a caller fills and keeps them; fields of a body become parameters.

use super::{NOTICE, upper};
use crate::spec::{Layout, LayoutField, Record, Spec};
use anyhow::{Context, Result, ensure};
use std::fmt::Write;

/// The file that is made.
pub(super) const PATH: &str = "format-spec/generated/mbuf_trace.h";

const TEMPLATE: &str = include_str!("c_header.template.h");

/// Layouts that are structures rather than parameters.
const STRUCTURES: [&str; 2] = ["frame_header", "event_header"];

/// Columns of a line.
const WIDTH: usize = 80;

/// The whole header. `license` is the text of the project's licence.
pub(super) fn text(spec: &Spec, license: &str) -> Result<String> {
    let mut structures = String::new();
    let mut parts = String::new();
    for name in STRUCTURES {
        let layout = layout(spec, name)?;
        structure(&mut structures, layout);
        put_structure(&mut parts, layout);
    }
    let mut records = String::new();
    for record in &spec.records {
        record_function(&mut records, spec, record)?;
    }
    let license: Vec<String> = license
        .lines()
        .skip_while(|line| !line.starts_with("Copyright"))
        .map(|line| format!(" * {line}").trim_end().to_owned())
        .collect();
    ensure!(!license.is_empty(), "the licence has no copyright line");
    let filled = TEMPLATE
        .replace("@NOTICE@", NOTICE)
        .replace("@LICENSE@", &license.join("\n"))
        .replace("@LINK_TYPE@", &spec.link_type.number.to_string())
        .replace("@CONSTANTS@", &constants(spec))
        .replace("@STRUCTURES@", &structures)
        .replace("@PARTS@", &parts)
        .replace("@RECORDS@", &records);
    // Where a piece ends in an empty line, so does what stands behind it.
    Ok(filled.replace("\n\n\n", "\n\n"))
}

fn layout<'a>(spec: &'a Spec, name: &str) -> Result<&'a Layout> {
    spec.layouts.iter().find(|layout| layout.name == name).with_context(|| format!("no layout {name}"))
}

/// A comment at this indentation, on as many lines as it takes.
fn comment(indent: &str, text: &str) -> String {
    // A tab takes eight columns.
    let room = WIDTH - indent.replace('\t', "        ").len();
    if text.len() + "/*  */".len() <= room {
        return format!("{indent}/* {text} */\n");
    }
    let mut out = format!("{indent}/*\n");
    let mut line = format!("{indent} *");
    let mut length = 2;
    for word in text.split_whitespace() {
        if length + 1 + word.len() > room {
            let _ = writeln!(out, "{line}");
            line = format!("{indent} *");
            length = 2;
        }
        line += &format!(" {word}");
        length += 1 + word.len();
    }
    let _ = write!(out, "{line}\n{indent} */\n");
    out
}

/// `#define NAME VALUE` under what it means.
fn define(out: &mut String, doc: &str, name: &str, value: &str) {
    let _ = writeln!(out, "{}#define\tMBUF_TRACE_{} {value}", comment("", doc), upper(name));
}

/// A number in hexadecimal, as wide as its type.
fn hexadecimal(value: u64, width: usize) -> String {
    let digits = width * 2;
    if width == 8 { format!("UINT64_C(0x{value:0digits$x})") } else { format!("0x{value:0digits$x}U") }
}

fn constants(spec: &Spec) -> String {
    let mut out = String::new();
    let link = &spec.link_type;
    define(
        &mut out,
        &format!("Link type {}: {}", link.name, link.doc),
        "link_type",
        &link.number.to_string(),
    );
    for (name, limit) in &spec.limits {
        define(&mut out, &limit.doc, name, &limit.value.to_string());
    }

    out.push_str("\n/*\n * Revisions\n */\n");
    for revision in &spec.revisions {
        let (number, name) = (revision.number, format!("revision_{}", revision.number));
        define(&mut out, &format!("Of {}: {}", revision.date, revision.doc), &name, &number.to_string());
    }
    let numbers = || spec.revisions.iter().map(|revision| revision.number);
    for (name, doc, number) in [
        ("first_revision", "The oldest of them", numbers().min()),
        ("last_revision", "The newest of them", numbers().max()),
    ] {
        define(&mut out, doc, name, &number.unwrap_or_default().to_string());
    }

    out.push_str("\n/*\n * Record types, by revision\n */\n");
    for record in &spec.records {
        let name = format!("rev{}_{}", record.revision, record.name);
        define(&mut out, &record.doc, &name, &hexadecimal(record.code.into(), 2));
    }
    for range in &spec.reserved {
        let name = format!("types_from_{:04x}", range.first);
        let doc = format!("First of the types 0x{:04x} to 0x{:04x}: {}", range.first, range.last, range.doc);
        define(&mut out, &doc, &name, &hexadecimal(range.first.into(), 2));
    }

    for codes in spec.codes_of_layouts() {
        let _ = write!(out, "\n/*\n * {}\n */\n", codes.doc);
        for value in &codes.values {
            define(&mut out, &value.doc, &format!("{}_{}", codes.name, value.name), &value.code.to_string());
        }
    }
    for flags in &spec.flags {
        let _ = write!(out, "\n/*\n * {}\n */\n", flags.doc);
        for bit in &flags.bits {
            let name = format!("{}_{}", flags.name, bit.name);
            define(&mut out, &bit.doc, &name, &hexadecimal(1 << bit.bit, 2));
        }
    }
    for layout in &spec.layouts {
        layout_constants(&mut out, layout);
    }
    out
}

/// Offsets of the fixed fields, and the values that stand for something.
fn layout_constants(out: &mut String, layout: &Layout) {
    let _ = write!(out, "\n/*\n * {}\n */\n", layout.doc);
    let mut at = 0;
    for field in &layout.fields {
        let Some(width) = field.width() else { break };
        let name = format!("{}_{}", layout.name, field.name);
        let unit = field.unit.as_ref().map(|unit| format!(", in {unit}")).unwrap_or_default();
        define(
            out,
            &format!("{} ({} bits{unit})", field.doc, width * 8),
            &format!("{name}_offset"),
            &at.to_string(),
        );
        for (value, doc, suffix) in
            [(field.value, "What it has to be", "value"), (field.none, "Where there is none", "none")]
        {
            if let Some(value) = value {
                define(out, doc, &format!("{name}_{suffix}"), &hexadecimal(value, width));
            }
        }
        at += width;
    }
    define(out, "Bytes that its fixed fields take", &format!("{}_len", layout.name), &at.to_string());
}

/// A name that C does not already use: errno is a macro.
fn c_name(name: &str) -> &str {
    match name {
        "errno" => "error",
        name => name,
    }
}

/// Whether a caller says what a field holds; lengths follow from the text, other values are fixed.
fn is_given(field: &LayoutField) -> bool {
    field.value.is_none() && field.length_of.is_none() && field.name != "reserved"
}

/// What a caller declares for a field, as `type name`; text and bytes bring their length.
fn declarations(field: &LayoutField) -> Vec<String> {
    let name = c_name(&field.name);
    match (field.width(), field.ty.as_str()) {
        (Some(width), _) => vec![format!("uint{}_t {name}", width * 8)],
        (None, "text") => vec![format!("const char *{name}"), format!("size_t {name}_length")],
        (None, _) => vec![format!("const void *{name}"), format!("size_t {name}_length")],
    }
}

fn structure(out: &mut String, layout: &Layout) {
    let name = &layout.name;
    let _ = writeln!(out, "{}struct mbuf_trace_{name} {{", comment("", &layout.doc));
    let out_fields = layout.fields.iter().filter(|field| is_given(field));
    for field in out_fields.clone() {
        out.push_str(&comment("\t", &field.doc));
        for declaration in declarations(field) {
            let _ = writeln!(out, "\t{declaration};");
        }
    }
    let _ = write!(
        out,
        "}};\n\n/* Says of everything that it is not known, or not there. */\n\
         static inline void\nmbuf_trace_{name}_init(struct mbuf_trace_{name} *it)\n{{\n\n"
    );
    for field in out_fields {
        let member = c_name(&field.name);
        match field.none {
            _ if field.width().is_none() => {
                let _ = write!(out, "\tit->{member} = NULL;\n\tit->{member}_length = 0;\n");
            }
            Some(none) if none != 0 => {
                let constant = upper(&format!("{name}_{}_none", field.name));
                let _ = writeln!(out, "\tit->{member} = MBUF_TRACE_{constant};");
            }
            _ => {
                let _ = writeln!(out, "\tit->{member} = 0;");
            }
        }
    }
    out.push_str("}\n\n");
}

/// How a field's bytes are written, its value reached through `prefix`.
fn put(layout: &Layout, field: &LayoutField, prefix: &str) -> String {
    let member = format!("{prefix}{}", c_name(&field.name));
    let Some(width) = field.width() else {
        return format!("at = mbuf_trace_copy_(at, {member}, {member}_length);");
    };
    let value = if field.value.is_some() {
        format!("MBUF_TRACE_{}", upper(&format!("{}_{}_value", layout.name, field.name)))
    } else if let Some(of) = &field.length_of {
        format!("{prefix}{}_length", c_name(of))
    } else if is_given(field) {
        member
    } else {
        "0".to_owned()
    };
    let line = format!("at = mbuf_trace_put_(at, {width}, {value});");
    if line.len() + 8 > WIDTH { line.replacen(", MBUF", ",\n\t    MBUF", 1) } else { line }
}

/// The bytes that fields take: a constant, and the lengths of texts.
fn sizes(layout: &Layout, prefix: &str) -> Vec<String> {
    let fixed = format!("MBUF_TRACE_{}_LEN", upper(&layout.name));
    let texts = layout.fields.iter().filter(|field| field.width().is_none());
    std::iter::once(fixed)
        .chain(texts.map(|field| format!("{prefix}{}_length", c_name(&field.name))))
        .collect()
}

/// Statements that add these sizes up in `length`.
fn sum(sizes: &[String]) -> String {
    let mut out = String::new();
    for (index, size) in sizes.iter().enumerate() {
        if index == 0 {
            let _ = writeln!(out, "\tlength = {size};");
        } else {
            let _ = writeln!(out, "\tlength = mbuf_trace_sum_(length, {size});");
        }
    }
    out
}

/// Size and bytes of a structure, for the records that hold it.
fn put_structure(out: &mut String, layout: &Layout) {
    let name = &layout.name;
    let sizes = sizes(layout, "it->");
    if sizes.len() > 1 {
        let _ = write!(
            out,
            "static inline size_t\nmbuf_trace_{name}_size_(const struct mbuf_trace_{name} *it)\n{{\n\
             \tsize_t length;\n\n{}\treturn (length);\n}}\n\n",
            sum(&sizes)
        );
    }
    let _ = write!(
        out,
        "static inline uint8_t *\nmbuf_trace_put_{name}_(uint8_t *at,\n    const struct mbuf_trace_{name} *it)\n{{\n\n"
    );
    for field in &layout.fields {
        let _ = writeln!(out, "\t{}", put(layout, field, "it->"));
    }
    out.push_str("\treturn (at);\n}\n\n");
}

/// Parameters one behind the other, in lines of 80 columns.
fn parameters(function: &str, parameters: &[String]) -> String {
    let mut out = String::new();
    let mut line = format!("{function}(");
    for (index, parameter) in parameters.iter().enumerate() {
        let last = index + 1 == parameters.len();
        let piece = format!("{parameter}{}", if last { ")" } else { "," });
        let space = if index == 0 { "" } else { " " };
        if line.len() + space.len() + piece.len() > WIDTH {
            let _ = writeln!(out, "{line}");
            line = format!("    {piece}");
        } else {
            line += &format!("{space}{piece}");
        }
    }
    out + &line
}

/// The function that writes a record of this type.
fn record_function(out: &mut String, spec: &Spec, record: &Record) -> Result<()> {
    let (revision, name) = (record.revision, &record.name);
    let function = format!("mbuf_trace_rev{revision}_{name}");
    let code = format!("MBUF_TRACE_{}", upper(&format!("rev{revision}_{name}")));
    let mut given = vec!["struct mbuf_trace_frame *frame".to_owned()];
    let mut heading = format!("Revision {revision}: {}", record.doc);
    let simple = match record.content.as_deref() {
        Some("ethernet") => Some(("plain", ["const void *bytes", "size_t length"])),
        Some("string") => {
            heading += "; a NUL is added";
            Some(("string", ["const char *text", "size_t length"]))
        }
        _ => None,
    };
    if let Some((helper, more)) = simple {
        given.extend(more.map(str::to_owned));
        let value = more[0].rsplit(['*', ' ']).next().unwrap_or_default();
        let _ = write!(
            out,
            "{}static inline size_t\n{}\n{{\n\n\treturn (mbuf_trace_{helper}_(frame, {revision}, {code},\n\t    {value}, length));\n}}\n\n",
            comment("", &heading),
            parameters(&function, &given)
        );
        return Ok(());
    }

    let mut all = Vec::new();
    let mut statements = Vec::new();
    if record.event_header {
        given.push("const struct mbuf_trace_event_header *header".to_owned());
        all.push("mbuf_trace_event_header_size_(header)".to_owned());
        statements.push("at = mbuf_trace_put_event_header_(at, header);".to_owned());
    }
    let mut after = String::new();
    match record.content.as_deref() {
        None => {}
        Some(content) if STRUCTURES.contains(&content) => {
            let layout = layout(spec, content)?;
            given.push(format!("const struct mbuf_trace_{content} *header"));
            all.extend(sizes(layout, "header->"));
            statements.push(format!("mbuf_trace_put_{content}_(at, header);"));
            // Its flags and its lost events may change once more when the frame ends.
            after = "\tif (size > 0) {\n\t\tframe->flags = header->flags;\n\t\tframe->lost = header->lost;\n\
                     \t\tframe->header = frame->used - length;\n\t}\n"
                .to_owned();
        }
        Some(content) => {
            let layout = layout(spec, content)?;
            let fields = || layout.fields.iter();
            given.extend(fields().filter(|field| is_given(field)).flat_map(declarations));
            let fixed = fields().any(|field| field.width().is_some());
            all.extend(sizes(layout, "").into_iter().skip(usize::from(!fixed)));
            statements.extend(fields().map(|field| put(layout, field, "")));
        }
    }
    // Nothing comes behind the last part.
    if let Some(last) = statements.last_mut().filter(|last| last.starts_with("at = ")) {
        *last = last.replacen("at = ", "", 1);
    }
    let body: String =
        statements.iter().map(|line| format!("\t\t{}\n", line.replace('\n', "\n\t"))).collect();
    let (open, close) = if statements.len() > 1 { (" {", "\t}\n") } else { ("", "") };
    let _ = write!(
        out,
        "{}static inline size_t\n{}\n{{\n\tuint8_t *at;\n\tsize_t length, size;\n\n{}\
         \tsize = mbuf_trace_typed_(frame, {revision}, {code},\n\t    length, &at);\n\
         \tif (at != NULL){open}\n{body}{close}{after}\treturn (size);\n}}\n\n",
        comment("", &heading),
        parameters(&function, &given),
        sum(&all)
    );
    Ok(())
}
