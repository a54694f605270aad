//! Counting packets by what they have in common, in bounded memory: what [`paths`](crate::paths),
//! [`drops`](crate::drops) and [`diff`](crate::diff) stand on.
//!
//! Whatever is counted is a key of bytes, made in a buffer that is used again for each packet, so that only
//! a key that was not seen before allocates. Keys are kept as long as there is room; a packet with a new key
//! after that is counted as another one, and all counts of the keys that are kept stay exact.

mod group;
mod key;
mod look;

pub use group::GroupBy;
pub use look::Look;

pub(crate) use group::{Group, Groups, heading, more_groups, shown_groups, values_json};
pub(crate) use key::{Items, push};
pub(crate) use look::Percent;

use capture_file::{Packet, Timestamp};
use serde::Serialize;
use std::collections::HashMap;

/// Bytes that the keys of all tallies of one report may take together, with what each costs beside its letters: with
/// the program and its buffers, less than 64 MiB.
pub(crate) const MOST_BYTES: usize = 48 << 20;
/// What a key costs beside its letters: its count; its place in the table, of which there are three and a half for each
/// key when the table has just grown; its allocation; and what a report makes of it while it is written.
const KEY_COST: usize = size_of::<Count>() + 7 * (size_of::<(Box<[u8]>, usize)>() + 1) / 2 + 16 + REPORT_COST;
/// The largest report makes two nodes of a tree of a path, and sorts them.
const REPORT_COST: usize = 288;

/// Where in what was read a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Which file, in the order of reading, from 0.
    pub file: usize,
    /// The packet's number in it, from 1.
    pub packet: u64,
    /// When it was captured.
    pub time: Option<Timestamp>,
}

impl Moment {
    /// What moments are ordered by.
    const fn place(&self) -> (usize, u64) {
        (self.file, self.packet)
    }

    /// Where this packet of this file is.
    #[must_use]
    pub const fn of(file: usize, packet: &Packet<'_>) -> Self {
        Self { file, packet: packet.number, time: packet.time }
    }
}

/// How many packets had the same key, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub packets: u64,
    /// How many of them have a trace that lacks events.
    pub incomplete: u64,
    /// The first of them in the order of reading.
    pub first: Moment,
    /// The last of them.
    pub last: Moment,
}

impl Count {
    /// Adds what was counted of other packets. Counts that are joined are in no order.
    pub(crate) fn merge(&mut self, more: &Self) {
        self.packets = self.packets.saturating_add(more.packets);
        self.incomplete = self.incomplete.saturating_add(more.incomplete);
        self.first = if more.first.place() < self.first.place() { more.first } else { self.first };
        self.last = if more.last.place() < self.last.place() { self.last } else { more.last };
    }
}

/// Keys and how many packets had each.
#[derive(Debug)]
pub(crate) struct Tally {
    places: HashMap<Box<[u8]>, usize>,
    counts: Vec<Count>,
    room: usize,
    packets: u64,
    others: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self::with_room(MOST_BYTES)
    }
}

impl Tally {
    /// An empty tally whose keys may take so many bytes.
    pub(crate) fn with_room(room: usize) -> Self {
        Self { places: HashMap::new(), counts: Vec::new(), room, packets: 0, others: 0 }
    }

    /// Counts a packet. Gives the key's number, from 0, if there was room for it.
    pub(crate) fn add(&mut self, key: &[u8], at: Moment) -> Option<usize> {
        self.add_trace(key, at, false)
    }

    /// Counts a packet, with whether its trace lacks events.
    pub(crate) fn add_trace(&mut self, key: &[u8], at: Moment, is_incomplete: bool) -> Option<usize> {
        self.merge(key, Count { packets: 1, incomplete: u64::from(is_incomplete), first: at, last: at })
    }

    /// The same, unless this packet was counted under the key last. Packets have to come in order.
    pub(crate) fn add_trace_once(&mut self, key: &[u8], at: Moment, is_incomplete: bool) {
        if self.get(key).is_none_or(|count| count.last.place() != at.place()) {
            self.add_trace(key, at, is_incomplete);
        }
    }

    /// Counts several packets. Gives the key's number, if there was room for it.
    pub(crate) fn merge(&mut self, key: &[u8], more: Count) -> Option<usize> {
        self.packets = self.packets.saturating_add(more.packets);
        let known = self.places.get(key).copied();
        if let Some(count) = known.and_then(|place| self.counts.get_mut(place)) {
            count.merge(&more);
            return known;
        }
        let Some(room) = self.room.checked_sub(key.len().saturating_add(KEY_COST)) else {
            self.others = self.others.saturating_add(more.packets);
            return None;
        };
        self.room = room;
        let place = self.counts.len();
        self.places.insert(key.into(), place);
        self.counts.push(more);
        Some(place)
    }

    /// All packets.
    pub(crate) const fn packets(&self) -> u64 {
        self.packets
    }

    /// Packets whose key there was no room for.
    pub(crate) const fn others(&self) -> u64 {
        self.others
    }

    /// What was counted of this key.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Count> {
        self.places.get(key).and_then(|place| self.counts.get(*place))
    }

    /// Keys with their counts, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &Count)> {
        self.numbered().map(|(_, key, count)| (key, count))
    }

    /// Keys with their numbers and counts, in no order.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (usize, &[u8], &Count)> {
        self.places.iter().filter_map(|(key, place)| Some((*place, key.as_ref(), self.counts.get(*place)?)))
    }
}

/// The JSON form of a [`Moment`].
#[derive(Debug, Serialize)]
pub(crate) struct MomentJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    packet: u64,
    time: Option<String>,
}

impl<'a> MomentJson<'a> {
    /// With its file where there are several.
    pub(crate) fn new(at: &Moment, files: &'a [String]) -> Self {
        let file = files.get(at.file).filter(|_| files.len() > 1).map(String::as_str);
        Self { file, packet: at.packet, time: at.time.map(|time| time.to_string()) }
    }
}

/// A part of a whole as a number from 0 to 1, rounded to six digits, so that a report does not change with
/// the last bit of a division.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    (part as f64 / whole as f64 * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(packet: u64) -> Moment {
        Moment { file: 0, packet, time: None }
    }

    #[test]
    fn counts_with_first_and_last() {
        let mut tally = Tally::default();
        for (packet, key) in (1..).zip([b"a", b"b", b"a", b"a"]) {
            tally.add(key, at(packet));
        }
        assert_eq!(tally.get(b"a"), Some(&Count { packets: 3, incomplete: 0, first: at(1), last: at(4) }));
        assert_eq!(tally.get(b"b"), Some(&Count { packets: 1, incomplete: 0, first: at(2), last: at(2) }));
        assert_eq!((tally.packets(), tally.others()), (4, 0));
    }

    #[test]
    fn joined_counts_are_those_of_all_packets() {
        let [mut one, mut other] = [Tally::default(), Tally::default()];
        for packet in 1..=4 {
            if packet % 2 == 0 { &mut one } else { &mut other }.add_trace(b"a", at(packet), packet == 3);
        }
        for (mut tally, more) in [(Tally::default(), [&one, &other]), (Tally::default(), [&other, &one])] {
            for (key, count) in more.iter().flat_map(|more| more.iter()) {
                tally.merge(key, *count);
            }
            let count = Count { packets: 4, incomplete: 1, first: at(1), last: at(4) };
            assert_eq!((tally.get(b"a"), tally.packets()), (Some(&count), 4));
        }
    }

    #[test]
    fn keys_without_room_are_counted_together_and_the_others_stay_exact() {
        let mut tally = Tally::with_room(2 * (KEY_COST + 1));
        for (packet, key) in (1..).zip([b"a", b"b", b"c", b"a", b"c", b"d"]) {
            tally.add(key, at(packet));
        }
        assert_eq!((tally.packets(), tally.others()), (6, 3));
        assert_eq!(tally.get(b"a").unwrap().packets, 2);
        assert_eq!(tally.get(b"c"), None);
    }

    #[test]
    fn packets_without_room_are_of_the_whole_that_shares_are_of() {
        let mut tally = Tally::with_room(KEY_COST + 1);
        for (packet, key) in (1..).zip([b"a", b"b", b"c", b"a"]) {
            tally.add(key, at(packet));
        }
        let groups = Groups::new(&tally, 0, |_, count| count.packets);
        assert_eq!((groups.0[0].packets, &*groups.0[0].members), (4, &[2][..]));
    }
}
