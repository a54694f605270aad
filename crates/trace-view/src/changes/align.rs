//! Which header of the later packet is which of the earlier one.

use super::{HeaderChange, Packet};
use trace_fields::{Header, cut_packet_headers};

/// A header in its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed<'a> {
    pub(super) header: Header<'a>,
    /// Where it begins in the packet.
    pub(super) start: usize,
    /// The header without the headers in it; of the last one, with its payload.
    pub(super) own: &'a [u8],
    is_last: bool,
}

/// Finds the headers of a packet.
pub(super) fn place<'a>(packet: Packet<'a>, found: &mut Vec<Placed<'a>>) {
    let base = packet.bytes.as_ptr().addr();
    found.clear();
    for header in cut_packet_headers(packet.bytes, packet.length, packet.link) {
        // A header's bytes are a part of the packet's.
        let start = header.bytes().as_ptr().addr().saturating_sub(base);
        if let Some(last) = found.last_mut() {
            let length = start.saturating_sub(last.start);
            last.own = last.own.get(..length).unwrap_or(last.own);
            last.is_last = false;
        }
        found.push(Placed { header, start, own: header.bytes(), is_last: true });
    }
}

impl<'a> Placed<'a> {
    /// Which header of its protocol it is among these, from 1; 0 if it is the only one.
    pub(super) fn occurrence(&self, all: &[Placed<'_>]) -> usize {
        let like = all.iter().filter(|other| other.header.is_like(&self.header));
        match like.clone().count() {
            0 | 1 => 0,
            _ => like.take_while(|other| other.start <= self.start).count(),
        }
    }

    /// The header as one that came or went.
    pub(super) const fn as_change(&self) -> HeaderChange<'a> {
        HeaderChange { header: self.header, length: self.own.len(), with_payload: self.is_last }
    }
}

/// What became of a header, by its place in either packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Removed(usize),
    Added(usize),
    Both(usize, usize),
}

/// Pairs as many headers of one protocol as possible in their order, from the innermost outwards: what a
/// stack puts on or takes off is on the outside. Of both, what was removed comes first. `common` is memory that is
/// used again.
pub(super) fn align(old: &[Placed<'_>], new: &[Placed<'_>], common: &mut Vec<u16>, steps: &mut Vec<Step>) {
    // The longest common subsequence; there are a hundred headers at the most, and usually four.
    let width = new.len().saturating_add(1);
    let at = |i: usize, j: usize| i.saturating_mul(width).saturating_add(j);
    common.clear();
    common.resize(width.saturating_mul(old.len().saturating_add(1)), 0);
    let get = |common: &[u16], i, j| common.get(at(i, j)).copied().unwrap_or_default();
    for (i, before) in old.iter().enumerate() {
        for (j, now) in new.iter().enumerate() {
            let (below, right) = (i.saturating_add(1), j.saturating_add(1));
            let best = match before.header.is_like(&now.header) {
                true => get(common, i, j).saturating_add(1),
                false => get(common, i, right).max(get(common, below, j)),
            };
            if let Some(place) = common.get_mut(at(below, right)) {
                *place = best;
            }
        }
    }
    let (mut i, mut j) = (old.len(), new.len());
    steps.clear();
    loop {
        let (before, now) = (i.checked_sub(1), j.checked_sub(1));
        let step = match (before, now) {
            (None, None) => break,
            (Some(before), None) => Step::Removed(before),
            (None, Some(now)) => Step::Added(now),
            (Some(before), Some(now)) => {
                let like = old
                    .get(before)
                    .zip(new.get(now))
                    .is_some_and(|(before, now)| before.header.is_like(&now.header));
                if like {
                    Step::Both(before, now)
                } else if get(common, before, j) > get(common, i, now) {
                    Step::Removed(before)
                } else {
                    Step::Added(now)
                }
            }
        };
        match step {
            Step::Removed(before) => i = before,
            Step::Added(now) => j = now,
            Step::Both(before, now) => (i, j) = (before, now),
        }
        steps.push(step);
    }
    steps.reverse();
}
