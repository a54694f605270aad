//! `format-spec/*.toml` as Rust values, and the rules that they have to keep.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// `format-spec/mbuf_trace.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    pub(crate) name: String,
    pub(crate) schema: String,
    pub(crate) doc: String,
    pub(crate) link_type: LinkType,
    pub(crate) limits: BTreeMap<String, Limit>,
    #[serde(rename = "revision")]
    pub(crate) revisions: Vec<Revision>,
    #[serde(rename = "layout")]
    pub(crate) layouts: Vec<Layout>,
    #[serde(rename = "kind")]
    pub(crate) kinds: Vec<Named>,
    #[serde(rename = "record")]
    pub(crate) records: Vec<Record>,
    pub(crate) reserved: Vec<Reserved>,
    pub(crate) codes: Vec<Codes>,
    pub(crate) flags: Vec<Flags>,
    #[serde(rename = "fault")]
    pub(crate) faults: Vec<Fault>,
    #[serde(rename = "field")]
    pub(crate) fields: Vec<Field>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkType {
    pub(crate) number: u16,
    pub(crate) name: String,
    pub(crate) doc: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limit {
    pub(crate) value: u64,
    pub(crate) doc: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Revision {
    pub(crate) number: u8,
    pub(crate) date: String,
    pub(crate) framing: String,
    pub(crate) byte_orders: Vec<String>,
    pub(crate) doc: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layout {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) fields: Vec<LayoutField>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LayoutField {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) ty: String,
    pub(crate) unit: Option<String>,
    /// The only value that is right.
    pub(crate) value: Option<u64>,
    /// The value that stands for "unknown" or "absent".
    pub(crate) none: Option<u64>,
    /// The field whose length this one gives.
    pub(crate) length_of: Option<String>,
    /// Takes what is left of the payload.
    #[serde(default)]
    pub(crate) rest: bool,
    pub(crate) codes: Option<String>,
    pub(crate) flags: Option<String>,
    pub(crate) doc: String,
}

impl LayoutField {
    /// Width in bytes; none for text and bytes, whose length the data tells.
    pub(crate) fn width(&self) -> Option<usize> {
        match self.ty.as_str() {
            "u8" => Some(1),
            "u16" => Some(2),
            "u32" => Some(4),
            "u64" => Some(8),
            _ => None,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) doc: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    pub(crate) revision: u8,
    pub(crate) code: u16,
    pub(crate) name: String,
    pub(crate) kind: Option<String>,
    pub(crate) content: Option<String>,
    #[serde(default)]
    pub(crate) event_header: bool,
    pub(crate) doc: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reserved {
    pub(crate) first: u16,
    pub(crate) last: u16,
    pub(crate) doc: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Codes {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) values: Vec<Code>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Code {
    pub(crate) code: u16,
    pub(crate) name: String,
    pub(crate) doc: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flags {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) bits: Vec<Bit>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bit {
    pub(crate) bit: u8,
    pub(crate) name: String,
    pub(crate) doc: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    pub(crate) name: String,
    pub(crate) severity: Severity,
    pub(crate) doc: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    Note,
    Malformed,
}

/// A display field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Field {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) ty: FieldType,
    #[serde(default)]
    pub(crate) base: Base,
    pub(crate) scope: Scope,
    /// Kinds of events that can have it; all when empty.
    #[serde(default)]
    pub(crate) events: Vec<String>,
    /// Revisions that can have it; all when empty.
    #[serde(default)]
    pub(crate) revisions: Vec<u8>,
    pub(crate) codes: Option<String>,
    pub(crate) doc: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FieldType {
    Protocol,
    Boolean,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    String,
    Bytes,
    Ipv4,
    Ipv6,
    Ether,
    AbsoluteTime,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Base {
    #[default]
    Decimal,
    Hex,
    Epoch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    Packet,
    Trace,
    Event,
    Snapshot,
}

/// `format-spec/wireshark_fields.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WiresharkFields {
    #[serde(rename = "field")]
    fields: Vec<Field>,
}

/// Both files, checked.
pub(crate) fn load(root: &Path) -> Result<(Spec, Vec<Field>)> {
    let spec: Spec = read(&root.join("format-spec/mbuf_trace.toml"))?;
    let wireshark: WiresharkFields = read(&root.join("format-spec/wireshark_fields.toml"))?;
    check(&spec, &wireshark.fields)?;
    Ok((spec, wireshark.fields))
}

fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text)
        .with_context(|| format!("{} is not as xtask/src/spec.rs expects it", path.display()))
}

/// What the types above cannot say: names that other names refer to exist, and no code stands twice.
fn check(spec: &Spec, wireshark: &[Field]) -> Result<()> {
    let kinds: BTreeSet<&str> = spec.kinds.iter().map(|kind| kind.name.as_str()).collect();
    let layouts: BTreeSet<&str> = spec.layouts.iter().map(|layout| layout.name.as_str()).collect();
    let codes: BTreeSet<&str> = spec.codes.iter().map(|codes| codes.name.as_str()).collect();
    let flags: BTreeSet<&str> = spec.flags.iter().map(|flags| flags.name.as_str()).collect();

    let mut seen = BTreeSet::new();
    for record in &spec.records {
        ensure!(
            seen.insert((record.revision, record.code)),
            "record type {:#06x} stands twice in revision {}",
            record.code,
            record.revision
        );
        if let Some(kind) = &record.kind {
            ensure!(
                kinds.contains(kind.as_str()),
                "record {} is of unknown kind {kind}",
                record.name
            );
        }
        if let Some(content) = &record.content {
            let known =
                ["ethernet", "string"].contains(&content.as_str()) || layouts.contains(content.as_str());
            ensure!(known, "record {} has unknown content {content}", record.name);
        }
    }
    for layout in &spec.layouts {
        for field in &layout.fields {
            let place = format!("{}.{}", layout.name, field.name);
            if let Some(name) = &field.codes {
                ensure!(codes.contains(name.as_str()), "{place} has unknown codes {name}");
            }
            if let Some(name) = &field.flags {
                ensure!(flags.contains(name.as_str()), "{place} has unknown flags {name}");
            }
            if let Some(name) = &field.length_of {
                let found = layout.fields.iter().any(|other| other.name == *name);
                ensure!(found, "{place} is the length of {name}, which is not there");
            }
        }
    }
    let mut names = BTreeSet::new();
    for field in spec.fields.iter().chain(wireshark) {
        ensure!(
            names.insert(field.name.as_str()),
            "field {} stands twice",
            field.name
        );
        for kind in &field.events {
            ensure!(
                kinds.contains(kind.as_str()),
                "field {} names unknown kind {kind}",
                field.name
            );
        }
        if let Some(name) = &field.codes {
            ensure!(
                codes.contains(name.as_str()),
                "field {} has unknown codes {name}",
                field.name
            );
        }
    }
    Ok(())
}
