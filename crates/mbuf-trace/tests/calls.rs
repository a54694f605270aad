//! What events are nested in.

use mbuf_trace::calls::{DEEPEST, QUEUED};
use mbuf_trace::{
    Calls, Encoding, Ends, Event, EventHeader, Kind, Position, RecordedEvent, Revision, Text, Trace,
};

/// The depth of each event.
fn depths<'a>(events: impl IntoIterator<Item = Event<'a>>) -> Vec<usize> {
    let mut calls = Calls::new(Ends::built_in());
    events.into_iter().map(|event| calls.take(&event).depth).collect()
}

/// Events of revision 3, oldest first.
fn with_events<T>(texts: &[&str], then: impl FnOnce(Vec<Event<'_>>) -> T) -> T {
    let frame = crate::words::frame(texts);
    let trace = Trace::parse(&frame, frame.len(), Encoding::new(Revision::Three));
    then(trace.events().map(RecordedEvent::read).collect())
}

#[test]
fn of_strings() {
    for (texts, expected) in [
        (&["+a", "b", "-a"][..], &[0, 1, 0][..]),
        (&["+a", "+b", "-b", "-a", "c"], &[0, 1, 1, 0, 0]),
        (&["+a", "+b", "-a", "c"], &[0, 1, 0, 0]),
        // An event of an outer open function.
        (&["+a", "+b", "a", "c"], &[0, 1, 1, 1]),
        (&["+a", "+b", "+c", "a(again)", "-a"], &[0, 1, 2, 1, 0]),
        // Of a text, the file tells which function it is of.
        (&["a.c:1: +a", "b.c:1: +b", "a.c:2: a text", "b.c:2: a text"], &[0, 1, 1, 1]),
        (&["a.c:1: +a", "b.c:1: +b", "c.c:2: a text", "b.c:2: a text"], &[0, 1, 2, 2]),
        (&["a.c:1: +a", "b.c:1: +b", "a.c:2"], &[0, 1, 1]),
        (&["a.c:1: +a", "a.c:2: +b", "a.c:3: a text"], &[0, 1, 2]),
        (&["a.c:1: +a", "+b", "a.c:3: a text"], &[0, 1, 2]),
        // A leave without its enter ends nothing.
        (&["-x", "+a", "-x", "b", "-a"], &[0, 0, 1, 1, 0]),
        // Held packets are taken from their queue by somebody else.
        (&["+ether_output", "+arpresolve_full", "is held", "+ether_output"], &[0, 1, 2, 0]),
        (&["+ether_output", "+arpresolve_full", "-arpresolve_full", "frame"], &[0, 1, 1, 1]),
        (&["+ip_input", "+ip_reass", "-ip_reass(complete)", "+icmp_input"], &[0, 1, 1, 1]),
        (&["+ip_input", "+ip_reass", "m_freem"], &[0, 1, 2]),
        // What is from the same file, or holds packets itself, is called by who holds them.
        (&["a.c:1: +ip_reass", "a.c:2: +ipq_drop", "b.c:3: +icmp_send"], &[0, 1, 2]),
        (&["+netisr_queue_src", "+netisr_queue_internal"], &[0, 1]),
        (&["a.c:1: +ip_reass", "a.c:2: m_freem", "b.c:3: +ip_input"], &[0, 1, 0]),
        // A second attempt, and a recursion.
        (&["f.c:7: +ether_output(em1)", "f.c:7: +ether_output(em1)"], &[0, 0]),
        (&["f.c:7: +pf_test(in)", "f.c:7: +pf_test(out)"], &[0, 1]),
        (&["+f", "+f"], &[0, 1]),
        (&["f.c:7: +f", "g.c:9: +g", "f.c:7: +f"], &[0, 1, 2]),
    ] {
        with_events(texts, |events| assert_eq!(depths(events), expected, "{texts:?}"));
    }
}

#[test]
fn what_follows_at_once_is_called() {
    let position = |line| Some(Position { file: Text(b"f.c"), line });
    for (pause, expected) in [(4_999, [0, 1]), (5_000, [0, 0])] {
        let at = |age, name: &'static str, line| Event {
            header: Some(EventHeader { age: Some(age), ..EventHeader::default() }),
            function: Some(Text(name.as_bytes())),
            position: position(line),
            ..Event::new(Kind::Enter)
        };
        assert_eq!(depths([at(pause, "ip_output", 7), at(0, "ip_output", 7)]), expected, "{pause}");
        let held = at(pause, "ip_reass", 7);
        let next = Event { position: None, ..at(0, "ip_input", 9) };
        assert_eq!(depths([held, next]), expected, "{pause}");
    }
    // A drop after a wait, and the return of another call of who held the packet, are of no call that was open.
    let at = |age, kind| Event {
        header: Some(EventHeader { age: Some(age), ..EventHeader::default() }),
        function: Some(Text(b"ip_reass")),
        ..Event::new(kind)
    };
    for kind in [Kind::Drop, Kind::Leave] {
        let mut calls = Calls::new(Ends::built_in());
        calls.take(&at(QUEUED, Kind::Enter));
        let taken = calls.take(&at(0, kind));
        assert!(
            taken.is_resumed && !taken.is_own && taken.closes == 1 && taken.depth == 0,
            "{kind:?}: {taken:?}"
        );
    }
}

#[test]
fn another_thread_and_a_long_pause_begin_anew() {
    let at = |thread, age| EventHeader { thread, age, ..EventHeader::default() };
    let table = [
        ([at(Some(1), None), at(Some(1), None)], [0, 1]),
        ([at(Some(1), None), at(Some(2), None)], [0, 0]),
        ([at(Some(1), None), at(None, None)], [0, 1]),
        ([at(None, Some(QUEUED)), at(None, Some(0))], [0, 0]),
        ([at(None, Some(QUEUED - 1)), at(None, Some(0))], [0, 1]),
        ([at(None, Some(0)), at(None, Some(u64::MAX - 1))], [0, 1]),
        ([at(None, None), at(None, Some(0))], [0, 1]),
    ];
    for (headers, expected) in table {
        with_events(&["+a", "+b"], |events| {
            let events = events.into_iter().zip(headers);
            let events = events.map(|(event, header)| Event { header: Some(header), ..event });
            assert_eq!(depths(events), expected, "{headers:?}");
        });
    }
}

#[test]
fn an_event_without_a_function_is_that_of_the_innermost_call() {
    let mut calls = Calls::new(Ends::built_in());
    let mut shown = |text: &'static str| {
        let event = Event::from_text(Kind::String, Text(text.as_bytes()));
        calls.take(&event);
        calls.function_at(event.position).map_or(String::new(), |function| function.to_string())
    };
    assert_eq!(shown("a text"), "");
    assert_eq!(shown("seen"), "seen");
    assert_eq!(shown("a.c:1: +a"), "a");
    assert_eq!(shown("b.c:1: b"), "b");
    assert_eq!(shown("b.c:2: a text"), "b");
    assert_eq!(shown("a.c:2: a text"), "a");
    assert_eq!(shown("-a"), "");
}

#[test]
fn deep_calls_are_counted() {
    let count = DEEPEST + 50;
    let enters = vec![Event::new(Kind::Enter); count];
    let leaves = vec![Event::new(Kind::Leave); count];
    let depths = depths(enters.into_iter().chain(leaves));
    let expected: Vec<usize> = (0..count).chain((0..count).rev()).collect();
    assert_eq!(depths, expected);
    let mut calls = Calls::new(Ends::built_in());
    for _ in 0..count {
        calls.take(&Event::new(Kind::Enter));
    }
    assert_eq!((calls.open().len(), calls.innermost()), (DEEPEST, None));
    calls.clear();
    assert_eq!(calls.open().len(), 0);
}
