//! The worked examples of `format-spec/README.md`, held against this crate.
//!
//! An example is a fenced block `hex` with the bytes of one packet, `#` before a comment and `41*100` for a
//! byte that stands a hundred times, and right behind it a block `events` with what it says. The first line
//! of the hex block tells what to expect: `rev=1le`, where it is not certain also `certainty=guessed`, and
//! `original=100` for a packet that the capture cut.

use mbuf_trace::{Certainty, Detector, Encoding, Event, FaultKind, Kind, Link, Order, RecordedEvent, Trace};
use std::fmt::Write;

const README: &str = include_str!("../../../format-spec/README.md");

/// One example, as the prose has it.
#[derive(Debug, Default)]
struct Example<'a> {
    /// Line of the hex block, from 1.
    line: usize,
    /// As [`Encoding`] is written; empty where none can be found.
    encoding: &'a str,
    certainty: &'a str,
    original_len: Option<usize>,
    bytes: Vec<u8>,
    expected: String,
}

#[test]
fn every_example_says_what_the_library_reads() {
    let examples = examples();
    let mut wrong = String::new();
    for example in &examples {
        let found = read(example);
        if found != example.expected {
            write!(
                wrong,
                "\nline {}: the specification says\n{}but the library reads\n{found}",
                example.line, example.expected
            )
            .unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(examples.len() > 15, "the examples are gone");
}

#[test]
fn every_kind_and_fault_has_an_example() {
    let all: String = examples().into_iter().map(|example| example.expected).collect();
    for kind in Kind::ALL {
        let start = format!("{} ", kind.name());
        assert!(all.lines().any(|line| line.starts_with(&start)), "no example of a {start}");
    }
    for fault in FaultKind::ALL {
        assert!(all.contains(&format!("! {}: ", fault.name())), "no example of {}", fault.name());
    }
}

fn examples() -> Vec<Example<'static>> {
    let mut lines = README.lines().enumerate().map(|(index, line)| (index + 1, line));
    let mut examples = Vec::new();
    while let Some((number, line)) = lines.next() {
        let Some(options) = line.strip_prefix("```hex") else {
            continue;
        };
        let mut example = Example { line: number, certainty: "certain", ..Example::default() };
        for option in options.split_whitespace() {
            let (name, value) = option.split_once('=').expect("an option with a value");
            match name {
                "rev" => example.encoding = value,
                "certainty" => example.certainty = value,
                "original" => example.original_len = Some(value.parse().expect("a length")),
                _ => panic!("line {number}: unknown option {name}"),
            }
        }
        let block = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
        block.for_each(|line| push_bytes(line, &mut example.bytes));
        let (_, next) = lines.find(|(_, line)| !line.is_empty()).expect("a block behind the hex block");
        assert_eq!(next, "```events", "line {number}: no events block behind the hex block");
        let block = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
        block.for_each(|line| {
            example.expected.push_str(line);
            example.expected.push('\n');
        });
        examples.push(example);
    }
    examples
}

/// `00 0a 41*3  # comment`.
fn push_bytes(line: &str, out: &mut Vec<u8>) {
    let bytes = line.split('#').next().unwrap_or_default();
    for word in bytes.split_whitespace() {
        let (byte, times) = word.split_once('*').unwrap_or((word, "1"));
        let byte = u8::from_str_radix(byte, 16).expect("two hexadecimal digits");
        let times = times.parse().expect("how often");
        out.extend(std::iter::repeat_n(byte, times));
    }
}

/// What the library reads, in the notation of the prose.
fn read(example: &Example<'_>) -> String {
    let forced: Option<Encoding> =
        (example.certainty == "forced").then(|| example.encoding.parse().expect("a revision"));
    let original_len = example.original_len.unwrap_or(example.bytes.len());
    let read = forced.map_or_else(Detector::default, Detector::forced).read(&example.bytes, original_len);
    let mut out = String::new();
    let trace = match read {
        Ok(read) => read,
        Err(fault) => {
            assert_eq!(example.encoding, "", "line {}: no revision is found", example.line);
            return format!("! {}: {fault}\n", fault.kind.name());
        }
    };
    assert_eq!(trace.encoding().to_string(), example.encoding, "line {}: revision", example.line);
    assert_eq!(name(trace.certainty()), example.certainty, "line {}: certainty", example.line);
    frame_header(&trace, &mut out);
    for event in trace.events().map(RecordedEvent::read) {
        line(&event, &mut out);
    }
    for fault in trace.faults() {
        writeln!(out, "! {}: {fault}", fault.kind.name()).unwrap();
    }
    if out.is_empty() {
        out.push_str("no events\n");
    }
    out
}

fn name(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Guessed => "guessed",
        Certainty::Inherited => "inherited",
        Certainty::Certain => "certain",
        Certainty::Forced => "forced",
        other => panic!("{other:?} has no name here"),
    }
}

fn frame_header(trace: &Trace<'_>, out: &mut String) {
    let Some(header) = trace.frame_header() else {
        return;
    };
    let order = match trace.order() {
        Order::NewestFirst => "newest first",
        Order::OldestFirst => "oldest first",
    };
    write!(out, "frame 4.{}, {order}", header.minor).unwrap();
    for (name, value) in
        [("packet", header.packet_id), ("parent", header.parent_id), ("lost", header.lost.into())]
    {
        if value != 0 {
            write!(out, ", {name} {value}").unwrap();
        }
    }
    if header.incomplete() {
        out.push_str(", incomplete");
    }
    out.push('\n');
}

fn line(event: &Event<'_>, out: &mut String) {
    out.push_str(event.kind.name());
    if let Some(position) = event.position {
        write!(out, " {position}").unwrap();
    }
    if let Some(function) = event.function {
        write!(out, " {function}").unwrap();
    }
    if let Some(args) = event.args {
        write!(out, "({args})").unwrap();
    }
    if let Some(origin) = event.origin {
        write!(out, " {}", origin.name().unwrap_or("?")).unwrap();
    }
    if let Some(errno) = event.errno {
        write!(out, " errno {errno}").unwrap();
    }
    let is_call = matches!(event.kind, Kind::Function | Kind::Enter | Kind::Leave);
    if let Some(text) = event.text.filter(|_| !is_call) {
        write!(out, " {text:?}").unwrap();
    }
    if let Some(snapshot) = event.snapshot {
        let link = match snapshot.link() {
            Link::Ethernet => "Ethernet".to_owned(),
            Link::Ip => "IP".to_owned(),
            Link::Arp => "ARP".to_owned(),
            Link::NoHeader => "without a header".to_owned(),
            Link::Other(number) => format!("link type {number}"),
        };
        write!(out, " {link}, {} bytes", snapshot.bytes.len()).unwrap();
        if let Some(length) = snapshot.packet_length {
            write!(out, " of {length}").unwrap();
        }
    }
    if event.kind == Kind::Unknown {
        let number = event.record_type.unwrap_or_default();
        write!(out, " {number:#06x}, {} bytes", event.payload.len()).unwrap();
    }
    if event.missing > 0 {
        write!(out, ", {} missing", event.missing).unwrap();
    }
    let Some(header) = event.header else {
        out.push('\n');
        return;
    };
    let known = [
        ("age", header.age),
        ("thread", header.thread.map(u64::from)),
        ("vnet", Some(u64::from(header.vnet)).filter(|vnet| *vnet != 0)),
        ("cpu", header.cpu.map(u64::from)),
    ];
    let words: Vec<String> =
        known.iter().filter_map(|(name, value)| value.map(|value| format!("{name} {value}"))).collect();
    if !words.is_empty() {
        write!(out, " [{}]", words.join(", ")).unwrap();
    }
    out.push('\n');
}
