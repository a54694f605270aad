//! What is kept of a packet gives the same values as the packet, and what is said to lie in it does.

mod packets;

use capture_file::{Item, LinkType, Reader};
use mbuf_trace::Detector;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;
use trace_fields::{Decoded, Field, FieldId, PacketView, Repeated, Scope, Scratch, Subject, Value, Verbatim};

/// Events and headers are both asked for more than once.
const ALL: [FieldId; 4] = [FieldId::MbufTraceFile, FieldId::MbufTraceFile, FieldId::Ip, FieldId::Ip];

fn record(kind: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    [&length.to_be_bytes()[..], &kind.to_be_bytes(), payload].concat()
}

/// A frame of revision 3 with more events and headers than are kept; every third snapshot repeats one.
fn long_frame() -> Vec<u8> {
    let (_, echo) = packets::packets().swap_remove(0);
    let records: Vec<_> = (0..3_000_u16)
        .map(|number| match number % 3 {
            0 => record(1, format!("f{number}.c:{}: +f{}()\0", number + 1, number % 7).as_bytes()),
            _ => record(0, &[&number.div_ceil(9).to_be_bytes()[..], &echo[2..]].concat()),
        })
        .collect();
    [&3_000_u16.to_be_bytes()[..], &records.concat()].concat()
}

fn fixtures() -> Vec<PathBuf> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures"));
    let files = |folder: PathBuf| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_capture =
        |path: &PathBuf| path.extension().is_some_and(|ending| ending == "pcap" || ending == "pcapng");
    files(root.clone()).chain(files(root.join("malformed"))).filter(is_capture).collect()
}

/// Calls `ask` with every packet of the fixtures, every kind of packet in the clear, and a long frame.
fn each_packet(mut ask: impl FnMut(&Subject<'_>)) {
    for path in fixtures() {
        let bytes = std::fs::read(path).unwrap();
        let Ok(mut reader) = Reader::new(bytes.as_slice()) else { continue };
        let mut detector = Detector::default();
        while let Ok(Some(item)) = reader.next_item() {
            let Item::Packet(packet) = item else { continue };
            let length = usize::try_from(packet.original_len).unwrap();
            let read = (packet.link_type == LinkType::USER0).then(|| detector.read(packet.data, length));
            match &read {
                Some(Ok(trace)) => ask(&Subject::new(&packet).with_trace(trace)),
                _ => ask(&Subject::new(&packet)),
            }
        }
    }
    for (_, bytes) in packets::packets() {
        ask(&Subject::new(PacketView { link_type: LinkType::ETHERNET, ..PacketView::of_bytes(&bytes) }));
    }
    let frame = long_frame();
    let trace = Detector::default().read(&frame, frame.len()).unwrap();
    ask(&Subject::new(PacketView::of_bytes(&frame)).with_trace(&trace));
}

/// The first so many values.
fn first(
    count: usize,
    visit: impl FnOnce(&mut dyn FnMut(Value<'_>) -> ControlFlow<()>) -> ControlFlow<()>,
) -> Vec<String> {
    let mut values = Vec::new();
    let _ = visit(&mut |value| {
        values.push(format!("{value:?}"));
        if values.len() < count { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    values
}

#[test]
fn the_same_values_in_any_order() {
    let (mut plain, mut scratch) = (Scratch::default(), Scratch::default());
    let mut kept = 0;
    each_packet(|subject| {
        let mut decoded = Decoded::new(*subject, Repeated::of(ALL), &mut scratch);
        // One value first, so that later questions find the beginning of a walk and go on with it.
        for (count, field) in [1, usize::MAX]
            .into_iter()
            .flat_map(|count| Field::all().iter().rev().map(move |field| (count, field)))
        {
            let expected = first(count, |visit| subject.visit(field.id, &mut plain, visit));
            let found = first(count, |visit| decoded.visit(field.id, visit));
            assert_eq!(found, expected, "{}", field.name);
            kept += found.len();
            let mut expected = Vec::new();
            let mut found = Vec::new();
            let _ = subject.visit_layers(field.id, &mut plain, &mut |layer, value| {
                expected.push((layer, format!("{value:?}")));
                ControlFlow::Continue(())
            });
            let _ = decoded.visit_layers(field.id, &mut |layer, value| {
                found.push((layer, format!("{value:?}")));
                ControlFlow::Continue(())
            });
            assert_eq!(found, expected, "{} by layers", field.name);
        }
    });
    assert!(kept > 10_000, "{kept}");
}

/// Whether one is part of the other.
fn holds(bytes: &[u8], part: &[u8]) -> bool {
    part.is_empty() || bytes.windows(part.len()).any(|window| window == part)
}

/// Leaving events out by their payloads leaves no value out that was looked for.
#[test]
fn values_that_hold_certain_bytes() {
    let (mut plain, mut scratch) = (Scratch::default(), Scratch::default());
    let mut seen = 0;
    each_packet(|subject| {
        let typed = subject.trace().is_some_and(|trace| trace.revision().number() == 4);
        for field in Field::all() {
            if field.id.verbatim() == Verbatim::BeforeRevision4 && typed {
                continue;
            }
            for needle in [&b"_input"[..], b"f0()"] {
                let wanted = |value: &String| value.contains(std::str::from_utf8(needle).unwrap());
                let mut expected = first(usize::MAX, |visit| subject.visit(field.id, &mut plain, visit));
                let mut decoded = Decoded::new(*subject, Repeated::default(), &mut scratch);
                let mut found = first(usize::MAX, |visit| {
                    decoded.visit_holding(field.id, |payload| holds(payload, needle), visit)
                });
                expected.retain(wanted);
                found.retain(wanted);
                assert_eq!(found, expected, "{}", field.name);
                seen += found.len();
            }
        }
    });
    assert!(seen > 300, "{seen}");
}

#[test]
fn verbatim_values_lie_in_the_packet() {
    let mut scratch = Scratch::default();
    let verbatim = |field: &&Field| field.id.verbatim() != Verbatim::Never;
    let mut missing: BTreeSet<&str> = Field::all().iter().filter(verbatim).map(|field| field.name).collect();
    each_packet(|subject| {
        let revision = subject.trace().map(|trace| trace.revision().number());
        for field in Field::all().iter().filter(verbatim) {
            if field.id.verbatim() == Verbatim::BeforeRevision4 && revision == Some(4) {
                continue;
            }
            // Looking for thousands of values one by one takes quadratic time.
            let most = if field.scope == Scope::Event { 100 } else { 20 };
            let mut left = most;
            let _ = subject.visit(field.id, &mut scratch, &mut |value| {
                let found = match value {
                    Value::Text(text) => holds(subject.bytes(), text.as_bytes()),
                    Value::Bytes(bytes) | Value::Protocol(bytes) => holds(subject.bytes(), bytes),
                    Value::Ether(bytes) => holds(subject.bytes(), &bytes),
                    Value::Ipv4(address) => holds(subject.bytes(), &address.octets()),
                    Value::Ipv6(address) => holds(subject.bytes(), &address.octets()),
                    Value::Bool(_) | Value::Uint(_) | Value::Time(_) => false,
                };
                assert!(found, "{} {value:?}", field.name);
                missing.remove(field.name);
                left -= 1;
                if left > 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
        }
    });
    assert_eq!(missing.into_iter().collect::<Vec<_>>(), Vec::<&str>::new());
}
