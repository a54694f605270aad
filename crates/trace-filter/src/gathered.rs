//! The values of one source, kept to be compared with those of another without asking the packet again.

use crate::source::Source;
use capture_file::Timestamp;
use std::ops::ControlFlow;
use trace_fields::{Scratch, Subject, Value};

/// A value as far as comparisons between fields care. The order is Wireshark's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum View<'a> {
    /// Booleans, numbers and IP addresses.
    Number(u128),
    Time(Timestamp),
    Text(&'a [u8]),
    /// The shorter first, and only then what is in them.
    Bytes {
        len: usize,
        bytes: &'a [u8],
    },
}

impl<'a> View<'a> {
    pub(crate) fn of(value: &'a Value<'a>) -> Self {
        visits::count();
        match value {
            Value::Bool(value) => Self::Number(u128::from(*value)),
            Value::Uint(value) => Self::Number(u128::from(*value)),
            Value::Ipv4(address) => Self::Number(u128::from(address.to_bits())),
            Value::Ipv6(address) => Self::Number(address.to_bits()),
            Value::Time(time) => Self::Time(*time),
            Value::Text(text) => Self::Text(text.as_bytes()),
            Value::Bytes(bytes) | Value::Protocol(bytes) => Self::Bytes { len: bytes.len(), bytes },
            Value::Ether(address) => Self::Bytes { len: address.len(), bytes: address },
        }
    }

    /// The bytes in which `contains` looks; none of numbers and times.
    pub(crate) fn bytes(self) -> &'a [u8] {
        match self {
            Self::Text(bytes) | Self::Bytes { bytes, .. } => bytes,
            Self::Number(_) | Self::Time(_) => &[],
        }
    }
}

/// A [`View`] whose bytes lie elsewhere, because the memory outlives the packet.
#[derive(Debug, Clone, Copy)]
enum Key {
    Number(u128),
    Time(Timestamp),
    Text(Place),
    Bytes(Place),
}

#[derive(Debug, Clone, Copy)]
struct Place {
    /// In the packet, or else in what was copied.
    in_packet: bool,
    start: usize,
    len: usize,
}

/// Values of one source in one packet. Of values that are bytes of the packet only the place is kept, so the
/// memory is bounded by the packet's size, times the ranges of a slice with several.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    keys: Vec<Key>,
    copied: Vec<u8>,
}

impl Gathered {
    /// Takes all values of a source in place of what was there, in one walk over the packet.
    pub(crate) fn fill(&mut self, source: &Source, subject: &Subject<'_>, scratch: &mut Scratch) {
        self.keys.clear();
        self.copied.clear();
        let packet = subject.packet().data;
        let _ = source.visit(subject, scratch, &mut |value| {
            let key = match View::of(&value) {
                View::Number(number) => Key::Number(number),
                View::Time(time) => Key::Time(time),
                View::Text(bytes) => Key::Text(self.place(packet, bytes)),
                View::Bytes { bytes, .. } => Key::Bytes(self.place(packet, bytes)),
            };
            self.keys.push(key);
            ControlFlow::Continue(())
        });
    }

    fn place(&mut self, packet: &[u8], bytes: &[u8]) -> Place {
        let (start, len) = (bytes.as_ptr().addr().wrapping_sub(packet.as_ptr().addr()), bytes.len());
        let found = start.checked_add(len).and_then(|end| packet.get(start..end));
        if found.is_some_and(|found| std::ptr::eq(found, bytes)) {
            return Place { in_packet: true, start, len };
        }
        let start = self.copied.len();
        self.copied.extend_from_slice(bytes);
        Place { in_packet: false, start, len }
    }

    /// The values, each once, the least first.
    pub(crate) fn sorted<'a>(&'a mut self, subject: &Subject<'a>) -> Sorted<'a> {
        let bytes = Bytes { packet: subject.packet().data, copied: &self.copied };
        self.keys.sort_unstable_by(|left, right| bytes.view(left).cmp(&bytes.view(right)));
        self.keys.dedup_by(|left, right| bytes.view(left) == bytes.view(right));
        Sorted { keys: &self.keys, bytes }
    }

    /// The least and the greatest value and no others.
    pub(crate) fn extremes<'a>(&'a mut self, subject: &Subject<'a>) -> Sorted<'a> {
        let bytes = Bytes { packet: subject.packet().data, copied: &self.copied };
        let least = self.keys.iter().copied().min_by_key(|key| bytes.view(key));
        let greatest = self.keys.iter().copied().max_by_key(|key| bytes.view(key));
        self.keys.clear();
        self.keys.extend(least.into_iter().chain(greatest));
        Sorted { keys: &self.keys, bytes }
    }
}

/// Where the bytes of keys lie.
#[derive(Debug, Clone, Copy)]
struct Bytes<'a> {
    packet: &'a [u8],
    copied: &'a [u8],
}

impl<'a> Bytes<'a> {
    fn view(self, key: &Key) -> View<'a> {
        visits::count();
        match key {
            Key::Number(number) => View::Number(*number),
            Key::Time(time) => View::Time(*time),
            Key::Text(place) => View::Text(self.at(*place)),
            Key::Bytes(place) => View::Bytes { len: place.len, bytes: self.at(*place) },
        }
    }

    fn at(self, place: Place) -> &'a [u8] {
        let from = if place.in_packet { self.packet } else { self.copied };
        from.get(place.start..place.start.saturating_add(place.len)).unwrap_or_default()
    }
}

/// Gathered values in their order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sorted<'a> {
    keys: &'a [Key],
    bytes: Bytes<'a>,
}

impl<'a> Sorted<'a> {
    /// The least value and the greatest one, if there are values.
    pub(crate) fn bounds(self) -> Option<(View<'a>, View<'a>)> {
        Some((self.bytes.view(self.keys.first()?), self.bytes.view(self.keys.last()?)))
    }

    pub(crate) fn has(self, value: View<'_>) -> bool {
        self.keys.binary_search_by(|key| self.bytes.view(key).cmp(&value)).is_ok()
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = View<'a>> {
        self.keys.iter().map(move |key| self.bytes.view(key))
    }
}

/// How often tests have seen a value looked at: the cost of a comparison without a clock.
pub(crate) mod visits {
    #[cfg(test)]
    thread_local! {
        static COUNT: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
    }

    pub(crate) fn count() {
        #[cfg(test)]
        COUNT.set(COUNT.get() + 1);
    }

    /// The number since the last call.
    #[cfg(test)]
    pub(crate) fn take() -> u64 {
        COUNT.take()
    }
}
