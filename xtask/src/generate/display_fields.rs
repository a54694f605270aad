//! The registry of display fields, for `crates/trace-fields`.

use super::{NOTICE, camel};
use crate::spec::{Field, FieldType, Scope, Spec, WiresharkFields};
use std::fmt::Write;

pub(super) fn rust(spec: &Spec, wireshark: &WiresharkFields) -> String {
    let fields: Vec<&Field> = spec.fields.iter().chain(&wireshark.fields).collect();
    let mut out = format!(
        "// {NOTICE}\n\nuse crate::absent::Absent;\nuse crate::registry::{{Base, Field, FieldType, Scope}};\nuse mbuf_trace::Kind;\n\n\
         /// A display field.\n#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]\n\
         #[non_exhaustive]\npub enum FieldId {{\n"
    );
    for field in &fields {
        let _ = writeln!(out, "/// `{}`: {}.\n{},", field.name, field.doc, camel(&field.name));
    }
    let _ = writeln!(
        out,
        "}}\n\n/// Every display field, at the place of its [`FieldId`].\npub(crate) static FIELDS: [Field; {}] = [",
        fields.len()
    );
    for field in &fields {
        let events: Vec<String> = field.events.iter().map(|kind| format!("Kind::{}", camel(kind))).collect();
        let protocol = match protocol(field, wireshark) {
            Some(protocol) => format!("Some(FieldId::{})", camel(&protocol.name)),
            None => "None".to_owned(),
        };
        let names = match &field.names {
            Some(table) => format!("&{}", table.to_uppercase()),
            None => {
                field.codes.as_ref().map_or("&[]".to_owned(), |table| format!("&{}", table.to_uppercase()))
            }
        };
        let _ = writeln!(
            out,
            "Field {{ id: FieldId::{}, name: {:?}, ty: FieldType::{:?}, base: Base::{:?}, scope: Scope::{:?}, protocol: {protocol}, events: &[{}], revisions: &{:?}, names: {names}, doc: {:?} }},",
            camel(&field.name),
            field.name,
            field.ty,
            field.base,
            field.scope,
            events.join(", "),
            field.revisions,
            field.doc
        );
    }
    out.push_str("];\n");
    let count: usize = wireshark.absent.iter().map(|absent| absent.names.len()).sum();
    let _ = writeln!(
        out,
        "\n/// Fields of Wireshark's that are refused by name.\npub(crate) static ABSENT: [Absent; {count}] = ["
    );
    for absent in &wireshark.absent {
        for name in &absent.names {
            let (reason, instead) = (&absent.reason, &absent.instead);
            let _ = writeln!(out, "Absent {{ name: {name:?}, reason: {reason:?}, instead: {instead:?} }},");
        }
    }
    out.push_str("];\n");
    for table in
        spec.codes.iter().filter(|table| fields.iter().any(|field| field.codes.as_ref() == Some(&table.name)))
    {
        let values: Vec<(u16, &str)> =
            table.values.iter().map(|value| (value.code, value.name.as_str())).collect();
        let (name, count) = (table.name.to_uppercase(), values.len());
        let _ = writeln!(out, "\nstatic {name}: [(u64, &str); {count}] = {values:?};");
    }
    for table in &wireshark.names {
        let (name, count) = (table.name.to_uppercase(), table.values.len());
        let _ = writeln!(out, "\nstatic {name}: [(u64, &str); {count}] = {:?};", table.values);
    }
    out
}

/// The protocol in whose header the field stands: the longest one that its name begins with. The ends of some names
/// differ from it in Wireshark, too.
fn protocol<'a>(field: &Field, wireshark: &'a WiresharkFields) -> Option<&'a Field> {
    let name = match field.name.split_once('.') {
        Some(("pppoe", rest)) => format!("pppoes.{rest}"),
        _ => field.name.clone(),
    };
    let protocols = wireshark.fields.iter().filter(|protocol| {
        let rest = name.strip_prefix(&protocol.name);
        protocol.ty == FieldType::Protocol
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    });
    protocols.max_by_key(|protocol| protocol.name.len()).filter(|_| field.scope == Scope::Snapshot)
}
