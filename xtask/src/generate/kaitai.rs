//! The description of a frame for [Kaitai Struct](https://kaitai.io/), from which parsers in a dozen languages
//! can be made.
//!
//! It says where everything lies. What a reader has to find out (the revision), to decide (the grammar of trace
//! text) or to put up with (damage) is beyond such a description, and its docs say so.

use super::NOTICE;
use crate::spec::{Layout, LayoutField, Record, Spec};
use std::collections::BTreeSet;
use std::fmt::{Display, Write};

/// The file that is made.
pub(super) const PATH: &str = "format-spec/generated/mbuf_trace.ksy";

/// Columns of a line.
const WIDTH: usize = 100;

/// YAML, line by line.
#[derive(Default)]
struct Yaml(String);

impl Yaml {
    fn line(&mut self, depth: usize, text: impl Display) {
        let _ = writeln!(self.0, "{:1$}{text}", "", depth * 2);
    }

    /// `doc:` as a folded block: nothing in the text has to be quoted.
    fn doc(&mut self, depth: usize, text: &str) {
        self.line(depth, "doc: |");
        let mut line = String::new();
        for word in text.split_whitespace() {
            if !line.is_empty() && depth * 2 + 3 + line.len() + word.len() > WIDTH {
                self.line(depth + 1, &line);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line += word;
        }
        self.line(depth + 1, line);
    }

    /// An entry of `seq` or `params`: its name, its attributes, its doc.
    fn field(&mut self, depth: usize, id: &str, attributes: &[&str], doc: &str) {
        self.line(depth, format_args!("- id: {id}"));
        for attribute in attributes {
            self.line(depth + 1, attribute);
        }
        self.doc(depth + 1, doc);
    }
}

/// The whole description.
pub(super) fn text(spec: &Spec) -> String {
    let mut out = Yaml(format!("# {NOTICE}\n\n"));
    frame(&mut out, spec);
    out.line(0, "types:");
    untyped_record(&mut out, spec);
    typed_record(&mut out, spec);
    plain(&mut out);
    let mut made = BTreeSet::new();
    for record in spec.records.iter().filter(|record| record.event_header) {
        if made.insert(payload_type(record)) {
            event(&mut out, record);
        }
    }
    let framing = ["frame", "untyped_record", "typed_record"];
    for layout in spec.layouts.iter().filter(|layout| !framing.contains(&layout.name.as_str())) {
        layout_type(&mut out, layout);
    }
    enums(&mut out, spec);
    out.0
}

/// The doc of a field of the framing, which is declared here by hand.
fn framing_doc<'a>(spec: &'a Spec, layout: &str, field: &str) -> &'a str {
    let layout = spec.layouts.iter().find(|other| other.name == layout);
    let field = layout.and_then(|layout| layout.fields.iter().find(|other| other.name == field));
    field.map_or("", |field| &field.doc)
}

fn frame(out: &mut Yaml, spec: &Spec) {
    out.line(0, "meta:");
    out.line(1, format_args!("id: {}", spec.name));
    out.line(1, format_args!("title: {} frame", spec.name));
    out.line(1, "license: BSD-2-Clause");
    out.line(1, "ks-version: '0.9'");
    out.line(1, "endian:");
    out.line(2, "switch-on: little_endian");
    out.line(2, "cases:");
    out.line(3, "true: le");
    out.line(3, "false: be");
    let about = format!(
        "{}. One frame is one packet of link type {} ({}) of a pcap or pcapng file; format-spec/README.md of the \
         mbuf_trace toolkit tells all of it. Nothing in a frame of revisions 1 to 3 says which revision it has: \
         whoever reads it does. Records are in wire order: newest first, unless the frame header of revision 4 \
         says otherwise. A frame that is damaged, or that the capture cut, ends in an error of the parser.",
        spec.doc, spec.link_type.number, spec.link_type.name
    );
    out.doc(0, &about);
    let last = spec.revisions.iter().map(|revision| revision.number).max().unwrap_or_default();
    out.line(0, "params:");
    out.field(1, "revision", &["type: u1"], &format!("Revision of the format, 1 to {last}"));
    let orders = "Whether integers are little-endian: never, but for code that was published with revision 1";
    out.field(1, "little_endian", &["type: bool"], orders);

    let is_any = |framing: &str| {
        let revisions = spec.revisions.iter().filter(|revision| revision.framing == framing);
        let tests: Vec<String> =
            revisions.map(|revision| format!("revision == {}", revision.number)).collect();
        format!("if: {}", tests.join(" or "))
    };
    let (when_untyped, when_typed) = (is_any("untyped"), is_any("typed"));
    out.line(0, "seq:");
    out.field(1, "count", &["type: u2"], framing_doc(spec, "frame", "count"));
    let repeated = ["repeat: expr", "repeat-expr: count"];
    let strings = ["type: untyped_record", repeated[0], repeated[1], &when_untyped];
    out.field(1, "strings", &strings, "The strings of revision 1");
    let doc =
        "The snapshot of revision 1, an Ethernet frame and the oldest event; there is none if it is empty";
    out.field(1, "snapshot", &["size-eos: true", &when_untyped], doc);
    let records = ["type: typed_record", repeated[0], repeated[1], &when_typed];
    out.field(1, "records", &records, "The records of all later revisions");
    let doc = "Bytes behind the last record, of which there should be none";
    out.field(1, "trailing", &["size-eos: true", &when_typed], doc);
}

fn untyped_record(out: &mut Yaml, spec: &Spec) {
    out.line(1, "untyped_record:");
    out.doc(2, "A record of revision 1");
    out.line(2, "seq:");
    out.field(3, "length", &["type: u2"], framing_doc(spec, "untyped_record", "length"));
    out.field(3, "payload", &["type: nul_text", "size: length"], "The string");
}

fn typed_record(out: &mut Yaml, spec: &Spec) {
    out.line(1, "typed_record:");
    out.doc(2, "A record of every revision but the first");
    out.line(2, "seq:");
    out.field(3, "length", &["type: u2"], framing_doc(spec, "typed_record", "length"));
    out.field(3, "type", &["type: u2"], framing_doc(spec, "typed_record", "type"));
    out.line(3, "- id: payload");
    out.line(4, "size: length");
    out.line(4, "type:");
    out.line(5, "switch-on: record_type");
    out.line(5, "cases:");
    for record in &spec.records {
        out.line(6, format_args!("record_type::{}: {}", record_name(record), payload_type(record)));
    }
    let ranges: Vec<String> = spec
        .reserved
        .iter()
        .map(|range| format!("0x{:04x} to 0x{:04x}: {}.", range.first, range.last, range.doc))
        .collect();
    out.doc(
        4,
        &format!("What the type makes of it; plain bytes where it is not known. {}", ranges.join(" ")),
    );
    out.line(2, "instances:");
    out.line(3, "record_type:");
    out.line(4, "value: _root.revision * 0x10000 + type");
    out.line(4, "enum: record_type");
    out.doc(4, "Revision and type in one number, since types mean something else in each revision");
}

/// The payloads of revisions 1 to 3.
fn plain(out: &mut Yaml) {
    out.line(1, "ethernet:");
    out.doc(
        2,
        "A snapshot: an Ethernet frame, or from ip_input on an IP packet, its Ethernet header stripped",
    );
    out.line(2, "seq:");
    out.field(3, "bytes", &["size-eos: true"], "The packet's bytes at that moment");
    out.line(1, "nul_text:");
    out.doc(2, "Trace text, and a NUL behind it");
    out.line(2, "seq:");
    let doc = "All of it as it was recorded; should be UTF-8, and may be anything";
    out.field(3, "bytes", &["size-eos: true"], doc);
    out.line(2, "instances:");
    out.line(3, "has_nul:");
    out.line(4, "value: bytes.size > 0 and bytes[bytes.size - 1] == 0");
    out.doc(4, "Whether the last byte is a NUL; any other NUL is part of the text");
    out.line(3, "text:");
    out.line(4, "pos: 0");
    out.line(4, "size: 'has_nul ? bytes.size - 1 : bytes.size'");
    out.line(4, "type: str");
    out.line(4, "encoding: UTF-8");
    out.doc(4, "The text: a position, a call or anything else, by the grammar of trace text");
}

/// What the payload of a record is parsed as.
fn payload_type(record: &Record) -> String {
    match (record.content.as_deref(), record.event_header) {
        (Some(content), true) => format!("{content}_event"),
        (None, true) => "bare_event".to_owned(),
        (Some("string"), false) => "nul_text".to_owned(),
        (content, false) => content.unwrap_or("ethernet").to_owned(),
    }
}

/// An event of revision 4: its header, and what its type adds.
fn event(out: &mut Yaml, record: &Record) {
    out.line(1, format_args!("{}:", payload_type(record)));
    out.line(2, "seq:");
    out.field(3, "header", &["type: event_header"], "What every event of revision 4 tells");
    if let Some(content) = &record.content {
        out.field(3, "body", &[&format!("type: {content}")], "What this type of event tells");
    }
}

fn layout_type(out: &mut Yaml, layout: &Layout) {
    out.line(1, format_args!("{}:", layout.name));
    out.doc(2, &layout.doc);
    out.line(2, "seq:");
    for field in &layout.fields {
        layout_field(out, layout, field);
    }
    if layout.name == "frame_header" {
        let doc = "What a later minor revision put behind the fields above";
        out.field(3, "more", &["size-eos: true"], doc);
    }
    let texts: Vec<&LayoutField> = layout.fields.iter().filter(|field| field.ty == "text").collect();
    if !texts.is_empty() {
        out.line(2, "instances:");
    }
    for field in texts {
        out.line(3, format_args!("{}:", field.name));
        out.line(4, format_args!("value: {}_bytes.to_s('UTF-8')", field.name));
        out.doc(4, &field.doc);
    }
}

fn layout_field(out: &mut Yaml, layout: &Layout, field: &LayoutField) {
    // Text is read as bytes and decoded when it is asked for: what is not UTF-8 does not end the parsing.
    let id = if field.ty == "text" { format!("{}_bytes", field.name) } else { field.name.clone() };
    let mut attributes = Vec::new();
    if let Some(width) = field.width() {
        attributes.push(format!("type: u{width}"));
    } else if field.rest {
        attributes.push("size-eos: true".to_owned());
    } else {
        let length = layout.fields.iter().find(|other| other.length_of.as_deref() == Some(&field.name));
        attributes.push(format!("size: {}", length.map_or("0", |length| &length.name)));
    }
    if let Some(value) = field.value.filter(|_| field.name != "minor") {
        attributes.push(format!("valid: {value:#x}"));
    }
    if let Some(codes) = &field.codes {
        attributes.push(format!("enum: {codes}"));
    }
    let attributes: Vec<&str> = attributes.iter().map(String::as_str).collect();
    let unit = field.unit.as_ref().map(|unit| format!(", in {unit}")).unwrap_or_default();
    out.field(3, &id, &attributes, &format!("{}{unit}", field.doc));
}

fn record_name(record: &Record) -> String {
    format!("rev{}_{}", record.revision, record.name)
}

fn enums(out: &mut Yaml, spec: &Spec) {
    out.line(0, "enums:");
    out.line(1, "record_type:");
    for record in &spec.records {
        let number = u32::from(record.revision) << 16 | u32::from(record.code);
        value(out, format_args!("{number:#07x}"), &record_name(record), &record.doc);
    }
    for codes in spec.codes_of_layouts() {
        out.line(1, format_args!("{}:", codes.name));
        for code in &codes.values {
            value(out, code.code, &code.name, &code.doc);
        }
    }
    for flags in &spec.flags {
        out.line(1, format_args!("{}_flag:", flags.name));
        for bit in &flags.bits {
            value(out, 1 << bit.bit, &bit.name, &bit.doc);
        }
    }
}

fn value(out: &mut Yaml, number: impl Display, id: &str, doc: &str) {
    out.line(2, format_args!("{number}:"));
    out.line(3, format_args!("id: {id}"));
    out.doc(3, doc);
}
