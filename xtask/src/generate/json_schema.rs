//! The JSON Schema of the NDJSON form.

use crate::spec::{Field, FieldType, Scope, Spec};
use serde_json::{Map, Value, json};

/// Display fields of events that the JSON form has no member for: they follow from others.
const DERIVED: [&str; 4] =
    ["mbuf_trace.step", "mbuf_trace.length", "mbuf_trace.data", "mbuf_trace.snapshot.changed"];

pub(super) fn schema(spec: &Spec) -> String {
    let kinds: Vec<&str> = spec.kinds.iter().map(|kind| kind.name.as_str()).collect();
    let faults: Vec<&str> = spec.faults.iter().map(|fault| fault.name.as_str()).collect();
    let revisions: Vec<Value> =
        spec.revisions.iter().map(|revision| json!(revision.number)).chain([Value::Null]).collect();

    let mut event = Map::new();
    for field in spec.fields.iter().filter(|field| field.scope == Scope::Event) {
        if !DERIVED.contains(&field.name.as_str()) {
            event.insert(member(field), property(field));
        }
    }
    event.insert("kind".to_owned(), described(json!({ "enum": kinds }), doc(spec, "mbuf_trace.kind")));

    let mut packet = Map::new();
    let mut add = |name: &str, doc: &str, schema: Value| {
        packet.insert(name.to_owned(), described(schema, doc));
    };
    add("schema", "Name and version of this schema", json!({ "const": spec.schema }));
    add("packet", "Number of the packet in the capture, from 1", json!({ "type": "integer", "minimum": 1 }));
    add(
        "time",
        "Capture time, RFC 3339 in UTC, with all digits of the capture's resolution; null where the capture has none",
        json!({ "type": ["string", "null"], "pattern": "^[-+]?\\d{4,}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$" }),
    );
    add(
        "interface",
        "Name of the interface, where the capture has one",
        json!({ "type": ["string", "null"] }),
    );
    add("interface_id", "Number of the interface in its section, from 0", unsigned(u64::from(u32::MAX)));
    add("link_type", "Link type of the captured packet", unsigned(u64::from(u16::MAX)));
    add("captured_len", "Bytes of the packet that were captured", unsigned(u64::from(u32::MAX)));
    add("original_len", "Length of the packet on the wire, in bytes", unsigned(u64::from(u32::MAX)));
    add("revision", doc(spec, "mbuf_trace.revision"), json!({ "enum": revisions }));
    add("byte_order", "Given where it is not the revision's own", json!({ "const": "little" }));
    add("revision_guessed", doc(spec, "mbuf_trace.revision_guessed"), json!({ "const": true }));
    add("order", doc(spec, "mbuf_trace.order"), json!({ "enum": ["newest_first", "oldest_first", null] }));
    for name in ["flags", "packet_id", "parent_id", "lost"] {
        if let Some(field) = spec.fields.iter().find(|field| field.name == format!("{}.{name}", spec.name)) {
            packet.insert(name.to_owned(), property(field));
        }
    }
    let mut add = |name: &str, doc: &str, schema: Value| {
        packet.insert(name.to_owned(), described(schema, doc));
    };
    add("path", doc(spec, "mbuf_trace.path"), json!({ "type": ["string", "null"] }));
    add(
        "events",
        "The events, oldest first",
        json!({ "type": "array", "items": {
            "type": "object", "required": ["kind", "wire_index"], "additionalProperties": false, "properties": event,
        } }),
    );
    add(
        "faults",
        "What is wrong with the frame",
        json!({ "type": "array", "items": {
            "type": "object",
            "required": ["fault", "offset", "text"],
            "additionalProperties": false,
            "properties": {
                "fault": { "enum": faults },
                "offset": { "type": "integer", "minimum": 0 },
                "text": { "type": "string" },
            },
        } }),
    );
    add("bytes", "The packet's bytes, where they do not follow from the events", hexadecimal());
    add("record", "Header of the pcap record, where it does not follow from time and lengths", hexadecimal());
    add(
        "block",
        "What stands before and after the packet's bytes in its pcapng block",
        json!({ "type": "array", "prefixItems": [hexadecimal(), hexadecimal()], "minItems": 2, "maxItems": 2 }),
    );
    add(
        "before",
        "Other pcapng blocks that came since the line before, ahead of the packet",
        list_of_blocks(),
    );
    add("after", "Other pcapng blocks behind the packet", list_of_blocks());
    add(
        "container",
        "What the capture has before its first packet",
        json!({
            "type": "object",
            "required": ["format"],
            "additionalProperties": false,
            "properties": {
                "format": { "enum": ["pcap", "pcapng"] },
                "header": described(hexadecimal(), "File header of a pcap"),
                "blocks": described(list_of_blocks(), "Blocks of a pcapng"),
            },
        }),
    );

    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": spec.schema,
        "description": "One line of an mbuf_trace capture as NDJSON: a packet. A line without one holds only blocks, or the header of a capture without packets.",
        "$comment": super::NOTICE,
        "type": "object",
        "required": ["schema"],
        "additionalProperties": false,
        "anyOf": [
            { "required": ["container"], "not": { "required": ["packet"] } },
            { "required": ["before"], "not": { "required": ["packet"] } },
            { "required": [
                "packet", "time", "interface", "captured_len", "original_len", "revision", "order", "path", "events",
            ] },
        ],
        "properties": packet,
    });
    format!("{schema:#}\n")
}

/// The field's name without the format's.
fn member(field: &Field) -> String {
    field.name.split_once('.').map_or(field.name.as_str(), |(_, member)| member).to_owned()
}

fn property(field: &Field) -> Value {
    let schema = match field.ty {
        FieldType::Uint8 => unsigned(u64::from(u8::MAX)),
        FieldType::Uint16 => unsigned(u64::from(u16::MAX)),
        FieldType::Uint24 => unsigned(0x00ff_ffff),
        FieldType::Uint32 => unsigned(u64::from(u32::MAX)),
        FieldType::Uint64 => large(),
        FieldType::Boolean => json!({ "type": "boolean" }),
        FieldType::Bytes => hexadecimal(),
        _ => json!({ "type": "string" }),
    };
    described(schema, &field.doc)
}

fn doc<'a>(spec: &'a Spec, name: &str) -> &'a str {
    spec.fields.iter().find(|field| field.name == name).map_or("", |field| &field.doc)
}

fn unsigned(maximum: u64) -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": maximum })
}

/// An integer of 64 bits. Beyond 2^53 it is a string, as many programs read numbers as doubles.
fn large() -> Value {
    json!({ "anyOf": [unsigned(1 << 53), { "type": "string", "pattern": "^[1-9]\\d{15,19}$" }] })
}

fn hexadecimal() -> Value {
    json!({ "type": "string", "pattern": "^([0-9a-f]{2})*$" })
}

fn list_of_blocks() -> Value {
    json!({ "type": "array", "items": hexadecimal() })
}

fn described(mut schema: Value, doc: &str) -> Value {
    if let Some(object) = schema.as_object_mut() {
        object.insert("description".to_owned(), json!(doc));
    }
    schema
}
