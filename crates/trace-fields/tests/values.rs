//! Values of the fields of packets and traces, and summaries.

mod packets;

use capture_file::{Item, LinkType, Reader, Resolution, Timestamp};
use mbuf_trace::{ByteOrder, Detector, Encoding, Link, Revision};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::ControlFlow;
use trace_fields::{Field, FieldId, PacketView, Scope, Scratch, SnapshotLink, Subject, summary};

fn values(subject: &Subject<'_>, field: &'static Field) -> Vec<String> {
    let mut out = Vec::new();
    let _ = subject.visit(field.id, &mut Scratch::default(), &mut |value| {
        out.push(field.show(value).to_string());
        ControlFlow::Continue(())
    });
    out
}

fn all(subject: &Subject<'_>) -> String {
    let mut out = String::new();
    for field in Field::all() {
        let values = values(subject, field);
        if !values.is_empty() {
            let _ = writeln!(out, "{} = {}", field.name, values.join(","));
        }
    }
    out
}

fn record(kind: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    [&length.to_be_bytes()[..], &kind.to_be_bytes(), payload].concat()
}

/// An event of revision 4 at `if.c:7` in `send`.
fn event(kind: u16, body: &[u8]) -> Vec<u8> {
    let head = [
        &1_000_u64.to_be_bytes()[..],
        &100_123_u32.to_be_bytes(),
        &2_u32.to_be_bytes(),
        &3_u16.to_be_bytes(),
        &1_u16.to_be_bytes(),
        &7_u32.to_be_bytes(),
        &4_u16.to_be_bytes(),
        &4_u16.to_be_bytes(),
        b"if.csend",
    ]
    .concat();
    record(kind, &[&head[..], body].concat())
}

fn revision4() -> Vec<u8> {
    let (_, echo) = packets::packets().swap_remove(0);
    let header = [
        &b"mtrc"[..],
        &[4, 0],
        &3_u16.to_be_bytes(),
        &9_u64.to_be_bytes(),
        &8_u64.to_be_bytes(),
        &5_u32.to_be_bytes(),
    ]
    .concat();
    let snapshot = |link: u16, bytes: &[u8]| {
        [&link.to_be_bytes()[..], &[0, 0], &1_500_u32.to_be_bytes(), bytes].concat()
    };
    let records = [
        record(0x0100, &header),
        event(0x0101, b"\0\x02rule 7"),
        event(0x0106, b"m"),
        event(0x0108, &snapshot(1, &echo)),
        event(0x0108, &snapshot(101, &echo[14..])),
        event(0x0108, &snapshot(101, &echo[14..])),
        event(0x0108, &snapshot(113, &echo)),
        event(0x0103, b"dynamic \x1b[31m"),
        event(0x0109, b"\0\x37no buffers"),
        record(0x9000, b"unknown"),
        // Trailing bytes, for a fault.
        b"!".to_vec(),
    ];
    let count = u16::try_from(records.len() - 1).unwrap();
    [&count.to_be_bytes()[..], &records.concat()].concat()
}

fn encoding(revision: Revision) -> Encoding {
    Encoding { revision, byte_order: ByteOrder::Big }
}

#[test]
fn every_field_of_a_trace() {
    let data = revision4();
    let trace = Detector::forced(encoding(Revision::Four)).read(&data, data.len()).unwrap();
    let view = PacketView {
        time: Some(Timestamp::new(1, 5, Resolution::MICROS)),
        interface_name: Some(b"em0\n"),
        ..PacketView::of_bytes(&data)
    };
    insta::assert_snapshot!(all(&Subject::new(view).with_trace(&trace)));
}

#[test]
fn an_older_trace() {
    let (_, echo) = packets::packets().swap_remove(0);
    let records = [
        record(0, &echo[14..]),
        record(1, b"if.c:9: if.c:9: -send\0"),
        record(0, &echo),
        record(1, b"if.c:7: +send(m)\0"),
        record(1, b"if.c:5\0"),
    ];
    let data = [&5_u16.to_be_bytes()[..], &records.concat()].concat();
    let trace = Detector::default().read(&data, data.len()).unwrap();
    let subject = Subject::new(PacketView::of_bytes(&data)).with_trace(&trace);
    insta::assert_snapshot!(all(&subject));
}

/// No field is declared that nothing gives a value of.
#[test]
fn every_field_has_a_value_somewhere() {
    let data = revision4();
    let trace = Detector::forced(encoding(Revision::Four)).read(&data, data.len()).unwrap();
    let view = PacketView {
        time: Some(Timestamp::new(1, 5, Resolution::MICROS)),
        interface_name: Some(b"em0"),
        ..PacketView::of_bytes(&data)
    };
    let mut missing: BTreeSet<&str> = Field::all().iter().map(|field| field.name).collect();
    let mut seen = |subject: &Subject<'_>| {
        let mut scratch = Scratch::default();
        missing.retain(|name| !subject.has(Field::by_name(name).unwrap().id, &mut scratch));
    };
    seen(&Subject::new(view).with_trace(&trace));
    for (_, bytes) in packets::packets() {
        seen(&Subject::new(PacketView { link_type: LinkType::ETHERNET, ..PacketView::of_bytes(&bytes) }));
    }
    let capture = packets::pcapng::capture();
    let mut reader = Reader::new(capture.as_slice()).unwrap();
    while let Some(item) = reader.next_item().unwrap() {
        if let Item::Packet(packet) = item {
            seen(&Subject::new(&packet));
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_packet_without_a_trace_has_no_fields_of_one() {
    for (name, bytes) in packets::packets() {
        let subject =
            Subject::new(PacketView { link_type: LinkType::ETHERNET, ..PacketView::of_bytes(&bytes) });
        for field in Field::all().iter().filter(|field| matches!(field.scope, Scope::Trace | Scope::Event)) {
            assert!(values(&subject, field).is_empty(), "{name}: {}", field.name);
        }
    }
}

#[test]
fn visiting_breaks_off() {
    let (_, bytes) = packets::packets().swap_remove(0);
    let subject = Subject::new(PacketView { link_type: LinkType::ETHERNET, ..PacketView::of_bytes(&bytes) });
    let mut count = 0;
    let end = subject.visit(FieldId::EthAddr, &mut Scratch::default(), &mut |_| {
        count += 1;
        ControlFlow::Break(())
    });
    assert_eq!((end, count), (ControlFlow::Break(()), 1));
}

#[test]
fn values_of_one_event_have_its_step() {
    let data = revision4();
    let trace = Detector::forced(encoding(Revision::Four)).read(&data, data.len()).unwrap();
    let subject = Subject::new(PacketView::of_bytes(&data)).with_trace(&trace);
    let mut scratch = Scratch::default();
    for field in Field::all() {
        let mut steps = Vec::new();
        let _ = subject.visit_steps(field.id, &mut scratch, &mut |step, value| {
            steps.push((step, field.show(value).to_string()));
            ControlFlow::Continue(())
        });
        assert!(steps.is_sorted_by(|a, b| a.0 < b.0), "{}: {steps:?}", field.name);
        if field.scope == Scope::Event {
            let shown: Vec<String> = steps.iter().map(|(_, value)| value.clone()).collect();
            assert_eq!(shown, values(&subject, field), "{}", field.name);
        } else {
            assert!(steps.is_empty(), "{}", field.name);
        }
        if field.id == FieldId::MbufTraceStep {
            assert!(steps.iter().all(|(step, shown)| *shown == step.to_string()));
        }
    }
}

#[test]
fn summaries() {
    let mut out = String::new();
    for (name, bytes) in packets::packets() {
        let _ = writeln!(out, "{name}: {}", summary(&bytes, Link::Ethernet));
    }
    let (_, echo) = packets::packets().swap_remove(0);
    let _ = writeln!(out, "raw IP: {}", summary(&echo[14..], Link::Ip));
    let _ = writeln!(out, "neither IP: {}", summary(&[0x12; 30], Link::Ip));
    let _ = writeln!(out, "other link: {}", summary(&echo, Link::Other(113)));
    let _ = writeln!(out, "nothing: {}", summary(&[], Link::Ethernet));
    insta::assert_snapshot!(out);
}

#[test]
fn summaries_of_cut_packets_invent_nothing() {
    for (name, bytes) in packets::packets() {
        for length in 0..bytes.len() {
            let cut = summary(&bytes[..length], Link::Ethernet).to_string();
            assert!(!cut.is_empty() && !cut.chars().any(char::is_control), "{name}, {length}: {cut}");
            // Addresses only where all of both are there.
            if length < 34 && name == "syn" {
                assert!(!cut.contains("10.0.0.1"), "{name}, {length}: {cut}");
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes(data in proptest::collection::vec(any::<u8>(), 0..300), revision in 0_usize..4, link in 0_u8..3) {
        let link = [SnapshotLink::Auto, SnapshotLink::Ethernet, SnapshotLink::Ip][usize::from(link)];
        let encoding = encoding(Revision::ALL[revision]);
        let trace = Detector::forced(encoding).read(&data, data.len()).unwrap();
        let view = PacketView::of_bytes(&data);
        let shown = all(&Subject::new(view).with_trace(&trace).with_snapshot_link(link));
        prop_assert!(shown.chars().all(|letter| letter == '\n' || !mbuf_trace::text::is_unsafe(letter)));
        for link_type in [LinkType::ETHERNET, LinkType::RAW] {
            let _ = all(&Subject::new(PacketView { link_type, ..view }));
        }
        for link in [Link::Ethernet, Link::Ip, Link::Other(7)] {
            let shown = summary(&data, link).to_string();
            prop_assert!(!shown.chars().any(mbuf_trace::text::is_unsafe));
        }
    }
}

/// Of a packet that was cut, the headers tell how much it carried.
#[test]
fn a_summary_tells_the_length_that_the_packet_had() {
    let mut segment = vec![0x45, 0, 0, 140, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    segment.extend([0, 80, 0, 81, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x18, 255, 255, 0, 0, 0, 0]);
    let cut = summary(&segment, Link::Ip);
    assert_eq!(cut.to_string(), "10.0.0.1:80 → 10.0.0.2:81 TCP [PSH, ACK]");
    assert!(cut.of_length(140).to_string().ends_with("[PSH, ACK], 100 bytes"));
    // Padding behind the packet is none of its payload.
    assert!(cut.of_length(1000).to_string().ends_with("[PSH, ACK], 100 bytes"));
}
