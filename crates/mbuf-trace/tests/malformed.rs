//! Each class of malformed input: what is kept, what is said, and that the next packet is unaffected.

use mbuf_trace::write::FrameWriter;
use mbuf_trace::{
    Certainty, Detector, Encoding, Event, FaultKind, Kind, RecordedEvent, Revision, Snapshot, Text, Trace,
};

/// A revision 3 frame: a snapshot, then two strings, as they lie on the wire.
fn frame() -> Vec<u8> {
    let mut frame = b"\0\x03".to_vec();
    frame.extend_from_slice(&record(0, &packet()));
    frame.extend_from_slice(&record(1, b"f.c:9: -send\0"));
    frame.extend_from_slice(&record(1, b"f.c:7: +send\0"));
    frame
}

fn record(code: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    [&length.to_be_bytes()[..], &code.to_be_bytes(), payload].concat()
}

/// An ARP request of 42 bytes.
fn packet() -> Vec<u8> {
    let mut packet = vec![0xff; 6];
    packet.extend_from_slice(&[0, 0xa0, 0x98, 0x27, 0x8d, 0x55, 0x08, 0x06]);
    packet.extend_from_slice(&[0, 1, 8, 0, 6, 4, 0, 1, 0, 0xa0, 0x98, 0x27, 0x8d, 0x55, 10, 0, 0, 1]);
    packet.extend_from_slice(&[0, 0, 0, 0, 0, 0, 10, 0, 0, 2]);
    packet
}

struct Case {
    name: &'static str,
    packet: Vec<u8>,
    original_len: Option<usize>,
    events: usize,
    faults: &'static [&'static str],
    malformed: bool,
}

fn cases() -> Vec<Case> {
    let whole = frame();
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut changed = whole.clone();
        change(&mut changed);
        changed
    };
    let case = |name, packet, events, faults| Case {
        name,
        packet,
        original_len: None,
        events,
        faults,
        malformed: true,
    };
    let fine = |name, packet, events| Case { malformed: false, ..case(name, packet, events, &[]) };
    let mut swapped_headers = whole.clone();
    let mut at = 0;
    for length in [2_usize, 4, 42, 4, 13, 4, 13] {
        if length <= 4 {
            swapped_headers[at..at + length].chunks_exact_mut(2).for_each(<[u8]>::reverse);
        }
        at += length;
    }
    vec![
        fine("whole", whole.clone(), 3),
        case("empty", vec![], 0, &["no count field: 2 bytes needed, 0 available"]),
        case("one byte", vec![0], 0, &["no count field: 2 bytes needed, 1 available"]),
        fine("count 0", vec![0, 0], 0),
        case("count 0 and bytes", vec![0, 0, 1, 2, 3], 0, &["3 trailing bytes at offset 2"]),
        case("count too high", with(&|f| f[1] = 5), 3, &["2 of 5 records missing at offset 82"]),
        case(
            "count too low",
            with(&|f| f[1] = 1),
            1,
            &["the 34 bytes at offset 48 parse as 2 more records than counted"],
        ),
        case(
            "length past the end",
            with(&|f| f[66] = 0x20),
            2,
            &["record 2 at offset 65: 32 bytes needed, 13 available", "1 of 3 records missing at offset 65"],
        ),
        case(
            "header cut",
            with(&|f| f.truncate(67)),
            2,
            &[
                "record 2 at offset 65: header needs 4 bytes, 2 available",
                "1 of 3 records missing at offset 65",
            ],
        ),
        Case {
            original_len: Some(whole.len()),
            malformed: false,
            ..case(
                "cut by the capture",
                with(&|f| f.truncate(75)),
                3,
                &["cut by the capture at offset 75: 75 of 82 bytes kept"],
            )
        },
        case(
            "trailing bytes",
            with(&|f| f.extend_from_slice(b"\xff\xfe\xfd")),
            3,
            &["3 trailing bytes at offset 82"],
        ),
        fine("length 0", [&b"\0\x02"[..], &record(0, &packet()), &record(1, b"")].concat(), 2),
        fine("unknown type", [&b"\0\x02"[..], &record(0, &packet()), &record(0x8001, b"abc")].concat(), 2),
        fine("no NUL", [&b"\0\x02"[..], &record(0, &packet()), &record(1, b"abc")].concat(), 2),
        fine("inner NUL", [&b"\0\x02"[..], &record(0, &packet()), &record(1, b"a\0b\0")].concat(), 2),
        fine("not UTF-8", [&b"\0\x02"[..], &record(0, &packet()), &record(1, b"caf\xe9\0")].concat(), 2),
        case(
            "headers reversed",
            swapped_headers,
            3,
            &["looks little-endian: record headers in reversed byte order"],
        ),
        case(
            "count reversed",
            with(&|f| f.swap(0, 1)),
            3,
            &["looks little-endian: the count reads 768, reversed 3"],
        ),
    ]
}

#[test]
fn every_class() {
    for case in cases() {
        let mut detector = Detector::default();
        let original_len = case.original_len.unwrap_or(case.packet.len());
        let trace =
            detector.read(&case.packet, original_len).unwrap_or_else(|f| panic!("{}: {f}", case.name));
        let faults: Vec<String> = trace.faults().map(|fault| fault.to_string()).collect();
        assert_eq!(faults, case.faults.iter().map(ToString::to_string).collect::<Vec<_>>(), "{}", case.name);
        assert_eq!(trace.events().count(), case.events, "{}", case.name);
        assert_eq!(trace.event_count(), case.events, "{}", case.name);
        assert_eq!(trace.is_malformed(), case.malformed, "{}", case.name);

        let whole = frame();
        let next = detector.read(&whole, whole.len()).unwrap();
        assert_eq!((next.revision(), next.is_malformed()), (Revision::Three, false), "after {}", case.name);
    }
}

#[test]
fn a_wrapped_length_is_named() {
    // 70,000 bytes of snapshot: the length says 4,464. What stands in the middle of them is no record,
    // whatever it looks like.
    for fill in [0x00, 0x01, 0xaa, 0xff] {
        let mut packet = packet();
        packet.resize(70_000, fill);
        let wrapped = [&4464_u16.to_be_bytes()[..], &[0, 0], &packet].concat();
        let string = record(1, b"f.c:7: +send\0");
        let newest = [&b"\0\x03"[..], &wrapped, &string, &string].concat();
        let oldest = [&b"\0\x03"[..], &string, &string, &wrapped].concat();
        for (frame, events, second) in
            [(newest, 1, FaultKind::RecordsMissing), (oldest, 3, FaultKind::TrailingBytes)]
        {
            let trace = Detector::default().read(&frame, frame.len()).unwrap();
            let kinds: Vec<FaultKind> = trace.faults().map(|fault| fault.kind).collect();
            assert_eq!(kinds, [FaultKind::LengthWrapped, second], "{fill}");
            assert_eq!(trace.event_count(), events, "{fill}");
            let snapshot =
                trace.events().map(RecordedEvent::read).find(|event| event.kind == Kind::Data).unwrap();
            assert_eq!(snapshot.payload.len(), 4464);
        }
    }
}

#[test]
fn a_large_frame_with_another_fault_is_not_called_wrapped() {
    let large = record(0, &[0x45; 50_000]);
    let missing = [&b"\0\x04"[..], &large, &large, &record(1, b"f.c:7: +send\0")].concat();
    let trace = Detector::default().read(&missing, missing.len()).unwrap();
    let kinds: Vec<FaultKind> = trace.faults().map(|fault| fault.kind).collect();
    assert_eq!(kinds, [FaultKind::RecordsMissing]);
    assert_eq!(trace.event_count(), 3);
}

#[test]
fn uncounted_strings_of_revision_1() {
    let strings = b"\0\x01\0\x06first\0\0\x07second\0";
    for packet in [&packet()[..], b""] {
        let frame = [&strings[..], packet].concat();
        let trace = Trace::parse(&frame, frame.len(), Encoding::new(Revision::One));
        let faults: Vec<String> = trace.faults().map(|fault| fault.to_string()).collect();
        let bytes = 9 + packet.len();
        let expected = format!("the {bytes} bytes at offset 10 parse as 1 more record than counted");
        assert_eq!(faults, [expected]);
    }
}

#[test]
fn not_a_trace() {
    let ip = b"E\0\0\x54\0\0\x40\0\x40\x01\x26\xa7\x0a\0\0\x01\x0a\0\0\x02abcdefghij";
    let mut ethernet = packet();
    ethernet[0] = 0x58;
    for other in [&ip[..], &ethernet, b"hello, world", &[0xff; 60]] {
        let fault = Detector::default().read(other, other.len()).unwrap_err();
        assert_eq!(fault.kind, FaultKind::NotATrace, "{other:?}");
    }
}

#[test]
fn every_prefix_is_read() {
    let whole = frame();
    for length in 0..=whole.len() {
        let prefix = &whole[..length];
        let forced = Trace::parse(prefix, length, Encoding::new(Revision::Three));
        let cut = Trace::parse(prefix, whole.len(), Encoding::new(Revision::Three));
        assert_eq!(forced.is_malformed(), length < whole.len(), "{length}");
        assert!(!cut.is_malformed(), "{length}: a cut by the capture is no fault");
        assert_eq!(cut.is_cut(), length < whole.len());
        for event in forced.events().chain(cut.events()) {
            assert!(event.record.offset + event.record.payload.len() <= length);
        }
        assert!(cut.snapshots().eq(cut.events().filter_map(|event| event.read().snapshot)), "{length}");
    }
}

#[test]
fn a_cut_string_is_not_taken_apart() {
    let whole = frame();
    let cut = &whole[..whole.len() - 3];
    let trace = Trace::parse(cut, whole.len(), Encoding::new(Revision::Three));
    let oldest = trace.events().next().unwrap().read();
    assert_eq!((oldest.kind, oldest.missing), (Kind::String, 3));
    assert_eq!(oldest.text.unwrap().as_bytes(), b"f.c:7: +se");
}

#[test]
fn backwards_is_forwards_reversed() {
    // Around the sizes of the tables that the way back goes by, and around the offset up to which it is remembered.
    let sizes = [0_u16, 1, 2, 31, 32, 33, 40, 41, 42, 1_680, 1_681, 1_682, 1_722, 1_723, 5_000];
    let large = (65_490..65_536).map(|first| (5, first));
    for (count, first) in sizes.map(|count| (count, 6)).into_iter().chain(large) {
        let mut frame = count.to_be_bytes().to_vec();
        for index in 0..count {
            let payload = vec![0; if index == 0 { first } else { usize::from(index % 7) }];
            frame.extend_from_slice(&record(u16::from(index % 3 == 0), &payload));
        }
        let trace = Trace::parse(&frame, frame.len(), Encoding::new(Revision::Three));
        let mut forwards: Vec<_> = trace.events_in_wire_order().collect();
        forwards.reverse();
        assert_eq!(forwards.len(), usize::from(count));
        assert_eq!(trace.events().collect::<Vec<_>>(), forwards, "{count}, {first}");
        assert_eq!(trace.events().size_hint(), (forwards.len(), Some(forwards.len())), "{count}");
        let snapshots: Vec<_> = forwards.iter().filter_map(|event| event.read().snapshot).collect();
        assert_eq!(trace.snapshots().collect::<Vec<_>>(), snapshots, "{count}, {first}");
    }
}

/// What is given behind the whole records, a cut one or the packet of revision 1, is the oldest event.
#[test]
fn both_orders_of_what_is_behind_the_whole_records() {
    let rev1 = [b"\0\x02\0\x0df.c:9: -send\0\0\x0df.c:7: +send\0".to_vec(), packet()].concat();
    for (frame, revision) in [(frame(), Revision::Three), (rev1, Revision::One)] {
        for length in 0..=frame.len() {
            let trace = Trace::parse(&frame[..length], frame.len(), Encoding::new(revision));
            let mut forwards: Vec<_> = trace.events_in_wire_order().collect();
            forwards.reverse();
            assert_eq!(trace.events().collect::<Vec<_>>(), forwards, "{revision:?}, {length}");
            assert_eq!(trace.event_count(), forwards.len(), "{revision:?}, {length}");
        }
    }
}

#[test]
fn a_full_frame_in_both_orders() {
    // 65,535 empty records fill 262,142 bytes.
    let mut frame = vec![0xff, 0xff];
    for _ in 0..65_535 {
        frame.extend_from_slice(&[0, 0, 0, 1]);
    }
    let trace = Trace::parse(&frame, frame.len(), Encoding::new(Revision::Three));
    assert!(!trace.is_malformed());
    assert_eq!(trace.events().count(), 65_535);
    let backwards: Vec<u32> = trace.events().map(|event| event.record.index).collect();
    assert!(backwards.iter().rev().copied().eq(0..65_535));
}

#[test]
fn certainty_is_inherited_and_forced() {
    let mut detector = Detector::default();
    let guess = detector.read(b"\0\0", 2).unwrap().certainty();
    let whole = frame();
    let own = detector.read(&whole, whole.len()).unwrap().certainty();
    let inherited = detector.read(b"\0\0", 2).unwrap().certainty();
    assert_eq!([guess, own, inherited], [Certainty::Guessed, Certainty::Certain, Certainty::Inherited]);
    let mut forced = Detector::forced(Encoding::new(Revision::Two));
    let trace = forced.read(&whole, whole.len()).unwrap();
    assert_eq!((trace.revision(), trace.certainty()), (Revision::Two, Certainty::Forced));
}

#[test]
fn a_cut_header_does_not_look_little_endian() {
    // Cut behind its first record's header, whose type 1 would be a frame header in the other byte order.
    let mut string_first = b"\0\x02".to_vec();
    string_first.extend_from_slice(&record(1, b"f.c:9: -send\0"));
    string_first.extend_from_slice(&record(0, &packet()));
    let whole = frame();
    for length in 2..string_first.len() {
        let mut detector = Detector::default();
        detector.read(&whole, whole.len()).unwrap();
        let trace = detector.read(&string_first[..length], string_first.len()).unwrap();
        assert_eq!(trace.encoding(), Encoding::new(Revision::Three), "{length}");
        assert!(!trace.is_malformed(), "{length}");
    }
}

#[test]
fn reversed_headers_do_not_settle_an_interface() {
    let reversed = cases().into_iter().find(|case| case.name == "headers reversed").unwrap().packet;
    let mut damaged = frame();
    damaged.truncate(70);
    let mut detector = Detector::default();
    for packet in [&frame(), &reversed] {
        detector.read(packet, packet.len()).unwrap();
    }
    let trace = detector.read(&damaged, damaged.len()).unwrap();
    assert_eq!((trace.encoding(), trace.certainty()), (Encoding::new(Revision::Three), Certainty::Inherited));
}

#[test]
fn an_odd_string_does_not_change_what_is_settled() {
    // Japanese in EUC-JP: no UTF-8, no packet.
    let odd =
        [&b"\0\x01"[..], &record(1, b"\xa5\xd1\xa5\xb1\xa5\xc3\xa5\xc8\xa4\xf2\xc7\xcb\xb4\xfe\0")].concat();
    let whole = frame();
    let mut detector = Detector::default();
    detector.read(&whole, whole.len()).unwrap();
    let trace = detector.read(&odd, odd.len()).unwrap();
    assert_eq!((trace.revision(), trace.certainty()), (Revision::Three, Certainty::Inherited));
    // Packets in type 1 are revision 2 all the same.
    let second = [&b"\0\x01"[..], &record(1, &packet())].concat();
    let trace = detector.read(&second, second.len()).unwrap();
    assert_eq!((trace.revision(), trace.certainty()), (Revision::Two, Certainty::Certain));
}

#[test]
fn a_cut_in_the_first_record_is_a_cut() {
    let third = frame();
    let mut second = third.clone();
    second[5] = 1;
    let strings = [&b"\0\x02"[..], &record(1, b"f.c:9: -send\0"), &record(1, b"f.c:7: +send\0")].concat();
    let first = [&b"\0\x01\0\x0df.c:9: -send\0"[..], &packet()].concat();
    for whole in [third, second, strings, first] {
        for length in 0..whole.len() {
            let trace = Detector::default()
                .read(&whole[..length], whole.len())
                .unwrap_or_else(|fault| panic!("{length} of {whole:?}: {fault}"));
            assert!(trace.is_cut() && !trace.is_malformed(), "{length} of {whole:?}");
        }
    }
}

#[test]
fn a_length_that_wrapped_twice() {
    let mut packet = packet();
    packet.resize(140_000, 0xaa);
    let length = u16::try_from(140_000 - 2 * 65_536).unwrap();
    let wrapped = [&length.to_be_bytes()[..], &[0, 0], &packet].concat();
    let frame = [&b"\0\x02"[..], &wrapped, &record(1, b"f.c:7: +send\0")].concat();
    let trace = Detector::default().read(&frame, frame.len()).unwrap();
    assert_eq!(
        trace.faults().next().map(|fault| (fault.kind, fault.needed)),
        Some((FaultKind::LengthWrapped, 140_000))
    );
}

/// What belongs to no event: bytes behind the last record, or from the first that is not whole.
#[test]
fn unread_bytes() {
    let whole = frame();
    let strings = b"\0\x01\0\x06first\0";
    let revision_1 = [&strings[..], &packet()].concat();
    type Row<'a> = (&'a str, &'a [u8], usize, Revision, &'a [u8]);
    let table: [Row<'_>; 7] = [
        ("nothing", &whole, whole.len(), Revision::Three, b""),
        ("trailing bytes", &[&whole[..], b"more"].concat(), whole.len() + 4, Revision::Three, b"more"),
        ("half a record", &whole[..70], 70, Revision::Three, &whole[65..70]),
        ("half a record, of which the rest was not captured", &whole[..70], 80, Revision::Three, b""),
        ("half a header, the same", &whole[..67], 80, Revision::Three, &whole[65..67]),
        ("the packet of revision 1", &revision_1, revision_1.len(), Revision::One, b""),
        ("half a string of revision 1", &strings[..6], 6, Revision::One, &strings[2..6]),
    ];
    for (name, packet, original_len, revision, expected) in table {
        let trace = Trace::parse(packet, original_len, Encoding::new(revision));
        assert_eq!(trace.unread(), expected, "{name}");
    }
}

/// As revisions 2 and 3, but what follows ends in no NUL.
#[test]
fn a_length_that_wrapped_in_revision_4() {
    let bytes = [&packet()[..], &[0xaa; 4422]].concat();
    let mut frame = Vec::new();
    let mut writer = FrameWriter::new(&mut frame, Encoding::new(Revision::Four), None);
    writer.push(&Event { snapshot: Some(Snapshot::ethernet(&bytes)), ..Event::new(Kind::Data) }).unwrap();
    writer.push(&Event { function: Some(Text(b"ip_input")), ..Event::new(Kind::Enter) }).unwrap();
    assert!(writer.finish().is_empty());
    let trace = Trace::parse(&frame, frame.len(), Encoding::new(Revision::Four));
    assert!(!trace.is_malformed());
    let snapshot = trace.events().map(RecordedEvent::read).find(|event| event.kind == Kind::Data).unwrap();
    let end = snapshot.offset + 4 + snapshot.payload.len();
    let wrapped = [&frame[..end], &[0xaa; 65_536], &frame[end..]].concat();
    let trace = Trace::parse(&wrapped, wrapped.len(), Encoding::new(Revision::Four));
    let kinds: Vec<FaultKind> = trace.faults().map(|fault| fault.kind).collect();
    assert_eq!(kinds, [FaultKind::LengthWrapped, FaultKind::RecordsMissing]);
}
