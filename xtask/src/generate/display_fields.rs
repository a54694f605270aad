//! The registry of display fields, for `crates/trace-fields`.

use super::{NOTICE, camel};
use crate::spec::{Field, Spec};
use std::fmt::Write;

pub(super) fn rust(spec: &Spec, wireshark: &[Field]) -> String {
    let fields: Vec<&Field> = spec.fields.iter().chain(wireshark).collect();
    let mut out = format!(
        "// {NOTICE}\n\nuse crate::registry::{{Base, Field, FieldType, Scope}};\nuse mbuf_trace::Kind;\n\n\
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
        let _ = writeln!(
            out,
            "Field {{ id: FieldId::{}, name: {:?}, ty: FieldType::{:?}, base: Base::{:?}, scope: Scope::{:?}, events: &[{}], revisions: &{:?}, codes: {:?}, doc: {:?} }},",
            camel(&field.name),
            field.name,
            field.ty,
            field.base,
            field.scope,
            events.join(", "),
            field.revisions,
            field.codes,
            field.doc
        );
    }
    out.push_str("];\n");
    out
}
