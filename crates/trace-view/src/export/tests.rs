//! Every export on hostile traces: what comes out is of its format, whatever the names say. The programs themselves
//! read it in the tool's tests.

use super::chrome::Chrome;
use super::csv::{COLUMNS, Csv};
use super::dot::Dot;
use super::flamegraph::Flamegraph;
use super::folded::Folded;
use super::graph::{Graph, GraphPicture};
use super::packets::{Options, Packets};
use super::speedscope::Speedscope;
use super::text::TextFile;
use super::tree::{Stacks, Tree, Weight};
use super::{Export, Remark};
use capture_file::{Item, Reader, Resolution, Timestamp};
use mbuf_trace::write::FrameWriter;
use mbuf_trace::{Certainty, Encoding, Event, EventHeader, Kind, Position, Snapshot, Text, Trace};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::HashMap;
use trace_fields::{PacketView, SnapshotLink};

/// Names that mean something to some format.
const HOSTILE: [&[u8]; 15] = [
    b"ip_input",
    b"a;b;c 7",
    b"=cmd|' /C calc'!A0",
    b"@SUM(A1)",
    b"\x1b[31mred\x1b]0;title\x07",
    b"\"quoted\" \\ \\N \\l",
    b"</title><script>alert(1)</script>]]>",
    b"&lt;&#0;{}<>|",
    b"new\nline\r\ttab",
    b"\xff\xfe\xc3",
    "\u{202e}evil\u{feff}\u{2028}".as_bytes(),
    b"",
    b"-0",
    "é😀".as_bytes(),
    // What no XML may hold.
    "\u{fffe}\u{ffff}".as_bytes(),
];

/// An event as the generator draws it: kind, name, snapshot, age.
type Drawn = (Kind, usize, u8, Option<u64>);

fn drawn() -> impl Strategy<Value = Drawn> {
    let kinds = [
        Kind::Enter,
        Kind::Leave,
        Kind::Function,
        Kind::Dynamic,
        Kind::Position,
        Kind::Data,
        Kind::Drop,
        Kind::Start,
    ];
    (
        prop::sample::select(kinds.to_vec()),
        0..HOSTILE.len(),
        any::<u8>(),
        prop::option::weighted(0.9, 0..5_000_u64),
    )
}

fn frame(encoding: &str, events: &[Drawn]) -> Vec<u8> {
    let bytes: Vec<Vec<u8>> =
        events.iter().map(|(.., size, _)| vec![*size; usize::from(*size % 40)]).collect();
    let mut out = Vec::new();
    let mut writer = FrameWriter::new(&mut out, encoding.parse().unwrap(), None);
    for ((kind, name, size, age), bytes) in events.iter().zip(&bytes) {
        let name = HOSTILE[*name];
        let event = Event {
            position: (size % 3 > 0).then_some(Position { file: Text(name), line: u32::from(*size) }),
            function: Some(Text(name)),
            args: (size % 2 > 0).then_some(Text(name)),
            text: matches!(kind, Kind::Dynamic | Kind::Drop | Kind::Start).then_some(Text(name)),
            snapshot: (*kind == Kind::Data).then(|| Snapshot {
                link_type: if size % 2 > 0 { 1 } else { 101 },
                packet_length: Some(u32::from(*size)),
                bytes,
                missing: 0,
            }),
            header: Some(EventHeader { age: *age, ..EventHeader::default() }),
            ..Event::new(*kind)
        };
        writer.push(&event).unwrap();
    }
    let _ = writer.finish();
    out
}

/// An export into memory, and how it is begun.
type Exporter = Box<dyn Export<Vec<u8>>>;
type Begin = Box<dyn FnOnce(Vec<u8>) -> Exporter>;

/// What an export makes of these frames.
fn export(
    encoding: &str,
    frames: &[Vec<u8>],
    begin: impl FnOnce(Vec<u8>) -> Exporter,
) -> (Vec<u8>, Vec<Remark>) {
    let encoding: Encoding = encoding.parse().unwrap();
    let mut export = begin(Vec::new());
    for (frame, number) in frames.iter().zip(1..) {
        let trace = Trace::parse(frame, frame.len(), encoding);
        let time = Timestamp::new(1_768_378_300, number * 1_000, Resolution::NANOS);
        let view = PacketView { number, time: Some(time), ..PacketView::of_bytes(frame) };
        export.packet(&view, Some((&trace, Certainty::Certain))).unwrap();
    }
    export.finish().unwrap()
}

const LINK: SnapshotLink = SnapshotLink::Auto;

fn tree(weight: Weight, stacks: Stacks) -> Tree {
    Tree::new(stacks, weight)
}

/// Text without anything that a terminal would obey.
fn harmless(bytes: &[u8]) -> &str {
    let text = std::str::from_utf8(bytes).unwrap();
    let bad =
        text.chars().find(|letter| mbuf_trace::text::is_unsafe(*letter) && !matches!(letter, '\n' | '\r'));
    assert_eq!(bad, None, "{text}");
    text
}

/// Openings and closings that nest, frames that exist, times that go forward.
fn check_speedscope(file: &[u8]) -> usize {
    let file: Value = serde_json::from_str(harmless(file)).unwrap();
    assert_eq!(file["$schema"], "https://www.speedscope.app/file-format-schema.json");
    let frames = file["shared"]["frames"].as_array().unwrap();
    assert!(frames.iter().all(|frame| frame["name"].is_string()));
    let profiles = file["profiles"].as_array().unwrap();
    for profile in profiles {
        let mut open = Vec::new();
        let mut last = profile["startValue"].as_u64().unwrap();
        for event in profile["events"].as_array().unwrap() {
            let (frame, at) = (event["frame"].as_u64().unwrap(), event["at"].as_u64().unwrap());
            assert!(at >= last && (frame as usize) < frames.len(), "{profile}");
            last = at;
            match event["type"].as_str().unwrap() {
                "O" => open.push(frame),
                "C" => assert_eq!(open.pop(), Some(frame), "{profile}"),
                other => panic!("{other}"),
            }
        }
        assert!(open.is_empty(), "{profile}");
        assert!(profile["endValue"].as_u64().unwrap() >= last, "{profile}");
        assert!(["none", "nanoseconds"].contains(&profile["unit"].as_str().unwrap()));
    }
    profiles.len()
}

/// The rules of the trace event format: `B` and `E` nest on each thread by name, times go forward there, and an arrow
/// begins within a slice before it ends within another.
fn check_chrome(file: &[u8]) -> usize {
    let file: Value = serde_json::from_str(harmless(file)).unwrap();
    let mut tracks: HashMap<(u64, u64), (f64, Vec<String>)> = HashMap::new();
    let (mut traces, mut slices, mut arrows) = (0, Vec::new(), HashMap::new());
    for event in file["traceEvents"].as_array().unwrap() {
        let kind = event["ph"].as_str().unwrap();
        let name = event["name"].as_str().unwrap().to_owned();
        if kind == "M" {
            assert!(event["args"]["name"].is_string());
            continue;
        }
        let track = (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap());
        let (last, open) = tracks.entry(track).or_default();
        let at = event["ts"].as_f64().unwrap();
        if matches!(kind, "s" | "f") {
            // The format sorts them in by their times.
            let ends: &mut Vec<_> = arrows.entry(event["id"].as_u64().unwrap()).or_default();
            ends.push((kind.to_owned(), track, at));
            continue;
        }
        assert!(at >= *last && at >= 0.0, "{event} after {last}");
        *last = at;
        match kind {
            "B" => {
                traces += usize::from(open.is_empty());
                open.push(name);
                if open.len() == 1 {
                    slices.push((track, at, at));
                }
            }
            "E" => {
                assert_eq!(open.pop(), Some(name));
                let slice = slices.iter_mut().rev().find(|slice| slice.0 == track).unwrap();
                slice.2 = at;
            }
            "i" => assert_eq!(event["s"], "t"),
            other => panic!("{other}"),
        }
    }
    assert!(tracks.values().all(|(_, open)| open.is_empty()));
    for ends in arrows.values() {
        let kinds: Vec<&str> = ends.iter().map(|(kind, ..)| kind.as_str()).collect();
        assert_eq!(kinds, ["s", "f"]);
        assert!(ends[0].2 <= ends[1].2, "{ends:?}");
        for (_, track, at) in ends {
            assert!(
                slices.iter().any(|slice| slice.0 == *track && slice.1 <= *at && *at <= slice.2),
                "{ends:?}"
            );
        }
    }
    traces
}

/// Well-formed XML with no element beyond those that pictures have.
fn check_svg(file: &[u8]) {
    let document = roxmltree::Document::parse(harmless(file)).unwrap();
    let known = ["svg", "title", "style", "rect", "text", "g", "script", "path", "defs", "marker", "polygon"];
    let mut scripts = 0;
    for element in document.descendants().filter(roxmltree::Node::is_element) {
        let name = element.tag_name().name();
        assert!(known.contains(&name), "{name}");
        assert_eq!(element.tag_name().namespace(), Some("http://www.w3.org/2000/svg"), "{name}");
        scripts += i32::from(name == "script");
    }
    assert!(scripts <= 1);
}

fn check_folded(file: &[u8]) -> u64 {
    let mut sum = 0;
    for line in harmless(file).lines() {
        let (stack, count) = line.rsplit_once(' ').unwrap();
        assert!(!stack.is_empty());
        sum += count.parse::<u64>().unwrap();
    }
    sum
}

fn check_csv(file: &[u8], events: usize) {
    harmless(file);
    let mut reader = ::csv::Reader::from_reader(file);
    assert_eq!(reader.headers().unwrap(), &COLUMNS[..]);
    let records: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), events);
    for cell in records.iter().flatten() {
        let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        assert!(!is_formula, "{cell}");
    }
}

/// The packets of a capture that was made: snapshots once each, comments without control characters.
fn check_packets(file: &[u8]) -> usize {
    let mut reader = Reader::new(file).unwrap();
    let mut packets = Vec::new();
    while let Some(item) = reader.next_item().unwrap() {
        let Item::Packet(packet) = item else { continue };
        for comment in packet.comments() {
            assert!(comment.len() <= 4096);
            harmless(comment);
        }
        assert!(packet.captured_len <= packet.original_len);
        packets.push((packet.packet_id(), packet.link_type, packet.data.to_vec()));
    }
    let all = packets.len();
    // Two traces may have the same snapshot; one trace, which only a pcapng's packets name, has it once.
    packets.retain(|(trace, ..)| trace.is_some());
    packets.sort();
    let mut once = packets.clone();
    once.dedup();
    assert_eq!(packets, once, "a snapshot twice");
    all
}

fn check_all(encoding: &str, frames: &[Vec<u8>]) {
    let encoding_of = encoding.parse::<Encoding>().unwrap();
    let counts: Vec<usize> =
        frames.iter().map(|frame| Trace::parse(frame, frame.len(), encoding_of).event_count()).collect();
    let run = |begin: Begin| export(encoding, frames, begin).0;
    let profiles = check_speedscope(&run(Box::new(|out| Box::new(Speedscope::new(out, LINK)))));
    assert_eq!(profiles, counts.iter().filter(|count| **count > 0).count());
    assert_eq!(check_chrome(&run(Box::new(|out| Box::new(Chrome::new(out, LINK))))), frames.len());
    check_csv(&run(Box::new(|out| Box::new(Csv::new(out, LINK)))), counts.iter().sum());
    harmless(&run(Box::new(|out| Box::new(TextFile::new(out, LINK)))));
    harmless(&run(Box::new(|out| Box::new(Dot::new(out)))));
    for (weight, stacks) in [
        (Weight::Count, Stacks::Calls),
        (Weight::Count, Stacks::Path),
        (Weight::Time, Stacks::Calls),
        (Weight::Time, Stacks::Path),
    ] {
        let sum = check_folded(&run(Box::new(move |out| Box::new(Folded::new(out, tree(weight, stacks))))));
        if (weight, stacks) == (Weight::Count, Stacks::Path) {
            assert_eq!(sum, frames.len() as u64);
        }
        let title = "</title>&\"".to_owned();
        check_svg(&run(Box::new(move |out| Box::new(Flamegraph::new(out, tree(weight, stacks), title)))));
    }
    check_svg(&run(Box::new(|out| Box::new(GraphPicture::new(out, 60)))));
    let all =
        check_packets(&run(Box::new(|out| Box::new(Packets::pcapng(out, Options::default()).unwrap()))));
    let primary = Options { primary: true, ..Options::default() };
    let primary = check_packets(&run(Box::new(move |out| Box::new(Packets::pcapng(out, primary).unwrap()))));
    assert!(primary <= all && primary <= frames.len());
    check_packets(&run(Box::new(|out| Box::new(Packets::pcap(out, Options::default()).unwrap()))));
    let mixed = Options { mixed: true, ..Options::default() };
    let mixed = check_packets(&run(Box::new(move |out| Box::new(Packets::pcapng(out, mixed).unwrap()))));
    assert_eq!(mixed, all + frames.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_the_names(traces in prop::collection::vec(prop::collection::vec(drawn(), 0..20), 0..4)) {
        for encoding in ["3", "4"] {
            let frames: Vec<Vec<u8>> = traces.iter().map(|events| frame(encoding, events)).collect();
            check_all(encoding, &frames);
        }
    }

    #[test]
    fn whatever_the_bytes(frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 2..80), 1..3)) {
        for encoding in ["1", "2", "3", "4"] {
            check_all(encoding, &frames);
        }
    }
}

/// A frame of functions, oldest first.
fn functions(names: &[String]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = FrameWriter::new(&mut out, "3".parse().unwrap(), None);
    // The newest comes first.
    for name in names.iter().rev() {
        writer.push(&Event::from_text(Kind::String, Text(name.as_bytes()))).unwrap();
    }
    let _ = writer.finish();
    out
}

#[test]
fn memory_is_bounded_and_what_is_left_out_is_told() {
    let frames: Vec<Vec<u8>> = (0..200).map(|at| functions(&[format!("+f{at}"), "+g".to_owned()])).collect();
    let small = || Tree::with_limit(Stacks::Calls, Weight::Count, 10_000);
    let (file, remarks) = export("3", &frames, |out| Box::new(Folded::new(out, small())));
    assert_eq!(check_folded(&file), 400, "nothing is lost without a word");
    let text = String::from_utf8(file).unwrap();
    assert!(text.lines().count() < 200 && text.contains("(others) "), "{text}");
    assert!(remarks.len() == 1 && remarks[0].is_loss && remarks[0].text.contains("stand under (others)"));

    let mut graph = Graph::with_limit(10_000);
    for frame in &frames {
        graph.add(&Trace::parse(frame, frame.len(), "3".parse().unwrap()));
    }
    // Not from the first to the last: what stood between them is left out.
    let around = functions(&["+f0".to_owned(), "+unknown".to_owned(), "+g".to_owned()]);
    graph.add(&Trace::parse(&around, around.len(), "3".parse().unwrap()));
    let shown = graph.shown(usize::MAX);
    assert!(shown.nodes.len() < 200);
    let place = |name: &str| shown.nodes.iter().position(|(known, _)| *known == name).unwrap();
    assert!(shown.edges.contains(&(place("f0"), place("g"), 1)), "{shown:?}");
    assert!(graph.remarks()[0].text.contains("steps are left out"));
}

#[test]
fn the_order_of_the_packets_makes_no_difference() {
    let frames: Vec<Vec<u8>> = (0..12)
        .map(|at| functions(&[format!("+a{}", at % 3), format!("b{}", at % 5), "c".to_owned()]))
        .collect();
    let backwards: Vec<Vec<u8>> = frames.iter().rev().cloned().collect();
    let begins: [fn(Vec<u8>) -> Exporter; 4] = [
        |out| Box::new(Folded::new(out, tree(Weight::Count, Stacks::Calls))),
        |out| Box::new(Flamegraph::new(out, tree(Weight::Count, Stacks::Path), String::new())),
        |out| Box::new(Dot::new(out)),
        |out| Box::new(GraphPicture::new(out, 60)),
    ];
    for begin in begins {
        assert_eq!(export("3", &frames, begin).0, export("3", &backwards, begin).0);
    }
}

/// Dense graphs have exponentially many ways through them.
#[test]
fn a_dense_graph_is_laid_out_in_time() {
    let frames: Vec<Vec<u8>> = (0..400_usize)
        .map(|at| {
            let steps = (0..12).map(|step| format!("f{}", (at * 7 + step * (at % 11 + 3)) % 130));
            functions(&steps.collect::<Vec<_>>())
        })
        .collect();
    let begun = std::time::Instant::now();
    let (file, remarks) = export("3", &frames, |out| Box::new(GraphPicture::new(out, 1000)));
    check_svg(&file);
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    assert_eq!(remarks.len(), 2, "{remarks:?}");
    assert_eq!(String::from_utf8(file).unwrap().matches("<g ").count(), 120);
}

#[test]
fn times_are_weighed_to_the_nanosecond() {
    let event = |kind, name: &'static str, age| Event {
        function: Some(Text(name.as_bytes())),
        header: Some(EventHeader { age: Some(age), ..EventHeader::default() }),
        ..Event::new(kind)
    };
    let mut out = Vec::new();
    let mut writer = FrameWriter::new(&mut out, "4".parse().unwrap(), None);
    for (kind, name, age) in [
        (Kind::Enter, "a", 1000),
        (Kind::Function, "b", 900),
        (Kind::Enter, "c", 700),
        (Kind::Leave, "c", 650),
        (Kind::Leave, "a", 600),
    ]
    .into_iter()
    .rev()
    {
        writer.push(&event(kind, name, age)).unwrap();
    }
    let _ = writer.finish();
    let (file, _) = export("4", &[out], |out| Box::new(Folded::new(out, tree(Weight::Time, Stacks::Calls))));
    assert_eq!(String::from_utf8(file).unwrap(), "a 150\na;b 200\na;c 50\n(no call) 600\n");
}
