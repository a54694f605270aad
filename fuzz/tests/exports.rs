//! Every export and report on names that mean something to some format.

use mbuf_trace::write::FrameWriter;
use mbuf_trace::{Event, EventHeader, Kind, Position, Snapshot, Text};
use proptest::prelude::*;

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

/// Feeds every target that takes traces, with any choice.
fn feed(revision: u8, choice: u8, frames: &[Vec<u8>]) {
    let input = [&[revision, choice], frames.join(fuzz::BETWEEN).as_slice()].concat();
    for target in fuzz::OF_TRACES {
        (target.run)(&input);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_the_names(
        traces in prop::collection::vec(prop::collection::vec(drawn(), 0..20), 1..4),
        choice in any::<u8>(),
    ) {
        for (revision, encoding) in [(3, "3"), (4, "4")] {
            let frames: Vec<Vec<u8>> = traces.iter().map(|events| frame(encoding, events)).collect();
            feed(revision, choice, &frames);
        }
    }

    #[test]
    fn whatever_the_bytes(
        frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 2..80), 1..3),
        choice in any::<u8>(),
    ) {
        for revision in [0, 2, 3, 4, 7] {
            feed(revision, choice, &frames);
        }
    }
}
