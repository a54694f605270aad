//! From one revision to another: what cannot be there, what is counted, and that nothing is left half written.

use mbuf_trace::write::{ConvertError, FrameWriter, Loss, Losses, WriteError, convert};
use mbuf_trace::{
    Encoding, Event, EventHeader, FrameHeader, Kind, Order, Origin, Recorder, Revision, Text, Trace,
    frame_flag, site,
};

const ONE: Encoding = Encoding::new(Revision::One);
const TWO: Encoding = Encoding::new(Revision::Two);
const THREE: Encoding = Encoding::new(Revision::Three);
const FOUR: Encoding = Encoding::new(Revision::Four);

/// A frame of revision 2 or 3.
fn frame(records: &[(u16, &[u8])]) -> Vec<u8> {
    let mut out = u16::try_from(records.len()).unwrap().to_be_bytes().to_vec();
    for (code, payload) in records {
        out.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
        out.extend(code.to_be_bytes());
        out.extend_from_slice(payload);
    }
    out
}

fn converted(frame: &[u8], from: Encoding, to: Encoding) -> (Result<Losses, ConvertError>, Vec<u8>) {
    let mut out = b"before".to_vec();
    let losses = convert(&Trace::parse(frame, frame.len(), from), to, &mut out);
    assert!(out.starts_with(b"before"));
    (losses, out.split_off(6))
}

fn written(events: &[Event<'_>], encoding: Encoding, header: Option<FrameHeader>) -> (Losses, Vec<u8>) {
    let mut out = Vec::new();
    let mut writer = FrameWriter::new(&mut out, encoding, header);
    for event in events {
        writer.push(event).unwrap();
    }
    (writer.finish(), out)
}

fn lost(losses: &Losses) -> Vec<(Loss, u64)> {
    losses.iter().collect()
}

#[test]
fn an_unknown_record_stays_where_nothing_else_has_its_type() {
    let string: (u16, &[u8]) = (1, b"hello\0");
    let unknown = frame(&[string, (0x4242, b"\x01\x02")]);
    let (losses, later) = converted(&unknown, THREE, FOUR);
    assert!(losses.unwrap().is_empty());
    assert!(later.ends_with(b"\0\x02\x42\x42\x01\x02"), "{later:02x?}");
    let (losses, back) = converted(&later, FOUR, THREE);
    assert!(losses.unwrap().is_empty());
    assert_eq!(back, unknown);
    // Revision 1 has no types; 2 and 3 in revision 2, and 0x106 in revision 4, are others' types.
    for (code, to) in [(0x4242, ONE), (3, TWO), (2, TWO), (0x106, FOUR)] {
        let (result, out) = converted(&frame(&[string, (code, b"x")]), THREE, to);
        assert_eq!(result.unwrap_err(), ConvertError::UnknownRecord(to.revision), "{code}");
        assert!(out.is_empty(), "{code}: {out:02x?}");
    }
    assert_eq!(
        ConvertError::UnknownRecord(Revision::One).to_string(),
        "a record of unknown type cannot be in revision 1"
    );
}

#[test]
fn what_is_too_long_leaves_nothing() {
    // The record of revision 2 just holds it, and in revision 4 there is a header before the text.
    let text = "a b ".repeat(16_382);
    let typed = [Event { text: Some(Text(text.as_bytes())), ..Event::new(Kind::Static) }];
    let (losses, whole) = written(&typed, TWO, None);
    assert!(losses.is_empty());
    assert_eq!(whole.len(), 2 + 4 + 65_529);
    let mut out = b"before".to_vec();
    let mut writer = FrameWriter::new(&mut out, FOUR, None);
    let length = 65_528 + 28;
    assert_eq!(writer.push(&typed[0]), Err(WriteError::PayloadTooLong { length }));
    assert_eq!(
        WriteError::PayloadTooLong { length }.to_string(),
        "an event takes 65556 bytes, a record holds at most 65535"
    );
    // The writer goes on as if nothing had been asked of it.
    writer.push(&Event { function: Some(Text(b"f")), ..Event::new(Kind::Enter) }).unwrap();
    assert!(writer.finish().is_empty());
    let trace = Trace::parse(&out[6..], out.len() - 6, FOUR);
    assert_eq!((trace.event_count(), trace.is_malformed(), trace.unread().len()), (1, false, 0));

    let name = vec![b'n'; 65_536];
    let long = Event { function: Some(Text(&name)), ..Event::new(Kind::Function) };
    let mut writer = FrameWriter::new(&mut out, FOUR, None);
    assert_eq!(writer.push(&long), Err(WriteError::NameTooLong { length: 65_536 }));
}

#[test]
fn the_newest_event_is_first_in_older_revisions() {
    let enter = |name| Event { function: Some(Text(name)), ..Event::new(Kind::Enter) };
    let header = FrameHeader { flags: frame_flag::OLDEST_FIRST, ..FrameHeader::default() };
    let (_, oldest_first) = written(&[enter(b"a"), enter(b"b"), enter(b"c")], FOUR, Some(header));
    let trace = Trace::parse(&oldest_first, oldest_first.len(), FOUR);
    assert_eq!(trace.order(), Order::OldestFirst);
    let (losses, older) = converted(&oldest_first, FOUR, THREE);
    assert!(losses.unwrap().is_empty());
    assert_eq!(older, frame(&[(1, b"+c\0"), (1, b"+b\0"), (1, b"+a\0")]));
}

#[test]
fn a_start_that_says_nothing_is_only_counted() {
    let named = Event { text: Some(Text(b"7")), origin: Some(Origin::PF_RULE), ..Event::new(Kind::Start) };
    let bare = [Event::new(Kind::Start), Event { text: Some(Text(b"")), ..Event::new(Kind::Start) }];
    for start in bare {
        let (losses, older) = written(&[start], THREE, None);
        assert_eq!((lost(&losses), older), (vec![(Loss::BareStart, 1)], vec![0, 0]));
    }
    let (losses, older) = written(&[named], THREE, None);
    assert_eq!(lost(&losses), [(Loss::EventKind, 1)]);
    assert_eq!(older, frame(&[(1, b"start: pf_rule 7\0")]));
}

#[test]
fn words_that_read_as_another_call_are_counted() {
    let call = |kind, name: &'static [u8], args: Option<&'static [u8]>| Event {
        function: Some(Text(name)),
        args: args.map(Text),
        ..Event::new(kind)
    };
    for (event, expected) in [
        (call(Kind::Leave, b"f", Some(b"x")), vec![]),
        (call(Kind::Leave, b"f", None), vec![]),
        // Written, this is `-f(x)`: the function `f`, with an argument.
        (call(Kind::Leave, b"f(x)", None), vec![(Loss::Reading, 1)]),
        (call(Kind::Function, b"f(x)", Some(b"")), vec![(Loss::Reading, 1)]),
    ] {
        assert_eq!(lost(&written(&[event], THREE, None).0), expected, "{event:?}");
    }
}

#[test]
fn a_frame_header_is_lost_field_by_field() {
    let with = |change: fn(&mut FrameHeader)| {
        let mut header = FrameHeader::default();
        change(&mut header);
        lost(&written(&[], THREE, Some(header)).0)
    };
    assert_eq!(with(|header| header.packet_id = 1), [(Loss::PacketId, 1)]);
    assert_eq!(with(|header| header.parent_id = 1), [(Loss::ParentId, 1)]);
    assert_eq!(with(|header| header.lost = 1), [(Loss::LostEvents, 1)]);
    assert_eq!(with(|header| header.flags = frame_flag::INCOMPLETE), [(Loss::FrameFlags, 1)]);
    assert_eq!(with(|header| header.flags = frame_flag::OLDEST_FIRST), []);
}

#[test]
fn an_event_header_is_lost_field_by_field() {
    let with = |change: fn(&mut EventHeader)| {
        let mut header = EventHeader::default();
        change(&mut header);
        let event = Event { function: Some(Text(b"f")), header: Some(header), ..Event::new(Kind::Function) };
        lost(&written(&[event], THREE, None).0)
    };
    assert_eq!(with(|_| {}), []);
    assert_eq!(with(|header| header.age = Some(0)), [(Loss::Age, 1)]);
    assert_eq!(with(|header| header.thread = Some(1)), [(Loss::Thread, 1)]);
    assert_eq!(with(|header| header.vnet = 1), [(Loss::Vnet, 1)]);
    assert_eq!(with(|header| header.cpu = Some(0)), [(Loss::Cpu, 1)]);
    assert_eq!(with(|header| header.flags = 1), [(Loss::EventFlags, 1)]);
}

#[test]
fn losses_are_told_in_words() {
    let mut losses = Losses::default();
    assert_eq!(losses.to_string(), "");
    losses.add(Loss::Snapshot);
    let mut more = Losses::default();
    more.add(Loss::Cpu);
    more.add(Loss::Cpu);
    losses.merge(&more);
    assert_eq!(losses.to_string(), "the CPU of an event (2 times), a snapshot (once)");
}

#[test]
fn a_full_recorder_counts_what_it_does_not_keep() {
    let mut recorder = Recorder::new();
    mbuf_trace::mtrace_start!(recorder);
    for _ in 0..65_536 {
        mbuf_trace::mtrace_enter!(recorder);
    }
    let mut out = Vec::new();
    recorder.write(FOUR, &mut out).unwrap();
    let trace = Trace::parse(&out, out.len(), FOUR);
    let header = trace.frame_header().unwrap();
    assert_eq!(trace.event_count(), 65_534);
    assert_eq!((header.flags, header.lost), (frame_flag::INCOMPLETE, 3));
}

#[test]
fn a_recorder_that_cannot_be_written_leaves_nothing() {
    let mut recorder = Recorder::new();
    recorder.start(site!(), Origin::PF_RULE, "");
    recorder.mtrace_dynamic(site!(), &"x".repeat(70_000));
    let mut out = b"before".to_vec();
    for encoding in [ONE, TWO, THREE, FOUR] {
        assert!(matches!(recorder.write(encoding, &mut out), Err(WriteError::PayloadTooLong { .. })));
        assert_eq!(out, b"before");
    }
}
