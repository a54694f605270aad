//! Which fields there are. The list itself is generated from `format-spec/`.

use crate::generated::{FIELDS, FieldId};
use crate::value::{Shown, Value};
use mbuf_trace::Kind;

/// A display field: what the specification says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// Which one it is.
    pub id: FieldId,
    /// Its name in filters and outputs: `ip.src`.
    pub name: &'static str,
    /// What its values are.
    pub ty: FieldType,
    /// How its values are shown.
    pub base: Base,
    /// What has a value of it.
    pub scope: Scope,
    /// The field of the protocol in whose header it stands; of a protocol, itself. None outside snapshots.
    pub protocol: Option<FieldId>,
    /// Kinds of events that can have it; all when empty.
    pub events: &'static [Kind],
    /// Revisions of the format that can have it; all when empty.
    pub revisions: &'static [u8],
    /// Names of its values, those of Wireshark or of the specification's codes: `(6, "TCP")` of `ip.proto`. A boolean is 1
    /// or 0 here.
    pub names: &'static [(u64, &'static str)],
    /// What it is, in a few words, without a full stop.
    pub doc: &'static str,
}

impl Field {
    /// Every field, in the specification's order.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &FIELDS
    }

    /// The field of this name. Names are case-sensitive, as in Wireshark.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        // The tables are small and looked up once per expression, so a scan is quick enough.
        FIELDS.iter().find(|field| field.name == name)
    }

    /// Whether a word is written as names of fields are, with letters, digits, `.` and `_`, whether or not there is one
    /// of this name.
    #[must_use]
    pub fn is_name(word: &str) -> bool {
        word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte))
    }

    /// The value as `tshark -T fields -e` prints it for this field, but escaped: one line of harmless text.
    #[must_use]
    pub fn show<'a>(&'static self, value: Value<'a>) -> Shown<'a> {
        Shown { field: self, value }
    }
}

impl FieldId {
    /// What the specification says of the field.
    #[must_use]
    pub fn field(self) -> &'static Field {
        // The table is generated in the order of the enum, and a test holds it to that.
        let [first, ..] = &FIELDS;
        FIELDS.get(self as usize).unwrap_or(first)
    }

    /// Its name: `ip.src`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.field().name
    }
}

/// What the values of a field are; Wireshark's `FT_…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// A protocol: present or not, and its bytes.
    Protocol,
    /// True or false.
    Boolean,
    /// An unsigned number of 8 bits.
    Uint8,
    /// An unsigned number of 16 bits.
    Uint16,
    /// An unsigned number of 24 bits.
    Uint24,
    /// An unsigned number of 32 bits.
    Uint32,
    /// An unsigned number of 64 bits.
    Uint64,
    /// Text.
    String,
    /// Bytes.
    Bytes,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// An Ethernet address.
    Ether,
    /// A point in time.
    AbsoluteTime,
    /// A length of time, or the time since 1970-01-01T00:00:00Z; in seconds.
    RelativeTime,
}

impl FieldType {
    /// The name in messages: `IPv4 address`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Protocol => "protocol",
            Self::Boolean => "boolean",
            Self::Uint8 => "unsigned integer (1 byte)",
            Self::Uint16 => "unsigned integer (2 bytes)",
            Self::Uint24 => "unsigned integer (3 bytes)",
            Self::Uint32 => "unsigned integer (4 bytes)",
            Self::Uint64 => "unsigned integer (8 bytes)",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Ipv4 => "IPv4 address",
            Self::Ipv6 => "IPv6 address",
            Self::Ether => "Ethernet address",
            Self::AbsoluteTime => "date and time",
            Self::RelativeTime => "time in seconds",
        }
    }

    /// The largest value, of the unsigned types.
    #[must_use]
    pub const fn max(self) -> Option<u64> {
        match self {
            Self::Uint8 => Some(u8::MAX as u64),
            Self::Uint16 => Some(u16::MAX as u64),
            Self::Uint24 => Some(0x00ff_ffff),
            Self::Uint32 => Some(u32::MAX as u64),
            Self::Uint64 => Some(u64::MAX),
            _ => None,
        }
    }
}

/// How the values of a field are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Base {
    /// Numbers in decimal, other types in their usual form.
    Decimal,
    /// Numbers in hexadecimal with leading zeros.
    Hex,
    /// Bytes with colons where they can be an Ethernet address.
    Colons,
}

/// What has a value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The captured packet.
    Packet,
    /// The trace in it.
    Trace,
    /// Each event of the trace.
    Event,
    /// Each snapshot in the trace, or the captured packet itself where it is no trace.
    Snapshot,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_follows_the_enum() {
        for (place, field) in Field::all().iter().enumerate() {
            assert_eq!(field.id as usize, place, "{}", field.name);
            assert_eq!(field.id.field(), field);
            assert_eq!(Field::by_name(field.name), Some(field));
        }
        assert_eq!(Field::by_name("IP.src"), None);
    }

    #[test]
    fn only_numbers_have_a_hexadecimal_base_and_names() {
        for field in Field::all() {
            let max = if field.ty == FieldType::Boolean { Some(1) } else { field.ty.max() };
            assert!(field.base != Base::Hex || field.ty.max().is_some(), "{}", field.name);
            assert!(field.base != Base::Colons || field.ty == FieldType::Bytes, "{}", field.name);
            assert!(field.names.iter().all(|(value, _)| Some(*value) <= max), "{}", field.name);
        }
    }

    #[test]
    fn fields_of_snapshots_have_a_protocol() {
        for field in Field::all() {
            assert_eq!(field.protocol.is_some(), field.scope == Scope::Snapshot, "{}", field.name);
            if let Some(protocol) = field.protocol {
                assert_eq!(protocol.field().ty, FieldType::Protocol, "{}", field.name);
                assert_eq!(protocol.field().protocol, Some(protocol));
            }
        }
        assert_eq!(FieldId::Ipv6FraghdrNxt.field().protocol, Some(FieldId::Ipv6Fraghdr));
    }
}
