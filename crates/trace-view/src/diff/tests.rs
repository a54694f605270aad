//! Captures that differ, and captures that do not, made of a few traces.

use super::*;
use mbuf_trace::write::FrameWriter;
use mbuf_trace::{Encoding, Event, FrameHeader, Kind, Position, Trace};
use serde_json::Value;
use trace_fields::PacketView;

/// Traces with the same events: how many, how many events each lost, and the events, oldest first.
type Flow<'a> = (u64, u32, &'a [&'a str]);

/// What is tried, two captures, and what is expected.
type Case<'a, T> = (&'a str, &'a [Flow<'a>], &'a [Flow<'a>], T);

/// What is tried, the events of two captures, the trace points that only one has, and how many moved.
type PointCase<'a> = (&'a str, &'a [&'a str], &'a [&'a str], &'a [&'a str], u64);

/// An event at a line of `a.c`: `1 +f(args)`, `2 -f(args)`, `3 f`, `4 f: "constant"`, `5 f: made`, `6 f! reason 55`.
fn event(words: &str) -> Event<'_> {
    let (line, rest) = words.split_once(' ').unwrap();
    let text = |text: &'_ str| -> Option<Text<'_>> {
        Some(Text(Box::leak(text.to_owned().into_boxed_str()).as_bytes()))
    };
    let event = if let Some((function, words)) = rest.split_once(": ") {
        let constant = words.strip_prefix('"').and_then(|words| words.strip_suffix('"'));
        let kind = if constant.is_some() { Kind::Static } else { Kind::Dynamic };
        Event { function: text(function), text: text(constant.unwrap_or(words)), ..Event::new(kind) }
    } else if let Some((function, words)) = rest.split_once("! ") {
        let (reason, errno) = words.rsplit_once(' ').unwrap();
        let errno = errno.parse().ok().filter(|errno| *errno > 0);
        Event { function: text(function), text: text(reason), errno, ..Event::new(Kind::Drop) }
    } else {
        let (kind, rest) = match rest.split_at(1) {
            ("+", rest) => (Kind::Enter, rest),
            ("-", rest) => (Kind::Leave, rest),
            _ => (Kind::Function, rest),
        };
        let (function, args) =
            rest.split_once('(').map_or((rest, None), |(function, args)| (function, args.strip_suffix(')')));
        Event { function: text(function), args: args.and_then(text), ..Event::new(kind) }
    };
    let position = Some(Position { file: Text(b"a.c"), line: line.parse().unwrap() });
    Event { position, ..event }
}

fn side(revision: Revision, steps: Steps, flows: &[Flow<'_>]) -> Side {
    let mut side = Side::new(steps);
    let mut packet = 0;
    for (packets, lost, events) in flows {
        let header =
            (revision == Revision::Four).then(|| FrameHeader { lost: *lost, ..FrameHeader::default() });
        let mut frame = Vec::new();
        let mut writer = FrameWriter::new(&mut frame, Encoding::new(revision), header);
        let events: Vec<_> = events.iter().map(|words| event(words)).collect();
        // The newest comes first.
        events.iter().rev().for_each(|event| writer.push(event).unwrap());
        let _ = writer.finish();
        let trace = Trace::parse(&frame, frame.len(), Encoding::new(revision));
        for _ in 0..*packets {
            packet += 1;
            let subject = Subject::new(PacketView::of_bytes(&frame)).with_trace(&trace);
            side.add(&subject, Moment { file: 0, packet, time: None });
        }
    }
    side
}

fn compare(a: &Side, b: &Side, options: Options) -> Value {
    let found = Difference::new(a, b, options);
    let mut json = Vec::new();
    found.write_json(&mut json, &["a".to_owned(), "b".to_owned()], usize::MAX).unwrap();
    let json: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["differs"], found.differs());
    json
}

const OPTIONS: Options = Options { significance: 0.01, lines: false, only_significant: false };

/// All rows of these sorts, one word each: `~dropped/send/full 2:90`.
fn rows(found: &Value, sorts: &[&str]) -> Vec<String> {
    let mut rows = Vec::new();
    for sort in sorts {
        for (mark, list) in [("-", "gone"), ("+", "added"), ("~", "changed")] {
            for row in found[format!("{sort}_{list}")].as_array().unwrap() {
                let words = ["fate", "function", "reason", "errno_name", "returned", "path"]
                    .map(|key| row[key].as_str());
                let words: Vec<_> = words.into_iter().flatten().collect();
                let counts = ["first", "second"].map(|side| row[side]["packets"].to_string()).join(":");
                rows.push(format!("{mark}{} {counts}", words.join("/")));
            }
        }
    }
    rows
}

const ENDS: [&str; 3] = ["fates", "ends", "reasons"];
const SENT: &[&str] = &["1 +output", "2 +if_transmit(em0)", "9 -if_transmit(0)"];
const FULL: &[&str] = &["1 +output", "2 +if_transmit(em0)", "5 if_transmit! full 55", "9 -if_transmit(55)"];
const DOWN: &[&str] = &["1 +output", "2 +if_transmit(em0)", "6 if_transmit! down 50", "9 -if_transmit(50)"];

#[test]
fn what_became_of_packets() {
    let table: [Case<'_, &[&str]>; 7] = [
        (
            "more drops on the same path",
            &[(1, 0, FULL), (49, 0, SENT)],
            &[(45, 0, FULL), (5, 0, SENT)],
            &[
                "~dropped 1:45",
                "~transmitted 49:5",
                "~dropped/if_transmit 1:45",
                "~transmitted/if_transmit 49:5",
                "~dropped/if_transmit/full/ENOBUFS 1:45",
            ],
        ),
        ("as many", &[(10, 0, FULL), (40, 0, SENT)], &[(14, 0, FULL), (36, 0, SENT)], &[]),
        (
            "a first drop",
            &[(50, 0, SENT)],
            &[(1, 0, FULL), (49, 0, SENT)],
            &["+dropped 0:1", "+dropped/if_transmit 0:1", "+dropped/if_transmit/full/ENOBUFS 0:1"],
        ),
        (
            "another reason",
            &[(50, 0, FULL)],
            &[(50, 0, DOWN)],
            &["-dropped/if_transmit/full/ENOBUFS 50:0", "+dropped/if_transmit/down/ENETDOWN 0:50"],
        ),
        (
            "another error number",
            &[(50, 0, FULL)],
            &[(50, 0, &["1 +output", "2 +if_transmit(em0)", "5 if_transmit! full 12", "9 -if_transmit(12)"])],
            &["-dropped/if_transmit/full/ENOBUFS 50:0", "+dropped/if_transmit/full/ENOMEM 0:50"],
        ),
        (
            "another function",
            &[(50, 0, &["1 +f", "5 f! no 0", "7 g"])],
            &[(50, 0, &["1 +f", "5 g! no 0", "7 g"])],
            &["-dropped/f 50:0", "+dropped/g 0:50", "-dropped/f/no 50:0", "+dropped/g/no 0:50"],
        ),
        (
            "an end that nobody knows",
            &[(50, 0, &["1 +f", "2 +g", "3 -g", "4 -f"])],
            &[(50, 0, &["1 +h", "2 +g", "3 -g", "4 -h"])],
            &["-unknown/f 50:0", "+unknown/h 0:50"],
        ),
    ];
    for (case, first, second, expected) in table {
        for steps in [Steps::Functions, Steps::Events] {
            let sides = [first, second].map(|flows| side(Revision::Four, steps, flows));
            let found = compare(&sides[0], &sides[1], OPTIONS);
            assert_eq!(rows(&found, &ENDS), expected, "{case}");
            assert_eq!(found["undecided"], 0, "{case}");
            if steps == Steps::Functions {
                assert_eq!(found["differs"], !expected.is_empty(), "{case}: {found}");
            }
            let swapped = compare(&sides[1], &sides[0], OPTIONS);
            assert_eq!(rows(&swapped, &ENDS).len(), expected.len(), "{case}, the other way round");
        }
    }
}

#[test]
fn a_rare_end_has_to_be_significant_if_asked() {
    let options = Options { only_significant: true, ..OPTIONS };
    for (dropped, differs) in [(1, false), (20, true)] {
        let before = side(Revision::Four, Steps::Functions, &[(50, 0, SENT)]);
        let after = side(Revision::Four, Steps::Functions, &[(dropped, 0, FULL), (50 - dropped, 0, SENT)]);
        let found = compare(&before, &after, options);
        assert_eq!(found["differs"], differs, "{dropped}");
        assert!(rows(&found, &ENDS).is_empty() != differs, "{dropped}");
    }
}

/// Where the newest events are lost, nobody knows what became of the packet: that is no change.
#[test]
fn ends_that_were_not_recorded() {
    // Lost before it was sent; and dropped for certain, whatever else was lost.
    let lost: &[&str] = &["1 +output"];
    let table: [Case<'_, (&[&str], u64)>; 6] = [
        ("all ends are lost", &[(50, 0, SENT)], &[(50, 5, lost)], (&[], 2)),
        ("on both sides", &[(50, 5, lost)], &[(50, 5, SENT)], (&[], 0)),
        // The difference is too large.
        (
            "a few ends are lost",
            &[(1, 0, FULL), (49, 0, SENT)],
            &[(45, 0, FULL), (2, 5, lost), (3, 0, SENT)],
            (
                &[
                    "~transmitted 49:3",
                    "~dropped 1:45",
                    "~transmitted/if_transmit 49:3",
                    "~dropped/if_transmit 1:45",
                    "~dropped/if_transmit/full/ENOBUFS 1:45",
                ],
                0,
            ),
        ),
        // It is not: 30 may have been sent.
        (
            "many ends are lost",
            &[(10, 0, FULL), (90, 0, SENT)],
            &[(10, 0, FULL), (60, 0, SENT), (30, 5, lost)],
            (&[], 2),
        ),
        // What only one has may have been lost in the other.
        ("a drop is gone, perhaps", &[(1, 0, FULL), (99, 0, SENT)], &[(99, 0, SENT), (1, 5, lost)], (&[], 3)),
        (
            "a drop is new, whatever was lost there",
            &[(100, 0, SENT)],
            &[(99, 0, SENT), (1, 5, FULL)],
            (&["+dropped 0:1", "+dropped/if_transmit 0:1", "+dropped/if_transmit/full/ENOBUFS 0:1"], 0),
        ),
    ];
    for (case, first, second, (expected, undecided)) in table {
        let sides = [first, second].map(|flows| side(Revision::Four, Steps::Functions, flows));
        let found = compare(&sides[0], &sides[1], OPTIONS);
        assert_eq!(
            (rows(&found, &ENDS), found["undecided"].as_u64()),
            (expected.iter().map(|row| (*row).to_owned()).collect(), Some(undecided)),
            "{case}"
        );
        let unrecorded = |flows: &[Flow<'_>]| -> u64 {
            flows
                .iter()
                .filter(|(_, lost, events)| *lost > 0 && *events != FULL)
                .map(|(packets, ..)| packets)
                .sum()
        };
        assert_eq!(found["first"]["ends_not_recorded"], unrecorded(first), "{case}");
        assert_eq!(found["second"]["ends_not_recorded"], unrecorded(second), "{case}");
    }
}

#[test]
fn a_difference_that_incomplete_traces_may_make_says_so() {
    let doubtful = |found: &Value, list: &str| found[list][0]["doubtful"].as_bool();
    let (whole, part): (&[&str], &[&str]) = (&["1 +a", "2 +b", "3 +c"], &["1 +a", "2 +b"]);
    let table: [Case<'_, bool>; 5] = [
        ("paths_gone", &[(50, 0, whole)], &[(50, 0, part)], false),
        ("paths_gone", &[(50, 0, whole)], &[(50, 3, part)], true),
        ("paths_added", &[(50, 0, whole)], &[(50, 3, part)], true),
        (
            "paths_changed",
            &[(90, 0, whole), (10, 0, part)],
            &[(50, 0, whole), (49, 3, part), (1, 0, part)],
            true,
        ),
        (
            "paths_changed",
            &[(90, 0, whole), (10, 0, part)],
            &[(20, 0, whole), (1, 3, part), (79, 0, part)],
            false,
        ),
    ];
    for (list, first, second, expected) in table {
        let sides = [first, second].map(|flows| side(Revision::Four, Steps::Functions, flows));
        let found = compare(&sides[0], &sides[1], OPTIONS);
        assert_eq!(doubtful(&found, list), Some(expected), "{first:?} {second:?}");
        let mut text = Vec::new();
        let look = Look { files: vec!["a".to_owned(), "b".to_owned()], ..Look::default() };
        Difference::new(&sides[0], &sides[1], OPTIONS).write_text(&mut text, &look, usize::MAX).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.contains("incomplete traces may be the cause"), expected, "{text}");
    }
}

#[test]
fn what_functions_returned() {
    let pf = |value: &str| {
        vec!["1 +input".to_owned(), "2 +pf".to_owned(), format!("3 -pf{value}"), "4 +out".to_owned()]
    };
    let found = |first: &[(u64, &str)], second: &[(u64, &str)], steps| {
        let sides = [first, second].map(|values| {
            let events: Vec<(u64, Vec<String>)> =
                values.iter().map(|(packets, value)| (*packets, pf(value))).collect();
            let words: Vec<(u64, Vec<&str>)> = events
                .iter()
                .map(|(packets, words)| (*packets, words.iter().map(String::as_str).collect()))
                .collect();
            let flows: Vec<Flow<'_>> = words.iter().map(|(packets, words)| (*packets, 0, &**words)).collect();
            side(Revision::Four, steps, &flows)
        });
        compare(&sides[0], &sides[1], OPTIONS)
    };
    let (before, after) = (&[(98, "(PF_PASS)"), (2, "(PF_DROP)")], &[(10, "(PF_PASS)"), (90, "(PF_DROP)")]);
    let with_steps = found(before, after, Steps::EventsWithoutLines);
    let expected = ["~pf/PF_DROP 2:90", "~pf/PF_PASS 98:10"];
    assert_eq!(rows(&with_steps, &["returned"]), expected);
    assert!(rows(&with_steps, &["paths"]).is_empty(), "the path is the same");
    assert!(rows(&found(before, after, Steps::Functions), &["returned"]).is_empty());
    // All of them, on one side only.
    let with_steps = found(&[(50, "(PF_PASS)")], &[(50, "(PF_DROP)")], Steps::Events);
    assert_eq!(rows(&with_steps, &["returned"]), ["-pf/PF_PASS 50:0", "+pf/PF_DROP 0:50"]);
    // Values of one packet only, and addresses, are no difference.
    for (first, second) in [("(17)", "(18)"), ("(0xfffff80003a1b200)", "(0xfffff80004000000)"), ("", "(0)")] {
        let found = found(&[(50, "(0)"), (1, first)], &[(50, "(0)"), (1, second)], Steps::Events);
        assert_eq!(
            (&found["differs"], rows(&found, &["returned"]).len()),
            (&false.into(), 0),
            "{first} {second}"
        );
    }
}

#[test]
fn shares_of_returned_values_are_of_the_packets_in_which_the_function_returned() {
    let seen: &[&str] = &["1 +f", "2 -f(0)", "3 -f(0)"];
    let sides = [90, 10].map(|packets| {
        side(Revision::Four, Steps::Events, &[(packets, 0, seen), (100 - packets, 0, &["1 +g"])])
    });
    let found = compare(&sides[0], &sides[1], OPTIONS);
    assert!(rows(&found, &["returned"]).is_empty(), "less traffic is no other value: {found}");
    assert_eq!(found["returned_same"], 1);
    assert_eq!(rows(&found, &["paths"]).len(), 2);
}

/// Trace points are told apart by function, kind and constant text; lines that moved keep their order.
#[test]
fn trace_points() {
    let table: [PointCase<'_>; 10] = [
        ("moved", &["10 f: \"a\"", "20 f: \"b\""], &["13 f: \"a\"", "25 f: \"b\""], &[], 2),
        (
            "another text",
            &["10 f: \"old check\""],
            &["13 f: \"new check\""],
            &["-10 old check", "+13 new check"],
            0,
        ),
        ("another text, same line", &["10 f: \"old\""], &["10 f: \"new\""], &["-10 old", "+10 new"], 0),
        ("another function", &["10 f: \"a\""], &["13 g: \"a\""], &["-10 a", "+13 a"], 0),
        ("another kind", &["10 f: \"a\""], &["13 f: a"], &["-10 a", "+13 a"], 0),
        ("made texts", &["10 f: len 48"], &["13 f: len 60"], &[], 1),
        (
            "other made texts",
            &["10 f: rule matched"],
            &["14 f: state created"],
            &["-10 rule matched", "+14 state created"],
            0,
        ),
        (
            "drops",
            &["10 f! bad sum 0"],
            &["13 f! bad length 0"],
            &["-10 drop: bad sum", "+13 drop: bad length"],
            0,
        ),
        (
            "crossing",
            &["10 f: \"a\"", "20 f: \"b\"", "30 f: \"c\""],
            &["12 f: \"b\"", "20 f: \"a\"", "33 f: \"c\""],
            &["-10 a", "+20 a"],
            2,
        ),
        (
            "one more",
            &["10 f: \"a\"", "20 f: \"b\""],
            &["12 f: \"a\"", "15 f: \"a\"", "22 f: \"b\""],
            &["+15 a"],
            2,
        ),
    ];
    for (case, first, second, expected, moved) in table {
        let sides = [first, second].map(|events| side(Revision::Four, Steps::Functions, &[(5, 0, events)]));
        let found = compare(&sides[0], &sides[1], OPTIONS);
        let mut lone = Vec::new();
        for (mark, list) in [("-", "positions_gone"), ("+", "positions_added")] {
            for position in found[list].as_array().unwrap() {
                lone.push(format!("{mark}{} {}", position["line"], position["text"].as_str().unwrap()));
            }
        }
        assert_eq!(lone, expected, "{case}");
        assert_eq!(found["moved"][0]["positions"].as_u64().unwrap_or_default(), moved, "{case}");
    }
}

/// What one revision records and another does not is no difference.
#[test]
fn captures_of_different_revisions() {
    let flows: &[Flow<'_>] = &[
        (5, 0, &["1 +f", "2 f: \"a constant\"", "3 f: made 1", "4 -f(0)"]),
        (5, 0, &["1 +f", "2 f: \"a constant\"", "3 f: made 2", "5 f! full 55"]),
        (5, 0, &["1 +f", "5 g! full 55"]),
        (5, 0, SENT),
    ];
    let of = |revision| side(revision, Steps::Functions, flows);
    for earlier in [Revision::One, Revision::Two, Revision::Three] {
        for (a, b) in [(earlier, Revision::Four), (Revision::Four, earlier), (earlier, Revision::Three)] {
            let found = compare(&of(a), &of(b), OPTIONS);
            assert_eq!(rows(&found, &ENDS), [""; 0], "{a:?} {b:?}");
            let positions = ["positions_gone", "positions_added", "moved"]
                .map(|list| found[list].as_array().unwrap().len());
            assert_eq!(positions, [0; 3], "{a:?} {b:?} {found}");
            assert_eq!(found["different_revisions"], a != b);
        }
    }
    // But what both record is.
    let [before, after] = [(Revision::Three, SENT), (Revision::Four, FULL)]
        .map(|(revision, events)| side(revision, Steps::Functions, &[(50, 0, events)]));
    let found = compare(&before, &after, OPTIONS);
    let expected =
        ["-transmitted 50:0", "+dropped 0:50", "-transmitted/if_transmit 50:0", "+dropped/full/ENOBUFS 0:50"];
    assert_eq!(rows(&found, &ENDS), expected);
}

#[test]
fn trace_points_that_are_one_in_other_revisions_are_counted_together() {
    let made = side(
        Revision::Four,
        Steps::Functions,
        &[
            (1, 0, &["7 f: made", "9 +g"]),
            (2, 0, &["7 f: \"constant\"", "9 +g"]),
            (4, 0, &["7 h: \"constant\"", "9 +g"]),
        ],
    );
    let other = side(Revision::Three, Steps::Functions, &[(7, 0, &["9 +g"])]);
    let found = compare(&made, &other, OPTIONS);
    let gone = &found["positions_gone"];
    assert_eq!((gone[0]["times"].as_u64(), gone[0]["first_packet"].as_u64()), (Some(7), Some(1)), "{gone}");
    assert_eq!(gone.as_array().map(Vec::len), Some(1));
}

#[test]
fn more_ends_than_are_kept() {
    let mut sides = [Side::new(Steps::Functions), Side::new(Steps::Functions)];
    let many = 20_000;
    for (packet, side) in (1..=many).flat_map(|packet| [(packet, 0), (packet, 1)]) {
        let reason = format!("reason of packet {packet}");
        let mut frame = Vec::new();
        let mut writer =
            FrameWriter::new(&mut frame, Encoding::new(Revision::Four), Some(FrameHeader::default()));
        writer.push(&Event { text: Some(Text(reason.as_bytes())), ..Event::new(Kind::Drop) }).unwrap();
        let _ = writer.finish();
        let trace = Trace::parse(&frame, frame.len(), Encoding::new(Revision::Four));
        let subject = Subject::new(PacketView::of_bytes(&frame)).with_trace(&trace);
        // In another order on the other side, so that others are kept.
        let packet = if side == 0 { packet } else { many - packet };
        sides[side].add(&subject, Moment { file: 0, packet, time: None });
    }
    let found = Difference::new(&sides[0], &sides[1], OPTIONS);
    assert!(found.is_uncertain());
    let found = compare(&sides[0], &sides[1], OPTIONS);
    assert_eq!(rows(&found, &ENDS), [""; 0], "what was not kept may be what the other has");
}
