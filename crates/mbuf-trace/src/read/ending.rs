//! Where the records of a frame end, and what is wrong when that is not where its bytes do.

use super::event::RecordedEvent;
use super::records::{Record, Records, Short};
use super::starts::Starts;
use crate::fault::Fault;
use crate::generated::{FaultKind, Kind, record_type};
use crate::revision::{Encoding, Revision};
use crate::snapshot::looks_like_a_packet;

/// How the walk over a frame's records ended.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ending {
    /// Whole records.
    pub(super) whole: u32,
    /// Where they end.
    pub(super) end: usize,
    /// Whether the capture cut the next record, of which something is there.
    pub(super) partial: bool,
    /// What is wrong.
    pub(super) faults: [Option<Fault>; 2],
}

/// Walks over all records, and keeps where the first of them begin. `cut` tells that the capture did not keep all of
/// the frame: then it ends early without a fault.
#[inline]
pub(super) fn of(packet: &[u8], encoding: Encoding, cut: bool, starts: &mut Starts) -> Ending {
    let mut records = Records::new(packet, encoding);
    records.pass_whole(|index, offset| starts.keep(index, offset));
    let (whole, end) = (records.index(), records.offset());
    if whole == records.announced() && end == packet.len() {
        return Ending { whole, end, ..Ending::default() };
    }
    elsewhere(packet, encoding, cut, records)
}

/// The ending where the records do not end with the bytes.
#[cold]
fn elsewhere(packet: &[u8], encoding: Encoding, cut: bool, mut records: Records<'_>) -> Ending {
    let stopped = records.step().and_then(Result::err);
    let ending = Ending { whole: records.index(), end: records.offset(), ..Ending::default() };
    if cut {
        return Ending { partial: matches!(stopped, Some(Short::Payload(..))), ..ending };
    }
    if let Some(wrapped) = at_wrapped_length(packet, encoding) {
        return wrapped;
    }
    let faults = match stopped {
        None => [behind(packet, encoding, &records), None],
        Some(short) => before_count(records.announced(), &ending, short),
    };
    Ending { faults, ..ending }
}

/// The bytes end before the count is reached.
fn before_count(announced: u32, ending: &Ending, short: Short<'_>) -> [Option<Fault>; 2] {
    let missing = missing(announced, ending.whole, ending.end);
    // The count's bytes, read in the other order.
    let reversed = u32::from(u16::try_from(announced).unwrap_or_default().swap_bytes());
    match short {
        Short::Nothing if ending.whole > 0 && reversed == ending.whole => {
            let fault = Fault::new(FaultKind::LittleEndian, 0, 0, 0);
            [Some(Fault { needed: u64::from(reversed), available: u64::from(announced), ..fault }), None]
        }
        Short::Nothing => [Some(missing), None],
        Short::Header(fault) | Short::Payload(_, fault) => [Some(fault), Some(missing)],
    }
}

fn missing(announced: u32, whole: u32, end: usize) -> Fault {
    let fault = Fault::new(FaultKind::RecordsMissing, end, 0, 0);
    Fault { needed: u64::from(announced), available: u64::from(whole), ..fault }
}

/// Bytes behind the last counted record: records that were not counted, or anything else. In revision 1 the
/// packet is there, and nothing is wrong.
fn behind(packet: &[u8], encoding: Encoding, records: &Records<'_>) -> Option<Fault> {
    let (whole, end) = (records.index(), records.offset());
    let rest = packet.get(end..).unwrap_or_default();
    let mut more = records.clone().beyond_count();
    let revision = encoding.revision.number();
    let uncounted = if encoding.revision == Revision::One {
        if looks_like_a_packet(rest, rest.len()) {
            return None;
        }
        let after = last_text(&mut more);
        after.is_some_and(|after| after.is_empty() || looks_like_a_packet(after, after.len()))
    } else {
        let declared = |record: Record<'_>| {
            record.record_type.is_some_and(|code| record_type::is_declared(revision, code))
        };
        more.by_ref().all(declared) && more.offset() == packet.len()
    };
    let found = more.index().saturating_sub(whole);
    if uncounted && found > 0 {
        let fault = Fault::new(FaultKind::RecordsUncounted, end, 0, rest.len());
        return Some(Fault { needed: u64::from(found), ..fault });
    }
    (encoding.revision != Revision::One).then(|| Fault::new(FaultKind::TrailingBytes, end, 0, rest.len()))
}

/// Walks over strings of revision 1 as long as they are text; what follows the last of them, if there is
/// one.
fn last_text<'a>(more: &mut Records<'a>) -> Option<&'a [u8]> {
    let mut rest = None;
    loop {
        let mut ahead = more.clone();
        match ahead.next() {
            Some(record) if super::plausible::is_text(record.payload) => *more = ahead,
            _ => return rest,
        }
        rest = Some(more.rest());
    }
}

/// The ending at a snapshot whose length has wrapped at 65,536, as that of a large TSO packet does: where
/// its length ends, no record begins; 65,536 bytes later, one does. What lies between is the middle of the
/// packet, so no record behind it is given.
fn at_wrapped_length(packet: &[u8], encoding: Encoding) -> Option<Ending> {
    const WRAP: usize = 1 << 16;
    if encoding.revision == Revision::One || packet.len() < WRAP {
        return None;
    }
    let mut records = Records::new(packet, encoding);
    let announced = records.announced();
    while let Some(record) = records.next() {
        let (whole, end) = (records.index(), records.offset());
        let goes_on = |at| goes_on_at(packet, encoding, &records, at);
        let is_data = RecordedEvent::new(record, encoding.revision).snapshot().is_some();
        if !is_data || goes_on(end) {
            continue;
        }
        let mut wraps = (1..=packet.len() / WRAP).map(|times| times.saturating_mul(WRAP));
        let real_end = |wrap: &usize| end.saturating_add(*wrap);
        let Some(wrap) = wraps.find(|wrap| real_end(wrap) <= packet.len() && goes_on(real_end(wrap))) else {
            continue;
        };
        let (length, real) = (record.length(), record.length().saturating_add(wrap));
        let wrapped =
            Fault::new(FaultKind::LengthWrapped, record.offset, real, length).in_record(record.index);
        let second = if whole < announced {
            missing(announced, whole, end)
        } else {
            Fault::new(FaultKind::TrailingBytes, end, 0, packet.len().saturating_sub(end))
        };
        return Some(Ending { whole, end, faults: [Some(wrapped), Some(second)], ..Ending::default() });
    }
    None
}

/// Whether the frame goes on here as it should: with a record that can be read, or, behind the last one,
/// with nothing.
fn goes_on_at(packet: &[u8], encoding: Encoding, records: &Records<'_>, at: usize) -> bool {
    let mut next = records.clone().at(records.index(), at);
    if records.index() >= records.announced() {
        return at == packet.len();
    }
    let Some(record) = next.next() else { return false };
    let event = RecordedEvent::new(record, encoding.revision).read();
    let is_plain_string = record.record_type.is_some_and(|code| code < record_type::REV4_FRAME_HEADER);
    match event.kind {
        Kind::Unknown => false,
        // A snapshot of nothing is what zeros in the middle of a packet look like.
        Kind::Data => !record.payload.is_empty(),
        _ => !is_plain_string || record.payload.last() == Some(&0),
    }
}
