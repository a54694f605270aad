//! What exports add up, bounds and lay out. That what comes out is of its format, whatever the names say, is fuzzed
//! (`fuzz/src/exports.rs`); the programs themselves read it in the tool's tests.

use super::chrome::Chrome;
use super::dot::Dot;
use super::flamegraph::Flamegraph;
use super::folded::Folded;
use super::graph::{Graph, GraphPicture};
use super::graph_picture::{MAX_NODES, MAX_PASSED, edges_downwards};
use super::speedscope::Speedscope;
use super::tree::{Stacks, Tree, Weight};
use super::{Export, Remark};
use capture_file::{Resolution, Timestamp};
use mbuf_trace::write::FrameWriter;
use mbuf_trace::{Encoding, Event, EventHeader, Kind, Text, Trace};
use trace_fields::{PacketView, SnapshotLink};

/// An export into memory, and how it is begun.
type Exporter = Box<dyn Export<Vec<u8>>>;

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
        export.packet(&view, Some(&trace)).unwrap();
    }
    export.finish().unwrap()
}

fn tree(weight: Weight, stacks: Stacks) -> Tree {
    Tree::new(stacks, weight)
}

/// The sum of what the lines weigh.
fn weight_of(file: &[u8]) -> u64 {
    let mut sum = 0;
    for line in std::str::from_utf8(file).unwrap().lines() {
        sum += line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap();
    }
    sum
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
    assert_eq!(weight_of(&file), 400, "nothing is lost without a word");
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
    assert!(graph.remarks()[0].text.contains("steps left out"));
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

/// Dense graphs have exponentially many paths through them. For each edge that the library is given, it follows all
/// paths from its lower end through the edges before, and for the rows that edges pass it takes quadratic time.
#[test]
fn a_dense_graph_is_laid_out_without_a_search() {
    let frames: Vec<Vec<u8>> = (0..400_usize)
        .map(|at| {
            let steps = (0..12).map(|step| format!("f{}", (at * 7 + step * (at % 11 + 3)) % 130));
            functions(&steps.collect::<Vec<_>>())
        })
        .collect();
    let mut graph = Graph::with_limit(usize::MAX);
    for frame in &frames {
        graph.add(&Trace::parse(frame, frame.len(), "3".parse().unwrap()));
    }
    let shown = graph.shown(MAX_NODES);
    let (order, edges) = edges_downwards(&shown);
    let rows = order.rows_passed(&shown, &edges);
    assert!((1..=MAX_PASSED).contains(&rows), "{rows} of {} edges", edges.len());
    let mut below = vec![Vec::new(); shown.nodes.len()];
    let mut visits = 0;
    for edge in &edges {
        let (from, to, _) = shown.edges[*edge];
        let (upper, lower) = if order.is_backwards(from, to) { (to, from) } else { (from, to) };
        let mut waiting = vec![lower];
        while let Some(node) = waiting.pop().filter(|_| upper != lower) {
            visits += 1;
            assert!(visits <= edges.len(), "the library searches");
            waiting.extend(&below[node]);
        }
        below[upper].push(lower);
    }
    let (file, remarks) = export("3", &frames, |out| Box::new(GraphPicture::new(out, 1000)));
    assert_eq!(remarks.len(), 2, "{remarks:?}");
    let picture = String::from_utf8(file).unwrap();
    roxmltree::Document::parse(&picture).unwrap();
    assert_eq!(picture.matches("<g ").count(), 120);
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

/// A frame of revision 4 whose events have these kinds, functions and ages, oldest first.
fn aged(events: &[(Kind, &'static str, u64)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = FrameWriter::new(&mut out, "4".parse().unwrap(), None);
    for (kind, name, age) in events.iter().rev() {
        let header = Some(EventHeader { age: Some(*age), ..EventHeader::default() });
        let event = Event { function: Some(Text(name.as_bytes())), header, ..Event::new(*kind) };
        writer.push(&event).unwrap();
    }
    let _ = writer.finish();
    out
}

const SECOND: u64 = 1_000_000_000;

/// A packet that lay in a queue for 20 s: nobody leaves a function that gave it away.
fn held() -> Vec<u8> {
    aged(&[
        (Kind::Enter, "input", 20 * SECOND + 5000),
        (Kind::Enter, "output", 20 * SECOND + 3000),
        (Kind::Leave, "output", 20 * SECOND + 2000),
        (Kind::Enter, "resolve", 20 * SECOND + 1000),
        (Kind::Function, "queue", 20 * SECOND),
    ])
}

/// Each slice of a Chrome trace: its name, begin and end in nanoseconds after the first, and what its end says.
fn slices(file: &[u8]) -> Vec<(String, i64, i64, String)> {
    let file: serde_json::Value = serde_json::from_slice(file).unwrap();
    let (mut open, mut slices) = (Vec::new(), Vec::new());
    let mut first = None;
    for event in file["traceEvents"].as_array().unwrap() {
        let Some(at) = event["ts"].as_f64() else { continue };
        let first = *first.get_or_insert(at);
        #[expect(clippy::cast_possible_truncation, reason = "some seconds")]
        let at = ((at - first) * 1000.0).round() as i64;
        match event["ph"].as_str().unwrap() {
            "B" => open.push((event["name"].as_str().unwrap().to_owned(), at)),
            "E" => {
                let (name, begin) = open.pop().unwrap();
                let leave = event["args"]["leave"].as_str().unwrap_or_default().to_owned();
                slices.push((name, begin, at, leave));
            }
            _ => {}
        }
    }
    assert!(open.is_empty());
    slices
}

#[test]
fn a_call_without_a_leave_ends_with_the_last_event_in_it() {
    let (file, remarks) = export("4", &[held()], |out| Box::new(Chrome::new(out, SnapshotLink::Auto)));
    assert!(remarks.is_empty());
    let found: Vec<_> = slices(&file);
    let expected = [
        ("output", 2000, 3000, ""),
        ("resolve", 4000, 5000, "not recorded"),
        ("input", 0, 5000, "not recorded"),
    ];
    for (found, (name, begin, end, leave)) in found.iter().zip(expected) {
        assert_eq!(found, &(name.to_owned(), begin, end, leave.to_owned()));
    }
    // The trace itself lasts until the packet was freed.
    assert_eq!((found[3].1, found[3].2), (0, 20_000_005_000));
}

#[test]
fn a_call_within_one_that_is_left_ends_with_the_last_event_in_it() {
    let frame = aged(&[
        (Kind::Enter, "a", 9000),
        (Kind::Enter, "b", 8000),
        (Kind::Function, "c", 7000),
        (Kind::Leave, "a", 1000),
    ]);
    let (file, _) =
        export("4", std::slice::from_ref(&frame), |out| Box::new(Chrome::new(out, SnapshotLink::Auto)));
    let found = slices(&file);
    assert_eq!(found[0], ("b".to_owned(), 1000, 2000, "not recorded".to_owned()));
    assert_eq!(found[1], ("a".to_owned(), 0, 8000, String::new()));
    let (file, _) =
        export("4", &[frame], |out| Box::new(Folded::new(out, tree(Weight::Time, Stacks::Calls))));
    assert_eq!(String::from_utf8(file).unwrap(), "a 7000\na;b 1000\n(no call) 1000\n");
}

#[test]
fn no_stack_is_given_the_time_in_a_queue() {
    for stacks in [Stacks::Calls, Stacks::Path] {
        let (file, _) = export("4", &[held()], |out| Box::new(Folded::new(out, tree(Weight::Time, stacks))));
        let text = String::from_utf8(file).unwrap();
        for line in text.lines() {
            let (stack, weight) = line.rsplit_once(' ').unwrap();
            let weight: u64 = weight.parse().unwrap();
            assert_eq!(weight >= SECOND, stack == "(no call)", "{text}");
        }
    }
    let (file, _) = export("4", &[held()], |out| Box::new(Speedscope::new(out, SnapshotLink::Auto)));
    let file: serde_json::Value = serde_json::from_slice(&file).unwrap();
    let profile = &file["profiles"][0];
    assert_eq!(profile["endValue"], 20_000_005_000_u64);
    let times = profile["events"].as_array().unwrap().iter().map(|event| event["at"].as_u64().unwrap());
    assert_eq!(times.max(), Some(5000));
}
