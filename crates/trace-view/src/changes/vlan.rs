//! VLAN tags that were pushed or popped.
//!
//! A tag is four bytes between the addresses of an Ethernet header and its EtherType. As headers, one that is pushed would
//! change the EtherType, too, and two tags of 802.1ad are one header for Wireshark. So tags are compared as a stack.

use super::align::Placed;
use serde::ser::SerializeMap;
use std::fmt;
use trace_fields::FieldId;

/// Deeper stacks are compared header by header.
const DEEPEST: usize = 8;
/// Where the EtherType is in an Ethernet header.
const ETHER_TYPE: usize = 12;
/// The length of an Ethernet header.
pub(super) const ETHERNET: usize = 14;
/// The EtherType of an 802.1ad tag.
const PROVIDER: u16 = 0x88a8;

/// A VLAN tag that was pushed or popped. `Display` says it in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VlanChange {
    /// Whether it is new; otherwise it is gone.
    pub pushed: bool,
    /// The EtherType that announces it: 0x8100, 0x88a8 or 0x9100.
    pub tpid: u16,
    /// Priority, drop eligibility and the VLAN's number, as they are in the tag.
    pub tci: u16,
    /// Whether other tags are inside of it, or around it; None where it is the only one.
    pub outer: Option<bool>,
}

impl VlanChange {
    /// The VLAN's number.
    #[must_use]
    pub const fn id(&self) -> u16 {
        self.tci & 0x0fff
    }

    /// Its priority.
    #[must_use]
    pub const fn priority(&self) -> u16 {
        self.tci >> 13
    }

    /// Whether the frame may be dropped before others.
    #[must_use]
    pub const fn is_drop_eligible(&self) -> bool {
        self.tci & 0x1000 != 0
    }

    pub(super) fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("kind", if self.pushed { "vlan_pushed" } else { "vlan_popped" })?;
        map.serialize_entry("id", &self.id())?;
        map.serialize_entry("priority", &self.priority())?;
        map.serialize_entry("dei", &self.is_drop_eligible())?;
        map.serialize_entry("tpid", &self.tpid)?;
        match self.outer {
            Some(outer) => map.serialize_entry("place", if outer { "outer" } else { "inner" }),
            None => Ok(()),
        }
    }
}

impl fmt::Display for VlanChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.outer {
            Some(true) => "outer ",
            Some(false) => "inner ",
            None => "",
        })?;
        write!(f, "vlan tag {} {}", self.id(), if self.pushed { "pushed" } else { "popped" })?;
        if self.priority() > 0 {
            write!(f, ", priority {}", self.priority())?;
        }
        f.write_str(if self.is_drop_eligible() { ", drop eligible" } else { "" })
    }
}

/// A tag in its stack.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tag {
    tpid: u16,
    tci: u16,
    /// Where it begins in the packet.
    pub(super) start: usize,
    /// Its header, and whether that is its own alone.
    pub(super) header: usize,
    is_alone: bool,
}

impl Tag {
    const fn id(&self) -> u16 {
        self.tci & 0x0fff
    }
}

/// The tags of an Ethernet header, outermost first.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stack {
    tags: [Tag; DEEPEST],
    count: usize,
    /// The EtherType, or length, of what follows the tags.
    pub(super) carries: u16,
    /// Where that begins in the packet.
    pub(super) end: usize,
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Whether it is a header of VLAN tags.
pub(super) fn is_tag(header: &Placed<'_>) -> bool {
    header.header.protocol().is_some_and(|field| matches!(field.id, FieldId::Vlan | FieldId::Ieee8021ad))
}

/// Whether it is an Ethernet header.
pub(super) fn is_ethernet(header: &Placed<'_>) -> bool {
    header.header.protocol().is_some_and(|field| field.id == FieldId::Eth)
}

impl Stack {
    /// The stack of the Ethernet header in this place. None where a tag is cut, or there are too many.
    pub(super) fn of(headers: &[Placed<'_>], ethernet: usize) -> Option<Self> {
        let first = headers.get(ethernet)?;
        let carries = be16(first.own, ETHER_TYPE)?;
        let mut stack = Self { carries, end: first.start.saturating_add(ETHERNET), ..Self::default() };
        let tags = headers.iter().enumerate().skip(ethernet.saturating_add(1));
        for (header, placed) in tags.take_while(|(_, header)| is_tag(header)) {
            let (tci, carries) = (be16(placed.own, 0)?, be16(placed.own, 2)?);
            let is_provider = placed.header.protocol().is_some_and(|field| field.id == FieldId::Ieee8021ad);
            let has_two = is_provider && carries == PROVIDER;
            stack.push(tci, carries, header, !has_two)?;
            if has_two {
                stack.push(be16(placed.own, 4)?, be16(placed.own, 6)?, header, false)?;
            }
        }
        Some(stack)
    }

    fn push(&mut self, tci: u16, carries: u16, header: usize, is_alone: bool) -> Option<()> {
        let tag = Tag { tpid: self.carries, tci, start: self.end, header, is_alone };
        *self.tags.get_mut(self.count)? = tag;
        self.count = self.count.saturating_add(1);
        self.end = self.end.saturating_add(4);
        self.carries = carries;
        Some(())
    }

    pub(super) fn tags(&self) -> &[Tag] {
        self.tags.get(..self.count).unwrap_or_default()
    }

    /// Whether both have as many tags, announced alike: then there is nothing to say but which fields differ.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.count == other.count
            && self.tags().iter().zip(other.tags()).all(|(one, other)| one.tpid == other.tpid)
    }

    fn change(&self, place: usize, pushed: bool) -> Option<(Tag, VlanChange)> {
        let tag = *self.tags().get(place)?;
        let outer = (self.count > 1).then_some(place == 0);
        Some((tag, VlanChange { pushed, tpid: tag.tpid, tci: tag.tci, outer }))
    }

    /// All tags as pushed or popped.
    pub(super) fn all(&self, pushed: bool) -> impl Iterator<Item = (Tag, VlanChange)> {
        (0..self.count).filter_map(move |place| self.change(place, pushed))
    }
}

/// What became of the tags.
pub(super) struct Moved {
    /// Of each tag of the earlier stack, its place in the later one.
    pairs: [Option<usize>; DEEPEST],
}

impl Moved {
    /// Tags of the same VLAN are the same tag, as many of them as possible, the inner ones first: what is pushed or popped
    /// is mostly on the outside. Where no tag came or went, each is that in its place.
    pub(super) fn between(old: &Stack, new: &Stack) -> Self {
        let mut pairs = [None; DEEPEST];
        if old.count == new.count {
            for (place, pair) in pairs.iter_mut().enumerate().take(old.count) {
                *pair = Some(place);
            }
            return Self { pairs };
        }
        // The length of the longest common subsequence of what is inside of these places.
        let mut common = [[0_u8; DEEPEST + 1]; DEEPEST + 1];
        let like = |one: usize, other: usize| {
            old.tags().get(one).zip(new.tags().get(other)).is_some_and(|(one, other)| one.id() == other.id())
        };
        let get = |common: &[[u8; DEEPEST + 1]; DEEPEST + 1], one: usize, other: usize| {
            common.get(one).and_then(|row| row.get(other)).copied().unwrap_or_default()
        };
        // From the outside inwards, so that walking back begins inside.
        for one in 0..old.count {
            for other in 0..new.count {
                let (after, next) = (one.saturating_add(1), other.saturating_add(1));
                let best = match like(one, other) {
                    true => get(&common, one, other).saturating_add(1),
                    false => get(&common, one, next).max(get(&common, after, other)),
                };
                if let Some(cell) = common.get_mut(after).and_then(|row| row.get_mut(next)) {
                    *cell = best;
                }
            }
        }
        let (mut one, mut other) = (old.count, new.count);
        while let (Some(before), Some(now)) = (one.checked_sub(1), other.checked_sub(1)) {
            if like(before, now) {
                if let Some(pair) = pairs.get_mut(before) {
                    *pair = Some(now);
                }
                (one, other) = (before, now);
            } else if get(&common, before, other) >= get(&common, one, now) {
                one = before;
            } else {
                other = now;
            }
        }
        Self { pairs }
    }

    /// The pairs of tags that were and are.
    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        self.pairs.iter().enumerate().filter_map(|(old, new)| Some((old, (*new)?)))
    }

    /// The pairs that can be compared by the fields of their headers.
    pub(super) fn by_fields<'s>(
        &'s self,
        old: &'s Stack,
        new: &'s Stack,
    ) -> impl Iterator<Item = (Tag, Tag)> + 's {
        let tags =
            self.pairs().filter_map(|(one, other)| Some((*old.tags().get(one)?, *new.tags().get(other)?)));
        tags.filter(|(one, other)| is_comparable(one, other))
    }

    /// The tags that came or went, and those that are others now, which no field tells.
    pub(super) fn changes<'s>(
        &'s self,
        old: &'s Stack,
        new: &'s Stack,
    ) -> impl Iterator<Item = (Tag, VlanChange)> + 's {
        let stays = move |(one, other): (usize, usize)| {
            old.tags()
                .get(one)
                .zip(new.tags().get(other))
                .is_some_and(|(one, other)| one.tci == other.tci || is_comparable(one, other))
        };
        let popped =
            (0..old.count).filter(move |place| !self.pairs().any(|pair| pair.0 == *place && stays(pair)));
        let pushed =
            (0..new.count).filter(move |place| !self.pairs().any(|pair| pair.1 == *place && stays(pair)));
        let popped = popped.filter_map(move |place| old.change(place, false));
        popped.chain(pushed.filter_map(move |place| new.change(place, true)))
    }
}

fn is_comparable(one: &Tag, other: &Tag) -> bool {
    let is_provider = |tag: &Tag| tag.tpid == PROVIDER;
    one.is_alone && other.is_alone && is_provider(one) == is_provider(other)
}
