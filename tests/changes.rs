//! What `print` says of differences, against tshark: it reads the same snapshots as plain packets, and the
//! fields that differ for it are those that are said to have changed.

use crate::support::{fixture, fixture_bytes, folder, run};
use capture_file::{Item, Reader};
use mbuf_trace::{Detector, Link};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use trace_fields::{Field, FieldType, Scope};
use trace_view::changes::{Change, Differences, Packet, compare};

/// Where there is no tshark the test passes, but says so.
fn tshark_is_here() -> bool {
    let is_here =
        Command::new("tshark").arg("--version").output().is_ok_and(|output| output.status.success());
    if !is_here {
        let required = std::env::var_os("MTRACE_TEST_REQUIRE_TSHARK").is_some_and(|value| value == "1");
        assert!(!required, "tshark is missing, and MTRACE_TEST_REQUIRE_TSHARK=1 forbids that");
        eprintln!("*** tshark is not here: what it says of changed fields is NOT compared ***");
    }
    is_here
}

/// The snapshots of each trace, oldest first.
fn snapshots(name: &str) -> Vec<Vec<(Link, Vec<u8>)>> {
    let bytes = fixture_bytes(name);
    let mut reader = Reader::new(bytes.as_slice()).unwrap();
    let mut traces = Vec::new();
    let mut detector = Detector::default();
    while let Some(item) = reader.next_item().unwrap() {
        if let Item::Packet(packet) = item {
            let trace = detector.read(packet.data, packet.original_len as usize).unwrap();
            let found = trace.events().filter_map(|event| event.snapshot());
            traces.push(found.map(|snapshot| (snapshot.link(), snapshot.bytes.to_vec())).collect());
        }
    }
    traces
}

/// A pcap of one link type.
fn pcap(link_type: u32, packets: &[&[u8]]) -> Vec<u8> {
    let mut file = Vec::new();
    for number in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 0x4_0000, link_type] {
        file.extend(number.to_le_bytes());
    }
    for packet in packets {
        let length = u32::try_from(packet.len()).unwrap();
        for number in [0, 0, length, length] {
            file.extend(number.to_le_bytes());
        }
        file.extend(*packet);
    }
    file
}

/// The fields that are compared: what others say in full is left out, as `print` leaves it out.
fn compared() -> impl Iterator<Item = &'static Field> {
    let repeats = ["eth.addr", "ip.addr", "ipv6.addr", "tcp.port", "udp.port", "sctp.port"];
    Field::all().iter().filter(move |field| {
        field.scope == Scope::Snapshot && field.ty != FieldType::Protocol && !repeats.contains(&field.name)
    })
}

/// For each packet, what tshark shows of each field; each packet in a run of its own would take minutes.
fn by_tshark(link_type: u32, packets: &[&[u8]]) -> Vec<BTreeMap<&'static str, String>> {
    let folder = folder();
    let path = folder.path().join("packets.pcap");
    std::fs::write(&path, pcap(link_type, packets)).unwrap();
    let mut command = Command::new("tshark");
    command.args(["-n", "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a"]);
    command.args(["-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-r"]).arg(&path);
    for field in compared() {
        command.args(["-e", field.name]);
    }
    let output = command.output().expect("tshark runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), packets.len());
    let of_line = |line: &&str| {
        compared().map(|field| field.name).zip(line.split('\t').map(ToOwned::to_owned)).collect()
    };
    lines.iter().map(of_line).collect()
}

fn fields_of(found: &Differences<'_>) -> BTreeMap<&'static str, (String, String)> {
    let mut fields = BTreeMap::new();
    for change in &found.changes {
        if let Change::Field(change) = change {
            let values = (change.values_before().join(","), change.values_now().join(","));
            assert!(fields.insert(change.field.name, values).is_none(), "{} twice", change.field.name);
        }
    }
    fields
}

/// The same packet before and after, on the same link: what differs for tshark is what is said to differ.
#[test]
fn the_fields_that_differ_for_tshark() {
    if !tshark_is_here() {
        return;
    }
    let mut compared_pairs = 0;
    for name in ["nat-rev4.pcap", "nat-rev3.pcap", "drop-rev4.pcap", "vnet-rev4.pcap", "tcp-rev4.pcap"] {
        // Ethernet snapshots lose their header here, so that all are raw IP and each pair can be compared.
        let traces: Vec<Vec<Vec<u8>>> = snapshots(name)
            .into_iter()
            .map(|trace| {
                let raw = trace.into_iter().filter_map(|(link, bytes)| match (link, bytes.get(12..14)) {
                    (Link::Ip, _) => Some(bytes),
                    (_, Some([8, 0])) => Some(bytes[14..].to_vec()),
                    _ => None,
                });
                raw.collect()
            })
            .collect();
        let all: Vec<&[u8]> = traces.iter().flatten().map(Vec::as_slice).collect();
        let mut shown = by_tshark(101, &all).into_iter();
        for trace in &traces {
            let shown: Vec<_> = shown.by_ref().take(trace.len()).collect();
            for (pair, values) in trace.windows(2).zip(shown.windows(2)) {
                let packet = |bytes| Packet::whole(bytes, Link::Ip);
                let found = compare(packet(&pair[0]), packet(&pair[1]));
                let differ: BTreeMap<&str, (String, String)> = values[0]
                    .iter()
                    .filter(|(name, old)| values[1][*name] != **old)
                    .map(|(name, old)| (*name, (old.clone(), values[1][name].clone())))
                    .collect();
                assert_eq!(fields_of(&found), differ, "{name}");
                assert!(
                    !found
                        .changes
                        .iter()
                        .any(|change| matches!(change, Change::HeaderAdded(_) | Change::HeaderRemoved(_))),
                    "{name}"
                );
                compared_pairs += usize::from(!differ.is_empty());
            }
        }
    }
    assert!(compared_pairs > 10, "only {compared_pairs} pairs differed");
}

/// What address translation and forwarding change, and nothing else.
#[test]
fn address_translation() {
    let path = fixture("nat-rev4.pcap");
    let ran = run(&["print", path.to_str().unwrap()]);
    let said: BTreeSet<&str> = ran
        .text()
        .lines()
        .filter(|line| line.contains(" → ") && !line.contains("2026"))
        .map(str::trim_start)
        .filter_map(|line| line.strip_prefix('(').unwrap_or(line).split(' ').next())
        .filter(|word| !word.starts_with(|letter: char| letter.is_ascii_digit()))
        .collect();
    let expected = [
        "ip.checksum",
        "ip.dst",
        "ip.src",
        "ip.ttl",
        "tcp.dstport",
        "tcp.srcport",
        "udp.dstport",
        "udp.srcport",
    ];
    assert_eq!(said, expected.into());
}
