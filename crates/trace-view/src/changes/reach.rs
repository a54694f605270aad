//! How far packets that were cut can be compared.
//!
//! A snapshot holds the first bytes of a packet. Where a header came or went in between, two snapshots of as many bytes
//! do not reach equally far into the packet, and what only one of them reaches says nothing.

use super::align::{Placed, Step, align};
use super::{BytesChange, Change, Packet, Scratch};
use trace_fields::FieldId;

/// How far both packets reach, from their first bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    old: usize,
    new: usize,
    /// The lengths of the packets, where both are known.
    lengths: Option<(usize, usize)>,
    /// Whether a header is in both, from which on they are compared.
    is_aligned: bool,
    /// How much longer the packet became by what is in front of that header.
    grown: (usize, usize),
}

/// How far two packets can be compared. None where none of them was cut.
pub(super) fn common(
    (old, old_headers): (Packet<'_>, &[Placed<'_>]),
    (new, new_headers): (Packet<'_>, &[Placed<'_>]),
    scratch: &mut Scratch,
) -> Option<Reach> {
    let old_is_cut = is_cut(old, old_headers, new);
    let new_is_cut = is_cut(new, new_headers, old);
    if !old_is_cut && !new_is_cut {
        return None;
    }
    let Scratch { common, steps, .. } = scratch;
    align(old_headers, new_headers, common, steps);
    let last = steps.iter().rev().find_map(|step| match *step {
        Step::Both(before, now) => Some((old_headers.get(before)?.start, new_headers.get(now)?.start)),
        _ => None,
    });
    let (before, now) = last.unwrap_or_default();
    let both = old.bytes.len().saturating_sub(before).min(new.bytes.len().saturating_sub(now));
    let is_known = |packet: Packet<'_>, is_cut: bool| packet.is_length_known || !is_cut;
    let lengths = is_known(old, old_is_cut) && is_known(new, new_is_cut);
    Some(Reach {
        old: before.saturating_add(both),
        new: now.saturating_add(both),
        lengths: lengths.then_some((old.length, new.length)),
        is_aligned: last.is_some(),
        grown: (before, now),
    })
}

/// Whether bytes of the packet are not there. Revisions 1 to 3 do not tell that the kernel cut a snapshot; there it is
/// so if IP tells of more bytes, and no snapshot beside this one is longer.
fn is_cut(packet: Packet<'_>, headers: &[Placed<'_>], other: Packet<'_>) -> bool {
    let is_there = packet.bytes.len();
    is_there < packet.length
        || !packet.is_length_known
            && is_there >= other.bytes.len()
            && length_by_ip(headers).is_some_and(|length| is_there < length)
}

/// The length of the packet as its outermost IP header tells it.
fn length_by_ip(headers: &[Placed<'_>]) -> Option<usize> {
    headers.iter().find_map(|header| {
        let word = |at: usize| {
            let pair = header.header.bytes().get(at..)?.first_chunk()?;
            Some(usize::from(u16::from_be_bytes(*pair)))
        };
        let length = match header.header.protocol()?.id {
            FieldId::Ip => word(2)?,
            FieldId::Ipv6 => word(4)?.saturating_add(40),
            _ => return None,
        };
        Some(header.start.saturating_add(length))
    })
}

impl Reach {
    pub(super) fn of_old<'a>(&self, packet: Packet<'a>) -> Packet<'a> {
        Packet { bytes: packet.bytes.get(..self.old).unwrap_or(packet.bytes), ..packet }
    }

    pub(super) fn of_new<'a>(&self, packet: Packet<'a>) -> Packet<'a> {
        Packet { bytes: packet.bytes.get(..self.new).unwrap_or(packet.bytes), ..packet }
    }

    /// Bytes at the beginning that came or went, where no header is in both and the lengths tell how many: the rest is
    /// the same as far as it is there.
    pub(super) fn moved<'a>(&self, old: Packet<'a>, new: Packet<'a>) -> Option<BytesChange<'a>> {
        let (was, is) = self.lengths.filter(|_| !self.is_aligned)?;
        let same = |long: &'a [u8], short: &[u8], by: usize| {
            let (front, rest) = long.split_at_checked(by)?;
            let common = rest.get(..short.len()).unwrap_or(rest);
            (!common.is_empty() && short.starts_with(common)).then_some(front)
        };
        match was.checked_sub(is) {
            Some(0) => None,
            Some(less) => {
                let old = same(old.bytes, new.bytes, less)?;
                Some(BytesChange { offset: 0, old, new: &[] })
            }
            None => {
                let new = same(new.bytes, old.bytes, is.saturating_sub(was))?;
                Some(BytesChange { offset: 0, old: &[], new })
            }
        }
    }

    /// The change of the length that what is in front of the common header does not explain.
    pub(super) fn length<'a>(&self) -> Option<Change<'a>> {
        let (old, new) = self.lengths?;
        let (before, now) = self.grown;
        (old.saturating_sub(before) != new.saturating_sub(now)).then_some(Change::Length { old, new })
    }
}
