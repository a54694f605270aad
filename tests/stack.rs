//! Snapshots of a real network stack: what they begin with, and what was cut. Nothing is made up.
//!
//! The captures in `tests/stack/` are some frames each of a FreeBSD 13 stack in userland, forwarding between
//! 10.0.1.0/24 and 10.0.2.0/24. `rev4.pcap` and `rev3.pcap` have snapshots of 128 bytes, `short.pcap` of 40.

use crate::dissector::tshark::is_here;
use crate::support::run;
use serde_json::Value;
use std::path::Path;

const FIELDS: [&str; 10] = [
    "eth.src",
    "eth.dst",
    "ip.src",
    "ip.dst",
    "ipv6.src",
    "ipv6.dst",
    "arp.src.hw_mac",
    "arp.dst.hw_mac",
    "arp.src.proto_ipv4",
    "arp.dst.proto_ipv4",
];

/// Every address that was on a wire in these frames.
const ADDRESSES: [&str; 11] = [
    "02:00:00:00:01:01",
    "02:00:00:00:01:02",
    "02:00:00:00:02:01",
    "02:00:00:00:02:02",
    "ff:ff:ff:ff:ff:ff",
    "00:00:00:00:00:00",
    "10.0.1.1",
    "10.0.1.2",
    "10.0.2.1",
    "10.0.2.2",
    "10.0.1.254",
];

fn path(name: &str) -> String {
    format!("{}/tests/stack/{name}.pcap", env!("CARGO_MANIFEST_DIR"))
}

fn packets(name: &str) -> Vec<Value> {
    let ran = run(&["print", "--json", &path(name)]);
    ran.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The snapshots of all packets: packet, step, link type's worth of words, lengths.
fn snapshots(name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for packet in packets(name) {
        for step in packet["steps"].as_array().expect("steps").iter().filter(|step| step["kind"] == "data") {
            let whole =
                step["packet_length"].as_u64().map(|whole| format!(" of {whole}")).unwrap_or_default();
            let summary = step["summary"].as_str().expect("a summary");
            found
                .push(format!("{} {}: {}{whole}, {summary}", packet["packet"], step["step"], step["length"]));
        }
    }
    found
}

#[test]
fn what_snapshots_are() {
    insta::assert_snapshot!(
        "stack_snapshots",
        ["rev4", "rev3", "short"]
            .map(|name| { format!("{name}\n{}\n", snapshots(name).join("\n")) })
            .concat()
    );
}

/// The tool and the dissector have the same addresses, and only those that were there.
#[test]
fn no_address_is_made_up() {
    for name in ["rev4", "rev3", "short"] {
        let file = path(name);
        let mut arguments = vec!["print"];
        arguments.extend(FIELDS.iter().flat_map(|field| ["-e", field]));
        arguments.push(&file);
        let ran = run(&arguments);
        let values = |line: &str| -> Vec<String> {
            line.split(['\t', ',']).filter(|value| !value.is_empty()).map(ToOwned::to_owned).collect()
        };
        let ours: Vec<Vec<String>> = ran.text().lines().map(values).collect();
        assert!(ours.iter().flatten().count() > 20, "{name}");
        for (packet, values) in ours.iter().enumerate() {
            let unknown: Vec<_> =
                values.iter().filter(|value| !ADDRESSES.contains(&value.as_str())).collect();
            assert!(unknown.is_empty(), "{name}, packet {}: {unknown:?}", packet + 1);
        }
        let Some(shell) = is_here() else { continue };
        let mut arguments = vec!["-o", "mbuf_trace.all_snapshots:TRUE", "-T", "fields"];
        arguments.extend(["-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"]);
        arguments.extend(FIELDS.iter().flat_map(|field| ["-e", field]));
        let theirs = shell.read(Path::new(&file), &arguments);
        let sorted = |mut values: Vec<String>| {
            values.sort();
            values
        };
        let theirs: Vec<Vec<String>> = theirs.lines().map(values).map(sorted).collect();
        assert_eq!(theirs, ours.into_iter().map(sorted).collect::<Vec<_>>(), "{name}");
    }
}

/// What changed between snapshots that were cut, as the wire tells it: headers came and went, and lengths.
#[test]
fn what_changed_in_cut_snapshots() {
    let mut found = String::new();
    for packet in packets("short").iter().chain(&packets("rev4")) {
        for step in packet["steps"].as_array().expect("steps") {
            for change in step["changes"].as_array().into_iter().flatten() {
                found += &format!("{} {}: {change}\n", packet["packet"], step["step"]);
            }
        }
    }
    insta::assert_snapshot!("stack_changes", found);
}

/// Whether snapshots that were cut at one place are the same is not known.
#[test]
fn whether_it_changed_is_not_known() {
    let ran = run(&["print", "-e", "mbuf_trace.snapshot.changed", &path("short")]);
    // Of all that follow a first one, the Ethernet header came or went, or the length changed.
    assert!(!ran.text().contains('0'), "{}", ran.text());
    let ran = run(&["print", &path("short")]);
    assert!(!ran.text().contains("as in step"), "{}", ran.text());
}

/// The packets that a capture for others gets have the lengths that they had.
#[test]
fn exported_packets_have_their_length() {
    let folder = crate::support::folder();
    let out = folder.path().join("out.pcapng");
    let ran = run(&["convert", "--to", "ethernet", &path("short"), "-o", out.to_str().expect("UTF-8")]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(ran.all().contains("begin with no header that has a link type"), "{}", ran.all());
    let ran = run(&[
        "print",
        "-e",
        "frame.len",
        "-e",
        "frame.cap_len",
        "--linktype",
        "147",
        out.to_str().expect("UTF-8"),
    ]);
    let lengths: Vec<&str> = ran.text().lines().collect();
    assert!(lengths.contains(&"60\t40") && lengths.contains(&"1242\t40"), "{lengths:?}");
}
