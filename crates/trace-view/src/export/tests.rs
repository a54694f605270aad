//! What exports add up, bounds and lay out. That what comes out is of its format, whatever the names say, is fuzzed
//! (`fuzz/src/exports.rs`); the programs themselves read it in the tool's tests.

use super::dot::Dot;
use super::flamegraph::Flamegraph;
use super::folded::Folded;
use super::graph::{Graph, GraphPicture};
use super::tree::{Stacks, Tree, Weight};
use super::{Export, Remark};
use capture_file::{Resolution, Timestamp};
use mbuf_trace::write::FrameWriter;
use mbuf_trace::{Certainty, Encoding, Event, EventHeader, Kind, Text, Trace};
use trace_fields::PacketView;

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
        export.packet(&view, Some((&trace, Certainty::Certain))).unwrap();
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
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
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
