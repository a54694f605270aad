//! Filters over traces: fields with many values, and snapshots.

use capture_file::LinkType;
use mbuf_trace::{Detector, Encoding, Revision};
use trace_fields::{PacketView, SnapshotLink, Subject};
use trace_filter::{Filter, Scratch};

fn record(kind: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    [&length.to_be_bytes()[..], &kind.to_be_bytes(), payload].concat()
}

fn text(text: &str) -> Vec<u8> {
    record(1, &[text.as_bytes(), b"\0"].concat())
}

/// A frame of revision 3; the records are given oldest first.
fn frame(records: &[Vec<u8>]) -> Vec<u8> {
    let count = u16::try_from(records.len()).unwrap();
    let mut out = count.to_be_bytes().to_vec();
    out.extend(records.iter().rev().flatten());
    out
}

fn echo(from: [u8; 4], to: [u8; 4]) -> Vec<u8> {
    let mut out = Vec::new();
    etherparse::PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
        .ipv4(from, to, 64)
        .icmpv4_echo_request(1, 1)
        .write(&mut out, b"data")
        .unwrap();
    out
}

/// The way of a packet whose address is translated: Ethernet first, then raw IP, then again the same.
fn translated() -> Vec<u8> {
    let before = echo([10, 0, 0, 1], [10, 0, 0, 2]);
    let after = echo([192, 0, 2, 1], [10, 0, 0, 2]);
    frame(&[
        record(0, &before),
        text("ip_input.c:10: +ip_input"),
        record(0, &before),
        text("pf.c:20: pf_test(vtnet0)"),
        record(0, &after[14..]),
        text("ip_input.c:90: -ip_input"),
        record(0, &after[14..]),
        text("dropped, so to say"),
        text("if.c:3982"),
    ])
}

fn check(data: &[u8], link: SnapshotLink, table: &[(&str, bool)]) {
    let encoding = Encoding { revision: Revision::Three, byte_order: mbuf_trace::ByteOrder::Big };
    let trace = Detector::forced(encoding).read(data, data.len()).unwrap();
    let subject = Subject::new(PacketView::of_bytes(data)).with_trace(&trace).with_snapshot_link(link);
    // One memory for all: nothing may stay from one question to the next.
    let mut scratch = Scratch::default();
    for (expression, expected) in table {
        let filter = Filter::compile(expression).unwrap_or_else(|error| panic!("{}", error.render(false)));
        assert_eq!(filter.matches(&mut scratch, &subject), *expected, "{expression}");
    }
}

#[test]
fn events_and_snapshots() {
    check(
        &translated(),
        SnapshotLink::Auto,
        &[
            ("", true),
            ("mbuf_trace", true),
            ("mbuf_trace.revision == 3", true),
            ("mbuf_trace.count == 9", true),
            ("mbuf_trace.path == \"ip_input > pf_test\"", true),
            ("mbuf_trace.path matches \"ip_input > .*PF_TEST\"", true),
            ("mbuf_trace.path contains \"PF\"", false),
            ("mbuf_trace.last_function == \"ip_input\"", true),
            ("mbuf_trace.function == \"pf_test\"", true),
            ("mbuf_trace.function != \"pf_test\"", false),
            ("mbuf_trace.function !== \"pf_test\"", true),
            ("mbuf_trace.function === \"pf_test\"", false),
            ("mbuf_trace.function in {\"a\", pf_test}", true),
            ("mbuf_trace.function not in {\"a\"}", true),
            ("mbuf_trace.args == \"vtnet0\"", true),
            ("mbuf_trace.line > 3981 and mbuf_trace.file == \"if.c\"", true),
            ("mbuf_trace.line > 3982", false),
            ("all mbuf_trace.line >= 10", true),
            ("count(mbuf_trace.step) == 9", true),
            ("mbuf_trace.step == 0 or mbuf_trace.step == 10", false),
            ("mbuf_trace.text contains \"so to say\"", true),
            ("mbuf_trace.data contains \"if.c:3982\"", true),
            ("mbuf_trace.text contains \"if.c\"", false),
            ("mbuf_trace.kind == \"data\"", true),
            ("mbuf_trace.kind == \"drop\"", false),
            ("mbuf_trace.snapshot.changed", true),
            ("count(mbuf_trace.snapshot.changed) == 3", true),
            ("mbuf_trace.snapshot.changed == True", true),
            ("mbuf_trace.snapshot.changed === 1", false),
            ("mbuf_trace.link_type == 101 and mbuf_trace.link_type == 1", true),
            ("mbuf_trace.age", false),
            ("mbuf_trace.age != 5", false),
            ("not mbuf_trace.age", true),
            ("mbuf_trace.fault", false),
            ("mbuf_trace.revision_guessed == 0", true),
            // Two of the four snapshots repeat an earlier one.
            ("count(ip.src) == 2", true),
            ("count(eth) == 1", true),
            ("ip.src == 192.0.2.0/24", true),
            ("ip.src == 10.0.0.1 and ip.src == 192.0.2.1", true),
            ("ip.src != 10.0.0.1", false),
            ("icmp.type == 8", true),
            ("all icmp.type == 8", true),
            ("tcp or udp or arp or ipv6", false),
            ("frame.len == frame.cap_len", true),
            ("frame.time_epoch or frame.interface_name", false),
        ],
    );
}

#[test]
fn the_link_can_be_overridden() {
    check(
        &translated(),
        SnapshotLink::Ethernet,
        &[("count(eth) == 2", true), ("ip.src == 192.0.2.1", false), ("mbuf_trace.link_type == 101", false)],
    );
    check(
        &translated(),
        SnapshotLink::Ip,
        &[("eth", false), ("ip.src == 192.0.2.1", true), ("ip.src == 10.0.0.1", false)],
    );
}

#[test]
fn packets_without_a_trace() {
    let bytes = echo([10, 0, 0, 1], [10, 0, 0, 2]);
    let asked = |link_type, data, expression| {
        let view = PacketView { link_type, ..PacketView::of_bytes(data) };
        let filter = Filter::compile(expression).unwrap();
        filter.matches(&mut Scratch::default(), &Subject::new(view))
    };
    assert!(asked(LinkType::ETHERNET, &bytes, "eth and icmp and not mbuf_trace"));
    assert!(asked(LinkType::RAW, &bytes[14..], "ip.dst == 10.0.0.2 and not eth"));
    assert!(!asked(LinkType::USER0, &bytes, "eth or ip or mbuf_trace"));
}

#[test]
fn as_many_snapshots_as_a_frame_can_have() {
    // All different, then all the same.
    for distinct in [true, false] {
        let records: Vec<_> =
            (0..65_535_u32).map(|number| record(0, &(number * u32::from(distinct)).to_be_bytes())).collect();
        let data = frame(&records);
        check(
            &data,
            SnapshotLink::Ethernet,
            &[
                ("ip.src == 1.2.3.4", false),
                ("mbuf_trace.step == 65535", true),
                ("all mbuf_trace.step > mbuf_trace.revision", false),
                ("mbuf_trace.bytes[0:2] == mbuf_trace.bytes[2:2]", true),
                ("mbuf_trace.bytes[0:3] contains mbuf_trace.bytes", false),
            ],
        );
    }
}

#[test]
fn values_with_names_may_be_called_by_them() {
    for expression in ["mbuf_trace.origin == pf_rule", "mbuf_trace.origin in {\"PF_RULE\", 3}"] {
        assert!(Filter::compile(expression).is_ok(), "{expression}");
    }
}

#[test]
fn fields_that_a_filter_looks_at() {
    let filter =
        Filter::compile("ip.src == 10.0.0.1 and (tcp.port in {1} or len(frame) > 3 or ip.src == ip.dst)")
            .unwrap();
    let names: Vec<_> = filter.fields().map(trace_fields::FieldId::name).collect();
    assert_eq!(names, ["frame", "ip.src", "ip.dst", "tcp.port"]);
}

mod any_bytes {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn never_panics(data in proptest::collection::vec(any::<u8>(), 0..200), cut in 0_usize..300) {
            let mut scratch = Scratch::default();
            let translated = translated();
            for data in [data.as_slice(), translated.get(..cut).unwrap_or(&translated)] {
                let Ok(trace) = Detector::default().read(data, data.len()) else { continue };
                for expression in ["ip.src == 1.2.3.4 or tcp.port == 1", "mbuf_trace.path matches \"a.*b\"", "mbuf_trace.bytes[0:4] == 00:00:00:00", "frame[-4:] == 00:00:00:00"] {
                    let subject = Subject::new(PacketView::of_bytes(data)).with_trace(&trace);
                    let _ = Filter::compile(expression).unwrap().matches(&mut scratch, &subject);
                }
            }
        }
    }
}
