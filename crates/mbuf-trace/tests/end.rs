//! Where a trace ends.

use crate::words::frame;
use mbuf_trace::{
    Encoding, End, Event, FrameHeader, Kind, Position, Revision, Snapshot, Text, Trace, frame_flag,
    write::FrameWriter,
};

/// What is asked of an end: its function with what that returned, its line, whether it is a drop, and why.
type Told = (String, Option<u32>, Option<(String, Option<u16>)>, Vec<String>);

fn told(end: &End<'_>) -> Told {
    let returned = end.returned.map_or(String::new(), |returned| format!("({returned})"));
    let sign = if end.is_return { "-" } else { "" };
    let function = end.function.map_or(String::new(), |function| format!("{sign}{function}{returned}"));
    let reason = end.reason.map_or(String::new(), |reason| reason.to_string());
    assert_eq!(end.reason.is_some(), end.is_drop);
    let around = end.around().map(|function| function.to_string()).collect();
    (function, end.position.map(|position| position.line), end.is_drop.then_some((reason, end.errno)), around)
}

#[test]
fn of_strings() {
    let no_drop: Option<(&str, Option<u16>)> = None;
    for (strings, function, line, drop, around) in [
        // The last function, and the newest position that belongs to it.
        (&["f.c:1: +ip_input", "f.c:2: m_freem"][..], "m_freem", Some(2), no_drop, &[][..]),
        (&["f.c:1: +ip_input", "f.c:7"], "ip_input", Some(7), no_drop, &[]),
        (&["f.c:1: +ip_input", "f.c:7: bad checksum"], "ip_input", Some(7), no_drop, &[]),
        (&["f.c:1: +ip_input", "pf_norm(in)"], "pf_norm", None, no_drop, &[]),
        // The innermost of those that return at the end, whose callers are told.
        (
            &["f.c:1: +ip_input", "f.c:2: +pf_test", "f.c:9: -pf_test(PF_DROP)", "f.c:5: -ip_input"],
            "-pf_test(PF_DROP)",
            Some(9),
            no_drop,
            &["pf_test", "ip_input"],
        ),
        (&["f.c:9: -a", "-b", "-c"], "-a", Some(9), no_drop, &["c", "b"]),
        // What is noted between two returns was done by the outer one.
        (&["f.c:9: -pf_test", "f.c:4: no route", "f.c:5: -ip_input"], "-ip_input", Some(5), no_drop, &[]),
        (&["m_freem", "f.c:5: -ip_input"], "-ip_input", Some(5), no_drop, &["m_freem"]),
        // The newest drop, wherever it is, with the function before it where it has none.
        (&["f.c:3: drop: no route", "f.c:5: -ip_input"], "", Some(3), Some(("no route", None)), &[]),
        (
            &["+f", "+g", "drop: old", "f.c:3: drop: new (errno 65)"],
            "g",
            Some(3),
            Some(("new", Some(65))),
            &[],
        ),
        (&["+f", "drop: ", "+g", "-g"], "f", None, Some(("", None)), &[]),
        (&["nothing of note", "a drop: it is none"], "", None, no_drop, &[]),
        (&[], "", None, no_drop, &[]),
    ] {
        let frame = frame(strings);
        let trace = Trace::parse(&frame, frame.len(), Encoding::new(Revision::Three));
        let end = trace.end().expect("an end");
        let drop = drop.map(|(reason, errno)| (reason.to_owned(), errno));
        let around = around.iter().map(|function| (*function).to_owned()).collect();
        assert_eq!(told(&end), (function.to_owned(), line, drop, around), "{strings:?}");
        let read: Vec<Event<'_>> = trace.events_newest_first().map(mbuf_trace::RecordedEvent::read).collect();
        assert_eq!(End::of(&trace, read.iter()), Some(end), "{strings:?}");
    }
}

#[test]
fn a_snapshot_between_returns_changes_nothing() {
    let mut frame = Vec::new();
    let header = FrameHeader { flags: frame_flag::OLDEST_FIRST, ..FrameHeader::default() };
    let mut writer = FrameWriter::new(&mut frame, Encoding::new(Revision::Four), Some(header));
    let position = Some(Position { file: Text(b"f.c"), line: 7 });
    let function = |name: &'static str| Some(Text(name.as_bytes()));
    let snapshot = Some(Snapshot::ethernet(b"bytes"));
    for event in [
        Event { function: function("inner"), position, ..Event::new(Kind::Leave) },
        Event { function: function("outer"), snapshot, ..Event::new(Kind::Data) },
        Event { function: function("outer"), ..Event::new(Kind::Leave) },
    ] {
        writer.push(&event).expect("room");
    }
    let _ = writer.finish();
    let trace = Trace::parse(&frame, frame.len(), Encoding::new(Revision::Four));
    assert_eq!(told(&trace.end().expect("an end")).0, "-inner");
    // Its records lie oldest first, so the end is what a capture cuts off.
    assert_eq!(
        Trace::parse(&frame[..frame.len() - 1], frame.len(), Encoding::new(Revision::Four)).end(),
        None
    );
}

#[test]
fn revision_4_has_an_event_for_a_drop() {
    let mut frame = Vec::new();
    let mut writer = FrameWriter::new(&mut frame, Encoding::new(Revision::Four), None);
    let drop = |text, errno| Event {
        function: Some(Text(b"send")),
        text: Some(Text(text)),
        errno,
        ..Event::new(Kind::Drop)
    };
    // Newest first; a text is none there, whatever it says.
    for event in [
        Event { text: Some(Text(b"drop: in words")), ..Event::new(Kind::String) },
        drop(b"full", Some(55)),
        drop(b"older", None),
        Event { function: Some(Text(b"output")), ..Event::new(Kind::Enter) },
    ] {
        writer.push(&event).expect("room");
    }
    let _ = writer.finish();
    let trace = Trace::parse(&frame, frame.len(), Encoding::new(Revision::Four));
    let (function, line, dropped, around) = told(&trace.end().expect("an end"));
    assert_eq!((function.as_str(), line, around.len()), ("send", None, 0));
    assert_eq!(dropped, Some(("full".to_owned(), Some(55))));
}

#[test]
fn the_callers_that_are_told_are_bounded() {
    let names: Vec<String> = (0..40).map(|number| format!("-f{number}")).collect();
    let frame = frame(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let end = Trace::parse(&frame, frame.len(), Encoding::new(Revision::Three)).end().expect("an end");
    let around: Vec<String> = end.around().map(|function| function.to_string()).collect();
    assert_eq!((told(&end).0.as_str(), around.len(), around[0].as_str()), ("-f0", 16, "f39"));
}
