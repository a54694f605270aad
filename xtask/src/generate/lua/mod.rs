//! The Wireshark dissector, `lua/mbuf_trace.lua`: declarations from the specification, and between them the
//! hand-written parts that lie beside this file.

use super::NOTICE;
use crate::spec::{Base, Codes, Field, FieldType, Flags, Layout, LayoutField, Record, Scope, Severity, Spec};
use anyhow::{Context, Result};
use mbuf_trace::end::Rule;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// The longest line, in bytes.
const LINE: usize = 120;

/// The dissector.
pub(super) const PATH: &str = "lua/mbuf_trace.lua";

/// What its menu shows of colouring rules, in the form of Wireshark's own file of that name.
pub(super) const COLOURING_RULES: &str = "lua/colorfilters";

/// The hand-written parts, in the order of the file; the declarations stand behind the first.
const PARTS: [&str; 12] = [
    include_str!("text.lua"),
    include_str!("packet.lua"),
    include_str!("detect.lua"),
    include_str!("frame.lua"),
    include_str!("event.lua"),
    include_str!("settings.lua"),
    include_str!("snapshots.lua"),
    include_str!("tree.lua"),
    include_str!("source.lua"),
    include_str!("statistics.lua"),
    include_str!("dissect.lua"),
    include_str!("menus.lua"),
];

/// The whole dissector. `colouring_rules` is what the menu shows, in the form of Wireshark's `colorfilters`.
pub(super) fn dissector(spec: &Spec, ends: &[(String, Rule)], colouring_rules: &str) -> Result<String> {
    let mut out = format!("-- {NOTICE}\n--\n{}\n", include_str!("head.lua"));
    declarations(&mut out, spec, ends, colouring_rules)
        .context("cannot generate the declarations of the dissector")?;
    for part in PARTS {
        write!(out, "\n{part}")?;
    }
    Ok(out)
}

fn declarations(out: &mut String, spec: &Spec, ends: &[(String, Rule)], colouring_rules: &str) -> Result<()> {
    out.push_str(
        "----------------------------------------------------------------------------------------------------------\n\
         -- Declarations, as format-spec/mbuf_trace.toml has them.\n\n",
    );
    let link = &spec.link_type;
    writeln!(out, "-- {}.\nlocal ENCAPSULATION = {}\n", link.doc, quote(&link.name))?;
    records(out, spec)?;
    for (name, layout) in
        [("FRAME_HEADER", "frame_header"), ("EVENT_HEADER", "event_header"), ("SNAPSHOT", "snapshot")]
    {
        layout_table(out, name, find(spec, layout)?)?;
    }
    out.push_str(
        "-- The magic of the frame header as bytes.\nlocal MAGIC = string.char(0x6d, 0x74, 0x72, 0x63)\n",
    );
    out.push_str("-- An age that is not known.\nlocal AGE_NONE = UInt64(0xffffffff, 0xffffffff)\n\n");
    for flags in &spec.flags {
        flag_table(out, flags)?;
    }
    for codes in &spec.codes {
        code_table(out, codes)?;
    }
    end_rules(out, ends)?;
    faults(out, spec)?;
    fields(out, spec)?;
    writeln!(
        out,
        "-- Colouring rules to import or to copy into the profile's file colorfilters.\n\
         local COLOURING_RULES = [[\n{colouring_rules}]]"
    )?;
    Ok(())
}

/// The layout of this name.
fn find<'a>(spec: &'a Spec, name: &str) -> Result<&'a Layout> {
    spec.layouts.iter().find(|layout| layout.name == name).with_context(|| format!("no layout {name}"))
}

/// Bytes of a layout before its first text.
fn fixed_size(layout: &Layout) -> usize {
    layout.fields.iter().map_while(LayoutField::width).sum()
}

fn records(out: &mut String, spec: &Spec) -> Result<()> {
    out.push_str("-- Codes of the record types, by revision and name.\nlocal TYPE = {\n");
    for record in &spec.records {
        writeln!(out, "  rev{}_{} = {:#06x},", record.revision, record.name, record.code)?;
    }
    out.push_str(
        "}\n\n-- Record types by revision and code: the kind of the event, and what the payload is.\n",
    );
    out.push_str("local RECORDS = {\n");
    for revision in &spec.revisions {
        writeln!(out, "  [{}] = {{", revision.number)?;
        for record in spec.records.iter().filter(|record| record.revision == revision.number) {
            let kind = record.kind.as_deref().map_or("nil".into(), quote);
            let content = record.content.as_deref().map_or("nil".into(), quote);
            writeln!(
                out,
                "    -- {}.\n    [{:#06x}] = {{ name = {}, kind = {kind}, content = {content} }},",
                record.doc,
                record.code,
                quote(&record.name)
            )?;
        }
        out.push_str("  },\n");
    }
    out.push_str("}\n-- Those that are snapshots.\nlocal SNAPSHOT_TYPES = {\n");
    for revision in &spec.revisions {
        let is_data =
            |record: &&Record| record.revision == revision.number && record.kind.as_deref() == Some("data");
        let codes: Vec<String> = spec
            .records
            .iter()
            .filter(is_data)
            .map(|record| format!("[{:#06x}] = true", record.code))
            .collect();
        writeln!(out, "  [{}] = {{ {} }},", revision.number, codes.join(", "))?;
    }
    out.push_str(
        "}\n-- Revision 1 has one sort of record, which has no type.\n\
         local REVISION_1_STRING = { name = \"string\", kind = \"string\", content = \"string\" }\n\n\
         -- Events with an event header, by code: the bytes that the body has before its text.\n\
         local EVENT_BODIES = {\n",
    );
    for record in spec.records.iter().filter(|record| record.event_header) {
        let size = match record.content.as_deref() {
            Some(content) => fixed_size(find(spec, content)?),
            None => 0,
        };
        writeln!(out, "  [{:#06x}] = {size}, -- {}", record.code, record.name)?;
    }
    out.push_str("}\n\n");
    Ok(())
}

/// Offsets of a layout's fields, their only right values and those that mean absent.
fn layout_table(out: &mut String, name: &str, layout: &Layout) -> fmt::Result {
    writeln!(out, "-- {}.\nlocal {name} = {{", layout.doc)?;
    let mut at = 0;
    for field in &layout.fields {
        let Some(width) = field.width() else { break };
        let line = format!("  {} = {at}, -- {}", field.name, field.doc);
        if line.len() <= LINE {
            writeln!(out, "{line}")?;
        } else {
            writeln!(out, "  -- {}\n  {} = {at},", field.doc, field.name)?;
        }
        if let Some(value) = field.value {
            writeln!(out, "  {}_value = {value:#x},", field.name)?;
        }
        // Wider ones are no Lua numbers.
        if let Some(none) = field.none.filter(|_| width <= 4) {
            writeln!(out, "  {}_none = {none:#x},", field.name)?;
        }
        at += width;
    }
    writeln!(out, "  size = {at},\n}}\n")
}

fn flag_table(out: &mut String, flags: &Flags) -> fmt::Result {
    writeln!(out, "-- {}.\nlocal FLAG = {{", flags.doc)?;
    for bit in &flags.bits {
        writeln!(out, "  {} = {:#06x}, -- {}", bit.name, 1_u64 << bit.bit, bit.doc)?;
    }
    out.push_str("}\n\nlocal function has_flag(flags, bit)\n  return flags % (bit * 2) >= bit\nend\n\n");
    Ok(())
}

fn code_table(out: &mut String, codes: &Codes) -> fmt::Result {
    writeln!(out, "-- {}.\nlocal {} = {{", codes.doc, codes.name.to_ascii_uppercase())?;
    for code in &codes.values {
        if codes.foreign {
            writeln!(out, "  {} = {}, -- {}", code.name, code.code, code.doc)?;
        } else {
            writeln!(out, "  [{}] = {}, -- {}", code.code, quote(&code.name), code.doc)?;
        }
    }
    out.push_str("}\n\n");
    Ok(())
}

/// What each function says about the end of a packet, by name.
fn end_rules(out: &mut String, ends: &[(String, Rule)]) -> fmt::Result {
    out.push_str(
        "-- What functions tell of the end of a packet, as normal_ends.txt has it.\nlocal END_RULES = {\n",
    );
    // Of several returned values, or reasons, of a function each has a key of its own.
    let mut by_name: BTreeMap<&str, BTreeMap<&str, Vec<String>>> = BTreeMap::new();
    for (function, rule) in ends {
        let (key, value) = match rule {
            Rule::Helper => ("helper", "true".to_owned()),
            Rule::Revives => ("revives", "true".to_owned()),
            Rule::Seen(fate) => ("seen", quote(fate.name())),
            Rule::Returned(fate, None) => ("returned", quote(fate.name())),
            Rule::Returned(fate, Some(value)) => {
                ("values", format!("[{}] = {}", quote(value), quote(fate.name())))
            }
            Rule::Held(fate, None) => ("held", quote(fate.name())),
            Rule::Held(fate, Some(limit)) => ("held", format!("{}, limit = {limit}", quote(fate.name()))),
            Rule::Drop(fate, reason) => ("drops", format!("[{}] = {}", quote(reason), quote(fate.name()))),
            other => unreachable!("no rule of the list: {other:?}"),
        };
        by_name.entry(function).or_default().entry(key).or_default().push(value);
    }
    for (function, rules) in by_name {
        let rules: Vec<String> = rules
            .into_iter()
            .map(|(key, values)| match key {
                "values" | "drops" => format!("{key} = {{ {} }}", values.join(", ")),
                _ => format!("{key} = {}", values.join(", ")),
            })
            .collect();
        writeln!(out, "  [{}] = {{ {} }},", quote(function), rules.join(", "))?;
    }
    out.push_str("}\n\n");
    Ok(())
}

fn faults(out: &mut String, spec: &Spec) -> fmt::Result {
    out.push_str("-- What can be wrong with a frame.\nlocal FAULTS = {\n");
    for fault in &spec.faults {
        let severity = match fault.severity {
            Severity::Note => "note",
            Severity::Malformed => "malformed",
        };
        writeln!(
            out,
            "  {} = {{\n    severity = {},\n    doc = {},\n  }},",
            fault.name,
            quote(severity),
            paragraph(&fault.doc)
        )?;
    }
    out.push_str("}\n\n");
    Ok(())
}

fn fields(out: &mut String, spec: &Spec) -> fmt::Result {
    let ours = || spec.fields.iter().filter(|field| field.name != spec.name);
    if let Some(protocol) = spec.fields.iter().find(|field| field.name == spec.name) {
        writeln!(out, "local PROTOCOL_DOC = {}\n", quote(&protocol.doc))?;
    }
    for (scope, doc) in [
        (Scope::Trace, "Display fields with one value in a packet."),
        (Scope::Event, "Display fields with a value for each event that has one."),
    ] {
        let start = if scope == Scope::Trace { "local field = {\n" } else { "" };
        if scope == Scope::Trace {
            write!(out, "-- {doc}\n{start}")?;
        } else {
            writeln!(out, "\n  -- {doc}")?;
        }
        for field in ours().filter(|field| field.scope == scope) {
            writeln!(out, "  {} = {},", key(spec, field), proto_field(spec, field))?;
        }
    }
    out.push_str("}\n\nlocal FIELD_LIST = {\n");
    for field in ours() {
        writeln!(out, "  field.{},", key(spec, field))?;
    }
    out.push_str("}\n\n");
    Ok(())
}

/// The name that the Lua code has for a field: without that of the protocol, and no word of Lua's own.
fn key(spec: &Spec, field: &Field) -> String {
    let name = field.name.strip_prefix(&format!("{}.", spec.name)).unwrap_or(&field.name);
    match name {
        "function" => "func".into(),
        _ => name.replace('.', "_"),
    }
}

/// What the tree calls a field: `packet_id` is `Packet id`.
fn label(spec: &Spec, field: &Field) -> String {
    let name = field.name.strip_prefix(&format!("{}.", spec.name)).unwrap_or(&field.name);
    let name = name.replace(['.', '_'], " ");
    let mut letters = name.chars();
    letters.next().map_or(String::new(), |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// A constructor of Wireshark's `ProtoField`.
fn proto_field(spec: &Spec, field: &Field) -> String {
    let (name, label, doc) = (quote(&field.name), quote(&label(spec, field)), paragraph(&field.doc));
    let constructor = match field.ty {
        FieldType::Boolean => {
            return format!("ProtoField.bool({name}, {label}, base.NONE, nil, nil,\n    {doc})");
        }
        FieldType::String => return format!("ProtoField.string({name}, {label}, base.NONE,\n    {doc})"),
        FieldType::Bytes => return format!("ProtoField.bytes({name}, {label}, base.NONE,\n    {doc})"),
        FieldType::Uint8 => "uint8",
        FieldType::Uint16 => "uint16",
        FieldType::Uint24 => "uint24",
        FieldType::Uint32 => "uint32",
        FieldType::Uint64 => "uint64",
        FieldType::Protocol
        | FieldType::Ipv4
        | FieldType::Ipv6
        | FieldType::Ether
        | FieldType::AbsoluteTime
        | FieldType::RelativeTime => "none",
    };
    let base = if field.base == Base::Hex { "base.HEX" } else { "base.DEC" };
    let codes = field.codes.as_deref().map_or("nil".into(), str::to_ascii_uppercase);
    format!("ProtoField.{constructor}({name}, {label}, {base}, {codes}, nil,\n    {doc})")
}

/// A string as Lua writes it, a long one on several lines.
fn paragraph(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_inclusive(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() <= LINE - 20 => line.push_str(word),
            _ => lines.push(word.to_owned()),
        }
    }
    let lines: Vec<String> = lines.iter().map(|line| quote(line)).collect();
    lines.join("\n      .. ")
}

/// A string as Lua writes it; the specification has printable characters only.
fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
