//! The tables of `format-spec/README.md`.
//!
//! The prose is written by hand; between `<!-- generated: NAME -->` and `<!-- end generated -->` stands what
//! is made here. Every table has to have its place in the prose, and only one.

use crate::spec::{Base, Codes, Field, FieldType, Flags, Layout, LayoutField, Record, Severity, Spec};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;

const BEGIN: &str = "<!-- generated: ";
const BEGIN_END: &str = " -->";
const END: &str = "<!-- end generated -->";

/// The prose with all its tables made anew.
pub(super) fn fill(prose: &str, spec: &Spec) -> Result<String> {
    let mut tables = tables(spec);
    let mut out = String::new();
    let mut rest = prose;
    while let Some((before, marked)) = rest.split_once(BEGIN) {
        let (name, marked) = marked.split_once(BEGIN_END).context("a marker does not end in its line")?;
        let (old, after) = marked.split_once(END).with_context(|| format!("no {END} after table {name}"))?;
        ensure!(!old.contains(BEGIN), "no {END} after table {name}");
        let table = tables.remove(name).with_context(|| format!("no such table, or twice: {name}"))?;
        out.push_str(&format!("{before}{BEGIN}{name}{BEGIN_END}\n\n{table}\n{END}"));
        rest = after;
    }
    if !tables.is_empty() {
        let names: Vec<String> = tables.into_keys().collect();
        bail!("no place for the tables: {}", names.join(", "));
    }
    out.push_str(rest);
    Ok(out)
}

/// Every table, by the name in its marker.
fn tables(spec: &Spec) -> BTreeMap<String, String> {
    let mut tables = BTreeMap::from([
        ("about".to_owned(), about(spec)),
        ("revisions".to_owned(), revisions(spec)),
        ("record types".to_owned(), record_types(spec)),
        ("kinds".to_owned(), kinds(spec)),
        ("limits".to_owned(), limits(spec)),
        ("faults".to_owned(), faults(spec)),
        ("fields".to_owned(), fields(&spec.fields)),
    ]);
    for layout in &spec.layouts {
        tables.insert(format!("layout {}", layout.name), layout_table(layout));
    }
    for codes in spec.codes_of_layouts() {
        tables.insert(format!("codes {}", codes.name), code_table(codes));
    }
    for flags in &spec.flags {
        tables.insert(format!("flags {}", flags.name), flag_table(flags));
    }
    tables
}

/// A table; its cells are made safe for Markdown.
fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut out = line(&head.map(str::to_owned));
    out.push_str(&line(&head.map(|_| "---".to_owned())));
    for row in rows {
        out.push_str(&line(&row.map(|cell| cell.replace('|', "\\|"))));
    }
    out
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    let items: Vec<String> = items.iter().map(show).collect();
    items.join(", ")
}

fn about(spec: &Spec) -> String {
    let link = &spec.link_type;
    let rows = [
        ["Name".to_owned(), code(&spec.name), spec.doc.clone()],
        ["Link type".to_owned(), format!("{} ({})", link.number, link.name), link.doc.clone()],
        ["JSON form".to_owned(), code(&spec.schema), "One object a packet".to_owned()],
    ];
    table(["", "", "Meaning"], rows)
}

fn revisions(spec: &Spec) -> String {
    table(
        ["Revision", "Date", "Records", "Byte order", "What it is"],
        spec.revisions.iter().map(|revision| {
            [
                revision.number.to_string(),
                revision.date.clone(),
                revision.framing.clone(),
                list(&revision.byte_orders, Clone::clone),
                revision.doc.clone(),
            ]
        }),
    )
}

fn layout_table(layout: &Layout) -> String {
    let mut at = Some(0);
    let rows = layout.fields.iter().map(|field| {
        let offset = at.map_or_else(String::new, |at| at.to_string());
        at = at.zip(field.width()).map(|(at, width)| at + width);
        [
            offset,
            width(layout, field),
            code(&field.name),
            field.ty.clone(),
            field.unit.clone().unwrap_or_default(),
            meaning(field),
        ]
    });
    format!("{}.\n\n{}", layout.doc, table(["Offset", "Width", "Field", "Type", "Unit", "Meaning"], rows))
}

/// Bytes that a field takes, or what tells.
fn width(layout: &Layout, field: &LayoutField) -> String {
    if let Some(width) = field.width() {
        return width.to_string();
    }
    let length = layout.fields.iter().find(|other| other.length_of.as_deref() == Some(&field.name));
    match length {
        Some(length) => code(&length.name),
        None if field.rest => "the rest".to_owned(),
        None => String::new(),
    }
}

fn meaning(field: &LayoutField) -> String {
    let mut out = field.doc.clone();
    if let Some(value) = field.value {
        let digits = field.width().unwrap_or_default() * 2;
        out += &format!("; written as `0x{value:0digits$x}`");
    }
    if field.flags.is_some() {
        out += "; see the flags below";
    } else if field.codes.is_some() {
        out += "; see the codes below";
    }
    out
}

fn record_types(spec: &Spec) -> String {
    let mut out = table(
        ["Revision", "Type", "Name", "Payload", "Kind of event", "Meaning"],
        spec.records.iter().map(|record| {
            [
                record.revision.to_string(),
                type_code(record.code),
                record.name.clone(),
                payload(record),
                record.kind.clone().unwrap_or_else(|| "none".to_owned()),
                record.doc.clone(),
            ]
        }),
    );
    for range in &spec.reserved {
        let row = format!("{} to {}", type_code(range.first), type_code(range.last));
        out += &format!("| 4 | {row} | | | unknown | {} |\n", range.doc);
    }
    out
}

fn type_code(number: u16) -> String {
    code(&if number < 0x100 { number.to_string() } else { format!("0x{number:04x}") })
}

fn payload(record: &Record) -> String {
    let content = match record.content.as_deref() {
        None => "",
        Some("ethernet") => "packet",
        Some("string") => "text and NUL",
        Some(layout) => layout,
    };
    match (record.event_header, content) {
        (true, "") => code("event_header"),
        (true, content) => format!("`event_header`, {}", code(content)),
        (false, content) if content.contains("header") => code(content),
        (false, content) => content.to_owned(),
    }
}

fn kinds(spec: &Spec) -> String {
    table(["Kind", "Meaning"], spec.kinds.iter().map(|kind| [code(&kind.name), kind.doc.clone()]))
}

fn limits(spec: &Spec) -> String {
    table(
        ["Limit", "Value", "Meaning"],
        spec.limits.iter().map(|(name, limit)| [code(name), limit.value.to_string(), limit.doc.clone()]),
    )
}

fn code_table(codes: &Codes) -> String {
    table(
        ["Code", "Name", "Meaning"],
        codes.values.iter().map(|value| [value.code.to_string(), code(&value.name), value.doc.clone()]),
    )
}

fn flag_table(flags: &Flags) -> String {
    table(
        ["Bit", "Mask", "Name", "Meaning"],
        flags.bits.iter().map(|bit| {
            let mask = format!("`0x{:04x}`", 1 << bit.bit);
            [bit.bit.to_string(), mask, code(&bit.name), bit.doc.clone()]
        }),
    )
}

fn faults(spec: &Spec) -> String {
    table(
        ["Fault", "Exit status", "Meaning"],
        spec.faults.iter().map(|fault| {
            let status = match fault.severity {
                Severity::Note => "0",
                Severity::Malformed => "1",
            };
            [code(&fault.name), status.to_owned(), fault.doc.clone()]
        }),
    )
}

fn fields(fields: &[Field]) -> String {
    table(
        ["Field", "Type", "Of", "Revisions", "Meaning"],
        fields.iter().map(|field| {
            [
                code(&field.name),
                field_type(field),
                owner(field),
                list(&field.revisions, ToString::to_string),
                field.doc.clone(),
            ]
        }),
    )
}

/// The type's name, and its base where that is not the usual one.
fn field_type(field: &Field) -> String {
    let name = match field.ty {
        FieldType::Protocol => "protocol",
        FieldType::Boolean => "boolean",
        FieldType::Uint8 => "uint8",
        FieldType::Uint16 => "uint16",
        FieldType::Uint24 => "uint24",
        FieldType::Uint32 => "uint32",
        FieldType::Uint64 => "uint64",
        FieldType::String => "string",
        FieldType::Bytes => "bytes",
        FieldType::Ipv4 => "ipv4",
        FieldType::Ipv6 => "ipv6",
        FieldType::Ether => "ether",
        FieldType::AbsoluteTime => "absolute_time",
        FieldType::RelativeTime => "relative_time",
    };
    match field.base {
        Base::Decimal | Base::Colons => name.to_owned(),
        Base::Hex => format!("{name}, hex"),
    }
}

/// What has one value of the field.
fn owner(field: &Field) -> String {
    let scope = format!("{:?}", field.scope).to_ascii_lowercase();
    if field.events.is_empty() { scope } else { format!("{scope}: {}", field.events.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        crate::spec::load(&crate::root()).expect("the specification").0
    }

    #[test]
    fn a_table_replaces_what_stood_there_and_stays() {
        let spec = spec();
        let all: String = tables(&spec)
            .keys()
            .map(|name| format!("# {name}\n{BEGIN}{name}{BEGIN_END}\nSTALE\n{END}\nprose\n"))
            .collect();
        let once = fill(&all, &spec).expect("filled");
        assert!(!once.contains("STALE"));
        assert_eq!(fill(&once, &spec).expect("filled again"), once);
    }

    #[test]
    fn a_mistake_in_the_markers_is_named() {
        let spec = spec();
        let error = |prose: &str| fill(prose, &spec).expect_err("a mistake").to_string();
        let unknown = format!("{BEGIN}nonsense{BEGIN_END}{END}");
        assert_eq!(error(&unknown), "no such table, or twice: nonsense");
        let twice = format!("{BEGIN}kinds{BEGIN_END}{END}").repeat(2);
        assert_eq!(error(&twice), "no such table, or twice: kinds");
        let open = format!("{BEGIN}kinds{BEGIN_END}{BEGIN}limits{BEGIN_END}{END}");
        assert_eq!(error(&open), format!("no {END} after table kinds"));
        assert!(error("prose alone").starts_with(
            "no place for the tables: about, codes ether_type, codes link_type, codes origin, "
        ));
    }
}
