//! Writing what was read gives the same bytes; converting there and back too.

use mbuf_trace::write::{ConvertError, FrameWriter, convert};
use mbuf_trace::{
    ByteOrder, Detector, Encoding, Event, EventHeader, FrameHeader, Kind, Origin, Position, Recorder,
    Revision, Snapshot, Text, Trace, record::Options,
};
use proptest::prelude::*;

/// What an event says, owned, for comparing and for generating.
#[derive(Debug, Clone, PartialEq)]
struct Said {
    kind: Kind,
    position: Option<(String, u32)>,
    function: Option<String>,
    args: Option<String>,
    text: Option<String>,
    snapshot: Option<(u16, u32, Vec<u8>)>,
    origin: Option<u16>,
    errno: Option<u16>,
    header: EventHeader,
}

impl Said {
    fn event(&self) -> Event<'_> {
        Event {
            position: self
                .position
                .as_ref()
                .map(|(file, line)| Position { file: Text(file.as_bytes()), line: *line }),
            function: self.function.as_ref().map(|name| Text(name.as_bytes())),
            args: self.args.as_ref().map(|args| Text(args.as_bytes())),
            text: self.text.as_ref().map(|text| Text(text.as_bytes())),
            snapshot: self.snapshot.as_ref().map(|(link_type, length, bytes)| Snapshot {
                link_type: *link_type,
                packet_length: Some(*length),
                ..Snapshot::ethernet(bytes)
            }),
            origin: self.origin.map(Origin),
            errno: self.errno,
            header: Some(self.header),
            ..Event::new(self.kind)
        }
    }

    fn of(event: &Event<'_>) -> Self {
        let owned = |text: Text<'_>| text.to_str().unwrap().to_owned();
        Self {
            kind: event.kind,
            position: event.position.map(|at| (owned(at.file), at.line)),
            function: event.function.map(owned),
            args: event.args.map(owned),
            text: event.text.map(owned),
            snapshot: event.snapshot.map(|s| (s.link_type, s.packet_length.unwrap(), s.bytes.to_vec())),
            origin: event.origin.map(|origin| origin.0),
            errno: event.errno,
            header: event.header.unwrap(),
        }
    }
}

fn header() -> impl Strategy<Value = EventHeader> {
    (any::<Option<u64>>(), any::<Option<u32>>(), any::<u32>(), any::<Option<u16>>(), any::<u16>()).prop_map(
        |(age, thread, vnet, cpu, flags)| EventHeader {
            age: age.filter(|age| *age != u64::MAX),
            thread: thread.filter(|thread| *thread != 0),
            vnet,
            cpu: cpu.filter(|cpu| *cpu != u16::MAX),
            flags,
        },
    )
}

/// Events of revision 4, of every kind but unknown.
fn said() -> impl Strategy<Value = Said> {
    let kind = prop::sample::select(vec![
        Kind::Data,
        Kind::Static,
        Kind::Dynamic,
        Kind::Position,
        Kind::Function,
        Kind::Enter,
        Kind::Leave,
        Kind::Start,
        Kind::Drop,
    ]);
    let place = prop::option::of(("/[a-z/]{0,20}\\.c", 1_u32..));
    let parts = ("[a-z_]{1,12}", prop::option::of("[^)(\\x00]{1,10}"), "[^\\x00]{0,20}");
    let bytes = prop::collection::vec(any::<u8>(), 0..80);
    let codes = (any::<u16>(), any::<u32>(), any::<u16>(), any::<Option<u16>>());
    (kind, place, parts, bytes, codes, header()).prop_map(|(kind, position, parts, bytes, codes, header)| {
        let (function, args, text) = parts;
        let (link_type, length, origin, errno) = codes;
        let call = matches!(kind, Kind::Function | Kind::Enter | Kind::Leave);
        let free = matches!(kind, Kind::Static | Kind::Dynamic);
        let worded = free || matches!(kind, Kind::Start | Kind::Drop);
        Said {
            kind,
            // Free text without either would be read by the grammar.
            function: (call || free).then_some(function),
            position: position.or_else(|| (kind == Kind::Position).then(|| ("a.c".to_owned(), 1))),
            args: args.filter(|_| call),
            text: worded.then_some(text),
            snapshot: (kind == Kind::Data).then_some((link_type, length, bytes)),
            origin: (kind == Kind::Start).then_some(origin),
            errno: errno.filter(|errno| kind == Kind::Drop && *errno != 0),
            header,
        }
    })
}

/// A revision 3 frame of any strings and snapshots.
fn rev3_frame() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![
        "([a-z/]{1,9}\\.c:[0-9]{1,5}(: )?){0,2}[-+]?[a-z_]{0,8}(\\([a-z(), ]{0,8}\\))?\\x00?",
        "[a-z \\x00é]{0,20}\\x00",
    ]
    .prop_map(|text| (1_u16, text.into_bytes()));
    let packet = prop::collection::vec(any::<u8>(), 0..64).prop_map(|bytes| (0_u16, bytes));
    let ip = Just((
        0_u16,
        b"E\0\0\x1c\x12\x34\0\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02\0\x01\0\x02\0\x08\0\0".to_vec(),
    ));
    let other = (0x8000_u16.., prop::collection::vec(any::<u8>(), 0..8));
    prop::collection::vec(prop_oneof![4 => text, 1 => packet, 1 => ip, 1 => other], 0..12).prop_map(
        |records| {
            let mut frame = u16::try_from(records.len()).unwrap().to_be_bytes().to_vec();
            for (code, payload) in records {
                frame.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
                frame.extend_from_slice(&code.to_be_bytes());
                frame.extend_from_slice(&payload);
            }
            frame
        },
    )
}

proptest! {
    #[test]
    fn revision_4_events_come_back(
        events in prop::collection::vec(said(), 0..10),
        (flags, packet_id, parent_id, lost) in any::<(u16, u64, u64, u32)>(),
    ) {
        let header = FrameHeader { minor: 0, flags, packet_id, parent_id, lost };
        // Appended to what is there already: nothing before the frame may be touched.
        let mut out = vec![0xaa; 7];
        let mut writer = FrameWriter::new(&mut out, Encoding::new(Revision::Four), Some(header));
        for said in &events {
            writer.push(&said.event()).unwrap();
        }
        prop_assert!(writer.finish().is_empty());
        prop_assert_eq!(&out[..7], &[0xaa; 7]);
        let frame = &out[7..];

        let trace = Detector::default().read(frame, frame.len()).unwrap();
        prop_assert_eq!(trace.encoding(), Encoding::new(Revision::Four));
        prop_assert_eq!(trace.frame_header(), Some(header));
        prop_assert_eq!(trace.faults().next(), None);
        let read: Vec<Said> = trace.events_in_wire_order().map(|event| Said::of(&event.read())).collect();
        prop_assert_eq!(&read, &events);

        // And the events that were read, written again, are the same bytes.
        let mut again = Vec::new();
        let mut writer = FrameWriter::new(&mut again, trace.encoding(), trace.frame_header());
        for event in trace.events_in_wire_order() {
            writer.push(&event.read()).unwrap();
        }
        let _ = writer.finish();
        prop_assert_eq!(again, frame);
    }

    #[test]
    fn revision_3_to_4_and_back(frame in rev3_frame()) {
        let rev3 = Encoding::new(Revision::Three);
        let trace = Trace::parse(&frame, frame.len(), rev3);
        prop_assert!(!trace.is_malformed());
        let mut upgraded = Vec::new();
        prop_assert!(convert(&trace, Encoding::new(Revision::Four), &mut upgraded).unwrap().is_empty());
        let later = Trace::parse(&upgraded, upgraded.len(), Encoding::new(Revision::Four));
        prop_assert_eq!(later.faults().next(), None);

        // The model is the same but for what says how it was recorded.
        for (old, new) in trace.events().zip(later.events()) {
            let (old, new) = (old.read(), new.read());
            prop_assert_eq!((old.kind, old.position, old.function), (new.kind, new.position, new.function));
            let words = |event: &Event<'_>| { let mut out = Vec::new(); event.write_text(&mut out); out };
            prop_assert_eq!(words(&old), words(&new));
            prop_assert_eq!(old.snapshot.map(|s| (s.link(), s.bytes)), new.snapshot.map(|s| (s.link(), s.bytes)));
        }
        let mut back = Vec::new();
        prop_assert!(convert(&later, rev3, &mut back).unwrap().is_empty());
        prop_assert_eq!(back, frame);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(
        packet in prop::collection::vec(any::<u8>(), 0..300),
        more in 0_usize..100,
    ) {
        if let Ok(trace) = Detector::default().read(&packet, packet.len() + more) {
            walk(&trace);
        }
        for revision in Revision::ALL {
            for byte_order in [ByteOrder::Big, ByteOrder::Little] {
                walk(&Trace::parse(&packet, packet.len() + more, Encoding { revision, byte_order }));
            }
        }
    }
}

/// Everything that a trace gives, forwards and backwards.
fn walk(trace: &Trace<'_>) {
    let forwards: Vec<u32> = trace.events_in_wire_order().map(|event| event.record.index).collect();
    let backwards: Vec<u32> = trace.events().map(|event| event.record.index).collect();
    assert_eq!(forwards.len(), trace.event_count());
    match trace.order() {
        mbuf_trace::Order::NewestFirst => assert!(backwards.iter().rev().eq(&forwards)),
        mbuf_trace::Order::OldestFirst => assert!(backwards.iter().eq(&forwards)),
    }
    for fault in trace.faults() {
        assert!(!fault.to_string().is_empty());
    }
    let mut out = Vec::new();
    trace.write_path(&mut out);
    for to in Revision::ALL {
        let _ = convert(trace, Encoding::new(to), &mut out);
    }
}

#[test]
fn the_twelve_calls() {
    let mut trace = Recorder::new();
    mbuf_trace::mtrace!(trace, "before the start");
    mbuf_trace::mtrace_start!(trace);
    record_all(&mut trace);
    let kinds: Vec<&str> = trace.events().map(|event| event.kind.name()).collect();
    let expected = "start data dynamic static static dynamic dynamic static position enter leave function";
    assert_eq!(kinds.join(" "), expected);

    let mut frame = Vec::new();
    assert!(trace.write(Encoding::new(Revision::Two), &mut frame).unwrap().is_empty());
    let read = Detector::default().read(&frame, frame.len()).unwrap();
    let texts: Vec<String> =
        read.events().filter_map(|event| event.read().text).map(|text| text.to_string()).collect();
    let expected = [
        "ttl 64",
        "a st",
        "a static",
        "a dyn",
        "a dynamic",
        "a note",
        "+record_all",
        "-record_all",
        "record_all",
    ];
    assert_eq!(texts, expected);
    let types: Vec<u16> = read.events().filter_map(|event| event.record.record_type).collect();
    assert_eq!(types, [1, 3, 2, 2, 3, 3, 2, 2, 2, 2, 2]);
}

#[test]
fn the_recorder_has_the_kernels_switches() {
    let mut anywhere = Recorder::with_options(Options { start_anywhere: true, ..Options::default() });
    mbuf_trace::mtrace!(anywhere, "before the start");
    assert_eq!(anywhere.events().count(), 1);

    let mut off = Recorder::with_options(Options { enable: false, ..Options::default() });
    mbuf_trace::mtrace_start!(off);
    assert_eq!(off.events().count(), 0);

    let mut placed = Recorder::with_options(Options { source_position: true, ..Options::default() });
    mbuf_trace::mtrace_start!(placed);
    mbuf_trace::mtrace!(placed, "hello");
    let position = placed.events().last().unwrap().position.unwrap();
    assert!(position.file.to_str().unwrap().ends_with("round_trip.rs"));
}

fn record_all(trace: &mut Recorder) {
    mbuf_trace::mtrace_data!(trace, &[0; 20]);
    mbuf_trace::mtrace_printf!(trace, "ttl {}", 64);
    mbuf_trace::mtrace_static_length!(trace, b"a static", 4);
    mbuf_trace::mtrace_static!(trace, "a static");
    mbuf_trace::mtrace_dynamic_length!(trace, b"a dynamic", 5);
    mbuf_trace::mtrace_dynamic!(trace, "a dynamic");
    mbuf_trace::mtrace!(trace, "a note");
    mbuf_trace::mtrace_!(trace);
    mbuf_trace::mtrace_enter!(trace);
    mbuf_trace::mtrace_leave!(trace);
    mbuf_trace::mtrace_func!(trace);
}

#[test]
fn a_downgrade_tells_what_it_loses() {
    let mut trace = Recorder::new();
    trace.set_identity(7, 3);
    trace.set_context(EventHeader { age: Some(5), cpu: Some(1), ..EventHeader::default() });
    trace.start(mbuf_trace::site!(), Origin::PF_RULE, "block in");
    record_all(&mut trace);
    trace.drop_packet(mbuf_trace::site!(), 13, "blocked");
    let mut lost = Vec::new();
    for revision in [Revision::Three, Revision::One] {
        let mut frame = Vec::new();
        lost.push(trace.write(Encoding::new(revision), &mut frame).unwrap().to_string());
    }
    let common = "the time of an event (13 times), the CPU of an event (13 times), ";
    let rev3 = "the function in which an event was recorded (once), \
                whether a string was static or dynamic (6 times), \
                that an event is a start or a drop (it is kept as text) (2 times), \
                the identity of a packet (once), the identity of the packet it came from (once)";
    assert_eq!(lost[0], format!("{common}{rev3}"));
    assert!(lost[1].contains("the place of a snapshot among the events"), "{}", lost[1]);
}

#[test]
fn a_large_snapshot_survives_the_longer_header() {
    let mut frame = b"\0\x01\xff\xff\0\0".to_vec();
    frame.resize(6 + 65_535, 0xee);
    let rev3 = Encoding::new(Revision::Three);
    let mut upgraded = Vec::new();
    let trace = Trace::parse(&frame, frame.len(), rev3);
    assert!(convert(&trace, Encoding::new(Revision::Four), &mut upgraded).unwrap().is_empty());
    let mut back = Vec::new();
    let later = Trace::parse(&upgraded, upgraded.len(), Encoding::new(Revision::Four));
    convert(&later, rev3, &mut back).unwrap();
    assert_eq!(back, frame);
}

#[test]
fn a_damaged_trace_is_not_converted() {
    let frame = b"\0\x02\0\x03\0\x01ab\0";
    let trace = Trace::parse(frame, frame.len(), Encoding::new(Revision::Three));
    let mut out = vec![1, 2, 3];
    let error = convert(&trace, Encoding::new(Revision::Four), &mut out).unwrap_err();
    assert!(matches!(error, ConvertError::Damaged(_)));
    assert_eq!(error.to_string(), "1 of 2 records missing at offset 9");
    assert_eq!(out, [1, 2, 3]);
}

#[test]
fn revision_1_in_both_byte_orders() {
    let mut packet = vec![2; 12];
    packet.extend_from_slice(b"\x08\x00payload");
    for byte_order in [ByteOrder::Big, ByteOrder::Little] {
        let encoding = Encoding { revision: Revision::One, byte_order };
        let mut frame = Vec::new();
        let mut writer = FrameWriter::new(&mut frame, encoding, None);
        writer.push(&Event::from_text(Kind::String, Text(b"f.c:9: -send"))).unwrap();
        writer
            .push(&Event { snapshot: Some(Snapshot::ethernet(&packet)), ..Event::new(Kind::Data) })
            .unwrap();
        assert!(writer.finish().is_empty());
        let trace = Detector::default().read(&frame, frame.len()).unwrap();
        assert_eq!((trace.encoding(), trace.certainty()), (encoding, mbuf_trace::Certainty::Certain));
        let kinds: Vec<Kind> = trace.events().map(|event| event.read().kind).collect();
        assert_eq!(kinds, [Kind::Data, Kind::Leave]);
        assert!(!trace.is_malformed());
    }
}

#[test]
fn revision_2_to_4_and_back() {
    for text in ["f.c:9: f.c:9: +x", "f.c:9: +x", "+x()", "hello", "f.c:9"] {
        for code in [2_u8, 3] {
            let length = u8::try_from(text.len() + 1).unwrap();
            let frame = [b"\0\x01\0", &[length, 0, code][..], text.as_bytes(), b"\0"].concat();
            let rev2 = Encoding::new(Revision::Two);
            let mut upgraded = Vec::new();
            let trace = Trace::parse(&frame, frame.len(), rev2);
            assert!(convert(&trace, Encoding::new(Revision::Four), &mut upgraded).unwrap().is_empty());
            let later = Trace::parse(&upgraded, upgraded.len(), Encoding::new(Revision::Four));
            let (old, new) = (trace.events().next().unwrap().read(), later.events().next().unwrap().read());
            assert_eq!(
                (old.kind, old.position, old.function),
                (new.kind, new.position, new.function),
                "{text}"
            );
            let mut back = Vec::new();
            assert!(convert(&later, rev2, &mut back).unwrap().is_empty(), "{text}");
            assert_eq!(back, frame, "{text}");
        }
    }
}

#[test]
fn a_start_stays_readable_in_older_revisions() {
    for (origin, label, expected) in
        [(Origin(9), "lab", "start: origin 9 lab"), (Origin::PF_RULE, "3", "start: pf_rule 3")]
    {
        let event =
            Event { origin: Some(origin), text: Some(Text(label.as_bytes())), ..Event::new(Kind::Start) };
        let mut frame = Vec::new();
        let mut writer = FrameWriter::new(&mut frame, Encoding::new(Revision::Three), None);
        writer.push(&event).unwrap();
        let _ = writer.finish();
        let trace = Trace::parse(&frame, frame.len(), Encoding::new(Revision::Three));
        let read = trace.events().next().unwrap().read();
        assert_eq!((read.kind, read.text.unwrap().to_str()), (Kind::String, Some(expected)));
    }
}

#[test]
fn a_cut_frame_header_is_no_event() {
    let mut frame = Vec::new();
    let writer = FrameWriter::new(&mut frame, Encoding::new(Revision::Four), None);
    let _ = writer.finish();
    for length in 2..frame.len() {
        let trace = Trace::parse(&frame[..length], frame.len(), Encoding::new(Revision::Four));
        assert_eq!((trace.event_count(), trace.events().count()), (0, 0), "{length}");
        assert!(!trace.is_malformed() && trace.is_cut());
    }
}

#[test]
fn what_reads_as_something_else_is_counted() {
    let at = |file: &'static str, line| Some(Position { file: Text(file.as_bytes()), line });
    let call = |name: &'static str, args: Option<&'static str>| Event {
        function: (!name.is_empty()).then_some(Text(name.as_bytes())),
        args: args.map(|args| Text(args.as_bytes())),
        header: Some(EventHeader::default()),
        position: at("f.c", 7),
        ..Event::new(Kind::Enter)
    };
    let text = |text: &'static str, position| Event {
        text: Some(Text(text.as_bytes())),
        position,
        header: Some(EventHeader::default()),
        ..Event::new(Kind::Static)
    };
    let table = [
        (call("ip_input", Some("em0")), false),
        (call("ip_input", None), false),
        (call("", Some("em0")), true),
        (call("operator new", None), true),
        (call("f", Some("a)(b")), true),
        (text("hello world", at("f.c", 7)), false),
        (text("+foo", at("f.c", 7)), true),
        (text("hello world", at("a b.c", 7)), true),
        (text("hello world", None), false),
    ];
    for (event, lost) in table {
        let mut frame = Vec::new();
        let mut writer = FrameWriter::new(&mut frame, Encoding::new(Revision::Two), None);
        writer.push(&event).unwrap();
        assert_eq!(!writer.finish().is_empty(), lost, "{event:?}");
    }
}

#[test]
fn a_string_that_fills_its_record_survives_the_longer_header() {
    let text = [&b"+"[..], &[b'f'; 65_533], b"\0"].concat();
    for (revision, code) in [(Revision::Two, 2), (Revision::Three, 1)] {
        let frame = [&b"\0\x01\xff\xff\0"[..], &[code], &text].concat();
        let trace = Trace::parse(&frame, frame.len(), Encoding::new(revision));
        assert!(!trace.is_malformed());
        let mut upgraded = Vec::new();
        let losses = convert(&trace, Encoding::new(Revision::Four), &mut upgraded).unwrap();
        assert_eq!(losses.is_empty(), revision == Revision::Three);
    }
}

#[test]
fn a_recorded_snapshot_is_cut_to_its_record() {
    let mut trace = Recorder::new();
    mbuf_trace::mtrace_start!(trace);
    mbuf_trace::mtrace_data!(trace, &vec![7; 70_000]);
    let mut frame = Vec::new();
    assert!(trace.write(Encoding::new(Revision::Four), &mut frame).unwrap().is_empty());
    let read = Trace::parse(&frame, frame.len(), Encoding::new(Revision::Four));
    let snapshot = read.events().find_map(|event| event.snapshot()).unwrap();
    assert_eq!((snapshot.bytes.len(), snapshot.packet_length), (65_535 - 28 - 8, Some(70_000)));
    frame.clear();
    let losses = trace.write(Encoding::new(Revision::Three), &mut frame).unwrap();
    assert!(losses.to_string().contains("whole length"), "{losses}");
}
