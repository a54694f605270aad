//! What the readers of each format demand of a file. Each function panics where they would refuse it, and where it
//! holds what a terminal would obey.

use capture_file::{Item, Reader};
use serde_json::Value;
use std::collections::HashMap;
use trace_view::export::csv::COLUMNS;

/// Text without what changes how a terminal or a browser shows its neighbours, but newline and tab.
pub(crate) fn harmless(bytes: &[u8]) -> &str {
    let text = std::str::from_utf8(bytes).expect("output is UTF-8");
    let bad =
        text.chars().find(|letter| mbuf_trace::text::is_unsafe(*letter) && !matches!(letter, '\n' | '\t'));
    assert_eq!(bad, None, "in {text:?}");
    text
}

/// One JSON object.
pub(crate) fn json(file: &[u8]) -> Value {
    serde_json::from_str(harmless(file)).expect("JSON")
}

/// One JSON object a line; gives them.
pub(crate) fn json_lines(file: &[u8]) -> Vec<Value> {
    let lines: Vec<Value> =
        harmless(file).lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    assert!(lines.iter().all(Value::is_object));
    lines
}

/// Openings and closings that nest, frames that exist, times that go forward; gives how many profiles.
pub(crate) fn speedscope(file: &[u8]) -> usize {
    let file = json(file);
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
/// begins within a slice before it ends within another. Gives how many outermost slices.
pub(crate) fn chrome(file: &[u8]) -> usize {
    let file = json(file);
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
pub(crate) fn svg(file: &[u8]) {
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

/// Lines of a stack and its weight; gives the sum. One weight may be all that 64 bits hold: events of revision 4 may be
/// centuries apart.
pub(crate) fn folded(file: &[u8]) -> u128 {
    let mut sum = 0;
    for line in harmless(file).lines() {
        let (stack, count) = line.rsplit_once(' ').unwrap();
        assert!(!stack.is_empty());
        sum += u128::from(count.parse::<u64>().unwrap());
    }
    sum
}

/// Rows of all columns, and no cell that a spreadsheet would calculate; gives how many.
pub(crate) fn csv(file: &[u8]) -> usize {
    // Rows end in CR LF, and nothing else has a CR.
    harmless(std::str::from_utf8(file).expect("output is UTF-8").replace("\r\n", "\n").as_bytes());
    let mut reader = ::csv::Reader::from_reader(file);
    assert_eq!(reader.headers().unwrap(), &COLUMNS[..]);
    let records: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    for cell in records.iter().flatten() {
        let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        assert!(!is_formula, "{cell}");
    }
    records.len()
}

/// A capture: snapshots once each, comments without control characters; gives how many packets.
pub(crate) fn packets(file: &[u8]) -> usize {
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

/// Statements of Graphviz's language, one a line, whose quotes are closed; gives how many.
pub(crate) fn dot(file: &[u8]) -> usize {
    let text = harmless(file);
    assert!(text.starts_with("digraph ") && text.ends_with("}\n"), "{text}");
    for line in text.lines() {
        let mut letters = line.chars();
        let mut is_quoted = false;
        while let Some(letter) = letters.next() {
            match letter {
                // Whatever follows it.
                '\\' if is_quoted => assert!(letters.next().is_some(), "{line}"),
                '"' => is_quoted = !is_quoted,
                _ => {}
            }
        }
        assert!(!is_quoted, "{line}");
    }
    text.lines().count()
}
