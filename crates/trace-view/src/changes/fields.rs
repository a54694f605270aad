//! Which fields of a header differ, and which of its bytes that explains.

use super::align::Placed;
use super::values::{Places, Values};
use super::{Change, FieldChange, checksum};
use trace_fields::{Field, FieldId, FieldType, Header, HeaderBytes};

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

/// Memory that is used again for the next header.
#[derive(Debug, Clone, Default)]
pub(super) struct Scratch {
    values: Values,
    found: Vec<Found>,
    /// Of each found field, whether it is told.
    kept: Vec<bool>,
    would_be: Vec<u8>,
    /// For the first bytes of the later header, whether a field explains that they differ.
    pub(super) known: Vec<bool>,
}

/// A field that differs.
#[derive(Debug, Clone)]
struct Found {
    field: &'static Field,
    old: Places,
    new: Places,
    /// The new ones, had the header no more bytes than are given to explain with.
    given: Places,
    follows: bool,
    wrong: bool,
}

/// Appends the fields that differ, and finds out which bytes that explains. `own` are the bytes of both headers.
pub(super) fn compare<'a>(
    before: &Placed<'a>,
    now: &Placed<'a>,
    context: &Context<'a, '_>,
    own: (&[u8], &[u8]),
    scratch: &mut Scratch,
    changes: &mut Vec<Change<'a>>,
) {
    let Scratch { values, found, known, .. } = scratch;
    values.clear();
    found.clear();
    known.clear();
    let (old_own, new_own) = own;
    let is_same = old_own == new_own;
    let sides = || ((before, context.old), (now, context.new));
    // A header that is the same may have a checksum over addresses that are not, or be cut off within its fields by a
    // length in the header before.
    let is_as_long = before.header.bytes().len() == now.header.bytes().len();
    let becomes_wrong = checksum::becomes_wrong(sides());
    if is_same && is_as_long && !becomes_wrong {
        return;
    }
    let checksum = checksum::field(now);
    let mut telling = if is_same { HeaderBytes::NONE } else { now.header.differing_bytes(&before.header) };
    if is_same || becomes_wrong {
        telling = telling.and(checksum.map_or(HeaderBytes::NONE, FieldId::depends_on));
    }
    for field in now.header.fields_depending_on(telling) {
        let is_checksum = checksum == Some(field.id);
        if is_same && !is_checksum {
            continue;
        }
        let wrong = is_checksum && becomes_wrong;
        let (old, new) = (values.push(&before.header, field), values.push(&now.header, field));
        if wrong || !values.are_same(&old, &new) {
            let follows = is_checksum && !wrong && checksum::follows(sides());
            found.push(Found { field, old, given: new.clone(), new, follows, wrong });
        } else {
            values.truncate(&old);
        }
    }
    if !is_same {
        scratch.explain(&now.header, old_own, new_own);
        scratch.leave_out_repetitions();
        scratch.leave_out_bits_of_addresses();
    }
    let found = &scratch.found;
    changes.extend(found.iter().map(|whole| {
        // What is named after an address does not say it, as the length of a prefix.
        let in_parts =
            !is_address(whole.field.ty) && found.iter().any(|part| is_part(part.field, whole.field));
        Change::Field(FieldChange {
            field: whole.field,
            occurrence: context.occurrence,
            before: before.header,
            now: now.header,
            differs: !scratch.values.are_same(&whole.old, &whole.new),
            follows: whole.follows,
            wrong: whole.wrong,
            in_parts: in_parts && !is_same,
        })
    }));
}

/// Whether the field is named as a part of another: `tcp.flags.syn` of `tcp.flags`.
fn is_part(part: &Field, whole: &Field) -> bool {
    // The point first: nearly every name fails there.
    part.name.as_bytes().get(whole.name.len()) == Some(&b'.') && part.name.starts_with(whole.name)
}

pub(super) const fn is_address(ty: FieldType) -> bool {
    matches!(ty, FieldType::Ether | FieldType::Ipv4 | FieldType::Ipv6)
}

impl Scratch {
    /// Leaves out what the address itself says: `eth.dst.ig` of `eth.dst`.
    fn leave_out_bits_of_addresses(&mut self) {
        self.leave_out(|Self { found, .. }, bit| {
            let mut addresses =
                found.iter().map(|other| other.field).filter(|field| field.ty == FieldType::Ether);
            addresses.any(|address| is_part(bit.field, address))
        });
    }

    /// Leaves out fields that have several values in one header, each change of which another field says by
    /// itself: `ip.addr` says what `ip.src` and `ip.dst` say.
    fn leave_out_repetitions(&mut self) {
        self.leave_out(|Self { values, found, .. }, repeats| {
            let mut pairs = values.at(&repeats.old).zip(values.at(&repeats.new));
            let is_said = |old: &[u8], new: &[u8]| {
                found.iter().any(|other| {
                    (other.field.ty, other.field.base) == (repeats.field.ty, repeats.field.base)
                        && values.only(&other.old) == Some(old)
                        && values.only(&other.new) == Some(new)
                })
            };
            repeats.old.count() > 1
                && repeats.old.count() == repeats.new.count()
                && pairs.all(|(old, new)| old == new || is_said(old, new))
        });
    }

    /// Leaves out those fields of which this is true beside all others.
    fn leave_out(&mut self, is_left_out: impl Fn(&Self, &Found) -> bool) {
        let mut kept = std::mem::take(&mut self.kept);
        kept.clear();
        kept.extend(self.found.iter().map(|found| !is_left_out(self, found)));
        if kept.contains(&false) {
            let mut keep = kept.iter().copied();
            self.found.retain(|_| keep.next().unwrap_or(true));
        }
        self.kept = kept;
    }

    /// A byte is explained by a field that would have another value, had the byte the one it had before.
    fn explain(&mut self, now: &Header<'_>, old: &[u8], new: &[u8]) {
        let Self { found, would_be, values, known, .. } = self;
        if found.is_empty() {
            return;
        }
        let given = now.bytes().get(..GIVEN).unwrap_or(now.bytes());
        would_be.clear();
        would_be.extend_from_slice(given);
        // Where not all bytes are given, a field may say something of those behind them.
        if given.len() < now.bytes().len() {
            let fewer = now.with_bytes(given);
            let not_given = fewer.differing_bytes(now);
            for found in found.iter_mut().filter(|found| found.field.id.depends_on().meets(not_given)) {
                found.given = values.push(&fewer, found.field);
            }
        }
        known.resize(old.len().min(new.len()).min(EXPLAINED), false);
        // Bytes of one field lie side by side.
        let mut last = 0_usize;
        let pairs = old.iter().zip(new).enumerate().zip(known);
        for ((place, (before, byte)), is_known) in pairs.filter(|((_, (before, byte)), _)| before != byte) {
            let Some(there) = would_be.get_mut(place) else { break };
            *there = *before;
            let header = now.with_bytes(would_be);
            let changed = HeaderBytes::at(place);
            let mut explains = |found: &Found| {
                if !found.field.id.depends_on().meets(changed) {
                    return false;
                }
                let would_be = values.push(&header, found.field);
                let differs = !values.are_same(&found.given, &would_be);
                values.truncate(&would_be);
                differs
            };
            *is_known = found.get(last).is_some_and(&mut explains);
            if !*is_known && let Some(at) = found.iter().position(&mut explains) {
                (*is_known, last) = (true, at);
            }
            if let Some(there) = would_be.get_mut(place) {
                *there = *byte;
            }
        }
    }
}
