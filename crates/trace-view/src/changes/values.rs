//! Values of fields in a form that is quick to compare.

use std::io::Write as _;
use std::ops::{ControlFlow, Range};
use trace_fields::{Field, Header, Value};

/// Values, one behind the other. Two of fields of one type and base are the same bytes if and only if they are shown
/// alike.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// Places of values.
pub(super) type Places = Range<usize>;

impl Values {
    pub(super) fn clear(&mut self) {
        self.truncate(0);
    }

    /// Appends the values of a field in a header; gives their places.
    pub(super) fn push(&mut self, header: &Header<'_>, field: &Field) -> Places {
        let start = self.ends.len();
        let _ = header.visit(field.id, &mut |value| {
            push(value, &mut self.bytes);
            self.ends.push(self.bytes.len());
            ControlFlow::Continue(())
        });
        start..self.ends.len()
    }

    /// Divides the values before from those that follow, for a comparison of all.
    pub(super) fn divide(&mut self) {
        self.ends.push(usize::MAX);
    }

    /// Keeps so many values.
    pub(super) fn truncate(&mut self, count: usize) {
        self.ends.truncate(count);
        self.bytes.truncate(self.ends.last().copied().unwrap_or_default());
    }

    /// The values in these places.
    pub(super) fn at(&self, places: &Places) -> impl Iterator<Item = &[u8]> {
        let before = places.start.checked_sub(1).and_then(|before| self.ends.get(before));
        let mut start = before.copied().unwrap_or_default();
        let ends = self.ends.get(places.clone()).unwrap_or_default();
        ends.iter().map(move |end| {
            let value = self.bytes.get(start..*end).unwrap_or_default();
            start = *end;
            value
        })
    }

    /// The value in these places, if it is but one.
    pub(super) fn only(&self, places: &Places) -> Option<&[u8]> {
        self.at(places).next().filter(|_| places.len() == 1)
    }

    /// Whether the values are the same in both places.
    pub(super) fn are_same(&self, one: &Places, other: &Places) -> bool {
        one.len() == other.len() && self.at(one).eq(self.at(other))
    }
}

impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        self.ends == other.ends && self.bytes == other.bytes
    }
}

fn push(value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Bool(value) => out.push(u8::from(value)),
        Value::Uint(value) => out.extend_from_slice(&value.to_ne_bytes()),
        Value::Text(text) => out.extend_from_slice(text.as_bytes()),
        Value::Bytes(bytes) => out.extend_from_slice(bytes),
        Value::Ipv4(address) => out.extend_from_slice(&address.octets()),
        Value::Ipv6(address) => out.extend_from_slice(&address.octets()),
        Value::Ether(address) => out.extend_from_slice(&address),
        // No header has a time. Writing to a vector cannot fail.
        Value::Time(time) => drop(write!(out, "{time}")),
        // That it is there is all that is shown of it.
        Value::Protocol(_) => {}
    }
}
