//! `format-spec/*.toml` as Rust values, and the rules that they have to keep.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
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
    #[serde(rename = "fate")]
    pub(crate) fates: Vec<Named>,
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

impl Spec {
    /// The tables of codes that layouts refer to, and those of other registries.
    pub(crate) fn codes_of_layouts(&self) -> impl Iterator<Item = &Codes> {
        let fields = || self.layouts.iter().flat_map(|layout| &layout.fields);
        let of_layout = move |codes: &&Codes| fields().any(|field| field.codes.as_ref() == Some(&codes.name));
        self.codes.iter().filter(move |codes| codes.foreign || of_layout(codes))
    }
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
    /// Whether the numbers are another registry's, of which only some are named here.
    #[serde(default)]
    pub(crate) foreign: bool,
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
    /// The table of [`WiresharkFields`] with names of its values.
    pub(crate) names: Option<String>,
    pub(crate) doc: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FieldType {
    Protocol,
    Boolean,
    Uint8,
    Uint16,
    Uint24,
    Uint32,
    Uint64,
    String,
    Bytes,
    Ipv4,
    Ipv6,
    Ether,
    AbsoluteTime,
    RelativeTime,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Base {
    #[default]
    Decimal,
    Hex,
    Colons,
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
pub(crate) struct WiresharkFields {
    #[serde(rename = "field")]
    pub(crate) fields: Vec<Field>,
    pub(crate) absent: Vec<Absent>,
    pub(crate) names: Vec<ValueNames>,
}

/// Fields of Wireshark's that are refused by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Absent {
    pub(crate) names: Vec<String>,
    pub(crate) reason: String,
    pub(crate) instead: Option<String>,
}

/// Names of a field's values.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValueNames {
    pub(crate) name: String,
    pub(crate) values: Vec<(u64, String)>,
}

/// Both files, checked.
pub(crate) fn load(root: &Path) -> Result<(Spec, WiresharkFields)> {
    let spec: Spec = read(&root.join("format-spec/mbuf_trace.toml"))?;
    let wireshark: WiresharkFields = read(&root.join("format-spec/wireshark_fields.toml"))?;
    check(&spec, &wireshark)?;
    Ok((spec, wireshark))
}

fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text)
        .with_context(|| format!("{} is not as xtask/src/spec.rs expects it", path.display()))
}

/// What the types above cannot say: what other entries refer to exists, and nothing stands twice.
fn check(spec: &Spec, wireshark: &WiresharkFields) -> Result<()> {
    let revisions = distinct("revision", spec.revisions.iter().map(|revision| revision.number))?;
    let kinds = distinct("kind", spec.kinds.iter().map(|kind| kind.name.as_str()))?;
    let layouts = distinct("layout", spec.layouts.iter().map(|layout| layout.name.as_str()))?;
    let codes = distinct("code table", spec.codes.iter().map(|codes| codes.name.as_str()))?;
    let flags = distinct("flag table", spec.flags.iter().map(|flags| flags.name.as_str()))?;
    distinct("fault", spec.faults.iter().map(|fault| fault.name.as_str()))?;
    let fields = || spec.fields.iter().chain(&wireshark.fields);
    let names = distinct("table of names", wireshark.names.iter().map(|names| names.name.as_str()))?;
    let absent = wireshark.absent.iter().flat_map(|absent| &absent.names);
    distinct("field", fields().map(|field| &field.name).chain(absent).map(String::as_str))?;
    let types = spec.records.iter().map(|record| (record.revision, record.code));
    distinct("record type (revision, code)", types)?;

    for record in &spec.records {
        let place = format!("record {} of revision {}", record.name, record.revision);
        known(&place, "revision", &revisions, Some(&record.revision))?;
        known(&place, "kind", &kinds, record.kind.as_deref().as_ref())?;
        let content = record.content.as_deref();
        let content = content.filter(|content| !["ethernet", "string"].contains(content));
        known(&place, "content", &layouts, content.as_ref())?;
        for range in &spec.reserved {
            let reserved = (range.first..=range.last).contains(&record.code);
            ensure!(!reserved, "{place} has a reserved type");
        }
    }
    for layout in &spec.layouts {
        let names = layout.fields.iter().map(|field| field.name.as_str());
        let names = distinct(&format!("field of layout {}", layout.name), names)?;
        for field in &layout.fields {
            let place = format!("{}.{}", layout.name, field.name);
            let variable = ["text", "bytes"].contains(&field.ty.as_str());
            ensure!(field.width().is_some() || variable, "{place} has unknown type {}", field.ty);
            known(&place, "code table", &codes, field.codes.as_deref().as_ref())?;
            known(&place, "flag table", &flags, field.flags.as_deref().as_ref())?;
            known(&place, "field to give the length of", &names, field.length_of.as_deref().as_ref())?;
        }
    }
    for field in fields() {
        let place = format!("field {}", field.name);
        known(&place, "code table", &codes, field.codes.as_deref().as_ref())?;
        known(&place, "table of names", &names, field.names.as_deref().as_ref())?;
        for kind in &field.events {
            known(&place, "kind", &kinds, Some(&kind.as_str()))?;
        }
        for number in &field.revisions {
            known(&place, "revision", &revisions, Some(number))?;
        }
    }
    Ok(())
}

/// The names as a set, each of which may stand only once.
fn distinct<T: Ord + Copy + Debug>(what: &str, names: impl Iterator<Item = T>) -> Result<BTreeSet<T>> {
    let mut set = BTreeSet::new();
    for name in names {
        ensure!(set.insert(name), "{what} {name:?} stands twice");
    }
    Ok(set)
}

/// Fails where a name is given that is not in the set.
fn known<T: Ord + Debug>(place: &str, what: &str, set: &BTreeSet<T>, name: Option<&T>) -> Result<()> {
    match name {
        Some(name) if !set.contains(name) => bail!("{place} has unknown {what} {name:?}"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong after a change to the real specification.
    fn error_after(change: impl FnOnce(&mut Spec)) -> String {
        let (mut spec, wireshark) = load(&crate::root()).expect("the specification");
        change(&mut spec);
        check(&spec, &wireshark).expect_err("a mistake").to_string()
    }

    #[test]
    fn mistakes_are_named() {
        let error = error_after(|spec| spec.records[1].code = spec.records[0].code);
        assert_eq!(error, "record type (revision, code) (2, 1) stands twice");
        let error = error_after(|spec| spec.records[0].kind = Some("dta".into()));
        assert_eq!(error, "record data of revision 2 has unknown kind \"dta\"");
        let error = error_after(|spec| spec.records[0].code = 0x0110);
        assert_eq!(error, "record data of revision 2 has a reserved type");
        let error = error_after(|spec| spec.layouts[0].fields[0].ty = "u12".into());
        assert_eq!(error, "frame.count has unknown type u12");
        let error = error_after(|spec| spec.fields[1].name = "ip.src".into());
        assert_eq!(error, "field \"ip.src\" stands twice");
    }
}
