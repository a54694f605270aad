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
    format!("{}/tests/stack/{name}.pcap", crate::support::ROOT)
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
    assert!(ran.all().contains("begins with no header that has a link type"), "{}", ran.all());
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

/// Packets of many kinds, as snapshots of every revision could hold them.
fn kinds() -> Vec<Vec<u8>> {
    let unhex = |text: &str| -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.chunks(2).map(pair).collect()
    };
    let eth = "020000000101 020000000102";
    let right = "45000024 10010000 4011 54c5 0a000102 0a000101 0fa00009 00100000 6469736361726421";
    let wrong = "45000024 10010000 4011 54c6 0a000102 0a000101 0fa00009 00100000 6469736361726421";
    let version_6 = "65000024 10010000 4011 54c5 0a000102 0a000101 0fa00009 00100000 6469736361726421";
    let other_version_6 = "65000024 10010000 4011 34c5 0a000102 0a000101 0fa00009 00100000 6469736361726421";
    let ipv6 = "60000000 000b 11 40 fd000001000000000000000000000002 fd000001000000000000000000000001
                1004 0009 000b 0000 616263";
    let arp = "0001 0800 06 04 0001 020000000102 0a000102 000000000000 0a000101";
    let fragment = "450005dc 10012000 4011 0000 0a000102 0a000101 0fa00009 0bb80000 6469736361726421";
    let mut all = vec![
        format!("{eth} 0800 {right}"),
        format!("{eth} 0800 {version_6}"),
        format!("{eth} 8100 0037 0800 {version_6}"),
        format!("{eth} 9100 0064 8100 0037 0800 {right}"),
        format!("{eth} 86dd {ipv6}"),
        format!("{eth} 86dd {right}"),
        format!("{eth} 0806 {arp}"),
        format!("{eth} 88cc 0207 0402 0000 0001 0204 0305 0100"),
        format!("{eth} 0026 4242 0300 0000 0000 8000 0200"),
        format!("{eth} 0026 aaaa 0300 0000 0800 {right}"),
        format!("{eth} 0026 0102 0300 0000 0800 {right}"),
        format!("{eth} 1234 {right}"),
        format!("{eth} 0800 {fragment}"),
    ];
    all.extend([right, wrong, version_6, other_version_6, ipv6, arp, fragment].map(str::to_owned));
    let mut all: Vec<Vec<u8>> = all.iter().map(|text| unhex(text)).collect();
    all.push(b"GET / HTTP/1.1\r\nHost: www.example.org\r\n".to_vec());
    all.push(vec![0; 64]);
    // As Ethernet pads them.
    all.extend([right, wrong, version_6, arp].map(|text| {
        let mut bytes = unhex(text);
        bytes.resize(46, 0);
        bytes
    }));
    all
}

/// A pcap of traces with one or two snapshots, cut at every length: by the kernel, which revision 4 tells and revision 3
/// does not, and by the capture.
fn every_cut(revision: u8) -> Vec<u8> {
    let mut file = Vec::new();
    for number in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 0x4_0000, 147] {
        file.extend(number.to_le_bytes());
    }
    let mut packet = |data: &[u8], original: usize| {
        for number in [1, 0, data.len() as u32, original as u32] {
            file.extend(number.to_le_bytes());
        }
        file.extend(data);
    };
    let record = |code: u16, payload: &[u8]| {
        [&(payload.len() as u16).to_be_bytes()[..], &code.to_be_bytes(), payload].concat()
    };
    let header = record(0x0100, &[&b"mtrc\x04\x00\x00\x01"[..], &[0; 20]].concat());
    let snapshot = |link: u16, whole: usize, bytes: &[u8]| match revision {
        3 => record(0, bytes),
        _ => {
            let event = [&[0xff; 8][..], &[0; 8], &[0xff, 0xff], &[0; 10]].concat();
            let body = [&link.to_be_bytes()[..], &[0, 0], &(whole as u32).to_be_bytes(), bytes].concat();
            record(0x0108, &[event, body].concat())
        }
    };
    let frame = |snapshots: &[Vec<u8>]| match revision {
        3 => [&(snapshots.len() as u16).to_be_bytes()[..], &snapshots.concat()].concat(),
        _ => [&(snapshots.len() as u16 + 1).to_be_bytes()[..], &header, &snapshots.concat()].concat(),
    };
    let links: &[u16] = if revision == 3 { &[1] } else { &[1, 101, 65535] };
    for bytes in kinds() {
        for link in links {
            for kept in 1..=bytes.len() {
                let cut = frame(&[snapshot(*link, bytes.len(), &bytes[..kept])]);
                packet(&cut, cut.len());
                let whole = frame(&[snapshot(*link, bytes.len(), &bytes)]);
                packet(&whole[..whole.len() - (bytes.len() - kept)], whole.len());
                let two = frame(&[
                    snapshot(*link, bytes.len(), &bytes),
                    snapshot(*link, bytes.len(), &bytes[..kept]),
                ]);
                packet(&two, two.len());
            }
        }
    }
    file
}

/// The tool and the dissector agree on what snapshots begin with, on their addresses and on whether they changed, wherever
/// they were cut.
#[test]
fn every_cut_is_read_alike() {
    let Some(shell) = is_here() else { return };
    let folder = crate::support::folder();
    shell.share(folder.path());
    let more =
        ["mbuf_trace.link_type", "mbuf_trace.snapshot.changed", "mbuf_trace.packet_length", "udp.port"];
    let fields: Vec<&str> = FIELDS.iter().chain(&more).copied().collect();
    for revision in [3, 4] {
        let file = folder.path().join(format!("{revision}.pcap"));
        std::fs::write(&file, every_cut(revision)).expect("a file");
        let (name, number) = (file.to_str().expect("UTF-8"), revision.to_string());
        let mut arguments = vec!["print", "--revision", &number, name];
        arguments.extend(fields.iter().flat_map(|field| ["-e", field]));
        let ran = run(&arguments);
        let preference = format!("mbuf_trace.revision:{revision}");
        let mut arguments = vec!["-o", &preference, "-o", "mbuf_trace.all_snapshots:TRUE", "-T", "fields"];
        arguments.extend(["-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"]);
        arguments.extend(fields.iter().flat_map(|field| ["-e", field]));
        let theirs = shell.read(&file, &arguments);
        let sorted = |column: &str| {
            let column = column.replace("True", "1").replace("False", "0");
            let mut values: Vec<String> = column.split(',').map(str::to_owned).collect();
            values.sort();
            values
        };
        assert_eq!(theirs.lines().count(), ran.text().lines().count(), "{revision}");
        for value in ["10.0.1.2", "65535", "4000,9", "02:00:00:00:01:02"] {
            assert!(ran.text().contains(value), "revision {revision}: {value}");
        }
        let mut found = Vec::new();
        for ((number, theirs), ours) in (1..).zip(theirs.lines()).zip(ran.text().lines()) {
            for (field, (theirs, ours)) in fields.iter().zip(theirs.split('\t').zip(ours.split('\t'))) {
                if sorted(theirs) != sorted(ours) {
                    found.push(format!("packet {number} {field}: tshark {theirs}, tool {ours}"));
                }
            }
        }
        let some = found.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
        assert!(found.is_empty(), "revision {revision}, {}:\n{some}", found.len());
    }
}
