//! What values are counted by: one value of each key, as bytes in a table.

use super::plan::{Key, KeySource};
use capture_file::{Resolution, Timestamp};
use mbuf_trace::Text;
use serde::Serialize;
use serde::ser::Serializer;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use trace_fields::Value;

/// One value of a key. The order is that of numbers, addresses and letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyValue<'a> {
    Bool(bool),
    Number(i128),
    /// Nanoseconds since 1970.
    Time(i128),
    Ipv4(Ipv4Addr),
    Ipv6(Ipv6Addr),
    Ether([u8; 6]),
    Bytes(&'a [u8]),
    Text(Text<'a>),
    /// A protocol that is there.
    Present,
}

impl<'a> KeyValue<'a> {
    /// A field's value.
    pub(super) fn of(value: Value<'a>) -> Self {
        match value {
            Value::Bool(is) => Self::Bool(is),
            Value::Uint(number) => Self::Number(i128::from(number)),
            Value::Time(time) => Self::Time(time.nanoseconds().0),
            Value::Ipv4(address) => Self::Ipv4(address),
            Value::Ipv6(address) => Self::Ipv6(address),
            Value::Ether(address) => Self::Ether(address),
            Value::Bytes(bytes) => Self::Bytes(bytes),
            Value::Text(text) => Self::Text(text),
            Value::Protocol(_) => Self::Present,
        }
    }

    /// Appends it to a row's key.
    pub(super) fn write(self, key: &mut Vec<u8>) {
        let mut fixed = |tag: u8, bytes: &[u8]| {
            key.push(tag);
            key.extend_from_slice(bytes);
        };
        match self {
            Self::Bool(is) => fixed(0, &[u8::from(is)]),
            Self::Number(number) => match u8::try_from(number) {
                // Most are small, and a key of few bytes is found quicker.
                Ok(small) => fixed(1, &[small]),
                Err(_) => fixed(2, &number.to_be_bytes()),
            },
            Self::Time(time) => fixed(3, &time.to_be_bytes()),
            Self::Ipv4(address) => fixed(4, &address.octets()),
            Self::Ipv6(address) => fixed(5, &address.octets()),
            Self::Ether(address) => fixed(6, &address),
            Self::Bytes(bytes) => {
                fixed(7, &bytes.len().to_be_bytes());
                key.extend_from_slice(bytes);
            }
            Self::Text(text) => {
                fixed(8, &text.as_bytes().len().to_be_bytes());
                key.extend_from_slice(text.as_bytes());
            }
            Self::Present => fixed(9, &[]),
        }
    }

    /// The first value in a key, and what is behind it.
    pub(super) fn read(key: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (tag, rest) = key.split_first()?;
        fn fixed<const N: usize>(rest: &[u8]) -> Option<([u8; N], &[u8])> {
            rest.split_first_chunk().map(|(bytes, rest)| (*bytes, rest))
        }
        let sized = |rest: &'a [u8]| {
            let (length, rest) = fixed(rest)?;
            rest.split_at_checked(usize::from_be_bytes(length))
        };
        Some(match tag {
            0 => rest.split_first().map(|(is, rest)| (Self::Bool(*is != 0), rest))?,
            1 => rest.split_first().map(|(small, rest)| (Self::Number(i128::from(*small)), rest))?,
            2 => fixed(rest).map(|(bytes, rest)| (Self::Number(i128::from_be_bytes(bytes)), rest))?,
            3 => fixed(rest).map(|(bytes, rest)| (Self::Time(i128::from_be_bytes(bytes)), rest))?,
            4 => fixed::<4>(rest).map(|(bytes, rest)| (Self::Ipv4(bytes.into()), rest))?,
            5 => fixed::<16>(rest).map(|(bytes, rest)| (Self::Ipv6(bytes.into()), rest))?,
            6 => fixed(rest).map(|(bytes, rest)| (Self::Ether(bytes), rest))?,
            7 => sized(rest).map(|(bytes, rest)| (Self::Bytes(bytes), rest))?,
            8 => sized(rest).map(|(bytes, rest)| (Self::Text(Text(bytes)), rest))?,
            _ => (Self::Present, rest),
        })
    }

    /// All values of a key.
    pub(super) fn read_all(key: &'a [u8]) -> Vec<Self> {
        let mut rest = key;
        std::iter::from_fn(|| {
            let (value, behind) = Self::read(rest)?;
            rest = behind;
            Some(value)
        })
        .collect()
    }
}

/// The instant of so many nanoseconds since 1970.
pub(super) fn instant(nanoseconds: i128) -> Timestamp {
    const SECOND: i128 = 1_000_000_000;
    let ticks = u64::try_from(nanoseconds.rem_euclid(SECOND)).unwrap_or_default();
    Timestamp::new(nanoseconds.div_euclid(SECOND), ticks, Resolution::NANOS)
}

/// A key's value as `print -e` shows it: one line of harmless text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) key: &'a Key,
    pub(super) value: KeyValue<'a>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match self.value {
            KeyValue::Bool(is) => Value::Bool(is),
            KeyValue::Number(number) => match u64::try_from(number) {
                Ok(number) => Value::Uint(number),
                Err(_) => return write!(f, "{number}"),
            },
            KeyValue::Time(time) => Value::Time(instant(time)),
            KeyValue::Ipv4(address) => Value::Ipv4(address),
            KeyValue::Ipv6(address) => Value::Ipv6(address),
            KeyValue::Ether(address) => Value::Ether(address),
            KeyValue::Bytes(bytes) => Value::Bytes(bytes),
            KeyValue::Text(text) => Value::Text(text),
            KeyValue::Present => Value::Protocol(&[]),
        };
        match &self.key.source {
            KeySource::Field(field) => field.show(value).fmt(f),
            KeySource::Quantity(_) => value.fmt(f),
        }
    }
}

/// A number stays one, anything else is its text.
impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            KeyValue::Number(number) => serializer.serialize_i128(number),
            KeyValue::Bool(is) => serializer.serialize_bool(is),
            KeyValue::Text(text) => serializer.collect_str(&String::from_utf8_lossy(text.as_bytes())),
            _ => serializer.collect_str(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = (u8, i128, Vec<u8>)> {
        (0..9_u8, any::<i128>(), proptest::collection::vec(any::<u8>(), 0..300))
    }

    fn value(of: &(u8, i128, Vec<u8>)) -> KeyValue<'_> {
        let (kind, number, bytes) = of;
        let low = u64::from_be_bytes(number.to_be_bytes()[8..].try_into().unwrap());
        match kind {
            0 => KeyValue::Bool(*number > 0),
            1 => KeyValue::Number(*number),
            2 => KeyValue::Time(*number),
            3 => KeyValue::Ipv4(Ipv4Addr::from_bits(u32::try_from(low >> 32).unwrap())),
            4 => KeyValue::Ipv6(Ipv6Addr::from_bits(number.unsigned_abs())),
            5 => KeyValue::Ether(number.to_be_bytes()[..6].try_into().unwrap()),
            6 => KeyValue::Bytes(bytes),
            7 => KeyValue::Text(Text(bytes)),
            _ => KeyValue::Present,
        }
    }

    proptest! {
        /// Different rows have different keys, whatever is in them.
        #[test]
        fn keys_are_read_as_they_were_written(row in proptest::collection::vec(any_value(), 0..4)) {
            let mut key = Vec::new();
            row.iter().for_each(|part| value(part).write(&mut key));
            prop_assert_eq!(KeyValue::read_all(&key), row.iter().map(value).collect::<Vec<_>>());
        }
    }
}
