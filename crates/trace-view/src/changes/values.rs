//! Values of fields in a form that is quick to compare.

use mbuf_trace::Text;
use std::io::Write as _;
use std::ops::{ControlFlow, Range};
use trace_fields::{Field, Header, Value};

/// Values, one behind the other. Those of fields of one type and base are the same bytes if and only if they are shown
/// alike.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    bytes: Vec<u8>,
    /// Where each value ends.
    ends: Vec<usize>,
}

/// Where values are.
#[derive(Debug, Clone)]
pub(super) struct Places {
    bytes: Range<usize>,
    values: Range<usize>,
}

impl Places {
    /// How many values.
    pub(super) fn count(&self) -> usize {
        self.values.len()
    }
}

impl Values {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Appends the values of a field in a header.
    pub(super) fn push(&mut self, header: &Header<'_>, field: &Field) -> Places {
        let Self { bytes, ends } = self;
        let (first_byte, first) = (bytes.len(), ends.len());
        let _ = header.visit(field.id, &mut |value| {
            push(value, bytes);
            ends.push(bytes.len());
            ControlFlow::Continue(())
        });
        Places { bytes: first_byte..bytes.len(), values: first..ends.len() }
    }

    /// Forgets these values and those behind them.
    pub(super) fn truncate(&mut self, places: &Places) {
        self.bytes.truncate(places.bytes.start);
        self.ends.truncate(places.values.start);
    }

    /// The values in these places.
    pub(super) fn at(&self, places: &Places) -> impl Iterator<Item = &[u8]> {
        let mut start = places.bytes.start;
        let ends = self.ends.get(places.values.clone()).unwrap_or_default();
        ends.iter().map(move |end| {
            let value = self.bytes.get(start..*end).unwrap_or_default();
            start = *end;
            value
        })
    }

    /// The value in these places, if it is but one.
    pub(super) fn only(&self, places: &Places) -> Option<&[u8]> {
        self.bytes.get(places.bytes.clone()).filter(|_| places.count() == 1)
    }

    /// Whether the values of one field are the same in both places.
    pub(super) fn are_same(&self, one: &Places, other: &Places) -> bool {
        // The bytes of a value tell where it ends.
        one.count() == other.count()
            && self.bytes.get(one.bytes.clone()) == self.bytes.get(other.bytes.clone())
    }
}

fn push(value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Bool(value) => out.push(u8::from(value)),
        Value::Uint(value) => out.extend_from_slice(&value.to_ne_bytes()),
        Value::Text(Text(bytes)) | Value::Bytes(bytes) => {
            out.extend_from_slice(&bytes.len().to_ne_bytes());
            out.extend_from_slice(bytes);
        }
        Value::Ipv4(address) => out.extend_from_slice(&address.octets()),
        Value::Ipv6(address) => out.extend_from_slice(&address.octets()),
        Value::Ether(address) => out.extend_from_slice(&address),
        // No header has a time. Writing to a vector cannot fail.
        Value::Time(time) => drop(writeln!(out, "{time}")),
        // That it is there is all that is shown of it.
        Value::Protocol(_) => {}
    }
}
