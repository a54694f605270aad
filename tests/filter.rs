//! `filter`: what is kept, what it says of an expression that is none.

use crate::support::{fixture, fixture_bytes, fixtures, folder, run, run_with_input};
use capture_file::{Item, Reader};

/// The numbers of the packets that match, among those of the input.
fn numbers(expression: &str, name: &str) -> Vec<u64> {
    let ran = run(&["print", "-e", "frame.number", "-f", expression, &format!("fixtures/{name}")]);
    assert_eq!(ran.stderr, "", "{expression}");
    ran.text().lines().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn the_questions_of_a_network_engineer() {
    let table: [(&str, &str, &[u64]); 9] = [
        ("icmp", "ping-rev3.pcap", &[3, 4, 5]),
        ("arp", "ping-rev3.pcap", &[1, 2]),
        ("not arp && icmp.type == 8", "ping-rev4.pcap", &[3, 4]),
        ("mbuf_trace.function == \"tcp_input\"", "tcp-rev1.pcap", &[1, 3, 4, 7]),
        ("mbuf_trace.revision == 4 and frame.number in {2 .. 3}", "ping-rev4.pcap", &[2, 3]),
        ("eth.addr == ff:ff:ff:ff:ff:ff", "ping-rev3.pcap", &[2]),
        ("mbuf_trace.file contains \"if.c\" and mbuf_trace.line > 100000", "ping-rev3.pcap", &[]),
        ("mbuf_trace.data matches \"^no such\" or frame.number == 2", "ping-rev3.pcap", &[2]),
        ("ip.addr == 10.0.0.0/24 and !(ip.proto == 6)", "ping-rev2.pcap", &[3, 4, 5]),
    ];
    for (expression, name, expected) in table {
        assert_eq!(numbers(expression, name), expected, "{expression}");
    }
}

#[test]
fn everything_that_matches_gives_the_same_file() {
    for name in fixtures() {
        let ran = run(&["filter", "frame", &format!("fixtures/{name}")]);
        if name.ends_with("other-link-type.pcap") {
            assert_eq!(ran.code, 3);
            continue;
        }
        assert!(ran.code < 2, "{name}: {}", ran.stderr);
        assert_eq!(ran.stdout, fixture_bytes(&name), "{name}");
    }
}

#[test]
fn other_blocks_are_kept() {
    let kept = run(&["filter", "frame.number < 1", "fixtures/mixed.pcapng"]).stdout;
    let all = fixture_bytes("mixed.pcapng");
    let others = |bytes: &[u8]| {
        let mut reader = Reader::new(bytes).unwrap();
        let mut others = Vec::new();
        while let Some(item) = reader.next_item().unwrap() {
            if !matches!(item, Item::Packet(_)) {
                others.push(item.raw().to_vec());
            }
        }
        others
    };
    assert!(others(&all).len() > 4);
    assert_eq!(others(&kept), others(&all));
    let mut reader = Reader::new(kept.as_slice()).unwrap();
    while reader.next_item().unwrap().is_some() {}
    assert_eq!(reader.packets(), 0);
}

#[test]
fn errors_point_at_their_place() {
    for (name, expression) in [
        ("unknown-field", "ip.scr == 10.0.0.1"),
        ("type-error", "tcp.port == \"http\""),
        ("syntax-error", "icmp and (arp or"),
        ("bad-address", "ip.addr == 10.0.0.300"),
        ("bad-regex", "mbuf_trace.data matches \"(\""),
    ] {
        let ran = run(&["filter", expression, "fixtures/ping-rev3.pcap"]);
        assert_eq!(ran.code, 2, "{expression}");
        insta::assert_snapshot!(name, ran.all());
    }
}

#[test]
fn exit_status_tells_whether_anything_matched() {
    for (expression, code) in [("icmp", 0), ("udp", 1), ("quic or udp", 2)] {
        let ran = run(&["filter", "--exit-status", expression, "fixtures/ping-rev3.pcap"]);
        assert_eq!(ran.code, code, "{expression}: {}", ran.stderr);
    }
}

#[test]
fn compression_is_recognised_by_content_and_asked_for_by_name() {
    let folder = folder();
    let plain = fixture_bytes("ping-rev3.pcap");
    let mut last = plain.clone();
    for end in ["gz", "zst", "lz4"] {
        let path = folder.path().join(format!("icmp.pcap.{end}"));
        let ran = run_with_input(&["filter", "frame", "-o", path.to_str().unwrap()], &last);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{end}");
        last = std::fs::read(&path).unwrap();
        assert_ne!(last, plain, "{end}");
    }
    assert_eq!(run_with_input(&["filter", "frame"], &last).stdout, plain);
}

#[test]
fn a_file_in_place_of_the_expression_is_told() {
    for arguments in
        [&["filter", "fixtures/ping-rev3.pcap", "icmp"][..], &["filter", "fixtures/ping-rev3.pcap"]]
    {
        let ran = run(arguments);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains("mtrace-tool filter EXPR fixtures/ping-rev3.pcap"), "{}", ran.stderr);
    }
}

#[test]
fn a_name_that_promises_another_container_is_told() {
    let folder = folder();
    for (input, name, told) in [
        ("ping-rev3.pcap", "a.pcapng", Some("pcap")),
        ("ping-rev3.pcap", "a.pcapng.gz", Some("pcap")),
        ("ping-rev4.pcapng", "b.pcap", Some("pcapng")),
        ("ping-rev4.pcapng", "b.ndjson", Some("pcapng")),
        ("ping-rev3.pcap", "c.pcap", None),
        ("ping-rev4.pcapng", "c.pcapng", None),
        ("ping-rev3.pcap", "c.trace", None),
    ] {
        let path = folder.path().join(name);
        let ran = run(&["filter", "icmp", &format!("fixtures/{input}"), "-o", path.to_str().unwrap()]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        match told {
            Some(container) => {
                let expected = format!("{name} will be {container}, as its input is");
                assert!(ran.stderr.contains(&expected), "{name}: {}", ran.stderr);
            }
            None => assert_eq!(ran.stderr, "", "{name}"),
        }
    }
}

/// The ports of a datagram are in its first fragment, and in no later one; for each packet by itself, as tcpdump and
/// Wireshark without reassembly find them.
#[test]
fn a_first_fragment_has_its_ports() {
    for name in ["fragments-rev2.pcap", "fragments-rev3.pcap", "fragments-rev4.pcap"] {
        let file = fixture(name);
        let file = file.to_str().unwrap();
        let numbers =
            |filter: &str| run(&["print", "-e", "frame.number", "-f", filter, file]).text().to_owned();
        assert_eq!(numbers("udp.port == 2049"), "1\n2\n5\n", "{name}");
        assert_eq!(numbers("udp.port == 2049 and ip.flags.mf == 1"), "2\n5\n", "{name}");
        assert_eq!(numbers("udp and ip.frag_offset > 0"), "", "{name}");
    }
}
