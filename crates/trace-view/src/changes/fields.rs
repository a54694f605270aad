//! Which fields of a header differ, and which of its bytes that explains.

use super::align::Placed;
use super::{Change, FieldChange, checksum};
use std::fmt::Write as _;
use std::ops::ControlFlow;
use trace_fields::{Field, FieldType, Header};

/// Bytes of a header that fields are asked to explain: the longest header of TCP has 60. What lies behind is
/// payload, or extension headers and options of a length that nobody sends.
const EXPLAINED: usize = 96;
/// Bytes of a header and its payload that fields are given to find out what explains what.
const GIVEN: usize = 256;

/// The packets that the two headers are from.
pub(super) struct Context<'a, 'b> {
    pub(super) old: &'b [Placed<'a>],
    pub(super) new: &'b [Placed<'a>],
    pub(super) occurrence: usize,
}

/// Appends the fields that differ. Gives for the first bytes of the later header whether a field explains that
/// they differ. `own` are the bytes of both headers.
pub(super) fn compare(
    before: &Placed<'_>,
    now: &Placed<'_>,
    context: &Context<'_, '_>,
    own: (&[u8], &[u8]),
    changes: &mut Vec<Change>,
) -> Vec<bool> {
    let (old_own, new_own) = own;
    let is_same = old_own == new_own;
    let mut found = Vec::new();
    // A header that is the same may have a checksum over addresses that are not.
    for field in now.header.fields().filter(|field| !is_same || checksum::is_checksum(field)) {
        let (old, new) = (values(&before.header, field), values(&now.header, field));
        let sides = || ((before, context.old), (now, context.new));
        let wrong = checksum::is_checksum(field) && checksum::becomes_wrong(sides());
        if old != new || wrong {
            let follows = !wrong && checksum::is_checksum(field) && checksum::follows(sides());
            let occurrence = context.occurrence;
            found.push(FieldChange { field, occurrence, old, new, follows, wrong, in_parts: false });
        }
    }
    if is_same {
        changes.extend(found.into_iter().map(Change::Field));
        return Vec::new();
    }
    let known = explained(&found, &now.header, old_own, new_own);
    leave_out_repetitions(&mut found);
    leave_out_bits_of_addresses(&mut found);
    for place in 0..found.len() {
        // What is named after an address does not say it, as the length of a prefix.
        let in_parts = found.get(place).is_some_and(|whole| {
            !is_address(whole.field.ty) && found.iter().any(|part| is_part(part.field, whole.field))
        });
        if let Some(change) = found.get_mut(place) {
            change.in_parts = in_parts;
        }
    }
    changes.extend(found.into_iter().map(Change::Field));
    known
}

/// Whether the field is named as a part of another: `tcp.flags.syn` of `tcp.flags`.
fn is_part(part: &Field, whole: &Field) -> bool {
    part.name.strip_prefix(whole.name).is_some_and(|rest| rest.starts_with('.'))
}

pub(super) const fn is_address(ty: FieldType) -> bool {
    matches!(ty, FieldType::Ether | FieldType::Ipv4 | FieldType::Ipv6)
}

/// Leaves out what the address itself says: `eth.dst.ig` of `eth.dst`.
fn leave_out_bits_of_addresses(found: &mut Vec<FieldChange>) {
    let addresses: Vec<&Field> =
        found.iter().map(|change| change.field).filter(|field| field.ty == FieldType::Ether).collect();
    found.retain(|change| !addresses.iter().any(|address| is_part(change.field, address)));
}

/// The values of a field, shown.
pub(super) fn values(header: &Header<'_>, field: &'static Field) -> Vec<String> {
    let mut values = Vec::new();
    let _ = header.visit(field.id, &mut |value| {
        values.push(field.show(value).to_string());
        ControlFlow::Continue(())
    });
    values
}

/// Leaves out fields that have several values in one header, each change of which another field says by
/// itself: `ip.addr` says what `ip.src` and `ip.dst` say.
fn leave_out_repetitions(found: &mut Vec<FieldChange>) {
    let repeats = |change: &FieldChange| {
        let pairs = || change.old.iter().zip(&change.new);
        change.old.len() > 1
            && change.old.len() == change.new.len()
            && pairs().filter(|(old, new)| old != new).all(|(old, new)| {
                found.iter().any(|other| {
                    other.field.ty == change.field.ty
                        && matches!(other.old.as_slice(), [other] if other == old)
                        && matches!(other.new.as_slice(), [other] if other == new)
                })
            })
    };
    let repetitions: Vec<bool> = found.iter().map(repeats).collect();
    let mut repetitions = repetitions.into_iter();
    found.retain(|_| !repetitions.next().unwrap_or(false));
}

/// A byte is explained by a field that would have another value, had the byte the one it had before.
fn explained(found: &[FieldChange], now: &Header<'_>, old: &[u8], new: &[u8]) -> Vec<bool> {
    if found.is_empty() {
        return Vec::new();
    }
    let given = now.bytes().get(..GIVEN).unwrap_or(now.bytes());
    let mut would_be = given.to_vec();
    let (mut as_it_is, mut as_it_would_be) = (String::new(), String::new());
    show_all(found, &now.with_bytes(given), &mut as_it_is);
    let mut known = Vec::new();
    for (place, (before, byte)) in old.iter().zip(new).enumerate().take(EXPLAINED) {
        let mut is_known = false;
        if before != byte
            && let Some(there) = would_be.get_mut(place)
        {
            *there = *before;
            show_all(found, &now.with_bytes(&would_be), &mut as_it_would_be);
            is_known = as_it_is != as_it_would_be;
            if let Some(there) = would_be.get_mut(place) {
                *there = *byte;
            }
        }
        known.push(is_known);
    }
    known
}

fn show_all(found: &[FieldChange], header: &Header<'_>, out: &mut String) {
    out.clear();
    for change in found {
        let _ = header.visit(change.field.id, &mut |value| {
            // Writing to a String cannot fail.
            let _ = write!(out, "{},", change.field.show(value));
            ControlFlow::Continue(())
        });
        out.push(';');
    }
}
