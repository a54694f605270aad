//! `info`.

use crate::support::{fixture_bytes, fixtures, run, run_with_input};
use serde_json::Value;
use std::collections::BTreeSet;

fn info(name: &str) -> (i32, Value) {
    let ran = run(&["info", "--json", &format!("fixtures/{name}")]);
    let value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{name}: {}", ran.stderr));
    (ran.code, value)
}

#[test]
fn text() {
    for name in ["ping-rev3.pcap", "mixed.pcapng", "malformed/count-too-high.pcap"] {
        insta::assert_snapshot!(name, run(&["info", &format!("fixtures/{name}")]).all());
    }
}

#[test]
fn json_has_what_is_promised() {
    let (code, info) = info("ping-rev3.pcap");
    assert_eq!(code, 0);
    assert_eq!(info["container"], "pcap");
    assert_eq!(info["byte_order"], "little");
    assert_eq!(info["interfaces"][0]["link_type"], 147);
    assert_eq!((&info["packets"], &info["traces"]), (&5.into(), &5.into()));
    assert_eq!((&info["malformed"], &info["truncated"]), (&0.into(), &0.into()));
    assert_eq!(info["revisions"]["3"], 5);
    assert!(info["first_time"].as_str() < info["last_time"].as_str());
    assert!(info["functions"]["IFQ_ENQUEUE"].as_u64() > Some(0));
    assert!(info["events"].as_u64() > Some(20));
}

/// The table of keys in docs/info.md, and the keys that there are.
#[test]
fn every_key_is_documented() {
    let mut written = BTreeSet::new();
    let mut add = |prefix: &str, value: &Value| {
        written.extend(value.as_object().expect("an object").keys().map(|key| format!("{prefix}{key}")));
    };
    let cut = &fixture_bytes("ping-rev3.pcap")[..500];
    let salvaged = [cut, &fixture_bytes("ping-rev3.pcap")[24..]].concat();
    for ran in [
        run(&["info", "--json", "fixtures/ping-rev3.pcap"]),
        run_with_input(&["info", "--json"], &described()),
        run_with_input(&["info", "--json", "--salvage"], &salvaged),
    ] {
        assert!(ran.text().starts_with("{\"schema\":\"mbuf_trace.info/1\","), "{}", ran.text());
        let info: Value = serde_json::from_slice(&ran.stdout).expect("JSON");
        add("", &info);
        info["interfaces"].as_array().expect("a list").iter().for_each(|one| add("interfaces[].", one));
        let headers = info["section_headers"].as_array().expect("a list");
        headers.iter().for_each(|one| add("section_headers[].", one));
        info["gaps"].as_array().expect("a list").iter().for_each(|one| add("gaps[].", one));
    }
    assert!(written.contains("gaps[].offset"), "a capture with damage has a gap: {written:?}");
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/info.md")).expect("docs");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |"));
    let keys = rows.flat_map(|(keys, _)| keys.split(", "));
    let documented: BTreeSet<String> =
        keys.filter_map(|key| Some(key.strip_prefix('`')?.strip_suffix('`')?.to_owned())).collect();
    assert_eq!(written, documented);
}

#[test]
fn every_capture_is_described() {
    for name in fixtures() {
        let (code, info) = info(&name);
        let faulty = info["malformed"].as_u64() > Some(0) || info["complete"] == false;
        assert_eq!(code, i32::from(faulty), "{name}");
    }
}

#[test]
fn another_link_type_is_described_too() {
    let (code, info) = info("malformed/other-link-type.pcap");
    assert_eq!(code, 0);
    assert_eq!((&info["packets"], &info["traces"]), (&2.into(), &0.into()));
}

#[test]
fn hostile_function_names_take_bounded_memory() {
    // Many long names: counted, not all remembered.
    let mut frame = vec![0, 60];
    let mut pcap = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 147, 0, 0, 0];
    for packet in 0..40_u32 {
        frame.truncate(2);
        for record in 0..60_u32 {
            let name = format!("{:a<4000}_{packet}_{record}\0", "f");
            frame.extend_from_slice(&u16::try_from(name.len()).unwrap().to_be_bytes());
            frame.extend_from_slice(&[0, 1]);
            frame.extend_from_slice(name.as_bytes());
        }
        let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
        pcap.extend_from_slice(&[&[0; 8][..], &length, &length, &frame].concat());
    }
    let ran = run_with_input(&["info", "--json"], &pcap);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let info: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(info["events"], 2400);
    assert!(info["other_functions"].as_u64() > Some(1000), "{}", info["other_functions"]);
    assert_eq!(info["complete"], false);
}

/// A block of a little-endian pcapng.
fn block(block_type: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
    [&block_type.to_le_bytes()[..], &length, body, &length].concat()
}

fn option(code: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap();
    let mut option = [&code.to_le_bytes()[..], &length.to_le_bytes(), value].concat();
    option.resize(option.len().next_multiple_of(4), 0);
    option
}

fn packet(seconds: u64, options: &[u8]) -> Vec<u8> {
    let micros = seconds * 1_000_000;
    let words = [0, u32::try_from(micros >> 32).unwrap(), micros as u32, 2, 2];
    let words: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
    block(6, &[&words[..], &[0, 0, 0, 0], options].concat())
}

/// A pcapng that says all that `info` tells of one beside its packets.
fn described() -> Vec<u8> {
    let section = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
    let section = [
        section,
        option(1, b"a rare\x1b[2J fault"),
        option(1, b"seen twice"),
        option(2, b"amd64"),
        option(3, b"FreeBSD 13.2"),
        option(4, b"tcpdump"),
    ];
    let interface =
        [[147, 0, 0, 0, 0, 0, 0, 0].to_vec(), option(2, b"em0"), option(1, b"the outer one")].concat();
    let statistics = |received: u64| {
        let counts = [(4, received), (5, 3), (6, 900), (7, 5), (8, 895)];
        let counts = counts.map(|(code, count)| option(code, &count.to_le_bytes())).concat();
        block(5, &[&[0; 12][..], &counts].concat())
    };
    [
        block(0x0a0d_0d0a, &section.concat()),
        block(1, &interface),
        packet(1_767_225_600, &[]),
        packet(1_767_225_610, &[option(1, b"look"), option(4, &7_u64.to_le_bytes())].concat()),
        statistics(10),
        packet(1_767_225_605, &option(4, &1_u64.to_le_bytes())),
        packet(1_767_225_604, &[]),
        statistics(1000),
    ]
    .concat()
}

#[test]
fn what_a_pcapng_says_beside_its_packets() {
    let ran = run_with_input(&["info"], &described());
    insta::assert_snapshot!("described", ran.all());
    let info: Value = serde_json::from_str(run_with_input(&["info", "--json"], &described()).text()).unwrap();
    let statistics = &info["interfaces"][0]["statistics"];
    assert_eq!((&statistics["received"], &statistics["dropped_by_os"]), (&1000.into(), &5.into()));
    assert_eq!((&info["dropped_between_packets"], &info["first_after_drop"]), (&8.into(), &2.into()));
    assert_eq!((&info["out_of_order"], &info["first_out_of_order"]), (&2.into(), &3.into()));
    assert_eq!(info["duration"], "10.000000");
    assert_eq!(info["section_headers"][0]["os"], "FreeBSD 13.2");
    assert_eq!(info["section_headers"][0]["comments"][1], "seen twice");
    assert_eq!(info["comments"]["packets"], 1);
}
