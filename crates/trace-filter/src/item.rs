//! One value while a packet is asked.

use crate::number::{Number, Operation};
use crate::types::Class;
use capture_file::{Resolution, Timestamp};
use std::cmp::Ordering;
use trace_fields::{FieldId, Value};

/// A value. Borrows from the packet, from the scratch space, or from the filter.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Item<'a> {
    /// Numbers and booleans.
    Number(Number),
    Text(&'a [u8]),
    Bytes(&'a [u8]),
    Protocol(Protocol<'a>),
    Ipv4(u32),
    Ipv6(u128),
    Time(Timestamp),
}

/// A protocol that is there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Protocol<'a> {
    /// From its header's first byte to the end of what it carries: where `contains` and `matches` look.
    pub(crate) whole: &'a [u8],
    /// How much of that Wireshark counts as the protocol: what is compared, sliced and measured. Of a header
    /// that was cut it can be more than there is.
    pub(crate) len: usize,
}

impl<'a> Protocol<'a> {
    fn own(self) -> &'a [u8] {
        self.whole.get(..self.len).unwrap_or(self.whole)
    }

    /// Of two with the same length Wireshark calls those equal of which not all is there.
    fn compare(self, other: Protocol<'_>) -> Ordering {
        let whole = self.own().len() == self.len && other.own().len() == other.len;
        let inside = if whole { self.own().cmp(other.own()) } else { Ordering::Equal };
        self.len.cmp(&other.len).then(inside)
    }
}

impl<'a> Item<'a> {
    /// A value of this field.
    pub(crate) fn of(value: &'a Value<'a>, field: FieldId) -> Self {
        let class = Class::of(field.field().ty);
        match value {
            Value::Bool(value) => Self::Number(Number::unsigned(u64::from(*value), true)),
            Value::Uint(value) => Self::Number(Number::unsigned(*value, class.is_wide())),
            Value::Text(text) => Self::Text(text.as_bytes()),
            Value::Bytes(bytes) => Self::Bytes(bytes),
            Value::Protocol(bytes) => Self::Protocol(Protocol { whole: bytes, len: field.extent(bytes) }),
            Value::Ether(address) => Self::Bytes(address),
            Value::Ipv4(address) => Self::Ipv4(address.to_bits()),
            Value::Ipv6(address) => Self::Ipv6(address.to_bits()),
            Value::Time(time) => Self::Time(*time),
        }
    }

    /// How this stands to the other; none where they cannot be compared. The shorter of two byte strings is
    /// the lesser, and only then what is in them counts.
    pub(crate) fn compare(&self, other: &Item<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(left), Item::Number(right)) => left.compare(*right),
            (Self::Text(left), Item::Text(right)) => Some(left.cmp(right)),
            (Self::Ipv4(left), Item::Ipv4(right)) => Some(left.cmp(right)),
            (Self::Ipv6(left), Item::Ipv6(right)) => Some(left.cmp(right)),
            (Self::Time(left), Item::Time(right)) => Some(left.cmp(right)),
            (Self::Protocol(left), Item::Protocol(right)) => Some(left.compare(*right)),
            (left, right) => left.bytes(|left| right.bytes(|right| Some(compare_bytes(left, right)))),
        }
    }

    /// The bytes that it is made of; none of numbers and times.
    pub(crate) fn bytes<T>(&self, then: impl FnOnce(&[u8]) -> T) -> T {
        match self {
            Self::Text(bytes) | Self::Bytes(bytes) => then(bytes),
            Self::Protocol(protocol) => then(protocol.own()),
            Self::Ipv4(address) => then(&address.to_be_bytes()),
            Self::Ipv6(address) => then(&address.to_be_bytes()),
            Self::Number(_) | Self::Time(_) => then(&[]),
        }
    }

    /// How many bytes it is made of, those included that were cut.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Protocol(protocol) => protocol.len,
            other => other.bytes(<[u8]>::len),
        }
    }

    /// The bytes in which `contains` and `matches` look.
    pub(crate) fn searched(&self) -> &'a [u8] {
        match self {
            Self::Text(bytes) | Self::Bytes(bytes) => bytes,
            Self::Protocol(protocol) => protocol.whole,
            Self::Number(_) | Self::Ipv4(_) | Self::Ipv6(_) | Self::Time(_) => &[],
        }
    }

    /// Whether a condition that is nothing but this value is false.
    pub(crate) fn is_zero(&self) -> bool {
        match self {
            Self::Number(number) => number.value() == 0,
            Self::Ipv4(address) => *address == 0,
            Self::Ipv6(address) => *address == 0,
            Self::Time(time) => time.seconds() == 0 && time.subsecond_ticks() == 0,
            Self::Text(bytes) | Self::Bytes(bytes) => bytes.iter().all(|byte| *byte == 0),
            Self::Protocol(_) => false,
        }
    }

    /// The negative of a number or time; none where there is none.
    pub(crate) fn negative(&self) -> Option<Item<'static>> {
        match self {
            Self::Number(number) => number.negative().map(Item::Number),
            Self::Time(time) => time_of(nanoseconds(*time).checked_neg()?),
            _ => None,
        }
    }

    /// The value without its sign; of a time, Wireshark looks at the whole seconds only.
    pub(crate) fn absolute(&self) -> Option<Item<'static>> {
        match self {
            Self::Number(number) if number.value() < 0 => self.negative(),
            Self::Number(number) => Some(Item::Number(*number)),
            Self::Time(time) if nanoseconds(*time) <= -NANOS_PER_SECOND => self.negative(),
            Self::Time(time) => Some(Item::Time(*time)),
            _ => None,
        }
    }

    /// The result of an operation; none where there is none. Bytes are put into `buffer`.
    pub(crate) fn reckon<'b>(
        &self,
        operation: Operation,
        other: &Item<'_>,
        buffer: &'b mut Vec<u8>,
    ) -> Option<Item<'b>> {
        match (self, operation, other) {
            (Self::Number(left), _, Item::Number(right)) => left.reckon(operation, *right).map(Item::Number),
            (Self::Ipv4(left), Operation::And, Item::Ipv4(right)) => Some(Item::Ipv4(left & right)),
            (Self::Ipv6(left), Operation::And, Item::Ipv6(right)) => Some(Item::Ipv6(left & right)),
            (Self::Bytes(left), Operation::And, Item::Bytes(right)) => {
                buffer.clear();
                buffer.extend(left.iter().zip(*right).map(|(left, right)| left & right));
                Some(Item::Bytes(buffer))
            }
            (Self::Time(left), Operation::Add | Operation::Subtract, Item::Time(right)) => {
                let (left, right) = (nanoseconds(*left), nanoseconds(*right));
                time_of(match operation {
                    Operation::Add => left.checked_add(right)?,
                    _ => left.checked_sub(right)?,
                })
            }
            _ => None,
        }
    }
}

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// Reckoning with times goes no finer, as in Wireshark.
fn nanoseconds(time: Timestamp) -> i128 {
    time.nanoseconds().0
}

fn time_of(nanoseconds: i128) -> Option<Item<'static>> {
    let ticks = u64::try_from(nanoseconds.rem_euclid(NANOS_PER_SECOND)).ok()?;
    let seconds = nanoseconds.div_euclid(NANOS_PER_SECOND);
    Some(Item::Time(Timestamp::new(seconds, ticks, Resolution::NANOS)))
}

/// The order of byte strings in Wireshark.
pub(crate) fn compare_bytes(left: &[u8], right: &[u8]) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}
