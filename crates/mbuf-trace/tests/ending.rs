//! Where the records do not end with the bytes: what is said of what is behind or missing.

use mbuf_trace::{Certainty, Detector, Encoding, FaultKind, Revision, Trace, write::FrameWriter};

fn record(code: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    [&length.to_be_bytes()[..], &code.to_be_bytes(), payload].concat()
}

fn faults(frame: &[u8], revision: Revision) -> Vec<String> {
    let trace = Trace::parse(frame, frame.len(), Encoding::new(revision));
    trace.faults().map(|fault| fault.to_string()).collect()
}

#[test]
fn only_records_that_the_revision_declares_are_uncounted() {
    let counted = [&b"\0\x01"[..], &record(1, b"hello\0")].concat();
    let behind = |more: &[Vec<u8>]| faults(&[&counted[..], &more.concat()].concat(), Revision::Three);
    let string = || record(1, b"more\0");
    assert_eq!(behind(&[string()]), ["the 9 bytes at offset 12 parse as 1 more record than counted"]);
    assert_eq!(
        behind(&[string(), record(0, b"")]),
        ["the 13 bytes at offset 12 parse as 2 more records than counted"]
    );
    assert_eq!(behind(&[string(), record(0x4242, b"x")]), ["14 trailing bytes at offset 12"]);
    assert_eq!(behind(&[record(2, b"x"), string()]), ["14 trailing bytes at offset 12"]);
    assert_eq!(behind(&[string(), b"\0".to_vec()]), ["10 trailing bytes at offset 12"]);
    assert_eq!(behind(&[b"\0\0\0".to_vec()]), ["3 trailing bytes at offset 12"]);
}

#[test]
fn what_is_behind_the_strings_of_revision_1_is_its_packet() {
    let behind = |more: &[u8]| faults(&[&b"\0\x01\0\x06first\0"[..], more].concat(), Revision::One);
    // Whatever it is: neither a known packet, nor strings.
    assert_eq!(behind(b"\0\x02\xff\xff"), [""; 0]);
    assert_eq!(behind(b"\0\x02ab"), [""; 0]);
    assert_eq!(behind(b"\0\x03ab\0"), ["the 5 bytes at offset 10 parse as 1 more record than counted"]);
    // Strings, then something that is no packet: the strings may be by chance.
    assert_eq!(behind(b"\0\x03ab\0\0\x02\xff\xff"), [""; 0]);
}

#[test]
fn a_length_has_wrapped_only_where_the_frame_goes_on() {
    let large = |code, length: u16, there: usize| {
        let mut record = [length.to_be_bytes(), u16::to_be_bytes(code)].concat();
        record.resize(4 + there, 0xaa);
        record
    };
    // The real length, where it has wrapped.
    let wrapped = |count: u8, parts: &[&[u8]]| {
        let frame = [&[0, count][..], &parts.concat()].concat();
        let trace = Trace::parse(&frame, frame.len(), Encoding::new(Revision::Three));
        let fault = trace.faults().find(|fault| fault.kind == FaultKind::LengthWrapped);
        fault.map(|fault| fault.needed)
    };
    let string = record(1, b"f.c:7: +send\0");
    let snapshot = large(0, 4464, 70_000);
    assert_eq!(wrapped(2, &[&snapshot, &string]), Some(70_000));
    // One byte more or less, and 65,536 bytes later there is no record.
    for there in [69_999, 70_001] {
        assert_eq!(wrapped(2, &[&large(0, 4464, there), &string]), None, "{there}");
    }
    // Of strings, no length wraps.
    assert_eq!(wrapped(2, &[&large(1, 4464, 70_000), &string]), None);
    // Behind it, three bytes are no record, and an empty snapshot or a string without an end is none.
    for rest in [&b"\0\0\0"[..], &record(0, b""), &record(1, b"text"), &record(0x4242, b"x\0")] {
        assert_eq!(wrapped(2, &[&snapshot, rest]), None, "{rest:?}");
    }
    // With the last counted record, the frame ends.
    assert_eq!(wrapped(1, &[&snapshot]), Some(70_000));
    assert_eq!(wrapped(1, &[&snapshot, &string]), None);
}

#[test]
fn the_first_record_alone_begins_revision_4() {
    let mut whole = Vec::new();
    let _ = FrameWriter::new(&mut whole, Encoding::new(Revision::Four), None).finish();
    // As soon as a byte of the magic is there.
    for length in 7..whole.len() {
        let trace = Detector::default().read(&whole[..length], whole.len()).unwrap();
        assert_eq!((trace.revision(), trace.certainty()), (Revision::Four, Certainty::Certain), "{length}");
    }
    assert!(Detector::default().read(&whole[..6], whole.len()).is_err());
    // A record of that type further behind, whole or cut, is no sign.
    let frame = [&b"\0\x02"[..], &record(1, b"hello\0"), &whole[2..]].concat();
    for length in [frame.len() - 3, frame.len()] {
        let trace = Detector::default().read(&frame[..length], frame.len()).unwrap();
        assert_eq!(trace.revision(), Revision::Three, "{length}");
    }
}
