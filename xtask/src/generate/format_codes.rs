//! Constants, code tables and enumerations of the record format, for `crates/mbuf-trace`.

use super::{NOTICE, camel, upper};
use crate::spec::{Codes, Fault, Flags, Layout, Named, Record, Severity, Spec};
use mbuf_trace::Fate;
use mbuf_trace::end::Rule;
use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) fn rust(spec: &Spec, ends: &[(String, Rule)]) -> String {
    let mut out =
        format!("// {NOTICE}\n\nuse crate::end::Rule;\nuse alloc::borrow::Cow;\nuse core::ops::Range;\n\n");
    constants(&mut out, spec);
    record_types(&mut out, &spec.records);
    layouts(&mut out, &spec.layouts);
    enumeration(&mut out, "Kind", "What an event says, whatever the revision.", &named(&spec.kinds));
    enumeration(&mut out, "Fate", "What became of a packet.", &named(&spec.fates));
    end_rules(&mut out, ends);
    for codes in &spec.codes {
        let write = if codes.foreign { foreign_codes } else { open_codes };
        write(&mut out, codes);
    }
    for flags in &spec.flags {
        flag_bits(&mut out, flags);
    }
    faults(&mut out, &spec.faults);
    out
}

fn constants(out: &mut String, spec: &Spec) {
    let link = &spec.link_type;
    let _ = writeln!(
        out,
        "/// Link type {} ({}). {}.\npub const LINK_TYPE: u16 = {};",
        link.number, link.name, link.doc, link.number
    );
    let _ = writeln!(
        out,
        "/// Name and version of the JSON form of a trace.\npub const SCHEMA: &str = {:?};",
        spec.schema
    );
    for (name, limit) in &spec.limits {
        let _ = writeln!(out, "/// {}.\npub const {}: usize = {};", limit.doc, upper(name), limit.value);
    }
}

fn record_types(out: &mut String, records: &[Record]) {
    out.push_str("\n/// Record types, by revision.\npub mod record_type {\n");
    for record in records {
        let _ = writeln!(
            out,
            "/// Revision {}: {}.\npub const {}: u16 = {:#x};",
            record.revision,
            record.doc,
            upper(&format!("rev{}_{}", record.revision, record.name)),
            record.code
        );
    }
    out.push_str(
        "\n/// Whether this revision, 1 to 4, declares this type.\n#[must_use]\n\
         pub fn is_declared(revision: u8, code: u16) -> bool {\nmatch revision {\n",
    );
    let mut by_revision: BTreeMap<u8, Vec<String>> = BTreeMap::new();
    for record in records {
        by_revision.entry(record.revision).or_default().push(format!("{:#x}", record.code));
    }
    for (revision, codes) in by_revision {
        let _ = writeln!(out, "{revision} => [{}].contains(&code),", codes.join(", "));
    }
    out.push_str("_ => false,\n}\n}\n");
    out.push_str("}\n");
}

fn layouts(out: &mut String, layouts: &[Layout]) {
    out.push_str("\n/// Where the fields of each layout lie, in bytes from its start.\npub mod layout {\n");
    for layout in layouts {
        let _ = writeln!(out, "/// {}.\npub mod {} {{", layout.doc, layout.name);
        if layout.fields.first().is_some_and(|field| field.width().is_some()) {
            out.push_str("use super::super::Range;\n");
        }
        let mut at = 0;
        for field in &layout.fields {
            let Some(width) = field.width() else { break };
            let name = upper(&field.name);
            let _ =
                writeln!(out, "/// {}.\npub const {name}: Range<usize> = {at}..{};", field.doc, at + width);
            if let Some(value) = field.value {
                let _ = writeln!(
                    out,
                    "/// What [`{name}`] has to be.\npub const {name}_VALUE: {} = {value:#x};",
                    field.ty
                );
            }
            if let Some(none) = field.none {
                let _ = writeln!(
                    out,
                    "/// Absent in [`{name}`].\npub const {name}_NONE: {} = {none:#x};",
                    field.ty
                );
            }
            at += width;
        }
        let _ = writeln!(out, "/// Bytes that the fixed fields take.\npub const LEN: usize = {at};\n}}\n");
    }
    out.push_str("}\n");
}

/// A closed enumeration with name, doc and the way back from the name.
fn enumeration(out: &mut String, name: &str, doc: &str, values: &[(&str, &str)]) {
    let _ = writeln!(
        out,
        "\n/// {doc}\n#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]\n#[non_exhaustive]\npub enum {name} {{"
    );
    for (value, doc) in values {
        let _ = writeln!(out, "/// {doc}.\n{},", camel(value));
    }
    let _ = writeln!(out, "}}\n\nimpl {name} {{\n/// All of them, in the specification's order.");
    let all: Vec<String> = values.iter().map(|(value, _)| format!("Self::{}", camel(value))).collect();
    let _ = writeln!(out, "pub const ALL: &'static [Self] = &[{}];\n", all.join(", "));
    out.push_str("/// The name in filters, JSON and messages.\n#[must_use]\npub const fn name(self) -> &'static str {\nmatch self {\n");
    for (value, _) in values {
        let _ = writeln!(out, "Self::{} => {value:?},", camel(value));
    }
    out.push_str("}\n}\n\n/// One sentence about it, without a full stop.\n#[must_use]\npub const fn doc(self) -> &'static str {\nmatch self {\n");
    for (value, doc) in values {
        let _ = writeln!(out, "Self::{} => {doc:?},", camel(value));
    }
    out.push_str("}\n}\n\n/// The one with this [`name`](Self::name).\n#[must_use]\npub fn from_name(name: &str) -> Option<Self> {\nSelf::ALL.iter().copied().find(|value| value.name() == name)\n}\n}\n");
}

fn named(values: &[Named]) -> Vec<(&str, &str)> {
    values.iter().map(|value| (value.name.as_str(), value.doc.as_str())).collect()
}

/// What each function says about the end of a packet, by name.
fn end_rules(out: &mut String, ends: &[(String, Rule)]) {
    let _ = writeln!(
        out,
        "\n/// What `normal_ends.txt` says of functions, sorted by their names.\npub(crate) static END_RULES: [(&str, Rule); {}] = [",
        ends.len()
    );
    let fate = |fate: &Fate| format!("Fate::{}", camel(fate.name()));
    for (function, rule) in ends {
        let rule = match rule {
            Rule::Helper => "Helper".to_owned(),
            Rule::Revives => "Revives".to_owned(),
            Rule::Seen(of) => format!("Seen({})", fate(of)),
            Rule::Returned(of, None) => format!("Returned({}, None)", fate(of)),
            Rule::Returned(of, Some(value)) => {
                format!("Returned({}, Some(Cow::Borrowed({value:?})))", fate(of))
            }
            Rule::Held(of, limit) => format!("Held({}, {limit:?})", fate(of)),
            Rule::Drop(of, reason) => format!("Drop({}, Cow::Borrowed({reason:?}))", fate(of)),
            other => unreachable!("no rule of the list: {other:?}"),
        };
        let _ = writeln!(out, "({function:?}, Rule::{rule}),");
    }
    out.push_str("];\n");
}

/// Codes of another registry: only the numbers.
fn foreign_codes(out: &mut String, codes: &Codes) {
    let _ = writeln!(out, "\n/// {}.\npub mod {} {{", codes.doc, codes.name);
    for value in &codes.values {
        let _ = writeln!(out, "/// {}.\npub const {}: u16 = {};", value.doc, upper(&value.name), value.code);
    }
    let all: Vec<String> = codes.values.iter().map(|value| upper(&value.name)).collect();
    let _ = writeln!(out, "/// All of them.\npub const ALL: [u16; {}] = [{}];", all.len(), all.join(", "));
    out.push_str("}\n");
}

/// Codes that a later writer may add to: a number with a name where one is known.
fn open_codes(out: &mut String, codes: &Codes) {
    let name = camel(&codes.name);
    let _ = writeln!(
        out,
        "\n/// {}. A code without a name is a value like any other.\n#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]\npub struct {name}(pub u16);\n\nimpl {name} {{",
        codes.doc
    );
    for value in &codes.values {
        let _ = writeln!(
            out,
            "/// {}.\npub const {}: Self = Self({});",
            value.doc,
            upper(&value.name),
            value.code
        );
    }
    out.push_str("\n/// The name, where this code has one.\n#[must_use]\npub const fn name(self) -> Option<&'static str> {\nmatch self.0 {\n");
    for value in &codes.values {
        let _ = writeln!(out, "{} => Some({:?}),", value.code, value.name);
    }
    out.push_str("_ => None,\n}\n}\n}\n");
}

fn flag_bits(out: &mut String, flags: &Flags) {
    let _ = writeln!(out, "\n/// {}.\npub mod {}_flag {{", flags.doc, flags.name);
    for bit in &flags.bits {
        let _ = writeln!(out, "/// {}.\npub const {}: u16 = 1 << {};", bit.doc, upper(&bit.name), bit.bit);
    }
    out.push_str("}\n");
}

fn faults(out: &mut String, faults: &[Fault]) {
    let values: Vec<(&str, &str)> =
        faults.iter().map(|fault| (fault.name.as_str(), fault.doc.as_str())).collect();
    enumeration(out, "FaultKind", "What can be wrong with a frame.", &values);
    let notes: Vec<String> = faults
        .iter()
        .filter(|fault| fault.severity == Severity::Note)
        .map(|fault| format!("Self::{}", camel(&fault.name)))
        .collect();
    let _ = writeln!(
        out,
        "\nimpl FaultKind {{\n/// Whether the frame is at fault; otherwise this only tells how it was captured.\n#[must_use]\npub const fn is_malformed(self) -> bool {{\n!matches!(self, {})\n}}\n}}",
        notes.join(" | ")
    );
}
