//! What happened to a packet between two snapshots: header by header, field by field.
//!
//! Headers are aligned first (`align`), so that one which was put on or taken off is said as such and hides
//! no other difference. Then every field that the registry has for a header is compared, and what no field
//! explains is told as bytes (`bytes`). VLAN tags that were pushed or popped are told as that (`vlan`). A checksum that
//! only follows the other changes says so, and so does one that has become wrong (`checksum`). Packets that were cut are
//! compared as far as both reach (`reach`).
//!
//! ```
//! use mbuf_trace::Link;
//! use trace_view::changes::{Packet, compare};
//!
//! let mut old = [0x45, 0, 0, 20, 0, 1, 0, 0, 64, 253, 0x66, 0xe9, 10, 0, 0, 1, 10, 0, 0, 2];
//! let copy = old;
//! (old[8], old[10]) = (63, 0x67);
//! let shown: Vec<String> = compare(Packet::whole(&copy, Link::Ip), Packet::whole(&old, Link::Ip))
//!     .changes.iter().map(|change| change.to_string()).collect();
//! assert_eq!(shown[0], "ip.ttl 64 → 63");
//! ```
//!
//! Time is linear in the bytes, and so is memory. Nothing is said in words before it is shown: values are compared as
//! they are (`values`), and a change borrows from both packets.

mod align;
mod bytes;
mod checksum;
mod fields;
mod reach;
mod show;
mod values;
mod vlan;

use align::{Placed, Step, align, place};
use mbuf_trace::Link;
use trace_fields::{Field, FieldId, Header, recycle};
use vlan::{Moved, Stack};

pub use vlan::VlanChange;

/// A packet at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// What they begin with.
    pub link: Link,
    /// How many bytes the packet had: more than are there if it was cut.
    pub length: usize,
    /// Whether that is known, as from `packet_length` in revision 4. Otherwise the packet may have had more bytes.
    pub is_length_known: bool,
}

impl<'a> Packet<'a> {
    /// A packet of which all bytes are there.
    #[must_use]
    pub const fn whole(bytes: &'a [u8], link: Link) -> Self {
        Self { bytes, link, length: bytes.len(), is_length_known: true }
    }
}

/// What differs between two packets.
#[derive(Debug, Clone, Default)]
pub struct Differences<'a> {
    /// One by one, outermost header first.
    pub changes: Vec<Change<'a>>,
    /// Whether each byte of the later packet is new or has changed; empty where the packets are the same.
    pub changed_bytes: Vec<bool>,
}

/// One difference. `Display` says it in a line.
#[derive(Debug, Clone)]
pub enum Change<'a> {
    /// A header that only the later packet has.
    HeaderAdded(HeaderChange<'a>),
    /// A header that only the earlier packet has.
    HeaderRemoved(HeaderChange<'a>),
    /// A VLAN tag that came or went.
    Vlan(VlanChange),
    /// A field with other values.
    Field(FieldChange<'a>),
    /// Bytes that no field explains.
    Bytes(BytesChange<'a>),
    /// How many more bytes differ that no field explains, where there are too many places to list.
    MoreBytes(usize),
    /// The packet's length has changed, in bytes that are not there to be compared.
    Length {
        /// What it was.
        old: usize,
        /// What it is.
        new: usize,
    },
}

/// A header that came or went. Its addresses are shown with it.
#[derive(Debug, Clone)]
pub struct HeaderChange<'a> {
    header: Header<'a>,
    /// Its length in bytes; with its payload, if nothing behind it is known.
    pub length: usize,
    /// Whether the length has the payload in it.
    pub with_payload: bool,
}

/// A field with other values than before.
#[derive(Debug, Clone)]
pub struct FieldChange<'a> {
    /// Which field.
    pub field: &'static Field,
    /// Which of several headers of its protocol it is in, outermost first, from 1; 0 where there is one.
    pub occurrence: usize,
    before: Header<'a>,
    now: Header<'a>,
    /// Whether its values differ. Those of a checksum that should have changed do not.
    pub differs: bool,
    /// The field is a checksum, and has only followed what else has changed: it is right for the later packet,
    /// or differs from the earlier one by just what the other changes make of it.
    pub follows: bool,
    /// The field is a checksum that was right for the earlier packet and is wrong for the later one, whether it
    /// has changed or should have. Only told of packets that are whole, and not of sums that are left to a card.
    pub wrong: bool,
    /// Other fields in the list say the same in parts, as `tcp.flags.syn` does for `tcp.flags`.
    pub in_parts: bool,
}

/// Bytes that differ.
#[derive(Debug, Clone)]
pub struct BytesChange<'a> {
    /// Where they begin in the later packet.
    pub offset: usize,
    /// What was there. The first [`SHOWN_BYTES`] are shown.
    pub old: &'a [u8],
    /// What is there now.
    pub new: &'a [u8],
}

/// How many of the bytes that differ are shown.
pub const SHOWN_BYTES: usize = 16;

/// The memory of comparisons, used again for the next one.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    old: Vec<Placed<'static>>,
    new: Vec<Placed<'static>>,
    common: Vec<u16>,
    steps: Vec<Step>,
    fields: fields::Scratch,
}

/// What differs in the later packet.
#[must_use]
pub fn compare<'a>(old: Packet<'a>, new: Packet<'a>) -> Differences<'a> {
    let mut found = Differences::default();
    found.find(old, new, &mut Scratch::default());
    found
}

/// Where only one packet has further headers behind the last common one, the other has them too but cannot be
/// looked into, as a fragment cannot: nothing came or went. Then what follows is compared as bytes.
fn drop_one_sided_tail(steps: &mut Vec<Step>) -> bool {
    let common = steps.iter().rposition(|step| matches!(step, Step::Both(..)));
    let tail = common.map_or(0, |last| last.saturating_add(1));
    let behind = steps.get(tail..).unwrap_or_default();
    let removed = behind.iter().any(|step| matches!(step, Step::Removed(_)));
    let added = behind.iter().any(|step| matches!(step, Step::Added(_)));
    if removed != added || steps.is_empty() {
        steps.truncate(tail);
        return true;
    }
    false
}

/// The bit of a header.
fn told(place: usize) -> u128 {
    u32::try_from(place).ok().and_then(|place| 1_u128.checked_shl(place)).unwrap_or_default()
}

fn is_told(all: u128, place: usize) -> bool {
    all & told(place) != 0
}

/// The tags of the Ethernet header in this place.
fn own_tags(headers: &[Placed<'_>], place: usize) -> Option<Stack> {
    headers.get(place).filter(|header| vlan::is_ethernet(header))?;
    Stack::of(headers, place)
}

/// Whether the field says what an Ethernet header or a tag carries.
const fn is_type(field: FieldId) -> bool {
    matches!(field, FieldId::EthType | FieldId::EthLen | FieldId::VlanEtype | FieldId::VlanLen)
}

fn rest(bytes: &[u8], from: usize) -> &[u8] {
    bytes.get(from..).unwrap_or_default()
}

fn end(headers: &[Placed<'_>]) -> usize {
    headers.last().map_or(0, |last| last.start.saturating_add(last.own.len()))
}

impl<'a> Differences<'a> {
    /// Whether the packets are the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// An empty one with the memory of this one.
    #[must_use]
    pub fn recycled<'b>(self) -> Differences<'b> {
        Differences { changes: recycle(self.changes), changed_bytes: self.changed_bytes }
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        self.changes.clear();
        self.changed_bytes.clear();
    }

    /// Finds what differs in the later packet, in place of what was found before.
    pub fn find(&mut self, old: Packet<'a>, new: Packet<'a>, scratch: &mut Scratch) {
        self.clear();
        if old == new {
            return;
        }
        self.changed_bytes.resize(new.bytes.len(), false);
        let mut old_headers: Vec<Placed<'a>> = std::mem::take(&mut scratch.old);
        let mut new_headers: Vec<Placed<'a>> = std::mem::take(&mut scratch.new);
        place(old, &mut old_headers);
        place(new, &mut new_headers);
        if let Some(reach) = reach::common((old, &old_headers), (new, &new_headers), scratch) {
            if let Some(change) = reach.moved(old, new) {
                self.mark(0, change.new.len());
                self.changes.push(Change::Bytes(change));
            } else {
                let (old, new) = (reach.of_old(old), reach.of_new(new));
                place(old, &mut old_headers);
                place(new, &mut new_headers);
                self.header_by_header((old, &old_headers), (new, &new_headers), scratch);
                self.changes.extend(reach.length());
            }
        } else {
            self.header_by_header((old, &old_headers), (new, &new_headers), scratch);
        }
        (scratch.old, scratch.new) = (recycle(old_headers), recycle(new_headers));
    }

    fn header_by_header(
        &mut self,
        (old, old_headers): (Packet<'a>, &[Placed<'a>]),
        (new, new_headers): (Packet<'a>, &[Placed<'a>]),
        scratch: &mut Scratch,
    ) {
        let Scratch { common, steps, fields, .. } = scratch;
        align(old_headers, new_headers, common, steps);
        let opaque = drop_one_sided_tail(steps);
        let last_pair = steps.iter().rposition(|step| matches!(step, Step::Both(..)));
        // Headers of tags that are told with their Ethernet header: a bit for each.
        let (mut told_old, mut told_new) = (0_u128, 0_u128);
        let mut is_compared = false;
        for (index, step) in steps.iter().enumerate() {
            let is_last_pair = last_pair == Some(index);
            match *step {
                Step::Removed(place) if is_told(told_old, place) => {}
                Step::Added(place) if is_told(told_new, place) => {}
                Step::Removed(place) => {
                    let Some(header) = old_headers.get(place) else { continue };
                    self.changes.push(Change::HeaderRemoved(header.as_change()));
                    for (tag, change) in
                        own_tags(old_headers, place).iter().flat_map(|stack| stack.all(false))
                    {
                        told_old |= told(tag.header);
                        self.changes.push(Change::Vlan(change));
                    }
                }
                Step::Added(place) => {
                    let Some(header) = new_headers.get(place) else { continue };
                    self.changes.push(Change::HeaderAdded(header.as_change()));
                    self.mark(header.start, header.own.len());
                    for (tag, change) in own_tags(new_headers, place).iter().flat_map(|stack| stack.all(true))
                    {
                        told_new |= told(tag.header);
                        self.changes.push(Change::Vlan(change));
                        self.mark(tag.start, 4);
                    }
                }
                Step::Both(before, now) if is_told(told_old, before) || is_told(told_new, now) => {}
                Step::Both(before_place, now_place) => {
                    let (Some(before), Some(now)) =
                        (old_headers.get(before_place), new_headers.get(now_place))
                    else {
                        continue;
                    };
                    let occurrence = now.occurrence(new_headers);
                    let context = fields::Context { old: old_headers, new: new_headers, occurrence };
                    let stacks = own_tags(old_headers, before_place).zip(own_tags(new_headers, now_place));
                    if let Some((was, is)) = stacks.filter(|(was, is)| !was.is_like(is)) {
                        told_old |= was.tags().iter().fold(0, |bits, tag| bits | told(tag.header));
                        told_new |= is.tags().iter().fold(0, |bits, tag| bits | told(tag.header));
                        self.tags((before, &was), (now, &is), &context, fields);
                        let is_last = steps.iter().skip(index.saturating_add(1)).all(|step| match *step {
                            Step::Removed(place) => is_told(told_old, place),
                            Step::Added(place) => is_told(told_new, place),
                            Step::Both(before, now) => is_told(told_old, before) && is_told(told_new, now),
                        });
                        if is_last {
                            self.bytes(is.end, rest(old.bytes, was.end), rest(new.bytes, is.end), &[]);
                            is_compared = true;
                        }
                        continue;
                    }
                    let (old_own, new_own) = match opaque && is_last_pair {
                        true => (rest(old.bytes, before.start), rest(new.bytes, now.start)),
                        false => (before.own, now.own),
                    };
                    fields::compare(before, now, &context, (old_own, new_own), fields, &mut self.changes);
                    self.bytes(now.start, old_own, new_own, &fields.known);
                }
            }
        }
        if last_pair.is_none() && opaque {
            self.bytes(0, old.bytes, new.bytes, &[]);
        } else if !opaque && !is_compared {
            // What follows the last header's payload: padding of Ethernet.
            let (old_end, new_end) = (end(old_headers), end(new_headers));
            self.bytes(new_end, rest(old.bytes, old_end), rest(new.bytes, new_end), &[]);
        }
    }

    /// Compares two Ethernet headers whose tags are not the same.
    fn tags(
        &mut self,
        (before, was): (&Placed<'a>, &Stack),
        (now, is): (&Placed<'a>, &Stack),
        context: &fields::Context<'a, '_>,
        scratch: &mut fields::Scratch,
    ) {
        let first = self.changes.len();
        let moved = Moved::between(was, is);
        let mut pair = |before: &Placed<'a>, now: &Placed<'a>, length: usize, occurrence: usize| {
            let own = |header: &Placed<'a>| header.own.get(..length).unwrap_or(header.own);
            let (old_own, new_own) = (own(before), own(now));
            let context = fields::Context { occurrence, ..*context };
            fields::compare(before, now, &context, (old_own, new_own), scratch, &mut self.changes);
            self.bytes(now.start, old_own, new_own, &scratch.known);
        };
        pair(before, now, vlan::ETHERNET, context.occurrence);
        for (one, other) in moved.by_fields(was, is) {
            let headers = context.old.get(one.header).zip(context.new.get(other.header));
            let Some((before, now)) = headers else { continue };
            // What a tag of 802.1ad carries is no field.
            let is_provider = now.header.protocol().is_some_and(|field| field.id == FieldId::Ieee8021ad);
            pair(before, now, if is_provider { 2 } else { 4 }, now.occurrence(context.new));
        }
        // What is behind the tags is the same: only they have moved it.
        if was.carries == is.carries && was.tags().len() != is.tags().len() {
            let mut place = 0_usize;
            self.changes.retain(|change| {
                place = place.saturating_add(1);
                place <= first || !matches!(change, Change::Field(field) if is_type(field.field.id))
            });
        }
        for (tag, change) in moved.changes(was, is) {
            if change.pushed {
                self.mark(tag.start, 4);
            }
            self.changes.push(Change::Vlan(change));
        }
    }

    fn mark(&mut self, from: usize, length: usize) {
        for byte in self.changed_bytes.iter_mut().skip(from).take(length) {
            *byte = true;
        }
    }

    /// Compares what no field has explained, and marks what differs, explained or not.
    fn bytes(&mut self, start: usize, old: &'a [u8], new: &'a [u8], known: &[bool]) {
        bytes::compare(old, new, known, &mut |range, change| {
            let length = range.end.saturating_sub(range.start);
            self.mark(start.saturating_add(range.start), length);
            if let Some(change) = change {
                self.changes.push(match change {
                    bytes::Found::Here(old, new) => {
                        let offset = start.saturating_add(range.start);
                        Change::Bytes(BytesChange { offset, old, new })
                    }
                    bytes::Found::More(count) => Change::MoreBytes(count),
                });
            }
        });
    }
}

#[cfg(test)]
mod tests;
