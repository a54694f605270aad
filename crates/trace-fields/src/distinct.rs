//! Which snapshots of a trace count: all but those that repeat an earlier one.

use mbuf_trace::Link;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasher;

/// Up to here, comparing with each earlier snapshot is quicker than hashing.
const FEW: usize = 16;

/// The snapshots seen so far of one packet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Distinct {
    seen: Vec<Seen>,
    by_hash: HashMap<u64, usize>,
}

/// Where a snapshot lies. Kept in place of a slice, because the memory outlives the packet.
#[derive(Debug, Clone, Copy)]
struct Seen {
    start: usize,
    len: usize,
    link: Link,
}

impl Seen {
    fn bytes<'a>(&self, packet: &'a [u8]) -> &'a [u8] {
        let end = self.start.saturating_add(self.len);
        packet.get(self.start..end).unwrap_or_default()
    }
}

impl Distinct {
    pub(crate) fn clear(&mut self) {
        self.seen.clear();
        self.by_hash.clear();
    }

    /// Whether no snapshot since [`Self::clear`] had these bytes and this link. `bytes` is a part of `packet`.
    pub(crate) fn is_new(&mut self, packet: &[u8], link: Link, bytes: &[u8]) -> bool {
        let start = bytes.as_ptr().addr().saturating_sub(packet.as_ptr().addr());
        let new = Seen { start, len: bytes.len(), link };
        let same = |seen: &Seen| seen.link == link && seen.bytes(packet) == bytes;
        if self.seen.len() < FEW {
            if self.seen.iter().any(same) {
                return false;
            }
            self.seen.push(new);
            return true;
        }
        // Hashes, so that a frame of 65,535 snapshots takes linear time. Equal hashes prove nothing.
        if self.by_hash.is_empty() {
            for (place, seen) in self.seen.iter().enumerate() {
                let hash = self.by_hash.hasher().hash_one((seen.link, seen.bytes(packet)));
                self.by_hash.entry(hash).or_insert(place);
            }
        }
        match self.by_hash.entry(self.by_hash.hasher().hash_one((link, bytes))) {
            Entry::Vacant(vacant) => {
                vacant.insert(self.seen.len());
                self.seen.push(new);
                true
            }
            Entry::Occupied(occupied) => {
                let known = self.seen.get(*occupied.get()).is_some_and(same) || self.seen.iter().any(same);
                if !known {
                    self.seen.push(new);
                }
                !known
            }
        }
    }
}
