//! `format-spec/generated/mbuf_trace.h`: compiled as strictly as compilers can, in C and C++, and its frames
//! held against those of the library, byte for byte and event by event.

use crate::support::{folder, is_there, root, run, skip};
use mbuf_trace::write::FrameWriter;
use mbuf_trace::{
    Encoding, Event, EventHeader, FrameHeader, Kind, Origin, Position, Revision, Snapshot, Text, Trace,
    frame_flag,
};
use std::path::{Path, PathBuf};
use std::process::Command;

const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];
const REQUIRE: &str = "MTRACE_TEST_REQUIRE_CC";

/// A frame as the library writes it: the same cases as in `format-spec/tests/c/emit.c`.
struct Case {
    revision: Revision,
    header: Option<FrameHeader>,
    events: Vec<Event<'static>>,
}

impl Case {
    fn new(revision: Revision, events: Vec<Event<'static>>) -> Self {
        Self { revision, header: None, events }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = FrameWriter::new(&mut out, Encoding::new(self.revision), self.header);
        for event in &self.events {
            let event = if *event == PLAIN_DATA { &STAND_IN } else { event };
            writer.push(event).expect("an event that fits");
        }
        let losses = writer.finish();
        assert!(losses.is_empty(), "{losses:?}");
        let stand_in = [0, 42, 0x0a, 0xbc];
        if let Some(at) = out.windows(4).position(|window| window == stand_in) {
            out[at + 2..at + 4].fill(0);
        }
        out
    }
}

const ARP: [u8; 42] = [
    0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1, 0x02, 0, 0, 0, 0,
    0x01, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 2,
];

/// A plain snapshot in revision 4. The library writes one only where the typed one has no room for it, so
/// a record of a type that nobody knows is written in its place, and the type put right afterwards.
const PLAIN_DATA: Event<'static> =
    Event { record_type: Some(mbuf_trace::record_type::REV4_PLAIN_DATA), ..STAND_IN };
const STAND_IN: Event<'static> =
    Event { record_type: Some(0x0abc), payload: &ARP, ..Event::new(Kind::Unknown) };

/// A string as revisions 1 and 3 have it.
fn string(text: &'static [u8]) -> Event<'static> {
    Event::from_text(Kind::String, Text(text))
}

fn data(bytes: &'static [u8]) -> Event<'static> {
    Event { snapshot: Some(Snapshot::ethernet(bytes)), ..Event::new(Kind::Data) }
}

fn other(code: u16, payload: &'static [u8]) -> Event<'static> {
    Event { record_type: Some(code), payload, ..Event::new(Kind::Unknown) }
}

fn text(kind: Kind, text: &'static [u8]) -> Event<'static> {
    Event { text: Some(Text(text)), ..Event::new(kind) }
}

/// An event whose header tells nothing.
fn bare(event: Event<'static>) -> Event<'static> {
    Event { header: Some(EventHeader::default()), ..event }
}

fn rev4() -> Case {
    let full = |event: Event<'static>| Event {
        header: Some(EventHeader {
            age: Some(0x1112_1314_1516_1718),
            thread: Some(100_012),
            vnet: 0x2122_2324,
            cpu: Some(0x3132),
            flags: 0x4142,
        }),
        position: Some(Position { file: Text(b"/usr/src/sys/netinet/ip_input.c"), line: 0x5152_5354 }),
        function: (event.kind != Kind::Position).then_some(Text(b"ip_input")),
        ..event
    };
    let call = |kind, args: Option<&'static [u8]>| Event { args: args.map(Text), ..Event::new(kind) };
    let snapshot = Snapshot { packet_length: Some(1514), ..Snapshot::ethernet(&ARP) };
    let events = [
        Event { origin: Some(Origin::PF_RULE), ..text(Kind::Start, b"rule 7") },
        text(Kind::Static, b"static"),
        text(Kind::Dynamic, b"dynamic"),
        call(Kind::Function, Some(b"vtnet0")),
        call(Kind::Enter, Some(b"a, b")),
        Event { snapshot: Some(snapshot), ..Event::new(Kind::Data) },
        call(Kind::Leave, None),
        Event { errno: Some(13), ..text(Kind::Drop, b"blocked") },
        Event::new(Kind::Position),
    ];
    let header = FrameHeader {
        minor: 0,
        flags: frame_flag::OLDEST_FIRST,
        packet_id: 0x0102_0304_0506_0708,
        parent_id: 0xffff_ffff_ffff_fffe,
        lost: 0x0102_0304,
    };
    Case { header: Some(header), ..Case::new(Revision::Four, events.map(full).to_vec()) }
}

fn cases() -> Vec<Case> {
    static LONG: [u8; mbuf_trace::MAX_PAYLOAD] = [b'x'; mbuf_trace::MAX_PAYLOAD];
    let rev1 = vec![
        string(b"if_transmit(vtnet0)"),
        string(b"/usr/src/sys/net/if.c:9: +arp_request"),
        string(b""),
        data(&ARP),
    ];
    let rev2 = vec![
        data(&ARP[..20]),
        Event::from_text(Kind::Dynamic, Text(b"ttl 64")),
        Event::from_text(Kind::Static, Text(b"ip.c:7: -ip_output")),
        data(&ARP),
        other(0x0029, b"\xde\xad\xbe"),
    ];
    let rev3 = vec![
        string(b"ip.c:40: +ip_output"),
        data(&ARP),
        string(b"an inner\0NUL"),
        string(b"ip.c:42"),
        data(b""),
        other(0x8001, b""),
    ];
    let empty = Snapshot { link_type: 101, packet_length: Some(0), ..Snapshot::ethernet(b"") };
    let bare_events = vec![
        bare(Event::new(Kind::Drop)),
        bare(Event { snapshot: Some(empty), ..Event::new(Kind::Data) }),
        bare(text(Kind::Dynamic, b"a dynamic one")),
        string(b"passed on to pf"),
        PLAIN_DATA,
        bare(text(Kind::Static, b"a static one")),
        bare(Event { origin: Some(Origin(999)), ..Event::new(Kind::Start) }),
        other(0x8001, b"\x01\x02"),
    ];
    let refused = Event {
        position: Some(Position { file: Text(b"if.c"), line: 12 }),
        ..bare(Event::new(Kind::Position))
    };
    let lost = FrameHeader {
        flags: frame_flag::OLDEST_FIRST | frame_flag::INCOMPLETE,
        lost: 5 + 7,
        ..FrameHeader::default()
    };
    vec![
        Case::new(Revision::One, rev1),
        Case::new(Revision::One, vec![string(b"free text, \xc3\xa4\xff\x1b[")]),
        Case::new(Revision::Two, rev2),
        Case::new(Revision::Three, rev3),
        rev4(),
        Case::new(Revision::Four, bare_events),
        Case::new(Revision::Three, vec![string(&LONG[1..]), data(&LONG)]),
        Case { header: Some(lost), ..Case::new(Revision::Four, vec![refused]) },
        Case::new(Revision::Three, vec![other(0x0029, b""); mbuf_trace::MAX_RECORDS]),
    ]
}

/// What a case's events are once they were read: what a record without the field gives is absent.
fn told<'a>(event: &Event<'a>) -> Event<'a> {
    let unknown = event.kind == Kind::Unknown;
    let there = |text: Option<Text<'a>>| text.filter(|text| !text.is_empty());
    Event {
        wire_index: 0,
        offset: 0,
        is_read: false,
        record_type: event.record_type.filter(|_| unknown),
        payload: if unknown { event.payload } else { &[] },
        args: there(event.args),
        text: there(event.text),
        origin: event.origin.filter(|origin| *origin != Origin::UNSPECIFIED),
        ..*event
    }
}

fn compiler() -> Option<String> {
    let named = std::env::var("CC").ok();
    let mut candidates = named.into_iter().chain(["cc", "gcc", "clang"].map(str::to_owned));
    candidates.find(|name| is_there(name))
}

fn source(name: &str) -> PathBuf {
    root().join("format-spec/tests/c").join(name)
}

/// Compiles `emit.c`, and gives the program.
fn build(compiler: &str, out: &Path, args: &[&str]) -> PathBuf {
    run(Command::new(compiler).args(STRICT).args(args).arg("-o").arg(out).arg(source("emit.c")));
    out.to_path_buf()
}

/// The frames that the program writes, each behind its length.
fn frames(output: &[u8]) -> Vec<&[u8]> {
    let mut frames = Vec::new();
    let mut rest = output;
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (frame, after) = after.split_at(u32::from_be_bytes(*length) as usize);
        frames.push(frame);
        rest = after;
    }
    assert!(rest.is_empty(), "half a length at the end");
    frames
}

#[test]
fn frames_are_those_of_the_library() {
    let Some(compiler) = compiler() else {
        return skip("the C header", "there is no C compiler", REQUIRE);
    };
    let program = build(&compiler, &folder("c").join("emit"), &["-std=c99", "-O2"]);
    let output = run(&mut Command::new(program));
    let frames = frames(&output);
    let cases = cases();
    assert_eq!(frames.len(), cases.len(), "emit.c has other cases");
    for (number, (frame, case)) in frames.iter().zip(&cases).enumerate() {
        let expected = case.bytes();
        assert!(**frame == expected, "case {number}: {frame:02x?}\nthe library: {expected:02x?}");

        let trace = Trace::parse(frame, frame.len(), Encoding::new(case.revision));
        let faults: Vec<String> = trace.faults().map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "case {number}: {faults:?}");
        assert_eq!(
            trace.frame_header(),
            case.header.or((case.revision == Revision::Four).then(FrameHeader::default))
        );
        let read: Vec<Event<'_>> = trace.events_in_wire_order().map(|event| told(&event.read())).collect();
        let written: Vec<Event<'_>> = case.events.iter().map(told).collect();
        for (read, written) in read.iter().zip(&written) {
            let written = if *written == PLAIN_DATA { &data(&ARP) } else { written };
            assert_eq!(read, written, "case {number}");
        }
        assert_eq!(read.len(), written.len(), "case {number}");
    }
}

/// Into a buffer that is too small goes what fits, and the frame is a good one all the same.
#[test]
fn small_buffers_hold_whole_records() {
    let Some(compiler) = compiler() else {
        return skip("the C header with small buffers", "there is no C compiler", REQUIRE);
    };
    let out = folder("c").join("emit-checked");
    let sanitizers = ["-std=c99", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    let mut trial = Command::new(&compiler);
    trial.args(sanitizers).arg("-o").arg(&out).arg(source("emit.c"));
    let sanitized = trial.output().is_ok_and(|output| output.status.success());
    let program = build(&compiler, &out, if sanitized { &sanitizers } else { &["-std=c99"] });
    let output = run(Command::new(program).arg("cut"));
    let frames = frames(&output);
    let wholes: Vec<usize> = cases().iter().take(6).map(|case| case.bytes().len()).collect();
    // Every buffer from that which just holds the count on.
    assert_eq!(frames.len(), wholes.iter().map(|whole| whole - 2).sum::<usize>());
    let cases = cases();
    let revisions = cases.iter().zip(wholes).flat_map(|(case, whole)| vec![case.revision; whole - 2]);
    for (frame, revision) in frames.iter().zip(revisions) {
        let trace = Trace::parse(frame, frame.len(), Encoding::new(revision));
        // A frame of revision 4 that has no room for its header has no record at all.
        if revision != Revision::Four || frame.len() > 2 {
            assert_eq!(trace.faults().next(), None, "{frame:02x?}");
        }
        if let Some(header) = trace.frame_header() {
            assert!(header.flags & frame_flag::INCOMPLETE != 0 && header.lost > 0, "{header:?}");
        }
    }
}

/// The header alone, for a kernel, for C++ and for every compiler that is here.
#[test]
fn compilers_have_nothing_to_say() {
    let Some(cc) = compiler() else {
        return skip("the C header's warnings", "there is no C compiler", REQUIRE);
    };
    let folder = folder("c");
    let object = folder.join("header.o");
    let kernel = source("kernel");
    let mut compilers = vec![cc.clone()];
    compilers
        .extend(["gcc", "clang"].map(str::to_owned).into_iter().filter(|name| *name != cc && is_there(name)));
    for compiler in &compilers {
        for standard in ["-std=c99", "-std=c11", "-std=gnu17"] {
            build(
                compiler,
                &folder.join("emit-warnings"),
                &[standard, "-Wshadow", "-Wconversion", "-Wcast-qual"],
            );
        }
        let mut command = Command::new(compiler);
        command.args(STRICT).args(["-std=c99", "-D_KERNEL", "-ffreestanding", "-c", "-I"]).arg(&kernel);
        run(command.arg("-o").arg(&object).arg(source("kernel.c")));
    }
    for compiler in ["c++", "g++", "clang++"].into_iter().filter(|name| is_there(name)) {
        let mut command = Command::new(compiler);
        command.args(STRICT).args(["-std=c++11", "-x", "c++", "-c", "-o"]).arg(&object);
        run(command.arg(source("emit.c")));
    }
}
