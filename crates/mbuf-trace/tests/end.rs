//! What became of packets.

use crate::words::frame;
use mbuf_trace::{
    Encoding, End, Ends, Event, EventHeader, Fate, FrameHeader, Kind, Origin, Position, RecordedEvent,
    Revision, Snapshot, Text, Trace, frame_flag, write::FrameWriter,
};

/// An end in words: `dropped in ip_input:7 no route (65)`, `transmitted in -ether_output:9`.
fn told(end: &End<'_>) -> String {
    let sign = if end.is_return { "-" } else { "" };
    let function = end.function.map_or(String::new(), |function| function.to_string());
    let returned = end.returned.map_or(String::new(), |returned| format!("({returned})"));
    let line = end.position.map_or(String::new(), |position| format!(":{}", position.line));
    let reason = end.reason.map_or(String::new(), |reason| format!(" {reason}"));
    let errno = end.errno.map_or(String::new(), |errno| format!(" ({errno})"));
    format!("{} in {sign}{function}{returned}{line}{reason}{errno}", end.fate.name())
}

#[test]
fn of_strings() {
    for (strings, expected) in [
        // The last function, and the newest position that belongs to it.
        (&["f.c:1: +ip_input", "f.c:2: +foo"][..], "unknown in foo:2"),
        (&["f.c:1: +ip_input", "f.c:7"], "unknown in ip_input:7"),
        (&["f.c:1: +ip_input", "f.c:7: bad checksum"], "unknown in ip_input:7"),
        (&["f.c:1: +ip_input", "pf_norm(in)"], "unknown in pf_norm"),
        // Chains of enters without leaves: the function that hands the packet over is evidence enough.
        (
            &["f.c:1: +ip_output", "f.c:2: +ether_output(em0)", "f.c:3: ether_output_frame(em0)"],
            "transmitted in ether_output_frame:3",
        ),
        (
            &["f.c:1: +udp_input", "f.c:2: +udp_append", "f.c:3: into the socket buffer"],
            "delivered in udp_append:3",
        ),
        (&["+ip_output", "+ether_output(em0)"], "unknown in ether_output"),
        // What was seen before does not count once the packet went on.
        (&["+tcp_input", "+tcp_do_segment", "+ip_output"], "unknown in ip_output"),
        (&["ether_output_frame(em0)", "+ether_input"], "unknown in ether_input"),
        // The innermost of those that return at the end.
        (
            &["f.c:1: +ip_input", "f.c:2: +pf_test", "f.c:9: -pf_test(PF_DROP)", "f.c:5: -ip_input"],
            "dropped in -pf_test(PF_DROP):9",
        ),
        (
            &["+ip_output", "f.c:8: +ether_output(em0)", "f.c:9: -ether_output", "-ip_output"],
            "transmitted in -ether_output:9",
        ),
        (&["f.c:9: -a", "-b", "-c"], "unknown in -a:9"),
        // Where it was handed over, regardless of what returns after that.
        (
            &["+udp_input", "sbappendaddr_locked", "f.c:3: -foo", "-udp_input"],
            "delivered in sbappendaddr_locked",
        ),
        (&["+tcp_input", "+tcp_do_segment", "-tcp_do_segment", "-tcp_input"], "delivered in -tcp_do_segment"),
        (&["-foo", "-bar", "-tcp_do_segment"], "delivered in -tcp_do_segment"),
        (
            &["+ip_output", "+ether_output", "+arpresolve", "-arpresolve(0)", "-ether_output"],
            "transmitted in -ether_output",
        ),
        (
            &["ether_output_frame(em0)", "+ipfw_check_frame", "-ipfw_check_frame(pass)"],
            "transmitted in ether_output_frame",
        ),
        (&["ether_output_frame(em0)", "+bpf_mtap", "-bpf_mtap"], "transmitted in ether_output_frame"),
        // Reaching a function that may refuse the packet yet says nothing.
        (&["+ip_input", "+tcp_input"], "unknown in tcp_input"),
        (&["+ip_input", "+udp_input", "-udp_input"], "unknown in ip_input"),
        // An error is no success, and what was handed over came back.
        (&["+ether_output_frame", "+if_transmit", "-if_transmit(55)"], "dropped in -if_transmit(55) (55)"),
        (
            &["+ip_output", "+ether_output", "-ether_output(ENETDOWN)"],
            "dropped in -ether_output(ENETDOWN) (50)",
        ),
        (
            &["+ip_output", "+vlan_transmit", "+if_transmit", "-vlan_transmit(50)"],
            "dropped in -vlan_transmit(50) (50)",
        ),
        (
            &["+udp_append", "+sbappendaddr_locked", "-sbappendaddr_locked(0)"],
            "dropped in -sbappendaddr_locked(0)",
        ),
        (
            &["+udp_append", "+sbappendaddr_locked", "-sbappendaddr_locked(1)"],
            "delivered in -sbappendaddr_locked(1)",
        ),
        // A firewall's verdict.
        (&["+ether_output_frame", "+pfil_mbuf_out", "-pfil_mbuf_out(1)"], "dropped in -pfil_mbuf_out(1)"),
        (
            &["+ether_output_frame", "+ipfw_check_frame", "-ipfw_check_frame(deny)"],
            "dropped in -ipfw_check_frame(deny)",
        ),
        (
            &["+ether_output_frame", "+pfil_mbuf_out", "-pfil_mbuf_out(PFIL_CONSUMED)"],
            "unknown in -pfil_mbuf_out(PFIL_CONSUMED)",
        ),
        // Nobody uses up what comes back.
        (&["ether_output_frame(em0)", "+m_defrag", "-m_defrag"], "transmitted in ether_output_frame"),
        (&["+tcp_reass", "+m_collapse", "-m_collapse"], "delivered in tcp_reass"),
        // A function that has returned is not the end, if another is still open.
        (
            &["f.c:1: +ip_input", "g.c:2: +ipfw_check_packet(in)", "g.c:3: -ipfw_check_packet(pass)"],
            "unknown in ip_input:1",
        ),
        (
            &["f.c:1: +tcp_do_segment", "g.c:2: +foo", "g.c:3: -foo", "f.c:4: state LISTEN"],
            "delivered in tcp_do_segment:4",
        ),
        // What looks like a function may be a word, which changes nothing.
        (&["f.c:1: +tcp_do_segment", "f.c:4: dropafterack"], "delivered in tcp_do_segment:4"),
        (&["f.c:1: +tcp_do_segment", "g.c:4: tcp_output"], "unknown in tcp_output:4"),
        // What is noted between two returns was done by the outer one.
        (&["f.c:9: -pf_test", "f.c:4: no route", "f.c:5: -ip_input"], "unknown in -ip_input:5"),
        (&["udp_append", "f.c:5: -ip_input"], "delivered in udp_append"),
        // What is noted after a verdict by those around it changes nothing.
        (
            &["f.c:1: +ip_input", "+pf_test", "-pf_test(PF_DROP)", "f.c:4: filtered"],
            "dropped in -pf_test(PF_DROP)",
        ),
        (
            &[
                "+tcp_output",
                "+ip_output",
                "+ether_output",
                "-ether_output(0)",
                "-ip_output(0)",
                "it is sent",
            ],
            "transmitted in -ether_output(0)",
        ),
        // Functions that only free are looked through.
        (
            &["f.c:1: +ip_input", "f.c:2: m_freem", "+m_free", "+mb_free_ext", "-mb_free_ext"],
            "unknown in ip_input:1",
        ),
        (&["+ip_output", "f.c:3: -ether_output", "m_freem"], "transmitted in -ether_output:3"),
        (&["m_freem"], "unknown in "),
        // Queues.
        (&["+ether_output", "f.c:3: +arpresolve_full", "f.c:4: is held"], "dropped in arpresolve_full:4"),
        (&["+ip_input", "+netisr_queue"], "unknown in netisr_queue"),
        (&["+ip_input", "+ip_reass"], "unknown in ip_reass"),
        // A driver's own functions change nothing.
        (&["ether_output_frame(em0)", "/usr/src/sys/dev/e1000/em.c:5: +em_xmit"], "transmitted in em_xmit:5"),
        (
            &["ether_output_frame(em0)", "dev/e1000/em.c:5: +em_xmit", "dev/e1000/em.c:9: -em_xmit"],
            "transmitted in -em_xmit:9",
        ),
        (&["+ip_output", "dev/e1000/em.c:5: +em_xmit"], "unknown in em_xmit:5"),
        (&["+ip_output", "+ether_output", "dev/re/if_re.c:5: +re_start"], "transmitted in re_start:5"),
        (&["ether_output_frame(em0)", "sys/net/iflib.c:5: +iflib_free"], "transmitted in iflib_free:5"),
        // The newest drop, wherever it is.
        (&["f.c:3: drop: no route", "f.c:5: -ip_input"], "dropped in :3 no route"),
        (&["+f", "+g", "drop: old", "f.c:3: drop: new (errno 65)"], "dropped in g:3 new (65)"),
        (&["+icmp_input", "drop: bad checksum", "icmp_input"], "dropped in icmp_input bad checksum"),
        // Of older revisions, it belongs to a function that is still open.
        (&["+f", "drop: ", "+g", "-g"], "dropped in f "),
        (&["+f", "+g", "-g", "drop: x"], "dropped in f x"),
        (&["+f", "-f", "drop: x"], "dropped in  x"),
        (&["f", "drop: x"], "dropped in f x"),
        (&["a.c:1: +f", "b.c:2: g(em0)", "a.c:3: drop: x"], "dropped in f:3 x"),
        (&["a.c:1: +f", "b.c:2: g(em0)", "b.c:3: drop: x"], "dropped in g:3 x"),
        (&["a.c:1: +f", "b.c:2: +g", "a.c:3: drop: x"], "dropped in f:3 x"),
        // Handed to a driver after the drop: an answer was made in the packet.
        (
            &["+ip6_input", "drop: no port", "+ip6_output", "ether_output_frame(em0)"],
            "transmitted in ether_output_frame",
        ),
        (&["+ip6_input", "drop: no port", "+ip6_output"], "dropped in ip6_input no port"),
        (&["+tcp_input", "drop: no port", "+tcp_do_segment"], "dropped in tcp_input no port"),
        (
            &[
                "+tcp_input",
                "drop: no socket",
                "+tcp_respond",
                "+ip_output",
                "+looutput",
                "+tcp_input",
                "+tcp_do_segment",
            ],
            "delivered in tcp_do_segment",
        ),
        (
            &["+tcp_input", "drop: no socket", "+tcp_respond", "+ip_output", "+ether_output"],
            "unknown in ether_output",
        ),
        (&["+tcp_input", "drop: no socket", "+tcp_respond"], "dropped in tcp_respond"),
        (
            &["+udp_input", "+udp_append", "drop: no room", "sbappendaddr_locked"],
            "delivered in sbappendaddr_locked",
        ),
        (
            &["+ether_output_frame", "+if_transmit", "drop: full", "if_transmit(em0)"],
            "dropped in if_transmit full",
        ),
        // A function that returns after the drop has handed nothing over, or only before it.
        (
            &[
                "+ip_output",
                "+if_transmit(em0)",
                "f.c:3: drop: full (errno 55)",
                "-if_transmit(55)",
                "-ip_output(0)",
            ],
            "dropped in if_transmit:3 full (55)",
        ),
        (&["+if_transmit", "drop: full", "+count", "-count", "-if_transmit"], "dropped in if_transmit full"),
        (&["+ether_output", "f.c:3: drop: no route", "-ether_output"], "dropped in ether_output:3 no route"),
        (&["+ip6_input", "drop: no port", "+ether_output", "-ether_output"], "transmitted in -ether_output"),
        // What is called a drop, and is none.
        (&["+in_arpinput", "drop: reply is used up"], "delivered in in_arpinput reply is used up"),
        (&["nothing of note", "a drop: it is none"], "unknown in "),
        (&[], "unknown in "),
    ] {
        let frame = frame(strings);
        let trace = Trace::parse(&frame, frame.len(), Encoding::new(Revision::Three));
        let end = trace.end();
        assert_eq!(told(&end), expected, "{strings:?}");
        assert_eq!(
            end.reason.is_some(),
            end.is_recorded || end.fate != Fate::Dropped && end.reason.is_some()
        );
        let read: Vec<Event<'_>> = trace.events().map(RecordedEvent::read).collect();
        assert_eq!(End::of(&trace, read.iter()), end, "{strings:?}");
    }
}

/// A frame of revision 4 with these events, oldest first.
fn typed(header: FrameHeader, events: &[Event<'_>]) -> Vec<u8> {
    let mut frame = Vec::new();
    let header = FrameHeader { flags: header.flags | frame_flag::OLDEST_FIRST, ..header };
    let mut writer = FrameWriter::new(&mut frame, Encoding::new(Revision::Four), Some(header));
    events.iter().for_each(|event| writer.push(event).expect("room"));
    let _ = writer.finish();
    frame
}

fn typed_end(header: FrameHeader, events: &[Event<'_>]) -> String {
    let frame = typed(header, events);
    told(&Trace::parse(&frame, frame.len(), Encoding::new(Revision::Four)).end())
}

fn event(kind: Kind, function: &'static str) -> Event<'static> {
    Event { function: Some(Text(function.as_bytes())), ..Event::new(kind) }
}

fn aged(age: u64, event: Event<'static>) -> Event<'static> {
    Event { header: Some(EventHeader { age: Some(age), ..EventHeader::default() }), ..event }
}

#[test]
fn a_snapshot_between_returns_changes_nothing() {
    let position = Some(Position { file: Text(b"f.c"), line: 7 });
    let snapshot = Some(Snapshot::ethernet(b"bytes"));
    let events = [
        Event { position, ..event(Kind::Leave, "inner") },
        Event { snapshot, ..event(Kind::Data, "outer") },
        event(Kind::Leave, "outer"),
    ];
    let frame = typed(FrameHeader::default(), &events);
    let trace = Trace::parse(&frame, frame.len(), Encoding::new(Revision::Four));
    assert_eq!(told(&trace.end()), "unknown in -inner:7");
    // Its records lie oldest first, so the end is what a capture cuts off.
    let cut = Trace::parse(&frame[..frame.len() - 1], frame.len(), Encoding::new(Revision::Four));
    assert!(cut.end().is_missing && !cut.end().is_known() && cut.is_incomplete() && !trace.is_incomplete());
    assert_eq!(cut.end().fate, Fate::Unknown);
}

#[test]
fn any_event_in_a_function_is_evidence() {
    for kind in
        [Kind::Enter, Kind::Function, Kind::Static, Kind::Dynamic, Kind::Position, Kind::Data, Kind::Start]
    {
        let snapshot = (kind == Kind::Data).then(|| Snapshot::ethernet(b"bytes"));
        let origin = (kind == Kind::Start).then_some(Origin::INTERFACE);
        let event = Event { snapshot, origin, ..event(kind, "if_transmit") };
        let end = typed_end(FrameHeader::default(), &[self::event(Kind::Enter, "ip_output"), event]);
        assert_eq!(end, "transmitted in if_transmit", "{kind:?}");
    }
}

#[test]
fn revision_4_has_an_event_for_a_drop() {
    let drop = |text, errno| Event { text: Some(Text(text)), errno, ..event(Kind::Drop, "send") };
    let events = [
        event(Kind::Enter, "output"),
        drop(b"older", None),
        drop(b"full", Some(55)),
        // A text is none there, whatever it says.
        Event { text: Some(Text(b"drop: in words")), ..Event::new(Kind::String) },
    ];
    assert_eq!(typed_end(FrameHeader::default(), &events), "dropped in send full (55)");
}

#[test]
fn where_the_newest_events_may_be_missing_nothing_is_claimed() {
    let events = [event(Kind::Enter, "ip_output"), event(Kind::Function, "ether_output_frame")];
    let drop = Event { text: Some(Text(b"full")), ..event(Kind::Drop, "ip_output") };
    let incomplete = FrameHeader { flags: frame_flag::INCOMPLETE, ..FrameHeader::default() };
    for header in
        [FrameHeader { lost: 5, ..FrameHeader::default() }, incomplete, FrameHeader { lost: 1, ..incomplete }]
    {
        assert_eq!(typed_end(header, &events), "unknown in ether_output_frame");
        let frame = typed(header, &events);
        let trace = Trace::parse(&frame, frame.len(), Encoding::new(Revision::Four));
        assert!(trace.is_incomplete() && trace.lacks_newest() && !trace.end().is_known());
        assert_eq!((trace.lost(), trace.end().in_known_place().function), (header.lost, None));
        // A drop that was recorded is one.
        assert_eq!(typed_end(header, &[events[0], drop]), "dropped in ip_output full");
        // But the packet may have lived on.
        assert_eq!(typed_end(header, &[drop, events[1]]), "unknown in ether_output_frame");
    }
    assert_eq!(typed_end(FrameHeader::default(), &events), "transmitted in ether_output_frame");
}

#[test]
fn a_timer_frees_what_waited_for_too_long() {
    const SECOND: u64 = 1_000_000_000;
    for (age, expected) in [(0, "absorbed"), (30 * SECOND - 1, "absorbed"), (30 * SECOND, "dropped")] {
        let events =
            [aged(age + 500, event(Kind::Enter, "ip_input")), aged(age, event(Kind::Enter, "ip_reass"))];
        assert_eq!(typed_end(FrameHeader::default(), &events), format!("{expected} in ip_reass"));
        let frame = typed(FrameHeader::default(), &events);
        let end = Trace::parse(&frame, frame.len(), Encoding::new(Revision::Four)).end();
        assert_eq!((end.freed_after, end.is_recorded), (Some(age), false));
    }
}

#[test]
fn a_user_adds_to_the_list() {
    let frame = frame(&["+ip_input", "my_driver_start"]);
    let trace = Trace::parse(&frame, frame.len(), Encoding::new(Revision::Three));
    let mut ends = Ends::default();
    let fate = |ends: &Ends| trace.clone().with_ends(ends).end().fate;
    assert_eq!(fate(&ends), Fate::Unknown);
    ends.add("my_driver_start", Fate::Absorbed);
    assert_eq!(fate(&ends), Fate::Absorbed);
    ends.add_lines("my_driver_start transmitted").unwrap();
    assert_eq!(fate(&ends), Fate::Transmitted);
    ends.add_lines("my_driver_start helper\nip_input dropped").unwrap();
    assert_eq!(fate(&ends), Fate::Dropped);
    // What a user says of a function is all that is said of it.
    ends.add_lines("my_driver_start absorbed returned\n").unwrap();
    assert_eq!(fate(&ends), Fate::Unknown);
}
