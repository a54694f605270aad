//! The payload of packets: frames of every revision.

use crate::check;
use mbuf_trace::write::convert;
use mbuf_trace::{Detector, Encoding, Fault, FaultKind, Revision, Trace};
use std::ops::ControlFlow;
use std::sync::LazyLock;
use trace_fields::{Field, PacketView, Scratch, Subject};

/// Every revision, by the first byte of an input.
pub(crate) static ENCODINGS: LazyLock<Vec<Encoding>> =
    LazyLock::new(|| ["1", "1le", "2", "3", "4"].iter().filter_map(|name| name.parse().ok()).collect());

/// The first byte says which revision the rest is, or that it has to be found out; the second how much was captured.
fn split(data: &[u8]) -> Option<(Option<Encoding>, &[u8], usize)> {
    let (&[choice, cut], frame) = data.split_first_chunk()?;
    let encoding = ENCODINGS.get(usize::from(choice % 8)).copied();
    Some((encoding, frame, frame.len() + usize::from(cut)))
}

/// Reading: events in every order, faults, and what is left over.
pub(crate) fn payload(data: &[u8]) {
    let Some((encoding, frame, original_len)) = split(data) else { return };
    let Ok(trace) = encoding.map_or_else(Detector::default, Detector::forced).read(frame, original_len)
    else {
        return;
    };
    let oldest_first: Vec<_> = trace.events().map(|event| event.record.index).collect();
    assert_eq!(oldest_first.len(), trace.event_count());
    assert!(
        oldest_first.iter().rev().copied().eq(trace.events_newest_first().map(|event| event.record.index))
    );
    let in_wire_order: Vec<_> = trace.events_in_wire_order().map(|event| event.record.index).collect();
    assert!(in_wire_order.is_sorted());
    let mut sorted = oldest_first;
    sorted.sort_unstable();
    assert_eq!(sorted, in_wire_order, "both orders have the same events");
    for event in trace.events() {
        let read = event.read();
        assert_eq!(
            (event.snapshot(), event.header(), event.fault()),
            (read.snapshot, read.header, read.fault)
        );
    }
    let snapshots = trace.events_in_wire_order().filter(|event| event.read().snapshot.is_some()).count();
    assert_eq!(trace.snapshots().count(), snapshots);
    assert!(trace.unread().len() <= frame.len());
    for fault in trace.faults() {
        check::harmless(fault.to_string().as_bytes());
    }
}

/// Every field of it.
pub(crate) fn fields(data: &[u8]) {
    let Some((encoding, frame, original_len)) = split(data) else { return };
    let Ok(trace) = encoding.map_or_else(Detector::default, Detector::forced).read(frame, original_len)
    else {
        return;
    };
    let subject = Subject::new(PacketView::of_bytes(frame)).with_trace(&trace);
    let mut scratch = Scratch::default();
    for field in Field::all() {
        let mut values = 0_usize;
        let _ = subject.visit(field.id, &mut scratch, &mut |value| {
            check::harmless(field.show(value).to_string().as_bytes());
            values += 1;
            ControlFlow::Continue(())
        });
        assert!(values <= 100 * (frame.len() + 100), "{} has {values} values", field.name);
    }
}

/// A trace becomes one of every other revision, which is sound where it was, and to its own comes back as it is.
pub(crate) fn revisions(data: &[u8]) {
    let Some((encoding, frame, _)) = split(data) else { return };
    let encoding = encoding.unwrap_or(ENCODINGS[3]);
    let trace = Trace::parse(frame, frame.len(), encoding);
    let is_sound = trace.faults().next().is_none();
    for to in ENCODINGS.iter().copied() {
        let mut converted = b"before".to_vec();
        if convert(&trace, to, &mut converted).is_err() {
            assert_eq!(converted, b"before", "a failed conversion leaves nothing behind");
            continue;
        }
        let converted = converted.strip_prefix(b"before").expect("what was there stays");
        let again = Trace::parse(converted, converted.len(), to);
        // The bytes of the packet behind revision 1's strings may by chance be records in the other byte order: the
        // format cannot tell these from records that were not counted.
        let by_chance = |fault: &Fault| {
            to.revision == Revision::One
                && fault.kind == FaultKind::RecordsUncounted
                && trace.snapshots().any(|snapshot| snapshot.bytes.len() as u64 == fault.available)
        };
        let is_wrong = again.faults().any(|fault| fault.kind.is_malformed() && !by_chance(&fault));
        assert!(!is_sound || !is_wrong, "{to}: {:?}", again.faults().next());
        if is_sound && to == encoding {
            assert_eq!(converted, frame, "to its own revision");
        }
    }
}
