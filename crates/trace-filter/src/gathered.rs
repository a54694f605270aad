//! The values of one source, kept to be compared with those of another without asking the packet again.

use crate::item::{Item, Protocol};
use crate::number::Number;
use crate::pool::Pool;
use crate::source::Source;
use capture_file::Timestamp;
use std::cmp::Ordering;
use std::ops::ControlFlow;
use trace_fields::Decoded;

/// An [`Item`] whose bytes lie elsewhere, because the memory outlives the packet.
#[derive(Debug, Clone, Copy)]
enum Key {
    Number(Number),
    Text(Place),
    Bytes(Place),
    Protocol(Place, usize),
    Ipv4(u32),
    Ipv6(u128),
    Time(Timestamp),
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
    pub(crate) fn clear(&mut self) {
        self.keys.clear();
        self.copied.clear();
    }

    /// Takes all values of a source in place of what was there, in one walk over the packet. Whether the
    /// source has values, be it an empty list of them.
    pub(crate) fn fill(&mut self, source: &Source, pool: &mut Pool, decoded: &mut Decoded<'_, '_>) -> bool {
        self.clear();
        let packet = decoded.data();
        let visited = source.visit(pool, decoded, &mut |item| {
            self.push(packet, &item);
            ControlFlow::Continue(())
        });
        visited == ControlFlow::Continue(true)
    }

    /// Keeps this value if it is greater than the one that is there, or else less. What cannot be compared
    /// is taken, as Wireshark does it.
    pub(crate) fn keep_extreme(&mut self, item: &Item<'_>, greatest: bool, packet: &[u8]) {
        let wanted = if greatest { Ordering::Greater } else { Ordering::Less };
        let better = match self.items(packet).next() {
            Some(best) => item.compare(&best).is_none_or(|order| order == wanted),
            None => true,
        };
        if better {
            self.clear();
            self.push(packet, item);
        }
    }

    fn push(&mut self, packet: &[u8], item: &Item<'_>) {
        visits::count();
        let key = match item {
            Item::Number(number) => Key::Number(*number),
            Item::Text(bytes) => Key::Text(self.place(packet, bytes)),
            Item::Bytes(bytes) => Key::Bytes(self.place(packet, bytes)),
            Item::Protocol(protocol) => Key::Protocol(self.place(packet, protocol.whole), protocol.len),
            Item::Ipv4(address) => Key::Ipv4(*address),
            Item::Ipv6(address) => Key::Ipv6(*address),
            Item::Time(time) => Key::Time(*time),
        };
        self.keys.push(key);
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

    /// The values as they came from this packet.
    pub(crate) fn items<'a>(&'a self, packet: &'a [u8]) -> impl Iterator<Item = Item<'a>> + use<'a> {
        let bytes = Bytes { packet, copied: &self.copied };
        self.keys.iter().map(move |key| bytes.item(key))
    }

    /// The values from this packet, each once, the least first.
    pub(crate) fn sorted<'a>(&'a mut self, packet: &'a [u8]) -> Sorted<'a> {
        let bytes = Bytes { packet, copied: &self.copied };
        let order = |left: &Key, right: &Key| total(&bytes.item(left), &bytes.item(right));
        self.keys.sort_unstable_by(order);
        // Two that are alike as protocols can carry different things for `contains` to look for.
        self.keys.dedup_by(|left, right| !matches!(left, Key::Protocol(..)) && order(left, right).is_eq());
        Sorted { keys: &self.keys, bytes }
    }
}

/// The order of all values of one type, whether Wireshark compares the two or not.
fn total(left: &Item<'_>, right: &Item<'_>) -> Ordering {
    match (left, right) {
        (Item::Number(left), Item::Number(right)) => left.value().cmp(&right.value()),
        (Item::Protocol(_), Item::Protocol(_)) => {
            let bytes = || left.bytes(|left| right.bytes(|right| left.cmp(right)));
            left.len().cmp(&right.len()).then_with(bytes)
        }
        _ => left.compare(right).unwrap_or(Ordering::Equal),
    }
}

/// Where the bytes of keys lie.
#[derive(Debug, Clone, Copy)]
struct Bytes<'a> {
    packet: &'a [u8],
    copied: &'a [u8],
}

impl<'a> Bytes<'a> {
    fn item(self, key: &Key) -> Item<'a> {
        visits::count();
        match key {
            Key::Number(number) => Item::Number(*number),
            Key::Text(place) => Item::Text(self.at(*place)),
            Key::Bytes(place) => Item::Bytes(self.at(*place)),
            Key::Protocol(place, len) => Item::Protocol(Protocol { whole: self.at(*place), len: *len }),
            Key::Ipv4(address) => Item::Ipv4(*address),
            Key::Ipv6(address) => Item::Ipv6(*address),
            Key::Time(time) => Item::Time(*time),
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
    /// Those that this value can be compared with.
    pub(crate) fn comparable(self, left: &Item<'_>) -> Self {
        let Item::Number(left) = left else { return self };
        let value = |key: &Key| match key {
            Key::Number(number) => number.value(),
            _ => 0,
        };
        let keys = if left.is_signed() {
            self.keys
                .split_at_checked(self.keys.partition_point(|key| value(key) <= i128::from(i64::MAX)))
                .map(|(keys, _)| keys)
        } else {
            self.keys.split_at_checked(self.keys.partition_point(|key| value(key) < 0)).map(|(_, keys)| keys)
        };
        Self { keys: keys.unwrap_or_default(), ..self }
    }

    /// The least value and the greatest one, if there are values.
    pub(crate) fn bounds(self) -> Option<(Item<'a>, Item<'a>)> {
        Some((self.bytes.item(self.keys.first()?), self.bytes.item(self.keys.last()?)))
    }

    pub(crate) fn has(self, value: &Item<'_>) -> bool {
        let order = |key: &Key| total(&self.bytes.item(key), value);
        self.keys.binary_search_by(order).is_ok()
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Item<'a>> {
        self.keys.iter().map(move |key| self.bytes.item(key))
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
